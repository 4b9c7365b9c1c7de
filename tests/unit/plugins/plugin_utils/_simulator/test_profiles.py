# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import clock, profiles, worlds
from ansible_collections.cloudkeep.azure_backup.tests.support.rules import VMS_ONLY, Cloud

HOSTILE_SEEDS = range(6)


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(ValueError, match="Allowed: fast, polls, recorded, hostile"):
        profiles.Profile.named("slow")


def test_recorded_durations_are_divided_by_the_time_scale() -> None:
    plain, scaled = (profiles.Profile.named("recorded", time_scale=scale) for scale in (1, 10))
    assert (plain.seconds["backup"], scaled.seconds["backup"]) == (2122, 212.2)
    assert (plain.retry_after("refresh"), scaled.retry_after("refresh")) == ("60", "6")
    assert profiles.Profile.named("recorded", time_scale=1000).retry_after("vault") == "1"


def test_polls_end_work_by_looking_and_not_by_waiting() -> None:
    cloud = Cloud(profile="polls")
    vault = cloud.vault("rg-shop-weu", "westeurope")
    answer = cloud.put_item(vault, cloud.machine("web-02"), policyId=f"{vault}/backupPolicies/DefaultPolicy")
    cloud.clock.advance(3600)
    url = answer.headers["Azure-AsyncOperation"]
    assert [cloud.get(url).body["status"] for _number in range(3)] == ["InProgress", "InProgress", "Succeeded"]
    cloud.back_up(cloud.item(vault, cloud.machine("web-02")))
    (job,) = cloud.values(f"{vault}/backupJobs", "operation eq 'Backup'")
    states = []
    for _read in range(3):
        properties = cloud.get(job["id"]).body["properties"]
        tasks = [task["status"] for task in properties["extendedInfo"]["tasksList"]]
        states.append((properties["status"], *tasks))
    assert states == [
        ("InProgress", "Completed", "InProgress"),
        ("InProgress", "Completed", "InProgress"),
        ("Completed", "Completed", "Completed"),
    ]


def test_the_same_seed_gives_the_same_ids() -> None:
    def ids(seed: int) -> tuple[str, str]:
        cloud = Cloud(seed=seed)
        vault = cloud.vault("rg-shop-weu", "westeurope")
        cloud.protect(vault, cloud.machine("web-02"))
        return cloud.subscription, cloud.values(f"{vault}/backupJobs")[0]["name"]

    assert ids(3) == ids(3) != ids(4)


def test_made_ids_do_not_repeat_those_of_the_world() -> None:
    world = worlds.load_world("small", seed=3)
    cloud = Cloud(seed=3)
    taken = {world.tenant_id, world.subscriptions[0].id}
    assert not taken & {cloud.azure.state.guid() for _number in range(20)}


def hostile(seed: int) -> tuple[Cloud, str]:
    cloud = Cloud(profile="hostile", seed=seed)
    return cloud, cloud.vault("rg-shop-weu", "westeurope")


@pytest.mark.parametrize("seed", HOSTILE_SEEDS)
def test_hostile_jobs_and_items_show_late_and_urls_are_renamed(seed: int) -> None:
    cloud, vault = hostile(seed)
    machine = cloud.machine("web-02")
    policy = f"{vault}/backupPolicies/DefaultPolicy"
    answer = cloud.put_item(vault, machine, policyId=policy)
    assert cloud.values(f"{vault}/backupJobs") == []
    assert "api-version=2019-05-13-preview&t=" in answer.headers["Azure-AsyncOperation"]
    cloud.clock.advance(0.31)
    status = cloud.get(answer.headers["Azure-AsyncOperation"]).body
    assert status["status"] == "Succeeded"
    (job,) = cloud.values(f"{vault}/backupJobs")
    assert job["name"] == status["properties"]["jobId"]
    if job["properties"]["status"] == "Completed":
        assert cloud.get(cloud.item(vault, machine)).status == 404
        assert cloud.get(answer.headers["Location"]).status == 202
        cloud.clock.advance(0.3)
        assert cloud.get(answer.headers["Location"]).status == 200
        assert cloud.get(cloud.item(vault, machine)).status == 200


def test_hostile_ids_vary_in_case_and_only_in_case() -> None:
    cloud, vault = hostile(1)
    cloud.clock.advance(5)
    seen = {cloud.get(vault).body["id"] for _number in range(60)}
    assert {one.casefold() for one in seen} == {vault.casefold()}
    assert any(one.startswith("/Subscriptions/") for one in seen)
    assert any("/Vaults/" in one for one in seen)
    assert any("/RG-SHOP-WEU/" in one for one in seen)


def test_hostile_jobs_fail_now_and_then_but_once_for_a_machine() -> None:
    cloud = Cloud("fleet:60", profile="hostile", seed=5)
    vault = cloud.vault("rg-fleet-0001", "westeurope")
    failures: list[int] = []
    for _round in range(3):
        missing = {one.id.casefold() for one in cloud.world.machines}
        for item in cloud.values(f"{vault}/backupProtectedItems"):
            missing.discard(item["properties"]["virtualMachineId"].casefold())
        failures.append(len(missing))
        for machine in cloud.world.machines:
            if machine.key in missing:
                cloud.put_item(vault, machine, policyId=f"{vault}/backupPolicies/DefaultPolicy")
        cloud.clock.advance(2)
    assert failures[0] == 60 and 0 < failures[1] < 30 and failures[2] == 0


def test_a_hostile_discovery_and_deletion_end_as_they_should() -> None:
    cloud, vault = hostile(2)
    cloud.refresh(vault)
    assert len(cloud.values(f"{vault}/backupProtectableItems", VMS_ONLY)) == 6
    machine = cloud.machine("web-02")
    while cloud.get(cloud.item(vault, machine)).status == 404:
        cloud.protect(vault, machine)
    item = cloud.item(vault, machine)
    answer = cloud.send("DELETE", item)
    cloud.clock.advance(0.21)
    assert cloud.get(answer.headers["Azure-AsyncOperation"]).body["status"] == "Succeeded"
    assert "isScheduledForDeferredDelete" not in cloud.get(item).body["properties"]
    cloud.clock.advance(1)
    assert cloud.get(item).body["properties"]["isScheduledForDeferredDelete"] is True


def test_a_time_scale_comes_from_the_clock() -> None:
    watch = clock.SimulatorClock.stopped(time_scale=4)
    assert profiles.Profile.named("recorded", time_scale=watch.time_scale).seconds["refresh"] == 7.5
