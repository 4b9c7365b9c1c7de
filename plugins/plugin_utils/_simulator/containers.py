# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Protection containers: one for each virtual machine that a vault holds.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from . import entities, errors, filters, naming, paging, routing, simulation, wire

_KEYS = ("backupManagementType", "status", "friendlyName", "fabricName", "containerType")


class Containers:
    """The containers of all vaults. They come and go with the items."""

    def __init__(self, state: simulation.Simulation) -> None:
        self._state = state

    def routes(self) -> list[wire.Route]:
        """Return the routes of containers."""
        deleted = routing.VAULT + "/backupDeletedProtectionContainers"
        table = (
            ("GET", routing.VAULT + "/backupProtectionContainers", self.list),
            ("GET", deleted, self.list_deleted),
            ("GET", routing.CONTAINER, self.get),
            ("PUT", routing.CONTAINER, self.refuse),
            ("DELETE", routing.CONTAINER, self.refuse),
        )
        return [routing.route(self._state, method, template, handler) for method, template, handler in table]

    def list(self, request: wire.Request, vault: entities.Vault) -> wire.Response:
        """Answer with the containers of a vault; the filter must be there."""
        query = filters.Filter.parse(request.query.get("$filter"), modelled=_KEYS, required=True)
        return self._page(request, vault, query)

    def list_deleted(self, request: wire.Request, vault: entities.Vault) -> wire.Response:
        """Answer with the containers whose items are soft-deleted."""
        query = filters.Filter.parse(request.query.get("$filter"), modelled=_KEYS)
        return self._page(request, vault, query, deleted_only=True)

    def get(self, request: wire.Request, vault: entities.Vault, container: str) -> wire.Response:
        """Answer with one container."""
        service = naming.service_of_container(container)
        item = vault.items.get(service or "")
        if not item:
            # UNVERIFIED: code for a container that is not there; assumed to be that of an item.
            raise errors.item_not_found()
        return wire.Response(200, _body(item))

    def refuse(self, request: wire.Request, vault: entities.Vault, container: str) -> wire.Response:
        """Refuse to register or unregister: a virtual machine's container is not a client's to make or remove.

        UNVERIFIED: the answer to writing or deleting a container of a machine; assumed a 400.
        """
        raise errors.invalid_input()

    @staticmethod
    def _page(
        request: wire.Request, vault: entities.Vault, query: filters.Filter, *, deleted_only: bool = False
    ) -> wire.Response:
        found = (
            (item.number, item)
            for item in vault.items.values()
            if query.accepts("backupManagementType", "AzureIaasVM")
            and query.accepts("fabricName", "Azure")
            and query.accepts("containerType", item.machine.kind)
            and query.accepts("friendlyName", item.machine.name)
            and query.accepts("status", _registration(item))
            and (item.soft_deleted or not deleted_only)
        )
        return paging.page(request, found, _body)


def _registration(item: entities.Item) -> str:
    return "SoftDeleted" if item.soft_deleted else "Registered"


def _body(item: entities.Item) -> dict[str, t.Any]:
    service = item.service_name
    return {
        "id": naming.container_path(item.vault.id, service),
        "name": naming.container_name(service),
        "type": "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers",
        "properties": {
            "virtualMachineId": item.machine.id,
            "virtualMachineVersion": item.machine.version,
            "resourceGroup": item.machine.resource_group,
            "friendlyName": item.machine.name,
            "backupManagementType": "AzureIaasVM",
            "registrationStatus": _registration(item),
            "healthStatus": "Healthy",
            "containerType": item.machine.kind,
            "protectableObjectType": item.machine.kind,
        },
    }
