# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import ids

SUBSCRIPTION = "6c1a7d2e-0000-4000-8000-000000000001"
VM = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/Rg-Web/providers/Microsoft.Compute/virtualMachines/Web-01"
CLASSIC = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/svc/providers/Microsoft.ClassicCompute/virtualMachines/old"
VAULT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.RecoveryServices/vaults/Vault-1"

segments = st.text(
    st.characters(blacklist_characters="/\n\r", blacklist_categories=["C", "Z"]), min_size=1, max_size=20
)


@st.composite
def any_case(draw: st.DrawFn, text: str) -> str:
    flags = draw(st.lists(st.booleans(), min_size=len(text), max_size=len(text)))
    return "".join(
        letter.swapcase() if flag and letter.isascii() else letter for letter, flag in zip(text, flags, strict=True)
    )


@given(segments, segments, segments, st.sampled_from([ids.COMPUTE, ids.CLASSIC_COMPUTE]))
def test_a_machine_id_survives_writing_and_reading(subscription: str, group: str, name: str, provider: str) -> None:
    vm_id = ids.VmId(subscription, group, name, provider)
    assert ids.VmId.parse(str(vm_id)) == vm_id


@given(any_case(VM))
def test_a_machine_id_is_the_same_in_any_letter_case(text: str) -> None:
    read, usual = ids.VmId.parse(text), ids.VmId.parse(VM)
    assert read.key == usual.key
    assert ids.same(text, VM)
    assert read.container_name == usual.container_name == "iaasvmcontainer;iaasvmcontainerv2;rg-web;web-01"
    assert read.item_name == usual.item_name == "vm;iaasvmcontainerv2;rg-web;web-01"
    assert not read.classic


@given(any_case(CLASSIC))
def test_a_classic_machine_is_named_after_its_cloud_service(text: str) -> None:
    read = ids.VmId.parse(text)
    assert read.classic
    assert read.provider == "Microsoft.ClassicCompute"
    assert read.container_name == "iaasvmcontainer;iaasvmcontainer;svc;old"
    assert read.item_name == "vm;iaasvmcontainer;svc;old"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (VM.replace("Rg-Web", "rg-web"), True),
        (VM.replace("/subscriptions/", "/Subscriptions/"), True),
        (VM + "/", True),
        (f"  {VM}\n", True),
        (VM.replace("Web-01", "web-02"), False),
        (VM.replace("Rg-Web", "rg-db"), False),
        (VM.replace("0001/", "0002/"), False),
        (VM.replace("Microsoft.Compute", "Microsoft.ClassicCompute"), False),
    ],
)
def test_which_ids_are_of_one_machine(other: str, same: bool) -> None:
    assert (ids.VmId.parse(other).key == ids.VmId.parse(VM).key) is same


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "web-01",
        "rg/web-01",
        VM.removeprefix("/"),
        VM + "/extensions/agent",
        VM.replace("/virtualMachines/", "/virtualMachineScaleSets/"),
        VM.replace("Microsoft.Compute", "Microsoft_Compute"),
        VM.replace("Rg-Web", ""),
        VAULT,
    ],
)
def test_what_is_not_the_id_of_a_machine(text: str) -> None:
    with pytest.raises(ValueError, match="not the id of a virtual machine"):
        ids.VmId.parse(text)


@pytest.mark.parametrize("name", ["a;b", "two words", "ümlaut", "dot.dash-1", "(x)"])
def test_names_that_azure_would_not_give_do_no_harm(name: str) -> None:
    vm_id = ids.VmId.parse(VM.replace("Web-01", name))
    assert vm_id.name == name
    item = f"{VAULT}/backupFabrics/Azure/protectionContainers/{vm_id.container_name}/protectedItems/{vm_id.item_name}"
    assert ids.item_path(item) == (vm_id.container_name, vm_id.item_name)


@pytest.mark.parametrize(
    ("arm_id", "service_name", "expected"),
    [
        (VM, "VM;iaasvmcontainerv2;other;other", VM),
        ("", "VM;iaasvmcontainerv2;rg-web;web-01", VM.lower()),
        ("unreadable", "iaasvmcontainerv2;rg-web;web-01", VM.lower()),
        ("", "IaasVMContainer;iaasvmcontainerv2;rg-web;web-01", VM.lower()),
        ("", "vm;IaasVMContainer;svc;old", CLASSIC.lower()),
    ],
)
def test_a_machine_is_known_by_its_id_or_by_the_services_name(arm_id: str, service_name: str, expected: str) -> None:
    assert ids.VmId.from_service(arm_id, service_name, SUBSCRIPTION).key == expected.lower()


@given(st.text(max_size=40))
def test_no_service_name_is_too_odd_to_be_read(service_name: str) -> None:
    vm_id = ids.VmId.from_service("", service_name, SUBSCRIPTION)
    assert vm_id.name == service_name.split(";")[-1]


@given(any_case(VAULT))
def test_a_vault_id_is_the_same_in_any_letter_case(text: str) -> None:
    assert ids.VaultId.parse(text).key == ids.VaultId.parse(VAULT).key == VAULT.lower()


@pytest.mark.parametrize("rest", ["", "/", "/backupPolicies/p", "/backupFabrics/Azure/protectionContainers/a;b;c"])
def test_a_vault_is_found_in_the_id_of_what_is_inside(rest: str) -> None:
    assert str(ids.VaultId.parse(VAULT + rest)) == VAULT


@pytest.mark.parametrize("text", ["", "Vault-1", VM, VAULT.rpartition("/")[0], VAULT.replace("vaults", "vault")])
def test_what_is_not_in_a_vault(text: str) -> None:
    with pytest.raises(ValueError, match="not the id of a Recovery Services vault"):
        ids.VaultId.parse(text)


def test_a_policy_is_named_below_its_vault() -> None:
    assert ids.VaultId.parse(VAULT).policy_id("Gold") == f"{VAULT}/backupPolicies/Gold"


@pytest.mark.parametrize(
    ("arm_id", "name"), [("", ""), ("/a/b", "b"), ("/a/b/", "b"), ("name", "name"), ("PowerState/running", "running")]
)
def test_last_segment(arm_id: str, name: str) -> None:
    assert ids.last_segment(arm_id) == name


def test_the_names_of_container_and_item_keep_their_letter_case() -> None:
    item = f"{VAULT}/backupFabrics/Azure/ProtectionContainers/IaasVMContainer;x;rg;VM/protecteditems/VM;x;rg;VM"
    assert ids.item_path(item) == ("IaasVMContainer;x;rg;VM", "VM;x;rg;VM")


@pytest.mark.parametrize("text", ["", VAULT, f"{VAULT}/backupFabrics/Azure/protectionContainers/c"])
def test_what_is_not_the_id_of_an_item(text: str) -> None:
    with pytest.raises(ValueError, match="not the id of a protected item"):
        ids.item_path(text)


@pytest.mark.parametrize("written", ["West Europe", "westeurope", "WESTEUROPE", "west europe"])
def test_a_region_has_one_short_name(written: str) -> None:
    assert ids.normalized_location(written) == "westeurope"


def all_keys(texts: t.Iterable[str]) -> set[str]:
    return {ids.VmId.parse(text).key for text in texts}


def test_machines_of_one_name_in_two_groups_are_two() -> None:
    assert len(all_keys([VM, VM.replace("Rg-Web", "rg-db"), VM.upper()])) == 2
