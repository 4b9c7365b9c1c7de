# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The items of vaults: which of them a task asks for, and what it is told of each.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import typing as t

from .._errors import InvalidInput
from . import disks, fields, ids, names, results, times
from .coverage import Covered
from .item_states import ItemState
from .models import ProtectedItem, Vault, VirtualMachine
from .selection import Filter, Reference, parse_references

STATES: t.Final[tuple[str, ...]] = t.get_args(ItemState)
HEALTH: t.Final = ("Passed", "ActionSuggested", "ActionRequired", "Invalid")
"""The words of ``healthStatus``."""


@dataclasses.dataclass(frozen=True)
class Held:
    """An item, the vault that it is in, and what is known of its machine."""

    covered: Covered
    item: ProtectedItem
    vault: Vault

    @property
    def order(self) -> tuple[str, ...]:
        """Where it stands in a list: by name, then by what tells namesakes apart."""
        machine = self.covered.id
        return (machine.name.casefold(), machine.key, self.vault.id.key, self.item.id.casefold())


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which items a task asks for; what is empty or None matches every item."""

    references: tuple[Reference, ...] = ()
    filter: Filter = dataclasses.field(default_factory=Filter)
    policies: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    health: tuple[str, ...] = ()
    older_than: dt.timedelta | None = None

    @classmethod
    def parse(cls, options: t.Mapping[str, t.Any]) -> Wanted:
        """Read a module's options; raises InvalidInput before any request is sent."""
        for option in ("policy", "state", "health"):
            if options[option] is not None and not options[option]:
                raise InvalidInput(f"{option}: the list is empty. Leave it out to see items whatever theirs is.")
        return dataclasses.replace(
            cls.of_machines(options),
            policies=tuple(names.POLICY.check("policy", name).casefold() for name in options["policy"] or ()),
            states=tuple(options["state"] or ()),
            health=tuple(options["health"] or ()),
            older_than=_age(options["last_backup_older_than"]),
        )

    @classmethod
    def of_machines(cls, options: t.Mapping[str, t.Any]) -> Wanted:
        """Read which machines are meant, and nothing else; raises InvalidInput."""
        return cls(
            references=parse_references(options["vms"], item_ids=True) if options["vms"] is not None else (),
            filter=Filter.parse(options["select"] or {}),
        )

    def looks_into(self, vault: Vault) -> bool:
        """Whether the vault can hold what is asked for: its machines are all of its region."""
        return not self.filter.locations or vault.location in self.filter.locations

    def names(self, held: Held) -> bool:
        """Whether the item is of a machine that is asked for."""
        if self.references:
            return bool(self.naming(held))
        tags = held.covered.machine.tags if held.covered.machine else {}
        return self.filter.matches(VirtualMachine(held.covered.id, held.vault.location, tags))

    def naming(self, held: Held) -> list[Reference]:
        """Return the entries of ``vms`` that stand for the item."""
        same_name = self._by_name.get(held.covered.id.name.casefold(), ())
        return [reference for reference in same_name if reference.holds(held.item, held.covered.id)]

    @functools.cached_property
    def _by_name(self) -> dict[str, list[Reference]]:
        by_name: dict[str, list[Reference]] = {}
        for reference in self.references:
            by_name.setdefault(reference.name.casefold(), []).append(reference)
        return by_name

    def missing(self, among: t.Iterable[Held]) -> list[Reference]:
        """Return the entries of ``vms`` that stand for none of the items."""
        found = {reference.text for held in among for reference in self.naming(held)}
        return [reference for reference in self.references if reference.text not in found]

    def matches(self, held: Held, now: dt.datetime) -> bool:
        """Whether the item of such a machine is as it is asked for."""
        item = held.item
        return (
            (not self.policies or item.policy_name.casefold() in self.policies)
            and (not self.states or held.covered.state in self.states)
            and (not self.health or any(ids.same(item.health_status or "", word) for word in self.health))
            and (self.older_than is None or _is_older(held.covered.newest, now - self.older_than))
        )


def _age(text: str | None) -> dt.timedelta | None:
    age = times.span(text) if text is not None else None
    if text is not None and age is None:
        raise InvalidInput.for_option("last_backup_older_than", text, "a number with its unit: 90m, 36h or 7d")
    return age


def _is_older(newest: dt.datetime | None, limit: dt.datetime) -> bool:
    return newest is None or newest < limit


def described(held: Held, now: dt.datetime) -> dict[str, t.Any]:
    """Return an item as results show it; the same keys for every item."""
    covered, item, vault = held.covered, held.item, held.vault
    extended = item.properties.get("extendedInfo") or {}
    age = covered.age_hours(now)
    return {
        **results.machine(VirtualMachine(covered.id, vault.location)),
        "subscription_id": covered.id.subscription_id,
        "exists": None if not covered.known else covered.machine is not None,
        "vault_id": str(vault.id),
        "vault_name": vault.id.name,
        "vault_resource_group": vault.id.resource_group,
        "state": covered.state,
        **results.item(item),
        "policy_type": item.properties.get("policyType"),
        "health": health(item),
        "age_hours": None if age is None else round(age, 1),
        "disks": disks.describe(disks.current(item)),
        "days_until_deletion": days_until_deletion(item, now),
        "recovery_points_count": extended.get("recoveryPointCount"),
        "oldest_recovery_point": times.to_iso(times.from_wire(extended.get("oldestRecoveryPoint"))),
    }


def health(item: ProtectedItem) -> list[dict[str, t.Any]]:
    """Return what the service found out about an item's health, with its recommendations; every key is always there."""
    return [
        {
            "code": _number(finding.get("code")),
            "title": fields.message(finding, "title"),
            # The service parts a message and its advice by line ends.
            "message": fields.message(finding, "message"),
            "recommendations": list(fields.messages(finding, "recommendations")),
        }
        for finding in fields.mappings(item.properties, "healthDetails")
    ]


def _number(code: t.Any) -> int | None:
    return int(code) if str(code or "").isdecimal() else None


def days_until_deletion(item: ProtectedItem, now: dt.datetime) -> float | None:
    """Return in how many days, rounded down to a tenth, the data is gone; None unless the item is soft-deleted."""
    if not item.soft_deleted or item.deleted_permanently_at is None:
        return None
    return max(int((item.deleted_permanently_at - now).total_seconds() / 8640) / 10, 0.0)


def summary(chosen: t.Sequence[Held]) -> dict[str, t.Any]:
    """Count items: in all, by state, by policy and by health."""
    by_state = dict.fromkeys(STATES, 0)
    by_health = dict.fromkeys(HEALTH, 0)
    by_policy: dict[str, int] = {}
    for held in chosen:
        by_state[held.covered.state] += 1
        found = held.item.health_status or "Unknown"
        by_health[found] = by_health.get(found, 0) + 1
        if held.item.policy_name:
            by_policy[held.item.policy_name] = by_policy.get(held.item.policy_name, 0) + 1
    return {
        "total": len(chosen),
        "by_state": by_state,
        "by_policy": dict(sorted(by_policy.items())),
        "by_health": by_health,
    }
