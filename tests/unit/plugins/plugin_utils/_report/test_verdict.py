# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first screen: how many are protected, what needs somebody, in which order, and what to do."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest
from hypothesis import given, settings

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._report import verdict
from ansible_collections.cloudkeep.azure_backup.tests.support import summaries
from ansible_collections.cloudkeep.azure_backup.tests.support.hostile_text import results
from ansible_collections.cloudkeep.azure_backup.tests.support.summaries import reason, summary, vm


def judge(*vms: dict[str, t.Any], **values: t.Any) -> verdict.Verdict:
    return verdict.verdict(summary(list(vms), **values))


def deadline(hours: float) -> str:
    return summaries.stamp(summaries.NOW + dt.timedelta(hours=hours))


def test_nothing_to_do() -> None:
    judged = judge(vm(name="a"), vm(name="b"))
    assert (judged.tone, judged.needs) == ("good", ())
    assert judged.lines() == ["All 2 machines are protected. Nothing needs you today."]


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        (["protected"], "The machine is protected."),
        (["unprotected"], "The machine is not protected."),
        (["unprotected", "waiting"], "None of 2 machines is protected, 1 waits for a first backup."),
        (["protected", "waiting"], "1 of 2 machines is protected, 1 waits for a first backup."),
        (["protected"] * 2 + ["unprotected"], "2 of 3 machines are protected."),
        (["protected", "excluded", "elsewhere"], "The machine is protected."),
        (["excluded"], "No machine is in the scope of this report."),
        ([], "There is no virtual machine to protect."),
    ],
)
def test_how_many_are_protected(states: list[str], sentence: str) -> None:
    assert judge(*(vm(name=f"vm-{place}", state=state) for place, state in enumerate(states))).sentence == sentence


def test_an_empty_subscription_may_be_one_that_the_identity_cannot_see() -> None:
    judged = judge()
    assert judged.tone == "good" and "an identity sees only those that its roles reach" in judged.call


@pytest.mark.parametrize(
    ("machine", "kind", "urgent"),
    [
        (vm(state="unprotected"), "unprotected", True),
        (vm(stale=True, age_hours=50.0), "stale", True),
        (vm(state="error"), "error", True),
        (vm(unhealthy=True), "unhealthy", True),
        (vm(state="soft_deleted", deleted_permanently_at=deadline(47)), "soft_deleted", True),
        (vm(state="soft_deleted", deleted_permanently_at=deadline(169)), "soft_deleted", False),
        (vm(state="soft_deleted"), "soft_deleted", False),
        (vm(exists=False), "gone", False),
        (vm(state="stopped"), "stopped", False),
        (vm(state="suspended"), "stopped", False),
    ],
)
def test_each_kind_of_need(machine: dict[str, t.Any], kind: str, urgent: bool) -> None:
    (need,) = judge(machine).needs
    assert (need.kind, need.urgent, need.count) == (kind, urgent, 1)
    assert judge(machine).tone == ("bad" if urgent else "soon")
    assert "web-01" in need.detail or kind in ("unprotected", "unhealthy")


@pytest.mark.parametrize("state", ["stopped", "suspended", "soft_deleted"])
def test_what_is_over_for_a_machine_that_is_gone_is_no_need(state: str) -> None:
    assert judge(vm(state=state, exists=False, deleted_permanently_at=deadline(5))).needs == ()


@pytest.mark.parametrize("state", ["protected", "waiting", "excluded", "elsewhere", "unknown"])
def test_what_is_no_need(state: str) -> None:
    assert judge(vm(state=state)).needs == ()


def test_what_is_urgent_comes_first_and_is_counted() -> None:
    judged = judge(
        vm(name="a", state="stopped"),
        vm(name="b", state="unprotected"),
        vm(name="c", state="soft_deleted", deleted_permanently_at=deadline(30)),
        vm(name="d", exists=False),
    )
    assert [need.kind for need in judged.needs] == ["soft_deleted", "unprotected", "gone", "stopped"]
    assert judged.call == "2 things need you today; 2 others can wait:"
    assert judge(vm(state="stopped")).call == "Nothing needs you today; 1 thing can wait:"


