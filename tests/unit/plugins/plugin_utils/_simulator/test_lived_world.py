# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import collections
import datetime as dt
import json
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import lived_policies, worlds
from ansible_collections.cloudkeep.azure_backup.tests.support.rules import VMS_ONLY, Cloud

Body = dict[str, t.Any]
FORMAT = "%Y-%m-%d %I:%M:%S %p"


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    return Cloud("fleet:400:2:lived")


@pytest.fixture(scope="module")
def vaults(cloud: Cloud) -> list[str]:
    return [vault.id for vault in cloud.azure.state.vaults.values()]


@pytest.fixture(scope="module")
def items(cloud: Cloud, vaults: list[str]) -> list[Body]:
    return [one for vault in vaults for one in cloud.values(f"{vault}/backupProtectedItems")]


@pytest.fixture(scope="module")
def jobs(cloud: Cloud, vaults: list[str]) -> list[Body]:
    return [one for vault in vaults for one in cloud.values(f"{vault}/backupJobs")]


def test_there_are_as_many_machines_as_asked_for_and_some_that_only_vaults_know(cloud: Cloud) -> None:
    listed = cloud.values(f"{cloud.subscription}/providers/Microsoft.Compute/virtualMachines")
    assert len(listed) == 400
    assert sum(machine.deleted for machine in cloud.world.machines) == 1
    # Two regions have vaults, a third one has a branch office.
    assert {one["location"] for one in listed} == {"westeurope", "northeurope", "eastus"}


def test_most_are_protected_and_every_state_is_there(items: list[Body]) -> None:
    states = collections.Counter(
        (one["properties"]["protectionState"], "deferredDeleteTimeInUTC" in one["properties"]) for one in items
    )
    assert set(states) == {
        ("Protected", False),
        ("IRPending", False),
        ("ProtectionStopped", False),
        ("ProtectionStopped", True),
        ("ProtectionError", False),
        ("BackupsSuspended", False),
    }
    assert 0.92 < states["Protected", False] / 400 < 0.96


def test_jobs_fail_in_clusters(jobs: list[Body]) -> None:
    bodies = [job["properties"] for job in jobs]
    failed = [job for job in bodies if job["status"] == "Failed"]
    assert 0.015 < len(failed) / len(bodies) < 0.05
    assert {job["status"] for job in bodies} >= {"Completed", "CompletedWithWarnings", "InProgress", "Failed"}
    by_machine = collections.Counter(job["containerName"] for job in failed)
    assert sum(count for _name, count in by_machine.most_common(40)) > len(failed) / 3
    by_day = collections.Counter(job["startTime"][:10] for job in failed)
    (bad_day, worst), (_next_day, second) = by_day.most_common(2)
    assert worst > 1.5 * second
    assert len({job["errorDetails"][0]["errorTitle"] for job in failed}) >= 4


def test_a_day_has_a_backup_of_every_machine(cloud: Cloud, vaults: list[str]) -> None:
    end = cloud.clock.now() - dt.timedelta(days=5)
    begin = end - dt.timedelta(days=1)
    text = f"operation eq 'Backup' and startTime eq '{begin.strftime(FORMAT)}' and endTime eq '{end.strftime(FORMAT)}'"
    found = [job["properties"] for vault in vaults for job in cloud.values(f"{vault}/backupJobs", text)]
    assert all(begin.isoformat() <= job["startTime"] <= end.isoformat() for job in found)
    assert 350 < len({job["containerName"] for job in found}) <= 400


def test_a_filtered_list_is_what_passes_of_the_whole_list(cloud: Cloud, vaults: list[str]) -> None:
    whole = cloud.values(f"{vaults[0]}/backupJobs")
    assert [job["properties"]["startTime"] for job in whole] == sorted(
        (job["properties"]["startTime"] for job in whole), reverse=True
    )
    for key, value in (("status", "failed"), ("operation", "ConfigureBackup")):
        passing = [job for job in whole if job["properties"][key].lower() == value.lower()]
        assert passing and cloud.values(f"{vaults[0]}/backupJobs", f"{key} eq '{value}'") == passing


