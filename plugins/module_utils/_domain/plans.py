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
ONE_VAULT_ONLY = (
    "A machine is in one vault only. Manage it there, or stop its protection there and delete its data first."
)
_OPERATION = "protect virtual machine"
# States in which the service makes no further backups and a PUT with a policy resumes them.
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
    before: t.Mapping[str, t.Any]
    after: t.Mapping[str, t.Any]
    steps: tuple[Step, ...] = ()
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

    @property
    def policy_id(self) -> str | None:
        """The policy that the last step puts the machine under; None for a plan without steps."""
        return self.steps[-1].properties["policyId"] if self.steps else None

    def done(self, item: ProtectedItem | None) -> bool:
        """Whether an item, as it was read, shows what the plan is for."""
        if item is None or not self.steps:
            return item is not None
        return not item_stopped(item) and ids.same(item.policy_id, self.policy_id or "")


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
    ``default`` the policy for a machine that has none, when the task names none (see ``needs_policy``).
    """
    if item is not None:
        return _plan_for_item(machine, item, wanted=wanted, default=default, undelete=undelete)
    plan = unchanged(machine)
    problem = unprotectable(machine, vault, status)
    if problem is not None:
        return dataclasses.replace(plan, problem=problem)
    if status is not None and status.held_by(vault.id):
        return dataclasses.replace(plan, action="in_progress")
    return _with_policy(plan, "protect", wanted or default)


def unchanged(machine: VirtualMachine, problem: BackupError | None = None) -> ProtectionPlan:
    """Return the plan that does nothing for a machine that the vault does not hold."""
    before = {"protected": False, "policy_name": None, "soft_deleted": False}
    return ProtectionPlan(machine.id, "none", before, before, problem=problem)


def needs_policy(item: ProtectedItem | None) -> bool:
    """Whether a machine has to be given a policy even when the task names none."""
    return item is None or not item.policy_id


def _plan_for_item(
    machine: VirtualMachine, item: ProtectedItem, *, wanted: Policy | None, default: Policy | None, undelete: bool
) -> ProtectionPlan:
    before = item_state(item)
    current = ProtectionPlan(machine.id, "none", before, before, item=item)
    if item.soft_deleted and not undelete:
        return dataclasses.replace(current, problem=soft_deleted_problem(item))
    if item.soft_deleted:
        rehydration = {"policyId": "", "protectionState": "ProtectionStopped", "isRehydrate": True}
        restored = Step("Undelete", {**_item_properties(machine.id), **rehydration})
        resumed = _with_policy(current, "undelete", wanted or default)
        return dataclasses.replace(resumed, steps=(restored, *resumed.steps))
    if item_stopped(item):
        # Paused, an item still has its policy, and keeps it unless another one is asked for.
        return _with_policy(current, "resume", wanted or (default if needs_policy(item) else None))
    if wanted is not None and not ids.same(item.policy_id, wanted.id):
        return _with_policy(current, "change_policy", wanted)
    return current


def _with_policy(plan: ProtectionPlan, action: str, policy: Policy | None) -> ProtectionPlan:
    """Complete a plan with the step that protects under a policy, without one under that which the item has.

    A selection of disks is sent along, so that it stays.
    """
    item = plan.item
    if policy is not None:
        policy_id, policy_name = policy.id, policy.name
    elif item is not None and item.policy_id:
        policy_id, policy_name = item.policy_id, item.policy_name
    else:
        raise ValueError("a plan that protects needs a policy")
    properties = {**_item_properties(plan.vm_id), "policyId": policy_id}
    disks = ((item.properties.get("extendedProperties") or {}) if item else {}).get("diskExclusionProperties")
    if disks:
        properties["extendedProperties"] = {"diskExclusionProperties": disks}
    after = {"protected": True, "policy_name": policy_name, "soft_deleted": False}
    step = Step("ConfigureBackup", properties)
    return dataclasses.replace(plan, action=action, steps=(step,), after=after)


def _item_properties(vm_id: ids.VmId) -> dict[str, t.Any]:
    return {"protectedItemType": VM_ITEM_TYPE, "sourceResourceId": str(vm_id)}


def item_stopped(item: ProtectedItem) -> bool:
    """Whether the service makes no further recovery points for an item."""
    return item.soft_deleted or not item.policy_id or item.protection_state.casefold() in _STOPPED_STATES


def item_state(item: ProtectedItem) -> dict[str, t.Any]:
    """Return the part of an item that a diff shows."""
    policy_name = item.policy_name or None
    return {"protected": not item_stopped(item), "policy_name": policy_name, "soft_deleted": item.soft_deleted}


def unprotectable(machine: VirtualMachine, vault: Vault, status: BackupStatus | None) -> BackupError | None:
    """Say why this vault can't protect a machine that it does not hold, or None when nothing speaks against it."""
    other_vault = status.other_than(vault.id) if status else None
    if other_vault:
        return protected_elsewhere_problem(machine, other_vault)
    return location_problem(machine, vault) or _provisioning_problem(machine)


