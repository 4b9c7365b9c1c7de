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
from . import faults

if t.TYPE_CHECKING:
    from .clock import ServiceClock
    from .threads import Stop
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
        if not self._allowed or _origin(url) != self._allowed:
            raise ForeignHost(
                f"A URL points to {_shown(url)}, but this cloud's Azure Resource Manager is {_named(self._allowed)}. "
                "The request was not sent"
            )
        response = self.next.send(request)
        status = response.http_response.status_code
        if status in (301, 302, 303, 307, 308):
            target = response.http_response.headers.get("location", "")
            # Without a host of its own it leads to the same one.
            elsewhere = _shown(target if "//" in target else url)
            message = f"The service redirects to {elsewhere}. Redirects are not followed"
            raise ForeignHost(message, http_status=status)
        return response


Origin: t.TypeAlias = "tuple[str, str, int | None]"

_ORIGIN: t.Final = re.compile(
    r"(https?)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(?=[/?#]|\Z)", re.ASCII | re.IGNORECASE
)


def _origin(url: str) -> Origin | None:
    """Return scheme, host and port; None for a URL that is not written in the plainest form.

    Libraries disagree on where the host of an odd URL ends (https://one.example\\@two.example), and on which letters
    are alike. So nothing is let through that another library could read otherwise: no user, no backslash, no space,
    nothing but ASCII.
    """
    found = _ORIGIN.match(url)
    if not found:
        return None
    scheme, host, port = found.groups()
    scheme = scheme.lower()
    return scheme, host.lower(), int(port) if port else {"https": 443}.get(scheme)


def _named(origin: Origin | None) -> str:
    return f"{origin[0]}://{origin[1]}:{origin[2]}" if origin else "not at an address that a token can be sent to"


def _shown(url: str) -> str:
    """Return scheme and host, without what may be secret: user information, path and query."""
    origin = _origin(url)
    if origin:
        scheme, host, port = origin
        return f"{scheme}://{host}" + (f":{port}" if port and port != 443 else "")
    scheme, separator, rest = url.strip().partition("//")
    if not separator:
        return "no address"
    authority = re.sub(r"[^\\@]*@", "***@", re.split(r"[/?#]", rest, maxsplit=1)[0])
    # Letters that only look like others, and those that a terminal obeys, are spelled out.
    return re.sub(r"[^!-~]", lambda letter: f"\\u{ord(letter.group()):04x}", f"{scheme}//{authority}"[:300])


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


class UntilStopped(Policy):
    """Lets nothing through any more once the client is closed, whichever thread still wants to send something.

    It comes last: a request may have waited long for its turn or its token.
    """

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def send(self, request: t.Any) -> t.Any:
        """Raise Stopped instead of sending."""
        self._stop.check()
        return self.next.send(request)


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
        if "InvalidAuthenticationTokenTenant" in faults.text_of(response.http_response):
            return response
        renewed = self._tokens.renewed(token)
        return response if renewed == token else self._send(request, renewed)

    def _send(self, request: t.Any, token: str) -> t.Any:
        request.http_request.headers["Authorization"] = f"Bearer {token}"
        response = self.next.send(request)
        if response.http_response.status_code != 401:
            self._tokens.accepted(token)
        return response
