# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes only one way, or is fixed, is found before a write, with what to do instead."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import vaults
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.vault_rules import Contents
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.vault_settings import Key
from ansible_collections.cloudkeep.azure_backup.tests.support.vaults import KEY, ONE, TWO, plan, vault, wanted

# The settings there, the ones asked for, and the option that the refusal has to name first (None: possible).
ONE_WAY: list[tuple[dict[str, t.Any], dict[str, t.Any], str | None]] = [
    ({"cross_region_restore": True}, {"cross_region_restore": False}, "cross_region_restore"),
    ({"cross_region_restore": False}, {"cross_region_restore": True}, None),
    ({"redundancy": "zone"}, {"cross_region_restore": True}, "cross_region_restore"),
    ({"redundancy": "zone"}, {"cross_region_restore": True, "redundancy": "geo"}, None),
    ({}, {"cross_region_restore": True, "redundancy": "locally"}, "cross_region_restore"),
    ({"cross_region_restore": True}, {"redundancy": "locally"}, "redundancy"),
    ({"cross_region_restore": True}, {"redundancy": "geo"}, None),
    ({"cross_subscription_restore": "disabled"}, {"cross_subscription_restore": "enabled"}, None),
    ({"cross_subscription_restore": "enabled"}, {"cross_subscription_restore": "permanently_disabled"}, None),
    (
        {"cross_subscription_restore": "permanently_disabled"},
        {"cross_subscription_restore": "enabled"},
        "cross_subscription_restore",
    ),
    (
        {"cross_subscription_restore": "permanently_disabled"},
        {"cross_subscription_restore": "disabled"},
        "cross_subscription_restore",
    ),
    (
        {"cross_subscription_restore": "permanently_disabled"},
        {"cross_subscription_restore": "permanently_disabled"},
        None,
    ),
    ({"soft_delete": "always_on"}, {"soft_delete": "disabled"}, "soft_delete"),
    ({"soft_delete": "always_on"}, {"soft_delete": "enabled"}, None),
    ({"soft_delete": "enabled"}, {"soft_delete": "disabled"}, None),
    ({"soft_delete": "enabled"}, {"soft_delete": "always_on"}, None),
    ({"immutability": "locked"}, {"immutability": "unlocked"}, "immutability"),
    ({"immutability": "locked"}, {"immutability": "disabled"}, "immutability"),
    ({"immutability": "unlocked"}, {"immutability": "disabled"}, None),
    ({"immutability": "unlocked"}, {"immutability": "locked"}, "immutability"),
    ({"immutability": "unlocked"}, {"immutability": "locked", "confirm_lock": True}, None),
    ({"immutability": "locked"}, {"immutability": "locked"}, None),
]


@pytest.mark.parametrize(("there", "asked", "named"), ONE_WAY)
def test_what_goes_one_way_is_found_before_the_write_with_what_to_do_instead(
    there: dict[str, t.Any], asked: dict[str, t.Any], named: str | None
) -> None:
    made = plan(vault(**there), **asked)
    if named is None:
        assert made.problem is None
        return
    assert made.problem and not made.writes
    assert made.problem.code == "SettingNotPossible"
    assert made.problem.message.startswith(f"{named}: ")
    assert "vault-one" in made.problem.message
    assert made.problem.recommendations


def test_a_new_vault_without_soft_delete_can_not_be_had() -> None:
    problem = plan(None, location="westeurope", soft_delete="disabled").problem
    assert problem and "secure by default" in problem.message


def test_all_that_is_impossible_is_told_at_once() -> None:
    current = vault(cross_region_restore=True, immutability="locked")
    problem = plan(current, cross_region_restore=False, immutability="disabled", soft_delete="disabled").problem
    assert problem
    for option in ("cross_region_restore: ", "immutability: ", "soft_delete: "):
        assert option in problem.message
    assert len(problem.recommendations) == 3


@pytest.mark.parametrize(
    ("options", "contents", "named"),
    [
        ({"redundancy": "zone"}, Contents(storage_locked=True), "redundancy"),
        ({"redundancy": "zone"}, Contents(held=1), "redundancy"),
        ({"redundancy": "geo"}, Contents(storage_locked=True, held=1), None),
        ({"redundancy": "zone"}, Contents(), None),
        ({"customer_managed_key": {"key_uri": KEY}}, Contents(held=1), "customer_managed_key"),
        ({"customer_managed_key": {"key_uri": KEY}}, Contents(), None),
    ],
)
def test_what_a_vault_holds_fixes_its_redundancy_and_whose_keys_it_has(
    options: dict[str, t.Any], contents: Contents, named: str | None
) -> None:
    current = vault({"type": "SystemAssigned"})
    problem = plan(current, contents, **options).problem
    assert (problem.message.startswith(f"{named}: ") if problem else problem) == (named and True)


