# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime as dt

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import entities, retention
from ansible_collections.cloudkeep.azure_backup.tests.support.wire_policies import (
    Body,
    archive,
    by_date,
    by_day,
    by_week,
    daily,
    on_days,
    weekly,
)

SUNDAY = ["Sunday"]
PORTAL = daily(
    weekly=on_days(SUNDAY, 104),
    monthly=by_week(SUNDAY, ["Last"], 120, "Months"),
    yearly=by_week(SUNDAY, ["First"], 99, "Years", ["January"]),
)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{text}+00:00")


def point(text: str, *, expires: str | None = None, snapshot_only: bool = False) -> entities.RecoveryPoint:
    own = utc(expires) if expires else None
    return entities.RecoveryPoint("1", utc(text), "AppConsistent", "size", own, snapshot_only)


@pytest.mark.parametrize(
    ("time", "tiers", "expires"),
    [
        ("2026-01-05 03:30", ("daily",), "2026-02-04 03:30"),
        ("2026-01-11 03:30", ("daily", "weekly"), "2028-01-09 03:30"),
        ("2026-01-25 03:30", ("daily", "weekly", "monthly"), "2036-01-25 03:30"),
        ("2026-01-04 03:30", ("daily", "weekly", "yearly"), "2125-01-04 03:30"),
        ("2026-02-22 03:30", ("daily", "weekly", "monthly"), "2036-02-22 03:30"),
        ("2026-03-01 03:30", ("daily", "weekly"), "2028-02-27 03:30"),
    ],
)
def test_the_portals_example(time: str, tiers: tuple[str, ...], expires: str) -> None:
    rules = retention.Retention(PORTAL)
    assert rules.tiers(point(time)) == tiers
    assert rules.expires_at(point(time)) == utc(expires)


@pytest.mark.parametrize(
    ("body", "time", "expected"),
    [
        # The fifth Sunday is the last one, and no other; the fourth may be the last, too.
        (by_week(SUNDAY, ["Fourth"], 12, "Months"), "2026-03-22 03:30", True),
        (by_week(SUNDAY, ["Fourth", "Last"], 12, "Months"), "2026-03-29 03:30", True),
        (by_week(SUNDAY, ["First", "Second", "Third", "Fourth"], 12, "Months"), "2026-03-29 03:30", False),
        (by_week(SUNDAY, ["Last"], 12, "Months"), "2026-02-22 03:30", True),
        (by_week(SUNDAY, ["Last"], 12, "Months"), "2026-03-22 03:30", False),
        (by_week(SUNDAY, ["First"], 12, "Months"), "2026-03-02 03:30", False),
        (by_date([15], 12, "Months"), "2026-03-15 03:30", True),
        (by_date([15], 12, "Months"), "2026-03-16 03:30", False),
        (by_date([], 12, "Months", last=True), "2026-02-28 03:30", True),
        (by_date([], 12, "Months", last=True), "2028-02-28 03:30", False),
        (by_date([], 12, "Months", last=True), "2028-02-29 03:30", True),
        (by_date([28], 12, "Months", last=True), "2028-02-28 03:30", True),
    ],
)
def test_which_points_are_monthly(body: Body, time: str, expected: bool) -> None:
    assert ("monthly" in retention.Retention(daily(monthly=body)).tiers(point(time))) is expected


@pytest.mark.parametrize(
    ("parts", "time", "expected"),
    [
        # Months and years are those of the calendar, cut to the month's last day.
        ({"monthly": by_date([], 13, "Months", last=True)}, "2026-01-31 03:30", "2027-02-28 03:30"),
        ({"monthly": by_date([], 25, "Months", last=True)}, "2026-01-31 03:30", "2028-02-29 03:30"),
        ({"yearly": by_date([], 1, "Years", ["February"], last=True)}, "2028-02-29 03:30", "2029-02-28 03:30"),
        ({"yearly": by_date([], 4, "Years", ["February"], last=True)}, "2028-02-29 03:30", "2032-02-29 03:30"),
        # The longest tier wins, whichever it is.
        ({"daily": by_day(9999), "weekly": on_days(SUNDAY, 1)}, "2026-01-04 03:30", "2053-05-21 03:30"),
        ({"monthly": by_date([1], 1, "Months")}, "2026-02-01 03:30", "2026-03-03 03:30"),
    ],
)
def test_when_a_point_goes(parts: Body, time: str, expected: str) -> None:
    assert retention.Retention(daily(**parts)).expires_at(point(time)) == utc(expected)


