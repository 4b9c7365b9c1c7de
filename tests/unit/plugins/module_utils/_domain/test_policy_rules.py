# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every rule for policies, with a value on each side of each of its borders."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import (
    policy_changes,
    policy_options,
    policy_rules,
)
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.policies import Terms
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import InvalidInput

Options = dict[str, t.Any]

DAILY: Options = {"schedule": {"frequency": "daily", "time": "22:30"}, "retention": {"daily": {"days": 30}}}
WEEKLY: Options = {
    "schedule": {"frequency": "weekly", "time": "22:30", "days": ["Sunday", "Wednesday"]},
    "retention": {"weekly": {"weeks": 12}},
}
HOURLY: Options = {
    "policy_type": "enhanced",
    "schedule": {"frequency": "hourly", "window_start": "08:00", "interval_hours": 4, "window_hours": 12},
    "retention": {"daily": {"days": 31}},
}
SUNDAYS = {"weeks_of_month": ["First"], "days": ["Sunday"]}


def having(base: Options, **changes: t.Any) -> Options:
    """Return options with others in their place, named with a double underscore for each step down."""
    options = copy.deepcopy(base)
    for place, value in changes.items():
        *path, last = place.split("__")
        inner = options
        for step in path:
            inner = inner.setdefault(step, {})
        if value is None:
            inner.pop(last, None)
        else:
            inner[last] = value
    return options


def read(options: Options) -> Terms:
    return policy_options.read(options, lambda text: text)


def refused(options: Options) -> str | None:
    """Return the option that a new policy is refused for; None for one that is fine."""
    try:
        terms = read(options)
        policy_rules.check(terms)
        policy_changes.plan(None, terms)
    except InvalidInput as error:
        return error.message.partition(":")[0]
    return None


BORDERS: list[tuple[str, Options, list[t.Any], list[t.Any]]] = [
    ("retention.daily.days", DAILY, [7, 9999], [0, 1, 6, 10000]),
    ("retention.weekly.weeks", WEEKLY, [1, 5163], [0, 5164]),
    ("retention.monthly.months", having(DAILY, retention__monthly=SUNDAYS), [1, 1188], [0, 1189]),
    ("retention.yearly.years", having(DAILY, retention__yearly={**SUNDAYS, "months": ["May"]}), [1, 99], [0, 100]),
    (
        "retention.monthly.days_of_month",
        having(DAILY, retention__monthly__months=12),
        [[1], [28]],
        [[0], [29], [1, 31]],
    ),
    (
        "retention.yearly.days_of_month",
        having(DAILY, retention__yearly={"years": 2, "months": ["May"]}),
        [[1, 28]],
        [[-1], [29]],
    ),
    (
        "schedule.time",
        DAILY,
        ["00:00", "00:30", "23:30"],
        ["24:00", "23:31", "9:00", "08:15", "", "noon", "1350", "08:00:00"],
    ),
    ("schedule.time", WEEKLY, ["00:00", "23:30"], ["23:59", "-1:00"]),
    ("schedule.window_start", HOURLY, ["00:00", "19:30", "19:00"], ["20:00", "19:45", "19:31", "8:00", "510"]),
    (
        "schedule.interval_hours",
        having(HOURLY, schedule__window_hours=24),
        [4, 6, 8, 12],
        [0, 1, 3, 5, 7, 9, 11, 13, 24],
    ),
    ("schedule.window_hours", HOURLY, [4, 8, 24], [0, 3, 5, 23, 25, 28]),
    ("instant_restore_days", DAILY, [1, 5], [0, 6, -1]),
    ("instant_restore_days", WEEKLY, [5], [4, 6, 1]),
    ("instant_restore_days", HOURLY, [1, 30], [0, 31]),
    ("instant_restore_days", having(WEEKLY, policy_type="enhanced"), [1, 5, 30], [0, 31]),
    ("instant_restore_days", having(HOURLY, retention__daily__days=10), [9], [10, 11]),
    ("instant_restore_days", having(DAILY, policy_type="V2", retention__daily__days=7), [6], [7, 8]),
    (
        "archive.months",
        having(DAILY, retention__monthly={"months": 24, **SUNDAYS}, archive__mode="after"),
        [3, 18],
        [2, 0, 19],
    ),
    (
        "archive.years",
        having(DAILY, retention__yearly={"years": 3, "months": ["May"], **SUNDAYS}, archive__mode="after"),
        [1, 2],
        [0, 3],
    ),
    (
        "archive.months",
        having(
            DAILY, retention__yearly={"years": 2, "months": ["May"], **SUNDAYS}, archive={"mode": "after", "months": 3}
        ),
        [18],
        [19],
    ),
    ("policy_type", HOURLY, ["enhanced", "V2"], ["standard", "V1"]),
    ("snapshot_consistency", having(DAILY, policy_type="enhanced"), ["crash", "application"], []),
    ("snapshot_consistency", DAILY, ["application"], ["crash"]),
    ("instant_restore_resource_group.prefix", DAILY, ["rg-snapshots-", "a" * 80], ["a" * 81, "rg snapshots", "rg/x"]),
    (
        "instant_restore_resource_group.suffix",
        having(DAILY, instant_restore_resource_group__prefix="rg"),
        ["-x", "x" * 80],
        ["x" * 81, "x.", "ü"],
    ),
]
CASES = [
    (option, base, value, good)
    for option, base, fine, bad in BORDERS
    for values, good in ((fine, True), (bad, False))
    for value in values
]


