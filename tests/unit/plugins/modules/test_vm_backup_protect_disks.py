# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which disks vm_backup_protect has backed up, against the simulator."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench

MODULE = "vm_backup_protect"
VAULT = {"resource_group": "rg-backup", "vault_name": "vault-new"}
ALL = {"mode": "all", "luns": []}
OS_ONLY = {"mode": "os_only", "luns": []}


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    with bench("moving") as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


def stored(azure: Bench, name: str) -> dict[str, t.Any] | None:
    """Return what the service has of a machine's selection."""
    vault = next(vault for vault in azure.simulator.simulator.azure.state.vaults.values() if vault.name == "vault-new")
    (item,) = [item for item in vault.items.values() if item.machine.name == name]
    return dict(item.disk_selection) if item.disk_selection else None


@pytest.mark.parametrize(
    ("disks", "shown", "luns", "inclusion"),
    [
        ({"mode": "include", "luns": [1]}, {"mode": "include", "luns": [1]}, [1], True),
        ({"mode": "exclude", "luns": [1, 0, 1]}, {"mode": "exclude", "luns": [0, 1]}, [0, 1], False),
        ({"mode": "exclude", "names": ["TEMP"]}, {"mode": "exclude", "luns": [1]}, [1], False),
        ({"mode": "os_only"}, OS_ONLY, [], True),
    ],
)
def test_a_machine_is_protected_with_a_selection_of_its_disks(
    azure: Bench, disks: dict[str, t.Any], shown: dict[str, t.Any], luns: list[int], inclusion: bool
) -> None:
    done = azure.settle(MODULE, VAULT, vms=["rg-db/db-02"], disks=disks)
    vm = done.vm("db-02")
    assert (vm["action"], vm["disks"]) == ("protect", shown)
    assert done["diff"]["after"][vm["id"]]["disks"] == shown
    assert stored(azure, "db-02") == {"diskLunList": luns, "isInclusionList": inclusion}


def test_without_the_option_all_disks_are_backed_up(azure: Bench) -> None:
    done = azure.settle(MODULE, VAULT, vms=["rg-db/db-02"])
    assert done.vm("db-02")["disks"] == ALL
    assert stored(azure, "db-02") is None


def test_the_disks_of_a_protected_machine_are_changed_and_taken_back_with_one_write_each(azure: Bench) -> None:
    before = ALL
    for disks, shown in (
        ({"mode": "include", "names": ["here-01-data-1"]}, {"mode": "include", "luns": [1]}),
        ({"mode": "exclude", "luns": [0]}, {"mode": "exclude", "luns": [0]}),
        ({"mode": "os_only"}, OS_ONLY),
        ({"mode": "all"}, ALL),
    ):
        done = azure.settle(MODULE, VAULT, vms=["rg-db/here-01"], disks=disks)
        vm = done.vm("here-01")
        assert (vm["action"], vm["disks"], vm["policy_name"]) == ("change_disks", shown, "DefaultPolicy")
        sides = [done["diff"][side][vm["id"]] for side in ("before", "after")]
        assert [side["disks"] for side in sides] == [before, shown]
        assert sides[0]["policy_name"] == sides[1]["policy_name"] == "DefaultPolicy"
        before = shown
    assert stored(azure, "here-01") is None


def test_one_write_changes_policy_and_disks(azure: Bench) -> None:
    done = azure.good(MODULE, VAULT, vms=["rg-db/here-02"], policy="Weekly", disks={"mode": "include", "luns": [0]})
    assert len(azure.writes) == 1
    assert (done["vms"][0]["action"], done["vms"][0]["policy_name"]) == ("change_policy", "Weekly")
    assert stored(azure, "here-02") == {"diskLunList": [0], "isInclusionList": True}


def test_a_selection_stays_when_something_else_changes(azure: Bench) -> None:
    selection = {"diskLunList": [0], "isInclusionList": False}
    unchanged = azure.settle(MODULE, VAULT, vms=["rg-db/here-02"], changed=False)
    assert unchanged.vm("here-02")["disks"] == {"mode": "exclude", "luns": [0]}
    done = azure.settle(MODULE, VAULT, vms=["rg-db/here-02"], policy="Weekly")
    assert done.vm("here-02")["disks"] == {"mode": "exclude", "luns": [0]}
    assert stored(azure, "here-02") == selection


