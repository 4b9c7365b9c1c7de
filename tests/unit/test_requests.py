# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many requests a fleet costs, what faults do to it, and what two tasks at once do to each other."""

from __future__ import annotations

import collections
import concurrent.futures
import threading
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import pacing
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.client import AzureClient
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases import fleet
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.outcome import Outcome
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.protect import protect
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, ModuleClock, Time, bench
from ansible_collections.cloudkeep.azure_backup.tests.support.network import overlapping_sleep

VAULT = {"resource_group": "rg-fleet-0001", "vault_name": "vault-fleet"}
EVERY = {**VAULT, "select": {}}
SIZE = 200
FEW = 8
"""More reads than this for a task of any size would be too many."""


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    with bench(f"fleet:{SIZE}") as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    """A fleet of 200 machines and an empty vault."""
    shared.reset()
    shared.good("vm_backup_vault", VAULT, location="westeurope")
    return shared


def count(azure: Bench, method: str, ending: str = "") -> int:
    return len([line for line in azure.requests if line.startswith(f"{method} ") and line.endswith(ending)])


def assert_each_once(azure: Bench, method: str, expected: int) -> None:
    """Fail when a machine was written for twice, also by runs before the last."""
    written = collections.Counter(
        entry.path.casefold() for entry in azure.simulator.writes() if entry.method == method and entry.status == 202
    )
    assert len(written) == expected
    assert set(written.values()) <= {1}


def test_discovering_a_fleet_is_a_handful_of_requests(azure: Bench) -> None:
    result = azure.good("vm_backup_discover", VAULT)
    assert result["summary"]["protectable"] == SIZE
    assert count(azure, "POST") == 1
    polls = len([line for line in azure.requests if "/operationResults/" in line])
    assert len(azure.requests) - polls <= FEW


def test_discovering_the_subscription_asks_about_no_single_machine(azure: Bench) -> None:
    azure.good("vm_backup_protect", EVERY)
    result = azure.good("vm_backup_discover")
    assert result["summary"]["protected"] == SIZE
    assert not azure.writes
    assert len(azure.requests) <= FEW


def test_registering_a_fleet_is_one_discovery(azure: Bench) -> None:
    result = azure.good("vm_backup_register", EVERY)
    assert all(vm["registered"] for vm in result["vms"]) and len(result["vms"]) == SIZE
    assert len(azure.writes) == 1
    azure.good("vm_backup_register", EVERY)
    assert not azure.writes
    assert len(azure.requests) <= FEW


def test_protecting_a_fleet_is_one_write_a_machine_and_no_read_of_one(azure: Bench) -> None:
    azure.good("vm_backup_discover", VAULT)
    result = azure.good("vm_backup_protect", EVERY)
    assert result["summary"] == {"total": SIZE, "changed": SIZE, "failed": 0, "unchanged": 0}
    assert len({vm["job_id"] for vm in result["vms"]}) == SIZE
    assert_each_once(azure, "PUT", SIZE)
    assert len(azure.writes) == SIZE
    # Listings only: machines, items, protectable items, jobs. Nothing is polled for a machine on its own.
    assert count(azure, "GET") <= 16
    assert not [line for line in azure.requests if line.startswith("GET ") and "/protectedItems/" in line]
    assert not [line for line in azure.requests if "/backupJobs/" in line or "backupStatus" in line]


def test_many_machines_that_no_discovery_has_seen_take_one_discovery(azure: Bench) -> None:
    azure.good("vm_backup_protect", EVERY)
    assert count(azure, "POST", "/refreshContainers") == 1
    assert count(azure, "POST", "/backupStatus") == 0
    assert len(azure.writes) == SIZE + 1


def test_a_few_machines_that_no_discovery_has_seen_are_asked_about(azure: Bench) -> None:
    # A machine that discovery did not list may be in a vault of any subscription, which only this question tells.
    few = [f"rg-fleet-0001/vm-{number:05}" for number in range(1, 21)]
    azure.good("vm_backup_protect", VAULT, vms=few)
    assert count(azure, "POST", "/refreshContainers") == 0
    assert count(azure, "POST", "/backupStatus") == len(azure.writes) == 20


def test_where_discovery_is_not_allowed_each_machine_is_asked_about(azure: Bench) -> None:
    azure.simulator.add_fault(operation="discover", status=403)
    azure.good("vm_backup_protect", EVERY)
    assert count(azure, "POST", "/backupStatus") == SIZE


