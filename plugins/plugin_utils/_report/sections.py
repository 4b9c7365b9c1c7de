# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A part of the page under a heading of its own. Pure. This file is private to the collection."""

from __future__ import annotations

import dataclasses
import typing as t

from .markup import Child, Markup, element
from .tables import Table


@dataclasses.dataclass(frozen=True)
class Section:
    """A part of the page: where links lead to, its heading, that of the navigation, what it holds, and how much.

    A section that is ``quiet`` has nothing to show but a sentence, and shares one place with the others of that kind.
    """

    identifier: str
    title: str
    short: str
    content: t.Sequence[Child]
    tables: t.Sequence[Table] = ()
    count: str = ""
    wide: bool = True
    quiet: bool = False

    def html(self) -> Markup:
        """Return the section."""
        heading = element(
            "h2",
            self.title,
            [" ", element("span", self.count, class_="count")] if self.count else None,
            id=f"{self.identifier}-title",
        )
        return element(
            "section",
            heading,
            *self.content,
            id=self.identifier,
            aria_labelledby=f"{self.identifier}-title",
            class_="wide" if self.wide else None,
            tabindex=-1,
        )


def note(text: str) -> Markup:
    """Return a line that says how to read what follows, or that there is nothing."""
    return element("p", text, class_="note")


def nothing(identifier: str, title: str, short: str, text: str) -> Section:
    """Return a section that says that there is nothing."""
    return Section(identifier, title, short, [text], quiet=True)


def together(sections: t.Sequence[Section]) -> Markup:
    """Return the quiet sections as one."""
    entries = [
        element(
            "div", element("dt", section.title), element("dd", *section.content), id=section.identifier, tabindex=-1
        )
        for section in sections
    ]
    heading = element("h2", "Nothing to report", id="nothing-title")
    return element(
        "section", heading, element("dl", entries), id="nothing", aria_labelledby="nothing-title", class_="wide"
    )
