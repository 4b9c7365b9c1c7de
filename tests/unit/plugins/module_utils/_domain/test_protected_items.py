# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import ids, models, protected_items
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.coverage import Covered, machine_id
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.protected_items import Held, Wanted
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies

NOW = dt.datetime(2026, 1, 5, 8, tzinfo=dt.timezone.utc)
OPTIONS: dict[str, t.Any] = dict.fromkeys(["vms", "select", "policy", "state", "health", "last_backup_older_than"])


def held(name: str = "web-01", group: str = "rg-web", *, vault: str = "v1", known: bool = False, **more: t.Any) -> Held:
    vault_id = bodies.VAULT.replace("vault-one", vault)
    properties = {
        "friendlyName": name,
        "virtualMachineId": bodies.vm_id(name, group),
        "protectionState": "Protected",
        "policyId": f"{vault_id}/backupPolicies/DefaultPolicy",
        "policyName": "DefaultPolicy",
        "healthStatus": "Passed",
        **more,
    }
    service = f"iaasvmcontainerv2;{group};{name}".lower()
    item = models.ProtectedItem.from_wire(
        {
            "id": f"{vault_id}/backupFabrics/Azure/protectionContainers/x;{service}/protectedItems/VM;{service}",
            "name": f"VM;{service}",
            "properties": properties,
        }
    )
    place = models.Vault.from_wire(bodies.vault(vault_id))
    return Held(Covered(machine_id(item), None, item, known), item, place)


def wanted(**options: t.Any) -> Wanted:
    return Wanted.parse({**OPTIONS, **options})


def described(**more: t.Any) -> dict[str, t.Any]:
    return protected_items.described(held(**more), NOW)


def test_an_item_of_an_old_service_is_shown_with_all_keys() -> None:
    bare = models.ProtectedItem.from_wire({"id": held().item.id, "name": held().item.name})
    vault = held().vault
    shown = protected_items.described(Held(Covered(machine_id(bare), None, bare, known=False), bare, vault), NOW)
    assert shown.keys() == described().keys()
    assert (shown["name"], shown["resource_group"], shown["state"]) == ("web-01", "rg-web", "stopped")
    assert (shown["health"], shown["exists"], shown["age_hours"]) == ([], None, None)


def test_whether_a_machine_exists_is_told_only_where_it_is_known() -> None:
    assert described()["exists"] is None
    assert described(known=True)["exists"] is False
    here = held()
    machine = models.VirtualMachine.from_wire(bodies.machine())
    assert protected_items.described(Held(Covered(machine.id, machine, here.item), here.item, here.vault), NOW)[
        "exists"
    ]


def test_what_a_health_check_found_is_told_in_single_lines() -> None:
    shown = described(
        healthDetails=[
            {
                "code": 400110,
                "title": "UserErrorGuestAgentStatusUnavailable",
                "message": "VM agent unable to communicate.\r\nSee below.",
                "recommendations": ["Restart\r\nthe agent."],
            },
            {"code": "abc", "message": None},
        ]
    )
    assert shown["health"] == [
        {
            "code": 400110,
            "title": "UserErrorGuestAgentStatusUnavailable",
            "message": "VM agent unable to communicate. See below.",
            "recommendations": ["Restart the agent."],
        },
        {"code": None, "title": "", "message": "", "recommendations": []},
    ]


@pytest.mark.parametrize(
    ("ends", "days"),
    [
        (dt.timedelta(days=14), 14.0),
        (dt.timedelta(days=14, seconds=-1), 13.9),
        (dt.timedelta(hours=1), 0.0),
        (dt.timedelta(days=-3), 0.0),
        (None, None),
    ],
)
def test_the_days_until_deletion_are_never_more_than_there_are(ends: dt.timedelta | None, days: float | None) -> None:
    deleted = held(isScheduledForDeferredDelete=True).item
    item = dataclasses.replace(deleted, deleted_permanently_at=NOW + ends if ends is not None else None)
    assert protected_items.days_until_deletion(item, NOW) == days


def test_only_a_soft_deleted_item_has_days_until_deletion() -> None:
    item = dataclasses.replace(held().item, deleted_permanently_at=NOW)
    assert protected_items.days_until_deletion(item, NOW) is None


