# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import world_files
from ansible_collections.cloudkeep.azure_backup.tests.support.rules import VMS_ONLY, Cloud, code


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def vault(cloud: Cloud) -> str:
    return cloud.vault("rg-erp-neu", "northeurope")


def properties(cloud: Cloud, item: str) -> dict[str, t.Any]:
    answer = cloud.get(item)
    assert answer.status == 200, answer
    return t.cast("dict[str, t.Any]", answer.body["properties"])


def newest_job(cloud: Cloud, vault: str) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", cloud.values(f"{vault}/backupJobs")[0]["properties"])


def test_protecting_without_discovery_makes_an_item_that_waits_for_its_first_backup(cloud: Cloud, vault: str) -> None:
    machine = cloud.machine("ERP-APP-01")
    answer = cloud.put_item(vault, machine, policyId=f"{vault}/backupPolicies/DefaultPolicy")
    assert answer.status == 202
    item = cloud.item(vault, machine)
    assert f"{item}/operationsStatus/" in answer.headers["Azure-AsyncOperation"]
    assert f"{item}/operationResults/" in answer.headers["Location"]
    assert cloud.get(answer.headers["Location"]).body == {}
    assert code(cloud.get(item)) == (404, "BMSUserErrorDataSourceObjectNotFound")
    status = cloud.settle(answer).body
    assert status["properties"]["jobId"] != status["id"] == status["name"]
    result = cloud.get(answer.headers["Location"])
    assert (result.status, result.body) == (200, cloud.get(item).body)
    body = result.body
    assert body["name"] == "VM;iaasvmcontainerv2;rg-erp-neu;erp-app-01"
    containers = f"{vault}/backupFabrics/Azure/protectionContainers"
    container = "IaasVMContainer;iaasvmcontainerv2;rg-erp-neu;erp-app-01"
    assert body["id"] == f"{containers}/{container}/protectedItems/{body['name']}"
    expected = {
        "friendlyName": "ERP-APP-01",
        "protectionState": "IRPending",
        "lastBackupStatus": "",
        "lastBackupTime": "2001-01-01T00:00:00Z",
        "extendedInfo": {"recoveryPointCount": 0, "policyInconsistent": False},
        "containerName": "iaasvmcontainerv2;rg-erp-neu;erp-app-01",
        "policyId": f"{vault}/backupPolicies/DefaultPolicy",
        "policyName": "DefaultPolicy",
        "sourceResourceId": machine.id,
    }
    assert expected.items() <= body["properties"].items()
    assert "lastRecoveryPoint" not in body["properties"] and "healthDetails" not in body["properties"]


def test_the_job_carries_the_request_id_of_the_call(cloud: Cloud, vault: str) -> None:
    policy = f"{vault}/backupPolicies/DefaultPolicy"
    answer = cloud.put_item(vault, cloud.machine("wiki-01"), request_id="mine", policyId=policy)
    job = newest_job(cloud, vault)
    assert (job["operation"], job["status"], job["activityId"]) == ("ConfigureBackup", "InProgress", "mine")
    assert "endTime" not in job and "actionsInfo" not in job
    cloud.settle(answer)
    assert newest_job(cloud, vault)["status"] == "Completed"


def test_names_are_taken_in_any_case_and_urls_keep_the_callers(cloud: Cloud, vault: str) -> None:
    machine = cloud.machine("wiki-01")
    path = cloud.item(vault, machine).replace("iaasvmcontainer;", "IaasVMContainer;").replace("/vm;", "/VM;")
    body = {
        "protectedItemType": "Microsoft.Compute/virtualMachines",
        "sourceResourceId": machine.id.upper(),
        "policyId": f"{vault}/backupPolicies/DEFAULTPOLICY",
    }
    answer = cloud.send("PUT", path.replace(";", "%3B"), {"properties": body})
    assert "/IaasVMContainer;iaasvmcontainerv2;" in answer.headers["Location"]
    cloud.settle(answer)
    assert properties(cloud, path.upper())["virtualMachineId"] == machine.id


