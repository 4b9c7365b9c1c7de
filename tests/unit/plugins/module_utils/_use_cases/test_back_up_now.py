# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.back_up_now import (
    back_up_now,
    expiry,
    freshness,
)
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.outcome import Outcome
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies
from ansible_collections.cloudkeep.azure_backup.tests.support.fake_azure import NOW, FakeAzure

UTC = dt.timezone.utc
CENTURY = 99 * 365
FAILED = [{"errorCode": 400249, "errorTitle": "UserErrorBackupOperationInProgress", "errorString": "Another runs."}]
RUNNING = "11111111-1111-4111-8111-111111111111"


def run(azure: FakeAzure, *vms: str, check: bool = False, **options: t.Any) -> Outcome:
    defaults: dict[str, t.Any] = {
        "resource_group": "rg-backup",
        "vault_name": "vault-one",
        "vms": list(vms) or None,
        "select": None if vms else {},
        "retain_until": None,
        "retain_days": None,
        "skip_if_newer_than": None,
        "skip_if_running": True,
        "wait": False,
        "wait_for": "job",
        "wait_timeout": 14400,
        "poll_interval": 15,
    }
    azure.check_mode = check
    outcome = back_up_now(t.cast(t.Any, azure), {**defaults, **options})
    azure.check_mode = False
    return outcome


def only(outcome: Outcome) -> dict[str, t.Any]:
    (vm,) = outcome.result["vms"]
    return t.cast("dict[str, t.Any]", vm)


def running_job(name: str = "web-01", group: str = "rg-web", **properties: t.Any) -> bodies.Body:
    started = {"startTime": "2026-03-02T11:30:00Z", "endTime": None, "activityId": "somebody-elses"}
    return bodies.job(RUNNING, name, group, **{"status": "InProgress", **started, **properties})


@pytest.mark.parametrize(
    ("until", "days", "expected"),
    [
        (None, None, None),
        (None, 1, NOW + dt.timedelta(days=1)),
        (None, CENTURY, NOW + dt.timedelta(days=CENTURY)),
        ("2026-03-02T12:00:01Z", None, NOW + dt.timedelta(seconds=1)),
        ("2026-03-03", None, dt.datetime(2026, 3, 3, tzinfo=UTC)),
        ("2026-03-02T20:00:01+08:00", None, NOW + dt.timedelta(seconds=1)),
    ],
)
def test_how_long_a_point_is_kept(until: str | None, days: int | None, expected: dt.datetime | None) -> None:
    assert expiry(until, days, NOW) == expected


@pytest.mark.parametrize("days", [0, -1, CENTURY + 1, 10**12])
def test_days_that_cannot_be(days: int) -> None:
    with pytest.raises(_errors.InvalidInput, match="^retain_days: "):
        expiry(None, days, NOW)


@pytest.mark.parametrize(
    "until", ["", "soon", "2026-03-02T12:00:00Z", "2026-03-02", "2125-12-31", "9999-12-31T23:59:59-12:00"]
)
def test_dates_that_cannot_be(until: str) -> None:
    with pytest.raises(_errors.InvalidInput, match="^retain_until: "):
        expiry(until, None, NOW)


def test_what_is_fresh() -> None:
    assert freshness(None, NOW) is None
    assert freshness("24h", NOW) == NOW - dt.timedelta(hours=24)
    for wrong in ("", "24", "-1h", "99999999d"):
        with pytest.raises(_errors.InvalidInput, match="^skip_if_newer_than: "):
            freshness(wrong, NOW)


def test_a_backup_is_started_with_its_expiry_and_its_job_is_told(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("web-01"))
    outcome = run(azure, "web-01", retain_days=14)
    vm = only(outcome)
    assert azure.sent == [("backup", "web-01", NOW + dt.timedelta(days=14))]
    assert (vm["action"], vm["changed"], vm["error"]) == ("start", True, None)
    assert vm["job_id"] == vm["job"]["job_id"] == azure.vault.work[0].id
    assert outcome.changed
    assert azure.clock.seconds == 0


def test_check_mode_predicts_and_starts_nothing(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("web-01"))
    predicted = run(azure, "web-01", check=True)
    assert not azure.writes
    done = run(azure, "web-01")
    assert predicted.changed is done.changed is True
    assert list(only(predicted)) == list(only(done))
    assert only(predicted)["action"] == only(done)["action"] == "start"
    assert only(predicted)["job_id"] is None


@pytest.mark.parametrize(
    ("properties", "age", "action"),
    [
        ({"lastRecoveryPoint": "2026-03-02T11:00:00Z"}, "60m", "skip_newer"),
        ({"lastRecoveryPoint": "2026-03-02T10:59:59Z"}, "60m", "start"),
        ({"lastRecoveryPoint": None, "lastBackupTime": "2026-03-02T11:30:00Z"}, "1h", "skip_newer"),
        # A backup that failed made no recovery point.
        (
            {"lastRecoveryPoint": None, "lastBackupTime": "2026-03-02T11:30:00Z", "lastBackupStatus": "Failed"},
            "1h",
            "start",
        ),
        (
            {
                "lastRecoveryPoint": "2026-02-01T00:00:00Z",
                "lastBackupTime": "2026-03-02T11:30:00Z",
                "lastBackupStatus": "Failed",
            },
            "1h",
            "start",
        ),
        ({"lastRecoveryPoint": None, "lastBackupTime": "2001-01-01T00:00:00Z", "lastBackupStatus": ""}, "7d", "start"),
        ({"lastRecoveryPoint": "2026-03-02T11:59:59Z"}, None, "start"),
    ],
)
def test_what_is_new_enough(azure: FakeAzure, properties: dict[str, t.Any], age: str | None, action: str) -> None:
    azure.vault.hold(bodies.item("web-01", **properties))
    for check in (True, False):
        outcome = run(azure, "web-01", skip_if_newer_than=age, check=check)
        assert only(outcome)["action"] == action
        assert outcome.changed is (action == "start")


