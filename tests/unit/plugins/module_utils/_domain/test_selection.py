# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import ids, models, selection, tags
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import InvalidInput
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies

names = st.from_regex(r"[a-cX-Z0-2][a-cX-Z0-2._-]{0,10}[a-cX-Z0-2]", fullmatch=True).filter(
    lambda name: name.strip(".")
)


def vm(name: str = "web-01", group: str = "rg-web", **more: t.Any) -> models.VirtualMachine:
    return models.VirtualMachine.from_wire(bodies.machine(name, group, **more))


def texts(*entries: str) -> list[str]:
    return [reference.text for reference in selection.parse_references(entries)]


@pytest.mark.parametrize(
    ("entries", "read"),
    [
        (["web-01"], ["web-01"]),
        (["web-01\nweb-02\r\nrg/web-03\n"], ["web-01", "web-02", "rg/web-03"]),
        (["web-01, web-02 ,,web-03"], ["web-01", "web-02", "web-03"]),
        (["b", "a", "B", "c", "a"], ["b", "a", "c"]),
        (["  rg/web-01  ", "RG/WEB-01"], ["rg/web-01"]),
        (["a\n\n\n", ",", " ", "b"], ["a", "b"]),
    ],
)
def test_lists_as_people_and_surveys_write_them(entries: list[str], read: list[str]) -> None:
    assert texts(*entries) == read


@given(st.lists(names, min_size=1, max_size=6), st.sampled_from(["\n", "\r\n", ",", ", ", "\n\n"]))
def test_a_text_area_is_as_good_as_a_list(written: list[str], separator: str) -> None:
    assert texts(separator.join(written)) == texts(*written)


@given(st.lists(names, min_size=1, max_size=8))
def test_every_name_counts_once_in_the_order_of_its_first_mention(written: list[str]) -> None:
    read = [text.casefold() for text in texts(*written)]
    assert read == list(dict.fromkeys(name.casefold() for name in written))


@pytest.mark.parametrize("entries", [[], [""], ["\n , \r\n"]])
def test_an_empty_list_names_the_option(entries: list[str]) -> None:
    with pytest.raises(InvalidInput, match=r"^vms: the list is empty"):
        selection.parse_references(entries)


