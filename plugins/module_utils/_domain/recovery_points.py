# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The recovery points of protected items: read from the wire's JSON, chosen as a task asks, shown in results.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from .._errors import InvalidInput
from . import fields, times
from .models import Wire

TIERS: t.Final[t.Mapping[str, str]] = {"instantrp": "instant", "hardenedrp": "vault", "archivedrp": "archive"}
CONSISTENCIES: t.Final[t.Mapping[str, str]] = {
    "appconsistent": "application",
    "filesystemconsistent": "file_system",
    "crashconsistent": "crash",
}
_NUMBERED_TIERS: t.Final[t.Mapping[t.Any, str]] = {1: "InstantRP", 2: "HardenedRP", 3: "ArchivedRP"}
# UNVERIFIED: the numbers of a tier's statuses; assumed to follow the list of their names, in which 1 is Valid.
_NUMBERED_STATUSES: t.Final[t.Mapping[t.Any, str]] = {
    0: "Invalid",
    1: "Valid",
    2: "Disabled",
    3: "Deleted",
    4: "Rehydrated",
}
_MOST_DAYS: t.Final = 36525
_FIRST: t.Final = dt.datetime(2000, 1, 1, tzinfo=dt.timezone.utc)
"""Before any backup of a virtual machine in Azure."""
_SECOND: t.Final = dt.timedelta(seconds=1)


@dataclasses.dataclass(frozen=True)
class StorageTier:
    """Where a recovery point is stored; a point can be in two tiers at once."""

    name: str
    """``instant`` (a snapshot beside the machine), ``vault``, ``archive``, or the service's own word."""
    status: str
    """``Valid``, ``Invalid``, ``Disabled``, ``Deleted`` or ``Rehydrated``."""
    rehydrated_until: dt.datetime | None = None

    @classmethod
    def from_wire(cls, body: Wire) -> StorageTier:
        """Read an element of ``recoveryPointTierDetails``; old api-versions number the tiers and statuses."""
        kind, status = body.get("type"), body.get("status")
        status = "Valid" if status is None else status
        kind = str(_NUMBERED_TIERS.get(kind, kind))
        extended = fields.mapping(body, "extendedInfo")
        return cls(
            TIERS.get(kind.casefold(), kind),
            str(_NUMBERED_STATUSES.get(status, status)),
            times.from_wire(extended.get("RehydratedRPExpiryTime")),
        )

    @property
    def there(self) -> bool:
        """Whether the point is in this tier, and not only was or could not be."""
        return self.status.casefold() in ("valid", "rehydrated")

    @property
    def restorable(self) -> bool:
        """Whether a machine can be restored from here at once: what is archived must be rehydrated first."""
        return self.there and (self.name != "archive" or self.status.casefold() == "rehydrated")


@dataclasses.dataclass(frozen=True)
class RecoveryPoint:
    """A recovery point of a protected item."""

    id: str
    name: str
    time: dt.datetime | None
    consistency: str
    """``application``, ``file_system``, ``crash``, or the service's own word."""
    tiers: tuple[StorageTier, ...]
    expires_at: dt.datetime | None
    """When it goes, where the service tells."""
    properties: Wire

    @classmethod
    def from_wire(cls, body: Wire) -> RecoveryPoint:
        """Read a recovery point."""
        properties = fields.mapping(body, "properties")
        kind = fields.text(properties, "recoveryPointType")
        return cls(
            id=fields.needed_text(body, "id"),
            name=fields.needed_text(body, "name"),
            time=times.from_wire(properties.get("recoveryPointTime")),
            consistency=CONSISTENCIES.get(kind.casefold(), kind),
            tiers=tuple(map(StorageTier.from_wire, fields.mappings(properties, "recoveryPointTierDetails"))),
            expires_at=times.from_wire(_lifetime(properties).get("expiryTime")),
            properties=properties,
        )

    @property
    def soft_deleted(self) -> bool:
        """Whether it was deleted and can still be brought back."""
        return bool(_lifetime(self.properties).get("isSoftDeleted"))

    @property
    def restorable(self) -> bool | None:
        """Whether a machine can be restored from it as it is; None when the service tells no tier."""
        if self.soft_deleted:
            return False
        return any(tier.restorable for tier in self.tiers) if self.tiers else None


def _lifetime(properties: Wire) -> Wire:
    return fields.mapping(properties, "recoveryPointProperties")


