# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists of many pages that break, and a service that fails at random: every machine arrives, then nothing changes."""

from __future__ import annotations

import typing as t
from unittest import mock

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import patience
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import paging
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench
from ansible_collections.cloudkeep.azure_backup.tests.support.clear import check_failure

ESTATE: t.Final = {"resource_group": "rg-backup", "vault_name": "vault-westeurope"}
PAGES: t.Final = {"method": "GET", "query": "skipToken"}
RUNS: t.Final = 3


@pytest.fixture(scope="module")
def running() -> t.Iterator[Bench]:
    with mock.patch.object(paging, "PAGE_SIZE", 2), bench("estate") as running:
        yield running


@pytest.fixture
def azure(running: Bench) -> Bench:
    running.reset()
    return running


BROKEN_FOR_A_WHILE: dict[str, dict[str, t.Any]] = {
    "late": {"kind": "delay", "delay_ms": 20},
    "500": {"status": 500, "times": 3},
    "429": {"status": 429, "headers": {"Retry-After": "2"}, "times": 3},
    "dropped before": {"kind": "drop_before", "times": 3},
    "dropped after": {"kind": "drop_after", "times": 3},
    "cut in the middle": {"kind": "truncate", "times": 3},
    "an expired token": {"kind": "expire_token", "times": 1},
}


@pytest.mark.parametrize("fault", BROKEN_FOR_A_WHILE.values(), ids=list(BROKEN_FOR_A_WHILE))
def test_no_machine_of_a_later_page_is_lost(azure: Bench, fault: dict[str, t.Any]) -> None:
    before = azure.good("vm_backup_discover", ESTATE)
    assert sum("skiptoken" in str(entry.query).lower() for entry in azure.simulator.requests()) > 8
    azure.simulator.add_fault(**PAGES, **fault)
    after = azure.good("vm_backup_discover", ESTATE)
    assert after["vms"] == before["vms"] and len(after["vms"]) > 10
    assert after["summary"] == before["summary"]


@pytest.mark.parametrize("kind", ["not_json", "empty"])
@pytest.mark.parametrize("list_of", ["virtualMachines", "backupProtectedItems", "backupProtectableItems"])
def test_a_page_that_stays_broken_fails_before_anything_is_written(azure: Bench, kind: str, list_of: str) -> None:
    azure.good("vm_backup_discover", ESTATE)
    azure.simulator.add_fault(kind=kind, path=f"/{list_of}$", **PAGES)
    result = azure.run("vm_backup_protect", ESTATE, select={})
    check_failure(result, "a proxy or another server")
    assert not azure.writes


def test_an_outage_of_a_list_ends_the_task_in_time(azure: Bench) -> None:
    started = azure.time.seconds()
    azure.simulator.add_fault(path="/backupProtectedItems$", status=503, **PAGES)
    result = azure.run("vm_backup_protect", ESTATE, select={})
    check_failure(result, "list the protected items")
    assert result["error"]["retryable"] and result["error"]["http_status"] == 503 and not azure.writes
    assert azure.time.seconds() - started < patience.BUDGET + 5


@pytest.mark.parametrize("seed", range(6))
def test_a_hostile_service_is_brought_to_the_end(seed: int) -> None:
    """Jobs fail there at random, so a run may fail, saying for which machine; the runs after it finish the work."""
    with bench("small", "hostile", seed=seed) as azure:
        vault = {"resource_group": "rg-backup", "vault_name": "vault-weu"}
        machines = {"select": {"locations": ["westeurope"], "exclude": ["image-build-01", "rg-legacy-weu/*"]}}
        azure.good("vm_backup_vault", vault, location="westeurope")
        azure.good("vm_backup_register", vault, **machines)
        assert azure.good("vm_backup_discover", vault, **machines)["summary"]["protectable"] == 5
        protected = _until_done(azure, "vm_backup_protect", {**vault, **machines, "poll_interval": 1})
        assert len(protected["vms"]) == 5
        assert all(vm["policy_name"] == "DefaultPolicy" for vm in protected["vms"])
        backup = {**vault, **machines, "wait": True, "poll_interval": 1, "skip_if_newer_than": "12h"}
        assert len(_until_done(azure, "vm_backup_now", backup)["vms"]) == 5
        _check_jobs(azure, vault)


def _until_done(azure: Bench, module: str, options: dict[str, t.Any]) -> t.Any:
    """Run until nothing changes any more and return that run's result."""
    for _run in range(RUNS + 1):
        result = azure.run(module, options)
        if not result.failed and not result["changed"]:
            assert not azure.writes
            return result
        if result.failed:
            named = [vm["name"] for vm in result["vms"] if vm["error"]]
            check_failure(result, *named, changed=True)
            assert named
    raise AssertionError(f"{module} did not come to an end in {RUNS} runs: {result.get('msg')}")


def _check_jobs(azure: Bench, vault: dict[str, t.Any]) -> None:
    """No machine has two successful jobs of a kind: what was done was not done again."""
    done = [
        (job["operation"], job["resource_group"], job["vm_name"])
        for job in azure.good("vm_backup_job_info", vault, last_hours=48)["jobs"]
        if job["status"] in ("Completed", "CompletedWithWarnings") and job["operation"] in ("ConfigureBackup", "Backup")
    ]
    assert len(done) == len(set(done)) == 10
