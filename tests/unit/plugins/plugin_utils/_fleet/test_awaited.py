# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._fleet import awaited

LATE = {"code": "WaitTimeout", "message": "Still running."}
REFUSED = {"code": "Refused", "message": "Not this one."}


def waited(*job_ids: str, **more: t.Any) -> dict[str, t.Any]:
    return {"item": {"vault_name": "v", "job_ids": list(job_ids), "unknown_jobs": []}, **more}


def job(job_id: str, status: str) -> dict[str, str]:
    return {"job_id": job_id, "status": status}


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (waited("a", jobs=[job("a", "Completed")]), {}),
        (waited("a", jobs=[job("A", "Failed")]), {}),
        (waited("a", jobs=[job("a", "InProgress")]), {}),
        (waited("a", jobs=[]), {"a": "JobNotFollowed"}),
        (waited("A", jobs=[], jobs_not_found=["a"]), {"A": "JobNotFollowed"}),
        (waited("a", "b", jobs=[job("b", "Completed")], jobs_not_found=["a"]), {"a": "JobNotFollowed"}),
        (waited("a", "b", jobs=[job("b", "InProgress")], jobs_not_found=["a"], error=LATE),
         {"a": "JobNotFollowed", "b": "WaitTimeout"}),
        (waited("a", "b", jobs=[job("b", "Completed")], error=LATE), {"a": "WaitTimeout"}),
        (waited("a", "b", jobs=[job("b", "Completed")], jobs_not_read=[{"job_id": "A", "error": REFUSED}], error=LATE),
         {"a": "Refused"}),
        (waited("a", msg="No.", error=REFUSED), {"a": "Refused"}),
        (waited("a", msg="No."), {"a": "ModuleFailed"}),
        ({"item": {}, "skipped": True}, {}),
    ],
)  # fmt: skip
def test_each_job_whose_end_is_not_known_has_its_reason(result: dict[str, t.Any], expected: dict[str, str]) -> None:
    assert {job_id: error["code"] for job_id, error in awaited.unended(result).items()} == expected


def test_a_backup_without_a_known_job_is_told_with_its_request() -> None:
    result = waited(jobs=[])
    result["item"]["unknown_jobs"] = [{"id": "vm-a", "request_id": "r"}]
    error = awaited.unknown(result)["vm-a"]
    assert (error["code"], error["request_id"]) == ("JobNotFollowed", "r")
    assert "was started" in error["message"] and "vault v" in error["message"]
    assert "activity_id" in error["recommendations"][0]
    assert awaited.unknown({**result, "skipped": True}) == {}
