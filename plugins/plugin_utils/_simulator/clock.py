# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated time: the real one plus whatever it was advanced by.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import time
import typing as t

AdvanceListener = t.Callable[[dt.datetime, dt.datetime], None]


class SimulatorClock:
    """Tells the simulated time, in UTC.

    Args:
        time_scale: what the durations of the ``recorded`` profile are divided by; the clock itself keeps real pace.
        real: the seconds since 1970 that the clock follows.
    """

    def __init__(self, *, time_scale: float = 1.0, real: t.Callable[[], float] = time.time) -> None:
        if time_scale <= 0:
            raise ValueError(f"The time scale must be more than 0, not {time_scale}")
        self.time_scale = time_scale
        self._real = real
        self._offset = 0.0
        self._listeners: list[AdvanceListener] = []

    @classmethod
    def stopped(cls, at: dt.datetime | None = None, *, time_scale: float = 1.0) -> SimulatorClock:
        """Return a clock that moves only by ``advance``; it starts at 2026-01-05 08:00 unless told otherwise."""
        start = (at or dt.datetime(2026, 1, 5, 8, tzinfo=dt.timezone.utc)).timestamp()
        return cls(time_scale=time_scale, real=lambda: start)

    def now(self) -> dt.datetime:
        """Return the simulated time, aware, in UTC."""
        return dt.datetime.fromtimestamp(self._real() + self._offset, dt.timezone.utc)

    def advance(self, seconds: float) -> None:
        """Jump forward; what was scheduled in between happens. Raises ValueError for a negative jump."""
        if seconds < 0:
            raise ValueError("The clock cannot go back")
        before = self.now()
        self._offset += seconds
        for listener in self._listeners:
            listener(before, before + dt.timedelta(seconds=seconds))

    def on_advance(self, listener: AdvanceListener) -> None:
        """Have ``listener(before, after)`` called at every jump."""
        self._listeners.append(listener)
