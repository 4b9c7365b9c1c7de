# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
import unicodedata

import pytest
from hypothesis import given

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _text
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import faults
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._fleet import lines, offenders, table
from ansible_collections.cloudkeep.azure_backup.tests.support.hostile_text import ATTACKS, texts

DIRECTIONS: t.Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_plain(text: str) -> bool:
    """Whether a terminal shows a text as what it is, on one line."""
    kinds = {unicodedata.category(sign) for sign in text}
    return not kinds & {"Cc", "Cs", "Zl", "Zp"} and not DIRECTIONS & set(text) and text.splitlines() in ([text], [])


@given(texts())
def test_clean_text_is_plain_and_stays_so(text: str) -> None:
    clean = _text.clean(text)
    assert is_plain(clean) and _text.clean(clean) == clean
    assert is_plain(_text.clean_lines(text).replace("\n", " "))


@pytest.mark.parametrize("text", ["web-01", "Zürich", "日本", "עברית", "a\u200dz", "<b> {{ x }} =1+1"])
def test_text_that_is_plain_stays_as_it_is(text: str) -> None:
    assert _text.clean(text) == text == _text.clean_lines(text)


@given(texts())
def test_a_message_of_the_service_is_plain(text: str) -> None:
    code, message = faults.code_and_message({"error": {"code": text, "message": text}})
    assert is_plain(code) and is_plain(message)


@given(texts(), texts())
def test_every_printed_line_is_plain(name: str, reason: str) -> None:
    job = {"operation": name, "vm_name": name, "resource_group": name, "status": name, "start_time": None}
    shown = lines.job_lines([{**job, "duration": 1.0, "job_id": name}])
    shown += table.paragraph(reason, indent=2)
    one = {"name": name, "resource_group": name, "id": f"/subscriptions/{name}/x", "reason": {"message": reason}}
    one["reason"] = {"message": reason, "remedy": reason}
    shown += offenders.lines({"unprotected": [one]}, ["unprotected"], subscriptions=True)
    assert all(map(is_plain, shown))


def test_a_table_is_straight_whatever_is_in_it() -> None:
    rows = [[attack, "x"] for attack in ATTACKS]
    shown = table.table(["NAME", "X"], rows)
    assert {line.index("x", len(line) - 1) for line in shown[2:]} == {len(shown[0]) - 1}


def test_a_very_long_name_does_not_widen_a_table() -> None:
    assert max(map(len, table.table(["NAME", "X"], [["n" * 10_000, "x"]]))) <= table.WIDTH
