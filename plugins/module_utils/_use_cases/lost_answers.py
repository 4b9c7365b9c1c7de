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
from .._azure.operations import intervals
from .._domain.job_models import Job
from .._domain.jobs import JobFilter
from .._errors import AnswerLost, BackupError, ServiceError, told
from . import fleet

CLOCK_DIFFERENCE: t.Final = dt.timedelta(hours=1)
"""The job list is asked from this long before the first write, so that clocks that differ somewhat lose no job."""

# Looks before a write is taken as not done; half a minute in all, as the list can lag behind.
_LOOKS = 6
_SENDS = 3

Sent = dict[str, "Submission | BackupError"]


def find_or_send_again(
    backup: Backup,
    work: t.Mapping[str, t.Callable[[], Submission]],
    sent: Sent,
    *,
    operation: str,
    since: dt.datetime,
    poll_interval: float,
) -> Sent:
    """Look for the jobs of writes whose answers were lost, and send those again that have none, some times at most.

    Args:
        backup: the vault.
        work: what sends each write.
        sent: what came of each; those that are AnswerLost are looked for.
        operation: of the jobs that the writes start.
        since: when the first of them was sent.
        poll_interval: the longest pause between two looks, in seconds.

    Returns ``sent`` with what came of it in the end. AnswerLost then says that it stays unknown whether the service
    acted: no answer was to be had in several attempts, or the job list could not be read.
    """
    sent, request_ids = dict(sent), dict[str, set[str]]()
    for attempt in range(1, _SENDS + 1):
        # After a lost answer a refusal may come from what the first request has begun.
        unsure = {
            key: made
            for key, made in sent.items()
            if isinstance(made, AnswerLost) or (key in request_ids and isinstance(made, ServiceError))
        }
        if not unsure:
            break
        for key, made in unsure.items():
            request_ids.setdefault(key, set()).update({(made.request_id or "").casefold()} - {""})
        jobs, problem = _look(backup, {key: request_ids[key] for key in unsure}, operation, since, poll_interval)
        sent |= {key: Submission(request_id=job.activity_id, operation_id=None) for key, job in jobs.items()}
        lost = {key: made for key, made in unsure.items() if key not in jobs and isinstance(made, AnswerLost)}
        if problem:
            return sent | {key: _unknown(made, problem) for key, made in lost.items()}
        if attempt < _SENDS:
            sent |= fleet.run({key: work[key] for key in lost}, lambda send: send())
    return sent


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


def _unknown(lost: AnswerLost, problem: BackupError) -> AnswerLost:
    error = lost.reworded(
        f"{lost.message.rstrip('.')}, and the jobs that would tell could not be read: {problem.message}"
    )
    error.__cause__ = problem
    return error
