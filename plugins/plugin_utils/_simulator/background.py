# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs something in the background, and returns when it is ready and not before.

This file is private to the collection.
"""

from __future__ import annotations

import os
import sys
import typing as t

READY: t.Final = b"ready"


def run(serve: t.Callable[[t.Callable[[], None]], int]) -> int:
    """Run ``serve(announce)`` in a process of its own and return the exit status for this one.

    0 as soon as ``announce`` was called. Where ``serve`` ended before that, its status, with what it wrote to the
    standard error passed on.
    """
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        os._exit(_serve_detached(serve, write_end))
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        said = pipe.read()
    if said.endswith(READY):
        return 0
    sys.stderr.write(said.decode("utf-8", "replace"))
    unused, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) or 1


def _serve_detached(serve: t.Callable[[t.Callable[[], None]], int], write_end: int) -> int:
    """Serve without the terminal; the pipe gets the errors until the announcement, and nothing after it."""
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.dup2(write_end, 2)
    os.close(write_end)

    def announce() -> None:
        os.write(2, READY)
        # The last copy of the pipe's end: now the one who waits for it goes on.
        os.dup2(nowhere, 2)

    try:
        return serve(announce)
    except BaseException as error:
        print(f"The simulator ended: {error!r}", file=sys.stderr, flush=True)
        return 1
