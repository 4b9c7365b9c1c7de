# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many virtual machines at once: run the same piece of work for each, a bounded number at a time.

One machine's failure never stops the others. This file is private to the collection.
"""

from __future__ import annotations

import concurrent.futures
import typing as t

from .._errors import BackupError

WORKERS = 16
"""Requests in flight. More gains nothing: Azure Resource Manager lets a principal write 10 times a second."""

_SHOWN = 10
"""So many failed machines are named in a message."""

Key = t.TypeVar("Key")
Work = t.TypeVar("Work")
Made = t.TypeVar("Made")


def run(work: t.Mapping[Key, Work], apply: t.Callable[[Work], Made]) -> dict[Key, Made | BackupError]:
    """Apply a function to each piece of work in parallel.

    Returns for each key, in the given order, what was made of it or the error that it ended with. Only errors that
    the collection raises on purpose are caught; a defect is not hidden.
    """

    def attempt(piece: Work) -> Made | BackupError:
        try:
            return apply(piece)
        except BackupError as error:
            return error

    if len(work) < 2:
        return {key: attempt(piece) for key, piece in work.items()}
    with concurrent.futures.ThreadPoolExecutor(min(WORKERS, len(work))) as pool:
        return dict(zip(work, pool.map(attempt, work.values()), strict=True))


def failure(outcomes: t.Sequence[t.Mapping[str, t.Any]], what: str) -> BackupError | None:
    """Sum up the failed machines in one error whose message names each with its reason; None when all went well.

    ``outcomes`` are results per machine, each with ``name``, ``id`` and ``error`` (None or an error's result form).
    """
    failed = [outcome for outcome in outcomes if outcome["error"]]
    if not failed:
        return None
    shown = _grouped(failed[:_SHOWN])
    if len(failed) > _SHOWN:
        shown.append(f"and {len(failed) - _SHOWN} more, see vms in the result")
    first = failed[0]["error"]
    return BackupError(
        f"{len(failed)} of {count(len(outcomes))} could not be {what}: " + " | ".join(shown),
        code=first["code"] if len({outcome["error"]["code"] for outcome in failed}) == 1 else "SeveralFailures",
        http_status=first["http_status"] if len(failed) == 1 else None,
        operation=first["operation"],
        resource_id=first["resource_id"] if len(failed) == 1 else None,
        request_id=first["request_id"] if len(failed) == 1 else None,
        recommendations=list(dict.fromkeys(text for outcome in failed for text in outcome["error"]["recommendations"])),
        retryable=all(outcome["error"]["retryable"] for outcome in failed),
    )


def _grouped(failed: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    """Return each reason once, after the names of the machines that it does not name itself."""
    names: dict[str, list[str]] = {}
    for outcome in failed:
        names.setdefault(outcome["error"]["message"], []).append(outcome["name"])
    return [
        message if all(name in message for name in named) else f"{', '.join(named)}: {message}"
        for message, named in names.items()
    ]


def count(machines: int) -> str:
    """Return ``1 virtual machine`` or ``7 virtual machines``."""
    return f"{machines} virtual machine" + ("s" if machines > 1 else "")
