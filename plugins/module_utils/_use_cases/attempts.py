# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes of a vault or a policy that have to be looked at again: another task is at it as well, or an answer was lost.

Such a write does no harm when it is sent twice. But whoever sent it first has changed something, so what shows after
a lost answer, and did not show before, counts as done by this task.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

from .._azure.client import AzureClient
from .._azure.clock import Deadline
from .._azure.operations import intervals
from .._azure.patience import BETWEEN_TRIES
from .._errors import BackupError, ServiceError
from . import contents
from .outcome import Outcome

_LONGEST_PAUSE: t.Final = 15.0
_LOOKS: t.Final = 6

Thing = t.TypeVar("Thing")


@dataclasses.dataclass(frozen=True)
class Attempt(t.Generic[Thing]):
    """One attempt to bring a thing into the state that the task asks for."""

    current: Thing
    """As it was read last; None where there is none."""
    before: Thing
    """As it was read before the first write that may have been carried out without an answer; else as ``current``."""
    given_up: BackupError | None = None
    """With which an earlier attempt was given up that may have been carried out. All that is left is to look."""

    def check_may_write(self) -> None:
        """Raise when something is still to be written, and that was given up."""
        if self.given_up:
            raise self.given_up

    @property
    def maybe_done(self) -> bool:
        """Whether what is different from before may have been done by an earlier attempt."""
        return self.before is not self.current


def bring(
    client: AzureClient,
    current: Thing,
    read: t.Callable[[], Thing],
    attempt_once: t.Callable[[Attempt[Thing]], Outcome],
    *,
    attempts: int,
    deadline: Deadline,
) -> Outcome:
    """Attempt until another task is no longer in the way, and look whether an attempt without an answer has succeeded.

    Args:
        client: for the pauses.
        current: the thing as it was read first.
        read: reads it again.
        attempt_once: does what is missing.
        attempts: how many at most.
        deadline: no pause is longer than to this.
    """
    attempt = Attempt(current, current)
    maybe_done = False
    for pause in (*itertools.islice(intervals(_LONGEST_PAUSE), attempts - 1), None):
        try:
            return attempt_once(attempt)
        except BackupError as error:
            maybe_done = maybe_done or error.maybe_done
            failed = error.doubted() if maybe_done else error
            overtaken = isinstance(error, ServiceError) and contents.overtaken(error)
            if pause is None or not (overtaken or error.maybe_done):
                raise failed from error.__cause__
        _rest(client, pause, deadline)
        try:
            current = read()
        except BackupError as unread:
            raise (failed if maybe_done else unread) from unread
        attempt = Attempt(current, attempt.before if maybe_done else current, None if overtaken else failed)
    raise AssertionError("the last attempt returns or raises")


def seen_gone(client: AzureClient, error: BackupError, read: t.Callable[[], object | None], deadline: Deadline) -> bool:
    """Tell whether a thing is gone although its deletion ended with an error; looks only where that may be."""
    if not error.maybe_done:
        return False
    for pause in (0.0, *itertools.islice(intervals(_LONGEST_PAUSE), _LOOKS - 1)):
        _rest(client, pause, deadline)
        try:
            if read() is None:
                return True
        except BackupError:
            return False
    return False


def _rest(client: AzureClient, pause: float, deadline: Deadline) -> None:
    """Pause before a look; in an outage until one is sent again."""
    client.clock.sleep(BETWEEN_TRIES if client.outage else min(pause, deadline.remaining()))
