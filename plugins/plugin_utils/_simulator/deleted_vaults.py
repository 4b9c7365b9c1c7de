# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleted vaults that soft delete still keeps: list, read, bring back.

No recording has them; the shapes are those of the service's own SDK.
UNVERIFIED: whether a region has this yet; assumed as the world says (``deleted_vaults``).
This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from . import entities, errors, naming, operations, paging, routing, simulation, wire, wire_times

_KIND = "Microsoft.RecoveryServices/locations/deletedVaults"
_ALL = routing.SUBSCRIPTION + "/providers/Microsoft.RecoveryServices/locations/{location}/deletedVaults"
_ONE = _ALL + "/{name}"


class DeletedVaults:
    """The deleted vaults of all subscriptions and regions."""

    def __init__(self, state: simulation.Simulation, followed: operations.Operations) -> None:
        self._state = state
        self._operations = followed

    def routes(self) -> list[wire.Route]:
        """Return the routes of deleted vaults."""
        table = (
            ("GET", _ALL, self.list),
            ("GET", _ONE, self.get),
            ("POST", _ONE + "/undelete", self.undelete),
            ("GET", _ONE + "/operations/{operation}", self.status),
        )
        return [routing.route(self._state, method, template, handler) for method, template, handler in table]

    def keep(self, vault: entities.Vault) -> None:
        """Put a vault that was just deleted aside for the days of its soft delete."""
        now = self._state.now()
        deleted = entities.DeletedVault(self._state.guid(), vault, now, now + dt.timedelta(days=vault.soft_delete_days))
        self._state.deleted_vaults[deleted.name] = deleted
        self._state.timeline.start(deleted.purge_at, 0, lambda _when: self._forget(deleted))

    def require_free(self, vault_id: str) -> None:
        """Raise WireError 400 while a deleted vault still has that id.

        UNVERIFIED: that the name is taken so long, and how that is told; assumed the code and text of a vault that was
        deleted shortly before.
        """
        if any(one.vault.key == vault_id.casefold() for one in self._state.deleted_vaults.values()):
            raise errors.service(
                "CreateResourceFailedDueToInvalidCache",
                "Create Resource Failed as name is already in use\r\n"
                "Please provide a different resource name or try again after 24 hours",
            )

    def list(self, request: wire.Request, subscription: entities.Subscription, location: str) -> wire.Response:
        """Answer with the deleted vaults of a region."""
        return paging.page(request, enumerate(self._of(subscription, location)), _body)

    def get(
        self, request: wire.Request, subscription: entities.Subscription, location: str, name: str
    ) -> wire.Response:
        """Answer with one deleted vault."""
        return wire.Response(200, _body(self._find(subscription, location, name)))

    def undelete(
        self, request: wire.Request, subscription: entities.Subscription, location: str, name: str
    ) -> wire.Response:
        """Bring a vault back, into the resource group that it was in."""
        deleted = self._find(subscription, location, name)
        group = routing.properties_of(request).get("recoveryResourceGroupId")
        own = naming.group_id(deleted.vault.subscription_id, deleted.vault.resource_group)
        if str(group).rstrip("/").casefold() != own.casefold():
            raise errors.not_modelled("bringing a vault back into another resource group")

        def restore(_when: dt.datetime) -> None:
            self._state.vaults[deleted.vault.key] = deleted.vault
            self._forget(deleted)

        work = self._state.start("vault", restore)
        operation = self._operations.begin(deleted.name, "vault", work)
        path = request.path.rstrip("/").rpartition("/")[0]
        return self._operations.accepted(request, operation, path, ("operations", ""))

    def status(
        self,
        request: wire.Request,
        subscription: entities.Subscription,
        location: str,
        name: str,
        operation: str,
    ) -> wire.Response:
        """Answer how bringing a vault back stands."""
        return self._operations.status_of(request, name, operation)

    def _of(self, subscription: entities.Subscription, location: str) -> t.Iterator[entities.DeletedVault]:
        wanted = (subscription.id.casefold(), naming.location_name(location))
        for one in self._state.deleted_vaults.values():
            if (one.vault.subscription_id.casefold(), one.vault.location) == wanted:
                yield one

    def _find(self, subscription: entities.Subscription, location: str, name: str) -> entities.DeletedVault:
        for one in self._of(subscription, location):
            if one.name == name.casefold():
                return one
        # UNVERIFIED: code and text for a deleted vault that is not kept; assumed those of any resource.
        raise errors.gateway(404, "ResourceNotFound", f"The Resource '{_KIND}/{name}' was not found.")

    def _forget(self, deleted: entities.DeletedVault) -> None:
        self._state.deleted_vaults.pop(deleted.name, None)


def _body(deleted: entities.DeletedVault) -> dict[str, t.Any]:
    vault = deleted.vault
    return {
        "id": f"/subscriptions/{vault.subscription_id}/providers/Microsoft.RecoveryServices/locations/{vault.location}"
        f"/deletedVaults/{deleted.name}",
        "name": deleted.name,
        "type": _KIND,
        "properties": {
            "vaultId": vault.id,
            "vaultDeletionTime": wire_times.stamp(deleted.deleted_at),
            "purgeAt": wire_times.stamp(deleted.purge_at),
        },
    }
