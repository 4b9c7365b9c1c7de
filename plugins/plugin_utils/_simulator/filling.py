# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts the vaults of a world in, with what they did before the simulator started.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt

from . import (
    backup,
    entities,
    job_errors,
    jobs,
    lived_history,
    protected_items,
    pruning,
    schedule,
    simulation,
    vaults,
    worlds,
)

_UNTOLD = dt.timedelta(minutes=35)


class Filling:
    """Knows how long the things of the world have been there."""

    def __init__(
        self,
        state: simulation.Simulation,
        all_vaults: vaults.Vaults,
        items: protected_items.ProtectedItems,
        all_jobs: jobs.Jobs,
        backups: backup.Backups,
        points: pruning.Pruning,
    ) -> None:
        self._state = state
        self._vaults = all_vaults
        self._items = items
        self._jobs = all_jobs
        self._backups = backups
        self._pruning = points

    def fill(self) -> None:
        """Put all vaults in."""
        now = self._state.now()
        for seed in self._state.world.vaults:
            vault = self._vault(seed)
            if seed.lived:
                lived_history.LivedHistory(self._state, self._items, self._backups, self._pruning).fill(
                    vault, seed, now
                )
                continue
            for item_seed in sorted(seed.items, key=lambda one: one.machine.key):
                self._item(vault, item_seed, now)
            vault.jobs.begin()

    def _vault(self, seed: worlds.VaultSeed) -> entities.Vault:
        vault = self._vaults.make(seed.subscription_id, seed.resource_group, seed.name, seed.location)
        vault.tags = dict(seed.tags)
        vault.soft_delete = seed.soft_delete
        vault.redundancy = seed.redundancy
        vault.cross_region_restore = seed.cross_region_restore
        vault.immutability = seed.immutability
        for name, properties in seed.policies.items():
            vault.policies[name.casefold()] = entities.Policy(name, dict(properties))
        if seed.guard_id:
            vault.guard = entities.Guard(
                seed.guard_id, seed.guard_operations, self._state.now(), granted=seed.guard_granted
            )
        if seed.discovered:
            known = self._state.machines_of_region(seed.subscription_id, seed.location)
            vault.discovered = tuple(machine for machine in known if not machine.new)
        self._state.vaults[vault.key] = vault
        return vault

    def _item(self, vault: entities.Vault, seed: worlds.ItemSeed, now: dt.datetime) -> None:
        """Put an item with its history into a vault: its latest backups, each with its finished job, and other jobs."""
        policy = vault.policies[seed.policy.casefold()]
        deleted = self._deletion(vault, seed, now)
        past = _times(policy, seed, deleted or now)
        created = (past[0] if past else now) - dt.timedelta(hours=8)
        item = self._items.add(vault, seed.machine, policy, created)
        configured = self._jobs.record(vault, seed.machine, "ConfigureBackup", started=created, activity_id="")
        self._jobs.close(configured, created + dt.timedelta(seconds=31), None)
        for when in past:
            job = self._jobs.record(vault, seed.machine, "Backup", started=when, activity_id="")
            self._jobs.close(job, when + _UNTOLD, None)
            self._backed_up(item, job)
        for job_seed in sorted(seed.jobs, key=lambda one: -one.hours_ago):
            self._job(item, job_seed, now)
        item.state, item.disk_selection = seed.state, seed.disk_selection
        if seed.state == "ProtectionStopped":
            item.policy = None
        self._pruning.refresh(item)
        if deleted:
            job = self._jobs.record(vault, seed.machine, "DeleteBackupData", started=deleted, activity_id="")
            self._jobs.close(job, deleted + dt.timedelta(seconds=118), None)
            self._items.soft_delete(item, deleted)

    def _job(self, item: entities.Item, seed: worlds.JobSeed, now: dt.datetime) -> None:
        started, length = now - dt.timedelta(hours=seed.hours_ago), dt.timedelta(minutes=seed.minutes)
        if seed.outcome == "InProgress":
            self._backups.run(item, started=started, seconds=length.total_seconds())
            return
        job = self._jobs.record(item.vault, item.machine, seed.operation, started=started, activity_id="")
        error = job_errors.BY_TITLE.get(seed.outcome)
        self._jobs.close(job, started + length, error)
        if not error:
            job.status = seed.outcome
        if seed.operation == "Backup" and seed.outcome != "Cancelled" and error is not job_errors.BACKUP_IN_PROGRESS:
            self._backed_up(item, job)

    def _backed_up(self, item: entities.Item, job: entities.Job) -> None:
        if not job.error:
            self._backups.add_point(item, job.started, None)
        item.last_backup_time, item.last_error = job.started, job.error
        # UNVERIFIED: the lastBackupStatus after a backup with warnings; assumed that it tells of them, as the job does.
        item.last_backup_status = job.status

    @staticmethod
    def _deletion(vault: entities.Vault, seed: worlds.ItemSeed, now: dt.datetime) -> dt.datetime | None:
        """Return when an item was soft-deleted."""
        if not seed.soft_deleted:
            return None
        days = 0 if seed.days_left is None else vault.soft_delete_days - seed.days_left
        return now - max(dt.timedelta(days=days), dt.timedelta(hours=3))


def _times(policy: entities.Policy, seed: worlds.ItemSeed, end: dt.datetime) -> list[dt.datetime]:
    """Return when the backups ran up to the ``end`` that left the item's recovery points, oldest first."""
    if seed.hours_since_backup is None:
        # A backup takes 35 minutes: the latest one that has ended by then.
        return schedule.latest(policy, end - dt.timedelta(hours=1), seed.recovery_points)
    newest = end - dt.timedelta(hours=seed.hours_since_backup)
    return [newest - dt.timedelta(days=days) for days in reversed(range(seed.recovery_points))]
