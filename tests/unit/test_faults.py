# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults on the way: no machine is lost, none is protected or backed up twice, and the results tell the truth."""

from __future__ import annotations

import collections
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.client import AzureClient
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench
from ansible_collections.cloudkeep.azure_backup.tests.support.clear import check_failure

NAMES: t.Final = ("web-02", "web-03", "spare")
VMS: t.Final = {"vms": [f"rg-web/{name}" for name in NAMES], "poll_interval": 1}
VAULT: t.Final = {"resource_group": "rg-backup", "vault_name": "vault-empty"}
ITEM = r"/protectedItems/[^/]+$"

Fault = dict[str, t.Any]

READS: dict[str, list[Fault]] = {
    "a 500 on every third read": [{"method": "GET", "status": 500, "times": 1, "skip": n} for n in (2, 5, 8, 11)],
    "503 and Retry-After": [{"method": "GET", "status": 503, "headers": {"Retry-After": "2"}, "times": 2}],
    "429 and Retry-After": [{"method": "GET", "status": 429, "headers": {"Retry-After": "3"}, "times": 3}],
    "429 without Retry-After": [{"method": "GET", "status": 429, "times": 3}],
    "429 on everything": [{"path": "^/subscriptions/", "status": 429, "headers": {"Retry-After": "1"}, "times": 6}],
    "dropped before": [{"kind": "drop_before", "method": "GET", "path": "^/subscriptions/", "times": 2}],
    "dropped after": [{"kind": "drop_after", "method": "GET", "path": "^/subscriptions/", "times": 2}],
    "cut in the middle": [{"kind": "truncate", "method": "GET", "path": "^/subscriptions/", "times": 2}],
    "the wrong content type": [{"kind": "wrong_content_type", "method": "GET", "path": "^/subscriptions/"}],
    "500 while polling": [{"operation": "jobs", "status": 500, "times": 2, "skip": 1}],
    "500 while polling the operation": [{"operation": "poll", "status": 500, "times": 2}],
    "an expired token": [{"kind": "expire_token", "path": "/backupJobs", "times": 1}],
    "a token that expires again and again": [
        {"kind": "expire_token", "path": "^/subscriptions/", "times": 1, "skip": n} for n in (1, 12)
    ],
    "tokens that are late": [
        {"operation": "token", "status": 503, "times": 1, "body": {"error": "temporarily_unavailable"}}
    ],
}

WRITES: dict[str, Fault] = {
    "500": {"status": 500},
    "503 and Retry-After": {"status": 503, "headers": {"Retry-After": "1"}},
    "429 and Retry-After": {"status": 429, "headers": {"Retry-After": "1"}},
    "429 without Retry-After": {"status": 429},
    "dropped before": {"kind": "drop_before"},
    "dropped after": {"kind": "drop_after"},
    "cut in the middle": {"kind": "truncate"},
    "no JSON": {"kind": "not_json"},
    "an empty answer": {"kind": "empty"},
    "the wrong content type": {"kind": "wrong_content_type"},
}
# Some machines are hit once and some twice, one after the other.
MORE_THAN_ONCE: t.Final = {"times": 4, "at_most_in_a_row": 2}


@pytest.fixture(scope="module")
def running() -> t.Iterator[Bench]:
    with bench("estate") as running:
        yield running


@pytest.fixture
def azure(running: Bench) -> Bench:
    running.reset()
    return running


def jobs(azure: Bench, operation: str) -> collections.Counter[str]:
    """Count the jobs that the vault has of an operation, by machine."""
    azure.simulator.clear_faults()
    listed = azure.good("vm_backup_job_info", VAULT, operation=[operation], last_hours=24)["jobs"]
    return collections.Counter(job["vm_name"] for job in listed)


def each(count: int) -> collections.Counter[str]:
    return collections.Counter(dict.fromkeys(NAMES, count))


def check_protected_once(azure: Bench, result: t.Mapping[str, t.Any]) -> None:
    assert [(vm["name"], vm["action"], vm["changed"]) for vm in result["vms"]] == [(n, "protect", True) for n in NAMES]
    assert all(vm["job_id"] and vm["policy_name"] == "DefaultPolicy" and not vm["error"] for vm in result["vms"])
    assert jobs(azure, "ConfigureBackup") == each(1)
    again = azure.good("vm_backup_protect", VAULT, **VMS)
    assert not again["changed"] and not azure.writes


