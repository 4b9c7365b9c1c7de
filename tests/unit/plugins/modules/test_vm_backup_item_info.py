# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vm_backup_item_info against the simulator: what it chooses and tells, and what it does about vaults that fail."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import run_module

MODULE = "vm_backup_item_info"
HERE, SHARED = "5d3c2b1a-0000-4000-8000-00000000000a", "5d3c2b1a-0000-4000-8000-00000000000b"
NOWHERE = "5d3c2b1a-0000-4000-8000-00000000000f"
BOTH = {"subscriptions": [HERE, SHARED]}
WEST = {"resource_group": "rg-backup", "vault_name": "vault-west"}
WEST_NAMES = ["broken", "deaf", "deleted", "gone", "new", "stopped", "suspended", "web-01", "web-01", "web-02"]
NORTH_NAMES = ["web-03", "web-04"]


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    with bench("looking") as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


def names(result: t.Mapping[str, t.Any]) -> list[str]:
    return [item["name"] for item in result["protected_items"]]


def item(result: t.Mapping[str, t.Any], name: str) -> dict[str, t.Any]:
    (found,) = (item for item in result["protected_items"] if item["name"] == name)
    return t.cast("dict[str, t.Any]", found)


def vault_id(name: str, group: str = "rg-backup", subscription: str = HERE) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.RecoveryServices/vaults/{name}"


@pytest.mark.parametrize(
    ("where", "expected", "vaults"),
    [
        (WEST, WEST_NAMES, ["vault-west"]),
        ({"vault_name": "VAULT-WEST"}, WEST_NAMES, ["vault-west"]),
        ({"resource_group": "rg-backup"}, WEST_NAMES, ["vault-empty", "vault-west"]),
        ({"resource_group": "rg-backup", "vault_name": "vault-empty"}, [], ["vault-empty"]),
        ({}, WEST_NAMES + NORTH_NAMES, ["vault-empty", "vault-west", "vault-north"]),
        ({"subscriptions": [SHARED]}, ["abroad", "web-01"], ["vault-shared"]),
        (
            {"subscriptions": [f"{HERE}\n{SHARED}"], "resource_group": "rg-shared"},
            ["abroad", "web-01"],
            ["vault-shared"],
        ),
        ({**BOTH, **WEST}, WEST_NAMES, ["vault-west"]),
        (
            {"vaults": [vault_id("vault-north", "rg-north"), vault_id("VAULT-SHARED", "RG-SHARED", SHARED).upper()]},
            ["abroad", "web-01", *NORTH_NAMES],
            ["vault-north", "vault-shared"],
        ),
    ],
)
def test_items_of_whatever_vaults_are_asked_for(
    azure: Bench, where: dict[str, t.Any], expected: list[str], vaults: list[str]
) -> None:
    result = azure.good(MODULE, where)
    assert names(result) == sorted(expected)
    assert [vault.rpartition("/")[2] for vault in result["vaults"]] == vaults
    assert result["summary"]["total"] == len(expected)
    assert result["problems"] == [] and "warnings" not in result
    assert azure.good(MODULE, where, check=True)["protected_items"] == result["protected_items"]
    assert not result["changed"] and not azure.writes


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"vms": ["web-01"]}, ["web-01", "web-01"]),
        ({"vms": ["RG-WEB/WEB-01"]}, ["web-01"]),
        ({"vms": ["web-02, rg-web/gone\nnew"]}, ["gone", "new", "web-02"]),
        ({"select": {"names": ["web-*"]}}, ["web-01", "web-01", "web-02", "web-03", "web-04"]),
        ({"select": {"names": ["WEB-0[13]"], "exclude": ["rg-staging/*"]}}, ["web-01", "web-03"]),
        ({"select": {"resource_groups": ["RG-staging"]}}, ["web-01"]),
        ({"select": {"locations": ["North Europe"]}}, NORTH_NAMES),
        ({"select": {"tags": {"env": "p*"}}}, ["web-01", "web-02", "web-03"]),
        ({"select": {}}, sorted(WEST_NAMES + NORTH_NAMES)),
        ({"policy": ["weekly"]}, ["web-02"]),
        ({"policy": ["Weekly", "DefaultPolicy"], "select": {"names": ["web-02", "new", "stopped"]}}, ["new", "web-02"]),
        ({"state": ["waiting"]}, ["new"]),
        ({"state": ["error", "stopped"]}, ["broken", "stopped"]),
        ({"state": ["suspended", "soft_deleted"]}, ["deleted", "suspended"]),
        ({"health": ["ActionRequired"]}, ["deaf"]),
        ({"health": ["ActionSuggested", "Invalid"]}, []),
        ({"last_backup_older_than": "99h", "state": ["protected", "error", "waiting"]}, ["broken", "deaf", "new"]),
        ({"last_backup_older_than": "36h", "state": ["protected"]}, ["deaf", "gone", "web-01"]),
        ({"last_backup_older_than": "2d", "state": ["protected"]}, ["deaf", "gone"]),
        ({"last_backup_older_than": "3000d"}, ["broken", "new"]),
    ],
)
def test_each_filter_chooses(azure: Bench, options: dict[str, t.Any], expected: list[str]) -> None:
    assert names(azure.good(MODULE, options)) == expected


