# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls that only vaults need: what is sent, and what is made of answers that not every cloud gives."""

from __future__ import annotations

import typing as t
import urllib.parse

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.backup import Backup
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.vaults import Vaults
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.ids import VaultId
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import NotFound, ServiceError
from ansible_collections.cloudkeep.azure_backup.tests.support.scripted import (
    ARM,
    SUBSCRIPTION,
    ScriptedAzure,
    error_body,
    reply,
)

VAULT = VaultId(SUBSCRIPTION, "rg", "vault")
LOCATION = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.RecoveryServices/locations/westeurope"


def target(azure: ScriptedAzure, number: int = 0) -> tuple[str, dict[str, str]]:
    """Return the path and query of a request."""
    parts = urllib.parse.urlsplit(azure.requests[number].url or "")
    path = urllib.parse.unquote(parts.path).replace("/Subscriptions/", "/subscriptions/")
    return path, dict(urllib.parse.parse_qsl(parts.query))


def counter(name: str, value: t.Any) -> dict[str, t.Any]:
    return {"unit": "Count", "currentValue": value, "limit": -1, "name": {"value": name, "localizedValue": name}}


def deleted_vault(name: str, vault_id: str) -> dict[str, t.Any]:
    return {
        "id": f"{LOCATION}/deletedVaults/{name}",
        "name": name,
        "properties": {"vaultId": vault_id, "purgeAt": "2026-01-19T08:00:00Z"},
    }


def test_a_deleted_vault_is_found_by_its_id_in_any_letter_case_on_any_page() -> None:
    others = {"value": [deleted_vault("1", f"{VAULT}-other")], "nextLink": f"{ARM}{LOCATION}/deletedVaults?page=2"}
    azure = ScriptedAzure([reply(200, others), reply(200, {"value": [deleted_vault("2", str(VAULT).upper())]})])
    found = Vaults(azure.client()).deleted(VAULT, "westeurope")
    assert found and found.id.endswith("/deletedVaults/2")
    assert target(azure) == (f"{LOCATION}/deletedVaults", {"api-version": "2025-08-01"})


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_cloud_that_tells_nothing_of_deleted_vaults_has_none(status: int) -> None:
    azure = ScriptedAzure([reply(status, error_body("NoRegisteredProviderFound"))])
    assert Vaults(azure.client()).deleted(VAULT, "westeurope") is None


def test_a_provider_that_is_not_registered_is_not_taken_for_no_deleted_vault() -> None:
    message = "The subscription is not registered to use namespace 'Microsoft.RecoveryServices'."
    azure = ScriptedAzure([reply(409, error_body("MissingSubscriptionRegistration", message))])
    with pytest.raises(ServiceError, match="az provider register"):
        Vaults(azure.client()).deleted(VAULT, "westeurope")


def test_counters_are_read_by_name() -> None:
    azure = ScriptedAzure([reply(200, {"value": [counter("FailedJobsCount", 2), counter("Empty", None)]})])
    assert Vaults(azure.client()).usages(VAULT) == {"FailedJobsCount": 2, "Empty": 0}
    assert target(azure)[0] == f"{VAULT}/usages"


def test_items_are_counted_by_type() -> None:
    azure = ScriptedAzure([reply(200, {"value": [counter("AzureIaasVM", 3), counter("MAB", 0)]})])
    assert Backup(azure.client(), VAULT).item_counts() == {"AzureIaasVM": 3, "MAB": 0}
    path, query = target(azure)
    assert path == f"{VAULT}/backupUsageSummaries"
    assert query["$filter"] == "type eq 'BackupProtectedItemCountSummary'"


def test_items_of_every_workload_are_listed_without_a_filter() -> None:
    item = {
        "id": f"{VAULT}/backupFabrics/Azure/protectionContainers/StorageContainer;x/protectedItems/AzureFileShare;y",
        "name": "AzureFileShare;y",
        "properties": {"friendlyName": "y", "backupManagementType": "AzureStorage", "protectionState": "Protected"},
    }
    azure = ScriptedAzure([reply(200, {"value": [item]})])
    (found,) = Backup(azure.client(), VAULT).all_items()
    assert (found.friendly_name, found.virtual_machine_id) == ("y", "")
    path, query = target(azure)
    assert path == f"{VAULT}/backupProtectedItems"
    assert "$filter" not in query


@pytest.mark.parametrize(("state", "locked"), [("Locked", True), ("locked", True), ("Unlocked", False), (None, False)])
def test_a_fixed_redundancy_is_told_by_the_storage_settings(state: str | None, locked: bool) -> None:
    azure = ScriptedAzure([reply(200, {"id": "x", "properties": {"storageTypeState": state}})])
    assert Backup(azure.client(), VAULT).storage_locked() is locked
    assert target(azure)[0] == f"{VAULT}/backupstorageconfig/vaultstorageconfig"


def test_a_vault_whose_storage_settings_are_its_own_has_them_not_told_there() -> None:
    azure = ScriptedAzure([reply(400, error_body("BMSUserErrorRedundancySettingsUseVaultApi"))])
    assert Backup(azure.client(), VAULT).storage_locked() is False


@pytest.mark.parametrize(("status", "code"), [(403, "AuthorizationFailed"), (404, "ResourceNotFound")])
def test_other_refusals_of_the_storage_settings_are_errors(status: int, code: str) -> None:
    azure = ScriptedAzure([reply(status, error_body(code))])
    with pytest.raises(NotFound if status == 404 else ServiceError):
        Backup(azure.client(), VAULT).storage_locked()
