# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make virtual machines known to a vault: ``vm_backup_register``.

For a virtual machine of Azure Resource Manager "registered" means that the vault's discovery has seen it (a protectable
item) or that it is protected (a container). No call registers a machine on its own; protecting it does.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._azure.backup import Backup
from .._azure.client import AzureClient
from .._azure.clock import Deadline
from .._azure.operations import intervals
from .._domain import eligibility, ids, results
from .._domain.models import Container, ProtectableItem, Vault, VirtualMachine
from .._errors import BackupError
from . import contents, fleet, machines
from .outcome import Outcome

_UNPROTECTED = ("discovery", "on_protect")
# Looks at the protectable items after the first, until they show what a discovery has found: reads lag behind.
_MORE_LOOKS = 3


@dataclasses.dataclass
class _Registration:
    """One machine, and how the vault knows it."""

    machine: VirtualMachine
    source: str | None = None
    """``container``, ``soft_deleted``, ``discovery``, ``on_protect`` (another subscription), or None."""
    protectable: ProtectableItem | None = None
    error: BackupError | None = None
    changed: bool = False

    @property
    def settled(self) -> bool:
        """Whether nothing is left to find out."""
        return self.source is not None or self.error is not None


def register(client: AzureClient, options: t.Mapping[str, t.Any]) -> Outcome:
    """See to it that the vault knows every machine of the selection."""
    request = machines.Request.parse(options)
    wanted = contents.vault_id(client, options)
    vault, found = fleet.at_once(
        lambda: contents.existing_vault(client, wanted), lambda: machines.find(client, request)
    )
    backup = Backup(client, vault.id)
    fleet_state = [_Registration(machine) for machine in found.machines]
    _check_locations(vault, fleet_state)
    if any(not one.settled for one in fleet_state):
        containers, protectable = fleet.at_once(
            lambda: _containers_by_machine(backup), lambda: contents.protectable_by_machine(backup)
        )
        _look_in_containers(containers, fleet_state)
        _look_in_discovery(protectable, fleet_state)
        _look_elsewhere(backup, vault, fleet_state)
    undiscovered = [one for one in fleet_state if not one.settled]
    if undiscovered:
        _discover(backup, undiscovered, options)
    if options["validate"]:
        _validate(backup, [one for one in fleet_state if one.error is None and one.source in _UNPROTECTED])
    return _outcome(vault, fleet_state, found)


def _check_locations(vault: Vault, fleet_state: t.Iterable[_Registration]) -> None:
    for one in fleet_state:
        one.error = eligibility.location_problem(one.machine, vault)


def _containers_by_machine(backup: Backup) -> dict[str, Container]:
    return {contents.machine_id(container, backup.vault_id).key: container for container in backup.containers()}


def _look_in_containers(containers: t.Mapping[str, Container], fleet_state: t.Iterable[_Registration]) -> None:
    """A container stays with the backup data: a machine whose data is soft-deleted is known, and never discovered."""
    sources = {"registered": "container", "softdeleted": "soft_deleted"}
    for one in fleet_state:
        container = containers.get(one.machine.id.key)
        if container is not None and not one.settled:
            one.source = sources.get(container.registration_status.casefold())


def _look_in_discovery(protectable: t.Mapping[str, ProtectableItem], fleet_state: t.Iterable[_Registration]) -> None:
    for one in fleet_state:
        if not one.settled:
            one.protectable = protectable.get(one.machine.id.key)
            one.source = "discovery" if one.protectable else None


def _look_elsewhere(backup: Backup, vault: Vault, fleet_state: t.Iterable[_Registration]) -> None:
    unsettled = [one for one in fleet_state if not one.settled]
    asked = contents.statuses(backup, [one.machine for one in unsettled])
    for one in unsettled:
        status = asked[one.machine.id.key]
        if isinstance(status, BackupError):
            one.error = status
        elif other_vault := status.other_than(vault.id):
            one.error = eligibility.protected_elsewhere_problem(one.machine, other_vault)
        elif status.held_by(vault.id):
            one.source = "container"
        elif not ids.same(one.machine.id.subscription_id, vault.id.subscription_id):
            one.source = "on_protect"


