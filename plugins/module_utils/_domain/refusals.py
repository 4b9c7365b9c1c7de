# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why the state table or the vault does not allow what is wanted of a machine, and what to do instead.

All of this is known from what was read, so nothing has been sent for the machine.
This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from .._errors import BackupError
from . import vault_settings
from .item_states import kept_until
from .models import ProtectedItem, Vault

_OPERATIONS: t.Final[t.Mapping[str, str]] = {
    "present": "protect virtual machine",
    "stopped": "stop protection",
    "suspended": "suspend backups",
    "absent": "delete backup data",
}


def operation(state: str) -> str:
    """Return what is being done for a ``state``, as errors name it."""
    return _OPERATIONS[state]


def immutability(vault: Vault) -> str | None:
    """Return ``unlocked`` or ``locked`` for a vault that is immutable, else None."""
    found = vault_settings.values(vault)["immutability"]
    return found if found in ("unlocked", "locked") else None


def soft_deleted(item: ProtectedItem, state: str) -> BackupError:
    """A soft-deleted item has to be undeleted before anything else."""
    then = "protect the machine again" if state == "present" else "keep it"
    return BackupError(
        f"{item.friendly_name} was deleted from this vault; soft delete keeps its data until {kept_until(item)}.",
        code="SoftDeleted",
        operation=operation(state),
        resource_id=item.id,
        recommendations=[f"Set undelete: true to bring the data back and {then}."],
    )


def not_protected(name: str, vault: Vault, state: str, resource_id: str | None = None) -> BackupError:
    """There is nothing to stop; said aloud, for the machine may be protected elsewhere, or its name be mistyped."""
    return BackupError(
        f"Vault {vault.id.name} holds no {name}, so there are no backups to {_verb(state)}.",
        code="NotProtected",
        operation=operation(state),
        resource_id=resource_id,
        recommendations=[
            "Check the name, and whether another vault holds the machine (vm_backup_discover tells). "
            "What was never protected has nothing to keep: leave it out."
        ],
    )


def _verb(state: str) -> str:
    return "suspend" if state == "suspended" else "stop"


def gone(item: ProtectedItem, vault: Vault) -> BackupError:
    """A machine that is gone can't be backed up; what is there of it can be kept or deleted."""
    return BackupError(
        f"{item.told_apart} is gone from Azure; vault {vault.id.name} only has what was backed up of it.",
        code="VirtualMachineGone",
        operation=operation("present"),
        resource_id=item.id,
        recommendations=[
            "Leave it out here; keep its recovery points with state: stopped, or delete them with state: absent and "
            "delete_backup_data: true. To bring the machine back, restore it from a recovery point."
        ],
    )


def policy_needed(item: ProtectedItem) -> BackupError:
    """Without a policy nothing says how long a suspended machine's data is to be kept."""
    return BackupError(
        f"{item.friendly_name} has no policy by which its data could be kept: it is {_how(item)}.",
        code="PolicyNeeded",
        operation=operation("suspended"),
        resource_id=item.id,
        recommendations=["Name the policy that its recovery points are to be kept by (policy), or use state: stopped."],
    )


def _how(item: ProtectedItem) -> str:
    return "soft-deleted" if item.soft_deleted else "stopped, and its data kept for ever"


def not_immutable(item: ProtectedItem, vault: Vault) -> BackupError:
    """Only an immutable vault suspends backups; what others answer is misleading (A18)."""
    return BackupError(
        f"{item.friendly_name} can't be suspended: vault {vault.id.name} is not immutable, and only immutable vaults "
        "stop backups and keep the data by policy.",
        code="VaultNotImmutable",
        operation=operation("suspended"),
        resource_id=item.id,
        recommendations=[
            "Use state: stopped, which keeps the data for ever; or make the vault immutable first, with "
            "vm_backup_vault and immutability: unlocked."
        ],
    )


def immutable(item: ProtectedItem, vault: Vault) -> BackupError:
    """An immutable vault deletes nothing before it expires."""
    state = immutability(vault)
    turn_off = ", or set immutability: disabled with vm_backup_vault first" if state == "unlocked" else ""
    return BackupError(
        f"The backup data of {item.friendly_name} can't be deleted: vault {vault.id.name} is immutable ({state}).",
        code="VaultImmutable",
        operation=operation("absent"),
        resource_id=item.id,
        recommendations=[
            f"Use state: suspended, which ends the backups and lets the recovery points expire by policy{turn_off}."
        ],
    )
