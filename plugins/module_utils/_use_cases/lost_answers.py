# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes whose answers were lost: found again by their requests' ids, and sent again only when they are not.

A backup that is started twice is two backups, or one and a failed job. To protect again under the same policy would be
harmless; it is looked for all the same, since a second request is refused while the first one is under way. All lost
answers share their looks: a look is one reading of the job list, however many machines wait for it.
This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import itertools
import typing as t

from .._azure.backup import Backup, Submission
from .._azure.operations import intervals, refused
from .._domain.job_models import Job
from .._domain.jobs import JobFilter
from .._errors import AnswerLost, BackupError, told
from . import fleet

CLOCK_DIFFERENCE: t.Final = dt.timedelta(hours=1)
"""The job list is asked from this long before the first write, so that clocks that differ somewhat lose no job."""

# Looks before a write is taken as not done; half a minute in all, as the list can lag behind.
_LOOKS = 6
_SENDS = 3

Sent = dict[str, "Submission | BackupError"]
Found = dict[str, "Submission | Job | BackupError"]
"""What came of each write: accepted, its job where it was found by that, or an error."""


def find_or_send_again(
    backup: Backup,
    work: t.Mapping[str, t.Callable[[], Submission]],
    sent: Sent,
    *,
    operation: str,
    since: dt.datetime,
    poll_interval: float,
) -> Found:
    """Look for the jobs of writes whose answers were lost, and send those again that have none, some times at most.

    Args:
        backup: the vault.
        work: what sends each write.
        sent: what came of each; those that are AnswerLost are looked for.
        operation: of the jobs that the writes start.
        since: when the first of them was sent.
        poll_interval: the longest pause between two looks, in seconds.

    Returns ``sent`` with what came of it in the end. AnswerLost then says that it stays unknown whether the service
    acted: no answer was to be had in several attempts, or neither the job list nor a second answer.
    """
    found: Found = dict(sent)
    request_ids: dict[str, set[str]] = {}
    lost: dict[str, AnswerLost] = {}
    troubles: dict[str, BackupError] = {}
    for attempt in range(1, _SENDS + 1):
        # After a lost answer a refusal may come from what the first request has begun.
        unsure = {
            key: made
            for key, made in found.items()
            if isinstance(made, AnswerLost) or (key in request_ids and isinstance(made, BackupError))
        }
        if not unsure:
            break
        for key, made in unsure.items():
            request_ids.setdefault(key, set()).update({(made.request_id or "").casefold()} - {""})
        jobs, problem = _look(backup, {key: request_ids[key] for key in unsure}, operation, since, poll_interval)
        found |= jobs
        lost = {key: made for key, made in unsure.items() if key not in jobs and isinstance(made, AnswerLost)}
        if problem:
            unread = "the jobs that would tell could not be read"
            return found | {key: unknown(made, unread, problem) for key, made in lost.items()}
        if attempt < _SENDS:
            again = fleet.run({key: work[key] for key in lost}, lambda send: send())
            # What tells nothing of the request before it leaves that one's answer lost.
            troubles = {key: made for key, made in again.items() if _tells_nothing(made)}
            found |= {key: made for key, made in again.items() if key not in troubles}
    unsent = "no job of it is shown, and it could not be sent again"
    return found | {key: unknown(lost[key], unsent, trouble) for key, trouble in troubles.items() if key in lost}


def _tells_nothing(made: Submission | BackupError) -> t.TypeGuard[BackupError]:
    return isinstance(made, BackupError) and not isinstance(made, AnswerLost) and not refused(made)


def _look(
    backup: Backup, request_ids: t.Mapping[str, set[str]], operation: str, since: dt.datetime, poll_interval: float
) -> tuple[dict[str, Job], BackupError | None]:
    """Find the jobs that these requests have started, and the error with which the last look failed, if it did."""
    wanted = {request_id: key for key, ids in request_ids.items() for request_id in ids}
    found: dict[str, Job] = {}
    problem: BackupError | None = None
    for pause in itertools.islice(intervals(poll_interval), _LOOKS):
        backup.client.clock.sleep(pause)
        try:
            for job in backup.jobs(JobFilter(operation=operation, start=since - CLOCK_DIFFERENCE)):
                if job.activity_id.casefold() in wanted:
                    found[wanted[job.activity_id.casefold()]] = job
            problem = None
        except Exception as error:
            problem = told(error)
        if len(found) == len(request_ids) or (problem and (not problem.retryable or backup.client.outage)):
            break
    return found, problem


def unknown(lost: AnswerLost, what: str, problem: BackupError) -> AnswerLost:
    """Say of a lost answer why it stays unknown whether the service acted."""
    error = lost.reworded(f"{lost.message.rstrip('.')}, and {what}: {problem.message}")
    error.recommendations = problem.recommendations
    error.__cause__ = problem
    return error
