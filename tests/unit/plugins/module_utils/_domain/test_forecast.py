# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forecast against calendars that were counted by hand; `tests/unit/test_forecast_agrees.py` has the many."""

from __future__ import annotations

import datetime as dt
import typing as t
import zoneinfo

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import (
    forecast,
    forecast_report,
    policy_bodies,
    policy_runs,
)
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.forecast import Span
from ansible_collections.cloudkeep.azure_backup.tests.support import wire_policies as wire

UTC = dt.timezone.utc
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
START = dt.datetime(2026, 1, 1, tzinfo=UTC)


def schedule(body: wire.Body, start: dt.datetime = START, zone: dt.tzinfo = UTC) -> forecast.Schedule:
    return forecast.Schedule(policy_bodies.read(body), zone, start)


def days(points: t.Iterable[forecast.Point], form: str = "%m-%d") -> list[str]:
    return [point.created.strftime(form) for point in points]


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_point_is_there_from_its_making_to_its_end() -> None:
    kept = schedule(wire.daily("03:30", daily=wire.by_day(7)))
    assert days(kept.existing(at("2026-01-01T03:29"))) == []
    assert days(kept.existing(at("2026-01-01T03:30"))) == ["01-01"]
    assert days(kept.existing(at("2026-01-08T03:29"))) == [
        "01-01",
        "01-02",
        "01-03",
        "01-04",
        "01-05",
        "01-06",
        "01-07",
    ]
    assert days(kept.existing(at("2026-01-08T03:30")))[0] == "01-02"


def test_what_the_machine_missed_before_it_had_the_policy_is_not_there() -> None:
    kept = schedule(wire.daily("03:30"), start=at("2026-01-01T03:31"))
    assert days(kept.existing(at("2026-01-02T12:00"))) == ["01-02"]
    exactly = schedule(wire.daily("03:30"), start=at("2026-01-01T03:30"))
    assert days(exactly.existing(at("2026-01-02T12:00"))) == ["01-01", "01-02"]


def test_points_are_told_from_and_up_to_their_very_moments() -> None:
    kept = schedule(wire.daily("03:30"))
    assert days(kept.points(at("2026-01-02T03:30"), at("2026-01-04T03:30"))) == ["01-02", "01-03", "01-04"]
    assert days(kept.points(at("2026-01-02T03:31"), at("2026-01-04T03:29"))) == ["01-03"]


@pytest.mark.parametrize(
    ("tier", "found"),
    [
        (wire.by_week(["Sunday"], ["First"], 2, "Months"), ["2026-02-01", "2026-03-01", "2026-04-05"]),
        (wire.by_week(["Sunday"], ["Second"], 2, "Months"), ["2026-02-08", "2026-03-08", "2026-04-12"]),
        (wire.by_week(["Sunday"], ["Third"], 2, "Months"), ["2026-02-15", "2026-03-15", "2026-04-19"]),
        (wire.by_week(["Sunday"], ["Fourth"], 2, "Months"), ["2026-02-22", "2026-03-22", "2026-04-26"]),
        # The last is the fourth in February and April, and the fifth in March.
        (wire.by_week(["Sunday"], ["Last"], 2, "Months"), ["2026-02-22", "2026-03-29", "2026-04-26"]),
        (wire.by_date([28], 2, "Months"), ["2026-02-28", "2026-03-28", "2026-04-28"]),
        (wire.by_date([], 2, "Months", last=True), ["2026-02-28", "2026-03-31", "2026-04-30"]),
    ],
)
def test_which_days_of_a_month_are_meant(tier: wire.Body, found: list[str]) -> None:
    kept = schedule(wire.daily(monthly=tier))
    points = kept.points(at("2026-02-01T00:00"), at("2026-04-30T23:59"))
    assert days((point for point in points if "monthly" in point.tiers), "%Y-%m-%d") == found


