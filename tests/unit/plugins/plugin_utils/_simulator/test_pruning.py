# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime as dt
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.tests.support.rules import Cloud
from ansible_collections.cloudkeep.azure_backup.tests.support.wire_policies import (
    Body,
    archive,
    by_day,
    by_week,
    daily,
    hourly,
    on_days,
    weekly,
)

DAY = 86400


class Estate:
    """One machine under one policy."""

    def __init__(self, body: Body, *, profile: str = "fast") -> None:
        self.cloud = Cloud(profile=profile)
        self.vault = self.cloud.vault("rg-shop-weu", "westeurope")
        self.machine = self.cloud.machine("web-02")
        self.put("Kept", body)
        self.item = self.cloud.protect(self.vault, self.machine, "Kept")

    def put(self, name: str, body: Body) -> None:
        answer = self.cloud.send("PUT", f"{self.vault}/backupPolicies/{name}", {"properties": body})
        assert answer.status in (200, 202), answer
        if answer.status == 202:
            self.cloud.settle(answer)

    def forward_to(self, text: str) -> None:
        moment = dt.datetime.fromisoformat(f"{text}+00:00")
        self.cloud.clock.advance((moment - self.cloud.clock.now()).total_seconds())

    def points(self) -> list[Body]:
        """The points, oldest first."""
        return [one["properties"] for one in reversed(self.cloud.values(f"{self.item}/recoveryPoints"))]

    def times(self, form: str = "%m-%d") -> list[str]:
        return [moment(one["recoveryPointTime"]).strftime(form) for one in self.points()]

    def tiers(self) -> list[str]:
        return ["+".join(tier["type"] for tier in one["recoveryPointTierDetails"]) for one in self.points()]


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{text[:19]}+00:00")


def lifetime(point: Body) -> dt.timedelta:
    return moment(point["recoveryPointProperties"]["expiryTime"]) - moment(point["recoveryPointTime"])


def test_daily_points_go_after_their_days() -> None:
    estate = Estate(daily(daily=by_day(7)))
    estate.forward_to("2026-01-13 03:29")
    assert estate.times() == ["01-06", "01-07", "01-08", "01-09", "01-10", "01-11", "01-12"]
    # The oldest one goes at the minute; the new one is there when its backup has ended.
    estate.forward_to("2026-01-13 03:30")
    assert estate.times() == ["01-07", "01-08", "01-09", "01-10", "01-11", "01-12"]
    estate.forward_to("2026-01-13 03:31")
    assert estate.times() == ["01-07", "01-08", "01-09", "01-10", "01-11", "01-12", "01-13"]
    assert estate.cloud.get(estate.item).body["properties"]["extendedInfo"] == {
        "oldestRecoveryPoint": "2026-01-07T03:30:00.0000000Z",
        "recoveryPointCount": 7,
        "policyInconsistent": False,
    }


def test_what_the_tiers_leave_after_a_year() -> None:
    body = daily(
        daily=by_day(7), weekly=on_days(["Sunday"], 4), monthly=by_week(["Sunday"], ["Last"], 12, "Months"),
        tieringPolicy=archive("TierAfter", 3, "Months"),
    )  # fmt: skip
    estate = Estate(body)
    estate.forward_to("2027-01-06 12:00")
    months = ["01-25", "02-22", "03-29", "04-26", "05-31", "06-28", "07-26", "08-30", "09-27", "10-25", "11-29"]
    days = ["12-31", "01-01", "01-02", "01-03", "01-04", "01-05", "01-06"]
    assert estate.times() == [*months, "12-13", "12-20", "12-27", *days]
    tiers = dict(zip(estate.times(), estate.tiers(), strict=True))
    assert tiers["01-25"] == tiers["09-27"] == "ArchivedRP"
    assert tiers["10-25"] == tiers["12-27"] == "HardenedRP"
    assert tiers["01-04"] == "HardenedRP" and tiers["01-06"] == "InstantRP+HardenedRP"


