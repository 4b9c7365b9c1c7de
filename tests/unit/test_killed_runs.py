# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``kill -9`` or Ctrl-C in the middle of a run over 300 machines: the next run does the rest, and nothing twice.

The module is a process of its own, as with Ansible, and so is the simulator. The moment is a number of writes that the
service has carried out, so that it is in the middle however fast the computer is.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import typing as t

import pytest
import yaml

from ansible_collections.cloudkeep.azure_backup.tests.benchmarks.simulator import Simulator, simulator
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import MODULES
from ansible_collections.cloudkeep.azure_backup.tests.support.signals import ctrl_c_arrives

MACHINES: t.Final = 300
MOMENTS: t.Final = 20 if "PROOFS_EXAMPLES" in os.environ else 3
"""How many runs of each module are killed: 20 with `make proofs`, some in every test run."""
LONGEST: t.Final = 180
"""Seconds that a module may take: many times what it does."""
VAULT: t.Final = {"resource_group": "rg-backup", "vault_name": "vault-one"}
PROTECT: t.Final = {**VAULT, "select": {}, "wait": True, "poll_interval": 1}
# What the guide Safe by construction says for tasks that may be run again.
BACK_UP: t.Final = {**VAULT, "select": {}, "skip_if_running": True, "skip_if_newer_than": "1h", "poll_interval": 1}


