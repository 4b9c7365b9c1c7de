# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be done for one virtual machine, and what that changes.

A plan is data: made by a pure function from what is wanted and what is there, applied by a use case outside check
mode, shown in check mode. Nothing else decides ``changed`` and the diff. Which writes it takes is in `transitions.py`.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import BackupError
from . import disks, eligibility, ids, refusals, results, transitions, vault_settings
from .item_states import item_state, item_stopped
from .models import BackupStatus, Policy, ProtectedItem, Vault, VirtualMachine
from .transitions import Found, Wanted, Write

VM_ITEM_TYPE: t.Final = "Microsoft.Compute/virtualMachines"
State = t.Literal["present", "stopped", "suspended", "absent"]


@dataclasses.dataclass(frozen=True)
class Goal:
    """What a task wants, the same for all of its machines."""

    state: State
    policy: Policy | None = None
    """The policy that the task names."""
    default: Policy | None = None
    """The policy for a machine that has none, when the task names none (see ``needs_policy``)."""
    undelete: bool = False
    disks: disks.Selection | None = None
    """None: each machine keeps the selection that it has."""


@dataclasses.dataclass(frozen=True)
class Step:
    """One write on a protected item."""

    write: Write
    properties: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    """The ``properties`` to send; empty for a deletion, which has no body."""

    @property
    def operation(self) -> str:
        """As which operation the job list shows it."""
        return transitions.OPERATIONS[self.write]


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a goal means for one machine. No steps and no problem: it is as asked already."""

    vm_id: ids.VmId
    action: str
    """The word of the state table, or ``in_progress`` (another run is at it)."""
    before: t.Mapping[str, t.Any]
    after: t.Mapping[str, t.Any]
    steps: tuple[Step, ...] = ()
    item: ProtectedItem | None = None
    problem: BackupError | None = None
    disks: disks.Exclusion | None = None
    """The selection of disks that the machine has in the end."""
    awaited: Goal | None = None
    """Where another run that is at the machine has to bring it; None for a plan that awaits none."""

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
    def last_write(self) -> Write | None:
        """What is sent last; None for a plan without steps."""
        return self.steps[-1].write if self.steps else None

    @property
    def policy_id(self) -> str | None:
        """The policy that the machine is put under; None for a plan that puts it under none."""
        return next((step.properties["policyId"] for step in self.steps if step.write == "configure"), None)

    def done(self, item: ProtectedItem | None) -> bool:
        """Whether an item, as it was read, shows what the plan is for."""
        if self.last_write == "delete":
            return item is None or item.soft_deleted
        if item is not None and self.awaited is not None:
            selection = self.disks if self.awaited.disks else disks.current(item)
            return not item_stopped(item) and _wanted(self.awaited, item, selection) == "present"
        if item is None or not self.steps:
            return item is not None
        if self.last_write == "configure":
            moved = disks.same(self.disks, disks.current(self.item)) or disks.same(self.disks, disks.current(item))
            return not item_stopped(item) and ids.same(item.policy_id, self.policy_id or "") and moved
        return item_state(item) == ("suspended" if self.last_write == "suspend" else "stopped")

    def shows(self, write: Write, item: ProtectedItem | None) -> bool:
        """Whether an item, as it was read, shows a write that another one comes after."""
        if item is None or write == "undelete":
            return item is not None and not item.soft_deleted
        return not item_stopped(item) and ids.same(item.policy_id, self.policy_id or "")

    def expected(self) -> dict[str, t.Any]:
        """Return what the result of a machine will show of its protection when the plan is done, as far as it changes.

        UNVERIFIED: whether an item that is resumed, or in error, is protected at once; assumed so when it has a
        recovery point.
        """
        kept: dict[str, t.Any] = {"soft_deleted": False, "deleted_permanently_at": None}
        stopped: dict[str, t.Any] = {"policy_name": None, "policy_id": None, "protection_state": "ProtectionStopped"}
        if self.last_write == "delete":
            if self.after["state"] == "absent":
                return {"state": "unprotected", **results.item(None)}
            return {"state": "soft_deleted", **stopped, "soft_deleted": True}
        if self.last_write == "suspend":
            brought = {"policy_name": self.after["policy_name"], "policy_id": self.policy_id} if self.policy_id else {}
            return {"state": "suspended", **kept, **brought, "protection_state": "BackupsSuspended"}
        if self.last_write != "configure":
            return {"state": "stopped", **kept, **stopped}
        backed_up = self.item is not None and self.item.last_recovery_point is not None
        return {
            "state": "protected" if backed_up else "waiting",
            **kept,
            "container_name": self.container_name,
            "item_name": self.item_name,
            "disks": disks.describe(self.disks),
            "policy_name": self.after["policy_name"],
            "policy_id": self.policy_id,
        }


def refused(plan: Plan, problem: BackupError) -> Plan:
    """Return a plan as it is when something forbids it."""
    return dataclasses.replace(plan, action="none", steps=(), after=plan.before, problem=problem)


def needs_policy(item: ProtectedItem | None) -> bool:
    """Whether a machine has to be given a policy even when the task names none."""
    return item is None or not item.policy_id


def unchanged(machine: VirtualMachine, problem: BackupError | None = None, item: ProtectedItem | None = None) -> Plan:
    """Return the plan that does nothing for a machine."""
    before = shown(item)
    return Plan(machine.id, "none", before, before, item=item, problem=problem, disks=disks.current(item))


def shown(item: ProtectedItem | None) -> dict[str, t.Any]:
    """Return the side of a diff that shows an item: ``state`` is in the words of the option."""
    if item is None:
        return {"state": "absent", "policy_name": None, "disks": None}
    stopped = item_stopped(item)
    return {
        "state": item_state(item) if stopped else "present",
        "policy_name": item.policy_name or None,
        # Without backups a selection means nothing, and the service is free to forget it.
        "disks": None if stopped else disks.describe(disks.current(item)),
    }


def plan(
    machine: VirtualMachine,
    vault: Vault,
    goal: Goal,
    *,
    item: ProtectedItem | None,
    status: BackupStatus | None = None,
    exists: bool = True,
) -> Plan:
    """Decide what brings this machine to the goal in this vault.

    ``item`` is what the vault holds for the machine; ``status`` what ``backupStatus`` said, asked only for a machine
    that neither the vault's items nor its protectable items list; ``exists`` False for a machine that is known to be
    gone from Azure.
    """
    current = unchanged(machine, item=item)
    if item is None and goal.state == "present":
        problem = eligibility.unprotectable(machine, vault, status)
        if problem is not None:
            return dataclasses.replace(current, problem=problem)
    try:
        selection = disks.wanted(goal.disks, machine) if goal.disks else current.disks
    except BackupError as problem:
        return dataclasses.replace(current, problem=problem)
    if item is None and goal.state == "present" and status is not None and status.held_by(vault.id):
        return dataclasses.replace(current, action="in_progress", awaited=goal, disks=selection)
    found: Found = item_state(item) if item else "unprotected"
    wanted = _wanted(goal, item, selection)
    cell = transitions.transition(found, wanted, undelete=goal.undelete, exists=exists)
    forbidden = _forbidden(cell, machine, vault, goal, item)
    if forbidden is not None or not cell.writes:
        return dataclasses.replace(current, problem=forbidden)
    policy = _policy(goal, item) if "configure" in cell.writes else None
    unsupported = disks.unsupported(machine, selection, _policy_type(goal, item)) if policy else None
    if unsupported is not None:
        return dataclasses.replace(current, problem=unsupported)
    steps = tuple(Step(write, _properties(write, machine.id, policy, selection, item)) for write in cell.writes)
    after = _after(cell.writes[-1], vault, policy, item, selection)
    return dataclasses.replace(current, action=cell.action, steps=steps, after=after, disks=selection)


def _wanted(goal: Goal, item: ProtectedItem | None, selection: disks.Exclusion | None) -> Wanted:
    if goal.state != "present":
        return goal.state
    if item is not None and goal.policy is not None and not ids.same(item.policy_id, goal.policy.id):
        return "other_policy"
    return "present" if disks.same(selection, disks.current(item)) else "other_disks"


def _forbidden(
    cell: transitions.Transition, machine: VirtualMachine, vault: Vault, goal: Goal, item: ProtectedItem | None
) -> BackupError | None:
    if item is None:
        if cell.refused == "NotProtected":
            return refusals.not_protected(machine.id.name, vault, goal.state, str(machine.id))
        return None
    if cell.refused == "SoftDeleted":
        return refusals.soft_deleted(item, goal.state)
    if cell.refused == "VirtualMachineGone":
        return refusals.gone(item, vault)
    if "suspend" in cell.writes and not refusals.immutability(vault):
        return refusals.not_immutable(item, vault)
    if cell.unless == "policy" and goal.policy is None and not item.policy_id:
        return refusals.policy_needed(item)
    if "delete" in cell.writes and _undeletable(vault, item):
        return refusals.immutable(item, vault)
    return None


def _undeletable(vault: Vault, item: ProtectedItem) -> bool:
    """Whether an immutable vault keeps an item.

    What was never backed up can go (UNVERIFIED), and nobody can tell from outside whether the last recovery point of
    a suspended item has expired: the service is asked.
    """
    return bool(refusals.immutability(vault) and item.last_recovery_point and item_state(item) != "suspended")


def _policy(goal: Goal, item: ProtectedItem | None) -> tuple[str, str]:
    """Return id and name of the policy to protect under: that of the task, else the item's own, else the default."""
    if goal.policy is not None:
        return goal.policy.id, goal.policy.name
    if item is not None and item.policy_id:
        return item.policy_id, item.policy_name
    if goal.default is not None:
        return goal.default.id, goal.default.name
    raise ValueError("a plan that protects needs a policy")


