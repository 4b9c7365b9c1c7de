# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vm_backup_job_info against the simulator: every filter, details, waiting, and what makes the task fail."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench
from ansible_collections.cloudkeep.azure_backup.tests.support.clear import check_failure

MODULE = "vm_backup_job_info"
VAULT = {"resource_group": "rg-backup", "vault_name": "vault-empty"}
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    with bench("estate") as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


@pytest.fixture
def history(azure: Bench) -> Bench:
    """At 08:00 two machines are protected, at 10:00 both are backed up, one of them in vain. Now it is 11:00."""
    azure.good("vm_backup_protect", VAULT, vms=["rg-web/deaf", "rg-web/web-02"])
    azure.time.sleep(2 * 3600)
    azure.run("vm_backup_now", VAULT, vms=["rg-web/deaf", "rg-web/web-02"], wait=True)
    azure.time.sleep(3600)
    return azure


def ran(result: t.Mapping[str, t.Any]) -> list[tuple[str, str]]:
    return sorted((job["operation"], job["vm_name"]) for job in result["jobs"])


CONFIGURED = [("ConfigureBackup", "deaf"), ("ConfigureBackup", "web-02")]
BACKED_UP = [("Backup", "deaf"), ("Backup", "web-02")]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, BACKED_UP + CONFIGURED),
        ({"operation": ["Backup"]}, BACKED_UP),
        ({"operation": ["Backup", "ConfigureBackup"]}, BACKED_UP + CONFIGURED),
        ({"operation": ["Restore"]}, []),
        ({"status": ["Failed"]}, [("Backup", "deaf")]),
        ({"status": ["Failed", "Completed"]}, BACKED_UP + CONFIGURED),
        ({"status": ["Completed"], "operation": ["Backup"]}, BACKED_UP[1:]),
        ({"status": ["InProgress"]}, []),
        ({"last_hours": 2}, BACKED_UP),
        ({"last_hours": 1}, []),
        ({"from": "2026-01-05T09:00:00Z"}, BACKED_UP),
        ({"to": "2026-01-05T09:00:00"}, CONFIGURED),
        ({"from": "2026-01-05T11:00:00+02:00", "to": "2026-01-06"}, BACKED_UP),
        ({"from": "2026-01-06"}, []),
        ({"vms": ["web-02"]}, [("Backup", "web-02"), ("ConfigureBackup", "web-02")]),
        ({"vms": ["RG-WEB/DEAF", "rg-web/web-03"], "operation": ["Backup"]}, BACKED_UP[:1]),
        ({"vms": ["rg-staging/web-02"]}, []),
    ],
)
def test_each_filter_chooses(history: Bench, options: dict[str, t.Any], expected: list[tuple[str, str]]) -> None:
    result = history.good(MODULE, {**VAULT, **options})
    assert ran(result) == sorted(expected)
    assert history.good(MODULE, {**VAULT, **options}, check=True)["jobs"] == result["jobs"]
    assert not result["changed"] and not history.writes
    assert result["summary"]["total"] == len(expected) == sum(result["summary"]["by_status"].values())


def test_the_newest_comes_first_and_times_are_utc(history: Bench) -> None:
    jobs = history.good(MODULE, VAULT)["jobs"]
    starts = [job["start_time"] for job in jobs]
    assert starts == sorted(starts, reverse=True)
    assert starts[0].startswith("2026-01-05T10:00:") and starts[0].endswith("Z")
    assert all(isinstance(job["duration"], float) and job["duration"] > 0 for job in jobs)


def test_a_failed_job_is_data_with_code_text_and_advice(history: Bench) -> None:
    (failed,) = history.good(MODULE, VAULT, status=["Failed"])["jobs"]
    assert failed["error"]["code"] == "UserErrorGuestAgentStatusUnavailable"
    assert failed["error"]["number"] == 400110
    assert "VM agent" in failed["error"]["message"]
    assert failed["error"]["recommendations"]


