# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulator in a process of its own, so that what a task costs is the task's alone."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
import time
import typing as t
import urllib.request

from ..support import processes

MODULE: t.Final = "ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator"
LATENCY_MS: t.Final = 100
_START_SECONDS = 120
_ANSWER_SECONDS = 60


class Simulator:
    """A running simulator: where it is, how to sign in, and what it has counted."""

    def __init__(self, access: t.Mapping[str, t.Any]) -> None:
        self.access = dict(access)
        self._context = ssl.create_default_context(cafile=access["ca_file"])

    @property
    def endpoint(self) -> str:
        """The https URL, with no slash at its end."""
        return str(self.access["endpoint"])

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point a task at it."""
        return dict(self.access["env"])

    @property
    def pid(self) -> int:
        """The id of its process."""
        return int(self.access["pid"])

    def control(self, method: str, call: str, body: t.Any = None) -> dict[str, t.Any]:
        """Call the control interface."""
        request = urllib.request.Request(
            f"{self.endpoint}/_sim/{call}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Simulator-Key": self.access["control_key"], "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, context=self._context, timeout=_ANSWER_SECONDS) as answer:
            return t.cast("dict[str, t.Any]", json.load(answer))


@contextlib.contextmanager
def simulator(
    world: str,
    *,
    arm_limits: bool = True,
    latency_ms: int = LATENCY_MS,
    profile: str = "fast",
    seed: int = 0,
    lifetime: int = 3600,
) -> t.Iterator[Simulator]:
    """Run a simulator of a world for the length of a with block; raises RuntimeError when it does not start.

    ``lifetime`` is in seconds.
    """
    with tempfile.TemporaryDirectory() as folder:
        ready = pathlib.Path(folder, "ready.json")
        command = [sys.executable, "-m", MODULE, "--port", "0", "--ready-file", str(ready), "--world", world]
        command += [
            "--profile",
            profile,
            "--latency-ms",
            str(latency_ms),
            "--arm-limits",
            "on" if arm_limits else "off",
        ]
        command += ["--seed", str(seed), "--lifetime", str(lifetime)]
        # The collection is there where this process has found it.
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=env)
        try:
            yield Simulator(_access(process, ready))
        finally:
            processes.end(process)


def _access(process: subprocess.Popen[bytes], ready: pathlib.Path) -> dict[str, t.Any]:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            return t.cast("dict[str, t.Any]", json.loads(ready.read_text(encoding="utf-8")))
        time.sleep(0.05)
    raise RuntimeError("The simulator did not start.")
