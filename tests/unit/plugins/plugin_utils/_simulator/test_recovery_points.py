# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime as dt

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.rules import Cloud, code


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def item(cloud: Cloud) -> str:
    (vault,) = (one.id for one in cloud.azure.state.vaults.values())
    return cloud.item(vault, cloud.machine("billing-01"))


def test_points_are_listed_newest_first_and_read_one_by_one(cloud: Cloud, item: str) -> None:
    points = cloud.values(f"{item}/recoveryPoints")
    times = [point["properties"]["recoveryPointTime"] for point in points]
    assert len(times) == 7 and times == sorted(times, reverse=True)
    assert all(point["name"].isdigit() for point in points)
    assert [cloud.get(point["id"]).body for point in points] == points


def test_dates_bound_the_list(cloud: Cloud, item: str) -> None:
    query = "startDate eq '2026-01-01 12:00:00 AM' and endDate eq '2026-01-03 11:59:59 PM'"
    times = [point["properties"]["recoveryPointTime"][:10] for point in cloud.values(f"{item}/recoveryPoints", query)]
    assert times == ["2026-01-03", "2026-01-02", "2026-01-01"]


def test_the_points_of_a_soft_deleted_item_are_listed_for_who_asks_for_them(cloud: Cloud, item: str) -> None:
    (vault,) = cloud.azure.state.vaults.values()
    (deleted,) = (one for one in vault.items.values() if one.machine.name == "billing-01")
    deleted.purge_at = cloud.azure.state.now() + dt.timedelta(days=14)
    assert cloud.values(f"{item}/recoveryPoints") == []
    points = cloud.values(f"{item}/recoveryPoints", "includeSoftDeletedRP eq 'true'")
    assert len(points) == 7
    assert all(point["properties"]["recoveryPointProperties"]["isSoftDeleted"] for point in points)


def test_what_is_not_there(cloud: Cloud, item: str) -> None:
    missing = (404, "BMSUserErrorDataSourceObjectNotFound")
    assert code(cloud.get(f"{item}/recoveryPoints/1")) == missing
    assert code(cloud.get(f"{item}x/recoveryPoints")) == (400, "BMSUserErrorInvalidConfigureProtectionRequest")
    other = item.replace("billing-01", "web-02")
    assert code(cloud.get(f"{other}/recoveryPoints")) == missing
    assert code(cloud.get(f"{item}/recoveryPoints", "restorePointQueryType eq 'Full'")) == (501, "NotModelled")