def check_backed_up_once(azure: Bench, result: t.Mapping[str, t.Any]) -> None:
    assert [(vm["name"], vm["action"], vm["job"]["status"]) for vm in result["vms"]] == [
        (name, "start", "Completed") for name in NAMES
    ]
    assert jobs(azure, "Backup") == each(1)
    assert {vm["job_id"] for vm in result["vms"]} == set(job_ids(azure, "Backup"))
    again = azure.good("vm_backup_now", VAULT, **VMS, skip_if_newer_than="1h")
    assert not again["changed"] and not azure.writes


def job_ids(azure: Bench, operation: str) -> list[str]:
    listed = azure.good("vm_backup_job_info", VAULT, operation=[operation], last_hours=24)["jobs"]
    return [job["job_id"] for job in listed]


@pytest.mark.parametrize("faults", READS.values(), ids=list(READS))
def test_reads_that_fail_for_a_while(azure: Bench, faults: list[Fault]) -> None:
    for fault in faults:
        azure.simulator.add_fault(**fault)
    result = azure.good("vm_backup_protect", VAULT, **VMS)
    check_protected_once(azure, result)
    for fault in faults:
        azure.simulator.add_fault(**fault)
    check_backed_up_once(azure, azure.good("vm_backup_now", VAULT, **VMS, wait=True))


@pytest.mark.parametrize("fault", WRITES.values(), ids=list(WRITES))
def test_no_machine_is_protected_twice(azure: Bench, fault: Fault) -> None:
    azure.simulator.add_fault(operation="protect", **MORE_THAN_ONCE, **fault)
    check_protected_once(azure, azure.good("vm_backup_protect", VAULT, **VMS))


@pytest.mark.parametrize("fault", WRITES.values(), ids=list(WRITES))
def test_no_backup_is_started_twice(azure: Bench, fault: Fault) -> None:
    azure.good("vm_backup_protect", VAULT, **VMS)
    azure.simulator.add_fault(operation="backup", **MORE_THAN_ONCE, **fault)
    check_backed_up_once(azure, azure.good("vm_backup_now", VAULT, **VMS, wait=True))


@pytest.mark.parametrize("fault", WRITES.values(), ids=list(WRITES))
def test_nothing_is_deleted_twice(azure: Bench, fault: Fault) -> None:
    azure.good("vm_backup_protect", VAULT, **VMS)
    azure.simulator.add_fault(operation="unprotect", times=1, **fault)
    removal = {**VAULT, **VMS, "state": "absent", "delete_backup_data": True}
    result = azure.run("vm_backup_register", removal)
    assert not [vm["error"] for vm in result["vms"] if vm["error"] and vm["error"]["code"] != "BackupDataExists"]
    assert jobs(azure, "DeleteBackupData") == each(1)


# An answer in another language is told, see test_bad_service; all else these two writes survive.
HARMLESS: t.Final = {name: fault for name, fault in WRITES.items() if name != "no JSON"}


@pytest.mark.parametrize("fault", HARMLESS.values(), ids=list(HARMLESS))
def test_a_discovery_and_a_vault_survive_too(azure: Bench, fault: Fault) -> None:
    azure.simulator.add_fault(operation="discover", times=1, **fault)
    azure.simulator.add_fault(operation="create_vault", times=1, **fault)
    made = {"resource_group": "rg-backup", "vault_name": "vault-made"}
    assert azure.good("vm_backup_vault", made, location="westeurope")["vault"]["provisioning_state"] == "Succeeded"
    found = azure.good("vm_backup_discover", made)
    assert found.vm("spare")["status"] == "protectable"


def test_answers_that_stay_away_are_told_and_nothing_is_sent_blindly(azure: Bench) -> None:
    azure.simulator.add_fault(operation="protect", status=500)
    result = azure.run("vm_backup_protect", VAULT, **VMS)
    check_failure(result, "3 of 3", *NAMES, code="AnswerLost")
    assert result["error"]["retryable"] and not any(vm["changed"] for vm in result["vms"])
    assert jobs(azure, "ConfigureBackup") == each(0)
    check_protected_once(azure, azure.good("vm_backup_protect", VAULT, **VMS))


