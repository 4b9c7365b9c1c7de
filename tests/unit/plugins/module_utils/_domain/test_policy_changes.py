# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read, change, write: what a task does not name stays, and what keeps less is told."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import (
    policy_bodies,
    policy_changes,
    policy_options,
)
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.models import Policy
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import BackupError, InvalidInput
from ansible_collections.cloudkeep.azure_backup.tests.support import wire_policies as wire

SUNDAYS = wire.by_week(["Sunday"], ["Last"], 24, "Months")


def stored(body: wire.Body, items: int = 3) -> Policy:
    properties = {**body, "protectedItemsCount": items}
    return Policy.from_wire({"id": "V/backupPolicies/Kept", "name": "Kept", "properties": properties})


def plan(current: Policy | None, **options: t.Any) -> policy_changes.PolicyPlan:
    return policy_changes.plan(current, policy_options.read(options, lambda text: text))


FULL = wire.daily(
    "03:30",
    kind="V2",
    daily=wire.by_day(30),
    weekly=wire.on_days(["Sunday", "Monday"], 12),
    monthly=SUNDAYS,
    yearly=wire.by_date([1, 15], 7, "Years", ["January", "July"], last=True),
    instantRpRetentionRangeInDays=7,
    instantRPDetails={"azureBackupRGNamePrefix": "rg-", "azureBackupRGNameSuffix": "-x"},
    tieringPolicy=wire.archive("TierAfter", 3, "Months"),
    snapshotConsistencyType="OnlyCrashConsistent",
    timeZone="China Standard Time",
    futureSetting={"kept": [1, 2]},
)


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        ({"retention": {"daily": {"days": 31}}}, {"retentionPolicy"}),
        ({"retention": {"weekly": {"weeks": 13}}}, {"retentionPolicy"}),
        ({"retention": {"monthly": {"days": ["Saturday"]}}}, {"retentionPolicy"}),
        ({"retention": {"yearly": {"state": "absent"}}}, {"retentionPolicy"}),
        ({"schedule": {"time": "04:00"}}, {"schedulePolicy", "retentionPolicy"}),
        ({"instant_restore_days": 8}, {"instantRpRetentionRangeInDays"}),
        ({"instant_restore_resource_group": {"suffix": "-y"}}, {"instantRPDetails"}),
        ({"archive": {"mode": "never"}}, {"tieringPolicy"}),
        ({"snapshot_consistency": "application"}, {"snapshotConsistencyType"}),
        ({"time_zone": "UTC"}, {"timeZone"}),
    ],
)
def test_a_change_leaves_all_else_in_the_body_as_it_was(options: dict[str, t.Any], changed: set[str]) -> None:
    sent = plan(stored(FULL), **options).properties
    assert {key for key in FULL.keys() | sent.keys() if FULL.get(key) != sent.get(key)} == changed


def test_a_new_time_is_the_time_of_every_tier() -> None:
    """The service refuses a policy whose times differ."""
    sent = plan(stored(FULL), schedule={"time": "04:00"}).properties
    (time,) = sent["schedulePolicy"]["dailySchedule"]["scheduleRunTimes"]
    assert time.endswith("T04:00:00Z")
    tiers = [tier for tier in sent["retentionPolicy"].values() if isinstance(tier, dict)]
    assert len(tiers) == 4 and all(tier["retentionTimes"] == [time] for tier in tiers)


def test_an_unchanged_time_is_sent_as_it_was_stored() -> None:
    sent = plan(stored(FULL), retention={"daily": {"days": 31}}).properties
    assert sent["retentionPolicy"]["dailySchedule"]["retentionTimes"] == [wire.at("03:30")]


def test_the_count_of_items_is_not_sent() -> None:
    assert "protectedItemsCount" not in plan(stored(FULL), retention={"daily": {"days": 31}}).properties


@pytest.mark.parametrize(
    ("options", "tier"),
    [
        ({"days_of_month": [5]}, {"months": 24, "days_of_month": [5], "last_day": False}),
        ({"last_day": True}, {"months": 24, "days_of_month": [], "last_day": True}),
        ({"last_day": False}, {"months": 24, "days": ["Sunday"], "weeks_of_month": ["Last"]}),
        ({"weeks_of_month": ["First"]}, {"months": 24, "days": ["Sunday"], "weeks_of_month": ["First"]}),
    ],
)
def test_a_choice_by_date_replaces_one_by_week(options: dict[str, t.Any], tier: dict[str, t.Any]) -> None:
    after = plan(stored(FULL), retention={"monthly": options}).after
    assert policy_options.definition(after)["retention"]["monthly"] == tier


