# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import world_files
from ansible_collections.cloudkeep.azure_backup.tests.support.rules import Cloud, code

VMS = "/providers/Microsoft.Compute/virtualMachines"


@pytest.fixture(params=["deleted later", "deleted from the start"])
def cloud(request: pytest.FixtureRequest) -> Cloud:
    """A cloud whose protected machine shop-web-01 is no more."""
    if request.param == "deleted from the start":
        text = world_files.EXAMPLE.replace("- name: shop-web-01\n", "- name: shop-web-01\n            deleted: true\n")
        return Cloud(text=text)
    cloud = Cloud(text=world_files.EXAMPLE)
    answer = cloud.send("DELETE", cloud.machine("shop-web-01").id)
    assert answer.status == 202
    assert cloud.settle(answer).body["status"] == "Succeeded"
    return cloud


def places(cloud: Cloud) -> tuple[str, str]:
    vault = f"{cloud.subscription}/resourceGroups/rg-shop/providers/Microsoft.RecoveryServices/vaults/vault-shop"
    return vault, cloud.item(vault, cloud.machine("shop-web-01"))


def test_it_is_gone_from_azure_but_its_item_stays(cloud: Cloud) -> None:
    machine = cloud.machine("shop-web-01")
    assert code(cloud.get(machine.id)) == (404, "ResourceNotFound")
    assert "shop-web-01" not in [one["name"] for one in cloud.values(cloud.subscription + VMS)]
    _vault, item = places(cloud)
    assert cloud.get(item).body["properties"]["virtualMachineId"] == machine.id
    assert len(cloud.values(f"{item}/recoveryPoints")) == 3


def test_its_backups_fail_since_there_is_no_such_machine(cloud: Cloud) -> None:
    vault, item = places(cloud)
    cloud.back_up(item)
    cloud.clock.advance(5)
    newest = cloud.values(f"{vault}/backupJobs")[0]["properties"]
    assert (newest["status"], newest["errorDetails"][0]["errorTitle"]) == ("Failed", "UserErrorVmNotFoundV2")


def test_the_status_of_its_backup_still_names_the_vault(cloud: Cloud) -> None:
    vault, _item = places(cloud)
    url = f"{cloud.subscription}/providers/Microsoft.RecoveryServices/locations/westeurope/backupStatus"
    status = cloud.send("POST", url, {"resourceType": "VM", "resourceId": cloud.machine("shop-web-01").id}).body
    assert (status["protectionStatus"], status["vaultId"]) == ("Protected", vault)


def test_its_item_can_be_stopped_deleted_and_undeleted_but_not_protected(cloud: Cloud) -> None:
    vault, item = places(cloud)
    machine = cloud.machine("shop-web-01")
    cloud.settle(cloud.put_item(vault, machine, protectionState="ProtectionStopped", policyId=""))
    assert cloud.get(item).body["properties"]["protectionState"] == "ProtectionStopped"
    refused = cloud.put_item(vault, machine, policyId=f"{vault}/backupPolicies/DefaultPolicy")
    assert code(refused) == (400, "BMSUserErrorInvalidConfigureProtectionRequest")
    cloud.settle(cloud.send("DELETE", item))
    assert cloud.get(item).body["properties"]["isScheduledForDeferredDelete"]
    cloud.settle(cloud.put_item(vault, machine, isRehydrate=True))
    assert "isScheduledForDeferredDelete" not in cloud.get(item).body["properties"]


def test_deleting_what_is_not_there_is_no_error() -> None:
    cloud = Cloud()
    assert cloud.send("DELETE", f"{cloud.machine('web-02').id}x").status == 204
