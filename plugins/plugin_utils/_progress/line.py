# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a line of progress looks like.

    [vm_backup_now] vault-weu, backing up: 612 of 800 done, 187 running, 1 failed (web-17: The virtual machine agent is
    unable to communicate with the Azure Backup service) · slowest sql-03 for 21 min · 24 min elapsed

This file is private to the collection.
"""

from __future__ import annotations

import typing as t
import unicodedata

from ...module_utils import _text as plain
from ...module_utils._domain.progress import LONGEST_NAME, Standing

LONGEST_REASON: t.Final = 120
"""Characters of a reason that a line shows; the result has all of it."""


def line(label: str, standing: Standing, elapsed: float) -> str:
    """Say where a task stands; ``elapsed`` is in seconds."""
    vault = clean(standing.vault, LONGEST_NAME)
    subject = ", ".join(text for text in (vault, clean(standing.doing, LONGEST_NAME)) if text)
    parts = [f"[{clean(label, LONGEST_NAME)}] {subject}" + (f": {_counts(standing)}" if standing.total else "")]
    if standing.running and standing.slowest_name:
        which = "slowest " if standing.total > 1 else ""
        parts.append(f"{which}{clean(standing.slowest_name, LONGEST_NAME)} for {duration(standing.slowest_seconds)}")
    parts.append(f"{duration(elapsed)} elapsed")
    return " · ".join(parts)


def _counts(standing: Standing) -> str:
    counts = [f"{standing.done} of {standing.total} {clean(standing.counted, LONGEST_NAME)}"]
    if standing.running:
        counts.append(f"{standing.running} running")
    if standing.failed:
        counts.append(f"{standing.failed} failed{_reason(standing)}")
    return ", ".join(counts)


def _reason(standing: Standing) -> str:
    name, reason = clean(standing.failed_name, LONGEST_NAME), clean(standing.failed_reason, LONGEST_REASON)
    told = ": ".join(text for text in (name, reason.rstrip(".")) if text)
    last = "last " if standing.failed > 1 else ""
    return f" ({last}{told})" if told else ""


def clean(text: str, longest: int) -> str:
    """Make data fit for a line: nothing that moves the cursor or turns the text around, and no longer than that."""
    # A line is short: it has no room for what can't be seen either.
    shown = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in plain.clean(text))
    shown = " ".join(shown.split())
    return shown if len(shown) <= longest else shown[: longest - 1].rstrip() + "…"


def duration(seconds: float) -> str:
    """Say how long something takes, no more exactly than a person wants to know."""
    whole = int(max(seconds, 0))
    if whole < 60:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
