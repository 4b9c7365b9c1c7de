# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.discover import discover
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.outcome import Outcome
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies
from ansible_collections.cloudkeep.azure_backup.tests.support.fake_azure import FakeAzure

OTHER_VAULT = bodies.VAULT.replace("vault-one", "vault-two")
UNSEEN_VAULT = bodies.VAULT.replace(bodies.SUBSCRIPTION, bodies.OTHER_SUBSCRIPTION)
CLASSIC = bodies.vm_id("Old-01", "svc", provider="Microsoft.ClassicCompute")


def run(azure: FakeAzure, *vms: str, check: bool = False, **options: t.Any) -> Outcome:
    defaults: dict[str, t.Any] = {
        "resource_group": "rg-backup",
        "vault_name": "vault-one",
        "vms": list(vms) or None,
        "select": None,
        "refresh": True,
        "power_state": False,
        "wait_timeout": 600,
        "poll_interval": 15,
    }
    azure.check_mode = check
    outcome = discover(t.cast(t.Any, azure), {**defaults, **options})
    azure.check_mode = False
    assert not outcome.changed
    assert outcome.before is outcome.after is None
    return outcome


WHOLE: dict[str, t.Any] = {"resource_group": None, "vault_name": None}


def statuses(outcome: Outcome) -> dict[str, str | None]:
    return {vm["name"]: vm["status"] for vm in outcome.result["vms"]}


@pytest.fixture
def estate(azure: FakeAzure) -> FakeAzure:
    """One machine of each kind."""
    other = azure.add_vault(bodies.vault(OTHER_VAULT))
    azure.add_vault(bodies.vault(bodies.VAULT.replace("vault-one", "vault-north"), location="northeurope"))
    for name in ("held", "stopped", "deleted", "seen", "new", "two", "far-away"):
        azure.add_machine(name)
    azure.add_machine("north", location="northeurope")
    azure.add_machine("broken", properties={"provisioningState": "Failed"})
    azure.add_machine("busy")
    azure.vault.hold(bodies.item("held", virtualMachineId=bodies.vm_id("HELD", "RG-WEB")))
    azure.vault.hold(bodies.item("stopped", **bodies.STOPPED))
    azure.vault.hold(bodies.item("deleted", **bodies.SOFT_DELETED))
    azure.vault.protectable.append(bodies.protectable("seen"))
    azure.vault.protectable.append(
        bodies.protectable("old-01", "svc", virtualMachineId=CLASSIC, virtualMachineVersion="ClassicCompute")
    )
    azure.vault.found_by_refresh.append(bodies.protectable("new"))
    other.hold(bodies.item("two", vault_id=OTHER_VAULT))
    other.hold(bodies.item("busy", vault_id=OTHER_VAULT, **bodies.SOFT_DELETED))
    azure.statuses["far-away"] = {"protectionStatus": "Protected", "vaultId": UNSEEN_VAULT}
    azure.statuses["busy"] = {"protectionStatus": "Protecting", "vaultId": bodies.VAULT.upper()}
    return azure


EXPECTED = {
    "held": "protected",
    "stopped": "stopped",
    "deleted": "soft_deleted",
    "seen": "protectable",
    "new": "protectable",
    "two": "protected_elsewhere",
    "far-away": "protected_elsewhere",
    "north": "other_region",
    "broken": "not_eligible",
    "busy": "protectable",
    "Old-01": "classic",
}


def test_every_machine_has_its_status_and_reason(estate: FakeAzure) -> None:
    outcome = run(estate)
    assert statuses(outcome) == EXPECTED
    assert all(vm["reason"] for vm in outcome.result["vms"])
    assert outcome.failure is None
    assert outcome.result["refreshed"] is True
    summary = dict(outcome.result["summary"])
    assert summary.pop("total") == sum(summary.values()) == len(EXPECTED)
    assert len({tuple(vm) for vm in outcome.result["vms"]}) == 1


