# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service accepts as a backup policy of virtual machines.

The rules are those that Microsoft's own clients and the Terraform provider check because the service insists on them.
UNVERIFIED: that the service refuses each of them by itself, and with these codes; assumed so unless noted.
This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import re
import typing as t

from . import entities, errors, policy_retention_rules, policy_values, retention, zones

NAME: t.Final = re.compile(r"^[a-zA-Z][-_!a-zA-Z0-9]{2,149}$")
_INTERVALS = (4, 6, 8, 12)
_LATEST_WINDOW_START = dt.timedelta(hours=19, minutes=30)
_TYPES = {"SimpleSchedulePolicy": "V1", "SimpleSchedulePolicyV2": "V2"}
_KNOWN = frozenset(
    {
        "backupManagementType", "policyType", "instantRPDetails", "schedulePolicy", "retentionPolicy", "tieringPolicy",
        "instantRpRetentionRangeInDays", "timeZone", "snapshotConsistencyType", "protectedItemsCount",
        "resourceGuardOperationRequests",
    }
)  # fmt: skip


def check(properties: t.Mapping[str, t.Any]) -> None:
    """Raise WireError 400 for a policy that the service would not take; 501 for a part that is not modelled."""
    unknown = sorted(set(properties) - _KNOWN)
    if unknown:
        raise errors.not_modelled(f"the policy's {unknown[0]}")
    if not properties.get("schedulePolicy") or not properties.get("retentionPolicy"):
        raise policy_values.invalid("schedulePolicy and retentionPolicy are required.")
    schedule = _schedule(properties)
    if not zones.known(properties.get("timeZone", "UTC")):
        raise policy_values.invalid("timeZone is not the Windows id of a time zone.")
    consistency = properties.get("snapshotConsistencyType")
    if consistency is not None and (consistency != "OnlyCrashConsistent" or _type(properties) != "V2"):
        raise policy_values.invalid("snapshotConsistencyType can only be OnlyCrashConsistent, and only for V2.")
    policy_retention_rules.check(properties, schedule)
    _instant_restore(properties, schedule)


def completed(properties: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return a policy with what the service adds to it when it stores it.

    UNVERIFIED: the number of instant restore days that it adds; assumed the defaults that the documentation names.
    """
    stored = {"instantRPDetails": {}, "timeZone": "UTC", **properties}
    stored.setdefault("instantRpRetentionRangeInDays", retention.default_instant_days(properties))
    if _type(properties) == "V1":
        stored["schedulePolicy"] = {"scheduleWeeklyFrequency": 0, **properties["schedulePolicy"]}
    else:
        stored.setdefault(
            "tieringPolicy", {"ArchivedRP": {"tieringMode": "DoNotTier", "duration": 0, "durationType": "Invalid"}}
        )
    return stored


def check_change(old: t.Mapping[str, t.Any], new: t.Mapping[str, t.Any]) -> None:
    """Raise WireError 400 for a change that cannot be made: an enhanced policy never becomes a standard one again.

    UNVERIFIED: the code of that; assumed the one of any policy that the service does not take.
    """
    if old.get("backupManagementType") != new.get("backupManagementType"):
        raise policy_values.invalid("The policy is one of another backupManagementType.")
    if _type(old) == "V2" and _type(new) == "V1":
        raise policy_values.invalid("policyType cannot be changed from V2 to V1.")


def is_enhanced(policy: entities.Policy) -> bool:
    """Say whether a policy is of the type V2."""
    return _type(policy.properties) == "V2"


def _type(properties: t.Mapping[str, t.Any]) -> str:
    return properties.get("policyType") or "V1"


def _schedule(properties: t.Mapping[str, t.Any]) -> policy_values.Schedule:
    schedule = policy_values.part(properties["schedulePolicy"], "schedulePolicy")
    kind = str(schedule.get("schedulePolicyType"))
    if kind not in _TYPES:
        raise policy_values.invalid_parameter()
    if _TYPES[kind] != _type(properties):
        raise policy_values.invalid(f"{kind} does not go with policyType {_type(properties)}.")
    frequency = str(schedule.get("scheduleRunFrequency"))
    if frequency not in (("Daily", "Weekly") if kind == "SimpleSchedulePolicy" else ("Hourly", "Daily", "Weekly")):
        raise policy_values.invalid(f"scheduleRunFrequency {frequency} is not one of {kind}.")
    key = f"{frequency.lower()}Schedule"
    part = schedule if kind == "SimpleSchedulePolicy" else policy_values.part(schedule.get(key), key)
    if frequency == "Hourly":
        return policy_values.Schedule(frequency, _window(part), None)
    times = part.get("scheduleRunTimes")
    if not isinstance(times, list) or len(times) != 1:
        raise policy_values.invalid("scheduleRunTimes must hold exactly one time.")
    policy_values.time_of_day(times[0])
    days = part.get("scheduleRunDays")
    if frequency == "Daily":
        return policy_values.Schedule(frequency, times[0], None)
    return policy_values.Schedule(frequency, times[0], policy_values.names(days, policy_values.DAYS, "scheduleRunDays"))


def _window(part: t.Mapping[str, t.Any]) -> str:
    """Check an hourly window and return when it begins."""
    interval, duration = part.get("interval"), part.get("scheduleWindowDuration")
    if interval not in _INTERVALS:
        raise policy_values.invalid("interval must be 4, 6, 8 or 12 hours.")
    # UNVERIFIED: a window that is no multiple of the interval; assumed refused, though one example writes 23 hours.
    if not policy_values.is_count(duration, interval, 24) or duration % interval:
        raise policy_values.invalid("scheduleWindowDuration must be a multiple of the interval, up to 24 hours.")
    start = part.get("scheduleWindowStartTime")
    if policy_values.time_of_day(start) > _LATEST_WINDOW_START:
        raise policy_values.invalid("scheduleWindowStartTime must be 00:00 to 19:30.")
    return str(start)


def _instant_restore(properties: t.Mapping[str, t.Any], schedule: policy_values.Schedule) -> None:
    """Check the days that snapshots are kept. UNVERIFIED: whether as many days as daily ones are; assumed allowed."""
    days = properties.get("instantRpRetentionRangeInDays")
    if days is None:
        return
    least, most = (1, 30) if _type(properties) == "V2" else (5, 5) if schedule.days else (1, 5)
    if not policy_values.is_count(days, least, most):
        raise errors.service(
            "BMSUserErrorPolicyRetentionInvalid",
            f"The retention of instant recovery points must be {least} to {most} days.",
        )
    daily = properties["retentionPolicy"].get("dailySchedule")
    if daily and days > daily["retentionDuration"]["count"]:
        raise errors.service(
            "BMSUserErrorInstantRPRetentionExceedsVaultedRetention",
            "The retention of instant recovery points is longer than that of the daily ones in the vault.",
        )
