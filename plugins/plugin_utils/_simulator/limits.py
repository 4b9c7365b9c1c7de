# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The request limits of Azure Resource Manager: a token bucket per subscription, principal and kind of request.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import math
import re
import typing as t

from . import wire

BUCKETS: t.Final[t.Mapping[str, tuple[int, int]]] = {"reads": (250, 25), "writes": (200, 10), "deletes": (200, 10)}
"""Kind of request -> how many the bucket holds, and how many come back per second."""

GLOBAL_FACTOR: t.Final = 15
"""The limit of a subscription over all principals, as a multiple of one principal's."""

_SUBSCRIPTION = re.compile(r"^/subscriptions/([^/]+)", re.IGNORECASE)
_BACKUP = re.compile(r"/providers/Microsoft\.RecoveryServices/(vaults/[^/]+/backup|locations/)", re.IGNORECASE)


def kind_of(method: str) -> str:
    """Return the kind of request that a method is counted as."""
    if method in ("GET", "HEAD"):
        return "reads"
    return "deletes" if method == "DELETE" else "writes"


@dataclasses.dataclass
class _Bucket:
    level: float
    at: float


class Limits:
    """Counts requests. ``clock`` gives seconds that only go forward: clients wait in real time, so limits do, too."""

    def __init__(self, clock: t.Callable[[], float], *, enabled: bool) -> None:
        self.enabled = enabled
        self._clock = clock
        self._buckets: dict[tuple[str, str, str], _Bucket] = {}

    def reset(self) -> None:
        """Fill every bucket."""
        self._buckets.clear()

    def take(self, request: wire.Request, principal: str) -> dict[str, str]:
        """Count a request and return the headers that tell what is left. Raises WireError 429 when nothing was left.

        Where the limits are off the headers are sent all the same, and show full buckets.
        """
        kind = kind_of(request.method)
        capacity, refill = BUCKETS[kind]
        if not self.enabled:
            return _headers(request, kind, capacity - 1)
        match = _SUBSCRIPTION.match(request.path)
        subscription = match.group(1).lower() if match else "tenant"
        now = self._clock()
        bucket = self._buckets.setdefault((subscription, principal, kind), _Bucket(capacity, now))
        bucket.level = min(capacity, bucket.level + (now - bucket.at) * refill)
        bucket.at = now
        if bucket.level < 1:
            # A rounded-up second, as the service: sent before that, the request is refused again.
            wait = max(1, math.ceil((1 - bucket.level) / refill))
            raise wire.WireError(
                429,
                "SubscriptionRequestsThrottled",
                f"Number of '{kind[:-1]}' requests for subscription '{subscription}' actor '{principal}' exceeded."
                f" Please try again after '{wait}' seconds after additional tokens are available.",
                source="gateway",
                headers={"Retry-After": str(wait), **_headers(request, kind, 0)},
            )
        bucket.level -= 1
        return _headers(request, kind, int(bucket.level))


def _headers(request: wire.Request, kind: str, remaining: int) -> dict[str, str]:
    if kind == "reads" and _BACKUP.search(request.path):
        # The backup provider overrides the limits, and its reads carry only this one.
        return {"x-ms-ratelimit-remaining-subscription-resource-requests": str(remaining)}
    return {
        f"x-ms-ratelimit-remaining-subscription-{kind}": str(remaining),
        f"x-ms-ratelimit-remaining-subscription-global-{kind}": str(
            BUCKETS[kind][0] * GLOBAL_FACTOR - (BUCKETS[kind][0] - remaining)
        ),
    }
