# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cancel jobs, or wait for their end: ``vm_backup_job``.

This file is private to the collection.
"""

from __future__ import annotations

import contextlib
import typing as t

from .._azure.backup import Backup
from .._azure.backup_jobs import BackupJobs, Cancellation
from .._azure.client import AzureClient
from .._azure.clock import Deadline
from .._azure.operations import intervals, refused
from .._domain import ids, results, selection
from .._domain.cancellations import Controlled
from .._domain.coverage import machine_id
from .._domain.job_models import RUNNING, Job
from .._domain.jobs import JobFilter, about, job_machine, key_of, machine_key
from .._errors import AnswerLost, BackupError, InvalidInput, ServiceError, told
from . import contents, fleet, job_reading, lost_answers
from .outcome import Outcome

_SENDS = 3
_LOOKS_FOR_A_LOST_ANSWER = 4
_REFUSALS = (400, 409)


def control_jobs(client: AzureClient, options: t.Mapping[str, t.Any]) -> Outcome:
    """Have the jobs that the task names cancelled or ended."""
    references = selection.parse_references(options["vms"]) if options["vms"] is not None else ()
    job_ids = list(dict.fromkeys(job_reading.guid(text) for text in options["job_id"] or ()))
    cancels = options["state"] == "cancelled"
    if not cancels and not options["wait"]:
        raise InvalidInput("wait: with state: finished the task waits. vm_backup_job_info shows jobs without waiting.")
    vault = contents.existing_vault(client, contents.vault_id(client, options))
    backup = Backup(client, vault.id)
    unheld: list[str] = []
    deadline = job_reading.task_deadline(backup, options)
    if references:
        jobs, unheld = _running(backup, references, options["operation"])
        named = job_reading.Reading()
    else:
        if cancels:
            # A cancellation has no time to wait for an id that may be wrong, and begins only when all is known.
            named = job_reading.read(backup, job_ids)
            for error in named.unread.values():
                raise error
        else:
            named = job_reading.find(backup, job_ids, deadline, options["poll_interval"])
        jobs = named.in_order
    controlled = [Controlled.to_cancel(job) if cancels else Controlled.to_finish(job) for job in jobs]
    if cancels:
        timeout = _cancel(backup, controlled, options)
    else:
        timeout = _wait(backup, controlled, {}, options, deadline)
    return Outcome(
        changed=any(one.changed for one in controlled),
        result={
            "jobs": [one.as_result() for one in controlled],
            "jobs_not_found": named.missing,
            "jobs_not_read": job_reading.not_read_results(named.unread),
            "vms_not_found": unheld,
            "summary": _summary(controlled),
        },
        before={"jobs": {one.job.name: one.was for one in controlled if one.changed}},
        after={"jobs": {one.job.name: _becomes(client, one, options) for one in controlled if one.changed}},
        failure=_failure(controlled, named, timeout, vault.id, judge=not cancels and options["fail_on_failed_jobs"]),
        warnings=[f"vms: vault {vault.id.name} holds no virtual machine {text!r}." for text in unheld],
    )


def _running(
    backup: Backup, references: t.Sequence[selection.Reference], operations: t.Sequence[str]
) -> tuple[list[Job], list[str]]:
    """Find the running jobs of machines, and the entries of ``vms`` of which the vault holds no machine.

    A job names no subscription; the vault's item of the machine does.
    """
    if not operations:
        raise InvalidInput("operation: the list is empty. Leave it out for backups.")
    held = {machine_key(machine, backup.vault_id): machine for machine in map(machine_id, backup.protected_items())}
    meant = [reference.within(backup.client.subscription_id) for reference in references]

    def wanted(job: Job) -> bool:
        machine = held.get(key_of(job, backup.vault_id))
        return any(one.means(machine) if machine else about(job, one) for one in meant)

    filters = [JobFilter(operation=operation, status=status) for operation in operations for status in RUNNING]
    # A job can pass from one status to the other between two lists.
    jobs = {job.name: job for asked in filters for job in backup.jobs(asked) if wanted(job)}
    unheld = [one.text for one in meant if not any(one.means(machine) for machine in held.values())]
    return list(jobs.values()), unheld


def _cancel(backup: Backup, controlled: t.Sequence[Controlled], options: t.Mapping[str, t.Any]) -> BackupError | None:
    to_cancel = {one.job.name: one for one in controlled if one.action == "cancel"}
    if backup.client.check_mode:
        # Only the details of a job tell whether its snapshot is taken; a job that is read by its id has them.
        jobs, unread = job_reading.detailed(backup, [one.job for one in to_cancel.values()])
        for job in jobs:
            one = to_cancel[job.name]
            if job.name in unread:
                one.action, one.error = "none", unread[job.name]
            else:
                one.predict(job)
        return None
    sender = BackupJobs(backup.client, backup.vault_id)
    sent = fleet.run(to_cancel, lambda one: _send(backup, sender, one.job, options["poll_interval"]))
    accepted: dict[str, Cancellation] = {}
    for job_id, made in sent.items():
        one = to_cancel[job_id]
        if isinstance(made, Cancellation):
            accepted[job_id] = made
        elif isinstance(made, ServiceError) and made.http_status in _REFUSALS:
            # What the job is now explains the refusal.
            one.job = _latest(backup, one.job)
            if not one.job.ended and one.job.status != "Cancelling":
                one.refuse(made)
            elif not one.job.ended:
                one.action = "wait"
        elif isinstance(made, BackupError):
            one.action, one.error = "none", made
    timeout = _wait(backup, controlled, accepted, options, job_reading.task_deadline(backup, options))
    for one in controlled:
        one.conclude()
    changed = sum(one.changed for one in controlled)
    if timeout and changed:
        timeout = timeout.reworded(f"Azure has accepted to cancel {job_reading.count(changed)}. {timeout.message}")
    return timeout


def _send(backup: Backup, sender: BackupJobs, job: Job, poll_interval: float) -> Cancellation:
    """Send a cancellation; when its answer is lost, look whether the service acted before sending it again."""
    lost: AnswerLost | None = None
    for attempt in range(1, _SENDS + 1):
        try:
            return sender.cancel(job.name)
        except BackupError as error:
            if not isinstance(error, AnswerLost):
                if lost is None or refused(error):
                    raise
                raise lost_answers.unknown(lost, "it could not be sent again", error) from error
            lost = error
            for _look, pause in zip(range(_LOOKS_FOR_A_LOST_ANSWER), intervals(poll_interval), strict=False):
                backup.client.clock.sleep(pause)
                seen = _latest(backup, job)
                if seen.ended or seen.status == "Cancelling":
                    return Cancellation(None)
            if attempt == _SENDS:
                raise
    raise AssertionError("unreachable")


def _latest(backup: Backup, job: Job) -> Job:
    """Read a job; where that is not possible, it is as it was: what is sent already must not be lost for this."""
    try:
        return backup.job(job.name) or job
    except BackupError:
        return job


def _wait(
    backup: Backup,
    controlled: t.Sequence[Controlled],
    accepted: t.Mapping[str, Cancellation],
    options: t.Mapping[str, t.Any],
    deadline: Deadline,
) -> BackupError | None:
    """Look at the jobs until all have ended or are refused, or the deadline passes; without ``wait``, look once.

    Never raises: returns WaitTimeout, or why the jobs can't be read any more.
    """
    pauses = intervals(options["poll_interval"])
    while True:
        # To ask why a job goes on can take long: what is told of the jobs must not be older than that.
        last = deadline.expired()
        try:
            _look(backup, controlled, accepted)
        except Exception as error:
            trouble = told(error)
            if job_reading.hopeless(backup, trouble, deadline):
                return job_reading.lost([one.job for one in controlled if one.error is None], trouble)
        job_reading.tell(backup, [one.job for one in controlled], cancelling=options["state"] == "cancelled")
        waiting = [one.job for one in controlled if one.open]
        if not waiting or not options["wait"]:
            return None
        if last:
            return job_reading.timeout([one.job for one in controlled if one.error is None])
        backup.client.clock.sleep(min(next(pauses), max(deadline.remaining(), 0)))


def _look(backup: Backup, controlled: t.Sequence[Controlled], accepted: t.Mapping[str, Cancellation]) -> None:
    """Read what has become of the jobs; for one that goes on although it was to be cancelled, ask why."""
    open_ones = [one for one in controlled if one.open]
    if not open_ones:
        return
    current = job_reading.read_again(backup, [one.job for one in open_ones])
    sender = BackupJobs(backup.client, backup.vault_id)
    for one in open_ones:
        one.job = current.jobs.get(one.job.name, one.job)
        error = current.unread.get(one.job.name)
        if error and not error.retryable:
            one.error = error
        elif one.job.status == "InProgress" and one.job.name in accepted:
            _check(backup, sender, one, accepted[one.job.name])


def _check(backup: Backup, sender: BackupJobs, one: Controlled, cancellation: Cancellation) -> None:
    with contextlib.suppress(BackupError):
        try:
            sender.check(one.job.name, cancellation)
        except ServiceError as error:
            if error.http_status is None or error.http_status in _REFUSALS:
                one.job = _latest(backup, one.job)
                if one.job.status == "InProgress":
                    one.refuse(error)


def _becomes(client: AzureClient, one: Controlled, options: t.Mapping[str, t.Any]) -> str:
    """Return the status that a cancelled job has, or will have where the task does not wait for it."""
    return "Cancelled" if options["wait"] or not client.check_mode and one.job.ended else "Cancelling"


def _summary(controlled: t.Sequence[Controlled]) -> dict[str, t.Any]:
    by_status: dict[str, int] = {}
    for one in controlled:
        by_status[one.job.status] = by_status.get(one.job.status, 0) + 1
    return {
        "total": len(controlled),
        "by_status": by_status,
        "cancelled": sum(one.changed for one in controlled),
        "refused": sum(one.error is not None for one in controlled),
    }


def _failure(
    controlled: t.Sequence[Controlled],
    named: job_reading.Reading,
    timeout: BackupError | None,
    vault: ids.VaultId,
    *,
    judge: bool,
) -> BackupError | None:
    """Sum up what went wrong in one error."""
    refused = [one for one in controlled if one.error]
    errors = [one.error for one in refused if one.error]
    told = fleet.reasons([{"name": job_machine(one.job)[1], "error": results.problem(one.error)} for one in refused])
    if named.missing:
        errors.append(job_reading.not_found(vault, named.missing))
    if named.unread:
        errors.append(job_reading.not_read(named.unread))
    if timeout:
        errors.append(timeout)
    failed = [one.job for one in controlled if one.job.ended and not one.job.succeeded] if judge else []
    if failed:
        errors.append(job_reading.failure(failed))
    return job_reading.summed(errors, [*told, *(error.message for error in errors[len(refused) :])])
