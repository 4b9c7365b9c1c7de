# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Protect many virtual machines in one vault: ``vm_backup_protect``.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._azure.backup import Backup
from .._azure.client import AzureClient
from .._azure.clock import Deadline
from .._azure.operations import intervals
from .._domain import plans, results
from .._domain.models import BackupStatus, Policy, ProtectedItem, Vault, VirtualMachine
from .._domain.plans import ProtectionPlan
from .._errors import BackupError
from . import contents, fleet, machines, submissions
from .outcome import Outcome

# Reads of the vault's items until a machine that was just protected shows up: reads lag behind writes (A18).
_LOOKS_FOR_NEW_ITEMS = 5


@dataclasses.dataclass
class _Machine:
    """One machine on its way through the task."""

    plan: ProtectionPlan
    machine: VirtualMachine
    item: ProtectedItem | None = None
    job_id: str | None = None
    error: BackupError | None = None
    written: bool = False


def protect(client: AzureClient, options: t.Mapping[str, t.Any]) -> Outcome:
    """Bring every machine of the selection under a policy of the vault, with the fewest writes."""
    request = machines.Request.parse(options)
    vault = contents.existing_vault(client, contents.vault_id(client, options))
    backup = Backup(client, vault.id)
    wanted = contents.find_policy(backup, options["policy"]) if options["policy"] else None
    found = machines.find(client, request)
    fleet_state = [
        _Machine(plan, machine, item=plan.item, error=plan.problem)
        for machine, plan in _plans(backup, vault, found.machines, wanted, undelete=options["undelete"])
    ]
    if not client.check_mode:
        _apply(backup, fleet_state, options)
    return _outcome(vault, fleet_state, found, check_mode=client.check_mode)


def _plans(
    backup: Backup, vault: Vault, found: t.Sequence[VirtualMachine], wanted: Policy | None, *, undelete: bool
) -> list[tuple[VirtualMachine, ProtectionPlan]]:
    items = contents.items_by_machine(backup) if found else {}
    unknown = [machine for machine in found if machine.id.key not in items]
    # A protectable machine is protected nowhere (A6), so only the others have to be asked about one by one.
    protectable = contents.protectable_by_machine(backup) if unknown else {}
    asked = contents.statuses(backup, [machine for machine in unknown if machine.id.key not in protectable])
    default = wanted or (_default_policy(backup) if _needs_default(found, items) else None)

    def plan(machine: VirtualMachine) -> ProtectionPlan:
        status = asked.get(machine.id.key)
        if isinstance(status, BackupError):
            return ProtectionPlan(machine.id, "none", problem=status)
        return plans.plan_protection(
            machine,
            vault,
            item=items.get(machine.id.key),
            status=status,
            wanted=wanted,
            default=default,
            undelete=undelete,
        )

    return [(machine, plan(machine)) for machine in found]


def _needs_default(found: t.Sequence[VirtualMachine], items: t.Mapping[str, ProtectedItem]) -> bool:
    held = [items.get(machine.id.key) for machine in found]
    return any(item is None or item.soft_deleted or not plans.item_state(item)["protected"] for item in held)


def _default_policy(backup: Backup) -> Policy:
    return contents.find_policy(backup, contents.DEFAULT_POLICY)


def _apply(backup: Backup, fleet_state: t.Sequence[_Machine], options: t.Mapping[str, t.Any]) -> None:
    """Write step by step: first what has to come first for some (undelete), then the next for all that have one."""
    deadline = Deadline(backup.client.clock, options["wait_timeout"])
    for operation in ("Undelete", "ConfigureBackup"):
        todo = {
            str(one.machine.id): one
            for one in fleet_state
            if one.error is None and any(step.operation == operation for step in one.plan.steps)
        }
        _apply_step(backup, todo, operation, deadline, options)
    changed = [one for one in fleet_state if one.written and one.error is None]
    awaited = [one for one in fleet_state if one.plan.action == "in_progress"]
    if options["wait"]:
        _read_back(backup, changed + awaited, options["poll_interval"])


