# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""stop_vms, backup_now and check_fleet, run as AWX runs a job, on the bad afternoon."""

from __future__ import annotations

import json
import pathlib
import re
import typing as t

import pytest
import yaml

import project
from ansible_collections.cloudkeep.azure_backup.tests.support.awx import Job, launch
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

pytest.importorskip("ansible_runner")

FAST: t.Final = {"survey_poll_interval": 1}
PLAYBOOKS: t.Final = ("backup_now", "check_fleet", "protect_vms", "report", "stop_vms")


@pytest.fixture(scope="module")
def shared() -> t.Iterator[RunningSimulator]:
    with running_simulator(world="bad-afternoon", profile="fast") as running:
        yield running


@pytest.fixture
def azure(shared: RunningSimulator) -> RunningSimulator:
    shared.reset()
    return shared


def actions(job: Job) -> dict[str, tuple[str, bool]]:
    return {name: (row["action"], bool(row["error"])) for name, row in job.rows().items()}


def test_deleting_takes_a_check_and_a_confirmation(
    azure: RunningSimulator, collections: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    answers = {
        **FAST,
        "survey_action": "delete",
        # One is stopped, one is gone from Azure.
        "survey_vms": "shop-web-02\nrg-crm/CRM-app-08, crm-old-01\n\n",
        "survey_tags": "",
        "survey_confirmation": "",
        "survey_resource_guard_operation_requests": "",
    }
    everyone = {"rg-shop/shop-web-02", "rg-crm/crm-app-08", "rg-crm/crm-old-01"}
    predicted = launch(azure, collections, tmp_path, "stop_vms", answers, job_type="check")
    assert predicted.status == "successful", predicted.output
    assert actions(predicted) == dict.fromkeys(everyone, ("delete", False))
    assert "run this with the confirmation: delete 3" in predicted.output

    for typed in ("", "delete 2"):
        refused = launch(azure, collections, tmp_path, "stop_vms", {**answers, "survey_confirmation": typed})
        assert refused.status == "failed" and refused.artifact["vms"] == []
        (failure,) = refused.artifact["failures"]
        assert "confirm it with 'delete 3'" in failure and "rg-crm/crm-app-08, rg-crm/crm-old-01" in failure
        assert (repr(typed) if typed else "nothing") in failure
    assert not azure.writes()

    job = launch(azure, collections, tmp_path, "stop_vms", {**answers, "survey_confirmation": " Delete  3 "})
    assert job.status == "successful", job.output
    assert actions(job) == dict.fromkeys(everyone, ("delete", False))
    assert all(row["deleted_permanently_at"] for row in job.rows().values())
    assert "Soft delete keeps the data of 3 machines" in job.output
    azure.forget_requests()
    # What is deleted needs no confirmation, and no write.
    again = launch(azure, collections, tmp_path, "stop_vms", answers)
    assert again.status == "successful", again.output
    assert not again.artifact["changed"] and not azure.writes()


def test_stopping_by_tags_and_the_wrong_words(
    azure: RunningSimulator, collections: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    by_group = {**FAST, "survey_action": "stop", "survey_resource_groups": "rg-data", "survey_exclude": "etl-0[1-3]"}
    predicted = launch(azure, collections, tmp_path, "stop_vms", by_group, job_type="check")
    assert predicted.status == "successful", predicted.output
    assert not azure.writes()
    job = launch(azure, collections, tmp_path, "stop_vms", by_group)
    assert job.status == "successful", job.output
    assert actions(job) == actions(predicted) and set(actions(job).values()) == {("stop", False)}
    assert {row["state"] for row in job.rows().values()} == {"stopped"}
    azure.forget_requests()
    again = launch(azure, collections, tmp_path, "stop_vms", by_group)
    assert again.status == "successful" and "nothing to do" in again.output

    # What is wrong with any of the machines stops all.
    wrong = {**FAST, "survey_action": "stop", "survey_vms": "shop-web-01\nnobody, {{ 1 + 1 }}x"}
    refused = launch(azure, collections, tmp_path, "stop_vms", wrong)
    assert refused.status == "failed" and "{{ 1 + 1 }}x" in refused.output
    unclear = launch(azure, collections, tmp_path, "stop_vms", {"survey_action": "erase", "survey_exclude": "*-test"})
    assert unclear.status == "failed"
    assert "survey_action: 'erase' is not allowed. Allowed: stop, suspend, delete" in unclear.output
    assert not azure.writes()


def test_backups_now_in_all_vaults_at_once(
    azure: RunningSimulator, collections: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    answers = {
        **FAST,
        # The second has an agent that does not answer, the third is stopped, the fourth unprotected.
        "survey_vms": "shop-web-01\r\nerp-app-03\r\ncrm-app-08, shop-web-13",
        "survey_retain_days": 7,
        "survey_skip_if_newer_than": "",
        "survey_wait": "true",
    }
    predicted = launch(azure, collections, tmp_path, "backup_now", answers, job_type="check")
    assert predicted.status == "failed" and not azure.writes()
    assert predicted.rows()["rg-shop/shop-web-01"]["action"] == "start"

    job = launch(azure, collections, tmp_path, "backup_now", answers)
    assert job.status == "failed"
    assert actions(job) == {
        "rg-shop/shop-web-01": ("start", False),
        "rg-erp/erp-app-03": ("start", True),
        "rg-crm/crm-app-08": ("none", True),
    }
    assert job.rows()["rg-shop/shop-web-01"]["job_status"] == "Completed"
    assert job.rows()["rg-erp/erp-app-03"]["job_status"] == "Failed"
    assert len(job.artifact["failures"]) == 3
    for text in (
        "shop-web-13 has no backup in any vault",
        "VM agent unable to communicate",
        "backed up",
        "backup failed",
    ):
        assert text in job.output

    recent = {"survey_names": "shop-web-0?", "survey_skip_if_newer_than": "30d", "survey_wait": "false", **FAST}
    azure.forget_requests()
    skipped = launch(azure, collections, tmp_path, "backup_now", recent)
    assert skipped.status == "successful", skipped.output
    assert {action for action, _failed in actions(skipped).values()} == {"skip_newer"} and not azure.writes()

    nothing = launch(azure, collections, tmp_path, "backup_now", {"survey_exclude": "x"})
    assert nothing.status == "failed" and "Say which virtual machines to back up" in nothing.output


def test_the_gate_names_everybody_and_what_to_do(
    azure: RunningSimulator, collections: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    job = launch(azure, collections, tmp_path, "check_fleet", {"survey_fail_if": [], "survey_exclude": ""})
    assert job.status == "failed" and not azure.writes()
    found = {
        kind: {one["name"] for one in job.artifact["offenders"][kind]} for kind in ("unprotected", "stale", "gone")
    }
    assert found == {
        "unprotected": {"paris-files-01", "erp-standby-01", "shop-web-13", "crm-app-09", "test-07"},
        "stale": {"shop-db-03", "etl-05", "test-05"},
        "gone": {"crm-old-01"},
    }
    printed = " ".join(job.artifact["lines"])
    for name in set().union(*found.values()):
        assert f"/{name}" in printed
    assert "Unprotected (5)" in job.output and "What to do: " in job.output
    assert "5 unprotected, 3 stale, 13 failed, 1 of machines that are gone" in job.artifact["failure"]
    assert '1 of machines that are gone."}' in job.output

    allowed = {
        "survey_fail_if": "stale, unprotected",
        "survey_exclude": "*-0[1-9]\nshop-web-1?",
        "survey_rpo_hours": 200,
    }
    passed = launch(azure, collections, tmp_path, "check_fleet", allowed)
    assert passed.status == "successful", passed.output
    assert passed.artifact["passed"] and passed.artifact["failure"] == ""

    wrong = launch(azure, collections, tmp_path, "check_fleet", {"survey_fail_if": ["late"]})
    assert wrong.status == "failed" and "value of fail_if must be one or more of" in wrong.output


def test_a_gate_with_nobody_to_check_fails_and_says_why_that_may_be(
    azure: RunningSimulator, collections: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    job = launch(azure, collections, tmp_path, "check_fleet", {"survey_names": "nobody-is-called-this"})
    assert job.status == "failed" and "select matches no virtual machine" in job.artifact["failure"]
    assert "an identity sees only those that its roles reach" in job.artifact["lines"][1]


def test_a_gate_that_could_not_read_everything_says_so_before_the_names(
    azure: RunningSimulator, collections: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    azure.add_fault(path="/vaults/vault-north/", status=403, code="AuthorizationFailed", message="No role.")
    job = launch(azure, collections, tmp_path, "check_fleet", {"survey_fail_if": ["unprotected"]})
    assert job.status == "failed" and not job.artifact["complete"]
    assert job.artifact["lines"][1] == "1 place could not be read, so that the numbers are incomplete"
    assert job.artifact["lines"][2].startswith("vault-north: Could not list the protected items")


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_a_survey_asks_for_what_the_playbook_knows(name: str) -> None:
    playbooks = project.CHECKOUT / "playbooks"
    text = (playbooks / f"{name}.yml").read_text(encoding="utf-8")
    documented = set(re.findall(r"^#   (survey_\w+) ", text, re.MULTILINE))
    used = set(re.findall(r"\b(survey_\w+) \|", text)) | set(re.findall(r"\{\{ (survey_\w+) ", text))
    assert documented == used
    templates = yaml.safe_load((playbooks / "vars" / f"awx_{name}.yml").read_text(encoding="utf-8"))
    assert templates["controller_templates"]
    for template in templates["controller_templates"]:
        assert template["playbook"] == f"{name}.yml"
        survey = template.get("survey", {"spec": []})
        asked = [*(question["variable"] for question in survey["spec"]), *template.get("extra_vars", {})]
        assert set(asked) <= documented and len(asked) == len(set(asked))
    guide = (project.CHECKOUT / "docs" / "docsite" / "rst" / "awx.rst").read_text(encoding="utf-8")
    assert f"cloudkeep.azure_backup.{name}" in guide
    assert json.dumps(templates)