@pytest.mark.parametrize(
    "entry",
    [
        "/subscriptions/x",
        bodies.VAULT,
        "a/b/c",
        "rg/",
        "/web-01",
        "web 01",
        "rg web/vm",
        "web*",
        "a:b",
        "x;y",
        "{{ vm }}",
        "n" * 129,
        bodies.vm_id("a").removeprefix("/"),
    ],
)
def test_what_can_name_no_machine(entry: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        selection.parse_references(["fine", entry])
    assert raised.value.message.startswith(f"vms: {entry!r} is not allowed. Allowed: ")


@given(st.text(max_size=30))
def test_no_entry_is_a_defect(entry: str) -> None:
    try:
        selection.parse_references([entry])
    except InvalidInput as error:
        assert error.message.startswith("vms:")


MACHINES = (
    vm("web-01", "rg-web"),
    vm("WEB-01", "rg-db"),
    vm("web-02", "RG-WEB"),
    vm("web-01", "rg-web", subscription=bodies.OTHER_SUBSCRIPTION),
)


def resolved(*entries: str, here: bool = True) -> selection.Resolution:
    references = selection.parse_references(entries)
    within = [reference.within(bodies.SUBSCRIPTION) for reference in references] if here else references
    return selection.resolve(within, MACHINES)


@pytest.mark.parametrize(
    ("entry", "machine"),
    [
        ("web-02", MACHINES[2]),
        ("WEB-02", MACHINES[2]),
        ("rg-web/web-02", MACHINES[2]),
        ("RG-web/web-01", MACHINES[0]),
        ("rg-db/web-01", MACHINES[1]),
        (bodies.vm_id("web-01").upper(), MACHINES[0]),
        (bodies.vm_id("web-01", subscription=bodies.OTHER_SUBSCRIPTION), MACHINES[3]),
    ],
)
def test_one_machine_is_meant(entry: str, machine: models.VirtualMachine) -> None:
    assert resolved(entry) == selection.Resolution((machine,), (), ())


@pytest.mark.parametrize(
    ("entry", "readable"),
    [
        ("web-02", None),
        ("rg-web/web-02", bodies.vm_id("web-02")),
        (
            bodies.vm_id("x", subscription=bodies.OTHER_SUBSCRIPTION),
            bodies.vm_id("x", subscription=bodies.OTHER_SUBSCRIPTION),
        ),
        (bodies.vm_id("old", provider="Microsoft.ClassicCompute"), None),
    ],
)
def test_what_the_compute_service_can_be_asked_for(entry: str, readable: str | None) -> None:
    vm_id = selection.Reference.parse(entry).within(bodies.SUBSCRIPTION).readable_id
    assert (str(vm_id) if vm_id else None) == readable


def test_a_group_and_name_can_mean_a_classic_machine() -> None:
    classic = models.VirtualMachine(ids.VmId.parse(bodies.vm_id("old", "svc", provider="Microsoft.ClassicCompute")), "")
    reference = selection.Reference.parse("SVC/old").within(bodies.SUBSCRIPTION)
    assert selection.resolve([reference], [classic]).machines == (classic,)


def test_a_name_that_means_two_lists_both_ids_and_none_of_another_subscription() -> None:
    resolution = resolved("web-01")
    assert not resolution.machines
    ((reference, meant),) = resolution.ambiguous
    assert meant == (MACHINES[0].id, MACHINES[1].id)
    message = selection.ambiguity_message(reference, meant)
    assert "'web-01'" in message
    assert str(MACHINES[0].id) in message
    assert str(MACHINES[1].id) in message


def test_where_no_subscription_is_given_every_machine_of_the_name_is_meant() -> None:
    assert len(resolved("web-01", here=False).ambiguous[0][1]) == 3


def test_a_machine_named_in_three_ways_counts_once() -> None:
    resolution = resolved("web-02", "rg-web/WEB-02", bodies.vm_id("web-02"))
    assert resolution.machines == (MACHINES[2],)


def test_what_is_missing_is_told_in_order_and_keeps_nobody_else_from_being_found() -> None:
    resolution = resolved("gone", "web-02", "rg-web/gone")
    assert [reference.text for reference in resolution.missing] == ["gone", "rg-web/gone"]
    assert resolution.machines == (MACHINES[2],)


@given(st.lists(st.tuples(st.sampled_from(["a", "A", "b"]), st.sampled_from(["g", "G", "h"])), max_size=6))
def test_every_reference_is_found_missing_or_ambiguous(pairs: list[tuple[str, str]]) -> None:
    machines = {found.id.key: found for found in (vm(name, group) for name, group in pairs)}
    references = selection.parse_references(["a", "b", "c", "g/a", "h/b"])
    resolution = selection.resolve(references, machines.values())
    assert len(resolution.missing) + len(resolution.ambiguous) <= len(references)
    for reference in references:
        meant = [found for found in machines.values() if reference.means(found.id)]
        assert (reference in resolution.missing) is (not meant)
        assert (reference in [one for one, _meant in resolution.ambiguous]) is (len(meant) > 1)
        if len(meant) == 1:
            assert meant[0] in resolution.machines


def matches(machine: models.VirtualMachine, **options: t.Any) -> bool:
    return selection.Filter.parse(options).matches(machine)


TAGGED = vm("Web-01", "RG-Web", tags={"Env": "Prod", "empty": "", "backup": "true"})


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, True),
        ({"resource_groups": ["rg-WEB"]}, True),
        ({"resource_groups": ["rg-db", "rg-web"]}, True),
        ({"resource_groups": ["rg-db"]}, False),
        ({"locations": ["West Europe"]}, True),
        ({"locations": ["northeurope"]}, False),
        ({"names": ["web-*"]}, True),
        ({"names": ["WEB-0?"]}, True),
        ({"names": ["[vw]eb-01"]}, True),
        ({"names": [" web-01 "]}, True),
        ({"names": ["web"]}, False),
        ({"names": ["db-*", "*01"]}, True),
        ({"tags": {"env": "Prod"}}, True),
        ({"tags": {"ENV": "Pr*"}}, True),
        ({"tags": {"Env": "*"}}, True),
        ({"tags": {"Env": "prod"}}, False),
        ({"tags": {"Env": "Prod", "backup": "false"}}, False),
        ({"tags": {"backup": True}}, True),
        ({"tags": {"empty": None}}, True),
        ({"tags": {"empty": "*"}}, True),
        ({"tags": {"missing": "*"}}, False),
        ({"exclude": []}, True),
        ({"exclude": ["web-01"]}, False),
        ({"exclude": ["WEB*"]}, False),
        ({"exclude": ["web"]}, True),
        ({"exclude": ["rg-web/web-*"]}, False),
        ({"exclude": ["rg-web/*"]}, False),
        ({"exclude": ["rg-db/web-01"]}, True),
        ({"exclude": [bodies.vm_id("WEB-01", "rg-WEB")]}, False),
        ({"exclude": [bodies.vm_id("WEB-01", "rg-db")]}, True),
        ({"exclude": ["/subscriptions/*/virtualMachines/web-01"]}, False),
        ({"names": ["web-*"], "resource_groups": ["rg-db"]}, False),
        ({"names": ["web-*"], "exclude": ["web-01"]}, False),
    ],
)
def test_what_a_filter_chooses(options: dict[str, t.Any], expected: bool) -> None:
    assert matches(TAGGED, **options) is expected


