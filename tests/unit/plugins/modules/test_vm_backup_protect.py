# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vm_backup_protect against the simulator: what each state of a machine leads to, predicted and done."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench

MODULE = "vm_backup_protect"
VAULT = {"resource_group": "rg-backup", "vault_name": "vault-westeurope"}
VAULT_ID = (
    "/subscriptions/5d3c2b1a-0000-4000-8000-00000000000a/resourceGroups/rg-backup"
    "/providers/Microsoft.RecoveryServices/vaults/vault-westeurope"
)

ALL_DISKS = {"mode": "all", "luns": []}


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    with bench("estate") as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


def diff_of(result: t.Mapping[str, t.Any], vm_id: str) -> tuple[t.Any, t.Any]:
    return result["diff"]["before"][vm_id], result["diff"]["after"][vm_id]


def test_machines_are_protected_with_the_default_policy(azure: Bench) -> None:
    done = azure.settle(MODULE, VAULT, vms=["rg-web/web-01", "rg-web/web-02"])
    assert done["summary"] == {"total": 2, "changed": 2, "failed": 0, "unchanged": 0}
    for vm in done["vms"]:
        assert vm["action"] == "protect"
        assert vm["policy_name"] == "DefaultPolicy"
        assert vm["protection_state"] == "IRPending"
        assert vm["item_id"].startswith(VAULT_ID)
        assert vm["job_id"]
        assert diff_of(done, vm["id"]) == (
            {"state": "absent", "policy_name": None, "disks": None},
            {"state": "present", "policy_name": "DefaultPolicy", "disks": ALL_DISKS},
        )
    assert len({vm["job_id"] for vm in done["vms"]}) == 2


def test_a_job_id_is_that_of_a_configuration_job(azure: Bench) -> None:
    done = azure.good(MODULE, VAULT, vms=["rg-web/web-02"])
    jobs = azure.good("vm_backup_job_info", VAULT, job_id=[done["vms"][0]["job_id"]])["jobs"]
    assert [(job["operation"], job["vm_name"], job["status"]) for job in jobs] == [
        ("ConfigureBackup", "web-02", "Completed")
    ]


def test_another_policy_is_put_in_place_of_the_first(azure: Bench) -> None:
    azure.settle(MODULE, VAULT, vms=["rg-web/web-02"])
    done = azure.settle(MODULE, VAULT, vms=["rg-web/web-02"], policy="weekly")
    vm = done.vm("web-02")
    assert (vm["action"], vm["policy_name"]) == ("change_policy", "Weekly")
    before, after = diff_of(done, vm["id"])
    assert (before["policy_name"], after["policy_name"]) == ("DefaultPolicy", "Weekly")
    azure.settle(MODULE, VAULT, vms=["rg-web/web-02"], policy=f"{VAULT_ID}/backupPolicies/DefaultPolicy")


def test_without_a_policy_a_machine_keeps_the_one_that_it_has(azure: Bench) -> None:
    azure.good(MODULE, VAULT, vms=["rg-web/web-02"], policy="Weekly")
    kept = azure.settle(MODULE, VAULT, vms=["rg-web/web-02"], changed=False)
    assert kept.vm("web-02")["policy_name"] == "Weekly"
    assert kept.vm("web-02")["action"] == "none"


@pytest.mark.parametrize(("policy", "named"), [({}, "DefaultPolicy"), ({"policy": "Weekly"}, "Weekly")])
def test_a_stopped_machine_is_resumed(azure: Bench, policy: dict[str, str], named: str) -> None:
    done = azure.settle(MODULE, VAULT, vms=["rg-web/held-stopped"], **policy)
    vm = done.vm("held-stopped")
    assert (vm["action"], vm["policy_name"], vm["protection_state"]) == ("resume", named, "Protected")
    before, after = diff_of(done, vm["id"])
    assert (before["state"], after["state"]) == ("stopped", "present")


def test_a_deleted_machine_fails_unless_its_data_may_be_brought_back(azure: Bench) -> None:
    refused = azure.run(MODULE, VAULT, vms=["rg-web/held-deleted"])
    assert refused.failed and not azure.writes
    assert refused["error"]["code"] == "SoftDeleted"
    assert "undelete: true" in refused["error"]["recommendations"][0]
    done = azure.settle(MODULE, VAULT, vms=["rg-web/held-deleted"], undelete=True)
    vm = done.vm("held-deleted")
    assert (vm["action"], vm["policy_name"], vm["soft_deleted"]) == ("undelete", "DefaultPolicy", False)
    assert vm["last_recovery_point"]
    before, after = diff_of(done, vm["id"])
    assert (before["state"], after["state"]) == ("soft_deleted", "present")


def test_an_undelete_takes_two_writes_and_the_job_is_that_of_the_second(azure: Bench) -> None:
    done = azure.good(MODULE, VAULT, vms=["rg-web/held-deleted"], undelete=True)
    assert len(azure.writes) == 2
    (job,) = azure.good("vm_backup_job_info", VAULT, job_id=[done["vms"][0]["job_id"]])["jobs"]
    assert job["operation"] == "ConfigureBackup"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("rg-web/far-away", "UserErrorVmVaultLocationMismatch"),
        ("rg-web/in-second-vault", "VirtualMachineAlreadyProtected"),
        ("rg-web/in-shared-vault", "VirtualMachineAlreadyProtected"),
        ("rg-web/broken", "UserErrorVmProvisioningStateFailed"),
        ("rg-web/nobody", "VirtualMachineNotFound"),
        ("web-01", "AmbiguousName"),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_what_can_not_be_protected_is_found_before_a_write_and_the_others_are_done(
    azure: Bench, name: str, code: str, check: bool
) -> None:
    result = azure.run(MODULE, VAULT, vms=[name, "rg-web/web-02"], check=check)
    assert result.failed and result["changed"]
    bad = next(vm for vm in result["vms"] if vm["name"] != "web-02")
    assert bad["error"]["code"] == code == result["error"]["code"]
    assert (bad["action"], bad["changed"], bad["job_id"]) == ("none", False, None)
    assert bad["error"]["recommendations"] or code == "AmbiguousName"
    assert result.vm("web-02")["changed"] and not result.vm("web-02")["error"]
    assert list(result["diff"]["after"]) == [result.vm("web-02")["id"]]
    assert len(azure.writes) == (0 if check else 1)
    assert result["summary"] == {"total": 2, "changed": 1, "failed": 1, "unchanged": 0}


