# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime as dt
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import entities, schedule
from ansible_collections.cloudkeep.azure_backup.tests.support.rules import Cloud

MONDAY = dt.datetime(2026, 1, 5, 8, tzinfo=dt.timezone.utc)


def policy(zone: str = "UTC", **parts: t.Any) -> entities.Policy:
    kind = {"schedulePolicyType": "SimpleSchedulePolicy", **parts}
    return entities.Policy("p", {"schedulePolicy": kind, "timeZone": zone})


def daily(time: str, zone: str = "UTC") -> entities.Policy:
    return policy(zone, scheduleRunFrequency="Daily", scheduleRunTimes=[f"2017-10-19T{time}:00Z"])


def texts(chosen: entities.Policy, hours: float) -> list[str]:
    found = schedule.runs(chosen, MONDAY, MONDAY + dt.timedelta(hours=hours))
    return [when.strftime("%a %H:%M") for when in found]


V2 = {"schedulePolicyType": "SimpleSchedulePolicyV2"}
TABLE: list[tuple[entities.Policy, float, list[str]]] = [
    (daily("17:00"), 24, ["Mon 17:00"]),
    (daily("08:00"), 24, ["Tue 08:00"]),
    (daily("17:00"), 8.9, []),
    (daily("17:00"), 9, ["Mon 17:00"]),
    (daily("17:30"), 72, ["Mon 17:30", "Tue 17:30", "Wed 17:30"]),
    (daily("17:00", "India Standard Time"), 24, ["Mon 11:30"]),
    (daily("20:00", "Pacific Standard Time"), 24, ["Tue 04:00"]),
    (daily("09:00", "W. Europe Standard Time"), 24, ["Tue 08:00"]),
    (daily("03:00", "China Standard Time"), 24, ["Mon 19:00"]),
    (daily("17:00", "Nowhere Standard Time"), 24, ["Mon 17:00"]),
    (
        policy(
            scheduleRunFrequency="Weekly",
            scheduleRunDays=["Wednesday", "Sunday"],
            scheduleRunTimes=["2017-10-19T03:00:00Z"],
        ),
        24 * 8,
        ["Wed 03:00", "Sun 03:00"],
    ),
    (
        policy(**V2, scheduleRunFrequency="Daily", dailySchedule={"scheduleRunTimes": ["2025-10-29T03:00:00Z"]}),
        48,
        ["Tue 03:00", "Wed 03:00"],
    ),
    (
        policy(
            **V2,
            scheduleRunFrequency="Hourly",
            hourlySchedule={
                "interval": 4,
                "scheduleWindowStartTime": "2026-10-01T08:00:00Z",
                "scheduleWindowDuration": 12,
            },
        ),
        24,
        ["Mon 12:00", "Mon 16:00", "Tue 08:00"],
    ),
    (
        policy(
            **V2,
            scheduleRunFrequency="Hourly",
            hourlySchedule={
                "interval": 12,
                "scheduleWindowStartTime": "2026-10-01T19:30:00Z",
                "scheduleWindowDuration": 24,
            },
        ),
        24,
        ["Mon 19:30", "Tue 07:30"],
    ),
    (
        policy(
            **V2,
            scheduleRunFrequency="Weekly",
            weeklySchedule={"scheduleRunDays": ["Tuesday"], "scheduleRunTimes": ["2025-10-29T03:00:00Z"]},
        ),
        48,
        ["Tue 03:00"],
    ),
    (entities.Policy("sql", {"subProtectionPolicy": []}), 48, []),
]


@pytest.mark.parametrize(("chosen", "hours", "expected"), TABLE)
def test_times(chosen: entities.Policy, hours: float, expected: list[str]) -> None:
    assert texts(chosen, hours) == expected


def test_a_time_that_the_clock_jumps_over_is_run_at_the_jump_and_one_that_comes_twice_once() -> None:
    chosen = daily("02:30", "Eastern Standard Time")

    def around(month: int, day: int) -> list[str]:
        noon = dt.datetime(2026, month, day, 17, tzinfo=dt.timezone.utc)
        return [when.strftime("%d %H:%M") for when in schedule.runs(chosen, noon, noon + dt.timedelta(days=3))]

    assert around(3, 6) == ["07 07:30", "08 07:00", "09 06:30"]
    assert around(10, 31) == ["01 07:30", "02 07:30", "03 07:30"]
    chosen = daily("01:30", "Eastern Standard Time")
    assert around(10, 31) == ["01 05:30", "02 06:30", "03 06:30"]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_the_latest_runs(count: int) -> None:
    found = schedule.latest(daily("17:00"), MONDAY, count)
    assert [when.day for when in found] == [31, 1, 2, 3, 4][5 - count :]
    assert schedule.latest(entities.Policy("sql", {"subProtectionPolicy": []}), MONDAY, count) == []
    sunday = policy(
        scheduleRunFrequency="Weekly", scheduleRunDays=["Sunday"], scheduleRunTimes=["2017-10-19T03:00:00Z"]
    )
    assert len(schedule.latest(sunday, MONDAY, count)) == count


@given(st.lists(st.integers(1, 60), min_size=1, max_size=20))
def test_many_small_jumps_start_what_one_large_one_does(hours: list[int]) -> None:
    chosen, now, pieces = daily("17:00", "Tokyo Standard Time"), MONDAY, []
    for jump in hours:
        pieces += schedule.runs(chosen, now, now + dt.timedelta(hours=jump))
        now += dt.timedelta(hours=jump)
    assert pieces == schedule.runs(chosen, MONDAY, now)


@pytest.mark.parametrize("profile", ["fast", "polls"])
def test_a_jump_of_three_days_makes_three_backups(profile: str) -> None:
    cloud = Cloud(profile=profile)
    vault = cloud.vault("rg-shop-weu", "westeurope")
    item = cloud.protect(vault, cloud.machine("web-02"))
    cloud.clock.advance(3 * 86400)
    jobs = [job["properties"] for job in cloud.values(f"{vault}/backupJobs", "operation eq 'Backup'")]
    assert [job["startTime"][:13] for job in jobs] == ["2026-01-07T17", "2026-01-06T17", "2026-01-05T17"]
    assert {job["status"] for job in jobs} == {"Completed"}
    assert len({job["activityId"] for job in jobs}) == 3
    assert len(cloud.values(f"{item}/recoveryPoints")) == 3
    assert cloud.get(item).body["properties"]["protectionState"] == "Protected"


def test_what_is_stopped_or_deleted_is_not_backed_up() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-shop-weu", "westeurope")
    cloud.protect(vault, cloud.machine("web-02"))
    cloud.settle(cloud.put_item(vault, cloud.machine("web-02"), protectionState="ProtectionStopped"))
    cloud.settle(cloud.send("DELETE", cloud.protect(vault, cloud.machine("shop-db-01"))))
    cloud.clock.advance(2 * 86400)
    assert cloud.values(f"{vault}/backupJobs", "operation eq 'Backup'") == []
