# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The smaller parts of a world file: disks, selections of them, jobs, Resource Guards, capacity. All raise WorldError.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from . import disks as disk_rules
from . import entities, job_errors, naming, resource_guards, wire, world_section, worlds

_JOB_OUTCOMES = ("Completed", "CompletedWithWarnings", "Cancelled", "InProgress", *job_errors.BY_TITLE)
_JOB_OPERATIONS = ("Backup", "ConfigureBackup", "DisableBackup", "DeleteBackupData", "Undelete", "Restore")


def disks(section: world_section.Section) -> tuple[entities.DataDisk, ...]:
    """Read the data disks of a machine: their number, or each of them."""
    if not isinstance(section.get("disks"), list):
        name = section.text("name")
        return tuple(entities.DataDisk(lun, f"{name}-data-{lun}") for lun in range(section.count("disks", 0)))
    found: list[entities.DataDisk] = []
    for one in section.sections("disks"):
        found.append(entities.DataDisk(one.count("lun", len(found)), one.text("name")))
        one.end()
    if len({disk.lun for disk in found}) < len(found):
        raise worlds.WorldError(f"{section.where('disks')}: two disks have the same LUN")
    return tuple(found)


def selection(section: world_section.Section) -> dict[str, t.Any] | None:
    """Read which data disks an item selects; None when it says nothing."""
    if section.get("disks") is None:
        return None
    part = world_section.Section(section.get("disks"), section.where("disks"))
    chosen = {name: part.get(name) for name in ("include", "exclude") if part.get(name) is not None}
    part.end()
    if len(chosen) != 1:
        raise worlds.WorldError(f"{part.place}: must hold either include or exclude")
    ((name, luns),) = chosen.items()
    given = {"diskExclusionProperties": {"diskLunList": luns, "isInclusionList": name == "include"}}
    try:
        return disk_rules.Selection({"extendedProperties": given}).value
    except wire.WireError as error:
        raise worlds.WorldError(f"{part.where(name)}: must be a list of different LUNs, not {luns!r}") from error


def job(section: world_section.Section) -> worlds.JobSeed:
    """Read a job of an item."""
    job = worlds.JobSeed(
        section.number("hours_ago", 1) or 0,
        section.choice("outcome", _JOB_OUTCOMES),
        section.choice("operation", _JOB_OPERATIONS),
        section.number("minutes", 35) or 0,
    )
    section.end()
    return job


def guard(section: world_section.Section, subscription_id: str) -> dict[str, t.Any]:
    """Read the Resource Guard of a vault, as fields of its seed; none when it says nothing."""
    if section.get("resource_guard") is None:
        return {}
    part = world_section.Section(section.get("resource_guard"), section.where("resource_guard"))
    left_out = part.texts("except")
    wrong = [one for one in left_out if one not in resource_guards.OPERATIONS or one in resource_guards.MANDATORY]
    if wrong:
        raise worlds.WorldError(f"{part.where('except')}: a guard cannot leave out {wrong[0]!r}")
    group = naming.group_id(subscription_id, part.text("group", "rg-security"))
    found = {
        "guard_id": f"{group}/providers/Microsoft.DataProtection/resourceGuards/{part.text('name', 'guard')}",
        "guard_operations": tuple(one for one in resource_guards.OPERATIONS if one not in left_out),
        "guard_granted": part.choice("access", ("granted", "denied")) == "granted",
    }
    part.end()
    return found


def capacity(section: world_section.Section) -> worlds.Capacity:
    """Read how much a vault takes; Azure's limits where it says nothing."""
    part = world_section.Section(section.mapping("capacity"), section.where("capacity"))
    usual = worlds.Capacity()
    found = worlds.Capacity(
        part.count("machines_per_vault", usual.machines_per_vault),
        part.count("policies_per_vault", usual.policies_per_vault),
        part.count("policy_edits_per_day", usual.policy_edits_per_day),
    )
    part.end()
    return found