def test_a_classic_machine_can_be_protected(cloud: Cloud, vault: str) -> None:
    item = cloud.protect(vault, cloud.machine("fax-01"))
    assert cloud.get(item).body["name"] == "VM;iaasvmcontainer;contoso-fax;fax-01"
    assert properties(cloud, item)["protectedItemType"] == "Microsoft.ClassicCompute/virtualMachines"


def test_another_policy_replaces_the_first(cloud: Cloud, vault: str) -> None:
    machine = cloud.machine("wiki-01")
    item = cloud.protect(vault, machine)
    cloud.protect(vault, machine, "EnhancedPolicy")
    changed = properties(cloud, item)
    assert (changed["policyName"], changed["policyType"]) == ("EnhancedPolicy", "V2")
    assert newest_job(cloud, vault)["operation"] == "ConfigureBackup"
    assert len(cloud.values(f"{vault}/backupProtectedItems")) == 1


def test_an_enhanced_policy_is_never_followed_by_a_standard_one(cloud: Cloud, vault: str) -> None:
    machine = cloud.machine("wiki-01")
    cloud.protect(vault, machine, "EnhancedPolicy")
    back = cloud.put_item(vault, machine, policyId=f"{vault}/backupPolicies/DefaultPolicy")
    assert code(back) == (400, "BMSUserErrorInvalidConfigureProtectionRequest")


def test_a_soft_deleted_item_tells_when_it_was_deleted_and_how_long_it_stays(cloud: Cloud, vault: str) -> None:
    item = cloud.protect(vault, cloud.machine("wiki-01"))
    cloud.settle(cloud.send("DELETE", item))
    shown = properties(cloud, item)
    assert shown["deferredDeleteTimeInUTC"] == newest_job(cloud, vault)["startTime"]
    assert shown["softDeleteRetentionPeriod"] == 14


def test_stop_keeps_the_points_and_resume_brings_the_state_back(cloud: Cloud, vault: str) -> None:
    machine = cloud.machine("wiki-01")
    item = cloud.protect(vault, machine)
    cloud.back_up(item)
    cloud.clock.advance(5)
    cloud.settle(cloud.put_item(vault, machine, protectionState="ProtectionStopped", policyId=""))
    stopped = properties(cloud, item)
    assert (stopped["protectionState"], stopped["policyId"], stopped["policyName"]) == ("ProtectionStopped", "", "")
    assert newest_job(cloud, vault)["operation"] == "DisableBackup"
    assert len(cloud.values(f"{item}/recoveryPoints")) == 1
    assert code(cloud.back_up(item)) == (400, "BMSUserErrorInvalidInput")
    cloud.protect(vault, machine)
    assert properties(cloud, item)["protectionState"] == "Protected"


def test_delete_is_soft_and_followed_at_the_vault(cloud: Cloud, vault: str) -> None:
    machine = cloud.machine("wiki-01")
    item = cloud.protect(vault, machine)
    answer = cloud.send("DELETE", item)
    assert f"{vault}/backupOperations/" in answer.headers["Azure-AsyncOperation"]
    assert f"{vault}/backupOperationResults/" in answer.headers["Location"]
    assert cloud.get(answer.headers["Location"]).status == 202
    job_id = cloud.settle(answer).body["properties"]["jobId"]
    assert cloud.get(answer.headers["Location"]).status == 204
    job = cloud.get(f"{vault}/backupJobs/{job_id}").body["properties"]
    assert job["operation"] == "DeleteBackupData"
    assert job["extendedInfo"]["propertyBag"] == {"VM Name": "wiki-01", "Number of Recovery Points": "0"}
    deleted = properties(cloud, item)
    assert (deleted["protectionState"], deleted["policyId"]) == ("ProtectionStopped", "")
    assert deleted["isScheduledForDeferredDelete"] is True
    assert deleted["deferredDeleteTimeRemaining"].startswith("13.23:59:5")
    cloud.refresh(vault)
    listed = cloud.values(f"{vault}/backupProtectableItems", VMS_ONLY)
    assert machine.id not in [one["properties"]["virtualMachineId"] for one in listed]
    cloud.clock.advance(14 * 86400)
    assert cloud.get(item).status == 404
    listed = cloud.values(f"{vault}/backupProtectableItems", VMS_ONLY)
    assert machine.id in [one["properties"]["virtualMachineId"] for one in listed]


