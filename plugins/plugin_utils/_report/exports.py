# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same data for programs: JSON, and CSV that is safe to open in a spreadsheet. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import csv
import io
import json
import typing as t

from ...module_utils._text import clean
from .needs import Summary
from .verdict import verdict

KEYS: t.Final = (
    "generated_at",
    "window",
    "rpo_hours",
    "subscriptions",
    "complete",
    "problems",
    "summary",
    "coverage",
    "vms",
    "jobs",
    "failures",
    "vaults",
    "offenders",
)
"""The keys of a summary; what Ansible adds to a result is no part of the report."""

MACHINES: t.Final = (
    "name",
    "resource_group",
    "subscription_id",
    "location",
    "state",
    "exists",
    "stale",
    "unhealthy",
    "age_hours",
    "last_recovery_point",
    "last_backup_status",
    "last_backup_time",
    "deleted_permanently_at",
    "vault_name",
    "policy_name",
    "protection_state",
    "health_status",
)
_WHY: t.Final = ("reason", "message", "remedy")
FAILURES: t.Final = (
    "name",
    "resource_group",
    "vault_name",
    "operation",
    "count",
    "first",
    "last",
    "recovered",
    "job_id",
)
_FORMULA: t.Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "|", "%")


def json_text(summary: Summary) -> str:
    """Return the summary with its verdict, as JSON for programs."""
    report = {"verdict": verdict(summary).as_result(), **{key: summary[key] for key in KEYS}}
    return json.dumps(report, indent=1, ensure_ascii=True) + "\n"


def machines_csv(summary: Summary) -> str:
    """Return a row for each machine, with why it needs something and what to do."""
    heads = [*MACHINES, *_WHY, "id", "item_id"]
    rows = []
    for vm in summary["vms"]:
        found = vm["reason"] or {}
        why = (found.get("code"), found.get("message"), found.get("remedy"))
        rows.append([*(vm[key] for key in MACHINES), *why, vm["id"], vm["item_id"]])
    return _text([heads, *rows])


def failures_csv(summary: Summary) -> str:
    """Return a row for each machine, operation and cause of failed jobs."""
    heads = ["code", "message", *FAILURES, "recommendations", "topic", "id"]
    rows = [
        [
            cause["code"],
            cause["message"],
            *(vm[key] for key in FAILURES),
            " ".join(cause["recommendations"]),
            cause["topic"],
            vm["id"],
        ]
        for cause in summary["failures"]
        for vm in cause["vms"]
    ]
    return _text([heads, *rows])


def _text(rows: t.Iterable[t.Sequence[t.Any]]) -> str:
    """Write rows as RFC 4180 says, lines ending as on Windows."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows([[_cell(value) for value in row] for row in rows])
    return written.getvalue()


def _cell(value: t.Any) -> str:
    """Return a value as a cell. An apostrophe in front keeps a spreadsheet from taking text for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    text = clean(str(value))
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
