# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module as a process, as Ansible does, and measures what it took."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
import typing as t

from .simulator import Simulator

MODULES: t.Final = "ansible_collections.cloudkeep.azure_backup.plugins.modules"


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What one process took."""

    seconds: float
    """Wall time, from the start of Python to its end."""
    memory_mb: float
    """The largest resident set."""
    requests: t.Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Requests by verb, those for tokens and metadata included."""
    throttled: int = 0
    """Requests that were answered 429."""
    result: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)

    @property
    def total_requests(self) -> int:
        """Requests of all verbs."""
        return sum(self.requests.values())

    @property
    def writes(self) -> int:
        """Requests that can change something; POST is among them, the one for a token left out."""
        return sum(self.requests.get(verb, 0) for verb in ("PUT", "PATCH", "DELETE"))


def module(azure: Simulator, name: str, options: t.Mapping[str, t.Any]) -> Measurement:
    """Run a module; raises RuntimeError when the task fails."""
    azure.control("DELETE", "stats")
    arguments = {"ANSIBLE_MODULE_ARGS": {**options, "_ansible_check_mode": False, "_ansible_diff": False}}
    seconds, memory, output = _process(["-m", f"{MODULES}.{name}"], azure.environment, json.dumps(arguments))
    result = json.loads(output)
    if result.get("failed"):
        raise RuntimeError(f"{name}: {result['msg'][:2000]}")
    counts = azure.control("GET", "stats")
    return Measurement(seconds, memory, counts["requests"], counts["throttled"], result)


def script(azure: Simulator, source: str) -> Measurement:
    """Run a few lines of Python, for comparison; raises RuntimeError when they fail."""
    seconds, memory, _output = _process(["-c", source], azure.environment, "")
    return Measurement(seconds, memory)


def _process(arguments: t.Sequence[str], variables: t.Mapping[str, str], given: str) -> tuple[float, float, str]:
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **variables},
        text=True,
    )
    pipes = t.cast("tuple[t.IO[str], t.IO[str]]", (process.stdin, process.stdout))
    pipes[0].write(given)
    pipes[0].close()
    output = pipes[1].read()
    # wait4 alone tells the memory of this one process.
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - started
    if process.returncode not in (0, 1) or (process.returncode and not output):
        raise RuntimeError(f"{arguments} ended with status {process.returncode}: {output[-2000:]}")
    return seconds, usage.ru_maxrss / 1024, output
