# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""protect_vms over an inventory of virtual machines, in four slices at once with one principal, as AWX runs them."""

from __future__ import annotations

import collections as counting
import pathlib
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._fleet import report
from ansible_collections.cloudkeep.azure_backup.tests.support.awx import Job, launch, launch_slices
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

pytest.importorskip("ansible_runner")

SLICES = 4
MACHINES = 200
ANSWERS: dict[str, t.Any] = {
    "survey_hosts": "all",
    "survey_vault_resource_group": "rg-fleet-0001",
    "survey_create_vaults": "true",
    "survey_vms": "",
    "survey_tags": "",
    "survey_policy": "gold",
    # An extra variable of the job template.
    "vm_backup_policy_definition": {"schedule": {"time": "22:30"}, "retention": {"daily": {"days": 14}}},
}


def hosts_of(azure: RunningSimulator) -> dict[str, dict[str, t.Any]]:
    """The hosts of the two inventory plugins, each with the variables that matter; half of them would need WinRM."""
    ids = [machine.id for machine in azure.simulator.azure.state.machines.values()]
    ours = {f"ours-{number:03}": {"azure_vm": {"id": vm_id}} for number, vm_id in enumerate(ids) if number % 2}
    theirs = {
        f"theirs-{number:03}": {
            "id": vm_id,
            "ansible_host": "192.0.2.1",
            "ansible_connection": "winrm",
            "ansible_shell_type": "powershell",
            "ansible_become": True,
        }
        for number, vm_id in enumerate(ids)
        if not number % 2
    }
    return {**ours, **theirs}


def puts(azure: RunningSimulator, what: str) -> counting.Counter[str]:
    """Count the accepted PUTs by the name that their path ends with."""
    found = azure.requests(method="PUT", path=rf"/{what}/[^/]+$")
    return counting.Counter(entry.path.rpartition("/")[2].casefold() for entry in found if (entry.status or 0) < 400)


def test_slices_protect_every_machine_once(collections: pathlib.Path, tmp_path: pathlib.Path) -> None:
    with running_simulator(world=f"fleet:{MACHINES}", profile="fast") as azure:
        answers = {**ANSWERS, "survey_vaults_per_region": 2, "survey_vault_name": "vault-{location}-{number}"}
        jobs = launch_slices(azure, collections, tmp_path, "protect_vms", answers, hosts=hosts_of(azure), count=SLICES)
        assert [job.status for job in jobs] == ["successful"] * SLICES, first_failure(jobs)
        once = puts(azure, "protectedItems")
        assert len(once) == MACHINES and set(once.values()) == {1}
        assert set(puts(azure, "vaults")) == {"vault-westeurope-1", "vault-westeurope-2"}

        # Each artifact has a name of its own: of two with one name AWX keeps the last.
        names = [job.artifact_name for job in jobs]
        assert names == [f"protect_vms_result_{4711 + number}" for number in range(SLICES)]
        assert [job.artifact["summary"]["total"] for job in jobs] == [MACHINES // SLICES] * SLICES
        whole = report.summed([job.artifact for job in jobs])
        assert whole["summary"]["total"] == whole["summary"]["protected"] == whole["summary"]["changed"] == MACHINES
        assert [vault["name"] for vault in whole["vaults"]] == ["vault-westeurope-1", "vault-westeurope-2"]
        assert whole["failures"] == []
        assert {row["policy_name"] for row in whole["vms"]} == {"gold"}

        azure.forget_requests()
        # What is protected stays, also in one job over all hosts, for which more vaults are there.
        answers["survey_vaults_per_region"] = 5
        again = launch(azure, collections, tmp_path, "protect_vms", answers, hosts=hosts_of(azure))
        assert again.status == "successful", again.output
        assert azure.writes() == [] and not again.artifact["changed"]
        assert again.artifact["summary"]["protected"] == MACHINES


def test_a_host_that_is_no_machine_is_named(collections: pathlib.Path, tmp_path: pathlib.Path) -> None:
    with running_simulator(world="small", profile="fast") as azure:
        hosts = {**hosts_of(azure), "jump-host": {"id": "i-0123456789"}}
        job = launch(azure, collections, tmp_path, "protect_vms", ANSWERS, hosts=hosts)
        assert job.status == "failed" and job.artifact == {}
        assert "of these hosts: jump-host." in job.output
        mixed = {**ANSWERS, "survey_tags": "env=production"}
        job = launch(azure, collections, tmp_path, "protect_vms", mixed, hosts=hosts_of(azure))
        assert job.status == "failed" and "leave survey_vms and the filters empty" in job.output
        assert azure.writes() == []


def first_failure(jobs: t.Sequence[Job]) -> str:
    """The output of the first job that failed."""
    return next((job.output for job in jobs if job.status != "successful"), "")
