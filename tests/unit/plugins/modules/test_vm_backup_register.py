# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vm_backup_register against the simulator: known, made known, and taken out again."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench

MODULE = "vm_backup_register"
VAULT = {"resource_group": "rg-backup", "vault_name": "vault-westeurope"}
HARD = {"resource_group": "rg-backup", "vault_name": "vault-no-soft-delete"}


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    with bench("estate") as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


def test_machines_that_the_vault_has_not_seen_are_discovered_in_one_go(azure: Bench) -> None:
    done = azure.settle(MODULE, VAULT, vms=["rg-web/web-01", "rg-web/web-02"])
    for vm in done["vms"]:
        assert vm["registered"] and vm["registration_source"] == "discovery"
        assert (vm["action"], vm["changed"]) == ("discover", True)
        assert vm["container_name"].casefold() == f"iaasvmcontainer;iaasvmcontainerv2;rg-web;{vm['name']}"
        assert vm["protectable_item_id"]
        assert (done["diff"]["before"][vm["id"]], done["diff"]["after"][vm["id"]]) == (
            {"registered": False},
            {"registered": True},
        )
    azure.reset()
    azure.good(MODULE, VAULT, vms=["rg-web/web-01", "rg-web/web-02"])
    assert len(azure.writes) == 1 and "refreshContainers" in azure.writes[0]


def test_a_container_is_never_written(azure: Bench) -> None:
    azure.run(MODULE, VAULT, select={})
    assert [line for line in azure.writes if "refreshContainers" not in line] == []


def test_a_protected_machine_is_registered_without_looking_any_further(azure: Bench) -> None:
    done = azure.settle(MODULE, VAULT, vms=["rg-web/held-protected", "rg-web/held-stopped"], changed=False)
    assert {vm["registration_source"] for vm in done["vms"]} == {"container"}
    assert {vm["action"] for vm in done["vms"]} == {"none"}


def test_a_machine_of_another_subscription_becomes_known_when_it_is_protected(azure: Bench) -> None:
    shared = (
        "/subscriptions/5d3c2b1a-0000-4000-8000-00000000000b/resourceGroups/rg-shared"
        "/providers/Microsoft.Compute/virtualMachines/shared-01"
    )
    done = azure.settle(MODULE, VAULT, vms=[shared], changed=False)
    assert done["vms"][0]["registration_source"] == "on_protect"


@pytest.mark.parametrize("check", [True, False])
def test_what_can_not_be_registered_is_said_for_each_and_the_others_are_done(azure: Bench, check: bool) -> None:
    names = ["rg-web/far-away", "rg-web/in-second-vault", "rg-web/in-shared-vault", "rg-web/nobody", "rg-web/web-02"]
    result = azure.run(MODULE, VAULT, vms=names, check=check)
    assert result.failed and result["changed"]
    codes = {vm["name"]: vm["error"] and vm["error"]["code"] for vm in result["vms"]}
    assert codes == {
        "far-away": "UserErrorVmVaultLocationMismatch",
        "in-second-vault": "VirtualMachineAlreadyProtected",
        "in-shared-vault": "VirtualMachineAlreadyProtected",
        "rg-web/nobody": "VirtualMachineNotFound",
        "web-02": None,
    }
    assert [vm["name"] for vm in result["vms"] if vm["registered"]] == ["web-02"]
    assert "4 of 5" in result["msg"]


def test_one_that_discovery_does_not_find_is_told_that_it_may_take_time(azure: Bench) -> None:
    # The compute listing shows the machine already, the vault's discovery does not yet.
    state = azure.simulator.simulator.azure.state
    for machines in state._by_region.values():
        machines[:] = [machine for machine in machines if machine.name != "web-02"]
    result = azure.run(MODULE, VAULT, vms=["rg-web/web-02", "rg-web/web-03"])
    assert result.failed
    assert result.vm("web-02")["error"]["code"] == "VirtualMachineNotDiscovered"
    assert result.vm("web-02")["error"]["retryable"]
    assert not result.vm("web-02")["changed"]
    assert result.vm("web-03")["registered"] and result.vm("web-03")["changed"]


