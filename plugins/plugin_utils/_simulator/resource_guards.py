# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Multi-user authorization: a Resource Guard that stands before the critical operations of a vault.

A write that is critical must name the request object of the guard for that operation, and whoever sends it must have a
role on the guard. A DELETE has no body, so that it is unlocked first.
This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import re
import typing as t

from . import entities, errors, routing, simulation, wire, wire_times

_VAULTS = "Microsoft.RecoveryServices/vaults"
_ITEMS = f"{_VAULTS}/backupFabrics/protectionContainers/protectedItems"
DELETE_ITEM: t.Final = f"{_ITEMS}/delete"
UPDATE_ITEM: t.Final = f"{_ITEMS}/write"
STOP_ITEM: t.Final = f"{_ITEMS}/write#stopProtectionWithRetainData"
UPDATE_POLICY: t.Final = f"{_VAULTS}/backupPolicies/write"
DELETE_PROXY: t.Final = f"{_VAULTS}/backupResourceGuardProxies/delete"
SOFT_DELETE: t.Final = f"{_VAULTS}/backupconfig/write"
IMMUTABILITY: t.Final = f"{_VAULTS}/write#reduceImmutabilityState"
ENCRYPTION: t.Final = f"{_VAULTS}/write#modifyEncryptionSettings"
# UNVERIFIED: the collections of stopping and of encryption settings; assumed to be named like the others.
_COLLECTIONS: t.Final = {
    DELETE_PROXY: "deleteResourceGuardProxyRequests",
    SOFT_DELETE: "disableSoftDeleteRequests",
    f"{_VAULTS}/backupSecurityPIN/action": "getBackupSecurityPINRequests",
    DELETE_ITEM: "deleteProtectedItemRequests",
    UPDATE_ITEM: "updateProtectedItemRequests",
    UPDATE_POLICY: "updateProtectionPolicyRequests",
    STOP_ITEM: "stopProtectionWithRetainDataRequests",
    IMMUTABILITY: "reduceImmutabilityStateRequests",
    ENCRYPTION: "modifyEncryptionSettingsRequests",
}
OPERATIONS: t.Final = tuple(_COLLECTIONS)
MANDATORY: t.Final = (DELETE_PROXY, SOFT_DELETE)
"""Those that a guard cannot leave out."""
_UNLOCKED_FOR = dt.timedelta(minutes=10)
_GUARD_ID = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.DataProtection/resourceGuards/[^/]+", re.IGNORECASE
)
_NAME = "VaultProxy"


class ResourceGuards:
    """The guards of all vaults, as the vaults know them."""

    def __init__(self, state: simulation.Simulation) -> None:
        self._state = state

    def routes(self) -> list[wire.Route]:
        """Return the routes of the vaults' links to their guards."""
        every = routing.VAULT + "/backupResourceGuardProxies"
        table = (
            ("GET", every, self.list),
            ("GET", every + "/{name}", self.get),
            ("PUT", every + "/{name}", self.put),
            ("DELETE", every + "/{name}", self.delete),
            ("POST", every + "/{name}/unlockDelete", self.unlock),
        )
        return [routing.route(self._state, method, template, handler) for method, template, handler in table]

    def list(self, request: wire.Request, vault: entities.Vault) -> wire.Response:
        """Answer with the guard of a vault, if it has one."""
        return wire.Response(200, {"value": [_body(vault, vault.guard)] if vault.guard else []})

    def get(self, request: wire.Request, vault: entities.Vault, name: str) -> wire.Response:
        """Answer with the guard of a vault."""
        return wire.Response(200, _body(vault, _find(vault, name)))

    def put(self, request: wire.Request, vault: entities.Vault, name: str) -> wire.Response:
        """Put a vault under a guard, for all operations."""
        guard_id = routing.properties_of(request).get("resourceGuardResourceId")
        if name.casefold() != _NAME.casefold() or not isinstance(guard_id, str) or not _GUARD_ID.fullmatch(guard_id):
            # UNVERIFIED: the refusal of a guard's id in the wrong form, or of another name; assumed a 400.
            raise errors.invalid_input("resourceGuardResourceId is not the id of a Resource Guard.")
        vault.guard = entities.Guard(guard_id, OPERATIONS, self._state.now())
        return wire.Response(200, _body(vault, vault.guard))

    def delete(self, request: wire.Request, vault: entities.Vault, name: str) -> wire.Response:
        """Take a vault from its guard, once that is unlocked."""
        if not vault.guard:
            return wire.Response(204)
        require_unlocked(vault, DELETE_PROXY, _proxy_id(vault), self._state.now())
        vault.guard = None
        return wire.Response(200)

    def unlock(self, request: wire.Request, vault: entities.Vault, name: str) -> wire.Response:
        """Allow one thing to be deleted for a while: an item, or without a word on what, the link to the guard.

        UNVERIFIED: for how long; assumed ten minutes.
        """
        guard = _find(vault, name)
        body = request.body if isinstance(request.body, dict) else {}
        resource = str(body.get("resourceToBeDeleted") or _proxy_id(vault))
        operation = DELETE_PROXY if resource.casefold() == _proxy_id(vault).casefold() else DELETE_ITEM
        require(vault, operation, body)
        until = self._state.now() + _UNLOCKED_FOR
        guard.unlocked[resource.casefold()] = until
        return wire.Response(200, {"unlockDeleteExpiryTime": wire_times.stamp(until)})


