# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the tables of the guide Lifecycle from the state table in the code. A test compares them."""

from __future__ import annotations

import sys
import typing as t

import project
import tables

GUIDE = project.CHECKOUT / "docs" / "docsite" / "rst" / "lifecycle.rst"
COMMAND = "lifecycle"

STATES: t.Final = {
    "unprotected": "``unprotected``: not in the vault",
    "waiting": "``waiting`` for its first backup",
    "protected": "``protected``",
    "error": "``error``: its protection could not be configured",
    "stopped": "``stopped``: its data is kept for ever",
    "suspended": "``suspended``: its data is kept by policy",
    "soft_deleted": "``soft_deleted``: its data is kept some days",
}
UNDELETING: t.Final = "``soft_deleted``, with ``undelete: true``"
WISHES: t.Final = ("present", "stopped", "suspended", "absent")
OTHER: t.Final = {"other_policy": "another policy", "other_disks": "other disks"}


def made() -> dict[str, str]:
    """Return the tables by name."""
    return {"here": _table(exists=True), "gone": _table(exists=False)}


def _table(*, exists: bool) -> str:
    from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import transitions

    rows = [(STATES[found], found, False) for found in transitions.FOUND if exists or found != "unprotected"]
    rows.append((UNDELETING, "soft_deleted", True))
    lines = [tables.row(["A machine that is", *(f"``state: {wish}``" for wish in WISHES)])]
    for label, found, undelete in rows:

        def cell(wanted: t.Any, found: t.Any = found, undelete: bool = undelete) -> transitions.Transition:
            return transitions.transition(found, wanted, undelete=undelete, exists=exists)

        lines.append(tables.row([label, _present(cell), *(_text(cell(wish)) for wish in WISHES[1:])]))
    return tables.table(lines, widths="24 26 14 22 14")


def _present(cell: t.Callable[[t.Any], t.Any]) -> str:
    plain = cell("present")
    others = [f"with {words}: {_text(cell(wanted))}" for wanted, words in OTHER.items() if cell(wanted) != plain]
    return "; ".join([_text(plain), *others])


def _text(cell: t.Any) -> str:
    from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import transitions

    if cell.refused:
        return f"error ``{cell.refused}``"
    if not cell.writes:
        return "nothing"
    jobs = ", ".join(transitions.OPERATIONS[write] for write in cell.writes)
    return f"``{cell.action}`` ({jobs})" + (" [#policy]_" if cell.unless else "")


def main() -> int:
    """Write the tables."""
    return tables.write(GUIDE, made, COMMAND)


if __name__ == "__main__":
    sys.exit(main())
