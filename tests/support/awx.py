# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the collection's playbooks as AWX runs a job: ansible-runner, injected variables, survey answers.

job = launch(azure, collections, folder, "protect_vms", {"survey_vms": "web-01", ...})
assert job.status == "successful", job.output
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import subprocess
import sys
import typing as t

import project

from .simulator import RunningSimulator

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
    """How a job ended. ``artifact`` is what the next node of a workflow gets, empty when there is none."""

    status: str
    output: str
    artifact: dict[str, t.Any]

    def rows(self) -> dict[str, dict[str, t.Any]]:
        """Return the machines of the artifact by ``GROUP/NAME``."""
        return {f"{row['resource_group']}/{row['name']}": row for row in self.artifact["vms"]}


def launch(
    azure: RunningSimulator,
    collections: pathlib.Path,
    folder: pathlib.Path,
    playbook: str,
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
        f"---\n- name: Run\n  ansible.builtin.import_playbook: cloudkeep.azure_backup.{playbook}\n",
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
    artifacts = list(result["artifacts"].values())
    assert len(artifacts) < 2
    return Job(result["status"], result["output"], artifacts[0] if artifacts else {})


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
