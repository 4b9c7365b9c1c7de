# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Machines of one resource group's name and one name, in two subscriptions: a vault can't tell them apart."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.protect import protect
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies
from ansible_collections.cloudkeep.azure_backup.tests.support.fake_azure import FakeAzure

OPTIONS: dict[str, t.Any] = {
    "resource_group": "rg-backup",
    "vault_name": "vault-one",
    "select": None,
    "state": "present",
    "policy": None,
    "undelete": False,
    "delete_backup_data": False,
    "resource_guard_operation_requests": None,
    "wait": True,
    "wait_timeout": 1800,
    "poll_interval": 15,
}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("held", [True, False])
def test_two_machines_of_one_group_and_name_do_not_share_an_item(azure: FakeAzure, check: bool, held: bool) -> None:
    """A second PUT would put another machine into the first one's item."""
    ours, theirs = bodies.vm_id("web-01"), bodies.vm_id("web-01", subscription=bodies.OTHER_SUBSCRIPTION)
    azure.add_machine("web-01")
    azure.add_machine("web-01", subscription=bodies.OTHER_SUBSCRIPTION)
    if held:
        azure.vault.hold(bodies.item("web-01"))
    else:
        azure.vault.protectable.append(bodies.protectable("web-01"))
    azure.check_mode = check
    outcome = protect(t.cast(t.Any, azure), {**OPTIONS, "vms": [ours, theirs]})
    first, second = outcome.result["vms"]
    assert (first["action"], first["error"]) == ("none" if held else "protect", None)
    assert (second["action"], second["changed"]) == ("none", False)
    assert second["error"]["code"] == "VirtualMachineAlreadyProtected"
    assert ours in second["error"]["message"] and theirs in second["error"]["message"]
    assert len(azure.called("put")) == (0 if held or check else 1)
