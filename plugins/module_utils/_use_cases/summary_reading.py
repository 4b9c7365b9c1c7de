# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what a summary is made of: machines, and what each vault holds, has done and uses. Pages of lists only.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from .._azure.backup import Backup
from .._azure.client import AzureClient
from .._azure.vaults import Vaults
from .._domain import ids
from .._domain.coverage import machine_id
from .._domain.job_models import Job
from .._domain.job_tally import Tally
from .._domain.jobs import WINDOW, JobFilter, JobKey, key_of
from .._domain.models import ProtectedItem, Vault, VirtualMachine
from .._errors import BackupError, NotFound
from . import contents, scope

Made = t.TypeVar("Made")

_Affects = t.Literal["vms", "jobs", "usage"]


@dataclasses.dataclass(frozen=True)
class Unread:
    """Something that could not be read, and which part of the summary it is missing from."""

    affects: _Affects
    problem: scope.Problem

    def as_result(self) -> dict[str, t.Any]:
        """Return an element of ``problems``."""
        return {"affects": self.affects, **self.problem.as_result()}


@dataclasses.dataclass
class Seen:
    """What could be read."""

    asked: scope.InScope
    """The vaults that the task asks about."""
    others: tuple[Vault, ...] = ()
    """The other vaults of the same subscriptions, read for what they hold only."""
    machines: dict[str, list[VirtualMachine]] = dataclasses.field(default_factory=dict)
    """By subscription, in lower case."""
    items: dict[str, list[ProtectedItem]] = dataclasses.field(default_factory=dict)
    """By the vault's key; a vault that can't be read is not there."""
    protectable: dict[str, VirtualMachine | None] = dataclasses.field(default_factory=dict)
    """The machines that a discovery has seen unprotected, by their keys; None for one that a listing shows, too."""
    unread: list[Unread] = dataclasses.field(default_factory=list)

    def note(self, affects: _Affects, problems: t.Iterable[scope.Problem]) -> None:
        """Keep what could not be read."""
        self.unread += [Unread(affects, problem) for problem in problems]

    @property
    def vaults(self) -> tuple[Vault, ...]:
        """All the vaults, those that were asked about first."""
        return (*self.asked.vaults, *self.others)


def machines_and_items(client: AzureClient, wanted: scope.Scope) -> Seen:
    """Read the machines of the subscriptions, and all that their vaults hold."""
    seen = Seen(scope.find(client, wanted))
    seen.note("vms", seen.asked.problems)
    if wanted.resource_group and not seen.asked.vaults and not seen.asked.problems:
        # Nothing to look at must not pass for nothing to complain about.
        raise NotFound(
            f"There is no Recovery Services vault in resource group {wanted.resource_group!r}.",
            code="VaultNotFound",
            http_status=404,
            operation="list the vaults",
            recommendations=[
                "Check the group and the subscription, or leave resource_group out to look at all vaults."
            ],
        )
    if wanted.vaults or wanted.vault_name or wanted.resource_group:
        # A machine in a vault that was not asked about must not pass for unprotected.
        everywhere = scope.find(client, scope.Scope(subscriptions=seen.asked.subscriptions))
        known = {vault.id.key for vault in seen.asked.vaults}
        seen.others = tuple(vault for vault in everywhere.vaults if vault.id.key not in known)
        told = {problem.subscription_id for problem in seen.asked.problems}
        further = [problem for problem in everywhere.problems if problem.subscription_id not in told]
        seen.note("vms", [dataclasses.replace(problem, named=False) for problem in further])
    seen.machines, problems = scope.machines(client, seen.asked.subscriptions, named=True)
    seen.note("vms", problems)
    _read_items(client, seen)
    _read_machines_elsewhere(client, seen)
    return seen


def _read_items(client: AzureClient, seen: Seen) -> None:
    def look(backup: Backup, vault: Vault) -> tuple[list[ProtectedItem], dict[str, VirtualMachine | None]]:
        items = {item.id.casefold(): item for item in backup.protected_items()}
        protectable = contents.protectable_by_machine(backup) if vault.id.key in asked else {}
        return list(items.values()), {
            # A classic machine is in no listing of machines. A vault's discovery only sees those of its region.
            key: VirtualMachine(vm_id, vault.location) if vm_id.classic else None
            for key, vm_id in ((key, contents.machine_id(item, vault.id)) for key, item in protectable.items())
        }

    asked = {vault.id.key for vault in seen.asked.vaults}
    for part in (seen.asked, dataclasses.replace(seen.asked, vaults=seen.others, named=False)):
        read, problems = scope.read(client, part, look)
        seen.note("vms", problems)
        for key, (items, protectable) in read.items():
            seen.items[key] = items
            seen.protectable |= protectable


def _read_machines_elsewhere(client: AzureClient, seen: Seen) -> None:
    """Read the machines of further subscriptions that a vault holds machines of: of those only what is held counts."""
    held = {
        machine.key: machine.subscription_id
        for vault in seen.asked.vaults
        for machine in map(machine_id, seen.items.get(vault.id.key, ()))
    }
    further = {subscription.casefold(): subscription for subscription in held.values()}
    listed, problems = scope.machines(
        client, [each for key, each in sorted(further.items()) if key not in _looked_at(seen)]
    )
    seen.note("vms", problems)
    for key, machines in listed.items():
        seen.machines[key] = [machine for machine in machines if machine.id.key in held]


def _looked_at(seen: Seen) -> set[str]:
    return {each.casefold() for each in seen.asked.subscriptions}