def test_waiting_for_many_jobs_reads_no_page_of_jobs_that_are_older() -> None:
    with bench("fleet:250") as azure:
        azure.good("vm_backup_vault", VAULT, location="westeurope")
        azure.good("vm_backup_protect", EVERY)
        # Three pages of jobs of the same kind, all of the last hour.
        for _time in range(3):
            azure.good("vm_backup_now", EVERY, wait=True)
        azure.good("vm_backup_now", VAULT, vms=["vm-00001", "vm-00002"], wait=True)
        lists = [
            entry for entry in azure.simulator.requests(path="/backupJobs$") if "InProgress" not in str(entry.query)
        ]
        assert lists and not [entry for entry in lists if "skiptoken" in str(entry.query).casefold()]


def test_a_second_run_is_a_few_listings(azure: Bench) -> None:
    azure.good("vm_backup_protect", EVERY)
    again = azure.good("vm_backup_protect", EVERY)
    assert not again["changed"] and again["summary"]["unchanged"] == SIZE
    assert not azure.writes
    assert len(azure.requests) <= 3


def test_predicting_for_a_fleet_is_a_few_listings_once_it_was_discovered(azure: Bench) -> None:
    azure.good("vm_backup_discover", VAULT)
    assert azure.good("vm_backup_protect", EVERY, check=True)["summary"]["changed"] == SIZE
    assert len(azure.requests) <= FEW


def test_moving_a_fleet_is_one_write_a_machine_in_each_vault_and_asks_about_no_single_machine(azure: Bench) -> None:
    azure.good("vm_backup_protect", EVERY)
    target = {**EVERY, "vault_name": "vault-next"}
    azure.good("vm_backup_vault", {**VAULT, "vault_name": "vault-next"}, location="westeurope")
    azure.good("vm_backup_protect", target, move_to_vault=True, check=True)
    assert len(azure.requests) <= FEW
    result = azure.good("vm_backup_protect", target, move_to_vault=True)
    assert {vm["moved_from"]["vault_name"] for vm in result["vms"]} == {"vault-fleet"}
    assert result["summary"] == {"total": SIZE, "changed": SIZE, "failed": 0, "unchanged": 0}
    assert_each_once(azure, "PUT", 2 * SIZE)
    assert len(azure.writes) == 2 * SIZE
    assert count(azure, "GET") <= 32
    azure.good("vm_backup_protect", target, move_to_vault=True)
    assert not azure.writes
    assert len(azure.requests) <= 3


def test_backing_up_a_fleet_is_one_write_a_machine_and_the_job_list(azure: Bench) -> None:
    azure.good("vm_backup_protect", EVERY)
    result = azure.good("vm_backup_now", EVERY, wait=True)
    assert {vm["job"]["status"] for vm in result["vms"]} == {"Completed"}
    assert_each_once(azure, "POST", SIZE)
    assert count(azure, "GET") <= 20
    assert not [line for line in azure.requests if "/backupJobs/" in line]


def test_of_a_fleet_with_one_bad_machine_all_others_are_done_and_the_next_run_does_what_is_left(azure: Bench) -> None:
    azure.fail_jobs_of("vm-00100")
    result = azure.run("vm_backup_protect", EVERY)
    assert result.failed
    assert result["summary"] == {"total": SIZE, "changed": SIZE, "failed": 1, "unchanged": 0}
    assert f"1 of {SIZE}" in result["msg"] and "vm-00100" in result["msg"]
    assert result.vm("vm-00100")["error"]["code"] == "CloudInternalError"
    assert {vm["protection_state"] for vm in result["vms"]} == {"IRPending", None}
    again = azure.good("vm_backup_protect", EVERY)
    assert [vm["name"] for vm in again["vms"] if vm["changed"]] == ["vm-00100"]
    assert len(azure.writes) == 1


def test_of_a_fleet_with_one_refused_machine_the_reason_is_the_services(azure: Bench) -> None:
    azure.simulator.add_fault(
        method="PUT", path=r"vm-00007$", status=400, code="UserErrorNotToday", message="Not today.\r\nTry tomorrow."
    )
    result = azure.run("vm_backup_protect", EVERY)
    assert result.failed
    assert result["summary"] == {"total": SIZE, "changed": SIZE - 1, "failed": 1, "unchanged": 0}
    error = result.vm("vm-00007")["error"]
    assert (error["code"], error["http_status"]) == ("UserErrorNotToday", 400)
    assert error["request_id"] and not error["retryable"]
    assert "Not today." in result["msg"]


def test_lists_longer_than_a_page_are_read_to_their_end() -> None:
    with bench("fleet:450:1") as azure:
        azure.good("vm_backup_vault", VAULT, location="westeurope")
        assert azure.good("vm_backup_discover", VAULT)["summary"]["protectable"] == 450
        assert azure.good("vm_backup_protect", EVERY)["summary"]["changed"] == 450
        assert len({vm["item_id"] for vm in azure.good("vm_backup_protect", EVERY)["vms"]}) == 450
        assert count(azure, "GET", "/backupProtectedItems") == 3
        assert len(azure.requests) <= 9


