# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is checked before any rule runs: api-version, subscription, provider registration, resource group, vault.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from . import errors, naming, simulation, wire

SUBSCRIPTION: t.Final = "/subscriptions/{subscription_id}"
GROUP: t.Final = SUBSCRIPTION + "/resourceGroups/{resource_group}"
VAULTS: t.Final = GROUP + "/providers/Microsoft.RecoveryServices/vaults"
VAULT: t.Final = VAULTS + "/{vault_name}"
FABRIC: t.Final = VAULT + "/backupFabrics/{fabric}"
CONTAINER: t.Final = FABRIC + "/protectionContainers/{container}"
ITEM: t.Final = CONTAINER + "/protectedItems/{item}"


def route(state: simulation.Simulation, method: str, template: str, handler: wire.Handler) -> wire.Route:
    """Return a route whose handler is given things instead of their names.

    It gets ``vault`` where the template holds ``{vault_name}``, else ``group`` or ``subscription``, and every other
    part of the path as text.
    """
    namespace = naming.RECOVERY_SERVICES if naming.RECOVERY_SERVICES in template else ""

    def answer(request: wire.Request, **parts: str) -> wire.Response:
        if not request.api_version:
            raise errors.missing_api_version()
        state.settle()
        response = handler(request, **_resolved(state, namespace, dict(parts)))
        response.body = state.quirks.body(response.body)
        return response

    return wire.Route(method, template, answer)


def _resolved(state: simulation.Simulation, namespace: str, parts: dict[str, str]) -> dict[str, t.Any]:
    if "subscription_id" not in parts:
        return parts
    subscription = state.subscription(parts.pop("subscription_id"))
    if namespace:
        state.require_registered(subscription, namespace)
    if "resource_group" not in parts:
        return {"subscription": subscription, **parts}
    group = state.group(subscription, parts.pop("resource_group"))
    if "vault_name" not in parts:
        return {"group": group, **parts}
    vault = state.vault(group, parts.pop("vault_name"))
    fabric = parts.pop("fabric", "Azure")
    if fabric.casefold() != "azure":
        raise errors.invalid_input(f"There is no fabric {fabric}.")
    return {"vault": vault, **parts}


def properties_of(request: wire.Request) -> dict[str, t.Any]:
    """Return the ``properties`` of a body; raises WireError 400 when there are none."""
    properties = request.body.get("properties") if isinstance(request.body, dict) else None
    if not isinstance(properties, dict):
        raise errors.invalid_input("The body has no properties.")
    return properties


def location_of(body: t.Mapping[str, t.Any]) -> str:
    """Return the short name of the region in a body; raises WireError 400 where there is none.

    UNVERIFIED: code and text for a vault or a resource group without a location; assumed a 400.
    """
    location = body.get("location")
    if not isinstance(location, str) or not location:
        raise errors.gateway(400, "LocationRequired", "The location property is required for this definition.")
    return naming.location_name(location)


def tags_of(body: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Return the tags in a body, empty where it has none; raises WireError 400 unless each is a text.

    UNVERIFIED: code and text for tags that are none; assumed a 400.
    """
    tags = body.get("tags") or {}
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise errors.gateway(400, "InvalidTags", "The tags of a resource must be an object of texts.")
    return dict(tags)
