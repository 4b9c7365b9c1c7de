# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes that start jobs: sent once, found again when their answer was lost, and followed to the end.

Many jobs are followed through the vault's job list, a few reads a round however many there are; the list's
``activityId`` is the ``x-ms-client-request-id`` of the request that started the job.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import typing as t

from .._azure.backup import Backup, Submission
from .._azure.clock import Deadline
from .._azure.operations import intervals
from .._domain import ids, progress
from .._domain.job_models import Job, OperationStatus
from .._domain.jobs import JobFilter, job_failure, job_machine
from .._errors import BackupError, OperationFailed, WaitTimeout, told
from . import fleet, lost_answers
from .lost_answers import CLOCK_DIFFERENCE

# Rounds in which a job may be missing from the list before its operation is asked: the list can lag.
_ROUNDS_BEFORE_ASKING = 3
# The service refuses a write on an item while an earlier one is still under way.
_CONFLICTS = ("BMSUserErrorConflictingProtectionOperation", "BMSUserErrorObjectLocked")
JOB_ID_PATIENCE = 60
"""Seconds in which a task that does not wait for its jobs still looks for their ids, as a later task needs them."""

Key = t.TypeVar("Key")


@dataclasses.dataclass
class Followed:
    """One write and what became of it."""

    submission: Submission
    job: Job | None = None
    job_id: str | None = None
    """The job's id, None while the service has not told it; it can be known before the job can be read."""
    error: BackupError | None = None
    """Set when the operation or the job failed, or the deadline passed."""
    ended: bool = False
    trouble: BackupError | None = None
    """Why it could not be asked for more than the list of jobs shows, at the last look."""

    @classmethod
    def of(cls, job: Job) -> Followed:
        """Return what follows a job that is known, whoever has started it."""
        return cls(Submission(request_id=job.activity_id, operation_id=None), job, job.name)

    @property
    def sought(self) -> tuple[str, str]:
        """What tells its job in a list: its own id, or the request while that is not known.

        Only the ids of one's own requests are sure to be unlike all others; somebody else's jobs may share one, or
        have none.
        """
        return _by_id(self.job_id) if self.job_id else _by_request(self.submission.request_id)


def send_all(
    backup: Backup,
    work: t.Mapping[str, t.Callable[[], Submission]],
    operation: str,
    poll_interval: float,
) -> dict[str, Followed | BackupError]:
    """Send many writes in parallel; returns for each key what was accepted or why it was not.

    Where an answer was lost, it looks whether the service acted before it sends again.
    """
    count = itertools.count(1)
    started = backup.client.clock.now()

    def send_one(send: t.Callable[[], Submission]) -> Submission:
        try:
            return send()
        finally:
            ended = next(count)
            backup.client.progress.tell(lambda: progress.requested(backup.vault_id.name, operation, len(work), ended))

    sent = lost_answers.find_or_send_again(
        backup, work, fleet.run(work, send_one), operation=operation, since=started, poll_interval=poll_interval
    )
    for made in sent.values():
        if isinstance(made, BackupError) and made.code in _CONFLICTS:
            made.retryable = True
    return {key: made if isinstance(made, BackupError) else _followed(made) for key, made in sent.items()}


def _followed(made: Submission | Job) -> Followed:
    return Followed.of(made) if isinstance(made, Job) else Followed(made)


def conflicts(made: Followed | BackupError) -> bool:
    """Whether a write was refused because another one, of this or another task, is still under way."""
    return isinstance(made, BackupError) and made.code in _CONFLICTS


Machine = tuple[str, str]
"""Resource group and name in lower case, by which jobs tell machines apart."""


def in_progress(backup: Backup, operation: str) -> dict[Machine, Job]:
    """Read the jobs of an operation that are in progress, whoever started them."""
    return {_lower(*job_machine(job)): job for job in backup.jobs(JobFilter(operation=operation, status="InProgress"))}


def among(jobs: t.Mapping[Machine, Job], wanted: t.Mapping[Key, ids.VmId]) -> dict[Key, Followed]:
    """Find the jobs of these machines, to follow them like one's own; machines without one are left out."""
    found = {key: jobs.get(_lower(vm_id.resource_group, vm_id.name)) for key, vm_id in wanted.items()}
    return {key: Followed.of(job) for key, job in found.items() if job}


def running(backup: Backup, operation: str, wanted: t.Mapping[Key, ids.VmId]) -> dict[Key, Followed]:
    """Find jobs that are in progress for these machines, whoever started them; machines without one are left out."""
    return among(in_progress(backup, operation), wanted) if wanted else {}


def _lower(group: str, name: str) -> Machine:
    return group.casefold(), name.casefold()


