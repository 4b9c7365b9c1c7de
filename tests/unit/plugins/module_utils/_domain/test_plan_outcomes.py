# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan says of its item: whether it shows what was done, and what a result shows before it can be read."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import models, plans, transitions
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies

VM = models.VirtualMachine.from_wire(bodies.machine("Web-01"))
DEFAULT = models.Policy.from_wire(bodies.policy())
GOLD = models.Policy.from_wire(bodies.policy("Gold"))
IMMUTABLE = models.Vault.from_wire(
    bodies.vault(properties={"securitySettings": {"immutabilitySettings": {"state": "Unlocked"}}})
)
STATES: t.Final[dict[str, dict[str, t.Any]]] = {
    "waiting": {"protectionState": "IRPending", "lastRecoveryPoint": None},
    "protected": {},
    "error": {"protectionState": "ProtectionError"},
    "suspended": {"protectionState": "BackupsSuspended"},
    "stopped": bodies.STOPPED,
    "soft_deleted": bodies.SOFT_DELETED,
}


def item(state: str, policy: models.Policy | None = None, **properties: t.Any) -> models.ProtectedItem:
    named = {"policyId": policy.id, "policyName": policy.name} if policy else {}
    return models.ProtectedItem.from_wire(bodies.item("Web-01", **{**STATES[state], **named, **properties}))


def plan(found: str | None, state: plans.State, policy: models.Policy | None = None, **vault: t.Any) -> plans.Plan:
    held = item(found, **({"lastRecoveryPoint": None} if state == "absent" else {})) if found else None
    goal = plans.Goal(state, policy=policy, default=DEFAULT, undelete=True)
    made = plans.plan(VM, models.Vault.from_wire(bodies.vault(**vault)) if vault else IMMUTABLE, goal, item=held)
    assert made.problem is None and made.steps
    return made


PLANS: t.Final[dict[str, plans.Plan]] = {
    "configure": plan(None, "present"),
    "suspend": plan("protected", "suspended"),
    "stop": plan("protected", "stopped"),
    "undelete": plan("soft_deleted", "stopped"),
    "delete": plan("protected", "absent"),
}
SHOWN_BY: t.Final[dict[str, set[str]]] = {
    "configure": {"waiting", "protected", "error"},
    "suspend": {"suspended"},
    "stop": {"stopped"},
    "undelete": {"stopped"},
    "delete": {"soft_deleted", "nothing"},
}


@pytest.mark.parametrize("write", transitions.WRITES)
def test_a_plan_is_done_when_the_item_shows_its_last_write_and_not_before(write: str) -> None:
    made = PLANS[write]
    assert made.last_write == write
    for state in (*STATES, "nothing"):
        found = None if state == "nothing" else item(state)
        assert made.done(found) is (state in SHOWN_BY[write]), state


def test_under_another_policy_it_is_not_done_yet() -> None:
    made = plan("protected", "present", GOLD)
    assert not made.done(item("protected"))
    assert made.done(item("protected", GOLD)) and made.done(item("waiting", GOLD))
    assert made.policy_id == GOLD.id and PLANS["stop"].policy_id is None


def test_a_plan_of_nothing_is_done_where_there_is_an_item() -> None:
    made = plans.unchanged(VM, item=item("protected"))
    assert made.last_write is None and not made.changed
    assert made.done(item("stopped")) and not made.done(None)


@pytest.mark.parametrize("state", [*STATES, "nothing"])
def test_what_has_to_show_before_the_next_write_is_sent(state: str) -> None:
    """Suspending what is soft-deleted takes all three writes one after the other."""
    made = plan("soft_deleted", "suspended", GOLD)
    assert [step.write for step in made.steps] == ["undelete", "configure", "suspend"]
    found = None if state == "nothing" else item(state)
    assert made.shows("undelete", found) is (state not in ("soft_deleted", "nothing"))
    assert not made.shows("configure", found)
    moved = None if state == "nothing" else item(state, GOLD)
    assert made.shows("configure", moved) is (state in ("waiting", "protected", "error"))


KEPT: t.Final[dict[str, t.Any]] = {"soft_deleted": False, "deleted_permanently_at": None}
STOPPED: t.Final[dict[str, t.Any]] = {
    "policy_name": None,
    "policy_id": None,
    "protection_state": "ProtectionStopped",
}


def test_what_is_expected_of_a_deletion() -> None:
    assert PLANS["delete"].expected() == {"state": "soft_deleted", **STOPPED, "soft_deleted": True}
    off = {"securitySettings": {"softDeleteSettings": {"softDeleteState": "Disabled"}}}
    gone = plan("protected", "absent", properties=off).expected()
    assert gone["state"] == "unprotected"
    assert set(gone) > {"policy_name", "protection_state"} and not any(gone[key] for key in gone if key != "state")


