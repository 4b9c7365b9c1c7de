# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draws the picture of the guide Policies from the forecast: which days' recovery points a policy has kept.

It is written to docs/retention_calendar.svg, for whoever reads the guide as a file, and into the guide itself, since
only the guides' own files come to a documentation site. A test compares both with the forecast.
"""

from __future__ import annotations

import calendar
import datetime as dt
import sys
import typing as t

import project

GUIDE = project.CHECKOUT / "docs" / "docsite" / "rst" / "policies.rst"
PICTURE = project.CHECKOUT / "docs" / "retention_calendar.svg"
BEGIN = ".. The picture, written by make calendar.\n"
END = "\n.. The end of the picture.\n"

DEFINITION: t.Final[dict[str, t.Any]] = {
    "schedule": {"frequency": "daily", "time": "22:30"},
    "retention": {
        "daily": {"days": 30},
        "weekly": {"weeks": 26, "days": ["Sunday"]},
        "monthly": {"months": 24, "weeks_of_month": ["Last"], "days": ["Sunday"]},
        "yearly": {"years": 99, "months": ["January"], "weeks_of_month": ["First"], "days": ["Sunday"]},
    },
}
START = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
DATE = dt.datetime(2029, 3, 15, 12, tzinfo=dt.timezone.utc)

# Told apart by those who see no red or green, too; the longest tier is the darkest.
COLOURS: t.Final = {"yearly": "#1f2a60", "monthly": "#2f6fb5", "weekly": "#58b0a5", "daily": "#f0b429"}
NOTHING = "#e9ecf0"
CELL, GAP, LEFT, TOP = 13, 2, 66, 58


def kept() -> dict[dt.date, str]:
    """Return the days whose recovery points exist, each with the tier that keeps its point longest."""
    from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import (
        forecast,
        policy_changes,
        policy_options,
    )

    plan = policy_changes.plan(None, policy_options.read(DEFINITION, lambda name: name))
    schedule = forecast.Schedule(plan.after, dt.timezone.utc, START)
    return {point.created.date(): max(point.ends, key=point.ends.__getitem__) for point in schedule.existing(DATE)}


def picture() -> str:
    """Return the calendar as an SVG: a row for each month, the latest first, and a cell for each day."""
    days = kept()
    months = (DATE.year - START.year) * 12 + DATE.month - START.month + 1
    width, height = LEFT + 31 * (CELL + GAP) + 10, TOP + months * (CELL + GAP) + 12
    title = f"Recovery points on {DATE:%d %B %Y} of a machine protected since {START:%d %B %Y}: {len(days)}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'font-family="sans-serif" font-size="11"><title>{title}</title>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="10" y="18" font-size="13" fill="#222222">{title}</text>',
    ]
    place = LEFT
    for tier, colour in COLOURS.items():
        count = sum(kept_by == tier for kept_by in days.values())
        parts.append(f'<rect x="{place}" y="30" width="{CELL}" height="{CELL}" rx="2" fill="{colour}"/>')
        parts.append(f'<text x="{place + CELL + 4}" y="41" fill="#222222">{tier} ({count})</text>')
        place += 105
    cells: dict[str, list[str]] = {colour: [] for colour in (NOTHING, *COLOURS.values())}
    for row in range(months):
        number = DATE.year * 12 + DATE.month - 1 - row
        first, top = dt.date(number // 12, number % 12 + 1, 1), TOP + row * (CELL + GAP)
        parts.append(f'<text x="10" y="{top + 11}" fill="#444444">{first:%b %Y}</text>')
        for day in (first + dt.timedelta(days=past) for past in range(calendar.monthrange(first.year, first.month)[1])):
            if day <= DATE.date():
                colour = COLOURS[days[day]] if day in days else NOTHING
                cells[colour].append(f"M{LEFT + (day.day - 1) * (CELL + GAP)} {top}h{CELL}v{CELL}h-{CELL}z")
    parts += [f'<path fill="{colour}" d="{"".join(found)}"/>' for colour, found in cells.items()]
    return "\n".join([*parts, "</svg>"]) + "\n"


def guide(text: str) -> str:
    """Return the guide with the picture in its place."""
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    inner = "".join(f"    {line}\n" for line in picture().splitlines())
    return f"{before}{BEGIN}\n.. raw:: html\n\n{inner}{END}{after}"


def main() -> int:
    project.link_collection()
    sys.path.insert(0, str(project.COLLECTIONS))
    PICTURE.write_text(picture(), encoding="utf-8")
    GUIDE.write_text(guide(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"Wrote {PICTURE.relative_to(project.CHECKOUT)} and {GUIDE.relative_to(project.CHECKOUT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
