# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client whose network is a script: the real SDK, azure-core's real transport, and answers that a test writes down.

azure = ScriptedAzure([reply(503), reply(200, {"value": []})])
list(Compute(azure.client()).virtual_machines())
assert azure.clock.pauses == [...]
"""

from __future__ import annotations

import datetime as dt
import io
import json
import threading
import typing as t
import urllib.parse

import requests
import requests.adapters
import urllib3

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.client import AzureClient

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
ARM = "https://management.azure.com"
OPTIONS: t.Final = {
    "subscription_id": SUBSCRIPTION,
    "client_id": "22222222-2222-2222-2222-222222222222",
    "tenant": "33333333-3333-3333-3333-333333333333",
    "secret": "a-secret-that-is-long-enough",
}


class FakeClock:
    """A clock that moves only when somebody sleeps on it."""

    def __init__(self) -> None:
        # The real time of day: msal reckons the end of its tokens from that.
        self._start = dt.datetime.now(dt.timezone.utc)
        self.seconds = 0.0
        self.pauses: list[float] = []
        self._lock = threading.Lock()

    def now(self) -> dt.datetime:
        """Return the time of day."""
        return self._start + dt.timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return the seconds slept so far."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Move on at once."""
        assert seconds >= 0
        with self._lock:
            self.pauses.append(seconds)
            self.seconds += seconds


Reply = t.Callable[[requests.PreparedRequest], requests.Response]


def reply(
    status: int, body: t.Any = None, headers: t.Mapping[str, str] | None = None, *, text: str | bytes | None = None
) -> Reply:
    """Return an answer; ``body`` is JSON, ``text`` is sent as it is."""

    def answer(request: requests.PreparedRequest) -> requests.Response:
        told = text if text is not None else "" if body is None else json.dumps(body)
        content = told if isinstance(told, bytes) else told.encode()
        response = requests.Response()
        response.status_code = status
        response.headers.update({"Content-Type": "application/json", **(headers or {})})
        response.raw = urllib3.HTTPResponse(io.BytesIO(content), status=status, preload_content=False)
        response.request = request
        response.url = request.url or ""
        response.reason = "scripted"
        return response

    return answer


def breaks(error: Exception) -> Reply:
    """Return a failure of the network."""

    def answer(request: requests.PreparedRequest) -> requests.Response:
        raise error

    return answer


def error_body(code: str, message: str = "It does not work.\r\nTry something else.") -> dict[str, t.Any]:
    """Return an error body of the service."""
    return {"error": {"code": code, "message": message}}


def _openid(request: requests.PreparedRequest) -> requests.Response:
    # How often msal asks for this is its own affair, so no script holds it.
    base = (request.url or "").partition("/v2.0/")[0]
    return reply(
        200,
        {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "issuer": f"{base}/v2.0",
        },
    )(request)


class FakeTokens:
    """A source of tokens: token-1, and a new one each time that one is refused."""

    def __init__(self) -> None:
        self.number = 1

    def token(self) -> str:
        """Return the current token."""
        return f"token-{self.number}"

    def renewed(self, refused: str) -> str:
        """Return the next token."""
        assert refused == self.token()
        self.number += 1
        return self.token()

    def accepted(self, token: str) -> None:
        """Do nothing."""


class ScriptedAzure(requests.adapters.BaseAdapter):
    """Answers requests from a script, in its order, and keeps what was asked."""

    def __init__(self, replies: t.Iterable[Reply]) -> None:
        super().__init__()
        self.replies = list(replies)
        self.requests: list[requests.PreparedRequest] = []
        self.clock = FakeClock()

    def send(self, request: requests.PreparedRequest, *args: t.Any, **kwargs: t.Any) -> requests.Response:
        """Give the next answer."""
        if urllib.parse.urlsplit(request.url or "").path.endswith("/openid-configuration"):
            return _openid(request)
        # A copy, because the same request may be sent again with other headers.
        self.requests.append(request.copy())
        if not self.replies:
            raise AssertionError(f"{request.method} {request.url} is not in the script")
        return self.replies.pop(0)(request)

    def close(self) -> None:
        """Do nothing."""

    def client(
        self,
        *,
        check_mode: bool = False,
        options: t.Mapping[str, t.Any] | None = None,
        environ: t.Mapping[str, str] | None = None,
        tokens: t.Any = None,
    ) -> AzureClient:
        """Return a client that talks to the script only; ``tokens=False`` leaves it its own token source."""
        client = AzureClient(
            OPTIONS if options is None else options,
            check_mode=check_mode,
            environ={"HOME": "/nonexistent", **(environ or {})},
            clock=self.clock,
        )
        session = client._connections.transport.session
        session.mount("https://", self)
        session.trust_env = False
        if tokens is not False:
            vars(client)["_tokens"] = tokens or FakeTokens()
        return client

    @property
    def lines(self) -> list[str]:
        """The requests so far as ``GET /path``."""
        return [f"{request.method} {request.path_url}" for request in self.requests]
