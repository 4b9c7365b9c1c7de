# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Azure returns, as plain values, read from the wire's JSON.

The SDKs' own models differ between their majors and lose fields, so they decide nothing here. Each ``from_wire`` takes
one JSON object of an answer and forgives what older api-versions leave out.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from . import fields, ids, times

Wire = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class DataDisk:
    """A data disk of a virtual machine."""

    lun: int
    """Its logical unit number, by which a backup selects it."""
    name: str


@dataclasses.dataclass(frozen=True)
class VirtualMachine:
    """A virtual machine, of Microsoft.Compute or, found through a vault's protectable items, a classic one."""

    id: ids.VmId
    location: str
    """Short name, lower case; empty for a classic machine, whose region the protectable item does not tell."""
    tags: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    size: str | None = None
    os_type: str | None = None
    provisioning_state: str | None = None
    power_state: str | None = None
    """``running``, ``deallocated`` …; None unless the instance view was read."""
    agent_status: str | None = None
    """The guest agent's display status, ``Ready`` or ``Not Ready``; None unless the instance view was read."""
    os_disk: str | None = None
    """The name of the operating system's disk."""
    data_disks: tuple[DataDisk, ...] | None = None
    """By LUN; None when the answer did not tell the machine's disks."""
    encrypted: bool = False
    """Whether the machine itself tells that Azure Disk Encryption is on; newer versions tell it elsewhere."""

    @classmethod
    def from_wire(cls, body: Wire) -> VirtualMachine:
        """Read a virtual machine of the compute API, with or without its instance view."""
        properties = fields.mapping(body, "properties")
        storage = fields.mapping(properties, "storageProfile")
        disk = fields.mapping(storage, "osDisk")
        view = fields.mapping(properties, "instanceView")
        agent = fields.mappings(fields.mapping(view, "vmAgent"), "statuses")
        codes = [fields.text(status, "code") for status in fields.mappings(view, "statuses")]
        power = [ids.last_segment(code) for code in codes if code.casefold().startswith("powerstate/")]
        return cls(
            id=ids.VmId.parse(fields.needed_text(body, "id")),
            location=ids.normalized_location(fields.text(body, "location")),
            tags=_tags(body),
            size=fields.optional_text(fields.mapping(properties, "hardwareProfile"), "vmSize"),
            os_type=fields.optional_text(disk, "osType"),
            provisioning_state=fields.optional_text(properties, "provisioningState"),
            power_state=power[0] if power else None,
            agent_status=fields.optional_text(agent[0], "displayStatus") if agent else None,
            os_disk=fields.optional_text(disk, "name"),
            data_disks=None if properties.get("storageProfile") is None else _data_disks(storage),
            encrypted=bool(fields.mapping(disk, "encryptionSettings").get("enabled")),
        )


def _tags(body: Wire) -> dict[str, str]:
    tags = fields.mapping(body, "tags")
    return {name: fields.text(tags, name) for name in tags}


def _data_disks(storage: Wire) -> tuple[DataDisk, ...]:
    found = [DataDisk(int(disk["lun"]), fields.text(disk, "name")) for disk in fields.mappings(storage, "dataDisks")]
    return tuple(sorted(found, key=lambda disk: disk.lun))


@dataclasses.dataclass(frozen=True)
class Vault:
    """A Recovery Services vault."""

    id: ids.VaultId
    location: str
    tags: t.Mapping[str, str]
    provisioning_state: str | None
    sku: str | None
    etag: str | None
    properties: Wire
    """The wire's ``properties`` as they came, for the settings that have no field of their own."""
    identity: Wire = dataclasses.field(default_factory=dict)
    """The wire's ``identity``: ``type``, ``principalId``, ``tenantId``, ``userAssignedIdentities``."""

    @classmethod
    def from_wire(cls, body: Wire) -> Vault:
        """Read a vault."""
        properties = fields.mapping(body, "properties")
        return cls(
            id=ids.VaultId.parse(fields.needed_text(body, "id")),
            location=ids.normalized_location(fields.text(body, "location")),
            tags=_tags(body),
            provisioning_state=fields.optional_text(properties, "provisioningState"),
            sku=fields.optional_text(fields.mapping(body, "sku"), "name"),
            etag=fields.optional_text(body, "etag"),
            properties=properties,
            identity=fields.mapping(body, "identity"),
        )


