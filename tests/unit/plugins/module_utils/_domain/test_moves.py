# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import disks, ids, models, moves, plans
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.moves import Held, Moving
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies

TARGET = bodies.VAULT
OLD = bodies.VAULT.replace("vault-one", "vault-old")
OTHER = bodies.VAULT.replace("vault-one", "vault-other")
SELECTION = {"diskLunList": [1], "isInclusionList": False}
STATES: dict[str, bodies.Body] = {
    "protected": {},
    "waiting": {"protectionState": "IRPending"},
    "error": {"protectionState": "ProtectionError"},
    "stopped": bodies.STOPPED,
    "suspended": {"protectionState": "BackupsSuspended"},
    "soft_deleted": bodies.SOFT_DELETED,
}


def vault(arm_id: str = OLD, immutability: str = "Disabled") -> models.Vault:
    body = bodies.vault(arm_id)
    body["properties"]["securitySettings"]["immutabilitySettings"] = {"state": immutability}
    return models.Vault.from_wire(body)


def machine() -> models.VirtualMachine:
    return models.VirtualMachine.from_wire(bodies.machine())


def held(state: str = "protected", vault_id: str = OLD, immutability: str = "Disabled", **properties: t.Any) -> Held:
    item = bodies.item(vault_id=vault_id, **{**STATES[state], **properties})
    return Held(vault(vault_id, immutability), models.ProtectedItem.from_wire(item))


def goal(**more: t.Any) -> plans.Goal:
    return plans.Goal("present", policy=models.Policy.from_wire(bodies.policy("Weekly")), **more)


def parsed(**options: t.Any) -> Moving | None:
    return Moving.parse(options, ids.VaultId.parse(TARGET))


def test_nothing_is_moved_unless_asked_for() -> None:
    assert parsed(move_to_vault=False, move_from=None, keep_old_data=None) is None


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (
            {"move_to_vault": False, "move_from": ["a-vault"]},
            "move_from: ['a-vault'] is not allowed. Allowed: only",
        ),
        ({"move_to_vault": False, "keep_old_data": "forever"}, "keep_old_data: 'forever' is not allowed"),
        ({"move_to_vault": True, "move_from": []}, "move_from: [] is not allowed"),
        ({"move_to_vault": True, "move_from": ["1vault"]}, "move_from: '1vault' is not allowed"),
        ({"move_to_vault": True, "move_from": ["/subscriptions/x"]}, "move_from: '/subscriptions/x' is not allowed"),
        ({"move_to_vault": True, "move_from": [f"{OLD}/backupPolicies/x"]}, "names of vaults, or their ids"),
        ({"move_to_vault": True, "move_from": [TARGET.upper()]}, "other vaults than that of vault_name"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, t.Any], named: str) -> None:
    with pytest.raises(_errors.InvalidInput) as caught:
        parsed(**options)
    assert named in caught.value.message


def test_machines_come_from_any_vault_or_from_those_that_are_named() -> None:
    anywhere = parsed(move_to_vault=True)
    named = parsed(move_to_vault=True, move_from=["VAULT-old", OTHER + "/"])
    assert anywhere and named
    for vault_id, by_name in ((OLD, True), (OTHER, True), (TARGET, False)):
        assert anywhere.allows(ids.VaultId.parse(vault_id))
        assert named.allows(ids.VaultId.parse(vault_id)) is by_name


def test_of_several_vaults_the_one_that_makes_backups_counts() -> None:
    old = held("stopped", lastRecoveryPoint="2026-03-02T00:00:00Z")
    older = held("suspended", OTHER, lastRecoveryPoint="2026-01-02T00:00:00Z")
    deleted = held("soft_deleted", OTHER, lastRecoveryPoint="2026-03-03T00:00:00Z")
    active = held("waiting", OTHER, lastRecoveryPoint=None)
    assert moves.holder([]) is None
    assert moves.holder([deleted]) is deleted
    assert moves.holder([older, deleted, old]) is old
    assert moves.holder([old, active, deleted]) is active


