# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.models import ProtectedItem, Vault
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases import machines
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies
from ansible_collections.cloudkeep.azure_backup.tests.support.fake_azure import FakeAzure

FAR = bodies.OTHER_SUBSCRIPTION


def find(azure: FakeAzure, *vms: str, **select: t.Any) -> machines.Found:
    request = machines.Request.parse({"vms": list(vms)} if vms else {"select": select})
    return machines.find(t.cast(t.Any, azure), request)


def ids_of(found: machines.Found) -> list[str]:
    return [str(machine.id) for machine in found.machines]


def codes(found: machines.Found) -> dict[str, str]:
    return {reference.text: error.code for reference, error in found.problems}


@pytest.fixture
def estate(azure: FakeAzure) -> FakeAzure:
    azure.add_machine("web-01", tags={"env": "prod"})
    azure.add_machine("web-02", tags={"env": "test"})
    azure.add_machine("web-01", "rg-db")
    azure.add_machine("db-01", "RG-DB", location="northeurope", tags={"ENV": "prod"})
    azure.add_machine("far-01", "rg-far", subscription=FAR)
    azure.add_machine("web-02", "rg-far", subscription=FAR)
    return azure


def test_a_few_machines_are_read_one_by_one(estate: FakeAzure) -> None:
    found = find(estate, "rg-web/web-01", "RG-DB/DB-01", bodies.vm_id("far-01", "rg-far", FAR))
    assert ids_of(found) == [
        bodies.vm_id("web-01"),
        bodies.vm_id("db-01", "RG-DB"),
        bodies.vm_id("far-01", "rg-far", FAR),
    ]
    assert sorted(estate.called("read machine")) == ["DB-01", "far-01", "web-01"]
    assert not estate.called("list machines")


def test_many_machines_and_bare_names_take_a_listing(estate: FakeAzure) -> None:
    found = find(estate, "rg-web/web-01", "rg-web/web-02", "rg-db/web-01", "rg-db/db-01", "rg-db/nobody")
    assert len(found.machines) == 4
    assert codes(found) == {"rg-db/nobody": "VirtualMachineNotFound"}
    assert ids_of(find(estate, "db-01")) == [bodies.vm_id("db-01", "RG-DB")]
    assert not estate.called("read machine")
    assert estate.called("list machines") == [bodies.SUBSCRIPTION] * 2


def test_another_subscription_is_listed_only_when_an_id_names_it(estate: FakeAzure) -> None:
    found = find(estate, "db-01", bodies.vm_id("far-01", "rg-far", FAR))
    assert ids_of(found) == [bodies.vm_id("db-01", "RG-DB"), bodies.vm_id("far-01", "rg-far", FAR)]
    assert estate.called("list machines") == [bodies.SUBSCRIPTION, FAR]


def test_a_name_means_a_machine_of_the_tasks_own_subscription(estate: FakeAzure) -> None:
    found = find(estate, "web-02", bodies.vm_id("far-01", "rg-far", FAR))
    assert ids_of(found)[0] == bodies.vm_id("web-02")
    assert not found.problems
    assert codes(find(estate, "far-01", bodies.vm_id("web-02", "rg-far", FAR))) == {"far-01": "VirtualMachineNotFound"}


def test_a_name_in_two_groups_is_ambiguous_and_both_ids_are_told(estate: FakeAzure) -> None:
    found = find(estate, "web-01", "web-02")
    assert ids_of(found) == [bodies.vm_id("web-02")]
    ((_reference, error),) = found.problems
    assert error.code == "AmbiguousName"
    assert bodies.vm_id("web-01") in error.message
    assert bodies.vm_id("web-01", "rg-db") in error.message


def test_a_machine_named_twice_in_different_ways_is_found_once(estate: FakeAzure) -> None:
    assert ids_of(find(estate, "db-01", "rg-db/DB-01", bodies.vm_id("db-01", "rg-db").upper())) == [
        bodies.vm_id("db-01", "RG-DB")
    ]
    assert len(find(estate, "rg-db/DB-01", bodies.vm_id("db-01", "rg-db")).machines) == 1


@pytest.mark.parametrize("entry", ["no-such-group/web-01", bodies.vm_id("x", "no-such-group")])
def test_a_group_that_is_not_there_fails_only_its_machine(estate: FakeAzure, entry: str) -> None:
    found = find(estate, "rg-web/web-01", entry)
    assert ids_of(found) == [bodies.vm_id("web-01")]
    assert codes(found) == {entry: "VirtualMachineNotFound"}


def test_a_subscription_that_is_not_there_fails_only_its_machines(estate: FakeAzure) -> None:
    gone = bodies.vm_id("x", subscription="6c1a7d2e-0000-4000-8000-00000000dead")
    found = find(estate, "db-01", gone)
    assert ids_of(found) == [bodies.vm_id("db-01", "RG-DB")]
    assert codes(found) == {gone: "VirtualMachineNotFound"}


