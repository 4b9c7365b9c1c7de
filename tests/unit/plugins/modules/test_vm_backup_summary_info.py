# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vm_backup_summary_info against the simulator: a bad afternoon, every state, and what can't be read."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import verdicts
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import ModuleResult

MODULE = "vm_backup_summary_info"
VAULT = {"resource_group": "rg-backup", "vault_name": "vault-westeurope"}
PRODUCTION = "5d3c2b1a-0000-4000-8000-00000000000a"
SHARED = "5d3c2b1a-0000-4000-8000-00000000000b"
NOBODY = "5d3c2b1a-0000-4000-8000-0000000000ff"


@pytest.fixture(scope="module")
def running() -> t.Iterator[Bench]:
    with bench("estate") as azure:
        yield azure


@pytest.fixture
def azure(running: Bench) -> Bench:
    running.reset()
    running.simulator.clear_faults()
    return running


@pytest.fixture(scope="module")
def afternoon() -> t.Iterator[Bench]:
    with bench("bad-afternoon") as azure:
        yield azure


def states(result: ModuleResult) -> dict[str, str]:
    return {vm["name"]: vm["state"] for vm in result["vms"]}


def codes(result: ModuleResult) -> dict[str, str]:
    return {vm["name"]: vm["reason"]["code"] for vm in result["vms"] if vm["reason"]}


def assert_consistent(result: ModuleResult) -> None:
    """Check what holds for every result: the states add up, everywhere, and the lists agree with the numbers."""
    summary = result["summary"]
    existing = [vm for vm in result["vms"] if vm["exists"] is not False]
    assert summary["vms"] == len(existing) == sum(summary[state] for state in verdicts.STATES)
    assert summary["gone"] == len(result["vms"]) - len(existing)
    for rows in result["coverage"].values():
        for key in ("vms", "stale", *verdicts.STATES):
            assert sum(row[key] for row in rows) == summary[key], key
    for state in ("unprotected", "stopped", "suspended", "soft_deleted", "error", "stale", "unhealthy"):
        assert len(result["offenders"][state]) == summary[state], state
    jobs = result["jobs"]
    assert jobs["total"] == sum(jobs["by_status"].values()) == sum(day["total"] for day in jobs["by_day"])
    assert sum(group["count"] for group in result["failures"]) == jobs["by_status"].get("Failed", 0)
    assert sum(vault["jobs"]["total"] for vault in result["vaults"]) == jobs["total"]
    for vm in result["vms"]:
        if vm["reason"]:
            assert "\n" not in (vm["reason"]["remedy"] or "")
            assert vm["reason"]["message"].endswith(".")


def test_a_bad_afternoon_is_told_with_all_its_causes(afternoon: Bench) -> None:
    result = afternoon.good(MODULE)
    assert_consistent(result)
    summary = result["summary"]
    assert (summary["stale"], summary["soft_deleted"], summary["stopped"], summary["gone"]) == (3, 1, 1, 1)
    assert (summary["unprotected"], summary["waiting"]) == (5, 1)
    found = {vm["name"]: vm["reason"] for vm in result["vms"] if vm["reason"]}
    told = {name: (reason["code"], reason["message"]) for name, reason in found.items()}
    assert told["paris-files-01"][0] == told["erp-standby-01"][0] == "no_vault_in_region"
    assert told["shop-web-13"][0] == "not_visible"
    assert told["crm-app-09"] == (
        "protectable",
        "No vault holds it, though vault vault-production has discovered it.",
    )
    assert told["test-07"][0] == "not_eligible" and "Repair it" in found["test-07"]["remedy"]
    assert told["crm-old-01"][0] == "gone" and "state: stopped and its name in vms" in found["crm-old-01"]["remedy"]
    assert told["test-06"][0] == "soft_deleted" and "2026-01-07T" in told["test-06"][1]
    assert "has been running since 2026-01-04" in told["shop-db-03"][1]
    assert "was cancelled" in told["etl-05"][1]
    assert "no network connectivity" in told["test-05"][1] and "service tag" in found["test-05"]["remedy"]
    assert told["erp-app-03"][0] == "unhealthy" and "VM agent" in found["erp-app-03"]["remedy"]


