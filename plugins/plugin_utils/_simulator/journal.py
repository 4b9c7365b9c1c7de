# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was asked of the simulator and what it answered, so that a test can prove what a client did and didn't send.

This file is private to the collection.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import datetime
import re
import typing as t

from . import wire

LONGEST: t.Final = 50_000
"""Entries that are kept; the oldest go first, so that a long-lived simulator can't fill the memory (some 70 MB)."""

MOST_BYTES: t.Final = 128 * 1024 * 1024
"""Of bodies that are kept, as they were sent: what comes after is noted without, until the journal is cleared."""
TOO_MUCH: t.Final = "(left out: the journal holds too much)"

_METHODS = frozenset({"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE"})
# POSTs that only read: what check mode may send.
_READING_POST = re.compile(r"/(backupStatus|backupPreValidateProtection|(backup)?validate\w*|token)/?$", re.IGNORECASE)
_SECRET_NAME = re.compile(r"secret|password|token|assertion|credential|(^|access|account|private)key$", re.IGNORECASE)


def is_write(method: str, path: str) -> bool:
    """Whether a request changes something: PUT, PATCH, DELETE, and every POST that isn't known to only read."""
    if method in ("PUT", "PATCH", "DELETE"):
        return True
    return method == "POST" and not _READING_POST.search(path)


def without_secrets(value: t.Any) -> t.Any:
    """Return JSON with the values of secret-looking names replaced."""
    if isinstance(value, dict):
        return {
            name: "(hidden)" if _SECRET_NAME.search(str(name)) else without_secrets(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    return value


@dataclasses.dataclass
class Entry:
    """One request. ``status`` is None while it runs and where the connection was closed before the rules acted."""

    number: int
    time: datetime.datetime
    method: str
    path: str
    query: dict[str, str]
    client_request_id: str
    write: bool
    body: t.Any
    principal: str = ""
    status: int | None = None
    fault: str | None = None

    def as_json(self) -> dict[str, t.Any]:
        """Return the entry as JSON; the time is ISO 8601 UTC."""
        return {**dataclasses.asdict(self), "time": self.time.isoformat().replace("+00:00", "Z")}


class Journal:
    """The requests in the order of their arrival. The control interface's own are not among them."""

    def __init__(self, now: t.Callable[[], datetime.datetime]) -> None:
        self._now = now
        self._entries: collections.deque[Entry] = collections.deque(maxlen=LONGEST)
        self._number = 0
        self._size = 0

    def open(self, request: wire.Request) -> Entry:
        """Note a request that has arrived and return its entry, which the caller completes."""
        self._number += 1
        write = is_write(request.method, request.path)
        self._size += request.size if write else 0
        body = request.body if self._size <= MOST_BYTES else TOO_MUCH
        entry = Entry(
            number=self._number,
            time=self._now(),
            method=request.method,
            path=request.path,
            query=dict(request.query),
            client_request_id=request.client_request_id,
            write=write,
            body=without_secrets(body) if write else None,
        )
        self._entries.append(entry)
        return entry

    def entries(
        self, *, since: int = 0, method: str | None = None, path: str | None = None, writes: bool = False
    ) -> list[Entry]:
        """Return the entries after number ``since``; ``path`` is a regular expression, in any case of letters."""
        pattern = re.compile(path, re.IGNORECASE) if path else None
        return [
            entry
            for entry in self._entries
            if entry.number > since
            and (method is None or entry.method == method.upper())
            and (pattern is None or pattern.search(entry.path))
            and (entry.write or not writes)
        ]

    def clear(self) -> None:
        """Forget every entry; numbers go on."""
        self._entries.clear()
        self._size = 0


class Statistics:
    """Counts of what went through, without the control interface's own requests."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start counting anew."""
        self._methods: collections.Counter[str] = collections.Counter()
        self._statuses: collections.Counter[int] = collections.Counter()
        self._in_flight = 0
        self._peak = 0

    @contextlib.contextmanager
    def request(self, method: str) -> t.Iterator[None]:
        """Count a request, which is in flight until the block ends."""
        # There are as many methods as words.
        self._methods[method if method in _METHODS else "other"] += 1
        self._in_flight += 1
        self._peak = max(self._peak, self._in_flight)
        try:
            yield
        finally:
            self._in_flight = max(0, self._in_flight - 1)

    def answered(self, status: int) -> None:
        """Count an answer."""
        self._statuses[status] += 1

    def as_json(self) -> dict[str, t.Any]:
        """Return ``requests`` by method, ``total``, ``statuses``, ``throttled`` (429) and ``peak_concurrency``."""
        return {
            "requests": dict(self._methods),
            "total": sum(self._methods.values()),
            "statuses": {str(status): count for status, count in sorted(self._statuses.items())},
            "throttled": self._statuses[429],
            "peak_concurrency": self._peak,
        }
