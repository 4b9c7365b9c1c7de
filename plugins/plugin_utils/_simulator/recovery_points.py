# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recovery points: list and read.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from . import entities, errors, filters, item_lookup, paging, retention, routing, simulation, wire, wire_times

_KEYS = ("startDate", "endDate", "extendedInfo", "includeSoftDeletedRP")


class RecoveryPoints:
    """The recovery points of all items."""

    def __init__(self, state: simulation.Simulation) -> None:
        self._state = state

    def routes(self) -> list[wire.Route]:
        """Return the routes of recovery points."""
        return [
            routing.route(self._state, "GET", routing.ITEM + "/recoveryPoints", self.list),
            routing.route(self._state, "GET", routing.ITEM + "/recoveryPoints/{name}", self.get),
        ]

    def list(self, request: wire.Request, vault: entities.Vault, container: str, item: str) -> wire.Response:
        """Answer with the recovery points of an item, newest first, between the dates of the filter.

        UNVERIFIED: the points of a soft-deleted item are listed only for a filter that asks for soft-deleted ones.
        """
        found = item_lookup.find(vault, container, item)
        tiers = self._tiers(found)
        query = filters.Filter.parse(request.query.get("$filter"), modelled=_KEYS)
        start, end = query.moment("startDate"), query.moment("endDate")
        hidden = found.purge_at is not None and not (query.get("includeSoftDeletedRP") or "").lower() == "true"
        # UNVERIFIED: the order of recovery points in a list; assumed newest first, as for jobs.
        chosen = (
            (-index, point)
            for index, point in reversed(list(enumerate([] if hidden else found.points)))
            if (not start or point.time >= start) and (not end or point.time <= end)
        )
        return paging.page(request, chosen, lambda point: _body(found, point, tiers(point)))

    def get(self, request: wire.Request, vault: entities.Vault, container: str, item: str, name: str) -> wire.Response:
        """Answer with one recovery point."""
        found = item_lookup.find(vault, container, item)
        for point in found.points:
            if point.name == name:
                return wire.Response(200, _body(found, point, self._tiers(found)(point)))
        # UNVERIFIED: code for a recovery point that is not there; assumed to be that of an item.
        raise errors.item_not_found()

    def _tiers(self, item: entities.Item) -> t.Callable[[entities.RecoveryPoint], tuple[str, ...]]:
        """Return what tells the storage tiers of an item's points; without a policy nothing moves any more."""
        rules = retention.Retention(item.policy.properties if item.policy else {})
        now = self._state.now()
        return lambda point: rules.places(point, now)


def _body(item: entities.Item, point: entities.RecoveryPoint, tiers: tuple[str, ...]) -> dict[str, t.Any]:
    properties: dict[str, t.Any] = {
        "objectType": "IaasVMRecoveryPoint",
        "recoveryPointType": point.consistency,
        "recoveryPointTime": wire_times.stamp(point.time),
        "recoveryPointAdditionalInfo": "",
        "sourceVMStorageType": "PremiumVMOnPartialPremiumStorage",
        "isSourceVMEncrypted": False,
        "isInstantIlrSessionActive": False,
        # UNVERIFIED: whether a tier that a point has left is still named, with another status; assumed that it is not.
        "recoveryPointTierDetails": [{"type": tier, "status": "Valid"} for tier in tiers],
        "isManagedVirtualMachine": True,
        "virtualMachineSize": point.size,
        "originalStorageAccountOption": False,
        "osType": item.machine.os,
        "zones": list(item.machine.zones),
    }
    lifetime: dict[str, t.Any] = {"isSoftDeleted": True} if item.purge_at else {}
    # UNVERIFIED: whether the service tells the expiry of such points here; assumed so, as for those of databases.
    if point.kept_until:
        lifetime["expiryTime"] = wire_times.stamp(point.kept_until)
    if lifetime:
        properties["recoveryPointProperties"] = lifetime
    return {
        "id": f"{item.id}/recoveryPoints/{point.name}",
        "name": point.name,
        "type": "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints",
        "properties": properties,
    }
