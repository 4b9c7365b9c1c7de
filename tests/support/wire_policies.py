# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backup policies of virtual machines as they go over the wire, for tests.

daily("03:30", monthly=by_week(["Sunday"], ["Last"], 120, "Months"), timeZone="China Standard Time")
"""

from __future__ import annotations

import typing as t

Body = dict[str, t.Any]


def at(time: str) -> str:
    """Write a time of day as policies have it; the date means nothing."""
    return f"2026-01-05T{time}:00Z"


def duration(count: int, unit: str) -> Body:
    """Write a retention duration; ``unit`` is Days, Weeks, Months or Years."""
    return {"count": count, "durationType": unit}


def by_day(days: int = 30) -> Body:
    """Write a daily tier."""
    return {"retentionDuration": duration(days, "Days")}


def on_days(days: t.Sequence[str], weeks: int) -> Body:
    """Write a weekly tier."""
    return {"daysOfTheWeek": list(days), "retentionDuration": duration(weeks, "Weeks")}


def by_week(days: t.Sequence[str], weeks: t.Sequence[str], count: int, unit: str, months: t.Sequence[str] = ()) -> Body:
    """Write a monthly tier, or with months a yearly one, of weekdays and weeks of the month."""
    return {
        "retentionScheduleFormatType": "Weekly",
        "retentionScheduleWeekly": {"daysOfTheWeek": list(days), "weeksOfTheMonth": list(weeks)},
        "retentionDuration": duration(count, unit),
        **({"monthsOfYear": list(months)} if months else {}),
    }


def by_date(dates: t.Sequence[int], count: int, unit: str, months: t.Sequence[str] = (), *, last: bool = False) -> Body:
    """Write a monthly tier, or with months a yearly one, of dates."""
    days = [{"date": date, "isLast": False} for date in dates] + ([{"date": 0, "isLast": True}] if last else [])
    return {
        "retentionScheduleFormatType": "Daily",
        "retentionScheduleDaily": {"daysOfTheMonth": days},
        "retentionDuration": duration(count, unit),
        **({"monthsOfYear": list(months)} if months else {}),
    }


def archive(mode: str, length: int = 0, unit: str = "Invalid") -> Body:
    """Write a tiering policy; ``mode`` is DoNotTier, TierAfter or TierRecommended."""
    return {"ArchivedRP": {"tieringMode": mode, "duration": length, "durationType": unit}}


def daily(time: str = "03:30", *, kind: str = "V1", **parts: t.Any) -> Body:
    """Write a policy that runs every day; ``parts`` are tiers by name and properties."""
    schedule = {"scheduleRunFrequency": "Daily"}
    times = {"scheduleRunTimes": [at(time)]}
    return _body(kind, schedule, times, "dailySchedule", time, {"daily": by_day(), **parts})


def weekly(days: t.Sequence[str], time: str = "03:30", *, kind: str = "V1", weeks: int = 12, **parts: t.Any) -> Body:
    """Write a policy that runs on some weekdays."""
    schedule = {"scheduleRunFrequency": "Weekly"}
    times = {"scheduleRunDays": list(days), "scheduleRunTimes": [at(time)]}
    return _body(kind, schedule, times, "weeklySchedule", time, {"weekly": on_days(days, weeks), **parts})


def hourly(start: str = "08:00", interval: int = 4, window: int = 12, **parts: t.Any) -> Body:
    """Write a policy that runs several times a day."""
    schedule = {"scheduleRunFrequency": "Hourly"}
    times = {"interval": interval, "scheduleWindowStartTime": at(start), "scheduleWindowDuration": window}
    return _body("V2", schedule, times, "hourlySchedule", start, {"daily": by_day(), **parts})


def _body(kind: str, schedule: Body, times: Body, key: str, time: str, parts: Body) -> Body:
    tiers = {
        f"{name}Schedule": {**parts.pop(name), "retentionTimes": [at(time)]}
        for name in ("daily", "weekly", "monthly", "yearly")
        if parts.get(name)
    }
    placed = times if kind == "V1" else {key: times}
    name = "SimpleSchedulePolicy" if kind == "V1" else "SimpleSchedulePolicyV2"
    return {
        "backupManagementType": "AzureIaasVM",
        "policyType": kind,
        "schedulePolicy": {"schedulePolicyType": name, **schedule, **placed},
        "retentionPolicy": {"retentionPolicyType": "LongTermRetentionPolicy", **tiers},
        "timeZone": "UTC",
        **{name: part for name, part in parts.items() if part is not None},
    }
