# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two questions about one machine: is it protected, and may it be.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from . import entities, errors, naming, routing, simulation, wire

_LOCATION = routing.SUBSCRIPTION + "/providers/Microsoft.RecoveryServices/locations/{location}"
_NULL_BEFORE = "2017-07-01"


class Status:
    """Answers for a region of a subscription."""

    def __init__(self, state: simulation.Simulation) -> None:
        self._state = state

    def routes(self) -> list[wire.Route]:
        """Return the routes of the two questions."""
        return [
            routing.route(self._state, "POST", _LOCATION + "/backupStatus", self.backup_status),
            routing.route(self._state, "POST", _LOCATION + "/backupPreValidateProtection", self.validate),
        ]

    def backup_status(self, request: wire.Request, subscription: entities.Subscription, location: str) -> wire.Response:
        """Answer whether a machine is protected, and in which vault."""
        identity, machine = self._asked(request)
        # UNVERIFIED: the backupStatus of a machine that is no more; assumed that of its item, which the vault keeps.
        item = self._state.protection.get(str(request.body["resourceId"]).rstrip("/").casefold())
        if not item and request.api_version < _NULL_BEFORE:
            return wire.Response(200, None)
        # UNVERIFIED: the backupStatus of a machine that is not protected; assumed the names and no vault.
        # UNVERIFIED: the backupStatus of a waiting, stopped or soft-deleted item; assumed Protected, with its vault.
        body: dict[str, t.Any] = {"protectionStatus": "NotProtected", **_names(identity, machine)}
        body |= {"errorCode": "Success", "errorMessage": "The operation completed successfully."}
        if item:
            body |= {
                "protectionStatus": "Protected",
                "vaultId": item.vault.id,
                "fabricName": "Azure",
                "policyName": item.policy.name if item.policy else "",
                "registrationStatus": "SoftDeleted" if item.soft_deleted else "Registered",
            }
            if item.last_error:
                body |= {
                    "protectionStatus": "ProtectionFailed",
                    "errorCode": item.last_error.title,
                    "errorMessage": item.last_error.message,
                }
        return wire.Response(200, body)

    def validate(self, request: wire.Request, subscription: entities.Subscription, location: str) -> wire.Response:
        """Answer whether a vault may protect a machine; it is 200 even when it may not.

        UNVERIFIED: its other refusals than VirtualMachineAlreadyProtected; assumed as failures of protect jobs.
        """
        identity, machine = self._asked(request)
        vault = self._vault(request.body.get("vaultId"))
        refusal: tuple[str, str, str] | None = None
        if not machine:
            refusal = ("UserErrorVmNotFoundV2", "The virtual machine does not exist.", "Check the id of the machine.")
        elif self._state.held_elsewhere(machine, vault) or machine.service_name in vault.items:
            refusal = (
                "VirtualMachineAlreadyProtected",
                "Virtual machine with same name and same resource group is already protected.",
                "Stop its protection and delete its backup data first, or leave it where it is.",
            )
        elif machine.location != vault.location:
            refusal = (
                "UserErrorVmVaultLocationMismatch",
                "Virtual machine and vault are in different region",
                "Use a vault in the region of the virtual machine.",
            )
        status = "Failed" if refusal else "Succeeded"
        code, message, advice = refusal or ("Success", "The operation completed successfully.", "")
        body = {"status": status, "errorCode": code, "errorMessage": message, "recommendation": advice}
        return wire.Response(200, body | _names(identity, machine))

    def _asked(self, request: wire.Request) -> tuple[naming.MachinePath, entities.Machine | None]:
        body = request.body if isinstance(request.body, dict) else {}
        identity = naming.parse_machine_id(body.get("resourceId"))
        if body.get("resourceType") != "VM" or not identity:
            raise errors.invalid_input()
        return identity, self._state.machine(body["resourceId"])

    def _vault(self, vault_id: object) -> entities.Vault:
        vault = self._state.vaults.get(vault_id.casefold()) if isinstance(vault_id, str) else None
        if not vault:
            raise errors.invalid_input("The vault was not found.")
        return vault


def _names(identity: naming.MachinePath, machine: entities.Machine | None) -> dict[str, t.Any]:
    service = naming.service_name(identity.resource_group, identity.name, classic=bool(machine and machine.classic))
    return {"containerName": f"iaasvmcontainer;{service}", "protectedItemName": f"vm;{service}"}
