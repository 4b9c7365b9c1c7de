# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A thread that listens to a module and shows lines while it runs.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import math
import os
import signal
import threading
import time
import typing as t

from ...module_utils._domain.progress import Standing
from .channel import Channel
from .handover import Handover
from .line import line
from .pace import Pace

Show = t.Callable[[str, bool], None]
"""Shows a line; the second argument tells whether something has failed since the line before it."""


class Reporter:
    """Use it as a context manager around the run of the module: the thread has ended when the block has.

    That matters: a process that ended while its thread hands a line to Ansible's queue would leave the queue locked.
    For the same reason a signal that ends the process waits for that.

    A worker outlives an ansible-playbook that is killed, as long as its module runs. Then nobody reads the queue, which
    takes no more once it is full, so nothing is shown any more: the worker would never end.
    """

    def __init__(
        self,
        channel: Channel,
        show: Show,
        *,
        label: str,
        interval: float,
        clock: t.Callable[[], float] = time.monotonic,
    ) -> None:
        self._channel = channel
        self._show = show
        self._label = label
        self._clock = clock
        self._began = clock()
        self._pace = Pace(interval, self._began)
        self._standing: Standing | None = None
        self._told_at = self._began
        self._parent = os.getppid()
        self._handover = Handover()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)

    def __enter__(self) -> Reporter:
        # A signal that this thread took would not wake the main thread, which waits for the module: neither Ctrl-C nor
        # the time-out of a task would end it. A thread begins with those signals blocked that its starter has blocked.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            self._thread.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        self._handover.watch()
        return self

    def __exit__(self, *_failure: object) -> None:
        try:
            self._stopping.set()
            self._channel.wake()
            self._thread.join()
        finally:
            self._handover.rest()

    def _run(self) -> None:
        while True:
            # What the module wrote before it ended is read after that was noticed.
            stopping = self._stopping.is_set()
            self._listen(0 if stopping else self._pace.due(self._standing) - self._clock())
            if stopping:
                break
            if self._pace.due(self._standing) <= self._clock():
                self._tell()
        if self._pace.owes(self._standing):
            self._tell()

    def _listen(self, timeout: float) -> None:
        for message in self._channel.messages(None if timeout == math.inf else max(timeout, 0)):
            standing = Standing.from_message(message)
            if standing:
                self._standing, self._told_at = standing, self._clock()

    def _tell(self) -> None:
        standing = self._standing
        if standing is None:
            return
        now = self._clock()
        worse = standing.failed > (self._pace.shown.failed if self._pace.shown else 0)
        if os.getppid() == self._parent:
            with self._handover.of_a_line():
                self._show(line(self._label, self._aged(standing, now), now - self._began), worse)
        self._pace.show(standing, now)

    def _aged(self, standing: Standing, now: float) -> Standing:
        """Return what is known, with the time added that has passed since it was told."""
        return dataclasses.replace(standing, slowest_seconds=standing.slowest_seconds + now - self._told_at)
