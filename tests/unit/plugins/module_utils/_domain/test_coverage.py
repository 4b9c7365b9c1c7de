# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Machines and items put together: which item counts, what is gone, how old the newest recovery point is."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import coverage, models
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies

OTHER_VAULT = bodies.VAULT.replace("vault-one", "vault-two")
POINT = "2026-03-01T18:00:00Z"
NOW = dt.datetime(2026, 3, 2, 18, tzinfo=dt.timezone.utc)


def machine(name: str, **more: t.Any) -> models.VirtualMachine:
    return models.VirtualMachine.from_wire(bodies.machine(name, **more))


def item(name: str, vault: str = bodies.VAULT, **properties: t.Any) -> models.ProtectedItem:
    return models.ProtectedItem.from_wire(bodies.item(name, vault_id=vault, **properties))


def one(**properties: t.Any) -> coverage.Covered:
    (covered,) = coverage.join([machine("web-01")], [item("web-01", **properties)])
    return covered


def test_machines_keep_their_order_and_items_of_gone_machines_follow() -> None:
    covered = coverage.join([machine("b"), machine("a")], [item("gone"), item("A")])
    assert [(each.id.name, each.state, each.gone) for each in covered] == [
        ("b", "unprotected", False),
        ("a", "protected", False),
        ("gone", "protected", True),
    ]


def test_an_id_is_the_same_in_any_letter_case() -> None:
    loud = bodies.vm_id("WEB-01", "RG-WEB").replace("/subscriptions/", "/Subscriptions/")
    (covered,) = coverage.join([machine("web-01")], [item("web-01", virtualMachineId=loud)])
    assert covered.item is not None and covered.machine is not None


def test_a_machine_of_a_subscription_that_was_not_read_is_not_gone() -> None:
    elsewhere = bodies.vm_id("web-01", subscription=bodies.OTHER_SUBSCRIPTION)
    held = item("web-01", virtualMachineId=elsewhere)
    (covered,) = coverage.join([], [held], listed=[bodies.SUBSCRIPTION])
    assert (covered.gone, covered.known) == (False, False)
    (covered,) = coverage.join([], [held], listed=[bodies.SUBSCRIPTION, bodies.OTHER_SUBSCRIPTION.upper()])
    assert (covered.gone, covered.known) == (True, True)


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize(
    ("dead", "alive"),
    [
        (bodies.SOFT_DELETED, {"protectionState": "IRPending", "lastRecoveryPoint": None}),
        (bodies.SOFT_DELETED, {**bodies.STOPPED, "lastRecoveryPoint": None}),
        (bodies.STOPPED, {"protectionState": "ProtectionError"}),
        ({"lastRecoveryPoint": "2026-02-01T18:00:00Z"}, {}),
        ({"lastRecoveryPoint": None}, {}),
    ],
)
def test_of_several_items_the_one_that_is_alive_counts(
    dead: dict[str, t.Any], alive: dict[str, t.Any], swap: bool
) -> None:
    items = [item("web-01", **dead), item("web-01", OTHER_VAULT, **alive)]
    (covered,) = coverage.join([machine("web-01")], reversed(items) if swap else items)
    assert covered.item is not None and covered.item.vault_id.name == "vault-two"


@pytest.mark.parametrize(
    ("properties", "age"),
    [
        ({"lastRecoveryPoint": POINT}, 24.0),
        ({"lastRecoveryPoint": None, "lastBackupTime": POINT}, 24.0),
        ({"lastRecoveryPoint": None, "lastBackupTime": POINT, "lastBackupStatus": "CompletedWithWarnings"}, 24.0),
        ({"lastRecoveryPoint": None, "lastBackupTime": POINT, "lastBackupStatus": "Failed"}, None),
        ({"lastRecoveryPoint": None, "lastBackupTime": None}, None),
    ],
)
def test_the_age_is_that_of_the_newest_recovery_point(properties: dict[str, t.Any], age: float | None) -> None:
    assert one(**properties).age_hours(NOW) == age


def test_a_machine_that_no_vault_holds_has_no_age_and_is_not_stale() -> None:
    (covered,) = coverage.join([machine("web-01")], [])
    assert covered.age_hours(NOW) is None and not covered.stale(NOW)


@pytest.mark.parametrize(
    ("properties", "stale"),
    [
        ({"lastRecoveryPoint": "2026-03-01T16:00:00Z"}, False),
        ({"lastRecoveryPoint": "2026-03-01T15:59:59Z"}, True),
        ({"lastRecoveryPoint": None, "lastBackupTime": None}, True),
        ({"lastRecoveryPoint": None, "lastBackupTime": None, "protectionState": "ProtectionError"}, True),
        ({"lastRecoveryPoint": None, "lastBackupTime": None, "protectionState": "IRPending"}, False),
        ({"lastRecoveryPoint": "2025-01-01T00:00:00Z", **bodies.STOPPED}, False),
        ({"lastRecoveryPoint": "2025-01-01T00:00:00Z", **bodies.SOFT_DELETED}, False),
        ({"lastRecoveryPoint": "2025-01-01T00:00:00Z", "protectionState": "BackupsSuspended"}, False),
    ],
)
def test_stale_is_what_is_older_than_was_promised(properties: dict[str, t.Any], stale: bool) -> None:
    assert one(**properties).stale(NOW, 26) is stale


def test_a_gone_machine_is_not_stale() -> None:
    (covered,) = coverage.join([], [item("gone", lastRecoveryPoint="2025-01-01T00:00:00Z")])
    assert not covered.stale(NOW)
