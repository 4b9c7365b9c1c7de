# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Discovery: what a vault knows of the virtual machines of its subscription and region.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from . import entities, errors, filters, naming, operations, paging, routing, simulation, wire

_REFRESH_KEYS = ("backupManagementType",)
_LIST_KEYS = ("backupManagementType", "workloadType", "containerName", "status", "friendlyName")


class Discovery:
    """The refreshing and listing of protectable machines."""

    def __init__(self, state: simulation.Simulation, followed: operations.Operations) -> None:
        self._state = state
        self._operations = followed

    def routes(self) -> list[wire.Route]:
        """Return the routes of discovery."""
        return [
            routing.route(self._state, "POST", routing.FABRIC + "/refreshContainers", self.refresh),
            routing.route(self._state, "GET", routing.VAULT + "/backupProtectableItems", self.list),
        ]

    def refresh(self, request: wire.Request, vault: entities.Vault) -> wire.Response:
        """Start a discovery; its end is known from the Location alone."""
        filters.Filter.parse(request.query.get("$filter"), modelled=_REFRESH_KEYS)
        if vault.discovery and not vault.discovery.ended_at:
            # UNVERIFIED: form of the refusal while another discovery runs; assumed a 400 with this code.
            raise errors.service(
                "DiscoveryInProgress",
                "A discovery operation is already in progress. Please wait for it to complete, then try again.",
            )

        def discovered(_when: dt.datetime) -> None:
            vault.discovered = tuple(self._state.machines_of_region(vault.subscription_id, vault.location))

        vault.discovery = self._state.start("refresh", discovered)
        operation = self._operations.begin(vault.key, "refresh", vault.discovery)
        path = request.path.rstrip("/").rpartition("/")[0]
        return self._operations.accepted(request, operation, path, ("", "operationResults"))

    def list(self, request: wire.Request, vault: entities.Vault) -> wire.Response:
        """Answer with the discovered machines that no vault protects."""
        query = filters.Filter.parse(request.query.get("$filter"), modelled=_LIST_KEYS, required=True)
        if not (
            query.accepts("backupManagementType", "AzureIaasVM")
            and query.accepts("workloadType", "VM")
            and query.accepts("status", "NotProtected")
        ):
            return wire.Response(200, {"value": []})
        # UNVERIFIED: whether a machine with a soft-deleted item is protectable; assumed that it is not listed.
        found = (
            (index, machine)
            for index, machine in enumerate(vault.discovered)
            if machine.service_name not in vault.items
            and not self._state.held_elsewhere(machine, vault)
            and query.accepts("friendlyName", machine.name)
            and query.accepts("containerName", machine.service_name)
        )

        def render(machine: entities.Machine) -> dict[str, t.Any]:
            service = machine.service_name
            return {
                "id": f"{naming.container_path(vault.id, service)}/protectableItems/vm;{service}",
                "name": service,
                "type": "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectableItems",
                "properties": {
                    "virtualMachineId": machine.id,
                    "virtualMachineVersion": machine.version,
                    "resourceGroup": machine.resource_group,
                    "backupManagementType": "AzureIaasVM",
                    "protectableItemType": machine.kind,
                    "friendlyName": machine.name,
                    "protectionState": "NotProtected",
                },
            }

        return paging.page(request, found, render)
