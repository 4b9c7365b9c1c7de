# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import http.client
import json
import os
import pathlib
import signal
import ssl
import subprocess
import sys
import time
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import __main__ as command_line
from ansible_collections.cloudkeep.azure_backup.tests.support import processes

MODULE = "ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator"


def run(*arguments: str, **more: t.Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", MODULE, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False, **more)


def is_gone(pid: int) -> bool:
    """Whether a process ends within some seconds."""
    for _attempt in range(1500):
        try:
            os.kill(pid, 0)
            if pathlib.Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.02)
    return False


@contextlib.contextmanager
def started(tmp_path: pathlib.Path, *arguments: str) -> t.Iterator[pathlib.Path]:
    """Run the simulator in the background; gives its ready file. It has ended when the block has."""
    ready = tmp_path / "ready.json"
    try:
        result = run("--background", "--ready-file", str(ready), *arguments)
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
        yield ready
        for pid in processes.naming(tmp_path):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            assert is_gone(pid)
    finally:
        processes.kill_all(tmp_path)


@contextlib.contextmanager
def in_background(tmp_path: pathlib.Path, *arguments: str) -> t.Iterator[dict[str, t.Any]]:
    with started(tmp_path, *arguments) as ready:
        yield json.loads(ready.read_text())


def control(access: dict[str, t.Any], method: str, name: str) -> tuple[int, t.Any]:
    context = ssl.create_default_context(cafile=access["ca_file"])
    host = access["endpoint"].removeprefix("https://")
    connection = http.client.HTTPSConnection(host, context=context, timeout=10)
    connection.request(method, f"/_sim/{name}", headers={"X-Simulator-Key": access["control_key"]})
    response = connection.getresponse()
    answer = json.load(response)
    connection.close()
    return response.status, answer


def test_it_is_ready_when_the_command_returns_and_leaves_nothing_behind(tmp_path: pathlib.Path) -> None:
    with in_background(tmp_path, "--world", "fleet:3", "--profile", "polls", "--seed", "7") as access:
        assert set(access) == {
            *("endpoint", "ca_file", "tenant_id", "client_id", "client_secret", "subscription_id", "control_key"),
            *("pid", "env", "federated_token", "user", "managed_identity"),
        }
        status, health = control(access, "GET", "health")
        assert (status, health["pid"]) == (200, access["pid"])
        assert health["settings"] == {
            "world": "fleet:3",
            "profile": "polls",
            "seed": 7,
            "time_scale": 1.0,
            "latency_ms": 0,
            "arm_limits": False,
        }
        bundle = pathlib.Path(access["env"]["SSL_CERT_FILE"])
        assert pathlib.Path(access["ca_file"]).read_text() in bundle.read_text()
        assert control(access, "POST", "shutdown")[0] == 200
        assert is_gone(access["pid"])
        assert not bundle.parent.exists()
        assert os.listdir(tmp_path) == []


def test_it_ends_when_it_is_terminated(tmp_path: pathlib.Path) -> None:
    with in_background(tmp_path) as access:
        os.kill(access["pid"], signal.SIGTERM)
        assert is_gone(access["pid"])
        assert os.listdir(tmp_path) == []
        assert not pathlib.Path(access["ca_file"]).exists()


def test_it_ends_with_its_lifetime(tmp_path: pathlib.Path) -> None:
    # Its ready file may be gone before anybody gets to read it.
    with started(tmp_path, "--lifetime", "1"):
        assert all(is_gone(pid) for pid in processes.naming(tmp_path))
        assert os.listdir(tmp_path) == []


def test_in_the_foreground_it_prints_lines_for_a_shell() -> None:
    result = run("--lifetime", "1")
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith("# A simulated Azure answers at https://127.0.0.1:")
    names = {line.removeprefix("export ").partition("=")[0] for line in lines if not line.startswith("#")}
    assert {"AZURE_CLIENT_ID", "AZURE_CLOUD_ENVIRONMENT", "REQUESTS_CA_BUNDLE", "SIMULATOR_CONTROL_KEY"} <= names


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--profile", "slow"], "fast"),
        (["--world", "large"], "neither small, nor bad-afternoon, nor fleet:N"),
        (["--world", "fleet:0"], "fleet:N[:REGIONS]"),
        (["--world", "nowhere.yml"], "a YAML file"),
        (["--port", "65536"], "0 to 65535"),
        (["--port", "x"], "0 to 65535"),
        (["--time-scale", "0"], "0.001 to"),
        (["--time-scale", "nan"], "0.001 to"),
        (["--latency-ms", "-1"], "0 to 60000"),
        (["--arm-limits", "maybe"], "on"),
        (["--seed", "1.5"], "whole number"),
        (["--lifetime", "0"], "number from 1"),
        (["--background"], "--ready-file"),
        (["--what"], "--what"),
    ],
)
def test_wrong_arguments_are_refused_with_what_is_allowed(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        command_line.main(arguments)
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


def test_a_port_that_is_taken_is_a_sentence_also_from_the_background(tmp_path: pathlib.Path) -> None:
    with in_background(tmp_path) as access:
        port = access["endpoint"].rpartition(":")[2]
        result = run("--background", "--ready-file", str(tmp_path / "other.json"), "--port", port)
        assert result.returncode == 1
        assert result.stderr.startswith("The simulator can't start: ")
        assert "Traceback" not in result.stderr
        assert os.listdir(tmp_path) == ["ready.json"]


def test_a_world_file_that_is_wrong_is_a_sentence(tmp_path: pathlib.Path) -> None:
    world = tmp_path / "world.yml"
    world.write_text("colour: red\n")
    result = run("--world", str(world), "--lifetime", "1")
    assert result.returncode == 1
    assert result.stderr.startswith("The simulator can't start: ")
    assert len(result.stderr.splitlines()) == 1


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: pathlib.Path) -> None:
    result = run("--background", "--ready-file", str(tmp_path / "none" / "ready.json"))
    assert result.returncode == 1
    assert result.stderr.startswith("The simulator can't start: ")


@pytest.mark.parametrize(
    ("module", "package"),
    [("aiohttp", "aiohttp"), ("trustme", "trustme"), ("yaml", "PyYAML"), ("tzlocal", "tzlocal")],
)
def test_a_missing_package_is_one_sentence_with_the_command_that_helps(
    module: str, package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    assert command_line.main([]) == 2
    message = capsys.readouterr().err
    assert f"needs the Python package {package}" in message
    assert f"{sys.executable} -m pip install {package}" in message
    assert len(message.splitlines()) == 1
