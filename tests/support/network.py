# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong between a module and the simulator: no connection, no name, no trust, no answer, for a while or ever.

with network(azure) as wire:
    wire.fails(REFUSED, when=lambda request: request.method == "PUT", seconds=300)
    result = azure.run("vm_backup_protect", ...)
"""

from __future__ import annotations

import contextlib
import ssl
import threading
import time as real_time
import typing as t
from unittest import mock

import requests
import urllib3
from requests import adapters

from .bench import Bench, Time
from .scripted import Reply, breaks, reply

_NOBODY = t.cast("t.Any", None)

REFUSED: t.Final = breaks(
    requests.exceptions.ConnectionError(urllib3.exceptions.NewConnectionError(_NOBODY, "Connection refused"))
)
NO_NAME: t.Final = breaks(
    requests.exceptions.ConnectionError(urllib3.exceptions.NameResolutionError("azure", _NOBODY, OSError("no name")))
)
UNTRUSTED: t.Final = breaks(
    requests.exceptions.SSLError(ssl.SSLCertVerificationError(1, "certificate verify failed: unable to get issuer"))
)
BROKEN_TLS: t.Final = breaks(requests.exceptions.SSLError(ssl.SSLError(1, "bad record mac")))
RESET: t.Final = breaks(requests.exceptions.ConnectionError(urllib3.exceptions.ProtocolError("Connection reset.")))
NO_ANSWER: t.Final = breaks(requests.exceptions.ReadTimeout("no answer"))
UNAVAILABLE: t.Final = reply(503, {"error": {"code": "ServiceUnavailable", "message": "Down."}})

When = t.Callable[[requests.PreparedRequest], bool]


class Network:
    """Lets requests through to the simulator, or not."""

    def __init__(self, azure: Bench) -> None:
        self._azure = azure
        self._answer: Reply | None = None
        self._lock = threading.Lock()
        self.failed = 0
        """Requests that failed."""
        self.began: float | None = None
        """When the first of them failed, in the time of the bench."""
        self._answered = threading.Event()

    def fails(
        self,
        answer: Reply,
        *,
        when: When = lambda request: True,
        skip: int = 0,
        times: int | None = None,
        seconds: float | None = None,
        acts: bool = False,
        once_answered: bool = False,
    ) -> None:
        """Let requests fail.

        Args:
            answer: how.
            when: which ones; with ``seconds``, the first of these begins an outage of that length, of everything.
            skip: how many of these go well before.
            times: how many fail at most.
            seconds: how long the outage lasts.
            acts: whether the service gets the request, and acts.
            once_answered: hold the first of these until another request was answered. Requests that are sent at the
                same moment would else meet an outage that had no answer before it, or one that had, as it happens.
        """
        self._answer, self._when, self._skip, self._times = answer, when, skip, times
        self._seconds, self._acts, self._once_answered = seconds, acts, once_answered
        self.failed, self.began = 0, None

    def mend(self) -> None:
        """Let everything through again."""
        self._answer = None

    def send(
        self, sender: t.Callable[..., requests.Response], request: requests.PreparedRequest, **keywords: t.Any
    ) -> requests.Response:
        """Send a request, or fail."""
        answer = self._answer
        if answer is not None and self._once_answered and self._when(request):
            assert self._answered.wait(30), "nothing else was answered"
        if answer is None or not self._hit(request):
            response = sender(request, **keywords)
            # The services to sign in at are others.
            if "/subscriptions/" in str(request.url):
                self._answered.set()
            return response
        if self._acts:
            sender(request, **keywords)
        return answer(request)

    def _hit(self, request: requests.PreparedRequest) -> bool:
        with self._lock:
            now = self._azure.time.seconds()
            if self._seconds is not None and self.began is not None:
                hit = now < self.began + self._seconds
            else:
                hit = self._when(request) and (self._times is None or self.failed < self._times)
                if hit and self._skip > 0:
                    self._skip -= 1
                    hit = False
            if hit:
                self.failed += 1
                self.began = now if self.began is None else self.began
            return hit


@contextlib.contextmanager
def network(azure: Bench) -> t.Iterator[Network]:
    """Put a network between the modules and the simulator, for the length of a with block."""
    made, sender = Network(azure), adapters.HTTPAdapter.send

    def send(
        adapter: adapters.HTTPAdapter, request: requests.PreparedRequest, *arguments: t.Any, **keywords: t.Any
    ) -> requests.Response:
        assert not arguments
        return made.send(lambda asked, **rest: sender(adapter, asked, **rest), request, **keywords)

    with mock.patch.object(adapters.HTTPAdapter, "send", send):
        yield made


@contextlib.contextmanager
def overlapping_sleep() -> t.Iterator[None]:
    """Let threads that sleep at the same moment do so at the same time, instead of one after the other."""

    def sleep(time: Time, seconds: float) -> None:
        end = time.seconds() + seconds
        # The others get the chance to begin to sleep as well.
        real_time.sleep(0.004)
        with time._lock:
            time._seconds = max(time._seconds, end)

    with mock.patch.object(Time, "sleep", sleep):
        yield
