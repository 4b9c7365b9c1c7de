# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read jobs, and wait for them: what all use cases of jobs share.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import typing as t
import uuid

from .._azure.backup import Backup
from .._azure.clock import Deadline
from .._azure.operations import intervals
from .._domain import progress
from .._domain.job_models import Job
from .._domain.jobs import JobFilter, job_failure, job_machine
from .._errors import BackupError, InvalidInput, WaitTimeout, together
from . import fleet

# Jobs that are followed one by one; with more, the list is fewer requests.
_READ_ONE_BY_ONE = 4


def guid(text: str) -> str:
    """Check the id of a job; raises InvalidInput."""
    try:
        return str(uuid.UUID(text.strip()))
    except ValueError:
        raise InvalidInput.for_option("job_id", text, "the GUID of a job, as other modules return it") from None


def read(backup: Backup, job_ids: t.Sequence[str]) -> tuple[list[Job], list[str]]:
    """Read jobs by their ids, in parallel. Returns the jobs, and the ids that the vault knows no job of."""
    found = fleet.run({job_id: job_id for job_id in job_ids}, backup.job)
    for made in found.values():
        if isinstance(made, BackupError):
            raise made
    jobs = [made for made in found.values() if isinstance(made, Job)]
    return jobs, [job_id for job_id, made in found.items() if made is None]


def wait(backup: Backup, jobs: list[Job], options: t.Mapping[str, t.Any]) -> BackupError | None:
    """Replace each job in the list by what it is at its end, or when it was seen last.

    Never raises: returns WaitTimeout at the deadline, or why the jobs can't be read any more.
    """
    deadline = Deadline(backup.client.clock, options["wait_timeout"])
    pauses = intervals(options["poll_interval"])
    while any(not job.ended for job in jobs):
        tell(backup, jobs)
        if deadline.expired():
            return timeout(jobs)
        backup.client.clock.sleep(min(next(pauses), max(deadline.remaining(), 0)))
        try:
            current = read_again(backup, [job for job in jobs if not job.ended])
        except BackupError as error:
            if hopeless(backup, error, deadline):
                return unread(jobs, error)
            continue
        jobs[:] = [current.get(job.name, job) for job in jobs]
    tell(backup, jobs)
    return None


def tell(backup: Backup, jobs: t.Sequence[Job], *, cancelling: bool = False) -> None:
    """Show how far the jobs are, to whoever listens."""
    client = backup.client
    vault, now = backup.vault_id.name, client.clock.now
    client.progress.tell(lambda: progress.of_jobs(vault, jobs, now(), cancelling=cancelling))


def hopeless(backup: Backup, error: BackupError, deadline: Deadline) -> bool:
    """Tell whether it is of no use to try to read again."""
    return not error.retryable or backup.client.outage or deadline.expired()


def unread(jobs: t.Sequence[Job], error: BackupError) -> BackupError:
    """Return the error for jobs that can't be read any more, as it is of all of them."""
    running = [job for job in jobs if not job.ended]
    return error.reworded(
        f"{len(running)} of {len(jobs)} jobs could not be followed to their end; they go on in Azure: "
        f"{_named(running)}. {error.message}"
    )


def timeout(jobs: t.Sequence[Job]) -> WaitTimeout:
    """Return the error for jobs that have not ended at the deadline."""
    running = [job for job in jobs if not job.ended]
    return WaitTimeout(
        f"wait_timeout passed; {len(running)} of {len(jobs)} jobs are still running: " + _named(running),
        operation="wait for jobs",
        recommendations=["They go on in Azure. Wait for them again with job_id, or set a longer wait_timeout."],
        retryable=True,
    )


def _named(jobs: t.Sequence[Job]) -> str:
    return ", ".join(f"{job.name} ({job.operation} of {job.entity_friendly_name})" for job in jobs[:5])


def read_again(backup: Backup, running: t.Sequence[Job]) -> dict[str, Job]:
    """Read what has become of jobs, by their ids: a few one by one, many with the list."""
    starts = [job.start_time for job in running if job.start_time]
    if len(running) <= _READ_ONE_BY_ONE or len(starts) < len(running):
        return {job.name: job for job in read(backup, [job.name for job in running])[0]}
    return {job.name: job for job in backup.jobs(JobFilter(start=min(starts) - dt.timedelta(seconds=1)))}


def detailed(backup: Backup, jobs: t.Sequence[Job]) -> list[Job]:
    """Read each job itself, as it is in the end: a list tells neither tasks nor properties."""
    found = {job.name: job for job in read(backup, [job.name for job in jobs])[0]}
    return [found.get(job.name, job) for job in jobs]


def count(jobs: int) -> str:
    """Return ``1 job`` or ``7 jobs``."""
    return f"{jobs} job{'s' if jobs > 1 else ''}"


def failure(failed: t.Sequence[Job]) -> BackupError:
    """Sum up jobs that did not succeed in one error."""
    errors = [job_failure(job) for job in failed]
    outcomes = [
        {"name": job_machine(job)[1], "error": error.as_result()} for job, error in zip(failed, errors, strict=True)
    ]
    return together(
        f"{count(len(failed))} did not succeed. " + " | ".join(fleet.reasons(outcomes)), errors, operation="check jobs"
    )
