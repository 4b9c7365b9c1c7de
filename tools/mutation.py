# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make mutation``: change the code that decides, one place at a time, and see whether its tests notice.

A change that no test notices is a survivor: something is not tested, or the change makes no difference. The latter are
listed with the reason in ``tests/mutation/equivalent.json``; any other survivor fails the command. It works on a copy.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import typing as t

import environments
import project

REQUIREMENTS = environments.TOOLS / "mutation.txt"
EQUIVALENT = project.CHECKOUT / "tests" / "mutation" / "equivalent.json"
FOLDER = project.WORK / "mutation"
COPY = FOLDER / "ansible_collections" / project.NAMESPACE / project.NAME
SECONDS = 30
"""A run of the tests that takes longer has noticed the change: something waits for ever."""

_CODE = pathlib.PurePosixPath("plugins/module_utils")
_TESTS = pathlib.PurePosixPath("tests/unit/plugins/module_utils")
SUBJECTS: t.Final[t.Mapping[str, tuple[str, ...]]] = {
    "_domain/plans.py": (
        "_domain/test_plans.py",
        "_domain/test_plans_of_disks.py",
        "_domain/test_plan_outcomes.py",
        "_domain/test_plan_properties.py",
        "_domain/test_moves.py",
    ),
    "_domain/selection.py": ("_domain/test_selection.py",),
    "_use_cases/fleet.py": ("_use_cases/test_fleet.py",),
    "_azure/operations.py": ("_azure/test_operations.py",),
}
"""The code that is changed, and the tests that have to notice."""

_MAKE_NO_DIFFERENCE = (
    "core/ReplaceBinaryOperator_BitOr_.*",  # here only in the types of annotations, which nothing evaluates
    "core/ReplaceComparisonOperator_Is_Eq",  # here only with None
    "core/ReplaceComparisonOperator_IsNot_NotEq",
    "core/ReplaceComparisonOperator_Eq_Is",  # whether equal words are one object is chance, and the linter refuses it
    "core/ReplaceComparisonOperator_NotEq_IsNot",
)


@dataclasses.dataclass(frozen=True)
class Mutant:
    """A change and what came of it."""

    line: int
    function: str
    before: str
    after: str
    survived: bool

    def __str__(self) -> str:
        return f"line {self.line}, {self.function}:\n      - {self.before}\n      + {self.after}"


def main() -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="make mutation", description=__doc__)
    parser.add_argument("subject", nargs="*", choices=[[], *SUBJECTS], help=f"one of {', '.join(SUBJECTS)}")
    options = parser.parse_args()
    python = environments.newest().ensure(*environments.RUNTIME, *environments.TESTS).python
    tool = pathlib.Path(environments.Environment("mutation").ensure(REQUIREMENTS).python).with_name("cosmic-ray")
    project.copy_collection(COPY)
    reasons = json.loads(EQUIVALENT.read_text(encoding="utf-8"))
    unexplained = 0
    for subject in options.subject or SUBJECTS:
        mutants = mutate(tool, python, subject)
        unexplained += report(subject, mutants, reasons.get(subject) or [])
    return 1 if unexplained else 0


def mutate(tool: pathlib.Path, python: str, subject: str) -> list[Mutant]:
    """Make every change to a file and run its tests with each; raises CalledProcessError when they fail unchanged."""
    tests = [str(_TESTS / name) for name in SUBJECTS[subject]]
    command = [python, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    settings = FOLDER / f"{pathlib.PurePosixPath(subject).stem}.toml"
    session = settings.with_suffix(".sqlite")
    session.unlink(missing_ok=True)
    settings.write_text(_settings(str(_CODE / subject), command), encoding="utf-8")
    # Changes can follow each other within the second by which Python tells whether compiled code is out of date.
    env = {**project.environment(python), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": ""}
    subprocess.run(command, cwd=COPY, env=env, check=True, stdout=subprocess.DEVNULL)
    filters = tool.with_name("cr-filter-operators")
    for step in ([tool, "init", settings, session], [filters, session, settings], [tool, "exec", settings, session]):
        subprocess.run([str(part) for part in step], cwd=COPY, env=env, check=True)
    dumped = subprocess.run([str(tool), "dump", str(session)], env=env, check=True, capture_output=True, text=True)
    return [mutant for line in dumped.stdout.splitlines() for mutant in _mutants(*json.loads(line))]


def _settings(module: str, command: t.Sequence[str]) -> str:
    """Return the tool's settings as TOML, whose strings JSON's are."""
    text = json.dumps
    return (
        f"[cosmic-ray]\nmodule-path = {text(module)}\ntimeout = {SECONDS:.1f}\nexcluded-modules = []\n"
        f"test-command = {text(' '.join(command))}\n"
        '[cosmic-ray.distributor]\nname = "local"\n'
        f"[cosmic-ray.filters.operators-filter]\nexclude-operators = {text(_MAKE_NO_DIFFERENCE)}\n"
    )


def _mutants(work: t.Mapping[str, t.Any], result: t.Mapping[str, t.Any]) -> t.Iterator[Mutant]:
    if result["worker_outcome"] != "normal":
        return
    (change,) = work["mutations"]
    lines = result["diff"].splitlines()
    before, after = (
        " ".join(line[1:].strip() for line in lines if line.startswith(sign) and not line.startswith(sign * 3))
        for sign in "-+"
    )
    survived = result["test_outcome"] == "survived"
    yield Mutant(change["start_pos"][0], change["definition_name"] or "file", before, after, survived)


def report(subject: str, mutants: t.Sequence[Mutant], equivalent: t.Sequence[t.Mapping[str, str]]) -> int:
    """Print the score and the survivors; return how many of them have no reason to survive."""
    reasons = {(one["before"], one["after"]): one["why"] for one in equivalent}
    survivors = [mutant for mutant in mutants if mutant.survived]
    explained = {mutant: reasons.get((mutant.before, mutant.after)) for mutant in survivors}
    unexplained = [mutant for mutant, why in explained.items() if why is None]
    killed = len(mutants) - len(survivors)
    print(
        f"{subject}: {killed} of {len(mutants)} changes were noticed ({killed / len(mutants):.1%}); "
        f"{len(explained) - len(unexplained)} others make no difference, {len(unexplained)} are not tested."
    )
    for mutant in unexplained:
        print(f"    {mutant}")
    for used in reasons.keys() - {(mutant.before, mutant.after) for mutant in survivors}:
        print(f"    equivalent.json explains what does not survive: {used[1]}")
    sys.stdout.flush()
    return len(unexplained)


if __name__ == "__main__":
    os.chdir(project.CHECKOUT)
    sys.exit(main())
