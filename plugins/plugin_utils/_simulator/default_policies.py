# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policies that come with every vault.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from . import entities, wire_times

NAMES: t.Final = frozenset({"defaultpolicy", "enhancedpolicy", "hourlylogbackup"})
NO_TIERING: t.Final = {"ArchivedRP": {"tieringMode": "DoNotTier", "duration": 0, "durationType": "Invalid"}}


def make(day: dt.datetime) -> dict[str, entities.Policy]:
    """Return them by lower-case name; the date in their times is that of the vault's creation and means nothing.

    UNVERIFIED: the body of EnhancedPolicy; assumed as the portal shows it, kept 30 days.
    UNVERIFIED: the body of HourlyLogBackup; assumed a daily full and an hourly log backup of SQL databases.
    UNVERIFIED: the hour of DefaultPolicy today; assumed 17:00 UTC, as recorded in 2017.
    """
    policies = (_default(day), _enhanced(day), _log_backup(day))
    return {policy.name.casefold(): policy for policy in policies}


def _at(day: dt.datetime, hour: int) -> str:
    return wire_times.whole_seconds(day.replace(hour=hour, minute=0, second=0, microsecond=0))


def _daily_retention(time: str, days: int) -> dict[str, t.Any]:
    return {
        "retentionPolicyType": "LongTermRetentionPolicy",
        "dailySchedule": {
            "retentionTimes": [time],
            "retentionDuration": {"count": days, "durationType": "Days"},
        },
    }


def standard_daily(time: str, days: int, **longer: t.Any) -> dict[str, t.Any]:
    """Return the properties of a standard policy: daily at a time (A12), kept for days, and as ``longer`` says."""
    return {
        "backupManagementType": "AzureIaasVM",
        "policyType": "V1",
        "instantRPDetails": {},
        "schedulePolicy": {
            "schedulePolicyType": "SimpleSchedulePolicy",
            "scheduleRunFrequency": "Daily",
            "scheduleRunTimes": [time],
            "scheduleWeeklyFrequency": 0,
        },
        "retentionPolicy": {**_daily_retention(time, days), **longer},
        "instantRpRetentionRangeInDays": 2,
        "timeZone": "UTC",
    }


def _default(day: dt.datetime) -> entities.Policy:
    return entities.Policy("DefaultPolicy", standard_daily(_at(day, 17), 30))


def _enhanced(day: dt.datetime) -> entities.Policy:
    time = _at(day, 8)
    return entities.Policy(
        "EnhancedPolicy",
        {
            "backupManagementType": "AzureIaasVM",
            "policyType": "V2",
            "instantRPDetails": {},
            "schedulePolicy": {
                "schedulePolicyType": "SimpleSchedulePolicyV2",
                "scheduleRunFrequency": "Hourly",
                "hourlySchedule": {"interval": 4, "scheduleWindowStartTime": time, "scheduleWindowDuration": 24},
            },
            "retentionPolicy": _daily_retention(time, 30),
            "tieringPolicy": NO_TIERING,
            "instantRpRetentionRangeInDays": 2,
            "timeZone": "UTC",
        },
    )


def _log_backup(day: dt.datetime) -> entities.Policy:
    time = _at(day, 17)
    return entities.Policy(
        "HourlyLogBackup",
        {
            "backupManagementType": "AzureWorkload",
            "workLoadType": "SQLDataBase",
            "settings": {"timeZone": "UTC", "issqlcompression": False, "isCompression": False},
            "subProtectionPolicy": [
                {
                    "policyType": "Full",
                    "schedulePolicy": {
                        "schedulePolicyType": "SimpleSchedulePolicy",
                        "scheduleRunFrequency": "Daily",
                        "scheduleRunTimes": [time],
                        "scheduleWeeklyFrequency": 0,
                    },
                    "retentionPolicy": _daily_retention(time, 30),
                },
                {
                    "policyType": "Log",
                    "schedulePolicy": {"schedulePolicyType": "LogSchedulePolicy", "scheduleFrequencyInMins": 60},
                    "retentionPolicy": {
                        "retentionPolicyType": "SimpleRetentionPolicy",
                        "retentionDuration": {"count": 30, "durationType": "Days"},
                    },
                },
            ],
        },
    )
