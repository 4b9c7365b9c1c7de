# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vm_backup_vault with state absent against the simulator: what holds a vault, and deleting that first."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench

MODULE = "vm_backup_vault"
GROUP = {"resource_group": "rg-backup", "state": "absent"}
HOLDING = {**GROUP, "vault_name": "vault-westeurope"}
PERMANENT = {**GROUP, "vault_name": "vault-no-soft-delete"}
FORCE = {"force": True, "delete_backup_data": True}


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    with bench("estate") as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "advised"),
    [
        ({}, "set force: true and delete_backup_data: true"),
        ({"force": True}, "set delete_backup_data: true"),
        ({"delete_backup_data": True}, "set force: true"),
    ],
)
def test_what_holds_a_vault_is_listed_and_stays(
    azure: Bench, options: dict[str, t.Any], advised: str, check: bool
) -> None:
    result = azure.run(MODULE, HOLDING, check=check, **options)
    assert result.failed and not azure.writes and not result["changed"]
    assert result["error"]["code"] == "VaultNotEmpty"
    assert advised in result["msg"]
    assert result["vault_exists"]
    held = {item["name"]: (item["protection_state"], item["soft_deleted"]) for item in result["protected_items"]}
    assert held == {
        "held-protected": ("Protected", False),
        "held-stopped": ("ProtectionStopped", False),
        "held-pending": ("IRPending", False),
        "held-deleted": ("ProtectionStopped", True),
    }


def test_soft_delete_keeps_what_is_deleted_and_the_vault_goes_after_it(azure: Bench) -> None:
    predicted, done = (azure.run(MODULE, HOLDING, check=check, **FORCE) for check in (True, False))
    for result in (predicted, done):
        assert not result.failed and result["changed"] and result["vault_exists"]
        assert {item["name"]: item["action"] for item in result["protected_items"]} == {
            "held-protected": "delete",
            "held-stopped": "delete",
            "held-pending": "delete",
            "held-deleted": "none",
        }
        assert all(item["soft_deleted"] for item in result["protected_items"])
    assert predicted["diff"] == done["diff"]
    assert set(done["diff"]["after"]["protected_items"].values()) == {"soft-deleted"}
    assert len(azure.writes) == 3
    assert done["kept_until"].startswith("2026-01-19T08:")
    assert "soft delete keeps 4 of its items until 2026-01-19T08:" in str(done["warnings"])
    assert all(item["deleted_permanently_at"] for item in done["protected_items"])
    assert all(item["job_id"] for item in done["protected_items"] if item["changed"])

    again = azure.good(MODULE, {**HOLDING, **FORCE})
    assert not again["changed"] and not azure.writes
    assert again["kept_until"] == done["kept_until"]
    assert again["diff"]["before"] == again["diff"]["after"]

    azure.simulator.advance(15 * 86400)
    gone = azure.settle(MODULE, {**HOLDING, **FORCE})
    assert gone["vault_exists"] is False
    assert gone["protected_items"] == []


def test_without_soft_delete_the_vault_goes_in_one_run(azure: Bench) -> None:
    gone = azure.settle(MODULE, {**PERMANENT, **FORCE})
    assert gone["vault_exists"] is False
    assert gone["diff"]["after"] == {}
    (item,) = gone["protected_items"]
    assert (item["action"], item["soft_deleted"], item["error"]) == ("delete", False, None)


def test_a_vault_without_items_needs_no_force(azure: Bench) -> None:
    gone = azure.settle(MODULE, {**GROUP, "vault_name": "vault-empty"})
    assert (gone["vault_exists"], gone["protected_items"], gone["kept_until"]) == (False, [], None)


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("immutability", "advised"),
    [("unlocked", "immutability: disabled first"), ("locked", "have expired")],
)
def test_an_immutable_vault_keeps_its_backup_data(azure: Bench, immutability: str, advised: str, check: bool) -> None:
    azure.good(MODULE, HOLDING, state="present", immutability=immutability, confirm_lock=True)
    result = azure.run(MODULE, {**HOLDING, **FORCE}, check=check)
    assert result.failed and not azure.writes
    assert result["error"]["code"] == "VaultImmutable"
    assert advised in result["msg"]


