# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backup policies.

This file is private to the collection.
"""

from __future__ import annotations

import copy
import re
import typing as t

from . import default_policies, entities, errors, filters, paging, routing, simulation, wire

_NAME = re.compile(r"^[a-zA-Z][-_!a-zA-Z0-9]{2,149}$")
_WORKLOADS = {"vm": "AzureIaasVM", "sqldatabase": "AzureWorkload"}


class Policies:
    """The policies of all vaults."""

    def __init__(self, state: simulation.Simulation) -> None:
        self._state = state

    def routes(self) -> list[wire.Route]:
        """Return the routes of policies."""
        one = routing.VAULT + "/backupPolicies/{name}"
        return [
            routing.route(self._state, "GET", routing.VAULT + "/backupPolicies", self.list),
            routing.route(self._state, "GET", one, self.get),
            routing.route(self._state, "PUT", one, self.put),
            routing.route(self._state, "DELETE", one, self.delete),
        ]

    def list(self, request: wire.Request, vault: entities.Vault) -> wire.Response:
        """Answer with the policies of a vault."""
        keys = ("backupManagementType", "fabricName", "workloadType")
        query = filters.Filter.parse(request.query.get("$filter"), modelled=keys)
        workload = (query.get("workloadType") or "").casefold()
        chosen = [
            policy
            for policy in vault.policies.values()
            if query.accepts("backupManagementType", policy.workload)
            and query.accepts("fabricName", "Azure")
            and (not workload or _WORKLOADS.get(workload) == policy.workload)
        ]
        return paging.page(request, enumerate(chosen), lambda policy: self._body(vault, policy))

    def get(self, request: wire.Request, vault: entities.Vault, name: str) -> wire.Response:
        """Answer with a policy, or with 404 and an empty object."""
        policy = vault.policies.get(name.casefold())
        if not policy:
            raise wire.WireError(404, "NotFound", f"There is no policy {name}", body={})
        return wire.Response(200, self._body(vault, policy))

    def put(self, request: wire.Request, vault: entities.Vault, name: str) -> wire.Response:
        """Store a policy as it was sent."""
        if not _NAME.match(name):
            raise errors.service("BMSUserErrorInvalidPolicyInput", INVALID_POLICY)
        properties = copy.deepcopy(routing.properties_of(request))
        properties.pop("protectedItemsCount", None)
        if not properties.get("backupManagementType") or not (
            properties.get("schedulePolicy") or properties.get("subProtectionPolicy")
        ):
            raise errors.service("BMSUserErrorInvalidPolicyInput", INVALID_POLICY)
        schedule = properties.get("schedulePolicy") or {}
        if schedule.get("schedulePolicyType") == "SimpleSchedulePolicy":
            schedule.setdefault("scheduleWeeklyFrequency", 0)
        known = vault.policies.get(name.casefold())
        if known:
            known.properties = properties
        policy = known or entities.Policy(name, properties)
        vault.policies[name.casefold()] = policy
        return wire.Response(200, self._body(vault, policy))

    def delete(self, request: wire.Request, vault: entities.Vault, name: str) -> wire.Response:
        """Remove a policy that protects nothing."""
        policy = vault.policies.get(name.casefold())
        if not policy:
            return wire.Response(204)
        if protected_count(vault, policy):
            # UNVERIFIED: status and text; assumed 400 and the words of the sibling service.
            raise errors.service(
                "BMSUserErrorPolicyObjectInUse",
                "Cannot delete the backup policy as one or more items have been configured for protection with this "
                "policy.",
            )
        # UNVERIFIED: the service recreates its own policies; assumed that they are there again at once.
        if name.casefold() not in default_policies.NAMES:
            del vault.policies[name.casefold()]
        return wire.Response(200)

    @staticmethod
    def _body(vault: entities.Vault, policy: entities.Policy) -> dict[str, t.Any]:
        return {
            "id": vault.policy_id(policy),
            "name": policy.name,
            "type": "Microsoft.RecoveryServices/vaults/backupPolicies",
            "properties": {**policy.properties, "protectedItemsCount": protected_count(vault, policy)},
        }


def protected_count(vault: entities.Vault, policy: entities.Policy) -> int:
    """Return how many items of the vault have the policy."""
    return sum(item.policy is policy for item in vault.items.values())


INVALID_POLICY: t.Final = (
    "Input for create or update policy is not in proper format\r\n"
    "Please check format of parameters like schedule time, schedule days, retention time and retention days"
)