def protected_elsewhere_problem(machine: VirtualMachine, vault_id: str) -> BackupError:
    """A machine can be in one vault only; name the one that has it."""
    return BackupError(
        f"{machine.id.name} is already protected in another vault: {vault_id}",
        code="VirtualMachineAlreadyProtected",
        operation=_OPERATION,
        resource_id=str(machine.id),
        recommendations=[ONE_VAULT_ONLY],
    )


def name_owners(
    items: t.Mapping[str, ProtectedItem], machines: t.Iterable[VirtualMachine]
) -> dict[str, tuple[str, str]]:
    """Return, by the item name that it takes up in a vault, the key and the id of the machine that has it.

    ``items`` are what the vault holds, by machine; they come before ``machines``, which are to come.
    A name tells the resource group and the machine, but no subscription.
    """
    owners = {
        ids.item_path(item.id)[1].casefold(): (key, item.virtual_machine_id or key) for key, item in items.items()
    }
    for machine in machines:
        owners.setdefault(machine.id.item_name.casefold(), (machine.id.key, str(machine.id)))
    return owners


def name_taken_problem(machine: VirtualMachine, vault: Vault, owner: str) -> BackupError:
    """Writing under the name of another machine's item would put the wrong machine into it."""
    return BackupError(
        f"{machine.id} can't be in vault {vault.id.name} beside {owner}: a vault tells machines apart "
        f"by resource group and name only, whatever their subscription.",
        code="VirtualMachineAlreadyProtected",
        operation=_OPERATION,
        resource_id=str(machine.id),
        recommendations=["Protect one of the two in another vault."],
    )


def location_problem(machine: VirtualMachine, vault: Vault) -> BackupError | None:
    """A vault protects only machines of its own region."""
    if not machine.location or machine.location == vault.location:
        return None
    return BackupError(
        f"{machine.id.name} is in region {machine.location}, vault {vault.id.name} in {vault.location}. "
        f"A vault protects only machines of its own region.",
        code="UserErrorVmVaultLocationMismatch",
        operation=_OPERATION,
        resource_id=str(machine.id),
        recommendations=[f"Use, or create with vm_backup_vault, a vault in {machine.location}."],
    )


def _provisioning_problem(machine: VirtualMachine) -> BackupError | None:
    if not ids.same(machine.provisioning_state or "", "Failed"):
        return None
    return BackupError(
        f"{machine.id.name} is in the provisioning state Failed, in which Azure Backup can't take a snapshot of it.",
        code="UserErrorVmProvisioningStateFailed",
        operation=_OPERATION,
        resource_id=str(machine.id),
        recommendations=["Repair the machine (redeploy or reapply it in the portal), then run this again."],
    )


def soft_deleted_problem(item: ProtectedItem) -> BackupError:
    """A soft-deleted item has to be undeleted before anything else."""
    until = times.to_iso(item.deleted_permanently_at) or "the end of the vault's soft delete period"
    return BackupError(
        f"{item.friendly_name} was deleted from this vault; soft delete keeps its data until {until}.",
        code="SoftDeleted",
        operation=_OPERATION,
        resource_id=item.id,
        recommendations=["Set undelete: true to bring the data back and protect the machine again."],
    )
