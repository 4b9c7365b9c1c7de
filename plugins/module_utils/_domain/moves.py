# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moving machines from one vault to another: protection stops in the old one, and starts in the new one.

Recovery points stay where they are: the service moves none.
UNVERIFIED: a machine whose protection is stopped or suspended in one vault can be protected in another while its data
stays; assumed, since it is what ``az backup protection reconfigure`` does.
UNVERIFIED: a machine that is soft-deleted in one vault can't be protected in another; assumed so.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from .._errors import BackupError, InvalidInput, NotFound, WaitTimeout
from . import disks, ids, names, plans, refusals, times
from .item_states import item_stopped, kept_until
from .models import Policy, ProtectedItem, Vault, VirtualMachine
from .plans import Goal, Plan

OPERATION: t.Final = "move to another vault"


@dataclasses.dataclass(frozen=True)
class Moving:
    """What a task says about moving."""

    by_policy: bool = False
    """Whether the old vault keeps the recovery points by policy, not for ever."""
    names: tuple[str, ...] = ()
    """Names of vaults from which machines may come."""
    vaults: tuple[ids.VaultId, ...] = ()
    """The same by id; without both, they may come from any vault."""

    @classmethod
    def parse(cls, options: t.Mapping[str, t.Any], target: ids.VaultId) -> Moving | None:
        """Read the options; None for a task that moves nothing.

        Raises InvalidInput that names the option, the value and what is allowed.
        """
        sources, keep = options.get("move_from"), options.get("keep_old_data")
        if not options.get("move_to_vault"):
            for option, value in (("move_from", sources), ("keep_old_data", keep)):
                if value is not None:
                    raise InvalidInput.for_option(option, value, "only with move_to_vault: true")
            return None
        if sources is not None and not sources:
            raise InvalidInput.for_option("move_from", sources, "names or ids of vaults; left out, any vault")
        chosen, vaults = [], []
        for text in sources or ():
            if "/" in text:
                vaults.append(names.vault_id("move_from", text, "names of vaults, or their ids"))
            else:
                chosen.append(names.VAULT.check("move_from", text))
        moving = cls(by_policy=keep == "by_policy", names=tuple(chosen), vaults=tuple(vaults))
        if sources is not None and any(vault.key == target.key for vault in vaults):
            raise InvalidInput.for_option("move_from", str(target), "other vaults than that of vault_name")
        return moving

    def allows(self, vault: ids.VaultId) -> bool:
        """Whether machines may come from a vault."""
        if not self.names and not self.vaults:
            return True
        return any(ids.same(vault.name, name) for name in self.names) or any(
            vault.key == other.key for other in self.vaults
        )


@dataclasses.dataclass(frozen=True)
class Held:
    """What another vault has of a machine."""

    vault: Vault
    item: ProtectedItem

    @property
    def active(self) -> bool:
        """Whether that vault makes backups."""
        return not item_stopped(self.item)


def holder(held: t.Iterable[Held]) -> Held | None:
    """Return which of several vaults counts: the one that makes backups, else the one with the newest data."""

    def rank(one: Held) -> tuple[bool, bool, dt.datetime]:
        return one.active, not one.item.soft_deleted, one.item.last_recovery_point or times.NEVER

    return max(held, key=rank, default=None)


def with_disks_of(goal: Goal, held: Held) -> Goal:
    """Return the goal in the new vault: the selection of disks comes along unless the task makes another one."""
    exclusion = disks.current(held.item)
    if goal.disks is not None or exclusion is None:
        return goal
    return dataclasses.replace(goal, disks=disks.Selection.of(exclusion))


def with_policy_of(goal: Goal, held: Held, policies: t.Iterable[Policy]) -> Goal:
    """Return the goal with the policy of the same name as in the old vault, for a task that names none.

    ``policies`` are those of the new vault. Raises NotFound when none of them has that name: another policy may keep
    less. A machine that has no policy any more, because it was stopped, gets the default.
    """
    name = held.item.policy_name
    if goal.policy is not None or not name or not held.item.policy_id:
        return goal
    usable = {policy.name: policy for policy in policies if policy.protects_virtual_machines}
    found = next((policy for policy in usable.values() if ids.same(policy.name, name)), None)
    if found is None:
        raise NotFound(
            f"{held.item.friendly_name} has policy {name} in vault {held.vault.id.name}, and the new vault has none of "
            "that name, so it was not moved.",
            code="PolicyNotFound",
            operation=OPERATION,
            resource_id=held.item.id,
            recommendations=[
                f"Name one in policy ({', '.join(sorted(usable)) or 'there is none yet'}), or make {name} there with "
                "vm_backup_policy."
            ],
        )
    return dataclasses.replace(goal, policy=found)


def plan_stop(machine: VirtualMachine, held: Held, moving: Moving, *, protectable: bool) -> Plan:
    """Decide what is to do in the old vault; nothing where protection is stopped or suspended already.

    ``protectable`` tells whether the new vault lists the machine as one that it can take up.
    """
    if held.item.soft_deleted and not protectable:
        return plans.unchanged(machine, problem=_soft_deleted(machine, held), item=held.item)
    if not held.active:
        return plans.unchanged(machine, item=held.item)
    if moving.by_policy and not refusals.immutability(held.vault):
        return plans.unchanged(machine, problem=_not_immutable(machine, held), item=held.item)
    return plans.plan(machine, held.vault, Goal("suspended" if moving.by_policy else "stopped"), item=held.item)


