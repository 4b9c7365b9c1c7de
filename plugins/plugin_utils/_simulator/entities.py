# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The things of the simulated cloud.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from . import job_log, naming, timeline


@dataclasses.dataclass(frozen=True)
class Subscription:
    """A subscription; ``unregistered`` names the resource providers that it has not registered."""

    id: str
    name: str
    state: str = "Enabled"
    unregistered: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class Group:
    """A resource group."""

    subscription_id: str
    name: str
    location: str
    tags: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def id(self) -> str:
        """The ARM id."""
        return naming.group_id(self.subscription_id, self.name)

    @property
    def key(self) -> str:
        """What to index by."""
        return self.id.casefold()


@dataclasses.dataclass(frozen=True)
class DataDisk:
    """A data disk of a virtual machine; ``lun`` is its logical unit number."""

    lun: int
    name: str


@dataclasses.dataclass(frozen=True)
class Machine:
    """A virtual machine. The group of a classic one is its cloud service."""

    subscription_id: str
    resource_group: str
    name: str
    location: str
    os: str = "Linux"
    size: str = "Standard_D2s_v5"
    tags: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    zones: tuple[str, ...] = ()
    power_state: str = "running"
    provisioning_state: str = "Succeeded"
    agent_status: str = "Ready"
    data_disks: tuple[DataDisk, ...] = ()
    deleted: bool = False
    """Whether only vaults know it any more, from the start of the world."""
    new: bool = False
    """Whether it was made after the last discovery of the world's vaults."""
    classic: bool = False
    id: str = dataclasses.field(init=False)
    key: str = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        identity = naming.machine_id(self.subscription_id, self.resource_group, self.name, classic=self.classic)
        object.__setattr__(self, "id", identity)
        object.__setattr__(self, "key", identity.casefold())

    @property
    def service_name(self) -> str:
        """What the names of its container and item are made of."""
        return naming.service_name(self.resource_group, self.name, classic=self.classic)

    @property
    def kind(self) -> str:
        """The resource type."""
        return f"{naming.CLASSIC_COMPUTE if self.classic else naming.COMPUTE}/virtualMachines"

    @property
    def version(self) -> str:
        """``virtualMachineVersion`` on the wire."""
        return "ClassicCompute" if self.classic else "Compute"


@dataclasses.dataclass
class Policy:
    """A backup policy; ``properties`` as they are stored, without ``protectedItemsCount``."""

    name: str
    properties: dict[str, t.Any]

    @property
    def workload(self) -> str:
        """``AzureIaasVM`` for virtual machines."""
        return str(self.properties.get("backupManagementType", ""))


@dataclasses.dataclass
class RecoveryPoint:
    """A recovery point; ``expires_at`` is its own expiry, None when the policy's retention decides.

    ``snapshot_only`` marks those before the last of a day, which never reach the vault. ``kept_until`` is when it goes.
    """

    name: str
    time: dt.datetime
    consistency: str
    size: str
    expires_at: dt.datetime | None = None
    snapshot_only: bool = False
    kept_until: dt.datetime | None = None

    @property
    def scheduled(self) -> bool:
        """Whether a policy made it, and not somebody."""
        return self.expires_at is None


@dataclasses.dataclass(frozen=True)
class JobError:
    """Why a job failed."""

    code: int
    title: str
    message: str
    recommendations: tuple[str, ...]


@dataclasses.dataclass
class Job:
    """A job. ``index`` is its place in the vault's list, oldest first."""

    id: str
    index: int
    operation: str
    machine: Machine
    started: dt.datetime
    activity_id: str
    visible_from: dt.datetime
    work: timeline.Work | None = None
    status: str = "InProgress"
    ended: dt.datetime | None = None
    error: JobError | None = None
    property_bag: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Memory:
    """Recovery points that are made when somebody asks for them: ``recall`` puts those of an item into a list."""

    newest: dt.datetime | None
    recall: t.Callable[[Item, list[RecoveryPoint]], None]


