# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of an operator's job, machine by machine: as data, and as lines that a person reads. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import collections
import typing as t

from ...module_utils._text import clean
from . import awaited
from .groups import Result, failure
from .selected import Plan
from .table import counted, paragraph, reason_for_all, table

Row = dict[str, t.Any]

_DONE: t.Final = {
    # What the module calls it: what was done, what would be done.
    "start": ("backup started", "back up"),
    "skip_newer": ("is recent enough", "is recent enough"),
    "skip_running": ("already running", "already running"),
    "in_progress": ("under way", "under way"),
    "stop": ("stopped", "stop"),
    "suspend": ("suspended", "suspend"),
    "delete": ("deleted", "delete"),
    "undelete": ("undeleted", "undelete"),
    "resume": ("resumed", "resume"),
    "protect": ("protected", "protect"),
}
_JOB_ENDED: t.Final = {
    "Completed": "backed up",
    "CompletedWithWarnings": "backed up, with warnings",
    "Failed": "backup failed",
    "Cancelled": "backup cancelled",
}


def outcome(
    plan: Plan, results: t.Sequence[Result], *, jobs: t.Sequence[Result] = (), check_mode: bool = False
) -> dict[str, t.Any]:
    """Return ``action``, ``changed``, ``check_mode``, ``vms``, ``summary``, ``failures`` (sentences) and ``lines``.

    Args:
        plan: what ``selected.plan`` made.
        results: those of the module that ran for each of the plan's vaults.
        jobs: the results of waiting for the jobs, for each vault.
        check_mode: whether all this was a prediction.
    """
    rows = [row for result in results for row in _rows(result)]
    _end(rows, jobs)
    rows.sort(key=lambda row: (row["vault_name"], row["name"].casefold(), row["resource_group"] or ""))
    failures = [*plan["failures"], *_failures(rows)]
    made: dict[str, t.Any] = {
        "action": plan["action"],
        "changed": any(row["changed"] for row in rows),
        "check_mode": check_mode,
        "vms": rows,
        "summary": {
            "total": plan["count"],
            "changed": sum(row["changed"] for row in rows),
            "unchanged": sum(not row["changed"] and not row["error"] for row in rows),
            "failed": sum(bool(row["error"]) for row in rows),
            "vaults": len(plan["vaults"]),
        },
        "failures": failures,
    }
    return {**made, "lines": _lines(made, plan)}


def _rows(result: Result) -> list[Row]:
    if result.get("skipped"):
        return []
    group = result["item"]
    problem = failure(result, "vms")
    if problem:
        return [_row(item, group, error=problem) for item in group["items"]]
    return [_row(machine, group) for machine in result["vms"]]


def _row(machine: t.Mapping[str, t.Any], group: t.Mapping[str, t.Any], **more: t.Any) -> Row:
    job = machine.get("job") or {}
    return {
        "id": machine["id"],
        "name": machine["name"],
        "resource_group": machine["resource_group"] or machine["cloud_service"],
        "location": group["location"],
        "vault_name": group["vault_name"],
        "state": machine.get("state"),
        "action": machine.get("action") or "none",
        "changed": bool(machine.get("changed")),
        "job_id": machine.get("job_id"),
        "job_status": job.get("status"),
        "deleted_permanently_at": machine.get("deleted_permanently_at"),
        "error": machine.get("error"),
        **more,
    }


def _end(rows: t.Sequence[Row], jobs: t.Sequence[Result]) -> None:
    """Note how the jobs ended that were waited for; a wait that ended early is the error of those that still run."""
    by_job = {row["job_id"]: row for row in rows if row["job_id"]}
    by_id = {row["id"]: row for row in rows}
    for result in jobs:
        if result.get("skipped"):
            continue
        for job in result.get("jobs", ()):
            row = by_job.get(job["job_id"])
            if row:
                row["job_status"] = job["status"]
                row["error"] = row["error"] or _job_error(job)
        problems = [(by_job[job_id], problem) for job_id, problem in awaited.unended(result).items()]
        problems += [(by_id[vm_id], problem) for vm_id, problem in awaited.unknown(result).items()]
        for row, problem in problems:
            row["error"] = row["error"] or problem


