# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Subscriptions, resource groups, and the registration of resource providers.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from . import entities, errors, naming, paging, routing, simulation, wire


class Subscriptions:
    """Azure Resource Manager's own part."""

    def __init__(self, state: simulation.Simulation) -> None:
        self._state = state

    def routes(self) -> list[wire.Route]:
        """Return the routes of subscriptions, resource groups and provider registration."""
        provider = routing.SUBSCRIPTION + "/providers/{namespace}"
        groups = routing.SUBSCRIPTION + "/resourceGroups"
        table = (
            ("GET", "/subscriptions", self.list),
            ("GET", routing.SUBSCRIPTION, self.get),
            ("GET", groups, self.list_groups),
            ("GET", routing.GROUP, self.get_group),
            ("PUT", groups + "/{name}", self.put_group),
            ("GET", provider, self.get_provider),
            ("POST", provider + "/register", self.register),
        )
        return [routing.route(self._state, method, template, handler) for method, template, handler in table]

    def list(self, request: wire.Request) -> wire.Response:
        """Answer with all subscriptions."""
        found = enumerate(self._state.subscriptions.values())
        return paging.page(request, found, self._subscription_body)

    def get(self, request: wire.Request, subscription: entities.Subscription) -> wire.Response:
        """Answer with a subscription."""
        return wire.Response(200, self._subscription_body(subscription))

    def list_groups(self, request: wire.Request, subscription: entities.Subscription) -> wire.Response:
        """Answer with the resource groups of a subscription."""
        if request.query.get("$filter"):
            raise errors.not_modelled("$filter for resource groups")
        prefix = f"/subscriptions/{subscription.id}/".casefold()
        found = [group for key, group in self._state.groups.items() if key.startswith(prefix)]
        return paging.page(request, enumerate(found), _group_body)

    def get_group(self, request: wire.Request, group: entities.Group) -> wire.Response:
        """Answer with a resource group."""
        return wire.Response(200, _group_body(group))

    def put_group(self, request: wire.Request, subscription: entities.Subscription, name: str) -> wire.Response:
        """Make a resource group, or change the tags of one."""
        body = request.body if isinstance(request.body, dict) else {}
        location = routing.location_of(body)
        known = self._state.groups.get(naming.group_id(subscription.id, name).casefold())
        if known and known.location != location:
            # UNVERIFIED: code and text for moving a resource group to another region; assumed a 409.
            raise errors.gateway(
                409,
                "InvalidResourceGroupLocation",
                f"Invalid resource group location '{location}'. The Resource group already exists in location "
                f"'{known.location}'.",
            )
        group = entities.Group(subscription.id, known.name if known else name, location, routing.tags_of(body))
        self._state.groups[group.key] = group
        return wire.Response(200 if known else 201, _group_body(group))

    def get_provider(self, request: wire.Request, subscription: entities.Subscription, namespace: str) -> wire.Response:
        """Answer whether the subscription has registered a resource provider."""
        return wire.Response(200, self._provider_body(subscription, namespace))

    def register(self, request: wire.Request, subscription: entities.Subscription, namespace: str) -> wire.Response:
        """Begin to register a resource provider."""
        key = (subscription.id.casefold(), namespace.casefold())
        if self._state.registrations.get(key, "Registered") == "NotRegistered":
            self._state.registrations[key] = "Registering"

            def registered(_when: dt.datetime) -> None:
                del self._state.registrations[key]

            self._state.start("register", registered, timed=True)
        return wire.Response(200, self._provider_body(subscription, namespace))

    def _subscription_body(self, subscription: entities.Subscription) -> dict[str, t.Any]:
        return {
            "id": f"/subscriptions/{subscription.id}",
            "authorizationSource": "RoleBased",
            "managedByTenants": [],
            "subscriptionId": subscription.id,
            "tenantId": self._state.world.tenant_id,
            "displayName": subscription.name,
            "state": subscription.state,
            "subscriptionPolicies": {
                "locationPlacementId": "Public_2014-09-01",
                "quotaId": "PayAsYouGo_2014-09-01",
                "spendingLimit": "Off",
            },
        }

    def _provider_body(self, subscription: entities.Subscription, namespace: str) -> dict[str, t.Any]:
        # UNVERIFIED: the full body of a provider; assumed that nobody reads more than its state.
        key = (subscription.id.casefold(), namespace.casefold())
        return {
            "id": f"/subscriptions/{subscription.id}/providers/{namespace}",
            "namespace": namespace,
            "registrationPolicy": "RegistrationRequired",
            "registrationState": self._state.registrations.get(key, "Registered"),
            "resourceTypes": [],
        }


def _group_body(group: entities.Group) -> dict[str, t.Any]:
    body: dict[str, t.Any] = {
        "id": group.id,
        "name": group.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": group.location,
        "properties": {"provisioningState": "Succeeded"},
    }
    if group.tags:
        body["tags"] = dict(group.tags)
    return body