def test_a_job_list_that_is_gone_starts_no_second_backup(azure: Bench) -> None:
    azure.good("vm_backup_protect", VAULT, **VMS)
    azure.simulator.add_fault(operation="backup", kind="drop_after", times=3)
    # The list is read once before, to find backups that run already.
    azure.simulator.add_fault(operation="jobs", status=500, skip=1)
    result = azure.run("vm_backup_now", VAULT, **VMS)
    check_failure(result, "3 of 3", code="AnswerLost")
    assert jobs(azure, "Backup") == each(1)


def test_a_right_that_is_taken_away_in_the_middle(azure: Bench) -> None:
    azure.simulator.add_fault(operation="jobs", status=403, skip=1)
    azure.simulator.add_fault(operation="protect", status=403, skip=2)
    result = azure.run("vm_backup_protect", VAULT, **VMS)
    assert result.failed and result["changed"]
    assert sum(vm["changed"] for vm in result["vms"]) == 2
    assert [vm["error"]["code"] for vm in result["vms"] if not vm["changed"]] == ["AuthorizationFailed"]
    assert "role" in result["msg"]
    assert sum(jobs(azure, "ConfigureBackup").values()) == 2
    azure.good("vm_backup_protect", VAULT, **VMS)
    assert jobs(azure, "ConfigureBackup") == each(1)


def test_a_refused_write_concerns_its_machine_only(azure: Bench) -> None:
    azure.simulator.add_fault(
        method="PUT", path=rf"web-03{ITEM[-1]}", status=400, code="BMSUserErrorInvalidInput", message="No."
    )
    result = azure.run("vm_backup_protect", VAULT, **VMS)
    check_failure(result, "1 of 3", "web-03", code="BMSUserErrorInvalidInput", changed=True)
    assert [vm["changed"] for vm in result["vms"]] == [True, False, True]


def test_a_job_that_fails_is_told_with_its_reason_and_the_next_run_repairs(azure: Bench) -> None:
    azure.fail_jobs_of("web-03")
    result = azure.run("vm_backup_protect", VAULT, **VMS)
    check_failure(result, "1 of 3", "web-03", changed=True)
    assert result.vm("web-03")["error"]["code"] and result.vm("web-03")["job_id"]
    repaired = azure.good("vm_backup_protect", VAULT, **VMS)
    assert [vm["changed"] for vm in repaired["vms"]] == [False, True, False]
    assert not azure.good("vm_backup_protect", VAULT, **VMS)["changed"]


def test_an_operation_that_ends_as_failed_without_a_job(azure: Bench) -> None:
    ended = {
        "id": "x",
        "name": "x",
        "status": "Failed",
        "error": {"code": "UserErrorVmNotFound", "message": "It is gone."},
    }
    azure.simulator.add_fault(operation="jobs", status=200, body={"value": []})
    azure.simulator.add_fault(operation="poll", status=200, body=ended)
    result = azure.run("vm_backup_protect", VAULT, **VMS)
    check_failure(result, "It is gone.", code="UserErrorVmNotFound", changed=True)


def test_a_job_that_somebody_cancels(azure: Bench) -> None:
    azure.good("vm_backup_protect", VAULT, **VMS)
    job_id = azure.good("vm_backup_now", VAULT, **VMS).vm("web-02")["job_id"]
    client = AzureClient(azure.simulator.options, check_mode=False, environ=azure.simulator.env)
    cancel = client.service("backup").job_cancellations.trigger
    client.call(cancel, VAULT["vault_name"], VAULT["resource_group"], job_id, doing="cancel the job")
    client.close()
    options = {**VAULT, "job_id": [job_id], "wait": True, "poll_interval": 1}
    assert azure.good("vm_backup_job_info", options)["jobs"][0]["status"] == "Cancelled"
    result = azure.run("vm_backup_job_info", options, fail_on_failed_jobs=True)
    check_failure(result, "web-02", "Cancelled")
