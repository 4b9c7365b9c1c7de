# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists in pages, with a ``nextLink`` that stays right while entries come and go.

This file is private to the collection.
"""

from __future__ import annotations

import base64
import binascii
import typing as t
import urllib.parse

from . import errors, naming, wire

PAGE_SIZE: t.Final = 200
"""UNVERIFIED for lists other than protectable items: assumed that every list has pages of 200."""

Entry = t.TypeVar("Entry")


def page(
    request: wire.Request,
    entries: t.Iterable[tuple[int, Entry]],
    render: t.Callable[[Entry], t.Any],
    *,
    size: int | None = None,
) -> wire.Response:
    """Answer with one page of ``entries``.

    Each entry has a number that grows along the list and never changes, so that a token (the number of the first entry
    of the next page) neither skips nor repeats anything when other entries appear or vanish in between.
    """
    size = size or PAGE_SIZE
    start = start_of(request)
    values: list[t.Any] = []
    for number, entry in entries:
        if start is not None and number < start:
            continue
        if len(values) == size:
            return wire.Response(200, {"value": values, "nextLink": _next_link(request, number)})
        values.append(render(entry))
    return wire.Response(200, {"value": values})


def quoted(path: str) -> str:
    """Quote a decoded path for a URL; the service leaves semicolons as they are."""
    return urllib.parse.quote(path, safe="/;()!*'@:,=-._~")


def _next_link(request: wire.Request, number: int) -> str:
    query = {key: value for key, value in request.query.items() if key not in ("$skiptoken", "api-version")}
    parts = [f"api-version={urllib.parse.quote(request.api_version)}"]
    parts += [f"{key}={urllib.parse.quote(value, safe='')}" for key, value in query.items()]
    parts.append(f"$skipToken={urllib.parse.quote(naming.encoded(str(number)), safe='')}")
    return f"{request.base_url}{quoted(request.path)}?{'&'.join(parts)}"


def start_of(request: wire.Request) -> int | None:
    """Return the number of the first entry that the caller asks for, None for a first page; raises WireError 400."""
    token = request.query.get("$skiptoken")
    if token is None:
        return None
    try:
        return int(base64.urlsafe_b64decode(token.encode()).decode())
    except (ValueError, binascii.Error) as error:
        raise errors.invalid_input("The skip token is not one of this service.") from error
