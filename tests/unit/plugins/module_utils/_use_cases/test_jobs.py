# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.ids import VmId
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.job_models import Job
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases import job_reading
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.jobs import job_info, window
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.outcome import Outcome
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies
from ansible_collections.cloudkeep.azure_backup.tests.support.fake_azure import NOW, FakeAzure, Work
from ansible_collections.cloudkeep.azure_backup.tests.support.fake_backup import FakeBackup

MONTH = dt.timedelta(days=30)
NO_WINDOW: dict[str, t.Any] = {"last_hours": None, "from": None, "to": None, "job_id": None}
FAILED = {"errorTitle": "UserErrorX", "errorString": "No way.", "recommendations": ["Do."]}


def guid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def run(azure: FakeAzure, **options: t.Any) -> Outcome:
    defaults: dict[str, t.Any] = {
        "resource_group": "rg-backup",
        "vault_name": "vault-one",
        "vms": None,
        "status": None,
        "operation": None,
        "details": False,
        "limit": None,
        "fail_on_failed_jobs": False,
        "wait": False,
        "wait_timeout": 14400,
        "poll_interval": 15,
        "policy": None,
        "error_code": None,
        "longer_than": None,
        "group_by_vm": False,
        **NO_WINDOW,
    }
    azure.check_mode = True  # it never writes
    return job_info(t.cast(t.Any, azure), {**defaults, **options})


def numbers(outcome: Outcome) -> list[int]:
    return [int(job["job_id"][-12:]) for job in outcome.result["jobs"]]


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.timezone.utc)


@pytest.mark.parametrize(
    ("options", "start", "end"),
    [
        ({}, NOW - dt.timedelta(hours=24), NOW + MONTH),
        ({"status": ["InProgress", "Cancelling"]}, NOW - MONTH, NOW + MONTH),
        ({"status": ["InProgress", "Failed"]}, NOW - dt.timedelta(hours=24), NOW + MONTH),
        ({"status": ["InProgress"], "last_hours": 1}, NOW - dt.timedelta(hours=1), NOW + MONTH),
        ({"last_hours": 1}, NOW - dt.timedelta(hours=1), NOW + MONTH),
        ({"last_hours": 87840}, NOW - dt.timedelta(hours=87840), NOW + MONTH),
        ({"from": "2026-03-01"}, at("2026-03-01"), NOW + MONTH),
        ({"from": "2027-03-01"}, at("2027-03-01"), at("2027-03-31")),
        ({"to": "2026-03-01"}, None, at("2026-03-01")),
        ({"from": "2026-03-01", "to": "2026-03-01T08:30:00+08:00"}, at("2026-03-01"), at("2026-03-01T00:30")),
        ({"job_id": []}, None, None),
        ({"job_id": [guid(1)]}, None, None),
        ({"job_id": [guid(1)], "last_hours": 2}, NOW - dt.timedelta(hours=2), NOW + MONTH),
    ],
)
def test_the_time_that_is_asked_about(
    options: dict[str, t.Any], start: dt.datetime | None, end: dt.datetime | None
) -> None:
    assert window({**NO_WINDOW, **options}, NOW) == (start, end)


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"last_hours": 0}, "last_hours"),
        ({"last_hours": -5}, "last_hours"),
        ({"last_hours": 87841}, "last_hours"),
        ({"last_hours": 10**12}, "last_hours"),
        ({"from": "yesterday"}, "from"),
        ({"from": ""}, "from"),
        ({"to": "2026-02-30"}, "to"),
        ({"from": "2026-03-01", "to": "2026-03-01"}, "from"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "from"),
        ({"to": "0001-01-01"}, "to"),
        ({"from": "9999-12-31T23:59:59-12:00"}, "from"),
        ({"job_id": ["not a guid"]}, "job_id"),
        ({"vms": []}, "vms"),
    ],
)
def test_bad_input_is_found_before_any_request(azure: FakeAzure, options: dict[str, t.Any], option: str) -> None:
    with pytest.raises(_errors.InvalidInput, match=f"^{option}: "):
        run(azure, **options)
    assert not azure.calls


