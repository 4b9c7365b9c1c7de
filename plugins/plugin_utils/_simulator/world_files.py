# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Worlds from YAML files.

A file holds a list of subscriptions; resource groups lie in them, virtual machines and vaults in resource groups.
``EXAMPLE`` shows every key. Only names are required, and a location for a group. Rules:

* ``id`` (of a subscription) and ``tenant_id`` are GUIDs; without one the simulator makes one from its seed.
* ``unregistered_providers`` names the resource providers that the subscription has not registered.
* ``location`` of a machine or vault is its group's unless given.
* ``os`` is Linux or Windows. ``power_state`` is running, stopped, deallocated, starting, stopping or deallocating.
  ``provisioning_state`` is Succeeded, Failed, Creating or Updating. ``agent_status`` is Ready or Not Ready.
  ``disks`` is the number of data disks, or a list of them with ``lun`` and ``name``. ``deleted`` is true for a
  machine that is gone from Azure while a vault still holds its item, ``new`` for one made after the last discovery.
* ``cloud_service`` makes a machine a classic one, which has no resource group but that service.
* ``soft_delete`` of a vault is AlwaysON, Enabled or Disabled; ``new_vault_soft_delete`` is that of vaults made later.
  ``immutability`` is Disabled, Unlocked or Locked; ``cross_region_restore`` is true or false.
* ``policy_answers`` says when the write of a policy is a long-running operation (202): ``by use`` where items have the
  policy, ``later`` always, ``at once`` never.
* ``disk_selections`` are ``dropped`` by a protecting write that says nothing about disks, or ``kept``.
* ``capacity`` says how much a vault takes: ``machines_per_vault``, ``policies_per_vault``, ``policy_edits_per_day``.
* ``deleted_vaults`` are ``gone`` at once, or ``kept`` for as long as their soft delete keeps data.
  ``discovered`` is true when a discovery has seen the machines of its region that are not ``new``.
  ``resource_guard`` has the ``name`` and ``group`` of a guard, ``access`` (granted or denied) for whoever signs in, and
  the operations that it leaves out (``except``).
* ``policies`` are bodies as the service stores them; DefaultPolicy, EnhancedPolicy and HourlyLogBackup come anyway.
* ``virtual_machine`` of a protected item is ``group/name`` in the same subscription, or an ARM id.
  ``state`` is Protected, IRPending, ProtectionStopped, ProtectionError or BackupsSuspended. ``recovery_points`` counts
  its backups so far, at the times of the policy or, with ``hours_since_backup``, a day apart and the newest so old.
  ``days_left`` are those of a soft-deleted one.
* ``jobs`` of an item are more than those of these backups: ``hours_ago``, ``minutes`` (35), ``operation`` (Backup) and
  ``outcome``: Completed, CompletedWithWarnings, Cancelled, InProgress, or the title of the error that made it fail.
  ``disks`` with the list ``include`` or ``exclude`` of LUNs selects data disks.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from . import default_policies, entities, naming, vault_changes, world_parts, world_section, worlds

EXAMPLE: t.Final = """\
tenant_id: 7f3c2f3e-4a0c-4b0e-9d5e-0c6f0d8a1b11
new_vault_soft_delete: AlwaysON
policy_answers: by use
deleted_vaults: gone
disk_selections: dropped
capacity: {machines_per_vault: 1000, policies_per_vault: 200, policy_edits_per_day: 50}
subscriptions:
  - id: 0b9f6f0e-6f7c-4a58-8a0e-2f4f5d0a7c22
    name: Production
    unregistered_providers: []
    resource_groups:
      - name: rg-shop
        location: westeurope
        tags: {env: production}
        virtual_machines:
          - name: shop-web-01
            os: Linux
            size: Standard_D2s_v5
            tags: {role: web}
            zones: ["1"]
            disks: 2
          - name: shop-db-01
            os: Windows
            location: northeurope
            power_state: deallocated
            provisioning_state: Succeeded
            deleted: false
            disks:
              - {lun: 0, name: shop-db-01-logs}
              - {lun: 4, name: shop-db-01-tables}
          - name: shop-new-01
            new: true
            agent_status: Not Ready
          - name: shop-old-01
            cloud_service: shop-classic
        vaults:
          - name: vault-shop
            location: westeurope
            tags: {owner: shop}
            soft_delete: Enabled
            redundancy: GeoRedundant
            cross_region_restore: true
            immutability: Disabled
            discovered: true
            policies:
              Weekly:
                backupManagementType: AzureIaasVM
                policyType: V1
                schedulePolicy:
                  schedulePolicyType: SimpleSchedulePolicy
                  scheduleRunFrequency: Weekly
                  scheduleRunDays: [Sunday]
                  scheduleRunTimes: ["2026-01-04T03:00:00Z"]
                retentionPolicy:
                  retentionPolicyType: LongTermRetentionPolicy
                  weeklySchedule:
                    daysOfTheWeek: [Sunday]
                    retentionTimes: ["2026-01-04T03:00:00Z"]
                    retentionDuration: {count: 12, durationType: Weeks}
                timeZone: UTC
            protected_items:
              - virtual_machine: rg-shop/shop-web-01
                policy: Weekly
                state: Protected
                recovery_points: 3
                soft_deleted: false
                jobs:
                  - {operation: Backup, outcome: Cancelled, hours_ago: 3, minutes: 2}
                disks: {exclude: [1]}
      - name: rg-erp
        location: westeurope
        vaults:
          - name: vault-guarded
            resource_guard:
              name: guard
              group: rg-security
              access: granted
              except: [Microsoft.RecoveryServices/vaults/backupSecurityPIN/action]
  - name: Laboratory
    unregistered_providers: [Microsoft.RecoveryServices]
"""

