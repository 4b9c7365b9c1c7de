# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of text whose columns stand under each other, and the words around them. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import re
import textwrap
import typing as t

from ...module_utils._text import clean

WIDTH: t.Final = 129
"""The longest line. What Ansible prints around a line makes it 140."""
_GAP: t.Final = "  "
_NARROWEST: t.Final = 8


def table(
    heads: t.Sequence[str], rows: t.Sequence[t.Sequence[str]], *, cut: int | None = None, width: int = WIDTH
) -> list[str]:
    """Return the lines of a table.

    Where it is too wide, the widest of the first ``cut`` columns (by default of all) are cut, which ``..`` shows.
    """
    rows = [[clean(cell) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(heads, *rows, strict=True)]
    while sum(widths) + len(_GAP) * (len(widths) - 1) > width and max(widths[:cut]) > _NARROWEST:
        widths[widths.index(max(widths[:cut]))] -= 1
    lines = [heads, ["-" * size for size in widths], *rows]
    return [_GAP.join(_fit(cell, size) for cell, size in zip(line, widths, strict=True)).rstrip() for line in lines]


def _fit(cell: str, size: int) -> str:
    return (cell if len(cell) <= size else cell[: size - 2] + "..").ljust(size)


def paragraph(text: str, *, indent: int = 0, width: int = WIDTH) -> list[str]:
    """Return a text as lines, each indented; long words such as ids stay whole."""
    margin = " " * indent
    return textwrap.wrap(
        clean(text),
        width,
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: ``1 vault``, ``2 vaults``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def reason_for_all(row: t.Mapping[str, t.Any]) -> str:
    """Return the message for a machine in words that fit all that have the same reason; their names stand before it."""
    message = str(row["error"]["message"])
    text = re.sub(rf"(?<![\w-]){re.escape(str(row['name']))}(?![\w-])", "the machine", message)
    return text[:1].upper() + text[1:] if text.startswith("the machine") else text
