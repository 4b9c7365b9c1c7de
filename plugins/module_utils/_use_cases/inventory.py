# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the machines and what vaults make of them, for the inventory plugin ``vm_backup``.

A few requests whatever the number of machines: the pages of one list of machines and one of vaults for each
subscription, and the pages of each vault's items.
This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from .._azure.backup import Backup
from .._azure.client import AzureClient
from .._azure.compute import Compute
from .._domain import coverage, results, times
from .._domain.models import ProtectedItem, Vault, VirtualMachine
from .._errors import BackupError, InvalidInput
from . import fleet, machines, scope

UNKNOWN: t.Final = "unknown"
"""The state of a machine that a vault might hold which can't be read: nobody can say that it is unprotected."""
STATES: t.Final = (*coverage.STATES, UNKNOWN)
_OF_ITEM: t.Final = (
    "policy_name",
    "item_id",
    "protection_state",
    "health_status",
    "last_backup_status",
    "last_backup_time",
    "last_recovery_point",
    "deleted_permanently_at",
)

Facts = dict[str, t.Any]


class Snapshot(t.TypedDict):
    """What was read, as JSON: it may be kept in a cache for some time."""

    machines: list[Facts]
    """Each with ``azure_vm`` and ``vm_backup``, the host's variables."""
    warnings: list[str]


def snapshot(client: AzureClient, options: t.Mapping[str, t.Any]) -> Snapshot:
    """Read all machines that the options choose, and every vault in their regions.

    Raises BackupError when a subscription can't be read, or a machine that is named isn't there. A vault that can't be
    read is told in a warning; machines of its region that no other vault holds are then in the state ``unknown``.
    """
    request = machines.Request.parse(options)
    asked = scope.Scope.parse({"subscriptions": options.get("subscriptions")})
    rpo_hours(options)
    # A machine that is named by its id may be in a subscription that nothing else names.
    named = {one.id.subscription_id.casefold() for one in request.references if one.id}
    subscriptions = {each.casefold(): each for each in asked.subscriptions or (client.subscription_id,)}
    subscriptions |= {each: each for each in sorted(named) if each not in subscriptions}

    listed, problems = scope.machines(client, subscriptions.values(), named=True)
    _refuse(problems)
    found = scope.find(client, scope.Scope(subscriptions=tuple(subscriptions.values())))
    _refuse(found.problems)
    chosen = _chosen(request, [machine for each in listed.values() for machine in each])
    regions = {machine.location for machine in chosen}
    nearby = [vault for vault in found.vaults if vault.location in regions]
    items, unread = scope.read(client, scope.InScope(found.subscriptions, tuple(nearby)), _items)
    unclear = {vault.location for vault in nearby if vault.id.key not in items}
    power = _power_states(client, chosen) if options.get("power_state") else {}
    covered = coverage.join(chosen, [item for each in items.values() for item in each])
    return Snapshot(
        machines=[
            _facts(one.machine, one, power.get(one.id.key), unclear=one.machine.location in unclear)
            for one in covered
            if one.machine
        ],
        warnings=[
            *client.warnings,
            *(f"{told}. State unknown: machines of its region that no other vault holds" for told in _told(unread)),
        ],
    )


def rpo_hours(options: t.Mapping[str, t.Any]) -> float:
    """Return how old the newest recovery point may be; raises InvalidInput for less than an hour."""
    hours = options.get("rpo_hours")
    if hours is None:
        return coverage.RPO_HOURS
    if hours < 1:
        raise InvalidInput.for_option("rpo_hours", hours, "a number of hours, at least 1")
    return float(hours)


def aged(backup: t.Mapping[str, t.Any], now: dt.datetime, rpo: float) -> Facts:
    """Return the variable ``vm_backup`` with what depends on the time instead of ``newest``."""
    newest = times.from_wire(backup["newest"])
    shown = {key: value for key, value in backup.items() if key != "newest"}
    return {
        **shown,
        "age_hours": round((now - newest).total_seconds() / 3600, 1) if newest else None,
        "stale": coverage.is_stale(backup["state"], newest, now, rpo),
    }


def _refuse(problems: t.Sequence[scope.Problem]) -> None:
    """A host that is missing, or in a wrong group, is worse than no inventory."""
    failed = scope.failure(problems, anything_read=False)
    if failed:
        raise failed


def _chosen(request: machines.Request, listed: t.Sequence[VirtualMachine]) -> tuple[VirtualMachine, ...]:
    if not request.references:
        return tuple(machine for machine in listed if request.filter.matches(machine))
    found = machines.among(request.references, listed)
    if found.problems:
        first = found.problems[0][1]
        messages = " | ".join(error.message for _reference, error in found.problems[:10])
        raise BackupError(messages, code=first.code, recommendations=first.recommendations)
    return found.machines


def _items(backup: Backup, vault: Vault) -> list[ProtectedItem]:
    return list(backup.protected_items())


def _told(problems: t.Iterable[scope.Problem]) -> list[str]:
    return [problem.told.rstrip(".") for problem in problems]


def _power_states(client: AzureClient, chosen: t.Sequence[VirtualMachine]) -> dict[str, str]:
    compute = Compute(client)
    subscriptions = {machine.id.subscription_id.casefold(): machine.id.subscription_id for machine in chosen}
    states: dict[str, str] = {}
    for found in fleet.run(subscriptions, compute.power_states).values():
        if isinstance(found, BackupError):
            raise found
        states |= found
    return states


def _facts(machine: VirtualMachine, one: coverage.Covered, power_state: str | None, *, unclear: bool) -> Facts:
    item = one.item
    known = results.item(item)
    return {
        "azure_vm": {
            "id": str(machine.id),
            "name": machine.id.name,
            "resource_group": machine.id.resource_group,
            "subscription_id": machine.id.subscription_id,
            "location": machine.location,
            "os_type": machine.os_type,
            "size": machine.size,
            "tags": dict(machine.tags),
            "provisioning_state": machine.provisioning_state,
            "power_state": power_state,
        },
        "vm_backup": {
            "state": UNKNOWN if item is None and unclear else one.state,
            "vault_id": str(item.vault_id) if item else None,
            "vault_name": item.vault_id.name if item else None,
            "newest": times.to_iso(one.newest),
            **{key: known[key] for key in _OF_ITEM},
        },
    }
