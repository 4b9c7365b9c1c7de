# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors, _options
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.outcome import Outcome
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.policies import policy_info
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.vault import vault
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies
from ansible_collections.cloudkeep.azure_backup.tests.support.fake_azure import FakeAzure

TAGS = {"Env": "prod", "owner": "infra"}


def run(azure: FakeAzure, *, check: bool = False, **options: t.Any) -> Outcome:
    defaults: dict[str, t.Any] = {
        **dict.fromkeys(_options.vault_settings()),
        "confirm_lock": False,
        "resource_guard_operation_requests": None,
        "force": False,
        "delete_backup_data": False,
        "poll_interval": 15,
        "resource_group": "rg-backup",
        "vault_name": "vault-one",
        "state": "present",
        "location": None,
        "tags": None,
        "append_tags": True,
        "wait_timeout": 600,
    }
    azure.check_mode = check
    outcome = vault(t.cast(t.Any, azure), {**defaults, **options})
    azure.check_mode = False
    return outcome


def both(azure: FakeAzure, **options: t.Any) -> Outcome:
    """Predict, do, predict again, do again: the second time nothing is left to do."""
    predicted = run(azure, check=True, **options)
    assert not azure.writes
    done = run(azure, **options)
    assert predicted.changed is done.changed
    assert (predicted.before, predicted.after) == (done.before, done.after)
    assert predicted.result["vault_exists"] is done.result["vault_exists"]
    assert bool(azure.writes) is done.changed
    azure.calls.clear()
    for check in (True, False):
        again = run(azure, check=check, **options)
        assert not again.changed
        assert again.before == again.after
        assert not azure.writes
    return done


def test_a_vault_that_is_missing_is_created(azure: FakeAzure) -> None:
    done = both(azure, vault_name="vault-new", location="North Europe", tags={"backup": True, "empty": None})
    assert done.changed
    assert done.before == {}
    assert (done.after["location"], done.after["tags"]) == ("northeurope", {"backup": "true", "empty": ""})
    assert done.result["vault"]["location"] == "northeurope"
    assert done.result["vault"]["tags"] == {"backup": "true", "empty": ""}


def test_check_mode_shows_the_keys_of_a_vault_that_is_not_there_yet(azure: FakeAzure) -> None:
    predicted = run(azure, check=True, vault_name="vault-new", location="westeurope")
    done = run(azure, vault_name="vault-new", location="westeurope")
    assert list(predicted.result["vault"]) == list(done.result["vault"])
    assert predicted.result["vault"]["id"] == done.result["vault"]["id"]


@pytest.mark.parametrize("location", [None, "westeurope", "West Europe"])
def test_a_vault_that_is_there_is_left_alone(azure: FakeAzure, location: str | None) -> None:
    assert not both(azure, location=location).changed


def test_a_vault_is_found_whatever_letter_case_its_name_is_in(azure: FakeAzure) -> None:
    assert not run(azure, vault_name="VAULT-ONE", resource_group="RG-Backup").changed


def test_a_new_vault_needs_a_region(azure: FakeAzure) -> None:
    for check in (True, False):
        with pytest.raises(_errors.InvalidInput, match="^location: "):
            run(azure, vault_name="vault-new", check=check)
    assert not azure.writes


def test_a_vault_does_not_move(azure: FakeAzure) -> None:
    with pytest.raises(_errors.BackupError, match="westeurope") as raised:
        run(azure, location="northeurope", tags={"a": "b"})
    assert raised.value.code == "VaultInAnotherRegion"
    assert not azure.writes


