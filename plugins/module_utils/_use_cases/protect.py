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
from .._domain import plans, results
from .._domain.models import Policy, ProtectedItem, Vault, VirtualMachine
from .._domain.plans import ProtectionPlan
from .._errors import BackupError
from . import contents, fleet, machines, submissions
from .outcome import Outcome

# In this order: a deleted item is brought back before it is protected.
_OPERATIONS = ("Undelete", "ConfigureBackup")


@dataclasses.dataclass
class _Machine:
    """One machine on its way through the task."""

    machine: VirtualMachine
    plan: ProtectionPlan
    item: ProtectedItem | None
    """What the vault holds for it, as far as it was read."""
    error: BackupError | None
    changed: bool = False
    """Whether a write was accepted; in check mode, whether one would be sent."""
    joined: bool = False
    """Whether another task is protecting it at the same time, whose job is followed."""
    job_id: str | None = None


def protect(client: AzureClient, options: t.Mapping[str, t.Any]) -> Outcome:
    """Bring every machine of the selection under a policy of the vault, with the fewest writes."""
    request = machines.Request.parse(options)
    vault_id = contents.vault_id(client, options)
    policy_name = contents.policy_name(vault_id, options["policy"]) if options["policy"] else None
    vault = contents.existing_vault(client, vault_id)
    backup = Backup(client, vault.id)
    wanted = contents.find_policy(backup, policy_name) if policy_name else None
    found = machines.find(client, request)
    fleet_state = _planned(backup, vault, found.machines, wanted, undelete=options["undelete"])
    warnings = [] if found.machines or found.problems else ["No virtual machine matches select. Nothing was done."]
    if client.check_mode:
        for one in fleet_state:
            one.changed = one.plan.changed
    else:
        warnings += _apply(backup, fleet_state, options)
    return _outcome(vault, fleet_state, found, warnings)


def _planned(
    backup: Backup, vault: Vault, found: t.Sequence[VirtualMachine], wanted: Policy | None, *, undelete: bool
) -> list[_Machine]:
    items = contents.items_by_machine(backup) if found else {}
    unknown = [machine for machine in found if machine.id.key not in items]
    # A protectable machine is protected nowhere, so only the others have to be asked about one by one.
    protectable = contents.protectable_by_machine(backup) if unknown else {}
    asked = contents.statuses(backup, [machine for machine in unknown if machine.id.key not in protectable])
    needs_default = wanted is None and any(plans.needs_policy(items.get(machine.id.key)) for machine in found)
    default = contents.find_policy(backup, contents.DEFAULT_POLICY) if needs_default else None
    owners = plans.name_owners(items, found)

    def plan(machine: VirtualMachine) -> ProtectionPlan:
        owner_key, owner = owners.get(machine.id.item_name.casefold(), (machine.id.key, ""))
        if owner_key != machine.id.key and machine.id.key not in items:
            return plans.unchanged(machine, problem=plans.name_taken_problem(machine, vault, owner))
        status = asked.get(machine.id.key)
        if isinstance(status, BackupError):
            return plans.unchanged(machine, problem=status)
        return plans.plan_protection(
            machine,
            vault,
            item=items.get(machine.id.key),
            status=status,
            wanted=wanted,
            default=default,
            undelete=undelete,
        )

    planned = [(machine, plan(machine)) for machine in found]
    return [_Machine(machine, made, made.item, made.problem) for machine, made in planned]


def _apply(backup: Backup, fleet_state: t.Sequence[_Machine], options: t.Mapping[str, t.Any]) -> list[str]:
    """Write what the plans say, step by step for all machines, and read what came of it; returns warnings."""
    deadline = Deadline(backup.client.clock, options["wait_timeout"])
    for operation in _OPERATIONS:
        todo = {
            str(one.machine.id): one
            for one in fleet_state
            if one.error is None and (_step(one, operation) or _is_theirs(one, operation))
        }
        _apply_step(backup, todo, operation, deadline, options)
    return _read_back(backup, fleet_state, options) if options["wait"] else []


def _apply_step(
    backup: Backup,
    todo: t.Mapping[str, _Machine],
    operation: str,
    deadline: Deadline,
    options: t.Mapping[str, t.Any],
) -> None:
    # Without waiting, only the last step is not waited for: the one before it has to be over.
    waits = options["wait"] or operation != _OPERATIONS[-1]
    patience = Deadline(backup.client.clock, submissions.JOB_ID_PATIENCE)
    started = backup.client.clock.now()
    steps = {key: _step(one, operation) for key, one in todo.items()}
    work = {key: _write(backup, todo[key], step) for key, step in steps.items() if step}
    sent = submissions.send_all(backup, work, operation, options["poll_interval"])
    theirs = {key: one for key, one in todo.items() if key not in sent or submissions.conflicts(sent[key])}
    sent |= _join(backup, theirs, operation)
    submissions.follow(
        backup,
        [made for made in sent.values() if isinstance(made, submissions.Followed)],
        operation=operation,
        started=started,
        deadline=deadline if waits else patience,
        poll_interval=options["poll_interval"],
        enough=lambda job: job.ended or not waits,
    )
    for key, made in sent.items():
        one = todo[key]
        if isinstance(made, BackupError):
            one.error = made
            continue
        one.changed = one.changed or key not in theirs
        one.job_id = made.job_id or one.job_id
        # Without waiting, "not seen yet" is no failure; what did fail already is.
        one.error = made.error if waits or made.ended else None


