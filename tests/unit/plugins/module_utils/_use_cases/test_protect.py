# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.outcome import Outcome
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.protect import protect
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies
from ansible_collections.cloudkeep.azure_backup.tests.support.fake_azure import FakeAzure

FAILED = [{"errorCode": 1, "errorTitle": "UserErrorX", "errorString": "No way.", "recommendations": ["Do."]}]
OTHER_VAULT = bodies.VAULT.replace("vault-one", "vault-two")
GOLD = f"{bodies.VAULT}/backupPolicies/Gold"


def run(azure: FakeAzure, *, check: bool = False, **options: t.Any) -> Outcome:
    defaults: dict[str, t.Any] = {
        "resource_group": "rg-backup",
        "vault_name": "vault-one",
        "vms": None,
        "select": None,
        "state": "present",
        "policy": None,
        "undelete": False,
        "delete_backup_data": False,
        "resource_guard_operation_requests": None,
        "wait": True,
        "wait_timeout": 1800,
        "poll_interval": 15,
    }
    azure.check_mode = check
    outcome = protect(t.cast(t.Any, azure), {**defaults, **options})
    azure.check_mode = False
    return outcome


def by_name(outcome: Outcome) -> dict[str, dict[str, t.Any]]:
    return {vm["name"]: vm for vm in outcome.result["vms"]}


def protectable(azure: FakeAzure, *names: str) -> None:
    for name in names:
        azure.add_machine(name)
        azure.vault.protectable.append(bodies.protectable(name))


def everything(azure: FakeAzure) -> None:
    """One machine of each kind: new, as asked, under another policy, stopped, soft-deleted, and three that can't be."""
    protectable(azure, "new")
    for name, state in (
        ("same", {}),
        ("shouted", {"policyId": f"{bodies.VAULT}/backupPolicies/DefaultPolicy".upper()}),
        ("gold", {"policyId": GOLD, "policyName": "Gold"}),
        ("stopped", bodies.STOPPED),
        ("deleted", bodies.SOFT_DELETED),
    ):
        azure.add_machine(name)
        azure.vault.hold(bodies.item(name, **state))
    azure.add_machine("far", location="northeurope")
    azure.add_machine("broken", properties={"provisioningState": "Failed"})
    azure.add_machine("taken")
    azure.statuses["taken"] = {"protectionStatus": "Protected", "vaultId": OTHER_VAULT}


def test_one_run_does_what_is_missing_and_the_next_does_nothing(azure: FakeAzure) -> None:
    everything(azure)
    chosen: dict[str, t.Any] = {
        "select": {"exclude": ["far", "broken", "taken"]},
        "policy": "DefaultPolicy",
        "undelete": True,
    }
    first = run(azure, **chosen)
    assert first.changed
    assert first.failure is None
    assert {name: vm["action"] for name, vm in by_name(first).items()} == {
        "new": "protect",
        "same": "none",
        "shouted": "none",
        "gold": "change_policy",
        "stopped": "resume",
        "deleted": "undelete",
    }
    assert first.result["summary"] == {"total": 6, "changed": 4, "failed": 0, "unchanged": 2}
    assert sorted(azure.called("put")) == ["deleted", "deleted", "gold", "new", "stopped"]
    azure.calls.clear()
    second = run(azure, **chosen)
    assert not second.changed
    assert not azure.writes
    assert second.before == second.after == {}
    assert {vm["action"] for vm in second.result["vms"]} == {"none"}
    assert {vm["policy_name"] for vm in second.result["vms"]} == {"DefaultPolicy"}


