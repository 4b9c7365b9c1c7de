# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Protect many virtual machines in one vault, stop or suspend their protection, or delete it: ``vm_backup_protect``.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._azure.backup import Backup
from .._azure.client import AzureClient
from .._azure.clock import Deadline
from .._domain import (
    capacity,
    disks,
    eligibility,
    ids,
    moves,
    plans,
    refusals,
    resource_guards,
    results,
    times,
    transitions,
    vault_settings,
)
from .._domain.item_states import item_state, item_stopped
from .._domain.models import Policy, ProtectableItem, ProtectedItem, Vault, VirtualMachine
from .._domain.plans import Goal, Plan
from .._errors import BackupError, InvalidInput
from . import contents, fleet, guards, lifecycle, machines
from .lifecycle import Planned
from .move import Moves
from .outcome import Outcome

_DISCOVERED_TOGETHER: t.Final = 100
"""From so many machines on that no discovery has seen, one discovery is quicker than asking about each."""

_DISCOVERY_PATIENCE: t.Final = 300
"""Seconds that such a discovery may take at most: what it would explain can be asked about one by one as well."""

_DONE: t.Final = {
    "present": ("protected", ""),
    # Not the machines themselves.
    "stopped": ("stopped", "the backups of"),
    "suspended": ("suspended", "the backups of"),
    "absent": ("deleted", "the backup data of"),
}


def protect(client: AzureClient, options: t.Mapping[str, t.Any]) -> Outcome:
    """Bring every machine of the selection to the state that is asked for, with the fewest writes."""
    if options["state"] == "absent" and not options["delete_backup_data"]:
        raise InvalidInput(
            "state: absent deletes all recovery points of the machines, so it also needs delete_backup_data: true. "
            "To keep them, use state: stopped."
        )
    vault_id = contents.vault_id(client, options)
    request = machines.Request.parse(options, vault_id)
    if options["state"] != "present":
        request.refuse_everything(options["state"])
    requests = resource_guards.parse_requests(options["resource_guard_operation_requests"])
    goal = Goal(options["state"], undelete=options["undelete"], disks=disks.Selection.parse(options.get("disks")))
    moving = moves.Moving.parse(options, vault_id)
    for option, value in (("disks", goal.disks), ("move_to_vault", moving)):
        if value and goal.state != "present":
            raise InvalidInput.for_option(option, options[option], "only with state: present")
    policy_name = contents.policy_name(vault_id, options["policy"]) if options["policy"] else None
    vault, policy, items, listed = _read(client, vault_id, request, goal, policy_name)
    backup = Backup(client, vault.id)
    goal = dataclasses.replace(goal, policy=policy)
    found = _found(client, request, vault, items, goal, listed)
    coming = Moves(client, vault, moving)
    deadline = Deadline(client.clock, options["wait_timeout"])
    planned, warnings = _planned(backup, vault, goal, found.machines, items, coming, deadline, options)
    planned = capacity.admitted(planned, vault, items.values())
    guard = guards.read(backup, vault, [plan for _machine, plan in planned], requests)
    checked = [(machine, guard.checked(plan, vault)) for machine, plan in planned]
    fleet_state = coming.begin(checked, requests)
    warnings += [] if found.machines or found.problems else [_nothing_chosen(goal)]
    warnings += coming.stop(fleet_state, {**options, "wait_timeout": deadline.remaining()})
    warnings += lifecycle.apply(backup, fleet_state, {**options, "wait_timeout": deadline.remaining()}, guard)
    coming.settle(fleet_state)
    warnings += [*_kept(client, vault, fleet_state), *_forgotten(client, fleet_state)]
    warnings += coming.unknown(fleet_state, goal)
    return _outcome(vault, goal, fleet_state, found, warnings, coming)


def _nothing_chosen(goal: Goal) -> str:
    if goal.state == "present":
        return "No virtual machine matches select. Nothing was done."
    return "No virtual machine that the vault holds matches select. Nothing was done."


def _read(
    client: AzureClient, vault_id: ids.VaultId, request: machines.Request, goal: Goal, policy_name: str | None
) -> tuple[Vault, Policy | None, dict[str, ProtectedItem], machines.Found | None]:
    """Read at the same time what doesn't depend on each other: vault, policy, items and, to protect, the machines."""
    backup = Backup(client, vault_id)
    needs_policy = policy_name is not None and goal.state in ("present", "suspended")
    needs_machines = goal.state == "present" and not request.names_items
    vault, items, policy, listed = fleet.at_once(
        lambda: contents.existing_vault(client, vault_id),
        lambda: contents.items_by_machine(backup),
        lambda: contents.find_policy(backup, policy_name or "") if needs_policy else None,
        lambda: machines.find(client, request) if needs_machines else None,
    )
    return vault, policy, items, listed


