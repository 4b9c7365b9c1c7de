# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every kind of machine with its verdict: the state, the first reason, what to do, and what counts as an offence."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import coverage, models, summary, verdicts
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.job_tally import Tally
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.reasons import Reason, Surroundings
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.verdicts import Verdict, View, job_key
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies

NOW = dt.datetime(2026, 3, 2, 18, tzinfo=dt.timezone.utc)
FRESH, OLD = "2026-03-02T06:00:00Z", "2026-02-20T06:00:00Z"
VAULT = models.Vault.from_wire(bodies.vault())
AROUND = Surroundings(vaults=(VAULT,))
VIEW = View(NOW, 26, AROUND, asked={VAULT.id.key})
SICK = {
    "healthStatus": "ActionRequired",
    "healthDetails": [{"code": 1, "title": "Agent", "message": "No agent\r\n", "recommendations": ["Install it."]}],
}


def machine(**more: t.Any) -> models.VirtualMachine:
    return models.VirtualMachine.from_wire(bodies.machine("web-01", **more))


def judged(item: dict[str, t.Any] | None, view: View = VIEW, *, excluded: bool = False, **more: t.Any) -> Verdict:
    items = [] if item is None else [models.ProtectedItem.from_wire(bodies.item("web-01", **item))]
    (one,) = coverage.join([machine(**more)], items)
    return verdicts.judge(one, view, location="westeurope", excluded=excluded)


def fresh(**more: t.Any) -> dict[str, t.Any]:
    return {"lastRecoveryPoint": FRESH, "healthStatus": "Passed", **more}


DELETED = {
    "isScheduledForDeferredDelete": True,
    "protectionState": "ProtectionStopped",
    "policyId": "",
    "deferredDeleteTimeInUTC": "2026-03-09T00:00:00Z",
}


@pytest.mark.parametrize(
    ("item", "state", "reasons"),
    [
        (fresh(), "protected", []),
        (fresh(lastRecoveryPoint=OLD), "protected", ["stale"]),
        ({"lastRecoveryPoint": None, "lastBackupTime": None, "lastBackupStatus": ""}, "protected", ["stale"]),
        (fresh(**SICK), "protected", ["unhealthy"]),
        (fresh(lastRecoveryPoint=OLD, **SICK), "protected", ["stale", "unhealthy"]),
        ({"protectionState": "IRPending", "lastRecoveryPoint": None}, "waiting", ["stale", "waiting"]),
        (fresh(protectionState="ProtectionError"), "error", ["error"]),
        (fresh(lastRecoveryPoint=OLD, protectionState="ProtectionStopped", policyId=""), "stopped", ["stopped"]),
        (fresh(protectionState="BackupsSuspended"), "suspended", ["suspended"]),
        (DELETED, "soft_deleted", ["soft_deleted"]),
        (None, "unprotected", ["unprotected"]),
    ],
)
def test_each_state_has_its_reasons(item: dict[str, t.Any] | None, state: str, reasons: list[str]) -> None:
    verdict = judged(item)
    assert (verdict.state, list(verdict.reasons)) == (state, reasons)
    for reason in verdict.reasons.values():
        assert reason.message.endswith(".") and reason.remedy and "\n" not in reason.message


def test_a_machine_that_was_just_configured_waits_and_is_not_stale() -> None:
    pending = {"protectionState": "IRPending", "lastRecoveryPoint": None}
    key = job_key(judged(pending).covered)
    verdict = judged(pending, dataclasses.replace(VIEW, configured={key}))
    assert list(verdict.reasons) == ["waiting"]


def test_the_cause_of_a_stale_point_is_told_with_its_remedy() -> None:
    stale = fresh(lastRecoveryPoint=OLD)
    key = job_key(judged(stale).covered)
    cause = Reason("running", "A backup runs.", "Cancel it.")
    told = judged(stale, dataclasses.replace(VIEW, causes={key: cause})).reasons["stale"]
    assert told.message.endswith("promised is one every 26 hours. A backup runs.") and told.remedy == "Cancel it."
    told = judged({**stale, **SICK}).reasons["stale"]
    assert "The service finds: No agent." in told.message and told.remedy == "Install it."
    told = judged(fresh(lastRecoveryPoint=OLD, lastBackupStatus="Failed", lastBackupTime=FRESH)).reasons["stale"]
    assert "Its last backup, of 2026-03-02 06:00 UTC, ended as Failed." in told.message


@pytest.mark.parametrize(
    ("around", "more", "state", "code"),
    [
        (AROUND, {}, "unprotected", "not_visible"),
        (Surroundings(), {}, "unprotected", "no_vault_in_region"),
        (AROUND, {"location": "northeurope"}, "unprotected", "no_vault_in_region"),
        (dataclasses.replace(AROUND, unread_regions={"westeurope": "v"}), {}, "unknown", "unreadable"),
        (dataclasses.replace(AROUND, unread_regions={"northeurope": "v"}), {}, "unprotected", "not_visible"),
        (dataclasses.replace(AROUND, unread_subscriptions={bodies.SUBSCRIPTION}), {}, "unknown", "unreadable"),
    ],
)
def test_why_a_machine_is_in_no_vault(around: Surroundings, more: dict[str, t.Any], state: str, code: str) -> None:
    verdict = judged(None, dataclasses.replace(VIEW, around=around), **more)
    assert verdict.reason and (verdict.state, verdict.reason.code) == (state, code)


