# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time, behind an interface, so that tests decide how it passes.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import time
import typing as t

from .threads import Stop


class Clock(t.Protocol):
    """What tells the time and lets it pass."""

    def now(self) -> dt.datetime:
        """Return the time of day, aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass."""


class SystemClock:
    """The computer's clock; whoever sleeps on it wakes up when the threads are to stop."""

    def __init__(self, stop: Stop | None = None) -> None:
        self._stop = stop or Stop()

    def now(self) -> dt.datetime:
        """Return the time of day, aware, in UTC."""
        return dt.datetime.now(dt.timezone.utc)

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass."""
        self._stop.wait(seconds)


AGREES: t.Final = dt.timedelta(minutes=2)
"""Up to here two clocks count as the same: the service tells its time in whole seconds, and answers travel."""


class ServiceClock:
    """A clock whose time of day is the service's, as far as its answers tell it.

    What is compared with the service's times (how old is a backup, since when to list jobs) must not depend on how
    right this host's clock is. Durations and pauses are the host's own.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._difference = dt.timedelta()

    def now(self) -> dt.datetime:
        """Return the time of day, aware, in UTC."""
        return self._clock.now() + self._difference

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass."""
        self._clock.sleep(seconds)

    def learn(self, date: str | None) -> None:
        """Take over the time of an answer's ``Date`` header; what can't be read tells nothing."""
        try:
            told = email.utils.parsedate_to_datetime(date or "")
        except (TypeError, ValueError):
            return
        if told.tzinfo is None:
            return
        difference = told - self._clock.now()
        self._difference = difference if abs(difference) > AGREES else dt.timedelta()


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