def moved(plan: Plan, held: Held, stop: Plan, target: Vault) -> Plan:
    """Return the plan in the new vault as that of a move: with what ``stop`` leaves in the old vault in its diff."""
    if not plan.steps:
        return plan
    before = {**plans.shown(held.item), "vault_name": held.vault.id.name}
    left = {"name": held.vault.id.name, "state": stop.after["state"]}
    after = {**plan.after, "vault_name": target.id.name, "old_vault": left}
    return dataclasses.replace(plan, action="move", before=before, after=after)


def not_moved(machine: VirtualMachine, held: Held, error: BackupError) -> BackupError:
    """Protection could not be stopped in the old vault, so nothing was done in the new one."""
    if isinstance(error, WaitTimeout):
        return _because(
            error,
            f"{machine.id.name} was not moved yet: its protection is still being stopped in vault "
            f"{held.vault.id.name}: {error.message}",
            "Run this task again to finish the move.",
        )
    return _because(
        error,
        f"{machine.id.name} was not moved: vault {held.vault.id.name} still protects it, for its protection could not "
        f"be stopped there: {error.message}",
    )


def stranded(machine: VirtualMachine, held: Held, target: Vault, error: BackupError) -> BackupError:
    """Protection is stopped in the old vault and could not be configured in the new one: nobody backs it up now."""
    if isinstance(error, WaitTimeout):
        return _because(
            error,
            f"{machine.id.name} was not moved yet: its protection is stopped in vault {held.vault.id.name}, and still "
            f"being configured in vault {target.id.name}: {error.message}",
            "Run this task again to see it finished.",
        )
    selection = disks.current(held.item)
    had = [f"policy {held.item.policy_name}"] if held.item.policy_name else []
    had += [f"the disks {disks.as_text(selection)}"] if selection is not None else []
    there = f" There it had {' and '.join(had)}." if had else ""
    named = ", and name policy and disks in it, which the old vault may not tell any more" if had else ""
    return _because(
        error,
        f"{machine.id.name} is backed up nowhere now: its protection is stopped in vault {held.vault.id.name}, which "
        f"keeps its data, and could not be configured in vault {target.id.name}: {error.message.rstrip('.')}.{there}",
        f"Run this task again to finish the move{named}; or resume its protection in vault {held.vault.id.name}.",
    )


def unreadable(machine: VirtualMachine, vault_id: str, error: BackupError) -> BackupError:
    """A vault that can't be read can't be left."""
    return _because(
        error,
        f"{machine.id.name} is protected in vault {vault_id}, which can't be read, so it was not moved: "
        f"{error.message}",
        "Give the login the role Backup Operator on the old vault, too.",
    )


def not_from_there(machine: VirtualMachine, vault_id: str) -> BackupError:
    """The task says from which vaults machines may come."""
    return BackupError(
        f"{machine.id.name} is protected in vault {vault_id}, which move_from does not name, so it was not moved.",
        code="VirtualMachineAlreadyProtected",
        operation=OPERATION,
        resource_id=str(machine.id),
        recommendations=["Add that vault to move_from to move the machine, or leave the machine out."],
    )


def no_such_vault(name: str, subscriptions: t.Iterable[str]) -> BackupError:
    """A vault that the task names has to be there."""
    return NotFound(
        f"move_from: there is no Recovery Services vault {name!r} in subscription {', '.join(subscriptions)}.",
        code="VaultNotFound",
        operation=OPERATION,
        recommendations=["Check the name. A vault of another subscription has to be named by its id."],
    )


def _soft_deleted(machine: VirtualMachine, held: Held) -> BackupError:
    return BackupError(
        f"{machine.id.name} can't be moved: its backups in vault {held.vault.id.name} were deleted, and soft delete "
        f"keeps the machine there until {kept_until(held.item)}.",
        code="SoftDeleted",
        operation=OPERATION,
        resource_id=held.item.id,
        recommendations=[
            f"Undelete them in vault {held.vault.id.name} first (state: stopped and undelete: true there), or wait."
        ],
    )


def _not_immutable(machine: VirtualMachine, held: Held) -> BackupError:
    return BackupError(
        f"{machine.id.name} can't be moved with keep_old_data: by_policy: vault {held.vault.id.name} is not immutable, "
        "and only immutable vaults stop backups and keep the data by policy.",
        code="VaultNotImmutable",
        operation=OPERATION,
        resource_id=held.item.id,
        recommendations=["Use keep_old_data: forever, and delete the old data when it is not needed any more."],
    )


def _because(error: BackupError, message: str, *advice: str) -> BackupError:
    return BackupError(
        message,
        code=error.code,
        http_status=error.http_status,
        operation=OPERATION,
        resource_id=error.resource_id,
        request_id=error.request_id,
        recommendations=(*advice, *error.recommendations),
        retryable=error.retryable,
    )
