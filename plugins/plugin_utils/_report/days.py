# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the jobs of each day ended. Pure. This file is private to the collection."""

from __future__ import annotations

import datetime as dt
import typing as t

from . import charts, words
from .markup import Markup, element
from .needs import Summary
from .sections import Section, note, nothing

_OUTCOMES: t.Final = (
    ("Failed", "Failed", "bad"),
    ("CompletedWithWarnings", "Completed with warnings", "soon"),
    ("Cancelled", "Cancelled", "none"),
    ("InProgress", "In progress", "none"),
    ("Completed", "Completed", "good"),
)


def jobs(summary: Summary) -> Section:
    """Return how the jobs of each day ended, each outcome on a scale of its own."""
    found = summary["jobs"]
    by_day = found["by_day"]
    window = f"{words.time(summary['window']['from'])} to {words.time(summary['window']['to'])} UTC"
    if not found["total"]:
        return nothing("jobs", "Jobs per day", "Jobs", f"There was no job from {window}.")
    text = f"{words.counted(found['total'], 'job')} from {window}. Each outcome has its own scale."
    labels = [words.day(dt.date.fromisoformat(day["date"])) for day in by_day]
    panels = []
    for key, title, tone in _OUTCOMES:
        counts = [(label, int(day.get(key, 0))) for label, day in zip(labels, by_day, strict=True)]
        total = sum(count for _label, count in counts)
        if not total and key not in ("Failed", "Completed"):
            continue
        worst_day, most = max(counts, key=lambda entry: entry[1])
        said = f"most on {worst_day}: {words.number(most)}" if most else "none"
        head = element(
            "p",
            element("strong", title),
            " ",
            element("span", words.number(total), class_="figure"),
            element("span", said, class_="note"),
        )
        panels.append(element("div", head, charts.days(f"{title} per day, {said}", counts, tone), class_="panel"))
    marks = sorted({0, len(labels) // 2, len(labels) - 1})
    marked = {**dict(enumerate(labels)), len(labels) - 1: f"{labels[-1]}, so far"}
    axis = element("p", [element("span", marked[place]) for place in marks], class_="axis", aria_hidden="true")
    content = [note(text), element("div", panels, axis, class_="panels"), _day_table(by_day, labels)]
    return Section("jobs", "Jobs per day", "Jobs", content)


def _day_table(by_day: t.Sequence[t.Mapping[str, t.Any]], labels: t.Sequence[str]) -> Markup:
    heads = ["Day (UTC)", *(title for _key, title, _tone in _OUTCOMES), "All"]
    body = [
        element(
            "tr",
            element("th", label, scope="row"),
            [
                element("td", words.number(int(day.get(key, 0))), class_="number")
                for key in (*(key for key, _title, _tone in _OUTCOMES), "total")
            ],
        )
        for label, day in reversed(list(zip(labels, by_day, strict=True)))
    ]
    table = element(
        "table",
        element("caption", "Jobs by day and outcome"),
        element(
            "thead",
            element(
                "tr",
                [
                    element("th", head, scope="col", class_="number" if place else None)
                    for place, head in enumerate(heads)
                ],
            ),
        ),
        element("tbody", body),
    )
    region = element("div", table, class_="scroll", tabindex=0, role="region", aria_label="Jobs by day and outcome")
    return element("details", element("summary", "Show the numbers of each day"), region)
