# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sign-in service that takes connections and never says a word: nobody waits for it whose end is decided."""

from __future__ import annotations

import importlib.metadata
import signal
import socket
import subprocess
import sys
import typing as t

import pytest

import project
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import sdk
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.client import AzureClient
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import MissingLibrary
from ansible_collections.cloudkeep.azure_backup.tests.support.scripted import OPTIONS, ScriptedAzure
from ansible_collections.cloudkeep.azure_backup.tests.support.signals import ctrl_c_arrives

ENDS: t.Final = """
import sys
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import client, sdk
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import MissingLibrary

def broken(name):
    sys.stdin.readline()  # The sign-in is under way.
    raise MissingLibrary("it is broken")

if sys.argv[1] == "broken":
    sdk.client_class = broken
try:
    client.AzureClient({options!r}, check_mode=False, environ={{}}).service("compute")
except MissingLibrary:
    print("The result is known", flush=True)
"""


@pytest.fixture
def silence() -> t.Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        yield server


def started(silence: socket.socket, how: str) -> subprocess.Popen[str]:
    authority = {"adfs_authority_url": f"https://127.0.0.1:{silence.getsockname()[1]}"}
    script = ENDS.format(options={**OPTIONS, **authority, "disable_instance_discovery": True})
    environ = project.environment(sys.executable)
    with ctrl_c_arrives():
        return subprocess.Popen(
            [sys.executable, "-c", script, how],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def test_a_module_ends_when_its_result_is_known(silence: socket.socket) -> None:
    with started(silence, "broken") as process:
        try:
            connection, _address = silence.accept()
            assert process.stdin and process.stdout and process.stderr
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.readline() == "The result is known\n", process.stderr.read()
            assert process.wait(10) == 0
        finally:
            process.kill()
    connection.close()


def test_ctrl_c_ends_a_module(silence: socket.socket) -> None:
    with started(silence, "good") as process:
        try:
            connection, _address = silence.accept()
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == -signal.SIGINT
        finally:
            process.kill()
    connection.close()


@pytest.mark.parametrize(("service", "package"), sdk.CLIENT_PACKAGES.items())
def test_nobody_signs_in_for_a_package_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, service: str, package: str
) -> None:
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name == package:
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    def sign_in(client: AzureClient) -> t.NoReturn:
        raise AssertionError("it signs in")

    client = ScriptedAzure([]).client()
    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setattr(AzureClient, "_sign_in", sign_in)
    with pytest.raises(MissingLibrary, match=f"{package} is not installed"):
        client.service(service)
