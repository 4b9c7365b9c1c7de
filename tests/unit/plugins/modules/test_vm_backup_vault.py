# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vm_backup_vault against the simulator: created, tagged, refused, deleted when empty."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench

MODULE = "vm_backup_vault"
NEW = {"resource_group": "rg-backup", "vault_name": "vault-new"}
EMPTY = {"resource_group": "rg-backup", "vault_name": "vault-empty"}


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    with bench("estate") as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


def test_a_vault_is_created_changed_and_removed(azure: Bench) -> None:
    created = azure.settle(MODULE, NEW, location="West Europe", tags={"owner": "infra", "level": 1})
    assert created["vault_exists"]
    assert created["vault"]["location"] == "westeurope"
    assert created["vault"]["tags"] == {"owner": "infra", "level": "1"}
    assert created["vault"]["provisioning_state"] == "Succeeded"
    assert created["diff"]["before"] == {}
    assert created["diff"]["after"]["location"] == "westeurope"
    assert created["diff"]["after"]["tags"] == {"owner": "infra", "level": "1"}
    changed = azure.settle(MODULE, NEW, tags={"owner": "shop"})
    assert changed["vault"]["tags"] == {"owner": "shop", "level": "1"}
    replaced = azure.settle(MODULE, NEW, tags={"stage": "test"}, append_tags=False)
    assert replaced["vault"]["tags"] == {"stage": "test"}
    removed = azure.settle(MODULE, NEW, state="absent")
    assert removed["vault_exists"] is False
    assert removed["vault"]["name"] == "vault-new"
    assert (removed["diff"]["before"]["tags"], removed["diff"]["after"]) == ({"stage": "test"}, {})
    assert azure.good(MODULE, NEW, state="absent")["vault"] is None


def test_a_vault_that_is_as_asked_is_left_alone(azure: Bench) -> None:
    for options in ({}, {"location": "westeurope"}, {"tags": {"owner": "infra"}}, {"tags": {}}):
        azure.settle(MODULE, EMPTY, changed=False, **options)


def test_an_empty_set_of_tags_clears_them_only_when_nothing_is_appended(azure: Bench) -> None:
    cleared = azure.settle(MODULE, EMPTY, tags={}, append_tags=False)
    assert cleared["vault"]["tags"] == {}


@pytest.mark.parametrize("check", [True, False])
def test_a_new_vault_needs_a_location(azure: Bench, check: bool) -> None:
    result = azure.run(MODULE, NEW, check=check)
    assert result.failed and not azure.writes
    assert result["msg"].startswith("location:")


@pytest.mark.parametrize("check", [True, False])
def test_a_vault_does_not_move(azure: Bench, check: bool) -> None:
    result = azure.run(MODULE, EMPTY, location="northeurope", check=check)
    assert result.failed and not azure.writes
    assert result["error"]["code"] == "VaultInAnotherRegion"


@pytest.mark.parametrize("check", [True, False])
def test_a_vault_that_holds_something_is_not_deleted_and_what_holds_it_is_listed(azure: Bench, check: bool) -> None:
    result = azure.run(MODULE, EMPTY | {"vault_name": "vault-westeurope"}, state="absent", check=check)
    assert result.failed and not azure.writes
    assert result["error"]["code"] == "VaultNotEmpty"
    for name in ("held-protected", "held-stopped", "held-deleted", "held-pending"):
        assert name in result["msg"]
    assert "soft-deleted until 2026-01-19" in result["msg"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_missing_resource_group_is_an_error_in_either_state(azure: Bench, state: str) -> None:
    result = azure.run(MODULE, resource_group="rg-nowhere", vault_name="vault-new", location="westeurope", state=state)
    assert result.failed and not azure.writes
    assert result["error"]["code"] == "ResourceGroupNotFound"
    assert "rg-nowhere" in result["msg"]


@pytest.mark.parametrize("name", ["v", "1-vault", "vault_1", "v" * 51, ""])
def test_a_name_that_azure_would_refuse_is_found_before_any_request(azure: Bench, name: str) -> None:
    result = azure.run(MODULE, resource_group="rg-backup", vault_name=name, location="westeurope")
    assert result.failed and not azure.requests
    assert result["msg"].startswith("vault_name:")


def test_a_vault_that_another_task_is_making_is_waited_for(azure: Bench) -> None:
    late = azure.run(MODULE, NEW, location="westeurope", wait_timeout=0)
    assert late.failed and late["changed"] and late["vault_exists"]
    assert late["error"]["code"] == "WaitTimeout" and late["error"]["retryable"]
    ready = azure.good(MODULE, NEW, location="westeurope")
    assert not ready["changed"] and not azure.writes
    assert ready["vault"]["provisioning_state"] == "Succeeded"
    azure.settle(MODULE, NEW, state="absent")


@pytest.mark.parametrize("options", [{}, {"tags": {"owner": "shop"}}])
def test_a_task_that_comes_second_makes_no_second_vault(azure: Bench, options: dict[str, t.Any]) -> None:
    azure.run(MODULE, NEW, location="westeurope", tags={"owner": "infra"}, wait_timeout=0)
    second = azure.good(MODULE, NEW, location="westeurope", **options)
    assert second["changed"] == bool(options)
    assert not [line for line in azure.writes if line.startswith("PUT")]
    assert second["vault"]["tags"] == (options.get("tags") or {"owner": "infra"})
