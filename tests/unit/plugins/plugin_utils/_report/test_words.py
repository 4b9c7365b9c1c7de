# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers, times and names as people read them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._text import clean
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._report import words


@given(st.text())
def test_clean_text_is_one_line_that_can_be_encoded(text: str) -> None:
    cleaned = clean(text)
    assert not [character for character in cleaned if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")]
    cleaned.encode()
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\u200f", "\x1b", "\x00", "\ufffe"])
def test_what_shows_something_else_is_shown_as_a_replacement(mark: str) -> None:
    assert clean(f"a{mark}b") == "a\ufffdb"


def test_text_of_any_script_stays() -> None:
    for text in ("Zürich", "東京", "مرحبا", "naïve 👩‍💻", "a  b"):
        assert clean(text) == text


@pytest.mark.parametrize(
    ("hours", "shown"),
    [
        (None, "-"),
        (0, "0 min"),
        (0.99, "59 min"),
        (1, "1 h"),
        (47.9, "47 h"),
        (48, "2 d"),
        (77.9, "3 d 5 h"),
        (900, "37 d"),
    ],
)
def test_ages(hours: float | None, shown: str) -> None:
    assert words.age(hours) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (1023, "1,023 B"), (1536, "1.5 KiB"), (48318382080, "45 GiB"), (1 << 60, "1,048,576 TiB")],
)
def test_sizes(count: int, shown: str) -> None:
    assert words.size(count) == shown


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_a_share_is_a_hundred_for_all_only(part: int, whole: int) -> None:
    found = words.share(min(part, whole), whole)
    assert found is not None and (found == 100) == (part >= whole)


def test_there_is_no_share_of_nothing() -> None:
    assert words.share(0, 0) is None and words.percent(None) == "-"


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more"),
    ],
)
def test_names_in_a_sentence(names: list[str], shown: str) -> None:
    assert words.listed(names) == shown


@pytest.mark.parametrize("text", ["2026-01-05T02:04:10Z", "2026-01-05T02:04:10.1234567Z", "2026-01-05T02:04:10+00:00"])
def test_times_of_the_service_are_read(text: str) -> None:
    assert words.time(text) == "5 Jan 2026 02:04"


def test_sentences_end_once() -> None:
    assert [words.sentence(text) for text in ("Done", "Done.", "Done? ", "")] == ["Done.", "Done.", "Done?", ""]
