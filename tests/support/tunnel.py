# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy that lets through whoever asks with CONNECT, as one between a company and Azure does.

with tunnel() as proxy:
    environ = {"HTTPS_PROXY": proxy.url, "NO_PROXY": "", "no_proxy": ""}
"""

from __future__ import annotations

import contextlib
import http.server
import socket
import threading
import typing as t


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tunnels: list[str] = []


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_CONNECT(self) -> None:
        """Open a tunnel, and carry what comes through it until one of the two ends closes."""
        host, port = self.path.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as service:
            self.server.tunnels.append(self.path)
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_carry, args=(service, self.connection), daemon=True)
            back.start()
            _carry(self.connection, service)
            back.join()
        self.close_connection = True

    def log_message(self, *arguments: t.Any) -> None:
        """Print nothing."""


def _carry(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


class Tunnel:
    """A running proxy."""

    def __init__(self, server: _Server) -> None:
        self._server = server

    @property
    def url(self) -> str:
        """For HTTPS_PROXY."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def opened(self) -> int:
        """How many tunnels were opened."""
        return len(self._server.tunnels)


@contextlib.contextmanager
def tunnel() -> t.Iterator[Tunnel]:
    """Run the proxy for the length of a with block."""
    with _Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield Tunnel(server)
        finally:
            server.shutdown()