def test_a_machine_whose_data_can_not_be_deleted_keeps_the_vault_and_the_others_are_deleted(azure: Bench) -> None:
    azure.simulator.add_fault(
        method="DELETE", path="held-stopped$", times=1, status=400, code="BMSUserErrorObjectLocked", message="Busy."
    )
    result = azure.run(MODULE, {**HOLDING, **FORCE})
    assert result.failed and result["changed"] and result["vault_exists"]
    assert "held-stopped" in result["error"]["message"]
    failed = {item["name"] for item in result["protected_items"] if item["error"]}
    assert failed == {"held-stopped"}
    kept = {item["name"] for item in result["protected_items"] if item["soft_deleted"]}
    assert kept == {"held-protected", "held-pending", "held-deleted"}
    rest = azure.good(MODULE, {**HOLDING, **FORCE})
    assert [item["name"] for item in rest["protected_items"] if item["changed"]] == ["held-stopped"]


def other_workload(vault: str) -> dict[str, t.Any]:
    container = f"{vault}/backupFabrics/Azure/protectionContainers/StorageContainer;Storage;rg-web;shares"
    return {
        "id": f"{container}/protectedItems/AzureFileShare;documents",
        "name": "AzureFileShare;documents",
        "properties": {
            "friendlyName": "documents",
            "backupManagementType": "AzureStorage",
            "workloadType": "AzureFileShare",
            "protectionState": "Protected",
        },
    }


@pytest.mark.parametrize("check", [True, False])
def test_other_workloads_are_listed_and_never_deleted(azure: Bench, check: bool) -> None:
    vault = azure.good(MODULE, HOLDING, state="present")["vault"]["id"]
    azure.simulator.add_fault(path="/backupProtectedItems$", status=200, body={"value": [other_workload(vault)]})
    plain = azure.run(MODULE, HOLDING, check=check)
    assert "documents (AzureStorage, Protected)" in plain["msg"]
    forced = azure.run(MODULE, {**HOLDING, **FORCE}, check=check)
    assert forced.failed and not azure.writes
    assert forced["error"]["code"] == "OtherWorkloads"
    assert forced["protected_items"][0]["backup_management_type"] == "AzureStorage"


def test_what_else_holds_a_vault_is_told_by_azure_and_explained(azure: Bench) -> None:
    azure.simulator.add_fault(
        method="DELETE",
        path="/vaults/vault-empty$",
        status=400,
        code="ServiceResourceNotEmptyWithContainerDetails",
        message="Vault cannot be deleted as there are existing resources within the vault. : server-01",
    )
    result = azure.run(MODULE, {**GROUP, "vault_name": "vault-empty"})
    assert result.failed and not result["changed"]
    assert result["vault_exists"]
    assert "server-01" in result["msg"]
    assert "private endpoints" in result["msg"]


def test_a_task_that_stops_waiting_is_continued_by_the_next() -> None:
    with bench("estate", "polls") as azure:
        late = azure.run(MODULE, {**HOLDING, **FORCE}, wait_timeout=0)
        assert late.failed and late["changed"] and late["error"]["retryable"]
        assert {item["error"]["code"] for item in late["protected_items"] if item["error"]} == {"WaitTimeout"}
        started = {item["name"]: item["job_id"] for item in late["protected_items"] if item["job_id"]}
        # The second task finds the jobs of the first one, and deletes nothing twice.
        joined = azure.good(MODULE, {**HOLDING, **FORCE})
        assert not joined["changed"]
        assert {item["name"]: item["job_id"] for item in joined["protected_items"] if item["job_id"]} == started
        assert all(item["soft_deleted"] for item in joined["protected_items"])
        assert joined["kept_until"]


def test_a_vault_whose_deletion_goes_on_is_changed_all_the_same() -> None:
    with bench("estate", "polls") as azure:
        late = azure.run(MODULE, {**GROUP, "vault_name": "vault-empty"}, wait_timeout=0)
        assert late.failed and late["changed"]
        assert late["error"]["code"] == "WaitTimeout"
        assert azure.good(MODULE, {**GROUP, "vault_name": "vault-empty"})["vault_exists"] is False
