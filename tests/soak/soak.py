# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A soak: run after run of the role, between them things that happen to a fleet, after each the books."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import os
import pathlib
import random
import typing as t

from ..benchmarks.simulator import Simulator
from ..support.modules import run_module
from . import books
from .azure import SharedClock
from .meter import Sample, sample
from .role import Role

Run = t.Callable[[t.Mapping[str, t.Any]], tuple[t.Mapping[str, t.Any], str | None]]
"""Runs the role with variables; returns ``vm_backup_result`` and why the role failed, None when it did not."""

_ATTEMPTS: t.Final = 5
_SAMPLES: t.Final = 200
_DAY: t.Final = 86400


@dataclasses.dataclass
class Tally:
    """What a soak came to."""

    runs: int = 0
    failed: int = 0
    """Runs that failed, as hostile runs may; the runs after them did the rest."""
    protected: int = 0
    backups: int = 0
    removed: int = 0
    problems: list[str] = dataclasses.field(default_factory=list)
    faults: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    simulator: list[Sample] = dataclasses.field(default_factory=list)
    client: list[Sample] = dataclasses.field(default_factory=list)


class Soak:
    """Runs the role over and over against one simulator."""

    def __init__(self, azure: Simulator, clock: SharedClock, run: Run, *, machines: int, seed: int, runs: int) -> None:
        self._azure = azure
        self._clock = clock
        self._run = run
        self._runs = runs
        self._chance = random.Random(seed)
        self._machines = books.fleet(machines)
        self._regions = sorted({machine.location for machine in self._machines.values()})
        self._read = 0
        self.tally = Tally()

    def all(self, told: t.Callable[[Tally], None]) -> Tally:
        """Go through all runs; ``told`` hears of the tally after each that was sampled."""
        every = max(1, self._runs // _SAMPLES)
        while self.tally.runs < self._runs and not self.tally.problems:
            self._until_done(self._chosen())
            if self.tally.runs // every > len(self.tally.simulator) - 1:
                self.tally.simulator.append(sample(self._azure.pid, self.tally.runs))
                self.tally.client.append(sample(os.getpid(), self.tally.runs))
                told(self.tally)
            self._upkeep()
        return self.tally

    def _chosen(self) -> list[books.Machine]:
        """Choose most machines of one region, or of all."""
        region = self._chance.choice([*self._regions, *self._regions, ""])
        there = [machine for machine in self._machines.values() if region in ("", machine.location)]
        return self._chance.sample(there, self._chance.randint((len(there) + 1) // 2, len(there)))

    def _until_done(self, chosen: t.Sequence[books.Machine]) -> None:
        """Run the role until it ends well: each run after one that failed has to do the rest."""
        for attempt in range(1, _ATTEMPTS + 1):
            result, failure = self._run(
                {
                    "vm_backup_select": {"names": [machine.name for machine in chosen]},
                    "vm_backup_vault_resource_group": books.VAULT_GROUP,
                    "vm_backup_undelete": True,
                    "vm_backup_back_up_now": "first",
                    "vm_backup_poll_interval": 1,
                }
            )
            self.tally.runs += 1
            written = self._written()
            if not result:
                found = [f"the role ended without a result: {failure}"]
            else:
                found = books.problems(result, failure, chosen, written)
                self.tally.protected += written.protections.total()
                self.tally.backups += written.backups.total()
            self.tally.problems += [f"run {self.tally.runs}: {problem}" for problem in found]
            if failure is None or found:
                return
            self.tally.failed += 1
            if attempt == _ATTEMPTS:
                self.tally.problems.append(f"run {self.tally.runs}: still not done: {failure}")

    def _written(self) -> books.Written:
        entries = self._azure.control("GET", f"journal?since={self._read}")["entries"]
        self._read = max((entry["number"] for entry in entries), default=self._read)
        self.tally.faults.update(entry["fault"] for entry in entries if entry["fault"])
        return books.Written.of(entry for entry in entries if entry["write"])

    def _upkeep(self) -> None:
        """Let some hours pass, in which people stop and delete backups, or take a machine away."""
        self._clock.pass_by(self._chance.uniform(0.05, 1.5) * _DAY)
        location = self._chance.choice(self._regions)
        held = [one for one in self._machines.values() if one.location == location and one.protected]
        some = self._chance.sample(held, min(len(held), self._chance.randint(0, 3)))
        if some:
            self._remove(location, some, delete=self._chance.random() < 0.7)
        # What was written here is not the role's.
        self._written()

    def _remove(self, location: str, machines: t.Sequence[books.Machine], *, delete: bool) -> None:
        options = {
            "resource_group": books.VAULT_GROUP,
            "vault_name": books.vault_name(location),
            "vms": [machine.id for machine in machines],
            "state": "absent" if delete else "stopped",
            "delete_backup_data": delete,
            "poll_interval": 1,
        }
        for _attempt in range(_ATTEMPTS):
            with self._clock.worn():
                result = run_module("vm_backup_protect", None, options, environ=self._azure.environment)
            if not result.failed:
                break
        else:
            self.tally.problems.append(f"the backups could not be removed: {result['msg']}")
        forgotten = delete and location == "northeurope"
        for machine in machines:
            machine.protected = False
            machine.backed_up = machine.backed_up and not forgotten
        self.tally.removed += len(machines)


def in_process(azure: Simulator, clock: SharedClock) -> Run:
    """Return what runs the role in this process."""
    role = Role(azure.environment)

    def run(variables: t.Mapping[str, t.Any]) -> tuple[t.Mapping[str, t.Any], str | None]:
        with clock.worn():
            found, failure = role.run(variables)
        return found.get("vm_backup_result", {}), failure

    return run


@dataclasses.dataclass(frozen=True)
class _Environment:
    env: dict[str, str]


def as_playbook(azure: Simulator, folder: pathlib.Path) -> Run:
    """Return what runs the role with ansible-playbook, in processes of its own."""
    from ..support.playbooks import run_role

    def run(variables: t.Mapping[str, t.Any]) -> tuple[t.Mapping[str, t.Any], str | None]:
        made = run_role(_Environment(azure.environment), folder, variables)
        left = _processes_of(folder)
        if left:
            raise AssertionError(f"ansible-playbook left processes behind: {left}")
        return made.result, made.output if made.status else None

    return run


def _processes_of(home: pathlib.Path) -> list[str]:
    """Return the command lines of what still runs with this home folder."""
    mark = f"HOME={home}\0".encode()
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (process / "environ").read_bytes() + b"\0":
                found.append((process / "cmdline").read_text(encoding="utf-8").replace("\0", " "))
    return found
