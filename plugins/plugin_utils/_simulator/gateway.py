# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way of a request through the simulator: what Azure Resource Manager does before a resource provider acts.

Journal, faults, token, api-version, body, limits, then the rules; then the headers that every answer has.
No HTTP library here: ``server.py`` carries the outcome to the client.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime
import email.utils
import enum
import json
import logging
import typing as t
import uuid

from . import decoding, distortions, faults, journal, limits, tokens, wire

CONTROL_PREFIX: t.Final = "/_sim/"
REGION: t.Final = "WESTEUROPE"
"""The region of Azure Resource Manager that claims to have routed the request."""

_ARM_PREFIXES = ("/subscriptions", "/providers", "/tenants")
_METHODS = frozenset({"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"})
_LOG = logging.getLogger("cloudkeep.simulator")


class Delivery(enum.Enum):
    """How much of the answer reaches the client before the connection is closed."""

    WHOLE = "whole"
    HALF = "half"
    NOTHING = "nothing"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What the web server has to do. ``content`` is the encoded body; ``delay`` is in seconds."""

    status: int
    headers: dict[str, str]
    content: bytes = b""
    delivery: Delivery = Delivery.WHOLE
    delay: float = 0.0


class Gateway:
    """Answers requests: ``azure`` routes need a token, ``control`` routes their own key, ``public`` ones nothing."""

    def __init__(
        self,
        *,
        public: t.Iterable[wire.Route],
        control: t.Iterable[wire.Route],
        azure: t.Iterable[wire.Route],
        tokens: tokens.Tokens,
        faults: faults.Faults,
        limits: limits.Limits,
        journal: journal.Journal,
        statistics: journal.Statistics,
        now: t.Callable[[], datetime.datetime],
    ) -> None:
        self.statistics = statistics
        self._public = wire.Router(public)
        self._control = wire.Router(control)
        self._azure = wire.Router(azure)
        self._tokens = tokens
        self._faults = faults
        self._limits = limits
        self._journal = journal
        self._now = now

    def answer(self, request: wire.Request) -> Outcome:
        """Answer a request. Never raises: a mistake of the simulator's own is a 500, its traceback goes to the log."""
        if request.path.lower().startswith(CONTROL_PREFIX):
            return _encode(self._run(lambda: self._control.dispatch(_readable(request))), {})
        entry = self._journal.open(request)
        rule = self._faults.choose(request)
        if rule is None:
            outcome = self._act(request, entry)
        else:
            entry.fault = rule.kind
            outcome = self._act_with_fault(request, entry, rule)
        self.statistics.answered(outcome.status)
        return outcome

    def refuse(self, request: wire.Request, status: int, code: str, message: str) -> Outcome:
        """Answer a request that can't be taken in at all, such as one with too large a body."""
        self._journal.open(request).status = status
        self.statistics.answered(status)
        error = wire.WireError(status, code, message, source="gateway")
        return _encode(error.response(), self._headers(request))

    def _act(self, request: wire.Request, entry: journal.Entry, distortion: str = "") -> Outcome:
        more: dict[str, str] = {}
        response = self._run(lambda: self._dispatch(request, entry, more))
        if distortion:
            response = distortions.distort(distortion, request, response, self._faults.memory)
        entry.status = response.status
        return _encode(response, {**self._headers(request), **more})

    def _act_with_fault(self, request: wire.Request, entry: journal.Entry, rule: faults.FaultRule) -> Outcome:
        delay = rule.delay_ms / 1000
        if rule.kind == "drop_before":
            return Outcome(0, {}, delivery=Delivery.NOTHING, delay=delay)
        if rule.kind == "answer":
            response = rule.response()
            entry.status = response.status
            return dataclasses.replace(_encode(response, self._headers(request)), delay=delay)
        if rule.kind == "expire_token":
            self._tokens.expire()
        distortion = rule.kind if rule.kind in distortions.KINDS else ""
        outcome = dataclasses.replace(self._act(request, entry, distortion), delay=delay)
        if rule.kind == "drop_after":
            return dataclasses.replace(outcome, delivery=Delivery.NOTHING)
        if rule.kind == "truncate":
            return dataclasses.replace(outcome, delivery=Delivery.HALF)
        if rule.kind == "not_json":
            html = b"<html><head><title>Our services aren't available right now</title></head></html>"
            return dataclasses.replace(outcome, content=html, headers={**outcome.headers, **_JSON})
        if rule.kind == "empty":
            return dataclasses.replace(outcome, content=b"")
        if rule.kind == "wrong_content_type":
            return dataclasses.replace(outcome, headers={**outcome.headers, "Content-Type": "text/html"})
        return outcome

    def _dispatch(self, request: wire.Request, entry: journal.Entry, headers: dict[str, str]) -> wire.Response:
        if request.method not in _METHODS:
            raise wire.WireError(
                405, "HttpMethodNotAllowed", f"The method '{request.method}' is not supported.", source="gateway"
            )
        if not request.path.lower().startswith(_ARM_PREFIXES):
            return self._public.dispatch(_readable(request))
        principal = self._tokens.authenticate(request)
        entry.principal = principal.client_id
        headers["x-ms-operation-identifier"] = (
            f"tenantId={principal.tenant_id},objectId={principal.object_id}/{REGION.lower()}/{uuid.uuid4()}"
        )
        if not request.api_version:
            raise wire.WireError(
                400,
                "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.",
                source="gateway",
            )
        headers |= self._limits.take(request, principal.object_id)
        return self._azure.dispatch(_readable(request))

    def _run(self, call: t.Callable[[], wire.Response]) -> wire.Response:
        try:
            return call()
        except wire.WireError as error:
            return error.response()
        except Exception:
            _LOG.exception("The simulator failed to answer")
            message = "The simulator made a mistake; its log has the details."
            return wire.WireError(500, "InternalServerError", message, source="gateway").response()

    def _headers(self, request: wire.Request) -> dict[str, str]:
        request_id = str(uuid.uuid4())
        correlation_id = request.headers.get("x-ms-correlation-request-id") or str(uuid.uuid4())
        headers = {
            "Date": email.utils.format_datetime(self._now(), usegmt=True),
            "Cache-Control": "no-cache",
            "Pragma": "no-cache",
            "Expires": "-1",
            "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
            "X-Content-Type-Options": "nosniff",
            "x-ms-request-id": request_id,
            "x-ms-correlation-request-id": correlation_id,
            "x-ms-routing-request-id": f"{REGION}:{self._now():%Y%m%dT%H%M%SZ}:{request_id}",
        }
        if request.client_request_id:
            headers["x-ms-client-request-id"] = request.client_request_id
        return headers


_JSON: t.Final = {"Content-Type": "application/json; charset=utf-8"}


def _readable(request: wire.Request) -> wire.Request:
    """Return the request as the rules expect it. Raises WireError 400 where its body can't be read."""
    if isinstance(request.body, decoding.Malformed):
        raise wire.WireError(
            400,
            "InvalidRequestContent",
            f"The request content was invalid and could not be deserialized: '{request.body}'.",
            source="gateway",
        )
    # Asking for the headers alone is a read like any other; the web server leaves the body out.
    return dataclasses.replace(request, method="GET") if request.method == "HEAD" else request


def _encode(response: wire.Response, headers: t.Mapping[str, str]) -> Outcome:
    content = b"" if response.body is wire.EMPTY else json.dumps(response.body).encode()
    merged = {**headers, **(_JSON if content else {}), **response.headers}
    return Outcome(response.status, {name: _one_line(value) for name, value in merged.items()}, content)


def _one_line(value: str) -> str:
    """Keep what a client sent (and gets back) from ending the header."""
    return "".join(letter for letter in str(value) if letter.isprintable())
