# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vm_backup_policy_info against the simulator."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench

MODULE = "vm_backup_policy_info"
VAULT = {"resource_group": "rg-backup", "vault_name": "vault-westeurope"}


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    with bench("estate") as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


@pytest.mark.parametrize("check", [True, False])
def test_the_policies_for_machines_are_listed(azure: Bench, check: bool) -> None:
    result = azure.good(MODULE, VAULT, check=check)
    assert not result["changed"] and not azure.writes
    found = {policy["name"]: policy for policy in result["policies"]}
    assert {"DefaultPolicy", "EnhancedPolicy", "Weekly"} == set(found)
    assert {policy["backup_management_type"] for policy in result["policies"]} == {"AzureIaasVM"}
    assert (found["DefaultPolicy"]["policy_type"], found["EnhancedPolicy"]["policy_type"]) == ("V1", "V2")
    assert found["Weekly"]["time_zone"] == "UTC"
    assert found["Weekly"]["properties"]["schedule_policy"]["schedule_run_days"] == ["Sunday"]


def test_the_count_of_items_follows_protection(azure: Bench) -> None:
    def count() -> int:
        (policy,) = azure.good(MODULE, VAULT, name="Weekly")["policies"]
        return int(policy["protected_items_count"])

    assert count() == 0
    azure.good("vm_backup_protect", VAULT, vms=["rg-web/web-02"], policy="Weekly")
    assert count() == 1


def test_one_policy_is_found_by_name_of_whatever_workload(azure: Bench) -> None:
    (policy,) = azure.good(MODULE, VAULT, name="hourlylogbackup")["policies"]
    assert policy["name"] == "HourlyLogBackup"
    assert policy["backup_management_type"] == "AzureWorkload"


def test_a_name_that_is_not_there_is_an_empty_list(azure: Bench) -> None:
    assert azure.good(MODULE, VAULT, name="Nightly")["policies"] == []


def test_the_id_of_a_policy_protects_a_machine(azure: Bench) -> None:
    (policy,) = azure.good(MODULE, VAULT, name="Weekly")["policies"]
    azure.settle("vm_backup_protect", VAULT, vms=["rg-web/web-02"], policy=policy["id"])


def test_a_missing_vault_is_an_error_and_not_an_empty_list(azure: Bench) -> None:
    result = azure.run(MODULE, VAULT | {"vault_name": "vault-nowhere"})
    assert result.failed
    assert result["error"]["code"] == "VaultNotFound"