def test_what_the_service_told_about_a_machine_counts() -> None:
    key = machine().id.key
    held = dataclasses.replace(VIEW, around=dataclasses.replace(AROUND, held={key: "/the/vault"}))
    assert judged(None, held).state == "elsewhere"
    unasked = dataclasses.replace(VIEW, around=dataclasses.replace(AROUND, unasked={key: "Throttled"}))
    verdict = judged(None, unasked)
    assert verdict.state == "unknown" and verdict.reason and "Throttled" in verdict.reason.message
    seen = dataclasses.replace(VIEW, around=dataclasses.replace(AROUND, protectable={key}))
    verdict = judged(None, seen)
    assert verdict.reason and verdict.reason.code == "protectable"


def test_who_is_excluded_or_held_elsewhere_never_offends() -> None:
    for item in (fresh(lastRecoveryPoint=OLD, **SICK), DELETED, None):
        verdict = judged(item, excluded=True)
        assert verdict.state == "excluded"
        assert not any(verdicts.offends(verdict, offence) for offence in verdicts.OFFENCES)
    verdict = judged(fresh(lastRecoveryPoint=OLD), dataclasses.replace(VIEW, asked=()))
    assert verdict.state == "elsewhere"
    assert not any(verdicts.offends(verdict, offence) for offence in verdicts.OFFENCES)


@pytest.mark.parametrize(
    ("item", "offends", "remedy"),
    [
        (fresh(), True, "state: stopped"),
        (DELETED, False, "None"),
        (fresh(protectionState="ProtectionStopped", policyId=""), False, "state: absent"),
    ],
)
def test_a_machine_that_is_gone_offends_by_what_still_tries(item: dict[str, t.Any], offends: bool, remedy: str) -> None:
    (one,) = coverage.join([], [models.ProtectedItem.from_wire(bodies.item("web-01", **item))])
    verdict = verdicts.judge(one, VIEW, location="westeurope")
    assert verdict.exists is False and verdict.reason and verdict.reason.code == "gone"
    assert remedy in str(verdict.reason.remedy)
    assert verdicts.offends(verdict, "gone") is offends
    assert not verdicts.offends(verdict, "soft_deleted") and not verdicts.offends(verdict, "stale")
    unread = dataclasses.replace(one, known=False)
    verdict = verdicts.judge(unread, VIEW, location="westeurope")
    assert verdict.exists is None and not verdicts.offends(verdict, "gone")


def test_the_states_add_up_and_a_hundred_is_a_hundred() -> None:
    good, bad = judged(fresh()), judged(None)
    left_out = [judged(None, excluded=True), judged(fresh(), dataclasses.replace(VIEW, asked=()))]
    counted = summary.counts([*[good] * 1999, bad, *left_out])
    assert counted["vms"] == 2002 == sum(counted[state] for state in verdicts.STATES)
    assert counted["coverage_percent"] == 99.9
    assert summary.counts([good] * 3)["coverage_percent"] == 100.0
    assert summary.counts(left_out)["coverage_percent"] is None
    assert summary.counts([])["vms"] == 0


def test_the_gate_tells_what_is_alike_in_one_line() -> None:
    found = summary.offenders([judged(None)] * 12, Tally(), {})
    assert summary.gate(found, ["stale", "gone"]) is None
    error = summary.gate(found, ["unprotected", "stale"])
    assert error and error.code == "NotCompliant"
    first, kind, *lines = error.message.splitlines()
    assert "12 unprotected" in first and kind == "unprotected:" and len(lines) == 1
    assert lines[0].count("rg-web/web-01") == 10 and " and 2 more: No vault" in lines[0] and " Do: " in lines[0]
    assert len(error.recommendations) == 1


def test_the_gate_tells_the_first_ten_causes_of_a_kind() -> None:
    reasons = [{"code": "stale", "message": "It is old.", "remedy": f"Do it {number}."} for number in range(12)]
    found = {"stale": [{"id": None, "name": "a", "resource_group": "g", "reason": reason} for reason in reasons]}
    error = summary.gate({**dict.fromkeys(verdicts.OFFENCES, []), **found}, ["stale"])
    assert error
    lines = error.message.splitlines()
    assert lines[2] == "- g/a: It is old. Do: Do it 0." and lines[-1] == "- and 2 more, see offenders in the result"
    assert len(lines) == 2 + 10 + 1


def test_resource_groups_are_one_in_any_letter_case() -> None:
    loud = coverage.Covered(dataclasses.replace(machine().id, resource_group="RG-WEB", name="b"), machine(), None)
    rows = summary.coverage([judged(None), verdicts.judge(loud, VIEW, location="westeurope")])
    assert [(row["name"], row["vms"]) for row in rows["by_resource_group"]] == [("rg-web", 2)]
    assert all(row["vms"] == 2 for row in itertools.chain(*rows.values()))
