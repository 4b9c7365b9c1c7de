# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.outcome import Outcome
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.register import register
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies
from ansible_collections.cloudkeep.azure_backup.tests.support.fake_azure import FakeAzure

OTHER_VAULT = bodies.VAULT.replace("vault-one", "vault-two")


def run(azure: FakeAzure, *vms: str, check: bool = False, **options: t.Any) -> Outcome:
    defaults: dict[str, t.Any] = {
        "resource_group": "rg-backup",
        "vault_name": "vault-one",
        "vms": list(vms) or None,
        "select": None if vms else {},
        "validate": False,
        "wait_timeout": 1800,
        "poll_interval": 15,
    }
    azure.check_mode = check
    outcome = register(t.cast(t.Any, azure), {**defaults, **options})
    azure.check_mode = False
    return outcome


def only(outcome: Outcome) -> dict[str, t.Any]:
    (vm,) = outcome.result["vms"]
    return t.cast("dict[str, t.Any]", vm)


def test_a_protected_machine_is_registered_by_its_container(azure: FakeAzure) -> None:
    azure.add_machine("web-01")
    azure.vault.containers.append(bodies.container("web-01", virtualMachineId=bodies.vm_id("WEB-01", "RG-WEB")))
    outcome = run(azure, "web-01", validate=True)
    vm = only(outcome)
    assert (vm["registered"], vm["registration_source"], vm["changed"]) == (True, "container", False)
    assert not outcome.changed
    assert not {"backup status", "refresh", "validate"} & {call for call, _about in azure.calls}


def test_a_discovered_machine_is_registered(azure: FakeAzure) -> None:
    azure.add_machine("web-01")
    azure.vault.protectable.append(bodies.protectable("web-01"))
    vm = only(run(azure, "web-01"))
    assert (vm["registered"], vm["registration_source"], vm["changed"]) == (True, "discovery", False)
    assert vm["protectable_item_id"] == bodies.protectable("web-01")["id"]
    assert not azure.called("backup status")
    assert not azure.writes


def test_a_machine_that_nobody_knows_is_discovered(azure: FakeAzure) -> None:
    azure.add_machine("web-01")
    azure.vault.found_by_refresh.append(bodies.protectable("web-01"))
    predicted = run(azure, "web-01", check=True)
    assert not azure.writes
    done = run(azure, "web-01")
    assert len(azure.called("refresh")) == 1
    for outcome in (predicted, done):
        vm = only(outcome)
        assert (vm["registered"], vm["registration_source"]) == (True, "discovery")
        assert (vm["action"], vm["changed"], outcome.changed) == ("discover", True, True)
    assert (predicted.before, predicted.after) == (done.before, done.after)
    assert list(only(predicted)) == list(only(done))
    again = run(azure, "web-01")
    assert not again.changed
    assert len(azure.called("refresh")) == 1


def test_one_discovery_serves_many_machines(azure: FakeAzure) -> None:
    for number in range(30):
        azure.add_machine(f"web-{number:02}")
        azure.vault.found_by_refresh.append(bodies.protectable(f"web-{number:02}"))
    outcome = run(azure)
    assert outcome.failure is None
    assert len(outcome.before) == 30
    assert len(azure.called("refresh")) == 1
    assert len(azure.called("list protectable")) == 2


def test_what_a_discovery_found_may_show_a_little_later(azure: FakeAzure) -> None:
    azure.add_machine("web-01")
    azure.vault.found_by_refresh.append(bodies.protectable("web-01"))
    azure.vault.found_after = 1.2
    assert run(azure, "web-01").failure is None


def test_a_machine_that_is_not_found_fails_with_the_causes_and_alone(azure: FakeAzure) -> None:
    azure.add_machine("web-01")
    azure.add_machine("ghost")
    azure.vault.found_by_refresh.append(bodies.protectable("web-01"))
    outcome = run(azure)
    found, ghost = outcome.result["vms"]
    assert (found["registered"], found["error"]) == (True, None)
    assert (ghost["registered"], ghost["changed"], ghost["error"]["code"]) == (
        False,
        False,
        "VirtualMachineNotDiscovered",
    )
    assert ghost["error"]["retryable"]
    assert ghost["error"]["recommendations"]
    assert outcome.changed
    assert outcome.failure is not None


@pytest.mark.parametrize("error", [_errors.WaitTimeout("still runs"), _errors.OperationFailed("broke")])
def test_a_discovery_that_fails_keeps_what_is_known_of_the_others(azure: FakeAzure, error: _errors.BackupError) -> None:
    azure.add_machine("web-01")
    azure.add_machine("web-02")
    azure.vault.containers.append(bodies.container("web-01"))
    azure.faults["refresh"] = [error]
    outcome = run(azure)
    known, unknown = outcome.result["vms"]
    assert known["error"] is None
    assert (unknown["error"]["code"], unknown["registered"]) == (error.code, False)
    assert not outcome.changed


