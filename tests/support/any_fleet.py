# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random fleets in random states, as worlds of the simulator, and what the simulator knows of them afterwards."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import entities, simulation

Disks = tuple[str, tuple[int, ...]]
"""A selection of disks: the mode as in the option, and LUNs."""

HERE: t.Final = "5d3c2b1a-0000-4000-8000-00000000000a"
ELSEWHERE: t.Final = "5d3c2b1a-0000-4000-8000-00000000000b"
TENANT: t.Final = "5d3c2b1a-0000-4000-8000-000000000001"
VAULTS: t.Final = ("vault-one", "vault-two")
VAULT_GROUP: t.Final = "rg-backup"
ALL: t.Final[Disks] = ("all", ())

DAYS: t.Final[t.Mapping[str, int]] = {"DefaultPolicy": 30, "EnhancedPolicy": 30, "Gold": 60}
"""The policies of both vaults, and for how many days each keeps recovery points."""
_FRESH: t.Final = dt.timedelta(days=min(DAYS.values()) - 1)
ENHANCED: t.Final = frozenset({"EnhancedPolicy"})

_GOLD: t.Final = {
    "backupManagementType": "AzureIaasVM",
    "policyType": "V1",
    "schedulePolicy": {
        "schedulePolicyType": "SimpleSchedulePolicy",
        "scheduleRunFrequency": "Daily",
        "scheduleRunTimes": ["2026-01-04T03:00:00Z"],
    },
    "retentionPolicy": {
        "retentionPolicyType": "LongTermRetentionPolicy",
        "dailySchedule": {
            "retentionTimes": ["2026-01-04T03:00:00Z"],
            "retentionDuration": {"count": 60, "durationType": "Days"},
        },
    },
    "timeZone": "UTC",
}

# The same name in another group, and the same name and group in another subscription, are all different machines.
_PLACES: t.Final = tuple(
    (subscription, group, name)
    for subscription, group, name in (
        (HERE, "rg-a", "web"),
        (HERE, "rg-b", "web"),
        (ELSEWHERE, "rg-a", "web"),
        (HERE, "rg-a", "db"),
        (HERE, "rg-b", "app"),
        (HERE, "rg-b", "mail"),
    )
)
_ITEM_STATES: t.Final = {
    "waiting": "IRPending",
    "protected": "Protected",
    "error": "ProtectionError",
    "stopped": "ProtectionStopped",
    "suspended": "BackupsSuspended",
}
_WORDS: t.Final = {wire: word for word, wire in _ITEM_STATES.items()}


