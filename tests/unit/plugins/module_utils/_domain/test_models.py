# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime as dt
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import (
    ids,
    job_models,
    models,
)
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies

UTC = dt.timezone.utc
# A protected item as of 2017: upper-case Subscriptions, no soft delete, no policy name, never backed up.
ITEM_2017 = {
    "id": "/Subscriptions/6c1a7d2e/resourceGroups/RG/providers/Microsoft.RecoveryServices/vaults/V/backupFabrics/Azure"
    "/protectionContainers/IaasVMContainer;iaasvmcontainerv2;rg;vm/protectedItems/VM;iaasvmcontainerv2;rg;vm",
    "name": "VM;iaasvmcontainerv2;rg;vm",
    "properties": {
        "friendlyName": "vm",
        "virtualMachineId": bodies.vm_id("vm", "rg"),
        "protectionStatus": "Healthy",
        "protectionState": "IRPending",
        "lastBackupStatus": "",
        "lastBackupTime": "2001-01-01T00:00:00Z",
        "extendedInfo": {"recoveryPointCount": 0, "policyInconsistent": False},
        "protectedItemType": "Microsoft.Compute/virtualMachines",
        "backupManagementType": "AzureIaasVM",
        "containerName": "iaasvmcontainerv2;rg;vm",
        "sourceResourceId": bodies.vm_id("vm", "rg"),
        "policyId": "/Subscriptions/6c1a7d2e/resourceGroups/RG/providers/Microsoft.RecoveryServices/vaults/V"
        "/backupPolicies/P",
    },
}


def test_a_machine_from_a_list() -> None:
    vm = models.VirtualMachine.from_wire(
        bodies.machine("Web-01", "RG-WEB", location="West Europe", tags={"env": "prod"})
    )
    assert vm.id == ids.VmId(bodies.SUBSCRIPTION, "RG-WEB", "Web-01")
    assert (vm.location, vm.tags, vm.size, vm.os_type) == ("westeurope", {"env": "prod"}, "Standard_B2s", "Linux")
    assert vm.provisioning_state == "Succeeded"
    assert vm.power_state is vm.agent_status is None


def test_a_machine_with_its_instance_view() -> None:
    view = {
        "vmAgent": {
            "vmAgentVersion": "2.7",
            "statuses": [{"code": "ProvisioningState/succeeded", "displayStatus": "Ready"}],
        },
        "statuses": [{"code": "ProvisioningState/succeeded"}, {"code": "PowerState/deallocated"}],
    }
    vm = models.VirtualMachine.from_wire(bodies.machine(properties={"instanceView": view}))
    assert (vm.power_state, vm.agent_status) == ("deallocated", "Ready")


@pytest.mark.parametrize("view", [None, {}, {"vmAgent": None, "statuses": None}, {"vmAgent": {"statuses": []}}])
def test_an_instance_view_that_says_nothing(view: dict[str, t.Any] | None) -> None:
    vm = models.VirtualMachine.from_wire(bodies.machine(properties={"instanceView": view}))
    assert vm.power_state is vm.agent_status is None


def test_a_machine_of_which_little_is_told() -> None:
    vm = models.VirtualMachine.from_wire({"id": bodies.vm_id("x"), "location": "westeurope", "tags": None})
    assert (vm.tags, vm.size, vm.os_type, vm.provisioning_state) == ({}, None, None, None)


def test_vaults_of_2017_and_2025() -> None:
    old = {
        "location": "southeastasia",
        "name": "NAME",
        "etag": "W/\"datetime'2017-10-19T07%3A10%3A08.7066813Z'\"",
        "properties": {"provisioningState": "Succeeded"},
        "id": bodies.VAULT.replace("/subscriptions/", "/Subscriptions/").replace("/vaults/", "/Vaults/"),
        "sku": {"name": "Standard"},
    }
    vault, newer = models.Vault.from_wire(old), models.Vault.from_wire(bodies.vault(tags={"a": "b"}))
    assert vault.id.key == newer.id.key
    assert (vault.tags, newer.tags) == ({}, {"a": "b"})
    assert vault.sku == newer.sku == "Standard"
    assert newer.properties["publicNetworkAccess"] == "Enabled"


def test_policies_of_2017_and_2025() -> None:
    old = models.Policy.from_wire({"id": "x/P", "name": "P", "properties": {"backupManagementType": "AzureIaasVM"}})
    new = models.Policy.from_wire(bodies.policy("E", policyType="V2", protectedItemsCount=7))
    assert (old.policy_type, old.protected_items_count) == ("V1", 0)
    assert (new.policy_type, new.protected_items_count) == ("V2", 7)
    assert old.protects_virtual_machines
    assert new.protects_virtual_machines
    assert not models.Policy.from_wire(bodies.policy(backupManagementType="AzureWorkload")).protects_virtual_machines


