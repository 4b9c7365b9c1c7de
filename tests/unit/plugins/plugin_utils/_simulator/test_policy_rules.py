# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import datetime as dt
import typing as t

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import (
    entities,
    policy_rules,
    retention,
    schedule,
    wire,
)
from ansible_collections.cloudkeep.azure_backup.tests.support.wire_policies import (
    Body,
    archive,
    at,
    by_date,
    by_day,
    by_week,
    daily,
    hourly,
    on_days,
    weekly,
)

SUNDAY = ["Sunday"]
MONTHLY = by_week(SUNDAY, ["Last"], 120, "Months")
YEARLY = by_week(SUNDAY, ["First"], 99, "Years", ["January"])


def changed(body: Body, path: str, value: object) -> Body:
    """Return a body with the part at a path of keys replaced, or taken out with None."""
    body = copy.deepcopy(body)
    part = body
    *keys, last = path.split(".")
    for key in keys:
        part = part[key]
    part[last] = value
    if value is None:
        del part[last]
    return body


def refusal(body: Body) -> str | None:
    try:
        policy_rules.check(body)
    except wire.WireError as error:
        assert error.status == 400
        return error.code
    return None


ACCEPTED: list[Body] = [
    daily(),
    daily("00:00"),
    daily("23:30", timeZone="Nepal Standard Time"),
    changed(daily(), "policyType", None),
    changed(daily(), "timeZone", None),
    daily(daily=by_day(7)),
    daily(daily=by_day(9999)),
    daily(weekly=on_days(SUNDAY, 1)),
    daily(weekly=on_days(["Sunday", "Monday"], 5163)),
    daily(monthly=by_week(SUNDAY, ["First", "Last"], 1, "Months")),
    daily(monthly=by_week(SUNDAY, ["Second"], 1188, "Months")),
    daily(monthly=by_date([1, 28], 1, "Months")),
    daily(monthly=by_date([], 1, "Months", last=True)),
    daily(yearly=by_date([1], 1, "Years", ["February"], last=True)),
    daily(yearly=YEARLY),
    daily(weekly=on_days(SUNDAY, 104), monthly=MONTHLY, yearly=YEARLY),
    daily(instantRpRetentionRangeInDays=1),
    daily(instantRpRetentionRangeInDays=5),
    daily(kind="V2", instantRpRetentionRangeInDays=30),
    daily(kind="V2", instantRpRetentionRangeInDays=7, daily=by_day(7)),
    daily(kind="V2", snapshotConsistencyType="OnlyCrashConsistent"),
    daily(tieringPolicy=archive("DoNotTier")),
    daily(tieringPolicy={}),
    daily(tieringPolicy=archive("TierAfter", 3, "Months"), monthly=by_week(SUNDAY, ["Last"], 9, "Months")),
    daily(tieringPolicy=archive("TierAfter", 1, "Years"), yearly=by_date([1], 2, "Years", ["May"])),
    daily(tieringPolicy=archive("TierRecommended"), monthly=by_week(SUNDAY, ["Last"], 9, "Months")),
    weekly(SUNDAY),
    weekly(["Sunday", "Wednesday"], monthly=by_week(SUNDAY, ["Third"], 12, "Months")),
    weekly(SUNDAY, instantRpRetentionRangeInDays=5),
    weekly(SUNDAY, kind="V2", instantRpRetentionRangeInDays=30),
    hourly("00:00", 4, 4),
    hourly("19:30", 12, 12),
    hourly("08:00", 4, 24),
    hourly("08:00", 6, 18),
    hourly("08:00", 8, 16, monthly=MONTHLY),
]


@pytest.mark.parametrize("body", ACCEPTED)
def test_accepted(body: Body) -> None:
    assert refusal(body) is None


