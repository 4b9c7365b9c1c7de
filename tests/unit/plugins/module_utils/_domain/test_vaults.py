# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a vault's settings: what is read is what can be asked for, and what is not named stays."""

from __future__ import annotations

import copy
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _options
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import vault_settings, vaults
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.models import Vault
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.vault_settings import Identity, Key
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import InvalidInput
from ansible_collections.cloudkeep.azure_backup.tests.support.vaults import (
    BODY,
    ID,
    KEY,
    ONE,
    TWO,
    after,
    plan,
    vault,
    wanted,
)

CHOICES: dict[str, list[t.Any]] = {
    "redundancy": ["locally", "zone", "geo"],
    "cross_region_restore": [True, False],
    "cross_subscription_restore": ["enabled", "disabled", "permanently_disabled"],
    "soft_delete": ["always_on", "enabled", "disabled"],
    "soft_delete_days": [14, 15, 180],
    "immutability": ["disabled", "unlocked", "locked"],
    "public_network_access": [True, False],
    **{
        f"alerts.{name}": [True, False]
        for name in (
            "job_failures",
            "replication_issues",
            "failover_issues",
            "critical_operations",
            "site_recovery_emails",
        )
    },
}


def test_every_setting_has_its_choices_here_and_its_options() -> None:
    assert {setting.option for setting in vault_settings.SETTINGS} == set(CHOICES)
    for option, values in CHOICES.items():
        group, _dot, name = option.partition(".")
        described = _options.vault_settings()[group]
        described = described["options"][name] if name else described
        assert values == described.get("choices", values)


@pytest.mark.parametrize(("option", "value"), [(option, value) for option, many in CHOICES.items() for value in many])
@pytest.mark.parametrize("spelling", [str, str.upper, str.lower])
def test_what_is_written_is_read_in_any_letter_case(
    option: str, value: t.Any, spelling: t.Callable[[str], str]
) -> None:
    (setting,) = [setting for setting in vault_settings.SETTINGS if setting.option == option]
    properties: dict[str, t.Any] = {}
    setting.write(properties, value)
    inner = properties
    for name in setting.path[:-1]:
        inner = inner[name]
    if isinstance(inner[setting.path[-1]], str):
        inner[setting.path[-1]] = spelling(inner[setting.path[-1]])
    assert setting.read(properties) == value


def test_a_body_of_the_service_is_read_in_the_shape_of_the_options() -> None:
    assert vault_settings.as_result(vault()) == {
        "redundancy": "geo",
        "cross_region_restore": False,
        "cross_subscription_restore": "enabled",
        "soft_delete": "always_on",
        "soft_delete_days": 14,
        "immutability": "disabled",
        "public_network_access": True,
        "alerts": dict.fromkeys(name.partition(".")[2] for name in CHOICES if "." in name),
        "identity": {"system_assigned": False, "user_assigned": []},
        "customer_managed_key": None,
    }


def test_an_old_body_that_tells_nothing_is_read_too() -> None:
    old = Vault.from_wire(
        {"id": str(ID), "location": "southeastasia", "properties": {"provisioningState": "Succeeded"}}
    )
    found = vault_settings.as_result(old)
    assert (found["redundancy"], found["soft_delete"], found["immutability"]) == (None, None, "disabled")
    assert not plan(old).changed


def test_a_word_of_the_service_that_no_option_has_is_shown_as_it_is() -> None:
    body = copy.deepcopy(BODY)
    body["properties"]["redundancySettings"]["standardTierStorageRedundancy"] = "Invalid"
    assert vault_settings.as_result(Vault.from_wire(body))["redundancy"] == "Invalid"


_FREE = {option: st.sampled_from(values) for option, values in CHOICES.items() if option != "soft_delete"}
_SETTINGS = st.fixed_dictionaries({}, optional=_FREE)
_IDENTITY = st.fixed_dictionaries(
    {},
    optional={
        "system_assigned": st.booleans(),
        "user_assigned": st.lists(st.sampled_from([ONE, TWO, ONE.upper()]), max_size=3),
        "append": st.booleans(),
    },
)


def as_options(settings: dict[str, t.Any]) -> dict[str, t.Any]:
    options: dict[str, t.Any] = {option: value for option, value in settings.items() if "." not in option}
    options["alerts"] = {option.partition(".")[2]: value for option, value in settings.items() if "." in option} or None
    return options


