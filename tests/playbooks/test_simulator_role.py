# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role that starts and stops the simulator, run by the real ansible-playbook."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ..support.playbooks import PlaybookRun, run_playbook

ROLE = "cloudkeep.azure_backup.simulator"


def task(name: str, state: str = "started", **variables: t.Any) -> dict[str, t.Any]:
    return {
        "name": name,
        "ansible.builtin.include_role": {"name": ROLE},
        "vars": {"simulator_state": state, **variables},
    }


def keep(name: str) -> dict[str, t.Any]:
    """Append the process id to a file, whatever the mode."""
    line = {"ansible.builtin.shell": f"echo {{{{ simulator.pid }}}} >> {name}", "name": "Keep", "check_mode": False}
    return {**line, "changed_when": False}


def crash() -> dict[str, t.Any]:
    command = {"ansible.builtin.command": "kill -KILL {{ simulator.pid }}", "name": "Crash", "check_mode": False}
    return {**command, "changed_when": False}


def play(
    folder: pathlib.Path,
    tasks: list[dict[str, t.Any]],
    *,
    check: bool = False,
    verbosity: int = 0,
    **variables: t.Any,
) -> PlaybookRun:
    environ = {"ANSIBLE_VERBOSITY": str(verbosity)}
    ready = {"simulator_ready_file": str(folder / "simulator" / "ready.json")}
    book = {
        "name": "Play",
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "tasks": [{"name": "All", "block": tasks, "always": [task("Clean up", "stopped")]}],
    }
    path = folder / "play.yml"
    path.write_text(json.dumps([book]))
    return run_playbook(str(path), folder, {**ready, **variables}, environ=environ, check=check)


@pytest.mark.parametrize("check", [False, True])
def test_start_again_use_and_stop(tmp_path: pathlib.Path, check: bool) -> None:
    use = {
        "name": "Use",
        "ansible.builtin.uri": {
            "url": "{{ simulator.env.ARM_CLOUD_METADATA_URL }}",
            "ca_path": "{{ simulator.env.SSL_CERT_FILE }}",
        },
        "check_mode": False,
    }
    tasks = [task("Start"), keep("pids"), task("Start again"), keep("pids"), use]
    run = play(tmp_path, tasks, check=check)
    assert run.status == 0, run.output
    first, second = (tmp_path / "pids").read_text().split()
    assert first == second
    # The folder, the start and the stop.
    assert run.changed == 3
    assert list((tmp_path / "simulator").iterdir()) == []


def test_other_settings_and_a_crash_make_a_new_one(tmp_path: pathlib.Path) -> None:
    tasks = [
        task("Start"),
        keep("pids"),
        task("Start another", simulator_profile="polls"),
        keep("pids"),
        crash(),
        task("Start after the crash", simulator_profile="polls"),
        keep("pids"),
        crash(),
        task("Stop after the crash", "stopped"),
        task("Stop once more", "stopped"),
    ]
    run = play(tmp_path, tasks)
    assert run.status == 0, run.output
    assert len(set((tmp_path / "pids").read_text().split())) == 3
    assert list((tmp_path / "simulator").iterdir()) == []


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"simulator_world": "large"}, "'large' is neither small, nor bad-afternoon, nor fleet:N"),
        ({"simulator_profile": "slow"}, "simulator_profile must be one of: fast, polls, recorded, hostile"),
        ({"simulator_lifetime": 0}, "'0' is not a number from 1"),
    ],
)
def test_what_cannot_start_says_why(tmp_path: pathlib.Path, variables: dict[str, t.Any], words: str) -> None:
    run = play(tmp_path, [task("Start")], **variables)
    assert run.status != 0
    assert words in run.output
    assert "Traceback" not in run.output


def test_no_secret_is_shown_at_the_highest_verbosity(tmp_path: pathlib.Path) -> None:
    secrets = {
        "name": "Keep",
        "ansible.builtin.copy": {"content": "{{ simulator | to_json }}", "dest": "access", "mode": "0600"},
        "no_log": True,
    }
    run = play(tmp_path, [task("Start"), secrets], verbosity=4)
    assert run.status == 0, run.output
    assert "ESTABLISH LOCAL CONNECTION" in run.output
    access = json.loads((tmp_path / "access").read_text())
    for name in ("client_secret", "control_key", "federated_token"):
        assert access[name] not in run.output