def test_in_check_mode_the_last_view_is_shown(estate: FakeAzure) -> None:
    outcome = run(estate, check=True)
    assert statuses(outcome) == {**EXPECTED, "new": "not_visible"}
    assert outcome.result["refreshed"] is False
    assert not estate.writes


def test_without_a_refresh_the_last_view_is_shown(estate: FakeAzure) -> None:
    assert statuses(run(estate, refresh=False))["new"] == "not_visible"
    assert not estate.writes


def test_the_other_vault_is_named_whether_it_can_be_seen_or_not(estate: FakeAzure) -> None:
    vaults = {vm["name"]: vm["vault_id"] for vm in run(estate).result["vms"]}
    assert vaults["two"] == OTHER_VAULT
    assert vaults["far-away"] == UNSEEN_VAULT
    assert vaults["held"] == bodies.VAULT
    assert vaults["seen"] is None


def test_only_what_no_listing_explains_is_asked_about(estate: FakeAzure) -> None:
    run(estate)
    assert sorted(estate.called("backup status")) == ["broken", "busy", "far-away"]
    assert sorted(estate.called("list items")) == ["vault-north", "vault-one", "vault-two"]


def test_where_all_is_explained_no_other_vault_is_read(azure: FakeAzure) -> None:
    azure.add_machine("web-01")
    azure.vault.hold(bodies.item("web-01"))
    run(azure)
    assert not azure.called("list vaults")
    assert not azure.called("backup status")


def test_a_status_that_cannot_be_read_is_an_error(estate: FakeAzure) -> None:
    estate.faults["backup status"] = [_errors.ServiceError("no", code="AuthorizationFailed", http_status=403)]
    with pytest.raises(_errors.ServiceError):
        run(estate)


@pytest.mark.parametrize("entry", ["old-01", "svc/OLD-01", CLASSIC])
def test_a_classic_machine_can_be_named(estate: FakeAzure, entry: str) -> None:
    outcome = run(estate, entry, "rg-web/held")
    assert statuses(outcome) == {"Old-01": "classic", "held": "protected"}
    classic = outcome.result["vms"][0]
    assert (classic["cloud_service"], classic["resource_group"], classic["location"]) == ("svc", None, None)


def test_the_whole_subscription(estate: FakeAzure) -> None:
    outcome = run(estate, **WHOLE)
    found = statuses(outcome)
    assert found["two"] == found["held"] == "protected"
    assert (found["deleted"], found["stopped"], found["broken"]) == ("soft_deleted", "stopped", "not_eligible")
    assert found["north"] == found["seen"] == found["new"] == "protectable"
    assert outcome.result["vault"] is None
    assert outcome.result["refreshed"] is False
    assert not estate.writes


def test_an_item_that_protects_counts_before_one_that_is_soft_deleted(azure: FakeAzure) -> None:
    second = azure.add_vault(bodies.vault(OTHER_VAULT))
    for name, holders in (("a", (azure.vault, second)), ("b", (second, azure.vault))):
        azure.add_machine(name)
        protecting, deleted = holders
        protecting.hold(bodies.item(name, vault_id=str(protecting.id)))
        deleted.hold(bodies.item(name, vault_id=str(deleted.id), **bodies.SOFT_DELETED))
    assert statuses(run(azure, **WHOLE)) == {"a": "protected", "b": "protected"}


def test_power_states_are_read_when_asked_for(azure: FakeAzure) -> None:
    azure.add_machine("web-01")
    assert run(azure).result["vms"][0]["power_state"] is None
    assert not azure.called("power states")
    assert run(azure, power_state=True).result["vms"][0]["power_state"] == "running"
    assert len(azure.called("power states")) == 1


def test_nothing_found_is_no_failure_and_says_what_to_check(azure: FakeAzure) -> None:
    outcome = run(azure)
    assert outcome.failure is None
    assert outcome.result["vms"] == []
    assert outcome.result["summary"]["total"] == 0
    assert outcome.result["hints"] == outcome.warnings
    assert "select" in outcome.warnings[0]


