# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import entities
from ansible_collections.cloudkeep.azure_backup.tests.support.rules import VMS_ONLY, Cloud

CLOUD = """\
subscriptions:
  - name: Production
    resource_groups:
      - name: rg
        location: westeurope
        virtual_machines: [{name: vm-01}]
        vaults:
          - name: old
            immutability: Unlocked
            protected_items: [{virtual_machine: rg/vm-01, recovery_points: 3}]
          - name: new
"""


class Move:
    """A machine in the vault old, and another vault."""

    def __init__(self) -> None:
        self.cloud = Cloud(text=CLOUD)
        self.old, self.new = (vault.id for vault in self.cloud.azure.state.vaults.values())
        self.machine: entities.Machine = self.cloud.machine("vm-01")

    def stop(self, vault: str, state: str = "ProtectionStopped") -> None:
        self.cloud.settle(self.cloud.put_item(vault, self.machine, protectionState=state))

    def protect(self, vault: str) -> str:
        """Protect the machine and return how the job ended."""
        self.cloud.protect(vault, self.machine)
        job = self.cloud.values(f"{vault}/backupJobs")[0]["properties"]
        return str(job["errorDetails"][0]["errorTitle"] if "errorDetails" in job else job["status"])

    def listed(self, vault: str) -> bool:
        self.cloud.refresh(vault)
        return bool(self.cloud.values(f"{vault}/backupProtectableItems", VMS_ONLY))

    def holder(self) -> str:
        url = f"{self.cloud.subscription}/providers/Microsoft.RecoveryServices/locations/westeurope/backupStatus"
        body = self.cloud.send("POST", url, {"resourceType": "VM", "resourceId": self.machine.id}).body
        return str(body.get("vaultId", ""))

    def valid(self, vault: str) -> bool:
        url = f"{self.cloud.subscription}/providers/Microsoft.RecoveryServices/locations/westeurope"
        body = {"resourceType": "VM", "resourceId": self.machine.id, "vaultId": vault, "properties": ""}
        answer = self.cloud.send("POST", f"{url}/backupPreValidateProtection", body).body
        return bool(answer["status"] == "Succeeded")


@pytest.fixture
def move() -> Move:
    return Move()


def test_a_protected_machine_is_not_for_another_vault(move: Move) -> None:
    assert not move.listed(move.new) and not move.valid(move.new)
    assert move.protect(move.new) == "VirtualMachineAlreadyProtected"
    assert move.holder() == move.old


@pytest.mark.parametrize("state", ["ProtectionStopped", "BackupsSuspended"])
def test_a_stopped_one_can_be_protected_elsewhere_and_its_points_stay(move: Move, state: str) -> None:
    move.stop(move.old, state)
    assert move.listed(move.new) and move.valid(move.new) and not move.listed(move.old)
    assert move.holder() == move.old
    assert move.protect(move.new) == "Completed"
    assert move.holder() == move.new
    left = move.cloud.item(move.old, move.machine)
    assert move.cloud.get(left).body["properties"]["protectionState"] == state
    assert len(move.cloud.values(f"{left}/recoveryPoints")) == 3


def test_the_old_vault_does_not_resume_what_the_new_one_protects(move: Move) -> None:
    move.stop(move.old)
    move.protect(move.new)
    assert move.protect(move.old) == "VirtualMachineAlreadyProtected"
    move.stop(move.new)
    assert move.protect(move.old) == "Completed"
    assert move.holder() == move.old


def test_deleting_the_old_item_leaves_the_new_one(move: Move) -> None:
    cloud = move.cloud
    move.stop(move.old)
    move.protect(move.new)
    cloud.send("PATCH", move.old, {"properties": {"securitySettings": {"immutabilitySettings": {"state": "Disabled"}}}})
    cloud.settle(cloud.send("DELETE", cloud.item(move.old, move.machine)))
    cloud.clock.advance(15 * 86400)
    assert cloud.get(cloud.item(move.old, move.machine)).status == 404
    assert move.holder() == move.new


def test_deleting_the_new_item_brings_the_old_one_back_to_mind(move: Move) -> None:
    cloud = move.cloud
    move.stop(move.old)
    move.protect(move.new)
    cloud.settle(cloud.send("DELETE", cloud.item(move.new, move.machine)))
    # Soft-deleted there, it still is not for others.
    assert move.protect(move.old) == "VirtualMachineAlreadyProtected"
    cloud.clock.advance(15 * 86400)
    assert move.holder() == move.old
