# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module as a process, as Ansible does, and measures what it took."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
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
    source = f"import runpy; runpy.run_module('{MODULES}.{name}', run_name='__main__')"
    seconds, memory, output = _process(source, azure.environment, json.dumps(arguments))
    result = json.loads(output)
    if result.get("failed"):
        raise RuntimeError(f"{name}: {result['msg'][:2000]}")
    counts = azure.control("GET", "stats")
    counts["requests"]["GET"] -= 1  # that one
    return Measurement(seconds, memory, counts["requests"], counts["throttled"], result)


def sum_up(made: t.Sequence[Measurement]) -> Measurement:
    """Return what tasks took together, one after the other: the sums, and the largest memory."""
    requests: collections.Counter[str] = collections.Counter()
    for one in made:
        requests.update(one.requests)
    return Measurement(
        sum(one.seconds for one in made),
        max(one.memory_mb for one in made),
        dict(requests),
        sum(one.throttled for one in made),
    )


def script(azure: Simulator, source: str) -> Measurement:
    """Run a few lines of Python, for comparison; raises RuntimeError when they fail."""
    seconds, memory, _output = _process(source, azure.environment, "")
    return Measurement(seconds, memory)


@contextlib.contextmanager
def playbooks(azure: Simulator, **modules: str) -> t.Iterator[t.Callable[[str, t.Mapping[str, t.Any]], float]]:
    """Run playbooks of one task, as a user does.

    Yields a function that runs a task with options by ansible-playbook and returns the seconds; it raises RuntimeError
    when the task fails. ``modules`` are the sources of more modules, for comparison.
    """
    with tempfile.TemporaryDirectory() as folder:
        library = pathlib.Path(folder, "library")
        library.mkdir()
        for name, source in modules.items():
            (library / f"{name}.py").write_text(source, encoding="utf-8")
        yield lambda task, options: _playbook(azure, task, options, pathlib.Path(folder, "play.yml"))


def _playbook(azure: Simulator, task: str, options: t.Mapping[str, t.Any], written: pathlib.Path) -> float:
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [{"name": "Run", task: dict(options)}]}
    written.write_text(json.dumps([play]), encoding="utf-8")
    started = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", "-c", "local", str(written)],
        env={**os.environ, **azure.environment, "ANSIBLE_PYTHON_INTERPRETER": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(f"{task} ended with status {ended.returncode}: {ended.stdout[-2000:]}")
    return time.monotonic() - started


# The system's own account of a child (wait4) begins with the memory of the parent that it was forked from.
_TELL_MEMORY: t.Final = """
import atexit, sys
atexit.register(lambda: sys.stderr.write(open("/proc/self/status").read()))
"""


def _process(source: str, variables: t.Mapping[str, str], given: str) -> tuple[float, float, str]:
    started = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", _TELL_MEMORY + source],
        input=given,
        capture_output=True,
        env={**os.environ, **variables},
        text=True,
        check=False,
    )
    seconds = time.monotonic() - started
    peak = re.search(r"^VmHWM:\s+(\d+) kB$", ended.stderr, re.MULTILINE)
    if peak is None or ended.returncode not in (0, 1) or (ended.returncode and not ended.stdout):
        raise RuntimeError(f"It ended with status {ended.returncode}: {ended.stdout[-2000:]}{ended.stderr[-2000:]}")
    return seconds, int(peak.group(1)) / 1024, ended.stdout
