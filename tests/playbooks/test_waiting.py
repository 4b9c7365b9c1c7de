# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups that never end, in several vaults: one wait_timeout is for all of them together."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.playbooks import PlaybookRun, run_playbook, run_role
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

WAIT: t.Final = 4
WORLD: t.Final = """\
subscriptions:
  - name: One
    resource_groups:
      - name: rg-backup
        location: westeurope
        vaults:
          - {name: vault-northeurope, location: northeurope, protected_items: [{virtual_machine: rg-web/north}]}
          - {name: vault-westeurope, protected_items: [{virtual_machine: rg-web/west}]}
      - name: rg-web
        location: westeurope
        virtual_machines: [{name: west}, {name: north, location: northeurope}]
"""


@pytest.fixture
def azure(tmp_path: pathlib.Path) -> t.Iterator[RunningSimulator]:
    """Two vaults whose backups last more than half an hour, and plays that show what modules were given."""
    world = tmp_path / "world.yml"
    world.write_text(WORLD, encoding="utf-8")
    with running_simulator(str(world), profile="recorded") as running:
        running.access["env"]["ANSIBLE_VERBOSITY"] = "3"
        yield running


def waits(run: PlaybookRun) -> list[int]:
    """Return the wait_timeout of each wait for jobs."""
    given = run.output[run.output.index("Wait for the backups]") :]
    return [int(found) for found in re.findall(r'"wait_timeout": (\d+)', given.split("\nTASK ")[0])]


def test_the_role_waits_for_all_vaults_together(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    variables = {
        "vm_backup_select": {},
        "vm_backup_vault_resource_group": "rg-backup",
        "vm_backup_back_up_now": "always",
        "vm_backup_wait_timeout": WAIT,
    }
    run = run_role(azure, tmp_path, variables)
    assert run.status != 0 and len(run.result["failures"]) == 2, run.output
    first, second = waits(run)
    assert WAIT - 2 <= first <= WAIT and second == 0


def test_backup_now_waits_for_all_vaults_together(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    answers = {"survey_names": "*", "survey_wait_timeout": str(WAIT), "survey_poll_interval": 1}
    run = run_playbook("cloudkeep.azure_backup.backup_now", tmp_path, answers, environ=azure.env)
    assert run.status != 0
    first, second = waits(run)
    assert WAIT - 2 <= first <= WAIT and second == 0


def test_backup_now_wants_a_number_of_seconds(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    answers = {"survey_names": "*", "survey_wait_timeout": "4h"}
    run = run_playbook("cloudkeep.azure_backup.backup_now", tmp_path, answers, environ=azure.env)
    assert run.status != 0 and "survey_wait_timeout: '4h' is not allowed" in run.output
    assert not azure.writes()
