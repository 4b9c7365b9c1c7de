# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The soak in small: it finds what does not add up and what leaks, and some runs of it are part of every test run."""

from __future__ import annotations

import os
import pathlib
import socket
import threading
import typing as t

import pytest
from ansible import release

from ansible_collections.cloudkeep.azure_backup.tests.soak import books, meter
from ansible_collections.cloudkeep.azure_backup.tests.soak.azure import SharedClock, azure_of
from ansible_collections.cloudkeep.azure_backup.tests.soak.soak import Soak, in_process

CORE = tuple(int(part) for part in release.__version__.split(".")[:2])
NOTHING = books.Written.of([])


def samples(**measures: t.Callable[[int], float]) -> list[meter.Sample]:
    """Make a hundred samples, ten runs apart; each measure is a function of the run."""
    flat: dict[str, t.Callable[[int], float]] = dict.fromkeys(meter.MEASURES, lambda run: 100)
    values = {**flat, **measures}
    return [
        meter.Sample(run, **{name: int(value(run)) for name, value in values.items()}) for run in range(10, 1010, 10)
    ]


def leaks(taken: list[meter.Sample]) -> list[str]:
    return [one.measure for one in meter.growth(taken) if one.leaks]


@pytest.mark.parametrize(
    ("measure", "value", "leak"),
    [
        ("memory_kb", lambda run: 50_000 + 40 * run, True),
        ("memory_kb", lambda run: 50_000 + 40 * min(run, 200), False),
        ("memory_kb", lambda run: 50_000 + 2 * run, False),
        ("memory_kb", lambda run: 50_000 + (30_000 if run > 500 else 0), False),
        ("files", lambda run: 5 + run // 100, True),
        ("files", lambda run: 5 + run % 3, False),
        ("connections", lambda run: 4 + run // 50, True),
        ("threads", lambda run: 1 + (run > 600) * 20, True),
    ],
)
def test_what_grows_is_told_from_what_only_filled_up(measure: str, value: t.Callable[[int], float], leak: bool) -> None:
    assert leaks(samples(**{measure: value})) == ([measure] if leak else [])


def test_before_the_simulator_is_full_nothing_is_said_of_memory() -> None:
    early = samples(memory_kb=lambda run: 50_000 + 100 * run)[:50]
    (memory,) = (one for one in meter.growth(early) if one.measure == "memory_kb")
    assert memory.early and not memory.leaks and memory.per_run > 90


def test_a_sample_sees_what_this_process_holds(tmp_path: pathlib.Path) -> None:
    before = meter.sample(os.getpid(), 0)
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    try:
        with open(tmp_path / "file", "w", encoding="utf-8"), socket.socket():
            after = meter.sample(os.getpid(), 1)
    finally:
        end.set()
        thread.join()
    assert (after.files - before.files, after.connections - before.connections) == (1, 1)
    assert after.threads - before.threads == 1
    assert after.memory_kb > 1000


def report(machine: books.Machine, **row: t.Any) -> dict[str, t.Any]:
    """Return the report of a run over one machine, in which all is well unless ``row`` says otherwise."""
    made = {
        "id": machine.id.replace("resourcegroups", "resourceGroups"),
        "name": machine.name,
        "status": "protected",
        "reason": "",
        "protected": True,
        "changed": False,
        "action": "none",
        "backup_action": "none",
        "needs_attention": False,
        "last_recovery_point": "2026-01-01T00:00:00Z",
        "error": None,
        **row,
    }
    summary = {
        "total": 1,
        "protected": int(made["protected"]),
        "changed": int(made["changed"]),
        "backups_started": int(made["backup_action"] == "start"),
        "needs_attention": int(made["needs_attention"]),
        "failed": int(bool(made["error"])),
    }
    return {"vms": [made], "summary": summary, "failures": []}


def written(machine: books.Machine, *, protections: int = 0, backups: int = 0) -> books.Written:
    item = f"/vaults/v/backupFabrics/Azure/protectionContainers/x/protectedItems/VM;iaasvmcontainerv2{machine.item}"
    calls = [("PUT", item)] * protections + [("POST", f"{item}/backup")] * backups
    return books.Written.of({"method": method, "path": path, "status": 202} for method, path in calls)


def test_a_report_that_agrees_with_the_books_is_good() -> None:
    machine = books.fleet(2)["west-001"]
    first = report(machine, action="protect", changed=True, backup_action="start")
    assert books.problems(first, None, [machine], written(machine, protections=1, backups=1)) == []
    assert machine.protected and machine.backed_up
    assert books.problems(report(machine), None, [machine], NOTHING) == []


@pytest.mark.parametrize(
    ("row", "sent", "problem"),
    [
        ({}, {"backups": 2}, "2 backups were started in one run"),
        ({}, {"backups": 1}, "a first backup was started, but it has one"),
        ({"action": "protect"}, {"protections": 1}, "it was protected already, and was protected again"),
        ({"action": "resume"}, {}, "the report says resume, and 0 writes were accepted"),
        ({"backup_action": "start"}, {}, "the report says start of its backup, and 0 were accepted"),
        ({"status": "protectable", "protected": False}, {}, "nothing went wrong, but it is protectable: "),
        ({"error": {"message": "no"}, "needs_attention": True}, {}, "1 machines have an error, and the run ended"),
    ],
)
def test_what_does_not_add_up_is_found(row: dict[str, t.Any], sent: dict[str, int], problem: str) -> None:
    machine = books.fleet(2)["west-001"]
    machine.protected = machine.backed_up = True
    found = books.problems(report(machine, **row), None, [machine], written(machine, **sent))
    assert any(problem in one for one in found), found


def test_a_total_that_is_wrong_and_a_machine_that_is_lost_are_found() -> None:
    machines = list(books.fleet(4).values())
    made = report(machines[0])
    made["summary"]["protected"] = 2
    found = books.problems(made, None, machines[:2], NOTHING)
    assert found == ["summary.protected is 2, but 1 rows say so", f"{machines[1].name} is missing"]


@pytest.mark.skipif(CORE < (2, 19), reason="the role's templates are rendered with Ansible's of 2.19 or newer")
def test_some_runs_of_the_role_against_a_hostile_service_add_up(tmp_path: pathlib.Path) -> None:
    with azure_of(6, seed=3, folder=tmp_path, lifetime=300) as azure:
        clock = SharedClock(azure)
        tally = Soak(azure, clock, in_process(azure, clock), machines=6, seed=3, runs=6).all(lambda tally: None)
    assert tally.problems == []
    assert tally.runs >= 6 and tally.failed and tally.protected > 6 and tally.backups >= 6 and tally.removed
    assert tally.faults.total() > 10