def test_a_soft_deleted_item_is_undeleted_before_anything_else(cloud: Cloud, vault: str) -> None:
    machine = cloud.machine("wiki-01")
    item = cloud.protect(vault, machine)
    cloud.settle(cloud.send("DELETE", item))
    policy = f"{vault}/backupPolicies/DefaultPolicy"
    refused = (400, "BMSUserErrorInvalidConfigureProtectionRequest")
    assert code(cloud.put_item(vault, machine, policyId=policy)) == refused
    assert cloud.send("DELETE", item).status == 400
    body = {"protectedItemType": "Microsoft.Compute/virtualMachines", "isRehydrate": True}
    cloud.settle(cloud.send("PUT", item, {"properties": body}))
    back = properties(cloud, item)
    assert back["protectionState"] == "ProtectionStopped" and "isScheduledForDeferredDelete" not in back
    assert newest_job(cloud, vault)["operation"] == "Undelete"
    assert code(cloud.put_item(vault, machine, isRehydrate=True)) == refused
    cloud.protect(vault, machine)
    cloud.clock.advance(20 * 86400)
    assert properties(cloud, item)["policyName"] == "DefaultPolicy"


def test_without_soft_delete_an_item_is_gone_at_once() -> None:
    cloud = Cloud(text=world_files.EXAMPLE.replace("soft_delete: Enabled", "soft_delete: Disabled"))
    vault = next(iter(cloud.azure.state.vaults.values())).id
    item = cloud.item(vault, cloud.machine("shop-web-01"))
    cloud.settle(cloud.send("DELETE", item))
    assert code(cloud.get(item)) == (404, "BMSUserErrorDataSourceObjectNotFound")
    assert cloud.values(f"{vault}/backupProtectionContainers", VMS_ONLY) == []
    assert cloud.send("DELETE", item).status == 204


def test_a_machine_does_not_take_over_the_item_of_another_subscriptions_namesake() -> None:
    group = "{name: RG-Shop, location: westeurope, virtual_machines: [{name: shop-web-01}]}"
    cloud = Cloud(text=world_files.EXAMPLE + f"    resource_groups: [{group}]\n")
    vault = next(iter(cloud.azure.state.vaults.values())).id
    ours = cloud.machine("shop-web-01", "rg-shop")
    before = properties(cloud, cloud.item(vault, ours))
    namesake = cloud.machine("shop-web-01", "RG-Shop")
    answer = cloud.put_item(vault, namesake, policyId=f"{vault}/backupPolicies/DefaultPolicy")
    assert code(answer) == (400, "BMSUserErrorInvalidConfigureProtectionRequest")
    assert properties(cloud, cloud.item(vault, ours)) == before


