# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import models, plans, transitions
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.item_states import item_state, item_stopped
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies

VM = models.VirtualMachine.from_wire(bodies.machine("Web-01"))
VAULT = models.Vault.from_wire(bodies.vault())
DEFAULT = models.Policy.from_wire(bodies.policy())
GOLD = models.Policy.from_wire(bodies.policy("Gold"))
# The same policy, as another answer of the service writes its id.
SHOUTED = models.Policy.from_wire({**bodies.policy(), "id": DEFAULT.id.upper(), "name": "DEFAULTPOLICY"})
OTHER_VAULT = bodies.VAULT.replace("vault-one", "vault-two")

STATES: dict[str, dict[str, t.Any]] = {
    "IRPending": {"protectionState": "IRPending"},
    "Protected": {},
    "ProtectionError": {"protectionState": "ProtectionError"},
    "ProtectionPaused": {"protectionState": "ProtectionPaused"},
    "BackupsSuspended": {"protectionState": "BackupsSuspended"},
    "ProtectionStopped": bodies.STOPPED,
    "soft-deleted": bodies.SOFT_DELETED,
}
ACTIVE = ("IRPending", "Protected", "ProtectionError")
PAUSED = ("ProtectionPaused", "BackupsSuspended")


def item(state: str, **properties: t.Any) -> models.ProtectedItem:
    return models.ProtectedItem.from_wire(bodies.item("Web-01", **{**STATES[state], **properties}))


UNLOCKED = {"securitySettings": {"immutabilitySettings": {"state": "Unlocked"}}}
NO_SOFT_DELETE = {"securitySettings": {"softDeleteSettings": {"softDeleteState": "Disabled"}}}
ALL_DISKS = {"mode": "all", "luns": []}


def vault(**properties: t.Any) -> models.Vault:
    return models.Vault.from_wire(bodies.vault(properties=properties))


def plan(
    found: models.ProtectedItem | None = None,
    wanted: models.Policy | None = None,
    *,
    machine: models.VirtualMachine = VM,
    status: dict[str, str] | None = None,
    undelete: bool = False,
    state: plans.State = "present",
    held_by: models.Vault = VAULT,
    exists: bool = True,
) -> plans.Plan:
    return plans.plan(
        machine,
        held_by,
        plans.Goal(state, policy=wanted, default=DEFAULT if state == "present" else None, undelete=undelete),
        item=found,
        status=models.BackupStatus.from_wire(status) if status is not None else None,
        exists=exists,
    )


def words(made: plans.Plan) -> list[str]:
    return [step.write for step in made.steps]


@pytest.mark.parametrize("undelete", [False, True])
@pytest.mark.parametrize("wanted", [None, DEFAULT, SHOUTED, GOLD], ids=["none", "same", "same shouted", "other"])
@pytest.mark.parametrize("goal", ["present", "stopped", "suspended", "absent"])
@pytest.mark.parametrize("state", [None, *STATES])
def test_a_plan_is_what_the_table_says(
    state: str | None, goal: plans.State, wanted: models.Policy | None, undelete: bool
) -> None:
    found = item(state, lastRecoveryPoint=None) if state else None
    made = plan(found, wanted, undelete=undelete, state=goal, held_by=vault(**UNLOCKED))
    asked: transitions.Wanted = "other_policy" if goal == "present" and wanted is GOLD else goal
    cell = transitions.transition(item_state(found) if found else "unprotected", asked, undelete=undelete)
    if cell.unless and wanted is None and plans.needs_policy(found):
        assert made.problem is not None and made.problem.code == "PolicyNeeded"
        return
    assert (made.problem.code if made.problem else None) == cell.refused
    assert (made.action, tuple(words(made))) == (cell.action, cell.writes)
    assert made.changed is bool(cell.writes)
    if made.changed:
        assert made.before != made.after
    else:
        assert made.before == made.after
    for step in made.steps:
        assert step.operation == transitions.OPERATIONS[step.write]
        if step.write == "delete":
            assert not step.properties
        else:
            assert step.properties["protectedItemType"] == "Microsoft.Compute/virtualMachines"
            assert step.properties["sourceResourceId"] == str(VM.id)
        if step.write == "configure":
            named = wanted.id if wanted else found.policy_id if found and found.policy_id else DEFAULT.id
            assert step.properties["policyId"] == made.policy_id == named


