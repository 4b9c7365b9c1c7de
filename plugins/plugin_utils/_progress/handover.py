# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets a signal that ends the process wait until a line has been handed over.

Ansible's queue is locked for all processes while something is put into it. A worker that ended then would leave it
locked, and ansible-playbook, which tidies up after Ctrl-C through that queue, would wait for ever.

This file is private to the collection.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import types
import typing as t

PATIENCE: t.Final = 5.0
"""Seconds that a signal waits at most: a line takes none, but a queue that nobody reads takes for ever."""

_ENDING: t.Final = (signal.SIGINT, signal.SIGTERM)


class Handover:
    """The moments in which a line is handed over: ``with handover.of_a_line()``, in any thread.

    Signals are held up from ``watch`` to ``rest``, which the main thread calls; in another one they change nothing, as
    only the main thread can choose what a signal does.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._going_on = threading.Lock()
        self._handlers: dict[int, t.Any] = {}

    def watch(self) -> None:
        """Hold signals up from now on; then they do what they did."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _ENDING:
            handler = signal.getsignal(number)
            if handler is signal.SIG_DFL or callable(handler):
                # A signal may come between any two lines: what it did is known before it is held up.
                self._handlers[number] = handler
                signal.signal(number, self._hold_up)

    def rest(self) -> None:
        """Give the signals back."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        # Not before the last of them does again what it did.
        self._handlers.clear()

    @contextlib.contextmanager
    def of_a_line(self) -> t.Iterator[None]:
        """Nothing but a kill, or a line that takes too long, ends the process within the block."""
        with self._going_on:
            yield

    def _hold_up(self, number: int, frame: types.FrameType | None) -> None:
        ended = self._going_on.acquire(timeout=self._patience)
        try:
            handler = self._handlers[number]
            if callable(handler):
                handler(number, frame)
            else:
                signal.signal(number, signal.SIG_DFL)
                os.kill(os.getpid(), number)
        finally:
            # A handler may raise what ends the task and not the process: then the last line is still to come.
            if ended:
                self._going_on.release()