@pytest.mark.parametrize("policy", [None, "Gold", GOLD.upper()])
@pytest.mark.parametrize("undelete", [False, True])
def test_check_mode_and_the_run_agree(azure: FakeAzure, policy: str | None, undelete: bool) -> None:
    everything(azure)
    chosen: dict[str, t.Any] = {"select": {}, "policy": policy, "undelete": undelete}
    predicted = run(azure, check=True, **chosen)
    assert not azure.writes
    assert not azure.clock.sleeps
    done = run(azure, **chosen)
    assert predicted.changed is done.changed is True
    assert (predicted.before, predicted.after) == (done.before, done.after)
    for before, after in zip(predicted.result["vms"], done.result["vms"], strict=True):
        same = ("id", "name", "action", "changed", "error", "policy_name", "container_name")
        lower = {key: str(before[key]).casefold() for key in same}
        assert lower == {key: str(after[key]).casefold() for key in same}
        assert list(before) == list(after)
    assert predicted.result["summary"] == done.result["summary"]


def test_the_result_is_what_was_read_back(azure: FakeAzure) -> None:
    protectable(azure, "web-01")
    vm = by_name(run(azure, vms=["web-01"]))["web-01"]
    assert (vm["action"], vm["changed"], vm["error"]) == ("protect", True, None)
    assert (vm["protection_state"], vm["policy_name"]) == ("IRPending", "DefaultPolicy")
    assert vm["container_name"] == "IaasVMContainer;iaasvmcontainerv2;rg-web;web-01"
    assert vm["job_id"] == azure.vault.work[0].id
    ((_call, _name, properties),) = azure.sent
    assert properties == {
        "protectedItemType": "Microsoft.Compute/virtualMachines",
        "sourceResourceId": bodies.vm_id("web-01"),
        "policyId": f"{bodies.VAULT}/backupPolicies/DefaultPolicy",
    }


@pytest.mark.parametrize("state", [bodies.STOPPED, {"policyId": GOLD, "policyName": "Gold"}])
def test_it_reads_until_what_was_written_shows(azure: FakeAzure, state: dict[str, t.Any]) -> None:
    azure.add_machine("web-01")
    azure.vault.hold(bodies.item("web-01", **state))
    azure.behaviour("web-01").item_shown_after = 5
    vm = by_name(run(azure, vms=["rg-web/web-01"], policy="DefaultPolicy"))["web-01"]
    assert (vm["protection_state"], vm["policy_name"]) == ("IRPending", "DefaultPolicy")
    assert len(azure.called("list items")) > 2


def test_it_does_not_read_for_ever(azure: FakeAzure) -> None:
    protectable(azure, "web-01")
    azure.behaviour("web-01").item_shown_after = 100_000
    outcome = run(azure, vms=["web-01"])
    vm = by_name(outcome)["web-01"]
    assert outcome.failure is None
    assert (vm["changed"], vm["policy_name"], vm["item_id"]) == (True, "DefaultPolicy", None)
    assert len(azure.called("list items")) < 10


def test_when_nothing_can_be_read_back_what_was_done_is_still_told(azure: FakeAzure) -> None:
    protectable(azure, "web-01")
    azure.faults["list items"] = [None, _errors.ConnectionFailed("down")]
    outcome = run(azure, vms=["web-01"])
    assert outcome.changed
    assert outcome.failure is None
    assert by_name(outcome)["web-01"]["job_id"] == azure.vault.work[0].id
    assert any("down" in text for text in outcome.warnings)


def test_what_comes_first_has_ended_before_what_comes_second_is_sent(azure: FakeAzure) -> None:
    azure.add_machine("web-01")
    azure.vault.hold(bodies.item("web-01", **bodies.SOFT_DELETED))
    for wait in (True, False):
        azure.vault.work.clear()
        azure.vault.hold(bodies.item("web-01", **bodies.SOFT_DELETED), since=azure.clock.seconds)
        vm = by_name(run(azure, vms=["web-01"], undelete=True, wait=wait))["web-01"]
        undelete, configure = azure.vault.work
        assert (undelete.operation, configure.operation) == ("Undelete", "ConfigureBackup")
        assert configure.starts >= undelete.ends
        assert vm["job_id"] == configure.id
        assert vm["action"] == "undelete"