def test_the_last_day_of_february_in_a_leap_year() -> None:
    kept = schedule(wire.daily(yearly=wire.by_date([], 3, "Years", ["February"], last=True)))
    points = [point for point in kept.points(START, at("2028-12-31T00:00")) if "yearly" in point.tiers]
    assert days(points, "%Y-%m-%d") == ["2026-02-28", "2027-02-28", "2028-02-29"]
    # The year 2031 has no 29th of February.
    assert points[-1].expires == at("2031-02-28T03:30")


def test_a_yearly_tier_is_of_its_months_only() -> None:
    kept = schedule(wire.daily(yearly=wire.by_week(["Sunday"], ["First"], 3, "Years", ["January", "July"])))
    points = kept.points(START, at("2027-06-30T00:00"))
    assert days((p for p in points if "yearly" in p.tiers), "%Y-%m-%d") == ["2026-01-04", "2026-07-05", "2027-01-03"]


@pytest.mark.parametrize(
    ("span", "start", "end"),
    [
        (Span(1, "months"), "2026-01-31T05:00", "2026-02-28T05:00"),
        (Span(1, "months"), "2028-01-31T05:00", "2028-02-29T05:00"),
        (Span(11, "months"), "2026-01-31T05:00", "2026-12-31T05:00"),
        (Span(12, "months"), "2026-12-31T05:00", "2027-12-31T05:00"),
        (Span(1, "years"), "2028-02-29T05:00", "2029-02-28T05:00"),
        (Span(4, "years"), "2028-02-29T05:00", "2032-02-29T05:00"),
        (Span(2, "weeks"), "2026-02-20T05:00", "2026-03-06T05:00"),
        (Span(30, "days"), "2026-02-20T05:00", "2026-03-22T05:00"),
    ],
)
def test_time_on_the_calendar(span: Span, start: str, end: str) -> None:
    assert span.after(dt.datetime.fromisoformat(start)) == dt.datetime.fromisoformat(end)


@pytest.mark.parametrize("unit", ["days", "weeks", "months", "years"])
@pytest.mark.parametrize("count", [1, 5, 99])
def test_no_span_is_longer_than_its_most_days(unit: str, count: int) -> None:
    for start in (dt.datetime(2026, 7, 1), dt.datetime(2028, 2, 29), dt.datetime(2027, 12, 31)):
        span = Span(count, unit)
        assert (span.after(start) - start).days <= span.most_days


@pytest.mark.parametrize(
    ("wall", "moment"),
    [
        ("2026-03-29T01:59", "2026-03-29T00:59"),
        ("2026-03-29T02:00", "2026-03-29T01:00"),  # from here on skipped
        ("2026-03-29T02:30", "2026-03-29T01:00"),
        ("2026-03-29T02:59", "2026-03-29T01:00"),
        ("2026-03-29T03:00", "2026-03-29T01:00"),
        ("2026-03-29T03:01", "2026-03-29T01:01"),
        ("2026-10-25T01:59", "2026-10-24T23:59"),
        ("2026-10-25T02:30", "2026-10-25T00:30"),  # comes twice
        ("2026-10-25T03:00", "2026-10-25T02:00"),
    ],
)
def test_when_clocks_change(wall: str, moment: str) -> None:
    assert policy_runs.moment(dt.datetime.fromisoformat(wall), BERLIN) == at(moment)


def test_the_local_day_decides_and_the_local_hour_stays() -> None:
    kept = schedule(wire.weekly(["Sunday"], "01:30"), zone=BERLIN)
    found = days(kept.points(at("2026-03-01T00:00"), at("2026-04-30T00:00")), "%A %d.%m. %H:%M")
    assert found[:2] == ["Sunday 01.03. 00:30", "Sunday 08.03. 00:30"]
    assert found[-1] == "Saturday 25.04. 23:30"


