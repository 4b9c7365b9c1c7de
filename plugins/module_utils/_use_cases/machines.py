# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options ``vms`` and ``select`` to virtual machines that exist.

This file is private to the collection.
"""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from .._azure.client import AzureClient
from .._azure.compute import Compute
from .._domain import ids, refusals, selection
from .._domain.models import ProtectedItem, Vault, VirtualMachine
from .._errors import BackupError, InvalidInput, NotFound
from . import contents, fleet

NOT_FOUND: t.Final = "VirtualMachineNotFound"
"""The code of the error for a machine that was named and does not exist."""
AMBIGUOUS: t.Final = "AmbiguousName"
"""The code of the error for a name that several machines have."""
READ_ONE_BY_ONE = 4
"""Up to this many machines are read one by one; above, listing is fewer requests."""


@dataclasses.dataclass(frozen=True)
class Request:
    """What the task asked for: references (``vms``), or a filter (``select``)."""

    references: tuple[selection.Reference, ...] = ()
    filter: selection.Filter = dataclasses.field(default_factory=selection.Filter)

    @classmethod
    def parse(cls, options: t.Mapping[str, t.Any], vault_id: ids.VaultId | None = None) -> Request:
        """Read a module's options; raises InvalidInput before any request is sent.

        With ``vault_id`` an entry of ``vms`` may also be the id of a protected item of that vault.
        """
        listed = options.get("vms")
        references = selection.parse_references(listed, item_ids=vault_id is not None) if listed is not None else ()
        for reference in references:
            if vault_id and reference.item_id and ids.VaultId.parse(reference.item_id).key != vault_id.key:
                raise InvalidInput.for_option("vms", reference.text, f"ids of items of vault {vault_id}")
        return cls(references, selection.Filter.parse(options.get("select") or {}))

    @property
    def names_items(self) -> bool:
        """Whether machines are named by the ids of their items, so that the vault's items tell which they are."""
        return any(reference.item_id for reference in self.references)

    @property
    def is_everything(self) -> bool:
        """Whether nothing chooses, as when a variable turned out empty; what is excluded does not choose."""
        chosen = self.filter
        return not (self.references or chosen.resource_groups or chosen.locations or chosen.names or chosen.tags)

    def refuse_everything(self, state: str) -> None:
        """Raise InvalidInput when nothing chooses: an empty variable must not end the backups of a whole vault."""
        if self.is_everything:
            ends = "delete" if state == "absent" else "end"
            raise InvalidInput(
                f"select: says nothing of the machines, and state: {state} would {ends} the backups of all that the "
                "vault holds. Say which, or names: ['*'] when all are meant."
            )


@dataclasses.dataclass(frozen=True)
class Found:
    """The machines, and for what was named but can't be used, the reason by the entry's text."""

    machines: tuple[VirtualMachine, ...]
    problems: tuple[tuple[selection.Reference, BackupError], ...] = ()


def find(client: AzureClient, request: Request) -> Found:
    """Read the machines that the task is about."""
    return resolve(client, request, read(client, request))


def read(client: AzureClient, request: Request) -> list[VirtualMachine]:
    """Read the machines among which those that the task is about are to be found."""
    compute = Compute(client)
    if not request.references:
        chosen = request.filter
        if chosen.locations and not chosen.resource_groups:
            return list(compute.virtual_machines_of_regions(sorted(chosen.locations)))
        return list(compute.virtual_machines(chosen.resource_groups))
    references = [reference.within(client.subscription_id) for reference in request.references]
    named = {vm_id.key: vm_id for vm_id in (reference.readable_id for reference in references) if vm_id}
    if len(references) <= READ_ONE_BY_ONE and all(one.resource_group for one in references):
        return list(_read(compute, named))
    return list(_listed(compute, client.subscription_id, named))


def resolve(client: AzureClient, request: Request, candidates: t.Iterable[VirtualMachine]) -> Found:
    """Find the machines that the task is about among those that were read, and classic ones, which no listing shows."""
    if not request.references:
        return Found(_unique(machine for machine in candidates if request.filter.matches(machine)))
    return among([reference.within(client.subscription_id) for reference in request.references], candidates)


def _read(compute: Compute, named: t.Mapping[str, ids.VmId]) -> t.Iterator[VirtualMachine]:
    for made in fleet.run(named, compute.virtual_machine).values():
        if isinstance(made, VirtualMachine):
            yield made
        elif isinstance(made, BackupError) and not isinstance(made, NotFound):
            raise made


def _listed(compute: Compute, here: str, named: t.Mapping[str, ids.VmId]) -> t.Iterator[VirtualMachine]:
    yield from compute.virtual_machines()
    others = {vm_id.subscription_id.casefold() for vm_id in named.values() if not ids.same(vm_id.subscription_id, here)}
    for subscription_id in sorted(others):
        # A subscription that is not there fails the machines that were named in it, not all the others.
        with contextlib.suppress(NotFound):
            yield from compute.virtual_machines(subscription_id=subscription_id)