def test_the_failures_of_the_afternoon_are_put_together_by_cause(afternoon: Bench) -> None:
    result = afternoon.good(MODULE)
    groups = {group["code"]: group for group in result["failures"]}
    assert sum(group["count"] for group in groups.values()) == 20 and len(groups) == 5
    assert [group["count"] for group in result["failures"]] == sorted(
        (group["count"] for group in result["failures"]), reverse=True
    )
    assert all(group["recommendations"] and group["topic"] for group in groups.values())
    agent = groups["UserErrorGuestAgentStatusUnavailable"]
    assert {vm["name"]: (vm["count"], vm["recovered"]) for vm in agent["vms"]} == {
        "erp-app-03": (3, False),
        "erp-app-04": (2, True),
        "etl-02": (1, True),
        "etl-03": (1, True),
    }
    assert not agent["recovered"]
    offenders = {one["name"] for one in result["offenders"]["failures"]}
    assert "erp-app-03" in offenders and "erp-app-04" not in offenders
    assert all(vm["id"] for group in groups.values() for vm in group["vms"])


def test_the_gate_names_who_why_and_what_to_do(afternoon: Bench) -> None:
    everything = ["unprotected", "stale", "failures", "stopped", "suspended", "soft_deleted", "unhealthy", "gone"]
    result = afternoon.run(MODULE, fail_if=everything)
    assert result.failed and result["error"]["code"] == "NotCompliant"
    assert "rg-shop/shop-web-13: No vault holds it" in result["msg"]
    assert "Make a vault in francecentral with vm_backup_vault" in result["msg"]
    lines = result["msg"].splitlines()
    alike = ", ".join(f"rg-shop/shop-web-0{number}" for number in range(5, 9))
    assert [line for line in lines if line.startswith(f"- {alike}: Backup failed")], "one line for one cause"
    assert lines.index("unprotected:") < lines.index("failed:") < lines.index("of machines that are gone:")
    told = {kind: len(each) for kind, each in result["offenders"].items()}
    assert told["failures"] == 13 and told["gone"] == 1 and told["suspended"] == 0
    complete = afternoon.good(MODULE)
    assert {key: result[key] for key in complete if key != "invocation"} == {
        key: value for key, value in complete.items() if key != "invocation"
    }


def test_the_gate_is_open_for_what_it_is_not_asked(afternoon: Bench) -> None:
    assert not afternoon.run(MODULE, fail_if=["suspended", "error"]).failed
    only = afternoon.run(MODULE, fail_if=["gone"])
    assert only.failed and "crm-old-01" in only["msg"] and "shop-web" not in only["msg"]


def test_who_needs_no_backup_never_offends(afternoon: Bench) -> None:
    names = ["paris-*", "rg-erp/erp-standby-01", "shop-web-13", "crm-app-09", "test-07"]
    result = afternoon.good(MODULE, exclude=names, fail_if=["unprotected"])
    assert_consistent(result)
    assert result["summary"]["excluded"] == 5 and result["summary"]["unprotected"] == 0
    # A failing job of an excluded machine is shown, but is no offence; neither is one that is gone.
    result = afternoon.run(MODULE, exclude=["*"], fail_if=["failures", "stale", "gone", "unhealthy"])
    assert not result.failed and len(result["failures"]) == 5
    assert result["summary"]["coverage_percent"] is None


def test_a_selection_is_about_its_machines_and_their_jobs(afternoon: Bench) -> None:
    result = afternoon.good(MODULE, select={"resource_groups": ["rg-erp"]})
    assert_consistent(result)
    assert {vm["resource_group"] for vm in result["vms"]} == {"rg-erp"}
    assert {vm["name"] for group in result["failures"] for vm in group["vms"]} == {"erp-app-03", "erp-app-04"}
    assert {job["resource_group"] for job in result["jobs"]["longest"]} == {"rg-erp"}
    nothing = afternoon.good(MODULE, select={"names": ["nothing-*"]})
    assert nothing["summary"]["vms"] == 0 and "No virtual machine was found" in str(nothing["warnings"])


