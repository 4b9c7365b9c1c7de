# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Spreading the machines of a region over its vaults: each in one, always the same one, none overfull."""

from __future__ import annotations

import collections
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._fleet import groups
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._fleet.spread import Family

SUBSCRIPTION = "/subscriptions/aaaaaaaa-0000-4000-8000-000000000001"
NAME = "vault-{location}-{number}"


def vm_id(number: int) -> str:
    return f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-{number:05}"


def vault_id(name: str, group: str = "rg-backup") -> str:
    return f"{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.RecoveryServices/vaults/{name}"


def family(count: int) -> Family:
    return Family("rg-backup", "vault-weu-{number}", count)


FLEETS = st.lists(st.integers(0, 5000), unique=True, min_size=1, max_size=60)
COUNTS = st.integers(1, 7)


@given(FLEETS, COUNTS, st.integers(1, 6))
def test_every_machine_is_in_one_vault_and_slices_agree(fleet: list[int], count: int, slices: int) -> None:
    machines = [vm_id(number) for number in fleet]
    whole = family(count).assign(machines, {})
    assert set(whole) == set(machines) and set(whole.values()) <= set(range(1, count + 1))
    parts: dict[str, int] = {}
    for number in range(slices):
        parts |= family(count).assign(machines[number::slices], {})
    assert parts == whole


@given(FLEETS, FLEETS, COUNTS)
def test_other_machines_change_nothing(fleet: list[int], others: list[int], count: int) -> None:
    alone = family(count).assign([vm_id(number) for number in fleet], {})
    among = family(count).assign([vm_id(number) for number in {*fleet, *others}], {})
    assert {machine: among[machine] for machine in alone} == alone


@given(FLEETS, COUNTS)
def test_with_one_more_vault_machines_only_go_to_the_new_one(fleet: list[int], count: int) -> None:
    machines = [vm_id(number) for number in fleet]
    before, after = (family(number).assign(machines, {}) for number in (count, count + 1))
    assert all(after[machine] in (before[machine], count + 1) for machine in machines)


@given(FLEETS, COUNTS, st.integers(1, 20), st.data())
def test_no_vault_is_overfull_while_another_has_room(fleet: list[int], count: int, limit: int, data: t.Any) -> None:
    held = {number: data.draw(st.integers(0, limit)) for number in range(1, count + 1)}
    assigned = family(count).assign([vm_id(number) for number in fleet], held, limit)
    loads = collections.Counter(held) + collections.Counter(assigned.values())
    room = sum(limit - number for number in held.values())
    if len(fleet) <= room:
        assert all(load <= limit for load in loads.values())
    else:
        # Whoever finds no room gets the vault of its preference, which says that it is full.
        assert all(loads[number] >= limit for number in held)


def test_full_vaults_are_passed_over_by_all_slices_alike() -> None:
    machines = [vm_id(number) for number in range(400)]
    held = {1: 1000, 2: 10, 3: 1200}
    whole = family(4).assign(machines, held)
    assert set(whole.values()) == {2, 4}
    parts = family(4).assign(machines[::2], held) | family(4).assign(machines[1::2], held)
    assert parts == whole


def test_the_spread_is_even() -> None:
    loads = collections.Counter(family(10).assign([vm_id(number) for number in range(9000)], {}).values())
    assert min(loads.values()) > 800 and max(loads.values()) < 1000


def test_the_rule_stays_what_it_is() -> None:
    """Another hash would send what is not protected yet elsewhere, in the middle of somebody's roll-out."""
    assert [family(5).preferences(vm_id(number))[0] for number in range(12)] == [4, 5, 4, 5, 3, 3, 4, 4, 4, 5, 4, 1]


@pytest.mark.parametrize(
    ("name", "number"),
    [
        (vault_id("vault-weu-3"), 3),
        (vault_id("VAULT-WEU-12", "RG-Backup"), 12),
        (vault_id("vault-weu-0"), None),
        (vault_id("vault-weu-03"), None),
        (vault_id("vault-weu-3", "rg-other"), None),
        (vault_id("vault-weu-3-old"), None),
        (vault_id("legacy"), None),
        ("", None),
        (None, None),
    ],
)
def test_the_vaults_of_a_family_are_known_by_their_names(name: str | None, number: int | None) -> None:
    assert family(2).number_of(name) == number


@pytest.mark.parametrize(("name", "count"), [("vault", 2), ("vault-{number}", 0), ("vault-{number}", -1)])
def test_what_can_not_be_is_refused(name: str, count: int) -> None:
    with pytest.raises(ValueError, match="vault"):
        Family("rg-backup", name, count)


def machine(number: int, status: str = "protectable", location: str = "westeurope", **more: t.Any) -> dict[str, t.Any]:
    return {"id": vm_id(number), "location": location, "status": status, "vault_id": None, **more}


def grouped(machines: t.Sequence[dict[str, t.Any]], **more: t.Any) -> dict[str, list[str]]:
    options = {"vault_name": NAME, "resource_group": "rg-backup", "vaults": {}, "policy": "", **more}
    return {group["vault_name"]: group["vms"] for group in groups.by_vault(machines, **options)}


def test_what_a_vault_of_the_family_holds_stays_also_when_there_are_fewer_vaults() -> None:
    held = [
        machine(number, "protected", vault_id=vault_id(f"vault-westeurope-{number % 4 + 1}")) for number in range(12)
    ]
    for count in (1, 2, 4, 9):
        found = grouped(held, vaults_per_region=count)
        assert {name: len(vms) for name, vms in found.items()} == {f"vault-westeurope-{one}": 3 for one in (1, 2, 3, 4)}


def test_a_region_may_have_a_count_of_its_own() -> None:
    machines = [machine(number) for number in range(40)]
    machines += [machine(number, location="northeurope") for number in range(40, 80)]
    found = grouped(machines, vaults={"North Europe": {"name": "north-{number}", "count": "3"}}, vaults_per_region=2)
    assert set(found) == {f"vault-westeurope-{one}" for one in (1, 2)} | {f"north-{one}" for one in (1, 2, 3)}
    assert sorted(vm for vms in found.values() for vm in vms) == sorted(one["id"] for one in machines)


def test_vaults_that_the_discovery_found_full_get_no_more() -> None:
    holdings = [{"id": vault_id("vault-westeurope-1"), "vms_held": 1000}, {"id": vault_id("legacy"), "vms_held": 5}]
    machines = [machine(number) for number in range(30)]
    assert set(grouped(machines, vaults_per_region=2, holdings=holdings)) == {"vault-westeurope-2"}


def test_each_step_has_only_the_machines_of_its_vault() -> None:
    """When machines are chosen by filters, every vault of the region sees all that is unprotected there."""
    machines = [machine(number, "not_visible") for number in range(30)]
    made = groups.by_vault(
        machines, vault_name=NAME, resource_group="rg-backup", vaults={}, policy="", vaults_per_region=3
    )
    seen = [{"item": group, "vms": machines} for group in made]
    for step in (groups.to_register(seen), groups.to_protect(seen, undelete=False)):
        assert [group["vms"] for group in step] == [group["vms"] for group in made]
