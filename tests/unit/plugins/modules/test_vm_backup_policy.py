# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vm_backup_policy against the simulator: created, changed, deleted, and refused."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support import documented, stored_policies
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import ModuleResult

MODULE = "vm_backup_policy"
VAULT = {"resource_group": "rg-backup", "vault_name": "vault-westeurope"}
NEW = {**VAULT, "name": "long-term"}
DAILY = {"schedule": {"frequency": "daily", "time": "22:30"}, "retention": {"daily": {"days": 30}}}
SUNDAY = {"weeks_of_month": ["Last"], "days": ["Sunday"]}


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    with bench("estate") as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


def warned(result: ModuleResult) -> str:
    return json.dumps(result.get("warnings", []))


def test_a_policy_is_created_changed_and_removed(azure: Bench) -> None:
    created = azure.settle(MODULE, NEW, **DAILY, time_zone="Asia/Shanghai")
    assert created["policy_exists"]
    assert created["policy"]["time_zone"] == "China Standard Time"
    assert created["policy"]["definition"]["schedule"]["time"] == "22:30"
    assert created["diff"]["before"] == {}
    assert created["diff"]["after"]["retention"] == {"daily": {"days": 30}}
    changed = azure.settle(MODULE, NEW, retention={"monthly": {"months": 12, **SUNDAY}}, instant_restore_days=3)
    assert changed["policy"]["definition"]["retention"]["daily"] == {"days": 30}
    assert changed["policy"]["definition"]["retention"]["monthly"]["months"] == 12
    assert changed["retention_shortened"] == []
    removed = azure.settle(MODULE, NEW, state="absent")
    assert removed["policy_exists"] is False
    assert removed["policy"]["name"] == "long-term"
    assert removed["diff"]["after"] == {}
    again = azure.good(MODULE, NEW, state="absent")
    assert again["policy"] is None and not again["changed"]


def test_check_mode_foretells_the_policy(azure: Bench) -> None:
    predicted = azure.good(MODULE, NEW, **DAILY, check=True)
    done = azure.good(MODULE, NEW, **DAILY)
    for key in ("id", "name", "policy_type", "time_zone", "definition", "protected_items_count"):
        assert predicted["policy"][key] == done["policy"][key]


def test_a_policy_that_is_as_asked_is_left_alone(azure: Bench) -> None:
    azure.good(MODULE, NEW, **DAILY)
    for options in (
        {},
        DAILY,
        {"time_zone": "Etc/UTC"},
        {"policy_type": "V1"},
        {"retention": {"weekly": {"state": "absent"}}},
        {"retention": {"weekly": {}}},
        {"archive": {"mode": "never"}},
        {"instant_restore_resource_group": {"prefix": ""}},
        {"snapshot_consistency": "application"},
    ):
        azure.settle(MODULE, NEW, changed=False, **options)


def test_the_portals_example_is_one_task(azure: Bench) -> None:
    task = documented.examples(MODULE)[0][f"cloudkeep.azure_backup.{MODULE}"]
    made = azure.settle(MODULE, task, forecast={"start": "2026-01-05", "recovery_points": False})
    assert made["policy"]["definition"]["retention"] == {
        "daily": {"days": 30},
        "weekly": {"weeks": 104, "days": ["Sunday"]},
        "monthly": {"months": 120, "days": ["Sunday"], "weeks_of_month": ["Last"]},
        "yearly": {"years": 99, "months": ["January"], "days": ["Sunday"], "weeks_of_month": ["First"]},
    }
    rest = made["policy"]["forecast"]["steady_state"]
    assert rest["reached_at"].startswith("2126-01-") and 320 < rest["recovery_points_most"] < 330


@pytest.mark.parametrize("name", stored_policies.BODIES)
def test_what_the_service_returns_and_is_applied_again_is_unchanged(azure: Bench, name: str) -> None:
    """Through info and back, for every form of body that is known, as it is stored."""
    state = azure.simulator.simulator.azure.state
    (vault,) = (vault for key, vault in state.vaults.items() if key.endswith("/vault-westeurope"))
    vault.policies["weekly"].properties = dict(stored_policies.BODIES[name])
    (found,) = azure.good("vm_backup_policy_info", VAULT, name="Weekly")["policies"]
    again = azure.settle(MODULE, {**VAULT, "name": "Weekly", **found["definition"]}, changed=False)
    assert again["policy"] == found