def test_never_more_requests_at_once_than_there_are_workers() -> None:
    with bench("fleet:60", latency_ms=15) as azure:
        azure.good("vm_backup_vault", VAULT, location="westeurope")
        azure.simulator.call(azure.simulator.simulator.statistics.reset)
        azure.good("vm_backup_protect", EVERY)
        peak = azure.simulator.statistics()["peak_concurrency"]
        assert 2 <= peak <= fleet.WORKERS


def test_answers_that_are_lost_protect_and_back_up_nothing_twice(azure: Bench) -> None:
    azure.simulator.add_fault("drop_after", method="PUT", path="/protectedItems/", probability=0.2)
    azure.good("vm_backup_protect", EVERY)
    assert_each_once_or_lost(azure, "PUT")
    azure.simulator.clear_faults()
    azure.simulator.add_fault("drop_after", method="POST", path="/backup$", probability=0.2)
    result = azure.good("vm_backup_now", EVERY, wait=True)
    assert_each_once_or_lost(azure, "POST")
    assert len({vm["job_id"] for vm in result["vms"]}) == SIZE
    jobs = azure.good("vm_backup_job_info", VAULT, operation=["Backup"])
    assert (jobs["summary"]["total"], jobs["summary"]["by_status"]) == (SIZE, {"Completed": SIZE})


def assert_each_once_or_lost(azure: Bench, method: str) -> None:
    """Fail when a machine was written for twice although the service had acted at the first time."""
    written = collections.Counter(entry.path.casefold() for entry in azure.simulator.writes() if entry.method == method)
    assert len(written) == SIZE
    assert set(written.values()) == {1}
    assert any(entry.fault == "drop_after" for entry in azure.simulator.writes())


def test_errors_in_the_middle_lose_no_machine(azure: Bench) -> None:
    azure.simulator.add_fault(method="GET", path="/backupJobs$", status=500, times=3)
    azure.simulator.add_fault(method="GET", path="/backupProtectedItems$", status=503, times=2)
    azure.simulator.add_fault(method="PUT", status=429, headers={"Retry-After": "2"}, times=20)
    azure.simulator.add_fault("drop_before", method="GET", path="/virtualMachines$", times=1)
    azure.simulator.add_fault("expire_token", method="PUT", times=1, skip=30)
    # Sixteen threads that wait do so at the same time, or there would be no end to the outage that they see.
    with overlapping_sleep():
        result = azure.good("vm_backup_protect", EVERY)
    assert result["summary"]["changed"] == SIZE
    assert {vm["protection_state"] for vm in result["vms"]} == {"IRPending"}
    assert_each_once(azure, "PUT", SIZE)


@pytest.fixture
def slow() -> t.Iterator[Bench]:
    """The same where protecting takes half a minute and a backup 35."""
    with bench("fleet:20", profile="recorded") as running:
        running.good("vm_backup_vault", VAULT, location="westeurope")
        yield running


def test_without_waiting_the_jobs_are_left_to_a_later_task(slow: Bench) -> None:
    started = slow.good("vm_backup_protect", EVERY, wait=False)
    ids = [vm["job_id"] for vm in started["vms"]]
    assert started["changed"] and len(set(ids)) == 20 and None not in ids
    assert {vm["error"] for vm in started["vms"]} == {None}
    picked_up = slow.good("vm_backup_job_info", VAULT, job_id=ids, wait=True, fail_on_failed_jobs=True)
    assert (picked_up["summary"]["total"], picked_up["summary"]["by_status"]) == (20, {"Completed": 20})
    assert not slow.good("vm_backup_protect", EVERY)["changed"]


def test_a_wait_that_ends_too_early_loses_nothing(slow: Bench) -> None:
    result = slow.run("vm_backup_protect", EVERY, wait_timeout=5)
    assert result.failed and result["changed"]
    assert result["error"]["code"] == "WaitTimeout" and result["error"]["retryable"]
    ids = [vm["job_id"] for vm in result["vms"]]
    assert len(set(ids)) == 20 and None not in ids
    assert {vm["error"]["code"] for vm in result["vms"]} == {"WaitTimeout"}
    picked_up = slow.good("vm_backup_job_info", VAULT, job_id=ids, wait=True)
    assert picked_up["summary"]["by_status"] == {"Completed": 20}


class MeetingClock(ModuleClock):
    """A clock on which nobody waits for the first time before all do: before that, each task has sent its writes.

    Short naps are of the pace at which the writes are sent.
    """

    def __init__(self, time: Time, meeting: threading.Barrier) -> None:
        super().__init__(time)
        self._meeting: threading.Barrier | None = meeting

    def sleep(self, seconds: float) -> None:
        if seconds > pacing.LONGEST_NAP:
            meeting, self._meeting = self._meeting, None
            if meeting:
                meeting.wait(20)
        super().sleep(seconds)


