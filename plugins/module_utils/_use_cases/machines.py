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
from .._domain import ids, selection
from .._domain.models import ProtectedItem, Vault, VirtualMachine
from .._errors import BackupError, NotFound
from . import contents, fleet

READ_ONE_BY_ONE = 4
"""Up to this many machines are read one by one; above, listing is fewer requests."""


@dataclasses.dataclass(frozen=True)
class Request:
    """What the task asked for: references (``vms``), or a filter (``select``)."""

    references: tuple[selection.Reference, ...] = ()
    filter: selection.Filter = dataclasses.field(default_factory=selection.Filter)

    @classmethod
    def parse(cls, options: t.Mapping[str, t.Any]) -> Request:
        """Read a module's options; raises InvalidInput before any request is sent."""
        references = selection.parse_references(options["vms"]) if options.get("vms") is not None else ()
        return cls(references, selection.Filter.parse(options.get("select") or {}))


@dataclasses.dataclass(frozen=True)
class Found:
    """The machines, and for what was named but can't be used, the reason by the entry's text."""

    machines: tuple[VirtualMachine, ...]
    problems: tuple[tuple[selection.Reference, BackupError], ...] = ()


def find(client: AzureClient, request: Request, classic: t.Sequence[VirtualMachine] = ()) -> Found:
    """Read the machines that the task is about.

    ``classic`` are machines of the classic deployment model, which no listing shows but a vault's discovery.
    """
    compute = Compute(client)
    if not request.references:
        listed = [*compute.virtual_machines(request.filter.resource_groups), *classic]
        return Found(_unique(machine for machine in listed if request.filter.matches(machine)))
    references = [reference.within(client.subscription_id) for reference in request.references]
    named = {vm_id.key: vm_id for vm_id in (reference.readable_id for reference in references) if vm_id}
    if len(references) <= READ_ONE_BY_ONE and all(one.resource_group for one in references):
        read = _read(compute, named)
    else:
        read = _listed(compute, client.subscription_id, named)
    return among(references, [*read, *classic])


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
        (reference, BackupError(selection.ambiguity_message(reference, meant), code="AmbiguousName"))
        for reference, meant in resolution.ambiguous
    )
    return Found(resolution.machines, missing + ambiguous)


def _missing(reference: selection.Reference) -> BackupError:
    return BackupError(
        f"There is no virtual machine {reference.text!r} that this login can see.",
        code="VirtualMachineNotFound",
        operation="find virtual machine",
        resource_id=str(reference.id) if reference.id else None,
        recommendations=[
            "Check the name, the resource group and the subscription, and that the login may read virtual machines.",
            "A classic virtual machine has to be migrated to Azure Resource Manager first.",
        ],
    )


def find_held(client: AzureClient, request: Request, vault: Vault, items: t.Iterable[ProtectedItem]) -> Found:
    """Resolve the selection among the machines that a vault holds; a machine that is gone from Azure counts as well.

    Only a selection by tags reads the machines themselves, since items do not carry tags.
    """
    held = [VirtualMachine(contents.machine_id(item, vault.id), location=vault.location) for item in items]
    if request.references:
        return among(request.references, held)
    if request.filter.tags:
        subscriptions = sorted({machine.id.subscription_id.casefold() for machine in held})
        compute = Compute(client)
        tags = {
            machine.id.key: machine.tags
            for subscription_id in subscriptions
            for machine in compute.virtual_machines(subscription_id=subscription_id)
        }
        held = [dataclasses.replace(machine, tags=tags.get(machine.id.key, {})) for machine in held]
    return Found(tuple(machine for machine in held if request.filter.matches(machine)))
