# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding the item and the policy that a request names.

This file is private to the collection.
"""

from __future__ import annotations

from . import entities, errors, naming


def find(vault: entities.Vault, container: str, item: str) -> entities.Item:
    """Return an item; raises WireError 400 for names in the wrong form, 404 when it is not there."""
    found = vault.items.get(service_of(container, item))
    if not found:
        raise errors.item_not_found()
    return found


def service_of(container: str, item: str) -> str:
    """Return what both names agree on; raises WireError 400. UNVERIFIED: status and texts for malformed names."""
    in_container, in_item = naming.service_of_container(container), naming.service_of_item(item)
    if not in_container:
        raise errors.service(
            "BMSUserErrorContainerNameIncorrectFormat", "The container name is not in the correct format."
        )
    if not in_item:
        raise errors.service(
            "BMSUserErrorProtectedItemNameIncorrectFormat", "The protected item name is not in the correct format."
        )
    if in_container != in_item:
        raise errors.invalid_protection_request()
    return in_item


def policy_of(vault: entities.Vault, policy_id: object) -> entities.Policy:
    """Return the policy of the vault that an id names; raises WireError 400."""
    path = naming.parse_policy_id(policy_id)
    policy = vault.policies.get(path[1].casefold()) if path and path[0].casefold() == vault.key else None
    if not policy:
        # UNVERIFIED: code for a policy that does not exist or is another vault's; assumed a 400 with this one.
        raise errors.invalid_protection_request("The policy was not found in the vault.")
    if policy.workload != "AzureIaasVM":
        raise errors.service(
            "BMSUserErrorInvalidPolicyForGivenProvider",
            "Policy is not valid for given provider type. Please choose valid policy for given provider.",
        )
    return policy
