# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take virtual machines out of a vault: ``vm_backup_register`` with ``state: absent``.

No call unregisters a virtual machine: its container goes when its protected item goes. So this either has nothing
to do, or it deletes backup data, which only an option of its own allows.
This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from .._azure.backup import Backup
from .._azure.client import AzureClient
from .._domain import plans, resource_guards, results, times
from .._domain.item_states import kept_until
from .._domain.models import ProtectedItem, Vault
from .._errors import BackupError
from . import contents, fleet, guards, lifecycle, machines
from .lifecycle import Planned
from .outcome import Outcome
from .register import unknown


def unregister(client: AzureClient, options: t.Mapping[str, t.Any]) -> Outcome:
    """See to it that the vault holds none of the selected machines, as far as the task allows."""
    vault_id = contents.vault_id(client, options)
    request = machines.Request.parse(options, vault_id)
    if options["delete_backup_data"]:
        request.refuse_everything("absent")
    requests = resource_guards.parse_requests(options["resource_guard_operation_requests"])
    vault = contents.existing_vault(client, vault_id)
    backup = Backup(client, vault.id)
    items = contents.items_by_machine(backup)
    found = machines.find_held(client, request, vault, items)
    goal = plans.Goal("absent")
    planned = [(machine, plans.plan(machine, vault, goal, item=items[machine.id.key])) for machine in found.machines]
    if options["delete_backup_data"]:
        guard = guards.read(backup, vault, [plan for _machine, plan in planned], requests)
        removals = [Planned.of(machine, guard.checked(plan, vault)) for machine, plan in planned]
    else:
        guard = guards.UNGUARDED
        removals = [
            Planned.of(machine, plans.refused(plan, _still_held(items[machine.id.key], vault)))
            for machine, plan in planned
        ]
    warnings = lifecycle.apply(backup, removals, options, guard)
    return _outcome(vault, removals, found, warnings)


def _still_held(item: ProtectedItem, vault: Vault) -> BackupError:
    if item.soft_deleted:
        until = kept_until(item)
        text = f"{item.friendly_name} is soft-deleted: vault {vault.id.name} keeps its data until {until}."
        advice = ["Wait until then, or bring it back with vm_backup_protect and undelete: true."]
    else:
        text = f"{item.friendly_name} is protected in vault {vault.id.name}, and its backup data keeps it registered."
        advice = ["Set delete_backup_data: true to stop its protection and delete its recovery points."]
    return BackupError(
        text,
        code="BackupDataExists",
        operation="unregister virtual machine",
        resource_id=item.id,
        recommendations=advice,
    )


def _source(one: Planned) -> str | None:
    if one.error is None or one.item is None:
        return None
    return "soft_deleted" if one.item.soft_deleted else "container"


def _outcome(vault: Vault, removals: t.Sequence[Planned], found: machines.Found, warnings: list[str]) -> Outcome:
    outcomes = [
        {
            **unknown(one.machine.id.name, one.error),
            **results.machine(one.machine),
            "registered": one.error is not None,
            "registration_source": _source(one),
            "container_name": one.plan.container_name,
            "item_name": one.plan.item_name,
            "deleted_permanently_at": times.to_iso(one.item.deleted_permanently_at) if one.item else None,
            "action": one.action,
            "changed": one.changed,
            "job_id": one.job_id,
        }
        for one in removals
    ]
    # What the vault does not hold is absent already; only a name that means several machines is a problem.
    outcomes += [
        unknown(reference.text, error if error.code == machines.AMBIGUOUS else None)
        for reference, error in found.problems
    ]
    changed = [one for one in removals if one.changed]
    return Outcome(
        changed=bool(changed),
        result={"vault": results.vault(vault), "vms": outcomes},
        before={one.key: {"registered": True} for one in changed},
        after={one.key: {"registered": one.error is not None} for one in changed},
        failure=fleet.failure(outcomes, "unregistered"),
        warnings=warnings,
    )
