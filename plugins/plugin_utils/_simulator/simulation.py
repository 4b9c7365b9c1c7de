# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of the simulated cloud, and what all rules share: time, ids, lookups.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import random
import typing as t
import uuid

from . import clock as clock_module
from . import entities, errors, naming, profiles, timeline, worlds


def seeded(seed: int | None, purpose: str) -> random.Random:
    """Return random numbers of their own for a purpose, so that ids made from one seed do not repeat."""
    return random.Random(None if seed is None else f"{seed} {purpose}")


class Simulation:
    """All state. ``reset`` brings back the world as it was at the start."""

    def __init__(
        self, world: worlds.World, profile: profiles.Profile, clock: clock_module.SimulatorClock, seed: int | None
    ) -> None:
        self.world = world
        self.profile = profile
        self.clock = clock
        self._seed = seed
        self.reset()

    def reset(self) -> None:
        """Forget all that happened; vaults of the world are put in by the rules that know how."""
        self._random = seeded(self._seed, "ids")
        self._numbers = 0
        self.quirks = profiles.Quirks(self.profile, seeded(self._seed, "quirks"))
        self.timeline = timeline.Timeline()
        self.vaults: dict[str, entities.Vault] = {}
        self.deleted_vaults: dict[str, entities.DeletedVault] = {}
        self.protection: dict[str, entities.Item] = {}
        self.registrations: dict[tuple[str, str], str] = {}
        self.subscriptions = {one.id.casefold(): one for one in self.world.subscriptions}
        self.groups = {one.key: one for one in self.world.groups}
        self.machines: dict[str, entities.Machine] = {}
        self._by_group: dict[str, list[entities.Machine]] = {}
        self._by_region: dict[tuple[str, str], list[entities.Machine]] = {}
        for machine in self.world.machines:
            if not machine.deleted:
                self.add_machine(machine)
        for subscription in self.world.subscriptions:
            for namespace in subscription.unregistered:
                self.registrations[subscription.id.casefold(), namespace.casefold()] = "NotRegistered"

    def now(self) -> dt.datetime:
        """Return the simulated time."""
        return self.clock.now()

    def settle(self) -> None:
        """Let all happen that is due by now."""
        self.timeline.settle(self.now())

    def guid(self) -> str:
        """Return a new GUID; a seed makes them repeatable."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def numbers(self, purpose: str) -> random.Random:
        """Return random numbers of their own for a purpose; a seed makes them repeatable."""
        return seeded(self._seed, purpose)

    def number(self) -> int:
        """Return a number higher than any before."""
        self._numbers += 1
        return self._numbers

    def digits(self, count: int) -> str:
        """Return a random number of that many digits, as the service names recovery points."""
        return str(self._random.randrange(10 ** (count - 1), 10**count))

    def etag(self) -> str:
        """Return a new vault etag."""
        return "W/\"datetime'" + self.now().strftime("%Y-%m-%dT%H%%3A%M%%3A%S.%f0Z") + "'\""

    def start(
        self,
        kind: str,
        effect: timeline.Effect,
        *,
        started: dt.datetime | None = None,
        timed: bool = False,
        seconds: float | None = None,
    ) -> timeline.Work:
        """Begin work of that kind; ``timed`` lets time end it even where the profile counts reads.

        ``seconds`` is how long it takes, whatever the profile says.
        """
        reads = None if timed or seconds is not None else self.profile.reads(kind)
        return self.timeline.start(started or self.now(), seconds or self.profile.seconds[kind], effect, reads=reads)

    def later(self, when: dt.datetime, effect: t.Callable[[], None]) -> None:
        """Do something after the profile's lateness, at once if it has none."""
        if self.profile.late:
            self.timeline.start(when, self.profile.late, lambda _when: effect())
        else:
            effect()

    def subscription(self, subscription_id: str) -> entities.Subscription:
        """Return a subscription; raises WireError 404."""
        found = self.subscriptions.get(subscription_id.casefold())
        if not found:
            raise errors.subscription_not_found(subscription_id)
        return found

    def require_registered(self, subscription: entities.Subscription, namespace: str) -> None:
        """Raise WireError 409 unless the subscription has registered the resource provider."""
        state = self.registrations.get((subscription.id.casefold(), namespace.casefold()), "Registered")
        if state != "Registered":
            raise errors.not_registered(namespace)

    def group(self, subscription: entities.Subscription, name: str) -> entities.Group:
        """Return a resource group; raises WireError 404."""
        found = self.groups.get(naming.group_id(subscription.id, name).casefold())
        if not found:
            raise errors.group_not_found(name)
        return found

    def vault(self, group: entities.Group, name: str) -> entities.Vault:
        """Return a vault; raises WireError 404."""
        found = self.vaults.get(naming.vault_id(group.subscription_id, group.name, name).casefold())
        if not found:
            raise errors.resource_not_found(f"{naming.RECOVERY_SERVICES}/vaults", name, group.name)
        return found

    def vaults_in(self, prefix: str) -> list[entities.Vault]:
        """Return the vaults whose id begins with that id of a subscription or group, by name."""
        start = prefix.casefold() + "/"
        return sorted((one for key, one in self.vaults.items() if key.startswith(start)), key=lambda one: one.key)

    def machines_of_subscription(self, subscription_id: str) -> list[entities.Machine]:
        """Return all machines of a subscription, classic ones too."""
        wanted = subscription_id.casefold()
        return [one for (owner, _region), some in self._by_region.items() if owner == wanted for one in some]

    def machines_of_group(self, group: entities.Group) -> list[entities.Machine]:
        """Return the machines of a resource group, classic ones too."""
        return self._by_group.get(group.key, [])

    def machines_of_region(self, subscription_id: str, location: str) -> list[entities.Machine]:
        """Return the machines of a subscription that are in a region, classic ones too."""
        return self._by_region.get((subscription_id.casefold(), naming.location_name(location)), [])

    def add_machine(self, machine: entities.Machine) -> None:
        """Put a machine into Azure."""
        self.machines[machine.key] = machine
        group = naming.group_id(machine.subscription_id, machine.resource_group).casefold()
        self._by_group.setdefault(group, []).append(machine)
        self._by_region.setdefault((machine.subscription_id.casefold(), machine.location), []).append(machine)

    def delete_machine(self, machine: entities.Machine) -> None:
        """Take a machine out of Azure; what vaults know of it stays."""
        if self.machines.pop(machine.key, None):
            group = naming.group_id(machine.subscription_id, machine.resource_group).casefold()
            self._by_group[group].remove(machine)
            self._by_region[machine.subscription_id.casefold(), machine.location].remove(machine)

    def held_elsewhere(self, machine: entities.Machine, vault: entities.Vault) -> bool:
        """Say whether another vault holds a machine so that this one may not protect it.

        An item whose backups are stopped or suspended leaves its machine to other vaults and keeps its recovery points,
        which is how clients move a machine from one vault to another.
        UNVERIFIED: a soft-deleted item in the other vault; assumed to hold the machine still.
        """
        holder = self.protection.get(machine.key)
        if not holder or holder.vault is vault:
            return False
        return holder.soft_deleted or holder.state not in ("ProtectionStopped", "BackupsSuspended")

    def release(self, item: entities.Item) -> None:
        """Forget that an item protects its machine; an item of it in another vault is then the one that does."""
        if self.protection.get(item.machine.key) is not item:
            return
        del self.protection[item.machine.key]
        for vault in self.vaults.values():
            other = vault.items.get(item.service_name)
            if other and other is not item and other.machine is item.machine:
                self.protection[item.machine.key] = other

    def machine(self, arm_id: object) -> entities.Machine | None:
        """Return the machine with that id, or None."""
        return self.machines.get(arm_id.rstrip("/").casefold()) if isinstance(arm_id, str) else None