def require(vault: entities.Vault, operation: str, properties: t.Mapping[str, t.Any]) -> None:
    """Raise WireError where a guard watches the operation and the properties of a write do not name its request.

    UNVERIFIED: the status and the code of a write without a request; assumed a 400. Its text is known.
    UNVERIFIED: the answer to a request of another operation or guard, or without a role on the guard; assumed the 403
    of Azure Resource Manager for a resource that a body names.
    """
    guard = vault.guard
    if not guard or operation not in guard.operations:
        return
    given = properties.get("resourceGuardOperationRequests")
    if not given:
        raise errors.service("ResourceGuard", "ResourceGuard Operation requestid is either null or empty")
    wanted = _request_id(guard, operation)
    named = isinstance(given, list) and wanted.casefold() in [str(one).casefold() for one in given]
    if not named or not guard.granted:
        action = f"Microsoft.DataProtection/resourceGuards/{_COLLECTIONS[operation]}/read"
        raise errors.gateway(
            403,
            "LinkedAuthorizationFailed",
            f"The client has permission to perform action '{operation}' on scope '{vault.id}'; however, it does not "
            f"have permission to perform action(s) '{action}' on the linked scope(s) '{wanted}' (respectively) or the "
            "linked scope(s) are invalid.",
        )


def require_unlocked(vault: entities.Vault, operation: str, resource: str, now: dt.datetime) -> None:
    """Raise WireError where a guard watches a deletion that is not unlocked."""
    guard = vault.guard
    if guard and operation in guard.operations and guard.unlocked.get(resource.casefold(), now) <= now:
        require(vault, operation, {})


def check_settings(before: entities.Vault, after: entities.Vault, properties: t.Mapping[str, t.Any]) -> None:
    """Raise WireError where the settings of a vault become weaker and its guard watches that."""
    if after.soft_delete == "Disabled" != before.soft_delete or after.soft_delete_days < before.soft_delete_days:
        require(before, SOFT_DELETE, properties)
    if after.immutability == "Disabled" != before.immutability:
        require(before, IMMUTABILITY, properties)
    if before.encryption and after.encryption != before.encryption:
        require(before, ENCRYPTION, properties)


def _find(vault: entities.Vault, name: str) -> entities.Guard:
    if not vault.guard or name.casefold() != _NAME.casefold():
        # UNVERIFIED: the code of a vault without a guard; assumed to be that of an item.
        raise errors.item_not_found()
    return vault.guard


def _proxy_id(vault: entities.Vault) -> str:
    return f"{vault.id}/backupResourceGuardProxies/{_NAME}"


def _request_id(guard: entities.Guard, operation: str) -> str:
    return f"{guard.id}/{_COLLECTIONS[operation]}/default"


def _body(vault: entities.Vault, guard: entities.Guard) -> dict[str, t.Any]:
    return {
        "id": _proxy_id(vault),
        "name": _NAME,
        "type": "Microsoft.RecoveryServices/vaults/backupResourceGuardProxies",
        "properties": {
            "resourceGuardResourceId": guard.id,
            "description": "",
            "lastUpdatedTime": wire_times.stamp(guard.updated),
            "resourceGuardOperationDetails": [
                {"vaultCriticalOperation": one, "defaultResourceRequest": _request_id(guard, one)}
                for one in guard.operations
            ],
        },
    }
