# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vm_backup_recovery_point_info against the simulator."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench

MODULE = "vm_backup_recovery_point_info"
HERE, SHARED = "5d3c2b1a-0000-4000-8000-00000000000a", "5d3c2b1a-0000-4000-8000-00000000000b"
WEST = {"resource_group": "rg-backup", "vault_name": "vault-west"}
NORTH = {"resource_group": "rg-north", "vault_name": "vault-north"}
ONE = {**WEST, "vms": ["rg-web/web-01"]}
"""Ten recovery points, a day apart, the newest of 2026-01-05 at 03:00."""


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    with bench("looking") as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


def days(result: t.Mapping[str, t.Any]) -> list[str]:
    return [point["time"][5:10] for point in result["recovery_points"]]


def reads(azure: Bench) -> list[str]:
    return [line for line in azure.requests if line.endswith("/recoveryPoints")]


ALL_DAYS = ["01-05", "01-04", "01-03", "01-02", "01-01", "12-31", "12-30", "12-29", "12-28", "12-27"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ALL_DAYS),
        ({"last_days": 3}, ALL_DAYS[:3]),
        ({"last_days": 30}, ALL_DAYS),
        ({"from": "2026-01-03"}, ALL_DAYS[:3]),
        ({"from": "2026-01-03T03:00:00Z", "to": "2026-01-04T03:00:00Z"}, ALL_DAYS[1:3]),
        ({"from": "2026-01-03T03:00:01Z"}, ALL_DAYS[:2]),
        ({"to": "2025-12-28T02:59:59"}, ALL_DAYS[9:]),
        ({"to": "2026-01-03T04:00:00+02:00", "from": "2026-01-01"}, ALL_DAYS[3:5]),
        ({"from": "2026-02-01"}, []),
        ({"limit": 2}, ALL_DAYS[:2]),
        ({"limit": 99}, ALL_DAYS),
        ({"limit": 2, "to": "2026-01-03"}, ALL_DAYS[3:5]),
        ({"newest_before": "2026-01-04T03:00:00Z"}, ["01-04"]),
        ({"newest_before": "2026-01-04T02:59:59Z"}, ["01-03"]),
        ({"newest_before": "2026-01-04T04:30:00+01:00"}, ["01-04"]),
        ({"newest_before": "2027-01-01"}, ["01-05"]),
        ({"newest_before": "2025-01-01"}, []),
        ({"newest_before": "2026-01-04", "from": "2026-01-04"}, []),
        ({"consistency": ["application", "file_system"]}, ALL_DAYS),
        ({"consistency": ["crash"]}, []),
        ({"tier": ["instant"]}, ALL_DAYS[:2]),
        ({"tier": ["vault", "archive"], "limit": 3}, ALL_DAYS[:3]),
        ({"tier": ["archive"]}, []),
        ({"tier": ["instant"], "newest_before": "2026-01-04T12:00:00Z"}, ["01-04"]),
    ],
)
def test_each_option_chooses(azure: Bench, options: dict[str, t.Any], expected: list[str]) -> None:
    result = azure.good(MODULE, {**ONE, **options})
    assert days(result) == expected
    assert result["summary"]["recovery_points_count"] == len(expected)
    assert not result["changed"] and not azure.writes and len(reads(azure)) == 1
    assert azure.good(MODULE, {**ONE, **options}, check=True)["recovery_points"] == result["recovery_points"]


def test_a_point_tells_all_that_a_restore_needs_to_know(azure: Bench) -> None:
    newest, _second, third = azure.good(MODULE, ONE, limit=3)["recovery_points"]
    assert newest["id"].endswith(f"/recoveryPoints/{newest['name']}") and newest["name"].isdigit()
    assert newest["id"].startswith(newest["item_id"])
    assert (newest["time"], newest["age_hours"], newest["consistency"]) == ("2026-01-05T03:00:00Z", 5.0, "application")
    assert newest["tiers"] == [
        {"name": "instant", "status": "Valid", "rehydrated_until": None},
        {"name": "vault", "status": "Valid", "rehydrated_until": None},
    ]
    assert [tier["name"] for tier in third["tiers"]] == ["vault"]
    assert newest["restorable"] is True and newest["soft_deleted"] is False
    assert newest["expires_at"] == "2026-02-04T03:00:00Z"
    assert (newest["vm_name"], newest["vault_name"], newest["os_type"]) == ("web-01", "vault-west", "Linux")
    assert newest["vm_id"].endswith("/rg-web/providers/Microsoft.Compute/virtualMachines/web-01")
    assert newest["encrypted"] is False and newest["managed_disks"] is True


