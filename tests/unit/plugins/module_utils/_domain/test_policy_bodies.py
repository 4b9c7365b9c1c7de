# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bodies of policies, from 2017 to today: read, they are options that change nothing, and are written as they were."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import (
    policy_bodies,
    policy_changes,
    policy_options,
    policy_rules,
)
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.models import Policy
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.policies import Archive, Terms, Tier
from ansible_collections.cloudkeep.azure_backup.tests.support import stored_policies
from ansible_collections.cloudkeep.azure_backup.tests.support import wire_policies as wire

BODIES = stored_policies.BODIES


def as_options(definition: dict[str, t.Any]) -> Terms:
    return policy_options.read(definition, lambda text: text)


@pytest.mark.parametrize("name", BODIES)
def test_a_stored_policy_read_and_applied_again_is_unchanged(name: str) -> None:
    properties = BODIES[name]
    current = Policy.from_wire({"id": "V/backupPolicies/x", "name": "x", "properties": properties})
    wanted = as_options(policy_options.definition(policy_bodies.read(properties)))
    policy_rules.check(wanted)
    plan = policy_changes.plan(current, wanted)
    assert not plan.changed
    before, after = plan.diff()
    assert before == after


@pytest.mark.parametrize("name", BODIES)
def test_a_stored_policy_written_again_says_the_same(name: str) -> None:
    terms = policy_bodies.read(BODIES[name])
    sent = policy_bodies.written(terms, BODIES[name])
    assert policy_bodies.read(sent) == terms
    kept = {key: value for key, value in BODIES[name].items() if key != "protectedItemsCount"}
    # Only what the service assumes anyway may be added.
    assert {key: sent[key] for key in sent.keys() - kept.keys()} in ({}, {"timeZone": "UTC"})
    assert sent["schedulePolicy"] == kept["schedulePolicy"]


@pytest.mark.parametrize("name", BODIES)
def test_a_stored_policy_made_anew_elsewhere_says_the_same(name: str) -> None:
    terms = policy_bodies.read(BODIES[name])
    made = policy_changes.plan(None, as_options(policy_options.definition(terms)))
    again = policy_bodies.read(made.properties)
    if terms.instant_restore_days is None:
        assert again.instant_restore_days == terms.default_instant_days
    else:
        assert again == terms


def test_what_the_portals_example_is_on_the_wire() -> None:
    options = {
        "schedule": {"frequency": "daily", "time": "22:30"},
        "time_zone": "China Standard Time",
        "retention": {
            "daily": {"days": 30},
            "weekly": {"weeks": 104, "days": ["Sunday"]},
            "monthly": {"months": 120, "weeks_of_month": ["Last"], "days": ["Sunday"]},
            "yearly": {"years": 99, "months": ["January"], "weeks_of_month": ["First"], "days": ["Sunday"]},
        },
    }
    time = "2020-01-01T22:30:00Z"
    assert policy_changes.plan(None, as_options(options)).properties == {
        "backupManagementType": "AzureIaasVM",
        "policyType": "V1",
        "instantRPDetails": {},
        "schedulePolicy": {
            "schedulePolicyType": "SimpleSchedulePolicy",
            "scheduleRunFrequency": "Daily",
            "scheduleRunTimes": [time],
        },
        "retentionPolicy": {
            "retentionPolicyType": "LongTermRetentionPolicy",
            "dailySchedule": {"retentionTimes": [time], "retentionDuration": {"count": 30, "durationType": "Days"}},
            "weeklySchedule": {
                "daysOfTheWeek": ["Sunday"],
                "retentionTimes": [time],
                "retentionDuration": {"count": 104, "durationType": "Weeks"},
            },
            "monthlySchedule": {
                "retentionScheduleFormatType": "Weekly",
                "retentionScheduleWeekly": {"daysOfTheWeek": ["Sunday"], "weeksOfTheMonth": ["Last"]},
                "retentionTimes": [time],
                "retentionDuration": {"count": 120, "durationType": "Months"},
            },
            "yearlySchedule": {
                "retentionScheduleFormatType": "Weekly",
                "monthsOfYear": ["January"],
                "retentionScheduleWeekly": {"daysOfTheWeek": ["Sunday"], "weeksOfTheMonth": ["First"]},
                "retentionTimes": [time],
                "retentionDuration": {"count": 99, "durationType": "Years"},
            },
        },
        "instantRpRetentionRangeInDays": 2,
        "timeZone": "China Standard Time",
    }


