# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Vaults as the service returns them, and plans for them.

made = plan(vault(immutability="unlocked"), immutability="locked", confirm_lock=True)
"""

from __future__ import annotations

import copy
import typing as t

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _options
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import ids, vault_settings, vaults
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.models import Vault
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.vault_rules import Contents

ID = ids.VaultId("00000000-0000-4000-8000-000000000001", "rg-backup", "vault-one")
IDENTITIES = "/subscriptions/s/resourceGroups/rg-keys/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
ONE, TWO = f"{IDENTITIES}/one", f"{IDENTITIES}/two"
KEY = "https://keys.vault.azure.net/keys/backup"
# What the service returned for a new vault in 2025.
BODY: dict[str, t.Any] = {
    "id": str(ID),
    "name": "vault-one",
    "location": "centraluseuap",
    "tags": {"Owner": "infra"},
    "sku": {"name": "Standard"},
    "properties": {
        "provisioningState": "Succeeded",
        "privateEndpointStateForBackup": "None",
        "backupStorageVersion": "Unassigned",
        "securitySettings": {
            "softDeleteSettings": {
                "softDeleteRetentionPeriodInDays": 14,
                "softDeleteState": "AlwaysON",
                "enhancedSecurityState": "AlwaysON",
            },
            "multiUserAuthorization": "Disabled",
            "sourceScanConfiguration": {"state": "Disabled"},
        },
        "redundancySettings": {"standardTierStorageRedundancy": "GeoRedundant", "crossRegionRestore": "Disabled"},
        "publicNetworkAccess": "Enabled",
        "restoreSettings": {"crossSubscriptionRestoreSettings": {"crossSubscriptionRestoreState": "Enabled"}},
    },
}
OPTIONS: dict[str, t.Any] = {
    **dict.fromkeys(_options.vault_settings()),
    "confirm_lock": False,
    "location": None,
    "tags": None,
    "append_tags": True,
}


def vault(
    identity: dict[str, t.Any] | None = None, encryption: dict[str, t.Any] | None = None, **settings: t.Any
) -> Vault:
    """Return the vault of BODY with some settings, alerts by ``alerts_NAME``."""
    body = copy.deepcopy(BODY)
    wanted = {name.replace("alerts_", "alerts."): value for name, value in settings.items()}
    body["properties"].update(vault_settings.groups_with(body["properties"], wanted))
    if encryption:
        body["properties"]["encryption"] = encryption
    if identity:
        body["identity"] = identity
    return Vault.from_wire(body)


def wanted(**options: t.Any) -> vaults.Wanted:
    """Return what a task with these options asks for."""
    return vaults.Wanted.parse({**OPTIONS, **options})


def plan(current: Vault | None, contents: Contents | None = None, **options: t.Any) -> vaults.VaultPlan:
    """Return the plan for a vault, or for a new one."""
    return vaults.plan(ID, current, wanted(**options), contents or Contents())


def after(made: vaults.VaultPlan) -> dict[str, t.Any]:
    """Return the settings after a plan, in the shape of the options."""
    return vault_settings.as_result(made.after)


def creation(vault_id: ids.VaultId, **options: t.Any) -> tuple[Vault, vaults.Write]:
    """Return what `Vaults.write` takes to make a vault, by default in West Europe."""
    made = vaults.plan(vault_id, None, wanted(**{"location": "westeurope", **options}), Contents())
    return made.after, made.writes[0]


def retagging(vault_id: ids.VaultId, tags: dict[str, str]) -> tuple[Vault, vaults.Write]:
    """Return what `Vaults.write` takes to replace the tags of a vault."""
    return creation(vault_id)[0], vaults.Write("change the vault", tags=tags)
