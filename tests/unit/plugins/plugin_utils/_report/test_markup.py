# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever text goes into HTML or into its data comes out as that text, and as nothing else."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
from hypothesis import example, given

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._text import clean
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._report import markup
from ansible_collections.cloudkeep.azure_backup.tests.support.hostile_text import texts


class Seen(HTMLParser):
    """Notes what a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(texts(), texts())
def test_text_and_attributes_stay_text(text: str, attribute: str) -> None:
    seen = Seen(markup.element("p", text, title=attribute))
    assert seen.tags == [("p", {"title": clean(attribute)})]
    assert seen.text == clean(text)


@given(texts())
@example("</script>")
@example("<!--<script>")
def test_data_stays_in_its_block_and_is_read_as_it_was(text: str) -> None:
    made = markup.data("rows", {"rows": [[text, [text, 1]]], text: None})
    inner = made.removeprefix('<script type="application/json" id="rows">').removesuffix("</script>")
    assert not set("<>&\u2028\u2029") & set(inner) and inner.isascii()
    cleaned = clean(text)
    assert json.loads(inner) == {"rows": [[cleaned, [cleaned, 1]]], cleaned: None}


def test_markup_is_not_escaped_again() -> None:
    inner = markup.element("b", "a & b")
    assert markup.element("p", inner, [" ", inner, None]) == "<p><b>a &amp; b</b> <b>a &amp; b</b></p>"


@pytest.mark.parametrize(
    ("attributes", "made"),
    [
        ({"class_": "a"}, '<p class="a"></p>'),
        ({"aria_label": "x"}, '<p aria-label="x"></p>'),
        ({"viewBox": "0 0 1 1"}, '<p viewBox="0 0 1 1"></p>'),
        ({"hidden": True}, "<p hidden></p>"),
        ({"hidden": False, "id": None}, "<p></p>"),
        ({"width": 0}, '<p width="0"></p>'),
    ],
)
def test_attributes_are_written_as_html_has_them(attributes: dict[str, str], made: str) -> None:
    assert markup.element("p", **attributes) == made