def test_a_machine_that_could_not_be_brought_back_is_not_protected(azure: FakeAzure) -> None:
    azure.add_machine("web-01")
    azure.vault.hold(bodies.item("web-01", **bodies.SOFT_DELETED))
    azure.behaviour("web-01").job_errors = FAILED
    outcome = run(azure, vms=["web-01"], undelete=True)
    assert [work.operation for work in azure.vault.work] == ["Undelete"]
    vm = by_name(outcome)["web-01"]
    assert (vm["changed"], vm["error"]["code"], vm["soft_deleted"]) == (True, "UserErrorX", True)


def test_a_machine_that_fails_before_its_write_is_not_changed(azure: FakeAzure) -> None:
    protectable(azure, "good", "bad")
    azure.behaviour("bad").refused = _errors.ServiceError("refused", code="BMSUserErrorInvalidInput", http_status=400)
    outcome = run(azure, select={})
    bad, good = by_name(outcome)["bad"], by_name(outcome)["good"]
    assert (bad["changed"], bad["action"], bad["error"]["code"]) == (False, "none", "BMSUserErrorInvalidInput")
    assert (good["changed"], good["action"], good["error"]) == (True, "protect", None)
    assert outcome.changed
    assert list(outcome.before) == list(outcome.after) == [bodies.vm_id("good")]
    assert outcome.failure is not None
    assert "bad" in outcome.failure.message
    assert outcome.result["summary"] == {"total": 2, "changed": 1, "failed": 1, "unchanged": 0}


def test_when_all_fail_before_their_write_nothing_is_changed(azure: FakeAzure) -> None:
    protectable(azure, "bad")
    azure.behaviour("bad").refused = _errors.ServiceError("refused")
    outcome = run(azure, vms=["bad"])
    assert not outcome.changed
    assert outcome.before == outcome.after == {}


def test_a_machine_whose_job_fails_was_changed_and_is_an_error(azure: FakeAzure) -> None:
    protectable(azure, "web-01")
    azure.behaviour("web-01").job_errors = FAILED
    outcome = run(azure, vms=["web-01"])
    vm = by_name(outcome)["web-01"]
    assert (vm["changed"], vm["action"], vm["error"]["code"]) == (True, "protect", "UserErrorX")
    assert vm["job_id"] == azure.vault.work[0].id
    assert outcome.changed
    assert outcome.failure is not None
    # The diff does not claim what was not reached.
    assert outcome.before == outcome.after
    assert vm["policy_name"] is None


def test_at_the_deadline_the_job_is_told_and_it_is_an_error(azure: FakeAzure) -> None:
    protectable(azure, "web-01")
    azure.behaviour("web-01").job_lasts = 10_000
    vm = by_name(run(azure, vms=["web-01"], wait_timeout=60))["web-01"]
    assert (vm["changed"], vm["error"]["code"], vm["error"]["retryable"]) == (True, "WaitTimeout", True)
    assert vm["job_id"] == azure.vault.work[0].id


def test_without_waiting_the_jobs_are_told_and_their_end_is_not_awaited(azure: FakeAzure) -> None:
    protectable(azure, "web-01", "web-02")
    azure.behaviour("web-02").job_shown_after = 4
    outcome = run(azure, select={}, wait=False)
    assert outcome.failure is None
    assert {vm["job_id"] for vm in outcome.result["vms"]} == {work.id for work in azure.vault.work}
    assert azure.clock.seconds < 10
    assert {vm["policy_name"] for vm in outcome.result["vms"]} == {"DefaultPolicy"}
    assert len(azure.called("list items")) == 1


