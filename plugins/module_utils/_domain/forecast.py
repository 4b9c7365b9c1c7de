# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which recovery points a policy keeps: the points of its schedule, their tiers, their end, and where they are stored.

The rules, with what they are taken from (when the backups run is told in `policy_runs.py`):

- A point of a daily or weekly schedule is of every tier that its local day matches: daily always; weekly by weekday;
  monthly by weekday and week of the month, or by date; yearly the same in its months (the service's REST reference).
- With an hourly schedule these tiers are for the last backup of a day, which alone goes to the vault (Microsoft's page
  on enhanced policies); the others are snapshots.
  UNVERIFIED: that the day of an hourly schedule is the calendar day in the policy's time zone.
- UNVERIFIED: a recovery point is assumed to end at the latest of its tiers' ends: the local time of its creation plus
  the tier's count of days, weeks, calendar months or years, a day that the month lacks being its last day.
- UNVERIFIED: a snapshot of an hourly schedule that no tier keeps is assumed to end after the days of instant restore.
- Every point is in the instant tier for the days of instant restore, though never longer than it lives; a point of
  a tier is in the vault as well.
- UNVERIFIED: with archive after N months or years, monthly and yearly points are assumed to leave the vault for the
  archive when they are that old; what the service recommends for it can't be foretold and counts as in the vault.

Backups on demand are not part of a forecast, nor are failed or missed ones.
This file is private to the collection.
"""

from __future__ import annotations

import calendar
import dataclasses
import datetime as dt
import typing as t

from .policies import MONTHS, TIERS, UNITS, WEEKS, Terms, Tier
from .policy_runs import days_between, moment, runs_on, times_of_day, wall_time, weekday

INSTANT, VAULT, ARCHIVE = STORES = ("instant", "vault", "archive")
_ONE_DAY = dt.timedelta(days=1)


@dataclasses.dataclass(frozen=True)
class Point:
    """A recovery point that the schedule makes."""

    created: dt.datetime
    expires: dt.datetime
    """It is there until, and no longer at, this moment."""
    ends: t.Mapping[str, dt.datetime]
    """When each of its tiers (``daily``, ``weekly``, ``monthly``, ``yearly``) lets it go; none for a snapshot only."""
    instant_until: dt.datetime
    archived_from: dt.datetime | None
    """When it leaves the vault for the archive; None for never."""

    @property
    def tiers(self) -> tuple[str, ...]:
        """The tiers that it is of."""
        return tuple(self.ends)

    def there(self, when: dt.datetime) -> bool:
        """Whether the point exists at a moment."""
        return self.created <= when < self.expires

    def stores(self, when: dt.datetime) -> tuple[str, ...]:
        """Return where the point is stored at a moment at which it exists."""
        archived = self.archived_from is not None and self.archived_from <= when
        held = {INSTANT: when < self.instant_until, VAULT: bool(self.ends) and not archived, ARCHIVE: archived}
        return tuple(store for store in STORES if held[store])


@dataclasses.dataclass(frozen=True)
class Span:
    """So many days, weeks, months or years on the calendar."""

    count: int
    unit: str

    def after(self, wall: dt.datetime) -> dt.datetime:
        """Return the same local time so much later; a day that the month lacks is its last day."""
        if self.unit in ("days", "weeks"):
            return wall + dt.timedelta(days=self.count * (7 if self.unit == "weeks" else 1))
        months = wall.month - 1 + self.count * (12 if self.unit == "years" else 1)
        year, month = wall.year + months // 12, months % 12 + 1
        return wall.replace(year=year, month=month, day=min(wall.day, calendar.monthrange(year, month)[1]))

    @property
    def most_days(self) -> int:
        """No span of this length is longer."""
        return self.count * {"days": 1, "weeks": 7, "months": 31, "years": 366}[self.unit] + 1


def matches(name: str, tier: Tier, day: dt.date) -> bool:
    """Whether a day's point is of a tier."""
    if name == "daily":
        return True
    if name == "weekly":
        return weekday(day) in (tier.weekdays or ())
    if name == "yearly" and MONTHS[day.month - 1] not in (tier.months or ()):
        return False
    last = calendar.monthrange(day.year, day.month)[1]
    if not tier.by_week:
        return day.day in (tier.dates or ()) or (bool(tier.last_day) and day.day == last)
    if weekday(day) not in (tier.weekdays or ()):
        return False
    number = (day.day - 1) // 7
    chosen = tier.weeks or ()
    return (number < 4 and WEEKS[number] in chosen) or ("Last" in chosen and day.day + 7 > last)


class Schedule:
    """The recovery points of a policy, in its time zone, for machines that it protects from a moment on."""

    def __init__(self, terms: Terms, zone: dt.tzinfo, start: dt.datetime) -> None:
        self.terms = terms
        self.zone = zone
        self.start = start
        self._times = times_of_day(terms)
        self._spans = {name: Span(tier.count or 0, UNITS[name]) for name, tier in terms.tiers.items()}
        self._instant = Span(terms.instant_restore_days or terms.default_instant_days, "days")
        archive = terms.archive
        self._archive = Span(archive.count or 0, str(archive.unit)) if archive and archive.mode == "after" else None

    @property
    def longest_days(self) -> int:
        """No point lives longer than so many days."""
        return max(span.most_days for span in (self._instant, *self._spans.values()))

    def tiers_of(self, day: dt.date) -> tuple[str, ...]:
        """Return the tiers that a day's point is of."""
        tiers = self.terms.tiers
        return tuple(name for name in TIERS if name in tiers and matches(name, tiers[name], day))

    def points(self, since: dt.datetime, until: dt.datetime) -> t.Iterator[Point]:
        """Yield the points made from ``since`` (or the start, if that is later) up to ``until``, the oldest first."""
        since = max(since, self.start)
        first, last = (wall_time(when, self.zone).date() for when in (since, until))
        for day in days_between(first, last):
            yield from (point for point in self.points_of(day) if since <= point.created <= until)

    def points_of(self, day: dt.date) -> t.Iterator[Point]:
        """Yield the points of a day, whenever the protection starts."""
        if not runs_on(self.terms, day):
            return
        for time in self._times:
            created = moment(dt.datetime.combine(day, time), self.zone)
            yield self._point(created, self.tiers_of(day) if time == self._times[-1] else ())

    def _point(self, created: dt.datetime, tiers: tuple[str, ...]) -> Point:
        wall = wall_time(created, self.zone)
        ends = {name: moment(self._spans[name].after(wall), self.zone) for name in tiers}
        instant = moment(self._instant.after(wall), self.zone)
        expires = max(ends.values(), default=instant)
        archived = None
        if self._archive and {"monthly", "yearly"} & ends.keys():
            archived = moment(self._archive.after(wall), self.zone)
        return Point(created, expires, ends, min(instant, expires), archived)

    def existing(self, when: dt.datetime) -> list[Point]:
        """Return the points that exist at a moment, the oldest first."""
        found = []
        today = wall_time(when, self.zone).date()
        oldest = max(wall_time(self.start, self.zone).date(), today - dt.timedelta(days=self.longest_days + 1))
        for day in days_between(oldest, today):
            # Nearly all of the days of a century have nothing left: those are told by the calendar alone.
            age = (today - day).days
            if age > self._instant.most_days and not any(
                age <= self._spans[name].most_days for name in self.tiers_of(day)
            ):
                continue
            found += [point for point in self.points_of(day) if self.start <= point.created and point.there(when)]
        return found

    def first_of(self, name: str) -> Point | None:
        """Return the first point of a tier; None where there never is one."""
        day = wall_time(self.start, self.zone).date()
        # A tier that has days at all has one in each year; that of this year may have passed.
        for number in range(366 * 2):
            for point in self._of_tier(name, day + number * _ONE_DAY):
                return point
        return None

    def _of_tier(self, name: str, day: dt.date) -> t.Iterator[Point]:
        if name in self.tiers_of(day):
            yield from (point for point in self.points_of(day) if name in point.tiers and self.start <= point.created)
