# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the tables of the guide "When Azure fails" from the table that the tests run. A test compares them."""

from __future__ import annotations

import sys
import typing as t

import project

GUIDE = project.CHECKOUT / "docs" / "docsite" / "rst" / "faults.rst"
BEGIN = ".. The table {name}, written by make faults.\n"
END = "\n.. The end of the table {name}.\n"


def _matrix() -> t.Any:
    from ansible_collections.cloudkeep.azure_backup.tests.support import fault_matrix

    return fault_matrix


def tables() -> dict[str, str]:
    """Return the tables by name."""
    return {"calls": _calls(), "faults": _faults()}


def _calls() -> str:
    matrix = _matrix()
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: 25 75", "", *_row(["Column", "Calls"])]
    for group, title in matrix.GROUPS.items():
        labels = [call.label for call in matrix.CALLS.values() if call.group == group]
        lines += _row([title, ", ".join(labels)])
    return "\n".join(lines) + "\n"


def _faults() -> str:
    matrix = _matrix()
    widths = " ".join(["16", *["14"] * len(matrix.GROUPS)])
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    lines += _row(["What goes wrong", *matrix.GROUPS.values()])
    for fault in matrix.FAULTS.values():
        lines += _row([fault.label, *(_text(matrix, fault.cells[group]) for group in matrix.GROUPS)])
    return "\n".join(lines) + "\n"


def _text(matrix: t.Any, cell: t.Any) -> str:
    if cell is None:
        return "\\-"
    others: dict[str, list[str]] = {}
    for what, other in cell.but.items():
        if other is not None and other.text != cell.text:
            call, _slash, module = what.partition("/")
            label = matrix.CALLS[call].label
            others.setdefault(other.text, []).append(f"{label} (``vm_backup_{module}``)" if module else label)
    return "; ".join([cell.text, *(f"{', '.join(labels)}: {text}" for text, labels in others.items())])


def _row(cells: t.Sequence[str]) -> list[str]:
    return [f"   {'* -' if index == 0 else '  -'} {cell}" for index, cell in enumerate(cells)]


def guide(text: str) -> str:
    """Return the guide with the tables as they have to be."""
    for name, table in tables().items():
        begin, end = BEGIN.format(name=name), END.format(name=name)
        before, rest = text.split(begin)
        text = f"{before}{begin}\n{table}{end}{rest.split(end)[1]}"
    return text


def main() -> int:
    """Write the tables."""
    project.link_collection()
    sys.path.insert(0, str(project.COLLECTIONS))
    GUIDE.write_text(guide(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"Wrote {GUIDE.relative_to(project.CHECKOUT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
