# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that can't be right: each a clear error, no traceback, no write; what no read has to tell, no request."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench
from ansible_collections.cloudkeep.azure_backup.tests.support.clear import check_failure
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import run_module

SUBSCRIPTION = "5d3c2b1a-0000-4000-8000-00000000000a"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-web"
VAULTS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-backup/providers/Microsoft.RecoveryServices/vaults"
VAULT_ID = f"{VAULTS}/vault-westeurope"
VM = "rg-web/web-01"
NAME = "iaasvmcontainerv2;rg-web;web-01"
ITEM = f"{VAULT_ID}/backupFabrics/Azure/protectionContainers/IaasVMContainer;{NAME}/protectedItems/VM;{NAME}"
VAULT: t.Final = {"resource_group": "rg-backup", "vault_name": "vault-westeurope"}

Case = tuple[str, dict[str, t.Any], tuple[str, ...]]


@pytest.fixture(scope="module")
def azure() -> t.Iterator[Bench]:
    with bench("estate") as running:
        yield running


def run(azure: Bench, module: str, options: t.Mapping[str, t.Any]) -> t.Any:
    given = {**({} if module == "discover" else VAULT), **options}
    result = azure.run(f"vm_backup_{module}", given)
    assert not azure.writes
    return result


BAD_ENTRIES: tuple[str, ...] = (
    f"{GROUP}/providers/Microsoft.Network/networkInterfaces/web-01-nic",
    VAULT_ID,
    f"{GROUP}/providers/Microsoft.Compute/virtualMachines",
    f"{GROUP}/providers/Microsoft.Compute/virtualMachines/web-01/extensions/agent",
    "/subscriptions//resourceGroups/rg-web/providers/Microsoft.Compute/virtualMachines/web-01",
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg web?x/providers/Microsoft.Compute/virtualMachines/web-01",
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/../providers/Microsoft.Compute/virtualMachines/web-01",
    "/",
    "rg-web/",
    "rg-web/virtualMachines/web-01",
    "../web-01",
    "..",
    "web 01",
    "web-01;web-02",
    "web-0?",
    "{{ undefined }}",
    "x" * 200,
)

