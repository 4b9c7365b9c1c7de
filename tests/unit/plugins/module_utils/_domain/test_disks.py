# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import disks, ids, models
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.disks import Selection
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies

DATA_DISKS = ((0, "db-01-logs"), (1, "db-01-Tables"), (4, "db-01-temp"))


def machine(data_disks: t.Iterable[tuple[int, str]] = DATA_DISKS) -> models.VirtualMachine:
    storage = {
        "osDisk": {"osType": "Linux", "name": "db-01-os"},
        "dataDisks": [{"lun": lun, "name": name} for lun, name in data_disks],
    }
    return models.VirtualMachine.from_wire(bodies.machine("db-01", properties={"storageProfile": storage}))


def unlisted() -> models.VirtualMachine:
    body = bodies.machine("db-01")
    del body["properties"]["storageProfile"]
    return models.VirtualMachine.from_wire(body)


def item(**extended: t.Any) -> models.ProtectedItem:
    more = {"extendedProperties": extended} if extended else {}
    return models.ProtectedItem.from_wire(bodies.item("db-01", **more))


def exclusion(luns: t.Iterable[int], *, inclusion: bool) -> dict[str, t.Any]:
    return {"diskLunList": list(luns), "isInclusionList": inclusion}


def parsed(mode: str, **more: t.Any) -> Selection:
    selection = Selection.parse({"mode": mode, "luns": None, "names": None, **more})
    assert selection is not None
    return selection


def test_a_machine_tells_its_disks_by_lun() -> None:
    found = machine(reversed(DATA_DISKS))
    assert found.os_disk == "db-01-os"
    assert found.data_disks == tuple(models.DataDisk(lun, name) for lun, name in DATA_DISKS)
    assert unlisted().data_disks is None


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"mode": "include", "luns": [1]}, exclusion([1], inclusion=True)),
        ({"mode": "include", "luns": [4, 0, 4]}, exclusion([0, 4], inclusion=True)),
        ({"mode": "include", "names": ["DB-01-logs"]}, exclusion([0], inclusion=True)),
        ({"mode": "include", "luns": [4], "names": [" db-01-tables "]}, exclusion([1, 4], inclusion=True)),
        ({"mode": "exclude", "names": ["db-01-temp"]}, exclusion([4], inclusion=False)),
        ({"mode": "exclude", "luns": [4], "names": ["db-01-temp"]}, exclusion([4], inclusion=False)),
        ({"mode": "os_only"}, exclusion([], inclusion=True)),
        ({"mode": "all"}, None),
    ],
)
def test_options_become_what_the_service_is_to_have(options: dict[str, t.Any], wanted: dict[str, t.Any] | None) -> None:
    assert disks.wanted(parsed(**options), machine()) == wanted


def test_without_the_option_nothing_is_asked_for() -> None:
    assert Selection.parse(None) is None


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"mode": "include"}, "disks.luns or disks.names; else mode 'os_only'"),
        ({"mode": "exclude", "luns": [], "names": []}, "disks.luns or disks.names; else mode 'all'"),
        ({"mode": "os_only", "luns": [0]}, "disks.luns: [0] is not allowed. Allowed: nothing, with mode 'os_only'"),
        ({"mode": "all", "names": ["x"]}, "disks.names: ['x'] is not allowed. Allowed: nothing, with mode 'all'"),
        ({"mode": "include", "luns": [-1]}, "disks.luns: -1 is not allowed. Allowed: LUNs from 0 to 63"),
        ({"mode": "include", "luns": [0, 64]}, "disks.luns: 64 is not allowed"),
        ({"mode": "exclude", "names": ["  "]}, "disks.names: '  ' is not allowed"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, t.Any], named: str) -> None:
    with pytest.raises(_errors.InvalidInput) as caught:
        parsed(**options)
    assert named in caught.value.message


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"mode": "exclude", "luns": [2, 7, 0]},
            "db-01 has no data disk at LUN 2, 7. Its data disks: db-01-logs (LUN 0), ",
        ),
        ({"mode": "include", "names": ["db-01-log"]}, "db-01 has no data disk named 'db-01-log'. Its data disks: "),
        ({"mode": "exclude", "names": ["DB-01-OS"]}, "'DB-01-OS' as the disk of its operating system, which is always"),
    ],
)
def test_disks_that_the_machine_does_not_have_are_an_error_that_names_those_it_has(
    options: dict[str, t.Any], said: str
) -> None:
    with pytest.raises(_errors.BackupError) as caught:
        disks.wanted(parsed(**options), machine())
    assert said in caught.value.message
    assert caught.value.code == "DiskNotFound"
    assert caught.value.resource_id == str(machine().id)


def test_a_machine_without_data_disks_says_so() -> None:
    with pytest.raises(_errors.BackupError, match=r"Its data disks: none\."):
        disks.wanted(parsed("exclude", luns=[0]), machine(()))


def test_names_need_a_machine_whose_disks_are_known() -> None:
    with pytest.raises(_errors.BackupError, match="not listed with its disks.*Give LUNs instead of names"):
        disks.wanted(parsed("include", names=["db-01-logs"]), unlisted())
    assert disks.wanted(parsed("include", luns=[3]), unlisted()) == exclusion([3], inclusion=True)
    assert disks.wanted(parsed("os_only"), unlisted()) == exclusion([], inclusion=True)


