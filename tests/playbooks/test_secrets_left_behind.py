# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real runs at the highest verbosity, with a secret in every place that can hold one: what they leave holds none.

Looked through: output, log file, the home and the temporary folder, the command line of every process, AWX's artifacts,
facts and events, the cache of an inventory, and the files of a report.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import threading
import typing as t

import pytest

import project
from ansible_collections.cloudkeep.azure_backup.tests.support import leaks
from ansible_collections.cloudkeep.azure_backup.tests.support.awx import launch
from ansible_collections.cloudkeep.azure_backup.tests.support.leaks import MARK
from ansible_collections.cloudkeep.azure_backup.tests.support.playbooks import run_playbook
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

GIVEN: t.Final = ("extra.json", ".azure/*", "bin/*", "token", "*.vm_backup.yml")
"""The files in which the tests themselves put secrets."""

PLAYBOOK: t.Final = """
- name: Sign in with everything that can sign in
  hosts: localhost
  connection: local
  # Facts hold the whole environment.
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - name: Be let in by the environment
      cloudkeep.azure_backup.vm_backup_discover:
      register: found
    - name: Show all that came back
      ansible.builtin.debug:
        var: found
REFUSED
    - name: Meet a service that quotes the token
      cloudkeep.azure_backup.vm_backup_vault_info:
        resource_group: rg-backup
        vault_name: vault-secret
      ignore_errors: true
      register: quoted
    - name: Show why
      ansible.builtin.debug:
        var: quoted
"""

REFUSED: t.Final = """
    - name: Be refused
      cloudkeep.azure_backup.vm_backup_discover: {way}
      ignore_errors: true
"""

AZ: t.Final = """#!/bin/sh
case "$2" in
  get-access-token) echo '{"accessToken": "MARKaz-token", "expiresOn": "2099-01-01 00:00:00.000000"}' ;;
  *) echo '{"id": "SUBSCRIPTION", "environmentName": "AzureCloud", "note": "MARKaz-note"}' ;;
esac
"""


@pytest.fixture(scope="module")
def azure() -> t.Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def secrets(azure: RunningSimulator) -> t.Iterator[leaks.Secrets]:
    azure.reset()
    with leaks.watched(azure) as watched:
        yield watched


@pytest.fixture
def home(azure: RunningSimulator, tmp_path: pathlib.Path) -> pathlib.Path:
    """A home folder with a secret in each file that may hold one, and an az that hands one out."""
    for name in ("bin", ".azure", "tmp"):
        (tmp_path / name).mkdir()
    lines = [f"{name} = {azure.options[name]}" for name in ("client_id", "tenant", "subscription_id")]
    (tmp_path / ".azure/credentials").write_text("\n".join(["[other]", *lines, f"secret = {MARK}profile"]))
    (tmp_path / "token").write_text(f"{MARK}token-file")
    az = tmp_path / "bin/az"
    az.write_text(AZ.replace("MARK", MARK).replace("SUBSCRIPTION", azure.options["subscription_id"]))
    az.chmod(0o755)
    return tmp_path


def surroundings(azure: RunningSimulator, home: pathlib.Path) -> dict[str, str]:
    return {
        **azure.env,
        "PATH": f"{home / 'bin'}{os.pathsep}{pathlib.Path(sys.executable).parent}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "TMPDIR": str(home / "tmp"),
        "HTTPS_PROXY": f"http://user:{MARK}proxy@127.0.0.1:9",
        "NO_PROXY": "127.0.0.1",
        "AZURE_PASSWORD": f"{MARK}password",
        "IDENTITY_HEADER": f"{MARK}header",
        "SIMULATOR_CONTROL_KEY": azure.access["control_key"],
        "ANSIBLE_VERBOSITY": "4",
        "ANSIBLE_LOG_PATH": str(home / "ansible.log"),
    }


@contextlib.contextmanager
def command_lines(secrets: leaks.Secrets) -> t.Iterator[list[str]]:
    """Look at the command line of every process, over and over; gives those that hold a secret."""
    seen: list[str] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            for place in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    line = place.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                    if secrets.within(line):
                        seen.append(line)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("kept", [False, True], ids=["", "with the files that Ansible keeps"])
