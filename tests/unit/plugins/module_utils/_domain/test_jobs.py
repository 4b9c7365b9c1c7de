# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime as dt
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import job_models, jobs, troubleshooting
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.selection import Reference
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies

UTC = dt.timezone.utc
JOB_ID = "8e5d3bd4-0d3a-4b3e-9b1a-0f2f3b1f3a11"
START = dt.datetime(2025, 1, 5, 2, 52, 9, tzinfo=UTC)
END = dt.datetime(2025, 1, 12, 14, 0, 0, tzinfo=UTC)
MACHINES = "backupManagementType eq 'AzureIaasVM'"
ERROR = {
    "errorCode": 400249,
    "errorTitle": "UserErrorBackupOperationInProgress",
    "errorString": "Unable to initiate backup.\r\nAnother one is in progress.",
    "recommendations": ["Wait for it."],
}


def job(name: str = "Web-01", **properties: t.Any) -> job_models.Job:
    return job_models.Job.from_wire(bodies.job(JOB_ID, name, **properties))


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (jobs.JobFilter(), MACHINES),
        (jobs.JobFilter(operation="Backup"), f"{MACHINES} and operation eq 'Backup'"),
        (
            jobs.JobFilter("Backup", "InProgress", START, END, JOB_ID),
            f"{MACHINES} and operation eq 'Backup' and status eq 'InProgress' and startTime eq '2025-01-05 02:52:09 AM'"
            f" and endTime eq '2025-01-12 02:00:00 PM' and jobId eq '{JOB_ID}'",
        ),
        (
            jobs.JobFilter(start=START),
            f"{MACHINES} and startTime eq '2025-01-05 02:52:09 AM' and endTime eq '2025-02-04 02:52:09 AM'",
        ),
        (
            jobs.JobFilter(end=END),
            f"{MACHINES} and startTime eq '2024-12-13 02:00:00 PM' and endTime eq '2025-01-12 02:00:00 PM'",
        ),
        (
            jobs.JobFilter(start=START.astimezone(dt.timezone(dt.timedelta(hours=8))), end=END),
            f"{MACHINES} and startTime eq '2025-01-05 02:52:09 AM' and endTime eq '2025-01-12 02:00:00 PM'",
        ),
        (jobs.JobFilter(status="O'Hara"), f"{MACHINES} and status eq 'O''Hara'"),
    ],
)
def test_filters_as_the_service_reads_them(wanted: jobs.JobFilter, text: str) -> None:
    assert wanted.to_odata() == text


@given(st.text(max_size=20))
def test_no_value_can_add_a_clause(value: str) -> None:
    text = jobs.JobFilter(operation=value).to_odata()
    quoted = text.removeprefix(f"{MACHINES} and operation eq '").removesuffix("'")
    assert quoted.replace("''", "'") == value
    assert quoted.count("'") % 2 == 0


def test_a_failure_is_in_the_services_words_on_one_line() -> None:
    error = jobs.job_failure(job(status="Failed", errorDetails=[ERROR, {**ERROR, "recommendations": ["Then again."]}]))
    assert error.message == (
        f"Job {JOB_ID} (Backup of Web-01) ended as Failed: Unable to initiate backup. Another one is in progress."
    )
    assert error.code == "UserErrorBackupOperationInProgress"
    assert error.recommendations[:2] == ("Wait for it.", "Then again.")
    (topic,) = error.recommendations[2:]
    assert topic.startswith('See "UserErrorBackupOperationInProgress - Unable to initiate backup')
    assert error.operation == "Backup"
    assert (error.resource_id or "").endswith(JOB_ID)


def test_a_failure_holds_nothing_that_a_terminal_obeys() -> None:
    hostile = {
        "errorCode": 1,
        "errorTitle": "T\x1b",
        "errorString": "bad \x9b31m \u202egnp",
        "recommendations": ["Do \u2067it."],
    }
    failed = job(status="Failed", errorDetails=[hostile])
    assert jobs.job_failure(failed).message.endswith(": bad \ufffd31m \ufffdgnp")
    assert jobs.job_failure(failed).recommendations[0] == "Do \ufffdit."
    shown = jobs.job_result(failed)["error"]
    assert (shown["code"], shown["message"]) == ("T\ufffd", "bad \ufffd31m \ufffdgnp")
    assert shown["recommendations"] == ["Do \ufffdit."]