def _found(
    client: AzureClient,
    request: machines.Request,
    vault: Vault,
    items: t.Mapping[str, ProtectedItem],
    goal: Goal,
    listed: machines.Found | None,
) -> machines.Found:
    """Find the machines; to protect, those that exist, else those that the vault holds."""
    if goal.state == "present":
        return machines.find_with_items(client, request, vault, items, listed)
    found = machines.find_held(client, request, vault, items)
    return machines.Found(
        found.machines,
        tuple((reference, _not_held(reference.text, error, vault, goal)) for reference, error in found.problems),
    )


def _not_held(text: str, error: BackupError, vault: Vault, goal: Goal) -> BackupError:
    return error if error.code == machines.AMBIGUOUS else refusals.not_protected(text, vault, goal.state)


def _planned(
    backup: Backup,
    vault: Vault,
    goal: Goal,
    found: t.Sequence[VirtualMachine],
    items: t.Mapping[str, ProtectedItem],
    coming: Moves,
    deadline: Deadline,
    options: t.Mapping[str, t.Any],
) -> tuple[list[tuple[VirtualMachine, Plan]], list[str]]:
    """Return the plan of each machine, and warnings."""
    if goal.state != "present":
        gone = _gone(backup.client, goal, found, items)
        return [
            (
                machine,
                plans.plan(machine, vault, goal, item=items.get(machine.id.key), exists=machine.id.key not in gone),
            )
            for machine in found
        ], []
    unknown = [machine for machine in found if machine.id.key not in items]
    coming.holders.look(
        [machine for machine in found if machine.id.key not in items or item_stopped(items[machine.id.key])]
    )
    unexplained = coming.holders.unexplained(unknown)
    # A protectable machine is protected nowhere, so only the others have to be asked about one by one.
    protectable, warnings = _protectable(backup, vault, unexplained, deadline, options) if unknown else ({}, [])
    asked = contents.statuses(backup, [machine for machine in unexplained if machine.id.key not in protectable])
    coming.holders.explain(asked)
    if goal.policy is None and any(plans.needs_policy(items.get(machine.id.key)) for machine in found):
        goal = dataclasses.replace(goal, default=contents.find_policy(backup, contents.DEFAULT_POLICY))
    owners = eligibility.name_owners(items, found)

    def plan(machine: VirtualMachine) -> Plan:
        owner_key, owner = owners.get(machine.id.item_name.casefold(), (machine.id.key, ""))
        if owner_key != machine.id.key and machine.id.key not in items:
            return plans.unchanged(machine, eligibility.name_taken_problem(machine, vault, owner))
        status = asked.get(machine.id.key)
        if isinstance(status, BackupError):
            return plans.unchanged(machine, status)
        item = items.get(machine.id.key)
        moved = coming.plan(machine, goal, item, status, protectable=machine.id.key in protectable)
        return moved or plans.plan(machine, vault, goal, item=item, status=status)

    return [(machine, plan(machine)) for machine in found], warnings


def _protectable(
    backup: Backup,
    vault: Vault,
    unexplained: t.Sequence[VirtualMachine],
    deadline: Deadline,
    options: t.Mapping[str, t.Any],
) -> tuple[t.Mapping[str, ProtectableItem], list[str]]:
    """Read what the vault's discovery has seen, after a new one when that explains too few of the machines.

    A discovery takes about half a minute (A20), the same whatever the number of machines. Asking about each takes one
    of the requests of which Azure Resource Manager lets 10 a second through, and writes need them as well.
    """
    seen = contents.protectable_by_machine(backup)
    undiscovered = [
        machine
        for machine in unexplained
        if machine.id.key not in seen
        # A discovery is of the vault's subscription and region (A5).
        and machine.location == vault.location
        and ids.same(machine.id.subscription_id, vault.id.subscription_id)
    ]
    if len(undiscovered) < _DISCOVERED_TOGETHER or backup.client.check_mode:
        return seen, []
    patience = Deadline(backup.client.clock, min(_DISCOVERY_PATIENCE, deadline.remaining()))
    try:
        backup.refresh(patience, options["poll_interval"])
    except BackupError as error:
        # Not allowed, or not in time.
        return seen, [
            f"The discovery of vault {vault.id.name} was given up, so {fleet.count(len(undiscovered))} had to be asked "
            f"about one by one: {error.message}"
        ]
    return contents.protectable_by_machine(backup), []


