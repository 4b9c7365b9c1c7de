# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps the requests of all threads below what Azure Resource Manager allows, so that it need not refuse them.

Azure Resource Manager fills a bucket per subscription, principal and kind of request: 250 reads and 25 more per second,
200 writes and 10 more per second, deletes like writes. A small fleet never waits here.
This file is private to the collection.
"""

from __future__ import annotations

import re
import threading
import typing as t

from .clock import Clock

LIMITS: t.Final[t.Mapping[str, tuple[float, float]]] = {
    "reads": (240, 25),
    "writes": (190, 10),
    "deletes": (190, 10),
}
"""Size of each bucket, a little below Azure's for the time that a request travels, and what flows in per second."""

_SUBSCRIPTION = re.compile(r"/subscriptions/([^/?]+)", re.IGNORECASE)


class Bucket:
    """One token bucket. ``reserve`` never blocks: it says how long to wait before sending."""

    def __init__(self, clock: Clock, size: float, rate: float) -> None:
        self._clock = clock
        self._size = size
        self._rate = rate
        self._level = size
        self._updated = clock.monotonic()
        self._closed_until = 0.0
        self._lock = threading.Lock()

    def _refill(self) -> float:
        now = self._clock.monotonic()
        # After a refusal nothing flows in before the time that the service named.
        since = max(self._updated, self._closed_until)
        if now > since:
            self._level = min(self._size, self._level + (now - since) * self._rate)
        self._updated = now
        return now

    def reserve(self) -> float:
        """Take one token, perhaps one that is still to come, and return the seconds until it is there."""
        with self._lock:
            now = self._refill()
            self._level -= 1
            return max(0.0, self._closed_until - now) + max(0.0, -self._level / self._rate)

    def observe(self, remaining: float) -> None:
        """Learn what the service says is left: others may be spending from the same bucket."""
        with self._lock:
            self._refill()
            self._level = min(self._level, remaining)

    def close(self, seconds: float) -> None:
        """Let nothing through for that long: the service has refused a request."""
        with self._lock:
            now = self._refill()
            self._level = min(self._level, 0.0)
            self._closed_until = max(self._closed_until, now + seconds)


class Pacer:
    """The buckets of all subscriptions that a process talks to."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._lock = threading.Lock()

    def _bucket(self, method: str, url: str) -> Bucket:
        kind = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}.get(method, "writes")
        match = _SUBSCRIPTION.search(url)
        key = (match.group(1).lower() if match else "", kind)
        with self._lock:
            if key not in self._buckets:
                self._buckets[key] = Bucket(self._clock, *LIMITS[kind])
            return self._buckets[key]

    def wait(self, method: str, url: str) -> None:
        """Wait for this request's turn."""
        seconds = self._bucket(method, url).reserve()
        if seconds > 0:
            self._clock.sleep(seconds)

    def observe(self, method: str, url: str, headers: t.Mapping[str, str]) -> None:
        """Learn from an answer's ``x-ms-ratelimit-remaining-*`` headers; ``headers`` has lower-case names."""
        bucket = self._bucket(method, url)
        for name, value in headers.items():
            # The global counters are of all principals together and fifteen times as large.
            if name.startswith("x-ms-ratelimit-remaining-subscription-") and "global" not in name and value.isdigit():
                bucket.observe(float(value))

    def close(self, method: str, url: str, seconds: float) -> None:
        """Hold back all requests of this kind to this subscription, after one was refused."""
        self._bucket(method, url).close(seconds)
