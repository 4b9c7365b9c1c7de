# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime as dt
import locale

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import times

UTC = dt.timezone.utc
moments = st.datetimes(dt.datetime(2002, 1, 1), dt.datetime(2999, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022-05-13T09:34:56.6364684Z", dt.datetime(2022, 5, 13, 9, 34, 56, 636468, tzinfo=UTC)),
        ("2022-05-13T09:34:56.6Z", dt.datetime(2022, 5, 13, 9, 34, 56, 600000, tzinfo=UTC)),
        ("2022-05-13T09:34:56Z", dt.datetime(2022, 5, 13, 9, 34, 56, tzinfo=UTC)),
        ("2022-05-13T09:34:56", dt.datetime(2022, 5, 13, 9, 34, 56, tzinfo=UTC)),
        ("2022-05-13T09:34:56.0000001+00:00", dt.datetime(2022, 5, 13, 9, 34, 56, tzinfo=UTC)),
        ("0001-01-01T00:00:00", None),
        ("0001-01-01T00:00:00Z", None),
        ("2001-01-01T00:00:00Z", None),
        ("", None),
        (None, None),
        ("6/12/2022 12:00:00 AM", None),
        ("yesterday", None),
    ],
)
def test_times_of_the_service(text: str | None, moment: dt.datetime | None) -> None:
    assert times.from_wire(text) == moment


@given(moments)
def test_a_time_of_ours_reads_back_to_the_second(moment: dt.datetime) -> None:
    assert times.from_wire(times.to_iso(moment)) == moment.replace(microsecond=0)


@given(moments, st.integers(-14 * 60, 14 * 60))
def test_results_are_in_utc_whatever_zone_a_time_came_in(moment: dt.datetime, minutes: int) -> None:
    elsewhere = moment.astimezone(dt.timezone(dt.timedelta(minutes=minutes)))
    assert times.to_iso(elsewhere) == times.to_iso(moment)
    assert times.to_filter(elsewhere) == times.to_filter(moment)


def test_no_time_is_none() -> None:
    assert times.to_iso(None) is None


@pytest.mark.parametrize(
    ("hour", "written"),
    [
        (0, "12:05:09 AM"),
        (1, "01:05:09 AM"),
        (11, "11:05:09 AM"),
        (12, "12:05:09 PM"),
        (13, "01:05:09 PM"),
        (23, "11:05:09 PM"),
    ],
)
def test_filters_take_twelve_hours(hour: int, written: str) -> None:
    assert times.to_filter(dt.datetime(2025, 1, 5, hour, 5, 9, tzinfo=UTC)) == f"2025-01-05 {written}"


@given(moments)
def test_a_filter_says_the_whole_second(moment: dt.datetime) -> None:
    read = dt.datetime.strptime(times.to_filter(moment), "%Y-%m-%d %I:%M:%S %p")
    assert read.replace(tzinfo=UTC) == moment.replace(microsecond=0)


def test_filters_do_not_follow_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    saved = locale.setlocale(locale.LC_TIME)
    try:
        for name in ("de_DE.UTF-8", "C.UTF-8"):
            try:
                locale.setlocale(locale.LC_TIME, name)
            except locale.Error:
                continue
            assert times.to_filter(dt.datetime(2025, 1, 5, 14, tzinfo=UTC)).endswith("02:00:00 PM")
    finally:
        locale.setlocale(locale.LC_TIME, saved)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-03-31", dt.datetime(2027, 3, 31, tzinfo=UTC)),
        (" 2027-03-31T18:00:00Z ", dt.datetime(2027, 3, 31, 18, tzinfo=UTC)),
        ("2027-03-31T18:00z", dt.datetime(2027, 3, 31, 18, tzinfo=UTC)),
        ("2027-03-31 18:00:00", dt.datetime(2027, 3, 31, 18, tzinfo=UTC)),
        ("2027-03-31T18:00:00+08:00", dt.datetime(2027, 3, 31, 10, tzinfo=UTC)),
        # The hour that exists twice when summer time ends: the offset tells which one.
        ("2027-10-31T02:30:00+02:00", dt.datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
        ("2027-10-31T02:30:00+01:00", dt.datetime(2027, 10, 31, 1, 30, tzinfo=UTC)),
        ("2027-01-01T00:30:00+05:45", dt.datetime(2026, 12, 31, 18, 45, tzinfo=UTC)),
    ],
)
def test_times_of_people(text: str, moment: dt.datetime) -> None:
    read = times.from_user(text)
    assert read == moment
    assert read.tzinfo is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2027-02-30",
        "2027-13-01",
        "31.03.2027",
        "2027-03-31T25:00:00Z",
        "now()",
        "1999-12-31",
        "3000-01-01",
    ],
)
def test_what_is_not_a_time(text: str) -> None:
    with pytest.raises(ValueError):
        times.from_user(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_the_ends_of_the_calendar_are_refused_and_not_an_overflow(text: str) -> None:
    with pytest.raises(ValueError):
        times.from_user(text)


@given(moments, st.integers(-14 * 60, 14 * 60))
def test_every_time_of_ours_can_be_typed_in_any_zone(moment: dt.datetime, minutes: int) -> None:
    typed = moment.replace(microsecond=0).astimezone(dt.timezone(dt.timedelta(minutes=minutes))).isoformat()
    assert times.from_user(typed) == moment.replace(microsecond=0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT35M22.4973538S", 2122.497),
        ("PT0S", 0.0),
        ("PT2H", 7200.0),
        ("P1DT2H3M4.5S", 93784.5),
        ("P2D", 172800.0),
        ("P", 0.0),
        ("", None),
        (None, None),
        ("13.23:59:43.8068908", None),
        ("PT-5S", None),
        ("35 minutes", None),
    ],
)
def test_durations(text: str | None, seconds: float | None) -> None:
    assert times.duration_seconds(text) == seconds


@given(st.integers(0, 400), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_durations_add_up(days: int, hours: int, minutes: int, seconds: int) -> None:
    expected = dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds).total_seconds()
    assert times.duration_seconds(f"P{days}DT{hours}H{minutes}M{seconds}S") == expected


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("90m", dt.timedelta(minutes=90)),
        ("24h", dt.timedelta(hours=24)),
        (" 7 D ", dt.timedelta(days=7)),
        ("0m", dt.timedelta()),
        ("36525d", dt.timedelta(days=36525)),
        ("36526d", None),
        ("99999999d", None),
        ("7", None),
        ("h", None),
        ("-1h", None),
        ("1.5h", None),
        ("1w", None),
        ("7d12h", None),
        ("٣d", None),
        ("", None),
    ],
)
def test_ages_of_people(text: str, age: dt.timedelta | None) -> None:
    assert times.span(text) == age


@given(st.integers(0, 99_999_999), st.sampled_from("mhd"))
def test_an_age_can_be_subtracted_from_today(number: int, unit: str) -> None:
    age = times.span(f"{number}{unit}")
    assert age is None or dt.datetime(2026, 1, 1) - age < dt.datetime(2026, 1, 1, 0, 0, 1)
