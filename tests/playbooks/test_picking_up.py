# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook of the guide "When Azure fails" that starts backups and picks them up later."""

from __future__ import annotations

import pathlib
import re
import textwrap

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import WORLDS
from ansible_collections.cloudkeep.azure_backup.tests.support.playbooks import run_playbook
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import running_simulator

GUIDE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst" / "faults.rst"
HEAD = """
- name: Pick up what goes on
  hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
"""


def test_backups_that_outlast_their_task_are_waited_for_by_a_later_one(tmp_path: pathlib.Path) -> None:
    found = re.search(r"^\.\. code-block:: yaml\n\n((?:(?: +.*)?\n)+)", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert found
    tasks, count = re.subn("wait_timeout: 600", "wait_timeout: 1", textwrap.dedent(found[1]))
    assert count == 1
    playbook = tmp_path / "play.yml"
    playbook.write_text(HEAD + textwrap.indent(tasks, "    "), encoding="utf-8")
    # A backup takes 35 minutes in Azure, and some seconds here.
    with running_simulator(str(WORLDS / "estate.yml"), "recorded", time_scale=400) as azure:
        run = run_playbook(str(playbook), tmp_path, {}, environ=azure.env)
        assert run.status == 0, run.output
        assert "1 backups were started" in run.output
        assert len(azure.requests(method="POST", path="/backup$")) == 1
        # The first task ended before its job did, and the last one after it.
        ended = [entry for entry in azure.requests(method="GET", path="/backupJobs/[^/]+$") if entry.status == 200]
        assert len(ended) > 1
