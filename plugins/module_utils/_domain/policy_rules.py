# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules for backup policies: what the service, its own clients and the portal refuse, each with the option's name.

The sources: Azure PowerShell's and Terraform's checks, which match the service's, and Microsoft's pages on enhanced
policies and on the archive tier. A rule speaks only where all that it looks at is known, so the same rules judge a task
before any request and the whole policy before it is written.
This file is private to the collection.
"""

from __future__ import annotations

import re
import typing as t

from .._errors import InvalidInput
from .policies import MONTHS, STANDARD_WEEKLY_INSTANT, TIERS, UNITS, WEEKDAYS, WEEKS, Terms, Tier

COUNTS: t.Final = {"daily": (7, 9999), "weekly": (1, 5163), "monthly": (1, 1188), "yearly": (1, 99)}
INTERVALS: t.Final = (4, 6, 8, 12)
STANDARD_INSTANT: t.Final = (1, 5)
ENHANCED_INSTANT: t.Final = (1, 30)
EARLIEST_ARCHIVE: t.Final = 3
"""Months that a recovery point stays in the vault tier before it may be archived."""
LEAST_IN_ARCHIVE: t.Final = 6
"""Months that one has to be kept after that."""

_TIME = re.compile(r"([01][0-9]|2[0-3]):(00|30)")
_WINDOW_START = re.compile(r"(0[0-9]|1[0-9]):(00|30)")
_GROUP_NAME = re.compile(r"[\w.()-]{1,80}", re.ASCII)

Problems = t.Iterator[InvalidInput]


def check(terms: Terms) -> None:
    """Raise InvalidInput for the first rule that a task breaks by itself, whatever policy it is for."""
    for problem in problems(terms):
        raise problem


def problems(terms: Terms) -> Problems:
    """Yield what is wrong, the plainest first; what is not known is taken as right."""
    for rules in _RULES:
        yield from rules(terms)


def missing(terms: Terms) -> Problems:
    """Yield what a whole policy lacks."""
    if terms.frequency is None:
        yield _needed("schedule.frequency", "hourly, daily or weekly")
    if terms.frequency != "hourly" and terms.time is None:
        yield _needed("schedule.time", _TIME_WORDS)
    if terms.frequency == "weekly" and not terms.weekdays:
        yield _needed("schedule.days", "one or more of " + ", ".join(WEEKDAYS))
    tier = "weekly" if terms.frequency == "weekly" else "daily"
    if tier not in terms.tiers:
        schedule = "an" if terms.frequency == "hourly" else "a"
        words = f"{_range(*COUNTS[tier])}, for {schedule} {terms.frequency} schedule"
        yield _needed(f"retention.{tier}.{UNITS[tier]}", words)
    for name, kept in terms.tiers.items():
        yield from _missing_in_tier(name, kept)


def _missing_in_tier(name: str, tier: Tier) -> Problems:
    place = f"retention.{name}"
    if tier.count is None:
        yield _needed(f"{place}.{UNITS[name]}", _range(*COUNTS[name]))
    if name == "weekly" and not tier.weekdays:
        yield _needed(f"{place}.days", "one or more of " + ", ".join(WEEKDAYS))
    if name == "yearly" and not tier.months:
        yield _needed(f"{place}.months", "one or more of " + ", ".join(MONTHS))
    if name in ("monthly", "yearly"):
        if tier.by_week and not tier.weeks:
            yield _needed(f"{place}.weeks_of_month", "one or more of " + ", ".join(WEEKS))
        elif tier.by_week and not tier.weekdays:
            yield _needed(f"{place}.days", "one or more of " + ", ".join(WEEKDAYS))
        elif not tier.by_week and not tier.dates and not tier.last_day:
            yield _needed(f"{place}.days", "weeks_of_month with days, or days_of_month, or last_day: true")


_TIME_WORDS: t.Final = 'a time "HH:MM" with the minutes 00 or 30, between 00:00 and 23:30'


def _options_of_frequency(terms: Terms) -> Problems:
    if terms.frequency == "hourly" and terms.time_option == "time":
        allowed = "only with schedule.frequency daily or weekly; use schedule.window_start"
        yield InvalidInput.for_option("schedule.time", terms.time, allowed)
    if terms.frequency not in ("daily", "weekly"):
        return
    allowed = "only with schedule.frequency hourly"
    if terms.time_option == "window_start":
        yield InvalidInput.for_option("schedule.window_start", terms.time, f"{allowed}; use schedule.time")
    for option in ("interval_hours", "window_hours"):
        if (hours := getattr(terms, option)) is not None:
            yield InvalidInput.for_option(f"schedule.{option}", hours, allowed)


def _schedule(terms: Terms) -> Problems:
    if terms.frequency == "hourly" or terms.time is None:
        return
    if not _TIME.fullmatch(terms.time):
        hint = ". In quotes, or YAML reads a number" if terms.time.isdigit() else ""
        yield InvalidInput.for_option("schedule.time", terms.time, _TIME_WORDS + hint)


def _hourly(terms: Terms) -> Problems:
    if terms.frequency == "hourly" and terms.enhanced is False:
        yield InvalidInput.for_option("policy_type", "standard", "enhanced, for an hourly schedule")
    interval, window = terms.interval_hours, terms.window_hours
    if interval is not None and interval not in INTERVALS:
        yield InvalidInput.for_option("schedule.interval_hours", interval, "4, 6, 8 or 12")
    if window is not None and not 4 <= window <= 24:
        yield InvalidInput.for_option("schedule.window_hours", window, _range(4, 24))
    elif window is not None and interval in INTERVALS and interval is not None and window % interval:
        allowed = f"a multiple of schedule.interval_hours ({interval}), at most 24"
        yield InvalidInput.for_option("schedule.window_hours", window, allowed)
    if terms.frequency == "hourly" and terms.time is not None and not _WINDOW_START.fullmatch(terms.time):
        hint = ". In quotes, or YAML reads a number" if terms.time.isdigit() else ""
        words = 'a time "HH:MM" with the minutes 00 or 30, between 00:00 and 19:30'
        yield InvalidInput.for_option("schedule.window_start", terms.time, words + hint)


def _counts(terms: Terms) -> Problems:
    for name, tier in terms.tiers.items():
        least, most = COUNTS[name]
        if tier.count is not None and not least <= tier.count <= most:
            yield InvalidInput.for_option(f"retention.{name}.{UNITS[name]}", tier.count, _range(least, most))


def _days(terms: Terms) -> Problems:
    if terms.weekdays is not None and not terms.weekdays:
        yield InvalidInput.for_option("schedule.days", [], "at least one day")
    for name, tier in terms.tiers.items():
        place = f"retention.{name}"
        named = {"days": tier.weekdays, "weeks_of_month": tier.weeks, "months": tier.months}
        for option, chosen in named.items():
            if chosen is not None and not chosen:
                yield InvalidInput.for_option(f"{place}.{option}", [], "at least one, or the option left out")
        for date in tier.dates or ():
            if not 1 <= date <= 28:
                words = f"{_range(1, 28)}; for the last day of the month, {place}.last_day: true"
                yield InvalidInput.for_option(f"{place}.days_of_month", date, words)


def _formats(terms: Terms) -> Problems:
    for name in ("monthly", "yearly"):
        tier = terms.tier(name)
        if tier.by_week and tier.by_date:
            option = "days_of_month" if tier.dates is not None else "last_day"
            value = list(tier.dates) if tier.dates is not None else True
            allowed = f"either retention.{name}.weeks_of_month with days, or days_of_month and last_day, not both"
            yield InvalidInput.for_option(f"retention.{name}.{option}", value, allowed)


def _by_frequency(terms: Terms) -> Problems:
    if terms.frequency == "weekly":
        yield from _weekly_schedule(terms)
        return
    if terms.frequency and terms.weekdays is not None:
        allowed = f"only with schedule.frequency weekly, not {terms.frequency}"
        yield InvalidInput.for_option("schedule.days", list(terms.weekdays), allowed)
    if terms.frequency and "daily" in terms.removed:
        allowed = f"present, for schedule.frequency {terms.frequency}"
        yield InvalidInput.for_option("retention.daily.state", "absent", allowed)


def _weekly_schedule(terms: Terms) -> Problems:
    if "daily" in terms.tiers:
        allowed = "only with schedule.frequency daily or hourly; take it away with retention.daily.state: absent"
        yield InvalidInput.for_option("retention.daily.days", terms.tier("daily").count, allowed)
    if "weekly" in terms.removed:
        yield InvalidInput.for_option("retention.weekly.state", "absent", "present, for schedule.frequency weekly")
    for name in TIERS[1:]:
        tier, place = terms.tier(name), f"retention.{name}"
        if tier.by_date and name != "weekly":
            option, value = ("days_of_month", list(tier.dates)) if tier.dates else ("last_day", tier.last_day)
            allowed = f"{place}.weeks_of_month with days, for schedule.frequency weekly"
            yield InvalidInput.for_option(f"{place}.{option}", value, allowed)
        if terms.weekdays is None or tier.weekdays is None:
            continue
        if name == "weekly" and tier.weekdays != terms.weekdays:
            allowed = f"the days of the schedule, {', '.join(terms.weekdays)}; leave it out to have just these"
            yield InvalidInput.for_option(f"{place}.days", list(tier.weekdays), allowed)
        elif not set(tier.weekdays) <= set(terms.weekdays):
            allowed = f"days of the schedule: {', '.join(terms.weekdays)}"
            yield InvalidInput.for_option(f"{place}.days", list(tier.weekdays), allowed)


def _instant(terms: Terms) -> Problems:
    days = terms.instant_restore_days
    if days is None:
        return
    least, most = STANDARD_INSTANT if terms.enhanced is False else ENHANCED_INSTANT
    kind = {None: "", False: " for a standard policy", True: " for an enhanced policy"}[terms.enhanced]
    if not least <= days <= most:
        yield InvalidInput.for_option("instant_restore_days", days, _range(least, most) + kind)
        return
    if terms.enhanced is False and terms.frequency == "weekly" and days != STANDARD_WEEKLY_INSTANT:
        allowed = f"{STANDARD_WEEKLY_INSTANT}, for a standard policy with a weekly schedule"
        yield InvalidInput.for_option("instant_restore_days", days, allowed)
    daily = terms.tier("daily").count
    # UNVERIFIED: whether as many days of instant restore as daily ones are allowed; assumed that they are not.
    if daily is not None and COUNTS["daily"][0] <= daily <= days:
        yield InvalidInput.for_option("instant_restore_days", days, f"less than retention.daily.days ({daily})")


def _snapshots(terms: Terms) -> Problems:
    if terms.crash_consistent and terms.enhanced is False:
        yield InvalidInput.for_option("snapshot_consistency", "crash", "application, for a standard policy")
    names = {"prefix": terms.group_prefix, "suffix": terms.group_suffix}
    for option, text in names.items():
        if text and (not _GROUP_NAME.fullmatch(text) or (option == "suffix" and text.endswith("."))):
            words = "1 to 80 letters, digits, hyphens, underscores, parentheses and periods, no period at the end"
            yield InvalidInput.for_option(f"instant_restore_resource_group.{option}", text, words)
    if terms.group_suffix and terms.group_prefix == "":
        allowed = "only with instant_restore_resource_group.prefix"
        yield InvalidInput.for_option("instant_restore_resource_group.suffix", terms.group_suffix, allowed)


def _archive(terms: Terms) -> Problems:
    archive = terms.archive
    if archive is None or archive.mode == "never":
        return
    after = EARLIEST_ARCHIVE
    option, value = "archive.mode", t.cast("str | int | None", archive.mode)
    if archive.mode == "after":
        option, value = f"archive.{archive.unit}", archive.count
        if archive.months is None:
            yield _needed("archive.months", f"{EARLIEST_ARCHIVE} or more, or archive.years")
            return
        after = archive.months
        if after < EARLIEST_ARCHIVE:
            least = 1 if archive.unit == "years" else EARLIEST_ARCHIVE
            yield InvalidInput.for_option(option, value, f"{least} or more")
            return
    kept = _longest_months(terms)
    if kept is not None and kept < after + LEAST_IN_ARCHIVE:
        allowed = (
            f"only with retention.monthly.months or retention.yearly.years of {after + LEAST_IN_ARCHIVE} months or more"
        )
        yield InvalidInput.for_option(option, value, f"{allowed}; the longest is {kept}")


def _longest_months(terms: Terms) -> int | None:
    """Return how long the longest of the tiers that may be archived keeps; None when one of them is not known."""
    factors = {"monthly": 1, "yearly": 12}
    if any(name not in terms.tiers and name not in terms.removed for name in factors):
        return None
    counts = {name: terms.tier(name).count for name in factors if name in terms.tiers}
    if None in counts.values():
        return None
    return max((count * factors[name] for name, count in counts.items() if count is not None), default=0)


_RULES: t.Final = (
    _options_of_frequency,
    _schedule,
    _hourly,
    _counts,
    _days,
    _formats,
    _by_frequency,
    _instant,
    _snapshots,
    _archive,
)


def _range(least: int, most: int) -> str:
    return f"{least} to {most}"


def _needed(option: str, allowed: str) -> InvalidInput:
    return InvalidInput(f"{option}: is missing. Allowed: {allowed}")
