# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the role and the playbooks with the real ansible-playbook against a simulator.

run = run_role(azure, folder, {"vm_backup_select": {}, ...}, check=True)
assert run.status == 0, run.output
assert run.row("rg-shop-weu/web-01")["action"] == "protect"
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
import sys
import textwrap
import typing as t

import project

from . import processes
from .simulator import RunningSimulator

_PLAY = """
- name: Run the role
  hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - name: Run the role
      block:
        - name: Run the role
          ansible.builtin.include_role:
            name: cloudkeep.azure_backup.vm_backup
      always:
        - name: Keep the fact for the test
          ansible.builtin.copy:
            content: "{{ vm_backup_result | to_json }}"
            dest: "{{ result_file }}"
            mode: "0600"
          check_mode: false
          changed_when: false
          when: vm_backup_result is defined
"""


_REFUSAL = """
    - name: Run what has to fail
      block:
        - name: Run the role
          ansible.builtin.include_role:
            name: cloudkeep.azure_backup.vm_backup
          vars: {variables}
        - name: Note that it did not fail
          ansible.builtin.set_fact:
            messages: "{{{{ messages | default([]) + ['it did not fail'] }}}}"
      rescue:
        - name: Note why it failed
          ansible.builtin.set_fact:
            messages: "{{{{ messages | default([]) + [ansible_failed_result.msg] }}}}"
"""


@dataclasses.dataclass(frozen=True)
class PlaybookRun:
    """What a run left: its exit status, all that it printed, and the fact ``vm_backup_result`` (empty when not set)."""

    status: int
    output: str
    result: dict[str, t.Any]

    @property
    def changed(self) -> int:
        """How many tasks changed something, as the recap counts them."""
        found = re.search(r"changed=(\d+)", self.output)
        assert found, self.output
        return int(found.group(1))

    @property
    def tasks(self) -> list[str]:
        """The tasks that ran or were skipped, in order, without the role's name."""
        return re.findall(r"^TASK \[(?:\S+ : )?(.*?)\] \**$", self.output, re.MULTILINE)

    def row(self, name: str) -> dict[str, t.Any]:
        """Return the row of a machine, ``GROUP/NAME`` or a name."""
        group, _slash, name = name.rpartition("/")
        rows = [row for row in self.result["vms"] if row["name"] == name and group in ("", row["resource_group"])]
        assert len(rows) == 1, f"{len(rows)} rows for {group}/{name}: {self.output}"
        return t.cast("dict[str, t.Any]", rows[0])


class Azure(t.Protocol):
    """What has an environment that points to it."""

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that point a client at it."""


def run_role(
    azure: Azure | None,
    folder: pathlib.Path,
    variables: t.Mapping[str, t.Any],
    *,
    check: bool = False,
) -> PlaybookRun:
    """Run the role vm_backup with variables; ``folder`` is the test's own."""
    playbook = folder / "play.yml"
    playbook.write_text(_PLAY, encoding="utf-8")
    result_file = folder / "result.json"
    result_file.unlink(missing_ok=True)
    given = {"vm_backup_poll_interval": 1, **variables, "result_file": str(result_file)}
    run = run_playbook(str(playbook), folder, given, environ=azure.env if azure else {}, check=check)
    result = json.loads(result_file.read_text(encoding="utf-8")) if result_file.exists() else {}
    return dataclasses.replace(run, result=result)


def refusals(azure: RunningSimulator, folder: pathlib.Path, cases: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    """Run the role with variables that it has to refuse, all in one playbook; return what each failed with."""
    head, tail = _PLAY.split("    - name: Run the role\n", 1)[0], _PLAY[_PLAY.index("        - name: Keep the fact") :]
    keep = textwrap.indent(textwrap.dedent(tail), "    ").replace("vm_backup_result", "messages")
    playbook = folder / "refusals.yml"
    blocks = [_REFUSAL.format(variables=json.dumps(variables)) for variables in cases]
    playbook.write_text(head + "".join(blocks) + keep, encoding="utf-8")
    result_file = folder / "messages.json"
    run = run_playbook(str(playbook), folder, {"result_file": str(result_file)}, environ=azure.env)
    assert run.status == 0, run.output
    return t.cast("list[str]", json.loads(result_file.read_text(encoding="utf-8")))


def run_playbook(
    playbook: str,
    folder: pathlib.Path,
    variables: t.Mapping[str, t.Any],
    *,
    environ: t.Mapping[str, str],
    check: bool = False,
) -> PlaybookRun:
    """Run a playbook, a file or one of the collection's; ``environ`` is added to the project's own environment."""
    extra = folder / "extra.json"
    extra.write_text(json.dumps(variables), encoding="utf-8")
    command = [sys.executable, "-m", "ansible", "playbook", playbook, "--extra-vars", f"@{extra}"]
    made = processes.run(
        [*command, *(["--check"] if check else [])],
        folder,
        env={**project.environment(sys.executable), **environ, "HOME": str(folder)},
    )
    return PlaybookRun(made.returncode, made.stdout + made.stderr, {})
