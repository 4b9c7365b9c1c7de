# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which jobs to ask a vault for, which machine a job is about, and what a failed job says.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from .._errors import OperationFailed
from . import ids, times, troubleshooting
from .job_models import Job, JobError
from .selection import Reference

WINDOW = dt.timedelta(days=30)
"""How far apart the bounds of a search are when only one is known."""

JobKey = tuple[str, str, str]
"""How a job tells its machine: the vault's key, and the machine's resource group and name in lower case. It names the
vault's container, but not the machine's subscription."""


@dataclasses.dataclass(frozen=True)
class JobFilter:
    """A choice among the jobs of a vault; what is None is not asked for.

    ``start`` and ``end`` bound the time at which a job started. The service takes one value for each of the others.
    With one bound only, the other is 30 days away from it.
    """

    operation: str | None = None
    status: str | None = None
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    job_id: str | None = None

    def to_odata(self) -> str:
        """Write the service's ``$filter``, which knows only ``eq`` and ``and``, for jobs of virtual machines."""
        # UNVERIFIED: a filter with one bound is assumed to be refused, as all known clients send both or none.
        start = self.start or (self.end - WINDOW if self.end else None)
        end = self.end or (self.start + WINDOW if self.start else None)
        clauses = {
            "backupManagementType": "AzureIaasVM",
            "operation": self.operation,
            "status": self.status,
            "startTime": times.to_filter(start) if start else None,
            "endTime": times.to_filter(end) if end else None,
            "jobId": self.job_id,
        }
        return " and ".join(f"{key} eq '{_quoted(value)}'" for key, value in clauses.items() if value is not None)


def _quoted(text: str) -> str:
    # OData doubles a quote inside a text, so that a value can never add a clause.
    return text.replace("'", "''")


def job_failure(job: Job) -> OperationFailed:
    """Turn a job that did not succeed into an error, in the service's own words and with its recommendations.

    They end with the topic of the documentation that explains the error, where there is one.
    """
    first = job.errors[0] if job.errors else None
    reason = first.message or first.title if first else "the service gave no reason"
    return OperationFailed(
        f"Job {job.name} ({job.operation} of {job.entity_friendly_name}) ended as {job.status}: {reason}",
        code=error_code(first) if first else job.status,
        operation=job.operation,
        resource_id=job.id,
        recommendations=[
            *(text for error in job.errors for text in error.recommendations),
            *dict.fromkeys(text for error in job.errors for text in troubleshooting.advice(error_code(error))),
        ],
    )


def error_code(error: JobError) -> str | None:
    """Return the service's name of an error, its number where it has none."""
    return error.title or (str(error.code) if error.code is not None else None)


def error_result(error: JobError) -> dict[str, t.Any]:
    """Return an error of a job as results show it."""
    return {
        "code": error_code(error),
        "number": error.code,
        "message": error.message,
        "recommendations": list(error.recommendations),
        "topic": troubleshooting.topic(error_code(error)),
    }


def job_machine(job: Job) -> tuple[str, str]:
    """Return the resource group (or cloud service) and the name of the machine that a job is about.

    ``containerName`` is ``iaasvmcontainerv2;{group};{name}`` (C), in lower case; the friendly name keeps its case.
    """
    parts = job.container_name.split(";")
    group, name = (parts[-2], parts[-1]) if len(parts) >= 3 else ("", job.entity_friendly_name)
    return group, job.entity_friendly_name if ids.same(job.entity_friendly_name, name) else name


def key_of(job: Job, vault_id: ids.VaultId) -> JobKey:
    """Return the key of the machine that a job of a vault is about."""
    group, name = job_machine(job)
    return vault_id.key, group.casefold(), name.casefold()


def machine_key(machine: ids.VmId, vault_id: ids.VaultId | None) -> JobKey:
    """Return the key under which the jobs of a vault, None for no vault, are about a machine."""
    return vault_id.key if vault_id else "", machine.resource_group.casefold(), machine.name.casefold()


def about(job: Job, reference: Reference) -> bool:
    """Whether the job is about a machine that the reference can mean; jobs do not tell the machine's subscription."""
    group, name = job_machine(job)
    same_group = reference.resource_group is None or ids.same(reference.resource_group, group)
    return same_group and ids.same(reference.name, name)


def snapshot_taken(job: Job) -> bool:
    """Whether a backup has its snapshot and no longer needs the machine; only a job's details tell."""
    return any("snapshot" in task.name.casefold() and task.status == "Completed" for task in job.tasks)


def job_result(job: Job, *, details: bool = False) -> dict[str, t.Any]:
    """Return a job as results show it: times in ISO 8601 UTC, durations in seconds, the same keys for every job."""
    group, name = job_machine(job)
    first = job.errors[0] if job.errors else None
    result: dict[str, t.Any] = {
        "id": job.id,
        "job_id": job.name,
        "operation": job.operation,
        "status": job.status,
        "vm_name": name,
        "resource_group": group,
        "start_time": times.to_iso(job.start_time),
        "end_time": times.to_iso(job.end_time),
        "duration": job.duration_seconds,
        "activity_id": job.activity_id,
        "cancellable": job.cancellable,
        "error": error_result(first) if first else None,
    }
    if details:
        result["tasks"] = [
            {"name": task.name, "status": task.status, "duration": task.duration_seconds} for task in job.tasks
        ]
        # The service writes one key with a blank at its end ("Recovery point time ").
        result["properties"] = {key.strip(): value for key, value in job.property_bag.items()}
    return result
