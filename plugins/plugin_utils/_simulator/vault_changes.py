# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may change in a vault: its settings, those that go one way only, and those that are locked.

UNVERIFIED: the codes and texts of most refusals here; assumed the service's general one for a setting, which names the
group of settings that is wrong.
This file is private to the collection.
"""

from __future__ import annotations

import copy
import re
import typing as t

from . import entities, errors, wire

SOFT_DELETE: t.Final = ("AlwaysON", "Enabled", "Disabled")
SOFT_DELETE_DAYS: t.Final = range(14, 181)
REDUNDANCIES: t.Final = ("GeoRedundant", "LocallyRedundant", "ZoneRedundant")
IMMUTABILITY: t.Final = ("Disabled", "Unlocked", "Locked")
_ENABLED = ("Enabled", "Disabled")
_CROSS_SUBSCRIPTION = (*_ENABLED, "PermanentlyDisabled")
_ALERTS = {
    "azureMonitorAlertSettings": (
        "alertsForAllJobFailures", "alertsForAllReplicationIssues", "alertsForAllFailoverIssues",
    ),
    "classicAlertSettings": ("alertsForCriticalOperations", "emailNotificationsForSiteRecovery"),
}  # fmt: skip
# What clients send back as they read it, and what is read elsewhere.
_READ_ONLY = frozenset(
    {
        "provisioningState", "privateEndpointConnections", "privateEndpointStateForBackup", "secureScore",
        "privateEndpointStateForSiteRecovery", "backupStorageVersion", "bcdrSecurityLevel", "upgradeDetails",
        "moveDetails", "moveState", "resourceGuardOperationRequests",
    }
)  # fmt: skip
_COST_GRANULARITY = ("VaultLevel", "ProtectedItemLevel", "ProtectedItemWithParentTag")
_KEY_URI = re.compile(r"https://[^/]+/keys/[^/]+(/[^/]+)?/?", re.IGNORECASE)

Changes = dict[str, t.Any]


def changes(vault: entities.Vault, properties: t.Mapping[str, t.Any]) -> Changes:
    """Return the fields of a vault that a body changes, with their new values; what the body leaves out stays.

    Raises WireError 400 for what cannot be, 501 for what is not modelled.
    """
    groups: dict[str, t.Callable[[entities.Vault, t.Any], Changes]] = {
        "redundancySettings": _redundancy,
        "securitySettings": _security,
        "restoreSettings": _restore,
        "publicNetworkAccess": _network,
        "monitoringSettings": _monitoring,
        "encryption": _encryption,
        "costManagementSettings": _costs,
    }
    found: Changes = {}
    for name, value in properties.items():
        if value is None or name in _READ_ONLY:
            continue
        if name not in groups:
            raise errors.not_modelled(f"the vault's {name}")
        if name != "publicNetworkAccess" and not isinstance(value, dict):
            raise invalid(name)
        found |= groups[name](vault, value)
    return found


def invalid(group: str, detail: str = "") -> wire.WireError:
    """A setting is wrong."""
    text = f"{group} parameter is invalid. Please provide a valid {group}"
    return errors.service("InvalidRestApiParameter", f"{text}. {detail}" if detail else text)


def part(group: t.Mapping[str, t.Any], key: str, name: str) -> dict[str, t.Any]:
    """Return a part of a group of settings, empty when it is not there; raises WireError 400 unless it is an object."""
    value = group.get(key)
    if value is not None and not isinstance(value, dict):
        raise invalid(name, f"{key} is no object.")
    return value or {}


def one_of(allowed: t.Sequence[str], value: object, group: str, name: str) -> str:
    """Return the allowed word that a value is, in any letter case; raises WireError 400."""
    for word in allowed:
        if word.casefold() == str(value).casefold():
            return word
    raise invalid(group, f"{name} is not one of {', '.join(allowed)}.")


def check_soft_delete(vault: entities.Vault, state: str) -> None:
    """Raise WireError 400 where soft delete is always on and would not be any more.

    UNVERIFIED: status and texts for taking soft delete away, and which of the two codes is for what; assumed a 400.
    """
    if vault.soft_delete != "AlwaysON" or state == "AlwaysON":
        return
    if state == "Disabled":
        raise errors.service(
            "BMSUserErrorDisablingSoftDeleteStateNotAllowed",
            "Soft delete is always on for this vault and cannot be disabled.",
        )
    raise errors.service(
        "BMSUserErrorSoftDeleteStateNotSetToAlwaysON", "Soft delete of this vault can only be set to AlwaysON."
    )


def check_redundancy(vault: entities.Vault, redundancy: str, cross_region: bool) -> None:
    """Raise WireError 400 for a redundancy that is locked, or does not go with the restore in another region."""
    if redundancy != vault.redundancy and vault.storage_locked:
        raise invalid("redundancySettings", "The storage type is locked because items were registered to the vault.")
    if vault.cross_region_restore and not cross_region:
        raise invalid("redundancySettings", "Cross Region Restore cannot be disabled once it is enabled.")
    if cross_region and redundancy != "GeoRedundant":
        raise invalid("redundancySettings", "Cross Region Restore needs GeoRedundant storage.")


def _redundancy(vault: entities.Vault, group: t.Mapping[str, t.Any]) -> Changes:
    name = "redundancySettings"
    redundancy, cross_region = vault.redundancy, vault.cross_region_restore
    if group.get("standardTierStorageRedundancy") not in (None, redundancy):
        redundancy = one_of(REDUNDANCIES, group["standardTierStorageRedundancy"], name, "standardTierStorageRedundancy")
    if group.get("crossRegionRestore") is not None:
        cross_region = one_of(_ENABLED, group["crossRegionRestore"], name, "crossRegionRestore") == "Enabled"
    check_redundancy(vault, redundancy, cross_region)
    return {"redundancy": redundancy, "cross_region_restore": cross_region, "redundancy_by_vault": True}


def _security(vault: entities.Vault, group: t.Mapping[str, t.Any]) -> Changes:
    name, found = "securitySettings", Changes()
    soft_delete = part(group, "softDeleteSettings", name)
    # The az CLI writes AlwaysOn, the service AlwaysON: letters count in any case.
    if soft_delete.get("softDeleteState") is not None:
        found["soft_delete"] = one_of(SOFT_DELETE, soft_delete["softDeleteState"], name, "softDeleteState")
        check_soft_delete(vault, found["soft_delete"])
    if soft_delete.get("softDeleteRetentionPeriodInDays") is not None:
        found["soft_delete_days"] = checked_days(soft_delete["softDeleteRetentionPeriodInDays"])
    if soft_delete.get("enhancedSecurityState") is not None:
        state = one_of(SOFT_DELETE, soft_delete["enhancedSecurityState"], name, "enhancedSecurityState")
        if vault.enhanced_security == "AlwaysON" and state != "AlwaysON":
            raise invalid(name, "enhancedSecurityState is AlwaysON and stays so.")
        found["enhanced_security"] = state
    immutability = part(group, "immutabilitySettings", name).get("state")
    if immutability is not None:
        found["immutability"] = one_of(IMMUTABILITY, immutability, name, "immutabilitySettings.state")
        _check_immutability(vault.immutability, found["immutability"])
    authorization = "Enabled" if vault.guard else "Disabled"
    for other, now in (("multiUserAuthorization", authorization), ("sourceScanConfiguration", "Disabled")):
        value = group.get(other) or now
        if (value.get("state", now) if isinstance(value, dict) else value) != now:
            raise errors.not_modelled(f"the vault's {other}")
    return found


def checked_days(days: object) -> int:
    """Return the days that soft delete keeps things; raises WireError 400."""
    if isinstance(days, bool) or not isinstance(days, int) or days not in SOFT_DELETE_DAYS:
        first, last = SOFT_DELETE_DAYS[0], SOFT_DELETE_DAYS[-1]
        raise invalid("securitySettings", f"softDeleteRetentionPeriodInDays is not a number from {first} to {last}.")
    return days


def _check_immutability(old: str, new: str) -> None:
    """Raise WireError 400 for a step that is none: what is locked stays, and only what is unlocked can be locked.

    Reported: a vault cannot be created locked. UNVERIFIED: that one which is not immutable cannot be locked in one step
    either; assumed the same.
    """
    if (old == "Locked") != (new == "Locked") and old != "Unlocked":
        raise errors.service(
            "UserErrorUnsupportedVaultImmutabilityStateChange",
            "The immutable vault property for this vault is locked, hence, this setting cannot be disabled. The vault "
            "has its immutable vault property enabled and locked, and it can no longer be reverted to a non-immutable "
            "vault. Refer to the documentation to learn more: https://aka.ms/AB-ImmutableVaults-States",
        )


def _restore(vault: entities.Vault, group: t.Mapping[str, t.Any]) -> Changes:
    state = part(group, "crossSubscriptionRestoreSettings", "restoreSettings").get("crossSubscriptionRestoreState")
    if state is None:
        return {}
    new = one_of(_CROSS_SUBSCRIPTION, state, "restoreSettings", "crossSubscriptionRestoreState")
    if vault.cross_subscription_restore == "PermanentlyDisabled" != new:
        raise invalid("restoreSettings", "Cross Subscription Restore is permanently disabled.")
    return {"cross_subscription_restore": new}


def _network(_vault: entities.Vault, value: t.Any) -> Changes:
    return {"public_network_access": one_of(_ENABLED, value, "publicNetworkAccess", "publicNetworkAccess")}


def _monitoring(vault: entities.Vault, group: t.Mapping[str, t.Any]) -> Changes:
    name, alerts = "monitoringSettings", copy.deepcopy(dict(vault.monitoring))
    for kind in group:
        for key, value in part(group, kind, name).items():
            if key not in _ALERTS.get(kind, ()):
                raise invalid(name, f"{kind}.{key} is not known.")
            alerts.setdefault(kind, {})[key] = one_of(_ENABLED, value, name, key)
    return {"monitoring": alerts}


def _encryption(vault: entities.Vault, group: t.Mapping[str, t.Any]) -> Changes:
    """Set the customer-managed key: of a vault that has the identity to read it, and holds nothing the first time."""
    name, known = "encryption", vault.encryption
    uri = part(group, "keyVaultProperties", name).get("keyUri")
    infrastructure = group.get("infrastructureEncryption") or (known or {}).get("infrastructureEncryption", "Disabled")
    infrastructure = one_of(_ENABLED, infrastructure, name, "infrastructureEncryption")
    if not isinstance(uri, str) or not _KEY_URI.fullmatch(uri):
        raise invalid(name, "keyUri is not the address of a key.")
    kek = part(group, "kekIdentity", name)
    if bool(kek.get("useSystemAssignedIdentity")) == bool(kek.get("userAssignedIdentity")):
        raise invalid(name, "kekIdentity must name the system-assigned identity or a user-assigned one.")
    if known and known["infrastructureEncryption"] != infrastructure:
        raise invalid(name, "infrastructureEncryption cannot be changed.")
    if not known and vault.storage_locked:
        raise invalid(name, "A customer-managed key must be set before the first item is registered.")
    stored = {"keyVaultProperties": {"keyUri": uri}, "kekIdentity": kek, "infrastructureEncryption": infrastructure}
    return {"encryption": stored}


def _costs(vault: entities.Vault, group: dict[str, t.Any]) -> Changes:
    level = group.get("granularityLevel") or vault.cost_granularity
    if level not in (None, *_COST_GRANULARITY):
        raise invalid("costManagementSettings", f"granularityLevel is not one of {', '.join(_COST_GRANULARITY)}.")
    return {"cost_granularity": level}
