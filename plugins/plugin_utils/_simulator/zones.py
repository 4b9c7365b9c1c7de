# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The time zones of policies: Windows ids, and when a wall clock in one of them shows a time.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import functools
import zoneinfo


def known(name: object) -> bool:
    """Say whether that is the Windows id of a time zone, the only form that the service takes."""
    return isinstance(name, str) and name in _names()


@functools.cache
def zone(name: str) -> dt.tzinfo:
    """Return the zone of a Windows id; any other text counts as UTC."""
    return zoneinfo.ZoneInfo(_names()[name]) if known(name) else dt.timezone.utc


@functools.cache
def _names() -> dict[str, str]:
    """Return IANA names by Windows id, as CLDR pairs them for the world."""
    from tzlocal import windows_tz

    return dict(windows_tz.win_tz)


def wall(moment: dt.datetime, where: dt.tzinfo) -> dt.datetime:
    """Return what a wall clock shows at a moment, without a zone."""
    return moment.astimezone(where).replace(tzinfo=None, fold=0)


def instant(shown: dt.datetime, where: dt.tzinfo) -> dt.datetime:
    """Return the moment, in UTC, at which a wall clock shows a time.

    The first one where the clock is set back and shows it twice; the moment of the jump where the clock is set forward
    over it. UNVERIFIED: what the service does with such times; assumed so, since it does not adjust the stored time.
    """
    moment = shown.replace(tzinfo=where, fold=0).astimezone(dt.timezone.utc)
    if wall(moment, where) == shown:
        return moment
    return _jump(shown.replace(tzinfo=where, fold=1).astimezone(dt.timezone.utc), moment, where)


def _jump(before: dt.datetime, after: dt.datetime, where: dt.tzinfo) -> dt.datetime:
    """Return the first whole second with the offset of ``after``, which ``before`` does not have yet."""
    offset = after.astimezone(where).utcoffset()
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if (before + dt.timedelta(seconds=middle)).astimezone(where).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return before + dt.timedelta(seconds=high)
