# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task's terms make of a policy, and what that means for those that have it.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import BackupError, InvalidInput
from . import policy_bodies, policy_options, policy_rules
from .models import Policy
from .policies import HIGHEST_COUNT, TIERS, UNITS, UTC, Archive, Terms, Tier, set_fields

# What the portal proposes for an hourly schedule.
_HOURLY: t.Final = Terms(time="08:00", interval_hours=4, window_hours=24)


@dataclasses.dataclass(frozen=True)
class PolicyPlan:
    """What ``state: present`` means for one policy."""

    before: Terms | None
    after: Terms
    properties: t.Mapping[str, t.Any]
    """What to send; without effect when nothing changes."""
    reach: int
    """How many protected items have the policy."""

    @property
    def changed(self) -> bool:
        """Whether anything has to be written."""
        return self.before != self.after

    @property
    def becomes_enhanced(self) -> bool:
        """Whether the policy leaves the standard type, which can't be undone."""
        return self.before is not None and bool(self.after.enhanced) and not self.before.enhanced

    def shortened(self) -> list[dict[str, t.Any]]:
        """Return the tiers that keep less than before, each as they were and as they will be."""
        if self.before is None:
            return []
        found = []
        for name in TIERS:
            before, after = self.before.tiers.get(name), self.after.tiers.get(name)
            if before is not None and _keeps_less(before, after):
                found.append({"tier": name, "before": told(name, before), "after": told(name, after)})
        days, fewer = self.before.instant_restore_days, self.after.instant_restore_days
        if days is not None and fewer is not None and fewer < days:
            found.append({"tier": "instant", "before": f"{days} days", "after": f"{fewer} days"})
        return found

    def diff(self) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
        """Return both sides of the diff; a change also tells how many protected items it reaches."""
        before = policy_options.definition(self.before) if self.before else {}
        after = policy_options.definition(self.after)
        if self.changed and self.before:
            after["reaches_protected_items"] = self.reach
        return before, after


def plan(current: Policy | None, wanted: Terms) -> PolicyPlan:
    """Put a task's terms onto those of the policy that is there, or onto the defaults of a new one.

    Raises InvalidInput for what the whole policy would break, BackupError when it can't become what is asked.
    """
    before = policy_bodies.read(current.properties) if current else None
    if current and before and before.enhanced and wanted.enhanced is False:
        raise _no_way_back(current)
    after = completed(wanted) if before is None else merged(before, wanted)
    if after != before:
        _check(before, after)
    stored = current.properties if current else {}
    properties = policy_bodies.written(after, stored) if after != before else stored
    return PolicyPlan(before, after, properties, current.protected_items_count if current else 0)


def _no_way_back(current: Policy) -> BackupError:
    return BackupError(
        f"policy_type: {current.name} is an enhanced policy (V2), which Azure does not turn back into a standard one.",
        code="PolicyTypeCannotChange",
        operation="change policy",
        resource_id=current.id,
        recommendations=[
            "Leave policy_type out, or make a standard policy under another name. "
            "Azure does not move machines from an enhanced to a standard policy either."
        ],
    )


def _check(before: Terms | None, after: Terms) -> None:
    """Raise InvalidInput for the first rule that the whole policy breaks, and did not break before."""
    accepted = {problem.message for problem in _problems(before)} if before else set()
    for problem in _problems(after):
        if problem.message not in accepted:
            raise problem


def _problems(terms: Terms) -> t.Iterator[InvalidInput]:
    absent = frozenset(TIERS) - terms.tiers.keys()
    whole = dataclasses.replace(terms, removed=absent, group_prefix=terms.group_prefix or "")
    yield from policy_rules.missing(whole)
    yield from policy_rules.problems(whole)


def completed(wanted: Terms) -> Terms:
    """Return a new policy's terms: the defaults wherever the task says nothing."""
    terms = merged(Terms(enhanced=False, frequency="daily", time_zone=UTC, archive=Archive("never")), wanted)
    terms = dataclasses.replace(terms, crash_consistent=bool(terms.crash_consistent))
    if terms.instant_restore_days is None:
        terms = dataclasses.replace(terms, instant_restore_days=_default_instant_days(terms))
    return terms


def _default_instant_days(terms: Terms) -> int:
    """Return the default, less where the daily tier is too short for it."""
    daily = terms.tier("daily").count
    return min(terms.default_instant_days, daily - 1) if daily else terms.default_instant_days


