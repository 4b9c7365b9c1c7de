# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backup policies.

This file is private to the collection.
"""

from __future__ import annotations

import copy
import datetime as dt
import typing as t

from . import (
    default_policies,
    entities,
    errors,
    filters,
    operations,
    paging,
    policy_rules,
    policy_values,
    pruning,
    resource_guards,
    retention,
    routing,
    simulation,
    wire,
)

_WORKLOADS = {"vm": "AzureIaasVM", "sqldatabase": "AzureWorkload"}
_DAY = dt.timedelta(days=1)


class Policies:
    """The policies of all vaults."""

    def __init__(self, state: simulation.Simulation, followed: operations.Operations, points: pruning.Pruning) -> None:
        self._state = state
        self._operations = followed
        self._pruning = points

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
        return self._answer(vault, policy)

    def put(self, request: wire.Request, vault: entities.Vault, name: str) -> wire.Response:
        """Store a policy as it was sent: at once, or in an operation where it has items to change."""
        if not policy_rules.NAME.match(name):
            raise policy_values.invalid("The name of the policy is not valid.")
        properties = copy.deepcopy(routing.properties_of(request))
        properties.pop("protectedItemsCount", None)
        requests = {key: properties.pop(key, None) for key in ("resourceGuardOperationRequests",)}
        known = vault.policies.get(name.casefold())
        self._require_settled(vault, name)
        properties = self._checked(properties, known)
        if known and vault.immutability != "Disabled" and retention.reduces(known.properties, properties):
            # UNVERIFIED: the code for keeping less; assumed that of all an immutable vault denies.
            raise errors.immutable()
        if known and retention.reduces(known.properties, properties):
            resource_guards.require(vault, resource_guards.UPDATE_POLICY, requests)
        self._count_edit(vault, new=known is None)
        policy = known or entities.Policy(name, properties)

        def store(_when: dt.datetime) -> None:
            if not known:
                vault.policies[name.casefold()] = policy
            policy.properties = properties
            self._pruning.policy_changed(vault, policy)

        if self._answers_later(vault, policy):
            # UNVERIFIED: whether the change makes a job for every item; assumed that it makes none.
            return self._accepted(request, vault, policy, store, lambda _request: self._answer(vault, policy))
        store(self._state.now())
        return self._answer(vault, policy)

    def delete(self, request: wire.Request, vault: entities.Vault, name: str) -> wire.Response:
        """Remove a policy that protects nothing."""
        policy = vault.policies.get(name.casefold())
        if not policy:
            return wire.Response(204)
        if protected_count(vault, policy) or _promised(vault, policy):
            # UNVERIFIED: status and text for deleting a policy in use; assumed 400 and a sibling service's words.
            raise errors.service(
                "BMSUserErrorPolicyObjectInUse",
                "Cannot delete the backup policy as one or more items have been configured for protection with this "
                "policy.",
            )

        def remove(_when: dt.datetime) -> None:
            vault.policies.pop(name.casefold(), None)
            # UNVERIFIED: when the service has made its own policies anew; assumed at once, as they were at first.
            own = default_policies.make(self._state.now()).get(name.casefold())
            if own:
                vault.policies[name.casefold()] = own

        if self._answers_later(vault, policy):
            return self._accepted(request, vault, policy, remove, operations.nothing)
        remove(self._state.now())
        return wire.Response(200)

    @staticmethod
    def _checked(properties: dict[str, t.Any], known: entities.Policy | None) -> dict[str, t.Any]:
        """Return a policy as it is stored; raises WireError for one that the service does not take."""
        if not properties.get("backupManagementType"):
            raise policy_values.invalid("backupManagementType is required.")
        if known:
            policy_rules.check_change(known.properties, properties)
        if properties["backupManagementType"] == "AzureIaasVM":
            policy_rules.check(properties)
            return policy_rules.completed(properties)
        if not properties.get("subProtectionPolicy") and not properties.get("schedulePolicy"):
            raise policy_values.invalid("subProtectionPolicy is required.")
        return properties

    @staticmethod
    def _require_settled(vault: entities.Vault, name: str) -> None:
        """Raise WireError while an earlier change of the policy is still under way.

        UNVERIFIED: what a policy whose change is under way answers to another one; assumed a 409 with this code.
        """
        under_way = vault.policy_changes.get(name.casefold())
        if under_way and not under_way.ended_at:
            raise errors.service(
                "BMSUserErrorObjectLocked", "Another operation is in progress on the selected item", 409
            )

    def _count_edit(self, vault: entities.Vault, *, new: bool) -> None:
        """Raise WireError once a vault has too many policies, or too many of them were changed in a day.

        UNVERIFIED: status and codes of both limits, whether the day slides, and whether a deletion counts; assumed a
        400 each, the last 24 hours, and that it does not.
        """
        capacity = self._state.world.capacity
        if new and len(vault.policies) >= capacity.policies_per_vault:
            raise errors.service(
                "BMSUserErrorPolicyLimitReached",
                f"A vault can have at most {capacity.policies_per_vault} backup policies.",
            )
        now = self._state.now()
        vault.policy_edits = [when for when in vault.policy_edits if when > now - _DAY]
        if len(vault.policy_edits) >= capacity.policy_edits_per_day:
            raise errors.service(
                "BMSUserErrorPolicyEditLimitReached",
                "Backup policies of a vault can be added or changed at most "
                f"{capacity.policy_edits_per_day} times in 24 hours.",
            )
        vault.policy_edits.append(now)

    def _answers_later(self, vault: entities.Vault, policy: entities.Policy) -> bool:
        """Say whether a write is an operation: where items are attached, always or never, as the world has it."""
        answers = self._state.world.policy_answers
        return answers == "later" or (answers == "by use" and protected_count(vault, policy) > 0)

    def _accepted(
        self,
        request: wire.Request,
        vault: entities.Vault,
        policy: entities.Policy,
        effect: t.Callable[[dt.datetime], None],
        result: t.Callable[[wire.Request], wire.Response],
    ) -> wire.Response:
        work = self._state.start("policy", effect)
        vault.policy_changes[policy.name.casefold()] = work
        operation = self._operations.begin(vault.key, "policy", work, result=result)
        return self._operations.accepted(
            request, operation, vault.policy_id(policy), ("operations", "operationResults")
        )

    def _answer(self, vault: entities.Vault, policy: entities.Policy) -> wire.Response:
        return wire.Response(200, self._body(vault, policy))

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


def _promised(vault: entities.Vault, policy: entities.Policy) -> bool:
    """Say whether an item is just getting the policy."""
    return any(
        vault.promised.get(service) is policy and not work.ended_at for service, work in vault.configuring.items()
    )
