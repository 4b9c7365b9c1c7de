# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps the requests of all threads below what Azure Resource Manager allows, so that it need not refuse them.

Azure Resource Manager fills a bucket per subscription, principal and kind of request: 250 reads and 25 more per second,
200 writes and 10 more per second, deletes like writes. Whoever signs in as the same principal spends from the same
bucket: the slices of a job, or the task before this one. So a process counts what it sends itself, and goes by what the
answers say is left: once that is not plenty any more, each spends it as if it were to last a second and a half.
Processes that all do so share what flows in, without knowing of each other, and none of it is lost.
This file is private to the collection.
"""

from __future__ import annotations

import math
import random
import re
import threading
import typing as t

from .clock import Clock

LIMITS: t.Final[t.Mapping[str, tuple[float, float, float]]] = {
    "reads": (240, 25, 240),
    "writes": (190, 10, 1),
    "deletes": (190, 10, 1),
}
"""Size of each bucket, a little below Azure's for the time that a request travels; what flows in per second; and what
is taken to be left before an answer has told. A task begins with a few reads that must not wait for each other, and
goes on with hundreds of writes, of which one goes ahead alone."""

HORIZON: t.Final = 1.5
"""Seconds that what is left shall last. A shorter time overshoots when many processes share a bucket, and a longer one
leaves more unspent at the end: a process alone that sends all the time keeps the inflow of this time in the bucket."""
PLENTY: t.Final = 0.75
"""Of a bucket; nobody waits while more than this is left. The rest is room for what others have sent already."""
FIRST_HORIZON: t.Final = 4.0
LONGEST_HORIZON: t.Final = 16.0
EASING: t.Final = 0.98
"""It begins longer, for others may begin at the same moment. A refusal doubles it, up to the longest; each request that
is accepted takes a fiftieth off again."""
REFUSED: t.Final = 1.0
"""What is taken to be left after a refusal: one request goes ahead alone."""
FORGOTTEN_AFTER: t.Final = 5.0
"""Seconds without a request after which others may have emptied the bucket."""
LONGEST_NAP: t.Final = 0.25
"""Seconds; a request that waits looks again after these, for an answer may have told that there is more, or less."""

_SUBSCRIPTION = re.compile(r"/subscriptions/([^/?]+)", re.IGNORECASE)


class Bucket:
    """One token bucket. ``take`` never blocks: it says how long to wait before trying again."""

    def __init__(
        self, clock: Clock, size: float, rate: float, trial: float, jitter: t.Callable[[], float] = random.random
    ) -> None:
        self._clock = clock
        self._jitter = jitter
        self._size = size
        self._rate = rate
        self._trial = trial
        self._level = size
        """What this process alone has left, if the bucket was full when it began."""
        self._updated = clock.monotonic()
        self._left = trial
        """What the service said is left for all, less what was sent since."""
        self._horizon = FIRST_HORIZON
        self._sent = -math.inf
        self._stretch = 1.0
        """Of the pause after the last request: a part of it is random, so that processes do not march in step."""
        self._closed_until = 0.0
        self._lock = threading.Lock()
        self.turn = threading.Lock()
        """Whoever waits holds it, so that threads go one after the other and not all at the same moment."""

    def _refill(self) -> float:
        now = self._clock.monotonic()
        # After a refusal nothing flows in before the time that the service named.
        since = max(self._updated, self._closed_until)
        if now > since:
            self._level = min(self._size, self._level + (now - since) * self._rate)
        self._updated = now
        return now

    def take(self) -> float:
        """Take a token and return 0; where none may be taken yet, return the seconds until it is worth asking again."""
        with self._lock:
            now = self._refill()
            if now - self._sent > FORGOTTEN_AFTER:
                self._left = min(self._left, self._trial)
            seconds = max(self._closed_until - now, (1 - self._level) / self._rate, self._pause(now))
            # A clock tells no less than this.
            if seconds > 1e-6:
                return seconds
            self._level -= 1
            self._left -= 1
            self._sent = now
            self._stretch = 0.5 + self._jitter()
            return 0.0

    def _pause(self, now: float) -> float:
        """Return for how long to keep a distance from the request before; there is no hurry to while much is left."""
        if self._left > self._size * PLENTY:
            return 0.0
        return self._sent + self._horizon / max(self._left, REFUSED) * self._stretch - now

    def observe(self, remaining: float) -> None:
        """Learn what the service says is left; infinity where it says nothing."""
        with self._lock:
            self._refill()
            self._left = remaining
            self._level = min(self._level, remaining)
            if remaining >= 1:
                self._horizon = max(HORIZON, self._horizon * EASING)

    def close(self, seconds: float) -> None:
        """Let nothing through for that long: the service has refused a request."""
        with self._lock:
            now = self._refill()
            self._level = min(self._level, 0.0)
            self._left = min(self._left, REFUSED)
            if now >= self._closed_until:
                # Several may be refused at the same moment, for one reason.
                self._horizon = min(self._horizon * 2, LONGEST_HORIZON)
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
        bucket = self._bucket(method, url)
        with bucket.turn:
            while (seconds := bucket.take()) > 0:
                self._clock.sleep(min(seconds, LONGEST_NAP))

    def observe(self, method: str, url: str, headers: t.Mapping[str, str]) -> None:
        """Learn from an answer's ``x-ms-ratelimit-remaining-*`` headers; ``headers`` has lower-case names."""
        told = [
            float(value)
            for name, value in headers.items()
            # The global counters are of all principals together and fifteen times as large.
            if name.startswith("x-ms-ratelimit-remaining-subscription-") and "global" not in name and value.isdigit()
        ]
        self._bucket(method, url).observe(min(told, default=math.inf))

    def close(self, method: str, url: str, seconds: float) -> None:
        """Hold back all requests of this kind to this subscription, after one was refused."""
        self._bucket(method, url).close(seconds)