def _apply_step(
    backup: Backup,
    todo: t.Mapping[str, _Machine],
    operation: str,
    deadline: Deadline,
    options: t.Mapping[str, t.Any],
) -> None:
    started = backup.client.clock.now()
    work = {key: _write(backup, one, operation) for key, one in todo.items()}
    sent = submissions.send_all(backup, work, operation, options["poll_interval"])
    followed: dict[str, submissions.Followed] = {}
    for key, made in sent.items():
        if isinstance(made, BackupError):
            todo[key].error = made
        else:
            todo[key].written = True
            followed[key] = made
    last = operation == "ConfigureBackup"
    submissions.follow(
        backup,
        followed.values(),
        operation=operation,
        started=started,
        deadline=deadline if options["wait"] or not last else Deadline(backup.client.clock, submissions.JOB_ID_PATIENCE),
        poll_interval=options["poll_interval"],
        enough=(lambda job: job.ended) if options["wait"] or not last else (lambda job: True),
    )
    for key, one in followed.items():
        todo[key].job_id = one.job_id or todo[key].job_id
        # Without waiting, "not seen yet" is no failure; what did fail already is.
        if options["wait"] or not last or one.ended:
            todo[key].error = one.error


def _write(backup: Backup, one: _Machine, operation: str) -> t.Callable[[], t.Any]:
    step = next(step for step in one.plan.steps if step.operation == operation)
    return lambda: backup.put_protected_item(one.plan.container_name, one.plan.item_name, dict(step.properties))


def _read_back(backup: Backup, changed: t.Sequence[_Machine], poll_interval: float) -> None:
    """Read what the machines look like now, for the result."""
    pauses = intervals(poll_interval)
    missing = list(changed)
    for look in range(_LOOKS_FOR_NEW_ITEMS):
        if not missing:
            return
        if look:
            backup.client.clock.sleep(next(pauses))
        items = contents.items_by_machine(backup)
        for one in missing:
            one.item = items.get(one.machine.id.key, one.item)
        missing = [one for one in missing if one.machine.id.key not in items]


def _outcome(vault: Vault, fleet_state: t.Sequence[_Machine], found: machines.Found, *, check_mode: bool) -> Outcome:
    outcomes = [_result(one, check_mode=check_mode) for one in fleet_state]
    outcomes += [
        {
            **results.unknown_machine(reference.text),
            **results.item(None),
            "action": "none",
            "changed": False,
            "job_id": None,
            "error": error.as_result(),
        }
        for reference, error in found.problems
    ]
    changed = [one for one in fleet_state if one.plan.changed and (one.written or (check_mode and one.error is None))]
    return Outcome(
        changed=bool(changed),
        result={"vault": results.vault(vault), "vms": outcomes, "summary": _summary(outcomes)},
        before={str(one.machine.id): dict(one.plan.before) for one in changed},
        after={str(one.machine.id): dict(one.plan.after) for one in changed},
        failure=fleet.failure(outcomes, "protected"),
        warnings=[] if outcomes else ["No virtual machine matches select. Nothing was done."],
    )


def _result(one: _Machine, *, check_mode: bool) -> dict[str, t.Any]:
    changed = one.written or (check_mode and one.plan.changed and one.error is None)
    protection = results.item(one.item)
    if one.item is None and (changed or one.plan.action == "in_progress"):
        protection |= {"container_name": one.plan.container_name, "policy_name": one.plan.after.get("policy_name")}
    return {
        **results.machine(one.machine),
        **protection,
        "action": one.plan.action if changed or not one.plan.changed else "none",
        "changed": changed,
        "job_id": one.job_id,
        "error": results.problem(one.error),
    }


def _summary(outcomes: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, int]:
    return {
        "total": len(outcomes),
        "changed": sum(outcome["changed"] for outcome in outcomes),
        "failed": sum(bool(outcome["error"]) for outcome in outcomes),
        "unchanged": sum(not outcome["changed"] and not outcome["error"] for outcome in outcomes),
    }
