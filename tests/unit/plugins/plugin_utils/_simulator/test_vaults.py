# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import world_files
from ansible_collections.cloudkeep.azure_backup.tests.support.rules import Cloud, code

SKU = {"name": "Standard"}


def new(cloud: Cloud, name: str = "vault-new") -> str:
    return f"{cloud.subscription}/resourceGroups/rg-erp-neu/providers/Microsoft.RecoveryServices/vaults/{name}"


def test_a_vault_is_provisioning_until_its_operation_ends() -> None:
    cloud = Cloud()
    vault = new(cloud)
    answer = cloud.send("PUT", vault, {"location": "North Europe", "sku": SKU, "tags": {"a": "b"}})
    assert (answer.status, answer.body["properties"]["provisioningState"]) == (201, "Provisioning")
    url = answer.headers["Azure-AsyncOperation"]
    assert f"{vault}/operationStatus/" in url and all(f"&{key}=" in url for key in "tcsh")
    assert cloud.get(url).body["status"] == "InProgress"
    assert cloud.settle(answer).body["status"] == "Succeeded"
    body = cloud.get(vault).body
    assert body["properties"]["provisioningState"] == "Succeeded"
    assert (body["location"], body["tags"], body["sku"]) == ("northeurope", {"a": "b"}, SKU)
    settings = body["properties"]["securitySettings"]["softDeleteSettings"]
    assert settings["softDeleteState"] == "AlwaysON" and settings["softDeleteRetentionPeriodInDays"] == 14


def test_putting_a_vault_again_changes_it() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope", "vault-new")
    before = cloud.get(vault).body["etag"]
    cloud.clock.advance(1)
    answer = cloud.send("PUT", vault.upper(), {"location": "northeurope", "sku": SKU, "tags": {"c": "d"}})
    assert (answer.status, answer.body["tags"]) == (200, {"c": "d"})
    assert answer.body["etag"] != before
    moved = cloud.send("PUT", vault, {"location": "westeurope", "sku": SKU})
    assert code(moved) == (409, "InvalidResourceLocation")


def test_a_patch_changes_tags_and_leaves_the_rest() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope", "vault-new")
    assert cloud.send("PATCH", vault, {"tags": {"x": "y"}}).body["tags"] == {"x": "y"}
    cloud.send("PATCH", vault, {"properties": {"publicNetworkAccess": "Disabled"}})
    body = cloud.get(vault).body
    assert (body["tags"], body["properties"]["publicNetworkAccess"]) == ({"x": "y"}, "Disabled")


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("vault-new", {"sku": SKU}, (400, "LocationRequired")),
        ("vault-new", {"location": "westeurope"}, (400, "InvalidRequestContent")),
        ("1vault", {"location": "westeurope", "sku": SKU}, (400, "InvalidResourceName")),
    ],
)
def test_a_wrong_vault_is_refused(name: str, body: dict[str, object], expected: tuple[int, str]) -> None:
    cloud = Cloud()
    assert code(cloud.send("PUT", new(cloud, name), body)) == expected
    assert cloud.get(new(cloud, name)).status == 404


def test_soft_delete_that_is_always_on_stays_on() -> None:
    cloud = Cloud()
    vault = new(cloud)
    off = {"securitySettings": {"softDeleteSettings": {"softDeleteState": "Disabled"}}}
    expected = (400, "BMSUserErrorDisablingSoftDeleteStateNotAllowed")
    assert code(cloud.send("PUT", vault, {"location": "northeurope", "sku": SKU, "properties": off})) == expected
    assert cloud.get(vault).status == 404
    vault = cloud.vault("rg-erp-neu", "northeurope", "vault-new")
    config = f"{vault}/backupconfig/vaultconfig"
    body = {"properties": {"enhancedSecurityState": "Disabled", "softDeleteFeatureState": "Disabled"}}
    assert code(cloud.send("PATCH", config, body)) == expected
    assert cloud.get(config).body["properties"]["softDeleteFeatureState"] == "AlwaysON"