def test_every_job_can_be_read_and_found_by_its_id(cloud: Cloud, vaults: list[str]) -> None:
    whole = cloud.values(f"{vaults[0]}/backupJobs")
    assert len({job["name"] for job in whole}) == len(whole)
    for job in whole[:: len(whole) // 20]:
        read = cloud.get(job["id"]).body
        read["properties"].pop("extendedInfo")
        assert read == job
        assert cloud.values(f"{vaults[0]}/backupJobs", f"jobId eq '{job['name'].upper()}'") == [job]
        assert cloud.values(f"{vaults[0]}/backupJobs", f"jobId eq '{job['name']}' and status eq 'Cancelling'") == []
    assert cloud.get(f"{vaults[0]}/backupJobs/{whole[0]['name'][:-1]}x").status == 404
    assert cloud.get(f"{vaults[0]}/backupJobs/none").status == 404


def test_an_item_agrees_with_its_jobs_and_its_points(cloud: Cloud, items: list[Body], jobs: list[Body]) -> None:
    backups: dict[str, list[Body]] = {}
    for job in jobs:
        if job["properties"]["operation"] == "Backup" and job["properties"]["status"] not in (
            "InProgress",
            "Cancelled",
        ):
            backups.setdefault(job["properties"]["containerName"], []).append(job["properties"])
    for one in items[::7]:
        item = one["properties"]
        mine = backups.get(item["containerName"], [])
        if mine:
            assert (item["lastBackupStatus"], item["lastBackupTime"]) == (mine[0]["status"], mine[0]["startTime"])
        listed = cloud.values(f"{one['id']}/recoveryPoints", "includeSoftDeletedRP eq 'true'")
        points = [point["properties"]["recoveryPointTime"] for point in listed]
        assert points == sorted(points, reverse=True)
        assert points[:1] == ([item["lastRecoveryPoint"]] if "lastRecoveryPoint" in item else [])
        good = {job["startTime"] for job in mine if job["status"].startswith("Completed")}
        assert set(points[:5]) <= good
        assert cloud.get(one["id"]).body["properties"]["extendedInfo"]["recoveryPointCount"] == len(points)


def test_long_policies_keep_points_of_last_year(cloud: Cloud, items: list[Body]) -> None:
    kept = [
        len(cloud.values(f"{one['id']}/recoveryPoints"))
        for one in items
        if one["properties"]["policyName"] == "Long-term"
    ]
    # 35 days, the Sundays of twelve weeks, the first ones of twelve months.
    assert 35 + 7 + 9 <= max(kept) <= 35 + 8 + 11


def test_points_are_of_every_consistency_and_in_every_tier(cloud: Cloud, items: list[Body]) -> None:
    points = [
        point["properties"]
        for one in items[::6]
        for point in cloud.values(f"{one['id']}/recoveryPoints", "includeSoftDeletedRP eq 'true'")
    ]
    tiers = {tier["type"] for point in points for tier in point["recoveryPointTierDetails"]}
    assert tiers == {"InstantRP", "HardenedRP", "ArchivedRP"}
    consistencies = {point["recoveryPointType"] for point in points}
    assert consistencies == {"AppConsistent", "FileSystemConsistent", "CrashConsistent"}


def test_soft_deleted_items_have_different_deadlines(items: list[Body]) -> None:
    left = {
        int(one["properties"]["deferredDeleteTimeRemaining"].split(".")[0])
        for one in items
        if "deferredDeleteTimeRemaining" in one["properties"]
    }
    assert left and all(0 <= days <= 13 for days in left)


def test_discovery_knows_some_of_those_that_nobody_protects(cloud: Cloud, vaults: list[str], items: list[Body]) -> None:
    machines = cloud.values(f"{cloud.subscription}/providers/Microsoft.Compute/virtualMachines")
    held = {one["properties"]["virtualMachineId"] for one in items}
    bare = {one["id"] for one in machines if one["id"] not in held}
    listed = [one for vault in vaults for one in cloud.values(f"{vault}/backupProtectableItems", VMS_ONLY)]
    known = {one["properties"]["virtualMachineId"] for one in listed}
    assert known < bare
    assert 0.01 < len(bare) / 400 < 0.04


def test_time_goes_on(cloud: Cloud) -> None:
    cloud = Cloud("fleet:60:1:lived")
    (vault,) = cloud.azure.state.vaults.values()
    before = len(cloud.values(f"{vault.id}/backupJobs"))
    cloud.clock.advance(86400)
    after = cloud.values(f"{vault.id}/backupJobs")
    assert before + 50 < len(after) < before + 80
    assert {job["properties"]["status"] for job in after[10:60]} == {"Completed"}


def test_a_seed_makes_the_same_fleet_and_the_same_month_again() -> None:
    def everything(seed: int) -> str:
        cloud = Cloud("fleet:80:lived", seed=seed)
        found = []
        for vault in cloud.azure.state.vaults.values():
            found += cloud.values(f"{vault.id}/backupProtectedItems") + cloud.values(f"{vault.id}/backupJobs")
        return json.dumps(found)

    assert everything(3) == everything(3) != everything(4)


def test_reset_brings_the_month_back() -> None:
    cloud = Cloud("fleet:60:1:lived")
    vault = next(iter(cloud.azure.state.vaults.values())).id
    before = cloud.values(f"{vault}/backupProtectedItems")
    cloud.azure.reset()
    assert cloud.values(f"{vault}/backupProtectedItems") == before


def test_a_large_fleet_has_vaults_of_at_most_a_thousand_machines() -> None:
    world = worlds.load_world("fleet:5000:3:lived", seed=1)
    assert [len(vault.items) for vault in world.vaults] and max(len(vault.items) for vault in world.vaults) <= 1000


@pytest.mark.parametrize("source", ["fleet:lived", "fleet:x:lived", "fleet:5:0:lived", "fleet:1:1:1:lived"])
def test_a_fleet_that_makes_no_sense_is_refused(source: str) -> None:
    with pytest.raises(worlds.WorldError, match="fleet"):
        worlds.load_world(source)


@pytest.mark.parametrize("count", [0, 1, 7])
def test_small_fleets_work_too(count: int) -> None:
    assert len(Cloud(f"fleet:{count}:lived").world.machines) == count


@pytest.mark.parametrize("name", lived_policies.POLICIES)
def test_the_service_takes_its_policies(name: str) -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope")
    answer = cloud.send("PUT", f"{vault}/backupPolicies/{name}", {"properties": lived_policies.POLICIES[name]})
    assert answer.status == 200, answer.body
