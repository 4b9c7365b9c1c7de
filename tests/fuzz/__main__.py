# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make fuzz``: send a simulator whatever can be sent, for some minutes; it must answer on and admit no mistake.

What makes it fail is printed in the shortest form that Hypothesis finds, with the simulator's own traceback.
The status is 1 when something was found.
"""

from __future__ import annotations

import argparse
import contextlib
import pathlib
import re
import tempfile
import time
import typing as t

import hypothesis
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import world_files

from . import process, rounds, structured
from .target import Finding, Target

EXAMPLES: t.Final = 200
"""Of each kind, before the other kind's turn comes."""
MOST_GROWTH_MB: t.Final = 100
"""Of the memory of the simulator, beyond what it takes after the first minute."""


def main() -> int:
    """Run the command and return the exit status."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=3, help="how long (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=0, help="the beginning of the random numbers (default: %(default)s)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        world = pathlib.Path(folder, "world.yml")
        world.write_text(world_files.EXAMPLE, encoding="utf-8")
        lifetime = options.minutes * 60 + 600
        with process.started(world, pathlib.Path(folder), lifetime=lifetime) as running:
            return Fuzzer(running, str(world), options.seed).run(options.minutes * 60)


class Fuzzer:
    """Takes turns between the kinds of examples until the time is over, and keeps what was found, each thing once."""

    def __init__(self, running: process.Running, world: str, seed: int) -> None:
        self._running = running
        self._target = Target(running.access, running.complaints)
        self._names = structured.Names(self._target, world)
        self._seed = seed
        self._found: dict[str, str] = {}

    def run(self, seconds: float) -> int:
        """Fuzz for that long, print figures, and return the exit status."""
        started = time.monotonic()
        memory_after_a_minute = 0.0
        next_report = 0.0
        while (passed := time.monotonic() - started) < seconds:
            self._turn(lambda data: rounds.requests(self._target, self._names, data))
            self._turn(lambda data: rounds.conversation(self._target, data))
            self._seed += 1
            if passed > 60 and not memory_after_a_minute:
                memory_after_a_minute = self._running.memory_mb()
            if passed >= next_report:
                print(self._line(passed), flush=True)
                next_report += 60
        growth = self._running.memory_mb() - memory_after_a_minute if memory_after_a_minute else 0.0
        if growth > MOST_GROWTH_MB:
            self._note(Finding(f"The memory has grown by {growth:.0f} MB since the first minute"))
        self._target.close()
        print(self._line(time.monotonic() - started))
        statuses = sorted(self._target.statuses.items())
        print("Answers: " + ", ".join(f"{count} of {status}" for status, count in statuses))
        return 1 if self._found else 0

    def _turn(self, example: t.Callable[[st.DataObject], None]) -> None:
        seen: list[Finding] = []

        @hypothesis.seed(self._seed)
        @hypothesis.settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
            report_multiple_bugs=False,
            phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
        )
        @hypothesis.given(st.data())
        def turn(data: st.DataObject) -> None:
            try:
                example(data)
            except Finding as finding:
                # What is known already would hide what is not.
                if _kind(finding) not in self._found:
                    seen.append(finding)
                    raise

        try:
            turn()
        except Finding as finding:
            self._note(finding)
        except hypothesis.errors.Flaky as error:
            # It depends on what was sent before, or on the time: told all the same, in the form in which it came.
            self._note(seen[0] if seen else error)
        with contextlib.suppress(Finding):
            self._target.reset()

    def _note(self, finding: Exception) -> None:
        kind = _kind(finding)
        if kind not in self._found:
            self._found[kind] = str(finding)
            notes = "\n".join(getattr(finding, "__notes__", []))
            print(f"\nFOUND {len(self._found)}: {finding}\n{notes}\n", flush=True)

    def _line(self, passed: float) -> str:
        return (
            f"{passed / 60:.0f} minutes: {self._target.requests} requests and connections, "
            f"{len(self._found)} findings, {self._running.memory_mb():.0f} MB"
        )


def _kind(finding: Exception) -> str:
    """Return what tells one finding from another: the last place of a traceback, or the first words."""
    places = re.findall(r'File "[^"]*/(\w+\.py)", line (\d+)', str(finding))
    return str(places[-1]) if places else str(finding)[:60]


if __name__ == "__main__":
    raise SystemExit(main())
