# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes a request of what arrived on the wire, whatever that is.

This file is private to the collection.
"""

from __future__ import annotations

import json
import re
import typing as t
import urllib.parse

from . import wire


class Malformed(str):
    """The body of a request that isn't what it says it is; the text tells why."""


def decode(method: str, target: str, headers: t.Mapping[str, str], body: bytes, base_url: str) -> wire.Request:
    """Return the request; ``target`` is the path and query as they were sent. Never raises: garbage is data, too."""
    lower = {name.lower(): value for name, value in headers.items()}
    path, unused, query = re.sub(r"^https?://[^/?]*", "", target).partition("?")
    # ARM takes a doubled slash for one: clients make it by joining an endpoint that ends in one with a path.
    decoded = re.sub(r"/{2,}", "/", urllib.parse.unquote("/" + path))
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    return wire.Request(
        method=method.upper(),
        path=decoded,
        query={name.lower(): value for name, value in pairs},
        headers=lower,
        body=_body(lower.get("content-type", ""), body),
        base_url=base_url,
        size=len(body),
    )


def _body(content_type: str, body: bytes) -> t.Any:
    if not body:
        return None
    try:
        text = body.decode("utf-8-sig")
        if content_type.startswith("application/x-www-form-urlencoded"):
            return dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
        return json.loads(text)
    except RecursionError:
        return Malformed("The content is nested too deeply.")
    except ValueError as error:
        return Malformed(str(error))