def test_an_entry_that_names_nothing_is_an_error_with_the_keys_of_the_others(estate: FakeAzure) -> None:
    outcome = run(estate, "held", "typo")
    found, typo = outcome.result["vms"]
    assert list(found) == list(typo)
    assert (typo["status"], typo["error"]["code"]) == (None, "VirtualMachineNotFound")
    assert typo["hints"]
    assert outcome.failure is not None


def test_a_filter_chooses_classic_machines_as_well(estate: FakeAzure) -> None:
    assert statuses(run(estate, select={"names": ["old-*", "held"]})) == {"held": "protected", "Old-01": "classic"}


@pytest.mark.parametrize("missing", ["vault_name", "resource_group"])
def test_half_a_vault_is_refused(azure: FakeAzure, missing: str) -> None:
    half: dict[str, t.Any] = {missing: None}
    with pytest.raises(_errors.InvalidInput, match="vault_name and resource_group"):
        run(azure, **half)
    assert not azure.calls


def test_a_missing_vault_is_an_error(azure: FakeAzure) -> None:
    with pytest.raises(_errors.NotFound):
        run(azure, vault_name="vault-nine")
    assert not azure.writes


def gone(name: str, **properties: t.Any) -> dict[str, t.Any]:
    return dict(bodies.item(name, virtualMachineId=bodies.vm_id(name), **properties))


def test_a_machine_that_is_gone_is_shown_while_a_vault_has_its_backups(estate: FakeAzure) -> None:
    estate.vault.hold(gone("lost"))
    estate.vault.hold(gone("kept", **bodies.STOPPED))
    estate.vault.hold(gone("emptied", **bodies.SOFT_DELETED))
    found = {"lost": "gone", "kept": "gone", "emptied": "gone"}
    outcome = run(estate)
    assert statuses(outcome) == {**EXPECTED, **found}
    assert outcome.result["summary"]["gone"] == 3
    shown = {vm["name"]: vm for vm in outcome.result["vms"]}
    assert "each backup of it fails" in shown["lost"]["reason"] and "state: stopped" in shown["lost"]["hints"][0]
    assert "state: absent" in shown["kept"]["hints"][0] and not shown["emptied"]["hints"]
    assert shown["lost"]["item_id"] and shown["lost"]["location"] == "westeurope"
    assert {**EXPECTED, **found}.keys() - {"Old-01"} == statuses(run(estate, **WHOLE)).keys()


def test_a_machine_that_is_gone_is_found_by_name_and_by_selection(estate: FakeAzure) -> None:
    estate.vault.hold(gone("lost"))
    assert statuses(run(estate, "lost")) == {"lost": "gone"}
    assert statuses(run(estate, "rg-web/LOST", "held")) == {"lost": "gone", "held": "protected"}
    assert statuses(run(estate, select={"names": ["lo*"]})) == {"lost": "gone"}
    assert statuses(run(estate, select={"names": ["lo*"], "tags": {"env": "prod"}})) == {}
    failed = run(estate, "lost", "never-was")
    assert failed.failure and "never-was" in failed.failure.message and "lost" not in failed.failure.message


def test_nothing_is_said_of_machines_that_were_not_listed(estate: FakeAzure) -> None:
    elsewhere = bodies.vm_id("guest").replace(bodies.SUBSCRIPTION, bodies.OTHER_SUBSCRIPTION)
    estate.vault.hold(bodies.item("guest", virtualMachineId=elsewhere))
    classic = bodies.item(
        "old-02", "svc", virtualMachineId=bodies.vm_id("old-02", "svc", provider="Microsoft.ClassicCompute")
    )
    estate.vault.hold(classic)
    assert not {"guest", "old-02"} & statuses(run(estate)).keys()
