# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which machine is backed up, and how current that is: machines and the items of vaults, put together. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from . import ids, times
from .item_states import ItemState, item_state
from .models import ProtectedItem, VirtualMachine

State = t.Literal[ItemState, "unprotected"]
"""Where a machine stands: the state of its item, or ``unprotected`` when no vault holds it."""

STATES: t.Final[tuple[State, ...]] = (
    "protected",
    "waiting",
    "stopped",
    "suspended",
    "soft_deleted",
    "error",
    "unprotected",
)

RPO_HOURS: t.Final = 26
"""How old the newest recovery point may be unless the user says otherwise: a daily schedule starts a backup within two
hours of its time (E1)."""


@dataclasses.dataclass(frozen=True)
class Covered:
    """A machine and what a vault has of it; at least one of both is there."""

    id: ids.VmId
    machine: VirtualMachine | None
    """None for a machine that only its item tells of: it is gone, or its subscription was not read."""
    item: ProtectedItem | None
    known: bool = True
    """Whether the machines of its subscription were read, so that it is known whether it exists."""

    @property
    def state(self) -> State:
        """The one word for it."""
        return item_state(self.item) if self.item else "unprotected"

    @property
    def gone(self) -> bool:
        """Whether the machine exists no more."""
        return self.machine is None and self.known

    @property
    def newest(self) -> dt.datetime | None:
        """When the newest recovery point was made, as far as the service tells."""
        item = self.item
        if item is None:
            return None
        # The time of the last backup is also that of a failed one, which left nothing.
        completed = (item.last_backup_status or "").casefold().startswith("completed")
        return item.last_recovery_point or (item.last_backup_time if completed else None)

    def age_hours(self, now: dt.datetime) -> float | None:
        """Return how old the newest recovery point is; None when there is none."""
        return (now - self.newest).total_seconds() / 3600 if self.newest else None

    def stale(self, now: dt.datetime, rpo_hours: float = RPO_HOURS) -> bool:
        """Whether ``is_stale``; nothing is promised of a machine that is gone."""
        return not self.gone and is_stale(self.state, self.newest, now, rpo_hours)


def is_stale(state: str, newest: dt.datetime | None, now: dt.datetime, rpo_hours: float = RPO_HOURS) -> bool:
    """Whether the newest recovery point is older than was promised, or there is none.

    Nothing is promised of a machine that waits for its first backup, or whose protection is stopped, suspended or
    deleted.
    """
    if state not in ("protected", "error"):
        return False
    return newest is None or now - newest > dt.timedelta(hours=rpo_hours)


def join(
    machines: t.Iterable[VirtualMachine],
    items: t.Iterable[ProtectedItem],
    *,
    listed: t.Collection[str] | None = None,
) -> tuple[Covered, ...]:
    """Put machines and the items of any vaults together: all machines in their order, then those of items only.

    Of a machine that several vaults have (its data stopped or soft-deleted in an old one), the item that is alive
    counts, among equals the one with the newest recovery point.

    Args:
        machines: of any subscriptions.
        items: of any vaults.
        listed: the subscriptions whose machines were read, None for all; an item's machine elsewhere is not gone.
    """
    best: dict[str, ProtectedItem] = {}
    for item in items:
        key = machine_id(item).key
        if key not in best or _rank(item) > _rank(best[key]):
            best[key] = item
    covered = {machine.id.key: Covered(machine.id, machine, best.get(machine.id.key)) for machine in machines}
    read = None if listed is None else {subscription_id.casefold() for subscription_id in listed}
    others = {key: (machine_id(item), item) for key, item in best.items() if key not in covered}
    remaining = [
        Covered(vm_id, None, item, known=read is None or vm_id.subscription_id.casefold() in read)
        for vm_id, item in others.values()
    ]
    return (*covered.values(), *remaining)


def machine_id(item: ProtectedItem) -> ids.VmId:
    """Return which machine an item is about; an item that does not tell is of its vault's subscription."""
    return ids.VmId.from_service(item.virtual_machine_id, item.name, item.vault_id.subscription_id)


def _rank(item: ProtectedItem) -> tuple[int, dt.datetime]:
    alive = {"soft_deleted": 0, "stopped": 1, "suspended": 1}.get(item_state(item), 2)
    return alive, item.last_recovery_point or times.NEVER