def test_a_gate_vouches_for_nobody_when_the_selection_is_misspelt(afternoon: Bench) -> None:
    gate = {"fail_if": ["unprotected"]}
    refused = afternoon.run(MODULE, gate, select={"names": ["nothing-*"]})
    assert refused.failed and refused["error"]["code"] == "NothingToCheck"
    assert "select matches no virtual machine" in refused["msg"] and refused["summary"]["vms"] == 0
    afternoon.simulator.add_fault(path="/virtualMachines$", status=200, body={"value": []})
    afternoon.simulator.add_fault(path="/vaults$", status=200, body={"value": []})
    try:
        assert afternoon.good(MODULE, gate)["summary"]["vms"] == 0
    finally:
        afternoon.simulator.clear_faults()


@pytest.mark.parametrize(
    ("options", "days"),
    [
        ({"last_hours": 720}, 31),
        ({"from": "2026-01-03", "to": "2026-01-04T12:00:00Z"}, 2),
        ({"from": "2026-01-05T01:00:00"}, 1),
        ({"to": "2026-01-01"}, 31),
    ],
)
def test_every_day_of_the_window_is_there(afternoon: Bench, options: dict[str, t.Any], days: int) -> None:
    result = afternoon.good(MODULE, options)
    assert_consistent(result)
    assert len(result["jobs"]["by_day"]) == days
    dates = [day["date"] for day in result["jobs"]["by_day"]]
    assert dates == sorted(dates) and dates[0] == result["window"]["from"][:10]


def test_each_state_of_an_item_is_told(azure: Bench) -> None:
    result = azure.good(MODULE)
    assert_consistent(result)
    found = states(result)
    assert found["held-protected"] == "protected" and found["held-pending"] == "waiting"
    assert found["held-stopped"] == "stopped" and found["held-deleted"] == "soft_deleted"
    assert found["spare"] == "unprotected"
    assert codes(result)["broken"] == "not_eligible"
    assert not result["changed"] and not azure.writes
    assert [vm["name"] for vm in result["vms"]] == sorted(vm["name"] for vm in result["vms"])


def test_after_a_discovery_the_reasons_are_finer_and_classic_machines_are_seen(azure: Bench) -> None:
    azure.good("vm_backup_discover", VAULT)
    result = azure.good(MODULE)
    assert_consistent(result)
    found = codes(result)
    assert found["spare"] == "protectable" and found["old-timer"] == "classic" and found["far-away"] == "not_visible"


def test_a_vault_that_was_not_asked_about_does_not_make_its_machines_unprotected(azure: Bench) -> None:
    result = azure.good(MODULE, VAULT)
    assert_consistent(result)
    found = states(result)
    assert found["in-second-vault"] == found["held-without-soft-delete"] == "elsewhere"
    # Machines of other regions are none of its business.
    assert "far-away" not in found
    assert [vault["name"] for vault in result["vaults"]] == ["vault-westeurope"]
    by_id = azure.good(MODULE, vaults=[result["vaults"][0]["id"].upper().replace("/SUBSCRIPTIONS", "/subscriptions")])
    assert states(by_id) == found


def test_a_vault_of_another_subscription_counts_when_that_is_looked_into(azure: Bench) -> None:
    assert states(azure.good(MODULE))["in-shared-vault"] == "unprotected"
    verified = azure.good(MODULE, verify_unprotected=True)
    assert states(verified)["in-shared-vault"] == "elsewhere"
    assert states(verified)["spare"] == "unprotected"
    both = azure.good(MODULE, subscriptions=[PRODUCTION, SHARED])
    assert_consistent(both)
    assert states(both)["in-shared-vault"] == "protected" and states(both)["shared-01"] == "unprotected"
    assert [row["name"] for row in both["coverage"]["by_subscription"]] == [PRODUCTION, SHARED]


def test_a_machine_of_another_subscription_counts_where_a_vault_holds_it(azure: Bench) -> None:
    result = azure.good(MODULE, subscriptions=[SHARED])
    assert_consistent(result)
    assert states(result) == {"in-shared-vault": "protected", "shared-01": "unprotected"}
    assert {vm["exists"] for vm in result["vms"]} == {True}


