# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The az CLI, as its users type it: from the registration of the cloud to the end of the protection."""

from __future__ import annotations

import json
import subprocess
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator

pytestmark = pytest.mark.clients

GROUP = "rg-shop-weu"
VAULT = ("--resource-group", GROUP, "--vault-name", "az-vault")
ITEM = ("--container-name", "web-01", "--item-name", "web-01", "--backup-management-type", "AzureIaasVM")

Az = t.Callable[..., t.Any]


@pytest.fixture(scope="module")
def az(named_by: t.Callable[[str], str], environment: dict[str, str]) -> Az:
    """Run az and return its JSON; a failure is an AssertionError with its words."""
    executable = named_by("CLOUDKEEP_AZ")

    def run(*words: str, output: str = "json") -> t.Any:
        result = subprocess.run(
            [executable, *words, "--output", output],
            env={**environment, "AZURE_CORE_COLLECT_TELEMETRY": "no"},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert result.returncode == 0, f"az {' '.join(words)}\n{result.stderr}"
        return json.loads(result.stdout or "null") if output == "json" else result.stdout

    return run


@pytest.fixture(scope="module")
def signed_in(az: Az, azure: RunningSimulator) -> t.Any:
    az("cloud", "register", "--name", "simulator", "--endpoint-resource-manager", azure.endpoint)
    az("cloud", "set", "--name", "simulator")
    access = azure.access
    application = ("--username", access["client_id"], "--password", access["client_secret"])
    return az("login", "--service-principal", *application, "--tenant", access["tenant_id"])


@pytest.fixture(scope="module")
def protected(az: Az, signed_in: t.Any) -> t.Any:
    """Make a vault and protect a virtual machine; returns the job."""
    az("backup", "vault", "create", "--resource-group", GROUP, "--name", "az-vault", "--location", "westeurope")
    return az("backup", "protection", "enable-for-vm", *VAULT, "--vm", "web-01", "--policy-name", "DefaultPolicy")


@pytest.fixture(scope="module")
def backed_up(az: Az, protected: t.Any) -> t.Any:
    """Back up and wait; returns the job."""
    job = az("backup", "protection", "backup-now", *VAULT, *ITEM, "--retain-until", "01-01-2030")
    return az("backup", "job", "wait", *VAULT, "--name", job["name"]) or job


def test_sign_in(signed_in: t.Any, azure: RunningSimulator) -> None:
    assert [(entry["id"], entry["state"]) for entry in signed_in] == [
        (azure.access["subscription_id"], "Enabled"),
    ]


def test_virtual_machines(az: Az, signed_in: t.Any) -> None:
    names = [(machine["resourceGroup"], machine["name"]) for machine in az("vm", "list")]
    assert (GROUP, "web-01") in names
    assert len(names) >= 10


def test_vaults(az: Az, protected: t.Any) -> None:
    assert {"legacy-vault", "az-vault"} <= {vault["name"] for vault in az("backup", "vault", "list")}


def test_a_machine_that_is_protected_says_so(az: Az, protected: t.Any, azure: RunningSimulator) -> None:
    vault = az("backup", "protection", "check-vm", "--resource-group", GROUP, "--vm", "web-01", output="tsv")
    assert vault.strip().lower().endswith("/vaults/az-vault")


def test_protection(az: Az, protected: t.Any) -> None:
    assert (protected["properties"]["operation"], protected["properties"]["status"]) == ("ConfigureBackup", "Completed")
    assert [item["properties"]["friendlyName"] for item in az("backup", "item", "list", *VAULT)] == ["web-01"]
    containers = az("backup", "container", "list", *VAULT, "--backup-management-type", "AzureIaasVM")
    assert [container["properties"]["registrationStatus"] for container in containers] == ["Registered"]


def test_backup_and_its_job(az: Az, backed_up: t.Any) -> None:
    job = az("backup", "job", "show", *VAULT, "--name", backed_up["name"])
    assert (job["properties"]["operation"], job["properties"]["status"]) == ("Backup", "Completed")
    assert len(az("backup", "job", "list", *VAULT)) >= 2
    points = az("backup", "recoverypoint", "list", *VAULT, *ITEM)
    assert len(points) == 1


def test_tables(az: Az, backed_up: t.Any) -> None:
    for words in (("item", "list"), ("job", "list"), ("policy", "list")):
        assert "Name" in az("backup", *words, *VAULT, output="table")


def test_disabling_keeps_the_data(az: Az, backed_up: t.Any, azure: RunningSimulator) -> None:
    job = az("backup", "protection", "disable", *VAULT, *ITEM, "--yes")
    assert (job["properties"]["operation"], job["properties"]["status"]) == ("DisableBackup", "Completed")
    states = az("backup", "item", "list", *VAULT, "--query", "[].properties.protectionState")
    assert states == ["ProtectionStopped"]
    assert len(az("backup", "recoverypoint", "list", *VAULT, *ITEM)) == 1
    assert not [entry for entry in azure.requests() if entry.status == 501]
