# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make soak``: run the role over and over against one hostile simulator, and say what leaks and what is lost."""

from __future__ import annotations

import argparse
import contextlib
import pathlib
import sys
import tempfile
import time
import typing as t

# The tests' helpers find the checkout with a module of the tools, as conftest.py lets them.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))

from .azure import SharedClock, azure_of
from .meter import MEASURES, Growth, Sample, growth
from .soak import Soak, Tally, as_playbook, in_process

_DAY = 86400


def main() -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--runs", type=int, default=2000, help="how often the role is run (default: %(default)s)")
    parser.add_argument("--machines", type=int, default=24, help="how many machines there are (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the beginning of all random numbers")
    parser.add_argument(
        "--way",
        choices=["process", "playbook"],
        default="process",
        help="process: the role's tasks in one process, which shows what its code leaves behind (default); "
        "playbook: with ansible-playbook, as everywhere else, some 10 s each",
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        with azure_of(options.machines, seed=options.seed, folder=folder, lifetime=7 * _DAY) as azure:
            clock = SharedClock(azure, real=options.way == "playbook")
            run = as_playbook(azure, folder) if options.way == "playbook" else in_process(azure, clock)
            soak = Soak(azure, clock, run, machines=options.machines, seed=options.seed, runs=options.runs)
            started = time.monotonic()
            # Whoever has no more time sees what there is so far.
            with contextlib.suppress(KeyboardInterrupt):
                soak.all(lambda tally: print(line(tally, time.monotonic() - started), flush=True))
    tally = soak.tally
    print(f"\n{tally.runs} runs in {time.monotonic() - started:.0f} s.")
    return 0 if told(tally) else 1


def line(tally: Tally, seconds: float) -> str:
    """Return where a soak stands."""
    sides = (("simulator", tally.simulator[-1]), ("client", tally.client[-1]))
    return f"{seconds:7.0f} s  {tally.runs:5} runs, {tally.failed} failed;  " + ";  ".join(
        f"{name} {one.memory_kb / 1024:.1f} MB, {one.files} files, {one.connections} connections, {one.threads} threads"
        for name, one in sides
    )


def told(tally: Tally) -> bool:
    """Print what came of a soak, and return whether it was good."""
    faults = ", ".join(f"{count} {kind}" for kind, count in tally.faults.most_common())
    print(
        f"{tally.failed} of them failed and were made good by the next; {tally.protected} protections and "
        f"{tally.backups} backups were started, {tally.removed} machines unprotected in between. Faults: {faults}."
    )
    print("Every report added up." if not tally.problems else "\n".join(tally.problems))
    good = not tally.problems
    for name, samples in (("simulator", tally.simulator), ("client", tally.client)):
        good = _grown(name, samples) and good
    return good


def _grown(name: str, samples: t.Sequence[Sample]) -> bool:
    if len(samples) < 8:
        print(f"{name}: too few runs to see a trend.")
        return True
    grown = growth(samples)
    for one in grown:
        print(f"{name:<10}{words(one)}")
    return not any(one.leaks for one in grown)


def words(one: Growth) -> str:
    """Return a line about a measure."""
    assert one.measure in MEASURES
    verdict = "LEAK" if one.leaks else "too few runs to tell" if one.early else "no leak"
    measured = f"{one.measure:<12}{one.first:>10.0f} ->{one.last:>10.0f}"
    return f"{measured}  {one.per_run * 1000:>+10.1f} in 1,000 runs  {verdict}"


if __name__ == "__main__":
    sys.exit(main())