NAMED_BEFORE_ANY_REQUEST: list[Case] = [
    *(("protect", {"vms": [entry]}, ("vms:", entry[:60], "RESOURCE_GROUP/NAME")) for entry in BAD_ENTRIES),
    ("register", {"vms": ["web 01"]}, ("vms: 'web 01'", "ARM id")),
    ("now", {"vms": ["web 01"]}, ("vms: 'web 01'", "ARM id")),
    ("discover", {"vms": ["web 01"]}, ("vms: 'web 01'", "ARM id")),
    ("job_info", {"vms": ["web 01"]}, ("vms: 'web 01'", "ARM id")),
    ("protect", {"vms": [{"name": "web-01"}]}, ("vms:", "web-01")),
    *(
        (m, {"vms": []}, ("vms:", "empty", "at least one"))
        for m in ("protect", "register", "now", "discover", "job_info")
    ),
    *(
        ("protect", {"vms": [VM], "state": state, **more}, told)
        for state, more, told in (
            ("absent", {}, ("state: absent", "delete_backup_data: true", "state: stopped")),
            ("stopped", {"resource_guard_operation_requests": ["guard"]}, ("operation_requests: 'guard'", "Requests")),
            ("stopped", {"disks": {"mode": "os_only"}}, ("disks", "state: present")),
            ("suspended", {"policy": "a b"}, ("policy", "a b")),
        )
    ),
    ("protect", {"vms": [f"{VAULT_ID}/protectedItems/x"]}, ("vms:", "id of a protected item")),
    ("protect", {"vms": [ITEM.replace("vault-westeurope", "vault-second")]}, ("vms:", "items of vault", VAULT_ID)),
    ("protect", {"vms": ""}, ("vms:", "empty")),
    ("protect", {"vms": ["", " ", "\n"]}, ("vms:", "empty")),
    ("protect", {"select": {"names": []}}, ("select.names", "empty", "Leave it out")),
    ("protect", {"select": {"tags": {}}}, ("select.tags", "empty")),
    ("protect", {"select": {}, "state": "absent", "delete_backup_data": True}, ("select", "names: ['*']")),
    ("protect", {"select": {"exclude": ["a"]}, "state": "absent", "delete_backup_data": True}, ("names: ['*']",)),
    ("protect", {"select": {}, "state": "stopped"}, ("state: stopped", "names: ['*']")),
    ("protect", {"select": {"exclude": ["a"]}, "state": "suspended"}, ("state: suspended", "names: ['*']")),
    ("register", {"select": {}, "state": "absent", "delete_backup_data": True}, ("delete", "names: ['*']")),
    ("register", {"select": {"exclude": ["a"]}, "state": "absent", "delete_backup_data": True}, ("names: ['*']",)),
    ("protect", {"select": {"names": [" "]}}, ("select.names", "not empty")),
    ("protect", {"select": {"resource_groups": ["rg/web"]}}, ("select.resource_groups: 'rg/web'", "Allowed")),
    ("protect", {"select": {"resource_groups": [".."]}}, ("select.resource_groups: '..'", "Allowed")),
    ("protect", {"select": {"locations": ["west/europe"]}}, ("select.locations: 'west/europe'", "westeurope")),
    (
        "protect",
        {"vms": [VM], "policy": f"{VAULTS}/vault-second/backupPolicies/Gold"},
        ("policy:", "vault-second", "vault-westeurope"),
    ),
    (
        "protect",
        {"vms": [VM], "policy": f"{GROUP}/providers/Microsoft.Compute/virtualMachines/web-01"},
        ("policy:", "backupPolicies/NAME"),
    ),
    ("protect", {"vms": [VM], "policy": VAULT_ID}, ("policy:", "backupPolicies/NAME")),
    ("protect", {"vms": [VM], "policy": "my gold policy?"}, ("policy: 'my gold policy?'", "3 to 150")),
    ("protect", {"vms": [VM], "disks": {"mode": "include"}}, ("disks.mode: 'include'", "disks.luns or disks.names")),
    ("protect", {"vms": [VM], "disks": {"mode": "all", "luns": [1]}}, ("disks.luns: [1]", "nothing, with mode 'all'")),
    ("protect", {"vms": [VM], "disks": {"mode": "exclude", "luns": [64]}}, ("disks.luns: 64", "0 to 63")),
    (
        "protect",
        {"vms": [VM], "disks": {"mode": "exclude", "names": [" "]}},
        ("disks.names: ' '", "names of data disks"),
    ),
    ("protect", {"vms": [VM], "disks": {"mode": "os_only"}, "state": "stopped"}, ("disks:", "state: present")),
    ("protect", {"vms": [VM], "move_from": ["vault-second"]}, ("move_from:", "move_to_vault: true")),
    ("protect", {"vms": [VM], "keep_old_data": "forever"}, ("keep_old_data:", "move_to_vault: true")),
    ("protect", {"vms": [VM], "move_to_vault": True, "state": "stopped"}, ("move_to_vault:", "state: present")),
    ("protect", {"vms": [VM], "move_to_vault": True, "move_from": []}, ("move_from: []", "names or ids")),
    ("protect", {"vms": [VM], "move_to_vault": True, "move_from": ["../x"]}, ("move_from: '../x'", "names of vaults")),
    ("protect", {"vms": [VM], "move_to_vault": True, "move_from": [VAULT_ID]}, ("move_from:", "other vaults")),
    ("policy_info", {"name": "../x"}, ("name:", "Allowed")),
    ("policy_info", {"name": ".."}, ("name: '..'", "3 to 150")),
    ("protect", {"vms": [VM], "vault_name": "1_vault"}, ("vault_name: '1_vault'", "2 to 50")),
    ("protect", {"vms": [VM], "vault_name": ""}, ("vault_name: ''", "2 to 50")),
    ("vault", {"vault_name": "v" * 51, "location": "westeurope"}, ("vault_name:", "2 to 50")),
    ("protect", {"vms": [VM], "resource_group": "rg/backup"}, ("resource_group: 'rg/backup'", "1 to 90")),
    ("protect", {"vms": [VM], "resource_group": ""}, ("resource_group: ''", "1 to 90")),
    ("protect", {"vms": [VM], "resource_group": "rg-backup."}, ("resource_group: 'rg-backup.'", "no period")),
    ("protect", {"vms": [VM], "resource_group": ".."}, ("resource_group: '..'", "1 to 90")),
    ("vault", {"location": "we/st"}, ("location: 'we/st'", "westeurope")),
    (
        "protect",
        {"vms": [VM], "subscription_id": "Contoso Production"},
        ("subscription_id: 'Contoso Production'", "GUID", "not its name"),
    ),
    ("protect", {"vms": [VM], "subscription_id": f"/subscriptions/{SUBSCRIPTION}"}, ("subscription_id:", "GUID")),
    ("protect", {"vms": [VM], "tenant": "a/b"}, ("tenant: 'a/b'", "GUID", "domains")),
    ("protect", {"vms": [VM], "client_id": "my app"}, ("client_id: 'my app'", "GUID")),
    ("protect", {"vms": [VM], "wait_timeout": -1}, ("wait_timeout: -1", "at least 0")),
    ("protect", {"vms": [VM], "poll_interval": 0}, ("poll_interval: 0", "at least 1")),
    ("vault", {"wait_timeout": -5}, ("wait_timeout: -5", "at least 0")),
    ("discover", {"vault_name": "vault-westeurope", "resource_group": ""}, ("vault_name and resource_group", "both")),
    ("now", {"vms": [VM], "retain_until": "2020-01-01"}, ("retain_until: '2020-01-01'", "future")),
    ("now", {"vms": [VM], "retain_until": "next friday"}, ("retain_until: 'next friday'", "ISO 8601")),
    ("now", {"vms": [VM], "retain_until": "2026-13-40"}, ("retain_until: '2026-13-40'", "ISO 8601")),
    ("now", {"vms": [VM], "retain_until": "2300-01-01"}, ("retain_until: '2300-01-01'", "99 years")),
    ("now", {"vms": [VM], "retain_until": ""}, ("retain_until: ''", "ISO 8601")),
    ("now", {"vms": [VM], "retain_days": 0}, ("retain_days: 0", "1 to")),
    ("now", {"vms": [VM], "retain_days": -3}, ("retain_days: -3", "1 to")),
    ("now", {"vms": [VM], "retain_days": 10**9}, ("retain_days: 1000000000", "1 to", "99 years")),
    ("now", {"vms": [VM], "skip_if_newer_than": "tomorrow"}, ("skip_if_newer_than: 'tomorrow'", "24h")),
    ("now", {"vms": [VM], "skip_if_newer_than": "24"}, ("skip_if_newer_than: '24'", "24h")),
    ("now", {"vms": [VM], "skip_if_newer_than": "99999999d"}, ("skip_if_newer_than: '99999999d'", "24h")),
    ("job_info", {"from": "2026-02-01", "to": "2026-01-01"}, ("from: '2026-02-01'", "not before to: '2026-01-01'")),
    ("job_info", {"from": "yesterday"}, ("from: 'yesterday'", "ISO 8601")),
    ("job_info", {"to": "32.1.2026"}, ("to: '32.1.2026'", "ISO 8601")),
    ("job_info", {"last_hours": 0}, ("last_hours: 0", "1 to")),
    ("job_info", {"last_hours": 10**12}, ("last_hours: 1000000000000", "1 to")),
    ("job_info", {"job_id": ["42"]}, ("job_id: '42'", "GUID")),
    ("job_info", {"job_id": [""]}, ("job_id: ''", "GUID")),
    ("item_info", {"vms": []}, ("vms:", "empty", "protected item")),
    ("item_info", {"vms": [f"{VAULT_ID}/backupPolicies/DefaultPolicy"]}, ("vms:", "ARM id")),
    ("item_info", {"vms": [f"{VAULT_ID}/protectedItems/x"]}, ("vms:", "the id of a protected item")),
    ("item_info", {"select": {"names": [""]}}, ("select.names", "not empty")),
    ("item_info", {"policy": []}, ("policy:", "empty", "Leave it out")),
    ("item_info", {"policy": ["../x"]}, ("policy: '../x'", "3 to 150")),
    ("item_info", {"state": []}, ("state:", "empty")),
    ("item_info", {"health": []}, ("health:", "empty")),
    ("item_info", {"last_backup_older_than": "36"}, ("last_backup_older_than: '36'", "36h")),
    ("item_info", {"last_backup_older_than": "-1d"}, ("last_backup_older_than: '-1d'", "7d")),
    ("item_info", {"subscriptions": []}, ("subscriptions:", "empty", "subscription_id")),
    ("item_info", {"subscriptions": ["Contoso Production"]}, ("subscriptions: 'Contoso Production'", "GUID")),
    ("item_info", {"vault_name": ""}, ("vault_name: ''", "2 to 50")),
    ("recovery_point_info", {"vms": ["web 01"]}, ("vms: 'web 01'", "protected item")),
    ("recovery_point_info", {"vms": [VM], "from": "yesterday"}, ("from: 'yesterday'", "ISO 8601")),
    ("recovery_point_info", {"vms": [VM], "newest_before": "1.5.2026"}, ("newest_before: '1.5.2026'", "ISO 8601")),
    (
        "recovery_point_info",
        {"vms": [VM], "from": "2026-02-01", "newest_before": "2026-01-01"},
        ("from: '2026-02-01'", "not before newest_before: '2026-01-01'"),
    ),
    ("recovery_point_info", {"vms": [VM], "last_days": 0}, ("last_days: 0", "1 to")),
    ("recovery_point_info", {"vms": [VM], "limit": -1}, ("limit: -1", "at least 1")),
    ("recovery_point_info", {"vms": [VM], "tier": []}, ("tier:", "empty")),
]