def test_a_choice_by_week_replaces_one_by_date() -> None:
    chosen = {"weeks_of_month": ["First"], "days": ["Monday"]}
    sent = plan(stored(FULL), retention={"yearly": chosen}).properties["retentionPolicy"]["yearlySchedule"]
    assert sent["retentionScheduleFormatType"] == "Weekly" and "retentionScheduleDaily" not in sent
    assert sent["retentionScheduleWeekly"] == {"daysOfTheWeek": ["Monday"], "weeksOfTheMonth": ["First"]}
    assert sent["monthsOfYear"] == ["January", "July"]


def test_the_last_day_can_be_taken_away_and_the_dates_stay() -> None:
    sent = plan(stored(FULL), retention={"yearly": {"last_day": False}}).properties["retentionPolicy"]
    days = sent["yearlySchedule"]["retentionScheduleDaily"]["daysOfTheMonth"]
    assert days == [{"date": 1, "isLast": False}, {"date": 15, "isLast": False}]


def test_another_day_of_a_weekly_schedule_is_another_day_of_its_tier() -> None:
    sent = plan(stored(wire.weekly(["Sunday"])), schedule={"days": ["Monday", "Sunday"]}).properties
    assert sent["schedulePolicy"]["scheduleRunDays"] == ["Sunday", "Monday"]
    assert sent["retentionPolicy"]["weeklySchedule"]["daysOfTheWeek"] == ["Sunday", "Monday"]


def test_a_schedule_changes_its_kind_only_with_what_that_needs() -> None:
    current = stored(wire.daily())
    with pytest.raises(InvalidInput, match="retention.daily.days: .*state: absent"):
        plan(current, schedule={"frequency": "weekly", "days": ["Sunday"]}, retention={"weekly": {"weeks": 3}})
    options = {
        "schedule": {"frequency": "weekly", "days": ["Sunday"]},
        "retention": {"weekly": {"weeks": 3}, "daily": {"state": "absent"}},
        "instant_restore_days": 5,
    }
    sent = plan(current, **options).properties
    assert sent["schedulePolicy"] == {
        "schedulePolicyType": "SimpleSchedulePolicy",
        "scheduleRunFrequency": "Weekly",
        "scheduleRunTimes": [wire.at("03:30")],
        "scheduleRunDays": ["Sunday"],
    }
    assert set(sent["retentionPolicy"]) == {"retentionPolicyType", "weeklySchedule"}
    back = {"schedule": {"frequency": "daily"}, "retention": {"daily": {"days": 30}}}
    assert plan(stored(sent), **back).properties["schedulePolicy"] == {
        "schedulePolicyType": "SimpleSchedulePolicy",
        "scheduleRunFrequency": "Daily",
        "scheduleRunTimes": [wire.at("03:30")],
    }


def test_a_standard_policy_becomes_an_enhanced_one_only_when_asked() -> None:
    current = stored(wire.daily())
    assert not plan(current).changed and not plan(current, policy_type="standard").changed
    asked = plan(current, policy_type="enhanced")
    assert asked.becomes_enhanced and asked.properties["policyType"] == "V2"
    assert asked.properties["schedulePolicy"] == {
        "schedulePolicyType": "SimpleSchedulePolicyV2",
        "scheduleRunFrequency": "Daily",
        "dailySchedule": {"scheduleRunTimes": [wire.at("03:30")]},
    }
    hourly = plan(current, policy_type="enhanced", schedule={"frequency": "hourly"})
    assert hourly.properties["schedulePolicy"]["hourlySchedule"] == {
        "interval": 4,
        "scheduleWindowStartTime": "2020-01-01T08:00:00Z",
        "scheduleWindowDuration": 24,
    }
    with pytest.raises(InvalidInput, match="policy_type"):
        plan(current, schedule={"frequency": "hourly"})
    assert not plan(stored(FULL), policy_type="V2").becomes_enhanced
    assert not plan(
        None, policy_type="V2", schedule={"time": "01:00"}, retention={"daily": {"days": 9}}
    ).becomes_enhanced


