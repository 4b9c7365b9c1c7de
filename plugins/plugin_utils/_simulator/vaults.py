# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recovery Services vaults: create, read, change, delete.

This file is private to the collection.
"""

from __future__ import annotations

import re
import typing as t

from . import default_policies, entities, errors, naming, operations, paging, regions, routing, simulation, wire

_NAME = re.compile(r"^[a-zA-Z][-a-zA-Z0-9]{1,49}$")


class Vaults:
    """The vaults of all resource groups."""

    def __init__(self, state: simulation.Simulation, followed: operations.Operations) -> None:
        self._state = state
        self._operations = followed

    def routes(self) -> list[wire.Route]:
        """Return the routes of vaults."""
        of_subscription = routing.SUBSCRIPTION + "/providers/Microsoft.RecoveryServices/vaults"
        table = (
            ("GET", of_subscription, self.list_of_subscription),
            ("GET", routing.VAULTS, self.list_of_group),
            ("GET", routing.VAULT, self.get),
            ("PUT", routing.VAULTS + "/{name}", self.put),
            ("PATCH", routing.VAULT, self.patch),
            ("DELETE", routing.VAULTS + "/{name}", self.delete),
        )
        return [routing.route(self._state, method, template, handler) for method, template, handler in table]

    def list_of_subscription(self, request: wire.Request, subscription: entities.Subscription) -> wire.Response:
        """Answer with the vaults of a subscription."""
        return self._list(request, f"/subscriptions/{subscription.id}")

    def list_of_group(self, request: wire.Request, group: entities.Group) -> wire.Response:
        """Answer with the vaults of a resource group."""
        return self._list(request, group.id)

    def get(self, request: wire.Request, vault: entities.Vault) -> wire.Response:
        """Answer with a vault."""
        if vault.creation:
            self._state.timeline.read(vault.creation, self._state.now())
        return wire.Response(200, self._body(vault))

    def put(self, request: wire.Request, group: entities.Group, name: str) -> wire.Response:
        """Make a vault (201, still provisioning), or change one (200)."""
        body = request.body if isinstance(request.body, dict) else {}
        if not body.get("location"):
            # UNVERIFIED: code and text; assumed a 400.
            raise errors.gateway(400, "LocationRequired", "The location property is required for this definition.")
        location = naming.location_name(body["location"])
        known = self._state.vaults.get(naming.vault_id(group.subscription_id, group.name, name).casefold())
        if known:
            if known.location != location:
                # UNVERIFIED: code and text; assumed a 409.
                raise errors.gateway(
                    409,
                    "InvalidResourceLocation",
                    f"The resource '{name}' already exists in location '{known.location}' in resource group "
                    f"'{group.name}'. A resource with the same name cannot be created in location '{location}'. "
                    "Please select a new resource name.",
                )
            self._change(known, body, replace_tags=True)
            return wire.Response(200, self._body(known))
        offered = {*regions.PUBLIC, group.location}
        if location not in offered:
            # UNVERIFIED: code and text of an unknown region; assumed to be Resource Manager's general ones.
            raise errors.gateway(
                400,
                "LocationNotAvailableForResourceType",
                f"The provided location '{location}' is not available for resource type "
                "'Microsoft.RecoveryServices/vaults'. List of available regions for the resource type is "
                f"'{','.join(sorted(offered))}'.",
            )
        if not _NAME.match(name):
            # UNVERIFIED: code and text; assumed a 400.
            raise errors.service("InvalidResourceName", f"The vault name '{name}' is not valid.")
        if not isinstance(body.get("sku"), dict) or not body["sku"].get("name"):
            # UNVERIFIED: code and text; assumed a 400.
            raise errors.service("InvalidRequestContent", "The sku of the vault is missing.")
        vault = self.make(group.subscription_id, group.name, name, location)
        vault.sku = dict(body["sku"])
        vault.soft_delete = self._state.world.new_vault_soft_delete
        self._change(vault, body, replace_tags=True)
        self._state.vaults[vault.key] = vault
        vault.creation = self._state.start("vault", lambda _when: None)
        operation = self._operations.begin(
            vault.key, "vault", vault.creation, result=lambda _request: wire.Response(200, self._body(vault))
        )
        answer = self._operations.accepted(request, operation, vault.id, ("operationStatus", ""), 201)
        answer.body = self._body(vault)
        return answer

    def make(self, subscription_id: str, group: str, name: str, location: str) -> entities.Vault:
        """Return a vault with the service's own policies, not yet in the cloud."""
        vault = entities.Vault(subscription_id, group, name, location, etag=self._state.etag())
        vault.policies = default_policies.make(self._state.now())
        return vault

    def patch(self, request: wire.Request, vault: entities.Vault) -> wire.Response:
        """Change tags, identity or settings of a vault. UNVERIFIED: whether it is synchronous; assumed so."""
        self._change(vault, request.body if isinstance(request.body, dict) else {}, replace_tags=False)
        return wire.Response(200, self._body(vault))

    def delete(self, request: wire.Request, group: entities.Group, name: str) -> wire.Response:
        """Delete a vault that holds nothing."""
        vault = self._state.vaults.get(naming.vault_id(group.subscription_id, group.name, name).casefold())
        if not vault:
            return wire.Response(204)
        held = [service for service, item in vault.items.items() if not item.soft_deleted]
        held += [service for service, work in vault.configuring.items() if not work.ended_at and service not in held]
        if held:
            names = ", ".join(naming.container_name(service) for service in held)
            raise errors.service(
                "ServiceResourceNotEmptyWithContainerDetails",
                f"Vault cannot be deleted as there are existing resources within the vault. : {names}\n"
                "Unregister all containers from the vault and then retry to delete vault. For instructions, see "
                "https://aka.ms/AB-AA4ecq5",
            )
        if vault.items:
            raise errors.service(
                "ServiceResourceNotEmptyWithBackendMessage",
                "Recovery Services vault cannot be deleted as there are backup items still present in soft delete "
                "state in the vault.",
            )
        work = self._state.start("vault", lambda _when: self._gone(vault))
        operation = self._operations.begin(vault.key, "vault", work, result=lambda _request: self._missing(vault))
        return self._operations.accepted(request, operation, vault.id, ("operationStatus", "operationResults"))

    def _gone(self, vault: entities.Vault) -> None:
        self._state.vaults.pop(vault.key, None)

    @staticmethod
    def _missing(vault: entities.Vault) -> wire.Response:
        raise errors.resource_not_found(f"{naming.RECOVERY_SERVICES}/vaults", vault.name, vault.resource_group)

    def _list(self, request: wire.Request, prefix: str) -> wire.Response:
        return paging.page(request, enumerate(self._state.vaults_in(prefix)), self._body)

    def _change(self, vault: entities.Vault, body: t.Mapping[str, t.Any], *, replace_tags: bool) -> None:
        if "tags" in body or replace_tags:
            vault.tags = dict(body.get("tags") or {})
        if body.get("identity"):
            vault.identity = dict(body["identity"])
        properties = body.get("properties") or {}
        vault.public_network_access = properties.get("publicNetworkAccess", vault.public_network_access)
        redundancy = properties.get("redundancySettings") or {}
        vault.redundancy = redundancy.get("standardTierStorageRedundancy", vault.redundancy)
        if "crossRegionRestore" in redundancy:
            vault.cross_region_restore = redundancy["crossRegionRestore"] == "Enabled"
        soft_delete = (properties.get("securitySettings") or {}).get("softDeleteSettings") or {}
        days = soft_delete.get("softDeleteRetentionPeriodInDays")
        vault.soft_delete_days = days if isinstance(days, int) and 14 <= days <= 180 else vault.soft_delete_days
        # The az CLI writes AlwaysOn, the service AlwaysON: letters count in any case here, too.
        given = str(soft_delete.get("softDeleteState") or vault.soft_delete).lower()
        states = {state.lower(): state for state in ("AlwaysON", "Enabled", "Disabled")}
        if vault.soft_delete == "AlwaysON" and given != "alwayson":
            raise disabling_not_allowed()
        vault.soft_delete = states.get(given, vault.soft_delete)
        vault.etag = self._state.etag()

    def _body(self, vault: entities.Vault) -> dict[str, t.Any]:
        creating = vault.creation is not None and vault.creation.ended_at is None
        soft_delete = {
            "softDeleteRetentionPeriodInDays": vault.soft_delete_days,
            "softDeleteState": vault.soft_delete,
            "enhancedSecurityState": vault.enhanced_security,
        }
        body: dict[str, t.Any] = {
            "location": vault.location,
            "name": vault.name,
            "etag": vault.etag,
            "tags": dict(vault.tags),
            "properties": {
                "provisioningState": "Provisioning" if creating else "Succeeded",
                "privateEndpointStateForBackup": "None",
                "privateEndpointStateForSiteRecovery": "None",
                "backupStorageVersion": "V1" if vault.items else "Unassigned",
                "securitySettings": {
                    "softDeleteSettings": soft_delete,
                    "immutabilitySettings": {"state": "Disabled"},
                    "multiUserAuthorization": "Disabled",
                    "sourceScanConfiguration": {"state": "Disabled"},
                },
                "redundancySettings": {
                    "standardTierStorageRedundancy": vault.redundancy,
                    "crossRegionRestore": "Enabled" if vault.cross_region_restore else "Disabled",
                },
                "secureScore": "Adequate",
                "bcdrSecurityLevel": "Good",
                "publicNetworkAccess": vault.public_network_access,
                "restoreSettings": {"crossSubscriptionRestoreSettings": {"crossSubscriptionRestoreState": "Enabled"}},
            },
            "id": vault.id,
            "type": "Microsoft.RecoveryServices/vaults",
            "sku": dict(vault.sku),
        }
        if vault.identity:
            body["identity"] = dict(vault.identity)
        return body


def disabling_not_allowed() -> wire.WireError:
    """Soft delete that is always on cannot be switched off. UNVERIFIED: status and text; assumed a 400."""
    return errors.service(
        "BMSUserErrorDisablingSoftDeleteStateNotAllowed",
        "Soft delete is always on for this vault and cannot be disabled.",
    )