FORMAT, SHAPE = "BMSUserErrorInvalidPolicyInput", "UserErrorInvalidRequestParameter"
INSTANT, EXCEEDS = "BMSUserErrorPolicyRetentionInvalid", "BMSUserErrorInstantRPRetentionExceedsVaultedRetention"
V1_TIMES, DAILY_TIER = "schedulePolicy.scheduleRunTimes", "retentionPolicy.dailySchedule"
REFUSED: list[tuple[Body, str]] = [
    (changed(daily(), "schedulePolicy", None), FORMAT),
    (changed(daily(), "retentionPolicy", None), FORMAT),
    (changed(daily(), "schedulePolicy", ["daily"]), FORMAT),
    (changed(daily(), "retentionPolicy", "long"), FORMAT),
    (changed(daily(), "schedulePolicy.schedulePolicyType", None), SHAPE),
    (changed(daily(), "schedulePolicy.schedulePolicyType", "LogSchedulePolicy"), SHAPE),
    (changed(daily(), "retentionPolicy.retentionPolicyType", "SimpleRetentionPolicy"), SHAPE),
    (changed(daily(), "schedulePolicy.scheduleRunFrequency", "Hourly"), FORMAT),
    (changed(daily(), "schedulePolicy.scheduleRunFrequency", "Monthly"), FORMAT),
    (changed(daily(), "policyType", "V2"), FORMAT),
    (changed(daily(kind="V2"), "policyType", None), FORMAT),
    (changed(daily(kind="V2"), "schedulePolicy.dailySchedule", None), FORMAT),
    (changed(daily(), V1_TIMES, []), FORMAT),
    (changed(daily(), V1_TIMES, [at("03:30"), at("15:30")]), FORMAT),
    (changed(daily(), V1_TIMES, ["half past three"]), FORMAT),
    (daily("03:15"), FORMAT),
    (daily("03:31"), FORMAT),
    (changed(daily(), V1_TIMES, ["2026-01-05T03:30:01Z"]), FORMAT),
    (changed(daily(), f"{DAILY_TIER}.retentionTimes", [at("04:00")]), FORMAT),
    (changed(daily(), f"{DAILY_TIER}.retentionTimes", None), FORMAT),
    (changed(daily(), DAILY_TIER, None), FORMAT),
    (daily(daily=None, weekly=on_days(SUNDAY, 4)), FORMAT),
    (daily(daily=by_day(6)), FORMAT),
    (daily(daily=by_day(10000)), FORMAT),
    (changed(daily(), f"{DAILY_TIER}.retentionDuration.count", "30"), FORMAT),
    (changed(daily(), f"{DAILY_TIER}.retentionDuration.durationType", "Weeks"), FORMAT),
    (changed(daily(), f"{DAILY_TIER}.retentionDuration", None), FORMAT),
    (daily(weekly=on_days(SUNDAY, 0)), FORMAT),
    (daily(weekly=on_days(SUNDAY, 5164)), FORMAT),
    (daily(weekly=on_days([], 4)), FORMAT),
    (daily(weekly=on_days(["Sonntag"], 4)), FORMAT),
    (daily(monthly=by_week(SUNDAY, ["Last"], 0, "Months")), FORMAT),
    (daily(monthly=by_week(SUNDAY, ["Last"], 1189, "Months")), FORMAT),
    (daily(monthly=by_week(SUNDAY, ["Fifth"], 12, "Months")), FORMAT),
    (daily(monthly=by_week(SUNDAY, [], 12, "Months")), FORMAT),
    (daily(monthly=by_week([], ["Last"], 12, "Months")), FORMAT),
    (daily(monthly=by_date([0], 12, "Months")), FORMAT),
    (daily(monthly=by_date([29], 12, "Months")), FORMAT),
    (daily(monthly=by_date([], 12, "Months")), FORMAT),
    (changed(daily(monthly=MONTHLY), "retentionPolicy.monthlySchedule.retentionScheduleFormatType", None), FORMAT),
    (daily(yearly=by_week(SUNDAY, ["First"], 10, "Years")), FORMAT),
    (daily(yearly=by_week(SUNDAY, ["First"], 0, "Years", ["May"])), FORMAT),
    (daily(yearly=by_week(SUNDAY, ["First"], 100, "Years", ["May"])), FORMAT),
    (daily(yearly=by_week(SUNDAY, ["First"], 10, "Years", ["Mai"])), FORMAT),
    (weekly([]), FORMAT),
    (weekly(SUNDAY, daily=by_day()), FORMAT),
    (weekly(SUNDAY, weekly=None), FORMAT),
    (weekly(SUNDAY, weekly=on_days(["Monday"], 12)), FORMAT),
    (weekly(["Sunday", "Monday"], weekly=on_days(SUNDAY, 12)), FORMAT),
    (weekly(SUNDAY, monthly=by_week(["Sunday", "Monday"], ["Last"], 12, "Months")), FORMAT),
    (weekly(SUNDAY, monthly=by_date([1], 12, "Months")), FORMAT),
    (weekly(SUNDAY, yearly=by_date([1], 12, "Years", ["May"])), FORMAT),
    (daily(instantRpRetentionRangeInDays=0), INSTANT),
    (daily(instantRpRetentionRangeInDays=6), INSTANT),
    (daily(kind="V2", instantRpRetentionRangeInDays=31), INSTANT),
    (weekly(SUNDAY, instantRpRetentionRangeInDays=4), INSTANT),
    (daily(kind="V2", instantRpRetentionRangeInDays=8, daily=by_day(7)), EXCEEDS),
    (hourly("08:00", 5, 10), FORMAT),
    (hourly("08:00", 4, 0), FORMAT),
    (hourly("08:00", 4, 23), FORMAT),
    (hourly("08:00", 4, 28), FORMAT),
    (hourly("20:00", 4, 4), FORMAT),
    (hourly("08:15", 4, 4), FORMAT),
    (hourly(daily=None), FORMAT),
    (daily(timeZone="Asia/Shanghai"), FORMAT),
    (daily(timeZone=""), FORMAT),
    (daily(snapshotConsistencyType="OnlyCrashConsistent"), FORMAT),
    (daily(kind="V2", snapshotConsistencyType="AppConsistent"), FORMAT),
    (daily(tieringPolicy=archive("TierAfter", 2, "Months"), monthly=MONTHLY), FORMAT),
    (daily(tieringPolicy=archive("TierAfter", 3, "Days"), monthly=MONTHLY), FORMAT),
    (daily(tieringPolicy=archive("TierAfter", 3, "Months")), FORMAT),
    (
        daily(tieringPolicy=archive("TierAfter", 3, "Months"), monthly=by_week(SUNDAY, ["Last"], 8, "Months")),
        FORMAT,
    ),
    (
        daily(tieringPolicy=archive("TierAfter", 1, "Years"), yearly=by_date([1], 1, "Years", ["May"])),
        FORMAT,
    ),
    (daily(tieringPolicy=archive("TierRecommended", 3, "Months"), monthly=MONTHLY), FORMAT),
    (daily(tieringPolicy=archive("TierRecommended"), monthly=by_week(SUNDAY, ["Last"], 8, "Months")), FORMAT),
    (daily(tieringPolicy=archive("Always"), monthly=MONTHLY), FORMAT),
]