def test_vaults_of_other_regions_are_not_read(azure: Bench) -> None:
    azure.good(MODULE, select={"locations": ["northeurope"]})
    listings = [line for line in azure.requests if line.endswith("/backupProtectedItems")]
    assert len(listings) == 1 and "vault-north" in listings[0]


def test_each_item_tells_where_it_stands(azure: Bench) -> None:
    result = azure.good(MODULE)
    assert {one["name"]: one["state"] for one in result["protected_items"]} == {
        "broken": "error",
        "deaf": "protected",
        "deleted": "soft_deleted",
        "gone": "protected",
        "new": "waiting",
        "stopped": "stopped",
        "suspended": "suspended",
        **dict.fromkeys(["web-01", "web-02", "web-03", "web-04"], "protected"),
    }
    new = item(result, "new")
    assert (new["age_hours"], new["last_backup_time"], new["last_recovery_point"]) == (None, None, None)
    assert item(result, "stopped")["policy_name"] is None
    assert item(result, "web-02")["disks"] == {"mode": "include", "luns": [0]}
    assert item(result, "web-03")["disks"] == {"mode": "all", "luns": []}
    north = item(result, "web-03")
    assert (north["location"], north["vault_name"], north["vault_resource_group"]) == (
        "northeurope",
        "vault-north",
        "rg-north",
    )
    assert (north["resource_group"], north["subscription_id"], north["age_hours"]) == ("rg-web", HERE, 6.0)
    assert (north["policy_name"], north["policy_type"], north["exists"]) == ("DefaultPolicy", "V1", None)


def test_an_item_that_is_not_healthy_brings_the_services_advice(azure: Bench) -> None:
    deaf = item(azure.good(MODULE, health=["ActionRequired"]), "deaf")
    (finding,) = deaf["health"]
    assert finding["title"] == "UserErrorGuestAgentStatusUnavailable"
    assert finding["recommendations"] and "\n" not in finding["message"]
    # The last backup failed an hour ago; what counts is the newest recovery point.
    assert (deaf["last_backup_status"], deaf["age_hours"]) == ("Failed", 100.0)


def test_a_soft_deleted_item_tells_how_long_it_can_still_be_brought_back(azure: Bench) -> None:
    deleted = item(azure.good(MODULE, WEST, state=["soft_deleted"]), "deleted")
    assert deleted["deleted_permanently_at"] == "2026-01-07T08:00:00Z"
    assert deleted["days_until_deletion"] == 2.0
    azure.time.sleep(2 * 3600)
    assert item(azure.good(MODULE, WEST, state=["soft_deleted"]), "deleted")["days_until_deletion"] == 1.9
    assert item(azure.good(MODULE, WEST, vms=["new"]), "new")["days_until_deletion"] is None