def test_soft_delete_that_is_not_always_on_can_be_switched_off() -> None:
    cloud = Cloud(text=world_files.EXAMPLE)
    vault = f"{cloud.subscription}/resourceGroups/rg-shop/providers/Microsoft.RecoveryServices/vaults/vault-shop"
    config = f"{vault}/backupconfig/vaultconfig"
    assert cloud.get(config).body["properties"]["isSoftDeleteFeatureStateEditable"] is True
    cloud.send("PATCH", config, {"properties": {"softDeleteFeatureState": "Disabled"}})
    assert cloud.get(config).body["properties"]["softDeleteFeatureState"] == "Disabled"


def test_storage_is_locked_once_something_is_registered() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope")
    storage = f"{vault}/backupstorageconfig/vaultstorageconfig"
    body = {"properties": {"storageModelType": "LocallyRedundant"}}
    assert cloud.send("PATCH", storage, body).status == 204
    assert cloud.get(storage).body["properties"]["storageTypeState"] == "Unlocked"
    cloud.protect(vault, cloud.machine("wiki-01"))
    properties = cloud.get(storage).body["properties"]
    assert (properties["storageModelType"], properties["storageTypeState"]) == ("LocallyRedundant", "Locked")
    body = {"properties": {"storageModelType": "GeoRedundant"}}
    assert code(cloud.send("PUT", storage, body)) == (400, "InvalidRestApiParameter")


def test_lists_by_group_and_subscription() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope")
    provider = "/providers/Microsoft.RecoveryServices/vaults"
    assert [one["id"] for one in cloud.values(f"{cloud.subscription}/resourceGroups/rg-erp-neu{provider}")] == [vault]
    assert {one["name"] for one in cloud.values(cloud.subscription + provider)} == {"test-vault", "legacy-vault"}
    assert cloud.get(f"{vault}/backupResourceGuardProxies").body == {"value": []}


def test_an_empty_vault_is_deleted_and_its_operation_outlives_it() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope")
    answer = cloud.send("DELETE", vault)
    assert answer.status == 202 and {"Location", "Azure-AsyncOperation", "Retry-After"} <= set(answer.headers)
    assert cloud.get(answer.headers["Location"]).status == 202
    assert cloud.settle(answer).body["status"] == "Succeeded"
    assert code(cloud.get(vault)) == (404, "ResourceNotFound")
    assert code(cloud.get(answer.headers["Location"])) == (404, "ResourceNotFound")
    assert cloud.send("DELETE", vault).status == 204


def test_a_vault_that_holds_something_is_not_deleted() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope")
    item = cloud.protect(vault, cloud.machine("wiki-01"))
    refused = cloud.send("DELETE", vault)
    assert code(refused) == (400, "ServiceResourceNotEmptyWithContainerDetails")
    assert "IaasVMContainer;iaasvmcontainerv2;rg-intranet-neu;wiki-01" in refused.body["error"]["message"]
    cloud.settle(cloud.send("DELETE", item))
    assert code(cloud.send("DELETE", vault)) == (400, "ServiceResourceNotEmptyWithBackendMessage")
    cloud.clock.advance(15 * 86400)
    assert cloud.send("DELETE", vault).status == 202


def test_a_reset_brings_the_first_world_back() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope")
    cloud.azure.reset()
    assert cloud.get(vault).status == 404
    listed = cloud.values(f"{cloud.subscription}/providers/Microsoft.RecoveryServices/vaults")
    assert [one["name"] for one in listed] == ["legacy-vault"]


def test_a_vault_that_is_about_to_hold_something_is_not_deleted() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope")
    machine = cloud.machine("wiki-01")
    cloud.put_item(vault, machine, policyId=f"{vault}/backupPolicies/DefaultPolicy")
    assert code(cloud.send("DELETE", vault)) == (400, "ServiceResourceNotEmptyWithContainerDetails")
    expected = (400, "BMSUserErrorConflictingProtectionOperation")
    assert code(cloud.send("DELETE", cloud.item(vault, machine))) == expected


def test_a_vault_that_is_being_made_takes_no_other_write() -> None:
    cloud = Cloud()
    vault = new(cloud)
    body = {"location": "northeurope", "sku": SKU}
    answer = cloud.send("PUT", vault, body)
    assert code(cloud.send("PUT", vault.upper(), body)) == (409, "AnotherOperationInProgress")
    assert code(cloud.send("PATCH", vault, {"tags": {"a": "b"}})) == (409, "AnotherOperationInProgress")
    cloud.settle(answer)
    assert cloud.send("PUT", vault, body).status == 200