def test_an_enhanced_policy_never_becomes_a_standard_one() -> None:
    with pytest.raises(BackupError) as caught:
        plan(stored(FULL), policy_type="standard")
    assert caught.value.code == "PolicyTypeCannotChange"


@pytest.mark.parametrize(
    ("options", "tiers"),
    [
        ({"retention": {"daily": {"days": 29}}}, ["daily"]),
        ({"retention": {"daily": {"days": 31}}}, []),
        ({"retention": {"weekly": {"weeks": 11}}}, ["weekly"]),
        ({"retention": {"weekly": {"days": ["Sunday"]}}}, ["weekly"]),
        ({"retention": {"weekly": {"days": ["Sunday", "Monday", "Friday"]}}}, []),
        ({"retention": {"monthly": {"state": "absent"}}}, ["monthly"]),
        ({"retention": {"monthly": {"weeks_of_month": ["First"]}}}, ["monthly"]),
        ({"retention": {"monthly": {"days_of_month": [1]}}}, ["monthly"]),
        ({"retention": {"yearly": {"months": ["January"]}}}, ["yearly"]),
        ({"retention": {"yearly": {"days_of_month": [1, 15, 16]}}}, []),
        ({"retention": {"yearly": {"days_of_month": [1]}}}, ["yearly"]),
        ({"retention": {"yearly": {"last_day": False}}}, ["yearly"]),
        ({"instant_restore_days": 6}, ["instant"]),
        ({"instant_restore_days": 8}, []),
        ({"retention": {"daily": {"days": 9}, "weekly": {"weeks": 1}}}, ["daily", "weekly"]),
        ({"schedule": {"time": "04:00"}}, []),
    ],
)
def test_what_keeps_less_is_told(options: dict[str, t.Any], tiers: list[str]) -> None:
    made = plan(stored(FULL), **options)
    assert made.changed
    assert [cut["tier"] for cut in made.shortened()] == tiers


def test_a_cut_is_told_in_words() -> None:
    made = plan(stored(FULL), retention={"monthly": {"months": 12}, "yearly": {"state": "absent"}})
    assert made.shortened() == [
        {"tier": "monthly", "before": "24 months, Last Sunday", "after": "12 months, Last Sunday"},
        {"tier": "yearly", "before": "7 years, 1 15 last day, of January July", "after": "none"},
    ]
    assert plan(stored(FULL), instant_restore_days=1).shortened() == [
        {"tier": "instant", "before": "7 days", "after": "1 days"}
    ]


def test_a_new_policy_shortens_nothing_and_reaches_nobody() -> None:
    made = plan(None, schedule={"time": "01:00"}, retention={"daily": {"days": 9}})
    assert made.shortened() == [] and made.reach == 0
    assert "reaches_protected_items" not in made.diff()[1]


def test_a_daily_schedule_has_nothing_left_of_an_hourly_one() -> None:
    current = stored(wire.hourly("08:00", 4, 12, daily=wire.by_day(30), instantRpRetentionRangeInDays=3))
    after = plan(current, schedule={"frequency": "daily", "time": "01:00"}).after
    assert (after.interval_hours, after.window_hours, after.time) == (None, None, "01:00")
    kept = plan(current, schedule={"interval_hours": 6}).after
    assert (kept.interval_hours, kept.window_hours, kept.time) == (6, 12, "08:00")


@pytest.mark.parametrize(("option", "value"), [("window_start", "10:00"), ("interval_hours", 6), ("window_hours", 12)])
@pytest.mark.parametrize("exists", [True, False])
def test_an_option_of_hourly_schedules_makes_no_other_policy_of_a_task_without_frequency(
    exists: bool, option: str, value: str | int
) -> None:
    """It would be left out of what is written, and so be a change in every run."""
    current = stored(wire.daily("08:00", daily=wire.by_day(30))) if exists else None
    schedule = {option: value} if exists or option == "window_start" else {"time": "08:00", option: value}
    with pytest.raises(InvalidInput, match=f"schedule.{option}: .*only with schedule.frequency hourly"):
        plan(current, schedule=schedule, retention={"daily": {"days": 30}})


def test_the_time_of_a_daily_schedule_does_not_move_a_window() -> None:
    current = stored(wire.hourly("08:00", 4, 12, daily=wire.by_day(30)))
    with pytest.raises(InvalidInput, match="schedule.time: '10:00'.*use schedule.window_start"):
        plan(current, schedule={"time": "10:00"})
    assert plan(current, schedule={"window_start": "10:00"}).after.time == "10:00"