@pytest.mark.parametrize(
    ("archive", "body"),
    [
        (Archive("never"), {"tieringMode": "DoNotTier", "duration": 0, "durationType": "Invalid"}),
        (Archive("recommended"), {"tieringMode": "TierRecommended", "duration": 0, "durationType": "Invalid"}),
        (Archive("after", 3, "months"), {"tieringMode": "TierAfter", "duration": 3, "durationType": "Months"}),
        (Archive("after", 2, "years"), {"tieringMode": "TierAfter", "duration": 2, "durationType": "Years"}),
    ],
)
def test_the_archive_on_the_wire(archive: Archive, body: dict[str, t.Any]) -> None:
    onto = wire.daily(tieringPolicy=wire.archive("TierAfter", 9, "Months"))
    terms = Terms(frequency="daily", time="03:30", tiers={"daily": Tier(30)}, archive=archive)
    sent = policy_bodies.written(terms, onto)
    assert sent["tieringPolicy"] == {"ArchivedRP": body}
    assert policy_bodies.read(sent).archive == archive


def test_never_is_not_written_where_nothing_was() -> None:
    terms = Terms(frequency="daily", time="03:30", tiers={"daily": Tier(30)}, archive=Archive("never"))
    assert "tieringPolicy" not in policy_bodies.written(terms, {})


@pytest.mark.parametrize(
    ("duration", "count"),
    [
        ({"count": 3, "durationType": "Months"}, 3),
        ({"count": 3, "durationType": "Years"}, 36),
        ({"count": 3, "durationType": "Days"}, None),
        ({}, None),
    ],
)
def test_a_tier_that_is_counted_in_another_unit(duration: dict[str, t.Any], count: int | None) -> None:
    body = wire.daily(monthly={**wire.by_date([1], 1, "Months"), "retentionDuration": duration})
    assert policy_bodies.read(body).tier("monthly").count == count


def test_a_weekly_count_in_days() -> None:
    body = wire.daily(daily={"retentionDuration": {"count": 4, "durationType": "Weeks"}})
    assert policy_bodies.read(body).tier("daily").count == 28


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_settings_of_the_future_are_kept(future: t.Any) -> None:
    body = wire.weekly(["Sunday"], kind="V2")
    body["futureSetting"] = future
    body["schedulePolicy"]["alsoNew"] = future
    body["schedulePolicy"]["weeklySchedule"]["alsoNew"] = future
    body["retentionPolicy"]["alsoNew"] = future
    body["retentionPolicy"]["weeklySchedule"]["alsoNew"] = future
    terms = policy_bodies.read(body)
    sent = policy_bodies.written(terms, body)
    assert sent["futureSetting"] == sent["schedulePolicy"]["alsoNew"] == future
    assert sent["retentionPolicy"]["alsoNew"] == sent["retentionPolicy"]["weeklySchedule"]["alsoNew"] == future
    assert sent["schedulePolicy"]["weeklySchedule"]["alsoNew"] == future


def test_what_has_no_schedule_is_read_as_nothing() -> None:
    terms = policy_bodies.read({"backupManagementType": "AzureIaasVM"})
    assert (terms.frequency, terms.time, terms.tiers) == (None, None, {})
    assert "schedule" not in policy_options.definition(terms)


def test_a_last_day_counts_as_that_whatever_date_is_beside_it() -> None:
    tier = wire.by_date([], 12, "Months")
    days = [{"date": 28, "isLast": True}, {"date": 0, "isLast": False}, {"date": 7, "isLast": False}, {"date": 3}]
    tier["retentionScheduleDaily"]["daysOfTheMonth"] = days
    assert policy_bodies.read(wire.daily(monthly=tier)).tier("monthly") == Tier(12, dates=(3, 7), last_day=True)


def test_years_before_the_archive_are_twelve_months_each() -> None:
    assert [Archive("after", 2, "years").months, Archive("after", 5, "months").months] == [24, 5]
    assert Archive("never").months is None
