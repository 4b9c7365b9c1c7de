# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role did, and what is left to do: the fact ``vm_backup_result``. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from ...module_utils._domain import discovery, ids
from ...module_utils._text import clean
from . import awaited
from .groups import UNPROTECTED, Group, Result, failure, group_key, is_protected, shortfall
from .table import reason_for_all

Machine = t.Mapping[str, t.Any]
Row = dict[str, t.Any]

# The policy that every vault comes with, which machines get when the role names none.
_DEFAULT_POLICY: t.Final = "DefaultPolicy"
_ATTENTION: t.Final = ("stopped", "not_visible", "not_eligible", "soft_deleted", "other_region", "classic", "gone")
_PROTECTED: t.Final = ("protected", "protected_elsewhere")
_FROM_DISCOVERY: t.Final = (
    "id",
    "name",
    "resource_group",
    "cloud_service",
    "location",
    "status",
    "reason",
    "hints",
    "vault_id",
    "policy_name",
    "protection_state",
    "last_recovery_point",
    "error",
)
_FROM_PROTECTION: t.Final = (
    "policy_name",
    "protection_state",
    "last_recovery_point",
    "action",
    "changed",
    "job_id",
    "error",
)
_HELD: t.Final = ("protected", "stopped", "soft_deleted")


@dataclasses.dataclass(frozen=True)
class Run:
    """What the role's steps returned. Each step has a result per vault, except the two discoveries at both ends."""

    discovered: t.Sequence[Machine]
    groups: t.Sequence[Group]
    vaults: t.Sequence[Result] = ()
    seen: t.Sequence[Result] = ()
    policies: t.Sequence[Result] = ()
    protected: t.Sequence[Result] = ()
    started: t.Sequence[Result] = ()
    jobs: t.Sequence[Result] = ()
    final: t.Sequence[Machine] = ()
    check_mode: bool = False
    back_up_now: str = "never"
    require_all: bool = False


def report(run: Run) -> dict[str, t.Any]:
    """Return ``vms``, ``vaults``, ``summary``, ``changed``, ``check_mode`` and ``failures`` (sentences)."""
    rows = {_key(machine): _row(machine) for machine in run.discovered}
    for result in run.seen:
        _see(rows, result)
    problems = _problems(run)
    for group in run.groups:
        _assign(rows, group, problems.get(group_key(group)), predicted=_is_new(run, group))
    for result in run.protected:
        _blame(rows, result)
        for machine in result.get("vms", ()):
            _protected(rows[_key(machine)], machine, result, check_mode=run.check_mode)
    _back_up(run, rows)
    for machine in run.final:
        _refresh(rows, machine)
    vms = [_finished(row, check_mode=run.check_mode) for row in rows.values()]
    vms.sort(key=_order)
    vaults = [_vault(run, group, problems.get(group_key(group))) for group in run.groups]
    return {
        "changed": any(entry["changed"] or entry.get("policy_changed") for entry in [*vms, *vaults]),
        "check_mode": run.check_mode,
        "vms": vms,
        "vaults": vaults,
        "summary": _summary(vms, vaults),
        "failures": _failures(vms, _shortfalls(run), require_all=run.require_all),
    }


