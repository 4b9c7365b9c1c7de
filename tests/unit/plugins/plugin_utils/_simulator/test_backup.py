# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import world_files
from ansible_collections.cloudkeep.azure_backup.tests.support.rules import Cloud, code


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def vault(cloud: Cloud) -> str:
    return cloud.vault("rg-shop-weu", "westeurope")


def backups(cloud: Cloud, vault: str) -> list[dict[str, t.Any]]:
    return cloud.values(f"{vault}/backupJobs", "operation eq 'Backup'")


def test_the_operation_ends_long_before_the_job(cloud: Cloud, vault: str) -> None:
    item = cloud.protect(vault, cloud.machine("web-02"))
    answer = cloud.back_up(item)
    assert answer.status == 202
    assert f"{item}/operationsStatus/" in answer.headers["Azure-AsyncOperation"]
    operation = cloud.settle(answer, 0.1).body
    result = cloud.get(answer.headers["Location"])
    assert result.status == 204 and "Location" not in result.headers
    assert {"Azure-AsyncOperation", "Retry-After"} <= set(result.headers)
    job_path = f"{vault}/backupJobs/{operation['properties']['jobId']}"

    def tasks() -> list[str]:
        return [task["status"] for task in cloud.get(job_path).body["properties"]["extendedInfo"]["tasksList"]]

    assert tasks() == ["InProgress", "NotStarted"]
    assert cloud.get(job_path).body["properties"]["extendedInfo"]["propertyBag"]["VM Name"] == "web-02"
    cloud.clock.advance(0.4)
    assert tasks() == ["Completed", "InProgress"]
    assert cloud.get(item).body["properties"]["protectionState"] == "IRPending"
    cloud.clock.advance(0.6)
    assert tasks() == ["Completed", "Completed"]
    job = cloud.get(job_path).body["properties"]
    assert (job["status"], job["duration"], job["activityId"]) == ("Completed", "PT1S", "backup-1")
    assert job["extendedInfo"]["propertyBag"]["Backup Size"].endswith(" MB")


def test_the_first_backup_protects_and_leaves_a_point(cloud: Cloud, vault: str) -> None:
    item = cloud.protect(vault, cloud.machine("web-02"))
    cloud.back_up(item, recoveryPointExpiryTimeInUTC="2026-02-01T00:00:00Z")
    cloud.clock.advance(5)
    properties = cloud.get(item).body["properties"]
    assert (properties["protectionState"], properties["lastBackupStatus"]) == ("Protected", "Completed")
    assert properties["extendedInfo"]["recoveryPointCount"] == 1
    assert properties["healthDetails"][0]["code"] == 400239
    (point,) = cloud.values(f"{item}/recoveryPoints")
    assert properties["lastRecoveryPoint"] == point["properties"]["recoveryPointTime"]
    assert point["properties"]["recoveryPointType"] == "AppConsistent"
    tiers = point["properties"]["recoveryPointTierDetails"]
    assert tiers == [{"type": "InstantRP", "status": "Valid"}, {"type": "HardenedRP", "status": "Valid"}]
    assert point["properties"]["recoveryPointProperties"] == {"expiryTime": "2026-02-01T00:00:00.0000000Z"}
    (job,) = backups(cloud, vault)
    bag = cloud.get(job["id"]).body["properties"]["extendedInfo"]["propertyBag"]
    assert bag["Recovery Point Expiry Time in UTC"] == "2/1/2026 12:00:00 AM"


def test_an_expiry_that_is_left_out_is_thirty_days_away(cloud: Cloud, vault: str) -> None:
    item = cloud.protect(vault, cloud.machine("web-02"))
    cloud.back_up(item)
    cloud.clock.advance(5)
    (point,) = cloud.values(f"{item}/recoveryPoints")
    assert point["properties"]["recoveryPointProperties"]["expiryTime"].startswith("2026-02-04T08:00:0")


def test_a_deallocated_machine_is_backed_up_crash_consistent(cloud: Cloud, vault: str) -> None:
    item = cloud.protect(vault, cloud.machine("loadtest-01"))
    cloud.back_up(item)
    cloud.clock.advance(5)
    (point,) = cloud.values(f"{item}/recoveryPoints")
    assert point["properties"]["recoveryPointType"] == "CrashConsistent"