@given(st.lists(st.sampled_from(sorted(STATES)), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_which_vault_counts_does_not_depend_on_their_order(states: list[str], random: t.Any) -> None:
    every = [held(state, lastRecoveryPoint=f"2026-01-{day + 1:02}T00:00:00Z") for day, state in enumerate(states)]
    shuffled = random.sample(every, len(every))
    assert moves.holder(shuffled) is moves.holder(every)


@pytest.mark.parametrize(
    ("state", "by_policy", "immutability", "steps"),
    [
        ("protected", False, "Disabled", ["stop"]),
        ("waiting", False, "Disabled", ["stop"]),
        ("error", False, "Disabled", ["stop"]),
        ("protected", False, "Locked", ["stop"]),
        ("protected", True, "Unlocked", ["suspend"]),
        ("stopped", False, "Disabled", []),
        ("stopped", True, "Unlocked", []),
        ("suspended", False, "Unlocked", []),
        ("suspended", True, "Unlocked", []),
    ],
)
def test_what_is_done_in_the_old_vault(state: str, by_policy: bool, immutability: str, steps: list[str]) -> None:
    plan = moves.plan_stop(
        machine(), held(state, immutability=immutability), Moving(by_policy=by_policy), protectable=False
    )
    assert plan.problem is None
    assert [step.write for step in plan.steps] == steps
    if steps:
        assert plan.item_name == ids.item_path(held().item.id)[1]


def test_deleted_backups_hold_a_machine_back_unless_the_new_vault_lists_it() -> None:
    refused = moves.plan_stop(machine(), held("soft_deleted"), Moving(), protectable=False)
    assert refused.problem and refused.problem.code == "SoftDeleted"
    assert "vault-old were deleted, and soft delete keeps the machine there until 2026-03-15" in refused.problem.message
    listed = moves.plan_stop(machine(), held("soft_deleted"), Moving(), protectable=True)
    assert listed.problem is None and not listed.steps


def test_only_an_immutable_vault_keeps_old_data_by_policy() -> None:
    plan = moves.plan_stop(machine(), held(), Moving(by_policy=True), protectable=False)
    assert plan.problem and plan.problem.code == "VaultNotImmutable"
    assert "vault vault-old is not immutable" in plan.problem.message
    assert not plan.steps


def test_the_selection_of_disks_comes_along_unless_the_task_makes_another_one() -> None:
    old = held(extendedProperties={"diskExclusionProperties": SELECTION})
    kept = moves.with_disks_of(goal(), old)
    plan = plans.plan(machine(), vault(TARGET), kept, item=None)
    # The machine of these tests has no data disks: one that was detached since is no reason not to move.
    assert plan.problem is None
    assert plan.steps[0].properties["extendedProperties"] == {"diskExclusionProperties": SELECTION}
    wanted = disks.Selection("os_only")
    assert moves.with_disks_of(goal(disks=wanted), old).disks is wanted
    assert moves.with_disks_of(goal(), held()).disks is None


@pytest.mark.parametrize(
    ("state", "by_policy", "left"),
    [("protected", False, "stopped"), ("protected", True, "suspended"), ("suspended", False, "suspended")],
)
def test_the_diff_of_a_move_names_both_vaults(state: str, by_policy: bool, left: str) -> None:
    old = held(state, immutability="Unlocked")
    stop = moves.plan_stop(machine(), old, Moving(by_policy=by_policy), protectable=False)
    plan = moves.moved(plans.plan(machine(), vault(TARGET), goal(), item=None), old, stop, vault(TARGET))
    assert plan.action == "move"
    assert plan.before["vault_name"] == "vault-old"
    assert plan.after["vault_name"] == "vault-one"
    assert plan.after["policy_name"] == "Weekly"
    assert plan.after["old_vault"] == {"name": "vault-old", "state": left}


def test_a_machine_that_is_backed_up_nowhere_is_told_so() -> None:
    cause = _errors.OperationFailed("The job failed.", code="Broken", recommendations=["Try it."], retryable=True)
    old = held(extendedProperties={"diskExclusionProperties": SELECTION})
    error = moves.stranded(machine(), old, vault(TARGET), cause)
    assert error.message == (
        "web-01 is backed up nowhere now: its protection is stopped in vault vault-old, which keeps its data, and "
        "could not be configured in vault vault-one: The job failed. There it had policy DefaultPolicy and the disks "
        "exclude LUN 1."
    )
    assert error.recommendations[0].startswith("Run this task again to finish the move, and name policy and disks in")
    assert (error.code, error.retryable, error.recommendations[-1]) == ("Broken", True, "Try it.")
    assert "the disks" not in moves.stranded(machine(), held(), vault(TARGET), cause).message
    assert "There it had" not in moves.stranded(machine(), held("stopped"), vault(TARGET), cause).message


def test_a_reason_without_a_full_stop_does_not_run_into_the_next_sentence() -> None:
    cause = _errors.ServiceError("VMNotReady: The machine is not ready")
    assert " not ready. There it had" in moves.stranded(machine(), held(), vault(TARGET), cause).message


@pytest.mark.parametrize("failed", [moves.stranded, lambda one, old, target, error: moves.not_moved(one, old, error)])
def test_what_takes_long_is_not_told_as_if_it_had_failed(failed: t.Callable[..., _errors.BackupError]) -> None:
    error = failed(machine(), held(), vault(TARGET), _errors.WaitTimeout("It still runs.", retryable=True))
    assert "was not moved yet" in error.message and error.message.endswith("It still runs.")
    assert "nowhere" not in error.message and error.retryable
    assert error.recommendations[0].startswith("Run this task again")


def policies(*names: str) -> list[models.Policy]:
    workload = models.Policy.from_wire(bodies.policy("Sql", backupManagementType="AzureWorkload"))
    return [*(models.Policy.from_wire(bodies.policy(name)) for name in names), workload]


def test_a_task_that_names_no_policy_takes_the_one_of_the_same_name() -> None:
    unnamed = plans.Goal("present", default=models.Policy.from_wire(bodies.policy()))
    old = held(policyName="GOLD", policyId=f"{OLD}/backupPolicies/GOLD")
    found = moves.with_policy_of(unnamed, old, policies("DefaultPolicy", "Gold"))
    assert found.policy and found.policy.name == "Gold"
    assert moves.with_policy_of(goal(), old, ()).policy == goal().policy
    assert moves.with_policy_of(unnamed, held("stopped"), ()) is unnamed


@pytest.mark.parametrize(("name", "there"), [("Gold", "(DefaultPolicy)"), ("Sql", "(DefaultPolicy)")])
def test_a_policy_that_the_new_vault_lacks_is_not_replaced_by_one_that_may_keep_less(name: str, there: str) -> None:
    old = held(policyName=name, policyId=f"{OLD}/backupPolicies/{name}")
    with pytest.raises(_errors.NotFound) as caught:
        moves.with_policy_of(plans.Goal("present"), old, policies("DefaultPolicy"))
    assert caught.value.code == "PolicyNotFound"
    assert f"web-01 has policy {name} in vault vault-old" in caught.value.message
    assert there in caught.value.recommendations[0]
