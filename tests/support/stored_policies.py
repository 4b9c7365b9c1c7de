# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ``properties`` of policies as the service has stored and returned them, from 2017 to 2026, in all their forms."""

from __future__ import annotations

import typing as t

Body = dict[str, t.Any]


def _keep(count: int, unit: str, time: str, **more: t.Any) -> Body:
    return {**more, "retentionTimes": [time], "retentionDuration": {"count": count, "durationType": unit}}


def _retention(**tiers: Body) -> Body:
    return {
        "retentionPolicyType": "LongTermRetentionPolicy",
        **{f"{name}Schedule": tier for name, tier in tiers.items()},
    }


def _standard(frequency: str, time: str, **more: t.Any) -> Body:
    return {
        "schedulePolicyType": "SimpleSchedulePolicy",
        "scheduleRunFrequency": frequency,
        "scheduleRunTimes": [time],
        "scheduleWeeklyFrequency": 0,
        **more,
    }


def _enhanced(frequency: str, **part: t.Any) -> Body:
    key = f"{frequency.lower()}Schedule"
    return {"schedulePolicyType": "SimpleSchedulePolicyV2", "scheduleRunFrequency": frequency, key: part}


_2017 = "2017-10-19T17:00:00Z"
_2020 = "2020-06-15T05:30:00Z"
_2025 = "2025-10-29T03:00:00Z"
_2026 = "2026-10-01T08:00:00Z"
_FIRST_SUNDAY = {"daysOfTheWeek": ["Sunday"], "weeksOfTheMonth": ["First"]}
_DO_NOT_TIER = {"ArchivedRP": {"tieringMode": "DoNotTier", "duration": 0, "durationType": "Invalid"}}

