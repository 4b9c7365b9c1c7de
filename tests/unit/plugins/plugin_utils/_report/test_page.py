# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page is complete in itself, and whatever the names and messages are, it holds nothing but what it was made of."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import typing as t
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._text import clean
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._report import page
from ansible_collections.cloudkeep.azure_backup.tests.support import summaries
from ansible_collections.cloudkeep.azure_backup.tests.support.hostile_text import results, texts
from ansible_collections.cloudkeep.azure_backup.tests.support.summaries import failure, summary, vm

VOID = {"meta"}
SILENT = {"script", "style"}


class Document(HTMLParser):
    """A page as a browser reads it; an element that is not closed, or closed twice, is an error."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inner: list[tuple[str, dict[str, str | None], str]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in SILENT:
            self.inner.append((*self.elements[-1], data))
        else:
            self.text += data + "\n"

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def attributes(self, name: str) -> list[str]:
        return [value or "" for _tag, attributes in self.elements for key, value in attributes.items() if key == name]


TAGS = {tag for tag, _attributes in Document(page.page(summaries.fleet(300), "Everything")).elements} | {"ul", "q"}


def made(*vms: dict[str, t.Any], **values: t.Any) -> Document:
    return Document(page.page(summary(list(vms), **values), "Backups"))


@settings(max_examples=60)
@given(results(), texts())
def test_no_text_becomes_a_part_of_the_page(result: dict[str, t.Any], title: str) -> None:
    html = page.page(result, title)
    document = Document(html)
    tags = [tag for tag, _attributes in document.elements]
    assert set(tags) <= TAGS and "a" in tags
    assert (tags.count("style"), tags.count("main"), tags.count("body")) == (1, 1, 1)
    scripts = [attributes for tag, attributes in document.elements if tag == "script"]
    assert [attributes for attributes in scripts if attributes.get("type") != "application/json"] == [{}]
    assert not [key for _tag, attributes in document.elements for key in attributes if key.startswith("on")]
    assert all(link.startswith("#") for link in document.attributes("href"))
    assert not document.attributes("src") and not document.attributes("style") and not document.attributes("srcset")
    for machine in result["vms"]:
        assert clean(machine["name"]).strip() in document.text
    html.encode()


def test_the_policy_allows_this_style_and_this_script_and_nothing_else() -> None:
    document = made(vm())
    (policy,) = [a["content"] for tag, a in document.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy and policy.startswith("default-src 'none'; ")
    code = {tag: text for tag, attributes, text in document.inner if "type" not in attributes}
    for tag, source in (("style", "style-src"), ("script", "script-src")):
        digest = base64.b64encode(hashlib.sha256(code[tag].encode()).digest()).decode()
        assert f"{source} 'sha256-{digest}'" in policy


def test_nothing_in_the_page_asks_for_anything() -> None:
    html = page.page(summaries.fleet(50), "Backups")
    for part in ("http:", "https://", "url(", "@import", "fetch(", "XMLHttp", "import(", "<link", "<img", "<iframe"):
        found = html.replace("https://www.gnu.org/licenses/gpl-3.0.txt", "")
        assert part not in found, part


def test_the_same_summary_makes_the_same_page() -> None:
    assert page.page(summaries.fleet(80), "x") == page.page(summaries.fleet(80), "x")


@pytest.mark.parametrize("size", [0, 1, 300])
def test_links_lead_somewhere_and_ids_are_unique(size: int) -> None:
    document = Document(page.page(summaries.fleet(size), "x"))
    identifiers = document.attributes("id")
    assert len(identifiers) == len(set(identifiers))
    assert {link.removeprefix("#") for link in document.attributes("href")} <= set(identifiers)
    for names in document.attributes("aria-labelledby"):
        assert names in identifiers


def test_the_data_has_every_row_and_the_page_the_first_ones() -> None:
    document = made(*(vm(name=f"web-{place:03}", state="unprotected") for place in range(60)))
    texts_of = {attributes["id"]: text for tag, attributes, text in document.inner if "id" in attributes}
    for name, first in (("machines", 25), ("unprotected", 10)):
        rows = json.loads(texts_of[f"{name}-table-data"])["rows"]
        assert [row[0] for row in rows] == [f"web-{place:03}" for place in range(60)]
        assert f"These are the first {first} of 60." in document.text


def test_machines_of_several_subscriptions_are_told_apart_in_each_list() -> None:
    machines = [vm(state="unprotected"), vm(stale=True), vm(state="stopped")]

    def lists(subscriptions: list[str]) -> set[str]:
        document = made(*machines, subscriptions=subscriptions)
        tables = {attributes["id"]: text for _tag, attributes, text in document.inner if "id" in attributes}
        return {str(name) for name, text in tables.items() if '"Subscription"' in text}

    assert not lists(["one"])
    assert lists(["one", "two"]) == {
        f"{name}-table-data" for name in ("groups", "unprotected", "stale", "other", "machines")
    }


def test_tables_say_what_their_cells_are() -> None:
    document = made(vm(state="unprotected"), failures=[failure([vm()])])
    tables = sum(tag == "table" for tag, _attributes in document.elements)
    assert tables == sum(tag == "caption" for tag, _attributes in document.elements) > 5
    scopes = [attributes.get("scope") for tag, attributes in document.elements if tag == "th"]
    assert set(scopes) == {"row", "col"}


def test_what_the_operator_needs_is_there() -> None:
    cause = failure([vm(name="db-01")])
    document = made(
        vm(name="edge-01", state="unprotected", reason=summaries.reason("no_vault_in_region", remedy="Make a vault.")),
        vm(name="old-01", stale=True, age_hours=77.9),
        vm(name="del-01", state="soft_deleted", deleted_permanently_at="2026-11-24T06:00:00Z"),
        vm(
            name="ill-01",
            unhealthy=True,
            health=[{"code": 1, "title": "Agent", "message": "m", "recommendations": ["r"]}],
        ),
        vm(name="gone-01", exists=False),
        failures=[cause],
        vaults=[summaries.vault()],
    )
    for text in ("Make a vault.", "3 d 5 h", "2 d", "24 Nov 2026 06:00", "Agent", "Gone", "45 GiB", cause["topic"]):
        assert text in document.text, text
    assert cause["recommendations"][0] in document.text and "1 of 1 machine still failing" in document.text


def test_an_empty_subscription_is_a_page_without_tables() -> None:
    document = made()
    assert "There is no virtual machine to protect." in document.text
    assert "table" not in [tag for tag, _attributes in document.elements]
    assert "No job failed." in document.text and "There is no vault." in document.text


def test_storage_that_the_service_does_not_tell_is_not_made_up() -> None:
    document = made(vm(), vaults=[summaries.vault(storage=[])])
    assert "does not tell how much storage" in document.text


def test_a_vault_that_could_not_be_read_shows_no_numbers() -> None:
    document = made(vm(), vaults=[summaries.vault(readable=False, storage=[])])
    assert "not readable" in document.text


@pytest.mark.parametrize("hours", [4, 24, 26, 170])
def test_the_promise_parts_the_ages(hours: int) -> None:
    machines = [
        vm(name=f"{age}", age_hours=float(age), stale=age > hours) for age in (1, 5, 25, 27, 100, 169, 171, 900)
    ]
    document = made(*machines, rpo_hours=hours)
    kept = sum(age <= hours for age in (1, 5, 25, 27, 100, 169, 171, 900))
    found = re.search(r"(\d+) machines? (?:has|have) one; (\d+) (?:has|have) only an older one", document.text)
    assert found and found.groups() == (str(kept), str(8 - kept))
    assert document.text.count("older than promised") >= 1