@pytest.mark.parametrize(
    "disks", [{"mode": "exclude", "luns": [0, 0]}, {"mode": "exclude", "names": ["HERE-02-data-0"]}]
)
def test_a_selection_that_the_machine_has_is_no_change(azure: Bench, disks: dict[str, t.Any]) -> None:
    azure.settle(MODULE, VAULT, vms=["rg-db/here-02"], disks=disks, changed=False)


def test_an_inclusion_of_the_same_disks_is_a_change(azure: Bench) -> None:
    azure.settle(MODULE, VAULT, vms=["rg-db/here-02"], disks={"mode": "include", "luns": [1]})


def test_one_option_serves_many_machines_each_by_its_own_disks(azure: Bench) -> None:
    done = azure.settle(MODULE, VAULT, vms=["rg-db/db-02", "rg-db/db-03"], disks={"mode": "exclude", "names": ["temp"]})
    assert done.vm("db-02")["disks"] == {"mode": "exclude", "luns": [1]}
    assert done.vm("db-03")["disks"] == {"mode": "exclude", "luns": [2]}


def test_a_fleet_has_only_its_systems_backed_up(azure: Bench) -> None:
    done = azure.settle(
        MODULE, VAULT, select={"resource_groups": ["rg-db"], "exclude": ["db-01"]}, disks={"mode": "os_only"}
    )
    assert {vm["name"]: vm["action"] for vm in done["vms"]} == {
        "db-02": "protect",
        "db-03": "protect",
        "diskless": "protect",
        "here-01": "change_disks",
        "here-02": "change_disks",
        "here-stopped": "resume",
    }
    assert all(vm["disks"] == OS_ONLY for vm in done["vms"])


@pytest.mark.parametrize("check", [True, False])
def test_a_machine_without_such_a_disk_fails_alone_and_tells_its_disks(azure: Bench, check: bool) -> None:
    result = azure.run(
        MODULE, VAULT, vms=["rg-db/db-02", "rg-db/db-03"], disks={"mode": "exclude", "luns": [1]}, check=check
    )
    assert result.failed and result["changed"]
    assert result.vm("db-02")["error"] is None
    error = result.vm("db-03")["error"]
    assert error["code"] == "DiskNotFound"
    assert "db-03 has no data disk at LUN 1. Its data disks: TEMP (LUN 2)." in error["message"]
    assert result.vm("db-03")["action"] == "none" and result.vm("db-03")["disks"] is None
    assert len(azure.writes) == (0 if check else 1)


def test_a_resumed_machine_gets_the_disks_that_the_task_names(azure: Bench) -> None:
    done = azure.settle(MODULE, VAULT, vms=["rg-db/here-stopped"], disks={"mode": "include", "luns": [0]})
    assert (done.vm("here-stopped")["action"], done.vm("here-stopped")["disks"]) == (
        "resume",
        {"mode": "include", "luns": [0]},
    )


def test_stopping_says_that_the_selection_is_lost(azure: Bench) -> None:
    done = azure.good(MODULE, VAULT, vms=["rg-db/here-01", "rg-db/here-02"], state="stopped")
    (warning,) = map(str, done["warnings"])
    assert "name them in disks when it is resumed: here-02 (exclude LUN 0)." in warning
    assert "here-01" not in warning
    vm = done.vm("here-02")
    sides = [done["diff"][side][vm["id"]]["disks"] for side in ("before", "after")]
    assert sides == [{"mode": "exclude", "luns": [0]}, None]
    predicted = azure.good(MODULE, VAULT, vms=["rg-db/here-02"], state="stopped", check=True)
    assert not predicted.get("warnings")


@pytest.mark.parametrize("state", ["stopped", "suspended", "absent"])
def test_disks_belong_to_protection(azure: Bench, state: str) -> None:
    result = azure.run(
        MODULE, VAULT, vms=["rg-db/here-01"], state=state, disks={"mode": "os_only"}, delete_backup_data=True
    )
    assert result.failed and "disks" in result["msg"] and "state: present" in result["msg"]
    assert not azure.requests


def test_the_disks_cost_no_request(azure: Bench) -> None:
    azure.good(MODULE, VAULT, vms=["rg-db/db-02"])
    without = len(azure.requests)
    azure.good(MODULE, VAULT, vms=["rg-db/db-03"], disks={"mode": "exclude", "names": ["temp"]})
    assert len(azure.requests) == without
