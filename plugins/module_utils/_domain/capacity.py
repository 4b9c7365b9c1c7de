# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much a vault takes (E1), and which machines of a task still fit into it.

What does not fit is known before anything is sent. This file is private to the collection.
"""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from .._errors import BackupError
from . import plans
from .models import ProtectedItem, Vault, VirtualMachine
from .plans import Plan

MACHINES_PER_VAULT: t.Final = 1000
MACHINES_PER_POLICY: t.Final = 1000
POLICIES_PER_VAULT: t.Final = 200

QUOTA_EXCEEDED: t.Final = "UserErrorProtectionQuotaExceeded"
"""The service's own code for a vault that takes no more, which a task gets that another one was quicker than."""
ANOTHER_VAULT: t.Final = (
    "Protect what does not fit in another vault. The role vm_backup spreads the machines of a region over "
    "several vaults (vm_backup_vaults_per_region)."
)
_ANOTHER_POLICY: t.Final = "Give some of the machines another policy that says the same."

Planned = tuple[VirtualMachine, Plan]


@dataclasses.dataclass(frozen=True)
class Limits:
    """How many machines one vault, and one policy, takes."""

    per_vault: int = MACHINES_PER_VAULT
    per_policy: int = MACHINES_PER_POLICY


def admitted(
    planned: t.Sequence[Planned], vault: Vault, held: t.Collection[ProtectedItem], limits: Limits | None = None
) -> list[Planned]:
    """Return the plans in their order; those of machines that do not fit do nothing, and their problem says why.

    Which machines fit depends on their ids and not on their order, so that a task that runs again decides the same.

    Args:
        planned: the machines of a task with their plans in this vault.
        vault: the vault.
        held: all that the vault holds of machines.
        limits: by default Azure's.
    """
    limits = limits or Limits()
    # UNVERIFIED: whether stopped and soft-deleted machines count for a vault's limit; assumed so, as they are items.
    in_vault = len(held) + sum(plan.action == "in_progress" and plan.item is None for _machine, plan in planned)
    under = collections.Counter(item.policy_id.casefold() for item in held if item.policy_id)
    problems: dict[str, BackupError] = {}
    for machine, plan in sorted(planned, key=lambda one: one[0].id.key):
        comes = plan.item is None and plan.policy_id is not None
        policy = _new_policy(plan)
        if comes and in_vault >= limits.per_vault:
            problems[machine.id.key] = _vault_full(machine, vault, limits.per_vault, in_vault, len(held))
        elif policy and under[policy] >= limits.per_policy:
            problems[machine.id.key] = _policy_full(machine, plan, vault, limits.per_policy)
        else:
            in_vault += comes
            under.update([policy] if policy else [])
    return [
        (machine, plans.refused(plan, problems[machine.id.key]) if machine.id.key in problems else plan)
        for machine, plan in planned
    ]


def _new_policy(plan: Plan) -> str | None:
    """Return the key of the policy that a plan puts a machine under that was not under it."""
    wanted = (plan.policy_id or "").casefold()
    before = (plan.item.policy_id or "").casefold() if plan.item else ""
    return wanted if wanted and wanted != before else None


def _vault_full(machine: VirtualMachine, vault: Vault, limit: int, with_others: int, held: int) -> BackupError:
    coming = f", and {with_others - held} more are on their way into it" if with_others > held else ""
    return BackupError(
        f"{machine.id.name} does not fit into vault {vault.id.name}, which takes {limit} virtual machines: "
        f"it holds {held}{coming}.",
        code="VaultFull",
        operation="protect virtual machine",
        resource_id=str(machine.id),
        recommendations=[ANOTHER_VAULT],
    )


def _policy_full(machine: VirtualMachine, plan: Plan, vault: Vault, limit: int) -> BackupError:
    policy = (plan.policy_id or "").rpartition("/")[2]
    return BackupError(
        f"{machine.id.name} does not fit under policy {policy} of vault {vault.id.name}, which takes {limit} virtual "
        "machines.",
        code="PolicyFull",
        operation="protect virtual machine",
        resource_id=str(machine.id),
        recommendations=[_ANOTHER_POLICY],
    )


def too_many_policies(name: str, vault: Vault, held: int) -> BackupError | None:
    """Say why a vault that holds so many policies can't have one more, None when it can."""
    if held < POLICIES_PER_VAULT:
        return None
    return BackupError(
        f"Policy {name} can't be added to vault {vault.id.name}, which takes {POLICIES_PER_VAULT} policies and holds "
        f"{held}.",
        code="VaultFullOfPolicies",
        operation="create policy",
        resource_id=vault.id.policy_id(name),
        recommendations=["Delete policies that no machine has (state: absent), or use one that is there."],
    )


def with_remedy(error: BackupError) -> BackupError:
    """Add what to do to the service's own refusal of a machine that does not fit."""
    if error.code.casefold() == QUOTA_EXCEEDED.casefold() and ANOTHER_VAULT not in error.recommendations:
        error.recommendations = (*error.recommendations, ANOTHER_VAULT)
    return error
