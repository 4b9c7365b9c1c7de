# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the report writes numbers, times and names. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import typing as t


def number(value: int) -> str:
    """Return a number with its thousands apart: ``4,712``."""
    return f"{value:,}"


def counted(value: int, one: str, many: str = "") -> str:
    """Return a number with its noun: ``1 machine``, ``4,712 machines``."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def percent(value: float | None) -> str:
    """Return a share of 100, with a decimal only where there is one."""
    return "-" if value is None else f"{value:.1f}".removesuffix(".0") + " %"


def share(part: int, whole: int) -> float | None:
    """Return a part in percent, rounded down, so that 100 is said of all only; None when there is no whole."""
    return math.floor(1000 * part / whole) / 10 if whole else None


def moment(text: str | None) -> dt.datetime | None:
    """Read a time in ISO 8601; None for none."""
    if not text:
        return None
    read = dt.datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", text))
    return read if read.tzinfo else read.replace(tzinfo=dt.timezone.utc)


def time(text: str | None) -> str:
    """Return a time for people, in UTC: ``5 Jan 2026 02:04``; ``-`` for none."""
    read = moment(text)
    return f"{read.day} {read:%b %Y %H:%M}" if read else "-"


def day(date: dt.date) -> str:
    """Return a day for people: ``Thu 5 Jan``."""
    return f"{date:%a} {date.day} {date:%b}"


def age(hours: float | None) -> str:
    """Return a span of time in the two largest units that matter: ``40 min``, ``5 h``, ``3 d 4 h``, ``35 d``."""
    if hours is None:
        return "-"
    if hours < 1:
        return f"{max(0, int(hours * 60))} min"
    if hours < 48:
        return f"{int(hours)} h"
    days, rest = divmod(int(hours), 24)
    return f"{days} d {rest} h" if rest and days < 8 else f"{days} d"


def size(count: float) -> str:
    """Return a number of bytes for people: ``45 GiB``."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if count < 1024 or unit == "TiB":
            break
        count /= 1024
    return f"{count:,.0f} {unit}" if count >= 10 or unit == "B" else f"{count:.1f} {unit}"


def listed(names: t.Sequence[str], most: int = 3) -> str:
    """Return names as part of a sentence: ``a, b, c and 9 more``."""
    if len(names) <= most:
        return " and ".join([*([", ".join(names[:-1])] if len(names) > 1 else []), *names[-1:]])
    return f"{', '.join(names[:most])} and {number(len(names) - most)} more"


def sentence(text: str) -> str:
    """Return text with a full stop at its end, unless it ends with a mark of its own."""
    text = text.strip()
    return text if not text or text[-1] in ".!?:" else f"{text}."