def test_without_waiting_a_job_that_does_not_show_is_no_failure(azure: FakeAzure) -> None:
    protectable(azure, "web-01", "web-02")
    azure.behaviour("web-01").job_shown_after = 1000
    azure.behaviour("web-01").job_lasts = 1000
    azure.behaviour("web-02").operation_error = {"code": "Locked", "message": "Busy"}
    outcome = run(azure, select={}, wait=False)
    assert by_name(outcome)["web-01"]["error"] is None
    assert by_name(outcome)["web-01"]["changed"]
    assert by_name(outcome)["web-02"]["error"]["code"] == "Locked"


def test_a_lost_answer_does_not_protect_twice(azure: FakeAzure) -> None:
    protectable(azure, "web-01")
    azure.behaviour("web-01").lost = ["acted"]
    outcome = run(azure, vms=["web-01"])
    assert outcome.failure is None
    assert len(azure.sent) == len(azure.vault.work) == 1
    assert by_name(outcome)["web-01"]["job_id"] == azure.vault.work[0].id


def test_a_machine_that_another_run_protects_is_left_to_it(azure: FakeAzure) -> None:
    azure.add_machine("web-01")
    azure.statuses["web-01"] = {"protectionStatus": "Protecting", "vaultId": bodies.VAULT.upper()}
    azure.vault.hold(bodies.item("web-01", protectionState="IRPending"), since=3)
    outcome = run(azure, vms=["web-01"])
    vm = by_name(outcome)["web-01"]
    assert (vm["action"], vm["changed"], vm["error"]) == ("in_progress", False, None)
    assert vm["protection_state"] == "IRPending"
    assert not outcome.changed
    assert not azure.writes


def test_what_cannot_be_protected_is_found_without_a_write_and_stops_nobody(azure: FakeAzure) -> None:
    everything(azure)
    outcome = run(azure, select={})
    codes = {name: (vm["error"] or {}).get("code") for name, vm in by_name(outcome).items()}
    assert {name: code for name, code in codes.items() if code} == {
        "deleted": "SoftDeleted",
        "far": "UserErrorVmVaultLocationMismatch",
        "broken": "UserErrorVmProvisioningStateFailed",
        "taken": "VirtualMachineAlreadyProtected",
    }
    assert sorted(azure.called("put")) == ["new", "stopped"]
    assert outcome.result["summary"] == {"total": 9, "changed": 2, "failed": 4, "unchanged": 3}


def test_only_the_unexplained_are_asked_about_one_by_one(azure: FakeAzure) -> None:
    everything(azure)
    run(azure, select={}, check=True)
    assert sorted(azure.called("backup status")) == ["broken", "far", "taken"]
    assert len(azure.called("list items")) == len(azure.called("list protectable")) == 1


def test_a_status_that_cannot_be_read_is_that_machines_error(azure: FakeAzure) -> None:
    azure.add_machine("web-01")
    protectable(azure, "web-02")
    azure.faults["backup status"] = [_errors.ServiceError("forbidden", code="AuthorizationFailed", http_status=403)]
    outcome = run(azure, select={})
    assert by_name(outcome)["web-01"]["error"]["code"] == "AuthorizationFailed"
    assert by_name(outcome)["web-02"]["changed"]


def test_a_selection_of_nothing_is_told_and_does_nothing(azure: FakeAzure) -> None:
    outcome = run(azure, select={"names": ["nothing-*"]})
    assert not outcome.changed
    assert outcome.failure is None
    assert outcome.warnings == ["No virtual machine matches select. Nothing was done."]
    assert outcome.result["summary"]["total"] == 0
    assert not azure.writes


@pytest.mark.parametrize(
    "policy", ["Missing", "Sql", GOLD.replace("vault-one", "vault-two"), f"{bodies.VAULT}/backupJobs/x"]
)
def test_a_policy_that_cannot_be_used_is_found_before_any_write(azure: FakeAzure, policy: str) -> None:
    protectable(azure, "web-01")
    with pytest.raises(_errors.BackupError, match="policy"):
        run(azure, vms=["web-01"], policy=policy)
    assert not azure.writes


