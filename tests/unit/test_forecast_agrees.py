# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forecast and the simulator agree to the point: two implementations of the same rules that share no code.

The forecast reads a policy's body and tells what exists at a date. The simulator lets its clock run to that date, backs
up by itself whenever the policy's schedule says so, and removes what has lived its time. Compared are each point's
time, expiry, tiers and places.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t
import zoneinfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tzlocal import windows_tz

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import forecast, policy_bodies
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import (
    backup,
    entities,
    retention,
    schedule,
)
from ansible_collections.cloudkeep.azure_backup.tests.support import wire_policies as wire
from ansible_collections.cloudkeep.azure_backup.tests.support.rules import Cloud

UTC = dt.timezone.utc
PLACES = {"InstantRP": "instant", "HardenedRP": "vault", "ArchivedRP": "archive"}
WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
MONTHS = ["January", "February", "March", "May", "October", "November", "December"]
ZONES = [
    "UTC",
    "W. Europe Standard Time",
    "GMT Standard Time",
    "Eastern Standard Time",
    "Lord Howe Standard Time",  # changes by half an hour
    "Egypt Standard Time",  # changes at midnight
    "Middle East Standard Time",
    "AUS Eastern Standard Time",
    "Paraguay Standard Time",
    "Nepal Standard Time",
    "China Standard Time",
    "Greenland Standard Time",
]
# Half of them fall into the hours at which clocks are changed.
TIMES = ["00:00", "00:30", "01:00", "01:30", "02:00", "02:30", "03:00", "12:00", "19:30"]
# 2028 is a leap year.
STARTS = [
    dt.datetime(year, month, 27, 20, 10, tzinfo=UTC) for year in (2026, 2027, 2028) for month in (2, 3, 8, 10, 12)
]
WORLD = """
subscriptions:
  - name: Kept
    resource_groups:
      - name: rg-kept
        location: westeurope
        virtual_machines: [{name: web-01}]
"""


@dataclasses.dataclass(frozen=True)
class Kept:
    """A recovery point, as both sides tell it."""

    created: dt.datetime
    expires: dt.datetime
    tiers: tuple[str, ...]
    places: tuple[str, ...]


def some(values: t.Sequence[t.Any], most: int = 3) -> st.SearchStrategy[list[t.Any]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=most, unique=True)


@st.composite
def calendar_tiers(draw: st.DrawFn, days: t.Sequence[str], *, dates: bool) -> wire.Body:
    """Draw monthly and yearly tiers, in either form."""
    tiers: wire.Body = {}
    for name, most, unit in (("monthly", 14, "Months"), ("yearly", 3, "Years")):
        if not draw(st.booleans()):
            continue
        months = draw(some(MONTHS)) if name == "yearly" else ()
        count = draw(st.integers(1, most))
        if dates and draw(st.booleans()):
            chosen = draw(st.lists(st.integers(1, 28), max_size=3, unique=True))
            last = draw(st.booleans()) or not chosen
            tiers[name] = wire.by_date(chosen, count, unit, months, last=last)
        else:
            weeks = draw(some(["First", "Second", "Third", "Fourth", "Last"]))
            tiers[name] = wire.by_week(draw(some(days)), weeks, count, unit, months)
    counts = {name: tier["retentionDuration"]["count"] for name, tier in tiers.items()}
    longest = max(counts.get("monthly", 0), 12 * counts.get("yearly", 0))
    if longest >= 9 and draw(st.booleans()):
        tiers["tieringPolicy"] = wire.archive("TierAfter", draw(st.integers(3, min(8, longest - 6))), "Months")
    return tiers


