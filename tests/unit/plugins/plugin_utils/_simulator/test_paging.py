# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import paging, wire

BASE = "https://localhost:1"


def request(query: dict[str, str] | None = None) -> wire.Request:
    parameters = {"api-version": "2026-10-01", **(query or {})}
    return wire.Request("GET", "/a;b/jobs", parameters, {}, None, BASE)


def follow(link: str) -> wire.Request:
    path, _mark, text = link.removeprefix(BASE).partition("?")
    query = {key.lower(): value for key, value in urllib.parse.parse_qsl(text)}
    return wire.Request("GET", path, query, {}, None, BASE)


@given(st.sets(st.integers(-50, 50)), st.integers(1, 7), st.sets(st.integers(-50, 50)))
def test_pages_hold_everything_once_though_entries_vanish(numbers: set[int], size: int, vanishing: set[int]) -> None:
    present = sorted(numbers)
    seen: list[int] = []
    asked = request()
    while True:
        answer = paging.page(asked, ((number, number) for number in present), lambda entry: entry, size=size)
        assert len(answer.body["value"]) <= size
        seen += answer.body["value"]
        if "nextLink" not in answer.body:
            break
        present = [number for number in present if number not in vanishing]
        asked = follow(answer.body["nextLink"])
    assert len(seen) == len(set(seen))
    assert numbers - vanishing <= set(seen) <= numbers


def test_a_full_last_page_has_no_next_link() -> None:
    answer = paging.page(request(), enumerate("abc"), str, size=3)
    assert answer.body == {"value": ["a", "b", "c"]}


def test_the_next_link_keeps_the_filter_and_the_path() -> None:
    asked = request({"$filter": "status eq 'Failed'"})
    link = paging.page(asked, enumerate("abc"), str, size=1).body["nextLink"]
    assert link.startswith(f"{BASE}/a;b/jobs?api-version=2026-10-01&")
    assert follow(link).query["$filter"] == "status eq 'Failed'"
    assert "$skipToken=" in link


def test_a_foreign_token_is_refused() -> None:
    with pytest.raises(wire.WireError) as caught:
        paging.page(request({"$skiptoken": "!"}), enumerate("abc"), str)
    assert caught.value.status == 400
