# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start backups now: ``vm_backup_now``.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from .._azure.backup import Backup, Submission
from .._azure.client import AzureClient
from .._azure.clock import Deadline
from .._domain import ids, results, times
from .._domain.item_states import item_stopped
from .._domain.job_models import Job
from .._domain.jobs import job_result, snapshot_taken
from .._domain.models import ProtectedItem, Vault, VirtualMachine
from .._errors import BackupError, InvalidInput
from . import contents, fleet, machines, submissions
from .outcome import Outcome

_OPERATION = "Backup"
# The service keeps a recovery point 99 years at most, as the longest yearly retention.
_LONGEST_DAYS = 99 * 365


@dataclasses.dataclass
class _Backup:
    """One machine, and the backup that was started, or why none was."""

    machine: VirtualMachine
    item: ProtectedItem
    action: str = "start"
    """``start``, ``skip_newer``, ``skip_running``, or ``none`` when it can't be backed up."""
    job: Job | None = None
    job_id: str | None = None
    request_id: str | None = None
    """The id of the request that started the backup, which finds its job also while ``job_id`` is not known."""
    error: BackupError | None = None

    @property
    def changed(self) -> bool:
        """Whether a backup is, or would be, started."""
        return self.action == "start"


def back_up_now(client: AzureClient, options: t.Mapping[str, t.Any]) -> Outcome:
    """Start a backup of every selected machine that the vault holds, and wait for it when asked."""
    request = machines.Request.parse(options)
    _moments(client, options)
    vault_id = contents.vault_id(client, options)
    vault, (running, items) = fleet.at_once(
        lambda: contents.existing_vault(client, vault_id), lambda: _running_and_items(Backup(client, vault_id), options)
    )
    # Only now is the service's own time known.
    expires_at, fresh_since = _moments(client, options)
    backup = Backup(client, vault.id)
    found = machines.find_held(client, request, vault, items)
    fleet_state = [_Backup(machine, items[machine.id.key]) for machine in found.machines]
    _refuse(fleet_state, vault, selected_by_name=bool(request.references))
    _skip(fleet_state, fresh_since, running)
    if not client.check_mode:
        _start(backup, fleet_state, expires_at, options)
    return _outcome(vault, fleet_state, found)


def _running_and_items(
    backup: Backup, options: t.Mapping[str, t.Any]
) -> tuple[dict[submissions.Machine, Job], dict[str, ProtectedItem]]:
    """Read the backups that run, before the items: one that ends in between shows as a new recovery point.

    The other way round, both looks would miss it.
    """
    running = submissions.in_progress(backup, _OPERATION) if options["skip_if_running"] else {}
    return running, contents.items_by_machine(backup)


