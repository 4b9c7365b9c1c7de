# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What processes hold: memory, files, connections, threads; and whether it grows from run to run."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import statistics
import typing as t

MEASURES: t.Final = ("memory_kb", "files", "connections", "threads")

_WARM_UP = 0.25
"""The share of the runs that is left out: caches fill, the allocator takes what it will need."""
_MEMORY_KB_PER_RUN: t.Final = 8.0
"""What counts as growth of memory: below this a thousand runs need 8 MB, which the allocator's own holes explain."""
_ENOUGH: t.Final = 1000
"""Runs before which nothing is said of memory: so many fill what the simulator keeps (see its journal)."""
_FEW: t.Final = 3
"""What counts as growth of anything else: the last quarter never holds so many more than the second did."""


@dataclasses.dataclass(frozen=True)
class Sample:
    """What a process holds after so many runs."""

    run: int
    memory_kb: int
    files: int
    connections: int
    threads: int


@dataclasses.dataclass(frozen=True)
class Growth:
    """How a measure went: after the warm-up, at the end, per run, and whether that is a leak.

    ``early``: there were too few runs to say so.
    """

    measure: str
    first: float
    last: float
    per_run: float
    leaks: bool
    early: bool = False


def sample(process: int, run: int) -> Sample:
    """Look at a process."""
    folder = pathlib.Path("/proc", str(process))
    status = dict(
        line.split(":", 1) for line in (folder / "status").read_text(encoding="utf-8").splitlines() if ":" in line
    )
    targets = []
    for link in (folder / "fd").iterdir():
        try:
            targets.append(os.readlink(link))
        except FileNotFoundError:
            continue  # closed since
    connections = sum(target.startswith("socket:") for target in targets)
    memory = int(status["VmRSS"].split()[0])
    return Sample(run, memory, len(targets) - connections, connections, int(status["Threads"]))


def growth(samples: t.Sequence[Sample]) -> list[Growth]:
    """Fit a line to each measure after the warm-up; raises ValueError for fewer than eight samples."""
    if len(samples) < 8:
        raise ValueError("a trend needs eight samples")
    warm = samples[int(len(samples) * _WARM_UP) :]
    return [_of(measure, warm) for measure in MEASURES]


def _of(measure: str, warm: t.Sequence[Sample]) -> Growth:
    values = [float(getattr(one, measure)) for one in warm]
    slope, _start = statistics.linear_regression([float(one.run) for one in warm], values)
    third = max(1, len(values) // 3)
    first, last = values[:third], values[-third:]
    if measure == "memory_kb":
        # A step that stays is no leak: the last third has to grow as well.
        tail = statistics.linear_regression([float(one.run) for one in warm[-third:]], last).slope if third > 1 else 0.0
        leaks = min(slope, tail) > _MEMORY_KB_PER_RUN and warm[-1].run >= _ENOUGH
    else:
        leaks = max(last) - max(first) >= _FEW
    early = measure == "memory_kb" and warm[-1].run < _ENOUGH
    return Growth(measure, statistics.median(first), statistics.median(last), slope, leaks, early)
