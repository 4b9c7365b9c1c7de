# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vm_backup_job against the simulator: what can be cancelled and what can't, races, lost answers, and waiting."""

from __future__ import annotations

import typing as t
from unittest import mock

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import cancellations
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.job_models import Job
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench
from ansible_collections.cloudkeep.azure_backup.tests.support.clear import check_failure
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import ModuleResult

MODULE = "vm_backup_job"
VAULT = {"resource_group": "rg-backup", "vault_name": "vault-westeurope"}
HELD = ["rg-web/held-protected", "rg-web/held-pending"]
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    # A backup takes 35 minutes here, its snapshot a third of that.
    with bench("estate", profile="recorded") as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


def start(azure: Bench, *vms: str) -> list[str]:
    """Start backups and return the ids of their jobs."""
    result = azure.good("vm_backup_now", VAULT, vms=list(vms or HELD))
    return [vm["job_id"] for vm in result["vms"]]


def cancels(azure: Bench) -> list[str]:
    return [line for line in azure.writes if line.endswith("/cancel")]


def statuses(result: ModuleResult) -> list[str]:
    return [job["status"] for job in result["jobs"]]


@pytest.mark.parametrize("by", ["job_id", "vms"])
def test_running_backups_are_cancelled_once(azure: Bench, by: str) -> None:
    ids = start(azure)
    options = {**VAULT, "state": "cancelled", by: ids if by == "job_id" else HELD}
    done = azure.settle(MODULE, options) if by == "job_id" else azure.good(MODULE, options)
    assert sorted(job["job_id"] for job in done["jobs"]) == sorted(ids)
    assert {(job["status"], job["action"], job["changed"]) for job in done["jobs"]} == {("Cancelled", "cancel", True)}
    assert done["diff"]["before"] == {"jobs": dict.fromkeys(ids, "InProgress")}
    assert done["diff"]["after"] == {"jobs": dict.fromkeys(ids, "Cancelled")}
    assert done["summary"] == {"total": 2, "by_status": {"Cancelled": 2}, "cancelled": 2, "refused": 0}
    again = azure.good(MODULE, options)
    assert not again["changed"] and not azure.writes
    # Of a machine only what runs is looked at.
    assert len(again["jobs"]) == (2 if by == "job_id" else 0)


def test_check_mode_predicts_and_sends_nothing(azure: Bench) -> None:
    (job_id,) = start(azure, HELD[0])
    predicted = azure.run(MODULE, VAULT, job_id=[job_id], state="cancelled", check=True)
    assert predicted["changed"] and predicted["jobs"][0]["action"] == "cancel"
    assert predicted["jobs"][0]["status"] == "InProgress"
    azure.time.sleep(1000)
    predicted = azure.run(MODULE, VAULT, job_id=[job_id], state="cancelled", check=True)
    assert predicted.failed and not predicted["changed"]
    assert "its snapshot is taken" in predicted["msg"]


def test_only_the_running_jobs_of_the_named_machines_are_cancelled(azure: Bench) -> None:
    kept, cancelled = start(azure)
    result = azure.good(MODULE, VAULT, vms=["held-pending"], state="cancelled")
    assert [job["job_id"] for job in result["jobs"]] == [cancelled]
    (job,) = azure.good("vm_backup_job_info", VAULT, job_id=[kept])["jobs"]
    assert job["status"] == "InProgress"


def test_a_job_that_has_ended_is_left_alone(azure: Bench) -> None:
    ids = start(azure, HELD[0])
    azure.time.sleep(3600)
    result = azure.settle(MODULE, VAULT, job_id=ids, state="cancelled", changed=False)
    assert [(job["status"], job["action"]) for job in result["jobs"]] == [("Completed", "none")]