def test_recovery_points_are_counted_with_one_read_for_each_item_that_was_chosen(azure: Bench) -> None:
    result = azure.good(MODULE, WEST, vms=["rg-web/web-01", "new"], details=True)
    found = {
        one["name"]: (one["recovery_points_count"], one["oldest_recovery_point"]) for one in result["protected_items"]
    }
    assert found == {"web-01": (10, "2025-12-27T03:00:00Z"), "new": (0, None)}
    assert len([line for line in azure.requests if "/protectedItems/" in line]) == 2
    without = azure.good(MODULE, WEST, vms=["new"])
    assert item(without, "new")["recovery_points_count"] is None


def test_machines_are_looked_for_with_one_listing_for_each_of_their_subscriptions(azure: Bench) -> None:
    result = azure.good(MODULE, BOTH, check_machines=True)
    assert [one["name"] for one in result["protected_items"] if not one["exists"]] == ["gone"]
    assert len([line for line in azure.requests if line.endswith("/virtualMachines")]) == 2


def test_a_machine_of_a_subscription_that_cannot_be_read_is_not_called_gone(azure: Bench) -> None:
    azure.simulator.add_fault(path=f"{SHARED}/providers/Microsoft.Compute", status=403, code="AuthorizationFailed")
    result = azure.good(MODULE, BOTH, check_machines=True)
    unknown = [one for one in result["protected_items"] if one["exists"] is None]
    assert {one["subscription_id"] for one in unknown} == {SHARED}
    (problem,) = result["problems"]
    assert (problem["subscription_id"], problem["error"]["code"]) == (SHARED, "AuthorizationFailed")
    assert SHARED in str(result["warnings"])


def test_the_summary_counts_by_state_policy_and_health(azure: Bench) -> None:
    assert azure.good(MODULE)["summary"] == {
        "total": 12,
        "by_state": {"waiting": 1, "protected": 7, "error": 1, "stopped": 1, "suspended": 1, "soft_deleted": 1},
        "by_policy": {"DefaultPolicy": 9, "Weekly": 1},
        "by_health": {"Passed": 11, "ActionSuggested": 0, "ActionRequired": 1, "Invalid": 0},
    }
    assert azure.good(MODULE, vault_name="vault-empty")["summary"] == {
        "total": 0,
        "by_state": dict.fromkeys(["waiting", "protected", "error", "stopped", "suspended", "soft_deleted"], 0),
        "by_policy": {},
        "by_health": dict.fromkeys(["Passed", "ActionSuggested", "ActionRequired", "Invalid"], 0),
    }


def test_namesakes_come_in_the_same_order_whatever_the_vaults_order_is(azure: Bench) -> None:
    orders = [
        [
            (one["subscription_id"], one["resource_group"])
            for one in azure.good(MODULE, subscriptions=ids, vms=["web-01"])["protected_items"]
        ]
        for ids in ([HERE, SHARED], [SHARED, HERE])
    ]
    assert orders[0] == orders[1] == [(HERE, "rg-staging"), (HERE, "rg-web"), (SHARED, "rg-shared")]


def test_the_id_of_an_item_is_enough_to_find_it(azure: Bench) -> None:
    found = item(azure.good(MODULE, subscriptions=[SHARED], vms=["rg-shared/web-01"]), "web-01")
    again = azure.good(MODULE, vms=[found["item_id"].upper()])
    assert [one["item_id"] for one in again["protected_items"]] == [found["item_id"]]
    assert [line for line in azure.requests if "vault-west" in line] == []
    # In a vault that the task names, an item of another vault is not found.
    elsewhere = azure.good(MODULE, WEST, vms=[found["item_id"]])
    assert elsewhere["vms_not_found"] == [found["item_id"]]


