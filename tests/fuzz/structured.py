# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Strategies for requests that HTTP allows: each route with right and wrong names, queries, headers and bodies."""

from __future__ import annotations

import dataclasses
import json
import re
import typing as t
import urllib.parse

from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import simulator, wire

from . import examples, mutation
from .target import Target

API_VERSIONS: t.Final = ("2025-02-01", "2016-12-01", "2024-04-01", "0", "9999-99-99", "x")
METHODS: t.Final = ("GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW")
_HEADERS: t.Final = {
    "x-ms-client-request-id": ("00000000-0000-4000-8000-000000000001", "", "x" * 3000, "caf\u00e9"),
    "x-ms-correlation-request-id": ("00000000-0000-4000-8000-000000000002", "\u00ff"),
    "Content-Type": ("application/json", "application/x-www-form-urlencoded", "text/plain; charset=nope", ""),
    "Host": ("elsewhere.example", "localhost:99999999", "[::1]:1", ""),
    "X-Identity-Header": ("x", "\u00e9"),
    "Accept-Encoding": ("gzip", "nope;q=-1"),
    "Range": ("bytes=0-5",),
}
_QUERIES: t.Final = ("api-version", "$filter", "$skipToken", "$top", "$expand", "statusOnly", "path", "since", "number")
MOST_THINGS: t.Final = 200
TOKEN: t.Final = "TOKEN"
"""Stands for the token that is good when the call is sent."""
_PLACES: t.Final = (
    "providers/Microsoft.RecoveryServices/locations/westeurope",
    "providers/Microsoft.Compute/locations/westeurope",
)
_USUAL: t.Final = {"backupfabrics": "Azure", "locations": "westeurope", "providers": "Microsoft.RecoveryServices"}
_FILTER: t.Final = "backupManagementType%20eq%20'AzureIaasVM'"
_FRAGMENTS: t.Final = ("", "0", "-1", "MA==", "instanceView", "{}", "' or 1 eq 1", "eq", "\x00", "a" * 2000, "9" * 400)