def protect_at_once(slow: Bench, *policies: str | None, **more: t.Any) -> list[Outcome]:
    """Run one task for each policy, all at the same time and each with a client of its own."""
    slow.good("vm_backup_discover", VAULT)
    slow.simulator.forget_requests()
    meeting = threading.Barrier(len(policies))
    common = {
        **EVERY,
        "vms": None,
        "state": "present",
        "undelete": False,
        "resource_guard_operation_requests": None,
        "wait": True,
        "wait_timeout": 600,
        "poll_interval": 5,
        **more,
    }

    def run(policy: str | None) -> Outcome:
        options = {**slow.simulator.options, **common, "policy": policy}
        clock = MeetingClock(slow.time, meeting)
        client = AzureClient(options, check_mode=False, environ=slow.simulator.env, clock=clock)
        try:
            return protect(client, options)
        finally:
            client.close()

    with overlapping_sleep(), concurrent.futures.ThreadPoolExecutor(len(policies)) as pool:
        return list(pool.map(run, policies))


def test_two_tasks_at_once_protect_each_machine_once(slow: Bench) -> None:
    outcomes = protect_at_once(slow, None, None)
    assert [outcome.failure for outcome in outcomes] == [None, None]
    assert_each_once(slow, "PUT", 20)
    for first, second in zip(*(outcome.result["vms"] for outcome in outcomes), strict=True):
        assert {first["protection_state"], second["protection_state"]} == {"IRPending"}
        assert first["job_id"] == second["job_id"] or None in (first["job_id"], second["job_id"])
        assert [first["changed"], second["changed"]].count(True) == 1


def test_two_tasks_that_move_the_same_machines_stop_and_protect_each_once(slow: Bench) -> None:
    slow.good("vm_backup_protect", EVERY)
    slow.good("vm_backup_vault", {**VAULT, "vault_name": "vault-next"}, location="westeurope")
    slow.simulator.forget_requests()
    outcomes = protect_at_once(slow, None, None, vault_name="vault-next", move_to_vault=True)
    assert [outcome.failure for outcome in outcomes] == [None, None]
    assert_each_once(slow, "PUT", 2 * 20)
    for vms in zip(*(outcome.result["vms"] for outcome in outcomes), strict=True):
        assert {vm["item_id"].split("/")[8] for vm in vms} == {"vault-next"}
        assert {vm["moved_from"]["state"] for vm in vms} == {"stopped"}


def test_two_tasks_that_want_different_policies_do_not_both_believe_they_have_theirs(slow: Bench) -> None:
    names = ("DefaultPolicy", "EnhancedPolicy")
    outcomes = protect_at_once(slow, *names)
    now = {vm["id"]: vm["policy_name"] for vm in slow.good("vm_backup_discover", VAULT, refresh=False)["vms"]}
    assert any(outcome.failure for outcome in outcomes)
    for wanted, outcome in zip(names, outcomes, strict=True):
        for vm in outcome.result["vms"]:
            assert (vm["error"] is None) == (now[vm["id"]] == wanted)
            if vm["error"]:
                assert vm["error"]["code"] == "ChangedByAnotherTask"
                assert not vm["changed"]


@pytest.fixture(scope="module")
def lived() -> t.Iterator[Bench]:
    """A fleet that has been backed up for a month, in two vaults."""
    with bench("fleet:1000:1:lived") as running:
        yield running


def test_looking_at_the_items_of_a_fleet_is_its_pages_and_no_read_of_one(lived: Bench) -> None:
    result = lived.good("vm_backup_item_info")
    assert result["summary"]["total"] > 900 and len(result["vaults"]) == 2
    # The vaults, and 200 items to a page.
    assert count(lived, "GET", "/backupProtectedItems") <= 6
    assert len(lived.requests) <= 7
    checked = lived.good("vm_backup_item_info", check_machines=True, last_backup_older_than="26h")
    assert 0 < checked["summary"]["total"] < result["summary"]["total"]
    # The machines are five more pages.
    assert len(lived.requests) <= 12


def test_looking_at_recovery_points_is_one_read_a_machine(lived: Bench) -> None:
    ids = [item["item_id"] for item in lived.good("vm_backup_item_info", state=["protected"])["protected_items"][:40]]
    result = lived.good("vm_backup_recovery_point_info", vms=ids, limit=1)
    assert len(result["recovery_points"]) == len({point["item_id"] for point in result["recovery_points"]}) == 40
    assert count(lived, "GET", "/recoveryPoints") == 40
    assert len(lived.requests) <= 40 + 8