@pytest.mark.parametrize(("option", "base", "value", "good"), CASES, ids=lambda value: str(value)[:30])
def test_a_value_on_each_side_of_the_border(option: str, base: Options, value: t.Any, good: bool) -> None:
    options = having(base, **{option.replace(".", "__"): value})
    assert refused(options) == (None if good else option)


@pytest.mark.parametrize(("option", "base", "value", "good"), [case for case in CASES if not case[3]], ids=str)
def test_a_refusal_names_the_value_and_what_is_allowed(option: str, base: Options, value: t.Any, good: bool) -> None:
    with pytest.raises(InvalidInput) as caught:
        policy_changes.plan(None, read(having(base, **{option.replace(".", "__"): value})))
    named = value if not isinstance(value, list) else next(date for date in value if not 1 <= date <= 28)
    if option == "policy_type":
        named = "standard"
    assert caught.value.message.startswith(f"{option}: {named!r} is not allowed. Allowed: ")


TOGETHER: list[tuple[str | None, Options]] = [
    # What a schedule needs and takes.
    ("retention.daily.days", having(DAILY, retention=None)),
    ("retention.daily.days", having(HOURLY, retention=None)),
    ("retention.weekly.weeks", having(WEEKLY, retention=None)),
    ("schedule.time", having(DAILY, schedule=None)),
    ("schedule.time", having(WEEKLY, schedule__time=None)),
    ("schedule.days", having(WEEKLY, schedule__days=None)),
    ("schedule.days", having(WEEKLY, schedule__days=[])),
    ("schedule.days", having(DAILY, schedule__days=["Sunday"])),
    ("schedule.days", having(HOURLY, schedule__days=["Sunday"])),
    ("schedule.interval_hours", having(DAILY, schedule__interval_hours=4)),
    ("schedule.window_start", having(DAILY, schedule__window_start="08:00")),
    ("schedule.window_hours", having(WEEKLY, schedule__window_hours=12)),
    ("schedule.time", having(HOURLY, schedule__time="08:00")),
    ("schedule.window_start", having(DAILY, schedule={"time": "08:00", "window_start": "08:00"})),
    ("retention.daily.days", having(WEEKLY, retention__daily__days=30)),
    ("retention.daily.state", having(DAILY, retention__daily={"state": "absent"})),
    ("retention.daily.state", having(HOURLY, retention__daily={"state": "absent"})),
    ("retention.weekly.state", having(WEEKLY, retention__weekly={"state": "absent"})),
    ("retention.weekly.weeks", having(DAILY, retention__weekly={"state": "absent", "weeks": 3})),
    (None, having(DAILY, retention__weekly={"state": "absent"})),
    (None, having(HOURLY, schedule={"frequency": "hourly"})),
    ("policy_type", having(HOURLY, policy_type=None)),
    # Days.
    ("retention.weekly.days", having(DAILY, retention__weekly__weeks=3)),
    ("retention.weekly.days", having(DAILY, retention__weekly={"weeks": 3, "days": []})),
    (None, having(DAILY, retention__weekly={"weeks": 3, "days": ["Monday"]})),
    ("retention.weekly.weeks", having(DAILY, retention__weekly={"days": ["Monday"]})),
    (None, having(WEEKLY, retention__weekly__days=["Wednesday", "Sunday"])),
    ("retention.weekly.days", having(WEEKLY, retention__weekly__days=["Sunday"])),
    ("retention.weekly.days", having(WEEKLY, retention__weekly__days=["Sunday", "Monday", "Wednesday"])),
    (None, having(WEEKLY, retention__monthly={"months": 12, "weeks_of_month": ["Last"], "days": ["Wednesday"]})),
    ("retention.monthly.days", having(WEEKLY, retention__monthly={**SUNDAYS, "months": 2, "days": ["Monday"]})),
    ("retention.monthly.days_of_month", having(WEEKLY, retention__monthly={"months": 2, "days_of_month": [1]})),
    ("retention.monthly.last_day", having(WEEKLY, retention__monthly={"months": 2, "last_day": True})),
    (
        "retention.yearly.days_of_month",
        having(WEEKLY, retention__yearly={"years": 2, "months": ["May"], "days_of_month": [1]}),
    ),
    (
        "retention.monthly.days_of_month",
        having(DAILY, retention__monthly={**SUNDAYS, "months": 2, "days_of_month": [1]}),
    ),
    ("retention.monthly.last_day", having(DAILY, retention__monthly={**SUNDAYS, "months": 2, "last_day": True})),
    (None, having(DAILY, retention__monthly={**SUNDAYS, "months": 2, "last_day": False})),
    ("retention.monthly.days", having(DAILY, retention__monthly={"months": 2})),
    ("retention.monthly.days", having(DAILY, retention__monthly={"months": 2, "last_day": False})),
    ("retention.monthly.days", having(DAILY, retention__monthly={"months": 2, "days_of_month": []})),
    ("retention.monthly.days", having(DAILY, retention__monthly={"months": 2, "weeks_of_month": ["Last"]})),
    ("retention.monthly.weeks_of_month", having(DAILY, retention__monthly={"months": 2, "days": ["Sunday"]})),
    (
        "retention.monthly.weeks_of_month",
        having(DAILY, retention__monthly={**SUNDAYS, "months": 2, "weeks_of_month": []}),
    ),
    ("retention.yearly.months", having(DAILY, retention__yearly={**SUNDAYS, "years": 2})),
    ("retention.yearly.months", having(DAILY, retention__yearly={**SUNDAYS, "years": 2, "months": []})),
    ("retention.yearly.years", having(DAILY, retention__yearly={**SUNDAYS, "months": ["May"]})),
    (None, having(DAILY, retention__yearly={"years": 1, "months": ["May"], "last_day": True})),
    # Archive: nine months of retention, or six beyond the move.
    ("archive.mode", having(DAILY, archive__mode="recommended")),
    ("archive.mode", having(DAILY, archive__mode="recommended", retention__monthly={**SUNDAYS, "months": 8})),
    (None, having(DAILY, archive__mode="recommended", retention__monthly={**SUNDAYS, "months": 9})),
    (None, having(DAILY, archive__mode="recommended", retention__yearly={**SUNDAYS, "years": 1, "months": ["May"]})),
    (
        "archive.months",
        having(DAILY, archive={"mode": "after", "months": 4}, retention__monthly={**SUNDAYS, "months": 9}),
    ),
    (None, having(DAILY, archive={"mode": "after", "months": 4}, retention__monthly={**SUNDAYS, "months": 10})),
    ("archive.months", having(DAILY, archive={"mode": "after"})),
    ("archive.months", having(DAILY, archive={"mode": "never", "months": 3})),
    ("archive.years", having(DAILY, archive={"mode": "recommended", "years": 3})),
    ("archive.years", having(DAILY, archive={"mode": "after", "years": 3, "months": 3})),
    (None, having(DAILY, archive__mode="never")),
    # The rest.
    (
        "instant_restore_resource_group.suffix",
        having(DAILY, instant_restore_resource_group={"prefix": "", "suffix": "x"}),
    ),
    ("instant_restore_resource_group.suffix", having(DAILY, instant_restore_resource_group={"suffix": "x"})),
    (None, having(DAILY, instant_restore_resource_group={"prefix": "x", "suffix": ""})),
]


