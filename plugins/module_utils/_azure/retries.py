# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends a request again where that is safe, and says so where it is not.

This file is private to the collection.
"""

from __future__ import annotations

import random
import typing as t

from .._errors import AnswerLost, BackupError
from . import faults, operations
from .clock import Clock
from .pacing import Pacer
from .patience import Patience
from .policies import Policy, is_read

LONGEST_PAUSE: t.Final = 30.0


class Retry(Policy):
    """Repeats reads after passing faults, and any request that the service has refused for now or that never left.

    A write whose answer is lost is not repeated: a second one would start a second job. It raises AnswerLost, and the
    caller looks first. A caller that knows its write to be harmless when done twice passes the option ``resend``.
    What such a write comes to in the end, refused or given up, says whether it may have been carried out before.
    How long is shared by all requests: see Patience.
    """

    def __init__(
        self,
        clock: Clock,
        pacer: Pacer,
        patience: Patience | None = None,
        *,
        jitter: t.Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._pacer = pacer
        self._patience = patience or Patience(clock)
        self._jitter = jitter

    def send(self, request: t.Any) -> t.Any:
        """Send until there is an answer worth handing on; the last one when patience has come to its end."""
        try:
            return self._repeat(request)
        except BackupError as error:
            if request.context.get(faults.MAYBE_DONE):
                raise error.doubted() from error.__cause__
            raise

    def _repeat(self, request: t.Any) -> t.Any:
        http = request.http_request
        # Read the whole answer at once: one that breaks off is a broken connection, here and not later.
        request.context.options["stream"] = False
        reads = is_read(http.method, http.url)
        may_resend = request.context.options.pop("resend", False) or reads
        self._patience.check()
        failing_since: float | None = None
        attempt = 0
        while True:
            self._pacer.wait(http.method, http.url)
            asked = None
            sent_at = self._clock.monotonic()
            failing_since = sent_at if failing_since is None else failing_since
            try:
                response = self.next.send(request)
            except Exception as error:
                failure = faults.from_transport(error, http.url)
                if failure is None:
                    raise
                if failure.error.http_status:
                    # The sign-in service has answered, so nothing is wrong with addresses.
                    self._patience.reached = True
                left = self._patience.left(sent_at, failing_since, failure.error.message, failure.error.code)
                if failure.sent and not may_resend:
                    raise _answer_lost(http, failure.error.message) from error
                if failure.sent and not reads:
                    request.context[faults.MAYBE_DONE] = True
                if not failure.passing or left <= 0:
                    raise failure.error from error
            else:
                status = response.http_response.status_code
                headers = faults.lower_case(response.http_response.headers)
                self._pacer.observe(http.method, http.url, headers)
                if status != 429 and not _unclear(status):
                    self._patience.answered(sent_at, again=attempt > 0)
                    return response
                self._patience.reached = True
                said = f"The service answered {status}"
                left = self._patience.left(sent_at, failing_since, said, faults.error_code(response.http_response))
                if _unclear(status) and not may_resend:
                    raise _answer_lost(http, said, status)
                if _unclear(status) and not reads:
                    request.context[faults.MAYBE_DONE] = True
                if left <= 0:
                    return response
                asked = operations.retry_after(headers)
                if status == 429:
                    self._pacer.close(http.method, http.url, min(asked or 0, left))
            self._clock.sleep(min(asked or self._pause(attempt), left))
            attempt += 1

    def _pause(self, attempt: int) -> float:
        # Half fixed, half random: threads that failed together do not come back together.
        full = min(LONGEST_PAUSE, 2.0 ** min(attempt, 10))
        return full / 2 + full / 2 * self._jitter()


def _unclear(status: int) -> bool:
    """Tell whether nobody knows, after this status, if the request was carried out; 501 says that it was not."""
    return status == 408 or (status >= 500 and status != 501)


def _answer_lost(http: t.Any, what: str, status: int | None = None) -> AnswerLost:
    return AnswerLost(
        f"{what.rstrip('.')}. Azure may or may not have carried out the request",
        http_status=status,
        request_id=http.headers.get(faults.CLIENT_REQUEST_ID),
        retryable=True,
    )
