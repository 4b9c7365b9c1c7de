# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A month of backups for the items of a vault, with the failures that a fleet has.

Failures come in clusters: some machines fail again and again for one cause, and on one bad day many fail together.
This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import random
import typing as t

from . import (
    backup,
    entities,
    job_errors,
    lived_points,
    past_jobs,
    protected_items,
    pruning,
    schedule,
    simulation,
    worlds,
)

_BAD_DAY: t.Final = 11
"""So many days ago."""
_DAY: t.Final = 86400.0
_EPOCH: t.Final = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
_DONE: t.Final = past_jobs.Outcome("Completed")
_WARNED: t.Final = past_jobs.Outcome("CompletedWithWarnings")
_CANCELLED: t.Final = past_jobs.Outcome("Cancelled")
_FAILED: t.Final = {title: past_jobs.Outcome("Failed", error) for title, error in job_errors.BY_TITLE.items()}


class LivedHistory:
    """Makes the items of a vault and what was done with them."""

    def __init__(
        self,
        state: simulation.Simulation,
        items: protected_items.ProtectedItems,
        backups: backup.Backups,
        points: pruning.Pruning,
    ) -> None:
        self._state = state
        self._items = items
        self._backups = backups
        self._pruning = points

    def fill(self, vault: entities.Vault, seed: worlds.VaultSeed, now: dt.datetime) -> None:
        """Put all items of the vault in, with their jobs; recovery points are made when somebody asks for them."""
        numbers = self._state.numbers(f"history of {vault.key}")
        month = _Month((now - _EPOCH).total_seconds(), numbers)
        runs = {
            name: [
                (one - _EPOCH).total_seconds()
                for one in schedule.runs(policy, now - dt.timedelta(days=lived_points.DAYS), now)
            ]
            for name, policy in vault.policies.items()
            if policy.workload == "AzureIaasVM"
        }
        jobs: list[past_jobs.PastJob] = []
        items: list[entities.Item] = []
        for number, item_seed in enumerate(seed.items):
            life = item_seed.life or worlds.Life()
            policy = vault.policies[item_seed.policy.casefold()]
            item = self._items.add(vault, item_seed.machine, policy, now - dt.timedelta(days=life.protected_for))
            waiting = item_seed.state in ("IRPending", "ProtectionError")
            mine = list(month.backups(number, life, () if waiting else runs[item_seed.policy.casefold()]))
            _remember(item, mine)
            jobs += mine
            jobs += month.changes(number, life, item_seed)
            self._bring_to_state(item, item_seed, life, now)
            items.append(item)
        past = past_jobs.PastJobs([one.machine for one in seed.items], jobs, f"{vault.key} {numbers.random()}")
        newest = _newest_points(jobs)
        older = lived_points.OlderPoints(now)
        for number, (item, item_seed) in enumerate(zip(items, seed.items, strict=True)):
            policy = vault.policies[item_seed.policy.casefold()]
            points = lived_points.LivedPoints(self._state, self._pruning, past, older, number, policy, item_seed)
            if number in newest:
                item.memory = entities.Memory(_EPOCH + dt.timedelta(seconds=newest[number]), points.recall)
        vault.jobs.begin(past)

    def _bring_to_state(self, item: entities.Item, seed: worlds.ItemSeed, life: worlds.Life, now: dt.datetime) -> None:
        item.state = seed.state
        if seed.state == "ProtectionStopped":
            item.policy = None
        if seed.state == "ProtectionError":
            item.last_error = job_errors.BY_TITLE[life.cause]
        if seed.soft_deleted:
            self._items.soft_delete(item, now - dt.timedelta(days=life.stopped or 0))
        if life.running_minutes is not None:
            started = now - dt.timedelta(minutes=life.running_minutes)
            self._backups.run(item, started=started, seconds=life.running_minutes * 60 + 45 * 60)


class _Month:
    """The jobs of one machine after the other; ``now`` is in seconds since 1970."""

    def __init__(self, now: float, numbers: random.Random) -> None:
        self._now = now
        self._random = numbers
        # A day of the calendar (UTC), so that a chart by days shows it as one.
        self._bad_day = now % _DAY / _DAY + _BAD_DAY - 1

    def backups(self, number: int, life: worlds.Life, runs: t.Iterable[float]) -> t.Iterator[past_jobs.PastJob]:
        """Return a machine's backups that have ended: each begins within two hours of its schedule's time."""
        draw = self._random.random
        delay, length = draw() * 6000, 600 + draw() * 3000
        begin = self._now - life.protected_for * _DAY
        end = self._now - (life.stopped or 0) * _DAY
        for run in runs:
            started = run + delay + draw() * 300
            if begin < started < end:
                outcome = self._outcome(life, (self._now - started) / _DAY)
                seconds = 20 + draw() * 700 if outcome.error else length * (0.85 + 0.3 * draw())
                if started + seconds < self._now:
                    yield past_jobs.PastJob(started, number, "Backup", outcome, seconds)

    def changes(self, number: int, life: worlds.Life, seed: worlds.ItemSeed) -> t.Iterator[past_jobs.PastJob]:
        """Return the jobs that brought a machine into its state, as far as they are of this month."""
        if life.protected_for < lived_points.DAYS:
            outcome = _FAILED[life.cause] if seed.state == "ProtectionError" else _DONE
            yield past_jobs.PastJob(self._now - life.protected_for * _DAY, number, "ConfigureBackup", outcome, 31)
        if life.stopped is not None:
            operation = "DeleteBackupData" if seed.soft_deleted else "DisableBackup"
            yield past_jobs.PastJob(self._now - life.stopped * _DAY, number, operation, _DONE, 20)

    def _outcome(self, life: worlds.Life, days_ago: float) -> past_jobs.Outcome:
        draw = self._random.random()
        if days_ago < life.failing_days or draw < life.flakiness:
            return _FAILED[life.cause]
        if draw < 0.12 and self._bad_day < days_ago <= self._bad_day + 1:
            return _FAILED["CloudInternalError"]
        if draw > 0.994:
            return _FAILED["GuestAgentSnapshotTaskStatusError"]
        if draw > 0.989:
            return _WARNED
        return _CANCELLED if draw > 0.988 else _DONE


def _remember(item: entities.Item, jobs: t.Sequence[past_jobs.PastJob]) -> None:
    """Let an item know its last backup."""
    for job in reversed(jobs):
        if job.outcome is not _CANCELLED:
            item.last_backup_time = _EPOCH + dt.timedelta(seconds=job.started)
            item.last_backup_status, item.last_error = job.outcome
            return


def _newest_points(jobs: t.Iterable[past_jobs.PastJob]) -> dict[int, float]:
    newest: dict[int, float] = {}
    for job in jobs:
        if job.operation == "Backup" and job.outcome.status.startswith("Completed"):
            newest[job.machine] = max(job.started, newest.get(job.machine, 0))
    return newest
