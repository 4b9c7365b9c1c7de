# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times and durations: the service's forms, the user's, and ours (aware datetimes in UTC, seconds).

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import re
import typing as t

from .._errors import InvalidInput

_WIRE_TIME = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|\+00:00)?$")
_TIME_SPAN = re.compile(r"^(?:(\d{1,5})\.)?(\d\d):(\d\d):(\d\d(?:\.\d+)?)$")
_DURATION = re.compile(r"^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$")

NEVER: t.Final = dt.datetime.min.replace(tzinfo=dt.timezone.utc)
"""Before any other time: what sorts things that never were."""

# Long enough for any retention, short enough that now minus this is a date.
_LONGEST_SPAN = dt.timedelta(days=36525)


def from_wire(text: str | None) -> dt.datetime | None:
    """Read a time of the service; its stand-ins for "never" (years 0001 and 2001) are None.

    The service writes seven digits after the second, leaves the ``Z`` out at times, and marks an unfinished end with
    ``0001-01-01T00:00:00`` and a backup that never ran with ``2001-01-01T00:00:00Z``.
    """
    match = _WIRE_TIME.match(text or "")
    if not match:
        return None
    seconds, fraction = match.groups()
    moment = dt.datetime.fromisoformat(seconds).replace(
        microsecond=int((fraction or "0")[:6].ljust(6, "0")), tzinfo=dt.timezone.utc
    )
    return moment if moment.year > 2001 else None


def to_iso(moment: dt.datetime | None) -> str | None:
    """Write a time as results have it: ISO 8601, UTC, whole seconds, ``Z``."""
    return moment.astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def to_filter(moment: dt.datetime) -> str:
    """Write a time as the service's OData filters want it: ``2025-01-05 02:52:09 AM``, UTC."""
    moment = moment.astimezone(dt.timezone.utc)
    # Not %p: that follows the locale of whoever runs the task.
    return f"{moment:%Y-%m-%d %I:%M:%S} {'AM' if moment.hour < 12 else 'PM'}"


def from_user(text: str) -> dt.datetime:
    """Read an ISO 8601 date or time that a person typed; without a zone it is UTC. Raises ValueError.

    Years far from ours are typing errors, and sums with them leave the calendar, so they are refused too.
    """
    moment = dt.datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text.strip()))
    if not 2000 <= moment.year < 3000:
        raise ValueError(f"{text!r} is not of this millennium")
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)


def moment(option: str, text: str | None) -> dt.datetime | None:
    """Read an option that holds a date or time, None when it is not set; raises InvalidInput."""
    try:
        return from_user(text) if text is not None else None
    except ValueError:
        allowed = "a date or time, ISO 8601, such as 2027-03-31 or 2027-03-31T18:00:00+08:00 (UTC without a zone)"
        raise InvalidInput.for_option(option, text, allowed) from None


def duration_seconds(text: str | None) -> float | None:
    """Read an ISO 8601 duration such as ``PT35M22.4973538S``."""
    match = _DURATION.match(text or "")
    if not match:
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return round(((days * 24 + hours) * 60 + minutes) * 60 + seconds, 3)


def remaining(text: str | None) -> dt.timedelta | None:
    """Read a .NET TimeSpan, ``13.23:59:43.8068908`` (days, hours, minutes, seconds), as soft delete counts down."""
    match = _TIME_SPAN.match(text or "")
    if not match:
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def span(text: str) -> dt.timedelta | None:
    """Read an age that a person typed: ``90m``, ``24h``, ``7d``; None when it is not one, or longer than a century."""
    match = re.fullmatch(r"([0-9]{1,8})\s*([mhd])", text.strip().lower())
    if not match:
        return None
    unit = {"m": "minutes", "h": "hours", "d": "days"}[match.group(2)]
    age = dt.timedelta(**{unit: int(match.group(1))})
    return age if age <= _LONGEST_SPAN else None