@pytest.mark.parametrize("check", [True, False])
def test_an_enhanced_policy_is_not_made_standard(azure: Bench, check: bool) -> None:
    result = azure.run(MODULE, VAULT, name="EnhancedPolicy", policy_type="standard", check=check)
    assert result.failed and not azure.writes
    assert result["error"]["code"] == "PolicyTypeCannotChange"
    assert "policy_type" in result["msg"]


@pytest.mark.parametrize("check", [True, False])
def test_a_standard_policy_becomes_enhanced_with_a_warning(azure: Bench, check: bool) -> None:
    azure.good(MODULE, NEW, **DAILY)
    result = azure.good(MODULE, NEW, policy_type="enhanced", check=check)
    assert result["changed"] and "can't turn it back" in warned(result)
    assert result["policy"]["policy_type"] == "V2"
    assert "can't turn it back" not in warned(azure.good(MODULE, NEW, instant_restore_days=4))


@pytest.mark.parametrize("check", [True, False])
def test_a_shorter_retention_is_called_out(azure: Bench, check: bool) -> None:
    azure.good("vm_backup_protect", VAULT, vms=["rg-web/web-01", "rg-web/web-02"], policy="Weekly")
    result = azure.good(MODULE, VAULT, name="Weekly", retention={"weekly": {"weeks": 4}}, check=check)
    assert result["retention_shortened"] == [
        {"tier": "weekly", "before": "12 weeks, Sunday", "after": "4 weeks, Sunday"}
    ]
    assert result["protected_items_reached"] == 2
    assert result["diff"]["after"]["reaches_protected_items"] == 2
    assert "12 weeks" in warned(result) and "of 2 protected items" in warned(result)
    longer = azure.good(MODULE, VAULT, name="Weekly", retention={"weekly": {"weeks": 40}}, check=check)
    assert longer["retention_shortened"] == [] and not longer.get("warnings")


def test_a_shorter_retention_drops_what_it_says(azure: Bench) -> None:
    azure.good("vm_backup_protect", VAULT, vms=["rg-web/web-01"], policy="Weekly")
    azure.simulator.advance(8 * 7 * 86400)
    (item,) = _items(azure, "web-01")
    assert len(item.points) == 8
    azure.settle(MODULE, VAULT, name="Weekly", retention={"weekly": {"weeks": 4}})
    assert len(item.points) == 4


def _items(azure: Bench, name: str) -> list[t.Any]:
    vaults = azure.simulator.simulator.azure.state.vaults.values()
    return [item for vault in vaults for item in vault.items.values() if item.machine.name == name]


def test_a_policy_with_items_is_changed_in_an_operation(azure: Bench) -> None:
    """The service answers 202; the result is what is there when the operation has ended."""
    azure.good("vm_backup_protect", VAULT, vms=["rg-web/web-01"], policy="Weekly")
    made = azure.settle(MODULE, VAULT, name="Weekly", retention={"weekly": {"weeks": 13}})
    assert made["policy"]["definition"]["retention"]["weekly"]["weeks"] == 13
    azure.good(MODULE, VAULT, name="Weekly", retention={"weekly": {"weeks": 14}})
    (put,) = azure.simulator.writes()
    assert put.status == 202
    assert [line for line in azure.requests if "/operations" in line.lower()]


@pytest.mark.parametrize("header", ["Azure-AsyncOperation", "Location"])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_an_operation_that_fails_fails_the_task(azure: Bench, header: str, state: str) -> None:
    vault = f"{azure.simulator.endpoint}/subscriptions/{azure.simulator.access['subscription_id']}"
    url = f"{vault}/resourceGroups/rg-backup/providers/Microsoft.RecoveryServices/vaults/vault-westeurope/policyop"
    method = "PUT" if state == "present" else "DELETE"
    azure.good(MODULE, NEW, **DAILY)
    azure.simulator.add_fault(
        method=method, path="backupPolicies/long-term", status=202, body=None, headers={header: url}
    )
    failed = {"status": "Failed", "error": {"code": "CloudInternalError", "message": "It broke."}}
    status = 200 if header == "Azure-AsyncOperation" else 400
    azure.simulator.add_fault(method="GET", path="policyop", status=status, body=failed)
    result = azure.run(MODULE, NEW, state=state, retention={"daily": {"days": 40}})
    assert result.failed
    assert result["error"]["code"] == "CloudInternalError"


