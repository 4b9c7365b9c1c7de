# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of an operator's job: every machine has its line, and every failure its reason."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._fleet import offenders, outcome

JOB = "8e5d3bd4-0d3a-4b3e-9b1a-0f2f3b1f3a11"
BROKEN = {"code": "Broken", "message": "It is broken", "recommendations": ["Mend it."]}


def vault(*names: str) -> dict[str, t.Any]:
    items = [{"id": f"id-{name}", "name": name, "resource_group": "rg", "cloud_service": None} for name in names]
    return {"vault_name": "v", "location": "westeurope", "items": items, "vms": [], "job_ids": []}


def plan(action: str, *names: str, **more: t.Any) -> dict[str, t.Any]:
    return {"action": action, "vaults": [vault(*names)], "count": len(names), "confirm": None, "failures": [], **more}


def machine(name: str, action: str, **more: t.Any) -> dict[str, t.Any]:
    return {
        "id": f"id-{name}",
        "name": name,
        "resource_group": "rg",
        "cloud_service": None,
        "action": action,
        "changed": action in ("stop", "delete", "start"),
        "job_id": None,
        "error": None,
        **more,
    }


def text(made: t.Mapping[str, t.Any]) -> str:
    return "\n".join(made["lines"])


def test_each_machine_has_its_line() -> None:
    done = [machine("a", "stop", state="stopped", job_id=JOB), machine("b", "none", state="stopped")]
    made = outcome.outcome(plan("stop", "a", "b"), [{"item": vault("a", "b"), "vms": done}])
    assert made["lines"] == [
        "VM  RESOURCE GROUP  VAULT  STATE    DONE     JOB",
        "--  --------------  -----  -------  -------  --------",
        "a   rg              v      stopped  stopped  8e5d3bd4",
        "b   rg              v      stopped  -        -",
        "",
        "2 virtual machines in 1 vault, 1 changed.",
    ]
    assert made["summary"] == {"total": 2, "changed": 1, "unchanged": 1, "failed": 0, "vaults": 1}
    assert made["changed"] and made["failures"] == []


def test_a_prediction_is_worded_as_one() -> None:
    done = [machine("a", "delete", state="soft_deleted")]
    made = outcome.outcome(
        plan("delete", "a", confirm="delete 1"), [{"item": vault("a"), "vms": done}], check_mode=True
    )
    for part in ("WOULD BE", "WOULD DO", "1 would be changed", "run this with the confirmation: delete 1"):
        assert part in text(made)


def test_a_vault_that_failed_as_a_whole_fails_each_of_its_machines() -> None:
    made = outcome.outcome(plan("stop", "a", "b"), [{"item": vault("a", "b"), "error": BROKEN, "msg": "x"}])
    assert [row["error"] for row in made["vms"]] == [BROKEN, BROKEN]
    assert made["failures"] == ["rg/a, rg/b: It is broken"]
    assert "Failed (2)\n  rg/a, rg/b\n    It is broken. Mend it." in text(made)
    assert made["summary"]["failed"] == 2 and not made["changed"]


def test_a_reason_that_names_each_machine_is_told_once() -> None:
    def error(name: str) -> dict[str, t.Any]:
        return {**BROKEN, "message": f"{name} can't be suspended: the vault is not immutable."}

    done = [{**machine(name, "none", state="protected"), "error": error(name)} for name in ("a", "b")]
    made = outcome.outcome(plan("suspend", "a", "b"), [{"item": vault("a", "b"), "vms": done}])
    assert made["failures"] == ["rg/a, rg/b: The machine can't be suspended: the vault is not immutable."]
    assert text(made).count("not immutable") == 1
    alone = outcome.outcome(plan("suspend", "a"), [{"item": vault("a"), "vms": done[:1]}])
    assert alone["failures"] == ["rg/a: a can't be suspended: the vault is not immutable."]


def test_what_was_asked_for_wrongly_is_told_first() -> None:
    made = outcome.outcome(plan("stop", vaults=[], failures=["nobody has no backup."]), [])
    assert made["lines"] == ["Nothing was done.", "  nobody has no backup."]
    assert made["failures"] == ["nobody has no backup."]
    assert outcome.outcome(plan("stop", vaults=[]), [])["lines"] == [
        "There is nothing to do: no virtual machine is concerned."
    ]


@pytest.mark.parametrize(
    ("status", "word", "failed"),
    [
        ("Completed", "backed up", False),
        ("CompletedWithWarnings", "backed up, with warnings", False),
        ("Failed", "backup failed", True),
        ("Cancelled", "backup cancelled", True),
        ("InProgress", "backup started", False),
    ],
)
def test_a_backup_that_was_waited_for_has_its_end(status: str, word: str, failed: bool) -> None:
    error = {"code": "E", "message": "No agent.", "recommendations": ["Start it."]} if failed else None
    job = {"id": "job-id", "job_id": JOB, "status": status, "error": error}
    waited = {"item": {**vault("a"), "job_ids": [JOB]}, "jobs": [job]}
    started = {"item": vault("a"), "vms": [machine("a", "start", job_id=JOB)]}
    made = outcome.outcome(plan("back_up", "a"), [started], jobs=[waited])
    (row,) = made["vms"]
    assert (row["job_status"], bool(row["error"])) == (status, failed)
    assert f" {word}  " in made["lines"][2] and "STATE" not in made["lines"][0]
    assert bool(made["failures"]) is failed