@dataclasses.dataclass(frozen=True)
class WantedPoints:
    """Which recovery points of an item a task asks for; what is empty or None matches every point."""

    start: dt.datetime | None = None
    end: dt.datetime | None = None
    consistencies: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    limit: int | None = None

    @classmethod
    def parse(cls, options: t.Mapping[str, t.Any], now: dt.datetime) -> WantedPoints:
        """Read a module's options; raises InvalidInput before any request is sent."""
        for option in ("consistency", "tier"):
            if options[option] is not None and not options[option]:
                raise InvalidInput(f"{option}: the list is empty. Leave it out to see points whatever theirs is.")
        days, limit = options["last_days"], options["limit"]
        if days is not None and not 1 <= days <= _MOST_DAYS:
            raise InvalidInput.for_option("last_days", days, f"a number of days, 1 to {_MOST_DAYS}")
        if limit is not None and limit < 1:
            raise InvalidInput.for_option("limit", limit, "a number of recovery points, at least 1")
        start, end, before = (times.moment(option, options[option]) for option in ("from", "to", "newest_before"))
        end_option = "newest_before" if before else "to"
        end = before or end
        if start and end and start > end:
            raise InvalidInput(f"from: {options['from']!r} is not before {end_option}: {options[end_option]!r}.")
        return cls(
            start=now - dt.timedelta(days=days) if days is not None else start,
            end=end,
            consistencies=tuple(options["consistency"] or ()),
            tiers=tuple(options["tier"] or ()),
            limit=1 if before else limit,
        )

    def bounds(self, now: dt.datetime) -> tuple[dt.datetime, dt.datetime] | tuple[None, None]:
        """Return the dates to ask the service for: both or none, as all known clients do.

        UNVERIFIED: the service takes any distance between the two; the az command sends what its user typed.
        """
        if self.start is None and self.end is None:
            return None, None
        # A little more is asked for: the service's clock is not ours, and its filter knows whole seconds only.
        latest = max(now, self.start or now) + dt.timedelta(days=1)
        return self.start or _FIRST, self.end + _SECOND if self.end else latest

    def in_window(self, point: RecoveryPoint) -> bool:
        """Whether the point was made in the window that is asked for, both ends with their whole seconds included."""
        made = point.time
        if made is None:
            return self.start is None and self.end is None
        return (self.start is None or made >= self.start.replace(microsecond=0)) and (
            self.end is None or made < self.end.replace(microsecond=0) + _SECOND
        )

    def choose(self, points: t.Iterable[RecoveryPoint]) -> list[RecoveryPoint]:
        """Return the points that are asked for, the newest first. A list that changes can name a point twice."""
        chosen = {point.id.casefold(): point for point in points if self.in_window(point) and self._matches(point)}
        return sorted(chosen.values(), key=newest_first)[: self.limit]

    def _matches(self, point: RecoveryPoint) -> bool:
        return (not self.consistencies or point.consistency in self.consistencies) and (
            not self.tiers or any(tier.there and tier.name in self.tiers for tier in point.tiers)
        )


def newest_first(point: RecoveryPoint) -> tuple[float, str]:
    """Return what sorts recovery points, also those of several items, always in the same way."""
    return -(point.time or _FIRST).timestamp(), point.id.casefold()


def described(point: RecoveryPoint, now: dt.datetime) -> dict[str, t.Any]:
    """Return a recovery point as results show it; the same keys for every point."""
    properties = point.properties
    disks = properties.get("recoveryPointDiskConfiguration") or {}
    return {
        "id": point.id,
        "name": point.name,
        "time": times.to_iso(point.time),
        "age_hours": round((now - point.time).total_seconds() / 3600, 1) if point.time else None,
        "consistency": point.consistency,
        "tiers": [
            {
                "name": tier.name,
                "status": tier.status,
                "rehydrated_until": times.to_iso(tier.rehydrated_until),
            }
            for tier in point.tiers
        ],
        "restorable": point.restorable,
        "expires_at": times.to_iso(point.expires_at),
        "rule": _lifetime(properties).get("ruleName"),
        "soft_deleted": point.soft_deleted,
        "vm_size": properties.get("virtualMachineSize"),
        "os_type": properties.get("osType"),
        "encrypted": properties.get("isSourceVMEncrypted"),
        "managed_disks": properties.get("isManagedVirtualMachine"),
        "security_type": properties.get("securityType"),
        "threat_status": properties.get("threatStatus"),
        "zones": list(properties.get("zones") or []),
        "disks_included": disks.get("numberOfDisksIncludedInBackup"),
        "disks_attached": disks.get("numberOfDisksAttachedToVm"),
    }


def extent(points: t.Iterable[RecoveryPoint]) -> dict[str, t.Any]:
    """Return how many points there are, the oldest and the newest."""
    points = list(points)
    made = _times(points)
    return {
        "recovery_points_count": len(points),
        "oldest": times.to_iso(made[0]) if made else None,
        "newest": times.to_iso(made[-1]) if made else None,
    }


def longest_gap_hours(points: t.Iterable[RecoveryPoint]) -> float | None:
    """Return the longest time between two points that follow each other, None when there are fewer than two."""
    made = _times(points)
    gaps = [later - earlier for earlier, later in zip(made, made[1:], strict=False)]
    return round(max(gaps).total_seconds() / 3600, 1) if gaps else None


def _times(points: t.Iterable[RecoveryPoint]) -> list[dt.datetime]:
    return sorted(point.time for point in points if point.time)