@pytest.mark.parametrize("check", [True, False])
def test_a_machine_in_another_vault_fails_and_names_it(azure: FakeAzure, check: bool) -> None:
    azure.add_machine("web-01")
    azure.statuses["web-01"] = {"protectionStatus": "ProtectionFailed", "vaultId": OTHER_VAULT}
    vm = only(run(azure, "web-01", check=check))
    assert (vm["registered"], vm["error"]["code"]) == (False, "VirtualMachineAlreadyProtected")
    assert OTHER_VAULT in vm["error"]["message"]
    assert not azure.writes


@pytest.mark.parametrize("check", [True, False])
def test_a_machine_that_is_being_protected_here_is_registered(azure: FakeAzure, check: bool) -> None:
    azure.add_machine("web-01")
    azure.statuses["web-01"] = {"protectionStatus": "Protecting", "vaultId": bodies.VAULT.upper()}
    assert only(run(azure, "web-01", check=check))["registration_source"] == "container"
    assert not azure.writes


@pytest.mark.parametrize("check", [True, False])
def test_a_machine_of_another_subscription_is_registered_by_protecting_it(azure: FakeAzure, check: bool) -> None:
    azure.add_machine("far-01", subscription=bodies.OTHER_SUBSCRIPTION)
    vm = only(run(azure, bodies.vm_id("far-01", subscription=bodies.OTHER_SUBSCRIPTION), check=check))
    assert (vm["registration_source"], vm["changed"], vm["error"]) == ("on_protect", False, None)
    assert not azure.writes


@pytest.mark.parametrize("check", [True, False])
def test_a_machine_whose_backup_is_soft_deleted_is_known_and_not_searched_for(azure: FakeAzure, check: bool) -> None:
    azure.add_machine("web-01")
    azure.vault.containers.append(bodies.container("web-01", registrationStatus="SoftDeleted"))
    vm = only(run(azure, "web-01", check=check))
    assert (vm["registered"], vm["registration_source"], vm["changed"]) == (True, "soft_deleted", False)
    assert not azure.writes


def test_a_machine_of_another_region_is_not_searched_for(azure: FakeAzure) -> None:
    azure.add_machine("web-01", location="northeurope")
    vm = only(run(azure, "web-01"))
    assert vm["error"]["code"] == "UserErrorVmVaultLocationMismatch"
    assert {call for call, _about in azure.calls} == {"read vault", "list machines"}


def test_validation_asks_about_those_that_are_not_protected(azure: FakeAzure) -> None:
    for name in ("held", "seen", "refused"):
        azure.add_machine(name)
    azure.vault.containers.append(bodies.container("held"))
    azure.vault.protectable += [bodies.protectable("seen"), bodies.protectable("refused")]
    azure.validations["refused"] = {
        "status": "Failed",
        "errorCode": "VirtualMachineAlreadyProtected",
        "errorMessage": "It is.",
        "recommendation": "Look.",
    }
    outcome = run(azure, validate=True)
    assert sorted(azure.called("validate")) == ["refused", "seen"]
    errors = {vm["name"]: vm["error"] for vm in outcome.result["vms"]}
    assert errors["held"] is errors["seen"] is None
    assert errors["refused"]["code"] == "VirtualMachineAlreadyProtected"
    assert errors["refused"]["recommendations"] == ["Look."]
    # The vault knows it all the same.
    assert {vm["name"]: vm["registered"] for vm in outcome.result["vms"]} == {
        "held": True,
        "seen": True,
        "refused": True,
    }


def test_an_answer_that_cannot_be_had_is_that_machines_error(azure: FakeAzure) -> None:
    for name in ("a", "b"):
        azure.add_machine(name)
        azure.vault.protectable.append(bodies.protectable(name))
    azure.faults["validate"] = [_errors.ServiceError("no", code="AuthorizationFailed")]
    codes = {(vm["error"] or {}).get("code") for vm in run(azure, validate=True).result["vms"]}
    assert codes == {"AuthorizationFailed", None}


def test_a_name_that_is_not_there_has_the_keys_of_all_others(azure: FakeAzure) -> None:
    azure.add_machine("web-01")
    azure.vault.containers.append(bodies.container("web-01"))
    good, bad = run(azure, "web-01", "typo").result["vms"]
    assert list(good) == list(bad)
    assert (bad["registered"], bad["error"]["code"]) == (False, "VirtualMachineNotFound")


def test_a_selection_of_nothing_is_told(azure: FakeAzure) -> None:
    outcome = run(azure, select={"names": ["nobody"]})
    assert outcome.warnings
    assert outcome.failure is None
    assert not outcome.changed
