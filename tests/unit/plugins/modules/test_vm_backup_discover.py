# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vm_backup_discover against the simulator: every status, what it reads, and what it never writes."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench

MODULE = "vm_backup_discover"
VAULT = {"resource_group": "rg-backup", "vault_name": "vault-westeurope"}


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    with bench("estate") as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


SEEN_BY_THE_VAULT = [
    ("web-03", "protectable", "vm_backup_protect"),
    ("held-protected", "protected", None),
    ("held-pending", "protected", "vm_backup_now"),
    ("held-stopped", "stopped", "Resume"),
    ("held-deleted", "soft_deleted", "undelete: true"),
    ("in-second-vault", "protected_elsewhere", "one vault only"),
    ("in-shared-vault", "protected_elsewhere", "one vault only"),
    ("broken", "not_eligible", "Repair"),
    ("far-away", "other_region", "vault in northeurope"),
    ("old-timer", "classic", "Migrate"),
]


@pytest.mark.parametrize(("name", "status", "hint"), SEEN_BY_THE_VAULT)
def test_a_vault_tells_where_each_machine_stands_and_what_to_do(
    azure: Bench, name: str, status: str, hint: str | None
) -> None:
    found = azure.good(MODULE, VAULT).vm(name)
    assert found["status"] == status
    assert found["reason"]
    assert hint is None or any(hint in text for text in found["hints"])


def test_the_summary_counts_every_status(azure: Bench) -> None:
    result = azure.good(MODULE, VAULT)
    assert result["summary"] == {
        "total": 16,
        "protected": 2,
        "stopped": 1,
        "protectable": 6,
        "not_visible": 0,
        "not_eligible": 1,
        "soft_deleted": 1,
        "protected_elsewhere": 3,
        "other_region": 1,
        "classic": 1,
        "gone": 0,
    }
    assert sum(result["summary"].values()) == 2 * result["summary"]["total"]
    assert not result["changed"]


def test_the_other_vault_is_named_in_whichever_subscription_it_is(azure: Bench) -> None:
    result = azure.good(MODULE, VAULT)
    assert result.vm("in-second-vault")["vault_id"].endswith("/vaults/vault-second")
    shared = result.vm("in-shared-vault")["vault_id"]
    assert shared.endswith("/vaults/vault-shared")
    assert "/subscriptions/5d3c2b1a-0000-4000-8000-00000000000b/" in shared


def test_a_machine_shows_all_that_is_known_of_it(azure: Bench) -> None:
    result = azure.good(MODULE, VAULT)
    protected = result.vm("held-protected")
    assert protected["policy_name"] == "DefaultPolicy"
    assert protected["protection_state"] == "Protected"
    assert protected["last_recovery_point"].endswith("Z")
    assert protected["vault_id"] == result["vault"]["id"]
    assert protected["item_id"].startswith(result["vault"]["id"])
    windows = result.vm("web-03")
    assert (windows["os_type"], windows["size"], windows["tags"]) == ("Windows", "Standard_D2s_v5", {"env": "test"})
    assert windows["item_id"] is windows["policy_name"] is windows["vault_id"] is None
    assert result.vm("held-deleted")["deleted_permanently_at"] == "2026-01-19T05:00:00Z"
    assert result.vm("held-deleted")["soft_deleted"]


def test_a_classic_machine_has_its_cloud_service_for_a_resource_group(azure: Bench) -> None:
    classic = azure.good(MODULE, VAULT).vm("old-timer")
    assert (classic["cloud_service"], classic["resource_group"]) == ("contoso-old", None)
    assert "/Microsoft.ClassicCompute/" in classic["id"]


def test_machines_of_one_name_are_told_apart(azure: Bench) -> None:
    result = azure.good(MODULE, VAULT, select={"names": ["web-01"]})
    assert sorted(vm["resource_group"] for vm in result["vms"]) == ["rg-staging", "rg-web"]


def test_a_bare_name_of_two_machines_fails_with_both_ids_and_the_others_are_shown(azure: Bench) -> None:
    result = azure.run(MODULE, VAULT, vms=["web-01", "web-02"])
    assert result.failed
    assert "rg-staging/" in result["msg"] and "rg-web/" in result["msg"]
    assert result.vm("web-01")["error"]["code"] == "AmbiguousName"
    assert result.vm("web-02")["status"] == "protectable"


def test_a_machine_that_is_not_there_fails_and_the_others_are_shown(azure: Bench) -> None:
    result = azure.run(MODULE, VAULT, vms=["rg-web/web-99", "rg-web/web-02"])
    assert result.failed and "rg-web/web-99" in result["msg"]
    assert result.vm("rg-web/web-99")["error"]["code"] == "VirtualMachineNotFound"
    assert result.vm("rg-web/web-99")["id"] is None
    assert result.vm("web-02")["status"] == "protectable"


def test_it_refreshes_once_and_writes_nothing_else(azure: Bench) -> None:
    result = azure.good(MODULE, VAULT)
    assert result["refreshed"]
    assert len(azure.writes) == 1
    assert "refreshContainers" in azure.writes[0]


@pytest.mark.parametrize("options", [{"check": True}, {"refresh": False}])
def test_without_a_refresh_a_new_machine_is_not_visible_yet(azure: Bench, options: dict[str, t.Any]) -> None:
    result = azure.good(MODULE, VAULT, **options)
    assert not result["refreshed"]
    assert not azure.writes
    assert result.vm("web-03")["status"] == "not_visible"
    assert any("refresh: true" in hint for hint in result.vm("web-03")["hints"])
    assert result.vm("held-protected")["status"] == "protected"


