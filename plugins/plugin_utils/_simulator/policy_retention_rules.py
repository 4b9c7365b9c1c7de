# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service accepts as the retention and the archiving of a backup policy.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from . import policy_values, retention

_TIERS = {
    "daily": ("Days", 7, 9999),
    "weekly": ("Weeks", 1, 5163),
    "monthly": ("Months", 1, 1188),
    "yearly": ("Years", 1, 99),
}
_WEEKS = frozenset({*retention.WEEKS, "Last"})
_MONTHS = frozenset(
    {
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    }
)  # fmt: skip
_LAST_DATE = 28
_OLD_ENOUGH = 3
_LEFT = 6


def check(properties: t.Mapping[str, t.Any], schedule: policy_values.Schedule) -> None:
    """Raise WireError 400 for a retention that the service would not take, or that does not fit the schedule."""
    kept = policy_values.part(properties["retentionPolicy"], "retentionPolicy")
    if kept.get("retentionPolicyType") != "LongTermRetentionPolicy":
        raise policy_values.invalid_parameter()
    tiers = {name: kept[f"{name}Schedule"] for name in _TIERS if kept.get(f"{name}Schedule") is not None}
    needed = "weekly" if schedule.days else "daily"
    if needed not in tiers:
        raise policy_values.invalid(
            f"{needed}Schedule is required in the retention of a {schedule.frequency} schedule."
        )
    if schedule.days and "daily" in tiers:
        raise policy_values.invalid("A Weekly schedule has no dailySchedule in its retention.")
    for name, tier in tiers.items():
        _common(name, policy_values.part(tier, f"{name}Schedule"), schedule)
    if "weekly" in tiers:
        days = policy_values.names(tiers["weekly"].get("daysOfTheWeek"), policy_values.DAYS, "daysOfTheWeek")
        if schedule.days and days != schedule.days:
            raise policy_values.invalid("The days of the weeklySchedule must be the scheduleRunDays.")
    for name in ("monthly", "yearly"):
        if name in tiers:
            _calendar(tiers[name], schedule)
    if "yearly" in tiers:
        policy_values.names(tiers["yearly"].get("monthsOfYear"), _MONTHS, "monthsOfYear")
    _archive(properties.get("tieringPolicy"), tiers)


def _common(name: str, tier: t.Mapping[str, t.Any], schedule: policy_values.Schedule) -> None:
    unit, least, most = _TIERS[name]
    duration = policy_values.part(tier.get("retentionDuration"), f"retentionDuration of {name}Schedule")
    if duration.get("durationType") != unit or not policy_values.is_count(duration.get("count"), least, most):
        raise policy_values.invalid(f"The retentionDuration of {name}Schedule must be {least} to {most} {unit}.")
    # UNVERIFIED: whether times that differ in their date only are taken; assumed not, clients send them alike.
    if tier.get("retentionTimes") != [schedule.time]:
        raise policy_values.invalid(f"The retentionTimes of {name}Schedule must be the time of the schedule.")


def _calendar(tier: t.Mapping[str, t.Any], schedule: policy_values.Schedule) -> None:
    form = tier.get("retentionScheduleFormatType")
    if form == "Weekly":
        rule = policy_values.part(tier.get("retentionScheduleWeekly"), "retentionScheduleWeekly")
        days = policy_values.names(rule.get("daysOfTheWeek"), policy_values.DAYS, "daysOfTheWeek")
        policy_values.names(rule.get("weeksOfTheMonth"), _WEEKS, "weeksOfTheMonth")
        if schedule.days and not days <= schedule.days:
            raise policy_values.invalid("Days of the monthlySchedule and yearlySchedule must be scheduleRunDays.")
    elif form == "Daily" and not schedule.days:
        rule = policy_values.part(tier.get("retentionScheduleDaily"), "retentionScheduleDaily")
        dates = rule.get("daysOfTheMonth")
        if not isinstance(dates, list) or not dates or not all(_is_date(one) for one in dates):
            raise policy_values.invalid(f"daysOfTheMonth must hold dates from 1 to {_LAST_DATE}, or the last day.")
    else:
        raise policy_values.invalid("retentionScheduleFormatType must be Weekly, or Daily where backups run every day.")


def _is_date(value: object) -> bool:
    """Say whether that is a date, or the last day, whose number means nothing."""
    if not isinstance(value, dict):
        return False
    return value.get("isLast") is True or policy_values.is_count(value.get("date"), 1, _LAST_DATE)


def _archive(tiering: object, tiers: t.Mapping[str, t.Mapping[str, t.Any]]) -> None:
    """Check the archiving: three months old at least, and six months or more still to live.

    UNVERIFIED: that every vault takes TierRecommended; assumed so, though it was a preview.
    """
    if tiering is None or tiering == {}:
        return
    tiering = policy_values.part(tiering, "tieringPolicy")
    rule = policy_values.part(tiering.get("ArchivedRP"), "ArchivedRP")
    mode, duration, unit = rule.get("tieringMode"), rule.get("duration"), rule.get("durationType")
    if mode in ("DoNotTier", "TierRecommended"):
        # Recorded: with these two modes the backend demands exactly these values.
        if (duration or 0, unit or "Invalid") != (0, "Invalid"):
            raise policy_values.invalid(f"{mode} needs the duration 0 and the durationType Invalid.")
        after = 0 if mode == "DoNotTier" else _OLD_ENOUGH
    elif mode == "TierAfter":
        if unit not in ("Months", "Years") or not policy_values.is_count(duration, 1, 1188):
            raise policy_values.invalid("TierAfter needs a duration in Months or Years.")
        after = duration * (12 if unit == "Years" else 1)
        if after < _OLD_ENOUGH:
            raise policy_values.invalid(f"TierAfter needs a duration of at least {_OLD_ENOUGH} months.")
    else:
        raise policy_values.invalid("tieringMode must be DoNotTier, TierAfter or TierRecommended.")
    months = {"monthly": 1, "yearly": 12}
    longest = max(
        (tiers[name]["retentionDuration"]["count"] * months[name] for name in months if name in tiers), default=0
    )
    if after and longest < after + _LEFT:
        raise policy_values.invalid(f"A monthly or yearly retention of at least {after + _LEFT} months is needed.")
