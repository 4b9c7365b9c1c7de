# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import (
    vault_changes,
    wire,
    world_files,
)
from ansible_collections.cloudkeep.azure_backup.tests.support.rules import Cloud, code

SKU = {"name": "Standard"}
WRONG = (400, "InvalidRestApiParameter")
IDENTITIES = (
    "/subscriptions/0b9f6f0e-6f7c-4a58-8a0e-2f4f5d0a7c22/resourceGroups/rg/providers/Microsoft.ManagedIdentity"
    "/userAssignedIdentities/"
)
KEY = "https://keys.vault.azure.net/keys/backup/0123456789abcdef"

Body = dict[str, t.Any]


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def vault(cloud: Cloud) -> str:
    return cloud.vault("rg-erp-neu", "northeurope")


def change(cloud: Cloud, vault: str, **properties: t.Any) -> Body:
    answer = cloud.send("PATCH", vault, {"properties": properties})
    assert answer.status == 200, answer
    assert answer.body == cloud.get(vault).body
    return t.cast(Body, answer.body["properties"])


def refusal(cloud: Cloud, vault: str, **properties: t.Any) -> tuple[int, str]:
    before = cloud.get(vault).body
    answer = cloud.send("PATCH", vault, {"properties": properties, "tags": {"not": "kept"}})
    assert cloud.get(vault).body == before
    return code(answer)


def redundancy(kind: str | None = None, cross_region: str | None = None) -> Body:
    group = {"standardTierStorageRedundancy": kind, "crossRegionRestore": cross_region}
    return {"redundancySettings": {key: value for key, value in group.items() if value}}


def soft_delete(**settings: t.Any) -> Body:
    return {"securitySettings": {"softDeleteSettings": settings}}


def immutability(state: str) -> Body:
    return {"securitySettings": {"immutabilitySettings": {"state": state}}}


def cross_subscription(state: str) -> Body:
    return {"restoreSettings": {"crossSubscriptionRestoreSettings": {"crossSubscriptionRestoreState": state}}}


ALERTS = {
    "azureMonitorAlertSettings": {"alertsForAllJobFailures": "Enabled", "alertsForAllFailoverIssues": "Disabled"},
    "classicAlertSettings": {"alertsForCriticalOperations": "Disabled"},
}


@pytest.mark.parametrize(
    "properties",
    [
        redundancy("LocallyRedundant"),
        redundancy("ZoneRedundant", "Disabled"),
        redundancy("GeoRedundant", "Enabled"),
        soft_delete(softDeleteRetentionPeriodInDays=14),
        soft_delete(softDeleteState="AlwaysON", softDeleteRetentionPeriodInDays=180),
        immutability("Unlocked"),
        cross_subscription("Disabled"),
        cross_subscription("PermanentlyDisabled"),
        {"publicNetworkAccess": "Disabled"},
        {"monitoringSettings": ALERTS},
    ],
)
def test_a_setting_is_changed_and_the_rest_stays(cloud: Cloud, vault: str, properties: Body) -> None:
    def flat(body: t.Any, path: str = "") -> dict[str, t.Any]:
        if not isinstance(body, dict):
            return {path: body}
        return {key: value for name, part in body.items() for key, value in flat(part, f"{path}/{name}").items()}

    before = flat(cloud.get(vault).body["properties"])
    assert flat(change(cloud, vault, **properties)) == {**before, **flat(properties)}
    created = f"{vault}-2"
    answer = cloud.send("PUT", created, {"location": "northeurope", "sku": SKU, "properties": properties})
    cloud.settle(answer)
    assert flat(cloud.get(created).body["properties"]) == {**before, **flat(properties)}


