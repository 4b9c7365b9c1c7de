# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from tzlocal import windows_tz

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.time_zones import ZoneNames
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import InvalidInput

NAMES = ZoneNames(windows_tz.win_tz, windows_tz.tz_win)


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("Asia/Shanghai", "China Standard Time"),
        ("asia/shanghai", "China Standard Time"),
        ("China Standard Time", "China Standard Time"),
        (" china standard time ", "China Standard Time"),
        ("Europe/Berlin", "W. Europe Standard Time"),
        ("Asia/Calcutta", "India Standard Time"),
        ("Asia/Kolkata", "India Standard Time"),
        ("America/Los_Angeles", "Pacific Standard Time"),
        ("UTC", "UTC"),
        ("utc", "UTC"),
        ("Etc/UTC", "UTC"),
    ],
)
def test_a_name_of_either_kind_is_azures_name(text: str, windows: str) -> None:
    assert NAMES.windows_name("time_zone", text) == windows


@pytest.mark.parametrize("text", ["Mars/Olympus", "CEST+1", "", "Berlin", "+02:00", "Antarctica/Troll"])
def test_what_is_no_time_zone_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="^time_zone: .*Europe/Berlin"):
        NAMES.windows_name("time_zone", text)


def test_every_windows_name_leads_to_rules_and_back() -> None:
    import zoneinfo

    for windows in windows_tz.win_tz:
        iana = NAMES.iana_name(windows)
        assert iana and zoneinfo.ZoneInfo(iana)
        assert NAMES.windows_name("time_zone", windows) == windows


def test_a_windows_name_that_is_not_known_has_no_rules() -> None:
    assert NAMES.iana_name("Atlantis Standard Time") is None