@pytest.mark.parametrize(("option", "options"), TOGETHER, ids=lambda value: str(value)[:60])
def test_what_does_not_go_together_is_refused(option: str | None, options: Options) -> None:
    assert refused(options) == option


def test_a_time_without_quotes_gets_a_hint() -> None:
    """YAML reads 22:30 as the number 1350."""
    with pytest.raises(InvalidInput, match="quotes"):
        policy_rules.check(read(having(DAILY, schedule__time="1350")))
    with pytest.raises(InvalidInput, match="quotes"):
        policy_rules.check(read(having(HOURLY, schedule__window_start="750")))


def test_what_is_not_known_is_not_judged() -> None:
    """A part of a policy can be right for one that exists."""
    for part in (
        {"instant_restore_days": 30},
        {"snapshot_consistency": "crash"},
        {"archive": {"mode": "after", "months": 100}},
        {"retention": {"monthly": {"days": ["Monday"]}}},
        {"schedule": {"interval_hours": 12}},
        {"schedule": {"window_hours": 23}},
        {"instant_restore_resource_group": {"suffix": "x"}},
    ):
        policy_rules.check(read(part))


MESSAGES: list[tuple[Options, str]] = [
    (
        having(DAILY, schedule__time="8:00"),
        "'8:00' is not allowed. Allowed: a time \"HH:MM\" with the minutes 00 or 30, between 00:00 and 23:30",
    ),
    (
        having(HOURLY, schedule__window_start="20:00"),
        "'20:00' is not allowed. Allowed: a time \"HH:MM\" with the minutes 00 or 30, between 00:00 and 19:30",
    ),
    (
        having(HOURLY, schedule__window_hours=14),
        "14 is not allowed. Allowed: a multiple of schedule.interval_hours (4), at most 24",
    ),
    (having(HOURLY, schedule__window_hours=25), "25 is not allowed. Allowed: 4 to 24"),
    (having(HOURLY, policy_type="V1"), "'standard' is not allowed. Allowed: enhanced, for an hourly schedule"),
    (
        having(HOURLY, schedule__time="08:00"),
        "'08:00' is not allowed. Allowed: only with schedule.frequency daily or weekly; use schedule.window_start",
    ),
    (
        having(DAILY, schedule__window_start="08:00"),
        "'08:00' is not allowed. Allowed: only with schedule.frequency hourly; use schedule.time",
    ),
    (having(DAILY, schedule__window_hours=4), "4 is not allowed. Allowed: only with schedule.frequency hourly"),
    (
        having(DAILY, schedule__days=["Sunday"]),
        "['Sunday'] is not allowed. Allowed: only with schedule.frequency weekly, not daily",
    ),
    (
        having(DAILY, retention__monthly={**SUNDAYS, "months": 2, "last_day": True}),
        "True is not allowed. Allowed: either retention.monthly.weeks_of_month with days, or days_of_month "
        "and last_day, not both",
    ),
    (
        having(DAILY, retention__monthly={**SUNDAYS, "months": 2, "days_of_month": [5]}),
        "[5] is not allowed. Allowed: either retention.monthly.weeks_of_month with days, or days_of_month "
        "and last_day, not both",
    ),
    (
        having(WEEKLY, retention__monthly={"months": 2, "days_of_month": [5]}),
        "[5] is not allowed. Allowed: retention.monthly.weeks_of_month with days, for schedule.frequency weekly",
    ),
    (
        having(WEEKLY, retention__daily__days=30),
        "30 is not allowed. Allowed: only with schedule.frequency daily or hourly; take it away with "
        "retention.daily.state: absent",
    ),
    (
        having(WEEKLY, retention__weekly__days=["Sunday"]),
        "['Sunday'] is not allowed. Allowed: the days of the schedule, Sunday, Wednesday; leave it out to "
        "have just these",
    ),
    (
        having(WEEKLY, retention__monthly={**SUNDAYS, "months": 2, "days": ["Monday"]}),
        "['Monday'] is not allowed. Allowed: days of the schedule: Sunday, Wednesday",
    ),
    (
        having(DAILY, policy_type="V1", instant_restore_days=6),
        "6 is not allowed. Allowed: 1 to 5 for a standard policy",
    ),
    (having(HOURLY, instant_restore_days=31), "31 is not allowed. Allowed: 1 to 30 for an enhanced policy"),
    (having(DAILY, instant_restore_days=31), "31 is not allowed. Allowed: 1 to 30"),
    (
        having(HOURLY, instant_restore_days=10, retention__daily__days=10),
        "10 is not allowed. Allowed: less than retention.daily.days (10)",
    ),
    (
        having(WEEKLY, policy_type="V1", instant_restore_days=4),
        "4 is not allowed. Allowed: 5, for a standard policy with a weekly schedule",
    ),
    (having(DAILY, archive={"mode": "after", "months": 2}), "2 is not allowed. Allowed: 3 or more"),
    (
        having(DAILY, retention__monthly={"months": 2, "days_of_month": [1, 29]}),
        "29 is not allowed. Allowed: 1 to 28; for the last day of the month, retention.monthly.last_day: true",
    ),
    (having(DAILY, archive={"mode": "after", "years": 0}), "0 is not allowed. Allowed: 1 or more"),
    (
        having(
            DAILY,
            archive={"mode": "after", "months": 4},
            retention__monthly={**SUNDAYS, "months": 9},
            retention__yearly={"state": "absent"},
        ),
        "4 is not allowed. Allowed: only with retention.monthly.months or retention.yearly.years of 10 "
        "months or more; the longest is 9",
    ),
]


@pytest.mark.parametrize(("options", "message"), MESSAGES, ids=lambda value: str(value)[:40])
def test_a_refusal_tells_all_there_is_to_know(options: Options, message: str) -> None:
    """Before any request: from the task alone."""
    with pytest.raises(InvalidInput) as caught:
        policy_rules.check(read(options))
    assert caught.value.message.partition(": ")[2] == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (having(DAILY, retention=None), "retention.daily.days: is missing. Allowed: 7 to 9999, for a daily schedule"),
        (
            having(HOURLY, retention=None),
            "retention.daily.days: is missing. Allowed: 7 to 9999, for an hourly schedule",
        ),
        (
            having(WEEKLY, retention=None),
            "retention.weekly.weeks: is missing. Allowed: 1 to 5163, for a weekly schedule",
        ),
        (
            having(DAILY, retention__yearly={"years": 2, "months": []}),
            "retention.yearly.months: [] is not allowed. Allowed: at least one, or the option left out",
        ),
    ],
)
def test_what_is_missing_is_told_with_what_it_may_be(options: Options, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        terms = read(options)
        policy_rules.check(terms)
        policy_changes.plan(None, terms)
    assert caught.value.message == message
