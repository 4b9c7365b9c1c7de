# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scheduled backups: what a policy starts while the clock is set forward.

Only a jump of the clock starts them, so that no test meets one because it happens to run at five in the afternoon.
This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from . import backup, entities, simulation, wire_times, zones


class Schedule:
    """Runs the backups that fall into a jump of the clock."""

    def __init__(self, state: simulation.Simulation, backups: backup.Backups) -> None:
        self._state = state
        self._backups = backups

    def advanced(self, before: dt.datetime, after: dt.datetime) -> None:
        """Start what was due after ``before`` and up to ``after``, in the order of time, and let it end."""
        planned: dict[int, list[dt.datetime]] = {}
        due: list[tuple[dt.datetime, int, entities.Item]] = []
        for vault in self._state.vaults.values():
            for item in vault.items.values():
                if item.policy and not item.soft_deleted and item.state != "BackupsSuspended":
                    # Thousands of items may share a policy, which is asked once.
                    if id(item.policy) not in planned:
                        planned[id(item.policy)] = runs(item.policy, before, after)
                    due += [(when, item.number, item) for when in planned[id(item.policy)]]
        for when, _number, item in sorted(due, key=lambda entry: entry[:2]):
            self._state.timeline.settle(when)
            if item.policy and item.service_name in item.vault.items:
                self._backups.run(item, started=when, scheduled=True)
        self._state.timeline.settle(after)


def runs(policy: entities.Policy, before: dt.datetime, after: dt.datetime) -> list[dt.datetime]:
    """Return the times after ``before`` and up to ``after`` at which a policy starts a backup, in order."""
    schedule = policy.properties.get("schedulePolicy") or {}
    frequency = schedule.get("scheduleRunFrequency")
    part = schedule
    if schedule.get("schedulePolicyType") == "SimpleSchedulePolicyV2":
        part = schedule.get(f"{str(frequency).lower()}Schedule") or {}
    zone = zones.zone(str(policy.properties.get("timeZone") or "UTC"))
    times = _times_of_day(str(frequency), part)
    days = set(part.get("scheduleRunDays") or ()) if frequency == "Weekly" else None
    found: set[dt.datetime] = set()
    # Days are those of the policy's zone, and a window may reach into the next one: begin early, end late enough.
    day = zones.wall(before, zone).replace(hour=0, minute=0, second=0, microsecond=0) - dt.timedelta(days=2)
    last = zones.wall(after, zone) + dt.timedelta(days=1)
    while times and day <= last:
        if days is None or day.strftime("%A") in days:
            found |= {zones.instant(day + time, zone) for time in times}
        day += dt.timedelta(days=1)
    return sorted(when for when in found if before < when <= after)


def latest(policy: entities.Policy, before: dt.datetime, count: int) -> list[dt.datetime]:
    """Return the last times before a moment at which a policy started a backup; fewer where it never does."""
    days = 2
    found: list[dt.datetime] = []
    while len(found) < count and days <= 8 * (count + 1):
        days *= 2
        found = runs(policy, before - dt.timedelta(days=days), before)
    return found[len(found) - count :] if count < len(found) else found


def _times_of_day(frequency: str, part: t.Mapping[str, t.Any]) -> list[dt.timedelta]:
    if frequency == "Hourly":
        start = _time_of_day(part["scheduleWindowStartTime"])
        interval, window = int(part["interval"]), int(part["scheduleWindowDuration"])
        # UNVERIFIED: whether a run falls on the window's end; assumed that it does not.
        return [start + dt.timedelta(hours=hours) for hours in range(0, window, interval)]
    return [_time_of_day(text) for text in part.get("scheduleRunTimes") or ()]


def _time_of_day(text: str) -> dt.timedelta:
    """Return the time of day of a schedule's time, whose date and zone mean nothing."""
    moment = wire_times.parse_iso(text)
    return dt.timedelta(hours=moment.hour, minutes=moment.minute)
