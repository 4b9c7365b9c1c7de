# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""wait_timeout ends a task with everything that is known, and a later task picks up what goes on."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench
from ansible_collections.cloudkeep.azure_backup.tests.support.clear import check_failure
from ansible_collections.cloudkeep.azure_backup.tests.support.network import UNAVAILABLE, network

HELD: t.Final = {"resource_group": "rg-backup", "vault_name": "vault-westeurope"}
BOTH: t.Final = {**HELD, "vms": ["rg-web/held-protected", "rg-web/held-pending"]}
NEW: t.Final = {**HELD, "vault_name": "vault-empty", "vms": ["rg-web/web-02", "rg-web/spare"]}
LATER: t.Final = """\
policy_answers: later
subscriptions:
  - name: One
    resource_groups:
      - {name: rg-backup, location: westeurope, vaults: [{name: vault}]}
"""
DELETE: t.Final = {"state": "absent", "delete_backup_data": True}

TASKS: dict[str, tuple[str, dict[str, t.Any]]] = {
    "protect": ("vm_backup_protect", NEW),
    "another policy": ("vm_backup_protect", {**BOTH, "policy": "Weekly"}),
    "stop": ("vm_backup_protect", {**BOTH, "state": "stopped"}),
    "delete": ("vm_backup_protect", {**BOTH, **DELETE}),
    "undelete": ("vm_backup_protect", {**HELD, "vms": ["rg-web/held-deleted"], "state": "stopped", "undelete": True}),
    "unregister": ("vm_backup_register", {**BOTH, **DELETE}),
    "now": ("vm_backup_now", {**BOTH, "wait": True}),
    "a snapshot": ("vm_backup_now", {**BOTH, "wait": True, "wait_for": "snapshot"}),
}


@pytest.fixture(scope="module")
def running() -> t.Iterator[Bench]:
    # Everything takes its time here, a backup more than half an hour.
    with bench("estate", profile="recorded") as running:
        yield running


@pytest.fixture
def azure(running: Bench) -> Bench:
    running.reset()
    return running


@pytest.mark.parametrize("task", TASKS)
def test_the_jobs_are_known_and_picked_up(azure: Bench, task: str) -> None:
    module, options = TASKS[task]
    started = azure.time.seconds()
    result = azure.run(module, options, wait_timeout=5)
    assert 5 <= azure.time.seconds() - started < 20
    check_failure(result, "wait_timeout passed", code="WaitTimeout", changed=True)
    assert {vm["error"]["code"] for vm in result["vms"]} == {"WaitTimeout"}
    ids = [vm["job_id"] for vm in result["vms"]]
    assert None not in ids and len(set(ids)) == len(options["vms"])
    vault = {name: options[name] for name in ("resource_group", "vault_name")}
    picked_up = azure.good("vm_backup_job_info", vault, job_id=ids, wait=True, fail_on_failed_jobs=True)
    assert picked_up["summary"]["by_status"] == {"Completed": len(ids)}
    again = azure.good(module, {**options, "skip_if_newer_than": "2h"} if module == "vm_backup_now" else options)
    assert not again["changed"] and not azure.writes


@pytest.mark.parametrize("module", ["vm_backup_job_info", "vm_backup_job"])
def test_a_wait_for_jobs_that_ends_early_names_them(azure: Bench, module: str) -> None:
    ids = [vm["job_id"] for vm in azure.good("vm_backup_now", BOTH)["vms"]]
    state = {"state": "finished"} if module == "vm_backup_job" else {}
    result = azure.run(module, {**HELD, **state}, job_id=ids, wait=True, wait_timeout=5)
    check_failure(result, *ids, code="WaitTimeout")
    assert [job["job_id"] for job in result["jobs"]] == ids
    assert {job["status"] for job in result["jobs"]} == {"InProgress"}


def test_a_cancellation_that_nobody_can_look_at_is_told(azure: Bench) -> None:
    ids = [vm["job_id"] for vm in azure.good("vm_backup_now", BOTH)["vms"]]
    with network(azure) as wire:
        wire.fails(
            UNAVAILABLE, when=lambda request: request.method == "GET" and "/backupJobs/" in str(request.url), skip=2
        )
        result = azure.run("vm_backup_job", HELD, state="cancelled", job_id=ids)
    check_failure(result, "could not be followed", *ids, code="ServiceUnavailable", changed=True)
    assert [(job["job_id"], job["action"]) for job in result["jobs"]] == [(job_id, "cancel") for job_id in ids]


def test_a_discovery_that_goes_on(azure: Bench) -> None:
    options = {**NEW, "vms": ["rg-web/web-02"]}
    result = azure.run("vm_backup_register", options, wait_timeout=2)
    check_failure(result, "It goes on in Azure", code="WaitTimeout")
    azure.time.sleep(60)
    assert azure.good("vm_backup_register", options).vm("web-02")["registered"]


def test_a_vault_that_is_still_being_made(azure: Bench) -> None:
    options = {"resource_group": "rg-backup", "vault_name": "vault-made", "location": "westeurope"}
    result = azure.run("vm_backup_vault", options, wait_timeout=1)
    check_failure(result, "It goes on in Azure", code="WaitTimeout", changed=True)
    assert result["vault"]["name"] == "vault-made"
    again = azure.good("vm_backup_vault", options)
    assert not again["changed"] and again["vault"]["provisioning_state"] == "Succeeded"


def test_a_vault_whose_making_nobody_can_follow_is_a_change(azure: Bench) -> None:
    options = {"resource_group": "rg-backup", "vault_name": "vault-made", "location": "westeurope"}
    azure.simulator.add_fault(operation="poll", status=503)
    result = azure.run("vm_backup_vault", options)
    check_failure(result, "Azure has accepted to create the vault", changed=True)
    azure.simulator.clear_faults()
    assert not azure.good("vm_backup_vault", options)["changed"]


@pytest.mark.parametrize("ending", ["wait_timeout", "an outage"])
def test_a_policy_that_is_still_being_written(tmp_path: pathlib.Path, ending: str) -> None:
    world = tmp_path / "world.yml"
    world.write_text(LATER)
    with bench(str(world), profile="recorded") as azure:
        vault = {"resource_group": "rg-backup", "vault_name": "vault"}
        options = {
            **vault,
            "name": "Nightly",
            "schedule": {"frequency": "daily", "time": "22:00"},
            "retention": {"daily": {"days": 14}},
        }
        if ending == "an outage":
            azure.simulator.add_fault(operation="poll", status=503)
        result = azure.run("vm_backup_policy", options, **({"wait_timeout": 1} if ending == "wait_timeout" else {}))
        check_failure(result, changed=True)
        assert result["policy"]["name"] == "Nightly" and result["policy_exists"]
        azure.simulator.clear_faults()
        azure.time.sleep(120)
        assert not azure.good("vm_backup_policy", options)["changed"]