@pytest.mark.parametrize(
    ("details", "code", "reason"),
    [
        ([], "Cancelled", "the service gave no reason"),
        ([{"errorTitle": "UserErrorX"}], "UserErrorX", "UserErrorX"),
        ([{"errorCode": 7, "errorString": "Seven."}], "7", "Seven."),
        ([{"errorString": "Only words."}], "OperationFailed", "Only words."),
    ],
)
def test_a_failure_of_which_little_is_told(details: list[t.Any], code: str, reason: str) -> None:
    error = jobs.job_failure(job(status="Cancelled", errorDetails=details))
    assert error.code == code
    assert error.message.endswith(f"ended as Cancelled: {reason}")


@pytest.mark.parametrize(
    ("properties", "machine"),
    [
        ({}, ("rg-web", "Web-01")),
        ({"containerName": "IaasVMContainer;iaasvmcontainerv2;RG;web-01"}, ("RG", "Web-01")),
        ({"containerName": "iaasvmcontainer;svc;old", "entityFriendlyName": "Old"}, ("svc", "Old")),
        ({"containerName": "iaasvmcontainerv2;rg;web-01", "entityFriendlyName": "something else"}, ("rg", "web-01")),
        ({"containerName": ""}, ("", "Web-01")),
    ],
)
def test_which_machine_a_job_is_about(properties: dict[str, str], machine: tuple[str, str]) -> None:
    assert jobs.job_machine(job(**properties)) == machine


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("web-01", True),
        ("WEB-01", True),
        ("rg-web/web-01", True),
        ("RG-WEB/Web-01", True),
        (bodies.vm_id("web-01"), True),
        ("rg-db/web-01", False),
        ("web-02", False),
        (bodies.vm_id("web-01", "rg-db"), False),
    ],
)
def test_which_references_a_job_is_about(text: str, about: bool) -> None:
    assert jobs.about(job(), Reference.parse(text)) is about


@pytest.mark.parametrize(
    ("tasks", "taken"),
    [
        ([], False),
        ([{"taskId": "Take Snapshot", "status": "InProgress"}], False),
        ([{"taskId": "Take Snapshot", "status": "Completed"}], True),
        ([{"taskId": "take snapshot", "status": "Completed"}, {"taskId": "Transfer data to vault"}], True),
        ([{"taskId": "Transfer data to vault", "status": "Completed"}], False),
    ],
)
def test_when_a_snapshot_is_taken(tasks: list[t.Any], taken: bool) -> None:
    assert jobs.snapshot_taken(job(status="InProgress", extendedInfo={"tasksList": tasks})) is taken


def test_a_job_as_results_show_it() -> None:
    extended = {
        "tasksList": [{"taskId": "Take Snapshot", "duration": "PT1M", "status": "Completed"}],
        "propertyBag": {"Recovery point time ": "10/19/2017 7:11:28 AM"},
    }
    result = jobs.job_result(job(status="Failed", errorDetails=[ERROR], extendedInfo=extended), details=True)
    assert result == {
        "id": f"{bodies.VAULT}/backupJobs/{JOB_ID}",
        "job_id": JOB_ID,
        "operation": "Backup",
        "status": "Failed",
        "vm_name": "Web-01",
        "resource_group": "rg-web",
        "start_time": "2026-03-01T09:34:56Z",
        "end_time": "2026-03-01T10:10:19Z",
        "duration": 2122.497,
        "activity_id": "d1f0b8a2-1111-4111-8111-111111111111",
        "cancellable": False,
        "error": {
            "code": "UserErrorBackupOperationInProgress",
            "number": 400249,
            "message": "Unable to initiate backup. Another one is in progress.",
            "recommendations": ["Wait for it."],
            "topic": troubleshooting.topic(400249),
        },
        "tasks": [{"name": "Take Snapshot", "status": "Completed", "duration": 60.0}],
        "properties": {"Recovery point time": "10/19/2017 7:11:28 AM"},
    }


@given(st.data())
def test_every_job_has_the_same_keys(data: st.DataObject) -> None:
    full = bodies.job(JOB_ID, errorDetails=[ERROR], actionsInfo=[1], extendedInfo={"propertyBag": {"a": "b"}})
    left_out = data.draw(st.sets(st.sampled_from(sorted(full["properties"]))))
    less = {**full, "properties": {key: value for key, value in full["properties"].items() if key not in left_out}}
    for details in (False, True):
        keys = [list(jobs.job_result(job_models.Job.from_wire(body), details=details)) for body in (full, less)]
        assert keys[0] == keys[1]
