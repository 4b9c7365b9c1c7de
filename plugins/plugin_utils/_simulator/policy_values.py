# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the parts of a policy are made of: times, counts and names, and the answers to wrong ones.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from . import errors, wire, wire_times

DAYS: t.Final = frozenset({"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"})


class Schedule(t.NamedTuple):
    """What the retention must fit: how often, the one time as it was written, and the days of a weekly schedule."""

    frequency: str
    time: str
    days: frozenset[str] | None


def invalid(detail: str = "") -> wire.WireError:
    """The policy is not in proper format; the service does not say where, the simulator adds it."""
    text = (
        "Input for create or update policy is not in proper format\r\n"
        "Please check format of parameters like schedule time, schedule days, retention time and retention days"
    )
    return errors.service("BMSUserErrorInvalidPolicyInput", f"{text}. {detail}" if detail else text)


def invalid_parameter() -> wire.WireError:
    """A body has the wrong shape; the text names no parameter, as the service's does."""
    return errors.service("UserErrorInvalidRequestParameter", "Parameter NO_PARAM in request is invalid.")


def time_of_day(text: object) -> dt.timedelta:
    """Return the time of day of a schedule's time; raises WireError unless it lies on a half hour."""
    try:
        moment = wire_times.parse_iso(str(text))
    except ValueError as error:
        raise invalid(str(error)) from error
    if moment.minute not in (0, 30) or moment.second or moment.microsecond:
        raise invalid(f"{text} is not on a half hour.")
    return dt.timedelta(hours=moment.hour, minutes=moment.minute)


def is_count(value: object, least: int, most: int) -> t.TypeGuard[int]:
    """Say whether that is a whole number within the range."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def names(value: object, allowed: t.Collection[str], key: str) -> frozenset[str]:
    """Return a list of names as a set; raises WireError for none, or for one that is not allowed."""
    if not isinstance(value, list) or not value or not all(str(one) in allowed for one in value):
        raise invalid(f"{key} must hold some of {', '.join(sorted(allowed))}.")
    return frozenset(value)


def part(value: object, key: str) -> dict[str, t.Any]:
    """Return a part that must be an object; raises WireError 400."""
    if not isinstance(value, dict):
        raise invalid(f"{key} is missing or no object.")
    return value
