# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What both policy modules show: a policy with its definition and, where asked for, what it will keep.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from .._azure import sdk
from .._domain import forecast, forecast_report, policy_bodies, policy_options, results, times
from .._domain.models import Policy
from .._domain.policies import UTC, Terms
from .._domain.time_zones import ZoneNames
from .._errors import BackupError, InvalidInput, MissingLibrary

MOST_DATES: t.Final = 400
LONGEST_HORIZON: t.Final = 36525
"""Days: a century, as long as anything can be kept."""


def zone_names() -> ZoneNames:
    """Return the names of time zones, from the library that keeps them. Raises MissingLibrary."""
    tables = sdk.load("tzlocal", "tzlocal.windows_tz")
    return ZoneNames(tables.win_tz, tables.tz_win)


def windows_name(text: str) -> str:
    """Return Azure's name of the time zone that a task names; raises InvalidInput."""
    if text.strip().upper() == UTC:
        return UTC
    return zone_names().windows_name("time_zone", text)


def time_zone(windows: str) -> dt.tzinfo:
    """Return a time zone by its Windows name; raises BackupError when this host does not know it."""
    if windows == UTC:
        return dt.timezone.utc
    import zoneinfo

    iana = zone_names().iana_name(windows)
    if iana is None:
        raise BackupError(f"The time zone {windows!r} of the policy is not known here.", code="UnknownTimeZone")
    try:
        return zoneinfo.ZoneInfo(iana)
    except zoneinfo.ZoneInfoNotFoundError:
        # Where the host has no data of time zones, this package has; it says so when it is missing.
        sdk.load("tzdata", "tzdata")
        raise MissingLibrary(f"Neither this host nor the Python package tzdata knows the time zone {iana}") from None


class Forecasts:
    """The forecast that a task asks for, the same for every policy.

    Raises InvalidInput for dates that are none, before any request.
    """

    def __init__(self, options: t.Mapping[str, t.Any] | None, now: dt.datetime) -> None:
        self._options = options
        if options is None:
            return
        self._start = _moment("forecast.start", options["start"]) if options.get("start") else now
        named = options.get("dates") or []
        if len(named) > MOST_DATES:
            raise InvalidInput.for_option("forecast.dates", f"{len(named)} dates", f"at most {MOST_DATES}")
        self._moments = [_moment("forecast.dates", text) for text in named]
        horizon = options.get("days")
        if horizon is not None:
            if not 0 <= horizon <= LONGEST_HORIZON:
                raise InvalidInput.for_option("forecast.days", horizon, f"0 to {LONGEST_HORIZON}")
            self._moments.append(self._start + dt.timedelta(days=horizon))

    def check_time_zone(self, terms: Terms) -> None:
        """See to it, before anything is written, that a forecast can be made; raises MissingLibrary, BackupError."""
        if self._options is not None:
            time_zone(terms.time_zone or UTC)

    def of(self, terms: Terms) -> dict[str, t.Any] | None:
        """Return the forecast of a policy; None where none was asked for, or its body tells no schedule."""
        if self._options is None or terms.frequency is None or terms.time is None:
            return None
        schedule = forecast.Schedule(terms, time_zone(terms.time_zone or UTC), self._start)
        return forecast_report.told(schedule, self._moments, points=self._options["recovery_points"])

    def described(self, policy: Policy) -> dict[str, t.Any]:
        """Return a policy with its definition and its forecast; both None for another kind of workload."""
        shown = {**results.policy(policy), "definition": None, "forecast": None}
        if policy.protects_virtual_machines:
            terms = policy_bodies.read(policy.properties)
            shown.update(definition=policy_options.definition(terms), forecast=self.of(terms))
        return shown


def _moment(option: str, text: str) -> dt.datetime:
    try:
        return times.from_user(text)
    except ValueError:
        raise InvalidInput.for_option(
            option,
            text,
            "a date or time of the years 2000 to 2999, such as 2026-03-01 or 2026-03-01T22:00:00+01:00; "
            "without a zone it is UTC",
        ) from None