@st.composite
def policies(draw: st.DrawFn) -> wire.Body:
    """Draw the body of a policy that the service takes."""
    frequency = draw(st.sampled_from(["daily", "daily", "weekly", "hourly"]))
    days = draw(some(WEEKDAYS, 4)) if frequency == "weekly" else WEEKDAYS
    parts = draw(calendar_tiers(days, dates=frequency != "weekly"))
    parts["timeZone"] = draw(st.sampled_from(ZONES))
    time = draw(st.sampled_from(TIMES))
    if frequency == "weekly":
        kind = draw(st.sampled_from(["V1", "V2"]))
        parts["instantRpRetentionRangeInDays"] = 5 if kind == "V1" else draw(st.integers(1, 30))
        return wire.weekly(days, time, kind=kind, weeks=draw(st.integers(1, 30)), **parts)
    kept = draw(st.integers(7, 120))
    parts["daily"] = wire.by_day(kept)
    if draw(st.booleans()):
        parts["weekly"] = wire.on_days(draw(some(WEEKDAYS, 4)), draw(st.integers(1, 30)))
    if frequency == "hourly":
        parts["instantRpRetentionRangeInDays"] = draw(st.integers(1, min(30, kept - 1)))
        interval = draw(st.sampled_from([4, 6, 8, 12]))
        window = interval * draw(st.integers(1, 24 // interval))
        return wire.hourly(time, interval, window, **parts)
    kind = draw(st.sampled_from(["V1", "V2"]))
    parts["instantRpRetentionRangeInDays"] = draw(st.integers(1, 5 if kind == "V1" else min(30, kept - 1)))
    return wire.daily(time, kind=kind, **parts)


def foretold(body: wire.Body, start: dt.datetime, when: dt.datetime) -> list[Kept]:
    """Return what the forecast says."""
    terms = policy_bodies.read(body)
    zone = zoneinfo.ZoneInfo(windows_tz.win_tz[str(terms.time_zone)])
    points = forecast.Schedule(terms, zone, start).existing(when)
    return [Kept(point.created, point.expires, point.tiers, point.stores(when)) for point in points]


def applied(
    body: wire.Body, start: dt.datetime, dates: t.Sequence[dt.datetime]
) -> tuple[dt.datetime, list[list[Kept]]]:
    """Return when the machine got the policy, and what the simulator has at each date when its clock runs."""
    cloud = Cloud(text=WORLD)
    vault = cloud.vault("rg-kept", "westeurope")
    cloud.clock.advance((start - cloud.clock.now()).total_seconds())
    answer = cloud.send("PUT", f"{vault}/backupPolicies/Kept", {"properties": body})
    assert answer.status == 200, answer
    cloud.protect(vault, cloud.machine("web-01"), "Kept")
    (item,) = (item for held in cloud.azure.state.vaults.values() for item in held.items.values())
    protected = cloud.clock.now()
    found = []
    for when in dates:
        cloud.clock.advance((when - cloud.clock.now()).total_seconds())
        found.append([_kept(item, point, when) for point in item.points])
    return protected, found


def _kept(item: entities.Item, point: entities.RecoveryPoint, when: dt.datetime) -> Kept:
    assert item.policy and point.kept_until
    rules = retention.Retention(item.policy.properties)
    places = tuple(PLACES[place] for place in rules.places(point, when))
    return Kept(point.time, point.kept_until, rules.tiers(point), places)


def by_rules(body: wire.Body, start: dt.datetime, when: dt.datetime) -> list[Kept]:
    """Return what the simulator's schedule and retention leave, without its clock, jobs and timeline: much faster."""
    policy = entities.Policy("Kept", body)
    item = entities.Item.__new__(entities.Item)
    item.policy, item.points = policy, []
    rules = retention.Retention(body)
    for time in schedule.runs(policy, start, when):
        point = entities.RecoveryPoint("1", time, "AppConsistent", "", None, backup._snapshot_only(item, time))
        point.kept_until = rules.expires_at(point)
        if point.kept_until > when:
            item.points.append(point)
    return [_kept(item, point, when) for point in item.points]


SPRING = dt.datetime(2026, 3, 29, 0, 59, tzinfo=UTC)


@settings(max_examples=1000)
@given(
    body=policies(),
    start=st.sampled_from(STARTS),
    ages=st.lists(st.integers(0, 200 * 24), min_size=3, max_size=3, unique=True).map(sorted),
)
@example(body=wire.daily("02:30", timeZone="W. Europe Standard Time"), start=SPRING, ages=[24, 24 * 29, 24 * 40])
def test_a_clock_that_runs_leaves_what_the_forecast_says(body: wire.Body, start: dt.datetime, ages: list[int]) -> None:
    dates = [start + dt.timedelta(hours=age, minutes=7) for age in ages]
    protected, found = applied(body, start, dates)
    assert [foretold(body, protected, when) for when in dates] == found


@settings(max_examples=2000)
@given(body=policies(), start=st.sampled_from(STARTS), age=st.integers(0, 4 * 366 * 24))
def test_years_later_too(body: wire.Body, start: dt.datetime, age: int) -> None:
    when = start + dt.timedelta(hours=age, minutes=7)
    assert foretold(body, start, when) == by_rules(body, start, when)


@pytest.mark.parametrize(
    ("zone", "time", "day", "created"),
    [
        ("W. Europe Standard Time", "02:30", dt.date(2026, 3, 29), "2026-03-29T01:00"),  # skipped: at the jump
        ("W. Europe Standard Time", "02:30", dt.date(2026, 10, 25), "2026-10-25T00:30"),  # twice: the first
        ("Egypt Standard Time", "00:30", dt.date(2026, 4, 24), "2026-04-23T22:00"),
        ("Lord Howe Standard Time", "02:00", dt.date(2026, 10, 4), "2026-10-03T15:30"),
        ("UTC", "02:30", dt.date(2026, 3, 29), "2026-03-29T02:30"),
    ],
)
def test_on_the_days_of_a_change_of_the_clock(zone: str, time: str, day: dt.date, created: str) -> None:
    body = wire.daily(time, timeZone=zone)
    start = dt.datetime.combine(day - dt.timedelta(days=1), dt.time(12), UTC)
    points = foretold(body, start, start + dt.timedelta(days=1))
    assert created in {point.created.strftime("%Y-%m-%dT%H:%M") for point in points}
    assert points == by_rules(body, start, start + dt.timedelta(days=1))
