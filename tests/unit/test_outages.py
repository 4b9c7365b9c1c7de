# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Outages: five minutes are survived, an hour ends the task soon after its budget, telling what is done."""

from __future__ import annotations

import collections
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.patience import BUDGET
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench
from ansible_collections.cloudkeep.azure_backup.tests.support.clear import check_failure
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import ModuleResult
from ansible_collections.cloudkeep.azure_backup.tests.support.network import (
    REFUSED,
    RESET,
    UNAVAILABLE,
    Network,
    network,
    overlapping_sleep,
)

SIZE: t.Final = 40
VAULT: t.Final = {"resource_group": "rg-fleet-0001", "vault_name": "vault"}
EVERY: t.Final = {**VAULT, "select": {}, "wait_timeout": 7200}
NOW: t.Final = {**EVERY, "wait": True, "skip_if_running": True, "skip_if_newer_than": "12h"}
A_LITTLE: t.Final = 60

HOW: t.Final = {"refused": REFUSED, "reset": RESET, "503": UNAVAILABLE}


class Moment(t.NamedTuple):
    """The request with which an outage begins."""

    method: str
    path: str
    skip: int
    once_answered: bool = False

    def begins(self, wire: Network, how: str, seconds: float) -> None:
        wire.fails(
            HOW[how],
            when=lambda request: request.method == self.method and self.path in str(request.url),
            skip=self.skip,
            seconds=seconds,
            once_answered=self.once_answered,
        )


MOMENTS: dict[str, Moment] = {
    "reading": Moment("GET", "/backupProtectedItems", 0, once_answered=True),
    "writing": Moment("PUT", "/protectedItems/", 11),
    "waiting": Moment("GET", "/backupJobs", 1),
}
STARTING: t.Final = Moment("POST", "/backup?", 11)


@pytest.fixture(scope="module")
def running() -> t.Iterator[Bench]:
    with bench(f"fleet:{SIZE}:1", "recorded") as running:
        yield running


@pytest.fixture
def azure(running: Bench) -> t.Iterator[Bench]:
    running.reset()
    running.good("vm_backup_vault", VAULT, location="westeurope")
    running.good("vm_backup_discover", VAULT)
    with overlapping_sleep():
        yield running


def jobs(azure: Bench, operation: str) -> collections.Counter[str]:
    listed = azure.good("vm_backup_job_info", VAULT, operation=[operation], last_hours=48)["jobs"]
    return collections.Counter(job["vm_name"] for job in listed)


def check_each_once(azure: Bench, operation: str) -> None:
    found = jobs(azure, operation)
    assert len(found) == SIZE and set(found.values()) == {1}, found


@pytest.mark.parametrize(
    ("moment", "how"), [("reading", "503"), ("writing", "refused"), ("writing", "503"), ("waiting", "reset")]
)
def test_five_minutes_are_survived(azure: Bench, moment: str, how: str) -> None:
    with network(azure) as wire:
        MOMENTS[moment].begins(wire, how, 300)
        result = azure.good("vm_backup_protect", EVERY)
        assert wire.failed
    assert result["summary"] == {"total": SIZE, "changed": SIZE, "failed": 0, "unchanged": 0}
    assert all(vm["job_id"] for vm in result["vms"])
    check_each_once(azure, "ConfigureBackup")


def test_five_minutes_are_survived_by_backups_too(azure: Bench) -> None:
    azure.good("vm_backup_protect", EVERY)
    with network(azure) as wire:
        STARTING.begins(wire, "reset", 300)
        result = azure.good("vm_backup_now", NOW)
        assert wire.failed
    assert {vm["job"]["status"] for vm in result["vms"]} == {"Completed"}
    check_each_once(azure, "Backup")


def an_hour(azure: Bench, moment: Moment, how: str, module: str, options: dict[str, t.Any]) -> ModuleResult:
    """Run a module into an outage of an hour, and let the hour pass."""
    with network(azure) as wire:
        moment.begins(wire, how, 3600)
        result = azure.run(module, options)
        assert wire.began is not None
        lasted = azure.time.seconds() - wire.began
        # Each machine has a retry or two at its end, and nothing for which others had their turn before.
        assert BUDGET - 1 <= lasted <= BUDGET + A_LITTLE, lasted
        assert wire.failed < 400
    assert result.failed and result["error"]["retryable"], result
    azure.time._seconds += 3600
    return result


