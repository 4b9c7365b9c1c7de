# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What it takes to have a job cancelled, and why one can't be. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import BackupError
from .job_models import Job
from .jobs import job_machine, job_result, snapshot_taken

Action = t.Literal["cancel", "wait", "none"]

_ONLY_BACKUPS: t.Final = "The service cancels only backups, and those only while they take their snapshot."


@dataclasses.dataclass
class Controlled:
    """A job, as it is known last, and what the task has to do with it."""

    job: Job
    action: Action = "none"
    changed: bool = False
    error: BackupError | None = None
    """Why the task could not do what it was to do."""
    was: str = ""
    """The job's status before the task did anything."""

    @classmethod
    def to_cancel(cls, job: Job) -> Controlled:
        """Plan how a job gets cancelled: one that has ended stays as it is, one that is being cancelled is awaited."""
        if job.ended:
            return cls(job, "none", was=job.status)
        if job.status == "Cancelling":
            return cls(job, "wait", was=job.status)
        if not job.cancellable:
            return cls(job, "none", error=refusal(job), was=job.status)
        return cls(job, "cancel", was=job.status)

    @classmethod
    def to_finish(cls, job: Job) -> Controlled:
        """Plan to wait for a job."""
        return cls(job, "none" if job.ended else "wait", was=job.status)

    @property
    def open(self) -> bool:
        """Whether the job is still to be waited for."""
        return self.action != "none" and self.error is None and not self.job.ended

    def predict(self, detailed: Job) -> None:
        """Say what would become of the job, from its details: after the snapshot a cancellation is refused (A15)."""
        self.job = detailed
        if self.action == "cancel" and snapshot_taken(detailed):
            self.refuse()
        self.changed = self.action == "cancel"

    def refuse(self, told: BackupError | None = None) -> None:
        """Note that the service does not cancel the job; ``told`` is what it says."""
        self.action, self.changed, self.error = "none", False, refusal(self.job, told)

    def conclude(self) -> None:
        """Say whether the task changed anything: a job can end by itself before it is cancelled."""
        if self.job.ended and self.job.status != "Cancelled":
            self.action = "none"
        self.changed = self.action == "cancel" and self.error is None

    def as_result(self) -> dict[str, t.Any]:
        """Return the job as results show it."""
        return {
            **job_result(self.job),
            "action": self.action,
            "changed": self.changed,
            "failure": self.error.as_result() if self.error else None,
        }


def refusal(job: Job, told: BackupError | None = None) -> BackupError:
    """Return the error for a job that the service does not cancel, in words of the documentation (D4)."""
    if job.operation != "Backup":
        why = f"it is not a backup. {_ONLY_BACKUPS}"
    elif snapshot_taken(job):
        why = f"its snapshot is taken. {_ONLY_BACKUPS}"
    elif told:
        why = f"{told.message}."
    else:
        why = f"the service does not offer it. {_ONLY_BACKUPS}"
    return BackupError(
        f"Job {job.name} ({job.operation} of {job_machine(job)[1]}) can't be cancelled: {why}",
        code=told.code if told else "JobNotCancellable",
        http_status=told.http_status if told else None,
        operation="cancel the job",
        resource_id=job.id,
        request_id=told.request_id if told else None,
        recommendations=["Wait until it ends: vm_backup_job with state: finished."],
    )
