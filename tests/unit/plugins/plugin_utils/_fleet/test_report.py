# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role's report says, and how a person reads it."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._fleet.lines import job_lines, report_lines
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._fleet.report import Run, report

SUBSCRIPTION = "/subscriptions/aaaaaaaa-0000-4000-8000-000000000001"
JOB = "8e5d3bd4-0d3a-4b3e-9b1a-0f2f3b1f3a11"


def vm_id(name: str) -> str:
    return f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/{name}"


def vault_id(name: str) -> str:
    return f"{SUBSCRIPTION}/resourceGroups/rg-backup/providers/Microsoft.RecoveryServices/vaults/{name}"


def error(message: str, code: str = "Broken") -> dict[str, t.Any]:
    return {"code": code, "message": message, "recommendations": ["Mend it."]}


def found(name: str, status: str | None = "protectable", **more: t.Any) -> dict[str, t.Any]:
    """A machine as discovery returns it."""
    return {
        "id": vm_id(name),
        "name": name,
        "resource_group": "rg",
        "cloud_service": None,
        "location": "westeurope",
        "status": status,
        "reason": f"It is {status}.",
        "hints": ["Do something."],
        "vault_id": None,
        "policy_name": None,
        "protection_state": None,
        "last_recovery_point": None,
        "error": None,
        **more,
    }


def protected(name: str, **more: t.Any) -> dict[str, t.Any]:
    """A machine as protecting it returns it."""
    return {
        "id": vm_id(name),
        "name": name,
        "policy_name": "DefaultPolicy",
        "protection_state": "IRPending",
        "soft_deleted": False,
        "last_recovery_point": None,
        "action": "protect",
        "changed": True,
        "job_id": JOB,
        "error": None,
        **more,
    }


def group(*names: str, **more: t.Any) -> dict[str, t.Any]:
    return {
        "location": "westeurope",
        "resource_group": "rg-backup",
        "vault_name": "v",
        "policy": None,
        "vms": [vm_id(name) for name in names],
        "error": None,
        **more,
    }


VAULT = {"id": vault_id("v"), "name": "v"}


def steps(*machines: dict[str, t.Any], **more: t.Any) -> Run:
    """A run in which every machine of one vault gets as far as discovery."""
    own = group(*(machine["name"] for machine in machines if machine["id"]))
    created = {"item": own, "vault": VAULT, "changed": False}
    seen = {"item": own, "vault": VAULT, "vms": list(machines)}
    return Run(**{"discovered": machines, "groups": [own], "vaults": [created], "seen": [seen], **more})


def rows(made: dict[str, t.Any]) -> dict[str, dict[str, t.Any]]:
    return {row["name"]: row for row in made["vms"]}


def test_a_backup_job_that_failed_is_the_machines_error() -> None:
    own = group("a", "b")
    started = [{**protected(name), "action": "start", "job_id": f"{name}-job", "job": None} for name in ("a", "b")]
    jobs = [
        {"job_id": "a-job", "id": "A", "status": "Completed", "end_time": "x", "error": None},
        {
            "job_id": "b-job",
            "id": "B",
            "status": "Failed",
            "end_time": "x",
            "error": {**error("No agent."), "code": "Agent"},
        },
    ]
    made = report(
        steps(
            found("a"),
            found("b"),
            protected=[{"item": own, "vault": VAULT, "vms": [protected("a"), protected("b")]}],
            started=[{"item": own, "vms": started}],
            jobs=[{"item": {**own, "job_ids": ["a-job", "b-job"]}, "jobs": jobs}],
        )
    )
    assert rows(made)["a"]["error"] is None and rows(made)["a"]["backup_status"] == "Completed"
    assert rows(made)["b"]["error"]["code"] == "Agent"
    assert made["failures"] == ["b: Its backup ended as Failed: No agent."]
    assert made["summary"]["backups_started"] == 2 and made["summary"]["protected"] == 2
    text = "\n".join(report_lines(made))
    assert "protected, backed up" in text and "protected, backup failed " in text and "failed, failed" not in text


def test_a_backup_that_failed_at_once_is_told_once() -> None:
    own = group("a")
    job = {"job_id": "a-job", "status": "Failed"}
    started = {**protected("a"), "action": "start", "job_id": "a-job", "job": job, "error": error("No agent.")}
    made = report(
        steps(
            found("a"),
            protected=[{"item": own, "vault": VAULT, "vms": [protected("a")]}],
            started=[{"item": own, "vms": [started]}],
        )
    )
    assert rows(made)["a"]["backup_status"] == "Failed"
    text = "\n".join(report_lines(made))
    assert "protected, backup failed " in text and "backup started" not in text.splitlines()[2]


