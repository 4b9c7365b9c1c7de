# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bodies as Azure sends them, written by hand: each function returns one JSON object with what matters in it."""

from __future__ import annotations

import typing as t

Body = dict[str, t.Any]

SUBSCRIPTION = "6c1a7d2e-0000-4000-8000-000000000001"
OTHER_SUBSCRIPTION = "6c1a7d2e-0000-4000-8000-000000000002"
VAULT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-backup/providers/Microsoft.RecoveryServices/vaults/vault-one"
REGION = "westeurope"


def vm_id(
    name: str, group: str = "rg-web", subscription: str = SUBSCRIPTION, provider: str = "Microsoft.Compute"
) -> str:
    """Return the ARM id of a machine."""
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{provider}/virtualMachines/{name}"


def machine(name: str = "web-01", group: str = "rg-web", **more: t.Any) -> Body:
    """Return a machine of the compute API; ``properties`` are merged into its own."""
    properties: Body = {
        "vmId": "0b1f6471-1bf0-4dda-aec3-111111111111",
        "hardwareProfile": {"vmSize": "Standard_B2s"},
        "storageProfile": {"osDisk": {"osType": "Linux", "name": f"{name}_os"}, "dataDisks": []},
        "osProfile": {"computerName": name},
        "networkProfile": {"networkInterfaces": []},
        "provisioningState": "Succeeded",
        **more.pop("properties", {}),
    }
    subscription = more.pop("subscription", SUBSCRIPTION)
    return {
        "name": name,
        "id": vm_id(name, group, subscription),
        "type": "Microsoft.Compute/virtualMachines",
        "location": REGION,
        "properties": properties,
        **more,
    }


def vault(arm_id: str = VAULT, **more: t.Any) -> Body:
    """Return a vault as of 2025."""
    return {
        "location": REGION,
        "name": arm_id.rpartition("/")[2],
        "etag": "W/\"datetime'2025-10-28T07%3A10%3A08.7066813Z'\"",
        "tags": {},
        "properties": {
            "provisioningState": "Succeeded",
            "securitySettings": {"softDeleteSettings": {"softDeleteRetentionPeriodInDays": 14}},
            "publicNetworkAccess": "Enabled",
        },
        "id": arm_id,
        "type": "Microsoft.RecoveryServices/vaults",
        "sku": {"name": "Standard"},
        **more,
    }


def policy(name: str = "DefaultPolicy", vault_id: str = VAULT, **properties: t.Any) -> Body:
    """Return a policy of the first generation, daily, kept 30 days."""
    return {
        "id": f"{vault_id}/backupPolicies/{name}",
        "name": name,
        "type": "Microsoft.RecoveryServices/vaults/backupPolicies",
        "properties": {
            "backupManagementType": "AzureIaasVM",
            "instantRPDetails": {},
            "schedulePolicy": {
                "schedulePolicyType": "SimpleSchedulePolicy",
                "scheduleRunFrequency": "Daily",
                "scheduleRunTimes": ["2017-10-19T17:00:00Z"],
                "scheduleWeeklyFrequency": 0,
            },
            "retentionPolicy": {
                "retentionPolicyType": "LongTermRetentionPolicy",
                "dailySchedule": {
                    "retentionTimes": ["2017-10-19T17:00:00Z"],
                    "retentionDuration": {"count": 30, "durationType": "Days"},
                },
            },
            "instantRpRetentionRangeInDays": 2,
            "timeZone": "UTC",
            "protectedItemsCount": 0,
            **properties,
        },
    }