@dataclasses.dataclass(frozen=True)
class Drawn:
    """A machine of a random fleet. ``held`` is its state in ``vault``, None for one that no vault holds."""

    subscription: str
    group: str
    name: str
    held: str | None
    vault: str
    policy: str
    points: int
    disks: int
    selection: Disks
    days_left: int
    exists: bool
    failed: bool
    region: str
    new: bool

    @property
    def id(self) -> str:
        """The ARM id."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.group}/providers/Microsoft.Compute/"
            f"virtualMachines/{self.name}"
        )

    def section(self) -> dict[str, t.Any]:
        """Return it as a world file has it."""
        return {
            "name": self.name,
            "location": self.region,
            "disks": [{"lun": lun, "name": f"{self.name}-data-{lun}"} for lun in range(self.disks)],
            "provisioning_state": "Failed" if self.failed else "Succeeded",
            "deleted": not self.exists,
            "new": self.new,
        }

    def item(self) -> dict[str, t.Any]:
        """Return its item as a world file has it."""
        deleted = self.held == "soft_deleted"
        mode, luns = self.selection
        chosen = {"include": {"include": list(luns)}, "exclude": {"exclude": list(luns)}, "os_only": {"include": []}}
        return {
            "virtual_machine": self.id,
            "policy": self.policy,
            "state": "Protected" if deleted else _ITEM_STATES[str(self.held)],
            "recovery_points": 0 if self.held == "waiting" else self.points,
            "soft_deleted": deleted,
            **({"days_left": self.days_left} if deleted else {}),
            **({"disks": chosen[mode]} if mode in chosen else {}),
        }


@st.composite
def machines(draw: st.DrawFn, place: tuple[str, str, str]) -> Drawn:
    """Draw a machine in a place."""
    held = draw(st.sampled_from([None, None, *_ITEM_STATES, "protected", "soft_deleted"]))
    exists = held is None or draw(st.integers(0, 4)) > 0
    here = held is not None or draw(st.integers(0, 5)) > 0
    disks = draw(st.integers(0, 2))
    selections = [ALL, ("os_only", ()), *((mode, (lun,)) for mode in ("include", "exclude") for lun in range(disks))]
    return Drawn(
        *place,
        held=held,
        vault=draw(st.sampled_from(VAULTS)),
        policy=draw(st.sampled_from(sorted(DAYS))),
        points=draw(st.integers(0, 3)) if held in ("error", "stopped", "suspended") else draw(st.integers(1, 3)),
        disks=disks,
        selection=draw(st.sampled_from(selections)) if held else ALL,
        days_left=draw(st.integers(1, 14)),
        exists=exists,
        failed=held is None and draw(st.integers(0, 5)) == 0,
        region="westeurope" if here else "northeurope",
        new=held is None and draw(st.booleans()),
    )


@st.composite
def fleets(draw: st.DrawFn) -> tuple[list[Drawn], dict[str, t.Any]]:
    """Draw a fleet and its world file."""
    places = draw(st.lists(st.sampled_from(_PLACES), min_size=2, max_size=len(_PLACES), unique=True))
    fleet = [draw(machines(place)) for place in places]
    # A vault tells machines apart by group and name only, so that the world itself may not hold both.
    taken: set[tuple[str, str, str]] = set()
    for number, one in enumerate(fleet):
        key = (one.vault, one.group, one.name)
        if one.held and key in taken:
            fleet[number] = dataclasses.replace(one, held=None, exists=True)
        elif one.held:
            taken.add(key)
    vaults = [
        {
            "name": name,
            "soft_delete": draw(st.sampled_from(["AlwaysON", "Enabled", "Disabled"])),
            "immutability": draw(st.sampled_from(["Disabled", "Disabled", "Unlocked", "Locked"])),
            "discovered": draw(st.booleans()),
            "policies": {"Gold": _GOLD},
            "protected_items": [one.item() for one in fleet if one.held and one.vault == name],
        }
        for name in VAULTS
    ]
    return fleet, _world(fleet, vaults, draw(st.sampled_from(["dropped", "kept"])))


def _world(fleet: t.Sequence[Drawn], vaults: list[dict[str, t.Any]], selections: str) -> dict[str, t.Any]:
    def groups(subscription: str) -> list[dict[str, t.Any]]:
        return [
            {
                "name": group,
                "location": "westeurope",
                "virtual_machines": [
                    one.section() for one in fleet if (one.subscription, one.group) == (subscription, group)
                ],
            }
            for group in ("rg-a", "rg-b")
        ]

    backup = {"name": VAULT_GROUP, "location": "westeurope", "vaults": vaults}
    return {
        "tenant_id": TENANT,
        "disk_selections": selections,
        "subscriptions": [
            {"id": HERE, "name": "Production", "resource_groups": [backup, *groups(HERE)]},
            {"id": ELSEWHERE, "name": "Other", "resource_groups": groups(ELSEWHERE)},
        ],
    }


@dataclasses.dataclass(frozen=True)
class Held:
    """What a vault has of a machine: ``state`` in the words of the guide; ``points`` are recovery points by name.

    ``fresh`` are those that no policy lets expire yet. Who resumes an old machine puts its points under a policy again.
    """

    state: str
    policy: str | None
    disks: Disks
    points: frozenset[str]
    fresh: frozenset[str] = dataclasses.field(compare=False)

    @property
    def active(self) -> bool:
        """Whether backups are made."""
        return self.state in ("waiting", "protected", "error")


@dataclasses.dataclass(frozen=True)
class Standing:
    """All that there is of a machine: whether it exists, and what each vault has of it."""

    id: str
    exists: bool
    failed: bool
    region: str
    luns: frozenset[int]
    held: t.Mapping[str, Held]

    @property
    def in_this_subscription(self) -> bool:
        """Whether it is in the subscription that tasks look for machines in."""
        return f"/{HERE}/" in self.id

    @property
    def group(self) -> str:
        """The resource group."""
        return self.id.split("/")[4]

    @property
    def name(self) -> str:
        """The name."""
        return self.id.rpartition("/")[2]

    @property
    def item(self) -> str:
        """The end of the paths of its items."""
        return f";{self.group};{self.name}"


def standings(state: simulation.Simulation) -> dict[str, Standing]:
    """Read what the simulator has of each machine, by id in lower case."""
    state.settle()
    known = {machine.key: machine for machine in state.world.machines}
    return {
        key: Standing(
            id=machine.id,
            exists=key in state.machines,
            failed=machine.provisioning_state == "Failed",
            region=machine.location,
            luns=frozenset(disk.lun for disk in machine.data_disks),
            held={
                vault.name: _held(vault.items[machine.service_name], state.now() - _FRESH)
                for vault in state.vaults.values()
                if machine.service_name in vault.items and vault.items[machine.service_name].machine is machine
            },
        )
        for key, machine in known.items()
    }


def _held(item: entities.Item, since: dt.datetime) -> Held:
    chosen = item.disk_selection or {}
    luns = tuple(sorted(chosen.get("diskLunList", ())))
    mode = "all"
    if chosen.get("isInclusionList"):
        mode = "include" if luns else "os_only"
    elif luns:
        mode = "exclude"
    return Held(
        "soft_deleted" if item.soft_deleted else _WORDS[item.state],
        item.policy.name if item.policy else None,
        (mode, luns),
        frozenset(point.name for point in item.points),
        frozenset(point.name for point in item.points if point.time > since),
    )
