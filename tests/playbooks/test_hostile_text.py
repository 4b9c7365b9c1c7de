# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names, tags and messages that try to be more than text, in real runs: nothing reaches the terminal but text."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import typing as t

import pytest

import project
from ansible_collections.cloudkeep.azure_backup.tests.support.playbooks import run_playbook
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

EVIL: t.Final = (
    "\x1b[2J\x1b]0;title\x07\x9b31m\x00\r\nok: [localhost]\u202egnp.exe\u2066 {{ lookup('pipe', 'touch evaluated') }}"
)
OBEYED: t.Final = frozenset("\x00\x07\x08\x0b\x0c\x1b\x7f\x9b\r\u202a\u202b\u202d\u202e\u2066\u2067\u2068")

WORLD: t.Final[dict[str, t.Any]] = {
    "subscriptions": [
        {
            "name": EVIL,
            "resource_groups": [
                {
                    "name": "rg-web",
                    "location": "westeurope",
                    "tags": {EVIL: EVIL},
                    "virtual_machines": [
                        {"name": "web-01", "tags": {"owner": EVIL, EVIL: "key"}},
                        {"name": "web-02", "tags": {"owner": "=cmd|' /C calc'!A0"}, "provisioning_state": "Failed"},
                    ],
                }
            ],
        }
    ]
}

PLAYBOOK: t.Final = """
- name: Meet text from anybody
  hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - name: Fail with a message from anybody
      cloudkeep.azure_backup.vm_backup_job_info:
        resource_group: rg-web
        vault_name: vault
      ignore_errors: true
      register: failed
    - name: Show it
      ansible.builtin.debug:
        msg: "{{ failed.msg }}"
    - name: Protect
      ansible.builtin.include_role:
        name: cloudkeep.azure_backup.vm_backup
      vars:
        vm_backup_select: {}
        vm_backup_vault_resource_group: rg-web
        vm_backup_poll_interval: 1
"""


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[RunningSimulator]:
    world = tmp_path_factory.mktemp("world") / "world.yml"
    world.write_text(json.dumps(WORLD))
    with running_simulator(world=str(world)) as running:
        yield running


def check(output: str, folder: pathlib.Path) -> None:
    """Fail where a terminal would have obeyed something, a line was made up, or a template was evaluated."""
    found = {sign: output[max(0, output.index(sign) - 80) :][:160] for sign in OBEYED if sign in output}
    assert not found, found
    assert not any(line.startswith("ok: [localhost]\ufffd") for line in output.splitlines())
    assert not (folder / "evaluated").exists()


def test_a_playbook_and_the_role(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    error = {"error": {"code": f"Code{EVIL}", "message": f"Because: {EVIL}"}}
    azure.add_fault(path="/vaults/vault$", status=400, body=error)
    azure.add_fault(path="/refreshContainers", status=400, body=error)
    playbook = tmp_path / "play.yml"
    playbook.write_text(PLAYBOOK)
    run = run_playbook(str(playbook), tmp_path, {}, environ=azure.env)
    azure.clear_faults()
    assert "ignored=1" in run.output and "Because: " in run.output and "gnp.exe" in run.output, run.output
    check(run.output, tmp_path)


def test_an_inventory(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    config = {
        "plugin": "cloudkeep.azure_backup.vm_backup",
        "hostnames": ["azure_vm.tags.owner", "default"],
        "keyed_groups": [{"key": "azure_vm.tags.owner", "prefix": "owner"}, {"key": "azure_vm.tags", "prefix": "tag"}],
        "groups": {"evil": "'gnp' in azure_vm.tags.owner"},
        "compose": {"team": "azure_vm.tags.owner"},
    }
    (tmp_path / "azure.vm_backup.yml").write_text(json.dumps(config))
    made = subprocess.run(
        [sys.executable, "-m", "ansible", "inventory", "-i", "azure.vm_backup.yml", "--graph", "-v"],
        cwd=tmp_path,
        env={**project.environment(sys.executable), **azure.env, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    output = made.stdout + made.stderr
    assert made.returncode == 0 and "gnp.exe" in output and "@evil" in output, output
    check(output, tmp_path)
