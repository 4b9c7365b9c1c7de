# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks that make the same vault or policy, or let one vault look for machines, at the same moment: all succeed."""

from __future__ import annotations

import concurrent.futures
import pathlib
import threading
import typing as t

import pytest
import requests
from requests import adapters

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _options
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import backup, vaults
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.client import AzureClient
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import ServiceError
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases import contents
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.outcome import Outcome
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.policy import policy
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.register import register
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.vault import vault
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import world_files
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

TASKS = 4
VAULT: dict[str, t.Any] = {
    **dict.fromkeys(_options.vault_settings()),
    "confirm_lock": False,
    "resource_guard_operation_requests": None,
    "force": False,
    "delete_backup_data": False,
    "poll_interval": 15,
    "resource_group": "rg-erp",
    "vault_name": "vault-new",
    "state": "present",
    "location": "westeurope",
    "tags": {"owner": "infra"},
    "append_tags": True,
    "wait_timeout": 60,
}
POLICY: dict[str, t.Any] = {
    "resource_group": "rg-shop",
    "vault_name": "vault-shop",
    "name": "gold",
    "state": "present",
    "policy_type": None,
    "schedule": {
        "frequency": "daily",
        "time": "22:30",
        "days": None,
        **dict.fromkeys(("window_start", "interval_hours")),
    },
    "time_zone": None,
    "retention": {"daily": {"days": 14}, "weekly": None, "monthly": None, "yearly": None},
    "instant_restore_days": None,
    "instant_restore_resource_group": None,
    "archive": None,
    "snapshot_consistency": None,
    "resource_guard_operation_requests": None,
    "forecast": None,
    "wait_timeout": 60,
}


@pytest.fixture
def azure(tmp_path: pathlib.Path) -> t.Iterator[RunningSimulator]:
    """The example world, whose policies answer later, and whose vault has not looked for machines yet."""
    world = tmp_path / "world.yml"
    text = world_files.EXAMPLE.replace("policy_answers: by use", "policy_answers: later")
    world.write_text(text.replace("discovered: true", "discovered: false"), encoding="utf-8")
    with running_simulator(str(world)) as running:
        yield running


def at_once(
    azure: RunningSimulator, use_case: t.Callable[[AzureClient, t.Any], Outcome], each: t.Sequence[dict[str, t.Any]]
) -> list[Outcome]:
    """Run a use case for several tasks, each with a client of its own, at the same time."""

    def run(options: dict[str, t.Any]) -> Outcome:
        return use_case(AzureClient(azure.options, check_mode=False, environ=azure.env), options)

    with concurrent.futures.ThreadPoolExecutor(len(each)) as pool:
        return list(pool.map(run, each))


def all_read_first(monkeypatch: pytest.MonkeyPatch, owner: type, method: str) -> None:
    """Let the first read of each task wait for those of the others, so that all of them find nothing there."""
    barrier = threading.Barrier(TASKS)
    read = getattr(owner, method)
    been: set[int] = set()

    def together(self: t.Any, *arguments: t.Any) -> t.Any:
        found = read(self, *arguments)
        if threading.get_ident() not in been:
            been.add(threading.get_ident())
            barrier.wait(60)
        return found

    monkeypatch.setattr(owner, method, together)


def all_write_first(monkeypatch: pytest.MonkeyPatch, azure: RunningSimulator, kind: str) -> None:
    """Let what the first write begins last until the other tasks have sent theirs, however late they get to it."""
    seconds = t.cast("dict[str, float]", azure.simulator.azure.state.profile.seconds)
    usual = seconds[kind]
    monkeypatch.setitem(seconds, kind, 300)

    def go_on() -> None:
        seconds[kind] = usual
        azure.advance(300)

    barrier = threading.Barrier(TASKS, go_on)
    send = adapters.HTTPAdapter.send
    been: set[int] = set()

    def together(adapter: adapters.HTTPAdapter, request: requests.PreparedRequest, **keywords: t.Any) -> t.Any:
        answer = send(adapter, request, **keywords)
        if request.method == "PUT" and threading.get_ident() not in been:
            been.add(threading.get_ident())
            barrier.wait(60)
        return answer

    monkeypatch.setattr(adapters.HTTPAdapter, "send", together)


def refused(azure: RunningSimulator, what: str) -> list[int]:
    return [entry.status for entry in azure.requests(method="PUT", path=what) if (entry.status or 0) >= 400]


def test_a_vault(azure: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    all_read_first(monkeypatch, vaults.Vaults, "get")
    all_write_first(monkeypatch, azure, "vault")
    made = at_once(azure, vault, [VAULT] * TASKS)
    assert [outcome.failure for outcome in made] == [None] * TASKS
    assert {outcome.result["vault"]["provisioning_state"] for outcome in made} == {"Succeeded"}
    assert all(outcome.result["vault"]["tags"] == {"owner": "infra"} for outcome in made)
    # One has made it; the others were refused, looked again, and found nothing left to do.
    assert refused(azure, "/vaults/vault-new$") == [409] * (TASKS - 1)
    assert sum(outcome.changed for outcome in made) == 1


def test_a_vault_of_which_each_task_wants_something_else(
    azure: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_read_first(monkeypatch, vaults.Vaults, "get")
    all_write_first(monkeypatch, azure, "vault")
    made = at_once(azure, vault, [{**VAULT, "tags": {f"task-{number}": "yes"}} for number in range(TASKS)])
    assert [outcome.failure for outcome in made] == [None] * TASKS
    (found,) = [one for one in azure.simulator.azure.state.vaults.values() if one.name == "vault-new"]
    # Azure replaces tags as a whole, so those of the last may be all; none has failed for that.
    assert set(found.tags) <= {f"task-{number}" for number in range(TASKS)} and found.tags


def test_a_policy(azure: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    all_read_first(monkeypatch, backup.Backup, "policy")
    all_write_first(monkeypatch, azure, "policy")
    made = at_once(azure, policy, [POLICY] * TASKS)
    assert [outcome.failure for outcome in made] == [None] * TASKS
    assert {outcome.result["policy"]["name"] for outcome in made} == {"gold"}
    assert refused(azure, "/backupPolicies/gold$").count(409) >= TASKS - 1
    assert sum(outcome.changed for outcome in made) == 1


def test_a_discovery(azure: RunningSimulator) -> None:
    options = {
        "resource_group": "rg-shop",
        "vault_name": "vault-shop",
        "vms": ["rg-shop/shop-new-01"],
        "select": None,
        "validate": False,
        "wait_timeout": 60,
        "poll_interval": 1,
    }
    made = at_once(azure, register, [options] * TASKS)
    assert [outcome.failure for outcome in made] == [None] * TASKS
    assert all(vm["registered"] for outcome in made for vm in outcome.result["vms"])


@pytest.mark.parametrize(
    ("code", "status", "helps"),
    [
        ("AnotherOperationInProgress", 409, True),
        ("PreconditionFailed", 412, True),
        ("BMSUserErrorObjectLocked", 400, True),
        ("MissingSubscriptionRegistration", 409, False),
        ("InvalidResourceLocation", 409, False),
        ("AuthorizationFailed", 403, False),
        ("BMSUserErrorInvalidInput", 400, False),
    ],
)
def test_what_is_worth_another_look(code: str, status: int, helps: bool) -> None:
    assert contents.overtaken(ServiceError("No.", code=code, http_status=status)) is helps
