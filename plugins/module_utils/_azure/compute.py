# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual machines.

This file is private to the collection.
"""

from __future__ import annotations

import itertools
import typing as t

from .._domain.ids import VmId
from .._domain.models import VirtualMachine
from .._errors import InvalidInput, ServiceError
from .client import AzureClient
from .faults import reader
from .sdk import API_VERSIONS

# The newest package's client has an api-version for each operation, so that each call must name ours.
PINNED: t.Final[dict[str, t.Any]] = {"api_version": API_VERSIONS["compute"]}


class Compute:
    """The compute service. Classic machines are not in it: they are seen through a vault's discovery."""

    def __init__(self, client: AzureClient) -> None:
        self._client = client

    def virtual_machines(
        self, resource_groups: t.Sequence[str] = (), subscription_id: str | None = None
    ) -> t.Iterator[VirtualMachine]:
        """List the machines of a subscription, or of some of its groups, without their power states.

        Raises NotFound for a group that does not exist.
        """
        operations = self._client.service("compute", subscription_id).virtual_machines
        if not resource_groups:
            lists = [self._client.pages(operations.list_all, **PINNED, doing="list the virtual machines")]
        else:
            lists = [
                self._client.pages(
                    operations.list, group, **PINNED, doing=f"list the virtual machines of resource group {group}"
                )
                for group in resource_groups
            ]
        return map(reader(VirtualMachine.from_wire), itertools.chain.from_iterable(lists))

    def virtual_machines_of_regions(self, locations: t.Iterable[str]) -> t.Iterator[VirtualMachine]:
        """List the machines of some regions of the subscription, each written as ``westeurope``.

        UNVERIFIED: a region that does not exist is assumed to be refused with 400 or 404; the whole subscription is
        then listed, which holds no machine there.
        """
        operations = self._client.service("compute").virtual_machines
        lists = [
            self._client.pages(
                operations.list_by_location, location, **PINNED, doing=f"list the virtual machines of region {location}"
            )
            for location in locations
        ]
        try:
            listed = list(itertools.chain.from_iterable(lists))
        except ServiceError as error:
            if error.http_status not in (400, 404):
                raise
            return self.virtual_machines()
        return map(reader(VirtualMachine.from_wire), listed)

    def virtual_machine(self, vm_id: VmId, *, instance_view: bool = False) -> VirtualMachine | None:
        """Read one machine, with power state and agent status if asked; None when its group has no such machine.

        Raises NotFound when the group or the subscription does not exist, InvalidInput for a classic machine.
        """
        if vm_id.classic:
            raise InvalidInput(f"{vm_id} is a classic virtual machine, which the compute service does not know")
        answer = self._client.find(
            self._client.service("compute", vm_id.subscription_id).virtual_machines.get,
            vm_id.resource_group,
            vm_id.name,
            **PINNED,
            expand="instanceView" if instance_view else None,
            doing="read the virtual machine",
            resource_id=str(vm_id),
        )
        return reader(VirtualMachine.from_wire)(answer.body) if answer else None

    def power_states(self, subscription_id: str | None = None) -> dict[str, str]:
        """Return each machine's power state (``running``, ``deallocated`` …) by ``VmId.key``, from one listing."""
        operations = self._client.service("compute", subscription_id).virtual_machines
        machines = map(
            reader(VirtualMachine.from_wire),
            self._client.pages(operations.list_all, **PINNED, status_only="true", doing="list the power states"),
        )
        return {machine.id.key: machine.power_state for machine in machines if machine.power_state}
