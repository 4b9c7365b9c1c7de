# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bench for modules: a simulator whose time passes only while a module waits, and checks that go with every run.

    with bench("small") as azure:
        result = azure.run("vm_backup_protect", vms=["rg-web/web-01"], resource_group="rg-backup", vault_name="vault")

Every result is compared with the module's documentation, and a run in check mode must not have sent a write.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import pathlib
import threading
import typing as t
from unittest import mock

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import client as client_module
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import clock as simulator_clock
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import journal

from . import documented
from .modules import ModuleResult, run_module
from .simulator import RunningSimulator, running_simulator

START: t.Final = dt.datetime(2026, 1, 5, 8, tzinfo=dt.timezone.utc)
"""A Monday morning. No policy's schedule is due before the night."""
WORLDS: t.Final = pathlib.Path(__file__).with_name("worlds")


class Time:
    """The time of both sides, as seconds since 1970: it passes when somebody sleeps, and then at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Go back to the start."""
        self._seconds = START.timestamp()

    def seconds(self) -> float:
        """Return the seconds since 1970."""
        return self._seconds

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        assert seconds >= 0
        with self._lock:
            self._seconds += seconds


class ModuleClock:
    """The clock of a module's client."""

    def __init__(self, time: Time) -> None:
        self._time = time

    def sleep(self, seconds: float) -> None:
        """Let the time pass for everybody."""
        self._time.sleep(seconds)

    def now(self) -> dt.datetime:
        """Return the time of day."""
        return dt.datetime.fromtimestamp(self._time.seconds(), dt.timezone.utc)

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        return self._time.seconds()


class Bench:
    """A running simulator, and modules to run against it."""

    def __init__(self, simulator: RunningSimulator, time: Time) -> None:
        self.simulator = simulator
        self.time = time

    def reset(self) -> None:
        """Bring back the world, the time and the empty journal of the start."""
        self.time.reset()
        self.simulator.reset()

    def run(
        self, module: str, options: t.Mapping[str, t.Any] | None = None, /, *, check: bool = False, **more: t.Any
    ) -> ModuleResult:
        """Run a module with ``--diff`` and return its result; the journal then holds the requests of this run only."""
        self.simulator.forget_requests()
        with mock.patch.object(client_module, "SystemClock", lambda _stop: ModuleClock(self.time)):
            result = run_module(module, self.simulator, {**(options or {}), **more}, check=check, diff=True)
        assert "exception" not in result, result["exception"]
        # Of one machine among others it would pass for an error of Azure's.
        assert "This is a defect of" not in str(result), result
        documented.check_result(module, result)
        if check:
            assert not self.writes, "a write in check mode"
        return result

    def good(self, module: str, options: t.Mapping[str, t.Any] | None = None, /, **more: t.Any) -> ModuleResult:
        """Run a module that must not fail."""
        result = self.run(module, options, **more)
        assert not result.failed, result["msg"]
        return result

    def settle(
        self, module: str, options: t.Mapping[str, t.Any] | None = None, /, *, changed: bool = True, **more: t.Any
    ) -> ModuleResult:
        """Take the four steps check, run, check again, run again, and return the result of the first real run.

        The prediction must be right in ``changed``, diff and what is done for each machine, and the second round must
        change nothing.
        """
        options = {**(options or {}), **more}
        predicted, done = (self.good(module, options, check=check) for check in (True, False))
        assert predicted["changed"] is done["changed"] is changed
        assert predicted.get("diff") == done.get("diff")
        assert bool(self.writes) == changed
        assert predicted.keys() == done.keys()
        assert _actions(predicted) == _actions(done)
        if changed:
            assert done["diff"]["before"] != done["diff"]["after"]
        for check in (True, False):
            again = self.good(module, options, check=check)
            assert not again["changed"]
            assert again["diff"]["before"] == again["diff"]["after"]
            assert not self.writes
        return done

    def fail_jobs_of(self, name: str) -> None:
        """Let the next job of each machine of that name fail."""
        quirks = self.simulator.simulator.azure.state.quirks
        failed: set[str] = set()

        def sabotages(machine_key: str) -> bool:
            chosen = machine_key.endswith(f"/{name}") and machine_key not in failed
            failed.update({machine_key} if chosen else ())
            return chosen

        # The object lives until the next reset.
        vars(quirks)["sabotages"] = sabotages

    @property
    def requests(self) -> list[str]:
        """The requests of the last run as ``GET /path``, without those for tokens and the cloud's metadata."""
        return [line(entry) for entry in self.simulator.requests(path="^/subscriptions/")]

    @property
    def writes(self) -> list[str]:
        """Those of the last run that changed something."""
        return [line(entry) for entry in self.simulator.writes()]


def line(entry: journal.Entry) -> str:
    """Return a request as ``GET /path``."""
    return f"{entry.method} {entry.path}"


def _actions(result: ModuleResult) -> list[tuple[t.Any, ...]]:
    return [(vm["id"], vm.get("action"), vm.get("changed")) for vm in result.get("vms", [])]


@contextlib.contextmanager
def bench(world: str = "small", profile: str = "fast", **settings: t.Any) -> t.Iterator[Bench]:
    """Run a simulator for the length of a with block; ``world`` may also be the name of a file in ``worlds``."""
    time = Time()
    if (WORLDS / f"{world}.yml").exists():
        world = str(WORLDS / f"{world}.yml")
    clock = functools.partial(simulator_clock.SimulatorClock, real=time.seconds)
    with contextlib.ExitStack() as stack:
        with mock.patch.object(simulator_clock, "SimulatorClock", clock):
            simulator = stack.enter_context(running_simulator(world, profile, **settings))
        yield Bench(simulator, time)
