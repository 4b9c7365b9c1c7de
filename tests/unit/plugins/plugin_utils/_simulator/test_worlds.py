# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import pathlib
import textwrap
import typing as t

import pytest
import yaml

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import small_world, world_files, worlds
from ansible_collections.cloudkeep.azure_backup.tests.support.rules import Cloud


def example() -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", yaml.safe_load(world_files.EXAMPLE))


def made(data: object) -> worlds.World:
    return world_files.world_from(data, guids=worlds.guid_source(1), origin="world.yml")


def test_the_small_world_holds_the_cases_that_a_fleet_has() -> None:
    world = worlds.load_world("small", seed=1)
    names = [machine.name for machine in world.machines]
    assert len(names) >= 12
    assert {machine.location for machine in world.machines} == {"westeurope", "northeurope"}
    assert {machine.os for machine in world.machines} == {"Linux", "Windows"}
    assert names.count("web-01") == 2
    assert sum(machine.classic for machine in world.machines) == 1
    assert sum(machine.provisioning_state == "Failed" for machine in world.machines) == 1
    assert sum(machine.power_state == "deallocated" for machine in world.machines) == 1
    assert all(machine.agent_status == "Ready" for machine in world.machines)
    (vault,) = world.vaults
    assert [item.soft_deleted for item in vault.items] == [False, True]


def test_a_seed_makes_a_world_again() -> None:
    assert worlds.load_world("small", seed=1) == worlds.load_world("small", seed=1)
    assert worlds.load_world("small", seed=1) != worlds.load_world("small", seed=2)


def test_a_fleet_has_fifty_machines_in_a_group_and_groups_in_every_region() -> None:
    world = worlds.load_world("fleet:120:2", seed=1)
    assert len(world.machines) == 120
    groups = [machine.resource_group for machine in world.machines]
    assert [groups.count(group.name) for group in world.groups] == [50, 50, 20]
    assert [group.location for group in world.groups] == ["westeurope", "northeurope", "westeurope"]
    by_name = {group.name: group.location for group in world.groups}
    assert all(by_name[machine.resource_group] == machine.location for machine in world.machines)


@pytest.mark.parametrize("source", ["fleet", "fleet:", "fleet:x", "fleet:-1", "fleet:5:0", "fleet:5:99", "fleet:1:1:1"])
def test_a_fleet_that_makes_no_sense_is_refused(source: str) -> None:
    with pytest.raises(worlds.WorldError, match="fleet"):
        worlds.load_world(source)


def test_the_example_file_is_a_world(tmp_path: t.Any) -> None:
    path = tmp_path / "world.yml"
    path.write_text(world_files.EXAMPLE, encoding="utf-8")
    world = worlds.load_world(str(path), seed=1)
    by_name = {machine.name: machine for machine in world.machines}
    assert [disk.name for disk in by_name["shop-web-01"].data_disks] == ["shop-web-01-data-0", "shop-web-01-data-1"]
    assert by_name["shop-web-01"].zones == ("1",)
    assert [disk.lun for disk in by_name["shop-db-01"].data_disks] == [0, 4]
    assert by_name["shop-db-01"].location == "northeurope" and by_name["shop-db-01"].power_state == "deallocated"
    assert by_name["shop-new-01"].agent_status == "Not Ready"
    assert by_name["shop-old-01"].classic and by_name["shop-old-01"].resource_group == "shop-classic"
    assert [one.name for one in world.subscriptions] == ["Production", "Laboratory"]


def test_the_example_can_be_served() -> None:
    cloud = Cloud(text=world_files.EXAMPLE)
    vault = f"{cloud.subscription}/resourceGroups/rg-shop/providers/Microsoft.RecoveryServices/vaults/vault-shop"
    (item,) = cloud.values(f"{vault}/backupProtectedItems")
    assert item["properties"]["policyName"] == "Weekly"
    assert len(cloud.values(f"{item['id']}/recoveryPoints")) == 3
    jobs = cloud.values(f"{vault}/backupJobs")
    assert [job["properties"]["operation"] for job in jobs] == ["Backup"] * 4 + ["ConfigureBackup"]
    assert [job["properties"]["status"] for job in jobs] == ["Cancelled", *["Completed"] * 4]


def test_the_example_of_the_guide_can_be_served() -> None:
    page = pathlib.Path(__file__).resolve().parents[5] / "docs" / "docsite" / "rst" / "simulator.rst"
    block = page.read_text(encoding="utf-8").partition("  subscriptions:\n")
    cloud = Cloud(text=textwrap.dedent(block[1] + block[2].partition("\nAn ``outcome``")[0]))
    (vault,) = (one.id for one in cloud.azure.state.vaults.values())
    items = {
        one["properties"]["friendlyName"]: one["properties"] for one in cloud.values(f"{vault}/backupProtectedItems")
    }
    assert items["shop-db-01"]["extendedProperties"]["diskExclusionProperties"]["diskLunList"] == [0]
    assert items["shop-web-01"]["healthStatus"] == "ActionRequired"
    deleted = items["shop-old-01"]
    assert deleted["deferredDeleteTimeRemaining"].startswith("2.00:")
    assert deleted["lastRecoveryPoint"] < deleted["deferredDeleteTimeInUTC"]


