# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vm_backup_vault against the simulator: every setting, what goes one way, and what Azure refuses."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import ModuleResult

MODULE = "vm_backup_vault"
NEW = {"resource_group": "rg-backup", "vault_name": "vault-new"}
EMPTY = {"resource_group": "rg-backup", "vault_name": "vault-empty"}
HOLDING = {"resource_group": "rg-backup", "vault_name": "vault-westeurope"}
IDENTITIES = (
    "/subscriptions/5d3c2b1a-0000-4000-8000-00000000000a/resourceGroups/rg-backup"
    "/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
)
ONE, TWO = f"{IDENTITIES}/one", f"{IDENTITIES}/two"
KEY = "https://keys-westeurope.vault.azure.net/keys/backup"


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    with bench("estate") as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


def warned(result: ModuleResult) -> str:
    return str(result.get("warnings"))


# An option, two values that a vault can have one after the other, and what the settings then show.
SETTINGS: list[tuple[dict[str, t.Any], dict[str, t.Any]]] = [
    ({"redundancy": "zone"}, {"redundancy": "locally"}),
    ({"cross_region_restore": False}, {"cross_region_restore": True}),
    ({"cross_subscription_restore": "disabled"}, {"cross_subscription_restore": "enabled"}),
    ({"cross_subscription_restore": "disabled"}, {"cross_subscription_restore": "permanently_disabled"}),
    ({"soft_delete_days": 14}, {"soft_delete_days": 180}),
    ({"soft_delete": "always_on", "soft_delete_days": 30}, {"soft_delete_days": 14}),
    ({"immutability": "unlocked"}, {"immutability": "disabled"}),
    ({"immutability": "unlocked"}, {"immutability": "locked", "confirm_lock": True}),
    ({"public_network_access": False}, {"public_network_access": True}),
    ({"alerts": {"job_failures": True}}, {"alerts": {"job_failures": False, "critical_operations": True}}),
    ({"alerts": {"replication_issues": False, "failover_issues": False, "site_recovery_emails": False}}, {}),
    ({"identity": {"system_assigned": True}}, {"identity": {"system_assigned": False}}),
    ({"identity": {"user_assigned": [ONE]}}, {"identity": {"user_assigned": [TWO], "append": False}}),
    ({"identity": {"system_assigned": True, "user_assigned": [ONE, TWO]}}, {"identity": {"system_assigned": False}}),
]


def shows(result: ModuleResult, options: dict[str, t.Any]) -> bool:
    """Whether the settings in a result are those of the options."""
    settings = result["vault"]["settings"]
    for option, value in options.items():
        if option == "confirm_lock":
            continue
        found = {key: settings[option][key] for key in value if key != "append"} if isinstance(value, dict) else None
        expected = {key: inner for key, inner in value.items() if key != "append"} if isinstance(value, dict) else value
        if (settings[option] if found is None else found) != expected:
            return False
    return True


@pytest.mark.parametrize(("first", "second"), SETTINGS)
def test_a_new_vault_has_the_settings_and_they_change(
    azure: Bench, first: dict[str, t.Any], second: dict[str, t.Any]
) -> None:
    created = azure.settle(MODULE, NEW, location="westeurope", **first)
    assert shows(created, first)
    if second:
        assert shows(azure.settle(MODULE, NEW, **second), second)
    azure.settle(MODULE, NEW, tags={"still": "here"})
    removed = azure.settle(MODULE, NEW, state="absent")
    assert removed["vault_exists"] is False


@pytest.mark.parametrize(("first", "second"), SETTINGS)
def test_an_existing_vault_gets_the_settings_and_keeps_all_others(
    azure: Bench, first: dict[str, t.Any], second: dict[str, t.Any]
) -> None:
    before = azure.good(MODULE, EMPTY)["vault"]["settings"]
    for options in (first, second):
        result = azure.good(MODULE, EMPTY, **options)
        again = azure.run(MODULE, EMPTY, check=True, **options)
        assert not again["changed"]
        assert shows(result, options)
    after = azure.good(MODULE, EMPTY)["vault"]["settings"]
    for option, value in before.items():
        assert after[option] == value or option in {**first, **second}, option
    assert result["vault"]["tags"] == {"owner": "infra", "stage": "test"}


