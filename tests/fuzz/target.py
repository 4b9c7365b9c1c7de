# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator that is fuzzed: how it is reached, and what proves that it has survived."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import typing as t
import urllib.parse

SECONDS: t.Final = 10
"""After which an answer that has not come counts as one that never comes."""
MISTAKE: t.Final = b"The simulator made a mistake"
"""What the simulator answers with 500 when a rule of its own raised what it should not."""
_WEB_LIBRARY_MISTAKE: t.Final = b"Server got itself in trouble"


class Finding(AssertionError):
    """The simulator did what it must not do, whatever it is sent."""


class Target:
    """A running simulator.

    Args:
        access: the content of its ready file.
        complaints: returns what it has written to its log since the last call, and forgets that.
    """

    def __init__(self, access: t.Mapping[str, t.Any], complaints: t.Callable[[], str]) -> None:
        self.access = access
        self.requests = 0
        self.statuses: dict[int, int] = {}
        self._complaints = complaints
        self._context = ssl.create_default_context(cafile=access["ca_file"])
        self._address = urllib.parse.urlsplit(access["endpoint"])
        self._kept: http.client.HTTPSConnection | None = None
        self.token = self.sign_in()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._address.port or 0)

    @property
    def control_headers(self) -> dict[str, str]:
        """What the control interface wants."""
        return {"X-Simulator-Key": self.access["control_key"]}

    def sign_in(self) -> str:
        """Return a new token."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.access["client_id"],
            "client_secret": self.access["client_secret"],
            "scope": f"{self.access['endpoint']}/.default",
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        path = f"/{self.access['tenant_id']}/oauth2/v2.0/token"
        answer = self.send("POST", path, headers, urllib.parse.urlencode(form).encode())
        self.token = json.loads(answer[2])["access_token"]
        return self.token

    def control(self, method: str, call: str, body: t.Any = None) -> t.Any:
        """Call the control interface and return its JSON; raises Finding where it does not answer 200."""
        content = b"" if body is None else json.dumps(body).encode()
        for _attempt in range(2):
            status, _headers, text = self.send(method, f"/_sim/{call}", self.control_headers, content)
            if status:
                break  # else it has closed the connection since the last answer, as any server may: once more
        if status != 200:
            raise Finding(f"{method} /_sim/{call} answers {status}: {text[:500]!r}")
        return json.loads(text)

    def read(self, path: str) -> t.Any:
        """Return the JSON of a GET, None where the answer is an error."""
        separator = "&" if "?" in path else "?"
        headers = {"Authorization": f"Bearer {self.token}"}
        status, _headers, text = self.send("GET", f"{path}{separator}api-version=2025-02-01", headers, b"")
        return json.loads(text) if status == 200 and text else None

    def send(
        self, method: str, path: str, headers: t.Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers with lower-case names, and body; status 0 where the connection was closed instead.

        Raises Finding for an answer that never comes and for a mistake that the simulator admits.
        """
        self.requests += 1
        connection = self._kept or http.client.HTTPSConnection(
            "127.0.0.1", self.port, context=self._context, timeout=SECONDS
        )
        self._kept = connection
        try:
            connection.request(method, path, body, {**headers, "Content-Length": str(len(body))})
            response = connection.getresponse()
            content = response.read()
        except UnicodeError as error:
            self._close()
            raise Finding(f"It names a link that is none: {path[:500]!r}") from error
        except TimeoutError as error:
            self._close()
            raise Finding(f"No answer in {SECONDS} seconds: {method} {path[:500]}") from error
        except (http.client.HTTPException, OSError):
            self._close()
            return 0, {}, b""
        if response.will_close:
            self._close()
        self.statuses[response.status] = self.statuses.get(response.status, 0) + 1
        self.judge(content, f"{method} {path[:500]}")
        return response.status, {name.lower(): value for name, value in response.getheaders()}, content

    def judge(self, answer: bytes, request: str) -> None:
        """Raise Finding where an answer admits a mistake."""
        if MISTAKE in answer or _WEB_LIBRARY_MISTAKE in answer:
            raise Finding(f"{request}\n{self._complaints() or repr(answer[:2000])}")

    def plain_socket(self) -> socket.socket:
        """Return a connection without TLS."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)

    def secure_socket(self) -> ssl.SSLSocket:
        """Return a connection over TLS on which anything can be sent."""
        return self._context.wrap_socket(self.plain_socket(), server_hostname="localhost")

    def reset(self) -> None:
        """Put everything back to the start."""
        self._complaints()
        self.control("POST", "reset")
        self.control("POST", "tokens/lifetime", {"seconds": 3599})

    def check(self) -> None:
        """Raise Finding where it no longer answers somebody who comes anew, or has complained."""
        self._close()
        health = self.control("GET", "health")
        if health.get("status") != "ok":
            raise Finding(f"It is not well: {health}")
        complaint = self._complaints()
        if complaint:
            raise Finding(complaint)

    def close(self) -> None:
        """Close what is open."""
        self._close()

    def _close(self) -> None:
        if self._kept:
            self._kept.close()
        self._kept = None