def jobs(
    client: AzureClient,
    seen: Seen,
    start: dt.datetime,
    end: dt.datetime,
    wanted: t.Callable[[JobKey], bool],
) -> dict[str, Tally]:
    """Count the jobs of the vaults that were asked about while their pages come, by the vault's key."""
    first, last = start.replace(microsecond=0), end + dt.timedelta(seconds=1)

    def look(backup: Backup, vault: Vault) -> Tally:
        tally = Tally()
        for job in backup.jobs(JobFilter(start=start, end=end)):
            inside = job.start_time is None or first <= job.start_time < last
            if inside and wanted(key_of(job, vault.id)):
                tally.add(job, vault.id)
        return tally

    tallies, problems = scope.read(client, seen.asked, look)
    seen.note("jobs", problems)
    return tallies


def configured(
    client: AzureClient, seen: Seen, waiting: t.Mapping[str, t.Collection[JobKey]], since: dt.datetime
) -> set[JobKey]:
    """Find out which machines that wait for their first backup were configured since then: no item tells when.

    ``waiting`` are the machines by the vault's key. Where the jobs can't be read, all of them count as configured.
    """

    def look(backup: Backup, vault: Vault) -> set[JobKey]:
        asked = JobFilter(operation="ConfigureBackup", start=since, end=client.clock.now() + WINDOW)
        return {key_of(job, vault.id) for job in backup.jobs(asked)}

    read = _read_jobs(client, seen, waiting, look)
    unread = {key for vault, keys in waiting.items() if vault not in read for key in keys}
    return unread.union(*read.values())


def troubled(
    client: AzureClient, seen: Seen, stale: t.Mapping[str, t.Mapping[JobKey, dt.datetime | None]], since: dt.datetime
) -> tuple[Tally, dict[str, dict[JobKey, Job]]]:
    """Look for what kept machines from a new recovery point: failed and cancelled backups since then, and running ones.

    ``stale`` are, by the vault's key, the machines with the time of their newest recovery point. Returns the failures
    after that, and by status the last job of the machines whose backup was cancelled or runs.
    """

    def look(backup: Backup, vault: Vault) -> tuple[Tally, dict[str, dict[JobKey, Job]]]:
        machines = stale[vault.id.key]

        def found(status: str, start: dt.datetime | None) -> t.Iterator[tuple[JobKey, Job]]:
            for job in backup.jobs(JobFilter(operation="Backup", status=status, start=start)):
                key = key_of(job, vault.id)
                newest = machines.get(key)
                if key in machines and job.start_time and (newest is None or job.start_time > newest):
                    yield key, job

        failed = Tally(longest_kept=0)
        for _key, job in found("Failed", since):
            failed.add(job, vault.id)
        # A backup that hangs may have been started at any time.
        ended = {"Cancelled": _latest(found("Cancelled", since)), "InProgress": _latest(found("InProgress", None))}
        return failed, ended

    failures = Tally(longest_kept=0)
    jobs_by_status: dict[str, dict[JobKey, Job]] = {"Cancelled": {}, "InProgress": {}}
    for failed, by_status in _read_jobs(client, seen, stale, look).values():
        failures.merge(failed)
        for status, found in by_status.items():
            jobs_by_status[status] |= found
    return failures, jobs_by_status


def _latest(found: t.Iterable[tuple[JobKey, Job]]) -> dict[JobKey, Job]:
    return dict(sorted(found, key=lambda one: str(one[1].start_time)))


def _read_jobs(
    client: AzureClient,
    seen: Seen,
    wanted: t.Mapping[str, t.Collection[JobKey]],
    look: t.Callable[[Backup, Vault], Made],
) -> dict[str, Made]:
    """Look at jobs of some of the vaults; what is already known to be unreadable is not noted again."""
    vaults = tuple(vault for vault in seen.asked.vaults if wanted.get(vault.id.key))
    read, problems = scope.read(client, dataclasses.replace(seen.asked, vaults=vaults), look)
    known = {unread.problem.vault for unread in seen.unread if unread.affects == "jobs"}
    seen.note("jobs", [problem for problem in problems if problem.vault not in known])
    return read


def storage(client: AzureClient, seen: Seen) -> dict[str, list[dict[str, t.Any]]]:
    """Read how much each vault that was asked about stores, where the service tells, by the vault's key."""

    def look(_backup: Backup, vault: Vault) -> list[dict[str, t.Any]]:
        return [
            {
                "name": counter["name"]["value"],
                "bytes": int(counter.get("currentValue") or 0),
                "limit": None if counter.get("limit", -1) in (-1, None) else int(counter["limit"]),
            }
            for counter in Vaults(client).counters(vault.id)
            # There is a counter for each kind of redundancy, of which a vault uses one.
            if ids.same(str(counter.get("unit") or ""), "Bytes") and counter.get("currentValue")
        ]

    used, problems = scope.read(client, dataclasses.replace(seen.asked, named=False), look)
    seen.note("usage", problems)
    return used


def held_elsewhere(client: AzureClient, machines: t.Sequence[VirtualMachine]) -> tuple[dict[str, str], dict[str, str]]:
    """Ask the service, one request for each machine, which vault of any subscription holds it.

    Returns the vault's id by the machine's key, and by the key why the service did not tell.
    """
    # The question names no vault; any will do to ask it through.
    backup = Backup(client, ids.VaultId(client.subscription_id, "", ""))
    held, unasked = {}, {}
    for key, status in contents.statuses(backup, machines).items():
        if isinstance(status, BackupError):
            unasked[key] = status.message
        elif vault := status.other_than(backup.vault_id):
            held[key] = vault
    return held, unasked
