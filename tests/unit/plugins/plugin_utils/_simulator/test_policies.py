# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import wire
from ansible_collections.cloudkeep.azure_backup.tests.support.rules import VMS_ONLY, Cloud, code
from ansible_collections.cloudkeep.azure_backup.tests.support.wire_policies import (
    Body,
    archive,
    at,
    by_date,
    by_day,
    by_week,
    daily,
    hourly,
    on_days,
    weekly,
)

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


def test_a_policy_that_an_item_is_just_getting_is_not_deleted(cloud: Cloud, policies: str) -> None:
    cloud.send("PUT", f"{policies}/Nightly", {"properties": DAILY})
    vault, machine = policies.removesuffix("/backupPolicies"), cloud.machine("wiki-01")
    answer = cloud.put_item(vault, machine, policyId=f"{policies}/Nightly")
    assert code(cloud.send("DELETE", f"{policies}/Nightly")) == (400, "BMSUserErrorPolicyObjectInUse")
    cloud.settle(answer)
    cloud.settle(cloud.put_item(vault, machine, protectionState="ProtectionStopped"))
    assert cloud.send("DELETE", f"{policies}/Nightly").status == 200


def test_the_services_own_policies_come_back_as_they_were(cloud: Cloud, policies: str) -> None:
    before = cloud.get(f"{policies}/DefaultPolicy").body
    assert cloud.send("PUT", f"{policies}/DefaultPolicy", {"properties": DAILY}).status == 200
    assert cloud.get(f"{policies}/DefaultPolicy").body != before
    assert cloud.send("DELETE", f"{policies}/DefaultPolicy").status == 200
    assert cloud.get(f"{policies}/DefaultPolicy").body == before


@pytest.mark.parametrize(
    "body",
    [
        daily(),
        daily(kind="V2"),
        weekly(["Sunday", "Wednesday"]),
        weekly(["Monday"], kind="V2", monthly=by_week(["Monday"], ["Last"], 6, "Months")),
        hourly("08:00", 4, 24),
        daily(
            kind="V2",
            weekly=on_days(["Sunday"], 104),
            monthly=by_week(["Sunday"], ["Last"], 120, "Months"),
            yearly=by_date([1], 99, "Years", ["January"], last=True),
            timeZone="China Standard Time",
            tieringPolicy=archive("TierAfter", 6, "Months"),
            instantRPDetails={"azureBackupRGNamePrefix": "snap", "azureBackupRGNameSuffix": "x"},
            snapshotConsistencyType="OnlyCrashConsistent",
            instantRpRetentionRangeInDays=12,
        ),
    ],
)
def test_every_kind_comes_back_as_it_was_sent_and_can_be_sent_again(cloud: Cloud, policies: str, body: Body) -> None:
    stored = cloud.send("PUT", f"{policies}/Kind", {"properties": body}).body
    for key, value in body.items():
        added = {"scheduleWeeklyFrequency": 0} if key == "schedulePolicy" and body["policyType"] == "V1" else {}
        assert stored["properties"][key] == ({**value, **added} if added else value)
    again = cloud.send("PUT", f"{policies}/Kind", {"properties": stored["properties"]})
    assert (again.status, again.body) == (200, stored)


def test_the_services_own_policies_can_be_sent_again(cloud: Cloud, policies: str) -> None:
    for policy in cloud.values(policies):
        again = cloud.send("PUT", policy["id"], {"properties": policy["properties"]})
        assert (again.status, again.body) == (200, policy)


def test_a_standard_policy_becomes_enhanced_and_never_standard_again(cloud: Cloud, policies: str) -> None:
    url = f"{policies}/Kind"
    assert cloud.send("PUT", url, {"properties": daily()}).status == 200
    assert cloud.send("PUT", url, {"properties": daily(kind="V2")}).status == 200
    for body in (daily(), {key: value for key, value in daily().items() if key != "policyType"}):
        assert code(cloud.send("PUT", url, {"properties": body})) == (400, "BMSUserErrorInvalidPolicyInput")
    assert cloud.get(url).body["properties"]["policyType"] == "V2"


def test_the_policy_of_another_workload_is_not_replaced(cloud: Cloud, policies: str) -> None:
    answer = cloud.send("PUT", f"{policies}/HourlyLogBackup", {"properties": daily()})
    assert code(answer) == (400, "BMSUserErrorInvalidPolicyInput")