def test_the_arm_id_tells_machines_of_one_name_and_group_apart(azure: Bench) -> None:
    arm_id = f"/subscriptions/{HERE}/resourcegroups/RG-WEB/providers/microsoft.compute/virtualmachines/ABROAD"
    assert names(azure.good(MODULE, BOTH, vms=[arm_id])) == ["abroad"]
    assert names(azure.good(MODULE, BOTH, vms=[arm_id.replace(HERE, SHARED)])) == []


def test_entries_without_an_item_are_named_and_warned_of(azure: Bench) -> None:
    result = azure.good(MODULE, vms=["unprotected", "web-02", "typo"])
    assert names(result) == ["web-02"]
    assert result["vms_not_found"] == ["unprotected", "typo"]
    assert "unprotected, typo" in str(result["warnings"])
    # An entry whose item only the other options leave out is not one that was not found.
    assert azure.good(MODULE, vms=["web-02"], state=["stopped"])["vms_not_found"] == []


def test_a_vault_that_was_listed_and_cannot_be_read_is_told_and_costs_nothing_else(azure: Bench) -> None:
    azure.simulator.add_fault(path="/vaults/vault-north/backupProtectedItems", status=403, code="AuthorizationFailed")
    result = azure.good(MODULE, BOTH)
    assert names(result) == sorted([*WEST_NAMES, "abroad", "web-01"])
    (problem,) = result["problems"]
    assert (problem["vault_name"], problem["vault_id"]) == ("vault-north", vault_id("vault-north", "rg-north"))
    assert problem["error"]["code"] == "AuthorizationFailed"
    assert "vault-north" in str(result["warnings"])
    assert not [vault for vault in result["vaults"] if "vault-north" in vault]


@pytest.mark.parametrize("where", [{"vault_name": "vault-north"}, {"vaults": [vault_id("vault-north", "rg-north")]}])
def test_a_vault_that_is_named_and_cannot_be_read_fails_the_task(azure: Bench, where: dict[str, t.Any]) -> None:
    azure.simulator.add_fault(path="/vaults/vault-north/backupProtectedItems", status=403, code="AuthorizationFailed")
    result = azure.run(MODULE, where)
    assert result.failed and result["error"]["code"] == "AuthorizationFailed"
    assert result["msg"].startswith("Vault vault-north: ") and "role" in result["msg"]
    assert result["error"]["request_id"]


def test_a_subscription_that_cannot_be_read_fails_the_task_with_what_the_others_told(azure: Bench) -> None:
    result = azure.run(MODULE, subscriptions=[HERE, NOWHERE, SHARED])
    assert result.failed and result["error"]["code"] == "SubscriptionNotFound"
    assert NOWHERE in result["msg"]
    assert result["summary"]["total"] == 14
    assert [problem["subscription_id"] for problem in result["problems"]] == [NOWHERE]


def test_no_subscription_of_its_own_is_needed_by_a_task_that_names_others(azure: Bench) -> None:
    running = azure.simulator
    environ = {key: value for key, value in running.env.items() if key != "AZURE_SUBSCRIPTION_ID"}
    result = run_module(MODULE, running, {"subscriptions": [SHARED], "check_machines": True}, environ=environ)
    assert not result.failed, result["msg"]
    assert names(result) == ["abroad", "web-01"]
    missing = run_module(MODULE, running, {}, environ=environ)
    assert missing.failed and "subscription_id is missing" in missing["msg"]


def test_several_that_cannot_be_read_are_all_named(azure: Bench) -> None:
    result = azure.run(MODULE, vaults=[vault_id("vault-x1"), vault_id("vault-x2"), vault_id("vault-west")])
    assert result.failed and result["error"]["code"] == "VaultNotFound"
    assert "vault-x1" in result["msg"] and "vault-x2" in result["msg"]
    assert names(result) == WEST_NAMES


