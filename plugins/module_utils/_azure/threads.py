# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Threads that hold up nobody who ends: neither Ctrl-C nor a module whose result is known waits for what they do.

This file is private to the collection.
"""

from __future__ import annotations

import concurrent.futures
import threading
import typing as t

Made = t.TypeVar("Made")


def begin(work: t.Callable[[], Made], name: str) -> concurrent.futures.Future[Made]:
    """Begin a piece of work in a thread of this name and return what will come of it.

    Python waits at its end for the threads of an executor, however long those wait for an answer; not for this one.
    """
    future: concurrent.futures.Future[Made] = concurrent.futures.Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future


class Stopped(BaseException):
    """Ends a thread whose work nobody wants any more. No Exception: nothing must take it for a failure and go on."""


class Stop:
    """Tells the threads of a client to end: those that wait wake up, and those that are about to send something don't.

    Whoever calls ``check`` or ``wait`` after ``ask`` gets Stopped.
    """

    def __init__(self) -> None:
        self._asked = threading.Event()

    def ask(self) -> None:
        """Let all of them end."""
        self._asked.set()

    def check(self) -> None:
        """Go on only while nobody has asked to stop."""
        if self._asked.is_set():
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Let that many seconds pass, or fewer when somebody asks to stop."""
        if self._asked.wait(seconds):
            raise Stopped
