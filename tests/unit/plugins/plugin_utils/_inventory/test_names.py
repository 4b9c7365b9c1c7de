# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of hosts and groups: two machines are never one host, and two vaults never one group."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import InvalidInput
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._inventory import names
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies

ONE, TWO = bodies.vm_id("web-01", "rg-one"), bodies.vm_id("web-01", "rg-two")


def vault(name: str, group: str = "rg-backup", subscription: str = bodies.SUBSCRIPTION) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.RecoveryServices/vaults/{name}"


def test_the_hashed_name_is_that_of_azure_rm() -> None:
    digest = hashlib.sha1(ONE.encode()).hexdigest()
    assert names.hashed("web-01", ONE) == f"web-01_{digest[0:4]}"


def test_a_name_of_one_machine_is_given_as_it_is() -> None:
    assert names.of_hosts({ONE: "web-01", TWO: "web-02"}) == ({ONE: "web-01", TWO: "web-02"}, [])


def test_machines_of_one_name_get_the_names_that_they_have_by_default() -> None:
    given_names, clashing = names.of_hosts({ONE: "web-01", TWO: "web-01"})
    assert given_names == {ONE: names.hashed("web-01", ONE), TWO: names.hashed("web-01", TWO)}
    assert clashing == ["web-01"]


def test_a_name_that_another_source_has_given_to_another_machine_is_taken() -> None:
    given_names, clashing = names.of_hosts({ONE: "web-01"}, {"web-01", names.hashed("web-01", ONE)})
    assert given_names == {ONE: names.hashed("web-01", ONE, 8)}
    assert clashing == ["web-01"]


@given(
    st.lists(st.integers(0, 400), unique=True),
    st.dictionaries(st.integers(0, 400), st.sampled_from(["a", "b", "c", "a_5c1d"])),
    st.sets(st.sampled_from(["a", "b"])),
)
def test_two_machines_are_never_one_host(machines: list[int], wanted_names: dict[int, str], taken: set[str]) -> None:
    wanted = {bodies.vm_id("vm", f"rg-{number}"): wanted_names.get(number, "a") for number in machines}
    given_names, _clashing = names.of_hosts(wanted, taken)
    assert set(given_names) == set(wanted)
    assert len(set(given_names.values())) == len(wanted)
    assert not taken & set(given_names.values())


def test_vaults_are_told_apart_by_as_little_as_needed() -> None:
    alone, here, there = vault("vault-a"), vault("vault-b", "rg-one"), vault("vault-b", "rg-two")
    elsewhere = vault("vault-b", "rg-two", bodies.OTHER_SUBSCRIPTION)
    told = names.of_vaults([alone, here, there, elsewhere, here.upper(), alone.replace("vaults", "Vaults")])
    tail = "rg_two_vault_b"
    assert told == {
        alone.casefold(): "vault_a",
        here.casefold(): "rg_one_vault_b",
        there.casefold(): f"{names.of_group(bodies.SUBSCRIPTION)}_{tail}",
        elsewhere.casefold(): f"{names.of_group(bodies.OTHER_SUBSCRIPTION)}_{tail}",
    }


def test_every_vault_has_a_group() -> None:
    assert len(names.of_vaults([vault("v-1", "rg.one"), vault("v-1", "rg-one"), vault("v-1", "rg_one")])) == 3


def test_no_vault_takes_the_group_of_another() -> None:
    shadow = vault("rg-one-vault-b")
    told = names.of_vaults([shadow, vault("vault-b", "rg-one"), vault("vault-b", "rg-two")])
    assert len(set(told.values())) == 3


@pytest.mark.parametrize(
    ("text", "name"),
    [("DefaultPolicy", "defaultpolicy"), ("Daily-30 days!", "daily_30_days"), ("a--b", "a_b"), ("x_y", "x_y")],
)
def test_a_group_has_a_valid_name(text: str, name: str) -> None:
    assert names.of_group(text) == name
    assert re.fullmatch(r"\w+", name)


@pytest.mark.parametrize(
    ("word", "name"),
    [("Passed", "passed"), ("ActionRequired", "action_required"), ("IRPending", "irpending")],
)
def test_a_word_of_the_service_is_parted(word: str, name: str) -> None:
    assert names.of_word(word) == name


@pytest.mark.parametrize("text", ["", "backup_", "_x", "B2"])
def test_a_prefix_is_kept(text: str) -> None:
    assert names.prefix(text) == text


@pytest.mark.parametrize("text", ["1x", "a-b", " ", "a b", "é"])
def test_a_prefix_that_no_group_can_have_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="group_prefix: .* is not allowed. Allowed: letters"):
        names.prefix(text)
