# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.outcome import Outcome
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.unregister import unregister
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies
from ansible_collections.cloudkeep.azure_backup.tests.support.fake_azure import FakeAzure

FAILED = [{"errorTitle": "UserErrorX", "errorString": "No way."}]


def run(azure: FakeAzure, *vms: str, check: bool = False, **options: t.Any) -> Outcome:
    defaults: dict[str, t.Any] = {
        "resource_group": "rg-backup",
        "vault_name": "vault-one",
        "vms": list(vms) or None,
        "select": None if vms else {},
        "delete_backup_data": False,
        "resource_guard_operation_requests": None,
        "wait_timeout": 1800,
        "poll_interval": 15,
    }
    azure.check_mode = check
    outcome = unregister(t.cast(t.Any, azure), {**defaults, **options})
    azure.check_mode = False
    return outcome


def only(outcome: Outcome) -> dict[str, t.Any]:
    (vm,) = outcome.result["vms"]
    return t.cast("dict[str, t.Any]", vm)


@pytest.mark.parametrize("entry", ["web-01", "rg-web/web-01", bodies.vm_id("web-01")])
def test_what_the_vault_does_not_hold_is_absent(azure: FakeAzure, entry: str) -> None:
    outcome = run(azure, entry)
    vm = only(outcome)
    assert (vm["registered"], vm["changed"], vm["error"]) == (False, False, None)
    assert not outcome.changed
    assert outcome.failure is None
    assert not azure.writes


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("state", "source"), [({}, "container"), (bodies.STOPPED, "container"), (bodies.SOFT_DELETED, "soft_deleted")]
)
def test_backup_data_is_never_deleted_unless_that_is_asked_for(
    azure: FakeAzure, state: dict[str, t.Any], source: str, check: bool
) -> None:
    azure.vault.hold(bodies.item("web-01", **state))
    outcome = run(azure, "web-01", check=check)
    vm = only(outcome)
    assert vm["error"]["code"] == "BackupDataExists"
    assert (vm["registered"], vm["registration_source"], vm["changed"]) == (True, source, False)
    assert not outcome.changed
    assert outcome.failure is not None
    assert not azure.writes


def test_the_way_out_is_told(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("web-01"))
    assert "delete_backup_data: true" in only(run(azure, "web-01"))["error"]["recommendations"][0]
    azure.vault.hold(bodies.item("web-01", **bodies.SOFT_DELETED))
    assert "2026-03-15T09:00:00Z" in only(run(azure, "web-01"))["error"]["message"]


def test_deleting_when_asked_and_then_nothing_more(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("web-01"))
    predicted = run(azure, "web-01", delete_backup_data=True, check=True)
    assert not azure.writes
    done = run(azure, "web-01", delete_backup_data=True)
    assert azure.called("delete") == ["web-01"]
    for outcome in (predicted, done):
        vm = only(outcome)
        assert (vm["action"], vm["changed"], vm["registered"], vm["error"]) == ("delete", True, False, None)
    assert (predicted.before, predicted.after) == (done.before, done.after)
    assert only(done)["deleted_permanently_at"] == "2026-03-15T09:00:00Z"
    assert only(done)["job_id"] == azure.vault.work[0].id
    again = run(azure, "web-01", delete_backup_data=True)
    assert (again.changed, again.failure) == (False, None)
    assert only(again)["deleted_permanently_at"] == "2026-03-15T09:00:00Z"
    assert len(azure.called("delete")) == 1


def test_it_reads_until_the_deletion_shows(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("web-01"))
    azure.behaviour("web-01").item_shown_after = 4
    assert only(run(azure, "web-01", delete_backup_data=True))["deleted_permanently_at"] is not None


def test_a_deletion_that_fails_is_an_error_and_the_others_are_done(azure: FakeAzure) -> None:
    for name in ("good", "refused", "failing"):
        azure.vault.hold(bodies.item(name))
    azure.behaviour("refused").refused = _errors.ServiceError("no", code="UserErrorOperationDeniedOnImmutableItem")
    azure.behaviour("failing").job_errors = FAILED
    outcome = run(azure, select={"names": ["*"]}, delete_backup_data=True)
    vms = {vm["name"]: vm for vm in outcome.result["vms"]}
    assert (vms["good"]["changed"], vms["good"]["error"]) == (True, None)
    assert (vms["refused"]["changed"], vms["refused"]["action"], vms["refused"]["registered"]) == (False, "none", True)
    assert (vms["failing"]["changed"], vms["failing"]["error"]["code"]) == (True, "UserErrorX")
    assert vms["failing"]["registered"]
    assert outcome.changed
    assert sorted(outcome.after.values(), key=str) == [{"registered": False}, {"registered": True}]


def test_a_lost_answer_is_looked_up(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("web-01"))
    azure.behaviour("web-01").lost = ["acted"]
    assert run(azure, "web-01", delete_backup_data=True).failure is None
    assert len(azure.sent) == 1


def test_when_nothing_can_be_read_back_what_was_done_is_still_told(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("web-01"))
    azure.faults["list items"] = [None, _errors.ConnectionFailed("down")]
    outcome = run(azure, "web-01", delete_backup_data=True)
    assert outcome.changed
    assert outcome.failure is None
    assert any("down" in text for text in outcome.warnings)


def test_a_machine_that_is_gone_from_azure_can_be_removed(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("gone"))
    assert run(azure, "gone", delete_backup_data=True).changed
    assert not azure.called("list machines")


def test_an_item_without_a_machine_id_can_be_removed(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("odd", virtualMachineId="", sourceResourceId=""))
    assert only(run(azure, "odd", delete_backup_data=True))["action"] == "delete"


def test_a_name_that_means_two_is_not_absent(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("web-01"))
    azure.vault.hold(bodies.item("web-01", "rg-db"))
    outcome = run(azure, "web-01", delete_backup_data=True)
    assert only(outcome)["error"]["code"] == "AmbiguousName"
    assert not azure.writes


def test_every_result_has_the_same_keys(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("web-01"))
    held, unknown = run(azure, "web-01", "unknown").result["vms"]
    assert list(held) == list(unknown)


def test_a_vault_that_is_not_there_is_an_error_and_not_absence(azure: FakeAzure) -> None:
    with pytest.raises(_errors.NotFound):
        run(azure, "web-01", vault_name="vault-nine")
