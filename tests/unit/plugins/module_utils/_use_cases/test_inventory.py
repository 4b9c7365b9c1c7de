# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the inventory reads: few requests, no write, and never "unprotected" for what could not be looked at."""

from __future__ import annotations

import datetime as dt
import json
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.client import AzureClient
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import BackupError, InvalidInput
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases import inventory
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import WORLDS
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

WORLD = WORLDS / "inventory.yml"
PRODUCTION, TEST, EMPTY = (f"7f3c2b1a-0000-4000-8000-00000000000{letter}" for letter in "abc")
NOW = dt.datetime(2026, 3, 2, 18, tzinfo=dt.timezone.utc)


@pytest.fixture(scope="module")
def shared() -> t.Iterator[RunningSimulator]:
    with running_simulator(world=str(WORLD)) as running:
        yield running


@pytest.fixture
def azure(shared: RunningSimulator) -> RunningSimulator:
    shared.reset()
    return shared


def read(azure: RunningSimulator, **options: t.Any) -> inventory.Snapshot:
    given = {"subscription_id": PRODUCTION, **options}
    client = AzureClient({**azure.options, **given}, check_mode=True, environ=azure.env)
    try:
        return inventory.snapshot(client, given)
    finally:
        client.close()
        assert not azure.writes()


def states(snapshot: inventory.Snapshot) -> dict[str, str]:
    return {
        f"{facts['azure_vm']['resource_group']}/{facts['azure_vm']['name']}": facts["vm_backup"]["state"]
        for facts in snapshot["machines"]
    }


def test_every_machine_has_its_state(azure: RunningSimulator) -> None:
    found = read(azure)
    assert states(found) == {
        "rg-web/protected-01": "protected",
        "rg-web/waiting-01": "waiting",
        "rg-web/stopped-01": "stopped",
        "rg-web/deleted-01": "soft_deleted",
        "rg-web/web-01": "unprotected",
        "rg-north/north-01": "protected",
        "rg-north/web-01": "unprotected",
    }
    assert found["warnings"] == []
    assert json.loads(json.dumps(found)) == found, "what a cache can't keep"


def test_it_takes_a_request_for_each_list_only(azure: RunningSimulator) -> None:
    read(azure, power_state=True)
    paths = sorted(entry.path.rpartition("/")[2] for entry in azure.requests(path="^/subscriptions/"))
    assert paths == ["backupProtectedItems"] * 2 + ["vaults"] + ["virtualMachines"] * 2


def test_vaults_where_no_chosen_machine_is_are_not_read(azure: RunningSimulator) -> None:
    read(azure, select={"locations": ["northeurope"]})
    (request,) = azure.requests(path="backupProtectedItems")
    assert "/rg-north/" in request.path.lower()


def test_power_states_are_read_when_asked_for(azure: RunningSimulator) -> None:
    power = {facts["azure_vm"]["name"]: facts["azure_vm"]["power_state"] for facts in read(azure)["machines"]}
    assert set(power.values()) == {None}
    found = read(azure, power_state=True)["machines"]
    power = {facts["azure_vm"]["name"]: facts["azure_vm"]["power_state"] for facts in found}
    assert (power["stopped-01"], power["protected-01"]) == ("deallocated", "running")


def test_several_subscriptions(azure: RunningSimulator) -> None:
    found = read(azure, subscriptions=[TEST.upper(), EMPTY, TEST])
    assert states(found) == {"rg-web/web-01": "unprotected", "rg-web/test-01": "unprotected"}
    assert {facts["azure_vm"]["subscription_id"] for facts in found["machines"]} == {TEST}


def test_a_machine_named_by_its_id_may_be_in_another_subscription(azure: RunningSimulator) -> None:
    arm_id = f"/subscriptions/{TEST}/resourceGroups/rg-web/providers/Microsoft.Compute/virtualMachines/test-01"
    assert states(read(azure, vms=[arm_id, "rg-north/WEB-01"])) == {
        "rg-web/test-01": "unprotected",
        "rg-north/web-01": "unprotected",
    }


def test_a_subscription_without_machines_is_empty(azure: RunningSimulator) -> None:
    assert read(azure, subscriptions=[EMPTY]) == {"machines": [], "warnings": []}


def test_nobody_is_called_unprotected_where_a_vault_can_not_be_read(azure: RunningSimulator) -> None:
    azure.add_fault(path="/rg-web/.*/backupProtectedItems", status=403, code="AuthorizationFailed", message="No role.")
    found = read(azure)
    assert states(found) == {
        "rg-web/protected-01": "unknown",
        "rg-web/waiting-01": "unknown",
        "rg-web/stopped-01": "unknown",
        "rg-web/deleted-01": "unknown",
        "rg-web/web-01": "unknown",
        "rg-north/north-01": "protected",
        "rg-north/web-01": "unprotected",
    }
    (warning,) = found["warnings"]
    assert "vault-main" in warning and "AuthorizationFailed" in warning and "unknown" in warning


@pytest.mark.parametrize("what", ["virtualMachines$", "/vaults$"])
def test_a_subscription_that_can_not_be_read_is_an_error(azure: RunningSimulator, what: str) -> None:
    azure.add_fault(path=f"{TEST}.*{what}", status=403, code="AuthorizationFailed", message="No role.")
    with pytest.raises(BackupError, match="AuthorizationFailed") as caught:
        read(azure, subscriptions=[PRODUCTION, TEST])
    assert caught.value.http_status == 403


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vms": ["nobody", "rg-web/no one!"]}, "vms: 'rg-web/no one!' is not allowed"),
        ({"vms": []}, "vms: the list is empty"),
        ({"select": {"names": []}}, "select.names: is empty"),
        ({"subscriptions": ["Production"]}, "subscriptions: 'Production' is not allowed. Allowed: the id of a"),
        ({"subscriptions": []}, "subscriptions: the list is empty"),
        ({"rpo_hours": 0}, "rpo_hours: 0 is not allowed. Allowed: a number of hours, at least 1"),
    ],
)
def test_bad_input_is_refused_before_a_request(azure: RunningSimulator, options: t.Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read(azure, **options)
    assert not azure.requests()


def test_machines_that_are_not_there_are_all_named(azure: RunningSimulator) -> None:
    with pytest.raises(BackupError) as caught:
        read(azure, vms=["nobody", "rg-web/nothing", "web-01"])
    for text in ("'nobody'", "'rg-web/nothing'", "names more than one virtual machine"):
        assert text in caught.value.message


@pytest.mark.parametrize(
    ("state", "newest", "age", "stale"),
    [
        ("protected", "2026-03-01T15:57:00Z", 26.1, True),
        ("protected", "2026-03-01T16:00:00Z", 26.0, False),
        ("protected", None, None, True),
        ("waiting", None, None, False),
        ("stopped", "2026-02-02T18:00:00Z", 672.0, False),
        ("unknown", None, None, False),
    ],
)
def test_age_is_told_as_of_now(state: str, newest: str | None, age: float | None, stale: bool) -> None:
    aged = inventory.aged({"state": state, "newest": newest, "vault_id": None}, NOW, inventory.rpo_hours({}))
    assert aged == {"state": state, "vault_id": None, "age_hours": age, "stale": stale}


def test_the_promise_can_be_another() -> None:
    aged = inventory.aged(
        {"state": "protected", "newest": "2026-03-01T15:00:00Z"}, NOW, inventory.rpo_hours({"rpo_hours": 48})
    )
    assert aged["stale"] is False