@pytest.mark.parametrize(
    "properties",
    [
        redundancy("Redundant"),
        redundancy("ReadAccessGeoZoneRedundant"),
        redundancy("LocallyRedundant", "Enabled"),
        redundancy(None, "On"),
        soft_delete(softDeleteState="Off"),
        soft_delete(softDeleteRetentionPeriodInDays=13),
        soft_delete(softDeleteRetentionPeriodInDays=181),
        soft_delete(softDeleteRetentionPeriodInDays="14"),
        soft_delete(softDeleteRetentionPeriodInDays=True),
        soft_delete(enhancedSecurityState="Disabled"),
        immutability("On"),
        cross_subscription("Never"),
        {"publicNetworkAccess": "Private"},
        {"redundancySettings": "LocallyRedundant"},
        {"monitoringSettings": {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "On"}}},
        {"monitoringSettings": {"azureMonitorAlertSettings": {"alertsForLunch": "Enabled"}}},
        {"encryption": {"keyVaultProperties": {"keyUri": KEY}, "kekIdentity": {"useSystemAssignedIdentity": True}}},
    ],
)
def test_a_wrong_setting_changes_nothing(cloud: Cloud, vault: str, properties: Body) -> None:
    assert refusal(cloud, vault, **properties) == WRONG


@pytest.mark.parametrize(
    "properties",
    [
        {"settingOfTomorrow": {"state": "New"}},
        {"securitySettings": {"multiUserAuthorization": "Enabled"}},
    ],
)
def test_what_is_not_modelled_is_said(cloud: Cloud, vault: str, properties: Body) -> None:
    assert refusal(cloud, vault, **properties) == (501, "NotModelled")


def test_a_body_can_be_sent_back_as_it_was_read(cloud: Cloud, vault: str) -> None:
    change(cloud, vault, monitoringSettings=ALERTS, **redundancy("GeoRedundant", "Enabled"))
    body = cloud.get(vault).body
    again = cloud.send("PUT", vault, body)
    assert (again.status, {**again.body, "etag": ""}) == (200, {**body, "etag": ""})


def test_alerts_are_changed_one_by_one(cloud: Cloud, vault: str) -> None:
    change(cloud, vault, monitoringSettings=ALERTS)
    more = {"azureMonitorAlertSettings": {"alertsForAllFailoverIssues": "Enabled"}}
    assert change(cloud, vault, monitoringSettings=more)["monitoringSettings"] == {
        "azureMonitorAlertSettings": {"alertsForAllJobFailures": "Enabled", "alertsForAllFailoverIssues": "Enabled"},
        "classicAlertSettings": {"alertsForCriticalOperations": "Disabled"},
    }


def test_the_restore_in_another_region_goes_one_way(cloud: Cloud, vault: str) -> None:
    change(cloud, vault, **redundancy("GeoRedundant", "Enabled"))
    assert refusal(cloud, vault, **redundancy("GeoRedundant", "Disabled")) == WRONG
    assert refusal(cloud, vault, **redundancy("LocallyRedundant")) == WRONG


def test_the_restore_in_another_subscription_can_be_disabled_for_ever(cloud: Cloud, vault: str) -> None:
    change(cloud, vault, **cross_subscription("Disabled"))
    change(cloud, vault, **cross_subscription("Enabled"))
    change(cloud, vault, **cross_subscription("PermanentlyDisabled"))
    change(cloud, vault, **cross_subscription("PermanentlyDisabled"))
    assert refusal(cloud, vault, **cross_subscription("Enabled")) == WRONG


def test_redundancy_is_locked_by_the_first_item_for_good(cloud: Cloud, vault: str) -> None:
    change(cloud, vault, **redundancy("ZoneRedundant"))
    item = cloud.protect(vault, cloud.machine("wiki-01"))
    assert refusal(cloud, vault, **redundancy("LocallyRedundant")) == WRONG
    change(cloud, vault, **redundancy("ZoneRedundant"))
    cloud.settle(cloud.send("DELETE", item))
    cloud.clock.advance(15 * 86400)
    assert (
        cloud.get(f"{vault}/backupstorageconfig/vaultstorageconfig").body["properties"]["storageTypeState"] == "Locked"
    )
    assert refusal(cloud, vault, **redundancy("LocallyRedundant")) == WRONG


def test_the_older_way_is_closed_once_the_vault_itself_was_used(cloud: Cloud, vault: str) -> None:
    storage = f"{vault}/backupstorageconfig/vaultstorageconfig"
    body = {"properties": {"storageModelType": "LocallyRedundant"}}
    assert cloud.send("PATCH", storage, body).status == 204
    assert (
        cloud.get(vault).body["properties"]["redundancySettings"]["standardTierStorageRedundancy"] == "LocallyRedundant"
    )
    change(cloud, vault, **redundancy("GeoRedundant"))
    assert code(cloud.send("PATCH", storage, body)) == (400, "BMSUserErrorRedundancySettingsUseVaultApi")
    assert cloud.get(storage).body["properties"]["storageModelType"] == "GeoRedundant"


