# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import zones

NAMES = ("UTC", "Eastern Standard Time", "W. Europe Standard Time", "Lord Howe Standard Time", "China Standard Time")
TIMES = st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2040, 1, 1)).map(lambda time: time.replace(microsecond=0))


@pytest.mark.parametrize(
    ("name", "shown", "expected"),
    [
        ("UTC", "2026-01-05 03:00", "2026-01-05 03:00"),
        ("China Standard Time", "2026-01-05 03:00", "2026-01-04 19:00"),
        ("Eastern Standard Time", "2026-01-05 03:00", "2026-01-05 08:00"),
        ("Eastern Standard Time", "2026-07-05 03:00", "2026-07-05 07:00"),
        # Set forward from 02:00 to 03:00: what lies between happens at the jump.
        ("Eastern Standard Time", "2026-03-08 02:00", "2026-03-08 07:00"),
        ("Eastern Standard Time", "2026-03-08 02:30", "2026-03-08 07:00"),
        ("Eastern Standard Time", "2026-03-08 03:00", "2026-03-08 07:00"),
        # Set back from 02:00 to 01:00: the first of the two.
        ("Eastern Standard Time", "2026-11-01 01:30", "2026-11-01 05:30"),
        ("Eastern Standard Time", "2026-11-01 02:00", "2026-11-01 07:00"),
        # Half an hour only, and on the other side of the world.
        ("Lord Howe Standard Time", "2026-10-04 02:00", "2026-10-03 15:30"),
        ("Lord Howe Standard Time", "2026-10-04 02:15", "2026-10-03 15:30"),
        # Two in the morning of a day that begins at one.
        ("Pacific SA Standard Time", "2026-09-06 00:00", "2026-09-06 04:00"),
        ("Nowhere Standard Time", "2026-01-05 03:00", "2026-01-05 03:00"),
    ],
)
def test_when_a_clock_shows_a_time(name: str, shown: str, expected: str) -> None:
    found = zones.instant(dt.datetime.fromisoformat(shown), zones.zone(name))
    assert found == dt.datetime.fromisoformat(f"{expected}+00:00")


@given(st.sampled_from(NAMES), TIMES)
def test_a_time_is_shown_unless_it_was_jumped_over(name: str, shown: dt.datetime) -> None:
    where = zones.zone(name)
    moment = zones.instant(shown, where)
    again = zones.wall(moment, where)
    if again == shown:
        # The first one, where there are two.
        assert zones.wall(moment - dt.timedelta(hours=1), where) != shown
        assert zones.wall(moment - dt.timedelta(minutes=30), where) != shown
    else:
        # The first moment after the jump: a second before it the clock showed less.
        assert again > shown > zones.wall(moment - dt.timedelta(seconds=1), where)


@given(st.sampled_from(NAMES), TIMES, st.timedeltas(dt.timedelta(0), dt.timedelta(days=2)))
def test_a_later_time_is_never_earlier(name: str, shown: dt.datetime, more: dt.timedelta) -> None:
    where = zones.zone(name)
    assert zones.instant(shown, where) <= zones.instant(shown + more, where)


def test_only_windows_ids_are_known() -> None:
    assert zones.known("UTC") and zones.known("Pacific Standard Time")
    assert not zones.known("America/Los_Angeles") and not zones.known("") and not zones.known(None)
