# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much a vault holds: its usages, and the summary by type of backup.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from . import entities, errors, filters, jobs, routing, simulation, wire

_TYPES = (
    ("AzureIaasVM", "Azure Virtual Machine"),
    ("MAB", "Azure Backup Agent"),
    ("AzureBackupServer", "Azure Backup Server"),
    ("AzureStorage", "Azure Storage (Azure Files)"),
    ("AzureWorkload", "SQL in Azure VM"),
)
_STORAGE = {
    "GeoRedundant": "GRS",
    "LocallyRedundant": "LRS",
    "ZoneRedundant": "ZRS",
    "ReadAccessGeoZoneRedundant": "RAGZRS",
}
_SUMMARIES = ("backupprotecteditemcountsummary", "backupprotectioncontainercountsummary")


class Usage:
    """The counts of all vaults."""

    def __init__(self, state: simulation.Simulation) -> None:
        self._state = state

    def routes(self) -> list[wire.Route]:
        """Return the routes of counts."""
        return [
            routing.route(self._state, "GET", routing.VAULT + "/usages", self.usages),
            routing.route(self._state, "GET", routing.VAULT + "/backupUsageSummaries", self.summary),
        ]

    def usages(self, request: wire.Request, vault: entities.Vault) -> wire.Response:
        """Answer with the vault's counters; those of jobs are of the last 24 hours."""
        since = self._state.now() - dt.timedelta(days=1)
        recent = list(vault.jobs.newest_first(earliest=since))
        items = [item for item in vault.items.values() if not item.soft_deleted]
        critical = sum(item.last_error is not None for item in items)
        # UNVERIFIED: whether the set of usages recorded in 2017 is today's; assumed so, with the storage of the other
        # redundancies under the names that public scripts read.
        # UNVERIFIED: how much storage counts; assumed twice the size of each machine that has a recovery point.
        used = 2 * sum(jobs.backup_megabytes(item.machine) for item in vault.items.values() if item.newest_point)
        storage = [
            (f"{short}StorageUsage", "Bytes", used * 2**20 if name == vault.redundancy else 0, False)
            for name, short in _STORAGE.items()
        ]
        counters = (
            ("MABContainersCount", "Count", 0, False),
            ("ProtectedItemCount", "Count", len(items), False),
            ("ProtectedItemCriticalCount", "Count", critical, False),
            ("ProtectedItemWarningCount", "Count", 0, False),
            ("IaaSVMProtectedItemCount", "Count", len(items), False),
            ("IaaSVMProtectedItemCriticalCount", "Count", critical, False),
            ("IaaSVMProtectedItemWarningCount", "Count", 0, False),
            ("InProgressJobsCount", "Count", sum(job.status in ("InProgress", "Cancelling") for job in recent), True),
            ("FailedJobsCount", "Count", sum(job.status == "Failed" for job in recent), True),
            *storage,
        )
        return wire.Response(200, {"value": [_counter(*counter) for counter in counters]})

    def summary(self, request: wire.Request, vault: entities.Vault) -> wire.Response:
        """Answer with the number of items, or of containers, by type of backup."""
        query = filters.Filter.parse(request.query.get("$filter"), modelled=("type",), required=True)
        if (query.get("type") or "").casefold() not in _SUMMARIES:
            raise errors.invalid_input()
        counts = {"AzureIaasVM": sum(not item.soft_deleted for item in vault.items.values())}
        value = [
            {
                "unit": "Count",
                "currentValue": counts.get(name, 0),
                "limit": -1,
                "name": {"value": name, "localizedValue": text},
            }
            for name, text in _TYPES
        ]
        return wire.Response(200, {"value": value})


def _counter(name: str, unit: str, value: int, last_day: bool) -> dict[str, t.Any]:
    period = {"quotaPeriod": "P1D"} if last_day else {}
    return {"unit": unit, **period, "currentValue": value, "limit": -1, "name": {"value": name, "localizedValue": name}}