def _unique(listed: t.Iterable[VirtualMachine]) -> tuple[VirtualMachine, ...]:
    """A list that changes while its pages are read can name a machine twice."""
    return tuple({machine.id.key: machine for machine in listed}.values())


def among(references: t.Sequence[selection.Reference], candidates: t.Iterable[VirtualMachine]) -> Found:
    """Resolve references among given machines."""
    resolution = selection.resolve(references, _unique(candidates))
    missing = tuple((reference, _missing(reference)) for reference in resolution.missing)
    ambiguous = tuple(
        (reference, BackupError(selection.ambiguity_message(reference, meant), code=AMBIGUOUS))
        for reference, meant in resolution.ambiguous
    )
    return Found(resolution.machines, missing + ambiguous)


def _missing(reference: selection.Reference) -> BackupError:
    return BackupError(
        f"There is no virtual machine {reference.text!r} that this login can see.",
        code=NOT_FOUND,
        operation="find virtual machine",
        resource_id=str(reference.id) if reference.id else None,
        recommendations=[
            "Check the name, the resource group and the subscription, and that the login may read virtual machines.",
            "A classic virtual machine has to be migrated to Azure Resource Manager first.",
        ],
    )


def find_with_items(
    client: AzureClient,
    request: Request,
    vault: Vault,
    items: t.Mapping[str, ProtectedItem],
    already: Found | None = None,
) -> Found:
    """Read the machines that the task is about, some of which it may name by the ids of their items.

    ``already`` is what was found by ``find``, where no item is named, while the items were being read.
    A machine that is gone from Azure, and of which the vault still has something, is a problem that says so.
    """
    references, unknown = _by_machine(request.references, vault, items)
    if request.references and not references:
        return Found((), unknown)
    found = already or find(client, dataclasses.replace(request, references=references))
    problems = tuple((reference, _gone(reference, error, vault, items)) for reference, error in found.problems)
    return Found(found.machines, problems + unknown)


def _gone(
    reference: selection.Reference, error: BackupError, vault: Vault, items: t.Mapping[str, ProtectedItem]
) -> BackupError:
    held = [item for item in items.values() if reference.holds(item, contents.machine_id(item, vault.id))]
    return refusals.gone(held[0], vault) if error.code == NOT_FOUND and len(held) == 1 else error


def _by_machine(
    references: t.Iterable[selection.Reference], vault: Vault, items: t.Mapping[str, ProtectedItem]
) -> tuple[tuple[selection.Reference, ...], tuple[tuple[selection.Reference, BackupError], ...]]:
    """Have references that are ids of items name the items' machines; the second part are those of no item."""
    machine_ids = {item.id.casefold(): contents.machine_id(item, vault.id) for item in items.values()}
    known, unknown = [], []
    for reference in references:
        if not reference.item_id:
            known.append(reference)
        elif reference.item_id.casefold() in machine_ids:
            vm_id = machine_ids[reference.item_id.casefold()]
            known.append(dataclasses.replace(reference, name=vm_id.name, id=vm_id, item_id=None))
        else:
            unknown.append((reference, _no_item(reference, vault)))
    return tuple(known), tuple(unknown)


def _no_item(reference: selection.Reference, vault: Vault) -> BackupError:
    return BackupError(
        f"Vault {vault.id.name} holds no item {reference.text}.",
        code="ProtectedItemNotFound",
        operation="find protected item",
        resource_id=reference.item_id,
        recommendations=["Take the id from the vault's list of items, for example from vm_backup_item_info."],
    )


def find_held(client: AzureClient, request: Request, vault: Vault, items: t.Mapping[str, ProtectedItem]) -> Found:
    """Resolve the selection among the machines that a vault holds; a machine that is gone from Azure counts as well.

    Only a selection by tags reads the machines themselves, since items do not carry tags.
    """
    held = [VirtualMachine(contents.machine_id(item, vault.id), location=vault.location) for item in items.values()]
    if request.references:
        references, unknown = _by_machine(request.references, vault, items)
        found = among(references, held)
        return Found(found.machines, found.problems + unknown)
    if request.filter.tags:
        tags = {machine.id.key: machine.tags for machine in _of_subscriptions(client, held)}
        held = [dataclasses.replace(machine, tags=tags.get(machine.id.key, {})) for machine in held]
    return Found(tuple(machine for machine in held if request.filter.matches(machine)))


def still_there(client: AzureClient, held: t.Sequence[VirtualMachine]) -> set[str]:
    """Return the keys of those machines that are not gone from Azure."""
    compute = Compute(client)
    if len(held) <= READ_ONE_BY_ONE:
        return {machine.id.key for machine in _read(compute, {vm.id.key: vm.id for vm in held})}
    return {machine.id.key for machine in _of_subscriptions(client, held)}


def _of_subscriptions(client: AzureClient, held: t.Iterable[VirtualMachine]) -> t.Iterator[VirtualMachine]:
    compute = Compute(client)
    for subscription_id in sorted({machine.id.subscription_id.casefold() for machine in held}):
        yield from compute.virtual_machines(subscription_id=subscription_id)