@pytest.mark.parametrize("error", [_errors.AuthenticationFailed("no token"), _errors.ConnectionFailed("no network")])
def test_what_is_wrong_with_the_login_or_the_network_is_not_a_missing_machine(
    estate: FakeAzure, error: _errors.BackupError
) -> None:
    for call, vms in (("read machine", ["rg-web/web-01"]), ("list machines", ["web-02"])):
        estate.faults[call] = [error]
        with pytest.raises(type(error)):
            find(estate, *vms)


def test_a_classic_machine_is_never_asked_of_the_compute_service(estate: FakeAzure) -> None:
    classic = bodies.vm_id("old", "svc", provider="Microsoft.ClassicCompute")
    found = find(estate, "rg-web/web-01", classic)
    assert codes(found) == {classic: "VirtualMachineNotFound"}
    assert estate.called("read machine") == ["web-01"]
    ((_reference, error),) = found.problems
    assert any("classic" in text for text in error.recommendations)


@pytest.mark.parametrize(
    ("select", "names"),
    [
        ({}, ["web-01", "web-02", "web-01", "db-01"]),
        ({"resource_groups": ["RG-Web"]}, ["web-01", "web-02"]),
        ({"resource_groups": ["rg-web", "RG-WEB"]}, ["web-01", "web-02"]),
        ({"locations": ["North Europe"]}, ["db-01"]),
        ({"tags": {"Env": "prod"}}, ["web-01", "db-01"]),
        ({"names": ["web-*"], "exclude": ["rg-db/*"]}, ["web-01", "web-02"]),
        ({"names": ["nobody"]}, []),
    ],
)
def test_a_filter_chooses_from_a_listing(estate: FakeAzure, select: dict[str, t.Any], names: list[str]) -> None:
    assert [machine.id.name for machine in find(estate, **select).machines] == names


def test_only_the_groups_that_are_asked_for_are_listed(estate: FakeAzure) -> None:
    find(estate, resource_groups=["rg-web", "RG-WEB", "rg-db"])
    assert estate.called("list machines") == ["rg-web", "rg-db"]


def test_a_machine_that_two_pages_list_is_found_once(estate: FakeAzure) -> None:
    estate.machines[bodies.SUBSCRIPTION].append(bodies.machine("WEB-02", "RG-WEB"))
    assert len(find(estate, names=["web-02"]).machines) == 1
    assert ids_of(find(estate, "web-02")) == [bodies.vm_id("WEB-02", "RG-WEB")]


@pytest.mark.parametrize(
    ("options", "message"), [({"vms": []}, "^vms: the list is empty"), ({"vms": ["a b"]}, "^vms: 'a b'")]
)
def test_bad_input_names_the_option(options: dict[str, t.Any], message: str) -> None:
    with pytest.raises(_errors.InvalidInput, match=message):
        machines.Request.parse(options)


def held(azure: FakeAzure, items: list[bodies.Body], *vms: str, **select: t.Any) -> machines.Found:
    request = machines.Request.parse({"vms": list(vms)} if vms else {"select": select})
    vault = Vault.from_wire(bodies.vault())
    found = {item.id: item for item in map(ProtectedItem.from_wire, items)}
    return machines.find_held(t.cast(t.Any, azure), request, vault, found)


HELD = [
    bodies.item("web-01"),
    bodies.item("gone-01"),
    bodies.item("far-01", "rg-far", virtualMachineId=bodies.vm_id("FAR-01", "RG-FAR", FAR).upper()),
    bodies.item("nameless", virtualMachineId="", sourceResourceId=""),
]


def test_what_a_vault_holds_is_found_without_reading_machines(estate: FakeAzure) -> None:
    assert len(held(estate, HELD).machines) == 4
    assert ids_of(held(estate, HELD, "gone-01")) == [bodies.vm_id("gone-01")]
    assert ids_of(held(estate, HELD, "nameless")) == [bodies.vm_id("nameless")]
    assert ids_of(held(estate, HELD, "far-01"))[0].casefold() == bodies.vm_id("far-01", "rg-far", FAR).casefold()
    assert codes(held(estate, HELD, "web-02")) == {"web-02": "VirtualMachineNotFound"}
    assert not estate.calls


def test_tags_of_what_a_vault_holds_are_read_from_every_subscription(estate: FakeAzure) -> None:
    estate.machines[FAR][0]["tags"] = {"env": "prod"}
    found = held(estate, HELD, tags={"env": "prod"})
    assert [machine.id.name.casefold() for machine in found.machines] == ["web-01", "far-01"]
    assert estate.called("list machines") == [bodies.SUBSCRIPTION, FAR]


def test_what_a_vault_holds_is_in_the_vaults_region(estate: FakeAzure) -> None:
    assert len(held(estate, HELD, locations=["westeurope"]).machines) == 4
    assert not held(estate, HELD, locations=["northeurope"]).machines
