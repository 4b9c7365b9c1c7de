# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a vault can take up a virtual machine that it does not hold yet, and why not.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from .._errors import BackupError
from . import ids
from .models import BackupStatus, ProtectedItem, Vault, VirtualMachine

ONE_VAULT_ONLY: t.Final = (
    "A machine is in one vault only. Manage it there, or move it here with vm_backup_protect and move_to_vault: true."
)
_OPERATION: t.Final = "protect virtual machine"


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