@pytest.mark.parametrize(
    ("properties", "older"),
    [
        ({"lastRecoveryPoint": "2026-01-04T07:59:59Z"}, True),
        ({"lastRecoveryPoint": "2026-01-04T08:00:00Z"}, False),
        ({}, True),
        ({"lastBackupStatus": "Failed", "lastBackupTime": "2026-01-05T07:00:00Z"}, True),
        ({"lastBackupStatus": "Completed", "lastBackupTime": "2026-01-05T07:00:00Z"}, False),
        ({"lastBackupStatus": "", "lastBackupTime": "2001-01-01T00:00:00Z"}, True),
    ],
)
def test_what_counts_as_an_old_backup(properties: dict[str, str], older: bool) -> None:
    assert wanted(last_backup_older_than="24h").matches(held(**properties), NOW) is older
    assert wanted().matches(held(**properties), NOW)


def test_words_and_names_have_no_letter_case() -> None:
    assert wanted(policy=["defaultPOLICY"]).matches(held(), NOW)
    assert wanted(health=["ActionRequired"]).matches(held(healthStatus="actionrequired"), NOW)
    assert not wanted(health=["ActionRequired"]).matches(held(healthStatus=None), NOW)


def test_entries_are_missing_only_when_no_item_is_theirs() -> None:
    choice = wanted(
        vms=["WEB-01", "rg-web/web-01", "rg-other/web-01", held(vault="v2").item.id, held().item.id.upper()]
    )
    missing = [reference.text for reference in choice.missing([held()])]
    assert missing == ["rg-other/web-01", held(vault="v2").item.id]


@given(st.randoms(use_true_random=False))
def test_items_have_one_order(numbers: random.Random) -> None:
    made = [
        held("web-01", "rg-b", vault="v1"),
        held("web-01", "rg-a", vault="v2"),
        held("WEB-02", "rg-a", vault="v1"),
        held("web-02", "rg-a", vault="v2"),
        held("web-03", "rg-a", vault="v1"),
    ]
    shuffled = made[:]
    numbers.shuffle(shuffled)
    names = [
        (one.covered.id.name, one.covered.id.resource_group, one.vault.id.name)
        for one in sorted(shuffled, key=lambda one: one.order)
    ]
    assert names == [
        ("web-01", "rg-a", "v2"),
        ("web-01", "rg-b", "v1"),
        ("WEB-02", "rg-a", "v1"),
        ("web-02", "rg-a", "v2"),
        ("web-03", "rg-a", "v1"),
    ]


def test_the_summary_adds_up() -> None:
    chosen = [
        held(),
        held(policyId="", policyName="", protectionState="ProtectionStopped"),
        held(healthStatus="ActionSuggested", protectionState="IRPending"),
        held(healthStatus=None, isScheduledForDeferredDelete=True),
    ]
    counted = protected_items.summary(chosen)
    assert counted["total"] == sum(counted["by_state"].values()) == sum(counted["by_health"].values()) == 4
    assert counted["by_policy"] == {"DefaultPolicy": 3}
    assert counted["by_health"]["Unknown"] == 1
    assert (counted["by_state"]["stopped"], counted["by_state"]["soft_deleted"]) == (1, 1)


def test_vaults_of_other_regions_can_not_hold_what_is_asked_for() -> None:
    assert wanted(select={"locations": ["West Europe"]}).looks_into(held().vault)
    assert not wanted(select={"locations": ["northeurope"]}).looks_into(held().vault)
    assert wanted(vms=["web-01"]).looks_into(held().vault)


def test_a_name_can_stand_for_machines_of_several_groups() -> None:
    both = [held("web-01", "rg-a"), held("web-01", "rg-b")]
    assert all(wanted(vms=["web-01"]).names(one) for one in both)
    assert [wanted(vms=["rg-b/web-01"]).names(one) for one in both] == [False, True]
    arm_id = str(ids.VmId(bodies.OTHER_SUBSCRIPTION, "rg-a", "web-01"))
    assert not any(wanted(vms=[arm_id]).names(one) for one in both)