def test_a_machine_that_did_not_run_has_crash_consistent_points(azure: Bench) -> None:
    azure.good("vm_backup_now", NORTH, vms=["web-04"], wait=True)
    found = azure.good(MODULE, NORTH, vms=["web-03", "web-04"], consistency=["crash"], limit=1)
    assert [(point["vm_name"], point["consistency"]) for point in found["recovery_points"]] == [("web-04", "crash")]
    assert found["recovery_points"][0]["expires_at"]


def test_several_machines_come_newest_first_with_a_line_for_each(azure: Bench) -> None:
    result = azure.good(MODULE, NORTH, select={}, last_days=3)
    times = [point["time"] for point in result["recovery_points"]]
    assert times == sorted(times, reverse=True) and len(times) == 4
    shown = {vm["name"]: (vm["recovery_points_count"], vm["oldest"], vm["newest"]) for vm in result["vms"]}
    assert shown == {
        "web-03": (3, "2026-01-03T02:00:00Z", "2026-01-05T02:00:00Z"),
        "web-04": (1, "2026-01-05T02:00:00Z", "2026-01-05T02:00:00Z"),
    }
    assert [vm["longest_gap_hours"] for vm in result["vms"]] == [24.0, None]
    assert {vm["state"] for vm in result["vms"]} == {"protected"} and len(reads(azure)) == 2
    assert result["summary"] == {
        "vms": 2,
        "recovery_points_count": 4,
        "oldest": "2026-01-03T02:00:00Z",
        "newest": "2026-01-05T02:00:00Z",
    }


def test_the_lines_of_machines_count_the_window_whatever_else_is_chosen(azure: Bench) -> None:
    (vm,) = azure.good(MODULE, ONE, last_days=5, limit=1, tier=["instant"])["vms"]
    assert vm["recovery_points_count"] == 5


def test_the_newest_before_a_moment_is_found_for_each_machine(azure: Bench) -> None:
    result = azure.good(MODULE, select={"names": ["web-*"]}, newest_before="2026-01-04T12:00:00Z")
    assert [(point["vm_name"], point["time"]) for point in result["recovery_points"]] == [
        ("web-01", "2026-01-04T03:00:00Z"),
        ("web-02", "2026-01-04T02:00:00Z"),
        ("web-03", "2026-01-04T02:00:00Z"),
        ("web-01", "2026-01-03T16:00:00Z"),
    ]
    assert {vm["name"]: vm["recovery_points_count"] for vm in result["vms"]}["web-04"] == 0


def test_machines_are_found_in_whatever_vault_holds_them(azure: Bench) -> None:
    result = azure.good(MODULE, subscriptions=[HERE, SHARED], vms=["web-01"], limit=1)
    assert [vm["vault_name"] for vm in result["vms"]] == ["vault-west", "vault-west", "vault-shared"]
    ids = [vm["item_id"] for vm in result["vms"]]
    again = azure.good(MODULE, vms=[item_id.upper() for item_id in ids], limit=1)
    assert again["recovery_points"] == result["recovery_points"]


@pytest.mark.parametrize(
    ("vm", "state", "count"), [("stopped", "stopped", 4), ("suspended", "suspended", 4), ("new", "waiting", 0)]
)
def test_items_in_every_state_have_theirs(azure: Bench, vm: str, state: str, count: int) -> None:
    (line,) = azure.good(MODULE, WEST, vms=[vm])["vms"]
    assert (line["state"], line["recovery_points_count"], line["error"]) == (state, count, None)


def test_the_points_of_a_soft_deleted_item_are_listed_and_can_not_be_restored_as_they_are(azure: Bench) -> None:
    result = azure.good(MODULE, WEST, vms=["deleted"])
    assert len(result["recovery_points"]) == 2
    assert {(point["soft_deleted"], point["restorable"]) for point in result["recovery_points"]} == {(True, False)}
    (request,) = [entry for entry in azure.simulator.requests() if entry.path.endswith("/recoveryPoints")]
    assert request.query["$filter"] == "includeSoftDeletedRP eq 'true'"


def test_soft_deleted_points_of_other_items_are_asked_for_only_when_wanted(azure: Bench) -> None:
    for wanted in (True, False):
        azure.good(MODULE, ONE, last_days=3, include_soft_deleted=wanted)
        (request,) = [entry for entry in azure.simulator.requests() if entry.path.endswith("/recoveryPoints")]
        assert ("includeSoftDeletedRP eq 'true'" in request.query["$filter"]) is wanted


def test_a_machine_that_is_not_backed_up_is_a_clear_error_and_the_others_are_there(azure: Bench) -> None:
    result = azure.run(MODULE, WEST, vms=["unprotected", "web-02"])
    assert result.failed and result["error"]["code"] == "ItemNotFound"
    assert "unprotected" in result["msg"] and "vault-west" in result["msg"] and "vm_backup_protect" in result["msg"]
    assert len(result["recovery_points"]) == 3
    line = result.vm("unprotected")
    assert line["id"] is None and line["error"]["code"] == "ItemNotFound"


