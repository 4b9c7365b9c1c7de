# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import collections
import datetime as dt
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.rules import VMS_ONLY, Cloud

Body = dict[str, t.Any]


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    return Cloud("bad-afternoon")


@pytest.fixture(scope="module")
def vaults(cloud: Cloud) -> list[str]:
    url = f"{cloud.subscription}/providers/Microsoft.RecoveryServices/vaults"
    return [one["id"] for one in cloud.values(url)]


@pytest.fixture(scope="module")
def items(cloud: Cloud, vaults: list[str]) -> dict[str, Body]:
    listed = [one for vault in vaults for one in cloud.values(f"{vault}/backupProtectedItems")]
    return {one["properties"]["friendlyName"]: one["properties"] for one in listed}


@pytest.fixture(scope="module")
def last_day(cloud: Cloud, vaults: list[str]) -> list[Body]:
    since = (cloud.clock.now() - dt.timedelta(days=1)).strftime("%Y-%m-%d %I:%M:%S %p")
    listed = [one for vault in vaults for one in cloud.values(f"{vault}/backupJobs", f"startTime eq '{since}'")]
    return [one["properties"] for one in listed]


def test_there_are_three_vaults_in_two_regions(cloud: Cloud, vaults: list[str]) -> None:
    assert len(vaults) == 3
    assert {cloud.get(vault).body["location"] for vault in vaults} == {"westeurope", "northeurope"}


def test_twenty_jobs_failed_in_the_last_day_for_five_causes(last_day: list[Body]) -> None:
    causes = collections.Counter(job["errorDetails"][0]["errorTitle"] for job in last_day if job["status"] == "Failed")
    assert causes == {
        "UserErrorGuestAgentStatusUnavailable": 7,
        "UserErrorRpCollectionLimitReached": 5,
        "ExtensionSnapshotFailedNoNetwork": 4,
        "UserErrorVmNotFoundV2": 2,
        "UserErrorBackupOperationInProgress": 2,
    }
    assert all(job["errorDetails"][0]["recommendations"] for job in last_day if job["status"] == "Failed")


def test_jobs_run_were_cancelled_and_warned_too(last_day: list[Body]) -> None:
    statuses = collections.Counter(job["status"] for job in last_day)
    assert (statuses["InProgress"], statuses["Cancelled"], statuses["CompletedWithWarnings"]) == (1, 1, 1)


def test_three_machines_have_a_recovery_point_that_is_too_old(cloud: Cloud, items: dict[str, Body]) -> None:
    limit = cloud.clock.now() - dt.timedelta(hours=26)
    stale = {
        name
        for name, item in items.items()
        if item["protectionState"] == "Protected"
        and dt.datetime.fromisoformat(item["lastRecoveryPoint"][:19] + "+00:00") < limit
    }
    assert stale == {"shop-db-03", "etl-05", "test-05"}


def test_a_backup_hangs_and_another_runs(cloud: Cloud, vaults: list[str]) -> None:
    running = [
        job["properties"] for vault in vaults for job in cloud.values(f"{vault}/backupJobs", "status eq 'InProgress'")
    ]
    assert {job["entityFriendlyName"]: job["duration"] for job in running} == {
        "shop-db-03": "P1DT6H",
        "erp-sql-01": "PT30M",
    }


def test_an_agent_is_not_ready_and_its_item_needs_action(cloud: Cloud, items: dict[str, Body]) -> None:
    view = cloud.get(f"{cloud.machine('erp-app-03').id}/instanceView").body
    assert view["vmAgent"]["statuses"][0]["displayStatus"] == "Not Ready"
    item = items["erp-app-03"]
    assert (item["healthStatus"], item["protectionStatus"]) == ("ActionRequired", "Unhealthy")
    assert item["healthDetails"][0]["title"] == "UserErrorGuestAgentStatusUnavailable"


def test_a_soft_deleted_item_has_two_days_left(items: dict[str, Body]) -> None:
    assert items["test-06"]["deferredDeleteTimeRemaining"].startswith("2.00:")


def test_the_states_of_items(items: dict[str, Body]) -> None:
    states = collections.Counter(item["protectionState"] for item in items.values())
    # One of the two that are stopped is soft-deleted.
    assert states == {"Protected": 47, "ProtectionStopped": 2, "IRPending": 1}


def test_the_machine_of_an_item_is_gone(cloud: Cloud, items: dict[str, Body]) -> None:
    assert cloud.get(items["crm-old-01"]["virtualMachineId"]).status == 404


def test_five_machines_are_not_protected_for_as_many_reasons(
    cloud: Cloud, vaults: list[str], items: dict[str, Body]
) -> None:
    machines = cloud.values(f"{cloud.subscription}/providers/Microsoft.Compute/virtualMachines")
    bare = {one["name"]: one for one in machines if one["name"] not in items}
    assert set(bare) == {"paris-files-01", "shop-web-13", "crm-app-09", "test-07", "erp-standby-01"}
    assert bare["test-07"]["properties"]["provisioningState"] == "Failed"
    known = {
        one["properties"]["friendlyName"]
        for vault in vaults
        for one in cloud.values(f"{vault}/backupProtectableItems", VMS_ONLY)
    }
    # What is only stopped in one vault may go to another one.
    assert known == {"crm-app-09", "test-07", "crm-app-08"}


def test_vaults_tell_what_they_store_under_the_name_of_their_redundancy(cloud: Cloud, vaults: list[str]) -> None:
    stored = {
        vault.rpartition("/")[2]: {
            one["name"]["value"]: one["currentValue"]
            for one in cloud.get(f"{vault}/usages").body["value"]
            if one["unit"] == "Bytes" and one["currentValue"]
        }
        for vault in vaults
    }
    assert {name: list(values) for name, values in stored.items()} == {
        "vault-production": ["GRSStorageUsage"],
        "vault-test": ["LRSStorageUsage"],
        "vault-north": ["GRSStorageUsage"],
    }


def test_the_hanging_backup_can_be_cancelled() -> None:
    cloud = Cloud("bad-afternoon")
    vault = next(one for one in cloud.azure.state.vaults.values() if one.name == "vault-production").id
    (job,) = cloud.values(f"{vault}/backupJobs", "status eq 'InProgress'")
    cloud.settle(cloud.send("POST", f"{job['id']}/cancel"))
    assert cloud.get(job["id"]).body["properties"]["status"] == "Cancelled"
