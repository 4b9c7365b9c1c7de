# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Move machines from other vaults: stop their protection there before it starts here. Used by `protect.py`.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._azure.backup import Backup
from .._azure.client import AzureClient
from .._domain import item_states, moves, plans
from .._domain.models import BackupStatus, Policy, ProtectedItem, Vault, VirtualMachine
from .._domain.moves import Held, Moving
from .._domain.plans import Goal, Plan
from .._errors import BackupError, NotFound
from . import contents, fleet, guards, lifecycle
from .guards import Guard
from .holders import Holders
from .lifecycle import Planned


@dataclasses.dataclass(frozen=True)
class Move:
    """One machine that comes from another vault."""

    held: Held
    stop: Planned
    """What is done in the old vault; without steps where protection is stopped there already."""

    def as_result(self) -> dict[str, t.Any]:
        """Return ``moved_from``: where the old recovery points are, and what became of the protection there."""
        item = self.stop.item or self.held.item
        return {
            "vault_id": str(self.held.vault.id),
            "vault_name": self.held.vault.id.name,
            "item_id": item.id,
            "state": self.state,
            "policy_name": self.held.item.policy_name or None,
            "job_id": self.stop.job_id,
        }

    @property
    def state(self) -> str:
        """The state of the protection in the old vault."""
        planned = self.stop
        if planned.error is None and planned.plan.steps and not planned.plan.done(planned.item):
            # Not read again: check mode, or a list that lags.
            return str(planned.plan.after["state"])
        return item_states.item_state(planned.item or self.held.item)

    def shown(self, item: ProtectedItem | None) -> dict[str, t.Any]:
        """Return the side of a diff for a machine that did not arrive; ``item`` is what the new vault has of it."""
        if self.stop.error:
            return {**plans.shown(self.stop.item or self.held.item), "vault_name": self.held.vault.id.name}
        return {
            **plans.shown(item),
            "vault_name": None,
            "old_vault": {"name": self.held.vault.id.name, "state": self.state},
        }