@pytest.mark.parametrize(
    ("goal", "state", "policy_name"),
    [("present", "present", "Gold"), ("stopped", "stopped", None), ("suspended", "suspended", "DefaultPolicy")],
)
def test_the_diff_shows_the_state_in_the_options_words(goal: plans.State, state: str, policy_name: str | None) -> None:
    made = plan(item("Protected"), GOLD if goal == "present" else None, state=goal, held_by=vault(**UNLOCKED))
    assert made.before == {"state": "present", "policy_name": "DefaultPolicy", "disks": ALL_DISKS}
    shown = ALL_DISKS if goal == "present" else None
    assert made.after == {"state": state, "policy_name": policy_name, "disks": shown}


@pytest.mark.parametrize(("held_by", "state"), [(VAULT, "soft_deleted"), (vault(**NO_SOFT_DELETE), "absent")])
def test_a_deletion_leads_to_where_the_vault_lets_it(held_by: models.Vault, state: str) -> None:
    made = plan(item("Protected"), state="absent", held_by=held_by)
    assert (made.after["state"], made.after["policy_name"]) == (state, None)
    assert made.expected()["state"] == {"absent": "unprotected"}.get(state, state)
    assert made.done(None) and made.done(item("soft-deleted")) and not made.done(item("ProtectionStopped"))


def test_what_is_sent_to_stop_and_to_suspend() -> None:
    target = {"protectedItemType": "Microsoft.Compute/virtualMachines", "sourceResourceId": str(VM.id), "policyId": ""}
    (stop,) = plan(item("Protected"), state="stopped").steps
    assert stop.properties == {**target, "protectionState": "ProtectionStopped"}
    (suspend,) = plan(item("Protected"), state="suspended", held_by=vault(**UNLOCKED)).steps
    assert suspend.properties == {**target, "protectionState": "BackupsSuspended"}


@pytest.mark.parametrize("immutability", ["Disabled", None])
@pytest.mark.parametrize("state", ["IRPending", "Protected", "ProtectionError", "ProtectionStopped"])
def test_only_an_immutable_vault_suspends(state: str, immutability: str | None) -> None:
    settings = {"immutabilitySettings": {"state": immutability}} if immutability else {}
    problem = plan(item(state), GOLD, state="suspended", held_by=vault(securitySettings=settings)).problem
    assert problem is not None and problem.code == "VaultNotImmutable"
    assert "state: stopped" in problem.recommendations[0]
    # What is suspended already is left alone, whatever the vault became since.
    assert plan(item("BackupsSuspended"), state="suspended").problem is None


def test_an_immutable_vault_deletes_only_what_was_never_backed_up() -> None:
    locked = vault(securitySettings={"immutabilitySettings": {"state": "Locked"}})
    for held_by, told in ((vault(**UNLOCKED), True), (locked, False)):
        problem = plan(item("Protected"), state="absent", held_by=held_by).problem
        assert problem is not None and problem.code == "VaultImmutable"
        assert "state: suspended" in problem.recommendations[0]
        assert ("immutability: disabled" in problem.recommendations[0]) is told
        assert words(plan(item("IRPending", lastRecoveryPoint=None), state="absent", held_by=held_by)) == ["delete"]


@pytest.mark.parametrize("state", ["IRPending", "Protected", "ProtectionStopped", "BackupsSuspended", "soft-deleted"])
def test_a_machine_that_is_gone_can_not_be_protected(state: str) -> None:
    made = plan(item(state), GOLD, undelete=True, exists=False)
    assert made.problem is not None and made.problem.code == "VirtualMachineGone"
    assert "state: stopped" in made.problem.recommendations[0] and "state: absent" in made.problem.recommendations[0]
    assert not made.steps


@pytest.mark.parametrize(
    ("state", "goal", "undelete", "writes"),
    [
        ("Protected", "stopped", False, ["stop"]),
        ("Protected", "suspended", False, ["suspend"]),
        ("ProtectionError", "absent", False, ["delete"]),
        ("soft-deleted", "stopped", True, ["undelete"]),
        ("BackupsSuspended", "stopped", False, ["stop"]),
    ],
)
def test_what_there_is_of_a_machine_that_is_gone_can_be_kept_or_deleted(
    state: str, goal: plans.State, undelete: bool, writes: list[str]
) -> None:
    found = item(state, lastRecoveryPoint=None)
    made = plan(found, undelete=undelete, exists=False, state=goal, held_by=vault(**UNLOCKED))
    assert words(made) == writes
    # A stopped machine would have to be backed up again before it can be suspended.
    suspended = plan(item("ProtectionStopped"), GOLD, exists=False, state="suspended", held_by=vault(**UNLOCKED))
    assert suspended.problem is not None and suspended.problem.code == "VirtualMachineGone"


@pytest.mark.parametrize("goal", ["stopped", "suspended"])
def test_what_the_vault_does_not_hold_can_not_be_stopped(goal: plans.State) -> None:
    problem = plan(state=goal, held_by=vault(**UNLOCKED)).problem
    assert problem is not None and problem.code == "NotProtected"
    assert VM.id.name in problem.message


