# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import job_groups
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.job_models import Job


def job(number: int, status: str, *, vm: str = "web-01", group: str = "rg", operation: str = "Backup") -> Job:
    properties: dict[str, t.Any] = {
        "status": status,
        "operation": operation,
        "entityFriendlyName": vm,
        "containerName": f"iaasvmcontainerv2;{group};{vm}",
        "startTime": f"2026-01-{number:02}T00:00:00Z",
        "duration": f"PT{number}M",
    }
    if status == "Failed":
        properties["errorDetails"] = [{"errorCode": number, "errorTitle": f"Error{number}", "errorString": "No."}]
    return Job.from_wire({"id": f"/jobs/{number}", "name": str(number), "properties": properties})


@pytest.mark.parametrize(
    ("statuses", "attempts", "failures", "recovered", "last"),
    [
        (["Completed"], 1, 0, False, "Completed"),
        (["Failed"], 1, 1, False, "Failed"),
        (["Failed", "Failed", "Completed"], 3, 2, True, "Completed"),
        (["Failed", "Completed", "Failed"], 3, 2, False, "Failed"),
        (["Failed", "CompletedWithWarnings", "InProgress"], 3, 1, True, "InProgress"),
        (["Failed", "Cancelled"], 2, 1, False, "Cancelled"),
    ],
)
def test_retries_are_told_in_whatever_order_the_jobs_come(
    statuses: list[str], attempts: int, failures: int, recovered: bool, last: str
) -> None:
    jobs = [job(number, status) for number, status in enumerate(statuses, start=1)]
    for order in itertools.permutations(jobs):
        (vm,) = job_groups.by_machine(order)
        assert (vm["attempts"], vm["failures"], vm["recovered"], vm["last_status"]) == (
            attempts,
            failures,
            recovered,
            last,
        )
        assert vm["last_job_id"] == str(len(statuses))


def test_namesakes_and_operations_are_told_apart() -> None:
    jobs = [job(1, "Failed"), job(2, "Completed", group="rg-b"), job(3, "Completed", operation="Restore")]
    found = job_groups.by_machine(jobs)
    assert [(vm["resource_group"], vm["operation"], vm["recovered"]) for vm in found] == [
        ("rg", "Backup", False),
        ("rg", "Restore", False),
        ("rg-b", "Backup", False),
    ]


def summed_up(jobs: t.Sequence[Job]) -> dict[str, t.Any]:
    counted = job_groups.Summary()
    for one in jobs:
        counted.add(one)
    return counted.as_result()


def test_the_summary_names_the_five_longest() -> None:
    summary = summed_up([job(number, "Completed") for number in range(1, 9)])
    assert summary["total"] == 8 and summary["by_status"] == {"Completed": 8}
    assert [entry["duration"] for entry in summary["longest"]] == [480, 420, 360, 300, 240]
    assert summed_up([])["longest"] == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"error_code": []}, "error_code: the list is empty"),
        ({"error_code": [" "]}, "error_code: the list is empty"),
        ({"longer_than": "soon"}, "longer_than: 'soon'"),
        ({"longer_than": "4"}, "longer_than: '4'"),
        ({"longer_than": "-4h"}, "longer_than: '-4h'"),
    ],
)
def test_bad_filters_are_refused(options: dict[str, t.Any], told: str) -> None:
    with pytest.raises(_errors.InvalidInput, match=told):
        job_groups.Wanted.parse({"error_code": None, "longer_than": None, **options})
