# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import world_files
from ansible_collections.cloudkeep.azure_backup.tests.support.rules import VMS_ONLY, Cloud, code


def names(cloud: Cloud, vault: str) -> list[str]:
    return [one["name"] for one in cloud.values(f"{vault}/backupProtectableItems", VMS_ONLY)]


def test_a_vault_knows_nothing_until_a_discovery_has_ended() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope")
    assert names(cloud, vault) == []
    answer = cloud.send("POST", f"{vault}/backupFabrics/Azure/refreshContainers", filter=VMS_ONLY)
    assert answer.status == 202 and "Azure-AsyncOperation" not in answer.headers
    assert f"{vault}/backupFabrics/Azure/operationResults/" in answer.headers["Location"]
    assert cloud.get(answer.headers["Location"]).status == 202
    assert names(cloud, vault) == []
    cloud.clock.advance(1)
    assert cloud.get(answer.headers["Location"]).status == 204
    assert len(names(cloud, vault)) == 6


def test_only_the_vaults_own_region_is_seen_and_names_are_lower_case() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-shop-weu", "northeurope")
    cloud.refresh(vault)
    found = cloud.values(f"{vault}/backupProtectableItems", VMS_ONLY)
    by_name = {one["properties"]["friendlyName"]: one for one in found}
    one = by_name["ERP-APP-01"]
    assert one["name"] == "iaasvmcontainerv2;rg-erp-neu;erp-app-01"
    tail = f"IaasVMContainer;{one['name']}/protectableItems/vm;{one['name']}"
    assert one["id"] == f"{vault}/backupFabrics/Azure/protectionContainers/{tail}"
    assert one["properties"]["virtualMachineId"] == cloud.machine("ERP-APP-01").id
    classic = by_name["fax-01"]
    assert classic["name"] == "iaasvmcontainer;contoso-fax;fax-01"
    assert classic["properties"]["virtualMachineVersion"] == "ClassicCompute"
    assert classic["properties"]["resourceGroup"] == "contoso-fax"
    assert {cloud.machine(name).location for name in by_name} == {"northeurope"}


def test_what_any_vault_holds_is_not_listed() -> None:
    cloud = Cloud()
    first = cloud.vault("rg-shop-weu", "westeurope", "vault-one")
    second = cloud.vault("rg-shop-weu", "westeurope", "vault-two")
    for vault in (first, second):
        cloud.refresh(vault)
    assert names(cloud, first) == names(cloud, second)
    assert not any("legacy" in name for name in names(cloud, first))
    cloud.protect(first, cloud.machine("web-02"))
    assert "iaasvmcontainerv2;rg-shop-weu;web-02" not in names(cloud, first) + names(cloud, second)


def test_another_subscriptions_machines_are_not_seen() -> None:
    text = world_files.EXAMPLE.replace(
        "    unregistered_providers: [Microsoft.RecoveryServices]",
        "    resource_groups: [{name: rg-lab, location: westeurope, virtual_machines: [{name: lab-01}]}]",
    )
    cloud = Cloud(text=text)
    vault = cloud.vault("rg-shop", "westeurope")
    cloud.refresh(vault)
    assert not any("lab-01" in name for name in names(cloud, vault))
    lab = cloud.machine("lab-01")
    cloud.protect(vault, lab)
    assert cloud.get(cloud.item(vault, lab)).body["properties"]["virtualMachineId"] == lab.id


def test_a_second_discovery_is_refused_while_one_runs() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope")
    path = f"{vault}/backupFabrics/Azure/refreshContainers"
    cloud.send("POST", path)
    assert code(cloud.send("POST", path)) == (400, "DiscoveryInProgress")
    cloud.clock.advance(1)
    assert cloud.send("POST", path).status == 202


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("backupManagementType eq 'AzureIaasVM' and friendlyName eq 'WIKI-01'", 1),
        ("backupManagementType eq 'AzureIaasVM' and workloadType eq 'VM'", 6),
        ("backupManagementType eq 'AzureStorage'", 0),
    ],
)
def test_filters(query: str, count: int) -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope")
    cloud.refresh(vault)
    assert len(cloud.values(f"{vault}/backupProtectableItems", query)) == count


def test_a_filter_and_the_azure_fabric_are_required() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope")
    assert code(cloud.get(f"{vault}/backupProtectableItems")) == (400, "BMSUserErrorInvalidInput")
    answer = cloud.send("POST", f"{vault}/backupFabrics/Other/refreshContainers")
    assert code(answer) == (400, "BMSUserErrorInvalidInput")


def test_a_large_region_comes_in_pages_of_two_hundred() -> None:
    cloud = Cloud("fleet:250")
    vault = cloud.vault("rg-fleet-0001", "westeurope")
    cloud.refresh(vault)
    first = cloud.get(f"{vault}/backupProtectableItems", VMS_ONLY).body
    assert len(first["value"]) == 200
    assert len(set(names(cloud, vault))) == 250