def test_validation_asks_the_service_about_each_machine_that_is_not_protected(azure: Bench) -> None:
    result = azure.good(MODULE, VAULT, vms=["rg-web/web-02", "rg-web/held-protected"], validate=True)
    asked = [line for line in azure.requests if "backupPreValidateProtection" in line]
    assert len(asked) == 1
    assert all(vm["registered"] for vm in result["vms"])
    azure.simulator.add_fault(
        path="/backupPreValidateProtection$",
        status=200,
        body={"status": "Failed", "errorCode": "NotToday", "errorMessage": "No.", "recommendation": "Wait."},
    )
    refused = azure.run(MODULE, VAULT, vms=["rg-web/web-02"], validate=True)
    assert refused.failed
    assert refused.vm("web-02")["error"]["code"] == "NotToday"
    assert refused.vm("web-02")["error"]["recommendations"] == ["Wait."]


def test_absent_has_nothing_to_do_for_a_machine_that_the_vault_does_not_hold(azure: Bench) -> None:
    done = azure.settle(MODULE, VAULT, vms=["rg-web/web-02"], state="absent", changed=False)
    assert not done["vms"][0]["registered"]
    assert done["vms"][0]["error"] is None


@pytest.mark.parametrize("name", ["held-protected", "held-stopped", "held-pending"])
def test_absent_never_deletes_data_by_default(azure: Bench, name: str) -> None:
    result = azure.run(MODULE, VAULT, vms=[f"rg-web/{name}"], state="absent")
    assert result.failed and not result["changed"] and not azure.writes
    assert result["error"]["code"] == "BackupDataExists"
    assert "delete_backup_data: true" in result["error"]["recommendations"][0]
    assert result["vms"][0]["registered"]


def test_absent_deletes_the_data_when_told_so_and_soft_delete_keeps_it(azure: Bench) -> None:
    done = azure.settle(MODULE, VAULT, vms=["rg-web/held-protected"], state="absent", delete_backup_data=True)
    vm = done.vm("held-protected")
    assert (vm["action"], vm["changed"], vm["registered"]) == ("delete", True, False)
    assert vm["deleted_permanently_at"]
    assert (done["diff"]["before"][vm["id"]], done["diff"]["after"][vm["id"]]) == (
        {"registered": True},
        {"registered": False},
    )
    (job,) = azure.good("vm_backup_job_info", VAULT, job_id=[vm["job_id"]])["jobs"]
    assert (job["operation"], job["status"]) == ("DeleteBackupData", "Completed")


def test_without_soft_delete_nothing_is_left(azure: Bench) -> None:
    done = azure.settle(MODULE, HARD, vms=["rg-web/held-without-soft-delete"], state="absent", delete_backup_data=True)
    assert done["vms"][0]["deleted_permanently_at"] is None
    assert azure.good("vm_backup_discover", HARD, vms=["rg-web/held-without-soft-delete"])["vms"][0]["item_id"] is None


def test_what_is_soft_deleted_already_is_not_deleted_again(azure: Bench) -> None:
    done = azure.settle(
        MODULE, VAULT, vms=["rg-web/held-deleted"], state="absent", delete_backup_data=True, changed=False
    )
    assert done["vms"][0]["deleted_permanently_at"]


def test_create_and_remove_come_back_to_the_start(azure: Bench) -> None:
    azure.settle(MODULE, VAULT, vms=["rg-web/web-02"])
    azure.good("vm_backup_protect", VAULT, vms=["rg-web/web-02"])
    removed = azure.settle(MODULE, VAULT, vms=["rg-web/web-02"], state="absent", delete_backup_data=True)
    assert removed.vm("web-02")["registered"] is False


def test_a_delete_job_that_outlasts_the_wait_is_known_to_the_result(azure: Bench) -> None:
    result = azure.run(
        MODULE, VAULT, vms=["rg-web/held-protected"], state="absent", delete_backup_data=True, wait_timeout=0
    )
    assert result.failed and result["changed"]
    vm = result.vm("held-protected")
    assert vm["error"]["code"] == "WaitTimeout" and vm["job_id"]
    later = azure.good("vm_backup_job_info", VAULT, job_id=[vm["job_id"]], wait=True)
    assert later["jobs"][0]["status"] == "Completed"


def test_two_machines_of_one_name_are_both_named_in_the_refusal(azure: Bench) -> None:
    result = azure.run(MODULE, VAULT, vms=["web-01"])
    assert result.failed and not azure.writes
    assert "rg-staging/" in result["msg"] and "rg-web/" in result["msg"]
