# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Large worlds: ``fleet:N`` and ``fleet:N:REGIONS``.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from . import entities, regions, worlds

REGIONS: t.Final = regions.PUBLIC[:12]
PER_GROUP: t.Final = 50
_SIZES = ("Standard_B2ms", "Standard_D2s_v5", "Standard_D4s_v5", "Standard_E4s_v5")
_ENVIRONMENTS = ("production", "test", "development")


def make(source: str, guids: t.Callable[[], str]) -> worlds.World:
    """Make N virtual machines, 50 in a resource group, the groups spread evenly over the regions.

    Raises WorldError for numbers that make no sense.
    """
    count, spread = numbers(source, source)
    subscription = entities.Subscription(guids(), "Fleet")
    tenant = guids()
    groups: list[entities.Group] = []
    machines: list[entities.Machine] = []
    for number in range(count):
        if number % PER_GROUP == 0:
            index = len(groups)
            tags = {"env": _ENVIRONMENTS[index % len(_ENVIRONMENTS)]}
            groups.append(entities.Group(subscription.id, f"rg-fleet-{index + 1:04}", REGIONS[index % spread], tags))
        group = groups[-1]
        machines.append(
            entities.Machine(
                subscription.id,
                group.name,
                f"vm-{number + 1:05}",
                group.location,
                os="Windows" if number % 3 == 0 else "Linux",
                size=_SIZES[number % len(_SIZES)],
                tags={"env": group.tags["env"], "backup": "yes" if number % 4 else "no"},
            )
        )
    return worlds.World(tenant, (subscription,), tuple(groups), tuple(machines))


def numbers(source: str, fleet: str) -> tuple[int, int]:
    """Return the machines and regions of ``fleet:N[:REGIONS]``; raises WorldError, which names the ``source``."""
    parts = fleet.split(":")[1:]
    if len(parts) not in (1, 2) or not all(part.isascii() and part.isdigit() for part in parts):
        raise worlds.WorldError(
            f"{source!r} is not a fleet. Form: fleet:N or fleet:N:REGIONS, either with :lived at its end"
        )
    count, spread = int(parts[0]), int(parts[1]) if len(parts) == 2 else 1
    if not 1 <= spread <= len(REGIONS):
        raise worlds.WorldError(f"{source!r}: the number of regions must be 1 to {len(REGIONS)}")
    return count, spread
