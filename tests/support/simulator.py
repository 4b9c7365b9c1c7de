# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulator for a test: in this process, in a thread of its own, ready in a few hundredths of a second.

    with running_simulator(world="small", profile="fast") as azure:
        client = AzureClient(azure.options, check_mode=False, environ=azure.env)
        ...
        assert not azure.writes()

The clients reach it over TLS like the real thing; the test looks at it and changes it through the methods below.
``settings`` are those of the command line with underscores (``time_scale``, ``latency_ms``, ``arm_limits``, ``seed``).
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import threading
import typing as t

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import faults, journal, simulator

T = t.TypeVar("T")


@dataclasses.dataclass(frozen=True)
class RunningSimulator:
    """A simulator that is up. ``access`` is what the ready file of a simulator started by command holds."""

    simulator: simulator.Simulator
    access: dict[str, t.Any]
    loop: asyncio.AbstractEventLoop

    @property
    def endpoint(self) -> str:
        """The https URL, with no slash at its end."""
        return str(self.access["endpoint"])

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that point a client at it.

        Nothing but the simulator is trusted: to read the bundle with the system's roots takes longer than a request,
        and each connection reads it anew.
        """
        return {**self.access["env"], "REQUESTS_CA_BUNDLE": self.access["ca_file"]}

    @property
    def options(self) -> dict[str, str]:
        """The credential options of a module, by which it signs in with the secret."""
        return {
            "subscription_id": self.access["subscription_id"],
            "client_id": self.access["client_id"],
            "secret": self.access["client_secret"],
            "tenant": self.access["tenant_id"],
            "cloud_environment": self.endpoint,
        }

    def call(self, function: t.Callable[[], T]) -> T:
        """Run a function in the simulator's thread, between two requests, and return its result."""

        async def run() -> T:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(30)

    def requests(self, *, since: int = 0, method: str | None = None, path: str | None = None) -> list[journal.Entry]:
        """Return the requests so far, those for tokens included; ``path`` is a regular expression."""
        return self.call(lambda: self.simulator.journal.entries(since=since, method=method, path=path))

    def writes(self, *, since: int = 0) -> list[journal.Entry]:
        """Return the requests that (would) change something."""
        return self.call(lambda: self.simulator.journal.entries(since=since, writes=True))

    def forget_requests(self) -> None:
        """Empty the journal."""
        self.call(self.simulator.journal.clear)

    def statistics(self) -> dict[str, t.Any]:
        """Return the counts: ``requests`` by method, ``total``, ``throttled``, ``peak_concurrency``."""
        return self.call(self.simulator.statistics.as_json)

    def add_fault(self, kind: str = "answer", **fields: t.Any) -> int:
        """Put a fault in force: the fields are those of ``faults.FaultRule``. Returns its number."""
        rule = faults.FaultRule(kind=kind, **fields)
        return self.call(lambda: self.simulator.faults.add(rule))

    def clear_faults(self) -> None:
        """Take back every fault, those of the profile too."""
        self.call(self.simulator.faults.clear)

    def advance(self, seconds: float) -> None:
        """Set the simulated clock forward."""
        self.call(lambda: self.simulator.clock.advance(seconds))

    def expire_tokens(self) -> None:
        """Expire every token that was given out."""
        self.call(self.simulator.entra_id.tokens.expire)

    def reset(self) -> None:
        """Put the world, the faults, the limits, the counts and the journal back to the start."""
        self.call(self.simulator.control.reset)


@contextlib.contextmanager
def running_simulator(world: str = "small", profile: str = "fast", **settings: t.Any) -> t.Iterator[RunningSimulator]:
    """Run a simulator for the length of a with block."""
    chosen = simulator.Settings(world=world, profile=profile, **settings)
    started: list[RunningSimulator] = []
    failure: list[BaseException] = []
    is_up = threading.Event()

    def ready(running: simulator.Simulator, access: dict[str, t.Any]) -> None:
        started.append(RunningSimulator(running, access, asyncio.get_running_loop()))
        is_up.set()

    def serve() -> None:
        try:
            asyncio.run(simulator.run(chosen, ready))
        except BaseException as error:
            failure.append(error)
        finally:
            is_up.set()

    thread = threading.Thread(target=serve, name="simulator", daemon=True)
    thread.start()
    is_up.wait(30)
    if not started:
        raise RuntimeError("The simulator did not start") from (failure[0] if failure else None)
    running = started[0]
    try:
        yield running
    finally:
        running.loop.call_soon_threadsafe(running.simulator.stopping.set)
        thread.join(10)
