# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backup and vault modules of azure.azcollection, pointed at the simulator by nothing but its environment."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support import processes
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator

pytestmark = pytest.mark.clients

GROUP = "rg-erp-neu"
VAULT = "azcollection-vault"


@pytest.fixture(scope="module")
def results(
    named_by: t.Callable[[str], str],
    azure: RunningSimulator,
    environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, t.Any]:
    """Run one play with every module and return the tasks' results by their names."""
    python = named_by("CLOUDKEEP_AZCOLLECTION_PYTHON")
    collections = named_by("CLOUDKEEP_AZCOLLECTION_PATH")
    folder = tmp_path_factory.mktemp("play")
    playbook = folder / "play.yml"
    playbook.write_text(json.dumps([play(azure, folder / "results.json")]))
    result = processes.run(
        [python, "-m", "ansible", "playbook", "-i", "localhost,", str(playbook)],
        folder,
        env={**environment, "ANSIBLE_COLLECTIONS_PATH": collections},
        timeout=600,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return t.cast("dict[str, t.Any]", json.loads((folder / "results.json").read_text()))


def play(azure: RunningSimulator, report: pathlib.Path) -> dict[str, t.Any]:
    group_id = f"/subscriptions/{azure.access['subscription_id']}/resourceGroups/{GROUP}"
    vault_id = f"{group_id}/providers/Microsoft.RecoveryServices/vaults/{VAULT}"
    vault = {"resource_group": GROUP, "name": VAULT}
    item = {
        "resource_group": GROUP,
        "recovery_vault_name": VAULT,
        "resource_id": f"{group_id}/providers/Microsoft.Compute/virtualMachines/ERP-APP-01",
    }
    policy = {"backup_policy_id": f"{vault_id}/backupPolicies/DefaultPolicy"}
    calls: dict[str, tuple[str, dict[str, t.Any]]] = {
        "made": ("recoveryservicesvault", {**vault, "location": "northeurope"}),
        "made_again": ("recoveryservicesvault", {**vault, "location": "northeurope"}),
        "vault": ("recoveryservicesvault_info", vault),
        "policy": ("backuppolicy_info", {"resource_group": GROUP, "vault_name": VAULT, "name": "DefaultPolicy"}),
        "protected": ("backupazurevm", {**item, **policy, "state": "create"}),
        "backed_up": ("backupazurevm", {**item, **policy, "state": "backup"}),
        "item": ("backupazurevm_info", item),
        "stopped": ("backupazurevm", {**item, **policy, "state": "stop"}),
    }
    tasks: list[dict[str, t.Any]] = [
        {
            f"azure.azcollection.azure_rm_{module}": {**options, "cloud_environment": azure.endpoint},
            "name": name,
            "register": name,
        }
        for name, (module, options) in calls.items()
    ]
    everything = "{{ {" + ", ".join(f"'{name}': {name}" for name in calls) + "} | to_json }}"
    tasks.append(
        {"name": "Report", "ansible.builtin.copy": {"content": everything, "dest": str(report), "mode": "0600"}}
    )
    return {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "tasks": tasks,
    }


def test_vault(results: dict[str, t.Any]) -> None:
    assert results["made"]["changed"]
    assert not results["made_again"]["changed"]
    assert results["vault"]["response"]["name"] == VAULT
    assert results["vault"]["response"]["location"] == "northeurope"


def test_policy(results: dict[str, t.Any]) -> None:
    assert results["policy"]["properties"]["backup_management_type"] == "AzureIaasVM"
    assert results["policy"]["properties"]["retention_policy"]["daily_schedule"]["retention_duration"]["count"] == 30


def test_protection_and_backup(results: dict[str, t.Any]) -> None:
    assert results["protected"]["changed"]
    assert results["protected"]["response"]["properties"]["protectionState"] == "IRPending"
    assert results["backed_up"]["changed"]
    assert results["item"]["response"]["properties"]["protectionState"] == "Protected"
    assert results["item"]["response"]["properties"]["extendedInfo"]["recoveryPointCount"] == 1
    assert results["stopped"]["changed"]


def test_nothing_was_asked_that_the_simulator_does_not_model(
    results: dict[str, t.Any], azure: RunningSimulator
) -> None:
    assert [entry.path for entry in azure.requests() if entry.status == 501] == []
