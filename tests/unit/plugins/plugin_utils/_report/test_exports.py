# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON that holds the data as it is, and CSV that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
import json
import typing as t

import pytest
from hypothesis import given, settings

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._report import exports
from ansible_collections.cloudkeep.azure_backup.tests.support import summaries
from ansible_collections.cloudkeep.azure_backup.tests.support.hostile_text import results
from ansible_collections.cloudkeep.azure_backup.tests.support.summaries import failure, summary, vm


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@settings(max_examples=60)
@given(results())
def test_no_cell_is_a_formula_or_breaks_out_of_its_row(result: dict[str, t.Any]) -> None:
    for text, count in (
        (exports.machines_csv(result), len(result["vms"])),
        (exports.failures_csv(result), sum(len(cause["vms"]) for cause in result["failures"])),
    ):
        assert text.count("\r\n") == text.count("\n") == count + 1
        for row in rows(text):
            assert None not in row and None not in row.values()
            for cell in row.values():
                assert not cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d")), cell
        text.encode()


@settings(max_examples=40)
@given(results())
def test_json_is_the_summary_with_its_verdict(result: dict[str, t.Any]) -> None:
    read = json.loads(exports.json_text({**result, "changed": False, "invocation": {"secret": 1}}))
    assert set(read.pop("verdict")) == {"tone", "sentence", "call", "needs"}
    assert read == {key: json.loads(json.dumps(result[key])) for key in exports.KEYS}


def test_a_row_for_each_machine() -> None:
    result = summary([vm(name="b", stale=True, age_hours=77.9, item_id="/the/item"), vm(name="a", state="unprotected")])
    first, second = rows(exports.machines_csv(result))
    assert (first["name"], first["state"], first["reason"], first["age_hours"]) == (
        "a",
        "unprotected",
        "unprotected",
        "",
    )
    assert (second["name"], second["stale"], second["age_hours"], second["exists"]) == ("b", "true", "77.9", "true")
    assert (first["item_id"], second["item_id"]) == ("", "/the/item")


def test_a_row_for_each_machine_and_cause() -> None:
    machines = [vm(name="a"), vm(name="b")]
    found = rows(exports.failures_csv(summary(machines, failures=[failure(machines)])))
    assert [(row["name"], row["code"], row["count"]) for row in found] == [
        ("a", "UserErrorGuestAgentStatusUnavailable", "1"),
        ("b", "UserErrorGuestAgentStatusUnavailable", "1"),
    ]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "\uff1d1"])
def test_a_formula_becomes_text(name: str) -> None:
    (row,) = rows(exports.machines_csv(summary([vm(name=name)])))
    assert row["name"].startswith("'")


def test_numbers_stay_numbers() -> None:
    (row,) = rows(exports.machines_csv(summary([vm(age_hours=-0.5)])))
    assert row["age_hours"] == "-0.5"


def test_an_empty_fleet_is_a_line_of_titles() -> None:
    result = summaries.summary([])
    assert rows(exports.machines_csv(result)) == [] and rows(exports.failures_csv(result)) == []
