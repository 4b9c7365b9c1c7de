# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which other vaults hold the machines that a task moves. Used by `move.py`.

However many machines there are, each vault that may hold some is listed once.
This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from .._azure.backup import Backup
from .._azure.client import AzureClient
from .._domain import ids, moves
from .._domain.models import BackupStatus, Vault, VirtualMachine
from .._domain.moves import Held, Moving
from .._errors import BackupError
from . import contents, fleet, scope


class Holders:
    """The vaults that hold machines, found by listing them; others only where the service names them."""

    def __init__(self, client: AzureClient, target: Vault, moving: Moving | None) -> None:
        self._client = client
        self._target = target
        self._moving = moving
        self._held: dict[str, Held] = {}
        self._unread: dict[str, BackupError] = {}

    def of(self, machine: VirtualMachine) -> Held | None:
        """Return what another vault has of a machine, None when none is known to hold it."""
        return self._held.get(machine.id.key)

    def look(self, machines: t.Sequence[VirtualMachine]) -> None:
        """Find out which vaults hold these machines.

        Raises BackupError when a vault that ``move_from`` names, or the vaults of the subscription, can't be read.
        """
        if self._moving and machines:
            self._look(self._vaults(self._moving, machines), {machine.id.key for machine in machines})

    def _vaults(self, moving: Moving, machines: t.Iterable[VirtualMachine]) -> list[Vault]:
        """Return the vaults of the region from which machines may come."""
        found: list[Vault] = []
        if moving.names or not moving.vaults:
            found += self._listed(moving, {machine.id.subscription_id for machine in machines})
        if moving.vaults:
            named = scope.find(self._client, scope.Scope(vaults=moving.vaults))
            for problem in named.problems:
                raise problem.error
            found += named.vaults
        return [vault for vault in found if vault.location == self._target.location and moving.allows(vault.id)]

    def _listed(self, moving: Moving, subscriptions: t.Iterable[str]) -> tuple[Vault, ...]:
        here = self._target.id.subscription_id
        unique = {each.casefold(): each for each in (*subscriptions, here)}
        listed = scope.find(self._client, scope.Scope(subscriptions=tuple(unique.values())))
        for problem in listed.problems:
            # What can't be listed elsewhere, the service tells of each machine.
            if ids.same(problem.subscription_id, here):
                raise problem.error
        for name in moving.names:
            if not any(ids.same(vault.id.name, name) for vault in listed.vaults):
                raise moves.no_such_vault(name, listed.subscriptions)
        return listed.vaults

    def _look(self, vaults: t.Iterable[Vault], wanted: t.Collection[str]) -> None:
        """List the items of vaults, in parallel, and keep what they hold of the wanted machines."""
        others = {vault.id.key: vault for vault in vaults if vault.id.key != self._target.id.key}
        listed = fleet.run(others, lambda vault: contents.items_by_machine(Backup(self._client, vault.id)))
        held: dict[str, list[Held]] = {}
        for key, items in listed.items():
            if isinstance(items, BackupError):
                self._unread[key] = items
                continue
            for machine in wanted & items.keys():
                held.setdefault(machine, []).append(Held(others[key], items[machine]))
        for machine, each in held.items():
            best = moves.holder(each)
            if best is not None:
                self._held[machine] = best

    def unexplained(self, machines: t.Iterable[VirtualMachine]) -> list[VirtualMachine]:
        """Return the machines that no vault that was listed holds, so that the service has to be asked."""
        return [machine for machine in machines if machine.id.key not in self._held]

    def explain(self, statuses: t.Mapping[str, BackupStatus | BackupError]) -> None:
        """Look into the vaults that the service names and that were not listed: those of other subscriptions."""
        unknown: dict[str, set[str]] = {}
        for machine, status in statuses.items():
            vault = self._elsewhere(status)
            if vault and self._moving and self._moving.allows(vault) and vault.key not in self._unread:
                unknown.setdefault(vault.key, set()).add(machine)
        read = fleet.run({key: ids.VaultId.parse(key) for key in unknown}, self._read)
        for key, found in read.items():
            if isinstance(found, BackupError):
                self._unread[key] = found
            else:
                self._look([found], unknown[key])

    def _read(self, vault: ids.VaultId) -> Vault:
        return contents.existing_vault(self._client, vault)

    def _elsewhere(self, status: BackupStatus | BackupError | None) -> ids.VaultId | None:
        vault_id = status.other_than(self._target.id) if isinstance(status, BackupStatus) else None
        try:
            return ids.VaultId.parse(vault_id) if vault_id else None
        except ValueError:
            return None

    def unmovable(self, machine: VirtualMachine, status: BackupStatus | None) -> BackupError | None:
        """Say why a machine that the service finds in another vault can't be moved; None where nothing is known."""
        vault = self._elsewhere(status)
        if vault is None or self._moving is None:
            return None
        if not self._moving.allows(vault):
            return moves.not_from_there(machine, str(vault))
        error = self._unread.get(vault.key)
        return moves.unreadable(machine, str(vault), error) if error else None
