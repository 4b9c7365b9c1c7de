# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take virtual machines out of a vault: ``vm_backup_register`` with ``state: absent``.

No call unregisters a virtual machine: its container goes when its protected item goes. So this either has nothing
to do, or it deletes backup data, which only an option of its own allows.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._azure.backup import Backup, Submission
from .._azure.client import AzureClient
from .._azure.clock import Deadline
from .._domain import ids, results, times
from .._domain.models import ProtectedItem, Vault, VirtualMachine
from .._errors import BackupError
from . import contents, fleet, machines, submissions
from .outcome import Outcome
from .register import unknown

_OPERATION = "DeleteBackupData"


@dataclasses.dataclass
class _Removal:
    """One machine that the vault holds."""

    machine: VirtualMachine
    item: ProtectedItem
    error: BackupError | None = None
    changed: bool = False
    job_id: str | None = None


def unregister(client: AzureClient, options: t.Mapping[str, t.Any]) -> Outcome:
    """See to it that the vault holds none of the selected machines, as far as the task allows."""
    request = machines.Request.parse(options)
    vault = contents.existing_vault(client, contents.vault_id(client, options))
    backup = Backup(client, vault.id)
    items = contents.items_by_machine(backup)
    found = machines.find_held(client, request, vault, items.values())
    removals = [_Removal(machine, items[machine.id.key]) for machine in found.machines]
    for one in removals:
        if not options["delete_backup_data"]:
            one.error = _still_held(one.item, vault)
        else:
            one.changed = not one.item.soft_deleted
    todo = {str(one.machine.id): one for one in removals if one.changed}
    warnings = _delete(backup, todo, options) if todo and not client.check_mode else []
    return _outcome(vault, removals, found, warnings)


def _still_held(item: ProtectedItem, vault: Vault) -> BackupError:
    if item.soft_deleted:
        until = times.to_iso(item.deleted_permanently_at) or "the end of the soft delete period"
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


def _delete(backup: Backup, todo: t.Mapping[str, _Removal], options: t.Mapping[str, t.Any]) -> list[str]:
    """Delete the backup data of the machines and read what came of it; returns warnings."""
    started = backup.client.clock.now()
    sent = submissions.send_all(
        backup, {key: _send(backup, one.item) for key, one in todo.items()}, _OPERATION, options["poll_interval"]
    )
    submissions.follow(
        backup,
        [made for made in sent.values() if isinstance(made, submissions.Followed)],
        operation=_OPERATION,
        started=started,
        deadline=Deadline(backup.client.clock, options["wait_timeout"]),
        poll_interval=options["poll_interval"],
    )
    for key, one in todo.items():
        made = sent[key]
        if isinstance(made, BackupError):
            one.error, one.changed = made, False
        else:
            one.error, one.job_id = made.error, made.job_id
    expected = [one.machine.id.key for one in todo.values() if one.error is None]
    try:
        items = contents.items_after_write(
            backup, lambda items: all(_gone(items.get(key)) for key in expected), options["poll_interval"]
        )
    except BackupError as error:
        return [f"The machines could not be read again, so their state is shown as it was before: {error.message}"]
    for one in todo.values():
        one.item = items.get(one.machine.id.key, one.item)
    return []


def _gone(item: ProtectedItem | None) -> bool:
    return item is None or item.soft_deleted


def _send(backup: Backup, item: ProtectedItem) -> t.Callable[[], Submission]:
    return lambda: backup.delete_protected_item(*ids.item_path(item.id))


def _source(one: _Removal) -> str | None:
    if one.error is None:
        return None
    return "soft_deleted" if one.item.soft_deleted else "container"


def _outcome(vault: Vault, removals: t.Sequence[_Removal], found: machines.Found, warnings: list[str]) -> Outcome:
    outcomes = [
        {
            **unknown(one.machine.id.name, one.error),
            **results.machine(one.machine),
            "registered": one.error is not None,
            "registration_source": _source(one),
            "container_name": ids.item_path(one.item.id)[0],
            "item_name": ids.item_path(one.item.id)[1],
            "deleted_permanently_at": times.to_iso(one.item.deleted_permanently_at),
            "action": "delete" if one.changed else "none",
            "changed": one.changed,
            "job_id": one.job_id,
        }
        for one in removals
    ]
    # What the vault does not hold is absent already; only a name that means several machines is a problem.
    outcomes += [
        unknown(reference.text, error if error.code == "AmbiguousName" else None) for reference, error in found.problems
    ]
    changed = [one for one in removals if one.changed]
    return Outcome(
        changed=bool(changed),
        result={"vault": results.vault(vault), "vms": outcomes},
        before={str(one.machine.id): {"registered": True} for one in changed},
        after={str(one.machine.id): {"registered": one.error is not None} for one in changed},
        failure=fleet.failure(outcomes, "unregistered"),
        warnings=warnings,
    )
