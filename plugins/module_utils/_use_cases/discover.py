# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the virtual machines of a subscription and where each stands: ``vm_backup_discover``.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._azure.backup import Backup
from .._azure.client import AzureClient
from .._azure.clock import Deadline
from .._azure.compute import Compute
from .._azure.vaults import Vaults
from .._domain import coverage, discovery, ids, results
from .._domain.models import ProtectableItem, ProtectedItem, Vault, VirtualMachine
from .._domain.selection import Reference
from .._errors import BackupError, InvalidInput
from . import contents, fleet, machines
from .outcome import Outcome

_NOTHING_FOUND = (
    "No virtual machine was found. Check that the machines exist in this subscription, that select matches them, "
    "and that the login may read them (role Reader)."
)


@dataclasses.dataclass(frozen=True)
class _View:
    """What was found out about the machines; ``vault`` is None when the whole subscription was looked at."""

    vault: Vault | None
    evidence: t.Sequence[discovery.Evidence]
    problems: t.Sequence[tuple[Reference, BackupError]]
    holdings: t.Sequence[tuple[Vault, int]] = ()
    """The vaults that were read, and how many machines each holds."""


def discover(client: AzureClient, options: t.Mapping[str, t.Any]) -> Outcome:
    """List every machine of the selection with its status; with a vault, as that vault sees it."""
    if bool(options["vault_name"]) != bool(options["resource_group"]):
        raise InvalidInput("vault_name and resource_group: give both, or neither to look at the whole subscription.")
    request = machines.Request.parse(options)
    view = _view_of_vault(client, request, options) if options["vault_name"] else _view_of_all(client, request)
    findings = [discovery.classify(one, view.vault) for one in view.evidence]
    power = _power_states(client, view.evidence) if options["power_state"] else {}
    outcomes = [_result(one, finding, power) for one, finding in zip(view.evidence, findings, strict=True)]
    outcomes += [_unknown(reference.text, error) for reference, error in view.problems]
    nothing = [] if outcomes else [_NOTHING_FOUND]
    return Outcome(
        result={
            "vault": results.vault(view.vault) if view.vault else None,
            "refreshed": bool(view.vault) and options["refresh"] and not client.check_mode,
            "vms": outcomes,
            "vaults": [_holding(vault, held) for vault, held in view.holdings],
            "summary": discovery.summary(findings),
            "hints": nothing,
        },
        failure=fleet.failure(outcomes, "found"),
        warnings=nothing,
    )


def _view_of_vault(client: AzureClient, request: machines.Request, options: t.Mapping[str, t.Any]) -> _View:
    vault, listed = fleet.at_once(lambda: _refreshed(client, options), lambda: machines.read(client, request))
    backup = Backup(client, vault.id)
    protectable, items = fleet.at_once(
        lambda: contents.protectable_by_machine(backup), lambda: contents.items_by_machine(backup)
    )
    found = machines.resolve(client, request, [*listed, *_classic(protectable.values(), vault.id)])
    evidence = {
        key: discovery.Evidence(machine, items.get(key), protectable=key in protectable)
        for key, machine in ((machine.id.key, machine) for machine in found.machines)
    }
    evidence |= _explained_by_other_vaults(client, vault, _unexplained(evidence))
    evidence |= _explained_by_status(backup, vault, _unexplained(evidence))
    gone = _gone(client, request, found, items, {vault.id.key: vault})
    return _View(vault, [*evidence.values(), *gone.evidence], gone.problems, [(vault, len(items))])


def _refreshed(client: AzureClient, options: t.Mapping[str, t.Any]) -> Vault:
    """Return the vault once it has looked for machines; in check mode as it saw them last, for to look is a write."""
    vault = contents.existing_vault(client, contents.vault_id(client, options))
    if options["refresh"] and not client.check_mode:
        deadline = Deadline(client.clock, options["wait_timeout"])
        Backup(client, vault.id).refresh(deadline, options["poll_interval"])
    return vault


def _unexplained(evidence: t.Mapping[str, discovery.Evidence]) -> dict[str, discovery.Evidence]:
    return {
        key: one for key, one in evidence.items() if one.item is None and one.elsewhere is None and not one.protectable
    }


def _explained_by_other_vaults(
    client: AzureClient, vault: Vault, unexplained: t.Mapping[str, discovery.Evidence]
) -> dict[str, discovery.Evidence]:
    """Look for machines in the subscription's other vaults: a listing each, not a call per machine."""
    regions = {one.machine.location for one in unexplained.values()}
    vaults = Vaults(client).list() if regions else iter(())
    others = [other for other in vaults if other.location in regions and other.id.key != vault.id.key]
    held = _held_by(_items_of(client, others))
    return {
        key: discovery.Evidence(one.machine, elsewhere=str(held[key].vault_id))
        for key, one in unexplained.items()
        if key in held and not held[key].soft_deleted
    }


