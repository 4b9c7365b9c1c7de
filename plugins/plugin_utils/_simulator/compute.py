# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual machines of Microsoft.Compute; classic ones are seen by the vaults alone.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t
import uuid

from . import entities, errors, naming, operations, paging, routing, simulation, wire, wire_times

_PROVIDER = "/providers/Microsoft.Compute"
_LOCATION = routing.SUBSCRIPTION + _PROVIDER + "/locations/{location}"
_IMAGES = {
    "Linux": {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"},
    "Windows": {
        "publisher": "MicrosoftWindowsServer",
        "offer": "WindowsServer",
        "sku": "2022-datacenter-azure-edition",
        "version": "latest",
    },
}


class Compute:
    """The compute provider's virtual machines."""

    def __init__(self, state: simulation.Simulation, followed: operations.Operations) -> None:
        self._state = state
        self._operations = followed

    def routes(self) -> list[wire.Route]:
        """Return the routes of virtual machines."""
        one = routing.GROUP + _PROVIDER + "/virtualMachines/{name}"
        table = (
            ("GET", routing.SUBSCRIPTION + _PROVIDER + "/virtualMachines", self.list_of_subscription),
            ("GET", _LOCATION + "/virtualMachines", self.list_of_region),
            ("GET", _LOCATION + "/operations/{operation}", self.status),
            ("GET", routing.GROUP + _PROVIDER + "/virtualMachines", self.list_of_group),
            ("GET", one, self.get),
            ("DELETE", one, self.delete),
            ("GET", one + "/instanceView", self.instance_view),
        )
        return [routing.route(self._state, method, template, handler) for method, template, handler in table]

    def list_of_subscription(self, request: wire.Request, subscription: entities.Subscription) -> wire.Response:
        """Answer with all virtual machines of a subscription."""
        return self._list(request, self._state.machines_of_subscription(subscription.id))

    def list_of_region(
        self, request: wire.Request, subscription: entities.Subscription, location: str
    ) -> wire.Response:
        """Answer with the virtual machines of a region."""
        return self._list(request, self._state.machines_of_region(subscription.id, location))

    def list_of_group(self, request: wire.Request, group: entities.Group) -> wire.Response:
        """Answer with the virtual machines of a resource group."""
        return self._list(request, self._state.machines_of_group(group))

    def get(self, request: wire.Request, group: entities.Group, name: str) -> wire.Response:
        """Answer with a virtual machine, with its instance view where ``$expand`` asks for it."""
        machine = self._find(group, name)
        return wire.Response(200, self._body(machine, view=_wants_view(request)))

    def delete(self, request: wire.Request, group: entities.Group, name: str) -> wire.Response:
        """Delete a virtual machine; the vault that protects it keeps its item."""
        machine = self._state.machine(naming.machine_id(group.subscription_id, group.name, name))
        if not machine:
            return wire.Response(204)
        work = self._state.start("machine", lambda _when: self._state.delete_machine(machine))
        operation = self._operations.begin(group.subscription_id, "machine", work)
        path = f"/subscriptions/{group.subscription_id}{_PROVIDER}/locations/{machine.location}"
        return self._operations.accepted(request, operation, path, ("operations", ""))

    def status(
        self, request: wire.Request, subscription: entities.Subscription, location: str, operation: str
    ) -> wire.Response:
        """Answer how the deletion of a virtual machine stands."""
        return self._operations.status_of(request, subscription.id, operation)

    def instance_view(self, request: wire.Request, group: entities.Group, name: str) -> wire.Response:
        """Answer with the instance view alone."""
        return wire.Response(200, self._view(self._find(group, name)))

    def _list(self, request: wire.Request, machines: t.Sequence[entities.Machine]) -> wire.Response:
        if request.query.get("$filter"):
            raise errors.not_modelled("$filter for virtual machines")
        # UNVERIFIED: what statusOnly leaves out of a list; assumed nothing, and that it adds the instance view.
        view = _wants_view(request) or request.query.get("statusonly", "").lower() == "true"
        found = ((index, machine) for index, machine in enumerate(machines) if not machine.classic)
        return paging.page(request, found, lambda machine: self._body(machine, view=view))

    def _find(self, group: entities.Group, name: str) -> entities.Machine:
        machine = self._state.machine(naming.machine_id(group.subscription_id, group.name, name))
        if not machine:
            raise errors.resource_not_found("Microsoft.Compute/virtualMachines", name, group.name)
        return machine

    def _body(self, machine: entities.Machine, *, view: bool) -> dict[str, t.Any]:
        group = naming.group_id(machine.subscription_id, machine.resource_group)
        disks = f"{group}/providers/Microsoft.Compute/disks"
        properties: dict[str, t.Any] = {
            "vmId": str(uuid.uuid5(uuid.NAMESPACE_URL, machine.key)),
            "hardwareProfile": {"vmSize": machine.size},
            "storageProfile": {
                "imageReference": _IMAGES[machine.os],
                "osDisk": {
                    "osType": machine.os,
                    "name": f"{machine.name}-os",
                    "createOption": "FromImage",
                    "caching": "ReadWrite",
                    "managedDisk": {"storageAccountType": "Premium_LRS", "id": f"{disks}/{machine.name}-os"},
                    "diskSizeGB": 128 if machine.os == "Windows" else 32,
                    "deleteOption": "Detach",
                },
                "dataDisks": [
                    {
                        "lun": one.lun,
                        "name": one.name,
                        "createOption": "Attach",
                        "caching": "None",
                        "managedDisk": {"storageAccountType": "Premium_LRS", "id": f"{disks}/{one.name}"},
                        "diskSizeGB": 256,
                        "toBeDetached": False,
                    }
                    for one in machine.data_disks
                ],
            },
            "osProfile": {
                "computerName": machine.name,
                "adminUsername": "azureuser",
                "secrets": [],
                "allowExtensionOperations": True,
            },
            "networkProfile": {
                "networkInterfaces": [
                    {"id": f"{group}/providers/Microsoft.Network/networkInterfaces/{machine.name}-nic"}
                ]
            },
            "provisioningState": machine.provisioning_state,
        }
        if view:
            properties["instanceView"] = self._view(machine)
        body: dict[str, t.Any] = {
            "name": machine.name,
            "id": machine.id,
            "type": "Microsoft.Compute/virtualMachines",
            "location": machine.location,
            "properties": properties,
        }
        if machine.tags:
            body["tags"] = dict(machine.tags)
        if machine.zones:
            body["zones"] = list(machine.zones)
        return body

    def _view(self, machine: entities.Machine) -> dict[str, t.Any]:
        time = wire_times.stamp(self._state.now())
        ready = machine.agent_status == "Ready"
        state = machine.provisioning_state
        view: dict[str, t.Any] = {
            "statuses": [
                {
                    "code": f"ProvisioningState/{state.lower()}",
                    "level": "Info" if state == "Succeeded" else "Error",
                    "displayStatus": f"Provisioning {state.lower()}",
                    "time": time,
                },
                {
                    "code": f"PowerState/{machine.power_state}",
                    "level": "Info",
                    "displayStatus": f"VM {machine.power_state}",
                },
            ]
        }
        if machine.power_state == "running":
            view["vmAgent"] = {
                "vmAgentVersion": "2.7.41491.1172" if ready else "Unknown",
                "statuses": [
                    {
                        "code": "ProvisioningState/succeeded" if ready else "ProvisioningState/Unavailable",
                        "level": "Info" if ready else "Warning",
                        "displayStatus": machine.agent_status,
                        "message": "Guest Agent is running"
                        if ready
                        else "VM status blob is found but not yet populated.",
                        "time": time,
                    }
                ],
            }
        return view


def _wants_view(request: wire.Request) -> bool:
    expand = request.query.get("$expand", "")
    if expand and expand.lower() != "instanceview":
        raise errors.not_modelled(f"$expand={expand}")
    return bool(expand)
