# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime as dt

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import clock


def test_it_follows_the_real_time_plus_what_it_was_advanced_by() -> None:
    real = [1000.0]
    watch = clock.SimulatorClock(real=lambda: real[0])
    watch.advance(50)
    real[0] += 5
    assert watch.now() == dt.datetime.fromtimestamp(1055, dt.timezone.utc)


def test_listeners_hear_of_every_jump() -> None:
    watch, heard = clock.SimulatorClock.stopped(), []
    watch.on_advance(lambda before, after: heard.append((after - before).total_seconds()))
    watch.advance(60)
    watch.advance(0.5)
    assert heard == [60, 0.5]


def test_it_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="cannot go back"):
        clock.SimulatorClock.stopped().advance(-1)


def test_a_time_scale_must_be_positive() -> None:
    with pytest.raises(ValueError, match="more than 0"):
        clock.SimulatorClock(time_scale=0)