def _explained_by_status(
    backup: Backup, vault: Vault, unexplained: t.Mapping[str, discovery.Evidence]
) -> dict[str, discovery.Evidence]:
    """Ask about the machines of the vault's region that are still unexplained: a vault elsewhere may hold them."""
    asked = contents.statuses(
        backup, [one.machine for one in unexplained.values() if one.machine.location == vault.location]
    )
    explained = {}
    for key, status in asked.items():
        if isinstance(status, BackupError):
            raise status
        explained[key] = discovery.Evidence(
            unexplained[key].machine,
            elsewhere=status.other_than(vault.id),
            in_progress=status.held_by(vault.id),
        )
    return explained


def _view_of_all(client: AzureClient, request: machines.Request) -> _View:
    def read_vaults() -> tuple[list[Vault], dict[str, dict[str, ProtectedItem]]]:
        listed = list(Vaults(client).list())
        return listed, _items_of(client, listed)

    found, (vaults, items) = fleet.at_once(lambda: machines.find(client, request), read_vaults)
    held = _held_by(items)
    evidence = [discovery.Evidence(machine, held.get(machine.id.key)) for machine in found.machines]
    gone = _gone(client, request, found, held, {vault.id.key: vault for vault in vaults})
    holdings = [(vault, len(items[vault.id.key])) for vault in vaults]
    return _View(None, [*evidence, *gone.evidence], gone.problems, holdings)


def _gone(
    client: AzureClient,
    request: machines.Request,
    found: machines.Found,
    held: t.Mapping[str, ProtectedItem],
    vaults: t.Mapping[str, Vault],
) -> _View:
    """Find what vaults hold of machines that the subscription has no more: what was asked for, but is not found.

    Machines of other subscriptions and classic ones were not listed, so nothing is said of them.
    """
    candidates = {
        one.id.key: VirtualMachine(one.id, vaults[one.item.vault_id.key].location)
        for one in coverage.join(found.machines, held.values(), listed=[client.subscription_id])
        if one.gone and one.item and not one.id.classic
    }
    missing = [reference for reference, error in found.problems if error.code == machines.NOT_FOUND]
    if request.references:
        resolved = machines.among(missing, candidates.values())
    else:
        resolved = machines.Found(tuple(filter(request.filter.matches, candidates.values())))
    named = {reference.text for reference in missing} - {reference.text for reference, _error in resolved.problems}
    return _View(
        None,
        [discovery.Evidence(machine, held[machine.id.key], gone=True) for machine in resolved.machines],
        [(reference, error) for reference, error in found.problems if reference.text not in named],
    )


def _items_of(client: AzureClient, vaults: t.Sequence[Vault]) -> dict[str, dict[str, ProtectedItem]]:
    """Read the items of many vaults, by the vaults' keys and the machines'."""
    listings = fleet.run(
        {vault.id.key: vault for vault in vaults}, lambda vault: contents.items_by_machine(Backup(client, vault.id))
    )
    found = {}
    for key, listing in listings.items():
        if isinstance(listing, BackupError):
            raise listing
        found[key] = listing
    return found


def _held_by(items: t.Mapping[str, t.Mapping[str, ProtectedItem]]) -> dict[str, ProtectedItem]:
    """Put the items of many vaults together; one that is protected counts before one that is soft-deleted."""
    held: dict[str, ProtectedItem] = {}
    for listing in items.values():
        for key, item in listing.items():
            if key not in held or held[key].soft_deleted:
                held[key] = item
    return held


def _classic(protectable: t.Iterable[ProtectableItem], vault_id: ids.VaultId) -> list[VirtualMachine]:
    """Classic machines are listed by no compute call, only by a vault's discovery, which tells no region."""
    return [
        VirtualMachine(contents.machine_id(item, vault_id), location="")
        for item in protectable
        if ids.same(item.virtual_machine_version, "ClassicCompute")
    ]


def _power_states(client: AzureClient, evidence: t.Iterable[discovery.Evidence]) -> dict[str, str]:
    """Read the power states of all machines, with one listing for each subscription that they are in."""
    subscriptions = sorted({one.machine.id.subscription_id.casefold() for one in evidence})
    compute = Compute(client)
    return {key: state for each in subscriptions for key, state in compute.power_states(each).items()}


def _holding(vault: Vault, held: int) -> dict[str, t.Any]:
    return {
        "id": str(vault.id),
        "name": vault.id.name,
        "resource_group": vault.id.resource_group,
        "location": vault.location,
        "vms_held": held,
    }


def _result(one: discovery.Evidence, finding: discovery.Finding, power: t.Mapping[str, str]) -> dict[str, t.Any]:
    machine = one.machine
    return {
        **results.machine(machine),
        "os_type": machine.os_type,
        "size": machine.size,
        "tags": dict(machine.tags),
        "power_state": power.get(machine.id.key),
        "provisioning_state": machine.provisioning_state,
        "status": finding.status,
        "reason": finding.reason,
        "hints": list(finding.hints),
        "vault_id": str(one.item.vault_id) if one.item else one.elsewhere,
        **results.item(one.item),
        "error": None,
    }


def _unknown(text: str, error: BackupError) -> dict[str, t.Any]:
    return {
        **results.unknown_machine(text),
        "os_type": None,
        "size": None,
        "tags": {},
        "power_state": None,
        "provisioning_state": None,
        "status": None,
        "reason": error.message,
        "hints": list(error.recommendations),
        "vault_id": None,
        **results.item(None),
        "error": error.as_result(),
    }