NAMESAKES = """
subscriptions:
  - id: 5d3c2b1a-0000-4000-8000-00000000000a
    name: One
    resource_groups:
      - name: rg
        location: westeurope
        vaults: [{name: vault, protected_items: [{virtual_machine: rg/twin, recovery_points: 2}]}]
        virtual_machines: [{name: twin, agent_status: Not Ready}]
  - id: 5d3c2b1a-0000-4000-8000-00000000000b
    name: Two
    resource_groups:
      - name: RG
        location: westeurope
        vaults: [{name: vault, protected_items: [{virtual_machine: RG/TWIN, recovery_points: 2}]}]
        virtual_machines: [{name: TWIN}]
"""


def test_namesakes_keep_their_own_failures(tmp_path: pathlib.Path) -> None:
    """Two machines of one name and group in two subscriptions: the vault of a job tells which one it is about."""
    world = tmp_path / "namesakes.yml"
    world.write_text(NAMESAKES)
    with bench(str(world)) as azure:
        vault = {"resource_group": "rg", "vault_name": "vault"}
        for subscription in (PRODUCTION, SHARED):
            azure.run("vm_backup_now", vault, subscription_id=subscription, vms=["rg/twin"], wait=True)
        result = azure.good(MODULE, subscriptions=[PRODUCTION, SHARED])
        assert_consistent(result)
        assert [vm["state"] for vm in result["vms"]] == ["protected", "protected"]
        (group,) = result["failures"]
        ill = next(vm for vm in result["vms"] if vm["subscription_id"] == PRODUCTION)
        assert [(vm["id"], vm["recovered"]) for vm in group["vms"]] == [(ill["id"], False)]
        assert [one["id"] for one in result["offenders"]["failures"]] == [ill["id"]]
        assert len(result["coverage"]["by_resource_group"]) == 2
        narrowed = azure.good(MODULE, subscriptions=[PRODUCTION, SHARED], select={"names": ["twin"]})
        assert narrowed["summary"]["vms"] == 2 and narrowed["jobs"] == result["jobs"]


def test_a_machine_that_never_got_its_first_backup_becomes_stale(azure: Bench) -> None:
    azure.good("vm_backup_protect", VAULT, vms=["rg-web/deaf"])
    waiting = azure.good(MODULE, fail_if=["stale"]).vm("deaf")
    assert waiting["state"] == "waiting" and not waiting["stale"]
    azure.time.sleep(27 * 3600)
    # The nightly backup fails, as nothing answers in the machine.
    result = azure.run(MODULE, fail_if=["stale"], select={"names": ["deaf"]})
    assert result.failed and "waited for its first backup for more than 26 hours" in result["msg"]
    assert "VM agent" in result["vms"][0]["reason"]["remedy"]
    assert not azure.run(MODULE, fail_if=["stale"], select={"names": ["deaf"]}, rpo_hours=48).failed


@pytest.mark.parametrize("status", [403, 404])
def test_a_vault_that_can_t_be_read_makes_nothing_unprotected(azure: Bench, status: int) -> None:
    azure.simulator.add_fault(method="GET", path="vault-second/backupProtectedItems", status=status)
    result = azure.good(MODULE)
    assert_consistent(result)
    found = states(result)
    assert found["in-second-vault"] == found["spare"] == "unknown"
    assert found["held-protected"] == "protected" and found["far-away"] == "unprotected"
    (problem,) = result["problems"]
    assert (problem["affects"], problem["vault_name"]) == ("vms", "vault-second") and not result["complete"]
    assert "vault-second" in str(result["warnings"])
    assert not next(vault for vault in result["vaults"] if vault["name"] == "vault-second")["readable"]
    # A gate does not open because nobody could look.
    gate = azure.run(MODULE, fail_if=["error"])
    assert gate.failed and gate["error"]["http_status"] == status
    gate = azure.run(MODULE, fail_if=["stopped"])
    assert "held-stopped" in gate["msg"] and "not all could be read" in gate["msg"]


