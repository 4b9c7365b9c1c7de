# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ctrl-C while Azure refuses whatever is sent, and many threads would send theirs again for minutes."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import typing as t

import pytest
import yaml

import project
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import WORLDS
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import run_module
from ansible_collections.cloudkeep.azure_backup.tests.support.signals import ctrl_c_arrives
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

SUBSCRIPTIONS: t.Final = [f"7f3c2b1a-0000-4000-8000-00000000000{letter}" for letter in "abc"]


@pytest.fixture
def azure() -> t.Iterator[RunningSimulator]:
    with running_simulator(world=str(WORLDS / "inventory.yml")) as running:
        yield running


def test_an_inventory_ends_at_once(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    azure.add_fault(method="GET", path="/subscriptions/", status=503, headers={"Retry-After": "60"})
    source = tmp_path / "azure.vm_backup.yml"
    options = {"plugin": "cloudkeep.azure_backup.vm_backup", "subscriptions": SUBSCRIPTIONS}
    source.write_text(yaml.safe_dump(options), encoding="utf-8")
    command = [sys.executable, "-m", "ansible", "inventory", "-i", str(source), "--list"]
    environ = {**project.environment(sys.executable), **azure.env, "HOME": str(tmp_path)}
    with ctrl_c_arrives():
        reading = subprocess.Popen(
            command, env=environ, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    try:
        end = time.monotonic() + 60
        while len(azure.requests(path="/subscriptions/")) < len(SUBSCRIPTIONS) and time.monotonic() < end:
            time.sleep(0.05)
        reading.send_signal(signal.SIGINT)
        output, _nothing = reading.communicate(timeout=20)
    finally:
        reading.kill()
    assert "interrupted" in output and reading.returncode > 0, output


def test_a_module_of_a_play_ends_with_it(tmp_path: pathlib.Path) -> None:
    with running_simulator(world="small") as azure:
        vault = {"resource_group": "rg-backup", "vault_name": "vault-weu"}
        assert not run_module("vm_backup_vault", azure, {**vault, "location": "westeurope"}).failed
        azure.add_fault(operation="protect", status=429, headers={"Retry-After": "2"})
        task = {"cloudkeep.azure_backup.vm_backup_protect": {**vault, "select": {"resource_groups": ["rg-shop-weu"]}}}
        variables = {
            "ansible_python_interpreter": sys.executable,
            "ansible_connection": "local",
            "ansible_remote_tmp": str(tmp_path / "remote"),
        }
        play = {"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": [task]}
        (tmp_path / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
        command = [sys.executable, "-m", "ansible", "playbook", "play.yml"]
        environ = {**project.environment(sys.executable), **azure.env, "HOME": str(tmp_path)}
        with ctrl_c_arrives():
            # With a group of processes of its own, as in a terminal.
            playing = subprocess.Popen(command, env=environ, cwd=tmp_path, start_new_session=True)
        end = time.monotonic() + 60
        while not azure.requests(method="PUT", path="/protectedItems/") and time.monotonic() < end:
            time.sleep(0.05)
        os.killpg(playing.pid, signal.SIGINT)
        assert playing.wait(30) != 0
        end = time.monotonic() + 10
        while (left := modules_in(tmp_path)) and time.monotonic() < end:
            time.sleep(0.05)
        for process in left:
            os.kill(process, signal.SIGKILL)
        assert not left, "the module goes on"


def modules_in(folder: pathlib.Path) -> list[int]:
    """Return the processes of modules that Ansible has put below a folder."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue  # It has ended.
        if b"AnsiballZ" in command and bytes(folder) in command:
            found.append(int(process.name))
    return found