_POWER_STATES = ("running", "stopped", "deallocated", "starting", "stopping", "deallocating")
_PROVISIONING_STATES = ("Succeeded", "Failed", "Creating", "Updating")
_SOFT_DELETE = ("AlwaysON", "Enabled", "Disabled")
_ITEM_STATES = ("Protected", "IRPending", "ProtectionStopped", "ProtectionError", "BackupsSuspended")
_POLICY_ANSWERS = ("by use", "at once", "later")
_DELETED_VAULTS = ("gone", "kept")
_DISK_SELECTIONS = ("dropped", "kept")
_REDUNDANCIES = ("GeoRedundant", "LocallyRedundant", "ZoneRedundant", "ReadAccessGeoZoneRedundant")


def read(path: str, guids: t.Callable[[], str]) -> worlds.World:
    """Read a world file; raises WorldError when it cannot be read or is wrong."""
    import yaml

    try:
        with open(path, encoding="utf-8") as stream:
            data = yaml.safe_load(stream)
    except OSError as error:
        raise worlds.WorldError(
            f"{path!r} is not a world: neither small, nor fleet:N, nor a file that can be read ({error.strerror})"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise worlds.WorldError(f"{path}: is not YAML: {error}") from error
    return world_from(data, guids=guids, origin=path)


def world_from(data: object, *, guids: t.Callable[[], str], origin: str) -> worlds.World:
    """Make a world of parsed YAML; ``origin`` begins every message. Raises WorldError."""
    root = world_section.Section(data, origin)
    tenant = root.guid("tenant_id", guids)
    soft_delete = root.choice("new_vault_soft_delete", _SOFT_DELETE)
    policy_answers = root.choice("policy_answers", _POLICY_ANSWERS)
    deleted_vaults = root.choice("deleted_vaults", _DELETED_VAULTS)
    disk_selections = root.choice("disk_selections", _DISK_SELECTIONS)
    capacity = world_parts.capacity(root)
    builder = _Builder(guids)
    for section in root.sections("subscriptions"):
        builder.subscription(section)
    root.end()
    if not builder.subscriptions:
        raise worlds.WorldError(f"{root.where('subscriptions')}: must hold at least one subscription")
    return worlds.World(
        tenant,
        tuple(builder.subscriptions),
        tuple(builder.groups.values()),
        tuple(builder.machines.values()),
        builder.vaults(),
        soft_delete,
        policy_answers,
        deleted_vaults,
        disk_selections,
        capacity,
    )


class _Builder:
    """Gathers what the sections say; vaults come last, since their items name machines of anywhere."""

    def __init__(self, guids: t.Callable[[], str]) -> None:
        self._guids = guids
        self.subscriptions: list[entities.Subscription] = []
        self.groups: dict[str, entities.Group] = {}
        self.machines: dict[str, entities.Machine] = {}
        self._vault_sections: list[tuple[entities.Group, world_section.Section]] = []

    def subscription(self, section: world_section.Section) -> None:
        """Read a subscription and what is in it."""
        unregistered = frozenset(section.texts("unregistered_providers"))
        identity = section.guid("id", self._guids)
        state = section.choice("state", ("Enabled", "Warned", "Disabled"))
        self.subscriptions.append(entities.Subscription(identity, section.text("name"), state, unregistered))
        for one in section.sections("resource_groups"):
            self._group(identity, one)
        section.end()

    def _group(self, subscription_id: str, section: world_section.Section) -> None:
        location = naming.location_name(section.text("location"))
        group = entities.Group(subscription_id, section.text("name"), location, section.tags())
        if group.key in self.groups:
            raise worlds.WorldError(f"{section.where('name')}: {group.name!r} is there twice")
        self.groups[group.key] = group
        for one in section.sections("virtual_machines"):
            self._machine(group, one)
        self._vault_sections += [(group, one) for one in section.sections("vaults")]
        section.end()

    def _machine(self, group: entities.Group, section: world_section.Section) -> None:
        cloud_service = section.get("cloud_service")
        machine = entities.Machine(
            group.subscription_id,
            section.text("cloud_service") if cloud_service else group.name,
            section.text("name"),
            naming.location_name(section.text("location", group.location)),
            os=section.choice("os", ("Linux", "Windows")),
            size=section.text("size", "Standard_D2s_v5"),
            tags=section.tags(),
            zones=section.texts("zones"),
            power_state=section.choice("power_state", _POWER_STATES),
            provisioning_state=section.choice("provisioning_state", _PROVISIONING_STATES),
            agent_status=section.choice("agent_status", ("Ready", "Not Ready")),
            data_disks=world_parts.disks(section),
            deleted=section.flag("deleted"),
            new=section.flag("new"),
            classic=bool(cloud_service),
        )
        section.end()
        if machine.key in self.machines:
            raise worlds.WorldError(f"{section.where('name')}: {machine.name!r} is there twice")
        self.machines[machine.key] = machine

    def vaults(self) -> tuple[worlds.VaultSeed, ...]:
        """Read the vaults; raises WorldError for a machine that two of them hold."""
        seeds = tuple(self._vault(group, section) for group, section in self._vault_sections)
        held: set[str] = set()
        for seed in seeds:
            for item in seed.items:
                if item.machine.key in held:
                    raise worlds.WorldError(f"vault {seed.name}: {item.machine.id} is protected twice")
                held.add(item.machine.key)
        return seeds

    def _vault(self, group: entities.Group, section: world_section.Section) -> worlds.VaultSeed:
        location = naming.location_name(section.text("location", group.location))
        policies = section.mapping("policies")
        names = {name.casefold() for name in policies} | default_policies.NAMES
        seed = worlds.VaultSeed(
            group.subscription_id,
            group.name,
            section.text("name"),
            location,
            tags=section.tags(),
            soft_delete=section.choice("soft_delete", _SOFT_DELETE),
            redundancy=section.choice("redundancy", _REDUNDANCIES),
            cross_region_restore=section.flag("cross_region_restore"),
            immutability=section.choice("immutability", vault_changes.IMMUTABILITY),
            policies=policies,
            discovered=section.flag("discovered"),
            **world_parts.guard(section, group.subscription_id),
            items=tuple(self._item(group, location, names, one) for one in section.sections("protected_items")),
        )
        section.end()
        return seed

    def _item(
        self, group: entities.Group, location: str, policies: t.Collection[str], section: world_section.Section
    ) -> worlds.ItemSeed:
        machine = self._named(group.subscription_id, section)
        if machine.location != location:
            raise worlds.WorldError(f"{section.where('virtual_machine')}: is not in the vault's region {location}")
        policy = section.text("policy", "DefaultPolicy")
        if policy.casefold() not in policies:
            raise worlds.WorldError(f"{section.where('policy')}: the vault has no policy {policy!r}")
        item = worlds.ItemSeed(
            machine,
            policy=policy,
            state=section.choice("state", _ITEM_STATES),
            recovery_points=section.count("recovery_points", 0 if section.get("state") == "IRPending" else 1),
            hours_since_backup=section.number("hours_since_backup"),
            jobs=tuple(world_parts.job(one) for one in section.sections("jobs")),
            soft_deleted=section.flag("soft_deleted"),
            days_left=section.count("days_left", 0) if section.get("days_left") is not None else None,
            disk_selection=world_parts.selection(section),
        )
        section.end()
        return item

    def _named(self, subscription_id: str, section: world_section.Section) -> entities.Machine:
        name = section.text("virtual_machine")
        if not name.startswith("/"):
            group, _separator, short = name.partition("/")
            keys = [naming.machine_id(subscription_id, group, short, classic=classic) for classic in (False, True)]
        else:
            keys = [name]
        for key in keys:
            if key.casefold() in self.machines:
                return self.machines[key.casefold()]
        raise worlds.WorldError(f"{section.where('virtual_machine')}: there is no virtual machine {name!r}")
