# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a vault is and holds, read once for many machines.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from .._azure.backup import Backup
from .._azure.client import AzureClient
from .._azure.operations import intervals
from .._azure.vaults import Vaults
from .._domain import ids, names
from .._domain.models import BackupStatus, Container, Policy, ProtectableItem, ProtectedItem, Vault, VirtualMachine
from .._errors import BackupError, InvalidInput, NotFound
from . import fleet

_OVERTAKEN: t.Final = (409, 412)
_OVERTAKEN_CODES: t.Final = ("BMSUserErrorObjectLocked", "390026")
# Also answered with 409, and true however often it is asked.
_FINAL_CODES: t.Final = ("missingsubscriptionregistration", "invalidresourcelocation")

DEFAULT_POLICY = "DefaultPolicy"
"""The policy that every vault comes with: daily, kept 30 days."""

_LOOKS_AFTER_A_WRITE = 5


def vault_id(client: AzureClient, options: t.Mapping[str, t.Any]) -> ids.VaultId:
    """Return the id of the vault that the task names; raises InvalidInput for names that can't be."""
    name = names.VAULT.check("vault_name", options["vault_name"])
    group = names.RESOURCE_GROUP.check("resource_group", options["resource_group"])
    return ids.VaultId(client.subscription_id, group, name)


def existing_vault(client: AzureClient, wanted: ids.VaultId) -> Vault:
    """Read a vault that must be there; raises NotFound with what to check."""
    vault = Vaults(client).get(wanted)
    if vault is None:
        raise NotFound(
            f"There is no Recovery Services vault {wanted.name!r} in resource group {wanted.resource_group!r} "
            f"of subscription {wanted.subscription_id}.",
            code="VaultNotFound",
            http_status=404,
            operation="read vault",
            resource_id=str(wanted),
            recommendations=["Check the names and the subscription, or create the vault with vm_backup_vault."],
        )
    return vault


def machine_id(thing: ProtectedItem | ProtectableItem | Container, vault: ids.VaultId) -> ids.VmId:
    """Return which machine a thing in a vault is about."""
    return ids.VmId.from_service(thing.virtual_machine_id, thing.name, vault.subscription_id)


def items_by_machine(backup: Backup) -> dict[str, ProtectedItem]:
    """Read all the virtual machines that a vault holds, by the key of their id."""
    return {machine_id(item, backup.vault_id).key: item for item in backup.protected_items()}


def items_after_write(
    backup: Backup, shown: t.Callable[[t.Mapping[str, ProtectedItem]], bool], poll_interval: float
) -> dict[str, ProtectedItem]:
    """Read the vault's items until they show what was written, a few times at most: reads lag behind writes."""
    items = items_by_machine(backup)
    for _look, pause in zip(range(1, _LOOKS_AFTER_A_WRITE), intervals(poll_interval), strict=False):
        if shown(items):
            break
        backup.client.clock.sleep(pause)
        items = items_by_machine(backup)
    return items


def protectable_by_machine(backup: Backup) -> dict[str, ProtectableItem]:
    """Read all the virtual machines that a vault's discovery has seen unprotected, by the key of their id."""
    return {machine_id(item, backup.vault_id).key: item for item in backup.protectable_items()}


def statuses(backup: Backup, machines: t.Iterable[VirtualMachine]) -> dict[str, BackupStatus | BackupError]:
    """Ask for each machine which vault holds it: for the few that no listing explains."""
    return fleet.run(
        {vm.id.key: vm for vm in machines},
        lambda vm: backup.backup_status(vm.location, vm.id),
    )


def overtaken(error: BackupError) -> bool:
    """Whether a write was refused because another task is at the same vault or policy, so that looking again helps.

    UNVERIFIED: what the service answers then; assumed a 409 or 412, or the code of a locked object with any status.
    """
    code = (error.code or "").casefold()
    if code in _FINAL_CODES:
        return False
    return error.http_status in _OVERTAKEN or code in {known.casefold() for known in _OVERTAKEN_CODES}


def policy_name(vault: ids.VaultId, wanted: str) -> str:
    """Return the name of the policy that a task names by name or id; raises InvalidInput for one of another vault."""
    name, policy_id = ids.last_segment(wanted), vault.policy_id("")
    if "/" in wanted and not ids.same(wanted, policy_id + name):
        raise InvalidInput.for_option(
            "policy", wanted, f"the name of a policy of vault {vault.name}, or {policy_id}NAME"
        )
    return names.POLICY.check("policy", name)


def find_policy(backup: Backup, name: str) -> Policy:
    """Read a policy of the vault; raises BackupError when it can't be used for machines."""
    here = backup.vault_id
    policy = backup.policy(name)
    if policy is None or not policy.protects_virtual_machines:
        usable = sorted(found.name for found in backup.policies() if found.protects_virtual_machines)
        choice = f"Policies for virtual machines there: {', '.join(usable) or 'none'}."
    if policy is None:
        raise NotFound(
            f"policy: {name!r} is not a policy of vault {here.name}. {choice}",
            code="PolicyNotFound",
            http_status=404,
            operation="read policy",
            resource_id=here.policy_id(name),
        )
    if not policy.protects_virtual_machines:
        raise BackupError(
            f"policy: {name!r} of vault {here.name} is for {policy.backup_management_type}, not for virtual machines. "
            f"{choice}",
            code="BMSUserErrorInvalidPolicyForGivenProvider",
            operation="read policy",
            resource_id=policy.id,
        )
    return policy
