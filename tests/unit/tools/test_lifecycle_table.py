# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of the guide Lifecycle are those of the code."""

from __future__ import annotations

import lifecycle_table
import tables


def filled(text: str) -> str:
    return tables.fill(text, lifecycle_table.made(), lifecycle_table.COMMAND)


def test_the_guide_has_the_tables_of_the_code() -> None:
    text = lifecycle_table.GUIDE.read_text(encoding="utf-8")
    assert text == filled(text), "run: make lifecycle"


def test_a_table_that_is_out_of_date_is_found() -> None:
    text = lifecycle_table.GUIDE.read_text(encoding="utf-8")
    assert filled(text.replace("``resume`` (ConfigureBackup)", "nothing", 1)) == text


def test_every_state_has_a_row() -> None:
    here, gone = lifecycle_table.made().values()
    assert here.count("   * -") == 1 + len(lifecycle_table.STATES) + 1
    assert gone.count("   * -") == here.count("   * -") - 1
    assert gone.count("VirtualMachineGone") == 7 + 2
