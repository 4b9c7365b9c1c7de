# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the recovery points of items: ``vm_backup_recovery_point_info``.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from .._azure.backup import Backup
from .._azure.client import AzureClient
from .._domain import recovery_points, results
from .._domain.models import VirtualMachine
from .._domain.protected_items import Held, Wanted
from .._domain.recovery_points import RecoveryPoint, WantedPoints
from .._domain.selection import Reference
from .._errors import BackupError, NotFound
from . import fleet, items
from .outcome import Outcome


def recovery_point_info(client: AzureClient, options: t.Mapping[str, t.Any]) -> Outcome:
    """Return the recovery points that the task asks for, of all the items that its machines have."""
    wanted = Wanted.of_machines(options)
    WantedPoints.parse(options, client.clock.now())
    seen = items.view(client, options, wanted, machines=False)
    # Only now is the service's own time known.
    now = client.clock.now()
    points = WantedPoints.parse(options, now)
    soft_deleted = options["include_soft_deleted"]
    read = fleet.run(
        {one.item.id.casefold(): one for one in seen.held},
        lambda one: _read(client, one, points, now, soft_deleted=soft_deleted),
    )
    vms = [_vm(one, made) for one, made in zip(seen.held, read.values(), strict=True)]
    vms += [_missing(reference, seen) for reference in wanted.missing(seen.held)]
    found = [
        (point, one)
        for one, made in zip(seen.held, read.values(), strict=True)
        if not isinstance(made, BackupError)
        for point in made.chosen
    ]
    # The order of the machines is kept among points of one moment.
    found.sort(key=lambda pair: recovery_points.newest_first(pair[0]))
    return Outcome(
        result={
            "recovery_points": [_point(point, one, now) for point, one in found],
            "vms": vms,
            "summary": {"vms": len(vms), **recovery_points.extent(point for point, _one in found)},
            "problems": [problem.as_result() for problem in seen.problems],
        },
        failure=seen.failure or fleet.failure(vms, "looked into"),
        warnings=seen.warnings,
    )


@dataclasses.dataclass(frozen=True)
class _Points:
    """The points of an item in the window, and those among them that the task asks for."""

    window: t.Sequence[RecoveryPoint]
    chosen: t.Sequence[RecoveryPoint]


def _read(client: AzureClient, one: Held, wanted: WantedPoints, now: dt.datetime, *, soft_deleted: bool) -> _Points:
    backup = Backup(client, one.vault.id)
    # All that a soft-deleted item has is soft-deleted.
    listed = backup.recovery_points(
        one.item.id, *wanted.bounds(now), soft_deleted=soft_deleted or one.item.soft_deleted
    )
    window = [point for point in listed if wanted.in_window(point)]
    return _Points(window, wanted.choose(window))


def _point(point: RecoveryPoint, one: Held, now: dt.datetime) -> dict[str, t.Any]:
    return {
        **recovery_points.described(point, now),
        "vm_id": str(one.covered.id),
        "vm_name": one.covered.id.name,
        "item_id": one.item.id,
        "vault_id": str(one.vault.id),
        "vault_name": one.vault.id.name,
    }


def _vm(one: Held, made: _Points | BackupError) -> dict[str, t.Any]:
    error = made if isinstance(made, BackupError) else None
    return {
        **results.machine(VirtualMachine(one.covered.id, one.vault.location)),
        "item_id": one.item.id,
        "vault_id": str(one.vault.id),
        "vault_name": one.vault.id.name,
        "state": one.covered.state,
        **_extent(() if isinstance(made, BackupError) else made.window),
        "error": results.problem(error),
    }


def _extent(window: t.Sequence[RecoveryPoint]) -> dict[str, t.Any]:
    gap = recovery_points.longest_gap_hours(window)
    return {**recovery_points.extent(window), "longest_gap_hours": gap}


def _missing(reference: Reference, seen: items.View) -> dict[str, t.Any]:
    places = ", ".join(vault.id.name for vault in seen.vaults[:5]) or "none"
    more = f" and {len(seen.vaults) - 5} more" if len(seen.vaults) > 5 else ""
    error = NotFound(
        f"{reference.text} has no recovery points: it is not backed up in the vaults that were read ({places}{more}).",
        code="ItemNotFound",
        operation="find the protected item",
        resource_id=reference.item_id or (str(reference.id) if reference.id else None),
        recommendations=[
            "Check the name, and the vault and the subscription that are looked into. "
            "vm_backup_discover tells whether a vault holds the machine, vm_backup_protect protects it."
        ],
    )
    return {
        **results.unknown_machine(reference.name),
        "item_id": reference.item_id,
        "vault_id": None,
        "vault_name": None,
        "state": None,
        **_extent(()),
        "error": error.as_result(),
    }