def refusals(cloud: Cloud, vault: str) -> dict[str, tuple[dict[str, t.Any], str]]:
    policy = f"{vault}/backupPolicies/DefaultPolicy"
    other = policy.replace("test-vault", "legacy-vault")
    return {
        "unknown policy": (
            {"policyId": f"{vault}/backupPolicies/none"},
            "BMSUserErrorInvalidConfigureProtectionRequest",
        ),
        "no policy": ({}, "BMSUserErrorInvalidConfigureProtectionRequest"),
        "policy of another vault": ({"policyId": other}, "BMSUserErrorInvalidConfigureProtectionRequest"),
        "policy of another workload": (
            {"policyId": f"{vault}/backupPolicies/HourlyLogBackup"},
            "BMSUserErrorInvalidPolicyForGivenProvider",
        ),
        "no machine id": ({"policyId": policy, "sourceResourceId": "wiki-01"}, "BMSUserErrorInvalidSourceResourceId"),
        "another machine": (
            {"policyId": policy, "sourceResourceId": cloud.machine("dc-01").id},
            "BMSUserErrorInvalidConfigureProtectionRequest",
        ),
        "wrong type": ({"policyId": policy, "protectedItemType": "AzureFileShare"}, "BMSUserErrorInvalidInput"),
        "suspend": ({"protectionState": "BackupsSuspended"}, "UserErrorOperationDeniedOnImmutableItem"),
    }


@pytest.mark.parametrize("case", list(refusals(Cloud(), "")))
def test_refused_at_once(cloud: Cloud, vault: str, case: str) -> None:
    body, expected = refusals(cloud, vault)[case]
    assert code(cloud.put_item(vault, cloud.machine("wiki-01"), **body)) == (400, expected)
    assert cloud.values(f"{vault}/backupJobs") == []


def test_a_machine_of_another_region_or_none_is_refused(cloud: Cloud, vault: str) -> None:
    policy = f"{vault}/backupPolicies/DefaultPolicy"
    answer = cloud.put_item(vault, cloud.machine("web-02"), policyId=policy)
    assert code(answer) == (400, "UserErrorVmVaultLocationMismatch")
    assert answer.body["error"]["message"] == "Virtual machine and vault are in different region"
    missing = cloud.item(vault, cloud.machine("wiki-01")).replace("wiki-01", "wiki-99")
    body = {
        "protectedItemType": "Microsoft.Compute/virtualMachines",
        "sourceResourceId": cloud.machine("wiki-01").id.replace("wiki-01", "wiki-99"),
        "policyId": policy,
    }
    answer = cloud.send("PUT", missing, {"properties": body})
    assert code(answer) == (400, "BMSUserErrorInvalidConfigureProtectionRequest")


@pytest.mark.parametrize(
    ("container", "item", "expected"),
    [
        ("wiki-01", "vm;iaasvmcontainerv2;g;wiki-01", "BMSUserErrorContainerNameIncorrectFormat"),
        ("iaasvmcontainer;iaasvmcontainerv2;g;wiki-01", "wiki-01", "BMSUserErrorProtectedItemNameIncorrectFormat"),
        (
            "iaasvmcontainer;iaasvmcontainerv2;g;wiki-01",
            "vm;iaasvmcontainerv2;g;wiki-02",
            "BMSUserErrorInvalidConfigureProtectionRequest",
        ),
    ],
)
def test_names_in_the_wrong_form(cloud: Cloud, vault: str, container: str, item: str, expected: str) -> None:
    path = f"{vault}/backupFabrics/Azure/protectionContainers/{container}/protectedItems/{item}"
    assert code(cloud.get(path)) == (400, expected)


def test_two_changes_of_one_item_do_not_overlap(cloud: Cloud, vault: str) -> None:
    machine = cloud.machine("wiki-01")
    policy = f"{vault}/backupPolicies/DefaultPolicy"
    first = cloud.put_item(vault, machine, policyId=policy)
    expected = (400, "BMSUserErrorConflictingProtectionOperation")
    assert code(cloud.put_item(vault, machine, policyId=policy)) == expected
    cloud.settle(first)
    assert cloud.put_item(vault, machine, policyId=policy).status == 202