def test_what_is_expected_of_stopping_and_undeleting() -> None:
    for write in ("stop", "undelete"):
        assert PLANS[write].expected() == {"state": "stopped", **KEPT, **STOPPED}


def test_what_is_expected_of_suspending() -> None:
    suspended = {"state": "suspended", **KEPT, "protection_state": "BackupsSuspended"}
    assert PLANS["suspend"].expected() == suspended
    brought = plan("stopped", "suspended", GOLD)
    assert brought.after == {"state": "suspended", "policy_name": "Gold", "disks": None}
    assert brought.expected() == {**suspended, "policy_name": "Gold", "policy_id": GOLD.id}


@pytest.mark.parametrize(("found", "state"), [(None, "waiting"), ("waiting", "waiting"), ("protected", "protected")])
def test_what_is_expected_of_protecting(found: str | None, state: str) -> None:
    made = plan(found, "present", GOLD)
    expected = made.expected()
    assert expected["container_name"].lower() == "iaasvmcontainer;iaasvmcontainerv2;rg-web;web-01"
    assert expected["item_name"].lower() == "vm;iaasvmcontainerv2;rg-web;web-01"
    assert {key: value for key, value in expected.items() if key not in ("container_name", "item_name")} == {
        "state": state,
        **KEPT,
        "disks": {"mode": "all", "luns": []},
        "policy_name": "Gold",
        "policy_id": GOLD.id,
    }


def test_the_way_to_the_end_is_seen_in_the_diff_of_what_has_several_steps() -> None:
    resumed = plan("soft_deleted", "present", GOLD)
    assert resumed.after["state"] == "present" and resumed.after["policy_name"] == "Gold"
    (undelete, configure) = resumed.steps
    assert undelete.properties["isRehydrate"] is True and undelete.properties["policyId"] == ""
    assert "isRehydrate" not in configure.properties and configure.properties["policyId"] == GOLD.id


@pytest.mark.parametrize(("policy_type", "refused"), [("V1", True), ("V2", False)])
def test_the_generation_of_the_default_policy_counts_where_none_is_named(policy_type: str, refused: bool) -> None:
    """Disks can't be left out of an encrypted machine with a standard policy, which a new machine gets by default."""
    encrypted = dataclasses.replace(VM, encrypted=True)
    default = models.Policy.from_wire(bodies.policy(policyType=policy_type))
    goal = plans.Goal("present", default=default, disks=plans.disks.Selection("os_only"))
    assert bool(plans.plan(encrypted, IMMUTABLE, goal, item=None).problem) is refused
    # Without any policy at all, the cautious answer.
    assert plans._policy_type(plans.Goal("present"), None) == "V1"


def test_a_disk_that_is_not_there_is_a_problem_of_this_machine() -> None:
    goal = plans.Goal("present", policy=DEFAULT, disks=plans.disks.Selection("exclude", luns=(5,)))
    made = plans.plan(VM, IMMUTABLE, goal, item=None)
    assert made.problem is not None and made.problem.code == "DiskNotFound" and not made.steps


@pytest.mark.parametrize("state", ["stopped", "suspended", "absent"])
def test_only_protecting_asks_whether_a_vault_may_take_a_machine_up(state: plans.State) -> None:
    elsewhere = dataclasses.replace(VM, location="northeurope")
    problem = plans.plan(elsewhere, IMMUTABLE, plans.Goal(state), item=None).problem
    assert (problem.code if problem else None) == (None if state == "absent" else "NotProtected")


@pytest.mark.parametrize("state", ["waiting", "stopped", "protected"])
def test_an_immutable_vault_keeps_recovery_points_in_whatever_state(state: str) -> None:
    held = item(state, lastRecoveryPoint="2026-03-01T18:00:20Z")
    problem = plans.plan(VM, IMMUTABLE, plans.Goal("absent"), item=held).problem
    assert problem is not None and problem.code == "VaultImmutable"


def test_a_goal_undeletes_nothing_unless_it_says_so() -> None:
    held = item("soft_deleted")
    problem = plans.plan(VM, IMMUTABLE, plans.Goal("stopped"), item=held).problem
    assert problem is not None and problem.code == "SoftDeleted"


@pytest.mark.parametrize("made", [plans.Goal("present"), PLANS["stop"].steps[0], PLANS["stop"]])
def test_what_was_decided_stays_as_it_is(made: t.Any) -> None:
    name = dataclasses.fields(made)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, name, None)