@pytest.mark.parametrize(("module", "options", "fragments"), NAMED_BEFORE_ANY_REQUEST)
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_what_can_be_seen_without_asking_is_told_without_asking(
    azure: Bench, module: str, options: dict[str, t.Any], fragments: tuple[str, ...], check: bool
) -> None:
    given = {**({} if module == "discover" else VAULT), **options}
    result = azure.run(f"vm_backup_{module}", given, check=check)
    check_failure(result, *fragments, code="InvalidInput")
    assert azure.simulator.requests() == []


REFUSED_BY_ANSIBLE: list[Case] = [
    ("protect", {"vms": [VM], "select": {}}, ("mutually exclusive", "vms", "select")),
    ("protect", {}, ("one of the following is required", "vms", "select")),
    ("protect", {"vms": [VM], "state": "gone"}, ("state", "present", "gone")),
    ("protect", {"vms": [VM], "colour": "red"}, ("colour",)),
    ("item_info", {"vaults": [VAULT_ID]}, ("mutually exclusive", "vaults", "vault_name")),
    ("item_info", {"vms": [VM], "select": {}}, ("mutually exclusive", "vms", "select")),
    ("item_info", {"state": ["gone"]}, ("state", "soft_deleted", "gone")),
    ("recovery_point_info", {}, ("one of the following is required", "vms", "select")),
    ("recovery_point_info", {"vms": [VM], "limit": 1, "newest_before": "2026-01-01"}, ("mutually exclusive", "limit")),
    ("recovery_point_info", {"vms": [VM], "tier": ["cold"]}, ("tier", "archive", "cold")),
    ("protect", {"vms": [VM], "poll_interval": "often"}, ("poll_interval", "int")),
    ("protect", {"select": {"name": "web-01"}}, ("name", "names")),
    ("protect", {"select": "web*"}, ("dictionary",)),
    ("now", {"vms": [VM], "retain_until": "2030-01-01", "retain_days": 3}, ("mutually exclusive", "retain_days")),
    ("now", {"vms": [VM], "wait_for": "ever"}, ("wait_for", "snapshot, job", "ever")),
    ("now", {"vms": [VM], "retain_days": "two"}, ("retain_days", "int")),
    ("job_info", {"last_hours": 3, "from": "2026-01-01"}, ("mutually exclusive", "last_hours", "from")),
    ("job_info", {"status": ["Done"]}, ("status", "InProgress", "Done")),
    ("job_info", {"operation": ["Everything"]}, ("operation", "ConfigureBackup", "Everything")),
    ("discover", {"vault_name": "vault-westeurope"}, ("required together", "resource_group")),
    ("vault", {"tags": ["a"]}, ("tags", "dict")),
    ("policy_info", {"auth_source": "magic"}, ("auth_source", "msi", "magic")),
]


