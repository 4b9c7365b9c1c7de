# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.rules import Cloud, code

DENIED = (400, "UserErrorOperationDeniedOnImmutableItem")


def immutable(state: str = "Unlocked") -> tuple[Cloud, str]:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope")
    for step in ("Unlocked", state):
        body = {"properties": {"securitySettings": {"immutabilitySettings": {"state": step}}}}
        assert cloud.send("PATCH", vault, body).status == 200
    return cloud, vault


@pytest.mark.parametrize("state", ["Unlocked", "Locked"])
def test_backup_data_is_not_deleted(state: str) -> None:
    cloud, vault = immutable(state)
    item = cloud.protect(vault, cloud.machine("wiki-01"))
    cloud.clock.advance(86400)
    assert code(cloud.send("DELETE", item)) == DENIED
    assert cloud.get(item).body["properties"]["protectionState"] == "Protected"


def test_an_item_without_backups_can_go() -> None:
    cloud, vault = immutable()
    assert cloud.send("DELETE", cloud.protect(vault, cloud.machine("wiki-01"))).status == 202


def test_no_retention_is_made_shorter() -> None:
    cloud, vault = immutable()
    url = f"{vault}/backupPolicies/DefaultPolicy"
    properties = cloud.get(url).body["properties"]
    duration = properties["retentionPolicy"]["dailySchedule"]["retentionDuration"]
    for days, expected in ((60, None), (59, DENIED), (60, None), (61, None)):
        duration["count"] = days
        answer = cloud.send("PUT", url, {"properties": properties})
        assert (code(answer) if answer.status != 200 else None) == expected
    cloud.protect(vault, cloud.machine("wiki-01"))
    other = cloud.put_item(vault, cloud.machine("wiki-01"), policyId=f"{vault}/backupPolicies/EnhancedPolicy")
    assert code(other) == DENIED


def test_suspended_backups_leave_the_points_to_their_policy() -> None:
    cloud, vault = immutable()
    machine = cloud.machine("wiki-01")
    item = cloud.protect(vault, machine)
    cloud.clock.advance(2 * 86400)
    cloud.settle(cloud.put_item(vault, machine, protectionState="BackupsSuspended"))
    properties = cloud.get(item).body["properties"]
    assert (properties["protectionState"], properties["policyName"]) == ("BackupsSuspended", "DefaultPolicy")
    assert code(cloud.back_up(item)) == (400, "BMSUserErrorInvalidInput")
    cloud.clock.advance(28 * 86400)
    assert len(cloud.values(f"{item}/recoveryPoints")) == 2
    cloud.clock.advance(3 * 86400)
    # The newest one stays.
    (left,) = cloud.values(f"{item}/recoveryPoints")
    cloud.protect(vault, machine)
    cloud.clock.advance(86400)
    (new,) = cloud.values(f"{item}/recoveryPoints")
    assert new["name"] != left["name"]


def test_only_an_immutable_vault_suspends() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope")
    cloud.protect(vault, cloud.machine("wiki-01"))
    assert code(cloud.put_item(vault, cloud.machine("wiki-01"), protectionState="BackupsSuspended")) == DENIED


def test_what_is_stopped_has_no_policy_to_be_suspended_under() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope")
    machine = cloud.machine("wiki-01")
    cloud.protect(vault, machine)
    settings = {"securitySettings": {"immutabilitySettings": {"state": "Unlocked"}}}
    assert cloud.send("PATCH", vault, {"properties": settings}).status == 200
    cloud.settle(cloud.put_item(vault, machine, protectionState="ProtectionStopped"))
    refused = cloud.put_item(vault, machine, protectionState="BackupsSuspended")
    assert code(refused) == (400, "BMSUserErrorInvalidConfigureProtectionRequest")
    cloud.protect(vault, machine)
    assert cloud.put_item(vault, machine, protectionState="BackupsSuspended").status == 202
