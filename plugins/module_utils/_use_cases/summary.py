# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sum up where the backups of a fleet stand, and judge it: ``vm_backup_summary_info``.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from .._azure.client import AzureClient
from .._domain import coverage, reasons, summary, times, vault_settings
from .._domain.coverage import Covered
from .._domain.job_tally import Tally
from .._domain.jobs import WINDOW, JobKey, machine_key
from .._domain.models import Vault, VirtualMachine
from .._domain.reasons import Reason, Surroundings
from .._domain.selection import Filter
from .._domain.verdicts import View, job_key, judge
from .._domain.verdicts import result as verdict_result
from .._errors import BackupError, InvalidInput
from . import scope, summary_reading
from .jobs import window
from .outcome import Outcome
from .summary_reading import Seen

_MOST_HOURS = 10 * 366 * 24
_NOTHING_FOUND = (
    "No virtual machine was found. Check select and the subscription, and that the login may read the machines "
    "(role Reader): Azure leaves out of a list what it may not."
)
_LOOK_BACK = dt.timedelta(days=7)
"""So far back the cause of a stale recovery point is looked for."""


@dataclasses.dataclass(frozen=True)
class _Question:
    """What the task asks for."""

    scope: scope.Scope
    select: Filter
    excluded: Filter | None
    rpo_hours: int
    start: dt.datetime
    end: dt.datetime
    until: dt.datetime
    """Jobs that started later do not count: the end, or far ahead where none is asked for, as clocks differ."""
    now: dt.datetime
    fail_if: tuple[str, ...]

    @classmethod
    def parse(cls, options: t.Mapping[str, t.Any], now: dt.datetime) -> _Question:
        """Read a module's options; raises InvalidInput before any request is sent."""
        if not 1 <= options["rpo_hours"] <= _MOST_HOURS:
            raise InvalidInput.for_option("rpo_hours", options["rpo_hours"], f"a number of hours, 1 to {_MOST_HOURS}")
        start, until = window(options, now)
        until = until or now + WINDOW
        end = min(until, now)
        start = start or end - WINDOW
        if start >= end:
            raise InvalidInput.for_option("from", options["from"], "a time before now")
        return cls(
            scope=scope.Scope.parse(options),
            select=Filter.parse(options["select"] or {}),
            excluded=Filter.parse({"exclude": options["exclude"]}) if options["exclude"] else None,
            rpo_hours=options["rpo_hours"],
            start=start,
            end=end,
            until=until,
            now=now,
            fail_if=tuple(options["fail_if"] or ()),
        )

    def excludes(self, machine: VirtualMachine) -> bool:
        """Whether a machine needs no backup."""
        return self.excluded is not None and not self.excluded.matches(machine)


def summary_info(client: AzureClient, options: t.Mapping[str, t.Any]) -> Outcome:
    """Return where the machines and their backups stand; fails, with all of it, for what ``fail_if`` names."""
    seen = summary_reading.machines_and_items(client, _Question.parse(options, client.clock.now()).scope)
    # Only now is the service's own time known.
    asked = _Question.parse(options, client.clock.now())
    covered = _chosen(seen, asked)
    ids = _machines_of_jobs(seen)
    tallies = summary_reading.jobs(client, seen, asked.start, asked.until, _jobs_wanted(options, covered, ids))
    tally = Tally()
    for each in tallies.values():
        tally.merge(each)
    view = _view(client, seen, asked, covered, verify=options["verify_unprotected"])
    verdicts = sorted(
        (judge(one, view, location=machine.location, excluded=asked.excludes(machine)) for one, machine in covered),
        key=lambda verdict: (verdict.covered.id.name.casefold(), verdict.covered.id.key),
    )
    storage = summary_reading.storage(client, seen)
    found = summary.offenders(verdicts, tally, ids)
    return Outcome(
        result={
            "generated_at": times.to_iso(asked.now),
            "window": {
                "from": times.to_iso(asked.start),
                "to": times.to_iso(asked.end),
                "hours": round((asked.end - asked.start).total_seconds() / 3600, 1),
            },
            "rpo_hours": asked.rpo_hours,
            "subscriptions": list(seen.asked.subscriptions),
            "complete": not seen.unread,
            "problems": [unread.as_result() for unread in seen.unread],
            "summary": summary.counts(verdicts),
            "coverage": summary.coverage(verdicts),
            "vms": [verdict_result(verdict) for verdict in verdicts],
            "jobs": tally.result(asked.start, asked.end),
            "failures": tally.groups(ids),
            "vaults": [_vault(vault, seen, tallies, storage) for vault in _sorted(seen.asked.vaults)],
            "offenders": found,
        },
        failure=_failure(seen, summary.gate(found, asked.fail_if), asked, anybody=bool(verdicts)),
        warnings=[
            *scope.warnings([unread.problem for unread in seen.unread]),
            *([] if verdicts else [_NOTHING_FOUND]),
        ],
    )


