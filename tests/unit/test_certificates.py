# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates are verified; whoever switches that off is told each time, and nothing else switches it off."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import typing as t

import pytest

import project
from ansible_collections.cloudkeep.azure_backup.tests.support.leaks import hurried
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import run_module
from ansible_collections.cloudkeep.azure_backup.tests.support.playbooks import run_playbook
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

WARNING: t.Final = "cert_validation_mode is ignore"
MODE: t.Final = "AZURE_CERT_VALIDATION_MODE"


@pytest.fixture(scope="module")
def azure() -> t.Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


def untrusting(azure: RunningSimulator, home: pathlib.Path, **more: str) -> dict[str, str]:
    """Return the environment of somebody who does not know the simulator's authority."""
    kept = {name: value for name, value in azure.env.items() if not name.endswith(("_CA_BUNDLE", "_CERT_FILE"))}
    return {**kept, "HOME": str(home), **more}


def profile(azure: RunningSimulator, home: pathlib.Path) -> None:
    (home / ".azure").mkdir()
    lines = [f"{name} = {value}" for name, value in azure.options.items()]
    (home / ".azure/credentials").write_text("\n".join(["[default]", *lines, "cert_validation_mode = ignore"]))


@pytest.mark.parametrize("place", ["task", "environment", "profile"])
def test_switching_it_off_warns_wherever_it_is_done_and_each_time(
    azure: RunningSimulator, tmp_path: pathlib.Path, place: str
) -> None:
    options, environ = dict(azure.options), untrusting(azure, tmp_path)
    if place == "task":
        options["cert_validation_mode"] = "ignore"
    elif place == "environment":
        environ[MODE] = "ignore"
    else:
        profile(azure, tmp_path)
        options = {}
    for _time in range(2):
        result = run_module("vm_backup_discover", azure, options, environ=environ)
        assert not result.failed
        warnings = json.dumps(result.get("warnings", []))
        assert WARNING in warnings, result


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""},
        {MODE: ""},
        {MODE: "validate"},
        {"PYTHONHTTPSVERIFY": "0", "AZURE_CLI_DISABLE_CONNECTION_VERIFICATION": "1"},
        {"ANSIBLE_GALAXY_IGNORE": "true", "SSL_CERT_FILE": ""},
    ],
)
def test_nothing_else_switches_it_off(azure: RunningSimulator, tmp_path: pathlib.Path, more: dict[str, str]) -> None:
    azure.forget_requests()
    with hurried():
        result = run_module("vm_backup_discover", azure, azure.options, environ=untrusting(azure, tmp_path, **more))
    assert result.failed and "is not trusted" in result["msg"]
    assert azure.requests() == []


@pytest.mark.parametrize("word", ["off", "false", "no", "0", "Ignored"])
def test_a_word_that_is_none_is_refused(azure: RunningSimulator, tmp_path: pathlib.Path, word: str) -> None:
    result = run_module("vm_backup_discover", azure, azure.options, environ=untrusting(azure, tmp_path, **{MODE: word}))
    assert result.failed and "cert_validation_mode" in result["msg"]


def test_an_inventory_warns_also_from_its_cache(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    config = {
        "plugin": "cloudkeep.azure_backup.vm_backup",
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
    }
    (tmp_path / "azure.vm_backup.yml").write_text(json.dumps(config))
    for _time in range(2):
        made = subprocess.run(
            [sys.executable, "-m", "ansible", "inventory", "-i", "azure.vm_backup.yml", "--list"],
            cwd=tmp_path,
            env={**project.environment(sys.executable), **untrusting(azure, tmp_path, **{MODE: "ignore"})},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert made.returncode == 0 and WARNING in made.stderr, made.stderr


def test_a_role_warns(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    answers = {"report_folder": str(tmp_path / "report")}
    environ = untrusting(azure, tmp_path, **{MODE: "ignore"})
    run = run_playbook("cloudkeep.azure_backup.report", tmp_path, answers, environ=environ)
    assert WARNING in " ".join(run.output.split()), run.output