def test_all_settings_at_once_take_few_requests_and_can_be_given_back(azure: Bench) -> None:
    options = {
        "redundancy": "geo",
        "cross_region_restore": True,
        "cross_subscription_restore": "disabled",
        "soft_delete_days": 60,
        "immutability": "unlocked",
        "public_network_access": False,
        "alerts": {"job_failures": True, "critical_operations": False},
        "identity": {"system_assigned": True},
        "customer_managed_key": {"key_uri": KEY},
    }
    changed = azure.settle(MODULE, {**EMPTY, **options})
    azure.reset()
    azure.good(MODULE, {**EMPTY, **options})
    assert len(azure.writes) == 2
    settings = changed["vault"]["settings"]
    assert not azure.good(MODULE, EMPTY, **settings)["changed"]


def test_a_vault_is_encrypted_with_a_key_and_gets_another(azure: Bench) -> None:
    options = {
        "identity": {"user_assigned": [ONE]},
        "customer_managed_key": {"key_uri": KEY, "identity": ONE, "infrastructure_encryption": True},
    }
    created = azure.settle(MODULE, {**NEW, **options}, location="westeurope")
    assert created["vault"]["settings"]["customer_managed_key"] == {
        "key_uri": KEY,
        "identity": ONE,
        "infrastructure_encryption": True,
    }
    other = azure.settle(MODULE, NEW, customer_managed_key={"key_uri": f"{KEY}/0123456789abcdef"})
    assert other["vault"]["settings"]["customer_managed_key"]["identity"] == ONE
    # An identity that the key does not need may come and go; the one that reads it may not.
    azure.settle(MODULE, NEW, identity={"user_assigned": [TWO]})
    azure.settle(MODULE, NEW, identity={"user_assigned": [ONE], "append": False})
    refused = azure.run(MODULE, NEW, identity={"user_assigned": [], "append": False})
    assert refused.failed and not azure.writes
    assert refused["msg"].startswith("identity: ")


def test_what_can_never_be_taken_back_is_warned_of(azure: Bench) -> None:
    for check in (True, False):
        result = azure.run(MODULE, EMPTY, immutability="locked", confirm_lock=True, check=check)
        assert "nobody can unlock it" in warned(result)
    assert [line.split()[0] for line in azure.writes] == ["PATCH", "PATCH"]


# How the vault was made, what is asked for then, the option that is named, and a word of what to do instead.
REFUSED: list[tuple[dict[str, t.Any], dict[str, t.Any], str, str]] = [
    ({}, {"immutability": "locked"}, "immutability", "confirm_lock: true"),
    ({"immutability": "locked", "confirm_lock": True}, {"immutability": "unlocked"}, "immutability", "another vault"),
    ({"immutability": "locked", "confirm_lock": True}, {"immutability": "disabled"}, "immutability", "another vault"),
    ({"cross_region_restore": True}, {"cross_region_restore": False}, "cross_region_restore", "another vault"),
    ({"cross_region_restore": True}, {"redundancy": "locally"}, "redundancy", "another vault"),
    ({"redundancy": "locally"}, {"cross_region_restore": True}, "cross_region_restore", "redundancy: geo"),
    (
        {"cross_subscription_restore": "permanently_disabled"},
        {"cross_subscription_restore": "enabled"},
        "cross_subscription_restore",
        "another vault",
    ),
    ({}, {"soft_delete": "disabled"}, "soft_delete", "secure by default"),
    ({}, {"customer_managed_key": {"key_uri": KEY}}, "customer_managed_key.identity", "identity.system_assigned"),
]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("made", "asked", "option", "instead"), REFUSED)
def test_what_goes_one_way_is_refused_before_any_write(
    azure: Bench, made: dict[str, t.Any], asked: dict[str, t.Any], option: str, instead: str, check: bool
) -> None:
    azure.good(MODULE, NEW, location="westeurope", **made)
    result = azure.run(MODULE, NEW, check=check, **asked)
    assert result.failed and not azure.writes
    assert result["error"]["code"] == "SettingNotPossible"
    assert result["msg"].startswith(f"{option}: ")
    assert "vault-new" in result["error"]["message"]
    assert instead in result["msg"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"redundancy": "zone"}, "registered in vault vault-westeurope"),
        ({"customer_managed_key": {"key_uri": KEY}, "identity": {"system_assigned": True}}, "holds 4 items"),
    ],
)
def test_what_is_fixed_by_the_first_machine_is_refused_before_any_write(
    azure: Bench, options: dict[str, t.Any], told: str, check: bool
) -> None:
    result = azure.run(MODULE, HOLDING, check=check, **options)
    assert result.failed and not azure.writes
    assert told in result["msg"]