@pytest.mark.parametrize(
    ("start", "interval", "window", "times"),
    [
        ("08:00", 4, 24, ["00:00", "04:00", "08:00", "12:00", "16:00", "20:00"]),
        ("08:00", 4, 12, ["08:00", "12:00", "16:00"]),
        ("19:30", 6, 12, ["01:30", "19:30"]),
        ("00:00", 12, 24, ["00:00", "12:00"]),
        ("08:00", 12, 12, ["08:00"]),
    ],
)
def test_the_hours_of_an_hourly_schedule(start: str, interval: int, window: int, times: list[str]) -> None:
    found = policy_runs.times_of_day(policy_bodies.read(wire.hourly(start, interval, window)))
    assert [time.strftime("%H:%M") for time in found] == times


def test_only_the_last_of_a_day_goes_to_the_vault() -> None:
    kept = schedule(wire.hourly("08:00", 4, 12, daily=wire.by_day(7), instantRpRetentionRangeInDays=2))
    points = kept.existing(at("2026-01-06T12:00"))
    assert days(points, "%d %H") == [
        "01 16",
        "02 16",
        "03 16",
        "04 16",
        "05 08",
        "05 12",
        "05 16",
        "06 08",
        "06 12",
    ]
    vaulted = [point for point in points if point.tiers]
    assert {point.created.hour for point in vaulted} == {16}
    assert [point.stores(at("2026-01-06T12:00")) for point in vaulted[-3:]] == [
        ("vault",),
        ("instant", "vault"),
        ("instant", "vault"),
    ]
    assert points[-1].stores(at("2026-01-06T12:00")) == ("instant",)


def test_points_move_to_the_archive_at_their_age() -> None:
    tier = wire.by_date([1], 12, "Months")
    kept = schedule(wire.daily(monthly=tier, tieringPolicy=wire.archive("TierAfter", 3, "Months")))
    (first,) = kept.points(START, at("2026-01-01T12:00"))
    assert first.stores(at("2026-04-01T03:29")) == ("vault",)
    assert first.stores(at("2026-04-01T03:30")) == ("archive",)
    daily_only = next(p for p in kept.points(at("2026-01-02T00:00"), at("2026-01-03T00:00")))
    assert daily_only.archived_from is None
    years = schedule(wire.daily(monthly=tier, tieringPolicy=wire.archive("TierAfter", 1, "Years")))
    assert next(years.points(START, at("2026-01-02T00:00"))).archived_from == at("2027-01-01T03:30")
    recommended = schedule(wire.daily(monthly=tier, tieringPolicy=wire.archive("TierRecommended")))
    assert next(recommended.points(START, at("2026-01-02T00:00"))).archived_from is None


def test_a_snapshot_never_outlives_its_point() -> None:
    kept = schedule(wire.weekly(["Sunday"], kind="V2", weeks=1, instantRpRetentionRangeInDays=30))
    point = next(kept.points(START, at("2026-01-06T00:00")))
    assert point.instant_until == point.expires == at("2026-01-11T03:30")


def test_a_body_without_days_of_instant_restore_has_the_default() -> None:
    for body, days_ in ((wire.daily(), 2), (wire.weekly(["Sunday"]), 5), (wire.daily(kind="V2"), 7)):
        point = next(schedule(body).points(START, at("2026-01-06T00:00")))
        assert (point.instant_until - point.created).days == days_


def test_a_daily_policy_comes_to_rest_after_its_days() -> None:
    rest = forecast_report.steady(schedule(wire.daily(daily=wire.by_day(30))))
    assert rest
    assert rest.reached == at("2026-01-31T03:30")
    assert (len(rest.points), rest.most) == (30, 30)


def test_a_backup_at_the_very_start_is_the_first() -> None:
    kept = schedule(wire.daily("03:30", daily=wire.by_day(30)), start=at("2026-01-01T03:30"))
    rest = forecast_report.steady(kept)
    assert rest and rest.reached == at("2026-01-31T03:30")


