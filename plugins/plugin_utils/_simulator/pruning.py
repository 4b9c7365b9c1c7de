# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removes recovery points once they have lived their time.

The policy that an item has now decides, over older points as well: a longer retention keeps them longer, and a shorter
one drops them. Without a policy, after protection was stopped, everything stays.
While backups are suspended, the newest point stays for ever, as Microsoft's page on immutable vaults tells.
UNVERIFIED: that an on-demand point of a stopped item stays, too; assumed so, as "retain forever" speaks of all points.
This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt

from . import entities, retention, simulation


class Pruning:
    """Knows when the next point of an item must go."""

    def __init__(self, state: simulation.Simulation) -> None:
        self._state = state

    def refresh(self, item: entities.Item) -> None:
        """Ask the item's policy anew about all its points; those whose time is over go at once."""
        self._judge(item, item.points)
        self._remove(item, self._state.now())

    def added(self, item: entities.Item, point: entities.RecoveryPoint) -> None:
        """Ask the item's policy about a new point."""
        self._judge(item, [point])
        self._arrange(item, point.kept_until)

    def policy_changed(self, vault: entities.Vault, policy: entities.Policy) -> None:
        """Ask a changed policy about the points of all its items."""
        for item in vault.items.values():
            if item.policy is policy:
                self.refresh(item)

    @staticmethod
    def _judge(item: entities.Item, points: list[entities.RecoveryPoint]) -> None:
        rules = retention.Retention(item.policy.properties) if item.policy else None
        for point in points:
            point.kept_until = rules.expires_at(point) if rules else None

    def _arrange(self, item: entities.Item, due: dt.datetime | None) -> None:
        """Have the timeline look again when a point is due; an item waits for one moment only."""
        if due and (item.prune_at is None or due < item.prune_at):
            item.prune_at = due
            self._state.timeline.start(due, 0, lambda when: self._due(item, due, when))

    def _due(self, item: entities.Item, expected: dt.datetime, when: dt.datetime) -> None:
        if item.prune_at == expected:
            self._remove(item, when)

    def _remove(self, item: entities.Item, when: dt.datetime) -> None:
        newest = item.points[-1:] if item.state == "BackupsSuspended" else []
        item.points[:] = [
            point for point in item.points if not point.kept_until or point.kept_until > when or point in newest
        ]
        item.prune_at = None
        ahead = [point.kept_until for point in item.points if point.kept_until and point.kept_until > when]
        self._arrange(item, min(ahead, default=None))