def counter(body: Wire) -> tuple[str, int]:
    """Read one of the counters of a vault: its name, and what it is at."""
    return fields.needed_text(fields.mapping(body, "name"), "value"), int(body.get("currentValue") or 0)


@dataclasses.dataclass(frozen=True)
class Policy:
    """A backup policy, of any workload type: a vault's list mixes them."""

    id: str
    name: str
    backup_management_type: str
    policy_type: str
    """``V1`` (standard) or ``V2`` (enhanced); a body without one is V1."""
    protected_items_count: int
    properties: Wire

    @classmethod
    def from_wire(cls, body: Wire) -> Policy:
        """Read a backup policy."""
        properties = fields.mapping(body, "properties")
        return cls(
            id=fields.needed_text(body, "id"),
            name=fields.needed_text(body, "name"),
            backup_management_type=fields.text(properties, "backupManagementType"),
            policy_type=fields.text(properties, "policyType", "V1"),
            protected_items_count=int(properties.get("protectedItemsCount") or 0),
            properties=properties,
        )

    @property
    def protects_virtual_machines(self) -> bool:
        """Whether the policy is of the type that virtual machines need."""
        return ids.same(self.backup_management_type, "AzureIaasVM")


@dataclasses.dataclass(frozen=True)
class ProtectableItem:
    """A virtual machine that a vault's discovery has seen and that no vault protects."""

    id: str
    name: str
    virtual_machine_id: str
    virtual_machine_version: str
    resource_group: str
    """The cloud service's name for a classic machine."""
    friendly_name: str

    @classmethod
    def from_wire(cls, body: Wire) -> ProtectableItem:
        """Read an element of ``backupProtectableItems``."""
        properties = fields.mapping(body, "properties")
        return cls(
            id=fields.needed_text(body, "id"),
            name=fields.needed_text(body, "name"),
            virtual_machine_id=fields.text(properties, "virtualMachineId"),
            virtual_machine_version=fields.text(properties, "virtualMachineVersion", "Compute"),
            resource_group=fields.text(properties, "resourceGroup"),
            friendly_name=fields.text(properties, "friendlyName"),
        )


@dataclasses.dataclass(frozen=True)
class Container:
    """A protection container: what "registered" is for a virtual machine once it is protected."""

    id: str
    name: str
    virtual_machine_id: str
    registration_status: str

    @classmethod
    def from_wire(cls, body: Wire) -> Container:
        """Read an element of ``backupProtectionContainers``."""
        properties = fields.mapping(body, "properties")
        return cls(
            id=fields.needed_text(body, "id"),
            name=fields.needed_text(body, "name"),
            virtual_machine_id=fields.text(properties, "virtualMachineId"),
            registration_status=fields.text(properties, "registrationStatus"),
        )


@dataclasses.dataclass(frozen=True)
class ProtectedItem:
    """A virtual machine in a vault, in whatever state its protection is."""

    id: str
    name: str
    virtual_machine_id: str
    friendly_name: str
    container_name: str
    protection_state: str
    policy_id: str
    """Empty when protection is stopped."""
    policy_name: str
    last_backup_status: str | None
    last_backup_time: dt.datetime | None
    last_recovery_point: dt.datetime | None
    health_status: str | None
    soft_deleted: bool
    deleted_permanently_at: dt.datetime | None
    """When soft delete ends and the data is gone; only for a soft-deleted item."""
    properties: Wire

    @classmethod
    def from_wire(cls, body: Wire, now: dt.datetime | None = None) -> ProtectedItem:
        """Read a protected item, from a GET or from a list that was answered ``now``."""
        properties = fields.mapping(body, "properties")
        policy_id = fields.text(properties, "policyId")
        return cls(
            id=fields.needed_text(body, "id"),
            name=fields.needed_text(body, "name"),
            virtual_machine_id=fields.text(properties, "virtualMachineId", fields.text(properties, "sourceResourceId")),
            friendly_name=fields.text(properties, "friendlyName"),
            container_name=fields.text(properties, "containerName"),
            protection_state=fields.text(properties, "protectionState"),
            policy_id=policy_id,
            policy_name=fields.text(properties, "policyName", ids.last_segment(policy_id)),
            last_backup_status=fields.text(properties, "lastBackupStatus") or None,
            last_backup_time=times.from_wire(properties.get("lastBackupTime")),
            last_recovery_point=times.from_wire(properties.get("lastRecoveryPoint")),
            health_status=fields.optional_text(properties, "healthStatus"),
            soft_deleted=bool(properties.get("isScheduledForDeferredDelete")),
            deleted_permanently_at=_end_of_soft_delete(properties, now),
            properties=_readable(properties),
        )

    @property
    def vault_id(self) -> ids.VaultId:
        """The vault that holds the item."""
        return ids.VaultId.parse(self.id)

    @property
    def told_apart(self) -> str:
        """``RESOURCE_GROUP/NAME``, as tasks name machines, for two can have one name; else the name that there is."""
        name = self.friendly_name or self.name
        parts = self.virtual_machine_id.split("/")
        return f"{parts[4]}/{name}" if len(parts) > 8 else name


