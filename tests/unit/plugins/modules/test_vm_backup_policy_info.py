# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vm_backup_policy_info against the simulator."""

from __future__ import annotations

import datetime as dt
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


def test_a_definition_makes_the_same_policy_under_another_name(azure: Bench) -> None:
    (found,) = azure.good(MODULE, VAULT, name="EnhancedPolicy")["policies"]
    made = azure.good("vm_backup_policy", {**VAULT, **found["definition"]}, name="Copy")["policy"]
    assert made["definition"] == found["definition"]
    assert made["properties"]["schedule_policy"]["hourly_schedule"]["interval"] == 4


def test_a_policy_of_another_workload_has_no_definition(azure: Bench) -> None:
    (policy,) = azure.good(MODULE, VAULT, name="HourlyLogBackup", forecast={})["policies"]
    assert policy["definition"] is None and policy["forecast"] is None


@pytest.mark.parametrize("check", [True, False])
def test_a_forecast_tells_how_a_policy_stands_at_dates(azure: Bench, check: bool) -> None:
    asked = {"start": "2026-01-05T08:00:00Z", "dates": ["2026-01-20", "2026-06-01T12:00:00+02:00"], "days": 365}
    policies = azure.good(MODULE, VAULT, forecast=asked, check=check)["policies"]
    told = {policy["name"]: policy["forecast"] for policy in policies}
    assert [then["date"] for then in told["DefaultPolicy"]["dates"]] == [
        "2026-01-20T00:00:00Z",
        "2026-06-01T10:00:00Z",
        "2027-01-05T08:00:00Z",
    ]
    assert [then["recovery_points_count"] for then in told["DefaultPolicy"]["dates"]] == [15, 30, 30]
    assert told["DefaultPolicy"]["dates"][1]["by_store"] == {"instant": 2, "vault": 30, "archive": 0}
    assert told["DefaultPolicy"]["steady_state"]["reached_at"] == "2026-02-04T17:00:00Z"
    assert [then["recovery_points_count"] for then in told["Weekly"]["dates"]] == [2, 12, 12]
    # Six a day, of which one goes to the vault.
    assert told["EnhancedPolicy"]["dates"][2]["snapshots_only"] == 10
    assert told["EnhancedPolicy"]["dates"][2]["by_tier"]["daily"] == 30
    assert not azure.writes


def test_a_forecast_starts_now_unless_it_is_told_otherwise(azure: Bench) -> None:
    (policy,) = azure.good(MODULE, VAULT, name="DefaultPolicy", forecast={"days": 1, "recovery_points": False})[
        "policies"
    ]
    assert policy["forecast"]["start"] == "2026-01-05T08:00:00Z"
    (then,) = policy["forecast"]["dates"]
    assert (then["date"], then["recovery_points_count"], then["recovery_points"]) == ("2026-01-06T08:00:00Z", 1, [])


def test_a_forecast_is_what_then_comes(azure: Bench) -> None:
    """The machine is protected, time passes, and its recovery points are compared with what was told before."""
    azure.good("vm_backup_protect", VAULT, vms=["rg-web/web-01"], policy="DefaultPolicy")
    (policy,) = azure.good(MODULE, VAULT, name="DefaultPolicy", forecast={"dates": ["2026-02-20T12:00:00Z"]})[
        "policies"
    ]
    azure.simulator.advance(dt.timedelta(days=46, hours=4).total_seconds())
    state = azure.simulator.simulator.azure.state
    items = [item for vault in state.vaults.values() for item in vault.items.values()]
    (item,) = (item for item in items if item.machine.name == "web-01" and item.machine.resource_group == "rg-web")
    made = [point.time.strftime("%Y-%m-%dT%H:%M:%SZ") for point in item.points]
    assert made == [point["created_at"] for point in policy["forecast"]["dates"][0]["recovery_points"]]


def test_a_host_without_the_table_of_time_zones_says_what_to_install(
    azure: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.metadata

    version = importlib.metadata.version

    def missing(package: str) -> str:
        if package == "tzlocal":
            raise importlib.metadata.PackageNotFoundError(package)
        return version(package)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    result = azure.run("vm_backup_policy", VAULT, name="Weekly", time_zone="Europe/Berlin")
    assert result.failed and result["error"]["code"] == "MissingLibrary"
    assert "pip install 'tzlocal>=" in result["msg"]
    assert not azure.requests
    # UTC needs no table.
    azure.settle("vm_backup_policy", VAULT, name="Weekly", time_zone="UTC", changed=False)
