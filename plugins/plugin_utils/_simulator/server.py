# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The web server: carries requests to the gateway and outcomes back. The only file that uses aiohttp.

This file is private to the collection.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
import typing as t

from . import decoding, gateway

if t.TYPE_CHECKING:
    from aiohttp import web

HOST: t.Final = "127.0.0.1"
"""The only address that the simulator listens on."""

LARGEST_BODY: t.Final = 4 * 1024 * 1024
"""Bytes; what Azure Resource Manager takes, too."""

_OWN_HOST = re.compile(r"^(127\.0\.0\.1|localhost)(:\d+)?$", re.IGNORECASE)


class Server:
    """Serves a gateway over HTTPS on this machine alone. ``latency`` is added to every answer, in seconds."""

    def __init__(
        self, gateway: gateway.Gateway, context: ssl.SSLContext, *, port: int = 0, latency: float = 0.0
    ) -> None:
        self._gateway = gateway
        self._context = context
        self._port = port
        self._latency = latency
        self._runner: web.ServerRunner | None = None

    @property
    def endpoint(self) -> str:
        """The URL of the started server, with no slash at its end."""
        return f"https://{HOST}:{self._port}"

    async def start(self) -> None:
        """Start to listen. Raises OSError where the port is taken."""
        from aiohttp import web

        # A client's broken HTTP is an answer of 400, and one that leaves before its answers is free to: no news for the
        # log. What asyncio tells as an error is a defect.
        logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
        logging.getLogger("asyncio").setLevel(logging.ERROR)
        self._runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self._port, ssl_context=self._context)
        try:
            await site.start()
        except OSError:
            await self.stop()
            raise
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening and close what is open."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, incoming: web.BaseRequest) -> web.StreamResponse:
        with self._gateway.statistics.request(incoming.method):
            outcome = await self._outcome(incoming)
            delay = self._latency + outcome.delay
            if delay > 0:
                await asyncio.sleep(delay)
        return await self._deliver(incoming, outcome)

    async def _outcome(self, incoming: web.BaseRequest) -> gateway.Outcome:
        body = await self._read(incoming)
        request = decoding.decode(
            incoming.method, incoming.raw_path, incoming.headers, body or b"", self._base_url(incoming)
        )
        if body is None:
            return self._gateway.refuse(
                request, 413, "RequestContentTooLarge", f"The request content is larger than {LARGEST_BODY} bytes."
            )
        return self._gateway.answer(request)

    async def _read(self, incoming: web.BaseRequest) -> bytes | None:
        """Return the body, or None where it is too large; what is left of that is not read."""
        body = bytearray()
        while chunk := await incoming.content.readany():
            body += chunk
            if len(body) > LARGEST_BODY:
                return None
        return bytes(body)

    def _base_url(self, incoming: web.BaseRequest) -> str:
        """Return the URL by which the client called, so that the links it gets lead where it already is."""
        return f"https://{incoming.host}" if _OWN_HOST.match(incoming.host) else self.endpoint

    async def _deliver(self, incoming: web.BaseRequest, outcome: gateway.Outcome) -> web.StreamResponse:
        from aiohttp import web

        headers = {"Server": "Microsoft-HTTPAPI/2.0", **outcome.headers}
        if outcome.delivery is gateway.Delivery.WHOLE:
            return web.Response(status=outcome.status, headers=headers, body=outcome.content or None)
        response = web.StreamResponse(status=outcome.status or 200, headers=headers)
        if outcome.delivery is gateway.Delivery.HALF:
            response.content_length = max(2, len(outcome.content))
            await response.prepare(incoming)
            await response.write(outcome.content[: len(outcome.content) // 2])
            if incoming.transport is not None:
                incoming.transport.close()
        elif incoming.transport is not None:
            incoming.transport.abort()
        return response
