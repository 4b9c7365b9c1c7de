# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan makes of disks: kept, selected, taken back, refused."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import disks, models, plans
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies

VAULT = models.Vault.from_wire(bodies.vault())
STANDARD = models.Policy.from_wire(bodies.policy())
ENHANCED = models.Policy.from_wire(bodies.policy("Enhanced", policyType="V2"))
OTHER = {"diskLunList": [1], "isInclusionList": False}
OS_ONLY = disks.Selection("os_only")
OS_ONLY_SENT = {"diskExclusionProperties": {"diskLunList": [], "isInclusionList": True}}


def machine(encrypted: bool = False) -> models.VirtualMachine:
    storage: dict[str, t.Any] = {
        "osDisk": {"name": "os", "encryptionSettings": {"enabled": encrypted}},
        "dataDisks": [{"lun": 0, "name": "data"}],
    }
    return models.VirtualMachine.from_wire(bodies.machine(properties={"storageProfile": storage}))


def item(selection: dict[str, t.Any] | None = None, **properties: t.Any) -> models.ProtectedItem:
    more = {"extendedProperties": {"diskExclusionProperties": selection}} if selection else {}
    return models.ProtectedItem.from_wire(bodies.item(**more, **properties))


def plan(found: models.ProtectedItem | None, goal: plans.Goal, *, encrypted: bool = False) -> plans.Plan:
    return plans.plan(machine(encrypted), VAULT, goal, item=found)


def sent(made: plans.Plan) -> t.Any:
    return made.steps[-1].properties.get("extendedProperties")


@pytest.mark.parametrize(
    ("before", "policy", "selection", "action", "extended"),
    [
        (None, None, None, "none", None),
        (OTHER, None, None, "none", None),
        (OTHER, ENHANCED, None, "change_policy", {"diskExclusionProperties": OTHER}),
        (None, ENHANCED, None, "change_policy", None),
        (None, None, OS_ONLY, "change_disks", OS_ONLY_SENT),
        (OTHER, None, OS_ONLY, "change_disks", OS_ONLY_SENT),
        (OTHER, ENHANCED, OS_ONLY, "change_policy", OS_ONLY_SENT),
        (OTHER, None, disks.Selection("exclude", luns=(0,)), "change_disks", None),
        (OTHER, None, disks.Selection("all"), "change_disks", {}),
        (None, None, disks.Selection("all"), "none", None),
    ],
)
def test_a_protected_machine(
    before: dict[str, t.Any] | None,
    policy: models.Policy | None,
    selection: disks.Selection | None,
    action: str,
    extended: dict[str, t.Any] | None,
) -> None:
    made = plan(item(before), plans.Goal("present", policy=policy, disks=selection))
    assert (made.action, made.problem) == (action, None)
    if not made.steps:
        assert made.before == made.after
        return
    if selection and selection.luns:
        extended = {"diskExclusionProperties": {"diskLunList": [0], "isInclusionList": False}}
    assert sent(made) == extended
    assert made.before["disks"] == disks.describe(before)
    assert made.after["disks"] == disks.describe(made.disks)
    assert not made.done(item(before, policyId="")) and made.done(
        item(dict(made.disks) if made.disks else None, policyId=made.policy_id)
    )


def test_a_plan_is_not_done_before_the_item_shows_its_disks() -> None:
    made = plan(item(OTHER), plans.Goal("present", disks=OS_ONLY))
    assert not made.done(item(OTHER))
    assert made.done(item(OS_ONLY_SENT["diskExclusionProperties"]))


@pytest.mark.parametrize(
    ("found", "policy", "refused"),
    [
        (None, STANDARD, True),
        (None, ENHANCED, False),
        (None, None, True),
        (item(), None, True),
        (item(policyType="V2"), None, False),
        (item(policyType="V2"), STANDARD, True),
        (item(), ENHANCED, False),
    ],
)
def test_it_is_the_policy_in_the_end_that_can_or_cannot_select_disks_of_an_encrypted_machine(
    found: models.ProtectedItem | None, policy: models.Policy | None, refused: bool
) -> None:
    goal = plans.Goal("present", policy=policy, default=STANDARD, disks=OS_ONLY)
    made = plan(found, goal, encrypted=True)
    assert (made.problem is not None) is refused
    assert bool(made.steps) is not refused
    assert plan(found, goal).problem is None


@pytest.mark.parametrize("state", ["stopped", "suspended", "absent"])
def test_what_ends_protection_sends_no_selection(state: plans.State) -> None:
    vault = models.Vault.from_wire(
        bodies.vault(properties={"securitySettings": {"immutabilitySettings": {"state": "Unlocked"}}})
    )
    made = plans.plan(machine(), vault, plans.Goal(state), item=item(OTHER, lastRecoveryPoint=None))
    assert made.steps and "extendedProperties" not in made.steps[-1].properties
    assert made.before["disks"] == {"mode": "exclude", "luns": [1]}
    assert made.after["disks"] is None
