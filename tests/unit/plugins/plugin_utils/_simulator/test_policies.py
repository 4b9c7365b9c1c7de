# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.rules import VMS_ONLY, Cloud, code

TIME = "2026-01-05T03:30:00Z"
DAILY = {
    "backupManagementType": "AzureIaasVM",
    "policyType": "V1",
    "schedulePolicy": {
        "schedulePolicyType": "SimpleSchedulePolicy",
        "scheduleRunFrequency": "Daily",
        "scheduleRunTimes": [TIME],
    },
    "retentionPolicy": {
        "retentionPolicyType": "LongTermRetentionPolicy",
        "dailySchedule": {"retentionTimes": [TIME], "retentionDuration": {"count": 14, "durationType": "Days"}},
    },
    "timeZone": "UTC",
}


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def policies(cloud: Cloud) -> str:
    return cloud.vault("rg-erp-neu", "northeurope") + "/backupPolicies"


def test_every_vault_has_three_policies_of_two_workloads(cloud: Cloud, policies: str) -> None:
    assert [one["name"] for one in cloud.values(policies)] == ["DefaultPolicy", "EnhancedPolicy", "HourlyLogBackup"]
    assert [one["name"] for one in cloud.values(policies, VMS_ONLY)] == ["DefaultPolicy", "EnhancedPolicy"]
    (sql,) = cloud.values(policies, "backupManagementType eq 'AzureWorkload'")
    assert sql["name"] == "HourlyLogBackup"


def test_the_default_keeps_a_daily_backup_for_thirty_days(cloud: Cloud, policies: str) -> None:
    properties = cloud.get(f"{policies}/defaultpolicy").body["properties"]
    assert properties["schedulePolicy"]["scheduleRunFrequency"] == "Daily"
    retention = properties["retentionPolicy"]["dailySchedule"]
    assert retention["retentionDuration"] == {"count": 30, "durationType": "Days"}
    assert retention["retentionTimes"] == properties["schedulePolicy"]["scheduleRunTimes"]
    assert properties["protectedItemsCount"] == 0


def test_a_missing_policy_is_an_empty_object(cloud: Cloud, policies: str) -> None:
    answer = cloud.get(f"{policies}/none")
    assert (answer.status, answer.body) == (404, {})


def test_a_policy_is_stored_as_it_was_sent(cloud: Cloud, policies: str) -> None:
    answer = cloud.send("PUT", f"{policies}/Nightly", {"properties": DAILY})
    assert answer.status == 200
    properties = answer.body["properties"]
    assert properties["schedulePolicy"] == DAILY["schedulePolicy"] | {"scheduleWeeklyFrequency": 0}  # type: ignore[operator]
    assert properties["retentionPolicy"] == DAILY["retentionPolicy"]
    assert cloud.get(f"{policies}/NIGHTLY").body == answer.body
    assert cloud.send("DELETE", f"{policies}/Nightly").status == 200
    assert cloud.get(f"{policies}/Nightly").status == 404
    assert cloud.send("DELETE", f"{policies}/Nightly").status == 204


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("ab", {"properties": DAILY}, "BMSUserErrorInvalidPolicyInput"),
        ("Nightly", {"properties": {"backupManagementType": "AzureIaasVM"}}, "BMSUserErrorInvalidPolicyInput"),
        ("Nightly", {}, "BMSUserErrorInvalidInput"),
        ("Nightly", None, "BMSUserErrorInvalidInput"),
    ],
)
def test_a_wrong_policy_is_refused(cloud: Cloud, policies: str, name: str, body: object, expected: str) -> None:
    assert code(cloud.send("PUT", f"{policies}/{name}", body)) == (400, expected)


def test_a_policy_in_use_counts_its_items_and_is_not_deleted(cloud: Cloud, policies: str) -> None:
    cloud.send("PUT", f"{policies}/Nightly", {"properties": DAILY})
    cloud.protect(policies.removesuffix("/backupPolicies"), cloud.machine("wiki-01"), "Nightly")
    assert cloud.get(f"{policies}/Nightly").body["properties"]["protectedItemsCount"] == 1
    assert code(cloud.send("DELETE", f"{policies}/Nightly")) == (400, "BMSUserErrorPolicyObjectInUse")


def test_the_services_own_policies_come_back(cloud: Cloud, policies: str) -> None:
    assert cloud.send("DELETE", f"{policies}/DefaultPolicy").status == 200
    assert cloud.get(f"{policies}/DefaultPolicy").status == 200