def _chosen(seen: Seen, asked: _Question) -> list[tuple[Covered, VirtualMachine]]:
    """Put machines and items together and choose among them; a machine that is gone is taken where its vault is."""
    vaults = {vault.id.key: vault for vault in seen.vaults}
    in_question = {vault.id.key for vault in seen.asked.vaults}
    regions = {vault.location for vault in seen.asked.vaults} if seen.others or seen.asked.named else None
    listed = [machine for machines in seen.machines.values() for machine in machines]
    classic = [machine for machine in seen.protectable.values() if machine is not None]
    items = [item for each in seen.items.values() for item in each]
    chosen = []
    for one in coverage.join([*listed, *classic], items, listed=seen.machines):
        held_by = one.item.vault_id.key if one.item else None
        if one.machine is None:
            if held_by not in in_question:
                continue
            # No listing shows a classic machine, so that nobody knows whether one that a vault holds still exists.
            one = dataclasses.replace(one, known=one.known and not one.id.classic)
            machine = VirtualMachine(one.id, vaults[held_by].location if held_by else "")
        else:
            machine = one.machine
            if held_by not in in_question and regions is not None and machine.location not in regions:
                continue
        if asked.select.matches(machine):
            chosen.append((one, machine))
    return chosen


def _machines_of_jobs(seen: Seen) -> dict[JobKey, str]:
    """Return the ARM ids of the machines that jobs name by their container in a vault."""
    return {
        machine_key(machine, vault.id): str(machine)
        for vault in seen.asked.vaults
        for machine in map(coverage.machine_id, seen.items.get(vault.id.key, ()))
    }


def _jobs_wanted(
    options: t.Mapping[str, t.Any], covered: t.Sequence[tuple[Covered, VirtualMachine]], ids: t.Mapping[JobKey, str]
) -> t.Callable[[JobKey], bool]:
    """Say whose jobs count: with a selection those of its machines, also of ones whose item is no more."""
    if not options["select"]:
        return lambda key: True
    machines = {one.id.key for one, _machine in covered}
    names = {(one.id.resource_group.casefold(), one.id.name.casefold()) for one, _machine in covered}

    def wanted(key: JobKey) -> bool:
        machine = ids.get(key)
        return machine.casefold() in machines if machine else key[1:] in names

    return wanted


def _view(
    client: AzureClient,
    seen: Seen,
    asked: _Question,
    covered: t.Sequence[tuple[Covered, VirtualMachine]],
    *,
    verify: bool,
) -> View:
    waiting = _by_vault(one for one, _machine in covered if one.state == "waiting")
    unheld = [one.machine for one, _machine in covered if one.machine and not one.item and not one.id.classic]
    held: dict[str, str] = {}
    unasked: dict[str, str] = {}
    if verify:
        # What a discovery lists is protected nowhere.
        unclear = [machine for machine in unheld if machine.id.key not in seen.protectable]
        held, unasked = summary_reading.held_elsewhere(client, unclear)
    since = asked.now - dt.timedelta(hours=asked.rpo_hours)
    configured = summary_reading.configured(client, seen, waiting, since)
    unlisted = [unread.problem for unread in seen.unread if unread.affects == "vms" and unread.problem.vault is None]
    return View(
        now=asked.now,
        rpo_hours=asked.rpo_hours,
        around=Surroundings(
            # The vault that holds most is the one that people use.
            vaults=sorted(seen.asked.vaults, key=lambda vault: -len(seen.items.get(vault.id.key, ()))),
            protectable=seen.protectable.keys(),
            unread_regions={vault.location: vault.id.name for vault in seen.vaults if vault.id.key not in seen.items},
            unread_subscriptions={problem.subscription_id.casefold() for problem in unlisted},
            unasked=unasked,
            held=held,
        ),
        asked={vault.id.key for vault in seen.asked.vaults},
        configured=configured,
        causes=_causes(client, seen, asked, covered, configured),
    )