@dataclasses.dataclass(frozen=True)
class Call:
    """A request. body is JSON, a form (as a tuple of pairs), bytes or None."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: t.Any = None

    def send(self, target: Target) -> dict[str, str]:
        """Send it and return the headers of the answer."""
        headers = {name: value.replace(TOKEN, target.token) for name, value in self.headers.items()}
        content = b""
        if isinstance(self.body, tuple):
            content = urllib.parse.urlencode(self.body, errors="replace").encode()
            headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        elif isinstance(self.body, bytes):
            content = self.body
        elif self.body is not None:
            content = json.dumps(self.body).encode()
        query = urllib.parse.urlencode(self.query, errors="replace")
        return target.send(self.method, f"{self.path}?{query}" if query else self.path, headers, content)[1]


class Names:
    """The routes of a simulator, and the names of the things that are in its world."""

    def __init__(self, target: Target, world: str) -> None:
        self.access = target.access
        self.subscription = f"/subscriptions/{target.access['subscription_id']}"
        model = simulator.Simulator(simulator.Settings(world=world))
        self.azure = model.azure.routes()
        # What writes is where most can go wrong, and what brings about the states that the others meet.
        self.writing = [route for route in self.azure if route.method != "GET"]
        self.public = [*model.entra_id.routes(), wire.Route("GET", "/metadata/endpoints", _nothing)]
        self.control = [route for route in model.control.routes() if not route.template.endswith("/shutdown")]
        ids = self._ids(target)
        self.things = [_parts(name) for name in ids]
        self.values: dict[str, list[str]] = {}
        for thing in self.things:
            for kind, name in thing.items():
                if name not in self.values.setdefault(kind, []):
                    self.values[kind].append(name)

    def _ids(self, target: Target) -> list[str]:
        """Return the ids of what the lists of the world name, found by reading the lists below each thing."""
        found = [self.subscription, *(f"{self.subscription}/{place}" for place in _PLACES)]
        asked: set[str] = set()
        for place in found:
            parts = _parts(place)
            for route in self.azure:
                path = _filled(route.template, parts)
                if route.method != "GET" or not path or path in asked:
                    continue
                asked.add(path)
                answer = json.dumps(target.read(f"{urllib.parse.quote(path, safe='/;')}?$filter={_FILTER}"))
                answer += json.dumps(target.read(urllib.parse.quote(path, safe="/;")))
                for name in re.findall(r'"id": "(/subscriptions/[^"]+)"', answer):
                    if name not in found and len(found) < MOST_THINGS:
                        found.append(name)
        return found


@st.composite
def calls(draw: st.DrawFn, names: Names) -> Call:
    """Any call; those to Azure Resource Manager most often."""
    kind = draw(st.sampled_from(("writing", "writing", "writing", "azure", "azure", "public", "control", "nowhere")))
    method, path, body = "GET", "/", None
    headers: dict[str, str] = {}
    query: list[tuple[str, str]] = []
    if kind == "nowhere":
        method = draw(st.sampled_from(METHODS))
        path = "/" + "/".join(draw(st.lists(_segments(), max_size=8)))
        body = draw(st.none() | st.binary(max_size=200))
    else:
        route = draw(st.sampled_from(getattr(names, kind)))
        method, path = route.method, draw(_paths(names, route))
        body = draw(_bodies(names, route))
    if kind in ("azure", "writing", "nowhere"):
        query.append(("api-version", draw(st.sampled_from(API_VERSIONS))))
        headers["Authorization"] = f"Bearer {TOKEN}"
    if kind == "control":
        headers["X-Simulator-Key"] = names.access["control_key"]
    if draw(st.integers(0, 9)) == 0:
        method = draw(st.sampled_from(METHODS))
    for _more in range(draw(st.integers(0, 2))):
        query.append((draw(st.sampled_from(_QUERIES)), draw(_query_values())))
    if draw(st.integers(0, 4)) == 0:
        name = draw(st.sampled_from(sorted(_HEADERS)))
        headers[name] = draw(st.sampled_from(_HEADERS[name]))
    if draw(st.integers(0, 19)) == 0:
        headers["Authorization"] = draw(
            st.sampled_from(("", "Bearer", "Bearer x.y.z", f"Basic {TOKEN}", "Bearer \xff"))
        )
    return Call(method, path, tuple(query), headers, body)


@st.composite
def _paths(draw: st.DrawFn, names: Names, route: wire.Route) -> str:
    """A path of a route, most often of a thing that there is."""
    thing = draw(st.sampled_from(names.things))
    before, parts = "", []
    for part in route.template.strip("/").split("/"):
        if "{" in part:
            choice = draw(st.integers(0, 59))
            known = names.values.get(before.lower(), ["x"])
            name = thing.get(before.lower()) or _USUAL.get(before.lower()) or known[0]
            if part == "{tenant}":
                name = str(names.access["tenant_id"])
            if choice in (0, 1):
                name = draw(st.sampled_from(known))
            elif choice == 2:
                name = name.swapcase()
            elif choice in (4, 5):
                name = draw(st.sampled_from(("new-1", "new-2")))
            parts.append(draw(_segments()) if choice == 3 else urllib.parse.quote(name, safe=";"))
        else:
            parts.append(part)
        before = part
    return "/" + "/".join(parts)


def _segments() -> st.SearchStrategy[str]:
    """A part of a path, percent-encoded as a client must; any bytes."""
    odd = (*_FRAGMENTS, "..", "/", "%", ";", "VM;iaasvmcontainerv2;a;b", "IaasVMContainer;x", ";;;", "\r\n", "\u202e")
    text = st.sampled_from(odd) | st.text(max_size=20)
    return text.map(lambda value: urllib.parse.quote(value, safe="", errors="replace")) | st.binary(max_size=9).map(
        lambda value: urllib.parse.quote(value, safe="")
    )


@st.composite
def _query_values(draw: st.DrawFn) -> str:
    """A filter with some letters changed, or any other text."""
    choice = draw(st.integers(0, 3))
    if choice == 0:
        return draw(st.sampled_from(_FRAGMENTS))
    if choice == 1:
        return draw(st.text(max_size=30))
    text = draw(st.sampled_from(examples.FILTERS))
    if choice == 2:
        return text
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, len(text)))
    return text[:start] + draw(st.sampled_from(_FRAGMENTS) | st.text(max_size=5)) + text[end:]


@st.composite
def _bodies(draw: st.DrawFn, names: Names, route: wire.Route) -> t.Any:
    """What a route takes, changed a little."""
    if route.template.endswith("/token") and route.method == "POST":
        form = draw(mutation.mutated(draw(st.sampled_from(examples.forms(names.access)))))
        return tuple((str(name), str(value)) for name, value in form.items()) if isinstance(form, dict) else form
    valid = examples.bodies(route.method, route.template, names.subscription)
    if not valid:
        return draw(st.none() | st.none() | mutation.anything() | st.binary(max_size=50))
    body = draw(mutation.mutated(draw(st.sampled_from(valid))))
    return _harmless(body) if route.template.endswith("/faults") else body


def _harmless(rules: t.Any) -> t.Any:
    """Take from rules what makes answers very late: who has the key may do so."""
    if isinstance(rules, list):
        return [_harmless(rule) for rule in rules]
    if isinstance(rules, dict) and isinstance(rules.get("delay_ms"), int):
        return {**rules, "delay_ms": min(rules["delay_ms"], 20)}
    return rules


def _filled(template: str, parts: t.Mapping[str, str]) -> str | None:
    """Return the path of a route for a thing; None where the thing lacks a part of it."""
    words = template.strip("/").split("/")
    for number, word in enumerate(words):
        if "{" in word:
            name = parts.get(words[number - 1].lower())
            if not name:
                return None
            words[number] = name
    return "/" + "/".join(words)


def _parts(name: str) -> dict[str, str]:
    """Return the parts of an id by the kind that stands before each, in lower case."""
    words = name.strip("/").split("/")
    return {kind.lower(): value for kind, value in zip(words, words[1:], strict=False)}


def _nothing(request: wire.Request) -> wire.Response:
    return wire.Response(200)
