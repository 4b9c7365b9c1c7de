# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The quick start: what whoever tries the collection sees first."""

from __future__ import annotations

import pathlib
import re

from ansible_collections.cloudkeep.azure_backup.tests.support.playbooks import run_playbook


def test_the_quick_start_ends_well_and_cleans_up(tmp_path: pathlib.Path) -> None:
    run = run_playbook("cloudkeep.azure_backup.quickstart", tmp_path, {}, environ={})
    assert run.status == 0, run.output
    assert "First run: 11 of 14 virtual machines in 2 regions are protected, 10 of them now; 10 backups" in run.output
    assert re.search(r"Second run: nothing was changed; \d+ requests, none of them a write", run.output)
    # Nothing but a message that Ansible itself words is wider than a screen.
    lines = [line for line in run.output.splitlines() if line.startswith(" ")]
    assert max(len(line) for line in lines) <= 140
    assert not list(tmp_path.rglob("ready.json"))


def test_the_simulator_is_stopped_when_something_fails(tmp_path: pathlib.Path) -> None:
    run = run_playbook(
        "cloudkeep.azure_backup.quickstart", tmp_path, {"vm_backup_policy": "no-such-policy"}, environ={}
    )
    assert run.status != 0
    assert "no-such-policy" in run.output and "Traceback" not in run.output
    assert not list(tmp_path.rglob("ready.json"))
