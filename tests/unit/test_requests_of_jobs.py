# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many requests it costs to look at jobs by their ids, and to wait for them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench

VAULT = {"resource_group": "rg-fleet-0001", "vault_name": "vault-fleet"}
EVERY = {**VAULT, "select": {}}
SIZE = 60
FEW = 8
"""More reads than this for a task of any size would be too many."""


@pytest.fixture
def azure() -> t.Iterator[Bench]:
    """A vault with a fleet, whose jobs end at once."""
    with bench(f"fleet:{SIZE}") as running:
        running.good("vm_backup_vault", VAULT, location="westeurope")
        running.good("vm_backup_protect", EVERY)
        yield running


def one_by_one(azure: Bench) -> int:
    return len([line for line in azure.requests if "/backupJobs/" in line])


def test_waiting_for_many_jobs_by_their_ids_reads_the_list_and_none_of_them_on_its_own(azure: Bench) -> None:
    ids = [vm["job_id"] for vm in azure.good("vm_backup_now", EVERY)["vms"]]
    waited = azure.good("vm_backup_job_info", VAULT, job_id=ids, wait=True, fail_on_failed_jobs=True)
    assert waited["summary"]["by_status"] == {"Completed": SIZE} and waited["jobs_not_found"] == []
    assert [job["job_id"] for job in waited["jobs"]] == ids
    assert one_by_one(azure) == 0
    assert len(azure.requests) <= FEW
    azure.good("vm_backup_job", VAULT, job_id=ids, state="finished")
    assert one_by_one(azure) == 0
    assert len(azure.requests) <= FEW


def test_of_many_jobs_only_those_that_the_list_does_not_show_are_read_on_their_own(azure: Bench) -> None:
    old = [vm["job_id"] for vm in azure.good("vm_backup_now", EVERY, wait=True)["vms"]]
    azure.time.sleep(2 * 86400)
    new = [vm["job_id"] for vm in azure.good("vm_backup_now", EVERY, wait=True)["vms"]]
    found = azure.good("vm_backup_job_info", VAULT, job_id=[*old[:10], *new])
    assert [job["job_id"] for job in found["jobs"]] == [*old[:10], *new]
    assert one_by_one(azure) == 10
    assert len(azure.requests) <= 10 + FEW