def follow(
    backup: Backup,
    followed: t.Iterable[Followed],
    *,
    operation: str,
    started: dt.datetime,
    deadline: Deadline,
    poll_interval: float,
    enough: t.Callable[[Job], bool] = lambda job: job.ended,
) -> None:
    """Fill in the jobs of many writes until each is far enough (by default: ended), or the deadline passes.

    Never raises: the ``error`` of each says what happened to it, also when the jobs can't be read any more.
    """
    everything = list(followed)
    waiting = [one for one in everything if not one.ended]

    def standing() -> progress.Standing:
        pieces = [(one.job, one.ended, one.error) for one in everything]
        return progress.of(backup.vault_id.name, progress.words(operation), pieces, backup.client.clock.now())

    for rounds, pause in enumerate(intervals(poll_interval), start=1):
        if not waiting:
            return
        trouble = None
        try:
            unseen = _look(backup, waiting, JobFilter(operation=operation, start=started - CLOCK_DIFFERENCE), enough)
            if rounds >= _ROUNDS_BEFORE_ASKING:
                asked = fleet.run({id(one): one for one in unseen}, lambda one: _ask(backup, one, enough))
                for one, said in zip(unseen, asked.values(), strict=True):
                    one.trouble = said
        except Exception as error:
            trouble = told(error)
        waiting = [one for one in waiting if not one.ended]
        if deadline.expired() or (trouble and (not trouble.retryable or backup.client.outage)):
            for one in waiting:
                one.error = _unread(one, trouble) if trouble else _timeout(one)
            return
        backup.client.progress.tell(standing)
        if waiting:
            backup.client.clock.sleep(min(pause, deadline.remaining()))


def _look(
    backup: Backup, waiting: t.Sequence[Followed], wanted: JobFilter, enough: t.Callable[[Job], bool]
) -> list[Followed]:
    """Take over what the list of jobs tells; returns those of which it tells nothing."""
    sought = {id(one): one.sought for one in waiting}
    missing = set(sought.values())
    seen: dict[tuple[str, str], Job] = {}
    for job in backup.jobs(wanted):
        found = missing & {_by_id(job.name), _by_request(job.activity_id)}
        seen.update(dict.fromkeys(found, job))
        missing -= found
        if not missing:
            # The newest come first: whatever is on the pages after this one is older than all that is waited for.
            break
    shown = {id(one): (one, seen[sought[id(one)]]) for one in waiting if sought[id(one)] in seen}
    # To know whether a job is far enough can take a request.
    taken = fleet.run(shown, lambda found: _take_over(*found, enough))
    for key, said in taken.items():
        shown[key][0].trouble = said
    return [one for one in waiting if id(one) not in shown]


def _by_id(job_id: str) -> tuple[str, str]:
    return "job", job_id.casefold()


def _by_request(request_id: str) -> tuple[str, str]:
    return "request", request_id.casefold()


def _take_over(one: Followed, job: Job, enough: t.Callable[[Job], bool]) -> None:
    one.job, one.job_id = job, job.name
    if job.ended and not job.succeeded:
        one.error = job_failure(job)
    one.ended = job.ended or enough(job)


def _ask(backup: Backup, one: Followed, enough: t.Callable[[Job], bool]) -> None:
    """Ask for a write whose job the list does not show: it may have failed before there was a job."""
    if one.job_id is None:
        status = backup.operation(one.submission.operation_id) if one.submission.operation_id else None
        if status is None or not status.ended:
            return
        one.job_id = status.job_id
        if one.job_id is None:
            # UNVERIFIED: an operation that succeeded and names no job is assumed to have had nothing to do.
            one.ended = True
            one.error = None if status.succeeded else _operation_failure(one, status)
            return
    job = backup.job(one.job_id)
    if job is not None:
        _take_over(one, job, enough)


def _operation_failure(one: Followed, status: OperationStatus) -> OperationFailed:
    return OperationFailed(
        status.error_message or f"The operation ended as {status.status}.",
        code=status.error_code,
        request_id=one.submission.request_id,
    )


def _unread(one: Followed, trouble: BackupError) -> BackupError:
    """Say of a write that was accepted that it goes on, though nobody could look any more."""
    which = f"job {one.job_id}" if one.job_id else "its job"
    error = trouble.reworded(f"Azure goes on with it, but {which} could not be read any more: {trouble.message}")
    error.resource_id = one.job.id if one.job else trouble.resource_id
    error.request_id = one.submission.request_id
    return error


def _timeout(one: Followed) -> WaitTimeout:
    if one.job is None:
        seen = f"job {one.job_id} was not shown yet" if one.job_id else "its job was not shown yet"
    else:
        seen = f"job {one.job.name} was {one.job.status}"
    if one.trouble:
        seen += f", and asking for it failed ({one.trouble.message.rstrip('.')})"
    return WaitTimeout(
        f"wait_timeout passed; {seen}. It goes on in Azure.",
        operation=one.job.operation if one.job else None,
        resource_id=one.job.id if one.job else None,
        request_id=one.submission.request_id,
        recommendations=["Look at it later with vm_backup_job_info, or set a longer wait_timeout."],
        retryable=True,
    )
