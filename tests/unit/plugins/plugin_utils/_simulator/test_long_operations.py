# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.rules import Cloud, code


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def vault(cloud: Cloud) -> str:
    return cloud.vault("rg-shop-weu", "westeurope")


def test_a_running_operation_has_no_job_and_an_end_of_nought(cloud: Cloud, vault: str) -> None:
    policy = f"{vault}/backupPolicies/DefaultPolicy"
    answer = cloud.put_item(vault, cloud.machine("web-02"), policyId=policy)
    running = cloud.get(answer.headers["Azure-AsyncOperation"]).body
    assert running == {
        "id": running["name"],
        "name": running["name"],
        "status": "InProgress",
        "startTime": "2026-01-05T08:00:01.0000000Z",
        "endTime": "0001-01-01T00:00:00",
    }
    ended = cloud.settle(answer).body
    assert ended["startTime"] == ended["endTime"] == running["startTime"]
    assert ended["properties"]["objectType"] == "OperationStatusJobExtendedInfo"


def test_an_items_operation_is_known_to_its_vault_and_to_no_other(cloud: Cloud, vault: str) -> None:
    policy = f"{vault}/backupPolicies/DefaultPolicy"
    answer = cloud.put_item(vault, cloud.machine("web-02"), policyId=policy)
    status = cloud.settle(answer).body
    assert cloud.get(f"{vault}/backupOperations/{status['id']}").body == status
    assert cloud.get(f"{vault.upper()}/backupOperations/{status['id'].upper()}").body == status
    other = cloud.vault("rg-shop-weu", "westeurope", "other-vault")
    assert code(cloud.get(f"{other}/backupOperations/{status['id']}")) == (404, "OperationNotFound")
    cloud.azure.reset()
    assert cloud.get(f"{vault}/backupOperations/{status['id']}").status == 404


def test_the_urls_of_an_operation_name_the_callers_api_version(cloud: Cloud, vault: str) -> None:
    body = {"properties": {"protectedItemType": "Microsoft.Compute/virtualMachines"}}
    machine = cloud.machine("web-02")
    body["properties"] |= {"sourceResourceId": machine.id, "policyId": f"{vault}/backupPolicies/DefaultPolicy"}
    answer = cloud.send("PUT", cloud.item(vault, machine), body, api_version="2024-04-01")
    for name in ("Azure-AsyncOperation", "Location"):
        assert answer.headers[name].endswith("?api-version=2024-04-01")


def test_spaces_in_a_path_are_quoted_in_urls_and_semicolons_are_not(cloud: Cloud) -> None:
    group = f"{cloud.subscription}/resourceGroups/rg (lab)"
    cloud.send("PUT", group, {"location": "westeurope"})
    vault = cloud.vault("rg (lab)", "westeurope")
    answer = cloud.put_item(vault, cloud.machine("web-02"), policyId=f"{vault}/backupPolicies/DefaultPolicy")
    assert "/rg%20(lab)/" in answer.headers["Location"] and ";rg-shop-weu;web-02/" in answer.headers["Location"]
    assert cloud.settle(answer).body["status"] == "Succeeded"


def test_an_operation_that_ended_is_forgotten_in_time_and_one_that_runs_is_not(cloud: Cloud, vault: str) -> None:
    policy = f"{vault}/backupPolicies/DefaultPolicy"
    old = cloud.put_item(vault, cloud.machine("web-02"), policyId=policy).headers["Azure-AsyncOperation"]
    cloud.clock.advance(86400 - 60)
    cloud.put_item(vault, cloud.machine("shop-db-01"), policyId=policy)
    assert cloud.get(old).body["status"] == "Succeeded"
    cloud.clock.advance(120)
    new = cloud.put_item(vault, cloud.machine("web-02"), policyId=policy).headers["Azure-AsyncOperation"]
    assert code(cloud.get(old)) == (404, "OperationNotFound")
    assert cloud.get(new).body["status"] == "InProgress"
