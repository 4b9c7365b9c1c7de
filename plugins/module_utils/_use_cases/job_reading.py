# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read jobs, and wait for them: what all use cases of jobs share.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import typing as t
import uuid

from .._azure.backup import Backup
from .._azure.clock import Deadline
from .._azure.operations import intervals
from .._domain import progress
from .._domain.ids import VaultId
from .._domain.job_models import Job
from .._domain.jobs import JobFilter, job_failure, job_machine
from .._errors import BackupError, InvalidInput, NotFound, WaitTimeout, together
from . import fleet

# Jobs that are read one by one; with more, the list is fewer requests.
_READ_ONE_BY_ONE = 4
# Jobs that a task names are mostly those that a task before it has started; older ones are read one by one.
_LISTED = dt.timedelta(hours=24)
# UNVERIFIED: how many jobs a page of the list holds. It only bounds how far the list is read for a few jobs.
_PAGE = 200
LATE_PATIENCE = 300
"""Seconds in which a task that waits looks again for jobs that the vault does not show (yet).

UNVERIFIED: how long after its start a job can be read. An id that is wrong costs this time: it is not the whole wait.
"""


@dataclasses.dataclass
class Reading:
    """What is known of jobs that a task names."""

    job_ids: tuple[str, ...] = ()
    jobs: dict[str, Job] = dataclasses.field(default_factory=dict)
    unread: dict[str, BackupError] = dataclasses.field(default_factory=dict)
    """Why jobs could not be read."""

    @property
    def missing(self) -> list[str]:
        """The ids that the vault shows no job of."""
        return [job_id for job_id in self.job_ids if job_id not in self.jobs and job_id not in self.unread]

    @property
    def in_order(self) -> list[Job]:
        """The jobs, in the order in which they were named."""
        return [self.jobs[job_id] for job_id in self.job_ids if job_id in self.jobs]

    @property
    def worth_another_look(self) -> list[str]:
        """The ids of which a later look may tell more."""
        return [*self.missing, *(job_id for job_id, error in self.unread.items() if error.retryable)]

    def look_again(self, later: Reading) -> None:
        """Take over what a later look at some of them told."""
        for job_id in later.job_ids:
            self.unread.pop(job_id, None)
        self.jobs |= later.jobs
        self.unread |= later.unread


def task_deadline(backup: Backup, options: t.Mapping[str, t.Any]) -> Deadline:
    """Return until when a task waits for jobs: now, where it does not wait."""
    return Deadline(backup.client.clock, options["wait_timeout"] if options["wait"] else 0)


def guid(text: str) -> str:
    """Check the id of a job; raises InvalidInput."""
    try:
        return str(uuid.UUID(text.strip()))
    except ValueError:
        raise InvalidInput.for_option("job_id", text, "the GUID of a job, as other modules return it") from None


def read(backup: Backup, job_ids: t.Sequence[str], *, one_by_one: bool = True) -> Reading:
    """Read jobs by their ids: a few one by one, many from the list, and one by one what that does not show.

    Where all fails, the first error is raised. Without ``one_by_one``, only the list is asked when much is not shown.
    """
    wanted = tuple(dict.fromkeys(job_ids))
    listed = _listed(backup, wanted) if len(wanted) > _READ_ONE_BY_ONE else {}
    left = [job_id for job_id in wanted if job_id not in listed]
    if not one_by_one and len(left) > _READ_ONE_BY_ONE:
        return Reading(wanted, listed)
    found = _each(backup, left)
    if listed or any(not isinstance(made, BackupError) for made in found.values()):
        jobs = {job_id: made for job_id, made in found.items() if isinstance(made, Job)}
        unread = {job_id: made for job_id, made in found.items() if isinstance(made, BackupError)}
        return Reading(wanted, listed | jobs, unread)
    for made in found.values():
        if isinstance(made, BackupError):
            raise made
    return Reading(wanted)


def _each(backup: Backup, job_ids: t.Iterable[str]) -> dict[str, Job | None | BackupError]:
    """Read jobs one by one, in parallel."""
    return fleet.run({job_id: job_id for job_id in job_ids}, backup.job)


def _listed(backup: Backup, job_ids: t.Sequence[str]) -> dict[str, Job]:
    """Find jobs in the list, which has the newest first, in never more requests than it would take one by one."""
    left = {job_id.casefold(): job_id for job_id in job_ids}
    found: dict[str, Job] = {}
    recent = backup.jobs(JobFilter(start=backup.client.clock.now() - _LISTED))
    for job in itertools.islice(recent, _PAGE * len(left)):
        job_id = left.pop(job.name.casefold(), None)
        if job_id:
            found[job_id] = job
        if not left:
            break
    return found


