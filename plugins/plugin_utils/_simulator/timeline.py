# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is under way: work that ends after a time, or after it was looked at often enough.

Nothing runs in the background. Whoever answers a request first settles the timeline, and all that was due until then
happens in its order.
This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
import typing as t

Effect = t.Callable[[dt.datetime], None]


class Work:
    """One piece of work; ``effect(when)`` is called at its end.

    ``reads`` is the number of status reads that end it, or None when its time does.
    """

    def __init__(self, started: dt.datetime, seconds: float, reads: int | None, effect: Effect) -> None:
        self.started = started
        self.due = started + dt.timedelta(seconds=seconds)
        self.seconds = seconds
        self.reads = reads
        self.reads_left = reads
        self.effect = effect
        self.ended_at: dt.datetime | None = None
        self.cancelled = False

    def fraction(self, now: dt.datetime) -> float:
        """Return how much of it is done, from 0 to 1."""
        if self.ended_at is not None:
            return 1.0
        if self.reads is not None and self.reads_left is not None:
            return 1 - self.reads_left / self.reads
        return min(1.0, (now - self.started).total_seconds() / self.seconds) if self.seconds > 0 else 1.0


class Timeline:
    """All work that has not ended."""

    def __init__(self) -> None:
        self._queue: list[tuple[dt.datetime, int, Work]] = []
        self._order = itertools.count()

    def start(self, started: dt.datetime, seconds: float, effect: Effect, *, reads: int | None = None) -> Work:
        """Begin a piece of work."""
        work = Work(started, seconds, reads, effect)
        if reads is None:
            heapq.heappush(self._queue, (work.due, next(self._order), work))
        return work

    def settle(self, now: dt.datetime) -> None:
        """End all that is due."""
        while self._queue and self._queue[0][0] <= now:
            due, _order, work = heapq.heappop(self._queue)
            self._end(work, due)

    def read(self, work: Work, now: dt.datetime) -> None:
        """Count a look at the work, which may end it."""
        if work.reads_left is not None and work.ended_at is None and not work.cancelled:
            work.reads_left -= 1
            if work.reads_left <= 0:
                self._end(work, now)

    def cancel(self, work: Work) -> None:
        """Give the work up; its effect never happens."""
        work.cancelled = True

    def _end(self, work: Work, when: dt.datetime) -> None:
        if not work.cancelled and work.ended_at is None:
            work.ended_at = when
            work.effect(when)