def test_a_wait_that_ended_early_is_the_failure_of_what_still_runs() -> None:
    other = "11111111-0d3a-4b3e-9b1a-0f2f3b1f3a11"
    jobs = [
        {"id": "1", "job_id": JOB, "status": "InProgress", "error": None},
        {"id": "2", "job_id": other, "status": "Completed", "error": None},
    ]
    late = {"code": "WaitTimeout", "message": "Still running", "recommendations": []}
    waited = {"item": {**vault("a", "b"), "job_ids": [JOB, other]}, "jobs": jobs, "error": late, "msg": "x"}
    rows = [machine("a", "start", job_id=JOB), machine("b", "start", job_id=other)]
    made = outcome.outcome(plan("back_up", "a", "b"), [{"item": vault("a", "b"), "vms": rows}], jobs=[waited])
    assert made["failures"] == ["rg/a: Still running"]


def test_a_backup_that_could_not_be_followed_is_a_failure() -> None:
    rows = [machine("a", "start", job_id=JOB, request_id="r1"), machine("b", "start", request_id="r2")]
    unknown = [{"id": "id-b", "request_id": "r2"}]
    item = {**vault("a", "b"), "job_ids": [JOB], "unknown_jobs": unknown}
    waited = {"item": item, "jobs": [], "jobs_not_found": [JOB]}
    started = [{"item": vault("a", "b"), "vms": rows}]
    made = outcome.outcome(plan("back_up", "a", "b"), started, jobs=[waited])
    assert [row["error"]["code"] for row in made["vms"]] == ["JobNotFollowed"] * 2
    assert len(made["failures"]) == 2 and made["summary"]["failed"] == 2
    assert outcome.outcome(plan("back_up", "a", "b"), started, jobs=[{**waited, "skipped": True}])["failures"] == []


def test_a_job_that_was_not_waited_for_has_no_end() -> None:
    made = outcome.outcome(
        plan("back_up", "a"),
        [{"item": vault("a"), "vms": [machine("a", "start", job_id=JOB)]}],
        jobs=[{"skipped": True, "item": vault("a")}],
    )
    assert "backup started" in text(made)


def test_soft_delete_is_told_with_its_first_end() -> None:
    ends = ("2026-03-20T00:00:00Z", "2026-03-15T00:00:00Z")
    rows = [machine(name, "delete", deleted_permanently_at=end) for name, end in zip("ab", ends, strict=True)]
    made = outcome.outcome(plan("delete", "a", "b"), [{"item": vault("a", "b"), "vms": rows}])
    assert f"Soft delete keeps the data of 2 machines, the first until {ends[1]}." in made["lines"]


def offender(name: str, message: str = "No vault holds it.", remedy: str | None = "Protect it.") -> dict[str, t.Any]:
    reason = {"code": "x", "message": message, "remedy": remedy}
    return {"id": f"id-{name}", "name": name, "resource_group": "rg", "reason": reason}


def test_offenders_of_one_reason_are_told_together() -> None:
    found = {"unprotected": [offender("a"), offender("b"), offender("c", "Odd.", None)], "stale": [offender("d")]}
    assert offenders.lines(found, ["unprotected", "gone"]) == [
        "Unprotected (3)",
        "  rg/a, rg/b",
        "    No vault holds it.",
        "    What to do: Protect it.",
        "  rg/c",
        "    Odd.",
    ]
    assert offenders.lines(found, []) == [] and offenders.lines({"stale": []}, ["stale"]) == []


def test_offenders_of_several_subscriptions_are_told_apart() -> None:
    found = [{**offender("a"), "id": f"/subscriptions/{number}/resourceGroups/rg/x"} for number in ("one", "two")]
    assert offenders.lines({"stale": [*found, {**offender("b"), "id": None}]}, ["stale"], subscriptions=True) == [
        "Newest backup too old (3)",
        *("  rg/a", "    Subscription one", "    No vault holds it.", "    What to do: Protect it."),
        *("  rg/a", "    Subscription two", "    No vault holds it.", "    What to do: Protect it."),
        *("  rg/b", "    No vault holds it.", "    What to do: Protect it."),
    ]


def test_of_very_many_offenders_some_are_named() -> None:
    found = {"stale": [offender(f"vm-{number}") for number in range(25)]}
    shown = " ".join(offenders.lines(found, ["stale"]))
    assert "Newest backup too old (25)" in shown and "rg/vm-19, and 5 more" in shown and "vm-20" not in shown