def test_waiting_that_ended_early_is_the_error_of_what_still_runs() -> None:
    own = group("a", "b")
    started = [{**protected(name), "action": "start", "job_id": f"{name}-job", "job": None} for name in ("a", "b")]
    jobs = [
        {"job_id": "a-job", "id": "A", "status": "Completed", "end_time": "x", "error": None},
        {"job_id": "b-job", "id": "B", "status": "InProgress", "end_time": None, "error": None},
    ]
    waited = {"item": {**own, "job_ids": ["a-job", "b-job"]}, "jobs": jobs, "error": error("Too long.", "WaitTimeout")}
    made = report(steps(found("a"), found("b"), started=[{"item": own, "vms": started}], jobs=[waited]))
    assert rows(made)["a"]["error"] is None
    assert rows(made)["b"]["error"]["code"] == "WaitTimeout"


def test_a_vault_that_fails_fails_its_machines_and_no_others() -> None:
    own = group("a", "b")
    made = report(
        Run(
            discovered=[found("a"), found("b"), found("c", location="northeurope")],
            groups=[own, group("c", location="northeurope", vault_name="n")],
            vaults=[{"item": own, "error": error("Not allowed."), "msg": "Not allowed."}],
        )
    )
    assert {name for name, row in rows(made).items() if row["error"]} == {"a", "b"}
    assert made["failures"] == ["a, b: Not allowed."]
    assert [vault["error"] is None for vault in made["vaults"]] == [False, True]


def test_a_step_that_fails_fails_the_machines_that_it_was_for() -> None:
    machines = found("a"), found("b", "not_eligible")
    refused = {"item": group("a"), "error": error("No such policy."), "msg": "No such policy."}
    for step in ("protected", "started"):
        made = report(steps(*machines, **{step: [refused]}))
        assert {name: bool(row["error"]) for name, row in rows(made).items()} == {"a": True, "b": False}
        assert made["failures"] == ["a: No such policy."]


def test_in_check_mode_a_vault_to_be_made_is_a_prediction() -> None:
    own = group("a", "b")
    missing = {"item": own, "error": error("There is no vault.", "VaultNotFound"), "msg": "There is no vault."}
    run = Run(
        discovered=[found("a"), found("b", "not_eligible")],
        groups=[own],
        vaults=[{"item": own, "vault": {}, "changed": True}],
        seen=[missing],
        check_mode=True,
        back_up_now="first",
    )
    made = report(run)
    assert (rows(made)["a"]["action"], rows(made)["a"]["changed"], rows(made)["a"]["backup_action"]) == (
        "protect",
        True,
        "start",
    )
    assert rows(made)["b"]["action"] == "none" and rows(made)["b"]["needs_attention"]
    assert made["failures"] == [] and made["changed"]
    text = "\n".join(report_lines(made))
    assert "WOULD DO" in text and "protect, back up" in text and "Would change 1 virtual machine and 1 vault." in text


def test_in_check_mode_a_policy_to_be_made_is_a_prediction() -> None:
    named = group("a", "b", "c", policy="gold")
    asked = {**named, "policy": None, "new_policy": "gold"}
    vms = [
        protected("a"),
        protected("b", action="none", changed=False, policy_name="DefaultPolicy"),
        protected("c", action="none", changed=False, error=error("No.")),
    ]
    made = report(
        Run(
            discovered=[found("a"), found("b", "protected"), found("c")],
            groups=[named],
            seen=[{"item": named, "vms": [], "vault": VAULT}],
            policies=[{"item": named, "policy": {}, "policy_created": True, "changed": True}],
            protected=[{"item": asked, "vms": vms, "vault": VAULT}],
            check_mode=True,
        )
    )
    shown = {name: (row["action"], row["changed"], row["policy_name"]) for name, row in rows(made).items()}
    assert shown["a"] == ("protect", True, "gold")
    assert shown["b"] == ("change_policy", True, "gold")
    assert shown["c"] == ("none", False, "DefaultPolicy")
    assert made["vaults"][0]["policy_changed"] and not made["vaults"][0]["changed"]


