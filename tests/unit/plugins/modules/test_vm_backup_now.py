# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vm_backup_now against the simulator: started, skipped, waited for."""

from __future__ import annotations

import typing as t
from unittest import mock

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases import contents
from ansible_collections.cloudkeep.azure_backup.tests.support import documented
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import START, Bench, bench

MODULE = "vm_backup_now"
VAULT = {"resource_group": "rg-backup", "vault_name": "vault-westeurope"}
HELD = {"vms": ["rg-web/held-protected"]}


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    # A backup takes a second of the simulated time.
    with bench("estate") as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


@pytest.fixture
def slow() -> t.Iterator[Bench]:
    # A backup takes 35 minutes, 12 of them for its snapshot.
    with bench("estate", profile="recorded") as running:
        yield running


def expiry(azure: Bench) -> str:
    (sent,) = azure.simulator.writes()
    return str(sent.body["properties"]["recoveryPointExpiryTimeInUTC"])


def test_a_backup_is_predicted_and_started(azure: Bench) -> None:
    predicted = azure.good(MODULE, {**VAULT, **HELD}, check=True)
    started = azure.good(MODULE, {**VAULT, **HELD})
    assert predicted["changed"] and started["changed"]
    assert predicted.keys() == started.keys()
    assert predicted.vm("held-protected")["action"] == started.vm("held-protected")["action"] == "start"
    assert predicted.vm("held-protected")["job_id"] is None
    assert started.vm("held-protected")["job_id"]
    assert started.vm("held-protected")["job"]["operation"] == "Backup"
    assert [line.rpartition("/")[2] for line in azure.writes] == ["backup"]
    # Starting a backup has no before and after, so there is no diff.
    assert "diff" not in started


@pytest.mark.parametrize(
    ("options", "until"),
    [
        ({"retain_days": 7}, "2026-01-12T08:00:00"),
        ({"retain_until": "2026-03-01"}, "2026-03-01T00:00:00"),
        ({"retain_until": "2026-03-01T12:00:00+02:00"}, "2026-03-01T10:00:00"),
    ],
)
def test_the_expiry_is_sent_in_utc(azure: Bench, options: dict[str, t.Any], until: str) -> None:
    azure.good(MODULE, {**VAULT, **HELD, **options})
    assert expiry(azure).startswith(until)
    assert expiry(azure).endswith("Z")


@pytest.mark.parametrize(
    "options",
    [
        {"retain_days": 0},
        {"retain_days": -1},
        {"retain_days": 36501},
        {"retain_until": "yesterday"},
        {"retain_until": "2026-01-05T07:59:59Z"},
        {"retain_until": "2126-01-05"},
        {"skip_if_newer_than": "a day"},
        {"skip_if_newer_than": "24"},
        {"retain_days": 1, "retain_until": "2026-03-01"},
        {"poll_interval": 0},
        {"wait_timeout": -1},
    ],
)
def test_what_is_not_allowed_is_found_before_any_request(azure: Bench, options: dict[str, t.Any]) -> None:
    result = azure.run(MODULE, {**VAULT, **HELD, **options})
    assert result.failed and not azure.requests
    assert any(option in result["msg"] for option in options)


def test_a_young_recovery_point_makes_the_task_idempotent(azure: Bench) -> None:
    # The world's last recovery point is from the night before.
    options = {**VAULT, **HELD, "skip_if_newer_than": "1h", "wait": True}
    for check, changed in ((True, True), (False, True), (True, False), (False, False)):
        result = azure.good(MODULE, options, check=check)
        assert result["changed"] is changed
        assert result.vm("held-protected")["action"] == ("start" if changed else "skip_newer")
        assert bool(azure.writes) == (changed and not check)
    assert azure.good(MODULE, {**VAULT, **HELD, "skip_if_newer_than": "30d"})["changed"] is False


@pytest.mark.parametrize("check", [True, False])
def test_a_running_backup_is_not_joined_by_a_second(azure: Bench, check: bool) -> None:
    first = azure.good(MODULE, {**VAULT, **HELD}).vm("held-protected")
    second = azure.good(MODULE, {**VAULT, **HELD}, check=check)
    assert not second["changed"] and not azure.writes
    assert second.vm("held-protected")["action"] == "skip_running"
    assert second.vm("held-protected")["job_id"] == first["job_id"]


def test_a_running_backup_that_is_skipped_is_waited_for(azure: Bench) -> None:
    azure.good(MODULE, {**VAULT, **HELD})
    waited = azure.good(MODULE, {**VAULT, **HELD}, wait=True)
    assert not waited["changed"]
    assert waited.vm("held-protected")["action"] == "skip_running"
    assert waited.vm("held-protected")["job"]["status"] == "Completed"


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_backup_that_ends_between_two_looks_is_not_missed_by_both(azure: Bench, moment: str) -> None:
    azure.good(MODULE, {**VAULT, **HELD})
    look = contents.items_by_machine

    def slowly(*arguments: t.Any) -> t.Any:
        azure.time.sleep(5 if moment == "before" else 0)
        found = look(*arguments)
        azure.time.sleep(5 if moment == "after" else 0)
        return found

    with mock.patch.object(contents, "items_by_machine", slowly):
        second = azure.good(MODULE, {**VAULT, **HELD}, skip_if_newer_than="1h")
    assert not second["changed"] and not azure.writes