@pytest.mark.parametrize("state", PAUSED)
def test_a_paused_machine_keeps_its_own_policy(state: str) -> None:
    own = {"policyId": GOLD.id, "policyName": "Gold"}
    found = item(state, **own)
    assert not plans.needs_policy(found)
    assert plan(found).policy_id == GOLD.id
    assert plan(found, DEFAULT).policy_id == DEFAULT.id


def test_undeleting_asks_for_nothing_but_that_and_then_protects() -> None:
    undeleted, protected = plan(item("soft-deleted"), GOLD, undelete=True).steps
    assert dict(undeleted.properties) == {
        "protectedItemType": "Microsoft.Compute/virtualMachines",
        "sourceResourceId": str(VM.id),
        "policyId": "",
        "protectionState": "ProtectionStopped",
        "isRehydrate": True,
    }
    assert dict(protected.properties) == {
        "protectedItemType": "Microsoft.Compute/virtualMachines",
        "sourceResourceId": str(VM.id),
        "policyId": GOLD.id,
    }


def test_a_soft_deleted_machine_names_the_way_back_and_the_end() -> None:
    problem = plan(item("soft-deleted")).problem
    assert problem is not None
    assert problem.code == "SoftDeleted"
    assert "2026-03-15T09:00:00Z" in problem.message
    assert any("undelete: true" in text for text in problem.recommendations)


@pytest.mark.parametrize(
    ("state", "wanted"), [("Protected", GOLD), ("ProtectionStopped", None), ("soft-deleted", None)]
)
@pytest.mark.parametrize(
    "disks", [{"diskLunList": [0, 1], "isInclusionList": True}, {"diskLunList": [], "isInclusionList": True}]
)
def test_a_selection_of_disks_is_kept(state: str, wanted: models.Policy | None, disks: dict[str, t.Any]) -> None:
    extended = {"diskExclusionProperties": disks, "linuxVmApplicationName": "x"}
    made = plan(item(state, extendedProperties=extended), wanted, undelete=True)
    assert made.steps[-1].properties["extendedProperties"] == {"diskExclusionProperties": disks}
    assert all("extendedProperties" not in step.properties for step in made.steps[:-1])


@pytest.mark.parametrize("extended", [None, {}, {"diskExclusionProperties": None}])
def test_without_a_selection_of_disks_none_is_sent(extended: dict[str, t.Any] | None) -> None:
    assert "extendedProperties" not in plan(item("Protected", extendedProperties=extended), GOLD).steps[0].properties


def test_an_item_is_written_under_the_names_that_the_service_gave_it() -> None:
    made = plan(item("Protected"), GOLD)
    assert made.container_name == "IaasVMContainer;iaasvmcontainerv2;rg-web;web-01"
    assert made.item_name == "VM;iaasvmcontainerv2;rg-web;web-01"
    new = plan()
    assert (new.container_name, new.item_name) == (VM.id.container_name, VM.id.item_name)


ELSEWHERE = models.VirtualMachine.from_wire(bodies.machine("Web-01", location="North Europe"))
BROKEN = models.VirtualMachine.from_wire(bodies.machine("Web-01", properties={"provisioningState": "Failed"}))


@pytest.mark.parametrize(
    ("machine", "status", "code"),
    [
        (VM, {"protectionStatus": "Protected", "vaultId": OTHER_VAULT}, "VirtualMachineAlreadyProtected"),
        (VM, {"protectionStatus": "ProtectionFailed", "vaultId": OTHER_VAULT}, "VirtualMachineAlreadyProtected"),
        (ELSEWHERE, {"protectionStatus": "Protected", "vaultId": OTHER_VAULT}, "VirtualMachineAlreadyProtected"),
        (ELSEWHERE, None, "UserErrorVmVaultLocationMismatch"),
        (ELSEWHERE, {"protectionStatus": "NotProtected"}, "UserErrorVmVaultLocationMismatch"),
        (BROKEN, None, "UserErrorVmProvisioningStateFailed"),
    ],
)
def test_what_a_read_can_tell_is_found_before_any_write(
    machine: models.VirtualMachine, status: dict[str, str] | None, code: str
) -> None:
    made = plan(machine=machine, status=status, wanted=GOLD)
    assert made.problem is not None
    assert made.problem.code == code
    assert made.problem.resource_id == str(machine.id)
    assert made.problem.recommendations
    assert (made.action, made.steps) == ("none", ())