@dataclasses.dataclass
class Item:
    """A protected item. ``number`` grows with each item of the simulation."""

    number: int
    vault: Vault
    machine: Machine
    data_id: str
    state: str
    policy: Policy | None
    created: dt.datetime
    last_backup_status: str = ""
    last_backup_time: dt.datetime | None = None
    last_error: JobError | None = None
    prune_at: dt.datetime | None = None
    """When the next of its recovery points has lived its time."""
    deleted_at: dt.datetime | None = None
    purge_at: dt.datetime | None = None
    """When a soft-deleted item is gone for good; None for any other."""
    running_backup: Job | None = None
    disk_selection: t.Mapping[str, t.Any] | None = None
    """``diskExclusionProperties`` as they are on the wire; None when all disks are backed up."""
    memory: Memory | None = None
    """Where its recovery points come from once somebody asks for them."""

    def __post_init__(self) -> None:
        self._points: list[RecoveryPoint] = []

    @property
    def points(self) -> list[RecoveryPoint]:
        """Its recovery points, oldest first."""
        memory, self.memory = self.memory, None
        if memory:
            memory.recall(self, self._points)
        return self._points

    @points.setter
    def points(self, points: list[RecoveryPoint]) -> None:
        self.memory, self._points = None, points

    @property
    def newest_point(self) -> dt.datetime | None:
        """The time of its newest recovery point."""
        if self.memory:
            return self.memory.newest
        return self._points[-1].time if self._points else None

    @property
    def service_name(self) -> str:
        """The key in the vault."""
        return self.machine.service_name

    @property
    def soft_deleted(self) -> bool:
        """Whether it was deleted and can still be brought back."""
        return self.purge_at is not None

    @property
    def id(self) -> str:
        """The ARM id, in the service's own form."""
        return naming.item_path(self.vault.id, self.service_name)


@dataclasses.dataclass
class Guard:
    """The Resource Guard of a vault.

    ``operations`` are those that it watches, ``granted`` says whether the caller has a role on it, ``unlocked`` until
    when something may be deleted, by its id in lower case.
    """

    id: str
    operations: tuple[str, ...]
    updated: dt.datetime
    granted: bool = True
    unlocked: dict[str, dt.datetime] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Vault:
    """A Recovery Services vault and all that is in it."""

    subscription_id: str
    resource_group: str
    name: str
    location: str
    etag: str
    tags: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    sku: t.Mapping[str, t.Any] = dataclasses.field(default_factory=lambda: {"name": "Standard"})
    identity: t.Mapping[str, t.Any] | None = None
    soft_delete: str = "AlwaysON"
    """``AlwaysON``, ``Enabled`` or ``Disabled``."""
    soft_delete_days: int = 14
    enhanced_security: str = "AlwaysON"
    redundancy: str = "GeoRedundant"
    redundancy_by_vault: bool = False
    """Whether it was set through the vault itself, which closes the older way of its storage configuration."""
    storage_locked: bool = False
    """Whether anything was ever registered, which fixes the redundancy."""
    cross_region_restore: bool = False
    cross_subscription_restore: str = "Enabled"
    """``Enabled``, ``Disabled`` or ``PermanentlyDisabled``."""
    immutability: str = "Disabled"
    """``Disabled``, ``Unlocked`` or ``Locked``."""
    guard: Guard | None = None
    public_network_access: str = "Enabled"
    monitoring: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    encryption: t.Mapping[str, t.Any] | None = None
    """The customer-managed key, as it is on the wire."""
    cost_granularity: str | None = None
    """How finely costs are told, None where nobody said."""
    creation: timeline.Work | None = None
    discovered: tuple[Machine, ...] = ()
    """What the last discovery saw."""
    discovery: timeline.Work | None = None
    policies: dict[str, Policy] = dataclasses.field(default_factory=dict)
    policy_edits: list[dt.datetime] = dataclasses.field(default_factory=list)
    """When policies were added or changed, of the last day."""
    policy_changes: dict[str, timeline.Work] = dataclasses.field(default_factory=dict)
    """Changes of policies that answer later, by lower-case name."""
    items: dict[str, Item] = dataclasses.field(default_factory=dict)
    configuring: dict[str, timeline.Work] = dataclasses.field(default_factory=dict)
    """Changes of protection under way, by service name."""
    promised: dict[str, Policy] = dataclasses.field(default_factory=dict)
    """The policies that these changes bring, by service name."""
    jobs: job_log.JobLog = dataclasses.field(default_factory=job_log.JobLog)

    @property
    def id(self) -> str:
        """The ARM id."""
        return naming.vault_id(self.subscription_id, self.resource_group, self.name)

    @property
    def key(self) -> str:
        """What to index by."""
        return self.id.casefold()

    def policy_id(self, policy: Policy) -> str:
        """Return the id of one of its policies."""
        return f"{self.id}/backupPolicies/{policy.name}"


@dataclasses.dataclass(frozen=True)
class DeletedVault:
    """A vault that was deleted and can still be brought back; ``name`` is a GUID."""

    name: str
    vault: Vault
    deleted_at: dt.datetime
    purge_at: dt.datetime
