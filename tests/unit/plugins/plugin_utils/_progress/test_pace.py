# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When lines are shown: seldom, but at once when something goes wrong. Time is a number here."""

from __future__ import annotations

import dataclasses
import math

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.progress import Standing
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._progress.pace import QUIET, Pace

START = Standing("backing up", "v", total=9, running=9)
MORE = dataclasses.replace(START, done=1, running=8)
FAILED = dataclasses.replace(START, failed=1, running=8)
NEXT = Standing("protecting", "v", total=9, running=9)

standings = st.sampled_from([START, MORE, FAILED, NEXT, dataclasses.replace(FAILED, failed=2, running=7)])


def shown(told: list[tuple[float, Standing]], *, interval: float = 15, until: float) -> list[float]:
    """Return when lines are shown, with a listener that hears of each standing at its time."""
    pace, times, now = Pace(interval, 0), [], 0.0
    standing: Standing | None = None
    events = [*told, (until, None)]
    for moment, new in events:
        while pace.due(standing) < moment:
            now = max(now, pace.due(standing))
            pace.show(standing, now)  # type: ignore[arg-type]
            times.append(now)
        now = moment
        standing = new or standing
    return times


def test_a_short_task_shows_nothing() -> None:
    assert shown([(0, START), (1, MORE)], until=4.9) == []


def test_nothing_is_due_while_nothing_was_told() -> None:
    assert Pace(15, 0).due(None) == math.inf


def test_a_task_that_moves_on_shows_a_line_every_interval() -> None:
    moves = [(float(second), dataclasses.replace(START, done=second)) for second in range(60)]
    assert shown(moves, until=60) == [5, 20, 35, 50]


def test_a_failure_and_a_new_step_are_shown_soon_and_together() -> None:
    assert shown([(0, START), (6, FAILED), (7, NEXT)], until=12) == [5, 10]
    assert shown([(0, START), (11, FAILED)], until=12) == [5, 11]


def test_while_nothing_changes_lines_become_rare() -> None:
    assert shown([(0, START)], until=1300) == [5, 20, 50, 110, 230, 470, 770, 1070]


def test_what_changes_after_a_quiet_time_is_shown_at_once_and_the_pace_is_the_old_one() -> None:
    moves = [(600.0 + second, dataclasses.replace(START, done=second + 1)) for second in range(40)]
    assert shown([(0, START), *moves], until=640) == [5, 20, 50, 110, 230, 470, 600, 615, 630]


def test_an_interval_longer_than_the_quiet_one_is_kept() -> None:
    assert shown([(0, START)], interval=900, until=4000) == [300, 1200, 2100, 3000, 3900]


def test_a_task_that_has_shown_lines_shows_how_it_ended() -> None:
    pace = Pace(15, 0)
    assert not pace.owes(None) and not pace.owes(MORE)
    pace.show(START, 5)
    assert pace.owes(MORE)
    assert not pace.owes(dataclasses.replace(START, slowest_seconds=7))


@given(st.lists(st.tuples(st.floats(0, 2000), standings), max_size=40), st.floats(1, 600))
def test_lines_keep_their_distance(told: list[tuple[float, Standing]], interval: float) -> None:
    times = [0.0, *shown(sorted(told, key=lambda one: one[0]), interval=interval, until=2000)]
    for before, after in zip(times, times[1:], strict=False):
        assert after - before >= interval / 3 - 1e-6


@given(st.lists(st.tuples(st.floats(0, 2000), standings), min_size=1, max_size=40), st.floats(1, 600))
def test_a_living_task_is_never_silent_for_long(told: list[tuple[float, Standing]], interval: float) -> None:
    told = sorted(told, key=lambda one: one[0])
    times = [told[0][0], *shown(told, interval=interval, until=2000), 2000]
    for before, after in zip(times, times[1:], strict=False):
        assert after - before <= max(QUIET, interval) + 1e-6


@given(st.lists(st.floats(0, 1000), max_size=60), st.floats(1, 100))
def test_without_failures_and_new_steps_the_distance_is_a_whole_interval(moments: list[float], interval: float) -> None:
    moves = [(moment, dataclasses.replace(START, done=done)) for done, moment in enumerate(sorted(moments))]
    times = shown(moves, interval=interval, until=1000)
    for before, after in zip(times, times[1:], strict=False):
        assert after - before >= interval - 1e-6