@dataclasses.dataclass(frozen=True)
class Killer:
    """A simulator of 300 machines, and modules that run as processes against it."""

    azure: Simulator

    @contextlib.contextmanager
    def started(self, module: str, options: t.Mapping[str, t.Any]) -> t.Iterator[subprocess.Popen[str]]:
        """Start a module; it is over when the block is."""
        with tempfile.TemporaryFile("w+", encoding="utf-8") as given:
            json.dump({"ANSIBLE_MODULE_ARGS": dict(options)}, given)
            given.seek(0)
            process = subprocess.Popen(
                [sys.executable, "-m", f"{MODULES}.{module}"],
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **self.azure.environment, "PYTHONPATH": os.pathsep.join(sys.path)},
                text=True,
            )
        with process:
            try:
                yield process
            finally:
                process.kill()

    def run(self, module: str, options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Run a module to its end; it must not fail."""
        with self.started(module, options) as process:
            told, _nothing = process.communicate(timeout=LONGEST)
        result = t.cast("dict[str, t.Any]", json.loads(told))
        assert not result.get("failed"), result["msg"]
        return result

    def run_and_kill(self, module: str, options: t.Mapping[str, t.Any], verb: str, after: int) -> None:
        """Kill a module as soon as it has sent so many writes."""
        with self.started(module, options) as process:
            deadline = time.monotonic() + LONGEST
            while self.count(verb) < after and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.005)
            process.kill()
            told, _nothing = process.communicate(timeout=LONGEST)
        assert process.returncode == -9, f"it had ended before it could be killed: {told}"
        assert not told, "it had told its result before it was killed"

    def run_and_interrupt(self, module: str, options: t.Mapping[str, t.Any], operation: str, after: int) -> None:
        """Press Ctrl-C when the service has accepted so many requests, and all threads wait to send theirs again."""
        fault = {"operation": operation, "skip": after, "status": 429, "headers": {"Retry-After": "60"}}
        self.azure.control("POST", "faults", fault)
        with ctrl_c_arrives(), self.started(module, options) as process:
            deadline = time.monotonic() + 60
            sent = -1
            while (sent != self.count("PUT") or not self.refused()) and time.monotonic() < deadline:
                sent = self.count("PUT")
                time.sleep(1)
            process.send_signal(signal.SIGINT)
            self.azure.control("DELETE", "faults")
            told, _nothing = process.communicate(timeout=20)
        assert process.returncode == -signal.SIGINT
        assert not told, "it had told its result before Ctrl-C"
        assert self.count("PUT") == sent, "it has gone on after Ctrl-C"

    def count(self, verb: str) -> int:
        """Return how many requests of a verb there were since the last reset."""
        return int(self.azure.control("GET", "stats")["requests"].get(verb, 0))

    def written(self, method: str, path: str) -> collections.Counter[str]:
        """Count the writes that the service carried out, by machine."""
        entries = self.azure.control("GET", f"journal?writes=true&method={method}")["entries"]
        found = [re.search(path, entry["path"], re.IGNORECASE) for entry in entries if entry["status"] == 202]
        return collections.Counter(match[1].lower() for match in found if match)

    def refused(self) -> list[str]:
        """Return the writes that the service has refused."""
        entries = self.azure.control("GET", "journal?writes=true")["entries"]
        return [f"{entry['status']} {entry['path']}" for entry in entries if (entry["status"] or 500) >= 400]


def world(*, protected: bool) -> dict[str, t.Any]:
    """Return a world file: a vault, and machines that it knows or protects, each with a recovery point of yesterday."""
    names = [f"vm-{number:03}" for number in range(MACHINES)]
    items = [{"virtual_machine": f"rg-fleet/{name}", "recovery_points": 1, "hours_since_backup": 20} for name in names]
    vault = {"name": VAULT["vault_name"], "discovered": True, "protected_items": items if protected else []}
    groups = [
        {"name": VAULT["resource_group"], "location": "westeurope", "vaults": [vault]},
        {"name": "rg-fleet", "location": "westeurope", "virtual_machines": [{"name": name} for name in names]},
    ]
    return {"subscriptions": [{"name": "Production", "resource_groups": groups}]}


@contextlib.contextmanager
def running(folder: pathlib.Path, *, protected: bool) -> t.Iterator[Killer]:
    file = folder / "world.yml"
    file.write_text(yaml.safe_dump(world(protected=protected)), encoding="utf-8")
    with simulator(str(file), arm_limits=False, latency_ms=20) as azure:
        yield Killer(azure)


@pytest.fixture(scope="module")
def shared_unprotected(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Killer]:
    with running(tmp_path_factory.mktemp("unprotected"), protected=False) as killer:
        yield killer


@pytest.fixture(scope="module")
def shared_protected(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Killer]:
    with running(tmp_path_factory.mktemp("protected"), protected=True) as killer:
        yield killer


@pytest.fixture
def unprotected(shared_unprotected: Killer) -> Killer:
    shared_unprotected.azure.control("POST", "reset")
    return shared_unprotected


@pytest.fixture
def protected(shared_protected: Killer) -> Killer:
    shared_protected.azure.control("POST", "reset")
    return shared_protected


def moments(purpose: str) -> list[int]:
    """Return numbers of writes after which to kill, spread over the run.

    Not over its end: where the computer is busy the kill comes late, and has to come before the last write still.
    """
    chance = random.Random(purpose)
    share = MACHINES * 0.9 / MOMENTS
    return [max(1, int(number * share + chance.random() * (share - 2))) for number in range(MOMENTS)]


@pytest.mark.parametrize("after", moments("protect"))
def test_a_killed_run_that_protects_is_finished_by_the_next(unprotected: Killer, after: int) -> None:
    unprotected.run_and_kill("vm_backup_protect", PROTECT, "PUT", after)
    # A request whose body was cut off by the kill was counted, and not carried out.
    done = unprotected.written("PUT", r"/protectedItems/([^/]+)$").total()
    assert after // 2 <= done < MACHINES
    # At once, while what the killed run has started is still under way.
    rest = unprotected.run("vm_backup_protect", PROTECT)
    assert rest["summary"]["failed"] == 0 and rest["summary"]["total"] == MACHINES
    assert {vm["state"] for vm in rest["vms"]} == {"waiting"}
    protections = unprotected.written("PUT", r"/protectedItems/([^/]+)$")
    assert len(protections) == MACHINES and set(protections.values()) == {1}
    assert not [write for write in unprotected.refused() if not write.startswith("400")]
    # What the killed run has sent is done or under way; the rest joins in and does not claim it.
    assert 0 < rest["summary"]["changed"] <= MACHINES - done
    again = unprotected.run("vm_backup_protect", PROTECT)
    assert not again["changed"]


@pytest.mark.parametrize("after", [1, 150])
def test_ctrl_c_while_azure_refuses_ends_a_run_at_once_and_the_next_one_finishes(
    unprotected: Killer, after: int
) -> None:
    unprotected.run_and_interrupt("vm_backup_protect", PROTECT, "protect", after)
    done = unprotected.written("PUT", r"/protectedItems/([^/]+)$").total()
    assert done == after
    rest = unprotected.run("vm_backup_protect", PROTECT)
    assert rest["summary"]["failed"] == 0 and {vm["state"] for vm in rest["vms"]} == {"waiting"}
    protections = unprotected.written("PUT", r"/protectedItems/([^/]+)$")
    assert len(protections) == MACHINES and set(protections.values()) == {1}


@pytest.mark.parametrize("after", moments("back up"))
def test_a_killed_run_that_backs_up_is_finished_by_the_next(protected: Killer, after: int) -> None:
    protected.run_and_kill("vm_backup_now", BACK_UP, "POST", after + 1)  # one is for the token
    rest = protected.run("vm_backup_now", {**BACK_UP, "wait": True})
    backups = protected.written("POST", r"/protectedItems/([^/]+)/backup$")
    assert len(backups) == MACHINES and set(backups.values()) == {1}
    assert {vm["error"] for vm in rest["vms"]} == {None}
    actions = collections.Counter(vm["action"] for vm in rest["vms"])
    assert actions["start"] < MACHINES and actions.total() == MACHINES
    assert set(actions) <= {"start", "skip_running", "skip_newer"}
    third = protected.run("vm_backup_now", BACK_UP)
    assert not third["changed"] and {vm["action"] for vm in third["vms"]} == {"skip_newer"}