def _gone(
    client: AzureClient, goal: Goal, found: t.Sequence[VirtualMachine], items: t.Mapping[str, ProtectedItem]
) -> set[str]:
    """Return the keys of machines that are gone from Azure, of those for which it matters."""
    matters = [
        machine
        for machine in found
        if machine.id.key in items
        and "configure"
        in transitions.transition(item_state(items[machine.id.key]), goal.state, undelete=goal.undelete).writes
    ]
    return {machine.id.key for machine in matters} - (machines.still_there(client, matters) if matters else set())


def _kept(client: AzureClient, vault: Vault, fleet_state: t.Sequence[Planned]) -> list[str]:
    """Say what becomes of the data that was deleted, or in check mode would be."""
    deleted = [one for one in fleet_state if one.changed and one.plan.last_write == "delete" and one.error is None]
    if not deleted:
        return []
    settings = vault_settings.values(vault)
    what = f"the backup data of {fleet.count(len(deleted))}"
    if settings["soft_delete"] == "disabled":
        would = "would be" if client.check_mode else "is"
        return [f"Soft delete is off in vault {vault.id.name}: {what} {would} gone for good."]
    moments = {one.item.deleted_permanently_at for one in deleted if one.item} - {None}
    first, *more = sorted({times.to_iso(moment) or "" for moment in moments}) or [""]
    days = settings["soft_delete_days"]
    kept = f"until {first}" if first else f"for {days} days" if days else "for some days"
    if more:
        kept += f" (the last of it until {more[-1]})"
    return [
        f"Soft delete {'would keep' if client.check_mode else 'keeps'} {what} in vault {vault.id.name} {kept}. "
        "Until then undelete: true brings it back (state: stopped, or present to protect again)."
    ]


def _forgotten(client: AzureClient, fleet_state: t.Sequence[Planned]) -> list[str]:
    """Name the machines whose selection of disks is gone with their protection, as Microsoft documents it."""
    stopped = [one for one in fleet_state if one.changed and one.plan.last_write in ("stop", "suspend")]
    selected = [(one.machine.id.name, disks.current(one.plan.item)) for one in stopped]
    named = [f"{name} ({disks.as_text(selection)})" for name, selection in selected if selection is not None]
    if not named or client.check_mode:
        return []
    return [
        "The service forgets which disks were selected when protection is stopped, so name them in disks when it is "
        f"resumed: {', '.join(named)}."
    ]


def _outcome(
    vault: Vault,
    goal: Goal,
    fleet_state: t.Sequence[Planned],
    found: machines.Found,
    warnings: list[str],
    coming: Moves,
) -> Outcome:
    outcomes = [_result(one, coming) for one in fleet_state]
    outcomes += [
        {
            **results.unknown_machine(reference.text),
            "state": "unprotected" if error.code == "NotProtected" else None,
            **results.item(None),
            "disks": None,
            "moved_from": None,
            "action": "none",
            "changed": False,
            "job_id": None,
            "request_id": None,
            # What the vault does not hold is absent already; only a name that means several machines is a problem.
            "error": None if goal.state == "absent" and error.code != machines.AMBIGUOUS else error.as_result(),
        }
        for reference, error in found.problems
    ]
    changed = [one for one in fleet_state if one.changed]
    return Outcome(
        changed=bool(changed),
        result={"vault": results.vault(vault), "vms": outcomes, "summary": _summary(outcomes)},
        before={one.key: dict(one.plan.before) for one in changed},
        after={one.key: one.after for one in changed},
        failure=fleet.failure(outcomes, *_DONE[goal.state]),
        warnings=warnings,
    )


def _result(one: Planned, coming: Moves) -> dict[str, t.Any]:
    protection = {
        "state": item_state(one.item) if one.item else "unprotected",
        **results.item(one.item),
        "disks": disks.describe(disks.current(one.item)) if one.item else None,
    }
    if one.changed and one.error is None and not one.plan.done(one.item):
        # Not read again (check mode, wait: false, a list that lags): what the plan leads to.
        protection |= one.plan.expected()
    return {
        **results.machine(one.machine),
        **protection,
        "moved_from": coming.result(one.machine),
        "action": one.action,
        "changed": one.changed,
        "job_id": one.job_id,
        "request_id": one.request_id,
        "error": results.problem(one.error),
    }


def _summary(outcomes: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, int]:
    return {
        "total": len(outcomes),
        "changed": sum(outcome["changed"] for outcome in outcomes),
        "failed": sum(bool(outcome["error"]) for outcome in outcomes),
        "unchanged": sum(not outcome["changed"] and not outcome["error"] for outcome in outcomes),
    }