def test_a_policy_that_fails_fails_its_machines() -> None:
    named = group("a", policy="gold")
    made = report(
        Run(
            discovered=[found("a")],
            groups=[named],
            seen=[{"item": named, "vms": [], "vault": VAULT}],
            policies=[{"item": named, "msg": "refused", "error": error("Refused.")}],
        )
    )
    assert rows(made)["a"]["error"]["message"] == "Refused."
    assert made["vaults"][0]["error"] and not made["vaults"][0]["policy_changed"]
    assert not made["changed"]


@pytest.mark.parametrize(("step", "key"), [("vaults", "vault"), ("policies", "policy")])
def test_what_is_not_seen_through_fails_although_there_is_a_result(step: str, key: str) -> None:
    named = group("a", policy="gold")
    late = {"item": named, key: VAULT, "changed": True, "msg": "Late.", "error": error("It goes on.", "WaitTimeout")}
    done = {"item": named, "vms": [protected("a")], "vault": VAULT}
    made = report(steps(found("a"), groups=[named], protected=[done], **{step: [late]}))
    # The machines are protected all the same, and the vault says what has become of the step.
    assert rows(made)["a"]["protected"] and rows(made)["a"]["error"] is None
    assert made["vaults"][0]["error"]["code"] == "WaitTimeout"
    assert made["failures"] == ["v: It goes on."]
    assert (made["vaults"][0]["changed"], made["vaults"][0]["policy_changed"]) == (key == "vault", key == "policy")


def test_what_was_not_seen_through_is_told_of_every_vault_and_beside_what_machines_have() -> None:
    one, two = group("a", vault_name="one"), group("b", vault_name="two", location="northeurope")
    vaults = [{"item": own, "vault": VAULT, "error": error("Tags are not set.")} for own in (one, two)]
    policies = [{"item": two, "policy": {}, "error": error("It goes on.")}]
    refused = {"item": two, "error": error("No such policy."), "msg": "No such policy."}
    made = report(Run([found("a"), found("b")], [one, two], vaults=vaults, policies=policies, protected=[refused]))
    assert made["failures"] == ["b: No such policy.", "one, two: Tags are not set.", "two: It goes on."]
    assert [vault["error"]["message"] for vault in made["vaults"]] == ["Tags are not set."] * 2


def test_a_vault_that_is_missing_and_may_not_be_made_says_which_option_allows_it() -> None:
    own = group("a")
    missing = {"item": own, "error": error("There is no vault.", "VaultNotFound"), "msg": "There is no vault."}
    for check_mode in (False, True):
        skipped = {"item": own, "skipped": True, "changed": False}
        made = report(Run([found("a")], [own], vaults=[skipped], seen=[missing], check_mode=check_mode))
        assert rows(made)["a"]["error"]["code"] == "VaultNotFound"
        assert "vm_backup_create_vaults" in "\n".join(report_lines(made))


def test_a_machine_in_another_vault_keeps_what_is_known_of_it() -> None:
    elsewhere = found("a", "protected", vault_id=vault_id("legacy"), policy_name="gold", protection_state="Protected")
    own = group("b")
    seen = [
        found("a", "protected_elsewhere", vault_id=vault_id("legacy")),
        found("b"),
        found("old", "classic", id="/c"),
    ]
    made = report(Run([elsewhere, found("b")], [own], seen=[{"item": own, "vault": VAULT, "vms": seen}]))
    assert rows(made)["a"]["policy_name"] == "gold" and rows(made)["a"]["vault_name"] == "legacy"
    assert not rows(made)["a"]["needs_attention"]
    assert rows(made)["old"]["status"] == "classic"


def test_only_when_asked_is_an_unprotected_machine_a_failure() -> None:
    machines = [found("a", "not_eligible"), found("b", "protected", vault_id=vault_id("v"))]
    assert report(steps(*machines))["failures"] == []
    assert report(steps(*machines, require_all=True))["failures"] == ["a: not protected. It is not_eligible."]


def test_the_same_reason_is_told_once() -> None:
    machines = [found(f"vm-{number}", "not_eligible") for number in range(5)]
    made = report(steps(*machines, require_all=True))
    assert made["failures"] == ["vm-0, vm-1, vm-2 and 2 more: not protected. It is not_eligible."]
    lines = report_lines(made)
    assert lines.count("    It is not_eligible. Do something.") == 1
    assert "  rg/vm-0, rg/vm-1, rg/vm-2, rg/vm-3, rg/vm-4" in lines


