# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One odd answer among the good ones, after writes were accepted: what was done is told all the same."""

from __future__ import annotations

import typing as t
import urllib.parse

import pytest
import requests

from ansible_collections.cloudkeep.azure_backup.tests.support import fault_scenarios as scenarios
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench
from ansible_collections.cloudkeep.azure_backup.tests.support.network import network
from ansible_collections.cloudkeep.azure_backup.tests.support.scripted import Reply, reply

JOBS: t.Final = {"method": "GET", "path": r"/backupJobs$"}
JOB_ID: t.Final = "aaaaaaaa-0000-4000-8000-00000000000a"


def job(**properties: t.Any) -> dict[str, t.Any]:
    """Return somebody's job, with odd properties."""
    usual = {"operation": "ConfigureBackup", "status": "InProgress", "activityId": "x", "entityFriendlyName": "other"}
    return {"id": f"/backupJobs/{JOB_ID}", "name": JOB_ID, "properties": {**usual, **properties}}


ODD: t.Final[dict[str, dict[str, t.Any]]] = {
    "no activity": {"value": [job(activityId=None)]},
    "no status": {"value": [job(status=None)]},
    "no machine": {"value": [job(entityFriendlyName=None, containerName=None)]},
    "an activity that is a number": {"value": [job(activityId=5)]},
    "a name that is a number": {"value": [{**job(), "name": 5}]},
    "errors that are none": {"value": [job(errorDetails=[None], extendedInfo={"tasksList": "x"})]},
    "properties that are a list": {"value": [{**job(), "properties": []}]},
    "a next page that is a list": {"value": [job()], "nextLink": ["x"]},
    "a next page that is a number": {"value": [job()], "nextLink": 5},
}


def check(azure: Bench) -> None:
    """Protect three machines, and see that each is told to be protected, by a job that is named."""
    result = azure.good("vm_backup_protect", scenarios.VMS)
    assert result["changed"] and [vm["name"] for vm in result["vms"]] == list(scenarios.NAMES)
    assert all(vm["changed"] and vm["job_id"] and vm["policy_name"] for vm in result["vms"])
    assert len(azure.writes) == len(scenarios.NAMES)


@pytest.mark.parametrize("body", ODD.values(), ids=list(ODD))
def test_an_odd_list_of_jobs_loses_nothing(azure: Bench, body: dict[str, t.Any]) -> None:
    azure.simulator.add_fault(**JOBS, status=200, body=body, times=1)
    check(azure)


@pytest.mark.parametrize("body", ODD.values(), ids=list(ODD))
def test_a_list_of_jobs_that_stays_odd_keeps_what_was_done(azure: Bench, body: dict[str, t.Any]) -> None:
    azure.simulator.add_fault(**JOBS, status=200, body=body)
    azure.simulator.add_fault(path=r"/backupOperations/", status=200, body={"status": None})
    result = azure.run("vm_backup_protect", scenarios.VMS, wait_timeout=60)
    # The machines are protected, as reading them shows; only the jobs stay unknown.
    assert result["changed"] and all(vm["changed"] for vm in result["vms"])


@pytest.mark.parametrize("status", [None, 5, ["Succeeded"]])
def test_an_operation_without_a_status_has_not_ended(azure: Bench, status: t.Any) -> None:
    azure.simulator.add_fault(**JOBS, status=200, body={"value": []}, times=8)
    body = {"id": "x", "name": "x", "status": status}
    azure.simulator.add_fault(path=r"/backupOperations/", status=200, body=body, times=1)
    check(azure)


def page(status: int) -> Reply:
    """Return a page that is in another encoding than it says."""
    text = "<html>Accès refusé</html>".encode("latin-1")
    return reply(status, text=text, headers={"Content-Type": "text/html; charset=utf-8"})


@pytest.mark.parametrize(("method", "path"), [("PUT", "/protectedItems/"), ("GET", "/backupJobs")])
def test_a_page_in_another_encoding_than_it_says_loses_nothing(azure: Bench, method: str, path: str) -> None:
    def when(request: requests.PreparedRequest) -> bool:
        return request.method == method and path in urllib.parse.unquote(request.url or "")

    with network(azure) as wire:
        wire.fails(page(200), when=when, times=1, acts=True)
        check(azure)
        assert wire.failed == 1


@pytest.mark.parametrize("status", [400, 403])
def test_a_refusal_in_another_encoding_is_that_of_one_machine(azure: Bench, status: int) -> None:
    with network(azure) as wire:
        wire.fails(page(status), when=lambda request: request.method == "PUT", times=1)
        result = azure.run("vm_backup_protect", scenarios.VMS)
    assert result["error"]["code"] == f"Http{status}"
    assert sorted(vm["changed"] for vm in result["vms"]) == [False, True, True]
    assert all(vm["job_id"] for vm in result["vms"] if vm["changed"])
