# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ids and names as the service writes them, and what it accepts in requests.

This file is private to the collection.
"""

from __future__ import annotations

import base64
import re
import typing as t

COMPUTE = "Microsoft.Compute"
CLASSIC_COMPUTE = "Microsoft.ClassicCompute"
RECOVERY_SERVICES = "Microsoft.RecoveryServices"

_MACHINE_ID = re.compile(
    r"^/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.(?:Classic)?Compute/virtualMachines/([^/]+)/?$",
    re.IGNORECASE,
)
_CONTAINER = re.compile(r"^iaasvmcontainer;(iaasvmcontainer(?:v2)?;[^;]+;[^;]+)$", re.IGNORECASE)
_ITEM = re.compile(r"^vm;(iaasvmcontainer(?:v2)?;[^;]+;[^;]+)$", re.IGNORECASE)
_POLICY_ID = re.compile(r"^(/subscriptions/.+/vaults/[^/]+)/backupPolicies/([^/]+)/?$", re.IGNORECASE)


def group_id(subscription_id: str, group: str) -> str:
    """Return the id of a resource group."""
    return f"/subscriptions/{subscription_id}/resourceGroups/{group}"


def machine_id(subscription_id: str, group: str, name: str, *, classic: bool = False) -> str:
    """Return the id of a virtual machine; a classic one lies in the group of its cloud service."""
    provider = CLASSIC_COMPUTE if classic else COMPUTE
    return f"{group_id(subscription_id, group)}/providers/{provider}/virtualMachines/{name}"


def vault_id(subscription_id: str, group: str, name: str) -> str:
    """Return the id of a Recovery Services vault."""
    return f"{group_id(subscription_id, group)}/providers/{RECOVERY_SERVICES}/vaults/{name}"


def location_name(location: str) -> str:
    """Return a region's short name: ``West Europe`` and ``westeurope`` are one."""
    return location.replace(" ", "").lower()


def service_name(group: str, name: str, *, classic: bool = False) -> str:
    """Return what every name of an item is made of: ``iaasvmcontainerv2;{group};{vm}``, in lower case."""
    return f"iaasvmcontainer{'' if classic else 'v2'};{group};{name}".lower()


def container_name(service: str) -> str:
    """Return the container's name as answers have it."""
    return f"IaasVMContainer;{service}"


def item_name(service: str) -> str:
    """Return the protected item's name as answers have it."""
    return f"VM;{service}"


def service_of_container(text: str) -> str | None:
    """Read a container's name of a request, in any case; None when its form is wrong."""
    match = _CONTAINER.match(text)
    return match.group(1).lower() if match else None


def service_of_item(text: str) -> str | None:
    """Read a protected item's name of a request, in any case; None when its form is wrong."""
    match = _ITEM.match(text)
    return match.group(1).lower() if match else None


def container_path(vault: str, service: str) -> str:
    """Return the id of a container."""
    return f"{vault}/backupFabrics/Azure/protectionContainers/{container_name(service)}"


def item_path(vault: str, service: str) -> str:
    """Return the id of a protected item."""
    return f"{container_path(vault, service)}/protectedItems/{item_name(service)}"


class MachinePath(t.NamedTuple):
    """The parts of a virtual machine's id."""

    subscription_id: str
    resource_group: str
    name: str


def parse_machine_id(text: object) -> MachinePath | None:
    """Read a virtual machine's id, or None."""
    match = _MACHINE_ID.match(text) if isinstance(text, str) else None
    return MachinePath(*match.groups()) if match else None


def parse_policy_id(text: object) -> tuple[str, str] | None:
    """Cut a policy's id into the vault's id and the policy's name, or None."""
    match = _POLICY_ID.match(text) if isinstance(text, str) else None
    return (match.group(1), match.group(2)) if match else None


def encoded(text: str) -> str:
    """Return base64, the form of operation ids of vaults and of skip tokens."""
    return base64.urlsafe_b64encode(text.encode()).decode()
