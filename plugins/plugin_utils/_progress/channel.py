# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A named pipe that only this user can open, at which a module tells how far it is.

This file is private to the collection.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import tempfile
import typing as t

_CHUNK: t.Final = 65536


class Channel:
    """The listener's end of a pipe in a folder of its own. Raises OSError where no such pipe can be made.

    Nothing is left of it after ``close``; what a killed process leaves is in ``folder``, which Ansible removes.
    """

    def __init__(self, folder: str) -> None:
        with contextlib.ExitStack() as undo:
            self._folder = tempfile.mkdtemp(prefix="progress-", dir=folder)
            undo.callback(shutil.rmtree, self._folder, ignore_errors=True)
            self.path = os.path.join(self._folder, "channel")
            os.mkfifo(self.path, 0o600)
            self._reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            undo.callback(os.close, self._reader)
            # With a writer of our own the pipe never ends, however modules come and go, and somebody can wake us.
            self._writer = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            undo.callback(os.close, self._writer)
            selector = undo.enter_context(selectors.DefaultSelector())
            selector.register(self._reader, selectors.EVENT_READ)
            self._selector = selector
            self._undo = undo.pop_all()
        self._unfinished = b""

    def messages(self, timeout: float | None) -> list[bytes]:
        """Wait for messages, at most so many seconds (None: as long as it takes), and return those that are whole."""
        if not self._selector.select(timeout):
            return []
        try:
            read = os.read(self._reader, _CHUNK)
        except BlockingIOError:
            return []
        *whole, self._unfinished = (self._unfinished + read).split(b"\n")
        self._unfinished = self._unfinished[-_CHUNK:]
        return [message for message in whole if message]

    def wake(self) -> None:
        """Let ``messages`` return now."""
        with contextlib.suppress(BlockingIOError):  # The pipe is full, so the listener is awake.
            os.write(self._writer, b"\n")

    def close(self) -> None:
        """Remove the pipe."""
        self._undo.close()
