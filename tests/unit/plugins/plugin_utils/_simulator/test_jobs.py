# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from unittest import mock

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import paging
from ansible_collections.cloudkeep.azure_backup.tests.support.rules import Cloud, code


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def vault(cloud: Cloud) -> str:
    return cloud.vault("rg-shop-weu", "westeurope")


def at(cloud: Cloud) -> str:
    return cloud.clock.now().strftime("%Y-%m-%d %I:%M:%S %p")


def operations(cloud: Cloud, vault: str, query: str | None = None) -> list[str]:
    return [job["properties"]["operation"] for job in cloud.values(f"{vault}/backupJobs", query)]


def test_jobs_are_listed_newest_first_and_without_details(cloud: Cloud, vault: str) -> None:
    cloud.back_up(cloud.protect(vault, cloud.machine("web-02")))
    jobs = cloud.values(f"{vault}/backupJobs")
    assert [job["properties"]["operation"] for job in jobs] == ["Backup", "ConfigureBackup"]
    assert not any("extendedInfo" in job["properties"] for job in jobs)
    assert jobs[0]["id"] == f"{vault}/backupJobs/{jobs[0]['name']}"
    assert {
        "jobType": "AzureIaaSVMJob",
        "containerName": "iaasvmcontainerv2;rg-shop-weu;web-02",
        "entityFriendlyName": "web-02",
        "backupManagementType": "AzureIaasVM",
        "status": "InProgress",
        "actionsInfo": ["Cancellable"],
    }.items() <= jobs[0]["properties"].items()


def test_every_filter(cloud: Cloud, vault: str) -> None:
    before = at(cloud)
    cloud.clock.advance(10)
    item = cloud.protect(vault, cloud.machine("web-02"))
    cloud.clock.advance(10)
    middle = at(cloud)
    cloud.clock.advance(10)
    cloud.back_up(item)
    (backup, configure) = cloud.values(f"{vault}/backupJobs")
    assert operations(cloud, vault, "status eq 'inprogress'") == ["Backup"]
    assert operations(cloud, vault, "operation eq 'ConfigureBackup'") == ["ConfigureBackup"]
    assert operations(cloud, vault, "operation eq '' and status eq ''") == ["Backup", "ConfigureBackup"]
    assert operations(cloud, vault, f"jobId eq '{configure['name'].upper()}'") == ["ConfigureBackup"]
    assert operations(cloud, vault, "backupManagementType eq 'MAB'") == []
    assert operations(cloud, vault, f"startTime eq '{middle}'") == ["Backup"]
    assert operations(cloud, vault, f"startTime eq '{before}' and endTime eq '{middle}'") == ["ConfigureBackup"]
    assert operations(cloud, vault, f"endTime eq '{before}'") == []
    combined = f"endTime eq '{at(cloud)}' and status eq 'InProgress' and backupManagementType eq 'AzureIaasVM'"
    assert operations(cloud, vault, combined) == ["Backup"]
    assert code(cloud.get(f"{vault}/backupJobs", "entityFriendlyName eq 'x'")) == (501, "NotModelled")
    assert code(cloud.get(f"{vault}/backupJobs", "startTime eq 'yesterday'")) == (400, "BMSUserErrorInvalidInput")
    assert backup["name"] != configure["name"]


def test_old_callers_get_a_number_for_the_action_even_on_ended_jobs(cloud: Cloud, vault: str) -> None:
    cloud.back_up(cloud.protect(vault, cloud.machine("web-02")))
    cloud.clock.advance(5)
    query = "operation eq 'Backup'"
    (old,) = cloud.values(f"{vault}/backupJobs", query, api_version="2024-04-01")
    (new,) = cloud.values(f"{vault}/backupJobs", query, api_version="2024-10-01")
    assert old["properties"]["actionsInfo"] == [1] and "actionsInfo" not in new["properties"]


def test_pages_neither_skip_nor_repeat_while_jobs_are_added() -> None:
    cloud = Cloud("fleet:210")
    vault = cloud.vault("rg-fleet-0001", "westeurope")
    for machine in cloud.world.machines:
        cloud.put_item(vault, machine, policyId=f"{vault}/backupPolicies/DefaultPolicy")
    cloud.clock.advance(1)
    first = cloud.get(f"{vault}/backupJobs").body
    cloud.back_up(cloud.item(vault, cloud.world.machines[0]))
    second = cloud.get(first["nextLink"]).body
    names = [job["name"] for job in first["value"] + second["value"]]
    assert len(first["value"]) == 200 and len(names) == len(set(names)) == 210
    assert "nextLink" not in second