def test_none_is_started_while_one_runs(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("Web-01", "RG-Web"))
    azure.vault.hold(bodies.item("web-01", "rg-db"))
    azure.vault.jobs.append(running_job("WEB-01", "rg-WEB"))
    outcome = run(azure)
    actions = {vm["resource_group"]: (vm["action"], vm["changed"]) for vm in outcome.result["vms"]}
    assert actions == {"RG-Web": ("skip_running", False), "rg-db": ("start", True)}
    assert outcome.result["vms"][0]["job_id"] == RUNNING


def test_when_all_run_nothing_is_changed(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("web-01"))
    azure.vault.jobs.append(running_job())
    assert not run(azure, "web-01").changed
    assert not azure.writes


def test_a_second_one_can_be_asked_for_and_its_failure_is_told(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("web-01"))
    azure.vault.jobs.append(running_job())
    azure.behaviour("web-01").job_errors = FAILED
    azure.behaviour("web-01").job_lasts = 1
    outcome = run(azure, "web-01", skip_if_running=False, wait=True)
    vm = only(outcome)
    assert (vm["changed"], vm["error"]["code"]) == (True, "UserErrorBackupOperationInProgress")
    assert vm["job_id"] != RUNNING


def test_waiting_for_the_job(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("web-01"))
    azure.behaviour("web-01").job_lasts = 2000
    vm = only(run(azure, "web-01", wait=True))
    assert (vm["job"]["status"], vm["error"]) == ("Completed", None)
    assert 2000 <= azure.clock.seconds < 2030


def test_waiting_for_the_snapshot_only(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("web-01"))
    azure.behaviour("web-01").job_lasts = 2000
    azure.behaviour("web-01").snapshot_after = 100
    vm = only(run(azure, "web-01", wait=True, wait_for="snapshot"))
    assert (vm["job"]["status"], vm["error"]) == ("InProgress", None)
    assert 100 <= azure.clock.seconds < 130


def test_a_job_that_fails_before_its_snapshot(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("web-01"))
    azure.behaviour("web-01").job_errors = FAILED
    azure.behaviour("web-01").snapshot_after = 10_000
    assert only(run(azure, "web-01", wait=True, wait_for="snapshot"))["error"]["code"] == FAILED[0]["errorTitle"]


def test_at_the_deadline_the_job_is_told(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("web-01"))
    azure.behaviour("web-01").job_lasts = 100_000
    outcome = run(azure, "web-01", wait=True, wait_timeout=60)
    vm = only(outcome)
    assert (vm["changed"], vm["error"]["code"]) == (True, "WaitTimeout")
    assert vm["job_id"] == azure.vault.work[0].id
    assert vm["job"]["status"] == "InProgress"


def test_without_waiting_a_job_that_shows_late_is_no_failure(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("web-01"))
    azure.behaviour("web-01").job_shown_after = 10_000
    vm = only(run(azure, "web-01"))
    assert vm["error"] is None
    # The operation names the job that the list does not show.
    assert vm["job_id"] == azure.vault.work[0].id
    assert azure.clock.seconds <= 10


def test_a_lost_answer_starts_no_second_backup(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("web-01"))
    azure.behaviour("web-01").lost = ["acted"]
    vm = only(run(azure, "web-01"))
    assert len(azure.vault.work) == len(azure.sent) == 1
    assert vm["job_id"] == azure.vault.work[0].id


@pytest.mark.parametrize("state", [bodies.STOPPED, bodies.SOFT_DELETED, {"protectionState": "ProtectionPaused"}])
def test_what_is_not_protected_any_more(azure: FakeAzure, state: dict[str, t.Any]) -> None:
    azure.vault.hold(bodies.item("web-01", **state))
    named = run(azure, "web-01")
    assert (only(named)["action"], only(named)["error"]["code"]) == ("none", "NotProtected")
    selected = run(azure)
    assert (only(selected)["action"], only(selected)["error"]) == ("none", None)
    assert not named.changed
    assert not selected.changed
    assert not azure.writes


def test_who_is_not_in_the_vault_is_an_error_and_stops_nobody(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("web-01"))
    azure.vault.hold(bodies.item("twin"))
    azure.vault.hold(bodies.item("twin", "rg-db"))
    outcome = run(azure, "web-01", "web-09", "twin")
    codes = {vm["name"]: (vm["error"] or {}).get("code") for vm in outcome.result["vms"]}
    assert codes == {"web-01": None, "web-09": "NotProtected", "twin": "AmbiguousName"}
    assert len({tuple(vm) for vm in outcome.result["vms"]}) == 1
    assert outcome.changed


def test_a_refused_backup_is_not_a_change(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("web-01"))
    azure.behaviour("web-01").refused = _errors.ServiceError("no", code="X")
    outcome = run(azure, "web-01")
    assert (only(outcome)["action"], only(outcome)["changed"], only(outcome)["error"]["code"]) == ("none", False, "X")
    assert not outcome.changed


def test_a_machine_that_is_gone_from_azure_is_still_asked_of_the_vault(azure: FakeAzure) -> None:
    azure.vault.hold(bodies.item("odd", virtualMachineId="", sourceResourceId=""))
    assert only(run(azure, "odd"))["action"] == "start"


def test_a_selection_of_nothing_is_told(azure: FakeAzure) -> None:
    outcome = run(azure)
    assert outcome.warnings
    assert not outcome.changed
    assert not azure.called("start backup")