def _readable(properties: Wire) -> Wire:
    """Return properties of an item of which the rest can be read later; raises ValueError, TypeError."""
    selection = fields.mapping(fields.mapping(properties, "extendedProperties"), "diskExclusionProperties")
    for lun in fields.sequence(selection, "diskLunList"):
        int(lun)
    fields.mapping(properties, "extendedInfo")
    fields.mappings(properties, "healthDetails")
    return properties


def _end_of_soft_delete(properties: Wire, now: dt.datetime | None) -> dt.datetime | None:
    """Return when a soft-deleted item is gone for good.

    ``deferredDeleteTimeInUTC`` is when it was deleted (recorded), ``deferredDeleteTimeRemaining`` counts down from the
    whole days that the vault keeps it.
    UNVERIFIED: the days of an item that does not count down; assumed its retention period, else the usual 14.
    """
    deleted = times.from_wire(properties.get("deferredDeleteTimeInUTC"))
    if deleted is None:
        return None
    remaining = times.remaining(properties.get("deferredDeleteTimeRemaining"))
    if now is None or remaining is None:
        return deleted + dt.timedelta(days=int(properties.get("softDeleteRetentionPeriod") or 14))
    return deleted + dt.timedelta(days=round((now + remaining - deleted) / dt.timedelta(days=1)))


@dataclasses.dataclass(frozen=True)
class BackupStatus:
    """Whether, and in which vault, a virtual machine is protected (``backupStatus``)."""

    protection_status: str
    vault_id: str
    policy_name: str
    error_code: str
    error_message: str

    @classmethod
    def from_wire(cls, body: Wire | None) -> BackupStatus:
        """Read an answer; old api-versions answer ``null`` for a machine that is not protected."""
        body = body or {}
        return cls(
            protection_status=fields.text(body, "protectionStatus", "NotProtected"),
            vault_id=fields.text(body, "vaultId"),
            policy_name=fields.text(body, "policyName"),
            error_code=fields.message(body, "errorCode"),
            error_message=fields.message(body, "errorMessage"),
        )

    def other_than(self, vault_id: ids.VaultId) -> str | None:
        """Return the id of another vault that holds the machine, None when there is none or none is named."""
        return None if self._unprotected or ids.same(self.vault_id, str(vault_id)) else self.vault_id or None

    def held_by(self, vault_id: ids.VaultId) -> bool:
        """Whether this vault has the machine, or is about to: its list of items can lag behind."""
        failed = ids.same(self.protection_status, "ProtectionFailed")
        return not self._unprotected and not failed and ids.same(self.vault_id, str(vault_id))

    @property
    def _unprotected(self) -> bool:
        return ids.same(self.protection_status, "NotProtected")


@dataclasses.dataclass(frozen=True)
class Validation:
    """The answer of ``backupPreValidateProtection``, which is HTTP 200 even when it says no."""

    succeeded: bool
    error_code: str
    error_message: str
    recommendation: str

    @classmethod
    def from_wire(cls, body: Wire) -> Validation:
        """Read an answer."""
        return cls(
            succeeded=ids.same(fields.text(body, "status"), "Succeeded"),
            error_code=fields.message(body, "errorCode"),
            error_message=fields.message(body, "errorMessage"),
            recommendation=fields.message(body, "recommendation"),
        )
