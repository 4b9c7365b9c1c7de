# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""protect_vms from the built artifact, run as AWX runs a job: ansible-runner, injected variables, survey answers."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import subprocess
import sys
import typing as t

import pytest

import project
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

ansible_runner = pytest.importorskip("ansible_runner")

# What AWX adds to the variables of every job, under both prefixes.
META: t.Final = {
    f"{prefix}_{name}": value
    for prefix in ("awx", "tower")
    for name, value in {
        "job_id": 4711,
        "job_launch_type": "manual",
        "job_template_id": 12,
        "job_template_name": "Protect virtual machines",
        "user_id": 3,
        "user_name": "operator",
        "user_email": "",
        "inventory_id": 2,
        "inventory_name": "Localhost",
        "project_revision": "0" * 40,
    }.items()
}


@dataclasses.dataclass(frozen=True)
class Job:
    """How a job ended. ``artifact`` is what the next node of a workflow gets."""

    status: str
    output: str
    artifact: dict[str, t.Any]

    def rows(self) -> dict[str, dict[str, t.Any]]:
        return {f"{row['resource_group']}/{row['name']}": row for row in self.artifact["vms"]}


@pytest.fixture
def azure() -> t.Iterator[RunningSimulator]:
    with running_simulator(world="small", profile="fast") as running:
        yield running


@pytest.fixture(scope="module")
def collections(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Build the collection and install the artifact, as a project's requirements.yml does."""
    folder = tmp_path_factory.mktemp("artifact")
    copy = project.copy_collection()
    # With no other collections in sight: what is installed already would not be installed again.
    env = {**project.environment(sys.executable, collections=folder / "installed"), "HOME": str(folder)}
    galaxy = [sys.executable, "-m", "ansible", "galaxy", "collection"]
    built = [*galaxy, "build", str(copy), "--output-path", str(folder)]
    subprocess.run(built, env=env, check=True, capture_output=True, timeout=120)
    (artifact,) = folder.glob("*.tar.gz")
    installed = [*galaxy, "install", str(artifact), "--collections-path", str(folder / "installed"), "--offline"]
    subprocess.run(installed, env=env, check=True, capture_output=True, timeout=120)
    return folder / "installed"


def launch(
    azure: RunningSimulator,
    collections: pathlib.Path,
    folder: pathlib.Path,
    answers: t.Mapping[str, t.Any],
    *,
    job_type: str = "run",
    environ: t.Mapping[str, str] | None = None,
) -> Job:
    """Run a job template with answers to its survey; strings in them are unsafe, as AWX writes them."""
    private = folder / f"job-{len(list(folder.iterdir()))}"
    for name in ("project", "inventory", "env", "artifacts"):
        (private / name).mkdir(parents=True)
    (private / "inventory" / "hosts").write_text("localhost ansible_connection=local\n", encoding="utf-8")
    (private / "project" / "site.yml").write_text(
        "---\n- name: Protect\n  ansible.builtin.import_playbook: cloudkeep.azure_backup.protect_vms\n",
        encoding="utf-8",
    )
    (private / "env" / "extravars").write_text(_extra_variables({**META, **answers}), encoding="utf-8")
    (private / "env" / "cmdline").write_text("-u root" + (" --check" if job_type == "check" else ""), encoding="utf-8")
    injected = {
        # The credential's fields; those that were left empty are there all the same.
        "AZURE_SUBSCRIPTION_ID": azure.access["subscription_id"],
        "AZURE_CLIENT_ID": azure.access["client_id"],
        "AZURE_SECRET": azure.access["client_secret"],
        "AZURE_TENANT": azure.access["tenant_id"],
        "AZURE_CLOUD_ENVIRONMENT": azure.endpoint,
        "AZURE_AD_USER": "",
        "AZURE_PASSWORD": "",
        # The setting for extra environment variables.
        "REQUESTS_CA_BUNDLE": azure.env["REQUESTS_CA_BUNDLE"],
        # What every job has.
        "JOB_ID": "4711",
        "INVENTORY_ID": "2",
        "PROJECT_REVISION": "0" * 40,
        "AWX_PRIVATE_DATA_DIR": str(private),
        "MAX_EVENT_RES": "700000",
        "ANSIBLE_FORCE_COLOR": "True",
        "ANSIBLE_HOST_KEY_CHECKING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        **(environ or {}),
    }
    base = project.environment(sys.executable, collections=collections)
    base.pop("ANSIBLE_COLLECTIONS_PATH")
    script = folder / "launch.py"
    script.write_text(_LAUNCH, encoding="utf-8")
    # A process of its own: ansible-runner hands its caller's whole environment on to the job.
    subprocess.run(
        [sys.executable, str(script), str(private)],
        env={**base, **injected, "HOME": str(folder)},
        check=False,
        capture_output=True,
        timeout=300,
    )
    result = json.loads((private / "result.json").read_text(encoding="utf-8"))
    return Job(result["status"], result["output"], result["artifacts"].get("protect_vms_result", {}))


_LAUNCH: t.Final = """
import json, pathlib, sys
import ansible_runner

private = pathlib.Path(sys.argv[1])
job = ansible_runner.run(private_data_dir=str(private), playbook="site.yml", quiet=True)
artifacts = {}
for event in job.events:
    artifacts.update(event.get("event_data", {}).get("artifact_data", {}))
result = {"status": job.status, "output": job.stdout.read(), "artifacts": artifacts}
(private / "result.json").write_text(json.dumps(result))
"""


def _extra_variables(values: t.Mapping[str, t.Any]) -> str:
    """Write variables as AWX does: text of people is unsafe, so that it is never a template."""
    return "".join(f"{json.dumps(name)}: {_unsafe(value)}\n" for name, value in values.items())


def _unsafe(value: t.Any) -> str:
    if isinstance(value, str):
        return f"!unsafe {json.dumps(value)}"
    if isinstance(value, list):
        return f"[{', '.join(_unsafe(one) for one in value)}]"
    return json.dumps(value)


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
    predicted = launch(azure, collections, tmp_path, answers, job_type="check")
    assert predicted.status == "successful", predicted.output
    assert azure.writes() == []

    job = launch(azure, collections, tmp_path, answers)
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
    job = launch(azure, collections, tmp_path, answers)
    assert job.status == "failed"
    assert {name for name, row in job.rows().items() if row["error"]} == {"rg-shop-weu/web-01", "rg-shop-weu/web-02"}
    assert "{{ lookup('env', 'AZURE_SECRET') }}" in job.artifact["failures"][0]
    assert azure.access["client_secret"] not in job.output + json.dumps(job.artifact)
    assert [entry.path.rpartition("/")[2] for entry in azure.writes() if entry.method == "PUT"] == ["vault-westeurope"]


def test_a_wrong_secret_is_one_clear_sentence(
    azure: RunningSimulator, collections: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    answers = {"survey_vault_resource_group": "rg-backup"}
    job = launch(azure, collections, tmp_path, answers, environ={"AZURE_SECRET": "wrong"})
    assert job.status == "failed" and job.artifact == {}
    assert "AADSTS7000215" in job.output and "Traceback" not in job.output
