# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator's job is about: nothing is guessed, and nothing is deleted that was not confirmed."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._fleet import selected
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies

OTHER_VAULT = bodies.VAULT.replace("vault-one", "vault-two")


def item(name: str = "web-01", group: str = "rg-web", vault: str = bodies.VAULT, **more: t.Any) -> dict[str, t.Any]:
    """An item as vm_backup_item_info returns it."""
    service = f"iaasvmcontainerv2;{group};{name}".lower()
    container = f"{vault}/backupFabrics/Azure/protectionContainers/IaasVMContainer;{service}"
    return {
        "id": bodies.vm_id(name, group),
        "name": name,
        "resource_group": group,
        "cloud_service": None,
        "location": bodies.REGION,
        "subscription_id": bodies.SUBSCRIPTION,
        "exists": True,
        "vault_id": vault,
        "vault_name": vault.rpartition("/")[2],
        "state": "protected",
        "item_id": f"{container}/protectedItems/VM;{service}",
        "item_name": f"VM;{service}",
        **more,
    }


def found(*items: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return {"protected_items": list(items), "vms_not_found": [], "problems": [], **more}


def concerned(plan: selected.Plan) -> list[tuple[str, str]]:
    return [(vault["vault_name"], one["name"]) for vault in plan["vaults"] for one in vault["items"]]


def test_machines_are_put_together_by_vault() -> None:
    plan = selected.plan(found(item("a"), item("b", vault=OTHER_VAULT), item("c", vault=bodies.VAULT.upper())), "stop")
    first, second = plan["vaults"]
    assert [one["name"] for one in first["items"]] == ["a", "c"] and [one["name"] for one in second["items"]] == ["b"]
    assert (first["subscription_id"], first["resource_group"], first["vault_name"], first["location"]) == (
        bodies.SUBSCRIPTION,
        "rg-backup",
        "vault-one",
        bodies.REGION,
    )
    assert (plan["count"], plan["failures"], plan["confirm"]) == (3, [], None)


def test_a_backup_is_of_a_machine_and_stopping_is_of_an_item() -> None:
    assert selected.plan(found(item()), "back_up")["vaults"][0]["vms"] == [bodies.vm_id("web-01")]
    assert selected.plan(found(item()), "stop")["vaults"][0]["vms"] == [item()["item_id"]]


@pytest.mark.parametrize(
    ("action", "states"),
    [
        ("back_up", ["waiting", "protected", "error"]),
        ("stop", ["waiting", "protected", "error", "suspended", "gone"]),
        ("suspend", ["waiting", "protected", "error", "stopped", "gone"]),
        ("delete", ["waiting", "protected", "error", "stopped", "suspended", "gone"]),
    ],
)
def test_filters_choose_those_with_whom_it_can_be_done(action: str, states: list[str]) -> None:
    words = ("waiting", "protected", "error", "stopped", "suspended", "soft_deleted")
    items = [item(word, state=word) for word in words]
    gone = item("gone", state="protected", exists=False)
    plan = selected.plan(found(*items, gone), action, check_mode=True)
    assert [name for _vault, name in concerned(plan)] == states


def test_what_is_named_is_passed_on_whatever_its_state() -> None:
    plan = selected.plan(found(item(state="stopped")), "back_up", vms=["web-01"])
    assert concerned(plan) == [("vault-one", "web-01")]


@pytest.mark.parametrize("action", ["stop", "back_up"])
@pytest.mark.parametrize("dead", ["soft_deleted", "stopped"])
def test_what_an_old_vault_still_has_is_left_alone(action: str, dead: str) -> None:
    items = [item(state=dead), item(vault=OTHER_VAULT)]
    assert concerned(selected.plan(found(*items), action, vms=["web-01"])) == [("vault-two", "web-01")]


def test_data_in_two_vaults_is_not_deleted_by_the_machines_name() -> None:
    items = [item(state="stopped"), item(vault=OTHER_VAULT)]
    plan = selected.plan(found(*items), "delete", vms=["web-01"], confirmation="delete 2")
    assert plan["vaults"] == []
    assert plan["failures"] == [
        "web-01 has data in several vaults: vault-one, vault-two. Name the vault, or the id of the item."
    ]
    deleted = [item(state="soft_deleted"), item(vault=OTHER_VAULT)]
    plan = selected.plan(found(*deleted), "delete", vms=["web-01"], confirmation="delete 1")
    assert concerned(plan) == [("vault-two", "web-01")]


def test_a_name_of_two_machines_is_refused_and_the_ids_are_told() -> None:
    items = [item(), item(group="rg-other"), item("db-01")]
    plan = selected.plan(found(*items), "stop", vms=["WEB-01", "db-01"])
    assert plan["vaults"] == [] and plan["count"] == 0
    (failure,) = plan["failures"]
    for text in ("WEB-01 is the name of 2 machines", bodies.vm_id("web-01"), bodies.vm_id("web-01", "rg-other")):
        assert text in failure
    # A backup of the others does no harm.
    plan = selected.plan(found(*items), "back_up", vms=["web-01", "db-01"])
    assert concerned(plan) == [("vault-one", "db-01")] and len(plan["failures"]) == 1


@pytest.mark.parametrize("entry", ["rg-WEB/web-01", bodies.vm_id("web-01"), item()["item_id"]])
def test_a_name_that_tells_apart_is_taken(entry: str) -> None:
    plan = selected.plan(found(item()), "stop", vms=[entry])
    assert plan["failures"] == [] and plan["count"] == 1


def test_what_is_not_found_stops_all_but_backups() -> None:
    missing = found(item(), vms_not_found=["nobody", "nothing"])
    plan = selected.plan(missing, "stop", vms=["web-01", "nobody", "nothing"])
    assert plan["vaults"] == []
    assert plan["failures"] == ["nobody, nothing have no backup in any vault that was looked into. Check the names."]
    assert selected.plan(missing, "back_up", vms=["web-01", "nobody", "nothing"])["count"] == 1


def test_a_vault_that_can_not_be_read_may_have_it() -> None:
    problem = {"vault_name": "vault-two", "subscription_id": "s", "error": {}}
    plan = selected.plan(found(vms_not_found=["web-01"], problems=[problem]), "stop", vms=["web-01"])
    assert plan["failures"][0].endswith("Not everything could be read: vault-two.")


def test_a_search_that_failed_is_told() -> None:
    assert selected.plan(found(msg="Could not list."), "stop")["failures"] == ["Could not list."]


@pytest.mark.parametrize("typed", ["delete 2", "Delete 2", "  DELETE   2 "])
def test_a_deletion_is_confirmed_by_the_number_of_machines(typed: str) -> None:
    items = [item("a"), item("b", state="stopped"), item("c", state="soft_deleted")]
    plan = selected.plan(found(*items), "delete", vms=["a", "b", "c"], confirmation=typed)
    assert plan["failures"] == [] and plan["count"] == 3


@pytest.mark.parametrize("typed", ["", " ", "delete", "2", "delete 3", "delete 22", "yes", True, None])
def test_any_other_confirmation_is_none(typed: t.Any) -> None:
    plan = selected.plan(found(item("a"), item("b")), "delete", confirmation=typed)
    assert plan["vaults"] == []
    (failure,) = plan["failures"]
    assert failure.startswith("To delete the backups of 2 machines (rg-web/a, rg-web/b), confirm it with 'delete 2'; ")


def test_check_mode_tells_what_to_confirm() -> None:
    plan = selected.plan(found(item("a"), item("b")), "delete", check_mode=True)
    assert (plan["confirm"], plan["failures"], plan["count"]) == ("delete 2", [], 2)


def test_an_action_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="action: 'erase' is not allowed. Allowed: back_up, stop, suspend, delete"):
        selected.plan(found(), "erase")
