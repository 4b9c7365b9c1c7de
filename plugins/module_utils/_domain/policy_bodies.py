# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bodies of policies for virtual machines: read into terms, and terms written onto a body.

Writing keeps whatever a body holds that terms do not speak of.
This file is private to the collection.
"""

from __future__ import annotations

import copy
import re
import typing as t

from . import ids
from .policies import MONTHS, UTC, WEEKDAYS, WEEKS, Archive, Terms, Tier, ordered

Wire = t.Mapping[str, t.Any]

_STANDARD, _ENHANCED = "SimpleSchedulePolicy", "SimpleSchedulePolicyV2"
_UNITS = {"daily": "Days", "weekly": "Weeks", "monthly": "Months", "yearly": "Years"}
_CONVERTED = {("Weeks", "Days"): 7, ("Years", "Months"): 12}
_MODES = {"TierRecommended": "recommended", "TierAfter": "after"}
_CRASH = "OnlyCrashConsistent"
# Only the time of day has a meaning; the date is any.
_DAY = "2020-01-01"


def read(properties: Wire) -> Terms:
    """Read the ``properties`` of a policy, of any age; what is not there, or in no known form, is None."""
    schedule = properties.get("schedulePolicy") or {}
    enhanced = _is_enhanced(properties)
    frequency = str(schedule.get("scheduleRunFrequency") or "").lower() or None
    part = schedule if schedule.get("schedulePolicyType") != _ENHANCED else schedule.get(f"{frequency}Schedule") or {}
    days = part.get("scheduleRunDays") if frequency == "weekly" else None
    stored = _stored_time(part, frequency)
    retention = properties.get("retentionPolicy") or {}
    tiers = {name: _read_tier(name, retention[key]) for name, key in _keys(retention)}
    groups = properties.get("instantRPDetails") or {}
    return Terms(
        enhanced=enhanced,
        frequency=frequency,
        time=_time_of_day(stored),
        weekdays=ordered(days, WEEKDAYS) if days else None,
        interval_hours=part.get("interval") if frequency == "hourly" else None,
        window_hours=part.get("scheduleWindowDuration") if frequency == "hourly" else None,
        time_zone=properties.get("timeZone") or UTC,
        tiers=tiers,
        instant_restore_days=properties.get("instantRpRetentionRangeInDays"),
        group_prefix=groups.get("azureBackupRGNamePrefix") or None,
        group_suffix=groups.get("azureBackupRGNameSuffix") or None,
        archive=_read_archive(properties),
        # UNVERIFIED: that a policy without snapshotConsistencyType takes application-consistent snapshots; assumed so.
        crash_consistent=properties.get("snapshotConsistencyType") == _CRASH,
    )


def _is_enhanced(properties: Wire) -> bool:
    kind = (properties.get("schedulePolicy") or {}).get("schedulePolicyType")
    return ids.same(properties.get("policyType") or "", "V2") or kind == _ENHANCED


def _keys(retention: Wire) -> list[tuple[str, str]]:
    return [(name, f"{name}Schedule") for name in _UNITS if retention.get(f"{name}Schedule")]


def _stored_time(part: Wire, frequency: str | None) -> str | None:
    if frequency == "hourly":
        return part.get("scheduleWindowStartTime")
    return next(iter(part.get("scheduleRunTimes") or ()), None)


def _time_of_day(text: str | None) -> str | None:
    found = re.search(r"T(\d\d:\d\d)", text or "")
    return found.group(1) if found else None


def _read_tier(name: str, body: Wire) -> Tier:
    duration = body.get("retentionDuration") or {}
    count, unit = duration.get("count"), str(duration.get("durationType"))
    if unit != _UNITS[name]:
        factor = _CONVERTED.get((unit, _UNITS[name]))
        count = count * factor if count and factor else None
    if name == "daily":
        return Tier(count)
    if name == "weekly":
        return Tier(count, weekdays=ordered(body.get("daysOfTheWeek") or (), WEEKDAYS))
    months = ordered(body.get("monthsOfYear") or (), MONTHS) if name == "yearly" else None
    if body.get("retentionScheduleFormatType") == "Daily":
        dates = (body.get("retentionScheduleDaily") or {}).get("daysOfTheMonth") or ()
        return Tier(
            count,
            dates=tuple(sorted({day["date"] for day in dates if day.get("date") and not day.get("isLast")})),
            last_day=any(day.get("isLast") for day in dates),
            months=months,
        )
    chosen = body.get("retentionScheduleWeekly") or {}
    return Tier(
        count,
        weekdays=ordered(chosen.get("daysOfTheWeek") or (), WEEKDAYS),
        weeks=ordered(chosen.get("weeksOfTheMonth") or (), WEEKS),
        months=months,
    )


def _read_archive(properties: Wire) -> Archive:
    body = (properties.get("tieringPolicy") or {}).get("ArchivedRP") or {}
    mode = _MODES.get(body.get("tieringMode") or "", "never")
    if mode != "after":
        return Archive(mode)
    return Archive(mode, body.get("duration"), str(body.get("durationType") or "Months").lower())


def written(terms: Terms, onto: Wire) -> dict[str, t.Any]:
    """Return the ``properties`` to send: whole terms, written onto those that are stored (empty for a new policy)."""
    body = copy.deepcopy(dict(onto))
    body.pop("protectedItemsCount", None)  # The service's own count.
    body["backupManagementType"] = "AzureIaasVM"
    if terms.enhanced or not onto:
        body["policyType"] = "V2" if terms.enhanced else "V1"
    time = _time_to_send(terms, onto)
    body["schedulePolicy"] = _schedule(terms, time, onto.get("schedulePolicy") or {})
    body["retentionPolicy"] = _retention(terms, time, onto.get("retentionPolicy") or {})
    body["timeZone"] = terms.time_zone or UTC
    if terms.instant_restore_days is not None:
        body["instantRpRetentionRangeInDays"] = terms.instant_restore_days
    if "instantRPDetails" in onto or not onto or terms.group_prefix:
        body["instantRPDetails"] = _groups(terms, onto.get("instantRPDetails") or {})
    archive = terms.archive or Archive("never")
    # Left out, the service goes on with what it has, so never is written where a body had something.
    if archive.mode != "never" or onto.get("tieringPolicy"):
        body["tieringPolicy"] = {**(onto.get("tieringPolicy") or {}), "ArchivedRP": _tiering(archive)}
    if terms.crash_consistent:
        body["snapshotConsistencyType"] = _CRASH
    elif body.get("snapshotConsistencyType") == _CRASH:
        del body["snapshotConsistencyType"]
    return body


def _time_to_send(terms: Terms, onto: Wire) -> str:
    """Return one text for the schedule and every tier, as they must be equal; that of the body if it says the same."""
    schedule = onto.get("schedulePolicy") or {}
    parts = [schedule, *(part for part in schedule.values() if isinstance(part, dict))]
    for part in parts:
        for text in [part.get("scheduleWindowStartTime"), *(part.get("scheduleRunTimes") or ())]:
            if text and _time_of_day(text) == terms.time:
                return str(text)
    return f"{_DAY}T{terms.time}:00Z"


def _schedule(terms: Terms, time: str, onto: Wire) -> dict[str, t.Any]:
    kind = _ENHANCED if terms.enhanced else _STANDARD
    frequency = str(terms.frequency).capitalize()
    same_form = onto.get("schedulePolicyType") == kind and onto.get("scheduleRunFrequency") == frequency
    body = copy.deepcopy(dict(onto)) if same_form else {}
    body.update(schedulePolicyType=kind, scheduleRunFrequency=frequency)
    part = body.setdefault(f"{terms.frequency}Schedule", {}) if terms.enhanced else body
    if terms.frequency == "hourly":
        part.update(
            interval=terms.interval_hours, scheduleWindowStartTime=time, scheduleWindowDuration=terms.window_hours
        )
        return body
    part["scheduleRunTimes"] = [time]
    if terms.frequency == "weekly":
        part["scheduleRunDays"] = _listed(terms.weekdays, part.get("scheduleRunDays"))
    return body


def _retention(terms: Terms, time: str, onto: Wire) -> dict[str, t.Any]:
    others = {key: value for key, value in onto.items() if key not in {f"{name}Schedule" for name in _UNITS}}
    body = {"retentionPolicyType": "LongTermRetentionPolicy", **copy.deepcopy(others)}
    for name in _UNITS:
        if name in terms.tiers:
            stored = onto.get(f"{name}Schedule") or {}
            body[f"{name}Schedule"] = _tier(name, terms.tiers[name], time, stored)
    return body


def _tier(name: str, tier: Tier, time: str, onto: Wire) -> dict[str, t.Any]:
    body: dict[str, t.Any] = copy.deepcopy(dict(onto))
    body["retentionTimes"] = [time]
    body["retentionDuration"] = {"count": tier.count, "durationType": _UNITS[name]}
    if name == "weekly":
        body["daysOfTheWeek"] = _listed(tier.weekdays, body.get("daysOfTheWeek"))
    if name == "yearly":
        body["monthsOfYear"] = _listed(tier.months, body.get("monthsOfYear"))
    if name in ("monthly", "yearly"):
        for key in ("retentionScheduleDaily", "retentionScheduleWeekly"):
            body.pop(key, None)
        if tier.by_week:
            chosen = {"daysOfTheWeek": list(tier.weekdays or ()), "weeksOfTheMonth": list(tier.weeks or ())}
            body.update(retentionScheduleFormatType="Weekly", retentionScheduleWeekly=chosen)
        else:
            dates: list[dict[str, t.Any]] = [{"date": date, "isLast": False} for date in tier.dates or ()]
            if tier.last_day:
                # UNVERIFIED: that the last day of a month is written with the date 0; assumed, as PowerShell does so.
                dates.append({"date": 0, "isLast": True})
            body.update(retentionScheduleFormatType="Daily", retentionScheduleDaily={"daysOfTheMonth": dates})
    return body


def _listed(wanted: t.Sequence[str] | None, stored: t.Sequence[str] | None) -> list[str]:
    """Return a list to send: in the order of the body where it has the same entries."""
    same = stored is not None and sorted(stored) == sorted(wanted or ())
    return list(stored if same and stored is not None else wanted or ())


def _groups(terms: Terms, onto: Wire) -> dict[str, t.Any]:
    body = dict(onto)
    names = {"azureBackupRGNamePrefix": terms.group_prefix, "azureBackupRGNameSuffix": terms.group_suffix}
    for key, text in names.items():
        body.pop(key, None)
        if text:
            body[key] = text
    return body


def _tiering(archive: Archive) -> dict[str, t.Any]:
    if archive.mode == "after":
        unit = str(archive.unit).capitalize()
        return {"tieringMode": "TierAfter", "duration": archive.count, "durationType": unit}
    mode = "TierRecommended" if archive.mode == "recommended" else "DoNotTier"
    return {"tieringMode": mode, "duration": 0, "durationType": "Invalid"}