def test_the_messages_name_both_regions_and_the_other_vault() -> None:
    region = plan(machine=ELSEWHERE).problem
    other = plan(status={"protectionStatus": "Protected", "vaultId": OTHER_VAULT}).problem
    assert region is not None
    assert other is not None
    assert "northeurope" in region.message
    assert "westeurope" in region.message
    assert OTHER_VAULT in other.message


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (None, "protect"),
        ({"protectionStatus": "NotProtected"}, "protect"),
        ({"protectionStatus": "Protecting", "vaultId": bodies.VAULT.upper()}, "in_progress"),
        ({"protectionStatus": "Protected", "vaultId": bodies.VAULT}, "in_progress"),
        # It failed before there was an item: the way out is to protect it again.
        ({"protectionStatus": "ProtectionFailed", "vaultId": bodies.VAULT}, "protect"),
        ({"protectionStatus": "Protected", "vaultId": ""}, "protect"),
    ],
)
def test_a_machine_that_the_vault_does_not_list(status: dict[str, str] | None, action: str) -> None:
    made = plan(status=status)
    assert (made.action, made.changed, made.problem) == (action, action == "protect", None)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("machine", [ELSEWHERE, BROKEN])
def test_what_the_vault_holds_is_planned_whatever_the_machine_is_like(
    state: str, machine: models.VirtualMachine
) -> None:
    made = plan(item(state), GOLD, machine=machine, undelete=True)
    assert made.problem is None
    assert made.changed


def test_a_plan_that_protects_needs_a_policy() -> None:
    with pytest.raises(ValueError, match="needs a policy"):
        plans.plan(VM, VAULT, plans.Goal("present"), item=None)


@pytest.mark.parametrize("state", [None, *STATES])
def test_who_needs_the_default_policy(state: str | None) -> None:
    found = item(state) if state else None
    assert plans.needs_policy(found) is (state in (None, "ProtectionStopped", "soft-deleted"))


def after_writing(made: plans.Plan, state: str) -> models.ProtectedItem:
    """What the vault holds after the service has taken the plan's last step."""
    sent = made.steps[-1].properties
    properties = {
        "protectionState": state,
        "policyId": str(sent["policyId"]).replace("/subscriptions/", "/Subscriptions/"),
        "policyName": str(sent["policyId"]).rpartition("/")[2],
        **({"extendedProperties": sent["extendedProperties"]} if "extendedProperties" in sent else {}),
    }
    return models.ProtectedItem.from_wire(bodies.item("Web-01", **properties))


@given(
    st.sampled_from([None, *STATES]),
    st.sampled_from([None, DEFAULT, SHOUTED, GOLD]),
    st.sampled_from([None, DEFAULT, GOLD]),
    st.sampled_from(ACTIVE),
)
def test_planning_again_on_what_a_plan_leads_to_does_nothing(
    state: str | None, wanted: models.Policy | None, own: models.Policy | None, reached: str
) -> None:
    properties = (
        {"policyId": own.id, "policyName": own.name} if own and state not in (None, "ProtectionStopped") else {}
    )
    made = plan(item(state, **properties) if state else None, wanted, undelete=True)
    if not made.changed:
        return
    reached_item = after_writing(made, reached)
    assert made.done(reached_item)
    again = plan(reached_item, wanted, undelete=True)
    assert (again.steps, again.action, again.problem) == ((), "none", None)
    assert {key: str(value).casefold() for key, value in again.before.items()} == {
        key: str(value).casefold() for key, value in made.after.items()
    }


def test_what_shows_that_a_plan_is_done() -> None:
    change = plan(item("Protected"), GOLD)
    gold = {"policyId": GOLD.id.upper(), "policyName": "Gold"}
    assert not change.done(None)
    assert not change.done(item("Protected"))
    assert not change.done(item("ProtectionStopped"))
    assert change.done(item("IRPending", **gold))
    untouched = plan(status={"protectionStatus": "Protecting", "vaultId": bodies.VAULT})
    assert untouched.done(item("IRPending"))
    assert not untouched.done(None) and not untouched.done(item("ProtectionStopped"))
    named = plan(status={"protectionStatus": "Protecting", "vaultId": bodies.VAULT}, wanted=GOLD)
    assert named.done(item("IRPending", **gold)) and not named.done(item("IRPending"))


@pytest.mark.parametrize("state", STATES)
def test_whether_recovery_points_are_made_is_shown(state: str) -> None:
    found = item(state)
    assert item_stopped(found) is (state not in ACTIVE)
    shown = plans.shown(found)
    assert (shown["state"] == "present") is (state in ACTIVE)
    assert shown["policy_name"] == (None if state in ("ProtectionStopped", "soft-deleted") else "DefaultPolicy")
