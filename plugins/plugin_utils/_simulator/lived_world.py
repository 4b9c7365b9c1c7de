# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleets with a past: ``fleet:N:lived`` and ``fleet:N:REGIONS:lived``.

Teams with machines in resource groups of some fifty, spread over the regions; vaults of at most 900 machines each; and
every state that protection can be in, each for a share of the fleet. A seed makes the same fleet again.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import random
import typing as t

from . import entities, fleet_world, lived_policies, simulation, worlds

_PER_VAULT: t.Final = 900
_REGIONS: t.Final = 3
_TEAMS = (
    ("shop", ("web", "app", "db", "cache")),
    ("erp", ("app", "sql", "batch")),
    ("data", ("etl", "db", "notebook")),
    ("intranet", ("wiki", "files", "mail")),
    ("mobile", ("api", "db", "push")),
    ("finance", ("ledger", "sql", "report")),
    ("build", ("runner", "cache")),
)
_ENVIRONMENTS = ("production", "production", "production", "test", "production", "test", "development")
_SIZES = ("Standard_B2ms", "Standard_D2s_v5", "Standard_D4s_v5", "Standard_E4s_v5")
_CAUSES = (
    "GuestAgentSnapshotTaskStatusError",
    "UserErrorGuestAgentStatusUnavailable",
    "ExtensionSnapshotFailedNoNetwork",
    "UserErrorRpCollectionLimitReached",
    "UserErrorResourceIsInLockedState",
)
_REDUNDANCIES = ("GeoRedundant", "GeoRedundant", "LocallyRedundant", "ZoneRedundant")
_SHARES: t.Final = {
    # Not protected: made after the last discovery, never asked for, failed to deploy, in a region without a vault.
    "new": 0.006,
    "unprotected": 0.012,
    "broken": 0.003,
    "elsewhere": 0.006,
    # Protected, in other states than the usual one.
    "waiting": 0.010,
    "stopped": 0.006,
    "suspended": 0.008,
    "soft-deleted": 0.006,
    "error": 0.002,
    "gone": 0.002,
    # Protected as usual, but not well.
    "failing": 0.008,
    "silent": 0.005,
    "flaky": 0.030,
    "running": 0.006,
}
_NO_ITEM = ("new", "unprotected", "broken", "elsewhere")


@dataclasses.dataclass
class _Vault:
    group: entities.Group
    seed: worlds.VaultSeed
    items: list[worlds.ItemSeed] = dataclasses.field(default_factory=list)


def make(source: str, guids: t.Callable[[], str], seed: int | None) -> worlds.World:
    """Make N virtual machines with a past, in three regions unless told; raises WorldError for a wrong number."""
    parts = source.removesuffix(":lived")
    count, spread = fleet_world.numbers(source, f"{parts}:{_REGIONS}" if parts.count(":") == 1 else parts)
    return _Fleet(count, spread, guids, simulation.seeded(seed, f"lived {count} {spread}")).world()