def _by_vault(covered: t.Iterable[Covered]) -> dict[str, dict[JobKey, dt.datetime | None]]:
    """Return, by the vault's key, the machines with the time of their newest recovery point."""
    machines: dict[str, dict[JobKey, dt.datetime | None]] = {}
    for one in covered:
        machines.setdefault(job_key(one)[0], {})[job_key(one)] = one.newest
    return machines


def _causes(
    client: AzureClient,
    seen: Seen,
    asked: _Question,
    covered: t.Sequence[tuple[Covered, VirtualMachine]],
    configured: t.Collection[JobKey],
) -> dict[JobKey, Reason]:
    """Find out why stale machines have no newer recovery point: what ended before the window may be the cause."""
    stale = _by_vault(
        one
        for one, _machine in covered
        if one.stale(asked.now, asked.rpo_hours) or (one.state == "waiting" and job_key(one) not in configured)
    )
    failed, others = summary_reading.troubled(client, seen, stale, asked.now - _LOOK_BACK)
    return {
        **{key: reasons.cancelled(job) for key, job in others["Cancelled"].items()},
        **summary.last_failures(failed),
        **{key: reasons.running(job) for key, job in others["InProgress"].items()},
    }


def _vault(
    vault: Vault,
    seen: Seen,
    tallies: t.Mapping[str, Tally],
    storage: t.Mapping[str, list[dict[str, t.Any]]],
) -> dict[str, t.Any]:
    settings = vault_settings.as_result(vault)
    items = seen.items.get(vault.id.key, ())
    tally = tallies.get(vault.id.key, Tally())
    deleted = sum(item.soft_deleted for item in items)
    return {
        "id": str(vault.id),
        "name": vault.id.name,
        "resource_group": vault.id.resource_group,
        "subscription_id": vault.id.subscription_id,
        "location": vault.location,
        "protected_items": len(items) - deleted,
        "soft_deleted_items": deleted,
        "storage": storage.get(vault.id.key, []),
        **{option: settings[option] for option in ("soft_delete", "soft_delete_days", "immutability", "redundancy")},
        "jobs": {"total": tally.total, "failed": tally.failed()},
        "readable": vault.id.key in seen.items,
    }


def _sorted(vaults: t.Iterable[Vault]) -> list[Vault]:
    return sorted(vaults, key=lambda vault: (vault.id.name.casefold(), vault.id.key))


def _failure(seen: Seen, guilty: BackupError | None, asked: _Question, *, anybody: bool) -> BackupError | None:
    """Return what the task fails with: offences, what can't be read though the verdict needs it, and a check of nobody.

    ``anybody`` is whether any machine was found.
    """
    fail_if = asked.fail_if
    read = bool(seen.items or seen.machines)
    unreadable = scope.failure([unread.problem for unread in seen.unread], anything_read=read)
    if unreadable is None and fail_if:
        # A gate must not open because nobody could look.
        needed = {"vms"} | ({"jobs"} if {"failures", "stale"} & set(fail_if) else set())
        missing = [unread.problem for unread in seen.unread if unread.affects in needed]
        unreadable = scope.failure(missing, anything_read=False)
    if guilty is None and unreadable is None and fail_if and not anybody and asked.select != Filter():
        # A misspelt name would otherwise prove that all is well.
        return BackupError(
            "select matches no virtual machine, so there is nothing that fail_if could vouch for.",
            code="NothingToCheck",
            operation="check the backups",
            recommendations=[_NOTHING_FOUND],
        )
    if guilty is None or unreadable is None:
        return guilty or unreadable
    guilty.message = f"{guilty.message} || Besides, not all could be read: {unreadable.message}"
    return guilty
