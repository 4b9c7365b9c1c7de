# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of the guide "When Azure fails" are those that the tests run."""

from __future__ import annotations

import fault_table
import tables
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import patience
from ansible_collections.cloudkeep.azure_backup.tests.support import fault_matrix


def filled(text: str) -> str:
    return tables.fill(text, fault_table.made(), fault_table.COMMAND)


def test_the_guide_has_the_tables_of_the_tests() -> None:
    text = fault_table.GUIDE.read_text(encoding="utf-8")
    assert text == filled(text), "run: make faults"


def test_a_table_that_is_out_of_date_is_found() -> None:
    text = fault_table.GUIDE.read_text(encoding="utf-8")
    assert filled(text.replace("- succeeds", "- fails", 1)) == text


def test_every_fault_has_a_row_and_a_cell_for_each_group() -> None:
    table = fault_table.made()["faults"]
    assert table.count("   * -") == 1 + len(fault_matrix.FAULTS)
    assert all(fault.cells.keys() == fault_matrix.GROUPS.keys() for fault in fault_matrix.FAULTS.values())


def test_the_guide_states_the_budgets_of_the_code() -> None:
    text = fault_table.GUIDE.read_text(encoding="utf-8")
    assert f"{patience.BUDGET / 60:.0f} minutes" in text
    assert f"{patience.FIRST_CONTACT:.0f} seconds" in text