def group(data: dict[str, t.Any]) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", data["subscriptions"][0]["resource_groups"][0])


BAD: dict[str, tuple[t.Callable[[dict[str, t.Any]], object], str]] = {
    "unknown key": (lambda data: group(data).update(sise=1), r"resource_groups\[0\]\.sise: unknown key"),
    "no name": (lambda data: group(data).pop("name"), r"resource_groups\[0\]\.name: is missing"),
    "no location": (lambda data: group(data).pop("location"), r"location: is missing"),
    "bad choice": (lambda data: group(data)["virtual_machines"][0].update(os="Unix"), "os: 'Unix' is not allowed"),
    "bad count": (lambda data: group(data)["virtual_machines"][0].update(disks="2"), "disks: must be a whole number"),
    "true is no count": (lambda data: group(data)["virtual_machines"][0].update(disks=True), "disks: must be"),
    "same name twice": (lambda data: group(data)["virtual_machines"].append({"name": "SHOP-WEB-01"}), "there twice"),
    "bad guid": (lambda data: data.update(tenant_id="me"), "tenant_id: 'me' is not a GUID"),
    "no subscription": (lambda data: data.update(subscriptions=[]), "subscriptions: must hold at least one"),
    "not a list": (lambda data: data.update(subscriptions={}), "subscriptions: must be a list"),
    "unknown machine": (
        lambda data: group(data)["vaults"][0]["protected_items"][0].update(virtual_machine="rg-shop/none"),
        r"protected_items\[0\]\.virtual_machine: there is no virtual machine 'rg-shop/none'",
    ),
    "machine elsewhere": (
        lambda data: group(data)["vaults"][0]["protected_items"][0].update(virtual_machine="rg-shop/shop-db-01"),
        "is not in the vault's region",
    ),
    "disk twice": (
        lambda data: group(data)["virtual_machines"][0].update(
            disks=[{"lun": 1, "name": "a"}, {"lun": 1, "name": "b"}]
        ),
        r"virtual_machines\[0\]\.disks: two disks have the same LUN",
    ),
    "two selections": (
        lambda data: group(data)["vaults"][0]["protected_items"][0].update(disks={"include": [1], "exclude": [2]}),
        r"protected_items\[0\]\.disks: must hold either include or exclude",
    ),
    "bad selection": (
        lambda data: group(data)["vaults"][0]["protected_items"][0].update(disks={"include": ["a"]}),
        r"disks\.include: must be a list of different LUNs",
    ),
    "bad hours": (
        lambda data: group(data)["vaults"][0]["protected_items"][0].update(jobs=[{"hours_ago": "3"}]),
        r"jobs\[0\]\.hours_ago: must be a number from 0 to 9999, not '3'",
    ),
    "too many hours": (
        lambda data: group(data)["vaults"][0]["protected_items"][0].update(hours_since_backup=10000),
        r"hours_since_backup: must be a number from 0 to 9999",
    ),
    "unknown outcome": (
        lambda data: group(data)["vaults"][0]["protected_items"][0].update(jobs=[{"outcome": "Broken"}]),
        r"jobs\[0\]\.outcome: 'Broken' is not allowed. Allowed: Completed, .*UserErrorVmNotFoundV2",
    ),
    "unknown policy": (
        lambda data: group(data)["vaults"][0]["protected_items"][0].update(policy="Gold"),
        "policy: the vault has no policy 'Gold'",
    ),
    "held twice": (
        lambda data: group(data)["vaults"].append(dict(group(data)["vaults"][0], name="second")),
        "is protected twice",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_file_is_refused_with_the_key(name: str) -> None:
    spoil, message = BAD[name]
    data = example()
    spoil(data)
    with pytest.raises(worlds.WorldError, match=message) as caught:
        made(data)
    assert "world.yml" in str(caught.value) or "protected twice" in message


@pytest.mark.parametrize("content", ["- a", "", "a: [", "text"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: t.Any, content: str) -> None:
    path = tmp_path / "bad.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(worlds.WorldError, match="bad.yml"):
        worlds.load_world(str(path))


def test_a_missing_file_is_said_to_be_missing(tmp_path: t.Any) -> None:
    with pytest.raises(worlds.WorldError, match="No such file"):
        worlds.load_world(str(tmp_path / "none.yml"))


def test_the_small_world_is_not_changed_by_making_it() -> None:
    before = copy.deepcopy(small_world.SMALL)
    worlds.load_world("small")
    assert before == small_world.SMALL
