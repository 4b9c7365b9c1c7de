# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stopping, suspending and deleting when things go wrong: answers that are lost, jobs that fail, others at work."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import ids
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.outcome import Outcome
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.protect import protect
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies
from ansible_collections.cloudkeep.azure_backup.tests.support.fake_azure import FakeAzure
from ansible_collections.cloudkeep.azure_backup.tests.support.fake_backup import FakeBackup

FAILED = [{"errorCode": 1, "errorTitle": "UserErrorX", "errorString": "No way.", "recommendations": ["Do."]}]
CONFLICT = _errors.ServiceError("busy", code="BMSUserErrorConflictingProtectionOperation", http_status=400)
GOALS = ("stopped", "suspended", "absent")
ENDS = {"stopped": "stopped", "suspended": "suspended", "absent": "soft_deleted"}
ACTIONS = {"stopped": "stop", "suspended": "suspend", "absent": "delete"}


@pytest.fixture
def azure(azure: FakeAzure) -> FakeAzure:
    """A vault that can suspend, with a machine that was never backed up, so that it can be deleted as well."""
    azure.vaults[bodies.VAULT.casefold()]["properties"]["securitySettings"] = {
        "immutabilitySettings": {"state": "Unlocked"}
    }
    azure.vault.hold(bodies.item("web-01", lastRecoveryPoint=None))
    return azure


def run(azure: FakeAzure, state: str, **options: t.Any) -> Outcome:
    defaults: dict[str, t.Any] = {
        "resource_group": "rg-backup",
        "vault_name": "vault-one",
        "vms": None if "select" in options else ["web-01"],
        "select": None,
        "state": state,
        "policy": None,
        "undelete": False,
        "delete_backup_data": state == "absent",
        "resource_guard_operation_requests": None,
        "wait": True,
        "wait_timeout": 1800,
        "poll_interval": 15,
    }
    return protect(t.cast(t.Any, azure), {**defaults, **options})


def only(outcome: Outcome) -> dict[str, t.Any]:
    (vm,) = outcome.result["vms"]
    return t.cast("dict[str, t.Any]", vm)


def other_task(azure: FakeAzure, state: str) -> str:
    """Have another task begin the same, and return the id of its job."""
    there = FakeBackup(azure, ids.VaultId.parse(bodies.VAULT))
    names = ("iaasvmcontainer;iaasvmcontainerv2;rg-web;web-01", "vm;iaasvmcontainerv2;rg-web;web-01")
    if state == "absent":
        there.delete_protected_item(*names)
    else:
        word = {"stopped": "ProtectionStopped", "suspended": "BackupsSuspended"}[state]
        properties = {"sourceResourceId": bodies.vm_id("web-01"), "policyId": "", "protectionState": word}
        there.put_protected_item(*names, properties)
    azure.calls.clear()
    azure.sent.clear()
    return azure.vault.work[0].id


@pytest.mark.parametrize("state", GOALS)
@pytest.mark.parametrize(("fates", "sends"), [(["acted"], 1), (["ignored"], 2), (["ignored", "acted"], 2)])
def test_a_lost_answer_does_not_do_it_twice(azure: FakeAzure, state: str, fates: list[str], sends: int) -> None:
    azure.behaviour("web-01").lost = list(fates)
    vm = only(run(azure, state))
    assert (vm["action"], vm["changed"], vm["error"]) == (ACTIONS[state], True, None)
    assert vm["state"] == ENDS[state]
    assert len(azure.sent) == sends and len(azure.vault.work) == 1
    assert vm["job_id"] == azure.vault.work[0].id


@pytest.mark.parametrize("state", GOALS)
def test_when_no_answer_ever_comes_what_the_vault_shows_counts(azure: FakeAzure, state: str) -> None:
    azure.behaviour("web-01").lost = ["acted", "acted", "acted"]
    azure.behaviour("web-01").shows_job = False
    vm = only(run(azure, state))
    assert (vm["changed"], vm["error"], vm["state"]) == (True, None, ENDS[state])
    azure.behaviour("web-01").lost = ["ignored", "ignored", "ignored"]
    azure.vault.items.clear()
    azure.vault.hold(bodies.item("web-01", lastRecoveryPoint=None))
    vm = only(run(azure, state))
    assert (vm["changed"], vm["error"]["code"], vm["state"]) == (False, "AnswerLost", "protected")


