# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the collection's playbooks as AWX runs a job: ansible-runner, injected variables, survey answers.

job = launch(azure, collections, folder, "protect_vms", {"survey_vms": "web-01", ...})
assert job.status == "successful", job.output
jobs = launch_slices(azure, collections, folder, "protect_vms", {"survey_hosts": "all", ...}, hosts=hosts, count=4)
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import json
import pathlib
import sys
import typing as t

import project

from . import processes

Hosts = t.Mapping[str, t.Mapping[str, t.Any]]


class Azure(t.Protocol):
    """What is known of a simulator: what its ready file holds, and where it is."""

    @property
    def access(self) -> dict[str, t.Any]:
        """What the ready file holds."""

    @property
    def endpoint(self) -> str:
        """The https URL."""


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
    artifact_name: str = ""

    def rows(self) -> dict[str, dict[str, t.Any]]:
        """Return the machines of the artifact by ``GROUP/NAME``."""
        return {f"{row['resource_group']}/{row['name']}": row for row in self.artifact["vms"]}


def launch(
    azure: Azure,
    collections: pathlib.Path,
    folder: pathlib.Path,
    playbook: str,
    answers: t.Mapping[str, t.Any],
    *,
    job_type: str = "run",
    environ: t.Mapping[str, str] | None = None,
    hosts: Hosts | None = None,
    job_id: int = 4711,
) -> Job:
    """Run a job template with answers to its survey; strings in them are unsafe, as AWX writes them.

    ``hosts`` are those of the inventory with their variables; by default it holds localhost alone.
    """
    private = folder / f"job-{len(list(folder.iterdir()))}"
    for name in ("project", "inventory", "env", "artifacts"):
        (private / name).mkdir(parents=True)
    inventory = {"all": {"hosts": hosts or {"localhost": {"ansible_connection": "local"}}}}
    (private / "inventory" / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
    (private / "project" / "site.yml").write_text(
        f"---\n- name: Run\n  ansible.builtin.import_playbook: cloudkeep.azure_backup.{playbook}\n",
        encoding="utf-8",
    )
    (private / "env" / "extravars").write_text(
        _extra_variables({**META, "awx_job_id": job_id, "tower_job_id": job_id, **answers}), encoding="utf-8"
    )
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
        "REQUESTS_CA_BUNDLE": azure.access["env"]["REQUESTS_CA_BUNDLE"],
        # What every job has.
        "JOB_ID": str(job_id),
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
    processes.run([sys.executable, str(script), str(private)], folder, env={**base, **injected, "HOME": str(folder)})
    result = json.loads((private / "result.json").read_text(encoding="utf-8"))
    artifacts = list(result["artifacts"].items())
    assert len(artifacts) < 2
    name, artifact = artifacts[0] if artifacts else ("", {})
    return Job(result["status"], result["output"], artifact, name)


def launch_slices(
    azure: Azure,
    collections: pathlib.Path,
    folder: pathlib.Path,
    playbook: str,
    answers: t.Mapping[str, t.Any],
    *,
    hosts: Hosts,
    count: int,
) -> list[Job]:
    """Run a job template in slices, all at once: each is a job of its own over every so many-th host, in name order."""
    names = sorted(hosts)

    def run(number: int) -> Job:
        of_slice = {name: hosts[name] for name in names[number::count]}
        private = folder / f"slice-{number + 1}"
        private.mkdir()
        return launch(azure, collections, private, playbook, answers, hosts=of_slice, job_id=4711 + number)

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


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