def test_when_nothing_at_all_can_be_read_the_task_fails(azure: Bench) -> None:
    azure.simulator.add_fault(path="/backupProtectedItems", status=403, code="AuthorizationFailed")
    result = azure.run(MODULE, resource_group="rg-backup")
    assert result.failed and len(result["problems"]) == 2
    assert result["protected_items"] == [] and result["vaults"] == []


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ({"resource_group": "rg-backup", "vault_name": "vault-none"}, "VaultNotFound"),
        ({"vault_name": "vault-none"}, "VaultNotFound"),
        ({**BOTH, "vault_name": "vault-none"}, "VaultNotFound"),
        ({"resource_group": "rg-none"}, "ResourceGroupNotFound"),
        ({**BOTH, "resource_group": "rg-none"}, "ResourceGroupNotFound"),
    ],
)
def test_a_vault_or_group_that_is_nowhere_is_an_error_and_not_an_empty_list(
    azure: Bench, where: dict[str, t.Any], code: str
) -> None:
    result = azure.run(MODULE, where)
    assert result.failed and result["error"]["code"] == code


@pytest.mark.parametrize("where", [{"resource_group": "rg-staging"}, {"select": {"locations": ["eastus"]}}])
def test_where_no_vault_is_the_empty_list_has_a_warning(azure: Bench, where: dict[str, t.Any]) -> None:
    result = azure.good(MODULE, where)
    assert result["protected_items"] == [] and result["vaults"] == []
    assert "no Recovery Services vault" in str(result["warnings"])


def test_an_item_whose_details_cannot_be_read_stays_as_it_was_listed(azure: Bench) -> None:
    azure.simulator.add_fault(path="/protectedItems/.*web-02$", status=403, code="AuthorizationFailed")
    result = azure.good(MODULE, WEST, select={"names": ["web-0[12]"], "resource_groups": ["rg-web"]}, details=True)
    assert [one["recovery_points_count"] for one in result["protected_items"]] == [10, None]
    assert [problem["vault_name"] for problem in result["problems"]] == ["vault-west"]


def test_ids_in_any_letter_case_and_late_pages_change_nothing(azure: Bench) -> None:
    options = {**BOTH, "vms": ["rg-web/web-01", "RG-WEB/gone", "abroad"], "details": True, "check_machines": True}
    plain = azure.good(MODULE, options)
    with bench("looking", profile="hostile", seed=5) as hostile:
        result = hostile.good(MODULE, options)
    for one, other in zip(plain["protected_items"], result["protected_items"], strict=True):
        assert one["item_id"].casefold() == other["item_id"].casefold()
        for key in ("name", "state", "exists", "recovery_points_count"):
            assert one[key] == other[key]


@pytest.mark.parametrize(
    "options",
    [
        {"vms": []},
        {"vms": ["rg-web/"]},
        {"vms": [vault_id("vault-west")]},
        {"vms": ["web-01"], "select": {}},
        {"select": {"names": []}},
        {"policy": []},
        {"policy": ["no policy"]},
        {"state": []},
        {"state": ["Protected"]},
        {"health": ["Good"]},
        {"last_backup_older_than": "36"},
        {"last_backup_older_than": "a day"},
        {"subscriptions": []},
        {"subscriptions": ["Production"]},
        {"vaults": []},
        {"vaults": ["vault-west"]},
        {"vaults": [vault_id("vault-west") + "/backupPolicies/DefaultPolicy"]},
        {"vaults": [vault_id("vault-west")], "vault_name": "vault-west"},
        {"vault_name": "vault west"},
        {"resource_group": "rg/backup"},
    ],
)
def test_what_is_not_allowed_is_found_before_any_request(azure: Bench, options: dict[str, t.Any]) -> None:
    result = azure.run(MODULE, options)
    assert result.failed and not azure.requests
    assert any(option in result["msg"] for option in options)
