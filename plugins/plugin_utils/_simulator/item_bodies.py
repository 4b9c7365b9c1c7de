# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a protected item looks like in answers.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from . import entities, job_errors, naming, wire_times


def body(item: entities.Item, now: dt.datetime, *, details: bool) -> dict[str, t.Any]:
    """Return a protected item; a list leaves the details out."""
    machine, service = item.machine, item.service_name
    problem = _problem(item)
    properties: dict[str, t.Any] = {
        "friendlyName": machine.name,
        "virtualMachineId": machine.id,
        "protectionStatus": "Unhealthy" if problem else "Healthy",
        "protectionState": item.state,
        "healthStatus": "ActionRequired" if problem else "Passed",
    }
    if item.last_backup_time or problem:
        properties["healthDetails"] = [_health(problem)]
    properties |= {
        "lastBackupStatus": item.last_backup_status,
        "lastBackupTime": wire_times.stamp(item.last_backup_time) if item.last_backup_time else wire_times.NEVER_RUN,
        "protectedItemDataId": item.data_id,
    }
    if details:
        properties["extendedInfo"] = _extended(item)
    properties |= {
        "protectedItemType": machine.kind,
        "backupManagementType": "AzureIaasVM",
        "workloadType": "VM",
        "containerName": service,
        "sourceResourceId": machine.id,
        "policyId": item.vault.policy_id(item.policy) if item.policy else "",
        "policyName": item.policy.name if item.policy else "",
        "kpisHealths": {},
        "isArchiveEnabled": False,
        "vaultId": item.vault.id,
        "softDeleteRetentionPeriod": 0,
    }
    if item.policy:
        properties["policyType"] = item.policy.properties.get("policyType", "V1")
    if item.newest_point:
        properties["lastRecoveryPoint"] = wire_times.stamp(item.newest_point)
    if item.disk_selection:
        properties["extendedProperties"] = {"diskExclusionProperties": dict(item.disk_selection)}
    if item.deleted_at and item.purge_at:
        properties |= {
            "softDeleteRetentionPeriod": item.vault.soft_delete_days,
            "isScheduledForDeferredDelete": True,
            # Recorded: this is when it was deleted, and only what remains tells when it will be gone.
            "deferredDeleteTimeInUTC": wire_times.stamp(item.deleted_at),
            "deferredDeleteTimeRemaining": wire_times.time_span(item.purge_at - now),
        }
    return {
        "id": item.id,
        "name": naming.item_name(service),
        "type": "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems",
        "properties": properties,
    }


def _extended(item: entities.Item) -> dict[str, t.Any]:
    oldest = {"oldestRecoveryPoint": wire_times.stamp(item.points[0].time)} if item.points else {}
    return {**oldest, "recoveryPointCount": len(item.points), "policyInconsistent": False}


def _problem(item: entities.Item) -> entities.JobError | None:
    """UNVERIFIED: the health of an item whose last backup failed, or whose machine's agent does not answer.

    Assumed to tell the error of the job, or that with which the next one will fail.
    """
    if item.last_error or not item.policy or item.soft_deleted:
        return item.last_error
    silent = item.machine.power_state == "running" and item.machine.agent_status != "Ready"
    return job_errors.AGENT_UNAVAILABLE if silent else None


def _health(error: entities.JobError | None) -> dict[str, t.Any]:
    if error:
        return {
            "code": error.code,
            "title": error.title,
            "message": error.message,
            "recommendations": list(error.recommendations),
        }
    return {
        "code": 400239,
        "title": "IaasVmHealthGreenDefault",
        "message": "Backup pre-check status of this virtual machine is OK.",
        "recommendations": [],
    }