def test_without_a_refresh_the_last_view_stays(azure: Bench) -> None:
    refreshed = azure.good(MODULE, VAULT)
    later = azure.good(MODULE, VAULT, refresh=False)
    assert later["summary"] == refreshed["summary"]
    assert {vm["id"]: vm["status"] for vm in later["vms"]} == {vm["id"]: vm["status"] for vm in refreshed["vms"]}


def test_a_machine_of_another_subscription_can_be_protected_although_discovery_does_not_list_it(azure: Bench) -> None:
    shared = (
        "/subscriptions/5d3c2b1a-0000-4000-8000-00000000000b/resourceGroups/rg-shared"
        "/providers/Microsoft.Compute/virtualMachines/shared-01"
    )
    before = azure.good(MODULE, VAULT, vms=[shared], power_state=True).vm("shared-01")
    assert (before["status"], before["power_state"]) == ("protectable", "running")
    assert "other subscriptions" in before["reason"]
    azure.good("vm_backup_protect", VAULT, vms=[shared])
    assert azure.good(MODULE, VAULT, vms=[shared]).vm("shared-01")["status"] == "protected"


def test_a_machine_that_was_just_protected_is_found_so(azure: Bench) -> None:
    assert azure.good(MODULE, VAULT).vm("web-02")["status"] == "protectable"
    azure.good("vm_backup_protect", VAULT, vms=["rg-web/web-02"])
    after = azure.good(MODULE, VAULT, refresh=False).vm("web-02")
    assert (after["status"], after["protection_state"]) == ("protected", "IRPending")


def test_the_power_state_is_read_only_when_asked_and_in_one_listing(azure: Bench) -> None:
    without = azure.good(MODULE, VAULT, vms=["rg-web/web-02"])
    reads = len(azure.requests)
    assert without.vm("web-02")["power_state"] is None
    asked = azure.good(MODULE, VAULT, vms=["rg-web/web-02"], power_state=True)
    assert asked.vm("web-02")["power_state"] == "deallocated"
    assert len(azure.requests) == reads + 1


def test_nothing_found_is_no_failure_and_says_what_to_check(azure: Bench) -> None:
    for options in (VAULT, {}):
        result = azure.good(MODULE, options, select={"names": ["nothing-is-called-so"]})
        assert result["vms"] == []
        assert result["summary"]["total"] == 0
        assert "Check that the machines exist" in result["hints"][0]
        assert result["warnings"]


def test_the_whole_subscription_is_compared_with_all_its_vaults(azure: Bench) -> None:
    result = azure.good(MODULE)
    assert result["vault"] is None and not result["refreshed"]
    assert not azure.writes
    for name, status in (
        ("held-protected", "protected"),
        ("held-stopped", "stopped"),
        ("held-deleted", "soft_deleted"),
        ("in-second-vault", "protected"),
        ("far-away", "protectable"),
        ("broken", "not_eligible"),
    ):
        assert result.vm(name)["status"] == status
    assert result.vm("in-second-vault")["vault_id"].endswith("/vaults/vault-second")


@pytest.mark.parametrize(
    ("select", "names"),
    [
        ({"tags": {"ENV": "prod"}}, {"web-01", "web-02", "held-protected"}),
        ({"tags": {"env": "*"}, "exclude": ["web-*"]}, {"held-protected", "held-pending"}),
        ({"resource_groups": ["RG-STAGING"]}, {"web-01"}),
        ({"locations": ["North Europe"]}, {"far-away"}),
        ({"names": ["HELD-p*"]}, {"held-protected", "held-pending"}),
        ({"names": ["*-0[12]"], "exclude": ["rg-staging/*"]}, {"web-01", "web-02"}),
    ],
)
def test_every_part_of_select_must_match(azure: Bench, select: dict[str, t.Any], names: set[str]) -> None:
    found = azure.good(MODULE, select=select)["vms"]
    assert {vm["name"] for vm in found} == names
    assert len(found) == len(names)


def test_a_vault_that_is_not_there_is_told_with_what_to_check(azure: Bench) -> None:
    result = azure.run(MODULE, resource_group="rg-backup", vault_name="vault-nowhere")
    assert result.failed
    assert result["error"]["code"] == "VaultNotFound"
    assert "vm_backup_vault" in result["error"]["recommendations"][0]


def test_a_discovery_that_does_not_end_is_given_up_in_time(azure: Bench) -> None:
    azure.simulator.add_fault(
        path="/operationResults/", method="GET", status=202, headers={"Retry-After": "1"}, body={}
    )
    result = azure.run(MODULE, VAULT, wait_timeout=20)
    assert result.failed
    assert result["error"]["code"] == "WaitTimeout"
    assert result["error"]["retryable"]


def test_a_discovery_that_another_task_started_is_waited_out(azure: Bench) -> None:
    assert azure.run(MODULE, VAULT, wait_timeout=0)["error"]["code"] == "WaitTimeout"
    result = azure.good(MODULE, VAULT)
    assert result["refreshed"]
    assert result.vm("web-03")["status"] == "protectable"
    # The first request was refused, because the other discovery was still under way.
    assert [entry.status for entry in azure.simulator.writes()] == [400, 202]