@pytest.mark.parametrize(("module", "options", "fragments"), REFUSED_BY_ANSIBLE)
def test_what_ansible_refuses_by_itself(
    azure: Bench, module: str, options: dict[str, t.Any], fragments: tuple[str, ...]
) -> None:
    azure.simulator.forget_requests()
    given = {**({} if module == "discover" else VAULT), **options}
    result = run_module(f"vm_backup_{module}", azure.simulator, given)
    check_failure(result, *fragments, from_ansible=True)
    assert azure.simulator.requests() == []


BOTH_IDS = (f"{GROUP}/providers", f"{GROUP.replace('rg-web', 'rg-staging')}/providers", "more than one")

FOUND_BY_READING: list[tuple[str, dict[str, t.Any], tuple[str, ...], str]] = [
    *((m, {"vms": ["web-01"]}, BOTH_IDS, "AmbiguousName") for m in ("protect", "register", "discover")),
    ("protect", {"vms": ["nope"]}, ("'nope'", "Check the name"), "VirtualMachineNotFound"),
    ("protect", {"vms": ["rg-nope/web-01"]}, ("rg-nope/web-01", "Check the name"), "VirtualMachineNotFound"),
    ("protect", {"vms": ["old-timer"]}, ("old-timer", "classic"), "VirtualMachineNotFound"),
    ("protect", {"vms": ["far-away"]}, ("northeurope", "westeurope", "own region"), "UserErrorVmVaultLocationMismatch"),
    ("register", {"vms": ["far-away"]}, ("northeurope", "own region"), "UserErrorVmVaultLocationMismatch"),
    ("protect", {"vms": ["broken"]}, ("broken", "Failed", "Repair"), "UserErrorVmProvisioningStateFailed"),
    ("protect", {"vms": ["held-deleted"]}, ("held-deleted", "undelete: true"), "SoftDeleted"),
    (
        "protect",
        {"vms": ["in-second-vault"]},
        ("in-second-vault", "vaults/vault-second", "one vault only"),
        "VirtualMachineAlreadyProtected",
    ),
    (
        "register",
        {"vms": ["in-shared-vault"]},
        ("vaults/vault-shared", "one vault only"),
        "VirtualMachineAlreadyProtected",
    ),
    ("now", {"vms": [VM]}, (VM, "not protected", "vm_backup_protect"), "NotProtected"),
    ("now", {"vms": ["held-deleted"]}, ("soft-deleted", "vm_backup_protect"), "NotProtected"),
    ("now", {"vms": ["held-stopped"]}, ("ProtectionStopped", "vm_backup_protect"), "NotProtected"),
    ("register", {"vms": ["held-protected"], "state": "absent"}, ("delete_backup_data: true",), "BackupDataExists"),
    (
        "protect",
        {"vms": [VM], "policy": "Gold"},
        ("policy: 'Gold'", "DefaultPolicy", "EnhancedPolicy", "Weekly"),
        "PolicyNotFound",
    ),
    (
        "protect",
        {"vms": [VM], "policy": "HourlyLogBackup"},
        ("AzureWorkload", "DefaultPolicy, EnhancedPolicy, Weekly"),
        "BMSUserErrorInvalidPolicyForGivenProvider",
    ),
    (
        "protect",
        {"vms": [VM], "vault_name": "vault-nope"},
        ("'vault-nope'", "'rg-backup'", "vm_backup_vault"),
        "VaultNotFound",
    ),
    ("policy_info", {"vault_name": "vault-nope"}, ("'vault-nope'", "vm_backup_vault"), "VaultNotFound"),
    ("job_info", {"resource_group": "rg-nope"}, ("rg-nope", "Check the resource group"), "ResourceGroupNotFound"),
    (
        "vault",
        {"resource_group": "rg-nope", "location": "westeurope"},
        ("rg-nope", "Check the resource group"),
        "ResourceGroupNotFound",
    ),
    (
        "protect",
        {"select": {"resource_groups": ["rg-nope"]}},
        ("rg-nope", "Check the resource group"),
        "ResourceGroupNotFound",
    ),
    (
        "protect",
        {"vms": [VM], "subscription_id": SUBSCRIPTION[:-1] + "f"},
        (SUBSCRIPTION[:-1] + "f", "Check subscription_id"),
        "SubscriptionNotFound",
    ),
    (
        "protect",
        {"vms": [VM], "subscription_id": "production"},
        ("'production'", "a GUID, not a name"),
        "SubscriptionNotFound",
    ),
    (
        "vault",
        {"location": "northeurope"},
        ("is in westeurope", "moved to northeurope", "Leave location out"),
        "VaultInAnotherRegion",
    ),
    ("vault", {"vault_name": "vault-new"}, ("location: is missing", "'vault-new'", "westeurope"), "InvalidInput"),
    ("item_info", {"vault_name": "vault-nope"}, ("'vault-nope'", "'rg-backup'", "vm_backup_vault"), "VaultNotFound"),
    (
        "recovery_point_info",
        {"vms": [VM]},
        (VM, "not backed up", "vault-westeurope", "vm_backup_discover"),
        "ItemNotFound",
    ),
    ("vault", {"state": "absent"}, ("holds 4", "held-protected", "held-deleted (soft-deleted until"), "VaultNotEmpty"),
]