def summed(reports: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """Return one report of several that are about different machines, such as those of the slices of a job.

    A vault that several of them use is there once. Raises ValueError for no report at all, and for real ones among
    predictions.
    """
    if not reports:
        raise ValueError("there is no report to sum up")
    if len({bool(one["check_mode"]) for one in reports}) > 1:
        raise ValueError("reports of check mode can't be summed up with those of real runs")
    rows = {_key(row): dict(row) for one in reports for row in one["vms"]}
    vms = sorted(rows.values(), key=_order)
    vaults: dict[tuple[str, str], Row] = {}
    for vault in (vault for one in reports for vault in one["vaults"]):
        known = vaults.setdefault((vault["resource_group"].casefold(), vault["name"].casefold()), dict(vault))
        known["id"] = known["id"] or vault["id"]
        known["error"] = known["error"] or vault["error"]
        for said in ("changed", "policy_changed"):
            known[said] = known[said] or vault[said]
    ordered = sorted(vaults.values(), key=lambda vault: (vault["location"], vault["name"].casefold()))
    return {
        "changed": any(one["changed"] for one in reports),
        "check_mode": bool(reports[0]["check_mode"]),
        "vms": vms,
        "vaults": ordered,
        "summary": _summary(vms, ordered),
        "failures": list(dict.fromkeys(text for one in reports for text in one["failures"])),
    }


def _order(row: Row) -> tuple[str, str, str]:
    """Order by region, group and name; what has no region comes last."""
    group = row["resource_group"] or row["cloud_service"] or ""
    return row["location"] or "~", group.casefold(), row["name"].casefold()


def _key(machine: Machine) -> str:
    return str(machine["id"] or machine["name"]).casefold()


def _row(machine: Machine) -> Row:
    return {
        **{key: machine[key] for key in _FROM_DISCOVERY},
        "vault_name": _vault_name(machine["vault_id"]),
        "action": "none",
        "changed": False,
        "job_id": None,
        "backup_action": "none",
        "backup_job_id": None,
        "backup_status": None,
    }


def _see(rows: dict[str, Row], result: Result) -> None:
    """Take over what a vault sees of its machines, and the classic ones, which only a vault sees.

    Of a machine in another vault the first discovery knows more: its policy and its state.
    """
    own = {vm_id.casefold() for vm_id in result["item"]["vms"]}
    for machine in result.get("vms", ()):
        if _key(machine) in own or _key(machine) not in rows:
            rows[_key(machine)] = _row(machine)


def _vault_name(vault_id: str | None) -> str | None:
    return ids.last_segment(vault_id) if vault_id else None


def _problems(run: Run) -> dict[tuple[str, str, str], dict[str, t.Any]]:
    """Return by group why its vault could not be used at all."""
    problems = {group_key(group): group["error"] for group in run.groups if group["error"]}
    for results, key in ((run.vaults, "vault"), (run.seen, "vms"), (run.policies, "policy")):
        for result in results:
            problem = failure(result, key)
            group = result["item"]
            if problem and not _is_new(run, group):
                problems.setdefault(group_key(group), _with_advice(problem))
    return problems


def _shortfalls(run: Run) -> list[tuple[Group, dict[str, t.Any]]]:
    """Return what went wrong with vaults and policies although the steps after it went on, with the group of each."""
    found = [
        (result["item"], shortfall(result, key))
        for results, key in ((run.vaults, "vault"), (run.policies, "policy"))
        for result in results
    ]
    return [(group, problem) for group, problem in found if problem]


def _with_advice(problem: dict[str, t.Any]) -> dict[str, t.Any]:
    if problem["code"] != "VaultNotFound":
        return problem
    return {
        **problem,
        "recommendations": [
            "Set vm_backup_create_vaults to have it created, or name the right one with vm_backup_vaults."
        ],
    }


def _is_new(run: Run, group: Group) -> bool:
    """Whether this is check mode and the vault would be created: it was not there when its discovery was asked."""
    return run.check_mode and any(
        group_key(result["item"]) == group_key(group)
        and (failure(result, "vms") or {}).get("code") == "VaultNotFound"
        and _vault_result(run, group).get("changed", False)
        for result in run.seen
    )


def _vault_result(run: Run, group: Group) -> Result:
    found = [result for result in run.vaults if group_key(result["item"]) == group_key(group)]
    return found[0] if found else {}


def _assign(rows: t.Mapping[str, Row], group: Group, problem: t.Any, *, predicted: bool) -> None:
    """Note each machine's vault, the problem that its vault has, and what would be done if the vault were there."""
    for vm_id in group["vms"]:
        row = rows[vm_id.casefold()]
        row["vault_name"] = row["vault_name"] or group["vault_name"]
        if problem:
            row["error"] = row["error"] or problem
        elif predicted and row["status"] in UNPROTECTED:
            row.update(action="protect", changed=True, policy_name=ids.last_segment(group["policy"] or _DEFAULT_POLICY))


def _blame(rows: t.Mapping[str, Row], result: Result) -> None:
    """Note the problem of a step that did nothing at all as that of the machines that it was for."""
    problem = failure(result, "vms")
    for vm_id in result["item"]["vms"] if problem else ():
        rows[vm_id.casefold()]["error"] = problem


def _protected(row: Row, machine: Machine, result: Result, *, check_mode: bool) -> None:
    row.update({key: machine[key] for key in _FROM_PROTECTION})
    new_policy = result["item"].get("new_policy")
    if new_policy and not machine["error"]:
        # Check mode could not ask the vault for a policy that it does not have yet.
        row["action"] = "change_policy" if machine["action"] == "none" else machine["action"]
        row.update(policy_name=new_policy, changed=True)
    row["vault_id"] = result["vault"]["id"]
    row["vault_name"] = result["vault"]["name"]
    if machine["error"] or check_mode or not is_protected(machine):
        # Where the vault shows nothing of it, such as while another run is at it, it stands as it was seen.
        return
    if machine["changed"] or row["status"] != "protected":
        found = discovery.under_policy(str(machine["policy_name"]), str(machine["protection_state"] or "IRPending"))
        row.update(status=found.status, reason=found.reason, hints=list(found.hints))


def _back_up(run: Run, rows: t.Mapping[str, Row]) -> None:
    for result in run.started:
        _blame(rows, result)
        for machine in result.get("vms", ()):
            row = rows[_key(machine)]
            row["backup_action"], row["backup_job_id"] = machine["action"], machine["job_id"]
            row["backup_status"] = (machine["job"] or {}).get("status")
            row["changed"] = row["changed"] or machine["changed"]
            row["error"] = row["error"] or machine["error"]
    if run.check_mode:
        _predict_backups(run.back_up_now, rows.values())
    ended = {job["job_id"]: job for result in run.jobs for job in result.get("jobs", ())}
    by_job = {row["backup_job_id"]: row for row in rows.values() if row["backup_job_id"]}
    for result in run.jobs:
        problems = awaited.unended(result)
        for job_id in result["item"]["job_ids"]:
            _judge(by_job[job_id], ended.get(job_id), problems.get(job_id))
        for vm_id, problem in awaited.unknown(result).items():
            rows[vm_id.casefold()]["error"] = problem


def _predict_backups(back_up_now: str, rows: t.Iterable[Row]) -> None:
    """A machine that would only now be protected: nothing could be asked about its backup."""
    for row in rows:
        expected = {"never": False, "first": not row["last_recovery_point"], "always": True}[back_up_now]
        if row["action"] in ("protect", "resume", "undelete") and expected:
            row["backup_action"] = "start"


def _judge(row: Row, job: t.Mapping[str, t.Any] | None, problem: t.Mapping[str, t.Any] | None) -> None:
    """Note how a backup ended; ``problem`` is why waiting for it ended early."""
    row["backup_status"] = job["status"] if job else None
    if job and job["status"] in ("Failed", "Cancelled"):
        found = job["error"] or {}
        row["error"] = {
            "code": found.get("code") or f"Backup{job['status']}",
            "message": f"Its backup ended as {job['status']}: {found.get('message') or 'the service gave no reason'}",
            "http_status": None,
            "operation": "start backup",
            "resource_id": job["id"],
            "request_id": None,
            "recommendations": list(found.get("recommendations") or []),
            "retryable": False,
        }
    elif problem and not (job and job["end_time"]):
        row["error"] = dict(problem)


def _refresh(rows: t.Mapping[str, Row], machine: Machine) -> None:
    """Take over how a machine stands after all was done, as far as a vault holds it."""
    row = rows.get(_key(machine))
    if row and machine["status"] in _HELD:
        row.update({key: machine[key] for key in _FROM_DISCOVERY if key != "error"})
        row["vault_name"] = _vault_name(machine["vault_id"])


def _finished(row: Row, *, check_mode: bool) -> Row:
    """Add the verdict: ``protected`` (in check mode: whether it would be), ``needs_attention``, and why."""
    would_be = check_mode and (row["changed"] or row["action"] == "in_progress") and not row["error"]
    protected = row["status"] in _PROTECTED or would_be
    attention = bool(row["error"]) or (row["status"] in _ATTENTION and not would_be)
    return {**row, "protected": protected, "needs_attention": attention}


def _vault(run: Run, group: Group, problem: t.Any) -> dict[str, t.Any]:
    result = _vault_result(run, group)
    vault = result.get("vault") or next((seen["vault"] for seen in run.seen if _same_group(seen, group)), None) or {}
    changed = bool(result.get("changed")) and "vault" in result
    policies = [made for made in run.policies if group_key(made["item"]) == group_key(group) and "policy" in made]
    shortfalls = [found for where, found in _shortfalls(run) if group_key(where) == group_key(group)]
    return {
        "id": vault.get("id"),
        "name": group["vault_name"],
        "resource_group": group["resource_group"],
        "location": group["location"],
        "policy": group["policy"],
        "changed": changed,
        "policy_changed": any(bool(made.get("changed")) for made in policies),
        "error": problem or next(iter(shortfalls), None),
    }


def _same_group(result: Result, group: Group) -> bool:
    return group_key(result["item"]) == group_key(group) and bool(result.get("vault"))


def _summary(vms: t.Sequence[Row], vaults: t.Sequence[Row]) -> dict[str, int]:
    return {
        # A machine that is gone is shown, for somebody has to look at its backups, but can't be protected any more.
        "total": sum(row["status"] != "gone" for row in vms),
        "protected": sum(row["protected"] for row in vms),
        "changed": sum(row["changed"] for row in vms),
        "backups_started": sum(row["backup_action"] == "start" for row in vms),
        "needs_attention": sum(row["needs_attention"] for row in vms),
        "failed": sum(bool(row["error"]) for row in vms),
        "regions": len({row["location"] for row in vms if row["location"]}),
        "vaults": len(vaults),
        "vaults_changed": sum(vault["changed"] for vault in vaults),
    }


def _failures(
    vms: t.Sequence[Row], shortfalls: t.Iterable[tuple[Group, t.Mapping[str, t.Any]]], *, require_all: bool
) -> list[str]:
    """Return a sentence per reason, with the machines, or the vaults, that it is about."""
    about: dict[str, list[str]] = {}
    shared = collections.Counter(reason_for_all(row) for row in vms if row["error"])
    for row in vms:
        if row["error"]:
            for_all = reason_for_all(row)
            about.setdefault(for_all if shared[for_all] > 1 else row["error"]["message"], []).append(row["name"])
        elif require_all and not row["protected"] and row["status"] != "gone":
            about.setdefault(f"not protected. {row['reason']}", []).append(row["name"])
    for group, problem in shortfalls:
        about.setdefault(problem["message"], []).append(group["vault_name"])
    return [clean(f"{_names(names)}: {reason}") for reason, names in about.items()]


def _names(names: t.Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