def test_a_second_backup_is_accepted_and_fails_at_once_while_the_first_goes_on(cloud: Cloud, vault: str) -> None:
    item = cloud.protect(vault, cloud.machine("web-02"))
    cloud.back_up(item, request_id="first")
    assert cloud.back_up(item, request_id="second").status == 202
    cloud.clock.advance(0.5)
    second, first = (job["properties"] for job in backups(cloud, vault))
    assert (second["activityId"], second["status"], first["status"]) == ("second", "Failed", "InProgress")
    assert second["errorDetails"] == [
        {
            "errorCode": 400249,
            "errorTitle": "UserErrorBackupOperationInProgress",
            "errorString": "Unable to initiate backup as another backup operation is currently in progress.",
            "recommendations": second["errorDetails"][0]["recommendations"],
        }
    ]
    cloud.clock.advance(1)
    assert [job["properties"]["status"] for job in backups(cloud, vault)] == ["Failed", "Completed"]
    properties = cloud.get(item).body["properties"]
    assert (properties["protectionState"], properties["extendedInfo"]["recoveryPointCount"]) == ("Protected", 1)


@pytest.mark.parametrize(
    ("state", "title"),
    [
        ({"agent_status": "Not Ready"}, "UserErrorGuestAgentStatusUnavailable"),
        ({"power_state": "starting"}, "UserErrorVmNotInDesirableState"),
    ],
)
def test_a_machine_that_cannot_be_backed_up_fails_in_its_job(state: dict[str, str], title: str) -> None:
    text = world_files.EXAMPLE.replace(
        "agent_status: Not Ready", "\n            ".join(f"{key}: {value}" for key, value in state.items())
    )
    cloud = Cloud(text=text)
    vault = cloud.vault("rg-shop", "westeurope")
    item = cloud.protect(vault, cloud.machine("shop-new-01"))
    cloud.back_up(item)
    cloud.clock.advance(5)
    (job,) = backups(cloud, vault)
    (error,) = job["properties"]["errorDetails"]
    assert (job["properties"]["status"], error["errorTitle"]) == ("Failed", title)
    assert error["recommendations"]
    properties = cloud.get(item).body["properties"]
    assert (properties["protectionState"], properties["lastBackupStatus"]) == ("IRPending", "Failed")
    assert (properties["healthStatus"], properties["protectionStatus"]) == ("ActionRequired", "Unhealthy")
    assert cloud.values(f"{item}/recoveryPoints") == []


def test_what_is_not_protected_is_not_backed_up(cloud: Cloud, vault: str) -> None:
    missing = cloud.item(vault, cloud.machine("web-02"))
    answer = cloud.back_up(missing)
    assert code(answer) == (404, "BMSUserErrorDataSourceObjectNotFound")
    text = "Item not found.\r\nSelected item might have been deleted. Please check if item is registered to the vault."
    assert answer.body["error"]["message"] == text
    item = cloud.protect(vault, cloud.machine("web-02"))
    cloud.settle(cloud.send("DELETE", item))
    assert code(cloud.back_up(item)) == (400, "BMSUserErrorInvalidInput")


@pytest.mark.parametrize(
    "body",
    [
        None,
        {"properties": {}},
        {"properties": {"objectType": "AzureFileShareBackupRequest"}},
        {"properties": {"objectType": "IaasVMBackupRequest", "recoveryPointExpiryTimeInUTC": "tomorrow"}},
        {"properties": {"objectType": "IaasVMBackupRequest", "recoveryPointExpiryTimeInUTC": "2026-01-01T00:00:00Z"}},
    ],
)
def test_a_wrong_request_starts_nothing(cloud: Cloud, vault: str, body: object) -> None:
    item = cloud.protect(vault, cloud.machine("web-02"))
    assert code(cloud.send("POST", f"{item}/backup", body)) == (400, "BMSUserErrorInvalidInput")
    assert backups(cloud, vault) == []