def _moments(client: AzureClient, options: t.Mapping[str, t.Any]) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Return until when to keep the recovery points, and since when one counts as fresh; raises InvalidInput."""
    now = client.clock.now()
    return (
        expiry(options["retain_until"], options["retain_days"], now),
        freshness(options["skip_if_newer_than"], now),
    )


def expiry(retain_until: str | None, retain_days: int | None, now: dt.datetime) -> dt.datetime | None:
    """Read how long to keep the recovery point; raises InvalidInput. None leaves it to the service (30 days)."""
    if retain_days is not None:
        if not 1 <= retain_days <= _LONGEST_DAYS:
            raise InvalidInput.for_option("retain_days", retain_days, f"1 to {_LONGEST_DAYS} (99 years)")
        return now + dt.timedelta(days=retain_days)
    if retain_until is None:
        return None
    allowed = "a date or time in the future, ISO 8601, such as 2027-03-31 or 2027-03-31T18:00:00Z"
    try:
        moment = times.from_user(retain_until)
    except ValueError:
        raise InvalidInput.for_option("retain_until", retain_until, allowed) from None
    if not now < moment <= now + dt.timedelta(days=_LONGEST_DAYS):
        raise InvalidInput.for_option("retain_until", retain_until, f"{allowed}, within 99 years")
    return moment


def freshness(skip_if_newer_than: str | None, now: dt.datetime) -> dt.datetime | None:
    """Read the age that a recovery point must have to be "old"; raises InvalidInput."""
    if skip_if_newer_than is None:
        return None
    age = times.span(skip_if_newer_than)
    if age is None:
        allowed = "a number with its unit: 90m, 24h or 7d"
        raise InvalidInput.for_option("skip_if_newer_than", skip_if_newer_than, allowed)
    return now - age


def _refuse(fleet_state: t.Sequence[_Backup], vault: Vault, *, selected_by_name: bool) -> None:
    """Find what the service would refuse: nothing is backed up that is stopped or deleted."""
    for one in fleet_state:
        if not item_stopped(one.item):
            continue
        one.action = "none"
        if not selected_by_name:
            continue
        state = "soft-deleted" if one.item.soft_deleted else f"in state {one.item.protection_state}"
        undelete = " and undelete: true" if one.item.soft_deleted else ""
        one.error = BackupError(
            f"{one.machine.id.name} is {state} in vault {vault.id.name}; only a protected machine can be backed up.",
            code="NotProtected",
            operation="start backup",
            resource_id=one.item.id,
            recommendations=[f"Protect it again with vm_backup_protect{undelete} first."],
        )


def _skip(
    fleet_state: t.Sequence[_Backup],
    fresh_since: dt.datetime | None,
    running: t.Mapping[submissions.Machine, Job],
) -> None:
    for one in fleet_state:
        newest = _newest_point(one.item)
        if one.changed and fresh_since and newest and newest >= fresh_since:
            one.action = "skip_newer"
    starting = {str(one.machine.id): one for one in fleet_state if one.changed}
    for key, theirs in submissions.among(running, {key: one.machine.id for key, one in starting.items()}).items():
        one = starting[key]
        one.action, one.job, one.job_id = "skip_running", theirs.job, theirs.job_id


def _newest_point(item: ProtectedItem) -> dt.datetime | None:
    """A backup that failed has a time as well, but made no recovery point."""
    completed = ids.same(item.last_backup_status or "", "Completed")
    return item.last_recovery_point or (item.last_backup_time if completed else None)


def _start(
    backup: Backup, fleet_state: t.Sequence[_Backup], expires_at: dt.datetime | None, options: t.Mapping[str, t.Any]
) -> None:
    todo = {str(one.machine.id): one for one in fleet_state if one.changed}
    started = [backup.client.clock.now()]
    sent = submissions.send_all(
        backup,
        {key: _send(backup, one, expires_at) for key, one in todo.items()},
        _OPERATION,
        options["poll_interval"],
    )
    if options["wait"]:
        # A backup that was running already is as good as one of our own, so it is waited for as well.
        running = {str(one.machine.id): one for one in fleet_state if one.action == "skip_running"}
        sent |= {key: submissions.Followed.of(one.job) for key, one in running.items() if one.job}
        started += [one.job.start_time for one in running.values() if one.job and one.job.start_time]
        todo |= running
    submissions.follow(
        backup,
        [made for made in sent.values() if isinstance(made, submissions.Followed)],
        operation=_OPERATION,
        started=min(started),
        deadline=Deadline(
            backup.client.clock, options["wait_timeout"] if options["wait"] else submissions.JOB_ID_PATIENCE
        ),
        poll_interval=options["poll_interval"],
        enough=_enough(backup, options),
    )
    for key, made in sent.items():
        one = todo[key]
        if isinstance(made, BackupError):
            one.error, one.action = made, "none"
        else:
            one.job, one.job_id = made.job, made.job_id
            one.request_id = made.submission.request_id if one.changed else None
            one.error = made.error if options["wait"] or made.ended else None


def _send(backup: Backup, one: _Backup, expires_at: dt.datetime | None) -> t.Callable[[], Submission]:
    return lambda: backup.start_backup(*ids.item_path(one.item.id), expires_at)


def _enough(backup: Backup, options: t.Mapping[str, t.Any]) -> t.Callable[[Job], bool]:
    """Return the question "is this job far enough?" for what the task waits for."""
    if not options["wait"]:
        return lambda job: True
    if options["wait_for"] == "snapshot":
        return lambda job: job.ended or _snapshot_taken(backup, job)
    return lambda job: job.ended


def _snapshot_taken(backup: Backup, job: Job) -> bool:
    detailed = backup.job(job.name)  # a list does not tell the tasks
    return detailed is not None and snapshot_taken(detailed)


def _outcome(vault: Vault, fleet_state: t.Sequence[_Backup], found: machines.Found) -> Outcome:
    outcomes = [
        {
            **results.machine(one.machine),
            "item_id": one.item.id,
            "last_recovery_point": times.to_iso(one.item.last_recovery_point),
            "action": one.action,
            "changed": one.changed,
            "job_id": one.job_id,
            "request_id": one.request_id,
            "job": job_result(one.job) if one.job else None,
            "error": results.problem(one.error),
        }
        for one in fleet_state
    ]
    outcomes += [_not_held(reference.text, error, vault) for reference, error in found.problems]
    return Outcome(
        changed=any(one.changed for one in fleet_state),
        result={"vault": results.vault(vault), "vms": outcomes},
        failure=fleet.failure(outcomes, "backed up"),
        warnings=[] if outcomes else [f"Vault {vault.id.name} holds no virtual machine that matches select."],
    )


def _not_held(text: str, error: BackupError, vault: Vault) -> dict[str, t.Any]:
    if error.code != machines.AMBIGUOUS:
        error = BackupError(
            f"{text} is not protected in vault {vault.id.name}.",
            code="NotProtected",
            operation="start backup",
            recommendations=["Protect it with vm_backup_protect, or name the vault that protects it."],
        )
    return {
        **results.unknown_machine(text),
        "item_id": None,
        "last_recovery_point": None,
        "action": "none",
        "changed": False,
        "job_id": None,
        "request_id": None,
        "job": None,
        "error": error.as_result(),
    }
