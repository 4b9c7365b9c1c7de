# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import world_files
from ansible_collections.cloudkeep.azure_backup.tests.support.rules import Cloud, code

ONLY_ONE = {"diskExclusionProperties": {"diskLunList": [1], "isInclusionList": True}}


def selected(cloud: Cloud, item: str) -> t.Any:
    return cloud.get(item).body["properties"].get("extendedProperties")


def protect(cloud: Cloud, **properties: t.Any) -> str:
    vault, machine = VAULT.format(cloud.subscription), cloud.machine("ERP-SQL-01")
    answer = cloud.put_item(vault, machine, policyId=f"{vault}/backupPolicies/DefaultPolicy", **properties)
    assert answer.status == 202, answer
    cloud.settle(answer)
    return cloud.item(vault, machine)


VAULT = "{}/resourceGroups/rg-erp-neu/providers/Microsoft.RecoveryServices/vaults/test-vault"


@pytest.fixture
def cloud() -> Cloud:
    cloud = Cloud()
    cloud.vault("rg-erp-neu", "northeurope")
    return cloud


def test_a_selection_is_stored_and_shown_alone_and_in_lists(cloud: Cloud) -> None:
    item = protect(cloud, extendedProperties=ONLY_ONE)
    assert selected(cloud, item) == ONLY_ONE
    (listed,) = cloud.values(f"{VAULT.format(cloud.subscription)}/backupProtectedItems")
    assert listed["properties"]["extendedProperties"] == ONLY_ONE


def test_without_data_disks_is_an_empty_list_of_included_ones(cloud: Cloud) -> None:
    none = {"diskExclusionProperties": {"diskLunList": [], "isInclusionList": True}}
    assert selected(cloud, protect(cloud, extendedProperties=none)) == none
    everything = {"diskExclusionProperties": {"diskLunList": [], "isInclusionList": False}}
    assert selected(cloud, protect(cloud, extendedProperties=everything)) is None


def test_empty_extended_properties_take_the_selection_back(cloud: Cloud) -> None:
    protect(cloud, extendedProperties=ONLY_ONE)
    assert selected(cloud, protect(cloud, extendedProperties={})) is None


def test_a_write_without_a_word_on_disks_drops_the_selection_or_keeps_it_as_the_world_says() -> None:
    for rule, left in (
        ("dropped", None),
        ("kept", {"diskExclusionProperties": {"diskLunList": [1], "isInclusionList": False}}),
    ):
        cloud = Cloud(text=world_files.EXAMPLE.replace("disk_selections: dropped", f"disk_selections: {rule}"))
        vault = f"{cloud.subscription}/resourceGroups/rg-shop/providers/Microsoft.RecoveryServices/vaults/vault-shop"
        machine = cloud.machine("shop-web-01")
        item = cloud.item(vault, machine)
        assert selected(cloud, item)["diskExclusionProperties"] == {"diskLunList": [1], "isInclusionList": False}
        cloud.protect(vault, machine)
        assert selected(cloud, item) == left


def test_stopping_drops_the_selection_or_keeps_it_as_the_world_says() -> None:
    for rule, kept in (("dropped", False), ("kept", True)):
        cloud = Cloud(text=world_files.EXAMPLE.replace("disk_selections: dropped", f"disk_selections: {rule}"))
        vault = next(iter(cloud.azure.state.vaults.values())).id
        machine = cloud.machine("shop-web-01")
        cloud.settle(cloud.put_item(vault, machine, protectionState="ProtectionStopped"))
        assert (selected(cloud, cloud.item(vault, machine)) is not None) == kept


def test_deleting_and_undeleting_keep_the_selection(cloud: Cloud) -> None:
    item = protect(cloud, extendedProperties=ONLY_ONE)
    vault, machine = VAULT.format(cloud.subscription), cloud.machine("ERP-SQL-01")
    cloud.settle(cloud.send("DELETE", item))
    cloud.settle(cloud.put_item(vault, machine, isRehydrate=True))
    assert selected(cloud, item) == ONLY_ONE


@pytest.mark.parametrize(
    "wrong",
    [
        {"diskLunList": [0]},
        {"diskLunList": "0", "isInclusionList": True},
        {"diskLunList": [True], "isInclusionList": True},
        {"diskLunList": [64], "isInclusionList": True},
        {"diskLunList": [1, 1], "isInclusionList": False},
        "none",
    ],
)
def test_a_selection_that_makes_no_sense_is_refused(cloud: Cloud, wrong: object) -> None:
    vault, machine = VAULT.format(cloud.subscription), cloud.machine("ERP-SQL-01")
    answer = cloud.put_item(
        vault,
        machine,
        policyId=f"{vault}/backupPolicies/DefaultPolicy",
        extendedProperties={"diskExclusionProperties": wrong},
    )
    assert code(answer) == (400, "BMSUserErrorInvalidConfigureProtectionRequest")


def test_a_machine_shows_its_data_disks() -> None:
    cloud = Cloud(text=world_files.EXAMPLE)
    body = cloud.get(cloud.machine("shop-db-01").id).body
    shown = [(disk["lun"], disk["name"]) for disk in body["properties"]["storageProfile"]["dataDisks"]]
    assert shown == [(0, "shop-db-01-logs"), (4, "shop-db-01-tables")]
