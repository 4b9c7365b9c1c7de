# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a vault looks like in answers.

This file is private to the collection.
"""

from __future__ import annotations

import copy
import typing as t

from . import entities


def body(vault: entities.Vault) -> dict[str, t.Any]:
    """Return a vault as complete as the recorded ones: clients read on without asking what is there."""
    creating = vault.creation is not None and vault.creation.ended_at is None
    properties: dict[str, t.Any] = {
        "provisioningState": "Provisioning" if creating else "Succeeded",
        "privateEndpointStateForBackup": "None",
        "privateEndpointStateForSiteRecovery": "None",
        "backupStorageVersion": "V1" if vault.items else "Unassigned",
        "securitySettings": {
            "softDeleteSettings": {
                "softDeleteRetentionPeriodInDays": vault.soft_delete_days,
                "softDeleteState": vault.soft_delete,
                "enhancedSecurityState": vault.enhanced_security,
            },
            "immutabilitySettings": {"state": vault.immutability},
            "multiUserAuthorization": "Enabled" if vault.guard else "Disabled",
            "sourceScanConfiguration": {"state": "Disabled"},
        },
        "redundancySettings": {
            "standardTierStorageRedundancy": vault.redundancy,
            "crossRegionRestore": "Enabled" if vault.cross_region_restore else "Disabled",
        },
        "secureScore": "Adequate",
        "bcdrSecurityLevel": "Good",
        "publicNetworkAccess": vault.public_network_access,
        "restoreSettings": {
            "crossSubscriptionRestoreSettings": {"crossSubscriptionRestoreState": vault.cross_subscription_restore}
        },
    }
    # A vault that never had one of these does not show it.
    costs = {"granularityLevel": vault.cost_granularity} if vault.cost_granularity else None
    groups = {"monitoringSettings": vault.monitoring, "encryption": vault.encryption, "costManagementSettings": costs}
    for name, group in groups.items():
        if group:
            properties[name] = copy.deepcopy(dict(group))
    shown: dict[str, t.Any] = {
        "location": vault.location,
        "name": vault.name,
        "etag": vault.etag,
        "tags": dict(vault.tags),
        "properties": properties,
        "id": vault.id,
        "type": "Microsoft.RecoveryServices/vaults",
        "sku": dict(vault.sku),
    }
    if vault.identity:
        shown["identity"] = copy.deepcopy(dict(vault.identity))
    return shown