@pytest.mark.parametrize("state", GOALS)
def test_what_another_task_is_doing_is_waited_for(azure: FakeAzure, state: str) -> None:
    job_id = other_task(azure, state)
    azure.behaviour("web-01").refused = CONFLICT
    outcome = run(azure, state)
    vm = only(outcome)
    assert (vm["action"], vm["changed"], vm["error"], vm["state"]) == ("in_progress", False, None, ENDS[state])
    assert vm["job_id"] == job_id
    assert not outcome.changed and not azure.sent


@pytest.mark.parametrize(("wanted", "theirs"), [("stopped", "suspended"), ("suspended", "stopped")])
def test_another_task_that_wants_something_else_is_an_error(azure: FakeAzure, wanted: str, theirs: str) -> None:
    other_task(azure, theirs)
    azure.behaviour("web-01").refused = CONFLICT
    vm = only(run(azure, wanted))
    assert (vm["changed"], vm["error"]["code"], vm["error"]["retryable"]) == (False, "ChangedByAnotherTask", True)
    assert vm["state"] == theirs


@pytest.mark.parametrize("state", GOALS)
def test_a_conflict_with_something_else_is_an_error_that_can_be_retried(azure: FakeAzure, state: str) -> None:
    azure.behaviour("web-01").refused = CONFLICT
    vm = only(run(azure, state))
    assert (vm["changed"], vm["error"]["retryable"], vm["state"]) == (False, True, "protected")


@pytest.mark.parametrize("state", GOALS)
def test_a_job_that_fails_stops_nobody_else(azure: FakeAzure, state: str) -> None:
    azure.vault.hold(bodies.item("web-02", lastRecoveryPoint=None))
    azure.behaviour("web-01").job_errors = FAILED
    outcome = run(azure, state, select={"names": ["*"]})
    bad, good = outcome.result["vms"]
    assert (bad["changed"], bad["error"]["code"], bad["state"]) == (True, "UserErrorX", "protected")
    assert (good["changed"], good["error"], good["state"]) == (True, None, ENDS[state])
    assert outcome.failure is not None and "web-01" in outcome.failure.message
    # The diff does not claim what was not reached.
    assert outcome.before[bad["id"]] == outcome.after[bad["id"]]
    assert outcome.before[good["id"]] != outcome.after[good["id"]]


@pytest.mark.parametrize("state", GOALS)
def test_it_reads_until_what_was_written_shows(azure: FakeAzure, state: str) -> None:
    azure.behaviour("web-01").item_shown_after = 5
    assert only(run(azure, state))["state"] == ENDS[state]
    assert len(azure.called("list items")) > 2


@pytest.mark.parametrize("state", GOALS)
def test_at_the_deadline_the_job_is_told_and_it_is_an_error(azure: FakeAzure, state: str) -> None:
    azure.behaviour("web-01").job_lasts = 10_000
    vm = only(run(azure, state, wait_timeout=60))
    assert (vm["changed"], vm["error"]["code"], vm["error"]["retryable"]) == (True, "WaitTimeout", True)
    assert vm["job_id"] == azure.vault.work[0].id


@pytest.mark.parametrize("state", GOALS)
def test_without_waiting_the_result_says_what_will_be(azure: FakeAzure, state: str) -> None:
    outcome = run(azure, state, wait=False)
    vm = only(outcome)
    assert (vm["changed"], vm["error"], vm["state"]) == (True, None, ENDS[state])
    assert vm["job_id"] and azure.clock.seconds < 15
    assert outcome.after[vm["id"]]["state"] == ENDS[state]


def test_no_machine_is_read_to_stop_what_the_vault_holds(azure: FakeAzure) -> None:
    run(azure, "stopped", select={"names": ["*"]})
    assert not azure.called("list machines") and not azure.called("read machine")
    assert len(azure.called("list items")) == 2


