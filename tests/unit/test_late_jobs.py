# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs that the service shows late, or never: what was started is followed, or it is told that it could not be."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._fleet import groups, outcome
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import ModuleResult

VAULT: t.Final = {"resource_group": "rg-backup", "vault_name": "vault-westeurope"}
VMS: t.Final = ["rg-web/held-protected", "rg-web/held-pending"]
PLAN: t.Final[dict[str, t.Any]] = {
    "action": "back_up",
    "vaults": [VAULT],
    "count": len(VMS),
    "confirm": None,
    "failures": [],
}


@pytest.fixture
def azure() -> t.Iterator[Bench]:
    with bench("estate") as running:
        yield running


def show_jobs_after(azure: Bench, seconds: float) -> None:
    """Let jobs be shown, in the list and by their ids, only so long after their start."""
    state = azure.simulator.simulator.azure.state
    vars(state)["profile"] = dataclasses.replace(state.profile, late=seconds)


def start(azure: Bench) -> tuple[ModuleResult, list[dict[str, t.Any]]]:
    """Start backups as a playbook does. Returns the result, and what is to be waited for."""
    started = azure.good("vm_backup_now", VAULT, vms=VMS, wait=False)
    assert started["changed"] and [vm["action"] for vm in started["vms"]] == ["start", "start"]
    assert all(vm["request_id"] and vm["error"] is None for vm in started["vms"])
    return started, groups.to_await([{**started, "item": {**VAULT, "location": "westeurope", "items": []}}])


def failures(azure: Bench, started: ModuleResult, group: dict[str, t.Any]) -> list[str]:
    waited = azure.run("vm_backup_job_info", VAULT, job_id=group["job_ids"], wait=True)
    made = outcome.outcome(PLAN, [{**started, "item": group}], jobs=[{**waited, "item": group}])
    return t.cast("list[str]", made["failures"])


def test_jobs_that_can_only_be_read_later_are_waited_for(azure: Bench) -> None:
    show_jobs_after(azure, 120)
    started, (group,) = start(azure)
    assert len(group["job_ids"]) == 2
    assert failures(azure, started, group) == []
    waited = azure.good("vm_backup_job_info", VAULT, job_id=group["job_ids"], fail_on_failed_jobs=True)
    assert waited["summary"]["by_status"] == {"Completed": 2}
    requests = {vm["request_id"].casefold() for vm in started["vms"]}
    assert {job["activity_id"].casefold() for job in waited["jobs"]} == requests


def test_jobs_that_are_never_shown_fail_what_waits_for_them(azure: Bench) -> None:
    show_jobs_after(azure, 86400)
    started, (group,) = start(azure)
    (told,) = failures(azure, started, group)
    assert "held-pending, rg-web/held-protected" in told and "does not show its job" in told
    result = azure.run("vm_backup_job_info", VAULT, job_id=group["job_ids"], wait=True, fail_on_failed_jobs=True)
    assert result.failed and result["error"]["code"] == "JobNotFound"
    assert result["jobs_not_found"] == group["job_ids"]


def test_where_the_answer_names_no_operation_the_list_is_given_time_to_show_the_jobs(azure: Bench) -> None:
    show_jobs_after(azure, 40)
    azure.simulator.add_fault("bare", method="POST", path="/backup$")
    started, (group,) = start(azure)
    assert len(group["job_ids"]) == 2 and group["unknown_jobs"] == []
    assert failures(azure, started, group) == []


def test_backups_whose_jobs_are_not_known_fail_what_waits_for_them(azure: Bench) -> None:
    show_jobs_after(azure, 86400)
    azure.simulator.add_fault("bare", method="POST", path="/backup$")
    started, (group,) = start(azure)
    assert group["job_ids"] == [] and len(group["unknown_jobs"]) == 2
    (told,) = failures(azure, started, group)
    assert "held-pending, rg-web/held-protected" in told and "has not told which job it is" in told


def test_protecting_returns_the_request_of_a_job_that_is_not_known(azure: Bench) -> None:
    show_jobs_after(azure, 86400)
    azure.simulator.add_fault("bare", method="PUT", path="/protectedItems/")
    result = azure.good("vm_backup_protect", VAULT, vms=["rg-web/web-02"], wait=False)
    assert result["changed"] and result.vm("web-02")["job_id"] is None
    sent = [entry.client_request_id for entry in azure.simulator.writes() if entry.method == "PUT"]
    assert sent == [result.vm("web-02")["request_id"]]
    azure.time.sleep(86400)
    jobs = azure.good("vm_backup_job_info", VAULT, last_hours=48, operation=["ConfigureBackup"])["jobs"]
    assert sent[0] in [job["activity_id"].casefold() for job in jobs]


def test_the_end_of_a_job_that_is_shown_late_is_waited_for(azure: Bench) -> None:
    show_jobs_after(azure, 120)
    _started, (group,) = start(azure)
    ended = azure.good("vm_backup_job", VAULT, job_id=group["job_ids"], state="finished")
    assert ended["summary"]["by_status"] == {"Completed": 2} and ended["jobs_not_found"] == []


def test_one_job_that_can_t_be_read_leaves_the_others_to_be_waited_for_but_not_to_be_cancelled(azure: Bench) -> None:
    _started, (group,) = start(azure)
    azure.simulator.add_fault(method="GET", path=f"/backupJobs/{group['job_ids'][1]}$", status=403)
    result = azure.run("vm_backup_job", VAULT, job_id=group["job_ids"], state="finished")
    assert result.failed and [job["job_id"] for job in result["jobs"]] == group["job_ids"][:1]
    assert result["jobs"][0]["status"] == "Completed"
    assert [one["job_id"] for one in result["jobs_not_read"]] == group["job_ids"][1:]
    assert azure.run("vm_backup_job", VAULT, job_id=group["job_ids"], state="cancelled").failed
    assert not azure.writes