def test_a_failed_job_names_the_topic_that_explains_it(history: Bench) -> None:
    title = "UserErrorGuestAgentStatusUnavailable - VM agent unable to communicate with Azure Backup"
    (failed,) = history.good(MODULE, VAULT, status=["Failed"])["jobs"]
    assert failed["error"]["topic"] == title
    result = history.run(MODULE, VAULT, fail_on_failed_jobs=True)
    assert result["error"]["recommendations"][-1] == f'See "{title}" in the Azure Backup documentation.'
    assert title in result["msg"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"policy": ["DefaultPolicy"]}, BACKED_UP + CONFIGURED),
        ({"policy": ["defaultpolicy"], "operation": ["Backup"], "vms": ["deaf"]}, BACKED_UP[:1]),
        ({"policy": ["EnhancedPolicy"]}, []),
        ({"error_code": ["UserErrorGuestAgentStatusUnavailable"]}, [("Backup", "deaf")]),
        ({"error_code": ["usererrorguestagentstatusunavailable", "400249"]}, [("Backup", "deaf")]),
        ({"error_code": ["400110"]}, [("Backup", "deaf")]),
        ({"error_code": ["4001"]}, []),
        ({"longer_than": "5h"}, []),
        ({"longer_than": "0m"}, BACKED_UP + CONFIGURED),
    ],
)
def test_each_filter_of_ours_chooses(
    history: Bench, options: dict[str, t.Any], expected: list[tuple[str, str]]
) -> None:
    assert ran(history.good(MODULE, {**VAULT, **options})) == sorted(expected)


def test_the_policy_is_that_of_now(history: Bench) -> None:
    history.good("vm_backup_protect", VAULT, vms=["rg-web/web-02"], policy="EnhancedPolicy")
    jobs = history.good(MODULE, VAULT, policy=["EnhancedPolicy"], last_hours=24)["jobs"]
    assert {job["vm_name"] for job in jobs} == {"web-02"} and len(jobs) == 3


def test_the_retries_of_a_machine_stand_beside_its_failure(history: Bench) -> None:
    machines = history.good(MODULE, VAULT, operation=["Backup"], group_by_vm=True)["vms"]
    assert [(vm["vm_name"], vm["attempts"], vm["failures"], vm["recovered"]) for vm in machines] == [
        ("deaf", 1, 1, False),
        ("web-02", 1, 0, False),
    ]
    assert machines[0]["last_error"] == "UserErrorGuestAgentStatusUnavailable"
    assert machines[0]["first_failed"].startswith("2026-01-05T10:00:") and machines[1]["first_failed"] is None
    assert "vms" not in history.good(MODULE, VAULT)


def test_the_longest_jobs_come_first(history: Bench) -> None:
    longest = history.good(MODULE, VAULT)["summary"]["longest"]
    assert [job["duration"] for job in longest] == sorted((job["duration"] for job in longest), reverse=True)
    assert len(longest) == 4 and longest[0]["operation"] == "Backup"


def test_a_failed_job_fails_the_task_when_asked(history: Bench) -> None:
    result = history.run(MODULE, VAULT, fail_on_failed_jobs=True)
    assert result.failed
    assert result["error"]["code"] == "UserErrorGuestAgentStatusUnavailable"
    assert "deaf" in result["msg"]
    assert result["error"]["recommendations"]
    assert len(result["jobs"]) == 4
    history.good(MODULE, VAULT, operation=["ConfigureBackup"], fail_on_failed_jobs=True)


@pytest.mark.parametrize("by_id", [True, False])
def test_details_bring_tasks_and_properties(history: Bench, by_id: bool) -> None:
    ids = [job["job_id"] for job in history.good(MODULE, VAULT, operation=["Backup"])["jobs"]]
    options = {"job_id": ids} if by_id else {"operation": ["Backup"]}
    jobs = history.good(MODULE, {**VAULT, **options}, details=True)["jobs"]
    done = next(job for job in jobs if job["vm_name"] == "web-02")
    assert [task["name"] for task in done["tasks"]] == ["Take Snapshot", "Transfer data to vault"]
    assert done["properties"]["VM Name"] == "web-02"
    assert done["properties"]["Backup Size"].endswith(" MB")
    assert "tasks" not in history.good(MODULE, {**VAULT, **options})["jobs"][0]


def test_jobs_are_found_by_id_whenever_they_ran(history: Bench) -> None:
    ids = [job["job_id"] for job in history.good(MODULE, VAULT)["jobs"]]
    history.time.sleep(40 * 86400)
    assert history.good(MODULE, VAULT)["jobs"] == []
    found = history.good(MODULE, VAULT, job_ids=ids)
    assert [job["job_id"] for job in found["jobs"]] == ids
    assert found["jobs_not_found"] == []
    narrowed = history.good(MODULE, VAULT, job_id=ids, status=["Failed"])
    assert ran(narrowed) == [("Backup", "deaf")]


def test_an_id_without_a_job_is_named_and_warned_of(history: Bench) -> None:
    known = history.good(MODULE, VAULT)["jobs"][0]["job_id"]
    result = history.good(MODULE, VAULT, job_id=[NOBODY, known.upper()])
    assert result["jobs_not_found"] == [NOBODY]
    assert [job["job_id"] for job in result["jobs"]] == [known]
    assert NOBODY in str(result["warnings"])