def test_immutability_is_unlocked_first_and_then_locked_for_good(cloud: Cloud, vault: str) -> None:
    refused = (400, "UserErrorUnsupportedVaultImmutabilityStateChange")
    assert refusal(cloud, vault, **immutability("Locked")) == refused
    new = {"location": "northeurope", "sku": SKU, "properties": immutability("Locked")}
    assert code(cloud.send("PUT", f"{vault}-2", new)) == refused
    assert cloud.get(f"{vault}-2").status == 404
    change(cloud, vault, **immutability("Unlocked"))
    change(cloud, vault, **immutability("Disabled"))
    change(cloud, vault, **immutability("Unlocked"))
    change(cloud, vault, **immutability("Locked"))
    change(cloud, vault, **immutability("Locked"))
    for state in ("Unlocked", "Disabled"):
        assert refusal(cloud, vault, **immutability(state)) == refused


def test_soft_delete_that_is_always_on_stays_so_and_says_why(cloud: Cloud, vault: str) -> None:
    disabled = refusal(cloud, vault, **soft_delete(softDeleteState="Disabled"))
    assert disabled == (400, "BMSUserErrorDisablingSoftDeleteStateNotAllowed")
    enabled = refusal(cloud, vault, **soft_delete(softDeleteState="Enabled"))
    assert enabled == (400, "BMSUserErrorSoftDeleteStateNotSetToAlwaysON")
    config = f"{vault}/backupconfig/vaultconfig"
    for days, status in ((14, 200), (180, 200), (13, 400), (181, 400)):
        body = {"properties": {"softDeleteRetentionPeriodInDays": days}}
        assert cloud.send("PATCH", config, body).status == status
    assert cloud.get(vault).body["properties"]["securitySettings"]["softDeleteSettings"][
        "softDeleteRetentionPeriodInDays"
    ] == 180  # fmt: skip


