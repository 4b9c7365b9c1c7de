# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the tables of the guide "When Azure fails" from the table that the tests run. A test compares them."""

from __future__ import annotations

import sys
import typing as t

import project
import tables

GUIDE = project.CHECKOUT / "docs" / "docsite" / "rst" / "faults.rst"
COMMAND = "faults"


def _matrix() -> t.Any:
    from ansible_collections.cloudkeep.azure_backup.tests.support import fault_matrix

    return fault_matrix


def made() -> dict[str, str]:
    """Return the tables by name."""
    return {"calls": _calls(), "faults": _faults()}


def _calls() -> str:
    matrix = _matrix()
    rows = [tables.row(["Column", "Calls"])]
    for group, title in matrix.GROUPS.items():
        labels = [call.label for call in matrix.CALLS.values() if call.group == group]
        rows.append(tables.row([title, ", ".join(labels)]))
    return tables.table(rows, widths="25 75")


def _faults() -> str:
    matrix = _matrix()
    widths = " ".join(["16", *["14"] * len(matrix.GROUPS)])
    rows = [tables.row(["What goes wrong", *matrix.GROUPS.values()])]
    for fault in matrix.FAULTS.values():
        rows.append(tables.row([fault.label, *(_text(matrix, fault.cells[group]) for group in matrix.GROUPS)]))
    return tables.table(rows, widths=widths)


def _text(matrix: t.Any, cell: t.Any) -> str:
    if cell is None:
        return "\\-"
    others: dict[str, list[str]] = {}
    for what, other in cell.but.items():
        if other is not None and other.text != cell.text:
            call, _slash, module = what.partition("/")
            label = matrix.CALLS[call].label
            others.setdefault(other.beside(cell), []).append(f"{label} (``vm_backup_{module}``)" if module else label)
    return "; ".join([cell.text, *(f"{', '.join(labels)}: {text}" for text, labels in others.items())])


def main() -> int:
    """Write the tables."""
    return tables.write(GUIDE, made, COMMAND)


if __name__ == "__main__":
    sys.exit(main())