def _discover(backup: Backup, undiscovered: t.Sequence[_Registration], options: t.Mapping[str, t.Any]) -> None:
    if backup.client.check_mode:
        for one in undiscovered:
            one.changed, one.source = True, "discovery"
        return
    deadline = Deadline(backup.client.clock, options["wait_timeout"])
    try:
        backup.refresh(deadline, options["poll_interval"])
        _look_in_discovery(contents.protectable_by_machine(backup), undiscovered)
        for _look, pause in zip(range(_MORE_LOOKS), intervals(options["poll_interval"]), strict=False):
            if all(one.settled for one in undiscovered) or deadline.expired():
                break
            backup.client.clock.sleep(min(pause, deadline.remaining()))
            _look_in_discovery(contents.protectable_by_machine(backup), undiscovered)
    except BackupError as error:
        for one in undiscovered:
            if not one.settled:
                one.error = error
    for one in undiscovered:
        one.changed = one.source is not None
        if not one.settled:
            one.error = _not_discovered(one.machine, backup.vault_id)


def _not_discovered(machine: VirtualMachine, vault_id: ids.VaultId) -> BackupError:
    return BackupError(
        f"{machine.id.name} was not found by the discovery of vault {vault_id.name}.",
        code="VirtualMachineNotDiscovered",
        operation="register virtual machine",
        resource_id=str(machine.id),
        recommendations=[
            "A new machine can take half an hour to become visible: run this again later.",
            "Check that the machine still exists, is in the vault's region, and is not in another vault.",
        ],
        retryable=True,
    )


def _validate(backup: Backup, registrations: t.Sequence[_Registration]) -> None:
    """Ask the service whether it would protect each machine; its "no" comes in an answer of status 200."""
    answers = fleet.run(
        {one.machine.id.key: one for one in registrations},
        lambda one: backup.pre_validate(one.machine.location, one.machine.id),
    )
    for one in registrations:
        answer = answers[one.machine.id.key]
        if isinstance(answer, BackupError):
            one.error = answer
        elif not answer.succeeded:
            one.error = BackupError(
                f"Azure Backup would refuse {one.machine.id.name}: {answer.error_message}",
                code=answer.error_code or "ValidationFailed",
                operation="validate protection",
                resource_id=str(one.machine.id),
                recommendations=[answer.recommendation] if answer.recommendation else [],
            )


def _outcome(vault: Vault, fleet_state: t.Sequence[_Registration], found: machines.Found) -> Outcome:
    outcomes = [
        {
            **results.machine(one.machine),
            "registered": one.source is not None,
            "registration_source": one.source,
            "container_name": one.machine.id.container_name,
            "item_name": one.machine.id.item_name,
            "protectable_item_id": one.protectable.id if one.protectable else None,
            "deleted_permanently_at": None,
            "action": "discover" if one.changed else "none",
            "changed": one.changed,
            "job_id": None,
            "error": results.problem(one.error),
        }
        for one in fleet_state
    ]
    outcomes += [unknown(reference.text, error) for reference, error in found.problems]
    changed = [one for one in fleet_state if one.changed]
    return Outcome(
        changed=bool(changed),
        result={"vault": results.vault(vault), "vms": outcomes},
        before={str(one.machine.id): {"registered": False} for one in changed},
        after={str(one.machine.id): {"registered": True} for one in changed},
        failure=fleet.failure(outcomes, "registered"),
        warnings=[] if outcomes else ["No virtual machine matches select. Nothing was done."],
    )


def unknown(text: str, error: BackupError | None) -> dict[str, t.Any]:
    """Return the result of an entry of ``vms`` that names no machine, with the keys of all the others."""
    return {
        **results.unknown_machine(text),
        "registered": False,
        "registration_source": None,
        "container_name": None,
        "item_name": None,
        "protectable_item_id": None,
        "deleted_permanently_at": None,
        "action": "none",
        "changed": False,
        "job_id": None,
        "error": results.problem(error),
    }
