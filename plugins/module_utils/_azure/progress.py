# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells the controller how far a task is, when the controller listens.

An action plugin listens at a named pipe whose path is in the environment of the module. Everything else, when to show
a line and how it looks, is the plugin's: `plugins/plugin_utils/_progress`.
This file is private to the collection.
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
import typing as t

from .._domain.progress import Standing

CHANNEL: t.Final = "CLOUDKEEP_PROGRESS_CHANNEL"
"""The environment variable that holds the path of the pipe."""


class Progress:
    """Safe to share between threads. Silent, and nearly free, when nobody listens; the work never notices it."""

    def __init__(self, path: str | None) -> None:
        self._lock = threading.Lock()
        self._pipe = _open(path) if path else None

    def tell(self, standing: t.Callable[[], Standing]) -> None:
        """Tell where the task stands; the function that knows is called only when somebody listens."""
        with self._lock:
            if self._pipe is None:
                return
            try:
                os.write(self._pipe, standing().to_message())
            except BlockingIOError:
                pass  # The listener is behind. What is told next says all of this.
            except Exception:
                # Whatever it is, a backup must not fail for it.
                self._close()

    def close(self) -> None:
        """Tell no more."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._pipe is not None:
            with contextlib.suppress(OSError):
                os.close(self._pipe)
        self._pipe = None


def _open(path: str) -> int | None:
    """Open the pipe; None when there is none, nobody listens, or it is not ours to write to (another host or user)."""
    try:
        pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    if stat.S_ISFIFO(os.fstat(pipe).st_mode):
        return pipe
    os.close(pipe)
    return None
