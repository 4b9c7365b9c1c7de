# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime as dt
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import recovery_points
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.recovery_points import (
    RecoveryPoint,
    WantedPoints,
)

NOW = dt.datetime(2026, 1, 5, 8, tzinfo=dt.timezone.utc)
OPTIONS: dict[str, t.Any] = dict.fromkeys(["from", "to", "last_days", "newest_before", "consistency", "tier", "limit"])
ITEM = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.RecoveryServices/vaults/v/backupFabrics/Azure/x"


def body(name: str = "47685087659105", **properties: t.Any) -> dict[str, t.Any]:
    return {"id": f"{ITEM}/recoveryPoints/{name}", "name": name, "properties": properties}


def point(when: dt.datetime | None = NOW, name: str = "1", **properties: t.Any) -> RecoveryPoint:
    made = {"recoveryPointTime": when.strftime("%Y-%m-%dT%H:%M:%S.%f1Z")} if when else {}
    return RecoveryPoint.from_wire(body(name, **made, **properties))


def wanted(**options: t.Any) -> WantedPoints:
    return WantedPoints.parse({**OPTIONS, **options}, NOW)


RECORDED = body(
    objectType="IaasVMRecoveryPoint",
    recoveryPointType="AppConsistent",
    recoveryPointTime="2017-10-19T07:11:28.0746866Z",
    sourceVMStorageType="PremiumVMOnPartialPremiumStorage",
    isSourceVMEncrypted=False,
    isInstantILRSessionActive=False,
    recoveryPointTierDetails=[{"type": 2, "status": 1}],
    isManagedVirtualMachine=True,
    virtualMachineSize="Standard_B1s",
)


def test_a_point_of_2017_is_read_with_its_numbered_tier() -> None:
    shown = recovery_points.described(RecoveryPoint.from_wire(RECORDED), NOW)
    assert (shown["time"], shown["consistency"], shown["vm_size"]) == (
        "2017-10-19T07:11:28Z",
        "application",
        "Standard_B1s",
    )
    assert shown["tiers"] == [{"name": "vault", "status": "Valid", "rehydrated_until": None}]
    assert shown["restorable"] is True and shown["expires_at"] is None and shown["zones"] == []


def test_a_body_with_nothing_in_it_is_shown_with_all_keys() -> None:
    shown = recovery_points.described(RecoveryPoint.from_wire(body()), NOW)
    assert shown.keys() == recovery_points.described(RecoveryPoint.from_wire(RECORDED), NOW).keys()
    assert (shown["time"], shown["age_hours"], shown["restorable"], shown["tiers"]) == (None, None, None, [])


@pytest.mark.parametrize(
    ("tiers", "soft_deleted", "restorable"),
    [
        ([("InstantRP", "Valid")], False, True),
        ([("HardenedRP", "Valid")], False, True),
        ([("InstantRP", "Deleted"), ("HardenedRP", "Valid")], False, True),
        ([("InstantRP", "Valid"), ("ArchivedRP", "Valid")], False, True),
        ([("ArchivedRP", "Valid")], False, False),
        ([("ArchivedRP", "Rehydrated")], False, True),
        ([("HardenedRP", "Disabled")], False, False),
        ([("InstantRP", "Invalid")], False, False),
        ([("HardenedRP", "Valid")], True, False),
        ([], False, None),
    ],
)
def test_what_can_be_restored_as_it_is(
    tiers: list[tuple[str, str]], soft_deleted: bool, restorable: bool | None
) -> None:
    details = [{"type": kind, "status": status} for kind, status in tiers]
    lifetime = {"isSoftDeleted": soft_deleted}
    assert point(recoveryPointTierDetails=details, recoveryPointProperties=lifetime).restorable is restorable


def test_the_service_tells_expiry_rule_and_rehydration() -> None:
    tier = {
        "type": "ArchivedRP",
        "status": "Rehydrated",
        "extendedInfo": {"RehydratedRPExpiryTime": "2026-01-20T08:00:00Z"},
    }
    lifetime = {"expiryTime": "2026-02-04T17:00:00.1234567Z", "ruleName": "Monthly"}
    shown = recovery_points.described(point(recoveryPointTierDetails=[tier], recoveryPointProperties=lifetime), NOW)
    assert (shown["expires_at"], shown["rule"]) == ("2026-02-04T17:00:00Z", "Monthly")
    assert shown["tiers"] == [{"name": "archive", "status": "Rehydrated", "rehydrated_until": "2026-01-20T08:00:00Z"}]


