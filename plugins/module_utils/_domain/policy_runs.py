# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a policy's backups run: local times of day in its time zone, as moments in UTC.

The rules, with what they are taken from:

- One run at each scheduled time of a day, in the policy's time zone, at the same local time in winter and summer
  (Microsoft's documentation: the stored time is not adjusted).
- UNVERIFIED: a backup at a local time that a change of the clock skips is assumed to run at the moment of the change;
  one at a time that comes twice is assumed to run once, the first time.
- UNVERIFIED: an hourly schedule is assumed to run from the start of its window at every interval before its end, at the
  same local times on every day.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from .policies import WEEKDAYS, Terms

_MINUTE = dt.timedelta(minutes=1)


def moment(wall: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """Return the moment, in UTC, at which a zone's clocks show a time (given without a zone); see the rules above."""
    found = wall.replace(tzinfo=zone, fold=0).astimezone(dt.timezone.utc)
    if wall_time(found, zone) == wall:
        return found
    # The time was skipped: the change lies between what the offsets after and before it make of the time.
    early = wall.replace(tzinfo=zone, fold=1).astimezone(dt.timezone.utc)
    late, offset = found, found.astimezone(zone).utcoffset()
    while late - early > _MINUTE:
        middle = early + _whole_minutes((late - early) / 2)
        if middle.astimezone(zone).utcoffset() == offset:
            late = middle
        else:
            early = middle
    return late


def _whole_minutes(span: dt.timedelta) -> dt.timedelta:
    return dt.timedelta(minutes=max(1, int(span / _MINUTE)))


def wall_time(when: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """Return what a zone's clocks show at a moment, without a zone."""
    return when.astimezone(zone).replace(tzinfo=None)


def times_of_day(terms: Terms) -> tuple[dt.time, ...]:
    """Return the local times at which a day's backups run, in order; none for terms without a time."""
    if not terms.time:
        return ()
    hour, minute = (int(part) for part in terms.time.split(":"))
    if terms.frequency != "hourly":
        return (dt.time(hour, minute),)
    hours = range(0, terms.window_hours or 24, terms.interval_hours or 24)
    return tuple(sorted(dt.time((hour + later) % 24, minute) for later in hours))


def runs_on(terms: Terms, day: dt.date) -> bool:
    """Whether a policy backs up on a day."""
    return terms.frequency != "weekly" or weekday(day) in (terms.weekdays or ())


def weekday(day: dt.date) -> str:
    """Return the English name of a day, as the service writes it."""
    return WEEKDAYS[(day.weekday() + 1) % 7]


def days_between(first: dt.date, last: dt.date) -> t.Iterator[dt.date]:
    """Yield each day from the first to the last."""
    for number in range(first.toordinal(), last.toordinal() + 1):
        yield dt.date.fromordinal(number)
