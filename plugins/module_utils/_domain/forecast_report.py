# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a forecast tells: how many recovery points there are on given days, and how many once nothing grows any more.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from . import times
from .forecast import STORES, Point, Schedule
from .policies import HIGHEST_COUNT, TIERS

_A_YEAR = dt.timedelta(days=366)


@dataclasses.dataclass(frozen=True)
class Steady:
    """Where a policy comes to rest: as many recovery points go as come."""

    reached: dt.datetime
    """When the first point of every tier has gone."""
    points: list[Point]
    """Those that exist then."""
    most: int
    """How many exist at once at most in the year after."""


def steady(schedule: Schedule) -> Steady | None:
    """Find where a policy comes to rest; None for one that makes no points."""
    firsts = {name: point for name in schedule.terms.tiers if (point := schedule.first_of(name))}
    if not firsts:
        return None
    reached = max(point.ends[name] for name, point in firsts.items())
    points = schedule.existing(reached)
    return Steady(reached, points, _most(schedule, reached, points))


def _most(schedule: Schedule, start: dt.datetime, there: t.Sequence[Point]) -> int:
    """Count along the comings and goings of a year."""
    end = start + _A_YEAR
    made = [point for point in schedule.points(start, end) if point.created > start]
    events = [(point.expires, -1) for point in (*there, *made) if point.expires <= end]
    # What goes at a moment is no longer there for what comes at the same.
    events += [(point.created, 1) for point in made]
    count = most = len(there)
    for _when, change in sorted(events):
        count += change
        most = max(most, count)
    return most


def told(schedule: Schedule, moments: t.Sequence[dt.datetime], *, points: bool) -> dict[str, t.Any]:
    """Return a forecast as results have it."""
    rest = steady(schedule)
    return {
        "start": times.to_iso(schedule.start),
        "dates": [_at(schedule.existing(when), when, points=points) for when in moments],
        "steady_state": rest
        and {
            "reached_at": times.to_iso(rest.reached),
            "recovery_points_most": rest.most,
            **_at(rest.points, rest.reached, points=False),
        },
        "limit": HIGHEST_COUNT,
        "within_limit": rest is None or rest.most <= HIGHEST_COUNT,
    }


def _at(existing: t.Sequence[Point], when: dt.datetime, *, points: bool) -> dict[str, t.Any]:
    stored = [point.stores(when) for point in existing]
    return {
        "date": times.to_iso(when),
        "recovery_points_count": len(existing),
        "by_tier": {name: sum(name in point.ends and when < point.ends[name] for point in existing) for name in TIERS},
        "snapshots_only": sum(not point.tiers for point in existing),
        "by_store": {store: sum(store in held for held in stored) for store in STORES},
        "oldest": times.to_iso(existing[0].created) if existing else None,
        "recovery_points": [_point(point, held) for point, held in zip(existing, stored, strict=True)]
        if points
        else [],
    }


def _point(point: Point, held: tuple[str, ...]) -> dict[str, t.Any]:
    return {
        "created_at": times.to_iso(point.created),
        "expires_at": times.to_iso(point.expires),
        "tiers": list(point.tiers),
        "stores": list(held),
    }