def test_a_classic_machine_has_no_region_and_no_tags() -> None:
    classic = models.VirtualMachine(ids.VmId.parse(bodies.vm_id("old", "svc", provider="Microsoft.ClassicCompute")), "")
    assert matches(classic, locations=["westeurope"])
    assert matches(classic, resource_groups=["SVC"])
    assert not matches(classic, tags={"env": "*"})


@pytest.mark.parametrize("option", ["resource_groups", "locations", "names", "tags"])
def test_what_is_given_but_empty_does_not_choose_everything(option: str) -> None:
    with pytest.raises(InvalidInput, match=rf"^select\.{option}: is empty"):
        selection.Filter.parse({option: {} if option == "tags" else []})
    assert selection.Filter.parse({option: None}) == selection.Filter()


@pytest.mark.parametrize("option", ["resource_groups", "locations", "names", "exclude"])
@pytest.mark.parametrize("value", ["", "  "])
def test_a_blank_name_is_refused(option: str, value: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        selection.Filter.parse({option: ["fine", value]})
    assert raised.value.message.startswith(f"select.{option}: {value!r} is not allowed")


def test_a_group_that_is_named_twice_is_listed_once() -> None:
    assert selection.Filter.parse({"resource_groups": ["rg-web", "RG-Web", " rg-db"]}).resource_groups == (
        "rg-web",
        "rg-db",
    )


@given(names, names)
def test_letter_case_never_decides_about_names(name: str, group: str) -> None:
    machine = vm(name, group)
    for variant in (name.upper(), name.lower(), name.swapcase()):
        assert matches(machine, names=[variant])
        assert not matches(machine, exclude=[variant])
        assert not matches(machine, exclude=[f"{group.swapcase()}/{variant}"])


@pytest.mark.parametrize(
    ("typed", "text"), [("x", "x"), (True, "true"), (False, "false"), (None, ""), (7, "7"), (1.5, "1.5"), ("", "")]
)
def test_tags_are_texts(typed: t.Any, text: str) -> None:
    assert tags.as_text({"a": typed}) == {"a": text}


CURRENT = {"Env": "prod", "owner": "infra"}


@pytest.mark.parametrize(
    ("wanted", "keep_others", "expected"),
    [
        ({}, True, CURRENT),
        ({}, False, {}),
        ({"new": "1"}, True, {**CURRENT, "new": "1"}),
        ({"new": "1"}, False, {"new": "1"}),
        ({"ENV": "prod"}, True, CURRENT),
        ({"ENV": "test"}, True, {"Env": "test", "owner": "infra"}),
        ({"ENV": "Prod", "OWNER": "infra"}, False, {"Env": "Prod", "owner": "infra"}),
    ],
)
def test_tags_are_merged_without_regard_to_the_case_of_their_names(
    wanted: dict[str, str], keep_others: bool, expected: dict[str, str]
) -> None:
    assert tags.merged(CURRENT, wanted, keep_others=keep_others) == expected


@given(st.dictionaries(names, names, max_size=4), st.dictionaries(names, names, max_size=4), st.booleans())
def test_merging_again_changes_nothing(current: dict[str, str], wanted: dict[str, str], keep_others: bool) -> None:
    once = tags.merged(current, wanted, keep_others=keep_others)
    assert tags.merged(once, wanted, keep_others=keep_others) == once


VAULT_ID = (
    f"/subscriptions/{bodies.SUBSCRIPTION}/resourceGroups/rg-backup/providers/Microsoft.RecoveryServices/vaults/v1"
)
ITEM_ID = (
    f"{VAULT_ID}/backupFabrics/Azure/protectionContainers/IaasVMContainer;iaasvmcontainerv2;rg-web;web-01"
    "/protectedItems/VM;iaasvmcontainerv2;rg-web;web-01"
)


def test_the_id_of_a_protected_item_tells_group_and_name_and_is_that_item_only() -> None:
    (reference,) = selection.parse_references([ITEM_ID.upper()], item_ids=True)
    assert reference.means(vm("WEB-01", "RG-web").id) and not reference.means(vm("web-01", "rg-other").id)
    here, elsewhere = (
        models.ProtectedItem.from_wire({"id": item_id, "name": "VM;iaasvmcontainerv2;rg-web;web-01"})
        for item_id in (ITEM_ID, ITEM_ID.replace("vaults/v1", "vaults/v2"))
    )
    assert reference.holds(here, vm().id) and not reference.holds(elsewhere, vm().id)
    (by_name,) = selection.parse_references(["web-01"], item_ids=True)
    assert by_name.holds(here, vm().id) and by_name.holds(elsewhere, vm().id)


@pytest.mark.parametrize(
    "entry",
    [
        ITEM_ID.replace("VM;iaasvmcontainerv2;rg-web;web-01", "web-01"),
        ITEM_ID.replace("/vaults/v1", ""),
        ITEM_ID.replace("rg-backup", ".."),
        ITEM_ID + "/recoveryPoints/1",
        "/protectedItems/VM;iaasvmcontainerv2;rg-web;web-01",
    ],
)
def test_what_is_not_quite_the_id_of_a_protected_item_is_refused(entry: str) -> None:
    with pytest.raises(InvalidInput, match="id of a protected item"):
        selection.parse_references([entry], item_ids=True)


def test_ids_of_protected_items_are_refused_unless_asked_for() -> None:
    with pytest.raises(InvalidInput, match=r"^vms: "):
        selection.parse_references([ITEM_ID])


ITEM = (
    f"{bodies.VAULT}/backupFabrics/Azure/protectionContainers/IaasVMContainer;iaasvmcontainerv2;rg;vm"
    "/protectedItems/VM;iaasvmcontainerv2;rg;vm"
)


def test_ids_of_items_are_allowed_only_where_they_are_asked_for() -> None:
    assert selection.Reference.parse(ITEM, item_ids=True).item_id == ITEM
    with pytest.raises(InvalidInput):
        selection.Reference.parse(ITEM)
    with pytest.raises(InvalidInput):
        selection.parse_references([ITEM])


@pytest.mark.parametrize(("item_ids", "allowed"), [(True, selection.ALLOWED_WITH_ITEMS), (False, selection.ALLOWED)])
@pytest.mark.parametrize("entries", [[], ["/bad"]])
def test_a_refusal_tells_what_is_allowed(entries: list[str], item_ids: bool, allowed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        selection.parse_references(entries, item_ids=item_ids)
    assert allowed in refused.value.message
    assert ("protected item" in refused.value.message) is item_ids


@pytest.mark.parametrize(
    "machine", [bodies.vm_id("web", group="rg."), bodies.vm_id("we b"), bodies.vm_id("web", subscription="a/../b")]
)
def test_an_id_is_refused_for_any_part_that_can_not_be(machine: str) -> None:
    with pytest.raises(InvalidInput):
        selection.Reference.parse(machine)


def test_an_id_means_its_machine_whatever_subscription_the_task_is_about() -> None:
    for text, item_ids in ((bodies.vm_id("web"), False), (ITEM, True)):
        reference = selection.Reference.parse(text, item_ids=item_ids)
        assert reference.within(bodies.OTHER_SUBSCRIPTION) == reference
    assert selection.Reference.parse("web").within("x").subscription_id == "x"


@pytest.mark.parametrize(
    "made", [selection.Reference.parse("web"), selection.Filter(), selection.Resolution((), (), ())]
)
def test_a_selection_stays_as_it_was_read(made: t.Any) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, dataclasses.fields(made)[0].name, None)