def test_the_calendar_is_that_of_the_time_zone() -> None:
    rules = retention.Retention(daily(weekly=on_days(SUNDAY, 4), timeZone="China Standard Time"))
    assert rules.tiers(point("2026-01-03 19:30")) == ("daily", "weekly")
    assert rules.tiers(point("2026-01-04 19:30")) == ("daily",)


def test_the_clock_on_the_wall_decides_over_the_change_to_summer_time() -> None:
    rules = retention.Retention(daily(timeZone="Eastern Standard Time"))
    assert rules.expires_at(point("2026-02-10 08:30")) == utc("2026-03-12 07:30")
    # 02:30 does not exist on 8 March.
    assert rules.expires_at(point("2026-02-06 07:30")) == utc("2026-03-08 07:00")


def test_a_point_with_an_expiry_of_its_own_belongs_to_no_tier() -> None:
    rules = retention.Retention(PORTAL)
    own = point("2026-01-04 05:00", expires="2026-01-06 00:00")
    assert (rules.tiers(own), rules.expires_at(own)) == ((), utc("2026-01-06 00:00"))


def test_snapshots_live_as_long_as_the_instant_tier() -> None:
    rules = retention.Retention(daily(kind="V2", instantRpRetentionRangeInDays=9))
    extra = point("2026-01-04 12:00", snapshot_only=True)
    assert (rules.tiers(extra), rules.expires_at(extra)) == ((), utc("2026-01-13 12:00"))
    assert rules.places(extra, utc("2026-01-13 11:59")) == ("InstantRP",)


@pytest.mark.parametrize(
    ("body", "days"),
    [
        (daily(), 2),
        (daily(instantRpRetentionRangeInDays=4), 4),
        (weekly(SUNDAY), 5),
        (daily(kind="V2"), 7),
        (weekly(SUNDAY, kind="V2", instantRpRetentionRangeInDays=30), 30),
    ],
)
def test_the_snapshot_goes_first(body: Body, days: int) -> None:
    rules, one = retention.Retention(body), point("2026-01-04 03:30")
    gone = one.time + dt.timedelta(days=days)
    assert rules.places(one, gone - dt.timedelta(seconds=1)) == ("InstantRP", "HardenedRP")
    assert rules.places(one, gone) == ("HardenedRP",)


@pytest.mark.parametrize(
    ("tiering", "time", "now", "expected"),
    [
        (archive("TierAfter", 3, "Months"), "2026-01-25 03:30", "2026-04-25 03:29", "HardenedRP"),
        (archive("TierAfter", 3, "Months"), "2026-01-25 03:30", "2026-04-25 03:30", "ArchivedRP"),
        (archive("TierAfter", 1, "Years"), "2026-01-25 03:30", "2027-01-25 03:29", "HardenedRP"),
        (archive("TierAfter", 1, "Years"), "2026-01-25 03:30", "2027-01-25 03:30", "ArchivedRP"),
        (archive("TierAfter", 3, "Months"), "2026-01-04 03:30", "2026-04-25 03:30", "ArchivedRP"),
        (archive("TierAfter", 3, "Months"), "2026-01-11 03:30", "2027-04-25 03:30", "HardenedRP"),
        (archive("TierRecommended"), "2026-01-25 03:30", "2030-04-25 03:30", "HardenedRP"),
        (archive("DoNotTier"), "2026-01-25 03:30", "2030-04-25 03:30", "HardenedRP"),
    ],
)
def test_old_monthly_and_yearly_points_are_archived(tiering: Body, time: str, now: str, expected: str) -> None:
    rules = retention.Retention({**PORTAL, "tieringPolicy": tiering})
    assert rules.places(point(time), utc(now)) == (expected,)