def test_told_not_to_skip_the_service_fails_the_second_job(azure: Bench) -> None:
    azure.good(MODULE, {**VAULT, **HELD})
    second = azure.run(MODULE, {**VAULT, **HELD}, skip_if_running=False, wait=True)
    assert second.failed and second["changed"]
    assert second["error"]["code"] == "UserErrorBackupOperationInProgress"
    assert second["error"]["recommendations"]
    assert second.vm("held-protected")["job"]["error"]["number"] == 400249


def test_waiting_for_the_job_ends_with_the_data_in_the_vault(azure: Bench) -> None:
    vms = ["rg-web/held-protected", "rg-web/held-pending"]
    result = azure.good(MODULE, VAULT, vms=vms, wait=True)
    for vm in result["vms"]:
        assert vm["job"]["status"] == "Completed"
        assert vm["job"]["job_id"] == vm["job_id"]
        assert vm["job"]["duration"] > 0
        documented.check(
            vm["job"],
            {
                key: value
                for key, value in documented.returned("vm_backup_job_info")["jobs"]["contains"].items()
                if key not in ("tasks", "properties")
            },
            where="job",
        )
    after = azure.good("vm_backup_discover", VAULT, refresh=False)
    assert after.vm("held-pending")["protection_state"] == "Protected"
    assert after.vm("held-pending")["last_recovery_point"]


def test_waiting_for_the_snapshot_ends_while_the_data_is_still_under_way(slow: Bench) -> None:
    result = slow.good(MODULE, {**VAULT, **HELD}, wait=True, wait_for="snapshot")
    assert result.vm("held-protected")["job"]["status"] == "InProgress"
    minutes = (slow.time.seconds() - START.timestamp()) / 60
    assert 11 < minutes < 14
    (job,) = slow.good("vm_backup_job_info", VAULT, job_id=[result.vm("held-protected")["job_id"]], details=True)[
        "jobs"
    ]
    assert [(task["name"], task["status"]) for task in job["tasks"]] == [
        ("Take Snapshot", "Completed"),
        ("Transfer data to vault", "InProgress"),
    ]


def test_the_end_of_the_wait_is_a_failure_that_knows_the_jobs(slow: Bench) -> None:
    vms = ["rg-web/held-protected", "rg-web/held-pending"]
    result = slow.run(MODULE, VAULT, vms=vms, wait=True, wait_timeout=600)
    assert result.failed and result["changed"]
    assert result["error"]["code"] == "WaitTimeout"
    assert result["error"]["retryable"]
    ids = [vm["job_id"] for vm in result["vms"]]
    assert all(ids) and len(set(ids)) == 2
    assert {vm["job"]["status"] for vm in result["vms"]} == {"InProgress"}
    later = slow.good("vm_backup_job_info", VAULT, job_id=ids, wait=True)
    assert [job["status"] for job in later["jobs"]] == ["Completed", "Completed"]


def test_a_backup_that_fails_fails_its_machine_only(azure: Bench) -> None:
    azure.good("vm_backup_protect", VAULT, vms=["rg-web/deaf"])
    result = azure.run(MODULE, VAULT, vms=["rg-web/deaf", "rg-web/held-protected"], wait=True)
    assert result.failed and result["changed"]
    assert result.vm("deaf")["error"]["code"] == "UserErrorGuestAgentStatusUnavailable"
    assert "VM agent" in result["msg"]
    assert result.vm("deaf")["job"]["status"] == "Failed"
    assert result.vm("held-protected")["job"]["status"] == "Completed"


def test_without_waiting_a_job_that_will_fail_is_no_failure_yet(azure: Bench) -> None:
    azure.good("vm_backup_protect", VAULT, vms=["rg-web/deaf"])
    result = azure.good(MODULE, VAULT, vms=["rg-web/deaf"])
    assert result.vm("deaf")["job_id"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("name", ["held-stopped", "held-deleted", "web-02", "nobody"])
def test_what_is_not_protected_can_not_be_backed_up_by_name(azure: Bench, name: str, check: bool) -> None:
    result = azure.run(MODULE, VAULT, vms=[f"rg-web/{name}", "rg-web/held-protected"], check=check)
    assert result.failed and result["changed"]
    bad = next(vm for vm in result["vms"] if vm["name"] != "held-protected")
    assert (bad["action"], bad["changed"], bad["error"]["code"]) == ("none", False, "NotProtected")
    assert result.vm("held-protected")["action"] == "start"


def test_a_filter_chooses_among_what_is_protected(azure: Bench) -> None:
    by_name = azure.good(MODULE, VAULT, select={"names": ["held-*"]})
    assert {vm["name"] for vm in by_name["vms"] if vm["changed"]} == {"held-protected", "held-pending"}
    azure.reset()
    by_tag = azure.good(MODULE, VAULT, select={"tags": {"env": "prod"}})
    assert [vm["name"] for vm in by_tag["vms"]] == ["held-protected"]
    nothing = azure.good(MODULE, VAULT, select={"names": ["nothing-is-called-so"]})
    assert nothing["vms"] == [] and nothing["warnings"] and not nothing["changed"]
