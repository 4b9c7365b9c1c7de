# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One simulator: the world, the rules and what stands before them, put together.

This file is private to the collection.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import pathlib
import tempfile
import time
import typing as t

from . import azure, clock, control, entra, faults, gateway, journal, limits, metadata, ready_file, server, tls, worlds


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the command line says. ``world`` is ``small``, ``fleet:N`` or a file; ``lifetime`` is in seconds."""

    world: str = "small"
    profile: str = "fast"
    port: int = 0
    time_scale: float = 1.0
    latency_ms: int = 0
    arm_limits: bool = False
    seed: int = 0
    lifetime: float = 3600.0

    def as_json(self) -> dict[str, t.Any]:
        """Return what tells one simulator from another: not where it listens, nor for how long."""
        return {
            "world": self.world,
            "profile": self.profile,
            "seed": self.seed,
            "time_scale": self.time_scale,
            "latency_ms": self.latency_ms,
            "arm_limits": self.arm_limits,
        }


class Simulator:
    """Everything but the socket. Raises ValueError or OSError where the world can't be loaded."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.world = worlds.load_world(settings.world, seed=settings.seed)
        self.clock = clock.SimulatorClock(time_scale=settings.time_scale)
        self.azure = azure.Azure(self.world, profile=settings.profile, clock=self.clock, seed=settings.seed)
        self.entra_id = entra.EntraId(self.world.tenant_id, time.time)
        standing = faults.hostile_rules(settings.seed) if settings.profile == "hostile" else []
        self.faults = faults.Faults(standing, seed=settings.seed)
        self.limits = limits.Limits(time.monotonic, enabled=settings.arm_limits)
        self.journal = journal.Journal(self.clock.now)
        self.statistics = journal.Statistics()
        self.stopping = asyncio.Event()
        self.control = control.Control(
            clock=self.clock,
            entra_id=self.entra_id,
            faults=self.faults,
            limits=self.limits,
            journal=self.journal,
            statistics=self.statistics,
            reset_azure=self.azure.reset,
            shut_down=self.stopping.set,
            health={"pid": os.getpid(), "settings": settings.as_json()},
        )
        self.gateway = gateway.Gateway(
            public=[*self.entra_id.routes(), *metadata.Metadata(self.world.tenant_id).routes()],
            control=self.control.routes(),
            azure=self.azure.routes(),
            tokens=self.entra_id.tokens,
            faults=self.faults,
            limits=self.limits,
            journal=self.journal,
            statistics=self.statistics,
            now=self.clock.now,
        )

    @property
    def subscription_id(self) -> str:
        """The first subscription of the world."""
        return self.world.subscriptions[0].id

    def access(self, endpoint: str, folder: pathlib.Path) -> dict[str, t.Any]:
        """Return the content of the ready file; ``folder`` is the one of ``ready_file.environment``."""
        identity = self.entra_id
        return {
            "endpoint": endpoint,
            "ca_file": str(folder / ready_file.CA_FILE),
            "tenant_id": identity.tenant_id,
            "client_id": identity.client_id,
            "client_secret": identity.client_secret,
            "subscription_id": self.subscription_id,
            "control_key": self.control.key,
            "pid": os.getpid(),
            "federated_token": identity.federated_token,
            "user": {"name": identity.user_name, "password": identity.password},
            "managed_identity": {
                "IDENTITY_ENDPOINT": f"{endpoint}{entra.APP_SERVICE_PATH}",
                "IDENTITY_HEADER": identity.identity_header,
            },
            "env": ready_file.environment(
                endpoint=endpoint,
                folder=folder,
                tenant_id=identity.tenant_id,
                client_id=identity.client_id,
                client_secret=identity.client_secret,
                subscription_id=self.subscription_id,
            ),
        }


async def run(settings: Settings, ready: t.Callable[[Simulator, dict[str, t.Any]], None]) -> None:
    """Serve until the lifetime is over or ``simulator.stopping`` is set.

    ``ready`` is called once, with what the ready file holds.
    The certificates lie in a private folder that is removed at the end.
    """
    simulator = Simulator(settings)
    authority = tls.CertificateAuthority()
    web = server.Server(
        simulator.gateway, authority.server_context(), port=settings.port, latency=settings.latency_ms / 1000
    )
    with tempfile.TemporaryDirectory(prefix="cloudkeep-simulator-") as name:
        folder = pathlib.Path(name)
        authority.write(folder / ready_file.CA_FILE, folder / ready_file.CA_BUNDLE)
        await web.start()
        try:
            ready(simulator, simulator.access(web.endpoint, folder))
            await asyncio.wait_for(simulator.stopping.wait(), settings.lifetime)
        except asyncio.TimeoutError:
            pass
        finally:
            await web.stop()
