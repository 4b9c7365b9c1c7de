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

from . import fields, ids, times
from .models import Wire

RUNNING: t.Final = ("InProgress", "Cancelling")
"""The statuses of jobs to which more will happen."""


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
        properties = fields.mapping(body, "properties")
        extended = fields.mapping(properties, "extendedInfo")
        return cls(
            id=fields.needed_text(body, "id"),
            name=fields.needed_text(body, "name"),
            operation=fields.text(properties, "operation"),
            status=fields.text(properties, "status"),
            entity_friendly_name=fields.text(properties, "entityFriendlyName"),
            container_name=fields.text(properties, "containerName"),
            activity_id=fields.text(properties, "activityId"),
            start_time=times.from_wire(properties.get("startTime")),
            end_time=times.from_wire(properties.get("endTime")),
            duration_seconds=times.duration_seconds(properties.get("duration")),
            # Old api-versions send [1], which stands for Cancellable.
            cancellable=any(action in (1, "Cancellable") for action in fields.sequence(properties, "actionsInfo")),
            errors=tuple(
                JobError(
                    code=error.get("errorCode"),
                    title=fields.message(error, "errorTitle"),
                    message=fields.message(error, "errorString"),
                    recommendations=fields.messages(error, "recommendations"),
                )
                for error in fields.mappings(properties, "errorDetails")
            ),
            tasks=tuple(
                JobTask(
                    fields.text(task, "taskId"),
                    fields.text(task, "status"),
                    times.duration_seconds(task.get("duration")),
                )
                for task in fields.mappings(extended, "tasksList")
            ),
            property_bag=dict(fields.mapping(extended, "propertyBag")),
        )

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status not in RUNNING

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
        error = fields.mapping(body, "error")
        return cls(
            id=fields.text(body, "id"),
            status=fields.text(body, "status"),
            job_id=fields.text(fields.mapping(body, "properties"), "jobId") or None,
            error_code=fields.message(error, "code") or None,
            error_message=fields.message(error, "message") or None,
        )

    @property
    def ended(self) -> bool:
        """Whether the operation is over, well or not; the service writes Canceled with one l or two."""
        return self.status.casefold() in ("succeeded", "failed", "canceled", "cancelled")

    @property
    def succeeded(self) -> bool:
        """Whether the operation did what it was for."""
        return ids.same(self.status, "Succeeded")