def item(name: str = "web-01", group: str = "rg-web", vault_id: str = VAULT, **properties: t.Any) -> Body:
    """Return a protected item as of 2025, by default protected by DefaultPolicy."""
    tail = f"iaasvmcontainerv2;{group};{name}".lower()
    container = f"{vault_id}/backupFabrics/Azure/protectionContainers/IaasVMContainer;{tail}"
    return {
        "id": f"{container}/protectedItems/VM;{tail}",
        "name": f"VM;{tail}",
        "type": "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems",
        "properties": {
            "friendlyName": name,
            "virtualMachineId": vm_id(name, group),
            "protectionStatus": "Healthy",
            "protectionState": "Protected",
            "healthStatus": "Passed",
            "lastBackupStatus": "Completed",
            "lastBackupTime": "2026-03-01T18:00:12.1234567Z",
            "lastRecoveryPoint": "2026-03-01T18:00:20.7654321Z",
            "protectedItemType": "Microsoft.Compute/virtualMachines",
            "backupManagementType": "AzureIaasVM",
            "workloadType": "VM",
            "containerName": tail,
            "sourceResourceId": vm_id(name, group),
            "policyId": f"{vault_id}/backupPolicies/DefaultPolicy",
            "policyName": "DefaultPolicy",
            "policyType": "V1",
            **properties,
        },
    }


STOPPED: Body = {"protectionState": "ProtectionStopped", "policyId": "", "policyName": ""}
SOFT_DELETED: Body = {
    **STOPPED,
    "isScheduledForDeferredDelete": True,
    "deferredDeleteTimeInUTC": "2026-03-01T09:00:00.1234567Z",
    "deferredDeleteTimeRemaining": "13.23:59:43.8068908",
}


def protectable(name: str = "web-01", group: str = "rg-web", vault_id: str = VAULT, **properties: t.Any) -> Body:
    """Return a protectable item: its names are lower-cased by the service, its friendly name is not."""
    tail = f"iaasvmcontainerv2;{group};{name}".lower()
    return {
        "id": f"{vault_id}/backupFabrics/Azure/protectionContainers/IaasVMContainer;{tail}/protectableItems/vm;{tail}",
        "name": tail,
        "type": "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectableItems",
        "properties": {
            "virtualMachineId": vm_id(name, group),
            "virtualMachineVersion": "Compute",
            "resourceGroup": group,
            "backupManagementType": "AzureIaasVM",
            "protectableItemType": "Microsoft.Compute/virtualMachines",
            "friendlyName": name,
            "protectionState": "NotProtected",
            **properties,
        },
    }


def container(name: str = "web-01", group: str = "rg-web", vault_id: str = VAULT, **properties: t.Any) -> Body:
    """Return a protection container."""
    tail = f"iaasvmcontainerv2;{group};{name}".lower()
    return {
        "id": f"{vault_id}/backupFabrics/Azure/protectionContainers/IaasVMContainer;{tail}",
        "name": f"IaasVMContainer;{tail}",
        "type": "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers",
        "properties": {
            "virtualMachineId": vm_id(name, group),
            "virtualMachineVersion": "Compute",
            "resourceGroup": group,
            "friendlyName": name,
            "backupManagementType": "AzureIaasVM",
            "registrationStatus": "Registered",
            "healthStatus": "Healthy",
            **properties,
        },
    }


def job(job_id: str, name: str = "web-01", group: str = "rg-web", vault_id: str = VAULT, **properties: t.Any) -> Body:
    """Return a job as a list has it, by default a backup that completed."""
    return {
        "id": f"{vault_id}/backupJobs/{job_id}",
        "name": job_id,
        "type": "Microsoft.RecoveryServices/vaults/backupJobs",
        "properties": {
            "jobType": "AzureIaaSVMJob",
            "duration": "PT35M22.4973538S",
            "virtualMachineVersion": "Compute",
            "containerName": f"iaasvmcontainerv2;{group};{name}".lower(),
            "entityFriendlyName": name,
            "backupManagementType": "AzureIaasVM",
            "operation": "Backup",
            "status": "Completed",
            "startTime": "2026-03-01T09:34:56.6364684Z",
            "endTime": "2026-03-01T10:10:19.1338222Z",
            "activityId": "d1f0b8a2-1111-4111-8111-111111111111",
            **properties,
        },
    }
