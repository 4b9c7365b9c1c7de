# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time, behind an interface, so that tests decide how it passes.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import time
import typing as t


class Clock(t.Protocol):
    """What tells the time and lets it pass."""

    def now(self) -> dt.datetime:
        """Return the time of day, aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass."""


class SystemClock:
    """The computer's clock."""

    def now(self) -> dt.datetime:
        """Return the time of day, aware, in UTC."""
        return dt.datetime.now(dt.timezone.utc)

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass."""
        time.sleep(seconds)


class Deadline:
    """A point in time, set when it is made, that one or more waits share."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self.clock = clock
        self.seconds = seconds
        self._end = clock.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds that are left, never less than 0."""
        return max(0.0, self._end - self.clock.monotonic())

    def expired(self) -> bool:
        """Tell whether it has passed."""
        return self.remaining() <= 0
