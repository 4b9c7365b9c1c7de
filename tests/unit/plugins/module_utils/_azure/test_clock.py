# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime as dt
import time

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import threads
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.clock import ServiceClock, SystemClock
from ansible_collections.cloudkeep.azure_backup.tests.support.fake_azure import NOW, Clock


def header(moment: dt.datetime) -> str:
    return moment.strftime("%a, %d %b %Y %H:%M:%S GMT")


@pytest.mark.parametrize("hours", [-5, -1, 3, 30])
def test_the_time_of_day_is_the_services(hours: float) -> None:
    own = Clock()
    clock = ServiceClock(own)
    assert clock.now() == NOW
    clock.learn(header(NOW + dt.timedelta(hours=hours)))
    own.sleep(10)
    assert clock.now() == NOW + dt.timedelta(hours=hours, seconds=10)
    assert clock.monotonic() == 10


def test_clocks_that_agree_are_left_alone() -> None:
    clock = ServiceClock(Clock())
    clock.learn(header(NOW + dt.timedelta(hours=2)))
    clock.learn(header(NOW + dt.timedelta(seconds=61)))
    assert clock.now() == NOW


@pytest.mark.parametrize("date", [None, "", "yesterday", "Mon, 99 Foo 2026", "Mon, 02 Mar 2026 15:00:00 -0000"])
def test_a_date_that_cannot_be_read_tells_nothing(date: str | None) -> None:
    clock = ServiceClock(Clock())
    clock.learn(date)
    assert clock.now() == NOW


def test_whoever_sleeps_wakes_up_to_stop() -> None:
    stop = threads.Stop()
    clock = ServiceClock(SystemClock(stop))
    clock.sleep(0)
    started = time.monotonic()
    clock.sleep(0.05)
    assert time.monotonic() - started >= 0.05
    sleeper = threads.begin(lambda: clock.sleep(60), "sleeper")
    stop.ask()
    with pytest.raises(threads.Stopped):
        sleeper.result(10)
    with pytest.raises(threads.Stopped):
        clock.sleep(60)