@given(there=_SETTINGS, asked=_SETTINGS, identity=_IDENTITY)
def test_a_plan_changes_what_is_named_and_nothing_else_and_is_done_after_it(
    there: dict[str, t.Any], asked: dict[str, t.Any], identity: dict[str, t.Any]
) -> None:
    current = vault(
        {"type": "UserAssigned", "userAssignedIdentities": {ONE: {"principalId": "p"}}},
        **{option.replace("alerts.", "alerts_"): value for option, value in there.items()},
    )
    options = {**as_options(asked), "identity": identity, "confirm_lock": True}
    made = plan(current, **options)
    if made.problem:
        assert not made.writes
        assert made.after == current
        return
    before, found = vault_settings.values(current), vault_settings.values(made.after)
    for option in found:
        assert found[option] == asked.get(option, before[option]), option
    untouched = ("privateEndpointStateForBackup", "backupStorageVersion")
    assert all(made.after.properties[name] == current.properties[name] for name in untouched)
    security = made.after.properties["securitySettings"]
    assert security["multiUserAuthorization"] == "Disabled"
    assert security["softDeleteSettings"]["enhancedSecurityState"] == "AlwaysON"
    assert not made.missing(made.after)
    assert not plan(made.after, **options).writes


@given(there=_SETTINGS)
def test_the_settings_of_any_vault_can_be_asked_for_and_change_nothing(there: dict[str, t.Any]) -> None:
    current = vault(
        {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {ONE: {}}},
        encryption=Key(KEY, ONE).to_wire(),
        **{option.replace("alerts.", "alerts_"): value for option, value in there.items()},
    )
    found = vault_settings.as_result(current)
    made = plan(current, **{**found, "identity": {**found["identity"], "append": False}})
    assert (made.problem, made.writes) == (None, ())


def test_a_group_of_settings_is_sent_whole_with_what_the_service_has_in_it() -> None:
    (write,) = plan(vault(), soft_delete_days=30).writes
    assert write.body(vault()) == {
        "properties": {
            "securitySettings": {
                "softDeleteSettings": {
                    "softDeleteRetentionPeriodInDays": 30,
                    "softDeleteState": "AlwaysON",
                    "enhancedSecurityState": "AlwaysON",
                },
                "multiUserAuthorization": "Disabled",
                "sourceScanConfiguration": {"state": "Disabled"},
            }
        }
    }


def test_one_request_changes_settings_tags_and_identity_together() -> None:
    made = plan(
        vault(), public_network_access=False, tags={"OWNER": "shop", "new": True}, identity={"system_assigned": True}
    )
    (write,) = made.writes
    assert write.body(vault()) == {
        "properties": {"publicNetworkAccess": "Disabled"},
        "tags": {"Owner": "shop", "new": "true"},
        "identity": {"type": "SystemAssigned"},
    }


def test_a_new_vault_is_made_with_its_settings_and_gets_the_rest_in_the_order_that_azure_wants() -> None:
    made = plan(
        None,
        location="West Europe",
        redundancy="zone",
        soft_delete_days=30,
        immutability="locked",
        confirm_lock=True,
        identity={"user_assigned": [ONE]},
        customer_managed_key={"key_uri": KEY, "identity": ONE},
    )
    assert [write.doing for write in made.writes] == [
        "create the vault",
        "set up the new vault",
        "set the vault's customer-managed key",
        "lock the vault's immutability",
    ]
    new = made.writes[0].body(made.after)
    assert new["location"] == "westeurope"
    assert new["properties"]["redundancySettings"]["standardTierStorageRedundancy"] == "ZoneRedundant"
    assert new["properties"]["securitySettings"]["immutabilitySettings"]["state"] == "Unlocked"
    found = after(made)
    assert (found["redundancy"], found["soft_delete_days"], found["immutability"]) == ("zone", 30, "locked")
    assert found["identity"] == {"system_assigned": False, "user_assigned": [ONE]}
    assert found["customer_managed_key"] == {"key_uri": KEY, "identity": ONE, "infrastructure_encryption": False}


def test_a_new_vault_is_sent_nothing_that_was_not_asked_for() -> None:
    (write,) = plan(None, location="westeurope").writes
    assert write.body(plan(None, location="westeurope").after) == {
        "location": "westeurope",
        "sku": {"name": "Standard"},
        "properties": {},
        "tags": {},
    }


def test_soft_delete_that_is_on_is_not_asked_for_where_new_vaults_have_it_always_on() -> None:
    made = plan(None, location="westeurope", soft_delete="enabled")
    assert "securitySettings" not in made.writes[0].body(made.after)["properties"]
    assert not made.missing(vault(soft_delete="always_on"))
    assert made.missing(vault(soft_delete="disabled")) == ["soft_delete is disabled, not enabled"]


