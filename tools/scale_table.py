# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the tables of the guide Scale from the model in ``tests/benchmarks/model.py``. A test compares them."""

from __future__ import annotations

import sys
import typing as t

import project
import tables

GUIDE = project.CHECKOUT / "docs" / "docsite" / "rst" / "scale.rst"
COMMAND = "scale"

_SIZES: t.Final = ((100, 1, 1, 1), (1_000, 1, 1, 1), (10_000, 10, 10, 1), (100_000, 100, 10, 10))
"""Machines, the vaults that they need, regions of each subscription, and subscriptions."""
_WAYS: t.Final = ((1, 1), (1, 4), (10, 1), (10, 4))
"""Subscriptions, and logins for each."""


def made() -> dict[str, str]:
    """Return the tables by name."""
    return {"sizes": _sizes(), "ways": _ways()}


def _sizes() -> str:
    from ansible_collections.cloudkeep.azure_backup.tests.benchmarks import model

    heads = ["Machines", "Vaults", "Subscriptions", "First run: writes", "reads", "time", "Second run: reads", "time"]
    rows = [tables.row(heads)]
    for machines, vaults, regions, subscriptions in _SIZES:
        setting = model.Setting(machines, vaults, regions, subscriptions)
        first, second = model.protect(setting), model.protect_again(setting)
        cells = [
            machines,
            vaults,
            subscriptions,
            first.writes,
            first.reads,
            first.seconds,
            second.reads,
            second.seconds,
        ]
        rows.append(tables.row([_told(cell) for cell in cells]))
    return tables.table(rows)


def _ways() -> str:
    from ansible_collections.cloudkeep.azure_backup.tests.benchmarks import model

    rows = [tables.row(["Subscriptions", "Logins for each", "Protect 10,000 machines", "Protect 100,000 machines"])]
    for subscriptions, principals in _WAYS:
        settings = [
            model.Setting(machines, vaults, 10, subscriptions, principals)
            for machines, vaults in ((10_000, 10), (100_000, 100))
        ]
        cells = [subscriptions, principals, *(model.protect(setting).seconds for setting in settings)]
        rows.append(tables.row([_told(cell) for cell in cells]))
    return tables.table(rows)


def _told(value: float) -> str:
    """Return a count as it is and seconds (a fraction) in the unit that people would use."""
    if isinstance(value, int):
        return f"{value:,}"
    if value < 99.5:
        return f"{value:.0f} s"
    return f"{value / 60:.0f} min" if value < 5400 else f"{value / 3600:.1f} h"


def main() -> int:
    """Write the tables."""
    return tables.write(GUIDE, made, COMMAND)


if __name__ == "__main__":
    sys.exit(main())
