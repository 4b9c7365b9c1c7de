# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters that the role report is made of; each is documented in the file of its name beside this one."""

from __future__ import annotations

import typing as t

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._filters import as_filter
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._report import exports, needs, page, verdict

_CSV: t.Final[t.Mapping[str, t.Callable[[needs.Summary], str]]] = {
    "machines": exports.machines_csv,
    "failures": exports.failures_csv,
}


def to_html(summary: needs.Summary, title: str = "Azure VM backup") -> str:
    """Make the report a page."""
    return page.page(_checked(summary), title)


def to_json(summary: needs.Summary) -> str:
    """Make the report JSON."""
    return exports.json_text(_checked(summary))


def to_csv(summary: needs.Summary, table: str = "machines") -> str:
    """Make one of the report's tables CSV."""
    if table not in _CSV:
        raise ValueError(f"table: {table!r} is none of {', '.join(_CSV)}")
    return _CSV[table](_checked(summary))


def to_verdict(summary: needs.Summary) -> dict[str, t.Any]:
    """Say what the report comes to."""
    judged = verdict.verdict(_checked(summary))
    return {**judged.as_result(), "lines": judged.lines()}


def _checked(summary: needs.Summary) -> needs.Summary:
    """Refuse what is no result of vm_backup_summary_info, such as one that failed before it had read anything."""
    if not isinstance(summary, t.Mapping):
        raise TypeError("this takes a result of cloudkeep.azure_backup.vm_backup_summary_info")
    missing = [key for key in exports.KEYS if key not in summary]
    if missing:
        raise ValueError(f"this is no result of cloudkeep.azure_backup.vm_backup_summary_info: {missing[0]} is missing")
    return t.cast("needs.Summary", _plain(summary))


def _plain(value: t.Any) -> t.Any:
    """Return a value in Python's own types: what Ansible hands to a filter only looks like them."""
    if isinstance(value, t.Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, str) else value


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        return {
            "vm_backup_summary_csv": as_filter(to_csv),
            "vm_backup_summary_html": as_filter(to_html),
            "vm_backup_summary_json": as_filter(to_json),
            "vm_backup_summary_verdict": as_filter(to_verdict),
        }
