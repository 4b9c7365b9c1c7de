# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import wire_times

MOMENTS = st.datetimes(min_value=dt.datetime(1, 1, 2), timezones=st.just(dt.timezone.utc))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "PT0S"),
        (2122.4973538, "PT35M22.4973538S"),
        (30.7891378, "PT30.7891378S"),
        (3600, "PT1H"),
        (90061.5, "P1DT1H1M1.5000000S"),
        (-3, "PT0S"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert wire_times.duration(seconds) == text


def test_a_deleted_item_counts_down_in_a_time_span_of_its_own_kind() -> None:
    span = dt.timedelta(days=13, hours=23, minutes=59, seconds=43, microseconds=806890)
    assert wire_times.time_span(span) == "13.23:59:43.8068900"
    assert wire_times.time_span(dt.timedelta(seconds=-1)) == "0.00:00:00.0000000"


@pytest.mark.parametrize(
    ("moment", "text"),
    [((2022, 6, 12), "6/12/2022 12:00:00 AM"), ((2017, 10, 19, 7, 11, 28), "10/19/2017 7:11:28 AM")],
)
def test_property_bags_have_american_times(moment: tuple[int, ...], text: str) -> None:
    assert wire_times.american(dt.datetime(*moment, tzinfo=dt.timezone.utc)) == text  # type: ignore[arg-type,misc]


@given(MOMENTS)
def test_a_written_time_has_seven_digits_and_reads_back(moment: dt.datetime) -> None:
    text = wire_times.stamp(moment.replace(year=max(moment.year, 1000)))
    assert len(text) == len("2022-05-13T09:34:56.6364684Z")
    assert wire_times.parse_iso(text) == moment.replace(year=max(moment.year, 1000))


@given(MOMENTS)
def test_a_filter_time_reads_back(moment: dt.datetime) -> None:
    moment = moment.replace(year=max(moment.year, 1000), microsecond=0)
    assert wire_times.parse_filter_time(moment.strftime("%Y-%m-%d %I:%M:%S %p")) == moment


def test_midnight_may_be_written_as_hour_nought_or_twelve() -> None:
    midnight = dt.datetime(2016, 1, 1, tzinfo=dt.timezone.utc)
    assert wire_times.parse_filter_time("2016-01-01 00:00:00 AM") == midnight
    assert wire_times.parse_filter_time("2016-01-01 12:00:00 AM") == midnight


@pytest.mark.parametrize("text", ["", "2016-01-01", "2016-01-01 14:00:00 PM", "2016-13-01 01:00:00 AM"])
def test_what_is_no_filter_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        wire_times.parse_filter_time(text)


@pytest.mark.parametrize(
    ("text", "hour"), [("2026-01-05T08:00:00Z", 8), ("2026-01-05T10:30:00+02:30", 8), ("2026-01-05", 0)]
)
def test_request_times_may_have_a_zone_or_be_a_day(text: str, hour: int) -> None:
    assert wire_times.parse_iso(text) == dt.datetime(2026, 1, 5, hour, tzinfo=dt.timezone.utc)
