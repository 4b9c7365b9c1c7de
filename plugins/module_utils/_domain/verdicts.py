# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict on each machine of a fleet: its state, and all that is the matter with its backup. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from . import coverage, reasons, times
from .coverage import Covered
from .jobs import JobKey, machine_key
from .models import VirtualMachine
from .reasons import Reason, Surroundings

STATES: t.Final = (*coverage.STATES, "elsewhere", "excluded", "unknown")
"""Every state of a machine that exists; they are disjoint. The last three are of no item: held by a vault that was not
asked about; named as one that needs no backup; and held by nobody knows whom, for something could not be read."""

OFFENCES: t.Final = (
    "unprotected",
    "stale",
    "failures",
    "stopped",
    "suspended",
    "soft_deleted",
    "unhealthy",
    "error",
    "gone",
)
"""What can be the matter with a machine's backup."""

_ACTIVE: t.Final = ("protected", "waiting", "error")


@dataclasses.dataclass(frozen=True)
class View:
    """What was found out around the machines."""

    now: dt.datetime
    rpo_hours: int
    around: Surroundings = dataclasses.field(default_factory=Surroundings)
    asked: t.Collection[str] = ()
    """The keys of the vaults that were asked about."""
    configured: t.Collection[JobKey] = ()
    """The machines whose protection was configured no longer than ``rpo_hours`` ago."""
    causes: t.Mapping[JobKey, Reason] = dataclasses.field(default_factory=dict)
    """Why there is no newer recovery point, as far as jobs tell."""


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What was found about one machine."""

    covered: Covered
    state: str
    location: str
    age_hours: float | None
    reasons: t.Mapping[str, Reason]
    """Why, by what is the matter; the most important first."""

    @property
    def exists(self) -> bool | None:
        """Whether the machine exists; None when its subscription can't be read."""
        return None if not self.covered.known else not self.covered.gone

    @property
    def reason(self) -> Reason | None:
        """The most important reason."""
        return next(iter(self.reasons.values()), None)

    def has(self, what: str) -> bool:
        """Whether that is the matter with the machine."""
        return what in self.reasons


def job_key(covered: Covered) -> JobKey:
    """Return how jobs tell the machine."""
    return machine_key(covered.id, covered.item.vault_id if covered.item else None)


def judge(covered: Covered, view: View, *, location: str, excluded: bool = False) -> Verdict:
    """Say where a machine stands. ``location`` is that of the machine, or of its item's vault when it is gone."""
    age = covered.age_hours(view.now)
    state, found = _excluded() if excluded else _state(covered, view, age)
    return Verdict(covered, state, location, age, found)


def _excluded() -> tuple[str, dict[str, Reason]]:
    return "excluded", {"excluded": Reason("excluded", "The task's exclude names it: it needs no backup.", None)}


def _state(covered: Covered, view: View, age: float | None) -> tuple[str, dict[str, Reason]]:
    item = covered.item
    if item is None:
        machine = covered.machine or VirtualMachine(covered.id, "")
        held = view.around.held.get(machine.id.key)
        if held:
            return "elsewhere", {"elsewhere": Reason("protected_elsewhere", f"Vault {held} holds it.", None)}
        unknown = reasons.unknown(machine, view.around)
        if unknown:
            return "unknown", {"unknown": unknown}
        return "unprotected", {"unprotected": reasons.unprotected(machine, view.around)}
    state: str = covered.state
    if item.vault_id.key not in view.asked:
        message = f"Vault {item.vault_id.name}, which was not asked about, holds it ({state.replace('_', '-')})."
        return "elsewhere", {"elsewhere": Reason("protected_elsewhere", message, None)}
    found: dict[str, Reason] = {}
    if covered.gone:
        found["gone"] = reasons.gone(item)
        return state, found
    told = reasons.of_state(item, state)
    if told and state != "waiting":
        found[state] = told
    unhealthy = reasons.unhealthy(item) if state in _ACTIVE and not reasons.is_healthy(item) else None
    if covered.stale(view.now, view.rpo_hours) or (state == "waiting" and job_key(covered) not in view.configured):
        cause = view.causes.get(job_key(covered)) or unhealthy
        found["stale"] = reasons.stale(covered, age, view.rpo_hours, cause)
    if unhealthy:
        found["unhealthy"] = unhealthy
    if told and state == "waiting":
        found["waiting"] = told
    return state, found


def offends(verdict: Verdict, offence: str) -> bool:
    """Whether a machine's backup is not as it should be, in one of the ways of ``OFFENCES`` but failures of jobs.

    A machine that exists no more offends only by a backup that still tries to run.
    """
    if verdict.covered.gone:
        return offence == "gone" and verdict.state in _ACTIVE
    return verdict.has(offence)


def result(verdict: Verdict) -> dict[str, t.Any]:
    """Return a machine as results show it."""
    covered, item = verdict.covered, verdict.covered.item
    return {
        "id": str(covered.id),
        "name": covered.id.name,
        "resource_group": covered.id.resource_group,
        "subscription_id": covered.id.subscription_id,
        "location": verdict.location or None,
        "state": verdict.state,
        "exists": verdict.exists,
        "vault_id": str(item.vault_id) if item else None,
        "vault_name": item.vault_id.name if item else None,
        "policy_name": (item.policy_name or None) if item else None,
        "item_id": item.id if item else None,
        "protection_state": item.protection_state if item else None,
        "health_status": item.health_status if item else None,
        "unhealthy": verdict.has("unhealthy"),
        "health": reasons.health(item) if item else [],
        "last_backup_status": item.last_backup_status if item else None,
        "last_backup_time": times.to_iso(item.last_backup_time) if item else None,
        "last_recovery_point": times.to_iso(item.last_recovery_point) if item else None,
        "age_hours": None if verdict.age_hours is None else round(verdict.age_hours, 1),
        "stale": verdict.has("stale"),
        "deleted_permanently_at": times.to_iso(item.deleted_permanently_at) if item else None,
        "reason": verdict.reason.as_result() if verdict.reason else None,
    }