def _job_error(job: t.Mapping[str, t.Any]) -> dict[str, t.Any] | None:
    if job["status"] not in ("Failed", "Cancelled"):
        return None
    found = job["error"] or {}
    return {
        "code": found.get("code") or f"Backup{job['status']}",
        "message": f"Its backup ended as {job['status']}: {found.get('message') or 'the service gave no reason'}",
        "recommendations": list(found.get("recommendations") or []),
        "resource_id": job["id"],
    }


def _failures(rows: t.Sequence[Row]) -> list[str]:
    """Return a sentence per reason, with the machines that it is about."""
    return [clean(f"{', '.join(names[:5])}{_more(names)}: {reason}") for reason, names in _reasons(rows).items()]


def _more(names: t.Sequence[str]) -> str:
    return f" and {len(names) - 5} more" if len(names) > 5 else ""


def _reasons(rows: t.Sequence[Row], *, advice: bool = False) -> dict[str, list[str]]:
    about: dict[str, list[str]] = {}
    failed = [row for row in rows if row["error"]]
    shared = collections.Counter(reason_for_all(row) for row in failed)
    for row in failed:
        error = row["error"]
        message = reason_for_all(row) if shared[reason_for_all(row)] > 1 else error["message"]
        texts = [message, *(error["recommendations"] if advice else ())]
        reason = " ".join(dict.fromkeys(f"{text.strip().rstrip('.')}." for text in texts))
        about.setdefault(reason if advice else message, []).append(_told(row))
    return about


def _told(row: Row) -> str:
    return f"{row['resource_group']}/{row['name']}" if row["resource_group"] else str(row["name"])


def _lines(made: t.Mapping[str, t.Any], plan: Plan) -> list[str]:
    check_mode, rows = made["check_mode"], made["vms"]
    heads = ["VM", "RESOURCE GROUP", "VAULT", *(("WOULD BE", "WOULD DO") if check_mode else ("STATE", "DONE")), "JOB"]
    shown = [
        [
            row["name"],
            row["resource_group"] or "-",
            row["vault_name"],
            row["state"] or "-",
            _done(row, check_mode=check_mode),
            (row["job_id"] or "-")[:8],
        ]
        for row in rows
    ]
    if plan["action"] == "back_up":  # which has no state to tell
        for line in (heads, *shown):
            del line[3]
    wrong = [line for text in plan["failures"] for line in paragraph(text, indent=2)]
    if not shown:
        return ["Nothing was done.", *wrong] if wrong else ["There is nothing to do: no virtual machine is concerned."]
    lines = table(heads, shown, cut=3)
    if wrong:
        lines += ["", "Wrong with what was asked for", *wrong]
    reasons = _reasons(rows, advice=True)
    if reasons:
        lines += ["", f"Failed ({made['summary']['failed']})"]
    for reason, names in reasons.items():
        lines += [*paragraph(", ".join(names), indent=2), *paragraph(reason, indent=4)]
    return [*lines, "", *_kept_until(rows), *_sum(made, plan)]


def _done(row: Row, *, check_mode: bool) -> str:
    if row["error"] and row["job_status"] not in _JOB_ENDED:
        return "failed"
    if row["action"] in ("start", "skip_running") and row["job_status"] in _JOB_ENDED:
        return _JOB_ENDED[row["job_status"]]
    return _DONE.get(row["action"], ("-", "-"))[check_mode]


def _kept_until(rows: t.Sequence[Row]) -> list[str]:
    ends = sorted(row["deleted_permanently_at"] for row in rows if row["deleted_permanently_at"])
    if not ends:
        return []
    until = f"until {ends[0]}" if ends[0] == ends[-1] else f"the first until {ends[0]}"
    return [f"Soft delete keeps the data of {counted(len(ends), 'machine')}, {until}."]


def _sum(made: t.Mapping[str, t.Any], plan: Plan) -> list[str]:
    summary, check_mode = made["summary"], made["check_mode"]
    text = f"{counted(summary['total'], 'virtual machine')} in {counted(summary['vaults'], 'vault')}"
    text += f", {summary['changed']} {'would be changed' if check_mode else 'changed'}"
    if summary["failed"]:
        text += f", {summary['failed']} failed"
    lines = [f"{text}."]
    if check_mode and plan["confirm"]:
        lines.append(f"To delete their backups, run this with the confirmation: {plan['confirm']}")
    return lines
