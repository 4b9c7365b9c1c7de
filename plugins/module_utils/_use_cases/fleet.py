# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many virtual machines at once: run the same piece of work for each, a bounded number at a time.

One machine's failure never stops the others. This file is private to the collection.
"""

from __future__ import annotations

import collections
import concurrent.futures
import re
import typing as t

from .._azure import threads
from .._errors import BackupError, told

WORKERS = 16
"""Requests in flight. More gains nothing: Azure Resource Manager lets a principal write 10 times a second."""

_SHOWN = 10
"""So many reasons are told in a message, and so many failed machines are named with each."""

# Seconds. Python may notice a Ctrl-C that comes just before it begins to wait only when the wait ends.
_GLANCE = 0.5

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

Key = t.TypeVar("Key")
Work = t.TypeVar("Work")
Made = t.TypeVar("Made")


def run(work: t.Mapping[Key, Work], apply: t.Callable[[Work], Made]) -> dict[Key, Made | BackupError]:
    """Apply a function to each piece of work in parallel.

    Returns for each key, in the given order, what was made of it or the error that it ended with. A defect of ours is
    such an error too, so that what was made of the others is not lost for it. After Ctrl-C nothing more is begun or
    waited for, and closing the client ends what goes on.
    """

    def attempt(piece: Work) -> Made | BackupError:
        try:
            return apply(piece)
        except Exception as error:
            return told(error)

    if len(work) < 2:
        return {key: attempt(piece) for key, piece in work.items()}
    waiting = collections.deque(work.items())
    made: dict[Key, Made | BackupError] = {}

    def work_off() -> None:
        while True:
            try:
                key, piece = waiting.popleft()
            except IndexError:
                return
            made[key] = attempt(piece)

    try:
        workers = [threads.begin(work_off, "worker") for _worker in range(min(WORKERS, len(work)))]
        while concurrent.futures.wait(workers, _GLANCE).not_done:
            pass
    finally:
        waiting.clear()
    for worker in workers:
        worker.result()
    return {key: made[key] for key in work}


def at_once(*reads: t.Callable[[], t.Any]) -> list[t.Any]:
    """Read several things at the same time and return them in order: the wait is as long as the longest, not the sum.

    When some fail, the error of the first of them is raised, so that what others depend on comes first: a missing
    vault is told as that, and not as a list that could not be read.
    """
    made = run(dict(enumerate(reads)), lambda read: read())
    for one in made.values():
        if isinstance(one, BackupError):
            raise one
    return list(made.values())


def failure(outcomes: t.Sequence[t.Mapping[str, t.Any]], what: str, of: str = "") -> BackupError | None:
    """Sum up the failed machines in one error whose message names each with its reason; None when all went well.

    ``outcomes`` are results per machine, each with ``name``, ``id`` and ``error`` (None or an error's result form).
    ``what`` could not be done to the machines, or to something ``of`` them, such as "the protection of".
    """
    failed = [outcome for outcome in outcomes if outcome["error"]]
    if not failed:
        return None
    first = failed[0]["error"]
    total = " ".join(part for part in (of, f"{len(failed)} of {count(len(outcomes))}") if part)
    return BackupError(
        f"{total[0].upper()}{total[1:]} could not be {what}: " + " | ".join(reasons(failed)),
        code=first["code"] if len({outcome["error"]["code"] for outcome in failed}) == 1 else "SeveralFailures",
        http_status=first["http_status"] if len(failed) == 1 else None,
        operation=first["operation"],
        resource_id=first["resource_id"] if len(failed) == 1 else None,
        request_id=first["request_id"] if len(failed) == 1 else None,
        recommendations=list(dict.fromkeys(text for outcome in failed for text in outcome["error"]["recommendations"])),
        retryable=all(outcome["error"]["retryable"] for outcome in failed),
    )


def reasons(failed: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    """Return each reason once, with the machines that have it and the advice that is for them alone.

    What is advised to all of them is left to the end of the whole message. ``failed`` are as for ``failure``.
    """
    groups = _alike(failed)
    advised = collections.Counter(text for group in groups for text in _advice(group))
    told = []
    for group in groups[:_SHOWN]:
        own = [text for text in _advice(group) if advised[text] == 1 and len(groups) > 1]
        told.append(". ".join(text.rstrip(".") for text in (_reason(group), *own)) + "." if own else _reason(group))
    left = sum(len(group) for group in groups[_SHOWN:])
    return [*told, f"and {left} more, see vms in the result"] if left else told


def _alike(failed: t.Sequence[t.Mapping[str, t.Any]]) -> list[list[t.Mapping[str, t.Any]]]:
    """Put the machines together whose messages are the same, but for their names and their jobs."""
    same = collections.Counter(outcome["error"]["message"] for outcome in failed)
    groups: dict[str, list[t.Mapping[str, t.Any]]] = {}
    for outcome in failed:
        message = outcome["error"]["message"]
        blank = message if same[message] > 1 else _GUID.sub("\0", _named_in(outcome).sub("\0", message))
        groups.setdefault(blank, []).append(outcome)
    return list(groups.values())


def _named_in(outcome: t.Mapping[str, t.Any]) -> re.Pattern[str]:
    """Return what finds a machine's name in a text, and not within another name."""
    return re.compile(rf"(?<![\w-]){re.escape(outcome['name'])}(?![\w-])")


def _advice(group: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    return list(dict.fromkeys(text for outcome in group for text in outcome["error"]["recommendations"]))


def _reason(group: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    message, names = group[0]["error"]["message"], list(dict.fromkeys(outcome["name"] for outcome in group))
    tells_name = _named_in(group[0]).search(message)
    if all(outcome["error"]["message"] == message for outcome in group):
        return message if tells_name and len(group) == 1 else f"{_named(names)}: {message}"
    told = message if tells_name else f"{names[0]}: {message}"
    return f"{told.rstrip('.')}. The same goes for {_named(names[1:])}." if names[1:] else told


def _named(names: t.Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more, see vms in the result" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def count(machines: int) -> str:
    """Return ``1 virtual machine``, ``7 virtual machines`` or ``0 virtual machines``."""
    return f"{machines} virtual machine" + ("s" if machines != 1 else "")
