# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import distortions, faults, wire

LIST = "/subscriptions/s/things"


def request(path: str = LIST, **query: str) -> wire.Request:
    return wire.Request("GET", path, {"api-version": "1", **query}, {}, None, "https://127.0.0.1:1")


def page(*names: str, **more: str) -> wire.Response:
    return wire.Response(200, {"value": [{"id": name} for name in names], **more})


def distort(kind: str, memory: distortions.Memory, response: wire.Response, **query: str) -> wire.Response:
    return distortions.distort(kind, request(**query), response, memory)


def listed(response: wire.Response) -> list[str]:
    return [entry["id"] for entry in response.body["value"]]


def test_a_stale_answer_is_the_first_one_of_its_url() -> None:
    memory: distortions.Memory = {}
    assert listed(distort("stale", memory, page("a"))) == ["a"]
    assert listed(distort("stale", memory, page("a", "b"))) == ["a"]
    assert listed(distort("stale", memory, page("c"), **{"$filter": "x"})) == ["c"]


def test_a_page_that_names_itself() -> None:
    body = distort("same_page", {}, page("a"), **{"$filter": "x eq 'y'"}).body
    assert body["nextLink"] == f"https://127.0.0.1:1{LIST}?api-version=1&$filter=x%20eq%20'y'"
    assert distort("same_page", {}, wire.Response(404, {"error": {}})).body == {"error": {}}


def test_pages_that_overlap() -> None:
    memory: distortions.Memory = {}
    assert listed(distort("overlapping_pages", memory, page("a", "b"))) == ["a", "b"]
    assert listed(distort("overlapping_pages", memory, page("c"), **{"$skiptoken": "2"})) == ["b", "c"]
    assert listed(distort("overlapping_pages", memory, page("d"), **{"$skiptoken": "3"})) == ["c", "d"]
    # A new reading begins anew.
    assert listed(distort("overlapping_pages", memory, page("a", "b"))) == ["a", "b"]


def test_what_never_ends() -> None:
    job: t.Any = {"properties": {"status": "Completed", "operation": "Backup"}}
    assert distort("unended", {}, wire.Response(200, job)).body["properties"] == {
        "status": "InProgress",
        "operation": "Backup",
    }
    assert distort("unended", {}, wire.Response(200, {"value": [job]})).body["value"][0]["properties"]["status"] == (
        "InProgress"
    )
    assert distort("unended", {}, wire.Response(204)).status == 202
    assert distort("unended", {}, wire.Response(200, {"status": "Succeeded"})).body == {"status": "InProgress"}


def test_an_answer_without_anything() -> None:
    bare = distort("bare", {}, wire.Response(201, {"id": "a"}, {"Location": "x"}))
    assert (bare.status, bare.body, bare.headers) == (202, wire.EMPTY, {})
    assert distort("bare", {}, wire.Response(409, {})).status == 409


def test_what_was_remembered_goes_with_the_rules() -> None:
    rules = faults.Faults()
    for forget in (rules.clear, rules.reset):
        rules.memory["x"] = 1
        forget()
        assert not rules.memory