def test_a_backup_past_its_snapshot_is_refused_with_a_reason_and_the_others_are_cancelled(azure: Bench) -> None:
    late = start(azure, HELD[0])
    azure.time.sleep(1000)
    early = start(azure, HELD[1])
    result = azure.run(MODULE, VAULT, job_id=late + early, state="cancelled")
    assert result.failed and result["changed"]
    assert [job["changed"] for job in result["jobs"]] == [False, True]
    assert statuses(result) == ["InProgress", "Cancelled"]
    refused = result["jobs"][0]["failure"]
    assert refused["http_status"] == 400 and refused["request_id"]
    assert f"Job {late[0]} (Backup of held-protected) can't be cancelled: its snapshot is taken." in result["msg"]
    assert "vm_backup_job with state: finished" in result["msg"]
    assert result["summary"]["refused"] == 1


def test_a_job_of_another_kind_is_refused_before_anything_is_sent(azure: Bench) -> None:
    started = azure.good("vm_backup_protect", VAULT, vms=["rg-web/web-02"], wait=False)
    ids = [vm["job_id"] for vm in started["vms"]]
    for check in (True, False):
        result = azure.run(MODULE, VAULT, job_id=ids, state="cancelled", check=check)
        assert result.failed and not result["changed"] and not azure.writes
        assert "(ConfigureBackup of web-02) can't be cancelled: it is not a backup." in result["msg"]
        assert result["error"]["code"] == "JobNotCancellable"


def test_a_job_that_is_being_cancelled_is_waited_for(azure: Bench) -> None:
    ids = start(azure, HELD[0])
    azure.good(MODULE, VAULT, job_id=ids, state="cancelled", wait=False)
    (job,) = azure.good("vm_backup_job_info", VAULT, job_id=ids)["jobs"]
    assert job["status"] == "Cancelling"
    result = azure.good(MODULE, VAULT, job_id=ids, state="cancelled")
    assert not result["changed"] and not azure.writes
    assert [(job["status"], job["action"]) for job in result["jobs"]] == [("Cancelled", "wait")]


def test_a_lost_answer_is_looked_up_before_the_cancellation_is_sent_again(azure: Bench) -> None:
    ids = start(azure, HELD[0])
    azure.simulator.add_fault("drop_after", method="POST", path="/cancel$", times=1)
    result = azure.good(MODULE, VAULT, job_id=ids, state="cancelled")
    assert result["changed"] and statuses(result) == ["Cancelled"]
    assert len(cancels(azure)) == 1


@pytest.mark.parametrize("fault", [{"kind": "drop_before"}, {"status": 500}])
def test_a_cancellation_that_never_arrived_is_sent_again(azure: Bench, fault: dict[str, t.Any]) -> None:
    ids = start(azure, HELD[0])
    azure.simulator.add_fault(**fault, method="POST", path="/cancel$", times=1)
    result = azure.good(MODULE, VAULT, job_id=ids, state="cancelled")
    assert result["changed"] and statuses(result) == ["Cancelled"]
    assert len(cancels(azure)) == 2


def test_a_cancellation_that_never_gets_an_answer_is_given_up(azure: Bench) -> None:
    ids = start(azure, HELD[0])
    azure.simulator.add_fault("drop_before", method="POST", path="/cancel$")
    result = azure.run(MODULE, VAULT, job_id=ids, state="cancelled")
    assert result.failed and not result["changed"] and len(cancels(azure)) == 3
    assert result["jobs"][0]["failure"]["code"] == "AnswerLost" and statuses(result) == ["InProgress"]


def test_what_ends_a_second_cancellation_tells_nothing_of_the_first(azure: Bench) -> None:
    ids = start(azure, HELD[0])
    azure.simulator.add_fault("drop_after", method="POST", path="/cancel$", times=1)
    azure.simulator.add_fault(method="POST", path="/cancel$", status=403)
    azure.simulator.add_fault("stale", method="GET", path=r"/backupJobs/[^/]+$", times=6)
    result = azure.run(MODULE, VAULT, job_id=ids, state="cancelled")
    check_failure(result, "may or may not", "could not be sent again", "AuthorizationFailed", code="AnswerLost")


