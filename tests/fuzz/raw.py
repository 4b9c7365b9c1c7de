# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What HTTP does not allow, on sockets of our own: halves, garbage, giants, too much at once, and clients that wait."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import time
import typing as t

from hypothesis import strategies as st

from .target import SECONDS, Finding, Target

GOOD: t.Final = b"GET /metadata/endpoints?api-version=2022-09-01 HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST: t.Final = b"POST /x/oauth2/v2.0/token HTTP/1.1\r\nHost: localhost\r\n"
PIECES: t.Final = (
    *(
        GOOD,
        POST,
        b"GET / HTTP/1.1\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"\x00",
        b" ",
        b":",
        b"HTTP/1.1",
        b"HTTP/9.9",
        b"PRI * HTTP/2.0",
    ),
    *(b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Content-Length: 99999999999999999999\r\n"),
    *(b"Content-Length: 5\r\nContent-Length: 6\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n"),
    *(b"5\r\nabc", b"ffffffffffffffff\r\n", b"-1\r\n", b"0\r\n\r\n", b"5;x=y\r\nhello\r\n", b"zz\r\n"),
    *(b"Expect: 100-continue\r\n", b"Upgrade: websocket\r\nConnection: Upgrade\r\n", b"Connection: close\r\n"),
    *(
        b"Host: \xff\xfe\r\n",
        b"X: " + b"a" * 70_000 + b"\r\n",
        b"X: y\r\n" * 2000,
        b"/" + b"a" * 70_000,
        b"\x16\x03\x01",
    ),
    *(b"Authorization: Bearer \xff\r\n", b"X-Simulator-Key: \xed\xa0\x80\r\n", b"X-Identity-Header: \xff\r\n"),
    *(b"GET /msi/token?resource=x HTTP/1.1\r\n", b"GET /_sim/health HTTP/1.1\r\n", b"GET http://[::1 HTTP/1.1\r\n"),
)


@dataclasses.dataclass(frozen=True)
class Conversation:
    """What is sent on one connection. ``pause``, in seconds, comes after each part; ``listen`` waits for answers."""

    parts: tuple[bytes, ...]
    secure: bool = True
    pause: float = 0.0
    listen: bool = True
    idle: int = 0
    """How many more connections are opened at the same time, on which nothing is ever sent."""

    def hold(self, target: Target) -> None:
        """Send it; raises Finding where an answer admits a mistake."""
        target.requests += 1
        with contextlib.ExitStack() as stack:
            for _unused in range(self.idle):
                stack.enter_context(contextlib.closing(target.plain_socket()))
            received = b""
            # Whatever closes the connection is as good an answer as any.
            with contextlib.suppress(OSError):
                connection = target.secure_socket() if self.secure else target.plain_socket()
                stack.enter_context(contextlib.closing(connection))
                for part in self.parts:
                    connection.sendall(part)
                    time.sleep(self.pause)
                if self.listen:
                    connection.settimeout(0.05)
                    received = _received(connection)
            target.judge(received, repr(self))


def _received(connection: socket.socket) -> bytes:
    """Return what comes until nothing more does, or the connection ends."""
    received = b""
    until = time.monotonic() + SECONDS
    with contextlib.suppress(TimeoutError):
        while chunk := connection.recv(65536):
            received += chunk
            if time.monotonic() > until:
                raise Finding(f"It sends without end: {received[:500]!r}")
    return received


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """Pieces of HTTP in any order, garbage among them, in one go or slowly, with and without TLS."""
    kind = draw(st.sampled_from(("pieces", "pieces", "garbage", "many", "slow", "plain", "idle")))
    pieces = st.sampled_from(PIECES) | st.binary(max_size=60)
    if kind == "many":
        return Conversation(
            (draw(st.sampled_from((GOOD, POST + b"Content-Length: 0\r\n\r\n"))) * draw(st.integers(2, 60)),)
        )
    if kind == "slow":
        text = b"".join(draw(st.lists(pieces, min_size=1, max_size=3)))[:12]
        return Conversation(tuple(bytes([letter]) for letter in text), pause=0.005, listen=draw(st.booleans()))
    parts = tuple(draw(st.lists(st.binary(max_size=400) if kind == "garbage" else pieces, min_size=1, max_size=6)))
    if kind == "pieces" and draw(st.booleans()):
        # Once the first line is right, the rest is read at all.
        parts = (b"POST /subscriptions HTTP/1.1\r\nHost: localhost\r\n", *parts)
    return Conversation(
        parts,
        secure=kind != "plain",
        listen=draw(st.booleans()),
        idle=draw(st.integers(1, 30)) if kind == "idle" else 0,
    )