@pytest.mark.parametrize(("body", "expected"), REFUSED)
def test_refused(body: Body, expected: str) -> None:
    assert refusal(body) == expected


def test_a_part_that_is_not_modelled_is_named() -> None:
    with pytest.raises(wire.WireError, match="501 NotModelled.*the policy's colour"):
        policy_rules.check(daily(colour="blue"))


def test_what_the_service_adds() -> None:
    def added(body: Body) -> Body:
        stored = policy_rules.completed(body)
        return {key: value for key, value in stored.items() if body.get(key) != value and key != "schedulePolicy"}

    def with_days(days: int, **more: t.Any) -> Body:
        return {"instantRPDetails": {}, "instantRpRetentionRangeInDays": days, **more}

    assert added(daily()) == with_days(2)
    assert added(weekly(SUNDAY)) == with_days(5)
    assert added(daily(kind="V2")) == with_days(7, tieringPolicy=archive("DoNotTier"))
    assert added(daily(instantRpRetentionRangeInDays=3, instantRPDetails={"azureBackupRGNamePrefix": "snap"})) == {}
    assert policy_rules.completed(daily())["schedulePolicy"]["scheduleWeeklyFrequency"] == 0
    assert "scheduleWeeklyFrequency" not in policy_rules.completed(daily(kind="V2"))["schedulePolicy"]


def paths(body: t.Any, path: tuple[t.Any, ...] = ()) -> t.Iterator[tuple[t.Any, ...]]:
    """Every place in a body, as keys and indexes."""
    if path:
        yield path
    for key, part in body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ():
        yield from paths(part, (*path, key))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["Weekly", "V2", at("03:30")]),
    lambda parts: st.lists(parts, max_size=2) | st.dictionaries(st.text(max_size=5), parts, max_size=2),
    max_leaves=3,
)
MONDAY = dt.datetime(2026, 1, 5, 12, tzinfo=dt.timezone.utc)


@given(st.sampled_from(ACCEPTED), st.data(), JSON)
@example(daily(), None, None)
def test_whatever_is_sent_is_refused_or_can_be_run(body: Body, data: t.Any, value: object) -> None:
    body = copy.deepcopy(body)
    if data is not None:
        *keys, last = data.draw(st.sampled_from(list(paths(body))))
        part: t.Any = body
        for key in keys:
            part = part[key]
        part[last] = value
    try:
        policy_rules.check(body)
    except wire.WireError as error:
        assert error.status in (400, 501)
        return
    stored = policy_rules.completed(body)
    week = dt.timedelta(days=8)
    runs = schedule.runs(entities.Policy("p", stored), MONDAY, MONDAY + week)
    assert runs
    rules = retention.Retention(stored)
    for when in runs:
        point = entities.RecoveryPoint("1", when, "", "")
        assert rules.tiers(point) and rules.expires_at(point) > when
        assert rules.places(point, when) == ("InstantRP", "HardenedRP")