def test_an_item_of_2017() -> None:
    item = models.ProtectedItem.from_wire(ITEM_2017)
    assert item.policy_name == "P"
    assert (item.last_backup_status, item.last_backup_time, item.last_recovery_point) == (None, None, None)
    assert item.health_status is None
    assert not item.soft_deleted
    assert item.deleted_permanently_at is None
    assert item.vault_id.name == "V"


def test_an_item_of_2025() -> None:
    item = models.ProtectedItem.from_wire(bodies.item())
    assert item.last_backup_time == dt.datetime(2026, 3, 1, 18, 0, 12, 123456, tzinfo=UTC)
    assert (item.policy_name, item.protection_state, item.health_status) == ("DefaultPolicy", "Protected", "Passed")
    assert item.container_name == "iaasvmcontainerv2;rg-web;web-01"
    assert item.vault_id == ids.VaultId.parse(bodies.VAULT)


def test_a_soft_deleted_item() -> None:
    item = models.ProtectedItem.from_wire(bodies.item(**bodies.SOFT_DELETED))
    assert item.soft_deleted
    assert item.policy_id == item.policy_name == ""
    assert item.deleted_permanently_at == dt.datetime(2026, 3, 15, 9, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days_ago", "remaining", "kept_for"),
    [
        (0, "13.23:59:43.8068908", 14),
        (12, "1.23:59:50", 14),
        (12, "2.00:00:07.1", 14),
        (29, "00:30:00", 29),
        (3, "27.00:00:00", 30),
    ],
)
def test_the_deadline_is_counted_in_whole_days_from_the_deletion(days_ago: int, remaining: str, kept_for: int) -> None:
    deleted = dt.datetime(2026, 3, 1, 9, 0, 0, 123456, tzinfo=UTC)
    body = bodies.item(**{**bodies.SOFT_DELETED, "deferredDeleteTimeRemaining": remaining})
    item = models.ProtectedItem.from_wire(body, deleted + dt.timedelta(days=days_ago, seconds=10))
    assert item.deleted_permanently_at == deleted + dt.timedelta(days=kept_for)


def test_without_a_countdown_the_retention_period_of_the_item_counts() -> None:
    body = bodies.item(**{**bodies.SOFT_DELETED, "deferredDeleteTimeRemaining": None, "softDeleteRetentionPeriod": 30})
    deadline = models.ProtectedItem.from_wire(body, dt.datetime(2026, 3, 2, tzinfo=UTC)).deleted_permanently_at
    assert deadline == dt.datetime(2026, 3, 31, 9, 0, 0, 123456, tzinfo=UTC)


def test_an_item_without_the_machines_id_has_its_source() -> None:
    assert models.ProtectedItem.from_wire(bodies.item(virtualMachineId=None)).virtual_machine_id == bodies.vm_id(
        "web-01"
    )


def test_protectable_items_and_containers() -> None:
    item = models.ProtectableItem.from_wire(bodies.protectable("Web-01", "RG-Web"))
    assert (item.name, item.friendly_name, item.resource_group) == (
        "iaasvmcontainerv2;rg-web;web-01",
        "Web-01",
        "RG-Web",
    )
    assert item.virtual_machine_version == "Compute"
    container = models.Container.from_wire(bodies.container(registrationStatus="SoftDeleted"))
    assert (container.registration_status, container.virtual_machine_id) == ("SoftDeleted", bodies.vm_id("web-01"))


JOB_ID = "8e5d3bd4-0d3a-4b3e-9b1a-0f2f3b1f3a11"


def test_a_job_that_failed() -> None:
    error = {
        "errorCode": 400249,
        "errorTitle": "UserErrorBackupOperationInProgress",
        "errorString": "Unable to initiate backup as another backup operation is currently in progress.",
        "recommendations": ["Wait", "Try again"],
    }
    job = job_models.Job.from_wire(bodies.job(JOB_ID, status="Failed", errorDetails=[error]))
    assert job.ended
    assert not job.succeeded
    assert job.errors[0].code == 400249
    assert job.errors[0].recommendations == ("Wait", "Try again")


def test_a_job_that_runs_with_its_details() -> None:
    body = bodies.job(
        JOB_ID,
        status="InProgress",
        endTime="0001-01-01T00:00:00",
        actionsInfo=["Cancellable"],
        extendedInfo={
            "tasksList": [
                {"taskId": "Take Snapshot", "duration": "PT1M", "status": "Completed"},
                {"taskId": "Transfer data to vault", "duration": "PT0S", "status": "InProgress"},
            ],
            "propertyBag": {"VM Name": "web-01", "Recovery point time ": "10/19/2017 7:11:28 AM"},
        },
    )
    job = job_models.Job.from_wire(body)
    assert not job.ended
    assert job.end_time is None
    assert [(task.name, task.status, task.duration_seconds) for task in job.tasks] == [
        ("Take Snapshot", "Completed", 60.0),
        ("Transfer data to vault", "InProgress", 0.0),
    ]
    assert job.property_bag["VM Name"] == "web-01"


