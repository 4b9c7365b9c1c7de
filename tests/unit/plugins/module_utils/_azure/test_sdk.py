# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The packages: missing, too old, loaded late; and the answers that their models would not survive."""

from __future__ import annotations

import concurrent.futures
import importlib.metadata
import json
import pathlib
import re
import subprocess
import sys
import time
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import sdk
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.backup import Backup
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.client import AzureClient
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.ids import VaultId
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.jobs import JobFilter
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import MissingLibrary
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._version import VERSION
from ansible_collections.cloudkeep.azure_backup.tests.support.scripted import OPTIONS, ScriptedAzure, reply

CHECKOUT = pathlib.Path(__file__).resolve().parents[5]


@pytest.mark.parametrize("package", sdk.FLOORS)
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    with pytest.raises(MissingLibrary) as caught:
        sdk.load(package, "azure.core")
    for part in (package, sdk.FLOORS[package], sys.executable, "-m pip install"):
        assert part in caught.value.message


@pytest.mark.parametrize(
    ("version", "accepted"),
    [("9.0.9", False), ("8.10.0", False), ("9.1.0", True), ("9.1.0b1", True), ("10.0.0", True), ("11.2.0", True)],
)
def test_the_oldest_version_that_will_do(version: str, accepted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _name: version)
    if accepted:
        sdk.load("azure-mgmt-recoveryservicesbackup", "azure.mgmt.recoveryservicesbackup")
    else:
        with pytest.raises(MissingLibrary, match=f"too old \\({version}\\)"):
            sdk.load("azure-mgmt-recoveryservicesbackup", "azure.mgmt.recoveryservicesbackup")


def test_a_package_that_does_not_import_is_named() -> None:
    with pytest.raises(MissingLibrary, match="cannot be imported"):
        sdk.load("azure-core", "azure.core.no_such_module")


def test_the_floors_are_those_of_the_requirements() -> None:
    text = (CHECKOUT / "requirements.txt").read_text(encoding="utf-8")
    assert dict(re.findall(r"^([\w-]+)>=([\d.]+)$", text, re.MULTILINE)) == sdk.FLOORS


def test_the_version_that_is_told_is_the_collections() -> None:
    text = (CHECKOUT / "galaxy.yml").read_text(encoding="utf-8")
    assert re.findall(r"^version: (.+)$", text, re.MULTILINE) == [VERSION]


LAYER = "ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure"


def loaded(code: str) -> set[str]:
    """Run code in a fresh interpreter and return the packages that it has loaded."""
    script = f"{code}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    return set(json.loads(done.stdout))


def test_nothing_of_azure_is_imported_before_a_request_is_made() -> None:
    modules = loaded(
        f"from {LAYER} import backup, client, compute, vaults\n"
        f"client.AzureClient({dict(OPTIONS)!r}, check_mode=True, environ={{}})"
    )
    assert not {name for name in modules if name.split(".")[0] in ("azure", "msal", "requests", "urllib3")}


def test_only_the_service_that_is_used_is_imported() -> None:
    modules = loaded(
        f"from {LAYER} import client\n"
        f"client.AzureClient({dict(OPTIONS)!r}, check_mode=True, environ={{}}).service('vaults')"
    )
    assert "azure.mgmt.recoveryservices" in modules
    assert "azure.mgmt.compute" not in modules
    assert "azure.mgmt.recoveryservicesbackup" not in modules


VAULT = VaultId("s", "g", "v")
ODD_JOB = {
    "id": f"{VAULT}/backupJobs/j",
    "name": "j",
    "properties": {
        "jobType": "AJobTypeOfTomorrow",
        "startTime": "not a time",
        "duration": "for ever",
        "actionsInfo": [1],
        "errorDetails": [{"errorCode": "text"}],
    },
}


def test_no_model_reads_an_answer() -> None:
    azure = ScriptedAzure([reply(200, {"value": [ODD_JOB], "nextLink": None}), reply(200, ODD_JOB)])
    backup = Backup(azure.client(), VAULT)
    (listed,) = backup.jobs(JobFilter())
    assert listed.start_time is None and listed.cancellable
    assert backup.job("j") == listed


def test_clients_are_made_once_and_share_one_pipeline() -> None:
    client = ScriptedAzure([]).client()
    first: t.Any = client.service("backup")
    assert client.service("backup", OPTIONS["subscription_id"].upper()) is first
    other = client.service("backup", "other")
    assert other is not first
    assert other._client._pipeline is first._client._pipeline


def test_a_token_is_not_replaced_by_a_line_in_netrc(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine management.azure.com login other password words\n")
    monkeypatch.setenv("NETRC", str(netrc))
    azure = ScriptedAzure([reply(200, {"value": []})])
    client: AzureClient = azure.client()
    client._connections.transport.session.trust_env = True
    list(Backup(client, VAULT).policies())
    assert azure.requests[0].headers["Authorization"] == "Bearer token-1"


def test_packages_are_imported_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    overlapping: list[str] = []
    under_way: set[str] = set()

    def slow_import(name: str) -> object:
        if name not in sdk._loaded:
            overlapping.extend(under_way)
            under_way.add(name)
            time.sleep(0.01)
            under_way.discard(name)
        return object()

    monkeypatch.setattr(sdk, "_loaded", set())
    monkeypatch.setattr(sdk.importlib, "import_module", slow_import)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: sdk.load("azure-core", f"azure.core.{number}"), range(8)))
    assert len(sdk._loaded) == 8
    assert not overlapping
