# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.rules import VMS_ONLY, Cloud, code


def test_a_container_is_registered_once_its_machine_is_protected() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope")
    containers = f"{vault}/backupProtectionContainers"
    assert cloud.values(containers, VMS_ONLY) == []
    cloud.protect(vault, cloud.machine("ERP-APP-01"))
    (one,) = cloud.values(containers, f"{VMS_ONLY} and status eq 'Registered' and friendlyName eq 'erp-app-01'")
    assert one["name"] == "IaasVMContainer;iaasvmcontainerv2;rg-erp-neu;erp-app-01"
    assert one["id"].endswith(f"/backupFabrics/Azure/protectionContainers/{one['name']}")
    assert one["properties"] == {
        "virtualMachineId": cloud.machine("ERP-APP-01").id,
        "virtualMachineVersion": "Compute",
        "resourceGroup": "rg-erp-neu",
        "friendlyName": "ERP-APP-01",
        "backupManagementType": "AzureIaasVM",
        "registrationStatus": "Registered",
        "healthStatus": "Healthy",
        "containerType": "Microsoft.Compute/virtualMachines",
        "protectableObjectType": "Microsoft.Compute/virtualMachines",
    }
    assert cloud.get(one["id"].lower()).body == one


def test_a_deleted_items_container_is_soft_deleted() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope")
    cloud.settle(cloud.send("DELETE", cloud.protect(vault, cloud.machine("wiki-01"))))
    assert cloud.values(f"{vault}/backupProtectionContainers", f"{VMS_ONLY} and status eq 'Registered'") == []
    (one,) = cloud.values(f"{vault}/backupDeletedProtectionContainers", VMS_ONLY)
    assert one["properties"]["registrationStatus"] == "SoftDeleted"


def test_the_filter_is_mandatory() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope")
    answer = cloud.get(f"{vault}/backupProtectionContainers")
    assert code(answer) == (400, "BMSUserErrorInvalidInput")
    message = "Input provided for the call is invalid\r\nPlease check the required inputs"
    assert answer.body["error"] == {
        "code": "BMSUserErrorInvalidInput",
        "message": message,
        "target": None,
        "details": None,
        "innerError": None,
    }
    assert answer.headers["x-ms-failure-cause"] == "service"


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_clients_neither_register_nor_unregister(method: str) -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope")
    item = cloud.protect(vault, cloud.machine("wiki-01"))
    container = item.rpartition("/protectedItems")[0]
    assert code(cloud.send(method, container, {"properties": {}})) == (400, "BMSUserErrorInvalidInput")
    assert cloud.get(item).status == 200