def test_a_point_is_of_a_tier_only_while_it_is_there() -> None:
    left = point(
        recoveryPointTierDetails=[{"type": "InstantRP", "status": "Deleted"}, {"type": "HardenedRP", "status": "Valid"}]
    )
    assert wanted(tier=["instant"]).choose([left]) == []
    assert wanted(tier=["instant", "vault"]).choose([left]) == [left]


@given(
    st.lists(st.integers(-500, 500), unique=True, max_size=40),
    st.integers(-600, 600),
    st.integers(0, 600),
    st.one_of(st.none(), st.integers(1, 50)),
)
def test_the_window_the_order_and_the_limit(hours: list[int], start: int, length: int, limit: int | None) -> None:
    made = {hour: point(NOW + dt.timedelta(hours=hour), str(hour + 1000)) for hour in hours}
    first, last = (NOW + dt.timedelta(hours=bound) for bound in (start, start + length))
    chosen = wanted(**{"from": first.isoformat(), "to": last.isoformat()}, limit=limit).choose(made.values())
    inside = sorted((hour for hour in hours if start <= hour <= start + length), reverse=True)
    assert chosen == [made[hour] for hour in inside[:limit]]


@given(st.lists(st.integers(-500, 500), unique=True, max_size=40), st.integers(-600, 600))
def test_the_newest_before_a_moment_is_the_newest_that_is_not_after_it(hours: list[int], moment: int) -> None:
    made = [point(NOW + dt.timedelta(hours=hour), str(hour + 1000)) for hour in hours]
    before = (NOW + dt.timedelta(hours=moment)).isoformat()
    chosen = wanted(newest_before=before).choose(made)
    earlier = [hour for hour in hours if hour <= moment]
    assert [one.name for one in chosen] == ([str(max(earlier) + 1000)] if earlier else [])


def test_a_point_is_before_the_second_that_its_result_shows() -> None:
    made = point(dt.datetime(2026, 1, 4, 17, 0, 0, 900000, tzinfo=dt.timezone.utc))
    shown = recovery_points.described(made, NOW)["time"]
    for options in ({"newest_before": shown}, {"from": shown, "to": shown}):
        chosen = wanted(**options)
        assert chosen.choose([made]) == [made]
        start, end = chosen.bounds(NOW)
        assert start and end and made.time and start <= made.time <= end


def test_the_service_is_asked_for_both_bounds_or_none() -> None:
    assert wanted(limit=3, tier=["vault"]).bounds(NOW) == (None, None)
    start, end = wanted(**{"from": "2026-01-01"}).bounds(NOW)
    assert start == dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc) and end and end > NOW
    start, end = wanted(**{"from": "2027-01-01"}).bounds(NOW)
    assert start and end and end > start
    start, end = wanted(to="2026-01-01").bounds(NOW)
    assert start and end and start.year == 2000 and end.year == 2026
    start, _end = wanted(last_days=7).bounds(NOW)
    assert start == NOW - dt.timedelta(days=7)


def test_a_point_without_a_time_is_in_no_window_but_in_the_list_of_all() -> None:
    timeless = point(None)
    assert wanted().choose([timeless]) == [timeless]
    assert wanted(last_days=7).choose([timeless]) == []
    assert recovery_points.extent([timeless]) == {"recovery_points_count": 1, "oldest": None, "newest": None}


def test_a_point_that_is_listed_twice_counts_once() -> None:
    assert len(wanted().choose([point(), point()])) == 1


def test_the_longest_gap_is_between_neighbours() -> None:
    made = [point(NOW - dt.timedelta(hours=hours), str(hours)) for hours in (0, 24, 49, 72)]
    assert recovery_points.longest_gap_hours(made) == 25.0
    assert recovery_points.longest_gap_hours(made[:1]) is None
    assert recovery_points.extent(made) == {
        "recovery_points_count": 4,
        "oldest": "2026-01-02T08:00:00Z",
        "newest": "2026-01-05T08:00:00Z",
    }