@pytest.fixture
def busy(azure: FakeAzure) -> FakeAzure:
    """A vault with four jobs that have ended, newest first."""
    azure.vault.jobs = [
        bodies.job(guid(4), "web-02", startTime="2026-03-02T11:00:00Z", operation="Restore"),
        bodies.job(guid(3), "Web-01", startTime="2026-03-02T10:00:00Z", status="Failed", errorDetails=[FAILED]),
        bodies.job(guid(2), "web-01", "rg-db", startTime="2026-03-02T09:00:00Z", status="CompletedWithWarnings"),
        bodies.job(guid(1), "web-01", startTime="2026-02-20T09:00:00Z"),
    ]
    return azure


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [4, 3, 2]),
        ({"last_hours": 1}, [4]),
        ({"from": "2026-02-01"}, [4, 3, 2, 1]),
        ({"from": "2026-02-20T09:00:00Z", "to": "2026-03-02T09:00:00Z"}, [2, 1]),
        ({"status": ["Failed"]}, [3]),
        ({"status": ["Failed", "CompletedWithWarnings"]}, [3, 2]),
        ({"operation": ["Backup"]}, [3, 2]),
        ({"operation": ["Backup", "Restore"], "status": ["Completed"]}, [4]),
        ({"vms": ["WEB-01"]}, [3, 2]),
        ({"vms": ["rg-db/web-01\nweb-02"]}, [4, 2]),
        ({"vms": [bodies.vm_id("web-01")]}, [3]),
        ({"vms": ["nobody"]}, []),
        ({"job_id": [guid(1), guid(3)]}, [1, 3]),
        ({"job_id": [guid(1), guid(3)], "status": ["Failed"]}, [3]),
        ({"job_id": [guid(1), guid(3)], "last_hours": 24}, [3]),
        ({"job_id": [guid(1), guid(1).upper()]}, [1]),
        ({"job_id": []}, []),
    ],
)
def test_which_jobs_are_listed(busy: FakeAzure, options: dict[str, t.Any], expected: list[int]) -> None:
    outcome = run(busy, **options)
    assert numbers(outcome) == expected
    assert outcome.failure is None
    assert not outcome.changed
    assert outcome.result["summary"]["total"] == len(expected)
    assert sum(outcome.result["summary"]["by_status"].values()) == len(expected)


def test_the_service_is_asked_for_what_it_can_sort_out(busy: FakeAzure) -> None:
    run(busy, status=["Failed"], operation=["Backup"], last_hours=1)
    assert busy.called("list jobs") == [
        "backupManagementType eq 'AzureIaasVM' and operation eq 'Backup' and status eq 'Failed'"
        " and startTime eq '2026-03-02 11:00:00 AM' and endTime eq '2026-04-01 12:00:00 PM'"
    ]
    assert not busy.called("read job")


def test_a_job_of_a_service_whose_clock_is_ahead_is_listed(busy: FakeAzure) -> None:
    busy.vault.jobs.insert(0, bodies.job(guid(5), startTime="2026-03-02T12:10:00Z"))
    assert numbers(run(busy, last_hours=1)) == [5, 4]


def test_a_job_that_is_not_there_is_told(busy: FakeAzure) -> None:
    outcome = run(busy, job_id=[guid(1), guid(9)])
    assert numbers(outcome) == [1]
    assert outcome.result["jobs_not_found"] == [guid(9)]
    assert guid(9) in outcome.warnings[0]
    assert outcome.failure is None


def test_a_failed_job_is_data_unless_it_shall_not_be(busy: FakeAzure) -> None:
    assert run(busy).failure is None
    failure = run(busy, fail_on_failed_jobs=True).failure
    assert failure is not None
    assert failure.code == "UserErrorX"
    assert "No way." in failure.message
    assert failure.recommendations == ("Do.",)
    assert run(busy, fail_on_failed_jobs=True, status=["Completed"]).failure is None


def test_details_are_read_job_by_job(busy: FakeAzure) -> None:
    tasks = {"tasksList": [{"taskId": "Take Snapshot", "duration": "PT1M", "status": "Completed"}]}
    for body in busy.vault.jobs:
        busy.vault.details[body["name"]] = {**body, "properties": {**body["properties"], "extendedInfo": tasks}}
    outcome = run(busy, details=True)
    assert numbers(outcome) == [4, 3, 2]
    assert all(job["tasks"][0]["name"] == "Take Snapshot" for job in outcome.result["jobs"])
    assert sorted(busy.called("read job")) == [guid(2), guid(3), guid(4)]