def find(backup: Backup, job_ids: t.Sequence[str], deadline: Deadline, poll_interval: float) -> Reading:
    """Read jobs by their ids, and look again for a while for those that can't be read: they may just have started.

    Those that can are looked at meanwhile, so that what is returned of them is of now.
    """
    found = read(backup, job_ids)
    patience = Deadline(backup.client.clock, min(LATE_PATIENCE, deadline.remaining()))
    for pause in intervals(poll_interval):
        left = found.worth_another_look
        if not left or patience.expired():
            break
        if found.jobs:
            tell(backup, found.in_order)
        backup.client.clock.sleep(min(pause, patience.remaining()))
        running = [job for job in found.in_order if not job.ended]
        try:
            now = read_again(backup, running).jobs if running else {}
            found.jobs = {job_id: now.get(job.name, job) for job_id, job in found.jobs.items()}
            # Only the last look asks for many one by one, or that would be as many requests in each round.
            found.look_again(read(backup, left, one_by_one=patience.expired()))
        except BackupError as error:
            if hopeless(backup, error, patience):
                found.look_again(Reading(tuple(left), unread=dict.fromkeys(left, error)))
                break
    return found


def wait(
    backup: Backup, jobs: list[Job], deadline: Deadline, poll_interval: float, unread: dict[str, BackupError]
) -> BackupError | None:
    """Replace each job in the list by what it is at its end, or when it was seen last.

    Never raises: returns WaitTimeout at the deadline, or why the jobs can't be read any more. Why single ones can't be
    read any more, while others can, is put into ``unread``.
    """
    pauses = intervals(poll_interval)
    while running := [job for job in jobs if not job.ended and job.name not in unread]:
        tell(backup, jobs)
        if deadline.expired():
            return timeout(jobs)
        backup.client.clock.sleep(min(next(pauses), max(deadline.remaining(), 0)))
        try:
            current = read_again(backup, running)
        except BackupError as error:
            if hopeless(backup, error, deadline):
                return lost(jobs, error)
            continue
        jobs[:] = [current.jobs.get(job.name, job) for job in jobs]
        unread |= {job_id: error for job_id, error in current.unread.items() if not error.retryable}
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


def lost(jobs: t.Sequence[Job], error: BackupError) -> BackupError:
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


def read_again(backup: Backup, running: t.Sequence[Job]) -> Reading:
    """Read what has become of jobs, by their ids: a few one by one, many with the list. Where all fails, it raises."""
    job_ids = tuple(job.name for job in running)
    starts = [job.start_time for job in running if job.start_time]
    if len(running) <= _READ_ONE_BY_ONE or len(starts) < len(running):
        return read(backup, job_ids)
    listed = backup.jobs(JobFilter(start=min(starts) - dt.timedelta(seconds=1)))
    return Reading(job_ids, {job.name: job for job in listed})


def detailed(backup: Backup, jobs: t.Sequence[Job]) -> tuple[list[Job], dict[str, BackupError]]:
    """Read each job itself, as it is in the end: a list tells neither tasks nor properties.

    Returns them, and why some could not be read: those are as they were.
    """
    found = _each(backup, (job.name for job in jobs))
    unread = {job_id: made for job_id, made in found.items() if isinstance(made, BackupError)}
    made = {job_id: job for job_id, job in found.items() if isinstance(job, Job)}
    return [made.get(job.name, job) for job in jobs], unread


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


def not_found(vault: VaultId, missing: t.Sequence[str]) -> NotFound:
    """Return the error for ids that the vault shows no job of."""
    return NotFound(
        f"Vault {vault.name} has no job {', '.join(missing)}.",
        code="JobNotFound",
        http_status=404,
        operation="read the job",
        resource_id=str(vault),
        recommendations=["Check the ids and the vault; vm_backup_job_info lists its jobs."],
    )


def not_read(unread: t.Mapping[str, BackupError]) -> BackupError:
    """Sum up jobs that could not be read in one error."""
    errors = list(unread.values())
    told = dict.fromkeys(error.message for error in errors)
    return together(f"{count(len(errors))} could not be read. " + " | ".join(told), errors, operation="read the job")


def not_read_results(unread: t.Mapping[str, BackupError]) -> list[dict[str, t.Any]]:
    """Return the jobs that could not be read as results show them."""
    return [{"job_id": job_id, "error": error.as_result()} for job_id, error in unread.items()]


def summed(errors: t.Sequence[BackupError], told: t.Sequence[str] | None = None) -> BackupError | None:
    """Sum up all that went wrong in one error, None for nothing; ``told`` is what it says instead of each message."""
    if len(errors) < 2:
        return errors[0] if errors else None
    return together(" | ".join(told or [error.message for error in errors]), errors)
