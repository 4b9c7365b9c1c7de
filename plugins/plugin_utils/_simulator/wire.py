# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What passes between the web server and the rules: a request, a response, an error, a route.

No HTTP library here, so that every rule can be run and tested as plain Python.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

EMPTY: t.Final = object()
"""The body of an answer that has none, as opposed to JSON ``null`` (which is ``None``)."""


@dataclasses.dataclass(frozen=True)
class Request:
    """One call, decoded.

    ``path`` is percent-decoded; ``query`` has lower-case names (``api-version``, ``$filter``, ``$skiptoken``);
    ``headers`` has lower-case names; ``body`` is parsed JSON, or None where there was none;
    ``base_url`` (``https://127.0.0.1:port``, no slash at the end) starts every URL that an answer names.
    """

    method: str
    path: str
    query: t.Mapping[str, str]
    headers: t.Mapping[str, str]
    body: t.Any
    base_url: str
    size: int = 0
    """Bytes of the body as it was sent."""

    @property
    def client_request_id(self) -> str:
        """``x-ms-client-request-id``, which becomes the ``activityId`` of the job that the call starts."""
        return self.headers.get("x-ms-client-request-id", "")

    @property
    def api_version(self) -> str:
        """The caller's ``api-version``."""
        return self.query.get("api-version", "")


@dataclasses.dataclass
class Response:
    """An answer: status, JSON body (or EMPTY), and the headers that belong to this call alone."""

    status: int
    body: t.Any = EMPTY
    headers: dict[str, str] = dataclasses.field(default_factory=dict)


class WireError(Exception):
    """An error answer. ``source`` is ``gateway`` (Azure Resource Manager) or ``service`` (the resource provider)."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        source: str = "service",
        body: t.Any = None,
        headers: t.Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.source = source
        self.body = body
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """Return the answer with the shape that its source uses (or the body given, as it is)."""
        error: dict[str, t.Any] = {"code": self.code, "message": self.message}
        if self.source == "service":
            error |= {"target": None, "details": None, "innerError": None}
        body = self.body if self.body is not None else {"error": error}
        return Response(self.status, body, {"x-ms-failure-cause": self.source, **self.headers})


Handler = t.Callable[..., Response]


@dataclasses.dataclass(frozen=True)
class Route:
    """``handler(request, **names)`` for a method and a path template such as ``/subscriptions/{subscription_id}``."""

    method: str
    template: str
    handler: Handler
    pattern: re.Pattern[str] = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        parts = re.split(r"\{(\w+)\}", self.template)
        text = "".join(f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
        object.__setattr__(self, "pattern", re.compile(f"^{text}/?$", re.IGNORECASE))


class Router:
    """Finds the route of a request; the letters of a path count in any case, as in Azure."""

    def __init__(self, routes: t.Iterable[Route]) -> None:
        self._routes = list(routes)

    def dispatch(self, request: Request) -> Response:
        """Answer the request. What is not modelled is 501 with the missing route named, never a guess."""
        for route in self._routes:
            match = route.pattern.match(request.path) if route.method == request.method else None
            if match:
                return route.handler(request, **match.groupdict())
        raise WireError(
            501, "NotModelled", f"The simulator has no route for {request.method} {request.path}", source="simulator"
        )