def test_a_name_that_means_nothing_is_a_row_too() -> None:
    nobody = found("nobody", None, id=None, resource_group=None, location=None, error=error("No such machine."))
    made = report(Run([nobody], []))
    assert made["summary"]["failed"] == 1 and not made["changed"]
    assert made["failures"] == ["nobody: No such machine."]
    assert "No such machine. Mend it." in "\n".join(report_lines(made))


def test_nothing_found_says_what_to_check() -> None:
    assert "Check the selection" in report_lines(report(Run([], [])))[0]


def test_a_backup_that_could_not_be_followed_is_the_machines_error() -> None:
    own = group("a", "b")
    started = [
        {**protected("a"), "action": "start", "job_id": "a-job", "request_id": "r1", "job": None},
        {**protected("b"), "action": "start", "job_id": None, "request_id": "r2", "job": None},
    ]
    item = {**own, "job_ids": ["a-job"], "unknown_jobs": [{"id": vm_id("b"), "request_id": "r2"}]}
    waited = {"item": item, "jobs": [], "jobs_not_found": ["a-job"]}
    run = steps(found("a"), found("b"), started=[{"item": own, "vms": started}], jobs=[waited])
    made = report(run)
    assert {row["error"]["code"] for row in made["vms"]} == {"JobNotFollowed"}
    assert [text.split(":")[0] for text in made["failures"]] == ["a", "b"]
    assert made["summary"]["failed"] == made["summary"]["backups_started"] == 2
    assert report(dataclasses.replace(run, jobs=[{**waited, "skipped": True}]))["failures"] == []


def test_jobs_are_shown_with_their_whole_id() -> None:
    job = {
        "operation": "Backup",
        "vm_name": "web-01",
        "resource_group": "rg",
        "status": "Completed",
        "start_time": "2026-03-01T18:00:12Z",
        "duration": 61.4,
        "job_id": JOB,
    }
    assert job_lines([job, {**job, "duration": None}])[2].endswith(f"61 s  {JOB}")
    assert job_lines([]) == ["There are no jobs."]


def test_a_machine_that_is_gone_is_shown_and_counts_among_no_machines() -> None:
    machines = [found("a", "protected", vault_id=vault_id("v")), found("b", "gone", vault_id=vault_id("v"))]
    made = report(steps(*machines, require_all=True))
    assert made["failures"] == []
    assert (made["summary"]["total"], made["summary"]["protected"], made["summary"]["needs_attention"]) == (1, 1, 1)
    assert "Gone from Azure" in "\n".join(report_lines(made))


def under_way(**more: t.Any) -> dict[str, t.Any]:
    """A machine that another run is at, as protecting it returns it, and as far as its vault shows it."""
    shown = dict.fromkeys(("policy_name", "protection_state", "soft_deleted"))
    return protected("a", **{"action": "in_progress", "changed": False, "job_id": None, **shown, **more})


@pytest.mark.parametrize(
    ("machine", "status", "counted"),
    [
        (under_way(), "protectable", False),
        (under_way(error=error("Nothing came of it.")), "protectable", False),
        (under_way(policy_name="Gold", protection_state="IRPending", soft_deleted=False), "protected", True),
        (under_way(policy_name="Gold", soft_deleted=False, error=error("Not Silver.")), "protectable", False),
    ],
)
def test_what_another_run_is_at_is_protected_only_once_its_vault_shows_it(
    machine: dict[str, t.Any], status: str, counted: bool
) -> None:
    seen = found("a", reason="Its protection is being configured right now.")
    made = report(steps(seen, protected=[{"item": group("a"), "vault": VAULT, "vms": [machine]}]))
    row = rows(made)["a"]
    assert (row["status"], row["protected"], made["summary"]["protected"]) == (status, counted, int(counted))
    assert ("being configured" in row["reason"]) is not counted
    assert row["needs_attention"] is bool(machine["error"])
    text = "\n".join(report_lines(made))
    assert "under way" in text and ("Not protected" in text) is not counted


def test_in_check_mode_what_another_run_is_at_would_be_protected() -> None:
    done = {"item": group("a"), "vault": VAULT, "vms": [under_way()]}
    made = report(steps(found("a"), protected=[done], check_mode=True))
    assert rows(made)["a"]["protected"] and not made["changed"]
