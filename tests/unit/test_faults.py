# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults that are more than one call that fails: no machine is lost, nothing is done twice, results tell the truth.

The table of faults and calls is in `test_fault_matrix.py`.
"""

from __future__ import annotations

import collections
import datetime as dt
import typing as t
from unittest import mock

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.client import AzureClient
from ansible_collections.cloudkeep.azure_backup.tests.support import bench as bench_module
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, ModuleClock, Time, bench
from ansible_collections.cloudkeep.azure_backup.tests.support.clear import check_failure

NAMES: t.Final = ("web-02", "web-03", "spare")
VMS: t.Final = {"vms": [f"rg-web/{name}" for name in NAMES], "poll_interval": 1}
VAULT: t.Final = {"resource_group": "rg-backup", "vault_name": "vault-empty"}
ITEM = r"/protectedItems/[^/]+$"


def jobs(azure: Bench, operation: str) -> collections.Counter[str]:
    """Count the jobs that the vault has of an operation, by machine."""
    azure.simulator.clear_faults()
    listed = azure.good("vm_backup_job_info", VAULT, operation=[operation], last_hours=24)["jobs"]
    return collections.Counter(job["vm_name"] for job in listed)


def each(count: int) -> collections.Counter[str]:
    return collections.Counter(dict.fromkeys(NAMES, count))


def check_protected_once(azure: Bench, result: t.Mapping[str, t.Any]) -> None:
    assert [(vm["name"], vm["action"], vm["changed"]) for vm in result["vms"]] == [(n, "protect", True) for n in NAMES]
    assert all(vm["job_id"] and vm["policy_name"] == "DefaultPolicy" and not vm["error"] for vm in result["vms"])
    assert jobs(azure, "ConfigureBackup") == each(1)
    again = azure.good("vm_backup_protect", VAULT, **VMS)
    assert not again["changed"] and not azure.writes


def test_answers_that_stay_away_are_told_and_nothing_is_sent_blindly(azure: Bench) -> None:
    azure.simulator.add_fault(operation="protect", status=500)
    result = azure.run("vm_backup_protect", VAULT, **VMS)
    check_failure(result, "3 of 3", *NAMES, code="AnswerLost")
    assert result["error"]["retryable"] and not any(vm["changed"] for vm in result["vms"])
    assert jobs(azure, "ConfigureBackup") == each(0)
    check_protected_once(azure, azure.good("vm_backup_protect", VAULT, **VMS))


def test_a_job_list_that_is_gone_starts_no_second_backup(azure: Bench) -> None:
    azure.good("vm_backup_protect", VAULT, **VMS)
    azure.simulator.add_fault(operation="backup", kind="drop_after", times=3)
    # The list is read once before, to find backups that run already.
    azure.simulator.add_fault(operation="jobs", status=500, skip=1)
    result = azure.run("vm_backup_now", VAULT, **VMS)
    check_failure(result, "3 of 3", code="AnswerLost")
    assert jobs(azure, "Backup") == each(1)


def test_a_right_that_is_taken_away_in_the_middle(azure: Bench) -> None:
    azure.simulator.add_fault(operation="jobs", status=403, skip=1)
    azure.simulator.add_fault(operation="protect", status=403, skip=2)
    result = azure.run("vm_backup_protect", VAULT, **VMS)
    assert result.failed and result["changed"]
    assert sum(vm["changed"] for vm in result["vms"]) == 2
    assert [vm["error"]["code"] for vm in result["vms"] if not vm["changed"]] == ["AuthorizationFailed"]
    assert "role" in result["msg"]
    assert sum(jobs(azure, "ConfigureBackup").values()) == 2
    azure.good("vm_backup_protect", VAULT, **VMS)
    assert jobs(azure, "ConfigureBackup") == each(1)


def test_a_refused_write_concerns_its_machine_only(azure: Bench) -> None:
    azure.simulator.add_fault(
        method="PUT", path=rf"web-03{ITEM[-1]}", status=400, code="BMSUserErrorInvalidInput", message="No."
    )
    result = azure.run("vm_backup_protect", VAULT, **VMS)
    check_failure(result, "1 of 3", "web-03", code="BMSUserErrorInvalidInput", changed=True)
    assert [vm["changed"] for vm in result["vms"]] == [True, False, True]


def test_a_job_that_fails_is_told_with_its_reason_and_the_next_run_repairs(azure: Bench) -> None:
    azure.fail_jobs_of("web-03")
    result = azure.run("vm_backup_protect", VAULT, **VMS)
    check_failure(result, "1 of 3", "web-03", changed=True)
    assert result.vm("web-03")["error"]["code"] and result.vm("web-03")["job_id"]
    repaired = azure.good("vm_backup_protect", VAULT, **VMS)
    assert [vm["changed"] for vm in repaired["vms"]] == [False, True, False]
    assert not azure.good("vm_backup_protect", VAULT, **VMS)["changed"]


def test_an_operation_that_ends_as_failed_without_a_job(azure: Bench) -> None:
    ended = {
        "id": "x",
        "name": "x",
        "status": "Failed",
        "error": {"code": "UserErrorVmNotFound", "message": "It is gone."},
    }
    azure.simulator.add_fault(operation="jobs", status=200, body={"value": []})
    azure.simulator.add_fault(operation="poll", status=200, body=ended)
    result = azure.run("vm_backup_protect", VAULT, **VMS)
    check_failure(result, "It is gone.", code="UserErrorVmNotFound", changed=True)


def test_a_job_that_somebody_cancels() -> None:
    # Backups that last: a fast one may have ended before it is cancelled.
    with bench("estate", "recorded") as azure:
        azure.good("vm_backup_protect", VAULT, **VMS)
        job_id = azure.good("vm_backup_now", VAULT, **VMS).vm("web-02")["job_id"]
        client = AzureClient(azure.simulator.options, check_mode=False, environ=azure.simulator.env)
        cancel = client.service("backup").job_cancellations.trigger
        client.call(cancel, VAULT["vault_name"], VAULT["resource_group"], job_id, doing="cancel the job")
        client.close()
        options = {**VAULT, "job_id": [job_id], "wait": True, "poll_interval": 1}
        assert azure.good("vm_backup_job_info", options)["jobs"][0]["status"] == "Cancelled"
        result = azure.run("vm_backup_job_info", options, fail_on_failed_jobs=True)
        check_failure(result, "web-02", "Cancelled")


class WrongClock(ModuleClock):
    """The clock of a host that is wrong by hours."""

    def __init__(self, time: Time, hours: float) -> None:
        super().__init__(time)
        self._hours = hours

    def now(self) -> dt.datetime:
        return super().now() + dt.timedelta(hours=self._hours)


def wrong_by(hours: float) -> t.ContextManager[t.Any]:
    return mock.patch.object(bench_module, "ModuleClock", lambda time: WrongClock(time, hours))


@pytest.mark.parametrize("hours", [-30, -3, 3, 30])
def test_clocks_that_differ_lose_no_job_and_start_none_twice(azure: Bench, hours: float) -> None:
    with wrong_by(hours):
        azure.simulator.add_fault("drop_after", operation="protect", times=2)
        result = azure.good("vm_backup_protect", VAULT, **VMS)
        assert all(vm["job_id"] for vm in result["vms"])
        check_protected_once(azure, result)
        now = {**VAULT, **VMS, "wait": True, "skip_if_newer_than": "2h"}
        azure.simulator.add_fault("drop_after", operation="backup", times=2)
        assert {vm["job"]["status"] for vm in azure.good("vm_backup_now", now)["vms"]} == {"Completed"}
        assert jobs(azure, "Backup") == each(1)
        azure.time.sleep(3600)
        # An hour old by the clock of Azure, whatever the host believes.
        assert {vm["action"] for vm in azure.good("vm_backup_now", now)["vms"]} == {"skip_newer"}
        assert len(azure.good("vm_backup_job_info", VAULT, last_hours=2, operation=["Backup"])["jobs"]) == 3
        assert not azure.good("vm_backup_job_info", VAULT, **{"from": later(azure, 1)})["jobs"]


def later(azure: Bench, hours: float) -> str:
    return dt.datetime.fromtimestamp(azure.time.seconds() + hours * 3600, dt.timezone.utc).isoformat()


@pytest.mark.parametrize("kind", ["drop_after", "truncate", "drop_before"])
def test_a_deletion_that_is_sent_twice_has_still_been_done(azure: Bench, kind: str) -> None:
    policy = {**VAULT, "name": "Nightly"}
    terms = {"schedule": {"frequency": "daily", "time": "22:00"}, "retention": {"daily": {"days": 14}}}
    azure.good("vm_backup_policy", {**policy, **terms})
    azure.simulator.add_fault(kind, method="DELETE", times=1)
    assert azure.good("vm_backup_policy", policy, state="absent")["changed"]
    azure.simulator.add_fault(kind, method="DELETE", times=1)
    assert azure.good("vm_backup_vault", VAULT, state="absent")["changed"]
    assert not azure.good("vm_backup_vault", VAULT, state="absent")["changed"]
