# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options ``vms`` and ``select`` to virtual machines that exist.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._azure.client import AzureClient
from .._azure.compute import Compute
from .._domain import ids, selection
from .._domain.models import ProtectedItem, Vault, VirtualMachine
from .._errors import BackupError
from . import fleet

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


def find(client: AzureClient, request: Request) -> Found:
    """Read the machines that the task is about."""
    compute = Compute(client)
    if not request.references:
        groups = request.filter.resource_groups
        listed = compute.virtual_machines(groups)
        return Found(tuple(machine for machine in listed if request.filter.matches(machine)))
    return among(request.references, _candidates(client, compute, request.references))


def among(references: t.Sequence[selection.Reference], machines: t.Iterable[VirtualMachine]) -> Found:
    """Resolve references among given machines."""
    resolution = selection.resolve(references, machines)
    missing = tuple((reference, _missing(reference)) for reference in resolution.missing)
    ambiguous = tuple(
        (reference, BackupError(selection.ambiguity_message(reference, candidates), code="AmbiguousName"))
        for reference, candidates in resolution.ambiguous
    )
    return Found(resolution.machines, missing + ambiguous)


def _candidates(
    client: AzureClient, compute: Compute, references: t.Sequence[selection.Reference]
) -> t.Iterator[VirtualMachine]:
    """Read at least every machine that the references can mean, by the fewer requests."""
    here = client.subscription_id
    exact = {
        reference.text: reference.id or ids.VmId(here, reference.resource_group, reference.name)
        for reference in references
        if reference.resource_group
    }
    if len(exact) == len(references) <= READ_ONE_BY_ONE:
        for made in fleet.run(exact, compute.virtual_machine).values():
            if isinstance(made, BackupError):
                raise made
            if made is not None:
                yield made
        return
    yield from compute.virtual_machines()
    others = {vm_id.subscription_id.casefold() for vm_id in exact.values() if not ids.same(vm_id.subscription_id, here)}
    for subscription_id in sorted(others):
        yield from compute.virtual_machines(subscription_id=subscription_id)


def _missing(reference: selection.Reference) -> BackupError:
    return BackupError(
        f"There is no virtual machine {reference.text!r} that this login can see.",
        code="VirtualMachineNotFound",
        operation="find virtual machine",
        resource_id=str(reference.id) if reference.id else None,
        recommendations=[
            "Check the name, the resource group and the subscription, and that the login may read virtual machines."
        ],
    )


def find_held(client: AzureClient, request: Request, vault: Vault, items: t.Iterable[ProtectedItem]) -> Found:
    """Resolve the selection among the machines that a vault holds; a machine that is gone from Azure counts as well.

    Only a selection by tags reads the machines themselves, since items do not carry tags.
    """
    held = tuple(_held(item, vault) for item in items)
    if request.references:
        return among(request.references, held)
    if request.filter.tags:
        tags = {machine.id.key: machine.tags for machine in Compute(client).virtual_machines()}
        held = tuple(dataclasses.replace(machine, tags=tags.get(machine.id.key, {})) for machine in held)
    return Found(tuple(machine for machine in held if request.filter.matches(machine)))


def _held(item: ProtectedItem, vault: Vault) -> VirtualMachine:
    try:
        vm_id = ids.VmId.parse(item.virtual_machine_id)
    except ValueError:
        # Without a readable id the service's own name still holds group and machine: VM;iaasvmcontainerv2;{group};{vm}.
        group, name = item.name.split(";")[-2:]
        vm_id = ids.VmId(vault.id.subscription_id, group, name)
    return VirtualMachine(vm_id, location=vault.location)