def _policy_type(goal: Goal, item: ProtectedItem | None) -> str:
    """Return the generation of that policy."""
    if goal.policy is not None:
        return goal.policy.policy_type
    if item is not None and item.policy_id:
        return str(item.properties.get("policyType") or "V1")
    return goal.default.policy_type if goal.default else "V1"


def _properties(
    write: Write,
    vm_id: ids.VmId,
    policy: tuple[str, str] | None,
    selection: disks.Exclusion | None,
    item: ProtectedItem | None,
) -> dict[str, t.Any]:
    if write == "delete":
        return {}
    properties: dict[str, t.Any] = {"protectedItemType": VM_ITEM_TYPE, "sourceResourceId": str(vm_id)}
    if write == "configure" and policy is not None:
        # A selection of disks is sent along each time, so that it stays.
        return {**properties, "policyId": policy[0], **disks.extended_properties(selection, disks.current(item))}
    # UNVERIFIED: suspending without naming the policy keeps the item's own; assumed, since azure-cli does so.
    state = "BackupsSuspended" if write == "suspend" else "ProtectionStopped"
    rehydrate = {"isRehydrate": True} if write == "undelete" else {}
    return {**properties, "policyId": "", "protectionState": state, **rehydrate}


def _after(
    last: Write,
    vault: Vault,
    policy: tuple[str, str] | None,
    item: ProtectedItem | None,
    selection: disks.Exclusion | None,
) -> dict[str, t.Any]:
    if last == "delete":
        # UNVERIFIED: an item that was never backed up is soft-deleted like any other; assumed so.
        if vault_settings.values(vault)["soft_delete"] == "disabled":
            return shown(None)
        return {"state": "soft_deleted", "policy_name": None, "disks": None}
    if last == "configure" and policy is not None:
        return {"state": "present", "policy_name": policy[1], "disks": disks.describe(selection)}
    if last == "suspend":
        name = policy[1] if policy else item.policy_name or None if item else None
        return {"state": "suspended", "policy_name": name, "disks": None}
    return {"state": "stopped", "policy_name": None, "disks": None}