def test_an_item_id_of_another_vault_is_not_found_in_the_one_that_is_named(azure: Bench) -> None:
    (vm,) = azure.good(MODULE, NORTH, vms=["web-03"], limit=1)["vms"]
    result = azure.run(MODULE, WEST, vms=[vm["item_id"]])
    assert result.failed and result["vms"][0]["item_id"] == vm["item_id"]


def test_points_that_cannot_be_read_are_the_machines_error(azure: Bench) -> None:
    azure.simulator.add_fault(path="web-03/recoveryPoints", status=403, code="AuthorizationFailed", message="No.")
    result = azure.run(MODULE, NORTH, select={})
    assert result.failed and result["error"]["code"] == "AuthorizationFailed"
    assert "web-03" in result["msg"]
    assert [point["vm_name"] for point in result["recovery_points"]] == ["web-04"]


def test_an_item_that_goes_while_it_is_read_is_the_machines_error(azure: Bench) -> None:
    azure.simulator.add_fault(
        path="web-03/recoveryPoints", status=404, code="BMSUserErrorDataSourceObjectNotFound", message="Item not found."
    )
    result = azure.run(MODULE, NORTH, vms=["web-03"])
    assert result.failed and result["error"]["code"] == "BMSUserErrorDataSourceObjectNotFound"


def test_nothing_to_choose_from_is_an_empty_list(azure: Bench) -> None:
    result = azure.good(MODULE, resource_group="rg-backup", vault_name="vault-empty", select={})
    assert (result["recovery_points"], result["vms"]) == ([], [])
    assert result["summary"] == {"vms": 0, "recovery_points_count": 0, "oldest": None, "newest": None}


def test_months_later_old_points_are_in_the_archive_and_need_more_than_a_restore(azure: Bench) -> None:
    azure.good(
        "vm_backup_policy",
        NORTH,
        name="Long",
        schedule={"frequency": "daily", "time": "22:00"},
        retention={"daily": {"days": 30}, "monthly": {"months": 24, "days_of_month": [1]}},
        archive={"mode": "after", "months": 3},
    )
    azure.good("vm_backup_protect", NORTH, vms=["rg-web/web-03"], policy="Long")
    azure.simulator.advance(dt.timedelta(days=210).total_seconds())
    archived = azure.good(MODULE, NORTH, vms=["rg-web/web-03"], tier=["archive"], consistency=["application"])
    assert archived["recovery_points"]
    assert {point["restorable"] for point in archived["recovery_points"]} == {False}
    assert {point["time"][8:10] for point in archived["recovery_points"]} == {"01"}
    newest = azure.good(MODULE, NORTH, vms=["rg-web/web-03"], limit=1)["recovery_points"][0]
    assert newest["restorable"] and newest["time"] > archived["recovery_points"][0]["time"]


def test_more_points_than_a_page_holds_are_all_there(azure: Bench) -> None:
    azure.good(
        "vm_backup_policy",
        NORTH,
        name="Year",
        schedule={"frequency": "daily", "time": "22:00"},
        retention={"daily": {"days": 999}},
    )
    azure.good("vm_backup_protect", NORTH, vms=["rg-web/web-03"], policy="Year")
    azure.simulator.advance(dt.timedelta(days=250).total_seconds())
    result = azure.good(MODULE, NORTH, vms=["rg-web/web-03"])
    assert len({point["id"] for point in result["recovery_points"]}) == len(result["recovery_points"]) > 240
    assert len(reads(azure)) == 2


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"vms": []},
        {"vms": ["rg-web/"]},
        {"vms": ["web-01"], "select": {}},
        {"vms": ["web-01"], "from": "yesterday"},
        {"vms": ["web-01"], "to": "2026-13-01"},
        {"vms": ["web-01"], "from": "2026-01-06", "to": "2026-01-05"},
        {"vms": ["web-01"], "last_days": 0},
        {"vms": ["web-01"], "last_days": 10**9},
        {"vms": ["web-01"], "last_days": 1, "from": "2026-01-05"},
        {"vms": ["web-01"], "newest_before": "soon"},
        {"vms": ["web-01"], "newest_before": "2026-01-05", "limit": 2},
        {"vms": ["web-01"], "newest_before": "2026-01-05", "from": "2026-01-06"},
        {"vms": ["web-01"], "limit": 0},
        {"vms": ["web-01"], "consistency": []},
        {"vms": ["web-01"], "consistency": ["AppConsistent"]},
        {"vms": ["web-01"], "tier": ["cold"]},
        {"vms": ["web-01"], "vaults": ["vault-west"]},
    ],
)
def test_what_is_not_allowed_is_found_before_any_request(azure: Bench, options: dict[str, t.Any]) -> None:
    result = azure.run(MODULE, options)
    assert result.failed and not azure.requests
    assert any(option in result["msg"] for option in options or ("vms",))
