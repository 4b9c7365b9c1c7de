# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._fleet import hosts

MACHINES = (
    "/subscriptions/aaaaaaaa-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines"
)
VARIABLES = {
    "ours": {"azure_vm": {"id": f"{MACHINES}/web-01"}, "vm_backup": {"state": "unprotected"}},
    "theirs": {"id": f"{MACHINES}/web-02", "resource_group": "rg"},
    "both": {"id": f"{MACHINES.upper()}/WEB-01", "azure_vm": {"id": f"{MACHINES}/web-01"}},
    "localhost": {"ansible_connection": "local"},
    "elsewhere": {"id": "i-0123456789"},
    "number": {"id": 7},
    "empty": {"azure_vm": {"id": None}, "id": ""},
    "odd": {"azure_vm": "web-03", "id": f"{MACHINES}/web-03"},
}


def test_the_ids_of_both_inventories_are_found_each_once() -> None:
    found = hosts.machine_ids(VARIABLES, ["theirs", "ours", "both", "odd"])
    assert found == [f"{MACHINES}/web-02", f"{MACHINES}/web-01", f"{MACHINES}/web-03"]
    assert hosts.machine_ids(VARIABLES, []) == []


def test_hosts_that_are_no_machines_are_named() -> None:
    with pytest.raises(ValueError, match=r"these hosts: localhost, elsewhere, number, empty\. "):
        hosts.machine_ids(VARIABLES, ["ours", "localhost", "elsewhere", "number", "empty"])
    with pytest.raises(ValueError, match="and 3 more"):
        hosts.machine_ids(VARIABLES, ["localhost"] * 8)
