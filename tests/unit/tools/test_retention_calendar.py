# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of the guide Policies is the one that the forecast draws, and shows the policy of the guide's example."""

from __future__ import annotations

import collections
import datetime as dt
import xml.etree.ElementTree

import yaml

import retention_calendar


def test_the_picture_is_current() -> None:
    assert retention_calendar.PICTURE.read_text(encoding="utf-8") == retention_calendar.picture(), "run: make calendar"
    text = retention_calendar.GUIDE.read_text(encoding="utf-8")
    assert text == retention_calendar.guide(text), "run: make calendar"


def test_the_picture_is_of_the_guides_example() -> None:
    text = retention_calendar.GUIDE.read_text(encoding="utf-8")
    block = text.split(".. code-block:: yaml\n\n")[1].split("\nWrite times")[0]
    (task,) = yaml.safe_load(block)
    options = task["cloudkeep.azure_backup.vm_backup_policy"]
    assert {key: options[key] for key in retention_calendar.DEFINITION} == retention_calendar.DEFINITION


def test_the_picture_shows_what_is_kept() -> None:
    kept = retention_calendar.kept()
    assert collections.Counter(kept.values()) == {"yearly": 4, "monthly": 24, "weekly": 19, "daily": 26}
    assert kept[dt.date(2026, 1, 4)] == "yearly" and kept[dt.date(2029, 3, 14)] == "daily"
    root = xml.etree.ElementTree.fromstring(retention_calendar.picture())
    cells = {path.get("fill"): (path.get("d") or "").count("M") for path in root.findall(".//{*}path")}
    assert [cells[colour] for colour in retention_calendar.COLOURS.values()] == [4, 24, 19, 26]
    # A cell for every day of 38 months and of the days of the last one.
    assert sum(cells.values()) == (dt.date(2029, 3, 15) - dt.date(2026, 1, 1)).days + 1