@pytest.mark.parametrize(
    ("moment", "how"),
    [("reading", "refused"), ("writing", "refused"), ("writing", "reset"), ("writing", "503"), ("waiting", "503")],
)
def test_an_hour_ends_the_task_and_the_next_one_does_the_rest(azure: Bench, moment: str, how: str) -> None:
    result = an_hour(azure, MOMENTS[moment], how, "vm_backup_protect", EVERY)
    check_failure(result, changed=moment != "reading")
    if moment != "reading":
        assert len(result["vms"]) == SIZE and f"of {SIZE}" in result["msg"]
        # What was accepted says by which request to find it.
        assert all(vm["error"]["request_id"] for vm in result["vms"] if vm["changed"])
    done = sum(jobs(azure, "ConfigureBackup").values())
    assert done == {"reading": 0, "waiting": SIZE}.get(moment, done)
    again = azure.good("vm_backup_protect", EVERY)
    assert again["summary"]["changed"] == SIZE - done
    check_each_once(azure, "ConfigureBackup")


@pytest.mark.parametrize(("moment", "how"), [(STARTING, "reset"), (MOMENTS["waiting"], "refused")])
def test_an_hour_starts_no_backup_twice(azure: Bench, moment: Moment, how: str) -> None:
    azure.good("vm_backup_protect", EVERY)
    result = an_hour(azure, moment, how, "vm_backup_now", NOW)
    check_failure(result, f"of {SIZE}", changed=True)
    assert len(result["vms"]) == SIZE
    done = jobs(azure, "Backup")
    again = azure.good("vm_backup_now", NOW)
    started = {vm["name"] for vm in again["vms"] if vm["changed"]}
    assert started == {vm["name"] for vm in result["vms"]} - set(done)
    check_each_once(azure, "Backup")


def test_an_hour_in_a_deletion(azure: Bench) -> None:
    azure.good("vm_backup_protect", EVERY)
    absent = {**EVERY, "state": "absent", "delete_backup_data": True, "select": {"names": ["*"]}}
    result = an_hour(azure, Moment("DELETE", "/protectedItems/", 11), "reset", "vm_backup_protect", absent)
    check_failure(result, f"of {SIZE}", changed=True)
    assert len(result["vms"]) == SIZE
    azure.good("vm_backup_protect", absent)
    check_each_once(azure, "DeleteBackupData")


def test_an_hour_while_waiting_for_jobs_keeps_their_ids(azure: Bench) -> None:
    azure.good("vm_backup_protect", EVERY)
    started = azure.good("vm_backup_now", EVERY, wait=False)
    ids = [vm["job_id"] for vm in started["vms"]]
    waiting = {**VAULT, "job_id": ids, "wait": True, "wait_timeout": 7200}
    result = an_hour(azure, Moment("GET", "/backupJobs?", 1), "503", "vm_backup_job_info", waiting)
    check_failure(result, f"{SIZE} of {SIZE} jobs could not be followed")
    assert sorted(job["job_id"] for job in result["jobs"]) == sorted(ids)
    assert azure.good("vm_backup_job_info", waiting)["summary"]["by_status"] == {"Completed": SIZE}


def test_an_hour_in_a_registration(azure: Bench) -> None:
    azure.reset()
    azure.good("vm_backup_vault", VAULT, location="westeurope")
    options = {**VAULT, "select": {}, "validate": True}
    for moment in (Moment("POST", "/refreshContainers", 0), Moment("POST", "/backupPreValidateProtection", 5)):
        result = an_hour(azure, moment, "refused", "vm_backup_register", options)
        assert len(result["vms"]) == SIZE and f"of {SIZE}" in result["msg"]
    assert not azure.good("vm_backup_register", options)["changed"]
