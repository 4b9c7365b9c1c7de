# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated cloud: all rules put together.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt

from . import (
    backup,
    compute,
    containers,
    deleted_vaults,
    discovery,
    entities,
    jobs,
    operations,
    policies,
    profiles,
    protected_items,
    pruning,
    recovery_points,
    schedule,
    simulation,
    status,
    subscriptions,
    usage,
    vault_settings,
    vaults,
    wire,
    worlds,
)
from . import (
    clock as clock_module,
)


class Azure:
    """Azure as its clients see it, once they have a token.

    Args:
        world: what there is at the start.
        profile: ``fast``, ``polls``, ``recorded`` or ``hostile``.
        clock: where the time comes from; its ``time_scale`` shortens the ``recorded`` profile.
        seed: makes ids, and the oddities of ``hostile``, repeatable.
    """

    def __init__(
        self,
        world: worlds.World,
        *,
        profile: str = "fast",
        clock: clock_module.SimulatorClock,
        seed: int | None = None,
    ) -> None:
        chosen = profiles.Profile.named(profile, time_scale=clock.time_scale)
        self.state = simulation.Simulation(world, chosen, clock, seed)
        self._operations = operations.Operations(self.state)
        self._jobs = jobs.Jobs(self.state, self._operations)
        self._deleted_vaults = deleted_vaults.DeletedVaults(self.state, self._operations)
        self._vaults = vaults.Vaults(self.state, self._operations, self._deleted_vaults)
        self._pruning = pruning.Pruning(self.state)
        self._items = protected_items.ProtectedItems(self.state, self._jobs, self._operations, self._pruning)
        self._backups = backup.Backups(self.state, self._jobs, self._operations, self._pruning)
        clock.on_advance(schedule.Schedule(self.state, self._backups).advanced)
        self._fill()

    def routes(self) -> list[wire.Route]:
        """Return every call that is modelled."""
        parts = (
            subscriptions.Subscriptions(self.state),
            compute.Compute(self.state, self._operations),
            self._vaults,
            self._deleted_vaults,
            vault_settings.VaultSettings(self.state),
            usage.Usage(self.state),
            policies.Policies(self.state, self._operations, self._pruning),
            discovery.Discovery(self.state, self._operations),
            containers.Containers(self.state),
            status.Status(self.state),
            self._items,
            self._backups,
            self._operations,
            self._jobs,
            recovery_points.RecoveryPoints(self.state),
        )
        return [route for part in parts for route in part.routes()]

    def reset(self) -> None:
        """Bring back the world as it was at the start; the clock stays where it is."""
        self.state.reset()
        self._operations.reset()
        self._fill()

    def _fill(self) -> None:
        now = self.state.now()
        for seed in self.state.world.vaults:
            vault = self._vaults.make(seed.subscription_id, seed.resource_group, seed.name, seed.location)
            vault.tags = dict(seed.tags)
            vault.soft_delete = seed.soft_delete
            vault.redundancy = seed.redundancy
            vault.cross_region_restore = seed.cross_region_restore
            vault.immutability = seed.immutability
            for name, properties in seed.policies.items():
                vault.policies[name.casefold()] = entities.Policy(name, dict(properties))
            self.state.vaults[vault.key] = vault
            for item_seed in sorted(seed.items, key=lambda one: one.machine.key):
                self._put_item(vault, item_seed, now)
            vault.jobs.sort(key=lambda job: job.started)
            for index, job in enumerate(vault.jobs):
                job.index = index

    def _put_item(self, vault: entities.Vault, seed: worlds.ItemSeed, now: dt.datetime) -> None:
        """Put an item with its history into a vault: the latest backups of its schedule, each with its finished job."""
        policy = vault.policies[seed.policy.casefold()]
        # A backup takes 35 minutes: the latest one that has ended by now.
        past = schedule.latest(policy, now - dt.timedelta(hours=1), seed.recovery_points)
        created = (past[0] if past else now) - dt.timedelta(hours=8)
        item = self._items.add(vault, seed.machine, policy, created)
        configured = self._jobs.record(vault, seed.machine, "ConfigureBackup", started=created, activity_id="")
        self._jobs.close(configured, created + dt.timedelta(seconds=31), None)
        for when in past:
            job = self._jobs.record(vault, seed.machine, "Backup", started=when, activity_id="")
            self._jobs.close(job, when + dt.timedelta(minutes=35), None)
            self._backups.add_point(item, when, None)
            item.last_backup_time, item.last_backup_status = when, "Completed"
        item.state, item.disk_selection = seed.state, seed.disk_selection
        if seed.state == "ProtectionStopped":
            item.policy = None
        self._pruning.refresh(item)
        if seed.soft_deleted:
            deleted = now - dt.timedelta(hours=3)
            job = self._jobs.record(vault, seed.machine, "DeleteBackupData", started=deleted, activity_id="")
            self._jobs.close(job, deleted + dt.timedelta(seconds=118), None)
            self._items.soft_delete(item, deleted)