def let_run(azure: FakeAzure, *lasts: float) -> None:
    """Have jobs run in the vault, each for so many seconds from now; the first is job 0."""
    for number, seconds in enumerate(lasts):
        azure.vault.work.append(
            Work(
                id=guid(number),
                operation="Backup",
                machine=VmId(bodies.SUBSCRIPTION, "rg-web", f"web-{number:02}"),
                activity_id=guid(number),
                starts=0,
                shown=0,
                ends=seconds,
                errors=[],
                snapshot=seconds,
            )
        )


@pytest.mark.parametrize("count", [2, 9])
@pytest.mark.parametrize("details", [False, True])
@pytest.mark.parametrize("by_id", [False, True])
def test_waiting_until_all_have_ended(azure: FakeAzure, count: int, details: bool, by_id: bool) -> None:
    let_run(azure, *[100.0 * number for number in range(count)])
    asked = {"job_id": [guid(number) for number in range(count)]} if by_id else {}
    outcome = run(azure, wait=True, details=details, **asked)
    assert outcome.failure is None
    assert numbers(outcome) == list(range(count))
    assert outcome.result["summary"]["by_status"] == {"Completed": count}
    assert 100 * (count - 1) <= azure.clock.seconds < 100 * (count - 1) + 20
    if details:
        assert all(job["tasks"] for job in outcome.result["jobs"])


def test_many_running_jobs_are_awaited_by_their_list(azure: FakeAzure) -> None:
    let_run(azure, *[50.0] * 30)
    run(azure, wait=True)
    assert not azure.called("read job")
    assert len(azure.called("list jobs")) < 12


def test_waiting_for_jobs_in_a_status_keeps_them_when_they_leave_it(azure: FakeAzure) -> None:
    let_run(azure, 50.0, 0.0)
    outcome = run(azure, wait=True, status=["InProgress"])
    assert [(job["job_id"], job["status"]) for job in outcome.result["jobs"]] == [(guid(0), "Completed")]


@pytest.mark.parametrize("seconds", [0, 60])
def test_at_the_deadline_the_running_jobs_are_told(azure: FakeAzure, seconds: int) -> None:
    let_run(azure, 0.0, 1000.0)
    outcome = run(azure, wait=True, wait_timeout=seconds)
    assert isinstance(outcome.failure, _errors.WaitTimeout)
    assert "1 of 2" in outcome.failure.message
    assert guid(1) in outcome.failure.message
    assert numbers(outcome) == [0, 1]
    assert azure.clock.seconds == seconds


def show_after(azure: FakeAzure, *delays: float) -> None:
    """Have the jobs that run be shown, in the list and by their ids, only after so many seconds each."""
    for work, seconds in zip(azure.vault.work, delays, strict=True):
        work.shown = work.readable = seconds


@pytest.mark.parametrize("count", [2, 9])
def test_a_job_that_is_not_shown_yet_is_looked_for_again(azure: FakeAzure, count: int) -> None:
    let_run(azure, *[600.0] * count)
    show_after(azure, 0.0, *[100.0 + number for number in range(count - 1)])
    outcome = run(azure, wait=True, job_id=[guid(number) for number in range(count)], fail_on_failed_jobs=True)
    assert outcome.failure is None and not outcome.warnings
    assert numbers(outcome) == list(range(count))
    assert outcome.result["summary"]["by_status"] == {"Completed": count}
    assert outcome.result["jobs_not_found"] == []


def test_without_waiting_an_id_is_looked_for_once(azure: FakeAzure) -> None:
    assert run(azure, job_id=[guid(9)]).result["jobs_not_found"] == [guid(9)]
    assert azure.clock.seconds == 0 and azure.called("read job") == [guid(9)]


@pytest.mark.parametrize("wait_timeout", [60, 14400])
def test_an_id_that_is_wrong_does_not_cost_the_whole_wait(azure: FakeAzure, wait_timeout: int) -> None:
    let_run(azure, 55.0)
    outcome = run(azure, wait=True, wait_timeout=wait_timeout, job_id=[guid(0), guid(9)])
    assert azure.clock.seconds == min(wait_timeout, job_reading.LATE_PATIENCE)
    assert outcome.failure is None and guid(9) in outcome.warnings[0]
    assert outcome.result["jobs_not_found"] == [guid(9)]
    assert outcome.result["summary"]["by_status"] == {"Completed": 1}


