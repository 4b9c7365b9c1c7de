# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of the guides that a command writes from the code, each between two comments that name it."""

from __future__ import annotations

import pathlib
import sys
import typing as t

import project

BEGIN = ".. The table {name}, written by make {command}.\n"
END = "\n.. The end of the table {name}.\n"


def row(cells: t.Sequence[str]) -> list[str]:
    """Return a row of a list-table."""
    return [f"   {'* -' if index == 0 else '  -'} {cell}" for index, cell in enumerate(cells)]


def table(rows: t.Sequence[t.Sequence[str]], *, widths: str = "") -> str:
    """Return a list-table; the first row is its head."""
    lines = [".. list-table::", "   :header-rows: 1", *([f"   :widths: {widths}"] if widths else []), ""]
    return "\n".join([*lines, *(line for each in rows for line in each)]) + "\n"


def fill(text: str, made: t.Mapping[str, str], command: str) -> str:
    """Return a guide's text with its tables as they have to be."""
    for name, written in made.items():
        begin, end = BEGIN.format(name=name, command=command), END.format(name=name)
        before, rest = text.split(begin)
        text = f"{before}{begin}\n{written}{end}{rest.split(end)[1]}"
    return text


def write(guide: pathlib.Path, made: t.Callable[[], t.Mapping[str, str]], command: str) -> int:
    """Write a guide's tables; return the exit status of the command."""
    project.link_collection()
    sys.path.insert(0, str(project.COLLECTIONS))
    guide.write_text(fill(guide.read_text(encoding="utf-8"), made(), command), encoding="utf-8")
    print(f"Wrote {guide.relative_to(project.CHECKOUT)}")
    return 0