@pytest.mark.parametrize("check", [True, False])
def test_a_policy_in_use_is_not_deleted_and_who_uses_it_is_listed(azure: Bench, check: bool) -> None:
    azure.good("vm_backup_protect", VAULT, vms=["rg-web/web-01", "rg-web/web-02"], policy="Weekly")
    result = azure.run(MODULE, VAULT, name="weekly", state="absent", check=check)
    assert result.failed and not azure.writes
    assert result["error"]["code"] == "PolicyInUse"
    assert "2 virtual machines" in result["msg"]
    assert "rg-web/web-01" in result["msg"] and "rg-web/web-02" in result["msg"]
    assert "vm_backup_protect" in result["msg"]


@pytest.mark.parametrize("name", ["DefaultPolicy", "enhancedpolicy"])
def test_azures_own_policies_come_back_so_they_are_left_alone(azure: Bench, name: str) -> None:
    result = azure.settle(MODULE, VAULT, name=name, state="absent", changed=False)
    assert result["policy_exists"] and "Azure itself keeps" in warned(result)


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_policy_for_another_workload_is_not_touched(azure: Bench, state: str) -> None:
    result = azure.run(MODULE, VAULT, name="HourlyLogBackup", state=state, **DAILY)
    assert result.failed and not azure.writes
    assert result["error"]["code"] == "BMSUserErrorInvalidPolicyForGivenProvider"
    assert "AzureWorkload" in result["msg"]


def test_the_limit_of_fifty_changes_a_day_is_explained(azure: Bench) -> None:
    for number in range(50):
        azure.good(MODULE, NEW, **DAILY, instant_restore_days=1 + number % 2)
    assert azure.good(MODULE, NEW, **DAILY)["changed"] is False
    refused = azure.run(MODULE, NEW, instant_restore_days=3)
    assert refused.failed and "50 additions and changes of policies in 24 hours" in refused["msg"]
    azure.simulator.advance(86400)
    azure.settle(MODULE, NEW, instant_restore_days=3)


def test_a_policy_that_comes_to_too_many_points_is_warned_of(azure: Bench) -> None:
    tiers = {"daily": {"days": 9999}, "weekly": {"weeks": 2000, "days": ["Sunday"]}}
    result = azure.good(MODULE, NEW, schedule={"time": "01:00"}, retention=tiers, check=True)
    assert "9999 recovery points" in warned(result)
    fits = azure.good(MODULE, NEW, schedule={"time": "01:00"}, retention={"daily": {"days": 9999}}, check=True)
    assert not fits.get("warnings")


def test_the_name_may_be_in_any_case(azure: Bench) -> None:
    azure.good(MODULE, NEW, **DAILY)
    azure.settle(MODULE, {**NEW, "name": "LONG-TERM"}, changed=False, **DAILY)
    changed = azure.settle(MODULE, {**NEW, "name": "Long-Term"}, retention={"daily": {"days": 31}})
    assert changed["policy"]["name"] == "long-term"


def test_a_missing_vault_is_an_error_in_either_state(azure: Bench) -> None:
    for state in ("present", "absent"):
        result = azure.run(MODULE, {**NEW, "vault_name": "vault-nowhere"}, state=state, **DAILY)
        assert result.failed and not azure.writes
        assert result["error"]["code"] == "VaultNotFound"


def test_a_refusal_of_the_service_is_told_as_it_is(azure: Bench) -> None:
    error = {"error": {"code": "BMSUserErrorInvalidPolicyInput", "message": "Not that."}}
    azure.simulator.add_fault(method="PUT", path="backupPolicies", status=400, body=error)
    result = azure.run(MODULE, NEW, **DAILY)
    assert result.failed and result["error"]["code"] == "BMSUserErrorInvalidPolicyInput"
    assert "Not that" in result["msg"]


def test_dates_of_a_forecast_are_checked_before_any_request(azure: Bench) -> None:
    for forecast, option in (
        ({"start": "soon"}, "forecast.start"),
        ({"dates": ["2026-02-30"]}, "forecast.dates"),
        ({"dates": ["2026-01-01"] * 401}, "forecast.dates"),
        ({"days": -1}, "forecast.days"),
        ({"days": 36526}, "forecast.days"),
    ):
        result = azure.run(MODULE, NEW, **DAILY, forecast=forecast)
        assert result.failed and not azure.requests
        assert result["msg"].startswith(f"{option}:")
    far = azure.run(MODULE, NEW, **DAILY, forecast={"start": "9999-01-01"})
    assert far.failed and "of the years 2000 to 2999" in far["msg"]