def test_a_policy_with_items_is_changed_by_an_operation(cloud: Cloud, policies: str) -> None:
    url = f"{policies}/Nightly"
    cloud.send("PUT", url, {"properties": daily()})
    cloud.protect(policies.removesuffix("/backupPolicies"), cloud.machine("wiki-01"), "Nightly")
    answer = cloud.send("PUT", url, {"properties": daily("05:00")})
    assert (answer.status, answer.body) == (202, wire.EMPTY)
    status, results = answer.headers["Azure-AsyncOperation"], answer.headers["Location"]
    assert f"{url}/operations/" in status and f"{url}/operationResults/" in results
    assert int(answer.headers["Retry-After"]) >= 0
    assert cloud.get(results).status == 202 and cloud.get(status).body["status"] == "InProgress"
    assert cloud.get(url).body["properties"]["schedulePolicy"]["scheduleRunTimes"] == [at("03:30")]
    assert cloud.settle(answer).body["status"] == "Succeeded"
    changed = cloud.get(results)
    assert (changed.status, changed.body) == (200, cloud.get(url).body)
    assert changed.body["properties"]["schedulePolicy"]["scheduleRunTimes"] == [at("05:00")]
    assert changed.body["properties"]["protectedItemsCount"] == 1


def test_a_world_can_ask_for_operations_always_or_never() -> None:
    later = Cloud(text=WORLD.format("later"))
    url = later.vault("rg", "westeurope") + "/backupPolicies/Nightly"
    made = later.send("PUT", url, {"properties": daily()})
    assert (made.status, later.get(url).status) == (202, 404)
    later.settle(made)
    assert later.get(url).status == 200
    gone = later.send("DELETE", url)
    assert (gone.status, later.get(url).status) == (202, 200)
    later.settle(gone)
    assert (later.get(gone.headers["Location"]).status, later.get(url).status) == (204, 404)
    at_once = Cloud(text=WORLD.format("at once"))
    vault = at_once.vault("rg", "westeurope")
    at_once.protect(vault, at_once.machine("vm"))
    assert at_once.send("PUT", f"{vault}/backupPolicies/DefaultPolicy", {"properties": daily()}).status == 200


WORLD = """
policy_answers: {}
subscriptions:
  - name: One
    resource_groups:
      - {{name: rg, location: westeurope, virtual_machines: [{{name: vm}}]}}
"""


def test_fifty_edits_a_day(cloud: Cloud, policies: str) -> None:
    bad = {"properties": daily(daily=by_day(6))}
    for number in range(50):
        assert cloud.send("PUT", f"{policies}/Policy{number % 3}", {"properties": daily()}).status == 200
        assert code(cloud.send("PUT", f"{policies}/Policy0", bad)) == (400, "BMSUserErrorInvalidPolicyInput")
        cloud.clock.advance(60)
    refused = cloud.send("PUT", f"{policies}/Policy0", {"properties": daily()})
    assert code(refused) == (400, "BMSUserErrorPolicyEditLimitReached")
    other = cloud.vault("rg-erp-neu", "northeurope", "other")
    assert cloud.send("PUT", f"{other}/backupPolicies/Policy0", {"properties": daily()}).status == 200
    cloud.clock.advance(86400 - 50 * 60)
    assert cloud.send("PUT", f"{policies}/Policy0", {"properties": daily()}).status == 200


def test_two_hundred_policies_a_vault(cloud: Cloud, policies: str) -> None:
    for number in range(197):
        assert cloud.send("PUT", f"{policies}/Policy{number}", {"properties": daily()}).status == 200
        cloud.clock.advance(1800)
    refused = cloud.send("PUT", f"{policies}/Policy197", {"properties": daily()})
    assert code(refused) == (400, "BMSUserErrorPolicyLimitReached")
    assert cloud.send("PUT", f"{policies}/Policy196", {"properties": daily("05:00")}).status == 200


def test_a_policy_whose_change_is_under_way_takes_no_other() -> None:
    cloud = Cloud(text=WORLD.format("later"))
    vault = cloud.vault("rg", "westeurope")
    answer = cloud.send("PUT", f"{vault}/backupPolicies/New", {"properties": daily()})
    again = cloud.send("PUT", f"{vault}/backupPolicies/NEW", {"properties": daily()})
    assert code(again) == (409, "BMSUserErrorObjectLocked")
    assert cloud.send("PUT", f"{vault}/backupPolicies/Other", {"properties": daily()}).status == 202
    cloud.settle(answer)
    assert cloud.send("PUT", f"{vault}/backupPolicies/New", {"properties": daily()}).status == 202


def test_a_world_says_how_much_a_vault_takes() -> None:
    capacity = "capacity: {policies_per_vault: 4, policy_edits_per_day: 3}\n"
    cloud = Cloud(text=capacity + WORLD.format("at once"))
    vault = cloud.vault("rg", "westeurope")
    put = [
        cloud.send("PUT", f"{vault}/backupPolicies/{name}", {"properties": daily()})
        for name in ("one", "two", "one", "one", "one")
    ]
    assert [answer.status for answer in put] == [200, 400, 200, 200, 400]
    assert [code(put[number])[1] for number in (1, 4)] == [
        "BMSUserErrorPolicyLimitReached",
        "BMSUserErrorPolicyEditLimitReached",
    ]