@pytest.mark.parametrize(
    ("before", "steps"),
    [("disabled", ["unlocked", "locked"]), ("unlocked", ["locked"]), ("locked", [])],
)
def test_a_vault_is_locked_by_way_of_unlocked(before: str, steps: list[str]) -> None:
    made = plan(vault(immutability=before), immutability="locked", confirm_lock=True)
    assert [write.settings["immutability"] for write in made.writes] == steps


IDENTITY_CHANGES: list[tuple[dict[str, t.Any], dict[str, t.Any], dict[str, t.Any] | None]] = [
    ({}, {"system_assigned": True}, {"type": "SystemAssigned"}),
    ({}, {"user_assigned": [ONE]}, {"type": "UserAssigned", "userAssignedIdentities": {ONE: {}}}),
    ({"type": "SystemAssigned"}, {"system_assigned": False}, {"type": "None"}),
    (
        {"type": "SystemAssigned"},
        {"user_assigned": [ONE]},
        {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {ONE: {}}},
    ),
    (
        {"type": "UserAssigned", "userAssignedIdentities": {ONE: {"clientId": "c"}}},
        {"user_assigned": [TWO], "append": False},
        {"type": "UserAssigned", "userAssignedIdentities": {TWO: {}, ONE: None}},
    ),
    (
        {"type": "systemassigned,userassigned", "userAssignedIdentities": {ONE: {}}},
        {"user_assigned": [], "append": False},
        {"type": "SystemAssigned"},
    ),
    ({"type": "UserAssigned", "userAssignedIdentities": {ONE: {}}}, {"user_assigned": [ONE.upper()]}, None),
    ({"type": "UserAssigned", "userAssignedIdentities": {ONE: {}}}, {"user_assigned": []}, None),
    ({"type": "None"}, {"system_assigned": False, "user_assigned": []}, None),
]


@pytest.mark.parametrize(("there", "asked", "sent"), IDENTITY_CHANGES)
def test_identities_are_added_and_removed_one_by_one(
    there: dict[str, t.Any], asked: dict[str, t.Any], sent: dict[str, t.Any] | None
) -> None:
    current = vault(there or None)
    made = plan(current, identity=asked)
    assert [write.body(current)["identity"] for write in made.writes] == ([sent] if sent else [])
    assert not plan(made.after, identity=asked).changed


def test_an_identity_that_stays_keeps_what_azure_gave_it() -> None:
    current = vault({"type": "UserAssigned", "userAssignedIdentities": {ONE: {"principalId": "p"}}})
    made = plan(current, identity={"user_assigned": [TWO]})
    assert made.after.identity["userAssignedIdentities"] == {ONE: {"principalId": "p"}, TWO: {}}
    assert Identity.of(made.after).has(TWO.upper())


BAD: list[tuple[str, dict[str, t.Any]]] = [
    ("soft_delete_days", {"soft_delete_days": 13}),
    ("soft_delete_days", {"soft_delete_days": 181}),
    ("soft_delete_days", {"soft_delete_days": 0}),
    ("location", {"location": "west/europe"}),
    ("identity.user_assigned", {"identity": {"user_assigned": ["backup"]}}),
    ("identity.user_assigned", {"identity": {"user_assigned": [ONE, ""]}}),
    ("customer_managed_key.key_uri", {"customer_managed_key": {"key_uri": "http://keys.vault.azure.net/keys/backup"}}),
    (
        "customer_managed_key.key_uri",
        {"customer_managed_key": {"key_uri": "https://keys.vault.azure.net/secrets/backup"}},
    ),
    ("customer_managed_key.key_uri", {"customer_managed_key": {"key_uri": "backup"}}),
    ("customer_managed_key.identity", {"customer_managed_key": {"key_uri": KEY, "identity": "me"}}),
]


@pytest.mark.parametrize(("option", "options"), BAD)
def test_what_can_not_be_is_found_in_the_options_already(option: str, options: dict[str, t.Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        wanted(**options)
    assert caught.value.message.startswith(f"{option}: ")
    assert "Allowed: " in caught.value.message


@pytest.mark.parametrize("days", [14, 180])
def test_the_days_at_the_border_are_allowed(days: int) -> None:
    assert wanted(soft_delete_days=days).settings == {"soft_delete_days": days}


def test_a_deleted_vault_is_read() -> None:
    body = {
        "id": "/subscriptions/s/providers/Microsoft.RecoveryServices/locations/westeurope/deletedVaults/x",
        "properties": {"vaultId": str(ID), "purgeAt": "2026-01-19T08:00:00Z"},
    }
    found = vaults.DeletedVault.from_wire(body)
    assert found.vault_id == str(ID)
    assert found.purged_at and found.purged_at.day == 19