@pytest.mark.parametrize(("kept", "listed"), [(3, "DefaultPolicy, Gold."), (0, "none.")])
def test_the_policies_that_could_be_used_are_told(azure: FakeAzure, kept: int, listed: str) -> None:
    protectable(azure, "web-01")
    azure.vault.policies = azure.vault.policies[:kept]
    with pytest.raises(_errors.NotFound) as raised:
        run(azure, vms=["web-01"], policy="Missing")
    assert raised.value.message.endswith(f"Policies for virtual machines there: {listed}")


@pytest.mark.parametrize("policy", ["gold", GOLD, GOLD.upper(), GOLD.replace("/subscriptions/", "/Subscriptions/")])
def test_a_policy_may_be_written_in_any_letter_case(azure: FakeAzure, policy: str) -> None:
    azure.add_machine("web-01")
    azure.vault.hold(bodies.item("web-01", policyId=GOLD, policyName="Gold"))
    assert not run(azure, vms=["web-01"], policy=policy).changed


def test_machines_of_two_subscriptions(azure: FakeAzure) -> None:
    protectable(azure, "web-01")
    azure.add_machine("far-01", subscription=bodies.OTHER_SUBSCRIPTION)
    far = bodies.vm_id("far-01", subscription=bodies.OTHER_SUBSCRIPTION)
    outcome = run(azure, vms=["web-01", far.upper()])
    assert [vm["id"] for vm in outcome.result["vms"]] == [bodies.vm_id("web-01"), far]
    assert sorted(properties["sourceResourceId"] for _call, _name, properties in azure.sent) == sorted(
        [bodies.vm_id("web-01"), far]
    )


def test_an_item_whose_machine_id_is_in_another_letter_case_is_that_machines(azure: FakeAzure) -> None:
    azure.add_machine("Web-01", "RG-Web")
    azure.vault.hold(bodies.item("Web-01", virtualMachineId=bodies.vm_id("WEB-01", "rg-WEB").upper()))
    outcome = run(azure, vms=["rg-web/web-01"])
    assert not outcome.changed
    assert by_name(outcome)["Web-01"]["protection_state"] == "Protected"


def test_an_entry_that_names_nothing_keeps_nobody_from_being_protected(azure: FakeAzure) -> None:
    protectable(azure, "web-01")
    outcome = run(azure, vms=["web-01", "typo"])
    assert by_name(outcome)["web-01"]["changed"]
    typo = by_name(outcome)["typo"]
    assert (typo["error"]["code"], typo["changed"], typo["id"]) == ("VirtualMachineNotFound", False, None)
    assert list(typo) == list(by_name(outcome)["web-01"])
    assert outcome.failure is not None


def test_a_missing_vault_is_told_as_that_whatever_else_was_read_meanwhile(azure: FakeAzure) -> None:
    azure.faults["list machines"] = [_errors.ServiceError("not now", http_status=503)]
    with pytest.raises(_errors.NotFound, match="vault-nine"):
        run(azure, vms=["web-01"], vault_name="vault-nine", policy="Gold")
    assert not azure.writes
    assert not azure.called("list protectable")


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"vms": []}, "vms"),
        ({"vms": ["a/b/c"]}, "vms"),
        ({"select": {"names": []}}, "select.names"),
        ({"select": {"names": [" "]}}, "select.names"),
        ({"select": {}, "vault_name": "x"}, "vault_name"),
        ({"select": {}, "vault_name": "vault one"}, "vault_name"),
        ({"select": {}, "resource_group": ""}, "resource_group"),
        ({"select": {}, "resource_group": "a/b"}, "resource_group"),
    ],
)
def test_bad_input_is_found_before_any_request(azure: FakeAzure, options: dict[str, t.Any], option: str) -> None:
    with pytest.raises(_errors.InvalidInput, match=f"^{option}: "):
        run(azure, **options)
    assert not azure.calls
