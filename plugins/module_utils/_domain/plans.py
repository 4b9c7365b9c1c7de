# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be done for one virtual machine, and what that changes.

A plan is data: made by a pure function from what is wanted and what is there, applied by a use case outside check
mode, shown in check mode. Nothing else decides ``changed`` and the diff.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import BackupError
from . import ids, times
from .models import BackupStatus, Policy, ProtectedItem, Vault, VirtualMachine

VM_ITEM_TYPE = "Microsoft.Compute/virtualMachines"
# States in which the service makes no further backups and a PUT with a policy resumes them (A18).
_STOPPED_STATES = ("protectionstopped", "backupssuspended", "protectionpaused")


@dataclasses.dataclass(frozen=True)
class Step:
    """One write on a protected item: the job that it starts, and the ``properties`` to send."""

    operation: str
    """``ConfigureBackup`` or ``Undelete``, as the job list names it."""
    properties: t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class ProtectionPlan:
    """What ``state: present`` means for one machine. No steps and no problem: it is as asked already."""

    vm_id: ids.VmId
    action: str
    """``protect``, ``change_policy``, ``resume``, ``undelete``, ``none``, or ``in_progress`` (another run is at it)."""
    steps: tuple[Step, ...] = ()
    before: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    after: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    item: ProtectedItem | None = None
    problem: BackupError | None = None

    @property
    def changed(self) -> bool:
        """Whether applying the plan writes anything."""
        return bool(self.steps)

    @property
    def container_name(self) -> str:
        """The container's name to send: the service's own where the item exists."""
        return ids.item_path(self.item.id)[0] if self.item else self.vm_id.container_name

    @property
    def item_name(self) -> str:
        """The item's name to send: the service's own where the item exists."""
        return ids.item_path(self.item.id)[1] if self.item else self.vm_id.item_name


def plan_protection(
    machine: VirtualMachine,
    vault: Vault,
    *,
    item: ProtectedItem | None,
    status: BackupStatus | None,
    wanted: Policy | None,
    default: Policy | None,
    undelete: bool,
) -> ProtectionPlan:
    """Decide what protects this machine in this vault.

    ``item`` is what the vault holds for the machine; ``status`` what ``backupStatus`` said, asked only for a machine
    that neither the vault's items nor its protectable items list; ``wanted`` the policy that the task names, or None;
    ``default`` the policy for a machine that has none, when the task names none.
    """
    if item is not None:
        return _plan_for_item(machine, item, wanted=wanted, default=default, undelete=undelete)
    problem = unprotectable(machine, vault, status)
    if problem is not None:
        return ProtectionPlan(machine.id, "none", problem=problem)
    if status is not None and status.protected:
        return ProtectionPlan(machine.id, "in_progress")
    return _with_policy(ProtectionPlan(machine.id, "protect", before={"protected": False}), wanted or default)


def _plan_for_item(
    machine: VirtualMachine, item: ProtectedItem, *, wanted: Policy | None, default: Policy | None, undelete: bool
) -> ProtectionPlan:
    before = item_state(item)
    current = ProtectionPlan(machine.id, "none", before=before, after=before, item=item)
    if item.soft_deleted:
        if not undelete:
            return dataclasses.replace(current, problem=soft_deleted_problem(item))
        restored = Step("Undelete", {**_item_properties(machine.id), "policyId": "", "protectionState": "ProtectionStopped", "isRehydrate": True})
        resumed = _with_policy(dataclasses.replace(current, action="undelete"), wanted or default)
        return dataclasses.replace(resumed, steps=(restored, *resumed.steps))
    if not item.policy_id or item.protection_state.casefold() in _STOPPED_STATES:
        return _with_policy(dataclasses.replace(current, action="resume"), wanted or default)
    if wanted is not None and not ids.same(item.policy_id, wanted.id):
        return _with_policy(dataclasses.replace(current, action="change_policy"), wanted)
    return current


def _with_policy(plan: ProtectionPlan, policy: Policy | None) -> ProtectionPlan:
    """Complete a plan with the step that protects under a policy; a selection of disks is sent along, so that it stays."""
    if policy is None:
        raise ValueError("a plan that protects needs a policy")
    properties = {**_item_properties(plan.vm_id), "policyId": policy.id}
    disks = ((plan.item.properties.get("extendedProperties") or {}) if plan.item else {}).get("diskExclusionProperties")
    if disks:
        properties["extendedProperties"] = {"diskExclusionProperties": disks}
    after = {"protected": True, "policy_name": policy.name, "soft_deleted": False}
    return dataclasses.replace(plan, steps=(Step("ConfigureBackup", properties),), after=after)


def _item_properties(vm_id: ids.VmId) -> dict[str, t.Any]:
    kind = "Microsoft.ClassicCompute/virtualMachines" if vm_id.classic else VM_ITEM_TYPE
    return {"protectedItemType": kind, "sourceResourceId": str(vm_id)}


def item_state(item: ProtectedItem) -> dict[str, t.Any]:
    """Return the part of an item that a diff shows."""
    stopped = item.soft_deleted or not item.policy_id or item.protection_state.casefold() in _STOPPED_STATES
    return {"protected": not stopped, "policy_name": item.policy_name, "soft_deleted": item.soft_deleted}


def unprotectable(machine: VirtualMachine, vault: Vault, status: BackupStatus | None) -> BackupError | None:
    """Say why this vault can't protect a machine that it does not hold, or None when nothing speaks against it."""
    name, about = machine.id.name, {"resource_id": str(machine.id), "operation": "protect virtual machine"}
    if status is not None and status.protected and status.vault_id and not ids.same(status.vault_id, str(vault.id)):
        return protected_elsewhere_problem(machine, status.vault_id)
    if machine.location and machine.location != vault.location:
        return BackupError(
            f"{name} is in region {machine.location}, vault {vault.id.name} in {vault.location}. "
            f"A vault protects only machines of its own region.",
            code="UserErrorVmVaultLocationMismatch",
            recommendations=[f"Use, or create with vm_backup_vault, a vault in {machine.location}."],
            **about,
        )
    if ids.same(machine.provisioning_state or "", "Failed"):
        return BackupError(
            f"{name} is in the provisioning state Failed, in which Azure Backup can't take a snapshot of it.",
            code="UserErrorVmProvisioningStateFailed",
            recommendations=["Repair the machine (redeploy or reapply it in the portal), then run this again."],
            **about,
        )
    return None


def protected_elsewhere_problem(machine: VirtualMachine, vault_id: str) -> BackupError:
    """A machine can be in one vault only; name the one that has it."""
    return BackupError(
        f"{machine.id.name} is already protected in another vault: {vault_id}",
        code="VirtualMachineAlreadyProtected",
        operation="protect virtual machine",
        resource_id=str(machine.id),
        recommendations=["Manage it in that vault, or stop its protection there and delete its data first."],
    )


def soft_deleted_problem(item: ProtectedItem) -> BackupError:
    """A soft-deleted item has to be undeleted before anything else."""
    until = times.to_iso(item.deleted_permanently_at) or "the end of the vault's soft delete period"
    return BackupError(
        f"{item.friendly_name} was deleted from this vault; soft delete keeps its data until {until}.",
        code="SoftDeleted",
        operation="protect virtual machine",
        resource_id=item.id,
        recommendations=["Set undelete: true to bring the data back and protect the machine again."],
    )
