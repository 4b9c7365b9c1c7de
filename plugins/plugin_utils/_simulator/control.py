# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control interface, ``/_sim/``: for tests and playbooks that drive the simulator, not for clients of Azure.

Every call needs the header ``X-Simulator-Key``. This file is private to the collection.
"""

from __future__ import annotations

import datetime
import re
import secrets
import typing as t

from . import entra, faults, journal, limits, wire

MOST_SECONDS: t.Final = 400 * 86400
"""How far the clock may be set forward at once."""


class Clock(t.Protocol):
    """What the control interface needs of the simulated clock."""

    def now(self) -> datetime.datetime:
        """Return the simulated time, aware, UTC."""

    def advance(self, seconds: float) -> None:
        """Set the simulated time forward."""


class Control:
    """Answers the control interface. ``reset_azure`` puts the world back, ``shut_down`` ends the simulator."""

    def __init__(
        self,
        *,
        clock: Clock,
        entra_id: entra.EntraId,
        faults: faults.Faults,
        limits: limits.Limits,
        journal: journal.Journal,
        statistics: journal.Statistics,
        reset_azure: t.Callable[[], None],
        shut_down: t.Callable[[], None],
        health: t.Mapping[str, t.Any],
    ) -> None:
        self.key = secrets.token_hex(24)
        self._clock = clock
        self._entra_id = entra_id
        self._faults = faults
        self._limits = limits
        self._journal = journal
        self._statistics = statistics
        self._reset_azure = reset_azure
        self._shut_down = shut_down
        self._health = dict(health)

    def routes(self) -> list[wire.Route]:
        """Return the routes."""
        handlers: dict[tuple[str, str], t.Callable[[wire.Request], t.Any]] = {
            ("GET", "health"): lambda request: {"status": "ok", "time": self._time(), **self._health},
            ("GET", "journal"): self.read_journal,
            ("DELETE", "journal"): self.clear_journal,
            ("GET", "stats"): lambda request: self._statistics.as_json(),
            ("DELETE", "stats"): self.clear_statistics,
            ("POST", "reset"): self.answer_reset,
            ("GET", "faults"): lambda request: {"faults": self._faults.as_json()},
            ("POST", "faults"): self.add_faults,
            ("DELETE", "faults"): self.clear_faults,
            ("GET", "clock"): lambda request: {"time": self._time()},
            ("POST", "clock/advance"): self.advance_clock,
            ("POST", "tokens/expire"): self.expire_tokens,
            ("POST", "tokens/lifetime"): self.set_token_lifetime,
            ("POST", "tenants"): self.add_tenant,
            ("POST", "certificates"): self.add_certificate,
            ("POST", "shutdown"): self.shut_down,
        }
        return [wire.Route(method, f"/_sim/{name}", self._guarded(call)) for (method, name), call in handlers.items()]

    def _guarded(self, call: t.Callable[[wire.Request], t.Any]) -> wire.Handler:
        def handler(request: wire.Request) -> wire.Response:
            given = request.headers.get("x-simulator-key", "")
            if not secrets.compare_digest(given.encode("utf-8", "replace"), self.key.encode()):
                raise _error(403, "The header X-Simulator-Key must hold the control key from the ready file.")
            try:
                return wire.Response(200, call(request))
            except ValueError as error:
                raise _error(400, str(error)) from error

        return handler

    def read_journal(self, request: wire.Request) -> dict[str, t.Any]:
        """Return ``entries``, filtered by ``since``, ``method``, ``path`` (regular expression) and ``writes=true``."""
        path = request.query.get("path")
        try:
            re.compile(path or "")
        except re.error as error:
            raise ValueError(f"path is not a regular expression: {error}.") from error
        entries = self._journal.entries(
            since=int(_number(request.query.get("since", "0"), "since", 0, 1e15)),
            method=request.query.get("method"),
            path=path,
            writes=request.query.get("writes", "").lower() in ("true", "1", "yes"),
        )
        return {"entries": [entry.as_json() for entry in entries]}

    def clear_journal(self, request: wire.Request) -> dict[str, t.Any]:
        """Forget the requests so far."""
        self._journal.clear()
        return {}

    def clear_statistics(self, request: wire.Request) -> dict[str, t.Any]:
        """Count anew."""
        self._statistics.reset()
        return {}

    def answer_reset(self, request: wire.Request) -> dict[str, t.Any]:
        """Reset on request."""
        self.reset()
        return {}

    def reset(self) -> None:
        """Put everything back as it was at the start; secrets and tokens stay good."""
        self._reset_azure()
        self._faults.reset()
        self._limits.reset()
        self._statistics.reset()
        self._journal.clear()

    def add_faults(self, request: wire.Request) -> dict[str, t.Any]:
        """Put one rule, or a list of rules, in force; all or none."""
        given = request.body if isinstance(request.body, list) else [request.body]
        rules = [faults.FaultRule.from_json(data) for data in given]
        return {"numbers": [self._faults.add(rule) for rule in rules]}

    def clear_faults(self, request: wire.Request) -> dict[str, t.Any]:
        """Take back the rule with ``number``, or all."""
        number = request.query.get("number")
        if number is None:
            self._faults.clear()
        elif not self._faults.clear(int(_number(number, "number", 1, 1e15))):
            raise ValueError(f"There is no fault with number {number}.")
        return {}

    def advance_clock(self, request: wire.Request) -> dict[str, t.Any]:
        """Set the clock forward by ``seconds``."""
        self._clock.advance(_number(_field(request, "seconds"), "seconds", 0, MOST_SECONDS))
        return {"time": self._time()}

    def expire_tokens(self, request: wire.Request) -> dict[str, t.Any]:
        """Expire every token given out so far."""
        self._entra_id.tokens.expire()
        return {}

    def set_token_lifetime(self, request: wire.Request) -> dict[str, t.Any]:
        """Let tokens given out from now on live for ``seconds`` of real time."""
        seconds = int(_number(_field(request, "seconds"), "seconds", 1, 86400))
        self._entra_id.tokens.lifetime_seconds = seconds
        return {"seconds": seconds}

    def add_tenant(self, request: wire.Request) -> dict[str, t.Any]:
        """Make a tenant, ``tenant_id``, that knows the application but owns no subscription."""
        tenant_id = _field(request, "tenant_id")
        if not isinstance(tenant_id, str) or not re.fullmatch(r"[\w.-]+", tenant_id):
            raise ValueError("tenant_id must be an id or a domain name.")
        self._entra_id.add_tenant(tenant_id)
        return {"tenant_id": tenant_id}

    def add_certificate(self, request: wire.Request) -> dict[str, t.Any]:
        """Let the application sign in with a ``certificate`` (PEM)."""
        pem = _field(request, "certificate")
        if not isinstance(pem, str):
            raise ValueError("certificate must be PEM text.")
        return {"thumbprint": self._entra_id.add_certificate(pem)}

    def shut_down(self, request: wire.Request) -> dict[str, t.Any]:
        """End the simulator as soon as this is answered."""
        self._shut_down()
        return {}

    def _time(self) -> str:
        return self._clock.now().isoformat().replace("+00:00", "Z")


def _error(status: int, message: str) -> wire.WireError:
    return wire.WireError(status, "SimulatorControl", message, source="simulator")


def _field(request: wire.Request, name: str) -> t.Any:
    if not isinstance(request.body, dict) or name not in request.body:
        raise ValueError(f"The body must be a JSON object with {name}.")
    return request.body[name]


def _number(value: t.Any, name: str, lowest: float, highest: float) -> float:
    message = f"{name} is '{value}'; it must be a number from {lowest:g} to {highest:g}."
    if isinstance(value, bool):
        raise ValueError(message)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(message) from error
    if not lowest <= number <= highest:
        raise ValueError(message)
    return number
