# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person reads at the end: the machines, those that need attention, and the sum; and jobs. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from .table import counted, paragraph, table

Row = t.Mapping[str, t.Any]

_STATES: t.Final = {
    "stopped": "Stopped",
    "protectable": "Not protected",
    "not_visible": "Not protected",
    "not_eligible": "Not eligible",
    "soft_deleted": "Soft-deleted",
    "protected_elsewhere": "In another vault",
    "other_region": "In another region",
    "classic": "Classic",
    "gone": "Gone from Azure",
}
_PROTECTION_STATES: t.Final = {"irpending": "First backup due", "protectionerror": "Protection error"}
_ACTIONS: t.Final = {
    # What the module calls it, what was done, what would be done.
    "protect": ("protected", "protect"),
    "change_policy": ("policy changed", "change policy"),
    "resume": ("resumed", "resume"),
    "undelete": ("undeleted", "undelete"),
    "in_progress": ("under way", "under way"),
}


def report_lines(report: Row) -> list[str]:
    """Return the lines that show a report of the role."""
    check_mode = report["check_mode"]
    heads = ["VM", "RESOURCE GROUP", "REGION", "VAULT", "POLICY", "STATE", "WOULD DO" if check_mode else "DONE", "JOB"]
    rows = [
        [
            row["name"],
            row["resource_group"] or row["cloud_service"] or "-",
            row["location"] or "-",
            row["vault_name"] or "-",
            row["policy_name"] or "-",
            _state(row),
            _done(row, check_mode=check_mode),
            _short(row["backup_job_id"] or row["job_id"]),
        ]
        for row in report["vms"]
    ]
    none = ["No virtual machine was found. Check the selection, and the roles of the login."]
    shown = table(heads, rows, cut=5) if rows else none
    return [*shown, *_attention(report), "", *_sum(report)]


def _state(row: Row) -> str:
    status = row["status"]
    if status is None:
        return "Not found" if (row["error"] or {}).get("code") == "VirtualMachineNotFound" else "Unclear"
    if status == "protected":
        state = str(row["protection_state"] or "Protected")
        return _PROTECTION_STATES.get(state.lower(), state)
    return _STATES.get(status, str(status))


def _done(row: Row, *, check_mode: bool) -> str:
    done = [_ACTIONS[row["action"]][check_mode]] if row["action"] in _ACTIONS else []
    if row["backup_action"] == "start":
        done.append("back up" if check_mode else _backup(row["backup_status"]))
    elif row["backup_action"] == "skip_running":
        done.append("backup runs")
    if row["error"] and "backup failed" not in done:
        done.append("failed")
    return ", ".join(done) or "-"


def _backup(status: str | None) -> str:
    if status in ("Completed", "CompletedWithWarnings"):
        return "backed up"
    return "backup failed" if status in ("Failed", "Cancelled") else "backup started"


def _short(job_id: str | None) -> str:
    """The first part tells jobs apart; the whole id is in the fact."""
    return job_id[:8] if job_id else "-"


def _attention(report: Row) -> list[str]:
    """Return a paragraph per reason, below the machines that share it."""
    rows = [row for row in report["vms"] if row["needs_attention"]]
    lines = ["", f"Needs attention ({len(rows)})"] if rows else []
    about: dict[str, list[str]] = {}
    for row in rows:
        group = row["resource_group"] or row["cloud_service"]
        about.setdefault(_advice(row), []).append(f"{group}/{row['name']}" if group else row["name"])
    for advice, names in about.items():
        lines += [*paragraph(", ".join(names), indent=2), *paragraph(advice, indent=4)]
    return lines


def _advice(row: Row) -> str:
    error = row["error"]
    reason, hints = (error["message"], error["recommendations"]) if error else (row["reason"], row["hints"])
    return " ".join([_sentence(reason), *(hint for hint in hints if hint not in (reason or ""))])


def _sentence(text: str | None) -> str:
    text = (text or "").strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _sum(report: Row) -> list[str]:
    summary, check_mode = report["summary"], report["check_mode"]
    machines = counted(summary["total"], "virtual machine")
    parts = [f"{machines} in {counted(summary['regions'], 'region')}"]
    parts.append(f"{summary['protected']} {'would be ' if check_mode else ''}protected")
    if summary["backups_started"]:
        parts.append(f"{counted(summary['backups_started'], 'backup')} {'to start' if check_mode else 'started'}")
    if summary["needs_attention"]:
        parts.append(f"{summary['needs_attention']} {'needs' if summary['needs_attention'] == 1 else 'need'} attention")
    changes = [
        counted(number, noun)
        for number, noun in ((summary["changed"], "virtual machine"), (summary["vaults_changed"], "vault"))
        if number
    ]
    verb = "Would change" if check_mode else "Changed"
    return [f"{', '.join(parts)}.", f"{verb} {' and '.join(changes) or 'nothing'}."]


def job_lines(jobs: t.Sequence[Row]) -> list[str]:
    """Return the lines that show jobs, as the module vm_backup_job_info returns them."""
    rows = [
        [
            job["operation"],
            job["vm_name"] or "-",
            job["resource_group"] or "-",
            job["status"],
            job["start_time"] or "-",
            "-" if job["duration"] is None else f"{job['duration']:.0f} s",
            job["job_id"],
        ]
        for job in jobs
    ]
    heads = ["JOB", "VM", "RESOURCE GROUP", "STATUS", "STARTED", "TOOK", "ID"]
    return table(heads, rows) if rows else ["There are no jobs."]
