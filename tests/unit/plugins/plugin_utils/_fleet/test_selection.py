# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people type into a survey, as a selection."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._fleet.selection import selection, texts

ENTRY = st.text(st.characters(exclude_characters="\n\r,", exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=8)


@given(st.lists(ENTRY, max_size=5), st.sampled_from(["\n", ",", "\r\n", " , \n "]))
def test_a_text_and_a_list_mean_the_same(entries: list[str], separator: str) -> None:
    assert texts(separator.join(entries)) == texts(entries) == entries


@pytest.mark.parametrize("blank", [None, "", " ", "\n \n"])
def test_what_was_left_blank_restricts_nothing(blank: t.Any) -> None:
    options = ("resource_groups", "locations", "names", "exclude", "tags")
    assert selection(dict.fromkeys(options, blank)) == {}


def test_an_empty_list_was_made_on_purpose() -> None:
    assert selection({"names": []}) == {"names": []}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("env=prod", {"env": "prod"}),
        ("env = prod\n owner=a=b, gold", {"env": "prod", "owner": "a=b", "gold": "*"}),
        ({"size": 3}, {"size": "3"}),
    ],
)
def test_tags_come_as_a_dictionary_or_as_text(typed: t.Any, read: dict[str, str]) -> None:
    assert selection({"tags": typed}) == {"tags": read}


@pytest.mark.parametrize("select", [{"label": "x"}, {"tags": "=x"}])
def test_what_cannot_be_meant_is_an_error(select: dict[str, t.Any]) -> None:
    with pytest.raises(ValueError, match="label|NAME=VALUE"):
        selection(select)