BODIES: t.Final[dict[str, Body]] = {
    "2017, before instant restore": {
        "backupManagementType": "AzureIaasVM",
        "schedulePolicy": _standard("Daily", _2017),
        "retentionPolicy": _retention(daily=_keep(30, "Days", _2017)),
        "protectedItemsCount": 0,
    },
    "2020, the default policy": {
        "backupManagementType": "AzureIaasVM",
        "instantRPDetails": {},
        "schedulePolicy": _standard("Daily", _2020),
        "retentionPolicy": _retention(daily=_keep(30, "Days", _2020)),
        "instantRpRetentionRangeInDays": 2,
        "timeZone": "UTC",
        "protectedItemsCount": 7,
    },
    "2020, weekly": {
        "backupManagementType": "AzureIaasVM",
        "instantRPDetails": {"azureBackupRGNamePrefix": "rg-snapshots-", "azureBackupRGNameSuffix": "-eu"},
        "schedulePolicy": _standard("Weekly", _2020, scheduleRunDays=["Wednesday", "Sunday"]),
        "retentionPolicy": _retention(weekly=_keep(12, "Weeks", _2020, daysOfTheWeek=["Wednesday", "Sunday"])),
        "instantRpRetentionRangeInDays": 5,
        "timeZone": "India Standard Time",
        "protectedItemsCount": 0,
    },
    "2025, standard, all tiers by week": {
        "backupManagementType": "AzureIaasVM",
        "policyType": "V1",
        "instantRPDetails": {},
        "schedulePolicy": _standard("Daily", _2025),
        "retentionPolicy": _retention(
            daily=_keep(180, "Days", _2025),
            weekly=_keep(104, "Weeks", _2025, daysOfTheWeek=["Sunday"]),
            monthly=_keep(
                60, "Months", _2025, retentionScheduleFormatType="Weekly", retentionScheduleWeekly=_FIRST_SUNDAY
            ),
            yearly=_keep(
                10,
                "Years",
                _2025,
                retentionScheduleFormatType="Weekly",
                monthsOfYear=["January"],
                retentionScheduleWeekly=_FIRST_SUNDAY,
            ),
        ),
        "tieringPolicy": _DO_NOT_TIER,
        "instantRpRetentionRangeInDays": 2,
        "timeZone": "Pacific Standard Time",
        "protectedItemsCount": 0,
    },
    "2025, standard, by date": {
        "backupManagementType": "AzureIaasVM",
        "policyType": "V1",
        "instantRPDetails": {},
        "schedulePolicy": _standard("Daily", _2025),
        "retentionPolicy": _retention(
            daily=_keep(30, "Days", _2025),
            monthly=_keep(
                12,
                "Months",
                _2025,
                retentionScheduleFormatType="Daily",
                retentionScheduleDaily={"daysOfTheMonth": [{"date": 1, "isLast": False}, {"date": 0, "isLast": True}]},
            ),
        ),
        "instantRpRetentionRangeInDays": 2,
        "timeZone": "China Standard Time",
        "protectedItemsCount": 0,
    },
    "2025, standard with null where a form has no part": {
        "backupManagementType": "AzureIaasVM",
        "policyType": "V1",
        "instantRPDetails": {},
        "schedulePolicy": _standard("Daily", _2025, hourlySchedule=None, scheduleRunDays=None),
        "retentionPolicy": _retention(
            daily=_keep(30, "Days", _2025),
            yearly=_keep(
                2,
                "Years",
                _2025,
                retentionScheduleFormatType="Daily",
                monthsOfYear=["July", "January"],
                retentionScheduleDaily={
                    "daysOfTheMonth": [{"date": 15, "isLast": False}, {"date": 2, "isLast": False}]
                },
                retentionScheduleWeekly=None,
            ),
        ),
        "tieringPolicy": None,
        "instantRpRetentionRangeInDays": 2,
        "timeZone": "UTC",
        "protectedItemsCount": 1,
    },
    "2025, enhanced, daily": {
        "backupManagementType": "AzureIaasVM",
        "policyType": "V2",
        "instantRPDetails": {},
        "schedulePolicy": _enhanced("Daily", scheduleRunTimes=[_2025]),
        "retentionPolicy": _retention(daily=_keep(180, "Days", _2025)),
        "tieringPolicy": _DO_NOT_TIER,
        "instantRpRetentionRangeInDays": 7,
        "timeZone": "UTC",
        "protectedItemsCount": 0,
    },
    "2026, enhanced, hourly, in the archive after three months": {
        "backupManagementType": "AzureIaasVM",
        "policyType": "V2",
        "instantRPDetails": {"azureBackupRGNamePrefix": "rg-snapshots-"},
        "schedulePolicy": _enhanced("Hourly", interval=4, scheduleWindowStartTime=_2026, scheduleWindowDuration=12),
        "retentionPolicy": _retention(
            daily=_keep(30, "Days", _2026),
            monthly=_keep(
                60, "Months", _2026, retentionScheduleFormatType="Weekly", retentionScheduleWeekly=_FIRST_SUNDAY
            ),
        ),
        "tieringPolicy": {"ArchivedRP": {"tieringMode": "TierAfter", "duration": 3, "durationType": "Months"}},
        "instantRpRetentionRangeInDays": 7,
        "timeZone": "India Standard Time",
        "snapshotConsistencyType": "OnlyCrashConsistent",
        "protectedItemsCount": 0,
    },
    "2026, enhanced, weekly, archived as recommended": {
        "backupManagementType": "AzureIaasVM",
        "policyType": "V2",
        "instantRPDetails": {},
        "schedulePolicy": _enhanced("Weekly", scheduleRunDays=["Monday", "Sunday"], scheduleRunTimes=[_2026]),
        "retentionPolicy": _retention(
            weekly=_keep(40, "Weeks", _2026, daysOfTheWeek=["Sunday", "Monday"]),
            yearly=_keep(
                99,
                "Years",
                _2026,
                retentionScheduleFormatType="Weekly",
                monthsOfYear=["March", "January"],
                retentionScheduleWeekly={"daysOfTheWeek": ["Monday"], "weeksOfTheMonth": ["Last", "Second"]},
            ),
        ),
        "tieringPolicy": {"ArchivedRP": {"tieringMode": "TierRecommended", "duration": 0, "durationType": "Invalid"}},
        "instantRpRetentionRangeInDays": 30,
        "timeZone": "W. Europe Standard Time",
        "protectedItemsCount": 0,
    },
    "with a zone in its times": {
        "backupManagementType": "AzureIaasVM",
        "policyType": "V2",
        "instantRPDetails": {},
        "schedulePolicy": _enhanced("Daily", scheduleRunTimes=["2022-04-14T08:00:00+00:00"]),
        "retentionPolicy": _retention(daily=_keep(14, "Days", "2022-04-14T08:00:00+00:00")),
        "instantRpRetentionRangeInDays": 7,
        "timeZone": "UTC",
        "protectedItemsCount": 0,
    },
}
