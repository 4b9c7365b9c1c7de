# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the items of one or many vaults: ``vm_backup_item_info``.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._azure.backup import Backup
from .._azure.client import AzureClient
from .._domain import protected_items
from .._domain.coverage import Covered, machine_id
from .._domain.models import ProtectedItem, Vault, VirtualMachine
from .._domain.protected_items import Held, Wanted
from .._errors import BackupError
from . import fleet, scope
from .outcome import Outcome

_NO_VAULT = (
    "There is no Recovery Services vault where this task looks: check the subscription, the resource group and the "
    "regions that it names."
)


@dataclasses.dataclass(frozen=True)
class View:
    """What was read: the items of the machines that a task names, and what could not be read."""

    held: tuple[Held, ...]
    """In a stable order."""
    vaults: tuple[Vault, ...]
    """Those that could be read."""
    problems: tuple[scope.Problem, ...]

    @property
    def failure(self) -> BackupError | None:
        """What the task fails with, if it has to."""
        return scope.failure(self.problems, anything_read=bool(self.vaults))

    @property
    def warnings(self) -> list[str]:
        """What a person has to know to read the result right."""
        return scope.warnings(self.problems) if self.vaults or self.problems else [_NO_VAULT]


def item_info(client: AzureClient, options: t.Mapping[str, t.Any]) -> Outcome:
    """Return the items that the task asks for, of all the vaults that it looks into."""
    wanted = Wanted.parse(options)
    seen = view(client, options, wanted, machines=options["check_machines"])
    now = client.clock.now()
    chosen = [one for one in seen.held if wanted.matches(one, now)]
    if options["details"]:
        chosen, unread = _with_details(client, chosen)
        seen = dataclasses.replace(seen, problems=seen.problems + unread)
    missing = [reference.text for reference in wanted.missing(seen.held)]
    return Outcome(
        result={
            "protected_items": [protected_items.described(one, now) for one in chosen],
            "summary": protected_items.summary(chosen),
            "vms_not_found": missing,
            "vaults": [str(vault.id) for vault in seen.vaults],
            "problems": [problem.as_result() for problem in seen.problems],
        },
        failure=seen.failure,
        warnings=[*seen.warnings, *_not_found(missing)],
    )


def view(client: AzureClient, options: t.Mapping[str, t.Any], wanted: Wanted, *, machines: bool) -> View:
    """Read the items of the vaults that the task looks into, and keep those of the machines that it names.

    Args:
        client: the way to Azure.
        options: those of the group ``vault_scope``.
        wanted: which machines; in which state their items are does not matter here.
        machines: whether to find out which machines exist.
    """
    places = scope.Scope.parse(options).or_of_items(wanted.references)
    found = scope.find(client, places)
    found = dataclasses.replace(found, vaults=tuple(vault for vault in found.vaults if wanted.looks_into(vault)))
    listed, problems = scope.read(client, found, _items)
    held = [Held(_covered(item, {}), item, vault) for vault in found.vaults for item in listed.get(vault.id.key, ())]
    problems = found.problems + problems
    if machines or wanted.filter.tags:
        held, unread = _with_machines(client, held)
        problems += unread
    return View(
        tuple(sorted((one for one in held if wanted.names(one)), key=lambda one: one.order)),
        tuple(vault for vault in found.vaults if vault.id.key in listed),
        problems,
    )


def _not_found(missing: t.Sequence[str]) -> list[str]:
    more = f" and {len(missing) - 10} more, see vms_not_found" if len(missing) > 10 else ""
    return [f"No vault that was looked into has an item of: {', '.join(missing[:10])}{more}."] if missing else []


def _items(backup: Backup, _vault: Vault) -> list[ProtectedItem]:
    """A list that changes while its pages are read can name an item twice."""
    return list({item.id.casefold(): item for item in backup.protected_items()}.values())


def _covered(item: ProtectedItem, machines: t.Mapping[str, t.Mapping[str, VirtualMachine]]) -> Covered:
    vm_id = machine_id(item)
    there = machines.get(vm_id.subscription_id.casefold())
    # No listing shows a classic machine.
    known = there is not None and not vm_id.classic
    return Covered(vm_id, there.get(vm_id.key) if there else None, item, known)


def _with_machines(client: AzureClient, held: t.Sequence[Held]) -> tuple[list[Held], tuple[scope.Problem, ...]]:
    """Find out which machines exist, with one listing for each subscription that they are in."""
    listed, problems = scope.machines(client, sorted({one.covered.id.subscription_id.casefold() for one in held}))
    machines = {
        subscription_id: {machine.id.key: machine for machine in found} for subscription_id, found in listed.items()
    }
    return [dataclasses.replace(one, covered=_covered(one.item, machines)) for one in held], problems


def _with_details(client: AzureClient, held: t.Sequence[Held]) -> tuple[list[Held], tuple[scope.Problem, ...]]:
    """Read each item itself: a list does not tell its recovery points. What can't be read stays as it was listed."""
    read = fleet.run(
        dict(enumerate(held)), lambda one: Backup(client, one.vault.id).protected_item(one.item.id, details=True)
    )
    detailed = []
    problems = []
    for one, item in zip(held, read.values(), strict=True):
        if isinstance(item, BackupError):
            problems.append(scope.Problem(item, one.vault.id.subscription_id, one.vault.id))
        if isinstance(item, ProtectedItem):
            one = dataclasses.replace(one, item=item, covered=dataclasses.replace(one.covered, item=item))
        detailed.append(one)
    return detailed, tuple(problems)
