# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables: the first rows as HTML, and all of them as data for the script, which filters, sorts and turns pages.

Without JavaScript the first rows are there to read, and a line says that there are more. Both write a cell the same
way: by the kind of its column. Pure. This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from . import states, words
from .markup import Markup, data, element, join

Kind = t.Literal["text", "number", "state", "long"]


@dataclasses.dataclass(frozen=True)
class Column:
    """A column: its title; how its cells look; whether one can choose among its values; whether it names the row."""

    title: str
    kind: Kind = "text"
    choose: bool = False
    heads: bool = False


Cell = str | tuple[str, float | str]
"""What is shown, or what is shown and by what to sort it. A cell of kind ``state`` is the word of the data."""


@dataclasses.dataclass(frozen=True)
class Table:
    """A table. ``rows`` are sorted as they are to be seen first."""

    identifier: str
    caption: str
    columns: t.Sequence[Column]
    rows: t.Sequence[t.Sequence[Cell]]
    page: int = 10
    find: bool = True

    def html(self) -> Markup:
        """Return the table with its first rows."""
        head = element("tr", [_head(column) for column in self.columns])
        body = [self._row(row) for row in self.rows[: self.page]]
        shown = element(
            "table",
            element("caption", self.caption),
            element("thead", head),
            element("tbody", body),
            id=self.identifier,
        )
        scroll = element("div", shown, class_="scroll", tabindex=0, role="region", aria_label=self.caption)
        return element(
            "div", scroll, self._rest(), class_="list", data_page=self.page, data_find=str(self.find).lower()
        )

    def data(self) -> Markup:
        """Return all rows, for the script."""
        columns = [dataclasses.asdict(column) for column in self.columns]
        rows = [[list(cell) if isinstance(cell, tuple) else cell for cell in row] for row in self.rows]
        return data(f"{self.identifier}-data", {"columns": columns, "rows": rows})

    def _row(self, row: t.Sequence[Cell]) -> Markup:
        return element("tr", [_cell(column, cell) for column, cell in zip(self.columns, row, strict=True)])

    def _rest(self) -> Markup:
        """Say that there are more rows than the ones that are HTML, for those who see only these."""
        more = len(self.rows) - self.page
        if more <= 0:
            return join()
        return element("p", f"These are the first {self.page} of {words.number(len(self.rows))}.", class_="rest")


def _head(column: Column) -> Markup:
    return element("th", column.title, scope="col", class_=column.kind)


def _cell(column: Column, cell: Cell) -> Markup:
    shown = cell if isinstance(cell, str) else cell[0]
    inner: Markup | str = badge(shown) if column.kind == "state" else shown
    if column.heads:
        return element("th", inner, scope="row", class_=column.kind)
    return element("td", inner, class_=column.kind)


def badge(state: str) -> Markup:
    """Return a state as a word with a mark, told apart by more than its colour."""
    return element("span", states.title(state), class_=f"state {states.tone(state)}")
