# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a backup policy for virtual machines says, in one form for tasks and for the service's bodies.

Terms are partial: None stands for what a task does not name, or a stored policy does not hold. `policy_options.py`
reads them from a task, `policy_bodies.py` from the service; `policy_rules.py` judges them; `policy_changes.py` puts a
task's onto those of a stored policy.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

WEEKDAYS: t.Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
WEEKS: t.Final = ("First", "Second", "Third", "Fourth", "Last")
MONTHS: t.Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
TIERS: t.Final = ("daily", "weekly", "monthly", "yearly")
UNITS: t.Final = {"daily": "days", "weekly": "weeks", "monthly": "months", "yearly": "years"}
"""What a tier's count counts, which is also the name of the option."""

UTC: t.Final = "UTC"
HIGHEST_COUNT: t.Final = 9999
"""The most recovery points that the service keeps of one item."""

# UNVERIFIED: that a standard weekly policy can only have five days of instant restore; assumed, as its clients say so.
STANDARD_WEEKLY_INSTANT: t.Final = 5


@dataclasses.dataclass(frozen=True)
class Tier:
    """How long one tier keeps its recovery points, and of which days they are."""

    count: int | None = None
    """Days, weeks, months or years."""
    weekdays: tuple[str, ...] | None = None
    weeks: tuple[str, ...] | None = None
    """With ``weekdays``: which of a month's; ``Last`` is the last of its kind in the month."""
    dates: tuple[int, ...] | None = None
    last_day: bool | None = None
    """The other way to choose: dates of a month, and whether its last day is one of them."""
    months: tuple[str, ...] | None = None

    @property
    def by_week(self) -> bool:
        """Whether the tier chooses by weekday and week."""
        return self.weeks is not None or self.weekdays is not None

    @property
    def by_date(self) -> bool:
        """Whether the tier chooses by date."""
        return self.dates is not None or bool(self.last_day)


@dataclasses.dataclass(frozen=True)
class Archive:
    """When recovery points move to the archive tier."""

    mode: str
    """``never``, ``recommended`` or ``after``."""
    count: int | None = None
    unit: str | None = None
    """``months`` or ``years``, with ``after``."""

    @property
    def months(self) -> int | None:
        """The time before the move in months; None where there is none."""
        if self.count is None:
            return None
        return self.count * (12 if self.unit == "years" else 1)


@dataclasses.dataclass(frozen=True)
class Terms:
    """What a policy says."""

    enhanced: bool | None = None
    """Whether the policy is of the type V2."""
    frequency: str | None = None
    """``hourly``, ``daily`` or ``weekly``."""
    time: str | None = None
    """``HH:MM`` in the time zone; for ``hourly`` the start of the window."""
    time_option: str | None = dataclasses.field(default=None, compare=False)
    """By which option a task gives the time, ``time`` or ``window_start``; not a part of the policy."""
    weekdays: tuple[str, ...] | None = None
    interval_hours: int | None = None
    window_hours: int | None = None
    time_zone: str | None = None
    """The Windows name."""
    tiers: t.Mapping[str, Tier] = dataclasses.field(default_factory=dict)
    removed: frozenset[str] = frozenset()
    """The tiers that a task takes away."""
    instant_restore_days: int | None = None
    group_prefix: str | None = None
    group_suffix: str | None = None
    archive: Archive | None = None
    crash_consistent: bool | None = None

    @property
    def default_instant_days(self) -> int:
        """How many days snapshots are kept where the policy does not say it."""
        if self.enhanced:
            return 7
        return STANDARD_WEEKLY_INSTANT if self.frequency == "weekly" else 2

    def tier(self, name: str) -> Tier:
        """Return a tier, one that says nothing where there is none."""
        return self.tiers.get(name, Tier())


def ordered(values: t.Iterable[t.Any], order: t.Sequence[t.Any]) -> tuple[t.Any, ...]:
    """Return each value once, in the order of the calendar, so that two lists of the same days are equal."""
    return tuple(sorted(set(values), key=lambda value: order.index(value) if value in order else len(order)))


def set_fields(record: t.Any, over: t.Any, *, but: t.Container[str] = ()) -> t.Any:
    """Return a record with the fields of another one of its class wherever that one says something."""
    said = {
        field.name: value
        for field in dataclasses.fields(record)
        if field.name not in but and (value := getattr(over, field.name)) is not None
    }
    return dataclasses.replace(record, **said)
