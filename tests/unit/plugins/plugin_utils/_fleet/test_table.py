# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables that fit the screen and stay aligned."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._fleet.table import (
    WIDTH,
    counted,
    paragraph,
    table,
)

CELL = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=90)


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=5))
def test_columns_stand_under_each_other_and_fit(rows: list[tuple[str, ...]]) -> None:
    lines = table(["A", "B", "C"], rows)
    assert len(lines) == len(rows) + 2
    assert max(len(line) for line in lines) <= WIDTH
    starts = [
        position for position, mark in enumerate(lines[1]) if mark == "-" and lines[1][position - 1 : position] != "-"
    ]
    for line in lines:
        assert all(start == 0 or line[start - 2 : start] == "  " for start in starts)


def test_only_the_columns_that_may_be_are_cut() -> None:
    lines = table(["NAME", "STATE"], [["n" * 150, "s" * 30]], cut=1, width=60)
    assert lines[2] == "n" * 26 + ".." + "  " + "s" * 30


def test_an_id_stays_whole_in_a_paragraph() -> None:
    vault = "/subscriptions/" + "x" * 150
    assert f"  {vault}" in paragraph(f"Vault {vault} holds it.", indent=2)


def test_a_noun_agrees_with_its_number() -> None:
    assert [counted(number, "vault") for number in (0, 1, 2)] == ["0 vaults", "1 vault", "2 vaults"]
