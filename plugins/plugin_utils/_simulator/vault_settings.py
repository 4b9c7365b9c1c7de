# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A vault's backup configuration, storage configuration, and resource guards.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses

from . import entities, errors, resource_guards, routing, simulation, vault_changes, wire

# The older way knows one more than the vault itself.
_REDUNDANCIES = (*vault_changes.REDUNDANCIES, "ReadAccessGeoZoneRedundant")


class VaultSettings:
    """The settings of all vaults."""

    def __init__(self, state: simulation.Simulation) -> None:
        self._state = state

    def routes(self) -> list[wire.Route]:
        """Return the routes of settings."""
        config = routing.VAULT + "/backupconfig/vaultconfig"
        storage = routing.VAULT + "/backupstorageconfig/vaultstorageconfig"
        table = (
            ("GET", config, self.get_config),
            ("PUT", config, self.change_config),
            ("PATCH", config, self.change_config),
            ("GET", storage, self.get_storage),
            ("PUT", storage, self.change_storage),
            ("PATCH", storage, self.change_storage),
        )
        return [routing.route(self._state, method, template, handler) for method, template, handler in table]

    def get_config(self, request: wire.Request, vault: entities.Vault) -> wire.Response:
        """Answer with the soft delete settings."""
        properties = {
            "storageModelType": vault.redundancy,
            "storageType": vault.redundancy,
            "storageTypeState": _storage_state(vault),
            "enhancedSecurityState": vault.enhanced_security,
            "softDeleteFeatureState": vault.soft_delete,
            "softDeleteRetentionPeriodInDays": vault.soft_delete_days,
            "isSoftDeleteFeatureStateEditable": vault.soft_delete != "AlwaysON",
        }
        return wire.Response(200, _resource(vault, "backupconfig", "vaultconfig", properties))

    def change_config(self, request: wire.Request, vault: entities.Vault) -> wire.Response:
        """Change the soft delete settings; what is always on stays on."""
        properties = routing.properties_of(request)
        state = properties.get("softDeleteFeatureState") or vault.soft_delete
        if state not in vault_changes.SOFT_DELETE:
            raise errors.invalid_input("softDeleteFeatureState is not one of AlwaysON, Enabled, Disabled.")
        vault_changes.check_soft_delete(vault, state)
        days = vault_changes.checked_days(properties.get("softDeleteRetentionPeriodInDays", vault.soft_delete_days))
        after = dataclasses.replace(vault, soft_delete=state, soft_delete_days=days)
        resource_guards.check_settings(vault, after, properties)
        vault.soft_delete, vault.soft_delete_days = state, days
        vault.enhanced_security = properties.get("enhancedSecurityState") or vault.enhanced_security
        return self.get_config(request, vault)

    def get_storage(self, request: wire.Request, vault: entities.Vault) -> wire.Response:
        """Answer with the storage redundancy."""
        properties = {
            "storageModelType": vault.redundancy,
            "storageType": vault.redundancy,
            "storageTypeState": _storage_state(vault),
            "crossRegionRestoreFlag": vault.cross_region_restore,
            "dedupState": "Disabled",
            "xcoolState": "Disabled",
        }
        return wire.Response(200, _resource(vault, "backupstorageconfig", "vaultstorageconfig", properties))

    def change_storage(self, request: wire.Request, vault: entities.Vault) -> wire.Response:
        """Change the storage redundancy while nothing is registered."""
        properties = routing.properties_of(request)
        redundancy = properties.get("storageModelType") or properties.get("storageType") or vault.redundancy
        if redundancy not in _REDUNDANCIES:
            raise errors.invalid_input(f"storageModelType is not one of {', '.join(_REDUNDANCIES)}.")
        if vault.redundancy_by_vault:
            raise errors.service(
                "BMSUserErrorRedundancySettingsUseVaultApi",
                "Redundancy settings for this vault cannot be modified using this API. Since the Vault API was "
                "previously used to update the redundancy settings for this vault, you must again use the Vault API to "
                "make any further changes to this property.",
            )
        cross_region = bool(properties.get("crossRegionRestoreFlag", vault.cross_region_restore))
        vault_changes.check_redundancy(vault, redundancy, cross_region)
        vault.redundancy, vault.cross_region_restore = redundancy, cross_region
        return wire.Response(204) if request.method == "PATCH" else self.get_storage(request, vault)


def _storage_state(vault: entities.Vault) -> str:
    return "Locked" if vault.storage_locked else "Unlocked"


def _resource(vault: entities.Vault, kind: str, name: str, properties: dict[str, object]) -> dict[str, object]:
    return {
        "id": f"{vault.id}/{kind}/{name}",
        "name": name,
        "type": f"Microsoft.RecoveryServices/vaults/{kind}",
        "properties": properties,
    }