def test_identities_come_and_go_and_keep_what_they_were_given(cloud: Cloud, vault: str) -> None:
    def identity(body: Body) -> Body | None:
        answer = cloud.send("PATCH", vault, {"identity": body})
        assert answer.status == 200, answer
        return t.cast(Body, answer.body).get("identity")

    system = identity({"type": "SystemAssigned"})
    assert system and set(system) == {"type", "principalId", "tenantId"}
    both = identity({"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {IDENTITIES + "a": {}}})
    assert both and both["principalId"] == system["principalId"]
    assert set(both["userAssignedIdentities"][IDENTITIES + "a"]) == {"principalId", "clientId"}
    more = identity({"type": "UserAssigned", "userAssignedIdentities": {IDENTITIES + "b": {}}})
    assert more == {
        "type": "UserAssigned",
        "userAssignedIdentities": {
            IDENTITIES + "a": both["userAssignedIdentities"][IDENTITIES + "a"],
            IDENTITIES + "b": more["userAssignedIdentities"][IDENTITIES + "b"],
        },
    }
    less = identity({"type": "UserAssigned", "userAssignedIdentities": {(IDENTITIES + "a").upper(): None}})
    assert less and set(less["userAssignedIdentities"]) == {IDENTITIES + "b"}
    assert identity({"type": "None"}) is None
    for wrong in ({"type": "Mine"}, {"type": "UserAssigned"}, {"type": "None, SystemAssigned"}):
        assert code(cloud.send("PATCH", vault, {"identity": wrong})) == WRONG
    named = {"type": "UserAssigned", "userAssignedIdentities": {"somebody": {}}}
    assert code(cloud.send("PATCH", vault, {"identity": named})) == WRONG


def test_a_key_needs_an_identity_that_reads_it(cloud: Cloud, vault: str) -> None:
    def encryption(uri: str = KEY, infrastructure: str = "Enabled", **kek: t.Any) -> Body:
        return {
            "encryption": {
                "keyVaultProperties": {"keyUri": uri},
                "kekIdentity": kek or {"useSystemAssignedIdentity": True},
                "infrastructureEncryption": infrastructure,
            }
        }

    both = {"identity": {"type": "SystemAssigned"}, "properties": encryption()}
    assert cloud.send("PATCH", vault, both).body["properties"]["encryption"] == encryption()["encryption"]
    assert refusal(cloud, vault, **encryption(uri="https://keys.vault.azure.net/secrets/backup")) == WRONG
    assert refusal(cloud, vault, **encryption(infrastructure="Disabled")) == WRONG
    assert refusal(cloud, vault, **encryption(userAssignedIdentity=IDENTITIES + "a")) == WRONG
    assert code(cloud.send("PATCH", vault, {"identity": {"type": "None"}})) == WRONG
    cloud.protect(vault, cloud.machine("wiki-01"))
    rotated = change(cloud, vault, **encryption(uri=KEY.replace("backup", "rotated")))
    assert rotated["encryption"]["keyVaultProperties"]["keyUri"].startswith("https://keys.vault.azure.net/keys/rotated")
    late = cloud.vault("rg-shop-weu", "westeurope", "late")
    cloud.protect(late, cloud.machine("web-02"))
    assert code(cloud.send("PATCH", late, both)) == WRONG


def test_a_world_file_sets_what_a_vault_begins_with() -> None:
    cloud = Cloud(text=world_files.EXAMPLE.replace("immutability: Disabled", "immutability: Unlocked"))
    vault = f"{cloud.subscription}/resourceGroups/rg-shop/providers/Microsoft.RecoveryServices/vaults/vault-shop"
    properties = cloud.get(vault).body["properties"]
    assert properties["redundancySettings"]["crossRegionRestore"] == "Enabled"
    assert properties["securitySettings"]["immutabilitySettings"] == {"state": "Unlocked"}
    assert refusal(cloud, vault, **redundancy("LocallyRedundant")) == WRONG


def test_a_hostile_service_changes_a_vault_later() -> None:
    cloud = Cloud(profile="hostile")
    vault = cloud.vault("rg-erp-neu", "northeurope")
    answer = cloud.send("PATCH", vault, {"tags": {"a": "b"}})
    assert answer.status == 202 and cloud.get(vault).body["tags"] == {}
    assert cloud.settle(answer).body["status"] == "Succeeded"
    assert cloud.get(vault).body["tags"] == {"a": "b"}
    wrong = cloud.send("PATCH", vault, {"properties": redundancy("Redundant")})
    assert code(wrong) == WRONG


WORDS = st.sampled_from(["Enabled", "Disabled", "Locked", "GeoRedundant", "state", "softDeleteSettings", KEY, ""])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda parts: st.lists(parts, max_size=2) | st.dictionaries(WORDS, parts, max_size=2),
    max_leaves=4,
)
GROUPS = st.sampled_from(
    [
        ("redundancySettings", "crossRegionRestore"),
        ("securitySettings", "softDeleteSettings"),
        ("securitySettings", "immutabilitySettings"),
        ("securitySettings", "sourceScanConfiguration"),
        ("restoreSettings", "crossSubscriptionRestoreSettings"),
        ("monitoringSettings", "azureMonitorAlertSettings"),
        ("encryption", "keyVaultProperties"),
        ("encryption", "kekIdentity"),
        ("publicNetworkAccess", ""),
    ]
)


@given(GROUPS, JSON, st.booleans())
def test_whatever_is_sent_is_taken_or_refused(group: tuple[str, str], value: object, deep: bool) -> None:
    cloud = Cloud()
    (vault,) = cloud.azure.state.vaults.values()
    try:
        vault_changes.changes(vault, {group[0]: {group[1]: value} if deep else value})
    except wire.WireError as error:
        assert error.status in (400, 501)


def test_how_finely_costs_are_told_is_kept(cloud: Cloud, vault: str) -> None:
    assert "costManagementSettings" not in cloud.get(vault).body["properties"]
    costs = {"granularityLevel": "ProtectedItemLevel"}
    assert change(cloud, vault, costManagementSettings=costs)["costManagementSettings"] == costs
    assert change(cloud, vault, costManagementSettings={})["costManagementSettings"] == costs
    wrong = refusal(cloud, vault, costManagementSettings={"granularityLevel": "Penny"})
    assert wrong == (400, "InvalidRestApiParameter")
