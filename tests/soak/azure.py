# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator of a soak, and a clock that both sides share: where a client sleeps, the simulator's time goes on."""

from __future__ import annotations

import contextlib
import datetime as dt
import pathlib
import threading
import time
import typing as t
from unittest import mock

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import client

from ..benchmarks.simulator import Simulator, simulator
from .books import world


class SharedClock:
    """A client's clock: it sleeps by setting the simulator's clock forward, and its own with it.

    A ``real`` one is the computer's, for clients in other processes.
    """

    def __init__(self, azure: Simulator, *, real: bool = False) -> None:
        self._azure = azure
        self._real = real
        self._lock = threading.Lock()
        self._ahead = 0.0

    def sleep(self, seconds: float) -> None:
        """Let the time pass for both."""
        if self._real:
            time.sleep(seconds)
            return
        self._azure.control("POST", "clock/advance", {"seconds": seconds})
        with self._lock:
            self._ahead += seconds

    def pass_by(self, seconds: float) -> None:
        """Let hours or days pass, which a real clock has no time for."""
        if not self._real:
            self.sleep(seconds)

    def now(self) -> dt.datetime:
        """Return the time of day."""
        return dt.datetime.fromtimestamp(time.time() + self._ahead, dt.timezone.utc)

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        return time.monotonic() + self._ahead

    @contextlib.contextmanager
    def worn(self) -> t.Iterator[None]:
        """Give it to every client that is made in a with block."""
        with mock.patch.object(client, "SystemClock", lambda _stop: self):
            yield


@contextlib.contextmanager
def azure_of(machines: int, *, seed: int, folder: pathlib.Path, lifetime: int) -> t.Iterator[Simulator]:
    """Run the hostile simulator with the soak's world."""
    import yaml

    file = folder / "world.yml"
    file.write_text(yaml.safe_dump(world(machines)), encoding="utf-8")
    with simulator(
        str(file), arm_limits=False, latency_ms=0, profile="hostile", seed=seed, lifetime=lifetime
    ) as running:
        yield running
