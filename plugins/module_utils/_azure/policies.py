# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules that every request passes, as policies of an azure-core pipeline; `client.py` puts them in order.

A policy is any object with ``next`` and ``send``, so this needs no Azure package.
This file is private to the collection.
"""

from __future__ import annotations

import platform
import re
import typing as t
import urllib.parse

from .._errors import ForeignHost, WriteInCheckMode
from .._version import VERSION

if t.TYPE_CHECKING:
    from .clock import ServiceClock
    from .tokens import TokenSource

READING_POSTS: t.Final = (
    "/backupstatus",
    "/backupprevalidateprotection",
    "/backupvalidatefeatures",
    "/backupvalidateoperation",
)
"""The ends of the paths of those POSTs that change nothing."""


def is_read(method: str, url: str) -> bool:
    """Tell whether a request changes nothing."""
    if method in ("GET", "HEAD"):
        return True
    path = urllib.parse.urlsplit(url).path.rstrip("/").lower()
    return method == "POST" and path.endswith(READING_POSTS)


class Policy:
    """A step of the pipeline, which sets ``next``."""

    next: t.Any

    def send(self, request: t.Any) -> t.Any:
        """Pass the request on, or raise."""
        return self.next.send(request)


class ReadOnly(Policy):
    """In check mode nothing is written: a mistake above becomes an error and never a write to production."""

    def send(self, request: t.Any) -> t.Any:
        """Refuse whatever writes."""
        method, url = request.http_request.method, request.http_request.url
        if not is_read(method, url):
            path = urllib.parse.urlsplit(url).path
            raise WriteInCheckMode(f"{method} {path} was about to be sent in check mode. Nothing was sent")
        return self.next.send(request)


class HostGuard(Policy):
    """The token goes only to the cloud's Resource Manager, over https, whatever URLs an answer holds."""

    def __init__(self, resource_manager: str) -> None:
        self._allowed = _origin(resource_manager)

    def send(self, request: t.Any) -> t.Any:
        """Refuse another host, and an answer that sends us elsewhere."""
        url = request.http_request.url
        if _origin(url) != self._allowed:
            raise ForeignHost(_foreign(url, self._allowed))
        response = self.next.send(request)
        status = response.http_response.status_code
        if status in (301, 302, 303, 307, 308):
            target = urllib.parse.urljoin(url, response.http_response.headers.get("location", ""))
            message = f"The service redirects to {_shown(target)}. Redirects are not followed"
            raise ForeignHost(message, http_status=status)
        return response


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urllib.parse.urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), port or (443 if scheme == "https" else None)


def _shown(url: str) -> str:
    """Return scheme and host, without what may be secret: user information and query."""
    scheme, host, port = _origin(url)
    return f"{scheme}://{host}" + (f":{port}" if port and port != 443 else "")


def _foreign(url: str, allowed: tuple[str, str, int | None]) -> str:
    return (
        f"A URL points to {_shown(url)}, but this cloud's Azure Resource Manager is "
        f"{allowed[0]}://{allowed[1]}:{allowed[2]}. The request was not sent"
    )


class UserAgent(Policy):
    """Says who calls, for the service's logs."""

    def __init__(self, extra: str = "") -> None:
        name = f"cloudkeep.azure_backup/{VERSION} Python/{platform.python_version()}"
        # What is added comes from an environment variable: a line break in it would end the header.
        self._text = re.sub(r"[^\x20-\x7e]", "", f"{name} {extra}").strip()

    def send(self, request: t.Any) -> t.Any:
        """Set the header."""
        request.http_request.headers["User-Agent"] = self._text
        return self.next.send(request)


class ServiceTime(Policy):
    """Learns from every answer what time it is where it comes from."""

    def __init__(self, clock: ServiceClock) -> None:
        self._clock = clock

    def send(self, request: t.Any) -> t.Any:
        """Look at the answer's date."""
        response = self.next.send(request)
        self._clock.learn(response.http_response.headers.get("date"))
        return response


class Authorization(Policy):
    """Adds the token; when the service says that it is no longer good, gets a new one, once for all requests."""

    def __init__(self, tokens: TokenSource) -> None:
        self._tokens = tokens

    def send(self, request: t.Any) -> t.Any:
        """Send with a token. A request that was refused with 401 has changed nothing, so any may be sent again."""
        token = self._tokens.token()
        response = self._send(request, token)
        if response.http_response.status_code != 401:
            return response
        # Another token of the same identity would be of the same tenant.
        if "InvalidAuthenticationTokenTenant" in response.http_response.text():
            return response
        renewed = self._tokens.renewed(token)
        return response if renewed == token else self._send(request, renewed)

    def _send(self, request: t.Any, token: str) -> t.Any:
        request.http_request.headers["Authorization"] = f"Bearer {token}"
        response = self.next.send(request)
        if response.http_response.status_code != 401:
            self._tokens.accepted(token)
        return response