@pytest.mark.parametrize(
    ("actions", "cancellable"),
    [([1], True), (["Cancellable"], True), ([], False), (None, False), (["Retriable"], False)],
)
def test_what_can_be_cancelled(actions: list[t.Any] | None, cancellable: bool) -> None:
    assert job_models.Job.from_wire(bodies.job(JOB_ID, actionsInfo=actions)).cancellable is cancellable


@pytest.mark.parametrize(
    ("status", "ended", "succeeded"),
    [
        ("InProgress", False, False),
        ("Cancelling", False, False),
        ("Completed", True, True),
        ("CompletedWithWarnings", True, True),
        ("Failed", True, False),
        ("Cancelled", True, False),
    ],
)
def test_where_a_job_stands(status: str, ended: bool, succeeded: bool) -> None:
    job = job_models.Job.from_wire(bodies.job(JOB_ID, status=status))
    assert (job.ended, job.succeeded) == (ended, succeeded)


OURS = ids.VaultId.parse(bodies.VAULT)
OTHER = bodies.VAULT + "-other"


@pytest.mark.parametrize(
    ("body", "held", "elsewhere"),
    [
        (None, False, None),
        ({}, False, None),
        ({"protectionStatus": "NotProtected"}, False, None),
        ({"protectionStatus": "NotProtected", "vaultId": OTHER}, False, None),
        ({"protectionStatus": "Protected", "vaultId": bodies.VAULT}, True, None),
        ({"protectionStatus": "Protecting", "vaultId": bodies.VAULT.upper()}, True, None),
        ({"protectionStatus": "ProtectionFailed", "vaultId": bodies.VAULT}, False, None),
        ({"protectionStatus": "Protected", "vaultId": OTHER}, False, OTHER),
        ({"protectionStatus": "ProtectionFailed", "vaultId": OTHER}, False, OTHER),
        ({"protectionStatus": "Protected", "vaultId": ""}, False, None),
    ],
)
def test_which_vault_a_backup_status_names(body: dict[str, str] | None, held: bool, elsewhere: str | None) -> None:
    status = models.BackupStatus.from_wire(body)
    assert status.held_by(OURS) is held
    assert status.other_than(OURS) == elsewhere


@pytest.mark.parametrize(
    ("status", "succeeded"), [("Succeeded", True), ("succeeded", True), ("Failed", False), (None, False)]
)
def test_validations(status: str | None, succeeded: bool) -> None:
    assert models.Validation.from_wire({"status": status, "errorCode": "x"}).succeeded is succeeded


@pytest.mark.parametrize(
    ("status", "ended", "succeeded"),
    [
        ("InProgress", False, False),
        ("Succeeded", True, True),
        ("Failed", True, False),
        ("Canceled", True, False),
        ("Cancelled", True, False),
        ("", False, False),
    ],
)
def test_where_an_operation_stands(status: str, ended: bool, succeeded: bool) -> None:
    operation = job_models.OperationStatus.from_wire({"id": "op", "status": status, "endTime": "0001-01-01T00:00:00"})
    assert (operation.ended, operation.succeeded, operation.job_id) == (ended, succeeded, None)


def test_an_operation_names_its_job_or_its_error() -> None:
    done = {
        "id": "op",
        "status": "Succeeded",
        "properties": {"objectType": "OperationStatusJobExtendedInfo", "jobId": JOB_ID},
    }
    assert job_models.OperationStatus.from_wire(done).job_id == JOB_ID
    failed = job_models.OperationStatus.from_wire(
        {"id": "op", "status": "Failed", "error": {"code": "C", "message": "m"}}
    )
    assert (failed.error_code, failed.error_message) == ("C", "m")


READERS: list[tuple[t.Callable[[t.Any], t.Any], dict[str, t.Any]]] = [
    (models.VirtualMachine.from_wire, bodies.machine()),
    (models.Vault.from_wire, bodies.vault()),
    (models.Policy.from_wire, bodies.policy()),
    (models.ProtectedItem.from_wire, bodies.item()),
    (models.ProtectableItem.from_wire, bodies.protectable()),
    (models.Container.from_wire, bodies.container()),
    (job_models.Job.from_wire, bodies.job(JOB_ID)),
]


@given(st.data())
def test_any_property_may_be_left_out(data: st.DataObject) -> None:
    read, body = data.draw(st.sampled_from(READERS))
    left_out = data.draw(st.sets(st.sampled_from(sorted(body["properties"]))))
    less = {**body, "properties": {key: value for key, value in body["properties"].items() if key not in left_out}}
    assert read(less).id == read(body).id