def test_the_last_point_of_a_day_goes_to_the_vault_and_the_others_stay_snapshots() -> None:
    estate = Estate(hourly("08:00", 4, 24, daily=by_day(7), instantRpRetentionRangeInDays=2))
    estate.forward_to("2026-01-08 10:00")
    form = "%d %H"
    day = ["06 12", "06 16", "06 20", "07 00", "07 04", "07 08", "07 12", "07 16", "07 20", "08 00", "08 04", "08 08"]
    # Of the 5th only the last is left.
    assert estate.times(form) == ["05 20", *day]
    vaulted = [time for time, tiers in zip(estate.times(form), estate.tiers(), strict=True) if "Hardened" in tiers]
    assert vaulted == ["05 20", "06 20", "07 20"]


def test_a_local_day_decides_which_point_is_the_last() -> None:
    estate = Estate(hourly("00:00", 12, 24, timeZone="China Standard Time", instantRpRetentionRangeInDays=1))
    estate.forward_to("2026-01-07 00:00")
    vaulted = [time for time, tiers in zip(estate.times("%d %H"), estate.tiers(), strict=True) if "HardenedRP" in tiers]
    assert vaulted == ["06 04"]


@pytest.mark.parametrize("profile", ["fast", "polls"])
def test_a_shorter_retention_drops_points_and_a_longer_one_keeps_them(profile: str) -> None:
    estate = Estate(daily(daily=by_day(30)), profile=profile)
    estate.cloud.clock.advance(10 * DAY)
    assert len(estate.points()) == 10
    estate.put("Kept", daily(daily=by_day(60)))
    estate.cloud.clock.advance(30 * DAY)
    assert len(estate.points()) == 40
    estate.put("Kept", daily(daily=by_day(7)))
    assert len(estate.points()) == 7
    lives = {lifetime(one) for one in estate.points()}
    assert lives == {dt.timedelta(days=7)}


def test_another_policy_decides_anew() -> None:
    estate = Estate(daily(daily=by_day(30)))
    estate.cloud.clock.advance(20 * DAY)
    estate.put("Short", weekly(["Sunday"], weeks=1))
    estate.cloud.protect(estate.vault, estate.machine, "Short")
    # Sundays only, and of the other days those that the instant tier still holds.
    assert estate.times() == ["01-21", "01-22", "01-23", "01-24", "01-25"]


def test_points_of_stopped_protection_stay_and_go_on_after_it_is_resumed() -> None:
    estate = Estate(daily(daily=by_day(7)))
    estate.cloud.clock.advance(3 * DAY)
    estate.cloud.settle(estate.cloud.put_item(estate.vault, estate.machine, protectionState="ProtectionStopped"))
    estate.cloud.clock.advance(100 * DAY)
    assert len(estate.points()) == 3
    assert all("recoveryPointProperties" not in one for one in estate.points())
    estate.cloud.protect(estate.vault, estate.machine, "Kept")
    assert estate.points() == []


def test_a_point_on_demand_goes_at_its_own_time() -> None:
    estate = Estate(daily(daily=by_day(7)))
    estate.cloud.settle(estate.cloud.back_up(estate.item, recoveryPointExpiryTimeInUTC="2026-01-07T00:00:00Z"))
    estate.forward_to("2026-01-06 23:59")
    assert len(estate.points()) == 2
    estate.forward_to("2026-01-07 00:00")
    assert estate.times() == ["01-06"]


POLICIES: list[Body] = [
    daily("02:30", timeZone="Eastern Standard Time", daily=by_day(7), weekly=on_days(["Sunday"], 5)),
    hourly("00:00", 6, 24, timeZone="W. Europe Standard Time", daily=by_day(9), instantRpRetentionRangeInDays=3),
    weekly(["Monday", "Thursday"], timeZone="Lord Howe Standard Time", weeks=6),
]


@given(st.sampled_from(POLICIES), st.lists(st.integers(1, 40 * 24), min_size=1, max_size=8))
@settings(max_examples=25)
def test_many_small_jumps_leave_what_one_large_one_does(body: Body, hours: list[int]) -> None:
    def seen(estate: Estate) -> list[t.Any]:
        keys = ("recoveryPointTime", "recoveryPointProperties", "recoveryPointTierDetails")
        return [[one.get(key) for key in keys] for one in estate.points()]

    step, leap = Estate(body), Estate(body)
    for jump in hours:
        step.cloud.clock.advance(jump * 3600)
        step.points()
    leap.cloud.clock.advance(sum(hours) * 3600)
    assert seen(step) == seen(leap)
