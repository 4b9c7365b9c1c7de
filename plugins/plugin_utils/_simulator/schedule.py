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

from . import backup, entities, simulation, wire_times

# Hours from UTC, without daylight saving time, which the service does not apply either. Any other zone counts as UTC.
_OFFSETS: t.Final = {
    "UTC": 0, "GMT Standard Time": 0, "W. Europe Standard Time": 1, "Romance Standard Time": 1,
    "Central European Standard Time": 1, "India Standard Time": 5.5, "China Standard Time": 8,
    "Singapore Standard Time": 8, "Tokyo Standard Time": 9, "Eastern Standard Time": -5,
    "Central Standard Time": -6, "Mountain Standard Time": -7, "Pacific Standard Time": -8,
}  # fmt: skip


class Schedule:
    """Runs the backups that fall into a jump of the clock."""

    def __init__(self, state: simulation.Simulation, backups: backup.Backups) -> None:
        self._state = state
        self._backups = backups

    def advanced(self, before: dt.datetime, after: dt.datetime) -> None:
        """Start what was due after ``before`` and up to ``after``, in the order of time, and let it end."""
        due: list[tuple[dt.datetime, int, entities.Item]] = []
        for vault in self._state.vaults.values():
            for item in vault.items.values():
                if item.policy and not item.soft_deleted:
                    due += [(when, item.number, item) for when in runs(item.policy, before, after)]
        for when, _number, item in sorted(due, key=lambda entry: entry[:2]):
            self._state.timeline.settle(when)
            if item.policy and item.service_name in item.vault.items:
                self._backups.run(item, started=when, timed=True)
        self._state.timeline.settle(after)


def runs(policy: entities.Policy, before: dt.datetime, after: dt.datetime) -> list[dt.datetime]:
    """Return the times after ``before`` and up to ``after`` at which a policy starts a backup."""
    schedule = policy.properties.get("schedulePolicy") or {}
    frequency = schedule.get("scheduleRunFrequency")
    part = schedule
    if schedule.get("schedulePolicyType") == "SimpleSchedulePolicyV2":
        part = schedule.get(f"{str(frequency).lower()}Schedule") or {}
    offset = dt.timedelta(hours=_OFFSETS.get(policy.properties.get("timeZone", "UTC"), 0))
    times = _times_of_day(str(frequency), part)
    days = set(part.get("scheduleRunDays") or ()) if frequency == "Weekly" else None
    found: list[dt.datetime] = []
    # Days are those of the policy's zone, so begin a day early and end a day late.
    day = (before + offset).replace(hour=0, minute=0, second=0, microsecond=0) - dt.timedelta(days=1)
    while day <= after + offset:
        if days is None or day.strftime("%A") in days:
            found += [day + time - offset for time in times]
        day += dt.timedelta(days=1)
    return [when for when in found if before < when <= after]


def _times_of_day(frequency: str, part: t.Mapping[str, t.Any]) -> list[dt.timedelta]:
    if frequency == "Hourly":
        start = _time_of_day(part["scheduleWindowStartTime"])
        interval, window = int(part["interval"]), int(part["scheduleWindowDuration"])
        # UNVERIFIED: whether a run falls on the window's end; assumed that it does not.
        return [start + dt.timedelta(hours=hours) for hours in range(0, window, interval)]
    return [_time_of_day(text) for text in part.get("scheduleRunTimes") or ()]


def _time_of_day(text: str) -> dt.timedelta:
    moment = wire_times.parse_iso(text)
    return dt.timedelta(hours=moment.hour, minutes=moment.minute)
