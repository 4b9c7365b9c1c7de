# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policies of a fleet with a past.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from . import entities
from .default_policies import NO_TIERING, standard_daily


def _kept(time: str, count: int, unit: str, **rule: t.Any) -> dict[str, t.Any]:
    return {**rule, "retentionTimes": [time], "retentionDuration": {"count": count, "durationType": unit}}


_NIGHT, _LATE, _MORNING = "2026-01-05T01:00:00Z", "2026-01-05T22:00:00Z", "2026-01-05T08:00:00Z"
_FIRST_SUNDAY = {
    "retentionScheduleFormatType": "Weekly",
    "retentionScheduleWeekly": {"daysOfTheWeek": ["Sunday"], "weeksOfTheMonth": ["First"]},
}

POLICIES: t.Final[dict[str, dict[str, t.Any]]] = {
    "Standard-late": standard_daily(_LATE, 30),
    "Standard-night": standard_daily(_NIGHT, 30),
    "Long-term": {
        **standard_daily(
            _NIGHT,
            35,
            weeklySchedule=_kept(_NIGHT, 12, "Weeks", daysOfTheWeek=["Sunday"]),
            monthlySchedule=_kept(_NIGHT, 12, "Months", **_FIRST_SUNDAY),
            yearlySchedule=_kept(_NIGHT, 3, "Years", monthsOfYear=["January"], **_FIRST_SUNDAY),
        ),
        "tieringPolicy": {"ArchivedRP": {"tieringMode": "TierAfter", "duration": 6, "durationType": "Months"}},
    },
    "Every-4-hours": {
        **standard_daily(_MORNING, 14),
        "policyType": "V2",
        "schedulePolicy": {
            "schedulePolicyType": "SimpleSchedulePolicyV2",
            "scheduleRunFrequency": "Hourly",
            "hourlySchedule": {"interval": 4, "scheduleWindowStartTime": _MORNING, "scheduleWindowDuration": 12},
        },
        "tieringPolicy": NO_TIERING,
        "instantRpRetentionRangeInDays": 7,
    },
}


def chosen(machine: entities.Machine, draw: float) -> str:
    """Return the policy of a machine; ``draw`` from 0 to 1 decides where several fit."""
    production = machine.tags.get("env") == "production"
    if machine.data_disks and production:
        return "Every-4-hours" if draw < 0.08 else "Long-term"
    return "Standard-late" if draw < 0.5 else "Standard-night"