def test_an_id_without_a_job_is_a_failure_where_failed_jobs_are(azure: FakeAzure) -> None:
    let_run(azure, 30.0)
    outcome = run(azure, wait=True, job_id=[guid(0), guid(9)], fail_on_failed_jobs=True)
    assert outcome.failure is not None and outcome.failure.code == "JobNotFound"
    assert guid(9) in outcome.failure.message
    assert outcome.result["summary"]["by_status"] == {"Completed": 1}


def test_many_ids_that_are_not_shown_are_asked_for_one_by_one_at_the_start_and_at_the_end(azure: FakeAzure) -> None:
    let_run(azure, *[30.0] * 50)
    show_after(azure, *[float("inf")] * 50)
    outcome = run(azure, wait=True, job_id=[guid(number) for number in range(50)])
    assert len(outcome.result["jobs_not_found"]) == 50
    assert len(azure.called("read job")) == 2 * 50
    assert len(azure.called("list jobs")) < 40


def test_the_list_is_read_no_further_than_the_ids_would_cost(busy: FakeAzure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_reading, "_PAGE", 0)
    assert numbers(run(busy, job_id=[guid(1), guid(2), guid(3), guid(4), guid(8)])) == [1, 2, 3, 4]
    assert len(busy.called("read job")) == 5


def refuse(azure: FakeAzure, job_id: str, monkeypatch: pytest.MonkeyPatch, *, since: float = 0) -> None:
    """Have one job be refused for good."""
    original = FakeBackup.job

    def job(backup: FakeBackup, asked: str) -> Job | None:
        if asked == job_id and azure.clock.seconds >= since:
            raise _errors.ServiceError("Not this one.", code="Refused", http_status=403)
        return original(backup, asked)

    monkeypatch.setattr(FakeBackup, "job", job)


@pytest.mark.parametrize("since", [0, 40])
@pytest.mark.parametrize("count", [2, 9])
def test_one_job_that_can_t_be_read_does_not_lose_the_others(
    azure: FakeAzure, monkeypatch: pytest.MonkeyPatch, since: float, count: int
) -> None:
    let_run(azure, *[100.0] * count)
    azure.vault.work[1].shown = float("inf")
    refuse(azure, guid(1), monkeypatch, since=since)
    outcome = run(azure, wait=True, job_id=[guid(number) for number in range(count)])
    assert outcome.failure is not None and outcome.failure.code == "Refused"
    assert "Not this one." in outcome.failure.message
    assert outcome.result["summary"]["by_status"]["Completed"] == count - 1
    assert outcome.result["jobs_not_found"] == []


def test_each_job_that_can_t_be_read_has_its_error(azure: FakeAzure, monkeypatch: pytest.MonkeyPatch) -> None:
    let_run(azure, *[0.0] * 3)
    refuse(azure, guid(1), monkeypatch)
    outcome = run(azure, job_id=[guid(number) for number in range(3)])
    (unread,) = outcome.result["jobs_not_read"]
    assert unread["job_id"] == guid(1) and unread["error"]["code"] == "Refused"
    assert numbers(outcome) == [0, 2]
    assert outcome.failure is not None and outcome.failure.message == "1 job could not be read. Not this one."


def test_a_job_that_is_not_to_be_read_for_a_moment_is_waited_for(azure: FakeAzure) -> None:
    let_run(azure, *[100.0] * 3)
    azure.faults["read job"] = [_errors.ConnectionFailed("Broken.", retryable=True)]
    outcome = run(azure, wait=True, job_id=[guid(number) for number in range(3)])
    assert outcome.failure is None and outcome.result["summary"]["by_status"] == {"Completed": 3}


def test_details_that_can_t_be_read_do_not_lose_the_jobs(busy: FakeAzure, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(busy, guid(3), monkeypatch)
    outcome = run(busy, details=True)
    assert numbers(outcome) == [4, 3, 2]
    assert outcome.failure is not None and outcome.failure.code == "Refused"


def test_no_job_is_awaited_when_none_is_named(azure: FakeAzure) -> None:
    let_run(azure, 1000.0)
    outcome = run(azure, job_id=[], wait=True, fail_on_failed_jobs=True)
    assert outcome.result["jobs"] == []
    assert azure.clock.seconds == 0


def test_a_missing_vault_is_an_error(azure: FakeAzure) -> None:
    with pytest.raises(_errors.NotFound):
        run(azure, vault_name="vault-nine")
