# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find jobs, and wait for them: ``vm_backup_job_info``.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from .._azure.backup import Backup
from .._azure.client import AzureClient
from .._domain import job_groups, selection, times
from .._domain.coverage import machine_id
from .._domain.job_models import RUNNING, Job
from .._domain.jobs import WINDOW, JobFilter, JobKey, about, job_result, key_of, machine_key
from .._errors import InvalidInput
from . import contents, job_reading
from .outcome import Outcome

_DEFAULT_HOURS = 24
_LONG_HOURS = WINDOW // dt.timedelta(hours=1)
_MOST_HOURS = 10 * 366 * 24


def job_info(client: AzureClient, options: t.Mapping[str, t.Any]) -> Outcome:
    """Return the jobs that the task asks for, when it asks for that after they have ended."""
    references = selection.parse_references(options["vms"]) if options["vms"] is not None else ()
    # An empty list asks for no job: that is what a task before this one returns when it started none.
    job_ids = None if options["job_id"] is None else [job_reading.guid(text) for text in options["job_id"]]
    window(options, client.clock.now())
    wanted = job_groups.Wanted.parse(options)
    if options["limit"] is not None and options["limit"] < 0:
        raise InvalidInput.for_option(
            "limit", options["limit"], "a number of jobs, 0 or more; 0 returns only the summary"
        )
    vault = contents.existing_vault(client, contents.vault_id(client, options))
    # Only now is the service's own time known.
    start, end = window(options, client.clock.now())
    backup = Backup(client, vault.id)
    under = _under_policies(backup, options["policy"]) if options["policy"] is not None else None
    deadline = job_reading.task_deadline(backup, options)
    named = job_reading.find(backup, job_ids or (), deadline, options["poll_interval"])
    unread = named.unread
    matching: t.Iterable[Job] = (
        job
        for job in (_list(backup, options, start, end) if job_ids is None else named.in_order)
        if _matches(job, options, start, end)
        and wanted.matches(job)
        and (not references or any(about(job, reference) for reference in references))
        and (under is None or key_of(job, vault.id) in under)
    )
    everything = list(matching) if options["wait"] or options["group_by_vm"] else []
    errors = []
    if options["wait"]:
        errors.append(job_reading.wait(backup, everything, deadline, options["poll_interval"], unread))
    jobs, failed, counted = _read_through(everything or matching, options["limit"])
    if options["details"]:
        jobs, without_details = job_reading.detailed(backup, jobs)
        unread |= without_details
    errors.append(job_reading.not_read(unread) if unread else None)
    if options["fail_on_failed_jobs"]:
        errors.append(job_reading.not_found(vault.id, named.missing) if named.missing else None)
        errors.append(job_reading.failure(failed) if failed else None)
    grouped = {"vms": job_groups.by_machine(everything)} if options["group_by_vm"] else {}
    return Outcome(
        result={
            "jobs": [job_result(job, details=options["details"]) for job in jobs],
            "jobs_not_found": named.missing,
            "jobs_not_read": job_reading.not_read_results(unread),
            "summary": counted.as_result(),
            **grouped,
        },
        failure=job_reading.summed([error for error in errors if error]),
        warnings=[f"Vault {vault.id.name} has no job {job_id}." for job_id in named.missing],
    )


def _read_through(jobs: t.Iterable[Job], limit: int | None) -> tuple[list[Job], list[Job], job_groups.Summary]:
    """Read jobs to their end. Returns the first ``limit``, those that did not succeed, and the counts of all.

    Of a vault with many thousand jobs only these are in memory.
    """
    kept: list[Job] = []
    failed: list[Job] = []
    counted = job_groups.Summary()
    for job in jobs:
        counted.add(job)
        if limit is None or len(kept) < limit:
            kept.append(job)
        if job.ended and not job.succeeded:
            failed.append(job)
    return kept, failed, counted


def window(options: t.Mapping[str, t.Any], now: dt.datetime) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Read the range of start times that is asked for; raises InvalidInput. Without any option: the last 24 hours.

    Of jobs that run, those that have run for long are the ones to see: they are not bounded by a day.
    An end that is not asked for lies far ahead of now: the service's clock is not ours.
    """
    hours = options["last_hours"]
    if hours is not None and not 1 <= hours <= _MOST_HOURS:
        raise InvalidInput.for_option("last_hours", hours, f"a number of hours, 1 to {_MOST_HOURS}")
    start, end = (times.moment(option, options[option]) for option in ("from", "to"))
    if start and end and start >= end:
        raise InvalidInput(f"from: {options['from']!r} is not before to: {options['to']!r}.")
    if hours is None and start is None and end is None and options.get("job_id") is None:
        hours = _LONG_HOURS if options.get("status") and set(options["status"]) <= set(RUNNING) else _DEFAULT_HOURS
    if hours is not None:
        start = now - dt.timedelta(hours=hours)
    if start and end is None:
        end = max(start, now) + WINDOW
    return start, end


def _under_policies(backup: Backup, policies: t.Sequence[str]) -> set[JobKey]:
    """Return the machines that are under policies now: no job tells the policy under which it ran."""
    if not policies:
        raise InvalidInput("policy: the list is empty. Leave it out to see jobs of machines under any policy.")
    wanted = {
        contents.find_policy(backup, contents.policy_name(backup.vault_id, text)).name.casefold() for text in policies
    }
    items = (item for item in backup.protected_items() if item.policy_name.casefold() in wanted)
    return {machine_key(machine_id(item), backup.vault_id) for item in items}


def _list(
    backup: Backup, options: t.Mapping[str, t.Any], start: dt.datetime | None, end: dt.datetime | None
) -> t.Iterator[Job]:
    """List by what the service can filter: one status and one operation; several are sorted out while pages come."""
    only = {option: options[option][0] for option in ("status", "operation") if len(options[option] or ()) == 1}
    return backup.jobs(JobFilter(start=start, end=end, **only))


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
