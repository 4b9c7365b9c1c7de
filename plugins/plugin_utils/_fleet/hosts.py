# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which virtual machines the hosts of an inventory are. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from ...module_utils._domain import ids

_SHOWN: t.Final = 5


def machine_ids(variables: t.Mapping[str, t.Any], hosts: t.Sequence[str]) -> list[str]:
    """Return the ARM ids of hosts, each once, in the order of the hosts; raises ValueError for hosts without one.

    Args:
        variables: the variables of each host. The inventory plugin of this collection puts the id into ``azure_vm.id``,
            azure.azcollection.azure_rm into ``id``.
        hosts: the names of the hosts.
    """
    found: dict[str, str] = {}
    without = []
    for host in hosts:
        machine_id = _machine_id(variables[host])
        if machine_id:
            found.setdefault(machine_id.casefold(), machine_id)
        else:
            without.append(str(host))
    if without:
        named = ", ".join(without[:_SHOWN]) + (f" and {len(without) - _SHOWN} more" if len(without) > _SHOWN else "")
        raise ValueError(
            f"no virtual machine's id is known of these hosts: {named}. The inventory has to come from "
            "cloudkeep.azure_backup.vm_backup or azure.azcollection.azure_rm, or set the variable id to the ARM id; "
            "leave other hosts out, as in all:!localhost"
        )
    return list(found.values())


def _machine_id(variables: t.Mapping[str, t.Any]) -> str | None:
    own = variables["azure_vm"] if "azure_vm" in variables else None
    for source in (own, variables):
        value = source["id"] if isinstance(source, t.Mapping) and "id" in source else None
        try:
            return str(ids.VmId.parse(str(value or "")))
        except ValueError:
            continue
    return None
