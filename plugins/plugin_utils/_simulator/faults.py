# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults on request: rules that make an answer fail, get lost, or come back broken.

This file is private to the collection.
"""

from __future__ import annotations

import collections
import dataclasses
import random
import re
import typing as t

from . import distortions, wire

KINDS: t.Final = {
    "answer": "answer with status, code, message, headers and body; nothing is done",
    "drop_before": "close the connection; nothing is done",
    "drop_after": "do it, then close the connection without an answer",
    "truncate": "do it, then send half of the answer and close the connection",
    "not_json": "do it, then answer with HTML that claims to be JSON",
    "empty": "do it, then answer with no body",
    "wrong_content_type": "do it, and call the answer text/html",
    "expire_token": "expire every token given out so far, then go on: the call is refused with 401",
    "delay": "do it, and send the answer after delay_ms",
    **distortions.KINDS,
}

OPERATIONS: t.Final[t.Mapping[str, tuple[str, str]]] = {
    "token": ("POST", r"/oauth2/v2\.0/token$"),
    "discover": ("POST", r"/refreshContainers$"),
    "protect": ("PUT", r"/protectedItems/[^/]+$"),
    "unprotect": ("DELETE", r"/protectedItems/[^/]+$"),
    "backup": ("POST", r"/protectedItems/[^/]+/backup$"),
    "poll": ("GET", r"/(operationStatus|operationsStatus|operations|operationResults|backupOperations)/[^/]+$"),
    "job": ("GET", r"/backupJobs/[^/]+$"),
    "jobs": ("GET", r"/backupJobs$"),
    "create_vault": ("PUT", r"/vaults/[^/]+$"),
    "change_vault": ("PATCH", r"/vaults/[^/]+$"),
    "put_policy": ("PUT", r"/backupPolicies/[^/]+$"),
    "delete_policy": ("DELETE", r"/backupPolicies/[^/]+$"),
}
"""Names for calls that a rule may use instead of ``method`` and ``path``."""

_DEFAULTS: t.Final[t.Mapping[int, tuple[str, str, str]]] = {
    401: ("gateway", "InvalidAuthenticationToken", "The access token is invalid."),
    403: ("gateway", "AuthorizationFailed", "The client does not have authorization to perform this action."),
    429: ("gateway", "TooManyRequests", "The request is being throttled."),
    500: (
        "service",
        "RestApiInternalError",
        "The REST API call encountered an internal error.\r\nWait for a few minutes and then try the operation"
        " again. If the issue persists, please contact Microsoft support.",
    ),
    503: ("gateway", "ServerTimeout", "The request timed out. Please try again."),
}


@dataclasses.dataclass(frozen=True)
class FaultRule:
    """When to fail and how. A field that is None matches everything.

    ``path`` and ``query`` are regular expressions, searched in any case of letters in the decoded path and query.
    The rule passes over its first ``skip`` matches, is used at most ``times`` times, each time with ``probability``;
    ``at_most_in_a_row`` keeps it from hitting one method and path too often in succession, whatever rule hit before.
    """

    kind: str = "answer"
    method: str | None = None
    path: str | None = None
    query: str | None = None
    operation: str | None = None
    status: int | None = None
    code: str | None = None
    message: str | None = None
    headers: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: t.Any = None
    times: int | None = None
    skip: int = 0
    probability: float = 1.0
    delay_ms: int = 0
    at_most_in_a_row: int | None = None

    def __post_init__(self) -> None:
        _check(self)

    @classmethod
    def from_json(cls, data: t.Any) -> FaultRule:
        """Make a rule of JSON. Raises ValueError with a sentence that names the field and what is allowed."""
        if not isinstance(data, dict):
            raise ValueError("A fault rule is a JSON object.")
        known = [field.name for field in dataclasses.fields(cls)]
        for name in data:
            if name not in known:
                raise ValueError(f"A fault rule has no field '{name}'; its fields are {', '.join(known)}.")
        return cls(**data)

    def matches(self, request: wire.Request) -> bool:
        """Whether the rule is about this request."""
        method, path = self.method, self.path
        if self.operation:
            method, path = OPERATIONS[self.operation]
        query = "&".join(f"{name}={value}" for name, value in request.query.items())
        return (
            (method is None or method.upper() == request.method)
            and (path is None or re.search(path, request.path.rstrip("/"), re.IGNORECASE) is not None)
            and (self.query is None or re.search(self.query, query, re.IGNORECASE) is not None)
        )

    def response(self) -> wire.Response:
        """Return the answer of a rule of kind ``answer``."""
        status = self.status or 500
        source, code, message = _DEFAULTS.get(status, ("service", "InjectedFault", "A fault was asked for."))
        if self.body is not None:
            return wire.Response(status, self.body, dict(self.headers))
        error = wire.WireError(status, self.code or code, self.message or message, source=source, headers=self.headers)
        return error.response()


_WHOLE_NUMBERS = ("times", "skip", "delay_ms", "at_most_in_a_row")
_HEADER_NAME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_HEADER_VALUE = re.compile(r"[\t -~]*")
# A wrong one would keep clients waiting for ever; there is a kind of fault for half an answer.
_OF_THE_SERVER = ("content-length", "transfer-encoding")
_TEXTS = ("method", "path", "query", "operation", "code", "message")


def _check(rule: FaultRule) -> None:
    if not isinstance(rule.kind, str) or rule.kind not in KINDS:
        raise ValueError(f"kind is '{rule.kind}'; it must be one of {', '.join(KINDS)}.")
    for name in _TEXTS:
        if not isinstance(getattr(rule, name), (str, type(None))):
            raise ValueError(f"{name} must be text.")
    for name in _WHOLE_NUMBERS:
        value = getattr(rule, name)
        may_be_none = name in ("times", "at_most_in_a_row")
        good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        if not good and not (value is None and may_be_none):
            raise ValueError(f"{name} is '{value}'; it must be a whole number, 0 or more.")
    if rule.operation is not None:
        if rule.operation not in OPERATIONS:
            raise ValueError(f"operation is '{rule.operation}'; it must be one of {', '.join(OPERATIONS)}.")
        if rule.method is not None or rule.path is not None:
            raise ValueError("operation stands for a method and a path; give either it or them.")
    for name in ("path", "query"):
        try:
            re.compile(getattr(rule, name) or "")
        except re.error as error:
            raise ValueError(f"{name} is not a regular expression: {error}.") from error
    if (
        isinstance(rule.probability, bool)
        or not isinstance(rule.probability, (int, float))
        or not 0 <= rule.probability <= 1
    ):
        raise ValueError(f"probability is '{rule.probability}'; it must be a number from 0 to 1.")
    _check_headers(rule.headers)
    if rule.kind == "answer" and rule.status is None:
        raise ValueError("A rule of kind answer needs a status.")
    if rule.status is not None and (not isinstance(rule.status, int) or not 200 <= rule.status <= 599):
        raise ValueError(f"status is '{rule.status}'; it must be a whole number from 200 to 599.")


def _check_headers(headers: t.Any) -> None:
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise ValueError("headers must be an object of texts.")
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _OF_THE_SERVER:
            raise ValueError(
                f"headers has '{name}'; it must be the name of an HTTP header, and not of one for the length."
            )
        if not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"headers has '{value}' for {name}; it must be printable ASCII.")


@dataclasses.dataclass
class _Armed:
    number: int
    rule: FaultRule
    seen: int = 0
    used: int = 0


class Faults:
    """The rules in force, the first that matches wins. ``standing`` rules belong to the profile and outlive a reset."""

    def __init__(self, standing: t.Iterable[FaultRule] = (), *, seed: int = 0) -> None:
        self.memory: distortions.Memory = {}
        """What kinds of faults keep of earlier answers."""
        self._standing = list(standing)
        self._seed = seed
        self.reset()

    def reset(self) -> None:
        """Go back to the standing rules, and to the beginning of the random numbers."""
        self._random = random.Random(self._seed)
        self.memory.clear()
        self._armed: list[_Armed] = []
        self._number = 0
        self._in_a_row: collections.Counter[tuple[str, str]] = collections.Counter()
        for rule in self._standing:
            self.add(rule)

    def add(self, rule: FaultRule) -> int:
        """Put a rule in force and return its number."""
        self._number += 1
        self._armed.append(_Armed(self._number, rule))
        return self._number

    def clear(self, number: int | None = None) -> bool:
        """Take back one rule, or all (the standing ones too). Returns whether there was one."""
        kept = [] if number is None else [armed for armed in self._armed if armed.number != number]
        found = len(kept) < len(self._armed)
        self._armed = kept
        self.memory.clear()
        return found

    def as_json(self) -> list[dict[str, t.Any]]:
        """Return the rules with how often each matched (``seen``) and was used (``used``)."""
        return [
            {"number": armed.number, **dataclasses.asdict(armed.rule), "seen": armed.seen, "used": armed.used}
            for armed in self._armed
        ]

    def choose(self, request: wire.Request) -> FaultRule | None:
        """Return the rule to apply to this request, and count it."""
        key = (request.method, request.path.lower())
        for armed in self._armed:
            if armed.rule.matches(request) and self._fires(armed, self._in_a_row[key]):
                armed.used += 1
                self._in_a_row[key] += 1
                return armed.rule
        self._in_a_row.pop(key, None)
        return None

    def _fires(self, armed: _Armed, in_a_row: int) -> bool:
        rule = armed.rule
        armed.seen += 1
        if armed.seen <= rule.skip or (rule.times is not None and armed.used >= rule.times):
            return False
        if rule.at_most_in_a_row is not None and in_a_row >= rule.at_most_in_a_row:
            return False
        return rule.probability >= 1 or self._random.random() < rule.probability


def hostile_rules(seed: int) -> list[FaultRule]:
    """Return the faults of the ``hostile`` profile: a few per cent of the calls to Azure Resource Manager fail.

    Never more than two in a row for one method and path, so that a client that tries again gets through.
    """
    chance = random.Random(seed)
    kinds: list[dict[str, t.Any]] = [
        {"kind": "answer", "status": 429, "headers": {"Retry-After": "0"}},
        {"kind": "answer", "status": 429, "headers": {"Retry-After": "1"}},
        {"kind": "answer", "status": 500},
        {"kind": "drop_before"},
        {"kind": "drop_after"},
    ]
    return [
        FaultRule(
            path=r"^/subscriptions\b", at_most_in_a_row=2, probability=round(chance.uniform(0.005, 0.02), 4), **kind
        )
        for kind in kinds
    ]