@pytest.mark.parametrize(("module", "options", "fragments", "code"), FOUND_BY_READING)
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_what_reading_tells_is_told_before_any_write(
    azure: Bench, module: str, options: dict[str, t.Any], fragments: tuple[str, ...], code: str, check: bool
) -> None:
    given = {**({} if module == "discover" else VAULT), **options}
    result = azure.run(f"vm_backup_{module}", given, check=check)
    check_failure(result, *fragments, code=code)
    assert not azure.writes


def test_the_cause_of_each_of_several_machines_is_named(azure: Bench) -> None:
    result = run(azure, "protect", {"vms": ["nope", "broken", "far-away"]})
    check_failure(result, "3 of 3", "nope", "broken", "far-away", code="SeveralFailures")
    assert [vm["error"]["code"] for vm in result["vms"]].count(None) == 0


def test_one_bad_machine_does_not_hide_the_good_ones(azure: Bench) -> None:
    result = azure.run("vm_backup_protect", {**VAULT, "vms": ["nope", "spare"]}, check=True)
    check_failure(result, "1 of 2", "nope", changed=True)
    assert result.vm("spare")["action"] == "protect"


def test_a_region_that_does_not_exist_is_refused_by_azure(azure: Bench) -> None:
    """What regions there are only Azure knows: its own list is what the user reads."""
    options = {**VAULT, "vault_name": "vault-new", "location": "westeuropa"}
    result = azure.run("vm_backup_vault", options)
    check_failure(result, "westeuropa", "westeurope", code="LocationNotAvailableForResourceType")


@pytest.mark.parametrize("module", ["protect", "register", "now"])
def test_a_selection_that_matches_nothing_is_no_failure_but_says_so(azure: Bench, module: str) -> None:
    result = run(azure, module, {"select": {"locations": ["Mars Central"]}})
    assert not result.failed and not result["changed"] and result["vms"] == []
    assert "select" in str(result["warnings"])