def merged(current: Terms, wanted: Terms) -> Terms:
    """Return the current terms with the task's in their place; what the task does not name stays."""
    terms: Terms = set_fields(current, wanted, but=("tiers", "removed", "group_prefix", "group_suffix"))
    if terms.frequency != current.frequency:
        terms = _fitting(terms, wanted)
    tiers = {name: tier for name, tier in current.tiers.items() if name not in wanted.removed}
    for name in TIERS:
        if name in wanted.tiers:
            tiers[name] = _merged_tier(tiers.get(name, Tier()), wanted.tiers[name])
    if terms.frequency == "weekly" and terms.weekdays and "weekly" in tiers and wanted.tier("weekly").weekdays is None:
        # They have to be equal, so a new day of the schedule is a new day of its tier.
        tiers["weekly"] = dataclasses.replace(tiers["weekly"], weekdays=terms.weekdays)
    return dataclasses.replace(
        terms,
        tiers=tiers,
        removed=frozenset(),
        group_prefix=_text(current.group_prefix, wanted.group_prefix),
        group_suffix=_text(current.group_suffix, wanted.group_suffix),
    )


def _text(current: str | None, wanted: str | None) -> str | None:
    """Return the wanted text; an empty one clears, None keeps."""
    return current if wanted is None else wanted or None


def _fitting(terms: Terms, wanted: Terms) -> Terms:
    """Return terms without what belonged to another frequency, and with the defaults of an hourly schedule."""
    if terms.frequency == "hourly":
        own = dataclasses.replace(terms, weekdays=wanted.weekdays, time=wanted.time)
        return t.cast(Terms, set_fields(set_fields(own, _HOURLY, but=("tiers", "removed")), own))
    weekdays = terms.weekdays if terms.frequency == "weekly" else wanted.weekdays
    return dataclasses.replace(
        terms, weekdays=weekdays, interval_hours=wanted.interval_hours, window_hours=wanted.window_hours
    )


def _merged_tier(current: Tier, wanted: Tier) -> Tier:
    """Put a tier's options onto the tier; to choose by date replaces a choice by week, and the other way round."""
    if wanted.by_week and current.by_date:
        current = dataclasses.replace(current, dates=None, last_day=None)
    if wanted.by_date and current.by_week:
        current = dataclasses.replace(current, weekdays=None, weeks=None)
    tier: Tier = set_fields(current, wanted)
    if not tier.by_date:
        return dataclasses.replace(tier, last_day=None)
    return dataclasses.replace(tier, dates=tier.dates or (), last_day=bool(tier.last_day))


def _keeps_less(before: Tier, after: Tier | None) -> bool:
    """Whether points that a tier keeps today would be kept shorter, or no longer be of the tier."""
    if after is None or (before.count or 0) > (after.count or 0):
        return True
    pairs = [(before.weekdays, after.weekdays), (before.weeks, after.weeks), (before.dates, after.dates)]
    pairs.append((before.months, after.months))
    fewer = any(set(old or ()) - set(new or ()) for old, new in pairs)
    return fewer or (bool(before.last_day) and not after.last_day)


def told(name: str, tier: Tier | None) -> str:
    """Tell a tier in a few words: ``12 months, Last Sunday``."""
    if tier is None:
        return "none"
    words = [f"{tier.count} {UNITS[name]}"]
    days = [*(tier.weeks or ()), *(tier.weekdays or ()), *(str(date) for date in tier.dates or ())]
    days += ["last day"] if tier.last_day else []
    if days:
        words.append(" ".join(days))
    if tier.months:
        words.append("of " + " ".join(tier.months))
    return ", ".join(words)


def may_be_too_many(terms: Terms) -> bool:
    """Whether the tiers together could keep more recovery points than an item can have; cheap, and never too low."""
    snapshots_a_day = 24 // (terms.interval_hours or 24)
    most = sum((tier.count or 0) * _days_a_period(tier) for tier in terms.tiers.values())
    return most + snapshots_a_day * (terms.instant_restore_days or 0) > HIGHEST_COUNT


def _days_a_period(tier: Tier) -> int:
    days = len(tier.weekdays or ()) * len(tier.weeks or ("every",)) + len(tier.dates or ()) + bool(tier.last_day)
    return max(days, 1) * max(len(tier.months or ()), 1)
