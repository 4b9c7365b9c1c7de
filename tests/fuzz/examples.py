# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is valid: the bodies that each writing call takes, as templates for what is not."""

from __future__ import annotations

import json
import typing as t

from ..support import stored_policies

Body = dict[str, t.Any]

GROUP: t.Final = "SUBSCRIPTION/resourceGroups/rg-shop"
VAULT: t.Final = f"{GROUP}/providers/Microsoft.RecoveryServices/vaults/vault-shop"
GUARDED: t.Final = VAULT.replace("rg-shop", "rg-erp").replace("vault-shop", "vault-guarded")
MACHINE: t.Final = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/shop-web-01"
_CONTAINER: t.Final = "IaasVMContainer;iaasvmcontainerv2;rg-shop;shop-web-01"
ITEM: t.Final = (
    f"{VAULT}/backupFabrics/Azure/protectionContainers/{_CONTAINER}/protectedItems/"
    "VM;iaasvmcontainerv2;rg-shop;shop-web-01"
)
_GUARD: t.Final = "SUBSCRIPTION/resourceGroups/rg-security/providers/Microsoft.DataProtection/resourceGuards/guard"
_VM: t.Final = "Microsoft.Compute/virtualMachines"
_PROTECT: t.Final = {
    "protectedItemType": _VM,
    "sourceResourceId": MACHINE,
    "policyId": f"{VAULT}/backupPolicies/Weekly",
}
_DISKS: t.Final = {"diskExclusionProperties": {"diskLunList": [0, 1], "isInclusionList": True}}
_REQUEST: t.Final = {"resourceGuardOperationRequests": [f"{_GUARD}/deleteProtectedItemRequests/default"]}

