# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a machine is in the inventory: which host, with which variables for expressions, in which groups. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from ...module_utils._domain import ids
from . import names

Variables = t.Mapping[str, t.Any]


def known(hosts: t.Mapping[str, Variables]) -> dict[str, str]:
    """Return the hosts that an earlier source made of machines, by ``VmId.key``.

    azure.azcollection.azure_rm has a machine's id in the variable ``id``, this plugin in ``azure_vm.id``.
    """
    found: dict[str, str] = {}
    for host, variables in hosts.items():
        own = variables.get("azure_vm")
        for text in (variables.get("id"), own.get("id") if isinstance(own, dict) else None):
            try:
                found.setdefault(ids.VmId.parse(str(text)).key, host)
            except ValueError:
                continue
    return found


def variables(facts: Variables) -> dict[str, t.Any]:
    """Return what expressions can use: the host's variables, and some by the names that azure_rm gives them."""
    machine = facts["azure_vm"]
    return {
        **facts,
        **{key: machine[key] for key in ("id", "name", "location", "tags")},
        "resource_group": machine["resource_group"].lower(),
        "default_inventory_hostname": names.hashed(machine["name"], machine["id"]),
    }


def groups(backup: Variables, vaults: t.Mapping[str, str]) -> list[str]:
    """Return the groups of a host. ``vaults`` is what ``names.of_vaults`` makes of all vaults."""
    found = [str(backup["state"])]
    if backup["stale"]:
        found.append("stale")
    if backup["policy_name"]:
        found.append(f"policy_{names.of_group(backup['policy_name'])}")
    if backup["vault_id"]:
        found.append(f"vault_{vaults[backup['vault_id'].casefold()]}")
    if backup["health_status"]:
        found.append(f"health_{names.of_word(backup['health_status'])}")
    return found
