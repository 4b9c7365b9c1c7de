# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times and durations in the forms that the service writes and reads.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import re

NOT_ENDED = "0001-01-01T00:00:00"
"""The end of what still runs; the service writes it without a zone."""
NEVER_RUN = "2001-01-01T00:00:00Z"
"""The last backup of an item that was never backed up."""

_ISO = re.compile(r"^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?)?\s*(Z|[+-]\d\d:?\d\d)?$", re.IGNORECASE)
_FILTER = re.compile(r"^(\d{4}-\d\d-\d\d) (\d\d):(\d\d):(\d\d) (AM|PM)$", re.IGNORECASE)


def stamp(moment: dt.datetime) -> str:
    """Write a time with the service's seven digits after the second: ``2022-05-13T09:34:56.6364680Z``."""
    return moment.astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def whole_seconds(moment: dt.datetime) -> str:
    """Write a time without a fraction, as schedules have it: ``2022-05-13T09:30:00Z``."""
    return moment.astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def duration(seconds: float) -> str:
    """Write an ISO 8601 duration: ``PT35M22.4973530S``, ``PT0S``."""
    ticks = max(0, round(seconds * 10_000_000))
    minutes, rest = divmod(ticks, 600_000_000)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    whole, fraction = divmod(rest, 10_000_000)
    text = f"{days}D" if days else ""
    time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if rest or not (days or time):
        time += f"{whole}.{fraction:07}S" if fraction else f"{whole}S"
    return f"P{text}" + (f"T{time}" if time else "")


def time_span(span: dt.timedelta) -> str:
    """Write a .NET TimeSpan, which only ``deferredDeleteTimeRemaining`` has: ``13.23:59:43.8068900``."""
    span = max(span, dt.timedelta())
    hours, rest = divmod(span.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{span.days}.{hours:02}:{minutes:02}:{seconds:02}.{span.microseconds:06}0"


def american(moment: dt.datetime) -> str:
    """Write a time as property bags have it: ``6/12/2022 12:00:00 AM``."""
    day = f"{moment.month}/{moment.day}/{moment.year}"
    return f"{day} {moment.hour % 12 or 12}{moment.strftime(':%M:%S %p')}"


def parse_iso(text: str) -> dt.datetime:
    """Read an ISO 8601 time of a request; without a zone it is UTC. Raises ValueError."""
    match = _ISO.match(text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a time")
    day, clock, fraction, zone = match.groups()
    offset = "+00:00" if zone in (None, "Z", "z") else zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
    micro = (fraction or "0")[:6].ljust(6, "0")
    clock = clock or "00:00:00"
    seconds = clock if len(clock) == 8 else f"{clock}:00"
    return dt.datetime.fromisoformat(f"{day}T{seconds}.{micro}{offset}").astimezone(dt.timezone.utc)


def parse_filter_time(text: str) -> dt.datetime:
    """Read a time of an OData filter, ``2025-01-05 02:52:09 AM``; hour 00 with AM is taken too. Raises ValueError."""
    match = _FILTER.match(text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a time of a filter")
    day, hour, minute, second, half = match.groups()
    hours = int(hour) % 12 + (12 if half.upper() == "PM" else 0)
    if int(hour) > 12:
        raise ValueError(f"{text!r}: the hour must be 00 to 12")
    return dt.datetime.fromisoformat(f"{day}T{hours:02}:{minute}:{second}+00:00")
