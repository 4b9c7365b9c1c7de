# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that are right in form and wrong in what they say: old, repeated, of another shape, never at an end.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from . import wire

KINDS: t.Final = {
    "other_shape": "do it, then answer with JSON of another shape",
    "bare": "do it, then answer 202 with neither a body nor the URLs of an operation",
    "stale": "answer each later time what was answered at the first time: a read that lags behind",
    "same_page": "answer a list with a page that names itself as the next one",
    "overlapping_pages": "begin each later page of a list with the last entry of the one before: entries appear",
    "unended": "say that an operation, a job or a vault that has ended is still at it",
}

_ENDED = frozenset({"succeeded", "completed", "completedwithwarnings", "failed", "cancelled", "canceled"})

Memory = dict[t.Any, t.Any]


def distort(kind: str, request: wire.Request, response: wire.Response, memory: Memory) -> wire.Response:
    """Return what becomes of an answer; ``memory`` is kept from one call to the next."""
    return _DISTORTIONS[kind](request, response, memory)


def _other_shape(request: wire.Request, response: wire.Response, memory: Memory) -> wire.Response:
    return wire.Response(response.status, ["something else"], response.headers)


def _bare(request: wire.Request, response: wire.Response, memory: Memory) -> wire.Response:
    return wire.Response(202, wire.EMPTY) if response.status < 300 else response


def _stale(request: wire.Request, response: wire.Response, memory: Memory) -> wire.Response:
    key = (request.method, request.path.lower(), tuple(sorted(request.query.items())))
    return t.cast(wire.Response, memory.setdefault(key, response))


def _same_page(request: wire.Request, response: wire.Response, memory: Memory) -> wire.Response:
    if not _is_page(response):
        return response
    query = "&".join(f"{name}={value}" for name, value in request.query.items())
    link = f"{request.base_url}{request.path}?{query}".replace(" ", "%20")
    return wire.Response(response.status, {**response.body, "nextLink": link}, response.headers)


def _overlapping_pages(request: wire.Request, response: wire.Response, memory: Memory) -> wire.Response:
    if not _is_page(response):
        return response
    key, values = request.path.lower(), list(response.body["value"])
    before = memory.get(key) if "$skiptoken" in request.query else None
    memory[key] = values[-1] if values else before
    return wire.Response(response.status, {**response.body, "value": [before, *values] if before else values})


def _is_page(response: wire.Response) -> bool:
    return response.status == 200 and isinstance(response.body, dict) and isinstance(response.body.get("value"), list)


def _unended(request: wire.Request, response: wire.Response, memory: Memory) -> wire.Response:
    if response.status == 204 or (response.status == 200 and response.body is wire.EMPTY):
        return wire.Response(202, wire.EMPTY, response.headers)
    return wire.Response(response.status, _running(response.body), response.headers)


def _running(body: t.Any) -> t.Any:
    if not isinstance(body, dict):
        return body
    changed = {"status": "InProgress", "provisioningState": "Updating"}
    body = {
        name: changed[name] if name in changed and str(value).lower() in _ENDED else value
        for name, value in body.items()
    }
    if isinstance(body.get("properties"), dict):
        body["properties"] = _running(body["properties"])
    if isinstance(body.get("value"), list):
        body["value"] = [_running(entry) for entry in body["value"]]
    return body


_DISTORTIONS: t.Final = {
    "other_shape": _other_shape,
    "bare": _bare,
    "stale": _stale,
    "same_page": _same_page,
    "overlapping_pages": _overlapping_pages,
    "unended": _unended,
}