class Moves:
    """The machines of a task that other vaults hold; none for a task that moves nothing."""

    def __init__(self, client: AzureClient, target: Vault, moving: Moving | None) -> None:
        self._client = client
        self._target = target
        self._moving = moving
        self.holders = Holders(client, target, moving)
        self._policies: tuple[Policy, ...] | None = None
        self._guards: dict[str, Guard] = {}
        self._moves: dict[str, Move] = {}

    def plan(
        self,
        machine: VirtualMachine,
        goal: Goal,
        item: ProtectedItem | None,
        status: BackupStatus | None,
        *,
        protectable: bool,
    ) -> Plan | None:
        """Return the plan in the new vault for a machine that another one holds, None for any other machine.

        ``item`` is what the new vault has of it from former times.
        """
        held = self.holders.of(machine)
        if self._moving is None or held is None or (item is not None and not held.active):
            problem = self.holders.unmovable(machine, status)
            return plans.unchanged(machine, problem, item) if problem else None
        stop = moves.plan_stop(machine, held, self._moving, protectable=protectable)
        try:
            wanted = moves.with_policy_of(moves.with_disks_of(goal, held), held, self._policies_for(goal))
        except NotFound as missing:
            return plans.unchanged(machine, missing, item)
        plan = plans.plan(machine, self._target, wanted, item=item)
        problem = plan.problem or stop.problem
        if problem is not None:
            return plans.unchanged(machine, problem, item)
        plan = moves.moved(plan, held, stop, self._target)
        if plan.steps:
            self._moves[machine.id.key] = Move(held, Planned.of(machine, stop))
        return plan

    def _policies_for(self, goal: Goal) -> t.Sequence[Policy]:
        """Read the new vault's policies, once, and only where the task names none."""
        if goal.policy is None and self._policies is None:
            self._policies = tuple(Backup(self._client, self._target.id).policies())
        return self._policies or ()

    def begin(self, planned: t.Sequence[tuple[VirtualMachine, Plan]], requests: tuple[str, ...]) -> list[Planned]:
        """Begin with the plans in the new vault; those whose stop a Resource Guard of an old vault forbids fail."""
        for machine, plan in planned:
            if plan.problem is not None:
                self._moves.pop(machine.id.key, None)
        refused: dict[str, BackupError] = {}
        for key, group in self._by_vault().items():
            vault = group[0].held.vault
            guard = guards.read(Backup(self._client, vault.id), vault, [move.stop.plan for move in group], requests)
            self._guards[key] = guard
            problems = {move.stop.machine.id.key: guard.problem(move.stop.plan, vault) for move in group}
            refused |= {machine: problem for machine, problem in problems.items() if problem}
        for key in refused:
            del self._moves[key]
        return [
            Planned.of(machine, plans.refused(plan, refused[machine.id.key]) if machine.id.key in refused else plan)
            for machine, plan in planned
        ]

    def stop(self, fleet_state: t.Sequence[Planned], options: t.Mapping[str, t.Any]) -> list[str]:
        """Stop protection in the old vaults, all at the same time, and wait for that; returns warnings.

        A machine that its old vault does not let go fails, so that nothing is done for it in the new one.
        """
        groups = self._by_vault()

        def stop(key: str) -> list[str]:
            backup = Backup(self._client, groups[key][0].held.vault.id)
            planned = [move.stop for move in groups[key]]
            return lifecycle.apply(backup, planned, {**options, "wait": True}, self._guards[key])

        warnings: list[str] = []
        for key, told in fleet.run({key: key for key in groups}, stop).items():
            if isinstance(told, BackupError):
                for move in groups[key]:
                    move.stop.error = move.stop.error or told
            else:
                warnings += told
        for one in fleet_state:
            stuck = self._moves.get(one.machine.id.key)
            if stuck and stuck.stop.error:
                one.error = moves.not_moved(one.machine, stuck.held, stuck.stop.error)
                one.changed, one.instead = stuck.stop.changed, stuck.shown(one.item)
        return warnings

    def settle(self, fleet_state: t.Iterable[Planned]) -> None:
        """Say of machines that arrived nowhere that they are backed up nowhere, once all is done."""
        for one in fleet_state:
            move = self._moves.get(one.machine.id.key)
            if move and one.error and not move.stop.error:
                one.error = moves.stranded(one.machine, move.held, self._target, one.error)
                one.changed, one.instead = one.changed or move.stop.changed, move.shown(one.item)

    def unknown(self, fleet_state: t.Iterable[Planned], goal: Goal) -> list[str]:
        """Warn of machines that were stopped before: their old vaults tell neither policy nor disks any more."""
        found = [(one, self._moves.get(one.machine.id.key)) for one in fleet_state if one.changed and not one.error]
        stopped = [
            f"{one.machine.id.name} ({move.held.vault.id.name})"
            for one, move in found
            if move and not move.held.active and not move.held.item.policy_id
        ]
        if not stopped or goal.policy is not None:
            return []
        get = "would get" if self._client.check_mode else "got"
        return [
            "Protection was stopped before in the old vaults of these machines, which tell neither their policy nor "
            f"their selection of disks any more. They {get} {contents.DEFAULT_POLICY}, and "
            f"{'the disks of the task' if goal.disks else 'all disks'}; name policy and disks to have others: "
            f"{', '.join(stopped)}."
        ]

    def result(self, machine: VirtualMachine) -> dict[str, t.Any] | None:
        """Return ``moved_from`` of a machine, None for one that does not come from another vault."""
        move = self._moves.get(machine.id.key)
        return move.as_result() if move else None

    def _by_vault(self) -> dict[str, list[Move]]:
        groups: dict[str, list[Move]] = {}
        for move in self._moves.values():
            groups.setdefault(move.held.vault.id.key, []).append(move)
        return groups