def _step(one: _Machine, operation: str) -> plans.Step | None:
    return next((step for step in one.plan.steps if step.operation == operation), None)


def _is_theirs(one: _Machine, operation: str) -> bool:
    return one.plan.action == "in_progress" and operation == _OPERATIONS[-1]


def _join(backup: Backup, theirs: t.Mapping[str, _Machine], operation: str) -> dict[str, submissions.Followed]:
    """Find the jobs of other tasks that are protecting these machines right now, to wait for them as for our own."""
    for one in theirs.values():
        one.joined = True
    try:
        return submissions.running(backup, operation, {key: one.machine.id for key, one in theirs.items()})
    except BackupError:
        # What is written already must not be lost for this: the refusals stay, and the items tell the rest.
        return {}


def _write(backup: Backup, one: _Machine, step: plans.Step) -> t.Callable[[], t.Any]:
    return lambda: backup.put_protected_item(one.plan.container_name, one.plan.item_name, dict(step.properties))


def _read_back(backup: Backup, fleet_state: t.Sequence[_Machine], options: t.Mapping[str, t.Any]) -> list[str]:
    """Read what the machines look like now, for the result; returns a warning when that is not possible."""
    touched = [one for one in fleet_state if one.changed or one.joined]
    expected = [one for one in touched if one.error is None]

    def shown(items: t.Mapping[str, ProtectedItem]) -> bool:
        return all(one.plan.done(items.get(one.machine.id.key)) for one in expected)

    try:
        items = contents.items_after_write(backup, shown, options["poll_interval"]) if touched else {}
    except BackupError as error:
        return [f"The machines could not be read again, so their state is shown as it was before: {error.message}"]
    for one in touched:
        one.item = items.get(one.machine.id.key, one.item)
        if one.joined and one.plan.done(one.item):
            one.error = None
        elif one.joined and one.plan.changed:
            one.error = one.error or _overtaken(one.machine, one.item)
    return []


def _overtaken(machine: VirtualMachine, item: ProtectedItem | None) -> BackupError:
    policy = f"under policy {item.policy_name}" if item and item.policy_name else "without a policy"
    return BackupError(
        f"Another task changed the protection of {machine.id.name} at the same time and left it {policy}.",
        code="ChangedByAnotherTask",
        operation="protect virtual machine",
        resource_id=str(machine.id),
        recommendations=["Run this task again, and see to it that no two tasks want different policies."],
        retryable=True,
    )


def _outcome(vault: Vault, fleet_state: t.Sequence[_Machine], found: machines.Found, warnings: list[str]) -> Outcome:
    outcomes = [_result(one) for one in fleet_state]
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
    changed = [one for one in fleet_state if one.changed]
    return Outcome(
        changed=bool(changed),
        result={"vault": results.vault(vault), "vms": outcomes, "summary": _summary(outcomes)},
        before={str(one.machine.id): dict(one.plan.before) for one in changed},
        after={str(one.machine.id): _after(one) for one in changed},
        failure=fleet.failure(outcomes, "protected"),
        warnings=warnings,
    )


def _after(one: _Machine) -> dict[str, t.Any]:
    """Return what the diff shows: the plan's end, or, for a machine that did not get there, where it is."""
    if one.error is None:
        return dict(one.plan.after)
    return plans.item_state(one.item) if one.item else dict(one.plan.before)


def _result(one: _Machine) -> dict[str, t.Any]:
    protection = results.item(one.item)
    if one.changed and one.error is None and not one.plan.done(one.item):
        # Not read again (check mode, wait: false, a list that lags): what the plan leads to.
        protection |= {
            "container_name": one.plan.container_name,
            "item_name": one.plan.item_name,
            "policy_name": one.plan.after["policy_name"],
            "policy_id": one.plan.policy_id,
        }
    return {
        **results.machine(one.machine),
        **protection,
        "action": _action(one),
        "changed": one.changed,
        "job_id": one.job_id,
        "error": results.problem(one.error),
    }


def _action(one: _Machine) -> str:
    if one.joined and not one.changed:
        return "in_progress"
    return one.plan.action if one.changed or not one.plan.changed else "none"


def _summary(outcomes: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, int]:
    return {
        "total": len(outcomes),
        "changed": sum(outcome["changed"] for outcome in outcomes),
        "failed": sum(bool(outcome["error"]) for outcome in outcomes),
        "unchanged": sum(not outcome["changed"] and not outcome["error"] for outcome in outcomes),
    }