@pytest.mark.parametrize(
    "options",
    [
        {"soft_delete_days": 13},
        {"soft_delete_days": 181},
        {"identity": {"user_assigned": ["backup"]}},
        {"customer_managed_key": {"key_uri": "backup"}},
        {"customer_managed_key": {"key_uri": KEY, "identity": "me"}},
        {"location": "west/europe"},
    ],
)
def test_what_can_not_be_is_refused_without_a_request(azure: Bench, options: dict[str, t.Any]) -> None:
    result = azure.run(MODULE, {**EMPTY, **options})
    assert result.failed and not azure.requests
    assert result["error"]["code"] == "InvalidInput"
    assert result["msg"].startswith(next(iter(options)))


def test_a_new_vault_that_has_soft_delete_always_on_has_it_on(azure: Bench) -> None:
    created = azure.settle(MODULE, NEW, location="westeurope", soft_delete="enabled", soft_delete_days=30)
    settings = created["vault"]["settings"]
    assert (settings["soft_delete"], settings["soft_delete_days"]) == ("always_on", 30)


def test_the_principal_of_a_new_identity_is_told_for_the_rights_it_needs(azure: Bench) -> None:
    assert azure.good(MODULE, EMPTY)["vault"]["principal_id"] is None
    assert azure.settle(MODULE, EMPTY, identity={"system_assigned": True})["vault"]["principal_id"]


@pytest.mark.parametrize("check", [True, False])
def test_a_new_vault_without_soft_delete_is_refused(azure: Bench, check: bool) -> None:
    result = azure.run(MODULE, NEW, location="westeurope", soft_delete="disabled", check=check)
    assert result.failed and not azure.writes
    assert "secure by default" in result["msg"]


def test_an_older_vault_has_its_soft_delete_switched_off_and_on(azure: Bench) -> None:
    azure.settle(MODULE, HOLDING, soft_delete="disabled")
    azure.settle(MODULE, HOLDING, soft_delete="enabled")
    azure.settle(MODULE, HOLDING, soft_delete="always_on")
    azure.settle(MODULE, HOLDING, soft_delete="enabled", changed=False)


def test_soft_delete_that_the_service_refuses_to_switch_off_is_explained(azure: Bench) -> None:
    azure.simulator.add_fault(
        method="PATCH",
        path="/vaults/vault-westeurope$",
        status=400,
        code="BMSUserErrorDisablingSoftDeleteStateNotAllowed",
        message="Soft delete cannot be disabled.",
    )
    result = azure.run(MODULE, HOLDING, soft_delete="disabled")
    assert result.failed
    assert result["error"]["code"] == "BMSUserErrorDisablingSoftDeleteStateNotAllowed"
    assert "secure by default" in result["msg"]


def test_a_setting_that_azure_accepts_and_ignores_is_a_failure(azure: Bench) -> None:
    ignoring = {"id": "x"}
    azure.simulator.add_fault(method="PATCH", path="/vaults/vault-empty$", status=200, body=ignoring)
    result = azure.run(MODULE, EMPTY, soft_delete_days=30)
    assert result.failed
    assert result["error"]["code"] == "SettingNotApplied"
    assert "soft_delete_days is 14, not 30" in result["msg"]
    assert result["error"]["retryable"]


def test_a_write_that_fails_after_another_leaves_the_rest_to_the_next_run(azure: Bench) -> None:
    azure.simulator.add_fault(
        method="PATCH", path="/vaults/vault-empty$", skip=1, times=1, status=400, code="Unlucky", message="No."
    )
    options = {"immutability": "locked", "confirm_lock": True}
    failed = azure.run(MODULE, {**EMPTY, **options})
    assert failed.failed and failed["changed"]
    assert failed["error"]["code"] == "Unlucky"
    assert failed["vault"]["settings"]["immutability"] == "unlocked"
    assert failed["diff"]["after"]["immutability"] == "unlocked"
    done = azure.settle(MODULE, {**EMPTY, **options})
    assert done["vault"]["settings"]["immutability"] == "locked"