_CONFIGURATION: t.Final = {"softDeleteFeatureState": "Enabled", "softDeleteRetentionPeriodInDays": 20}
_STORAGE: t.Final = {"storageModelType": "LocallyRedundant", "crossRegionRestoreFlag": False}
_SETTINGS: t.Final = {
    "securitySettings": {
        "immutabilitySettings": {"state": "Unlocked"},
        "softDeleteSettings": {"softDeleteState": "AlwaysON", "softDeleteRetentionPeriodInDays": 30},
    },
    "redundancySettings": {"standardTierStorageRedundancy": "ZoneRedundant", "crossRegionRestore": "Disabled"},
    "publicNetworkAccess": "Enabled",
    "monitoringSettings": {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Enabled"}},
}
_WHOLE_VAULT: t.Final = {
    "location": "westeurope",
    "tags": {"owner": "shop"},
    "sku": {"name": "Standard"},
    "identity": {"type": "SystemAssigned"},
    "properties": _SETTINGS,
}

BODIES: t.Final[dict[tuple[str, str], tuple[t.Any, ...]]] = {
    ("PUT", "resourceGroups/{name}"): ({"location": "westeurope", "tags": {"a": "b"}},),
    ("POST", "{namespace}/register"): ({},),
    ("DELETE", "virtualMachines/{name}"): ({},),
    ("PUT", "vaults/{name}"): (_WHOLE_VAULT,),
    ("PATCH", "vaults/{vault_name}"): ({"tags": {"a": "b"}}, _WHOLE_VAULT),
    ("PUT", "backupconfig/vaultconfig"): ({"properties": _CONFIGURATION},),
    ("PATCH", "backupconfig/vaultconfig"): ({"properties": {**_CONFIGURATION, **_REQUEST}},),
    ("PUT", "backupstorageconfig/vaultstorageconfig"): ({"properties": _STORAGE},),
    ("PATCH", "backupstorageconfig/vaultstorageconfig"): ({"properties": _STORAGE},),
    ("PUT", "backupPolicies/{name}"): tuple({"properties": body} for body in stored_policies.BODIES.values()),
    ("PUT", "protectionContainers/{container}"): (
        {"properties": {"containerType": _VM, "backupManagementType": "AzureIaasVM", "sourceResourceId": MACHINE}},
    ),
    ("PUT", "protectedItems/{item}"): (
        {"properties": _PROTECT},
        {"properties": {**_PROTECT, "extendedProperties": _DISKS}},
        {"properties": {**_PROTECT, "protectionState": "ProtectionStopped", **_REQUEST}},
        {"properties": {**_PROTECT, "protectionState": "BackupsSuspended"}},
        {"properties": {**_PROTECT, "isRehydrate": True}},
    ),
    ("POST", "{item}/backup"): (
        {"properties": {"objectType": "IaasVMBackupRequest", "recoveryPointExpiryTimeInUTC": "2027-01-01T00:00:00Z"}},
    ),
    ("POST", "{location}/backupStatus"): ({"resourceType": "VM", "resourceId": MACHINE},),
    ("POST", "{location}/backupPreValidateProtection"): (
        {"resourceType": "VM", "resourceId": MACHINE, "vaultId": VAULT, "properties": ""},
    ),
    ("PUT", "backupResourceGuardProxies/{name}"): ({"properties": {"resourceGuardResourceId": _GUARD}},),
    ("POST", "{name}/unlockDelete"): ({**_REQUEST, "resourceToBeDeleted": ITEM},),
    ("POST", "{name}/undelete"): ({"properties": {"recoveryResourceGroupId": GROUP}},),
    ("POST", "faults"): (
        {"kind": "answer", "status": 500, "times": 2, "path": "/subscriptions"},
        {"kind": "answer", "status": 429, "headers": {"Retry-After": "1"}, "operation": "jobs", "probability": 0.5},
        {"kind": "drop_after", "method": "PUT", "skip": 1, "times": 1},
        {"kind": "truncate", "query": "api-version", "times": 1, "at_most_in_a_row": 1},
        {"kind": "delay", "delay_ms": 20, "times": 2},
        [{"kind": "not_json"}, {"kind": "expire_token", "times": 1}, {"kind": "empty"}],
    ),
    ("POST", "clock/advance"): ({"seconds": 86400}, {"seconds": 30 * 86400}),
    ("POST", "tokens/lifetime"): ({"seconds": 60},),
    ("POST", "tenants"): ({"tenant_id": "other.example"},),
    ("POST", "certificates"): ({"certificate": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"},),
}
"""For a method and the end of a route, what is sent there; SUBSCRIPTION stands for the path of the subscription."""

FORMS: t.Final[tuple[dict[str, str], ...]] = (
    {"grant_type": "client_credentials", "client_id": "CLIENT", "client_secret": "SECRET", "scope": "x/.default"},
    {"grant_type": "password", "client_id": "CLIENT", "username": "USER", "password": "PASSWORD", "scope": "openid"},
    {
        "grant_type": "client_credentials",
        "client_id": "CLIENT",
        "client_assertion": "e30.e30.e30",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    },
    {"grant_type": "refresh_token", "client_id": "CLIENT", "refresh_token": "x"},
)
"""What is sent for a token; the words in capitals stand for what the ready file holds."""

FILTERS: t.Final = (
    "backupManagementType eq 'AzureIaasVM'",
    "backupManagementType eq 'AzureIaasVM' and status eq 'Failed' and operation eq 'Backup'",
    "status eq 'InProgress' and startTime eq '2026-01-01 01:00:00 AM' and endTime eq '2026-12-31 11:00:00 PM'",
    "startDate eq '2026-01-01 01:00:00 AM' and endDate eq '2026-12-31 11:00:00 PM'",
    "jobId eq 'x' and backupManagementType eq 'AzureIaasVM'",
    "itemType eq 'VM' and policyName eq 'Weekly' and friendlyName eq 'it''s'",
    "expand eq 'extendedInfo'",
    "type eq 'BackupProtectedItemCountSummary'",
    "providerType eq 'AzureIaasVM'",
)

_ENDS: t.Final = sorted(BODIES, key=lambda key: len(key[1]), reverse=True)


def bodies(method: str, template: str, subscription: str) -> tuple[t.Any, ...]:
    """Return the valid bodies of a route; none where it takes none."""
    for key in _ENDS:
        if key[0] == method and template.endswith(key[1]):
            return tuple(json.loads(json.dumps(body).replace("SUBSCRIPTION", subscription)) for body in BODIES[key])
    return ()


def forms(access: t.Mapping[str, t.Any]) -> list[dict[str, str]]:
    """Return the valid forms for a token, with what the ready file holds."""
    words = {
        "CLIENT": access["client_id"],
        "SECRET": access["client_secret"],
        "USER": access["user"]["name"],
        "PASSWORD": access["user"]["password"],
    }
    return [{name: words.get(value, value) for name, value in form.items()} for form in FORMS]
