# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The recovery points of an item with a past, made when somebody asks for them.

Those of the last month are what its jobs left; older ones are those that the policy's long tiers still keep.
This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from . import entities, past_jobs, pruning, retention, schedule, simulation, worlds

DAYS: t.Final = 30
"""How far back there are jobs."""
_WORSE_DAYS: t.Final = (9, 23)
_OLDEST: t.Final = dt.timedelta(days=400)


class LivedPoints:
    """What one item's points are made of."""

    def __init__(
        self,
        state: simulation.Simulation,
        points: pruning.Pruning,
        past: past_jobs.PastJobs,
        older: OlderPoints,
        number: int,
        policy: entities.Policy,
        seed: worlds.ItemSeed,
    ) -> None:
        self._state = state
        self._pruning = points
        self._past = past
        self._older = older
        self._number = number
        self._policy = policy
        self._seed = seed
        self._start = state.now()

    def recall(self, item: entities.Item, points: list[entities.RecoveryPoint]) -> None:
        """Put the points of an item into a list, oldest first, and let them go when their time comes."""
        life = self._seed.life or worlds.Life()
        # Retention ended with the protection; a suspended item's points go on expiring.
        stopped = life.stopped if item.policy is None else None
        judged = self._start - dt.timedelta(days=stopped or 0)
        if life.protected_for > DAYS:
            points += [_point(item.machine, self._state, time) for time in self._older.times(self._policy, judged)]
        points += [_point(item.machine, self._state, time) for time in self._lately()]
        self._pruning.refresh(item)
        # What a policy dropped before protection was stopped is not there either.
        if stopped is not None:
            rules = retention.Retention(self._policy.properties)
            points[:] = [point for point in points if rules.expires_at(point) > judged]

    def _lately(self) -> t.Iterator[dt.datetime]:
        for time, outcome in self._past.backups_of(self._number):
            if outcome.status.startswith("Completed"):
                yield time


class OlderPoints:
    """The times before the last month of which a policy still keeps the points; the same for all machines with it."""

    def __init__(self, start: dt.datetime) -> None:
        self._start = start
        self._known: dict[tuple[str, dt.datetime], list[dt.datetime]] = {}

    def times(self, policy: entities.Policy, judged: dt.datetime) -> list[dt.datetime]:
        """Return those whose points live at a moment, oldest first."""
        key = (policy.name, judged)
        if key not in self._known:
            rules = retention.Retention(policy.properties)
            month = self._start - dt.timedelta(days=DAYS)
            self._known[key] = [
                time
                for time in schedule.runs(policy, self._start - _OLDEST, month)
                if rules.expires_at(entities.RecoveryPoint("", time, "", "")) > judged
            ]
        return self._known[key]


def _point(machine: entities.Machine, state: simulation.Simulation, time: dt.datetime) -> entities.RecoveryPoint:
    """Make a point: Linux machines mostly leave file system consistent ones, and now and then one is worse."""
    consistency = "AppConsistent" if machine.os == "Windows" else "FileSystemConsistent"
    if machine.power_state != "running" or time.day in _WORSE_DAYS:
        consistency = "CrashConsistent"
    return entities.RecoveryPoint(state.digits(15), time, consistency, machine.size)
