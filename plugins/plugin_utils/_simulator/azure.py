# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated cloud: all rules put together.

This file is private to the collection.
"""

from __future__ import annotations

from . import (
    backup,
    compute,
    containers,
    deleted_vaults,
    discovery,
    filling,
    jobs,
    operations,
    policies,
    profiles,
    protected_items,
    pruning,
    recovery_points,
    resource_guards,
    schedule,
    simulation,
    status,
    subscriptions,
    usage,
    vault_settings,
    vaults,
    wire,
    worlds,
)
from . import (
    clock as clock_module,
)


class Azure:
    """Azure as its clients see it, once they have a token.

    Args:
        world: what there is at the start.
        profile: ``fast``, ``polls``, ``recorded`` or ``hostile``.
        clock: where the time comes from; its ``time_scale`` shortens the ``recorded`` profile.
        seed: makes ids, and the oddities of ``hostile``, repeatable.
    """

    def __init__(
        self,
        world: worlds.World,
        *,
        profile: str = "fast",
        clock: clock_module.SimulatorClock,
        seed: int | None = None,
    ) -> None:
        chosen = profiles.Profile.named(profile, time_scale=clock.time_scale)
        self.state = simulation.Simulation(world, chosen, clock, seed)
        self._operations = operations.Operations(self.state)
        self._jobs = jobs.Jobs(self.state, self._operations)
        self._deleted_vaults = deleted_vaults.DeletedVaults(self.state, self._operations)
        self._vaults = vaults.Vaults(self.state, self._operations, self._deleted_vaults)
        self._pruning = pruning.Pruning(self.state)
        self._items = protected_items.ProtectedItems(self.state, self._jobs, self._operations, self._pruning)
        self._backups = backup.Backups(self.state, self._jobs, self._operations, self._pruning)
        clock.on_advance(schedule.Schedule(self.state, self._backups).advanced)
        self._fill()

    def routes(self) -> list[wire.Route]:
        """Return every call that is modelled."""
        parts = (
            subscriptions.Subscriptions(self.state),
            compute.Compute(self.state, self._operations),
            self._vaults,
            self._deleted_vaults,
            vault_settings.VaultSettings(self.state),
            usage.Usage(self.state),
            policies.Policies(self.state, self._operations, self._pruning),
            discovery.Discovery(self.state, self._operations),
            containers.Containers(self.state),
            status.Status(self.state),
            self._items,
            self._backups,
            self._operations,
            self._jobs,
            recovery_points.RecoveryPoints(self.state),
            resource_guards.ResourceGuards(self.state),
        )
        return [route for part in parts for route in part.routes()]

    def reset(self) -> None:
        """Bring back the world as it was at the start; the clock stays where it is."""
        self.state.reset()
        self._operations.reset()
        self._fill()

    def _fill(self) -> None:
        filling.Filling(self.state, self._vaults, self._items, self._jobs, self._backups, self._pruning).fill()
