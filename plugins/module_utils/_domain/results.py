# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shapes that results have, in one place. Every key is always there.

This file is private to the collection.
"""

from __future__ import annotations

import re
import typing as t

from .._errors import BackupError
from . import ids, times, vault_settings
from .models import Policy, ProtectedItem, Vault, VirtualMachine


def machine(vm: VirtualMachine) -> dict[str, t.Any]:
    """Return what identifies a virtual machine."""
    return {
        "id": str(vm.id),
        "name": vm.id.name,
        "resource_group": None if vm.id.classic else vm.id.resource_group,
        "cloud_service": vm.id.resource_group if vm.id.classic else None,
        "location": vm.location or None,
    }


def unknown_machine(text: str) -> dict[str, t.Any]:
    """Return the same keys for an entry of ``vms`` that names no machine."""
    return {"id": None, "name": text, "resource_group": None, "cloud_service": None, "location": None}


def problem(error: BackupError | None) -> dict[str, t.Any] | None:
    """Return an error's result form, or None."""
    return error.as_result() if error else None


def item(protected: ProtectedItem | None) -> dict[str, t.Any]:
    """Return where a machine's protection stands; every value is None for a machine that no item is known of."""
    if protected is None:
        return dict.fromkeys(_ITEM_KEYS)
    return {
        "item_id": protected.id,
        "container_name": ids.item_path(protected.id)[0],
        "item_name": ids.item_path(protected.id)[1],
        "protection_state": protected.protection_state,
        "policy_name": protected.policy_name or None,
        "policy_id": protected.policy_id or None,
        "health_status": protected.health_status,
        "last_backup_status": protected.last_backup_status,
        "last_backup_time": times.to_iso(protected.last_backup_time),
        "last_recovery_point": times.to_iso(protected.last_recovery_point),
        "soft_deleted": protected.soft_deleted,
        "deleted_permanently_at": times.to_iso(protected.deleted_permanently_at),
    }


_ITEM_KEYS = (
    "item_id",
    "container_name",
    "item_name",
    "protection_state",
    "policy_name",
    "policy_id",
    "health_status",
    "last_backup_status",
    "last_backup_time",
    "last_recovery_point",
    "soft_deleted",
    "deleted_permanently_at",
)


def vault(found: Vault) -> dict[str, t.Any]:
    """Return a vault."""
    return {
        "id": str(found.id),
        "name": found.id.name,
        "resource_group": found.id.resource_group,
        "subscription_id": found.id.subscription_id,
        "location": found.location,
        "sku": found.sku,
        "tags": dict(found.tags),
        "provisioning_state": found.provisioning_state,
        "properties": snake_case(found.properties),
    }


def vault_with_settings(found: Vault) -> dict[str, t.Any]:
    """Return a vault with its settings in the shape of the options of vm_backup_vault."""
    return {
        **vault(found),
        "principal_id": found.identity.get("principalId"),
        "settings": vault_settings.as_result(found),
    }


def vault_state(found: Vault) -> dict[str, t.Any]:
    """Return what a diff shows of a vault; settings that the service decides are left out."""
    shown = {"location": found.location, "tags": dict(found.tags), **vault_settings.as_result(found)}
    shown["alerts"] = {option: value for option, value in shown["alerts"].items() if value is not None}
    return {option: value for option, value in shown.items() if option == "tags" or value not in (None, {})}


def policy(found: Policy) -> dict[str, t.Any]:
    """Return a backup policy."""
    return {
        "id": found.id,
        "name": found.name,
        "backup_management_type": found.backup_management_type,
        "policy_type": found.policy_type,
        "time_zone": found.properties.get("timeZone"),
        "protected_items_count": found.protected_items_count,
        "properties": snake_case(found.properties),
    }


def snake_case(value: t.Any) -> t.Any:
    """Return JSON of the service with its keys as results have them (``timeZone`` becomes ``time_zone``)."""
    if isinstance(value, t.Mapping):
        return {_snake(str(key)): snake_case(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [snake_case(inner) for inner in value]
    return value


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
