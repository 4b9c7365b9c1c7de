# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import filters, wire

KEYS = ("status", "operation", "startTime", "friendlyName")
CLAUSES = st.dictionaries(st.sampled_from(KEYS), st.text(min_size=1), max_size=len(KEYS))


@given(CLAUSES, st.randoms())
def test_clauses_are_found_in_any_order_and_case(clauses: dict[str, str], numbers: object) -> None:
    entries = list(clauses.items())
    numbers.shuffle(entries)  # type: ignore[attr-defined]
    text = " and ".join(f"{key.upper()} eq '{value.replace(chr(39), chr(39) * 2)}'" for key, value in entries)
    found = filters.Filter.parse(text, modelled=KEYS)
    assert {key: found.get(key) for key in clauses} == clauses
    assert all(found.get(key) is None for key in set(KEYS) - set(clauses))


def test_an_empty_value_is_no_condition() -> None:
    found = filters.Filter.parse("operation eq '' and status eq 'Failed'", modelled=KEYS)
    assert found.accepts("operation", "Backup") and not found.accepts("status", "Completed")


def test_values_are_compared_without_regard_to_case() -> None:
    assert filters.Filter.parse("status eq 'inprogress'", modelled=KEYS).accepts("status", "InProgress")


@pytest.mark.parametrize(
    "text",
    ["status", "status eq Failed", "status ne 'Failed'", "status eq 'a' or status eq 'b'", "status eq 'a' and", "x'"],
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(wire.WireError) as caught:
        filters.Filter.parse(text, modelled=KEYS)
    assert (caught.value.status, caught.value.code) == (400, "BMSUserErrorInvalidInput")


def test_a_field_that_is_not_modelled_is_named() -> None:
    with pytest.raises(wire.WireError, match="healthState") as caught:
        filters.Filter.parse("healthState eq 'Passed'", modelled=KEYS)
    assert caught.value.status == 501


def test_a_missing_filter_is_refused_only_where_it_is_required() -> None:
    assert filters.Filter.parse(None, modelled=KEYS).get("status") is None
    with pytest.raises(wire.WireError, match="Input provided for the call is invalid"):
        filters.Filter.parse(" ", modelled=KEYS, required=True)


def test_a_time_in_another_form_is_refused() -> None:
    found = filters.Filter.parse("startTime eq '2026-01-05T08:00:00Z'", modelled=KEYS)
    with pytest.raises(wire.WireError) as caught:
        found.moment("startTime")
    assert caught.value.status == 400