def test_the_portals_example_comes_to_rest_after_a_century() -> None:
    body = wire.daily(
        "22:30",
        daily=wire.by_day(30),
        weekly=wire.on_days(["Sunday"], 104),
        monthly=wire.by_week(["Sunday"], ["Last"], 120, "Months"),
        yearly=wire.by_week(["Sunday"], ["First"], 99, "Years", ["January"]),
    )
    told = forecast_report.told(schedule(body), [at("2026-12-31T00:00")], points=True)
    rest = told["steady_state"]
    # The first Sunday of January 2026 is the 4th.
    assert rest["reached_at"] == "2125-01-04T22:30:00Z"
    assert rest["oldest"] == "2027-01-03T22:30:00Z"
    assert rest["by_tier"] == {"daily": 30, "weekly": 104, "monthly": 120, "yearly": 98}
    # 30 days; of 104 Sundays, 4 or 5 are of these days; of 120 months, 24 are of these Sundays; the years are of none.
    assert 30 + 99 + 96 + 96 <= rest["recovery_points_count"] <= rest["recovery_points_most"] <= 30 + 100 + 97 + 99
    assert told["within_limit"] and told["limit"] == 9999
    (then,) = told["dates"]
    assert then["by_tier"] == {"daily": 30, "weekly": 52, "monthly": 12, "yearly": 1}
    assert then["recovery_points_count"] == len(then["recovery_points"])
    assert then["recovery_points"][0] == {
        "created_at": "2026-01-04T22:30:00Z",
        "expires_at": "2125-01-04T22:30:00Z",
        "tiers": ["daily", "weekly", "yearly"],
        "stores": ["vault"],
    }


@pytest.mark.parametrize(("weeks", "most", "within"), [(1428, 9998, True), (1429, 9999, True), (1430, 10000, False)])
def test_the_limit_is_met_to_the_point(weeks: int, most: int, within: bool) -> None:
    """Of the days beyond 9,998, 1,429 weeks have 5, with a Sunday at most, and 1,430 weeks 12, with two at most."""
    body = wire.daily(daily=wire.by_day(9998), weekly=wire.on_days(["Sunday"], weeks))
    told = forecast_report.told(schedule(body), [], points=False)
    assert told["steady_state"]["recovery_points_most"] == most
    assert told["within_limit"] is within


def test_a_policy_that_never_makes_a_point_has_no_rest() -> None:
    body = wire.weekly(["Sunday"])
    body["schedulePolicy"]["scheduleRunDays"] = []
    assert forecast_report.steady(schedule(body)) is None
    assert forecast_report.told(schedule(body), [START], points=True)["steady_state"] is None


def test_a_tier_that_matches_no_day_of_the_schedule_does_not_delay_the_rest() -> None:
    body = wire.weekly(["Sunday"], weeks=2, yearly=wire.by_week(["Monday"], ["First"], 99, "Years", ["May"]))
    rest = forecast_report.steady(schedule(body))
    assert rest and rest.reached == at("2026-01-18T03:30")


def test_a_tier_lets_a_point_go_at_its_very_end() -> None:
    kept = schedule(wire.daily("03:30", daily=wire.by_day(10), weekly=wire.on_days(["Sunday"], 1)))
    moments = [at("2026-01-11T03:29"), at("2026-01-11T03:30")]
    told = forecast_report.told(kept, moments, points=False)["dates"]
    assert [then["by_tier"]["weekly"] for then in told] == [1, 1]
    (sunday,) = kept.points(at("2026-01-04T00:00"), at("2026-01-05T00:00"))
    assert sunday.stores(at("2026-01-06T03:29")) == ("instant", "vault")
    assert sunday.stores(at("2026-01-06T03:30")) == ("vault",)


def test_the_first_point_of_a_tier_is_one_that_goes_to_the_vault() -> None:
    body = wire.hourly("08:00", 4, 12, daily=wire.by_day(7))
    for start, first in (("2026-01-01T09:00", "2026-01-01T16:00"), ("2026-01-01T16:01", "2026-01-02T16:00")):
        point = schedule(body, start=at(start)).first_of("daily")
        assert point and point.created == at(first)
