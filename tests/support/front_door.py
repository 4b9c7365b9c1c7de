# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator's gateway before a few routes of a test's own, with clocks that a test moves."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import pathlib
import ssl
import tempfile
import threading
import typing as t

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import (
    control,
    decoding,
    entra,
    faults,
    gateway,
    journal,
    limits,
    metadata,
    server,
    tls,
    wire,
)

TENANT: t.Final = "11111111-2222-4333-8444-555555555555"
BASE_URL: t.Final = "https://127.0.0.1:8443"
SUBSCRIPTION: t.Final = "/subscriptions/aaaaaaaa-0000-4000-8000-000000000001"


class FrontDoor:
    """``seconds`` is the time since 1970 for tokens and limits; ``acted`` notes what the routes below were asked."""

    def __init__(self, *, arm_limits: bool = False, rules: t.Sequence[faults.FaultRule] = (), seed: int = 0) -> None:
        self.seconds = 1_700_000_000.0
        self.moment = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
        self.acted: list[wire.Request] = []
        self.resets = 0
        self.shut_down = False
        self.entra_id = entra.EntraId(TENANT, lambda: self.seconds)
        self.faults = faults.Faults(rules, seed=seed)
        self.limits = limits.Limits(lambda: self.seconds, enabled=arm_limits)
        self.journal = journal.Journal(self.now)
        self.statistics = journal.Statistics()
        self.control = control.Control(
            clock=self,
            entra_id=self.entra_id,
            faults=self.faults,
            limits=self.limits,
            journal=self.journal,
            statistics=self.statistics,
            reset_azure=self._reset,
            shut_down=self._shut_down,
            health={"world": "test"},
        )
        self.gateway = gateway.Gateway(
            public=[*self.entra_id.routes(), *metadata.Metadata(TENANT).routes()],
            control=self.control.routes(),
            azure=self._routes(),
            tokens=self.entra_id.tokens,
            faults=self.faults,
            limits=self.limits,
            journal=self.journal,
            statistics=self.statistics,
            now=self.now,
        )

    def now(self) -> datetime.datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += datetime.timedelta(seconds=seconds)

    def send(
        self,
        method: str,
        target: str,
        body: t.Any = None,
        *,
        form: str | None = None,
        token: str | None = None,
        headers: t.Mapping[str, str] | None = None,
        base_url: str = BASE_URL,
    ) -> tuple[gateway.Outcome, t.Any]:
        """Send a request through the gateway; returns the outcome and its decoded body (None where that isn't JSON)."""
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        content = b"" if body is None else json.dumps(body).encode()
        if form is not None:
            content = form.encode()
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        outcome = self.gateway.answer(decoding.decode(method, target, sent, content, base_url))
        is_json = outcome.content[:1] in (b"{", b"[")
        return outcome, json.loads(outcome.content) if is_json else None

    def control_call(self, method: str, name: str, body: t.Any = None) -> tuple[int, t.Any]:
        outcome, answer = self.send(method, f"/_sim/{name}", body, headers={"X-Simulator-Key": self.control.key})
        return outcome.status, answer

    def token(self, **fields: str) -> str:
        """Return an access token of the application."""
        outcome, answer = self.send("POST", f"/{TENANT}/oauth2/v2.0/token", form=self.form(**fields))
        assert outcome.status == 200, answer
        return str(answer["access_token"])

    def form(self, **fields: str) -> str:
        """Return the body of a request for a token; fields replace those of a good one, an empty one is left out."""
        from urllib.parse import urlencode

        good = {
            "grant_type": "client_credentials",
            "client_id": self.entra_id.client_id,
            "client_secret": self.entra_id.client_secret,
            "scope": f"{BASE_URL}/.default",
        }
        return urlencode({name: value for name, value in {**good, **fields}.items() if value})

    def _routes(self) -> list[wire.Route]:
        vault = "/subscriptions/{subscription_id}/things/{name}"
        return [
            wire.Route("GET", "/subscriptions", self._act),
            wire.Route("GET", vault, self._act),
            wire.Route("PUT", vault, self._act),
            wire.Route("DELETE", vault, self._empty),
            wire.Route("POST", vault + "/crash", self._crash),
        ]

    def _act(self, request: wire.Request, **parameters: str) -> wire.Response:
        self.acted.append(request)
        return wire.Response(200, {"path": request.path, "base": request.base_url, **parameters})

    def _empty(self, request: wire.Request, **parameters: str) -> wire.Response:
        self.acted.append(request)
        return wire.Response(202)

    def _crash(self, request: wire.Request, **parameters: str) -> wire.Response:
        raise RuntimeError("a mistake in the rules")

    def _reset(self) -> None:
        self.resets += 1

    def _shut_down(self) -> None:
        self.shut_down = True


@contextlib.contextmanager
def served(front_door: FrontDoor, *, latency: float = 0.0) -> t.Iterator[tuple[int, ssl.SSLContext]]:
    """Serve a gateway over TLS in a thread; gives the port and the context of a client that trusts it."""
    authority = tls.CertificateAuthority()
    loop = asyncio.new_event_loop()
    web = server.Server(front_door.gateway, authority.server_context(), latency=latency)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(web.start(), loop).result(10)
    try:
        with tempfile.TemporaryDirectory() as folder:
            ca_file = pathlib.Path(folder, "ca.pem")
            authority.write(ca_file, pathlib.Path(folder, "bundle.pem"))
            context = ssl.create_default_context(cafile=str(ca_file))
        yield int(web.endpoint.rpartition(":")[2]), context
    finally:
        asyncio.run_coroutine_threadsafe(web.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
