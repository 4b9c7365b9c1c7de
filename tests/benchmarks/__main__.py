# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make bench``: run the scenarios some times, print a table of the medians and write them as JSON."""

from __future__ import annotations

import argparse
import json
import pathlib
import statistics
import typing as t

from .scenarios import LONG, SCENARIOS, Goal, Row


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("scenario", nargs="*", choices=[[], *SCENARIOS], help=f"one of {', '.join(SCENARIOS)}")
    parser.add_argument("--runs", type=int, default=3, help="how often each is run (default: %(default)s)")
    parser.add_argument("--json", type=pathlib.Path, default=pathlib.Path("bench.json"), help="file for the figures")
    options = parser.parse_args()
    rows: list[dict[str, t.Any]] = []
    for name in options.scenario or [name for name in SCENARIOS if name not in LONG]:
        made: dict[str, list[Row]] = {}
        for _run in range(options.runs):
            for row in SCENARIOS[name]():
                made.setdefault(row.scenario, []).append(row)
        for runs in made.values():
            rows.append(summary(runs))
            print(line(rows[-1]), flush=True)
    options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def summary(runs: t.Sequence[Row]) -> dict[str, t.Any]:
    """Return the medians of a scenario's runs: seconds, memory, requests by verb, 429s, and each goal."""
    measured = [row.measurement for row in runs]
    verbs = sorted({verb for one in measured for verb in one.requests})
    return {
        "scenario": runs[0].scenario,
        "runs": len(runs),
        "seconds": round(statistics.median(one.seconds for one in measured), 2),
        "memory_mb": round(statistics.median(one.memory_mb for one in measured)),
        "requests": {verb: statistics.median(one.requests.get(verb, 0) for one in measured) for verb in verbs},
        "answered_429": statistics.median(one.throttled for one in measured),
        "goals": [_goal([row.goals[number] for row in runs]) for number in range(len(runs[0].goals))],
    }


def _goal(goals: t.Sequence[Goal]) -> dict[str, t.Any]:
    measured = round(statistics.median(goal.measured for goal in goals), 3)
    limit = goals[0].limit
    return {"what": goals[0].what, "measured": measured, "limit": limit, "reached": measured <= limit}


def line(row: t.Mapping[str, t.Any]) -> str:
    """Return a row for people: what it took, and below it what was to be reached."""
    requests = ", ".join(f"{count:g} {verb}" for verb, count in row["requests"].items())
    head = f"{row['scenario']:<34}{row['seconds']:>8.2f} s{row['memory_mb']:>6} MB  {requests}"
    head += f", {row['answered_429']:g} answered 429"
    return "\n".join([head, *(_goal_line(goal) for goal in row["goals"])])


def _goal_line(goal: t.Mapping[str, t.Any]) -> str:
    verdict = "reached" if goal["reached"] else "MISSED"
    return f"    {verdict:<8} {goal['what']}: {goal['measured']:g}, at most {goal['limit']:g}"


if __name__ == "__main__":
    main()
