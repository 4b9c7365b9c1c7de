# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long failing requests are repeated: one budget for an outage, and not one for each request.

With hundreds of machines a budget for each request would keep a task for hours after the first of them has shown that
Azure is gone. This file is private to the collection.
"""

from __future__ import annotations

import threading
import typing as t

from .._errors import ServiceOutage
from .clock import Clock

BUDGET: t.Final = 420.0
"""Seconds for an outage, counted from the last answer before it: one of five minutes is survived with what it takes
to be back. Also for a request that fails on its own, while others are answered."""
FIRST_CONTACT: t.Final = 15.0
"""Seconds to reach a host that has not answered yet: more likely a wrong address or a missing proxy than an outage.
Also for a request that fails on its own, after another one did so for the whole budget."""
BETWEEN_TRIES: t.Final = 30.0
"""Seconds between two requests that are still tried once an outage has outlasted its budget."""


class Patience:
    """Since when nothing has been answered properly. Shared by all requests and threads of a client."""

    def __init__(self, clock: Clock, budget: float | None = None) -> None:
        self._clock = clock
        self._budget = BUDGET if budget is None else budget
        self._lock = threading.Lock()
        self._answered_at = clock.monotonic()
        self._silent_since: float | None = None
        self._tried_at = 0.0
        self._reason, self._code = "", ""
        self._lost_once = False
        self.reached = False
        """Whether the host has answered anything yet."""

    @property
    def exhausted(self) -> bool:
        """Whether an outage has outlasted its budget, and still lasts as far as is known."""
        with self._lock:
            return self._silence() >= self._budget

    def check(self) -> None:
        """Let a request pass; raises ServiceOutage when the budget is spent and another one was tried just now."""
        with self._lock:
            silence, now = self._silence(), self._clock.monotonic()
            if silence < self._budget or now - self._tried_at >= BETWEEN_TRIES:
                self._tried_at = now
                return
            reason, code = self._reason, self._code
        raise ServiceOutage(
            f"Azure has answered nothing for {silence / 60:.0f} minutes, so this was not sent any more (last: "
            f"{reason.rstrip('.')})",
            code=code,
            recommendations=("Run this again when the service answers: what is done is not done twice",),
            retryable=True,
        )

    def answered(self, sent_at: float, *, again: bool) -> None:
        """Note an answer, to a request that was sent then, and had failed before (``again``) or not.

        A request that was under way when an outage began does not end it.
        """
        with self._lock:
            self.reached = True
            if self._silent_since is None or sent_at > self._silent_since:
                self._answered_at = self._clock.monotonic()
                self._silent_since = None
            if again:
                self._lost_once = False

    def left(self, sent_at: float, failing_since: float, reason: str, code: str = "") -> float:
        """Note a failure, and return for how many seconds the request may still be repeated; 0 or less for no more.

        Args:
            sent_at: when it was sent this time.
            failing_since: when it was sent first.
            reason: what happened.
            code: the code of the error for it.
        """
        with self._lock:
            now = self._clock.monotonic()
            self._reason, self._code = reason, code
            self._tried_at = now
            if self._silent_since is None:
                self._silent_since = max(sent_at, self._answered_at)
            of_outage = self._budget - self._silence()
            of_request = self._own_budget() - (now - failing_since)
            if of_request <= 0 < of_outage and self.reached:
                # Repeating helped nothing, while others were answered: the next such request need not prove it again.
                self._lost_once = True
            return min(of_outage, of_request)

    def _silence(self) -> float:
        return 0.0 if self._silent_since is None else self._clock.monotonic() - self._silent_since

    def _own_budget(self) -> float:
        short = self._lost_once or not self.reached
        return min(self._budget, FIRST_CONTACT) if short else self._budget
