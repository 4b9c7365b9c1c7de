# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs and long-running operations as Azure returns them, read from the wire's JSON.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from . import ids, times
from .models import Wire


@dataclasses.dataclass(frozen=True)
class JobError:
    """One entry of a failed job's ``errorDetails``."""

    code: int | None
    title: str
    message: str
    recommendations: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class JobTask:
    """One step of a job, such as ``Take Snapshot``; only in the details of a job."""

    name: str
    status: str
    duration_seconds: float | None


@dataclasses.dataclass(frozen=True)
class Job:
    """A backup job. Tasks and properties are there only when the job itself was read, not from a list."""

    id: str
    name: str
    """The job id proper, a GUID."""
    operation: str
    status: str
    entity_friendly_name: str
    container_name: str
    activity_id: str
    """The ``x-ms-client-request-id`` of the request that started the job."""
    start_time: dt.datetime | None
    end_time: dt.datetime | None
    duration_seconds: float | None
    cancellable: bool
    errors: tuple[JobError, ...]
    tasks: tuple[JobTask, ...]
    property_bag: t.Mapping[str, str]

    @classmethod
    def from_wire(cls, body: Wire) -> Job:
        """Read a job, from a GET or from a list."""
        properties = body.get("properties") or {}
        extended = properties.get("extendedInfo") or {}
        return cls(
            id=body["id"],
            name=body["name"],
            operation=properties.get("operation", ""),
            status=properties.get("status", ""),
            entity_friendly_name=properties.get("entityFriendlyName", ""),
            container_name=properties.get("containerName", ""),
            activity_id=properties.get("activityId", ""),
            start_time=times.from_wire(properties.get("startTime")),
            end_time=times.from_wire(properties.get("endTime")),
            duration_seconds=times.duration_seconds(properties.get("duration")),
            # Old api-versions send [1], which stands for Cancellable.
            cancellable=any(action in (1, "Cancellable") for action in properties.get("actionsInfo") or []),
            errors=tuple(
                JobError(
                    code=error.get("errorCode"),
                    title=error.get("errorTitle") or "",
                    message=error.get("errorString") or "",
                    recommendations=tuple(error.get("recommendations") or ()),
                )
                for error in properties.get("errorDetails") or []
            ),
            tasks=tuple(
                JobTask(task.get("taskId", ""), task.get("status", ""), times.duration_seconds(task.get("duration")))
                for task in extended.get("tasksList") or []
            ),
            property_bag=dict(extended.get("propertyBag") or {}),
        )

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status not in ("InProgress", "Cancelling")

    @property
    def succeeded(self) -> bool:
        """Whether the job did what it was for; warnings do not undo that."""
        return self.status in ("Completed", "CompletedWithWarnings")


@dataclasses.dataclass(frozen=True)
class OperationStatus:
    """Where a long-running operation stands. Its id is never a job's id."""

    id: str
    status: str
    job_id: str | None
    error_code: str | None
    error_message: str | None

    @classmethod
    def from_wire(cls, body: Wire) -> OperationStatus:
        """Read an ``operationsStatus`` or ``backupOperations`` answer."""
        error = body.get("error") or {}
        return cls(
            id=body.get("id", ""),
            status=body.get("status", ""),
            job_id=(body.get("properties") or {}).get("jobId"),
            error_code=error.get("code"),
            error_message=error.get("message"),
        )

    @property
    def ended(self) -> bool:
        """Whether the operation is over, well or not; the service writes Canceled with one l or two."""
        return self.status.casefold() in ("succeeded", "failed", "canceled", "cancelled")

    @property
    def succeeded(self) -> bool:
        """Whether the operation did what it was for."""
        return ids.same(self.status, "Succeeded")
