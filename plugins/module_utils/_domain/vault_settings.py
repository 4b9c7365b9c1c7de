# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of a vault: where each is on the wire, and what the task calls its values.

Reading and writing go through the same table, so what is read can be asked for again and changes nothing.
This file is private to the collection.
"""

from __future__ import annotations

import copy
import dataclasses
import typing as t

from . import ids
from .models import Vault, Wire

SYSTEM: t.Final = "system"
"""What a task calls the system-assigned identity of the vault as the one that reads its key."""

_SWITCH: t.Final = {True: "Enabled", False: "Disabled"}


@dataclasses.dataclass(frozen=True)
class Setting:
    """One setting."""

    option: str
    """The name of the option, with a dot before a suboption."""
    path: tuple[str, ...]
    """Where it is below the wire's ``properties``. The first name is the group that is always sent whole."""
    words: t.Mapping[t.Any, str] | None = None
    """The wire's word for each value of the option; None for a value that is the same on both sides."""
    unset: t.Any = None
    """What holds when the service does not return it; None when that can't be told."""

    def read(self, properties: Wire) -> t.Any:
        """Return the option's value; a word of the service that no option has stays as it is."""
        found: t.Any = properties
        for name in self.path:
            found = found.get(name) if isinstance(found, t.Mapping) else None
        if found is None:
            return self.unset
        for value, word in (self.words or {}).items():
            if ids.same(word, str(found)):
                return value
        return found

    def write(self, properties: dict[str, t.Any], value: t.Any) -> None:
        """Set the option's value, in place."""
        *groups, name = self.path
        for group in groups:
            properties = properties.setdefault(group, {})
        properties[name] = self.words[value] if self.words else value


SETTINGS: t.Final = (
    Setting(
        "redundancy",
        ("redundancySettings", "standardTierStorageRedundancy"),
        {"locally": "LocallyRedundant", "zone": "ZoneRedundant", "geo": "GeoRedundant"},
    ),
    Setting("cross_region_restore", ("redundancySettings", "crossRegionRestore"), _SWITCH, unset=False),
    Setting(
        "cross_subscription_restore",
        ("restoreSettings", "crossSubscriptionRestoreSettings", "crossSubscriptionRestoreState"),
        {"enabled": "Enabled", "disabled": "Disabled", "permanently_disabled": "PermanentlyDisabled"},
    ),
    Setting(
        "soft_delete",
        ("securitySettings", "softDeleteSettings", "softDeleteState"),
        {"always_on": "AlwaysON", "enabled": "Enabled", "disabled": "Disabled"},
    ),
    Setting("soft_delete_days", ("securitySettings", "softDeleteSettings", "softDeleteRetentionPeriodInDays")),
    Setting(
        "immutability",
        ("securitySettings", "immutabilitySettings", "state"),
        {"disabled": "Disabled", "unlocked": "Unlocked", "locked": "Locked"},
        # Bodies of vaults that never had it leave it out (A1).
        unset="disabled",
    ),
    Setting("public_network_access", ("publicNetworkAccess",), _SWITCH),
    *(
        Setting(f"alerts.{option}", ("monitoringSettings", group, name), _SWITCH)
        for option, group, name in (
            ("job_failures", "azureMonitorAlertSettings", "alertsForAllJobFailures"),
            ("replication_issues", "azureMonitorAlertSettings", "alertsForAllReplicationIssues"),
            ("failover_issues", "azureMonitorAlertSettings", "alertsForAllFailoverIssues"),
            ("critical_operations", "classicAlertSettings", "alertsForCriticalOperations"),
            ("site_recovery_emails", "classicAlertSettings", "emailNotificationsForSiteRecovery"),
        )
    ),
)


def values(vault: Vault) -> dict[str, t.Any]:
    """Return the value of each setting of the table, by the name of its option."""
    return {setting.option: setting.read(vault.properties) for setting in SETTINGS}


