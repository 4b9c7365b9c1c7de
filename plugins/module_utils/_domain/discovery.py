# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where each virtual machine stands, why, and what a person can do about it. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from . import eligibility, fields, ids
from .item_states import item_state, item_stopped, kept_until
from .models import ProtectedItem, Vault, VirtualMachine

STATUSES = (
    "protected",
    "stopped",
    "protectable",
    "not_visible",
    "not_eligible",
    "soft_deleted",
    "protected_elsewhere",
    "other_region",
    "classic",
    "gone",
)

DELETED_ON_REQUEST: t.Final = "Its data is deleted only on request: vm_backup_protect, state: absent, its name in vms."


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What is known about one machine.

    ``item`` is what the asked vault (or, when no vault was asked about, any vault of the subscription) holds for it,
    ``elsewhere`` the id of another vault that holds it, ``protectable`` whether the asked vault's discovery lists it.
    """

    machine: VirtualMachine
    item: ProtectedItem | None = None
    elsewhere: str | None = None
    protectable: bool = False
    in_progress: bool = False
    gone: bool = False
    """Whether Azure shows no such machine any more, and only ``item`` tells of it."""


@dataclasses.dataclass(frozen=True)
class Finding:
    """The verdict on one machine."""

    status: str
    reason: str
    hints: tuple[str, ...] = ()


def classify(evidence: Evidence, vault: Vault | None) -> Finding:
    """Say where a machine stands. ``vault`` is the vault that was asked about, None for the whole subscription."""
    machine, item = evidence.machine, evidence.item
    if item is not None:
        return _gone(item) if evidence.gone else _held(item)
    if evidence.elsewhere:
        return Finding(
            "protected_elsewhere",
            f"Vault {evidence.elsewhere} holds it.",
            (eligibility.ONE_VAULT_ONLY,),
        )
    if evidence.in_progress:
        # Nobody knows yet what comes of it; to protect the machine waits for that.
        return Finding(
            "protectable", "Its protection is being configured right now.", ("Look again in a few minutes.",)
        )
    if machine.id.classic:
        return Finding(
            "classic",
            f"A machine of the classic deployment model, in cloud service {machine.id.resource_group}.",
            ("Migrate it to Azure Resource Manager; then it can be protected like the others.",),
        )
    if vault is not None and machine.location != vault.location:
        return Finding(
            "other_region",
            f"It is in {machine.location}, vault {vault.id.name} in {vault.location}.",
            (f"Protect it in a vault in {machine.location}; vm_backup_vault makes one.",),
        )
    if ids.same(machine.provisioning_state or "", "Failed"):
        return Finding(
            "not_eligible",
            "Its provisioning state is Failed, in which no snapshot can be taken.",
            ("Repair it (redeploy or reapply it in the portal), then discover again.",),
        )
    if vault is not None and not ids.same(machine.id.subscription_id, vault.id.subscription_id):
        reason = (
            f"No vault holds it. The discovery of vault {vault.id.name} never lists machines of other subscriptions."
        )
        return Finding("protectable", reason, ("Protect it with vm_backup_protect: that makes it known to the vault.",))
    if vault is not None and not evidence.protectable:
        return Finding(
            "not_visible",
            f"The discovery of vault {vault.id.name} does not list it yet.",
            (
                "Run again with refresh: true. A new machine can take half an hour to become visible.",
                "Protecting it works all the same: that registers it.",
            ),
        )
    where = "" if vault else f" in a vault in {machine.location}; vm_backup_vault makes one where there is none"
    return Finding("protectable", "No vault holds it.", (f"Protect it with vm_backup_protect{where}.",))


def _held(item: ProtectedItem) -> Finding:
    if item.soft_deleted:
        return Finding(
            "soft_deleted",
            f"Its backup was deleted; vault {item.vault_id.name} keeps the data until {kept_until(item)}.",
            ("Bring it back with vm_backup_protect and undelete: true before then.",),
        )
    if item_stopped(item):
        kept = "as long as its policy says" if item_state(item) == "suspended" else "for ever"
        return Finding(
            "stopped",
            f"Its protection is stopped ({item.protection_state}): no new recovery points, the old ones kept {kept}.",
            ("Resume it with vm_backup_protect.",),
        )
    hints = tuple(
        advice
        for detail in fields.mappings(item.properties, "healthDetails")
        for advice in fields.messages(detail, "recommendations")
    )
    return under_policy(item.policy_name, item.protection_state, hints)


def under_policy(policy_name: str, protection_state: str, hints: tuple[str, ...] = ()) -> Finding:
    """Say where a machine stands that a vault backs up; ``hints`` are for one that has had its first backup."""
    if ids.same(protection_state, "IRPending"):
        hints = ("It waits for its first backup: the schedule makes it, or vm_backup_now does at once.",)
        return Finding("protected", f"Under policy {policy_name}, first backup pending.", hints)
    return Finding("protected", f"Under policy {policy_name}, state {protection_state}.", hints)


def _gone(item: ProtectedItem) -> Finding:
    reason = f"Azure shows no such machine any more; vault {item.vault_id.name} still has its recovery points"
    if item.soft_deleted:
        return Finding("gone", f"{reason} until {kept_until(item)}, as its backup was deleted.")
    if item_stopped(item):
        return Finding("gone", f"{reason} and makes no new ones.", (DELETED_ON_REQUEST,))
    return Finding(
        "gone",
        f"{reason}, and each backup of it fails.",
        (
            "Stop its protection with vm_backup_protect, state: stopped, and its name in vms: the data is kept.",
            "A machine that was moved or made anew is another one: protect it at its new place.",
            "If it does exist, the login may not read it: give it the role Reader there.",
        ),
    )


def summary(findings: t.Iterable[Finding]) -> dict[str, int]:
    """Count the machines by status; every status is there."""
    counts = dict.fromkeys(STATUSES, 0)
    total = 0
    for finding in findings:
        counts[finding.status] += 1
        total += 1
    return {"total": total, **counts}