def test_a_refusal_for_no_known_reason_is_told_in_the_service_s_words(azure: Bench) -> None:
    ids = start(azure, HELD[0])
    body = {"error": {"code": "UserErrorNotNow", "message": "Not on a Monday."}}
    azure.simulator.add_fault(method="POST", path="/cancel$", status=400, body=body)
    result = azure.run(MODULE, VAULT, job_id=ids, state="cancelled")
    assert result.failed and result["error"]["code"] == "UserErrorNotNow" and "Not on a Monday." in result["msg"]


def test_a_job_that_ends_while_it_is_to_be_cancelled_is_no_failure(azure: Bench) -> None:
    ids = start(azure, HELD[0])
    look = cancellations.Controlled.to_cancel

    def just_in_time(job: Job) -> cancellations.Controlled:
        azure.time.sleep(3600)
        return look(job)

    with mock.patch.object(cancellations.Controlled, "to_cancel", just_in_time):
        result = azure.good(MODULE, VAULT, job_id=ids, state="cancelled")
    assert not result["changed"] and len(cancels(azure)) == 1
    assert [(job["status"], job["action"]) for job in result["jobs"]] == [("Completed", "none")]


def test_without_permission_each_job_says_so(azure: Bench) -> None:
    ids = start(azure)
    azure.simulator.add_fault(method="POST", path="/cancel$", status=403)
    result = azure.run(MODULE, VAULT, job_id=ids, state="cancelled")
    assert result.failed and not result["changed"]
    assert {job["failure"]["http_status"] for job in result["jobs"]} == {403}
    assert set(statuses(result)) == {"InProgress"}


def test_jobs_that_can_not_be_read_any_more_are_told_to_be_cancelled_all_the_same(azure: Bench) -> None:
    ids = start(azure)
    azure.simulator.add_fault(status=403, method="GET", path=r"/backupJobs/[^/]+$", skip=2)
    result = azure.run(MODULE, VAULT, job_id=ids, state="cancelled")
    assert result.failed and result["changed"]
    assert result["msg"].startswith("Azure has accepted to cancel 2 jobs. 2 of 2 jobs could not be followed")
    azure.simulator.clear_faults()
    assert not azure.good(MODULE, VAULT, job_id=ids, state="cancelled")["changed"]


def test_finished_waits_and_changes_nothing(azure: Bench) -> None:
    ids = start(azure)
    result = azure.good(MODULE, VAULT, job_id=ids, state="finished")
    assert statuses(result) == ["Completed", "Completed"] and not result["changed"] and not azure.writes
    assert {job["action"] for job in result["jobs"]} == {"wait"}
    again = azure.settle(MODULE, VAULT, job_id=ids, state="finished", changed=False)
    assert {job["action"] for job in again["jobs"]} == {"none"}


def test_a_job_that_did_not_succeed_fails_the_task_unless_that_is_turned_off(azure: Bench) -> None:
    ids = start(azure, HELD[0])
    azure.good(MODULE, VAULT, job_id=ids, state="cancelled")
    result = azure.run(MODULE, VAULT, job_id=ids, state="finished")
    assert result.failed and "1 job did not succeed" in result["msg"]
    assert azure.good(MODULE, VAULT, job_id=ids, state="finished", fail_on_failed_jobs=False)["jobs"]


def test_a_wait_that_ends_too_early_tells_so(azure: Bench) -> None:
    ids = start(azure, HELD[0])
    result = azure.run(MODULE, VAULT, job_id=ids, state="finished", wait_timeout=30)
    assert result["error"]["code"] == "WaitTimeout" and result["error"]["retryable"]
    result = azure.run(MODULE, VAULT, job_id=ids, state="cancelled", wait_timeout=0)
    assert result["error"]["code"] == "WaitTimeout"
    assert result["changed"] and statuses(result) == ["Cancelling"]


