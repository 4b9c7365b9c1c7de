# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a policy keeps a recovery point, and in which tier the point lies.

A point belongs to the daily tier wherever the policy has one, to the weekly tier by its weekday, to the monthly and the
yearly one by weekday and week of the month or by date. It lives as long as the tier that keeps it longest. All in the
policy's time zone.
UNVERIFIED: that a month and a year are those of the calendar, cut to the month's last day; assumed so.
UNVERIFIED: what becomes of a point that no tier keeps, after a change of policy; assumed its snapshot days count.
UNVERIFIED: that a point is gone at the minute at which its time is over; assumed so, the service only says that it
cleans up.
This file is private to the collection.
"""

from __future__ import annotations

import calendar
import datetime as dt
import typing as t

from . import entities, zones

WEEKS: t.Final = ("First", "Second", "Third", "Fourth")
_INSTANT_DAYS_OF_WEEKLY: t.Final = 5


class Retention:
    """What one policy body says; parts that are missing or wrong keep nothing."""

    def __init__(self, properties: t.Mapping[str, t.Any]) -> None:
        self.zone = zones.zone(str(properties.get("timeZone") or "UTC"))
        self.instant_days = int(properties.get("instantRpRetentionRangeInDays") or default_instant_days(properties))
        self._schedules = properties.get("retentionPolicy") or {}
        self._archive = archive_after(properties)

    def tiers(self, point: entities.RecoveryPoint) -> tuple[str, ...]:
        """Return the tiers that keep a point, of ``daily``, ``weekly``, ``monthly``, ``yearly``; often none.

        Those before the last point of a day are snapshots, which no tier keeps.
        """
        if not point.scheduled or point.snapshot_only:
            return ()
        return tuple(self._kept(zones.wall(point.time, self.zone)))

    def expires_at(self, point: entities.RecoveryPoint) -> dt.datetime:
        """Return when a point's time is over."""
        if point.expires_at:
            return point.expires_at
        shown = zones.wall(point.time, self.zone)
        kept = {} if point.snapshot_only else self._kept(shown)
        return zones.instant(max(kept.values(), default=shown + dt.timedelta(days=self.instant_days)), self.zone)

    def places(self, point: entities.RecoveryPoint, now: dt.datetime) -> tuple[str, ...]:
        """Return the storage tiers, as the wire names them, in which a living point lies.

        UNVERIFIED: assumed that a monthly or yearly point leaves the vault's standard tier once it has the age that the
        policy names, and that "recommended" moves nothing by itself.
        """
        shown = zones.wall(point.time, self.zone)
        instant = now < zones.instant(shown + dt.timedelta(days=self.instant_days), self.zone)
        if point.snapshot_only:
            return ("InstantRP",)
        archived = (
            self._archive is not None
            and bool({"monthly", "yearly"} & set(self.tiers(point)))
            and now >= zones.instant(months_later(shown, self._archive), self.zone)
        )
        return (*(("InstantRP",) if instant else ()), "ArchivedRP" if archived else "HardenedRP")

    def _kept(self, shown: dt.datetime) -> dict[str, dt.datetime]:
        """Return until when (on the wall clock) each tier that a point belongs to keeps it."""
        return {
            name: _later(shown, schedule.get("retentionDuration") or {})
            for name, belongs in _TIERS.items()
            if (schedule := self._schedules.get(f"{name}Schedule")) and belongs(shown.date(), schedule)
        }


def default_instant_days(properties: t.Mapping[str, t.Any]) -> int:
    """Return how many days snapshots are kept where the policy does not say it.

    UNVERIFIED: the five days of a weekly standard policy; assumed so, since the clients insist on them.
    """
    if properties.get("policyType") == "V2":
        return 7
    weekly = (properties.get("schedulePolicy") or {}).get("scheduleRunFrequency") == "Weekly"
    return _INSTANT_DAYS_OF_WEEKLY if weekly else 2


def reduces(old: t.Mapping[str, t.Any], new: t.Mapping[str, t.Any]) -> bool:
    """Say whether a policy keeps anything for a shorter time than another: a tier less, or fewer of its units."""
    before, after = (body.get("retentionPolicy") or {} for body in (old, new))
    return any(_count(after.get(f"{name}Schedule")) < _count(before.get(f"{name}Schedule")) for name in _TIERS)


def _count(schedule: t.Mapping[str, t.Any] | None) -> int:
    return int(((schedule or {}).get("retentionDuration") or {}).get("count") or 0)


def archive_after(properties: t.Mapping[str, t.Any]) -> int | None:
    """Return the months after which points go to the archive tier, None when they never do by themselves."""
    rule = (properties.get("tieringPolicy") or {}).get("ArchivedRP") or {}
    if rule.get("tieringMode") != "TierAfter":
        return None
    return int(rule.get("duration") or 0) * (12 if rule.get("durationType") == "Years" else 1)


def months_later(moment: dt.datetime, months: int) -> dt.datetime:
    """Return the same day and time so many months later, or the last day of a month that is too short."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))


def _later(moment: dt.datetime, duration: t.Mapping[str, t.Any]) -> dt.datetime:
    count, unit = int(duration.get("count") or 0), duration.get("durationType")
    if unit in ("Months", "Years"):
        return months_later(moment, count * (12 if unit == "Years" else 1))
    return moment + dt.timedelta(days=count * (7 if unit == "Weeks" else 1))


def _weekly(day: dt.date, schedule: t.Mapping[str, t.Any]) -> bool:
    return day.strftime("%A") in (schedule.get("daysOfTheWeek") or ())


def _monthly(day: dt.date, schedule: t.Mapping[str, t.Any]) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    if schedule.get("retentionScheduleFormatType") == "Daily":
        dates = (schedule.get("retentionScheduleDaily") or {}).get("daysOfTheMonth") or ()
        return any(day.day == (last if one.get("isLast") else one.get("date")) for one in dates)
    rule = schedule.get("retentionScheduleWeekly") or {}
    weeks = rule.get("weeksOfTheMonth") or ()
    number = (day.day - 1) // 7
    named = number < len(WEEKS) and WEEKS[number] in weeks
    return _weekly(day, rule) and (named or ("Last" in weeks and day.day + 7 > last))


def _yearly(day: dt.date, schedule: t.Mapping[str, t.Any]) -> bool:
    return day.strftime("%B") in (schedule.get("monthsOfYear") or ()) and _monthly(day, schedule)


_TIERS: t.Final[dict[str, t.Callable[[dt.date, t.Mapping[str, t.Any]], bool]]] = {
    "daily": lambda _day, _schedule: True,
    "weekly": _weekly,
    "monthly": _monthly,
    "yearly": _yearly,
}
