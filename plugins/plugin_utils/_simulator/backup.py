# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups, on demand and by schedule, and the recovery points that they leave.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt

from . import (
    entities,
    errors,
    item_lookup,
    job_errors,
    jobs,
    operations,
    pruning,
    routing,
    simulation,
    wire,
    wire_times,
    zones,
)

_DEFAULT_KEPT = dt.timedelta(days=30)
_RESTING_STATES = ("running", "stopped", "deallocated")


class Backups:
    """Starts backups and ends them."""

    def __init__(
        self,
        state: simulation.Simulation,
        all_jobs: jobs.Jobs,
        followed: operations.Operations,
        points: pruning.Pruning,
    ) -> None:
        self._state = state
        self._jobs = all_jobs
        self._operations = followed
        self._pruning = points

    def routes(self) -> list[wire.Route]:
        """Return the route of a backup now."""
        return [routing.route(self._state, "POST", routing.ITEM + "/backup", self.start)]

    def start(self, request: wire.Request, vault: entities.Vault, container: str, item: str) -> wire.Response:
        """Start a backup now; while another runs the call is accepted too, and its job fails."""
        found = item_lookup.find(vault, container, item)
        expires_at = self._expiry(request)
        if found.soft_deleted or not found.policy or found.state == "BackupsSuspended":
            # UNVERIFIED: code for the backup of an item whose protection is stopped; assumed a 400 with this one.
            raise errors.invalid_input("Protection is stopped for this item. Resume it with a policy first.")
        job = self.run(found, activity_id=request.client_request_id, expires_at=expires_at)
        accepting = self._state.start("accept", lambda _when: None)
        operation = self._operations.begin(vault.key, "accept", accepting, job=job)
        path = request.path.rstrip("/").rpartition("/")[0]
        return self._operations.accepted(request, operation, path, ("operationsStatus", "operationResults"))

    def run(
        self,
        item: entities.Item,
        *,
        activity_id: str = "",
        expires_at: dt.datetime | None = None,
        started: dt.datetime | None = None,
        scheduled: bool = False,
        seconds: float | None = None,
    ) -> entities.Job:
        """Start the job of a backup; ``expires_at`` is None when the policy's retention decides.

        Time ends a scheduled one even where the profile counts reads, and one with a length in ``seconds`` of its own.
        """
        machine = item.machine
        if item.running_backup:
            return self._jobs.start(
                item.vault, machine, "Backup", "collision", lambda _when: job_errors.BACKUP_IN_PROGRESS,
                activity_id=activity_id, started=started, timed=scheduled,
            )  # fmt: skip
        began = started or self._state.now()

        def finish(when: dt.datetime) -> entities.JobError | None:
            item.running_backup = None
            error = self._backup_error(machine)
            item.last_backup_time = began
            item.last_backup_status = "Failed" if error else "Completed"
            item.last_error = error
            if not error:
                # UNVERIFIED: the time of a scheduled point; assumed that of the schedule, though recorded points are
                # seconds younger than their jobs.
                delay = 0 if scheduled else min(4, (when - began).total_seconds())
                self.add_point(item, began + dt.timedelta(seconds=delay), expires_at)
                if item.state == "IRPending":
                    item.state = "Protected"
            return error

        job = self._jobs.start(
            item.vault, machine, "Backup", "backup", finish,
            activity_id=activity_id, started=started, timed=scheduled, seconds=seconds,
        )  # fmt: skip
        if expires_at:
            job.property_bag["Recovery Point Expiry Time in UTC"] = wire_times.american(expires_at)
        item.running_backup = job
        return job

    def add_point(self, item: entities.Item, time: dt.datetime, expires_at: dt.datetime | None) -> None:
        """Give an item a recovery point, the newest."""
        # UNVERIFIED: consistency by operating system; assumed application-consistent wherever the agent is ready.
        running = item.machine.power_state == "running" and item.machine.agent_status == "Ready"
        consistency = "AppConsistent" if running else "CrashConsistent"
        snapshot_only = expires_at is None and _snapshot_only(item, time)
        point = entities.RecoveryPoint(
            self._state.digits(15), time, consistency, item.machine.size, expires_at, snapshot_only
        )
        item.points.append(point)
        self._pruning.added(item, point)

    def _backup_error(self, machine: entities.Machine) -> entities.JobError | None:
        if machine.key not in self._state.machines:
            return job_errors.MACHINE_NOT_FOUND
        if machine.provisioning_state == "Failed":
            return job_errors.PROVISIONING_FAILED
        if machine.power_state not in _RESTING_STATES:
            return job_errors.NOT_DESIRABLE_STATE
        if machine.power_state == "running" and machine.agent_status != "Ready":
            return job_errors.AGENT_UNAVAILABLE
        return job_errors.SNAPSHOT_STATUS if self._state.quirks.sabotages(machine.key) else None

    def _expiry(self, request: wire.Request) -> dt.datetime:
        properties = routing.properties_of(request)
        if properties.get("objectType") != "IaasVMBackupRequest":
            raise errors.invalid_input("objectType is not IaasVMBackupRequest.")
        now = self._state.now()
        text = properties.get("recoveryPointExpiryTimeInUTC")
        if text is None:
            return now + _DEFAULT_KEPT
        try:
            expires_at = wire_times.parse_iso(str(text))
        except ValueError as error:
            raise errors.invalid_input(str(error)) from error
        if expires_at <= now:
            # UNVERIFIED: code for an expiry in the past; assumed a 400 with this one.
            raise errors.invalid_input("recoveryPointExpiryTimeInUTC has passed.")
        return expires_at


def _snapshot_only(item: entities.Item, time: dt.datetime) -> bool:
    """Say whether a scheduled point stays a snapshot: with several a day only the last one goes to the vault.

    That is told by Microsoft's page on enhanced policies.
    UNVERIFIED: which day is meant; assumed the calendar's in the policy's time zone, by the schedule alone.
    """
    properties = item.policy.properties if item.policy else {}
    schedule = properties.get("schedulePolicy") or {}
    if schedule.get("scheduleRunFrequency") != "Hourly":
        return False
    window = schedule["hourlySchedule"]
    start = wire_times.parse_iso(window["scheduleWindowStartTime"])
    hours = range(0, int(window["scheduleWindowDuration"]), int(window["interval"]))
    last = max((start.hour + later) % 24 for later in hours)
    zone = zones.zone(str(properties.get("timeZone") or "UTC"))
    return time != zones.instant(zones.wall(time, zone).replace(hour=last, minute=start.minute), zone)