def test_unknown_jobs_and_machines_are_named(azure: Bench) -> None:
    ids = start(azure, HELD[0])
    result = azure.run(MODULE, VAULT, job_id=[NOBODY, *ids], state="cancelled")
    assert result.failed and result["changed"] and statuses(result) == ["Cancelled"]
    assert result["jobs_not_found"] == [NOBODY] and f"has no job {NOBODY}" in result["msg"]
    result = azure.good(MODULE, VAULT, vms=["rg-web/nobody", HELD[1]], state="cancelled")
    assert result["vms_not_found"] == ["rg-web/nobody"] and "rg-web/nobody" in str(result["warnings"])
    assert not result["changed"] and result["jobs"] == []


def test_a_namesake_in_another_subscription_is_not_meant() -> None:
    shared = {"resource_group": "rg-shared", "vault_name": "vault-shared"}
    machine = "/subscriptions/5d3c2b1a-0000-4000-8000-00000000000a/resourceGroups/rg-web/providers/Microsoft.Compute"
    with bench("estate", profile="recorded") as azure:
        shared["subscription_id"] = "5d3c2b1a-0000-4000-8000-00000000000b"
        azure.good("vm_backup_now", shared, vms=[f"{machine}/virtualMachines/in-shared-vault"])
        other = azure.good(MODULE, shared, vms=["rg-web/in-shared-vault"], state="cancelled")
        assert other["jobs"] == [] and other["vms_not_found"] == ["rg-web/in-shared-vault"]
        meant = azure.good(MODULE, shared, vms=[f"{machine}/virtualMachines/in-shared-vault"], state="cancelled")
        assert statuses(meant) == ["Cancelled"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"state": "cancelled"}, "one of the following is required: job_id, vms"),
        ({"state": "cancelled", "job_id": [NOBODY], "vms": ["x"]}, "mutually exclusive"),
        ({"state": "gone", "job_id": [NOBODY]}, "value of state must be one of"),
        ({"job_id": [NOBODY]}, "missing required arguments: state"),
        ({"state": "cancelled", "job_id": ["web-01"]}, "job_id: 'web-01'"),
        ({"state": "cancelled", "vms": []}, "vms: the list is empty"),
        ({"state": "cancelled", "vms": ["web 01"]}, "vms: 'web 01'"),
        ({"state": "finished", "job_id": [NOBODY], "wait": False}, "wait: with state: finished the task waits"),
        ({"state": "cancelled", "vms": ["x"], "operation": []}, "operation: the list is empty"),
        ({"state": "cancelled", "job_id": [NOBODY], "wait_timeout": -1}, "wait_timeout: -1"),
        ({"state": "cancelled", "job_id": [NOBODY], "vault_name": "no/vault"}, "vault_name"),
        ({"state": "cancelled", "job_id": [NOBODY], "vault_name": "nowhere"}, "no Recovery Services vault 'nowhere'"),
    ],
)
def test_bad_input_is_told_and_nothing_is_written(azure: Bench, options: dict[str, t.Any], told: str) -> None:
    result = azure.run(MODULE, {**VAULT, **options})
    assert result.failed and told in result["msg"] and not azure.writes


def test_many_jobs_are_read_with_lists() -> None:
    with bench("fleet:30", profile="recorded") as fleet:
        vault = {"resource_group": "rg-fleet-0001", "vault_name": "vault-fleet"}
        fleet.good("vm_backup_vault", vault, location="westeurope")
        fleet.good("vm_backup_protect", vault, select={})
        ids = [vm["job_id"] for vm in fleet.good("vm_backup_now", vault, select={})["vms"]]
        result = fleet.good(MODULE, vault, job_id=ids, state="cancelled")
        assert result["summary"]["cancelled"] == 30
        assert len(cancels(fleet)) == 30
        assert len(fleet.requests) < 80
