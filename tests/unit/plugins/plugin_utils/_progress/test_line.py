# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a line of progress looks like."""

from __future__ import annotations

import dataclasses
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.progress import Standing
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._progress.line import clean, duration, line

MANY = Standing(
    "backing up",
    "vault-weu",
    total=800,
    done=612,
    running=187,
    failed=1,
    failed_name="web-17",
    failed_reason="VM agent unable to communicate with Azure Backup.",
    slowest_name="sql-03",
    slowest_seconds=1265,
)


@pytest.mark.parametrize(
    ("standing", "shown"),
    [
        (
            MANY,
            "vault-weu, backing up: 612 of 800 done, 187 running, "
            "1 failed (web-17: VM agent unable to communicate with Azure Backup) · slowest sql-03 for 21 min",
        ),
        (
            dataclasses.replace(MANY, failed=2, failed_reason=""),
            "vault-weu, backing up: 612 of 800 done, 187 running, 2 failed (last web-17) · slowest sql-03 for 21 min",
        ),
        (
            Standing("protecting", "v", total=2, done=1, failed=1, failed_reason="It was refused"),
            "v, protecting: 1 of 2 done, 1 failed (It was refused)",
        ),
        (
            Standing("backing up", "v", total=1, running=1, slowest_name="sql-03", slowest_seconds=59.9),
            "v, backing up: 0 of 1 done, 1 running · sql-03 for 59 s",
        ),
        (Standing("protecting", "v", total=800, done=312, counted="requested"), "v, protecting: 312 of 800 requested"),
        (Standing("looking for virtual machines", "v"), "v, looking for virtual machines"),
        (Standing("waiting"), "waiting"),
        (Standing("backing up", "v", total=2, done=2, slowest_name="ended"), "v, backing up: 2 of 2 done"),
        (Standing("backing up", "v", total=2, failed=2), "v, backing up: 0 of 2 done, 2 failed"),
    ],
)
def test_a_line_says_all_there_is_to_say(standing: Standing, shown: str) -> None:
    assert line("vm_backup_now", standing, 1440) == f"[vm_backup_now] {shown} · 24 min elapsed"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-1, "0 s"),
        (0.9, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (3660, "1 h 1 min"),
        (90000, "25 h"),
    ],
)
def test_a_duration_is_as_exact_as_a_person_wants_it(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


@given(st.text(), st.integers(1, 100))
def test_data_stays_on_its_line_and_moves_no_cursor(text: str, longest: int) -> None:
    shown = clean(text, longest)
    assert len(shown) <= longest
    assert not [sign for sign in shown if sign != " " and unicodedata.category(sign)[0] in "CZ"]
    assert clean(shown, longest) == shown


def test_a_name_can_not_colour_turn_around_or_break_a_line() -> None:
    evil = dataclasses.replace(MANY, failed_name="\x1b[2Jweb\r\nok: [x]\u202e\u2028", slowest_name="a\x07b\x9b31m")
    shown = line("vm_backup_now", evil, 0)
    assert "(\ufffd[2Jweb ok: [x]\ufffd: VM agent" in shown
    assert "slowest a\ufffdb\ufffd31m for" in shown


def test_a_long_reason_is_cut_off() -> None:
    shown = line("m", dataclasses.replace(MANY, failed_reason="word " * 60), 0)
    assert len(shown) < 300
    assert "word…)" in shown
