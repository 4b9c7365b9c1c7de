# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""protect_vms from the built artifact, run as AWX runs a job: ansible-runner, injected variables, survey answers."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.awx import launch
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

pytest.importorskip("ansible_runner")


@pytest.fixture
def azure() -> t.Iterator[RunningSimulator]:
    with running_simulator(world="small", profile="fast") as running:
        yield running


def test_a_job_template_with_its_survey(
    azure: RunningSimulator, collections: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    answers = {
        "survey_vault_resource_group": "rg-backup",
        "survey_vms": "rg-shop-weu/web-01\nrg-shop-weu/web-02\n\nwiki-01, dc-01",
        "survey_resource_groups": "",
        "survey_tags": "",
        "survey_exclude": "",
        "survey_vault_name": "",
        "survey_create_vaults": "true",
        "survey_policy": "",
        "survey_undelete": "",
        "survey_back_up_now": "first",
        "survey_retain_days": "",
        "survey_wait": "",
        "survey_require_all": "true",
        # survey_locations is a multi-select, whose default never arrives.
    }
    predicted = launch(azure, collections, tmp_path, "protect_vms", answers, job_type="check")
    assert predicted.status == "successful", predicted.output
    assert azure.writes() == []

    job = launch(azure, collections, tmp_path, "protect_vms", answers)
    assert job.status == "successful", job.output
    wanted = {"rg-shop-weu/web-01", "rg-shop-weu/web-02", "rg-intranet-neu/wiki-01", "rg-intranet-neu/dc-01"}
    assert set(job.rows()) == set(predicted.rows()) == wanted
    for name, row in job.rows().items():
        assert (row["action"], row["backup_action"], row["backup_status"]) == ("protect", "start", "Completed")
        assert predicted.rows()[name]["action"] == "protect" and predicted.rows()[name]["backup_action"] == "start"
    assert predicted.artifact["check_mode"] and not job.artifact["check_mode"]
    assert azure.access["client_secret"] not in job.output


def test_a_selection_by_filters_and_answers_that_look_like_templates(
    azure: RunningSimulator, collections: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    answers = {
        "survey_vault_resource_group": "rg-backup",
        "survey_tags": "env=production\nrole=web",
        "survey_locations": ["westeurope"],
        "survey_exclude": "{{ 1 + 1 }}x",
        "survey_create_vaults": "true",
        "survey_policy": "{{ lookup('env', 'AZURE_SECRET') }}",
    }
    job = launch(azure, collections, tmp_path, "protect_vms", answers)
    assert job.status == "failed"
    assert {name for name, row in job.rows().items() if row["error"]} == {"rg-shop-weu/web-01", "rg-shop-weu/web-02"}
    assert "{{ lookup('env', 'AZURE_SECRET') }}" in job.artifact["failures"][0]
    assert azure.access["client_secret"] not in job.output + json.dumps(job.artifact)
    assert [entry.path.rpartition("/")[2] for entry in azure.writes() if entry.method == "PUT"] == ["vault-westeurope"]


def test_a_wrong_secret_is_one_clear_sentence(
    azure: RunningSimulator, collections: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    answers = {"survey_vault_resource_group": "rg-backup"}
    job = launch(azure, collections, tmp_path, "protect_vms", answers, environ={"AZURE_SECRET": "wrong"})
    assert job.status == "failed" and job.artifact == {}
    assert "AADSTS7000215" in job.output and "Traceback" not in job.output