class _Fleet:
    def __init__(self, count: int, spread: int, guids: t.Callable[[], str], numbers: random.Random) -> None:
        self._count = count
        self._regions = fleet_world.REGIONS[:spread]
        self._outside = fleet_world.REGIONS[spread % len(fleet_world.REGIONS)]
        self._subscription = entities.Subscription(guids(), "Fleet")
        self._tenant = guids()
        self._random = numbers
        self._groups: list[entities.Group] = []
        self._machines: list[entities.Machine] = []
        self._vaults: list[_Vault] = []

    def world(self) -> worlds.World:
        """Make everything."""
        kinds = self._kinds()
        by_region: dict[str, list[tuple[entities.Machine, str]]] = {}
        for number, kind in enumerate(kinds):
            machine = self._machine(number, kind)
            self._machines.append(machine)
            if kind not in _NO_ITEM:
                by_region.setdefault(machine.location, []).append((machine, kind))
        for region in self._regions:
            self._protect(region, by_region.get(region, []))
        vaults = tuple(dataclasses.replace(one.seed, items=tuple(one.items)) for one in self._vaults)
        return worlds.World(self._tenant, (self._subscription,), tuple(self._groups), tuple(self._machines), vaults)

    def _kinds(self) -> list[str]:
        """Return what becomes of each machine; those that are gone come on top of the number asked for."""
        kinds = [""] * self._count
        places = iter(self._random.sample(range(self._count), self._count))
        for kind, share in _SHARES.items():
            for _each in range(max(round(self._count * share), self._count >= 50)):
                if kind == "gone":
                    kinds.append(kind)
                else:
                    kinds[next(places)] = kind
        return kinds

    def _machine(self, number: int, kind: str) -> entities.Machine:
        index = number // fleet_world.PER_GROUP
        team, roles = _TEAMS[index % len(_TEAMS)]
        role = self._random.choice(roles)
        environment = _ENVIRONMENTS[index % len(_ENVIRONMENTS)]
        region = self._regions[index % len(self._regions)]
        if kind == "elsewhere":
            group = self._group(
                f"rg-branch-{self._outside}", self._outside, {"owner": "branch-team", "env": "production"}
            )
        else:
            group = self._group(f"rg-{team}-{index + 1:03}", region, {"owner": f"{team}-team", "env": environment})
        name = f"{team}-{role}-{number + 1:05}"
        disks = self._random.randint(1, 4) if role in ("db", "sql", "files", "ledger") else 0
        asleep = environment == "development" and self._random.random() < 0.2 and kind != "silent"
        return entities.Machine(
            self._subscription.id,
            group.name,
            name,
            group.location,
            os="Windows" if role in ("sql", "files", "mail", "report", "ledger") else "Linux",
            size=self._random.choice(_SIZES),
            tags={**group.tags, "role": role},
            power_state="deallocated" if asleep else "running",
            provisioning_state="Failed" if kind == "broken" else "Succeeded",
            agent_status="Not Ready" if kind == "silent" else "Ready",
            data_disks=tuple(entities.DataDisk(lun, f"{name}-data-{lun}") for lun in range(disks)),
            deleted=kind == "gone",
            new=kind == "new",
        )

    def _group(self, name: str, location: str, tags: dict[str, str]) -> entities.Group:
        for group in reversed(self._groups):
            if group.name == name:
                return group
        self._groups.append(entities.Group(self._subscription.id, name, location, tags))
        return self._groups[-1]

    def _protect(self, region: str, machines: list[tuple[entities.Machine, str]]) -> None:
        """Put the machines of a region into vaults. The last vault of all is immutable."""
        group = self._group(f"rg-backup-{region}", region, {"owner": "it-operations"})
        for start in range(0, max(len(machines), 1), _PER_VAULT):
            seed = worlds.VaultSeed(
                self._subscription.id,
                group.name,
                f"vault-{region}-{start // _PER_VAULT + 1:02}",
                region,
                tags={"owner": "it-operations"},
                redundancy=_REDUNDANCIES[len(self._vaults) % len(_REDUNDANCIES)],
                immutability="Unlocked"
                if region == self._regions[-1] and start + _PER_VAULT >= len(machines)
                else "Disabled",
                policies=lived_policies.POLICIES,
                discovered=True,
                lived=True,
            )
            vault = _Vault(group, seed)
            vault.items += [self._item(seed, *one) for one in machines[start : start + _PER_VAULT]]
            self._vaults.append(vault)

    def _item(self, vault: worlds.VaultSeed, machine: entities.Machine, kind: str) -> worlds.ItemSeed:
        immutable = vault.immutability != "Disabled"
        if (kind == "suspended" and not immutable) or (kind == "soft-deleted" and immutable):
            kind = "stopped"
        policy = lived_policies.chosen(machine, self._random.random())
        days_left = self._random.randint(1, 13)
        lives = {
            "waiting": worlds.Life(self._random.uniform(0.05, 0.8)),
            "stopped": worlds.Life(stopped=self._random.uniform(2, 28)),
            "suspended": worlds.Life(stopped=self._random.uniform(2, 28)),
            "soft-deleted": worlds.Life(stopped=14 - days_left - self._random.uniform(0.1, 0.9)),
            "error": worlds.Life(self._random.uniform(1, 20), "CloudInternalError"),
            "gone": worlds.Life(cause="UserErrorVmNotFoundV2", failing_days=self._random.uniform(2, 9)),
            "failing": worlds.Life(cause=self._random.choice(_CAUSES), failing_days=self._random.uniform(2.2, 7)),
            "silent": worlds.Life(cause=_CAUSES[1], failing_days=self._random.choice((0.0, 0.5, 1.5, 3.0))),
            "flaky": worlds.Life(cause=self._random.choice(_CAUSES), flakiness=self._random.uniform(0.15, 0.5)),
            "running": worlds.Life(running_minutes=self._random.uniform(2, 90)),
        }
        states = {
            "waiting": "IRPending",
            "stopped": "ProtectionStopped",
            "suspended": "BackupsSuspended",
            "error": "ProtectionError",
        }
        # One in twelve was protected within the last month.
        recent = self._random.uniform(1, 29) if self._random.random() < 0.08 else 400
        return worlds.ItemSeed(
            machine,
            policy=policy,
            state=states.get(kind, "Protected"),
            life=lives.get(kind, worlds.Life(recent)),
            soft_deleted=kind == "soft-deleted",
            days_left=days_left if kind == "soft-deleted" else None,
        )