@pytest.mark.parametrize(
    ("extended", "found", "shown", "text"),
    [
        ({}, None, {"mode": "all", "luns": []}, "all"),
        ({"diskExclusionProperties": None}, None, {"mode": "all", "luns": []}, "all"),
        (
            {"diskExclusionProperties": exclusion([], inclusion=False)},
            None,
            {"mode": "all", "luns": []},
            "all",
        ),
        (
            {"diskExclusionProperties": exclusion([], inclusion=True)},
            exclusion([], inclusion=True),
            {"mode": "os_only", "luns": []},
            "os_only",
        ),
        (
            {"diskExclusionProperties": {"isInclusionList": True}},
            exclusion([], inclusion=True),
            {"mode": "os_only", "luns": []},
            "os_only",
        ),
        (
            {"diskExclusionProperties": exclusion([3, 1, 3], inclusion=False)},
            exclusion([1, 3], inclusion=False),
            {"mode": "exclude", "luns": [1, 3]},
            "exclude LUN 1, 3",
        ),
        (
            {"diskExclusionProperties": exclusion([2], inclusion=True)},
            exclusion([2], inclusion=True),
            {"mode": "include", "luns": [2]},
            "include LUN 2",
        ),
    ],
)
def test_the_selection_of_an_item(
    extended: dict[str, t.Any], found: dict[str, t.Any] | None, shown: dict[str, t.Any], text: str
) -> None:
    current = disks.current(item(**extended))
    assert current == found
    assert disks.describe(current) == shown
    assert disks.as_text(current) == text


def test_a_machine_without_an_item_has_no_selection() -> None:
    assert disks.current(None) is None


def test_an_inclusion_is_no_exclusion_even_when_they_mean_the_same_today() -> None:
    included = disks.wanted(parsed("include", luns=[0, 1]), machine())
    excluded = disks.wanted(parsed("exclude", luns=[4]), machine())
    assert not disks.same(included, excluded)


def test_what_is_sent() -> None:
    selected = exclusion([1], inclusion=True)
    assert disks.extended_properties(None, None) == {}
    assert disks.extended_properties(None, selected) == {"extendedProperties": {}}
    for before in (None, selected, exclusion([], inclusion=True)):
        assert disks.extended_properties(selected, before) == {
            "extendedProperties": {"diskExclusionProperties": selected}
        }


ENCRYPTED = {"osDisk": {"name": "os", "encryptionSettings": {"enabled": True}}, "dataDisks": [{"lun": 0, "name": "x"}]}
CLASSIC = models.VirtualMachine(ids.VmId(bodies.SUBSCRIPTION, "service", "db-01", ids.CLASSIC_COMPUTE), "westeurope")


@pytest.mark.parametrize("selected", [True, False])
@pytest.mark.parametrize(
    ("kind", "policy_type", "refused"),
    [
        ("plain", "V1", False),
        ("plain", "V2", False),
        ("encrypted", "V1", True),
        ("encrypted", "v2", False),
        ("classic", "V1", True),
    ],
)
def test_a_standard_policy_selects_no_disks_of_some_machines(
    kind: str, policy_type: str, refused: bool, selected: bool
) -> None:
    encrypted = models.VirtualMachine.from_wire(bodies.machine("db-01", properties={"storageProfile": ENCRYPTED}))
    asked = {"plain": machine(), "encrypted": encrypted, "classic": CLASSIC}[kind]
    problem = disks.unsupported(asked, exclusion([0], inclusion=True) if selected else None, policy_type)
    assert (problem is not None) is (refused and selected)
    if problem:
        assert "a standard policy can't leave out disks" in problem.message
        assert ("enhanced policy" in problem.advice) is (kind == "encrypted")


LUNS = st.lists(st.integers(0, 63), max_size=8)
SELECTIONS = st.one_of(
    st.just({"mode": "os_only"}),
    st.just({"mode": "all"}),
    st.builds(
        lambda mode, luns: {"mode": mode, "luns": luns}, st.sampled_from(["include", "exclude"]), LUNS.filter(bool)
    ),
)
EVERY_LUN = machine([(lun, f"disk-{lun}") for lun in range(disks.MOST_LUNS)])


@given(SELECTIONS)
def test_what_is_sent_reads_back_as_what_was_asked_for(options: dict[str, t.Any]) -> None:
    wanted = disks.wanted(parsed(**options), EVERY_LUN)
    sent = disks.extended_properties(wanted, exclusion([], inclusion=True))
    read = disks.current(item(**sent["extendedProperties"]))
    assert disks.same(read, wanted)
    shown = disks.describe(read)
    assert shown == {"mode": options["mode"], "luns": sorted(set(options.get("luns", [])))}


@given(st.sampled_from(["include", "exclude"]), LUNS.filter(bool), st.randoms(use_true_random=False))
def test_order_duplicates_and_names_do_not_matter(mode: str, luns: list[int], random: t.Any) -> None:
    shuffled = [*luns, *luns[:1]]
    random.shuffle(shuffled)
    names = [f"DISK-{lun}" for lun in shuffled]
    by_lun, by_name = parsed(mode, luns=luns), parsed(mode, names=names)
    assert disks.same(disks.wanted(by_lun, EVERY_LUN), disks.wanted(by_name, EVERY_LUN))


@given(SELECTIONS, SELECTIONS)
def test_selections_are_the_same_only_if_they_are_shown_the_same(
    one: dict[str, t.Any], other: dict[str, t.Any]
) -> None:
    left, right = (disks.wanted(parsed(**options), EVERY_LUN) for options in (one, other))
    assert disks.same(left, right) is (disks.describe(left) == disks.describe(right))