def seems_to_be_protected(azure: FakeAzure, **item: t.Any) -> None:
    """Have `backupStatus` tell that the vault is about to have a machine that it does not list, or lists later."""
    azure.add_machine("web-02")
    azure.statuses["web-02"] = {"protectionStatus": "Protecting", "vaultId": bodies.VAULT}
    if item:
        azure.vault.hold(bodies.item("web-02", **item), since=3)


def test_what_no_other_task_protects_after_all_fails_and_can_be_tried_again(azure: FakeAzure) -> None:
    seems_to_be_protected(azure)
    outcome = run(azure, "present", vms=["web-02"])
    vm = only(outcome)
    assert (vm["action"], vm["changed"], vm["state"]) == ("in_progress", False, "unprotected")
    assert (vm["error"]["code"], vm["error"]["retryable"]) == ("NotProtectedByOtherTask", True)
    assert outcome.failure is not None and outcome.result["summary"]["failed"] == 1
    # Nothing runs that would be worth the whole wait_timeout.
    assert azure.clock.seconds < 60 and not azure.writes


@pytest.mark.parametrize(
    ("item", "wish", "code"),
    [
        ({"policyName": "Weekly", "policyId": f"{bodies.VAULT}/backupPolicies/Weekly"}, {}, None),
        ({"policyName": "Gold", "policyId": f"{bodies.VAULT}/backupPolicies/gold"}, {"policy": "Gold"}, None),
        (
            {"policyName": "Weekly", "policyId": f"{bodies.VAULT}/backupPolicies/Weekly"},
            {"policy": "Gold"},
            "ChangedByAnotherTask",
        ),
        (bodies.STOPPED, {}, "ChangedByAnotherTask"),
        ({}, {"disks": {"mode": "os_only"}}, "ChangedByAnotherTask"),
        ({}, {"disks": {"mode": "all"}}, None),
    ],
)
def test_what_another_task_protects_has_to_be_as_this_one_wants_it(
    azure: FakeAzure, item: dict[str, t.Any], wish: dict[str, t.Any], code: str | None
) -> None:
    seems_to_be_protected(azure, **{"protectionState": "IRPending", **item})
    vm = only(run(azure, "present", vms=["web-02"], **wish))
    assert (vm["action"], vm["changed"], (vm["error"] or {}).get("code")) == ("in_progress", False, code)
    assert vm["item_id"] and not azure.writes


@pytest.mark.parametrize("wait", [True, False])
def test_a_job_of_another_task_that_the_list_does_not_show_yet_is_found(azure: FakeAzure, wait: bool) -> None:
    seems_to_be_protected(azure)
    azure.behaviour("web-02").job_shown_after = 0.5
    there = FakeBackup(azure, ids.VaultId.parse(bodies.VAULT))
    names = ("iaasvmcontainer;iaasvmcontainerv2;rg-web;web-02", "vm;iaasvmcontainerv2;rg-web;web-02")
    policy_id = f"{bodies.VAULT}/backupPolicies/Gold"
    there.put_protected_item(*names, {"sourceResourceId": bodies.vm_id("web-02"), "policyId": policy_id})
    azure.sent.clear()
    vm = only(run(azure, "present", vms=["web-02"], policy="Gold", wait=wait))
    assert (vm["action"], vm["changed"], vm["error"]) == ("in_progress", False, None)
    assert not azure.sent
    # Without waiting it is told as under way, and not as what it may become.
    assert (vm["state"], vm["policy_name"]) == (("waiting", "Gold") if wait else ("unprotected", None))
    assert vm["job_id"] == (azure.vault.work[0].id if wait else None)


def test_what_came_of_another_task_and_can_not_be_read_is_no_success(azure: FakeAzure) -> None:
    other_task(azure, "stopped")
    azure.behaviour("web-01").refused = CONFLICT
    azure.faults["list items"] = [None, _errors.ServiceError("no", code="AuthorizationFailed", http_status=403)]
    outcome = run(azure, "stopped")
    assert only(outcome)["error"]["code"] == "AuthorizationFailed"
    assert "could not be read" in only(outcome)["error"]["message"]
    assert not outcome.changed and outcome.warnings
