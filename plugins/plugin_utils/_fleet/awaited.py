# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why it is not known how backups ended that were to be waited for. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from ...module_utils._domain.job_models import RUNNING
from ...module_utils._errors import BackupError
from .groups import Result, failure


def unended(result: Result) -> dict[str, dict[str, t.Any]]:
    """Return by its id, for each job that a task waited for and did not see end, why."""
    if result.get("skipped"):
        return {}
    # The service may write an id in another letter case than before.
    seen = {job["job_id"].casefold(): job["status"] for job in result.get("jobs", ())}
    unread = {one["job_id"].casefold(): dict(one["error"]) for one in result.get("jobs_not_read", ())}
    missing = {job_id.casefold() for job_id in result.get("jobs_not_found", ())}
    early = failure(result, "jobs") or result.get("error")
    problems: dict[str, dict[str, t.Any]] = {}
    for job_id in result["item"]["job_ids"]:
        key = job_id.casefold()
        if key in unread:
            problems[job_id] = unread[key]
        elif key not in seen and (key in missing or not early):
            problems[job_id] = _not_followed(result, "does not show its job", "job_id")
        elif early and seen.get(key, RUNNING[0]) in RUNNING:
            problems[job_id] = dict(early)
    return problems


def unknown(result: Result) -> dict[str, dict[str, t.Any]]:
    """Return by the id of its machine, for each backup that could not be waited for as its job is not known, why."""
    if result.get("skipped"):
        return {}
    return {
        machine["id"]: {
            **_not_followed(result, "has not told which job it is", "activity_id: the request_id of this error"),
            "request_id": machine["request_id"],
        }
        for machine in result["item"].get("unknown_jobs", ())
    }


def _not_followed(result: Result, why: str, key: str) -> dict[str, t.Any]:
    """Return the error in the same words for all machines of a vault, as those are told together."""
    vault = result["item"]["vault_name"]
    return BackupError(
        f"Its backup was started, but how it ends is not known: vault {vault} {why}.",
        code="JobNotFollowed",
        operation="wait for jobs",
        recommendations=[f"It goes on in Azure. Look for it later with vm_backup_job_info, by its {key}."],
    ).as_result()