def test_jobs_that_can_t_be_read_close_only_the_gate_that_needs_them(azure: Bench) -> None:
    azure.simulator.add_fault(method="GET", path="vault-second/backupJobs", status=403)
    assert azure.good(MODULE, fail_if=["error"])["problems"][0]["affects"] == "jobs"
    assert azure.run(MODULE, fail_if=["failures"]).failed
    azure.simulator.clear_faults()
    azure.simulator.add_fault(method="GET", path="/usages", status=403)
    result = azure.good(MODULE, fail_if=["failures", "error"])
    assert {problem["affects"] for problem in result["problems"]} == {"usage"}
    assert all(vault["storage"] == [] for vault in result["vaults"])


def test_what_is_named_must_be_there(azure: Bench) -> None:
    result = azure.run(MODULE, subscriptions=[PRODUCTION, NOBODY])
    assert result.failed and NOBODY in result["msg"]
    assert result["summary"]["protected"] == 3 and not result["complete"]
    result = azure.run(MODULE, subscriptions=[NOBODY])
    assert result.failed and result["summary"]["vms"] == 0
    result = azure.run(MODULE, resource_group="rg-staging", fail_if=["unprotected"])
    assert result.failed and "no Recovery Services vault in resource group 'rg-staging'" in result["msg"]
    result = azure.run(MODULE, vault_name="nowhere")
    assert result.failed and "'nowhere'" in result["msg"]


def test_storage_and_settings_of_the_vaults_are_told(afternoon: Bench) -> None:
    vaults = afternoon.good(MODULE)["vaults"]
    assert [vault["name"] for vault in vaults] == sorted(vault["name"] for vault in vaults)
    assert all(counter["bytes"] > 0 for vault in vaults for counter in vault["storage"])
    assert sum(len(vault["storage"]) for vault in vaults) >= 1
    assert sum(vault["soft_deleted_items"] for vault in vaults) == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"rpo_hours": 0}, "rpo_hours: 0"),
        ({"last_hours": 0}, "last_hours: 0"),
        ({"last_hours": 3, "to": "2026-01-01"}, "mutually exclusive"),
        ({"from": "yesterday"}, "from: 'yesterday'"),
        ({"from": "2027-01-01"}, "from: '2027-01-01'"),
        ({"from": "2026-01-02", "to": "2026-01-01"}, "is not before"),
        ({"fail_if": ["bad"]}, "value of fail_if must be one or more of"),
        ({"subscriptions": []}, "subscriptions: the list is empty"),
        ({"subscriptions": ["Production"]}, "subscriptions: 'Production'"),
        ({"vaults": ["vault-westeurope"]}, "vaults: 'vault-westeurope'"),
        ({"vaults": ["x"], "vault_name": "x"}, "mutually exclusive"),
        ({"select": {"names": []}}, "select.names"),
        ({"exclude": [" "]}, "exclude"),
        ({"vault_name": "no/vault"}, "vault_name: 'no/vault'"),
    ],
)
def test_bad_input_is_told_before_any_request(azure: Bench, options: dict[str, t.Any], told: str) -> None:
    result = azure.run(MODULE, options)
    assert result.failed and told in result["msg"]
    assert not azure.requests


def test_a_subscription_without_anything_is_no_failure(tmp_path: pathlib.Path) -> None:
    world = tmp_path / "empty.yml"
    world.write_text("subscriptions: [{name: Empty, resource_groups: [{name: rg, location: westeurope}]}]\n")
    with bench(str(world)) as azure:
        result = azure.good(MODULE, fail_if=["unprotected", "stale", "failures"])
        assert result["summary"]["vms"] == 0 and result["summary"]["coverage_percent"] is None
        assert result["vms"] == [] and result["vaults"] == [] and result["jobs"]["total"] == 0
        assert result["complete"]


def test_a_fleet_takes_pages_and_no_request_for_each_machine() -> None:
    with bench("fleet:1000:lived") as azure:
        result = azure.good(MODULE)
        assert_consistent(result)
        assert result["summary"]["vms"] == 1000 and result["jobs"]["total"] > 500
        vaults, pages = len(result["vaults"]), sum("backupJobs" not in line for line in azure.requests)
        # Pages of 200, and of each vault its items, its discovery and its usages.
        assert pages <= 1 + 1000 // 200 + 1 + vaults * (2 * (1000 // 200 // vaults + 2) + 1)
        assert len(azure.requests) - pages <= result["jobs"]["total"] // 200 + vaults * 6