def failed_job(cloud: Cloud, vault: str, machine: str) -> dict[str, t.Any]:
    policy = f"{vault}/backupPolicies/DefaultPolicy"
    status = cloud.settle(cloud.put_item(vault, cloud.machine(machine), policyId=policy)).body
    assert status["status"] == "Succeeded"
    job = cloud.get(f"{vault}/backupJobs/{status['properties']['jobId']}").body["properties"]
    assert (job["status"], job["operation"]) == ("Failed", "ConfigureBackup")
    assert cloud.get(cloud.item(vault, cloud.machine(machine))).status == 404
    (error,) = job["errorDetails"]
    assert isinstance(error["errorCode"], int) and error["recommendations"]
    return t.cast("dict[str, t.Any]", error)


def test_a_machine_that_another_vault_holds_fails_in_its_job(cloud: Cloud) -> None:
    vault = cloud.vault("rg-shop-weu", "westeurope")
    for name in ("billing-01", "archive-01"):
        error = failed_job(cloud, vault, name)
        assert error["errorString"].startswith("Virtual machine is already registered\\registering with another")


def test_a_machine_that_failed_to_provision_fails_in_its_job(cloud: Cloud) -> None:
    vault = cloud.vault("rg-shop-weu", "westeurope")
    error = failed_job(cloud, vault, "image-build-01")
    assert error["errorTitle"] == "UserErrorVmProvisioningStateFailed"
    assert error["errorString"] == "VM is in Failed Provisioning State"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        (None, 2),
        (f"{VMS_ONLY} and itemType eq 'VM'", 2),
        (f"{VMS_ONLY} and itemType eq 'VM' and policyName eq 'enhancedpolicy'", 1),
        ("friendlyName eq 'DC-01'", 1),
        ("containerName eq 'iaasvmcontainerv2;rg-intranet-neu;wiki-01'", 1),
        ("itemType eq 'SQLDataBase'", 0),
    ],
)
def test_list_filters(cloud: Cloud, vault: str, query: str | None, count: int) -> None:
    cloud.protect(vault, cloud.machine("wiki-01"))
    cloud.protect(vault, cloud.machine("dc-01"), "EnhancedPolicy")
    found = cloud.values(f"{vault}/backupProtectedItems", query)
    assert len(found) == count
    assert not any("extendedInfo" in one["properties"] for one in found)


def test_an_item_can_be_read_with_the_expand_filter(cloud: Cloud, vault: str) -> None:
    item = cloud.protect(vault, cloud.machine("wiki-01"))
    assert "extendedInfo" in cloud.get(item, "expand eq 'extendedInfo'").body["properties"]
    assert code(cloud.get(f"{vault}/backupProtectedItems", "healthState eq 'Passed'")) == (501, "NotModelled")


FULL = """
capacity: {machines_per_vault: 2}
subscriptions:
  - name: One
    resource_groups:
      - name: rg
        location: westeurope
        virtual_machines: [{name: a}, {name: b}, {name: c}]
"""


def test_a_vault_takes_so_many_machines_and_no_more() -> None:
    cloud = Cloud(text=FULL)
    vault = cloud.vault("rg", "westeurope")
    default = f"{vault}/backupPolicies/DefaultPolicy"
    item = cloud.protect(vault, cloud.machine("a"))
    coming = cloud.put_item(vault, cloud.machine("b"), policyId=default)
    # One that is on its way takes its place already.
    assert code(cloud.put_item(vault, cloud.machine("c"), policyId=default)) == (
        400,
        "UserErrorProtectionQuotaExceeded",
    )
    cloud.settle(coming)
    assert code(cloud.put_item(vault, cloud.machine("c"), policyId=default)) == (
        400,
        "UserErrorProtectionQuotaExceeded",
    )
    # What is there can be changed, and keeps its place while soft delete keeps it.
    assert cloud.put_item(vault, cloud.machine("b"), policyId=default).status == 202
    cloud.settle(cloud.send("DELETE", item))
    assert code(cloud.put_item(vault, cloud.machine("c"), policyId=default)) == (
        400,
        "UserErrorProtectionQuotaExceeded",
    )
