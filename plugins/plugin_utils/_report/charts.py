# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Charts, as SVG that has no text in it: what it shows stands beside it as HTML, so that it is read at any width. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from . import words
from .markup import Markup, element, join


def gauge(part: float, whole: float, tone: str, rest: str = "track") -> Markup:
    """Return a bar for a table's row; ``rest`` is the tone of what it leaves free.

    The number itself is in a cell of its own, so that screen readers skip the bar.
    """
    width = 0.0 if whole <= 0 else 100 * part / whole
    if part > 0:
        width = max(width, 0.8)  # one machine of five thousand is seen, too
    if part < whole and rest != "track":
        width = min(width, 99.2)
    return element(
        "svg",
        element("rect", width=100, height=10, class_=rest),
        element("rect", width=round(width, 2), height=10, class_=tone),
        class_="bar",
        viewBox="0 0 100 10",
        preserveAspectRatio="none",
        aria_hidden="true",
        focusable="false",
    )


def bars(
    caption: str,
    heads: t.Sequence[str],
    rows: t.Sequence[tuple[str | Markup, float, str, t.Sequence[str]]],
    *,
    whole: float | None = None,
    rest: str = "track",
) -> Markup:
    """Return a table in which each row has a bar.

    Args:
        caption: what the table shows.
        heads: the titles of the columns: that of the names, then those of the numbers.
        rows: of each row its name, the length of its bar, its tone, and its numbers as they are shown.
        whole: the length of a full bar; that of the longest where left out.
        rest: the tone of what a bar leaves free.
    """
    longest = whole or max((row[1] for row in rows), default=0)
    name, *others = heads
    titles = [element("th", name, scope="col"), element("td", class_="bar")]
    titles += [element("th", title, scope="col", class_="number") for title in others]
    body = [
        element(
            "tr",
            element("th", label, scope="row"),
            element("td", gauge(length, longest, tone, rest), class_="bar"),
            [element("td", shown, class_="number") for shown in numbers],
        )
        for label, length, tone, numbers in rows
    ]
    return element(
        "table",
        element("caption", caption),
        element("thead", element("tr", titles)),
        element("tbody", body),
        class_="bars",
    )


def days(label: str, counts: t.Sequence[tuple[str, int]], tone: str) -> Markup:
    """Return bars for days beside each other, on a scale of their own; ``label`` says what they show."""
    most = max((count for _day, count in counts), default=0)
    rects = []
    for place, (day, count) in enumerate(counts):
        height = max(100 * count / most, 3) if count else 0
        title = element("title", f"{day}: {words.number(count)}")
        rects.append(
            element(
                "rect", title, x=place + 0.1, y=round(100 - height, 2), width=0.8, height=round(height, 2), class_=tone
            )
        )
    ground = element("rect", x=0, y=99, width=len(counts), height=1, class_="track")
    return element(
        "svg",
        ground,
        join(rects),
        class_="days",
        viewBox=f"0 0 {max(len(counts), 1)} 100",
        preserveAspectRatio="none",
        role="img",
        aria_label=label,
    )
