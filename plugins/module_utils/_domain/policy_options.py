# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies as tasks write them: options read into terms, and terms as the options that would make them.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from .._errors import InvalidInput
from .policies import MONTHS, TIERS, UNITS, WEEKDAYS, WEEKS, Archive, Terms, Tier, ordered

Options = t.Mapping[str, t.Any]

_ENHANCED = {"standard": False, "V1": False, "enhanced": True, "V2": True}


def read(options: Options, windows_name: t.Callable[[str], str]) -> Terms:
    """Read a task's options; raises InvalidInput for a time zone that is none, or options that don't go together.

    ``windows_name`` gives Azure's name of a time zone and raises InvalidInput.
    """
    schedule = options.get("schedule") or {}
    groups = options.get("instant_restore_resource_group") or {}
    consistency, kind = options.get("snapshot_consistency"), options.get("policy_type")
    time, time_option = _time(schedule)
    tiers, removed = _retention(options.get("retention") or {})
    return Terms(
        enhanced=_ENHANCED[kind] if kind else None,
        frequency=schedule.get("frequency"),
        time=time,
        time_option=time_option,
        weekdays=_days(schedule.get("days"), WEEKDAYS),
        interval_hours=schedule.get("interval_hours"),
        window_hours=schedule.get("window_hours"),
        time_zone=windows_name(options["time_zone"]) if options.get("time_zone") else None,
        tiers=tiers,
        removed=removed,
        instant_restore_days=options.get("instant_restore_days"),
        group_prefix=groups.get("prefix"),
        group_suffix=groups.get("suffix"),
        archive=_archive(options.get("archive")),
        crash_consistent=consistency == "crash" if consistency else None,
    )


def _time(schedule: Options) -> tuple[str | None, str | None]:
    """Return the time of the run, or where its window starts, and the option that gives it."""
    given = [option for option in ("time", "window_start") if schedule.get(option) is not None]
    if len(given) > 1 and schedule.get("frequency"):
        # The one that does not fit, which the rules then refuse.
        given = ["time" if schedule["frequency"] == "hourly" else "window_start"]
    elif len(given) > 1:
        allowed = "either schedule.time (daily, weekly) or schedule.window_start (hourly)"
        raise InvalidInput.for_option("schedule.window_start", schedule["window_start"], allowed)
    return (str(schedule[given[0]]), given[0]) if given else (None, None)


def _retention(options: Options) -> tuple[dict[str, Tier], frozenset[str]]:
    tiers: dict[str, Tier] = {}
    removed = set()
    for name in TIERS:
        chosen = options.get(name)
        if chosen is None:
            continue
        said = {key: value for key, value in chosen.items() if key != "state" and value is not None}
        if chosen.get("state") == "absent":
            removed.add(name)
            for key, value in said.items():
                raise InvalidInput.for_option(f"retention.{name}.{key}", value, "nothing beside state: absent")
        elif said:
            tiers[name] = _tier(name, said)
    return tiers, frozenset(removed)


def _tier(name: str, said: Options) -> Tier:
    dates = said.get("days_of_month")
    return Tier(
        count=said.get(UNITS[name]),
        weekdays=_days(said.get("days"), WEEKDAYS) if name != "daily" else None,
        weeks=_days(said.get("weeks_of_month"), WEEKS),
        dates=tuple(sorted(set(dates))) if dates is not None else None,
        last_day=said.get("last_day"),
        months=_days(said.get("months"), MONTHS) if name == "yearly" else None,
    )


def _days(values: t.Sequence[str] | None, order: t.Sequence[str]) -> tuple[str, ...] | None:
    return ordered(values, order) if values is not None else None


def _archive(options: Options | None) -> Archive | None:
    if options is None:
        return None
    mode, months, years = (options.get(key) for key in ("mode", "months", "years"))
    for option, value in (("months", months), ("years", years)):
        if value is not None and mode != "after":
            raise InvalidInput.for_option(f"archive.{option}", value, "only with archive.mode after")
    if months is not None and years is not None:
        raise InvalidInput.for_option("archive.years", years, "either archive.months or archive.years")
    if mode != "after":
        return Archive(str(mode))
    return Archive("after", years, "years") if years is not None else Archive("after", months, "months")


def definition(terms: Terms) -> dict[str, t.Any]:
    """Return the options that make these terms, without those that do not apply: Ansible takes no null for some."""
    hourly = terms.frequency == "hourly"
    archive = terms.archive or Archive("never")
    options = {
        "policy_type": "enhanced" if terms.enhanced else "standard",
        "schedule": {
            "frequency": terms.frequency,
            "time": None if hourly else terms.time,
            "days": _list(terms.weekdays),
            "interval_hours": terms.interval_hours,
            "window_start": terms.time if hourly else None,
            "window_hours": terms.window_hours,
        },
        "time_zone": terms.time_zone,
        "retention": {name: _as_options(name, terms.tiers.get(name)) for name in TIERS},
        "instant_restore_days": terms.instant_restore_days,
        "instant_restore_resource_group": {"prefix": terms.group_prefix, "suffix": terms.group_suffix},
        "archive": {
            "mode": archive.mode,
            "months": archive.count if archive.unit == "months" else None,
            "years": archive.count if archive.unit == "years" else None,
        },
        "snapshot_consistency": "crash" if terms.crash_consistent else "application",
    }
    return t.cast("dict[str, t.Any]", _without_none(options))


def _as_options(name: str, tier: Tier | None) -> dict[str, t.Any] | None:
    if tier is None:
        return None
    options: dict[str, t.Any] = {UNITS[name]: tier.count}
    if name == "daily":
        return options
    options["days"] = _list(tier.weekdays)
    if name in ("monthly", "yearly"):
        options.update(
            weeks_of_month=_list(tier.weeks),
            days_of_month=_list(tier.dates),
            last_day=tier.last_day if tier.by_date else None,
        )
    if name == "yearly":
        return {"years": options.pop("years"), "months": _list(tier.months), **options}
    return options


def _list(values: tuple[t.Any, ...] | None) -> list[t.Any] | None:
    return list(values) if values is not None else None


def _without_none(value: t.Any) -> t.Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _without_none(entry) for key, entry in value.items()}
    return {key: entry for key, entry in inner.items() if entry is not None and entry != {}}
