# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters of the role vm_backup and of playbooks; each is documented in the file of its name beside this one."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._filters import as_filter
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._fleet import (
    groups,
    hosts,
    lines,
    offenders,
    outcome,
    report,
    selected,
    selection,
)


def by_vault(
    vms: t.Sequence[t.Mapping[str, t.Any]],
    vault_name: str,
    resource_group: str,
    vaults: t.Mapping[str, t.Any] | None = None,
    policy: str | None = None,
    vaults_per_region: int = 1,
    holdings: t.Sequence[t.Mapping[str, t.Any]] | None = None,
) -> list[dict[str, t.Any]]:
    """Put discovered machines together by the vault that is for them."""
    return groups.by_vault(
        vms,
        vault_name=vault_name,
        resource_group=resource_group,
        vaults=vaults or {},
        policy=policy,
        vaults_per_region=int(vaults_per_region),
        holdings=holdings or (),
    )


def next_step(results: t.Sequence[t.Mapping[str, t.Any]], step: str, **options: t.Any) -> list[dict[str, t.Any]]:
    """Find the vaults and machines that a step of the role is for, from the results of the step before."""
    steps: dict[str, t.Callable[..., list[dict[str, t.Any]]]] = {
        "discover": groups.to_discover,
        "register": groups.to_register,
        "ensure": groups.to_ensure,
        "protect": groups.to_protect,
        "back_up": groups.to_back_up,
        "wait": groups.to_await,
    }
    if step not in steps:
        raise ValueError(f"step: {step!r} is none of {', '.join(steps)}")
    return steps[step](results, **options)


def make_report(vms: t.Sequence[t.Mapping[str, t.Any]], **steps: t.Any) -> dict[str, t.Any]:
    """Sum up the results of all steps."""
    known = {field.name for field in dataclasses.fields(report.Run)} - {"discovered"}
    if set(steps) - known or "groups" not in steps:
        raise ValueError(f"groups is needed; allowed are {', '.join(sorted(known))}")
    return report.report(report.Run(discovered=vms, **steps))


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        return {
            "vm_backup_by_vault": as_filter(by_vault),
            "vm_backup_job_lines": as_filter(lines.job_lines),
            "vm_backup_machine_ids": as_filter(hosts.machine_ids),
            "vm_backup_next": as_filter(next_step),
            "vm_backup_offender_lines": as_filter(offenders.lines),
            "vm_backup_operation": as_filter(selected.plan),
            "vm_backup_operation_result": as_filter(outcome.outcome),
            "vm_backup_report": as_filter(make_report),
            "vm_backup_report_lines": as_filter(lines.report_lines),
            "vm_backup_report_sum": as_filter(report.summed),
            "vm_backup_selection": as_filter(selection.selection),
        }
