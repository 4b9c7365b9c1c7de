# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A recovery point of a protected item, read from the wire's JSON.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

from . import times
from .models import Wire


@dataclasses.dataclass(frozen=True)
class RecoveryPoint:
    """A recovery point of a protected item."""

    id: str
    name: str
    time: dt.datetime | None
    consistency: str
    """``AppConsistent``, ``FileSystemConsistent`` or ``CrashConsistent``."""
    tiers: tuple[str, ...]
    properties: Wire

    @classmethod
    def from_wire(cls, body: Wire) -> RecoveryPoint:
        """Read a recovery point; old api-versions number the tiers (1 instant, 2 vault)."""
        properties = body.get("properties") or {}
        numbered = {1: "InstantRP", 2: "HardenedRP", 3: "ArchivedRP"}
        return cls(
            id=body["id"],
            name=body["name"],
            time=times.from_wire(properties.get("recoveryPointTime")),
            consistency=properties.get("recoveryPointType", ""),
            tiers=tuple(
                str(numbered.get(tier.get("type"), tier.get("type")))
                for tier in properties.get("recoveryPointTierDetails") or []
            ),
            properties=properties,
        )
