# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import timeline

START = dt.datetime(2026, 1, 5, tzinfo=dt.timezone.utc)


@given(st.lists(st.integers(0, 100)), st.lists(st.integers(0, 40)))
def test_all_ends_in_the_order_of_time_whenever_one_looks(lengths: list[int], looks: list[int]) -> None:
    line = timeline.Timeline()
    ended: list[dt.datetime] = []
    for seconds in lengths:
        line.start(START, seconds, ended.append)
    now = START
    for look in looks:
        now += dt.timedelta(seconds=look)
        line.settle(now)
    due = sorted(START + dt.timedelta(seconds=seconds) for seconds in lengths)
    assert ended == ([moment for moment in due if moment <= now] if looks else [])


def test_work_that_counts_reads_ends_with_the_last_and_not_with_time() -> None:
    line, ended = timeline.Timeline(), []
    work = line.start(START, 1, ended.append, reads=2)
    line.settle(START + dt.timedelta(days=1))
    line.read(work, START)
    assert (ended, work.fraction(START)) == ([], 0.5)
    line.read(work, START)
    line.read(work, START)
    assert (len(ended), work.fraction(START)) == (1, 1.0)


def test_cancelled_work_has_no_effect() -> None:
    line, ended = timeline.Timeline(), []
    for reads in (None, 1):
        work = line.start(START, 1, ended.append, reads=reads)
        line.cancel(work)
        line.read(work, START)
    line.settle(START + dt.timedelta(days=1))
    assert ended == []


def test_an_effect_may_start_more_work() -> None:
    line, ended = timeline.Timeline(), []
    line.start(START, 1, lambda when: line.start(when, 1, ended.append) and None)
    line.settle(START + dt.timedelta(seconds=5))
    assert ended == [START + dt.timedelta(seconds=2)]