def test_the_deadline_is_told() -> None:
    one = vm(name="a", state="soft_deleted", deleted_permanently_at=deadline(47.5))
    other = vm(name="b", state="soft_deleted", deleted_permanently_at=deadline(20))
    assert judge(one).needs[0].title == "1 deleted backup is lost for good in 47 h, unless you bring it back"
    (need,) = judge(one, other).needs
    assert need.title == "2 deleted backups are lost for good within a week, unless you bring them back"
    assert need.detail == "b and a, the first in 20 h."


def test_a_deadline_that_has_passed_is_no_time_left() -> None:
    (need,) = judge(vm(state="soft_deleted", deleted_permanently_at=deadline(-3))).needs
    assert "in 0 min" in need.title


def test_failures_that_recovered_need_nobody() -> None:
    machines = [vm(name="a"), vm(name="b")]
    assert judge(*machines, failures=[summaries.failure(machines, recovered=True)]).needs == ()


def test_failures_are_counted_by_machine_and_told_by_cause() -> None:
    machines = [vm(name="a"), vm(name="b")]
    other = summaries.failure(machines[:1], code="Other", message="Another reason.", recommendations=[])
    (need,) = judge(*machines, failures=[other, summaries.failure(machines)]).needs
    assert need.title == "Jobs of 2 machines failed and none has succeeded since, for 2 reasons"
    assert need.detail == "Why: VM agent unable to communicate with Azure Backup (2); Another reason (1)."
    assert need.remedy == "Ensure that the VM agent is installed, running and up to date."


def test_a_remedy_for_some_says_so() -> None:
    machines = [
        vm(name=name, state="unprotected", reason=reason(code, remedy=remedy))
        for name, code, remedy in (
            ("a", "not_visible", "Look."),
            ("b", "not_visible", "Look."),
            ("c", "classic", "Move."),
        )
    ]
    (need,) = judge(*machines).needs
    assert need.detail == "Why: not discovered yet (2); classic machine (1)."
    assert need.remedy == "for 2 of 3: Look."


def test_what_could_not_be_read_comes_first_of_all() -> None:
    error = {"code": "Forbidden", "message": "No access", "recommendations": ["Ask for the role Reader."]}
    problem = {"affects": "vms", "subscription_id": "s", "vault_id": None, "vault_name": "vault-1", "error": error}
    judged = judge(vm(state="unprotected"), problems=[problem])
    assert judged.needs[0].kind == "problems" and judged.needs[0].detail == "vault-1: No access."
    assert judged.needs[0].remedy == "Ask for the role Reader."
    assert judge(vm(state="excluded"), problems=[problem]).sentence == "No machine is in the scope of this report."
    assert judge(problems=[problem]).sentence == "No machine could be read."


def test_each_place_that_could_not_be_read_has_its_own_reason() -> None:
    def problem(vault: str | None, message: str) -> dict[str, t.Any]:
        error = {"code": "Forbidden", "message": message, "recommendations": []}
        return {"affects": "vms", "subscription_id": "s", "vault_id": None, "vault_name": vault, "error": error}

    found = [problem("b", "No items"), problem("b", "No jobs"), problem("a", "No items"), problem(None, "No machines")]
    need = judge(problems=found).needs[0]
    assert need.title.startswith("3 places") and need.detail == "a and b: No items. s: No machines."


@settings(max_examples=40)
@given(results())
def test_a_verdict_of_anything_is_lines(result: dict[str, t.Any]) -> None:
    for line in verdict.verdict(result).lines():
        assert line.splitlines() == [line] and line.isprintable() or "\ufffd" in line or not line.isascii()