@pytest.mark.parametrize(
    ("policy", "code", "told"),
    [
        ("Nightly", "PolicyNotFound", "DefaultPolicy"),
        ("HourlyLogBackup", "BMSUserErrorInvalidPolicyForGivenProvider", "AzureWorkload"),
        (VAULT_ID.replace("vault-westeurope", "vault-second") + "/backupPolicies/DefaultPolicy", None, "vault"),
    ],
)
def test_a_policy_that_can_not_be_used_fails_before_any_write(
    azure: Bench, policy: str, code: str | None, told: str
) -> None:
    result = azure.run(MODULE, VAULT, vms=["rg-web/web-02"], policy=policy)
    assert result.failed and not azure.writes
    assert told in result["msg"]
    assert code is None or result["error"]["code"] == code


def test_a_job_that_fails_fails_the_machine_in_the_services_words(azure: Bench) -> None:
    azure.fail_jobs_of("web-02")
    result = azure.run(MODULE, VAULT, vms=["rg-web/web-02", "rg-web/web-03"])
    assert result.failed
    bad = result.vm("web-02")
    assert bad["error"]["code"] == "CloudInternalError"
    assert bad["error"]["recommendations"]
    assert bad["job_id"] and bad["job_id"] in bad["error"]["message"]
    assert not result.vm("web-03")["error"]
    assert result.vm("web-03")["protection_state"] == "IRPending"
    # The next run does only what is left.
    again = azure.good(MODULE, VAULT, vms=["rg-web/web-02", "rg-web/web-03"])
    assert [vm["action"] for vm in again["vms"]] == ["protect", "none"]
    assert len(azure.writes) == 1


def test_a_machine_that_another_task_is_protecting_is_waited_for_and_not_written(azure: Bench) -> None:
    theirs = azure.good(MODULE, VAULT, vms=["rg-web/web-02"], wait=False)
    joined = azure.good(MODULE, VAULT, vms=["rg-web/web-02"])
    vm = joined.vm("web-02")
    assert (vm["action"], vm["changed"], vm["protection_state"]) == ("in_progress", False, "IRPending")
    assert vm["job_id"] == theirs.vm("web-02")["job_id"]
    assert joined["diff"]["before"] == joined["diff"]["after"]
    assert joined["summary"]["unchanged"] == 1


def test_another_task_that_sets_another_policy_is_an_error(azure: Bench) -> None:
    azure.good(MODULE, VAULT, vms=["rg-web/web-02"], wait=False, policy="Weekly")
    result = azure.run(MODULE, VAULT, vms=["rg-web/web-02"], policy="DefaultPolicy")
    assert result.failed and not result["changed"]
    assert result["error"]["code"] == "ChangedByAnotherTask"
    assert result["error"]["retryable"]
    assert "Weekly" in result["msg"]
    azure.settle(MODULE, VAULT, vms=["rg-web/web-02"], policy="DefaultPolicy")


def test_without_waiting_the_job_ids_are_there_and_a_second_task_starts_nothing(azure: Bench) -> None:
    started = azure.good(MODULE, VAULT, vms=["rg-web/web-02", "rg-web/web-03"], wait=False)
    assert started["changed"] and all(vm["job_id"] and vm["action"] == "protect" for vm in started["vms"])
    # No time has passed: both jobs still run.
    jobs = azure.good("vm_backup_job_info", VAULT, job_id=[vm["job_id"] for vm in started["vms"]])
    assert jobs["summary"]["total"] == 2
    azure.time.sleep(60)
    again = azure.good(MODULE, VAULT, vms=["rg-web/web-02", "rg-web/web-03"], wait=False)
    assert not again["changed"] and not azure.writes


def test_a_selection_that_chooses_nothing_warns(azure: Bench) -> None:
    result = azure.good(MODULE, VAULT, select={"names": ["nothing-is-called-so"]})
    assert result["vms"] == [] and not result["changed"]
    assert result["warnings"]


def test_names_may_come_as_one_text_and_in_any_letter_case(azure: Bench) -> None:
    done = azure.settle(MODULE, VAULT, vms=["RG-WEB/WEB-02\nweb-03, RG-web/web-03"])
    assert [vm["name"] for vm in done["vms"]] == ["web-02", "web-03"]


def test_a_machine_of_another_subscription_is_protected_by_its_id(azure: Bench) -> None:
    shared = (
        "/subscriptions/5d3c2b1a-0000-4000-8000-00000000000b/resourceGroups/rg-shared"
        "/providers/Microsoft.Compute/virtualMachines/shared-01"
    )
    done = azure.settle(MODULE, VAULT, vms=[shared])
    assert done["vms"][0]["id"] == shared
    assert done["vms"][0]["protection_state"] == "IRPending"
