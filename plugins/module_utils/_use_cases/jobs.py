# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read jobs, and wait for them: ``vm_backup_job_info``.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import typing as t
import uuid

from .._azure.backup import Backup
from .._azure.client import AzureClient
from .._azure.clock import Deadline
from .._azure.operations import intervals
from .._domain import progress, selection, times
from .._domain.job_models import Job
from .._domain.jobs import WINDOW, JobFilter, about, job_failure, job_result
from .._errors import BackupError, InvalidInput, WaitTimeout
from . import contents, fleet
from .outcome import Outcome

_DEFAULT_HOURS = 24
_MOST_HOURS = 10 * 366 * 24
# Jobs that are followed one by one; with more, the list is fewer requests.
_READ_ONE_BY_ONE = 4


def job_info(client: AzureClient, options: t.Mapping[str, t.Any]) -> Outcome:
    """Return the jobs that the task asks for, when it asks for that after they have ended."""
    references = selection.parse_references(options["vms"]) if options["vms"] is not None else ()
    # An empty list asks for no job: that is what a task before this one returns when it started none.
    job_ids = None if options["job_id"] is None else [_guid(text) for text in options["job_id"]]
    start, end = window(options, client.clock.now())
    vault = contents.existing_vault(client, contents.vault_id(client, options))
    backup = Backup(client, vault.id)
    jobs, missing = (_list(backup, options, start, end), []) if job_ids is None else _read(backup, job_ids)
    jobs = [job for job in jobs if _matches(job, options, start, end)]
    if references:
        jobs = [job for job in jobs if any(about(job, reference) for reference in references)]
    timeout = _wait(backup, jobs, options) if options["wait"] else None
    if options["details"]:
        jobs = _detailed(backup, jobs)
    failed = [job for job in jobs if job.ended and not job.succeeded]
    return Outcome(
        result={
            "jobs": [job_result(job, details=options["details"]) for job in jobs],
            "jobs_not_found": missing,
            "summary": _summary(jobs),
        },
        failure=timeout or (_failure(failed) if options["fail_on_failed_jobs"] and failed else None),
        warnings=[f"Vault {vault.id.name} has no job {job_id}." for job_id in missing],
    )


def _guid(text: str) -> str:
    try:
        return str(uuid.UUID(text.strip()))
    except ValueError:
        raise InvalidInput.for_option("job_id", text, "the GUID of a job, as other modules return it") from None


def window(options: t.Mapping[str, t.Any], now: dt.datetime) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Read the range of start times that is asked for; raises InvalidInput. Without any option: the last 24 hours.

    An end that is not asked for lies far ahead of now: the service's clock is not ours.
    """
    hours = options["last_hours"]
    if hours is not None and not 1 <= hours <= _MOST_HOURS:
        raise InvalidInput.for_option("last_hours", hours, f"a number of hours, 1 to {_MOST_HOURS}")
    start, end = (times.moment(option, options[option]) for option in ("from", "to"))
    if start and end and start >= end:
        raise InvalidInput(f"from: {options['from']!r} is not before to: {options['to']!r}.")
    if hours is None and start is None and end is None and options.get("job_id") is None:
        hours = _DEFAULT_HOURS
    if hours is not None:
        start = now - dt.timedelta(hours=hours)
    if start and end is None:
        end = max(start, now) + WINDOW
    return start, end


def _read(backup: Backup, job_ids: t.Sequence[str]) -> tuple[list[Job], list[str]]:
    read = fleet.run({job_id: job_id for job_id in job_ids}, backup.job)
    for made in read.values():
        if isinstance(made, BackupError):
            raise made
    jobs = [made for made in read.values() if isinstance(made, Job)]
    return jobs, [job_id for job_id, made in read.items() if made is None]


def _list(
    backup: Backup, options: t.Mapping[str, t.Any], start: dt.datetime | None, end: dt.datetime | None
) -> list[Job]:
    """List by what the service can filter: one status and one operation; several are sorted out here."""
    only = {option: options[option][0] for option in ("status", "operation") if len(options[option] or ()) == 1}
    return list(backup.jobs(JobFilter(start=start, end=end, **only)))


def _matches(job: Job, options: t.Mapping[str, t.Any], start: dt.datetime | None, end: dt.datetime | None) -> bool:
    """Sort out what the service was not asked, or can't be asked, to sort out."""
    started = job.start_time
    return (
        (not options["status"] or job.status in options["status"])
        and (not options["operation"] or job.operation in options["operation"])
        # The service compares whole seconds, so the second of a bound is inside.
        and (started is None or start is None or started >= start.replace(microsecond=0))
        and (started is None or end is None or started < end + dt.timedelta(seconds=1))
    )


def _wait(backup: Backup, jobs: list[Job], options: t.Mapping[str, t.Any]) -> WaitTimeout | None:
    """Replace each job in the list by what it is at its end, or at the deadline."""
    deadline = Deadline(backup.client.clock, options["wait_timeout"])
    pauses = intervals(options["poll_interval"])
    while any(not job.ended for job in jobs):
        _tell(backup, jobs)
        if deadline.expired():
            running = [job for job in jobs if not job.ended]
            return WaitTimeout(
                f"wait_timeout passed; {len(running)} of {len(jobs)} jobs are still running: "
                + ", ".join(f"{job.name} ({job.operation} of {job.entity_friendly_name})" for job in running[:5]),
                operation="wait for jobs",
                recommendations=["They go on in Azure. Wait for them again with job_id, or set a longer wait_timeout."],
                retryable=True,
            )
        backup.client.clock.sleep(min(next(pauses), max(deadline.remaining(), 0)))
        current = _current(backup, [job for job in jobs if not job.ended])
        jobs[:] = [current.get(job.name, job) for job in jobs]
    _tell(backup, jobs)
    return None


def _tell(backup: Backup, jobs: t.Sequence[Job]) -> None:
    client = backup.client
    client.progress.tell(lambda: progress.of_jobs(backup.vault_id.name, jobs, client.clock.now()))


def _current(backup: Backup, running: t.Sequence[Job]) -> dict[str, Job]:
    starts = [job.start_time for job in running if job.start_time]
    if len(running) <= _READ_ONE_BY_ONE or len(starts) < len(running):
        return {job.name: job for job in _read(backup, [job.name for job in running])[0]}
    return {job.name: job for job in backup.jobs(JobFilter(start=min(starts) - dt.timedelta(seconds=1)))}


def _detailed(backup: Backup, jobs: t.Sequence[Job]) -> list[Job]:
    """Read each job itself, as it is in the end: a list tells neither tasks nor properties."""
    detailed = {job.name: job for job in _read(backup, [job.name for job in jobs])[0]}
    return [detailed.get(job.name, job) for job in jobs]


def _summary(jobs: t.Sequence[Job]) -> dict[str, t.Any]:
    counts: dict[str, int] = {}
    for job in jobs:
        counts[job.status] = counts.get(job.status, 0) + 1
    return {"total": len(jobs), "by_status": counts}


def _failure(failed: t.Sequence[Job]) -> BackupError:
    errors = [job_failure(job) for job in failed]
    return BackupError(
        f"{len(failed)} jobs did not succeed. " + " | ".join(error.message for error in errors[:10]),
        code=errors[0].code if len({error.code for error in errors}) == 1 else "SeveralFailures",
        operation="check jobs",
        resource_id=errors[0].resource_id if len(errors) == 1 else None,
        recommendations=list(dict.fromkeys(text for error in errors for text in error.recommendations)),
    )
