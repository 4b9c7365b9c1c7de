# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a task is that waits, as the module tells it and the controller reads it.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import typing as t

from .._errors import BackupError
from .job_models import Job

LONGEST_NAME: t.Final = 80
LONGEST_REASON: t.Final = 200
"""Characters; a message stays shorter than what a pipe takes in one piece (4096 bytes)."""

_LARGEST = 1e9

_DOING = {
    "Backup": "backing up",
    "ConfigureBackup": "protecting",
    "DeleteBackupData": "deleting backup data",
    "DisableBackup": "stopping protection",
    "Register": "registering",
    "Restore": "restoring",
    "Undelete": "undeleting",
    "UnRegister": "unregistering",
}


@dataclasses.dataclass(frozen=True)
class Standing:
    """Where a task stands at one moment. Counts and names that it has no use for stay as they are here."""

    doing: str
    """Such as ``backing up``."""
    vault: str = ""
    total: int = 0
    done: int = 0
    """How many have ended well; or what ``counted`` says."""
    counted: str = "done"
    running: int = 0
    failed: int = 0
    failed_name: str = ""
    """The last one that failed, and why."""
    failed_reason: str = ""
    slowest_name: str = ""
    """The one that has been running longest, and for how many seconds."""
    slowest_seconds: float = 0

    def to_message(self) -> bytes:
        """Write it as one line; texts are cut off."""
        fields = dataclasses.asdict(self)
        for name, value in fields.items():
            if isinstance(value, str):
                fields[name] = value[: LONGEST_REASON if name == "failed_reason" else LONGEST_NAME]
        return json.dumps(fields, ensure_ascii=False).encode(errors="replace") + b"\n"

    @classmethod
    def from_message(cls, message: bytes) -> Standing | None:
        """Read one line; None when it is not what ``to_message`` writes, such as a line of which a part is missing."""
        try:
            made = cls(**json.loads(message))
        except (ValueError, TypeError, RecursionError):
            return None
        return made if all(_fits(field.type, getattr(made, field.name)) for field in dataclasses.fields(made)) else None


def _fits(kind: t.Any, value: t.Any) -> bool:
    if kind == "str":
        return isinstance(value, str)
    return isinstance(value, (int, float)) and 0 <= value < _LARGEST


def of(
    vault: str, doing: str, pieces: t.Iterable[tuple[Job | None, bool, BackupError | None]], now: dt.datetime
) -> Standing:
    """Count pieces of work: of each its job, as far as that is known, whether it has ended, and what went wrong."""
    work = list(pieces)
    failures = [(job, error) for job, _ended, error in work if error]
    running = [job for job, ended, error in work if not ended and not error]
    failed_name, failed_reason = _failure(*failures[-1]) if failures else ("", "")
    slowest = max((job for job in running if job), key=lambda job: _seconds(job, now), default=None)
    return Standing(
        doing=doing,
        vault=vault,
        total=len(work),
        done=len(work) - len(running) - len(failures),
        running=len(running),
        failed=len(failures),
        failed_name=failed_name,
        failed_reason=failed_reason,
        slowest_name=slowest.entity_friendly_name if slowest else "",
        slowest_seconds=_seconds(slowest, now) if slowest else 0,
    )


def of_jobs(vault: str, jobs: t.Iterable[Job], now: dt.datetime, *, cancelling: bool = False) -> Standing:
    """Count jobs by how they ended or that they still run; those that are being cancelled have only to end."""
    listed = list(jobs)
    if cancelling:
        return of(vault, "cancelling jobs", [(job, job.ended, None) for job in listed], now)
    operations = {job.operation for job in listed}
    doing = words(operations.pop()) if len(operations) == 1 else "waiting for jobs"
    return of(vault, doing, [(job, job.ended, _error(job)) for job in listed], now)


def requested(vault: str, operation: str, total: int, done: int) -> Standing:
    """Tell how many requests have been sent, before there is anything to wait for."""
    return Standing(words(operation), vault, total=total, done=done, counted="requested")


def words(operation: str) -> str:
    """Say what an operation of the service does, as it follows "The task is"."""
    return _DOING.get(operation, operation)


def _error(job: Job) -> BackupError | None:
    return BackupError(job.status) if job.ended and not job.succeeded else None


def _failure(job: Job | None, error: BackupError) -> tuple[str, str]:
    """Return who failed and why: the service's own words without what only a result has room for."""
    if job is None:
        return "", error.message
    first = job.errors[0] if job.errors else None
    reason = (first.message or first.title) if first else ""
    return job.entity_friendly_name, reason or (job.status if job.ended else error.message)


def _seconds(job: Job, now: dt.datetime) -> float:
    """Return how long a job has been running; by the service's own count where it gives one: clocks can differ."""
    if job.duration_seconds is not None:
        return job.duration_seconds
    return max((now - job.start_time).total_seconds(), 0) if job.start_time else 0