@pytest.mark.parametrize(
    ("options", "asks"),
    [
        ({"redundancy": "geo"}, False),
        ({"redundancy": "zone"}, True),
        ({"customer_managed_key": {"key_uri": KEY}}, True),
        ({"immutability": "unlocked", "tags": {"a": "b"}}, False),
    ],
)
def test_contents_are_read_only_when_something_depends_on_them(options: dict[str, t.Any], asks: bool) -> None:
    assert vaults.depends_on_contents(vault(), wanted(**options)) is asks


def test_another_key_can_be_set_in_a_vault_that_holds_something() -> None:
    current = vault({"type": "SystemAssigned"}, encryption=Key(KEY).to_wire())
    made = plan(current, Contents(held=3), customer_managed_key={"key_uri": KEY + "/0123abc"})
    assert made.problem is None
    assert [write.doing for write in made.writes] == ["set the vault's customer-managed key"]
    assert not made.warnings


@pytest.mark.parametrize("uri", [KEY, KEY.upper().replace("HTTPS", "https"), KEY + "/"])
def test_the_same_key_spelled_otherwise_changes_nothing(uri: str) -> None:
    current = vault({"type": "SystemAssigned"}, encryption=Key(KEY).to_wire())
    assert not plan(current, customer_managed_key={"key_uri": uri}).changed


KEYS: list[tuple[dict[str, t.Any], dict[str, t.Any], str | None]] = [
    # The identity of the key has to be on the vault, or come with the same task.
    ({}, {"customer_managed_key": {"key_uri": KEY}}, "customer_managed_key.identity"),
    ({}, {"customer_managed_key": {"key_uri": KEY}, "identity": {"system_assigned": True}}, None),
    (
        {"identity": {"type": "SystemAssigned"}},
        {"customer_managed_key": {"key_uri": KEY, "identity": ONE}},
        "customer_managed_key.identity",
    ),
    (
        {"identity": {"type": "SystemAssigned"}},
        {"customer_managed_key": {"key_uri": KEY, "identity": ONE}, "identity": {"user_assigned": [ONE.upper()]}},
        None,
    ),
    # The one that reads the key can't go.
    (
        {"identity": {"type": "SystemAssigned"}, "encryption": Key(KEY).to_wire()},
        {"identity": {"system_assigned": False}},
        "identity",
    ),
    (
        {
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {ONE: {}, TWO: {}}},
            "encryption": Key(KEY, ONE).to_wire(),
        },
        {"identity": {"user_assigned": [TWO], "append": False}},
        "identity",
    ),
    (
        {
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {ONE: {}, TWO: {}}},
            "encryption": Key(KEY, ONE).to_wire(),
        },
        {
            "identity": {"user_assigned": [TWO], "append": False},
            "customer_managed_key": {"key_uri": KEY, "identity": TWO},
        },
        None,
    ),
    # The second encryption is fixed.
    (
        {"identity": {"type": "SystemAssigned"}, "encryption": Key(KEY).to_wire()},
        {"customer_managed_key": {"key_uri": KEY, "infrastructure_encryption": True}},
        "customer_managed_key.infrastructure_encryption",
    ),
    (
        {"identity": {"type": "SystemAssigned"}, "encryption": Key(KEY, "system", True).to_wire()},
        {"customer_managed_key": {"key_uri": KEY}},
        None,
    ),
]


@pytest.mark.parametrize(("there", "asked", "named"), KEYS)
def test_a_key_and_the_identity_that_reads_it_belong_together(
    there: dict[str, t.Any], asked: dict[str, t.Any], named: str | None
) -> None:
    problem = plan(vault(**there), **asked).problem
    assert (problem.message.partition(": ")[0] if problem else None) == named


@pytest.mark.parametrize(
    ("options", "warned"),
    [
        ({"cross_region_restore": True}, 1),
        ({"cross_subscription_restore": "permanently_disabled"}, 1),
        ({"immutability": "locked", "confirm_lock": True}, 1),
        ({"immutability": "unlocked", "soft_delete_days": 20, "public_network_access": False}, 0),
        ({"customer_managed_key": {"key_uri": KEY}, "identity": {"system_assigned": True}}, 1),
    ],
)
def test_what_can_never_be_taken_back_is_warned_of_once(options: dict[str, t.Any], warned: int) -> None:
    made = plan(vault(), **options)
    assert len(made.warnings) == warned
    assert not plan(made.after, **options).warnings
