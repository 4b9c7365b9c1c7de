# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting: a look, a predicate, a deadline and a clock.

This file is private to the collection.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import typing as t
import urllib.parse

from .._errors import BackupError, OperationFailed, ServiceError, WaitTimeout
from .clock import Deadline

T = t.TypeVar("T")

FIRST_INTERVAL: t.Final = 0.5
"""Seconds before the second look; what ends quickly is not waited for as long as what takes hours."""
GROWTH: t.Final = 2.0
UNREADABLE: t.Final = ("NotJson", "UnreadableAnswer", "UnexpectedAnswer")
"""The codes of answers that were none."""


@dataclasses.dataclass(frozen=True)
class Seen(t.Generic[T]):
    """What one look found, and when the service asks to be looked at again."""

    value: T
    retry_after: float | None = None
    """Seconds; 0 counts as not given, as the service sends it while things still run."""


def intervals(poll_interval: float) -> t.Iterator[float]:
    """Yield the seconds to pause between looks: short at first, growing up to ``poll_interval``."""
    interval = min(FIRST_INTERVAL, poll_interval)
    while True:
        yield interval
        interval = min(interval * GROWTH, poll_interval)


def wait_until(
    look: t.Callable[[], Seen[T]],
    done: t.Callable[[T], bool],
    *,
    deadline: Deadline,
    poll_interval: float,
    doing: str,
    describe: t.Callable[[T], str] = str,
    resource_id: str | None = None,
) -> T:
    """Look until ``done`` and return what was seen then; the first look is at once.

    The pauses grow up to ``poll_interval`` seconds, unless the service asks for one of its own.
    Raises WaitTimeout, with what was last seen, when the deadline passes first. Failure is the caller's to judge.
    """
    pauses = intervals(poll_interval)
    while True:
        try:
            seen = look()
        except ServiceError as error:
            # Nonsense instead of an answer tells nothing of what is waited for.
            if error.code not in UNREADABLE or deadline.expired():
                raise
            deadline.clock.sleep(min(next(pauses), deadline.remaining()))
            continue
        if done(seen.value):
            return seen.value
        if deadline.expired():
            raise WaitTimeout(
                f"{doing} had not ended after {deadline.seconds:g} s (last seen: {describe(seen.value)}). "
                "It goes on in Azure",
                operation=doing,
                resource_id=resource_id,
                retryable=True,
            )
        deadline.clock.sleep(min(seen.retry_after or next(pauses), deadline.remaining()))


@contextlib.contextmanager
def accepted(doing: str) -> t.Iterator[None]:
    """Follow something that was accepted: an error that tells nothing of what became of it says that it goes on.

    ``doing`` is what was accepted, as it follows "Could not".
    """
    try:
        yield
    except BackupError as error:
        if isinstance(error, (OperationFailed, WaitTimeout)) or refused(error):
            raise
        told = error.reworded(f"Azure has accepted to {doing}, and where that stands can't be read: {error.message}")
        told.goes_on = True
        raise told from error


def refused(error: BackupError) -> bool:
    """Whether it is the service's own word on what is asked for or followed, and not on who may ask, or when."""
    return (
        isinstance(error, ServiceError)
        and not error.retryable
        and error.http_status not in (401, 403)
        and error.code not in UNREADABLE
    )


def retry_after(headers: t.Mapping[str, str]) -> float | None:
    """Read the seconds that an answer asks to wait; None when it does not, or not with a number above 0.

    ``headers`` has lower-case names.
    """
    for name, unit in (("retry-after-ms", 0.001), ("x-ms-retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        if 0 < seconds < math.inf:
            return seconds
    return None


def operation_id(headers: t.Mapping[str, str]) -> str | None:
    """Cut the operation's id out of the URLs that an accepted request answers with; never a job's id.

    ``headers`` has lower-case names.
    """
    url = headers.get("azure-asyncoperation") or headers.get("location") or ""
    return urllib.parse.unquote(url.partition("?")[0].rstrip("/").rpartition("/")[2]) or None