def test_a_playbook(azure: RunningSimulator, secrets: leaks.Secrets, home: pathlib.Path, kept: bool) -> None:
    # As people do it: the secret is in a variable, and the task names that.
    variables = {**azure.options, "mine": f"{MARK}option", "theirs": f"{MARK}oidc"}
    del variables["secret"]
    who = {name: f"{{{{ {name} }}}}" for name in ("client_id", "tenant")}
    ways = [
        {**who, "secret": "{{ mine }}"},
        {**who, "oidc_token": "{{ theirs }}"},
        {**who, "oidc_token_file_path": str(home / "token")},
        {"profile": "other"},
        {"auth_source": "cli"},
    ]
    playbook = home / "play.yml"
    refused = "".join(REFUSED.format(way=json.dumps(way)) for way in ways)
    playbook.write_text(PLAYBOOK.replace("REFUSED", refused))
    environ = surroundings(azure, home)
    if kept:
        environ |= {"ANSIBLE_KEEP_REMOTE_FILES": "1"}
    with leaks.echoing(azure, "/vaults/vault-secret", 401), command_lines(secrets) as seen:
        run = run_playbook(str(playbook), home, variables, environ=environ)
    assert run.status == 0 and "rg-shop-weu" in run.output and "Refused was: GET" in run.output, run.output
    assert f"ignored={len(ways) + 1}" in run.output and secrets.issued
    assert "Bearer ****" in run.output
    assert not secrets.within(run.output) and not seen
    left = secrets.under(home, but=GIVEN)
    payloads = [place for place in left if place.startswith(".ansible/tmp/") and "/AnsiballZ_" in place]
    assert left == payloads and (not left or kept)


def test_awx(azure: RunningSimulator, secrets: leaks.Secrets, tmp_path: pathlib.Path) -> None:
    pytest.importorskip("ansible_runner")
    answers = {
        "survey_vault_resource_group": "rg-backup",
        "survey_vms": "rg-shop-weu/web-01\nnope",
        "survey_require_all": "true",
        "survey_create_vaults": "true",
        "survey_password": f"{MARK}survey",
    }
    more = {
        "ANSIBLE_VERBOSITY": "4",
        "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(tmp_path / "facts"),
        "HTTPS_PROXY": f"http://user:{MARK}proxy@127.0.0.1:9",
        "NO_PROXY": "127.0.0.1",
    }
    with leaks.echoing(azure, "/backupJobs", 403), command_lines(secrets) as seen:
        job = launch(azure, project.COLLECTIONS, tmp_path, "protect_vms", answers, environ=more)
    assert "web-01" in job.output and "TASK" in job.output, job.output
    assert secrets.issued and not secrets.within(job.output) and not seen
    # ansible-runner notes the environment that it was started with, as AWX does (which masks what it injects).
    ours = ("*/env/*", "*/artifacts/*/command")
    assert secrets.under(tmp_path, but=ours) == []
    assert list(tmp_path.glob("*/artifacts/*/job_events/*.json"))


@pytest.mark.parametrize("echoed", [False, True], ids=["", "refused"])
def test_an_inventory_and_its_cache(
    azure: RunningSimulator, secrets: leaks.Secrets, home: pathlib.Path, echoed: bool
) -> None:
    config = {
        "plugin": "cloudkeep.azure_backup.vm_backup",
        "secret": azure.options["secret"],
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(home / "cache"),
    }
    (home / "azure.vm_backup.yml").write_text(json.dumps(config))
    environ = {name: value for name, value in surroundings(azure, home).items() if "SECRET" not in name}
    path = "/virtualMachines" if echoed else "/nothing"
    with leaks.echoing(azure, path, 403), command_lines(secrets) as seen:
        made = subprocess.run(
            [sys.executable, "-m", "ansible", "inventory", "-i", "azure.vm_backup.yml", "--list", "--export", "-vvvv"],
            cwd=home,
            env={**project.environment(sys.executable), **environ, "HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    output = made.stdout + made.stderr
    assert ("Refused was" if echoed else "rg-shop-weu") in output, output
    assert secrets.issued and not secrets.within(output) and not seen
    assert secrets.under(home, but=GIVEN) == []
    assert echoed or list((home / "cache").iterdir())


def test_a_report(azure: RunningSimulator, secrets: leaks.Secrets, home: pathlib.Path) -> None:
    folder = home / "report"
    answers = {"survey_report_folder": str(folder), "report_folder": str(folder)}
    with leaks.echoing(azure, "/vaults", 403), command_lines(secrets) as seen:
        run = run_playbook("cloudkeep.azure_backup.report", home, answers, environ=surroundings(azure, home))
    assert "Refused was" in run.output, run.output
    assert secrets.issued and not secrets.within(run.output) and not seen
    assert secrets.under(home, but=GIVEN) == []
