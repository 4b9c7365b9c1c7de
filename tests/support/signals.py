# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ctrl-C, for this process and those that it starts."""

from __future__ import annotations

import contextlib
import signal
import typing as t


@contextlib.contextmanager
def ctrl_c_arrives() -> t.Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt, and reach what is started in a with block.

    A shell lets what it starts in the background ignore it, and that is passed on; a handler is not.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