@pytest.mark.parametrize(
    ("tags", "append", "expected"),
    [
        (None, True, TAGS),
        (None, False, TAGS),
        ({}, True, TAGS),
        ({}, False, {}),
        ({"ENV": "prod"}, True, TAGS),
        ({"env": "test"}, True, {"Env": "test", "owner": "infra"}),
        ({"new": 1}, True, {**TAGS, "new": "1"}),
        ({"new": 1}, False, {"new": "1"}),
        ({"env": "prod"}, False, {"Env": "prod"}),
    ],
)
def test_tags(azure: FakeAzure, tags: dict[str, t.Any] | None, append: bool, expected: dict[str, str]) -> None:
    azure.vaults[bodies.VAULT.casefold()]["tags"] = dict(TAGS)
    done = both(azure, tags=tags, append_tags=append)
    assert done.changed is (expected != TAGS)
    assert done.result["vault"]["tags"] == expected
    assert azure.vaults[bodies.VAULT.casefold()]["tags"] == expected
    assert done.before["tags"] == TAGS
    assert done.after["tags"] == expected


def test_an_empty_vault_is_deleted(azure: FakeAzure) -> None:
    done = both(azure, state="absent")
    assert done.changed
    assert done.after == {}
    assert not azure.vaults


def test_a_vault_that_is_not_there_is_absent(azure: FakeAzure) -> None:
    done = both(azure, state="absent", vault_name="vault-nine")
    assert not done.changed
    assert done.result == {"vault": None, "vault_exists": False, "kept_until": None, "protected_items": []}


@pytest.mark.parametrize("check", [True, False])
def test_a_vault_with_backup_data_is_never_deleted(azure: FakeAzure, check: bool) -> None:
    azure.vault.hold(bodies.item("web-01"))
    azure.vault.hold(bodies.item("web-02", **bodies.SOFT_DELETED))
    error = run(azure, state="absent", check=check).failure
    assert error and error.code == "VaultNotEmpty"
    assert "rg-web/web-01 (Protected)" in error.message
    assert "web-02 (soft-deleted until 2026-03-15T09:00:00Z)" in error.message
    assert error.recommendations
    assert not azure.writes


def test_of_many_items_some_are_named_and_all_are_counted(azure: FakeAzure) -> None:
    for number in range(23):
        azure.vault.hold(bodies.item(f"web-{number:02}"))
    error = run(azure, state="absent").failure
    assert error and "23 protected" in error.message and "and 3 more" in error.message
    assert "web-19" in error.message
    assert "web-20" not in error.message


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"vault_name": "1vault"}, "vault_name"),
        ({"vault_name": "v"}, "vault_name"),
        ({"vault_name": "v" * 51}, "vault_name"),
        ({"vault_name": "vault_one"}, "vault_name"),
        ({"vault_name": "vault-one\n"}, "vault_name"),
        ({"resource_group": " "}, "resource_group"),
        ({"location": "west/europe"}, "location"),
    ],
)
def test_bad_input_is_found_before_any_request(azure: FakeAzure, options: dict[str, t.Any], option: str) -> None:
    with pytest.raises(_errors.InvalidInput, match=f"^{option}: "):
        run(azure, **options)
    assert not azure.calls


def policies(azure: FakeAzure, name: str | None = None, vault_name: str = "vault-one") -> list[dict[str, t.Any]]:
    azure.check_mode = True  # it never writes
    options = {"resource_group": "rg-backup", "vault_name": vault_name, "name": name, "forecast": None}
    outcome = policy_info(t.cast(t.Any, azure), options)
    assert not outcome.changed
    return t.cast("list[dict[str, t.Any]]", outcome.result["policies"])


def test_the_policies_for_machines_are_listed(azure: FakeAzure) -> None:
    assert [policy["name"] for policy in policies(azure)] == ["DefaultPolicy", "Gold"]


@pytest.mark.parametrize(("name", "found"), [("gold", ["Gold"]), ("Sql", ["Sql"]), ("Missing", [])])
def test_one_policy(azure: FakeAzure, name: str, found: list[str]) -> None:
    assert [policy["name"] for policy in policies(azure, name)] == found


def test_policies_of_a_vault_that_is_not_there(azure: FakeAzure) -> None:
    with pytest.raises(_errors.NotFound):
        policies(azure, vault_name="vault-nine")