def test_an_operation_id_is_no_job_id(cloud: Cloud, vault: str) -> None:
    answer = cloud.back_up(cloud.protect(vault, cloud.machine("web-02")))
    operation = cloud.settle(answer).body["id"]
    assert code(cloud.get(f"{vault}/backupJobs/{operation}")) == (404, "BMSUserErrorDataSourceObjectNotFound")
    assert cloud.get(f"{vault}/backupOperations/{operation}").body["properties"]["jobId"] != operation


def newest(cloud: Cloud, vault: str) -> dict[str, t.Any]:
    return cloud.values(f"{vault}/backupJobs")[0]


def test_a_backup_is_cancelled_while_it_takes_its_snapshot(cloud: Cloud, vault: str) -> None:
    item = cloud.protect(vault, cloud.machine("web-02"))
    cloud.back_up(item)
    job = newest(cloud, vault)["id"]
    answer = cloud.send("POST", f"{job}/cancel")
    assert answer.status == 202
    assert f"{job}/operationsStatus/" in answer.headers["Azure-AsyncOperation"]
    assert cloud.get(answer.headers["Location"]).status == 202
    cancelling = cloud.get(job).body["properties"]
    assert cancelling["status"] == cancelling["extendedInfo"]["tasksList"][0]["status"] == "Cancelling"
    assert cloud.settle(answer, 0.3).body["status"] == "Succeeded"
    assert cloud.get(answer.headers["Location"]).status == 204
    assert cloud.get(job).body["properties"]["status"] == "Cancelled"
    cloud.clock.advance(60)
    assert cloud.get(item).body["properties"]["protectionState"] == "IRPending"
    cloud.back_up(item)
    cloud.clock.advance(5)
    assert newest(cloud, vault)["properties"]["status"] == "Completed"


def test_past_the_snapshot_a_cancel_is_refused_at_its_results(cloud: Cloud, vault: str) -> None:
    cloud.back_up(cloud.protect(vault, cloud.machine("web-02")))
    cloud.clock.advance(0.5)
    job = newest(cloud, vault)["id"]
    answer = cloud.send("POST", f"{job}/cancel")
    status = cloud.settle(answer, 0.3).body
    assert status["status"] == "Failed" and status["error"]["message"] == "The job isn't in a cancelable state"
    assert cloud.get(answer.headers["Location"]).status == 400
    cloud.clock.advance(5)
    assert cloud.get(job).body["properties"]["status"] == "Completed"


def test_what_has_ended_or_is_no_backup_is_not_cancelled(cloud: Cloud, vault: str) -> None:
    item = cloud.protect(vault, cloud.machine("web-02"))
    answer = cloud.send("POST", f"{newest(cloud, vault)['id']}/cancel")
    assert (answer.status, answer.body["error"]["message"]) == (400, "Cancellation isn't supported for this job type")
    cloud.back_up(item)
    cloud.clock.advance(5)
    answer = cloud.send("POST", f"{newest(cloud, vault)['id']}/cancel")
    assert (answer.status, answer.body["error"]["message"]) == (
        400,
        "Backup can't cancel the job because it isn't in progress",
    )


def test_a_vault_forgets_its_jobs_in_time_and_those_that_are_left_keep_their_order(cloud: Cloud, vault: str) -> None:
    def protect(policy: str) -> str:
        cloud.protect(vault, cloud.machine("web-02"), policy)
        return str(cloud.values(f"{vault}/backupJobs")[0]["name"])

    first = protect("DefaultPolicy")
    cloud.clock.advance(60 * 86400)
    second = protect("EnhancedPolicy")
    cloud.clock.advance(122 * 86400)
    third = protect("EnhancedPolicy")
    everything = "operation eq 'ConfigureBackup'"
    names = [job["name"] for job in cloud.values(f"{vault}/backupJobs", everything)]
    assert names == [third, second, first]
    cloud.clock.advance(2 * 86400)
    fourth = protect("EnhancedPolicy")
    assert [job["name"] for job in cloud.values(f"{vault}/backupJobs", everything)] == [fourth, third, second]
    assert code(cloud.get(f"{vault}/backupJobs/{first}"))[0] == 404
    with mock.patch.object(paging, "PAGE_SIZE", 2):
        paged = [job["name"] for job in cloud.values(f"{vault}/backupJobs", everything)]
    assert paged == [fourth, third, second]