def groups_with(properties: Wire, wanted: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the groups of the wire's ``properties`` that some values belong to, with these values in them.

    Each group is whole, as the service has it: what of a group is left out of a change may be reset.
    """
    made: dict[str, t.Any] = {}
    for setting in SETTINGS:
        if setting.option in wanted:
            group = setting.path[0]
            if group not in made and len(setting.path) > 1:
                made[group] = copy.deepcopy(dict(properties.get(group) or {}))
            setting.write(made, wanted[setting.option])
    return made


@dataclasses.dataclass(frozen=True)
class Identity:
    """The managed identities of a vault."""

    system_assigned: bool = False
    user_assigned: tuple[str, ...] = ()
    """ARM ids."""

    @classmethod
    def of(cls, vault: Vault) -> Identity:
        """Read a vault's."""
        kinds = [kind.strip().casefold() for kind in str(vault.identity.get("type") or "").split(",")]
        assigned = vault.identity.get("userAssignedIdentities") or {}
        return cls("systemassigned" in kinds, tuple(assigned) if "userassigned" in kinds else ())

    def has(self, identity: str) -> bool:
        """Whether an identity, ``system`` or an ARM id, is among them."""
        return (
            self.system_assigned if identity == SYSTEM else any(ids.same(identity, one) for one in self.user_assigned)
        )

    def same_as(self, other: Identity) -> bool:
        """Whether both are the same identities, whatever the letter case of their ids."""
        keys = [{one.casefold() for one in identity.user_assigned} for identity in (self, other)]
        return self.system_assigned == other.system_assigned and keys[0] == keys[1]

    def to_wire(self, current: Identity) -> dict[str, t.Any]:
        """Return the change from the current ones: a user-assigned identity is removed by naming it with null."""
        kinds = ["SystemAssigned"] * self.system_assigned + ["UserAssigned"] * bool(self.user_assigned)
        body: dict[str, t.Any] = {"type": ", ".join(kinds) or "None"}
        if self.user_assigned:
            removed = [one for one in current.user_assigned if not self.has(one)]
            body["userAssignedIdentities"] = {**{one: {} for one in self.user_assigned}, **dict.fromkeys(removed)}
        return body


@dataclasses.dataclass(frozen=True)
class Key:
    """The customer-managed key that a vault's data are encrypted with."""

    key_uri: str
    identity: str = SYSTEM
    """Who reads the key: ``system``, or the ARM id of a user-assigned identity."""
    infrastructure_encryption: bool = False

    @classmethod
    def of(cls, vault: Vault) -> Key | None:
        """Read a vault's; None for one whose keys are Azure's own."""
        encryption = vault.properties.get("encryption") or {}
        uri = (encryption.get("keyVaultProperties") or {}).get("keyUri")
        if not uri:
            return None
        return cls(
            uri,
            (encryption.get("kekIdentity") or {}).get("userAssignedIdentity") or SYSTEM,
            ids.same(encryption.get("infrastructureEncryption") or "", "Enabled"),
        )

    def same_as(self, other: Key | None) -> bool:
        """Whether both are the same key, read by the same identity."""
        if other is None:
            return False
        uris = [key.key_uri.rstrip("/") for key in (self, other)]
        return (
            ids.same(*uris)
            and ids.same(self.identity, other.identity)
            and self.infrastructure_encryption == other.infrastructure_encryption
        )

    def to_wire(self) -> dict[str, t.Any]:
        """Return the group ``encryption`` of the wire's ``properties``."""
        system = self.identity == SYSTEM
        kek = {"useSystemAssignedIdentity": True} if system else {"userAssignedIdentity": self.identity}
        return {
            "keyVaultProperties": {"keyUri": self.key_uri},
            "kekIdentity": kek,
            "infrastructureEncryption": _SWITCH[self.infrastructure_encryption],
        }


def as_result(vault: Vault) -> dict[str, t.Any]:
    """Return all settings in the shape of the options, so that they can be given to a task as they are."""
    flat = values(vault)
    identity, key = Identity.of(vault), Key.of(vault)
    alerts = {option.partition(".")[2]: value for option, value in flat.items() if "." in option}
    return {
        **{option: value for option, value in flat.items() if "." not in option},
        "alerts": alerts,
        "identity": {"system_assigned": identity.system_assigned, "user_assigned": list(identity.user_assigned)},
        "customer_managed_key": dataclasses.asdict(key) if key else None,
    }