def test_the_diff_tells_how_many_items_a_change_reaches() -> None:
    before, after = plan(stored(FULL, 41), retention={"daily": {"days": 31}}).diff()
    assert after.pop("reaches_protected_items") == 41
    assert before["retention"]["daily"] == {"days": 30}
    assert after == {**before, "retention": {**before["retention"], "daily": {"days": 31}}}
    before, after = plan(stored(FULL, 41)).diff()
    assert before == after


@pytest.mark.parametrize(
    ("options", "days"),
    [
        ({"retention": {"daily": {"days": 30}}}, 2),
        ({"retention": {"daily": {"days": 7}}, "policy_type": "enhanced"}, 6),
        ({"retention": {"daily": {"days": 8}}, "policy_type": "enhanced"}, 7),
        (
            {
                "schedule": {"frequency": "weekly", "time": "01:00", "days": ["Sunday"]},
                "retention": {"weekly": {"weeks": 1}},
            },
            5,
        ),
        (
            {
                "schedule": {"frequency": "weekly", "time": "01:00", "days": ["Sunday"]},
                "retention": {"weekly": {"weeks": 1}},
                "policy_type": "V2",
            },
            7,
        ),
    ],
)
def test_the_default_days_of_instant_restore(options: dict[str, t.Any], days: int) -> None:
    options = {"schedule": {"time": "01:00"}, **options}
    assert plan(None, **options).properties["instantRpRetentionRangeInDays"] == days


def test_an_older_fault_does_not_stop_another_change() -> None:
    """PowerShell has made windows of 23 hours; a task that does not speak of the window is not refused for it."""
    odd = wire.hourly("08:00", 4, 12, daily=wire.by_day(30))
    odd["schedulePolicy"]["hourlySchedule"]["scheduleWindowDuration"] = 23
    assert plan(stored(odd), retention={"daily": {"days": 31}}).changed
    with pytest.raises(InvalidInput, match="schedule.window_hours: 22"):
        plan(stored(odd), schedule={"window_hours": 22})


def test_a_body_of_2017_gets_only_what_is_asked_for() -> None:
    old = {
        "backupManagementType": "AzureIaasVM",
        "schedulePolicy": {
            "schedulePolicyType": "SimpleSchedulePolicy",
            "scheduleRunFrequency": "Daily",
            "scheduleRunTimes": ["2017-10-19T17:00:00Z"],
            "scheduleWeeklyFrequency": 0,
        },
        "retentionPolicy": {
            "retentionPolicyType": "LongTermRetentionPolicy",
            "dailySchedule": {
                "retentionTimes": ["2017-10-19T17:00:00Z"],
                "retentionDuration": {"count": 30, "durationType": "Days"},
            },
        },
    }
    sent = plan(stored(old), retention={"daily": {"days": 31}}).properties
    assert set(sent) == {*old, "timeZone"}
    assert sent["schedulePolicy"] == old["schedulePolicy"]


@pytest.mark.parametrize(
    ("body", "too_many"),
    [
        (wire.daily(daily=wire.by_day(9999)), False),
        (wire.daily(daily=wire.by_day(9999), instantRpRetentionRangeInDays=1), True),
        (wire.daily(daily=wire.by_day(9999), weekly=wire.on_days(["Sunday"], 5163)), True),
        (wire.daily(daily=wire.by_day(9000), monthly=wire.by_date([1, 2, 3], 400, "Months")), True),
        (
            wire.daily(
                daily=wire.by_day(9000),
                monthly=wire.by_week(
                    ["Sunday", "Monday", "Friday"], ["First", "Second", "Third", "Last"], 100, "Months"
                ),
            ),
            True,
        ),
        (wire.daily(daily=wire.by_day(9000), monthly=wire.by_date([1, 2, 3], 300, "Months")), False),
        (wire.hourly(interval=4, window=24, daily=wire.by_day(9900), instantRpRetentionRangeInDays=30), True),
        (wire.hourly(interval=4, window=24, daily=wire.by_day(9999)), False),
        (FULL, False),
    ],
)
def test_what_may_be_too_many_is_never_missed(body: wire.Body, too_many: bool) -> None:
    assert policy_changes.may_be_too_many(policy_bodies.read(body)) is too_many
