# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a vault's Resource Guard wants of the writes that are planned, found out before the first of them.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._azure.backup import Backup
from .._azure.client import AzureClient
from .._azure.resource_guards import ResourceGuards
from .._domain import plans, resource_guards
from .._domain.models import Vault
from .._domain.plans import Plan, Step
from .._domain.resource_guards import GuardProxy
from .._errors import BackupError


@dataclasses.dataclass(frozen=True)
class Guard:
    """The guard of a vault, if it has one, and the requests that the task brings."""

    proxy: GuardProxy | None = None
    requests: tuple[str, ...] = ()

    def problem(self, plan: Plan, vault: Vault) -> BackupError | None:
        """Return why a plan can't be carried out for lack of a request, or None.

        Another policy is guarded only where it keeps less, which is left to the service.
        """
        operations = (_guarded(step, plan) for step in plan.steps)
        resource_id = plan.item.id if plan.item else str(plan.vm_id)
        wanted = [operation for operation in operations if operation and operation != resource_guards.CHANGE]
        return self.missing(wanted, vault, resource_id)

    def missing(self, operations: t.Iterable[str], vault: Vault, resource_id: str) -> BackupError | None:
        """Return what the task lacks for operations, or None."""
        for operation in operations:
            guarded = self.proxy is not None and self.proxy.request(operation) is not None
            if self.proxy is not None and guarded and not self.fitting(operation):
                return resource_guards.missing(self.proxy, operation, vault.id.name, resource_id)
        return None

    def checked(self, plan: Plan, vault: Vault) -> Plan:
        """Return a plan as it can be carried out: refused where the task lacks a request that the guard wants."""
        problem = plan.problem or self.problem(plan, vault)
        return plans.refused(plan, problem) if problem else plan

    def properties(self, step: Step, plan: Plan) -> dict[str, t.Any]:
        """Return what a PUT of a guarded step has to hold in addition."""
        requests = self.fitting(_guarded(step, plan))
        return {"resourceGuardOperationRequests": list(requests)} if requests else {}

    def unlock(self, backup: Backup, item_id: str) -> None:
        """Do what has to come before a deletion, which has no body that could hold a request."""
        requests = self.fitting(resource_guards.DELETE)
        if self.proxy is not None and requests:
            ResourceGuards(backup.client, backup.vault_id).unlock_delete(self.proxy.name, item_id, requests)

    def explained(self, error: BackupError, plan: Plan, step: Step | None) -> BackupError:
        """Add to a guard's refusal what to request and where."""
        operation = _guarded(step, plan) if step else None
        operations = [operation] if operation else []
        return resource_guards.explained(error, self.proxy, operations, self.fitting(operation))

    def fitting(self, operation: str | None) -> tuple[str, ...]:
        """Return those of the task's requests that are for an operation."""
        default = self.proxy.request(operation) if self.proxy and operation else None
        return resource_guards.fitting(self.requests, default) if default else ()


UNGUARDED: t.Final = Guard()


def _guarded(step: Step, plan: Plan) -> str | None:
    """Return as which critical operation a guard may know a step, None for one that takes nothing away."""
    if step.write == "configure":
        # Resuming, too, gives a policy, but to what had none.
        return resource_guards.CHANGE if plan.action == "change_policy" else None
    return {
        "stop": resource_guards.STOP,
        "suspend": resource_guards.SUSPEND,
        "delete": resource_guards.DELETE,
    }.get(step.write)


def read(backup: Backup, vault: Vault, planned: t.Iterable[Plan], requests: tuple[str, ...]) -> Guard:
    """Read the guard of a vault, if there is one and any of the plans may concern it."""
    concerned = any(_guarded(step, plan) for plan in planned for step in plan.steps)
    return of_vault(backup.client, vault, requests) if concerned else UNGUARDED


def of_vault(client: AzureClient, vault: Vault, requests: tuple[str, ...]) -> Guard:
    """Read the guard of a vault, if it says that there is one, or does not say and the task brings requests."""
    watched = resource_guards.authorization(vault)
    if not (watched or (watched is None and requests)):
        return UNGUARDED
    proxies = ResourceGuards(client, vault.id).proxies()
    return Guard(proxies[0] if proxies else None, requests)


@dataclasses.dataclass(frozen=True)
class Authorized:
    """A change of a vault or of a policy that a guard may watch: what to send along, and what to say of a refusal."""

    guard: Guard
    operations: tuple[str, ...]

    @property
    def requests(self) -> tuple[str, ...]:
        """What to send along."""
        return tuple(request for operation in self.operations for request in self.guard.fitting(operation))

    def explained(self, error: BackupError) -> BackupError:
        """Add to a guard's refusal what to request and where."""
        return resource_guards.explained(error, self.guard.proxy, self.operations, self.requests)


def authorized(
    client: AzureClient, vault: Vault, operations: t.Sequence[str], requests: tuple[str, ...], resource_id: str
) -> Authorized:
    """Find out what a guard wants for critical operations; raises BackupError where the task lacks a request."""
    guard = of_vault(client, vault, requests) if operations else UNGUARDED
    problem = guard.missing(operations, vault, resource_id)
    if problem:
        raise problem
    return Authorized(guard, tuple(operations))
