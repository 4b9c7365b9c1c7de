# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several processes that share a principal's bucket: nothing of it is lost, and hardly anything is refused.

The service, the processes and their threads are events on a line of time, so that 80 seconds take a moment.
"""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import math
import random
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.pacing import LIMITS, Bucket
from ansible_collections.cloudkeep.azure_backup.tests.support.scripted import FakeClock

THREADS = 16
SIZE, RATE = 200.0, 10.0
"""The service's own bucket of writes."""


class Service:
    """Azure's bucket: answers what is left, or refuses and says for how long."""

    def __init__(self, clock: FakeClock, level: float = SIZE) -> None:
        self._clock = clock
        self._level = level
        self._at = 0.0
        self.accepted = self.refused = 0

    def answer(self) -> tuple[bool, float, float]:
        """Return whether a request is accepted, what is left, and the seconds of Retry-After."""
        self._level = min(SIZE, self._level + (self._clock.seconds - self._at) * RATE)
        self._at = self._clock.seconds
        if self._level < 1:
            self.refused += 1
            return False, 0, max(1, math.ceil((1 - self._level) / RATE))
        self._level -= 1
        self.accepted += 1
        return True, int(self._level), 0


@dataclasses.dataclass
class Process:
    """A task: a pacer's bucket, its threads, and the requests that it has to send."""

    bucket: Bucket
    todo: int
    idle: int = THREADS
    waiting: bool = False


class World:
    """Lets processes send until all is accepted."""

    def __init__(self, shares: t.Sequence[int], *, latency: float, level: float = SIZE, tells: bool = True) -> None:
        self.clock = FakeClock()
        self.service = Service(self.clock, level)
        self._latency = latency
        self._tells = tells
        self._events: list[tuple[float, int, t.Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._random = random.Random(latency)
        for share in shares:
            self._go(Process(Bucket(self.clock, *LIMITS["writes"], jitter=self._random.random), share))
        while self._events:
            self.clock.seconds, _number, happen = heapq.heappop(self._events)
            happen()

    def _later(self, seconds: float, happen: t.Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.clock.seconds + seconds, next(self._numbers), happen))

    def _go(self, process: Process) -> None:
        """Let the process's next thread take its turn, as Pacer.wait does."""
        if process.waiting or not process.idle or not process.todo:
            return
        seconds = process.bucket.take()
        if seconds > 0:
            process.waiting = True
            self._later(min(seconds, 0.25), lambda: self._again(process))
            return
        process.idle -= 1
        process.todo -= 1
        self._later(self._latency / 2, lambda: self._arrive(process))
        self._later(0.001, lambda: self._go(process))

    def _again(self, process: Process) -> None:
        process.waiting = False
        self._go(process)

    def _arrive(self, process: Process) -> None:
        answer = self.service.answer()
        self._later(self._latency / 2, lambda: self._answered(process, *answer))

    def _answered(self, process: Process, accepted: bool, left: float, retry_after: float) -> None:
        process.bucket.observe(left if self._tells else math.inf)
        if accepted:
            process.idle += 1
        else:
            process.bucket.close(retry_after)
            # The thread sleeps by itself before it sends the same again.
            self._later(retry_after, lambda: self._retry(process))
        self._go(process)

    def _retry(self, process: Process) -> None:
        process.idle += 1
        process.todo += 1
        self._go(process)


def floor(writes: int, level: float = SIZE) -> float:
    """The seconds that the service needs to accept so many writes."""
    return max(0.0, writes - level) / RATE


@pytest.mark.parametrize("latency", [0.05, 0.1, 0.5])
@pytest.mark.parametrize(("processes", "refused"), [(1, 0), (2, 0), (4, 10), (8, 100), (16, 200)])
def test_a_thousand_writes_are_as_fast_as_they_can_be(processes: int, refused: int, latency: float) -> None:
    world = World([1000 // processes] * processes, latency=latency)
    assert world.service.accepted == 1000 // processes * processes
    assert world.clock.seconds <= floor(1000) * 1.08
    # The longer an answer travels, the less it says of how things are now.
    assert world.service.refused <= refused * (4 if latency > 0.1 else 1)


def test_what_one_does_not_take_is_left_for_the_others() -> None:
    world = World([700, 100, 100, 100], latency=0.1)
    assert world.clock.seconds <= floor(1000) * 1.06
    assert world.service.refused <= 10


@pytest.mark.parametrize("level", [0, 5, 21, 100])
def test_a_task_that_comes_after_another_finds_out_what_is_left(level: float) -> None:
    world = World([1000], latency=0.1, level=level)
    assert world.clock.seconds <= floor(1000, level) * 1.04
    assert world.service.refused <= (level < 1)


@pytest.mark.parametrize("level", [SIZE, 0])
def test_a_service_that_does_not_tell_is_taken_to_allow_what_is_documented(level: float) -> None:
    world = World([1000], latency=0.1, level=level, tells=False)
    assert world.clock.seconds <= floor(1000, level) * 1.04
    # As many as there are threads may be on their way when the first refusal arrives.
    assert world.service.refused <= (0 if level else THREADS)