def test_waiting_ends_with_the_jobs(azure: Bench) -> None:
    azure.good("vm_backup_protect", VAULT, vms=["rg-web/web-02", "rg-web/web-03"], wait=False)
    running = azure.good(MODULE, VAULT)
    assert running["summary"]["by_status"] == {"InProgress": 2}
    assert all(job["end_time"] is None for job in running["jobs"])
    waited = azure.good(MODULE, VAULT, status=["InProgress"], wait=True, fail_on_failed_jobs=True)
    assert waited["summary"]["by_status"] == {"Completed": 2}
    assert all(job["end_time"] for job in waited["jobs"])


def test_waiting_for_many_jobs_reads_the_list(azure: Bench) -> None:
    vms = [f"rg-web/{name}" for name in ("web-01", "web-02", "web-03", "deaf", "spare")]
    ids = [vm["job_id"] for vm in azure.good("vm_backup_protect", VAULT, vms=vms, wait=False)["vms"]]
    waited = azure.good(MODULE, VAULT, operation=["ConfigureBackup"], wait=True)
    assert sorted(job["job_id"] for job in waited["jobs"]) == sorted(ids)
    assert {job["status"] for job in waited["jobs"]} == {"Completed"}
    assert not [line for line in azure.requests if "/backupJobs/" in line]


def test_the_end_of_the_wait_tells_what_still_runs_and_returns_it(azure: Bench) -> None:
    started = azure.good("vm_backup_protect", VAULT, vms=["rg-web/web-02"], wait=False)
    result = azure.run(MODULE, VAULT, wait=True, wait_timeout=0)
    assert result.failed
    assert result["error"]["code"] == "WaitTimeout" and result["error"]["retryable"]
    assert started["vms"][0]["job_id"] in result["msg"]
    assert result["jobs"][0]["status"] == "InProgress"


@pytest.mark.parametrize(
    "options",
    [
        {"job_id": ["not-a-guid"]},
        {"from": "last week"},
        {"to": "2026-13-01"},
        {"from": "2026-01-06", "to": "2026-01-05"},
        {"last_hours": 0},
        {"last_hours": 1, "from": "2026-01-05"},
        {"status": ["Broken"]},
        {"operation": ["Coffee"]},
        {"vms": []},
        {"vms": ["rg-web/"]},
    ],
)
def test_what_is_not_allowed_is_found_before_any_request(azure: Bench, options: dict[str, t.Any]) -> None:
    result = azure.run(MODULE, {**VAULT, **options})
    assert result.failed and not azure.requests
    assert any(option in result["msg"] for option in options)


def test_more_jobs_than_a_page_holds_are_all_there() -> None:
    with bench("fleet:230") as azure:
        vault = {"resource_group": "rg-fleet-0001", "vault_name": "vault-fleet"}
        azure.good("vm_backup_vault", vault, location="westeurope")
        azure.good("vm_backup_protect", vault, select={}, wait=False)
        result = azure.good(MODULE, vault)
        assert result["summary"]["total"] == len({job["job_id"] for job in result["jobs"]}) == 230
        assert len([line for line in azure.requests if line.endswith("/backupJobs")]) == 2


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"policy": []}, "policy: the list is empty"),
        ({"policy": ["nowhere"]}, "policy: 'nowhere' is not a policy of vault vault-empty"),
        ({"policy": ["HourlyLogBackup"]}, "not for virtual machines"),
        ({"policy": ["no/policy/of/this/vault"]}, "the name of a policy of vault vault-empty"),
        ({"error_code": []}, "error_code: the list is empty"),
        ({"longer_than": "long"}, "longer_than: 'long'"),
    ],
)
def test_filters_that_can_t_be_right_are_refused(azure: Bench, options: dict[str, t.Any], told: str) -> None:
    result = azure.run(MODULE, {**VAULT, **options})
    assert result.failed and told in result["msg"]


def test_a_limit_returns_the_newest_and_counts_all(history: Bench) -> None:
    every = history.good(MODULE, VAULT)
    for limit in (0, 1, 3, 9):
        some = history.good(MODULE, VAULT, limit=limit)
        assert some["jobs"] == every["jobs"][:limit]
        assert some["summary"] == every["summary"]
    failed = history.run(MODULE, VAULT, limit=0, fail_on_failed_jobs=True)
    assert failed.failed and failed["jobs"] == [] and "deaf" in failed["msg"]
    grouped = history.good(MODULE, VAULT, limit=0, group_by_vm=True, wait=True)
    assert sum(vm["attempts"] for vm in grouped["vms"]) == 4


def test_a_limit_below_nothing_is_refused(azure: Bench) -> None:
    check_failure(azure.run(MODULE, VAULT, limit=-1), "limit: -1", "0 or more", code="InvalidInput")
    assert not azure.requests
