# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs named steps one after the other, goes on after a failure, and ends with a table of what came of each."""

from __future__ import annotations

import dataclasses
import pathlib
import subprocess
import time
import typing as t

from project import CHECKOUT

LONGEST: t.Final = 3600.0
"""Seconds after which a command is taken for one that hangs. The longest step takes a quarter of that on two cores."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a step: its name, ``passed``, ``failed`` or ``skipped: why``, and how long it took."""

    name: str
    result: str
    seconds: float


class Steps:
    """The steps of one command, such as ``make test``."""

    def __init__(self, title: str, *, longest: float = LONGEST) -> None:
        self.title = title
        self._longest = longest
        self.outcomes: list[Outcome] = []
        self._started = time.monotonic()

    def run(
        self, name: str, command: t.Sequence[str], *, env: t.Mapping[str, str], cwd: pathlib.Path = CHECKOUT
    ) -> bool:
        """Run a command as a step, its output going to the terminal; return whether it ended well."""
        return self.call(name, lambda: subprocess.run(command, env=env, cwd=cwd, check=True, timeout=self._longest))

    def call(self, name: str, function: t.Callable[[], object]) -> bool:
        """Run a function as a step; a failed command or a StepFailed in it is a failed step."""
        print(f"\n=== {name}", flush=True)
        started = time.monotonic()
        result = "passed"
        try:
            function()
        except subprocess.CalledProcessError as error:
            result = f"failed (exit status {error.returncode})"
        except subprocess.TimeoutExpired:
            result = f"failed (not done after {self._longest:g} s)"
        except (StepFailed, OSError) as error:
            print(error, flush=True)
            result = "failed"
        seconds = time.monotonic() - started
        print(f"--- {name}: {result} in {seconds:.1f} s", flush=True)
        self.outcomes.append(Outcome(name, result, seconds))
        return result == "passed"

    def skip(self, name: str, why: str) -> None:
        """Put a step into the table that can't be run here."""
        self.outcomes.append(Outcome(name, f"skipped: {why}", 0))

    def finish(self) -> int:
        """Print the table and the total; return the exit status of the command."""
        width = max((len(outcome.name) for outcome in self.outcomes), default=0)
        print(f"\n=== {self.title}")
        for outcome in self.outcomes:
            print(f"{outcome.name:<{width}}  {outcome.seconds:7.1f} s  {outcome.result}")
        failed = [outcome for outcome in self.outcomes if outcome.result.startswith("failed")]
        total = time.monotonic() - self._started
        count = len(self.outcomes)
        words = f"{len(failed)} of {count} steps failed" if failed else "ended well"
        print(f"{self.title}: {words}, {int(total // 60)} min {total % 60:.0f} s", flush=True)
        return 1 if failed else 0


class StepFailed(Exception):
    """A step found something wrong; the message says what."""
