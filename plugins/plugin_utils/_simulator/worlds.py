# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The worlds that a simulator can start with: ``small``, ``bad-afternoon``, ``fleet:N[:REGIONS][:lived]``, a YAML file.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import random
import typing as t
import uuid

from . import entities


class WorldError(ValueError):
    """A world cannot be made from what was given; the message names the key."""


@dataclasses.dataclass(frozen=True)
class JobSeed:
    """A job of an item before the start.

    ``outcome`` is ``Completed``, ``CompletedWithWarnings``, ``Cancelled``, ``InProgress`` or the title of the error
    with which it failed.
    """

    hours_ago: float
    outcome: str = "Completed"
    operation: str = "Backup"
    minutes: float = 35


@dataclasses.dataclass(frozen=True)
class Life:
    """What the last month of an item was like, in a vault whose history is made. Days are counted back from the start.

    ``cause`` is the title of the error with which its backups fail: one in ``1 / flakiness``, and all of the last
    ``failing_days``. ``stopped`` is when its protection ended.
    """

    protected_for: float = 400
    cause: str = "CloudInternalError"
    flakiness: float = 0.0
    failing_days: float = 0.0
    stopped: float | None = None
    running_minutes: float | None = None
    """For how long a backup has been running now."""


@dataclasses.dataclass(frozen=True)
class ItemSeed:
    """A protected item that is there from the start."""

    machine: entities.Machine
    policy: str = "DefaultPolicy"
    state: str = "Protected"
    """``IRPending``, ``Protected``, ``ProtectionStopped``, ``ProtectionError`` or ``BackupsSuspended``."""
    recovery_points: int = 1
    """From the latest backups of the policy; those whose time is over are gone."""
    hours_since_backup: float | None = None
    """How old the newest of them is, and the others a day each before; None for the times of the policy."""
    jobs: tuple[JobSeed, ...] = ()
    """More jobs than those of these recovery points."""
    soft_deleted: bool = False
    life: Life | None = None
    """In a vault that is ``lived`` it stands for the recovery points and the jobs."""
    days_left: int | None = None
    """Of its soft delete; None when it was deleted a few hours ago."""
    disk_selection: t.Mapping[str, t.Any] | None = None
    """``diskExclusionProperties`` as they are on the wire."""


@dataclasses.dataclass(frozen=True)
class VaultSeed:
    """A vault that is there from the start; ``policies`` come on top of those that every vault has."""

    subscription_id: str
    resource_group: str
    name: str
    location: str
    tags: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    soft_delete: str = "AlwaysON"
    redundancy: str = "GeoRedundant"
    cross_region_restore: bool = False
    immutability: str = "Disabled"
    policies: t.Mapping[str, t.Mapping[str, t.Any]] = dataclasses.field(default_factory=dict)
    items: tuple[ItemSeed, ...] = ()
    guard_id: str = ""
    """Of the Resource Guard that watches its critical operations, if one does."""
    guard_operations: tuple[str, ...] = ()
    guard_granted: bool = True
    """Whether whoever signs in has a role on the guard."""
    discovered: bool = False
    """Whether a discovery has seen the machines that are not ``new``."""
    lived: bool = False
    """Whether a month of history is made for its items."""


@dataclasses.dataclass(frozen=True)
class Capacity:
    """How much a vault takes."""

    machines_per_vault: int = 1000
    policies_per_vault: int = 200
    policy_edits_per_day: int = 50


@dataclasses.dataclass(frozen=True)
class World:
    """What there is at the start. ``new_vault_soft_delete`` is what a vault made later has.

    ``policy_answers`` says when a write of a policy is a long-running operation: ``by use`` where items have it,
    ``later`` always, ``at once`` never. ``deleted_vaults`` are ``gone`` at once, or ``kept`` as soft-deleted ones.
    ``disk_selections`` are ``dropped`` by a protecting write that says nothing about disks, or ``kept``.
    """

    tenant_id: str
    subscriptions: tuple[entities.Subscription, ...]
    groups: tuple[entities.Group, ...]
    machines: tuple[entities.Machine, ...]
    vaults: tuple[VaultSeed, ...] = ()
    new_vault_soft_delete: str = "AlwaysON"
    policy_answers: str = "by use"
    deleted_vaults: str = "gone"
    disk_selections: str = "dropped"
    capacity: Capacity = Capacity()


def load_world(source: str, *, seed: int | None = None) -> World:
    """Make a world; a seed makes its ids repeatable.

    Raises WorldError when the source has none of these forms or the file is wrong.
    """
    # Imported here because they build on this file's classes.
    from . import fleet_world, lived_world, world_files

    guids = guid_source(seed)
    if source == "small":
        from . import small_world

        return world_files.world_from(small_world.SMALL, guids=guids, origin="the small world")
    if source == "bad-afternoon":
        from . import bad_afternoon

        return world_files.world_from(bad_afternoon.world(), guids=guids, origin="the bad afternoon")
    if source.split(":")[0] == "fleet" and source.endswith(":lived"):
        return lived_world.make(source, guids, seed)
    if source.split(":")[0] == "fleet":
        return fleet_world.make(source, guids)
    return world_files.read(source, guids)


def guid_source(seed: int | None) -> t.Callable[[], str]:
    """Return a maker of GUIDs."""
    numbers = random.Random(seed)
    return lambda: str(uuid.UUID(int=numbers.getrandbits(128), version=4))
