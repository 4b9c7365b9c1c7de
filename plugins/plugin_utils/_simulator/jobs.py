# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs: what was started, how it stands, how it ended.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from . import entities, errors, filters, operations, paging, routing, simulation, wire, wire_times

SNAPSHOT_SHARE: t.Final = 1 / 3
"""How much of a backup's time the snapshot takes."""
_NAMED_ACTIONS_SINCE = "2024-10-01"
_FILTER_KEYS = ("status", "operation", "startTime", "endTime", "backupManagementType", "jobId")

Finish = t.Callable[[dt.datetime], entities.JobError | None]


class Jobs:
    """The jobs of all vaults."""

    def __init__(self, state: simulation.Simulation, followed: operations.Operations) -> None:
        self._state = state
        self._operations = followed

    def routes(self) -> list[wire.Route]:
        """Return the routes of jobs."""
        job = routing.VAULT + "/backupJobs/{job_id}"
        return [
            routing.route(self._state, "GET", routing.VAULT + "/backupJobs", self.list),
            routing.route(self._state, "GET", job, self.get),
            routing.route(self._state, "POST", job + "/cancel", self.cancel),
        ]

    def start(
        self,
        vault: entities.Vault,
        machine: entities.Machine,
        operation: str,
        kind: str,
        finish: Finish,
        *,
        activity_id: str,
        started: dt.datetime | None = None,
        timed: bool = False,
        seconds: float | None = None,
    ) -> entities.Job:
        """Start a job of that kind of work; ``finish(when)`` acts at its end and returns why it failed, or None.

        ``timed`` and ``seconds`` are those of ``Simulation.start``.
        """
        started = started or self._state.now()
        job = self.record(vault, machine, operation, started=started, activity_id=activity_id)
        job.visible_from = started + dt.timedelta(seconds=self._state.profile.late)

        def end(when: dt.datetime) -> None:
            error = finish(when)
            self.close(job, when, error)

        job.work = self._state.start(kind, end, started=started, timed=timed, seconds=seconds)
        return job

    def record(
        self,
        vault: entities.Vault,
        machine: entities.Machine,
        operation: str,
        *,
        started: dt.datetime,
        activity_id: str,
    ) -> entities.Job:
        """Put a job into a vault's list without any work behind it."""
        job = entities.Job(
            id=self._state.guid(),
            index=len(vault.jobs),
            operation=operation,
            machine=machine,
            started=started,
            activity_id=activity_id or self._state.guid(),
            visible_from=started,
        )
        if operation in ("Backup", "DeleteBackupData"):
            job.property_bag["VM Name"] = machine.name
        vault.jobs.add(job)
        return job

    @staticmethod
    def close(job: entities.Job, when: dt.datetime, error: entities.JobError | None) -> None:
        """Give a job its end."""
        job.ended = when
        job.error = error
        job.status = "Failed" if error else "Completed"

    def list(self, request: wire.Request, vault: entities.Vault) -> wire.Response:
        """Answer with jobs, newest first. Both times of the filter bound the job's start."""
        query = filters.Filter.parse(request.query.get("$filter"), modelled=_FILTER_KEYS)
        earliest, latest = query.moment("startTime"), query.moment("endTime")
        # The number of an entry is its index below zero, so that newest first is ascending.
        first = paging.start_of(request)
        now = self._state.now()
        below = None if first is None else 1 - first
        wanted = query.get("jobId")

        def matching() -> t.Iterator[tuple[int, entities.Job]]:
            if not query.accepts("backupManagementType", "AzureIaasVM"):
                return
            one = vault.jobs.find(wanted) if wanted else None
            if wanted and not one:
                return
            found = vault.jobs.newest_first(
                earliest=earliest,
                latest=latest,
                below=one.index + 1 if one and below is None else below,
                status=query.get("status"),
                operation=query.get("operation"),
            )
            for job in found:
                if one and job.id != one.id:
                    return
                if job.visible_from <= now:
                    yield -job.index, job

        def render(job: entities.Job) -> dict[str, t.Any]:
            return self._body(request, vault, job)

        answer = paging.page(request, matching(), render)
        # Read after rendering: a look that ends a job is seen by the next one.
        for value in answer.body["value"]:
            self._read(self._find(vault, value["name"]))
        return answer

    def get(self, request: wire.Request, vault: entities.Vault, job_id: str) -> wire.Response:
        """Answer with one job and its details."""
        job = self._find(vault, job_id)
        self._read(job)
        return wire.Response(200, self._body(request, vault, job, details=True))

    def cancel(self, request: wire.Request, vault: entities.Vault, job_id: str) -> wire.Response:
        """Cancel a backup that still takes its snapshot.

        UNVERIFIED: where cancelling a job past its snapshot is refused; assumed at the results URL of the operation.
        UNVERIFIED: where cancelling a job of another kind or one that ended is refused; assumed at once, with a 400.
        UNVERIFIED: the codes of all three cancel refusals; assumed made-up ones with the portal's texts.
        """
        job = self._find(vault, job_id)
        if job.operation != "Backup":
            raise errors.service("UserErrorCancelNotSupported", "Cancellation isn't supported for this job type")
        if job.status != "InProgress" or job.work is None:
            raise errors.service(
                "UserErrorJobNotInProgress", "Backup can't cancel the job because it isn't in progress"
            )
        refused = self._snapshot_taken(job)
        work = self._state.start("cancel", lambda when: None if refused else self._cancelled(vault, job, when))
        if not refused:
            job.status = "Cancelling"
            self._state.timeline.cancel(job.work)
        operation = self._operations.begin(
            vault.key, "cancel", work, result=_refuse_cancel if refused else operations.nothing
        )
        if refused:
            operation.error = {"code": "UserErrorJobNotCancellable", "message": _NOT_CANCELLABLE}
        path = request.path.rstrip("/").rpartition("/")[0]
        return self._operations.accepted(request, operation, path, ("operationsStatus", "operationResults"))

    def _cancelled(self, vault: entities.Vault, job: entities.Job, when: dt.datetime) -> None:
        job.status, job.ended = "Cancelled", when
        item = vault.items.get(job.machine.service_name)
        if item and item.running_backup is job:
            item.running_backup = None

    def _find(self, vault: entities.Vault, job_id: str) -> entities.Job:
        job = vault.jobs.find(job_id)
        if not job or job.visible_from > self._state.now():
            # UNVERIFIED: code of a job that is not there; assumed to be that of an item.
            raise errors.item_not_found()
        return job

    def _read(self, job: entities.Job) -> None:
        if job.work:
            self._state.timeline.read(job.work, self._state.now())

    def _snapshot_taken(self, job: entities.Job) -> bool:
        return job.work is None or job.work.fraction(self._state.now()) >= SNAPSHOT_SHARE

    def _body(
        self, request: wire.Request, vault: entities.Vault, job: entities.Job, *, details: bool = False
    ) -> dict[str, t.Any]:
        seconds = ((job.ended or self._state.now()) - job.started).total_seconds()
        properties: dict[str, t.Any] = {"jobType": "AzureIaaSVMJob", "duration": wire_times.duration(seconds)}
        if job.operation == "Backup":
            if request.api_version < _NAMED_ACTIONS_SINCE:
                # Old api-versions number the action, and keep it on jobs that have ended.
                properties["actionsInfo"] = [1]
            elif job.status == "InProgress":
                properties["actionsInfo"] = ["Cancellable"]
        properties["virtualMachineVersion"] = job.machine.version
        if details:
            properties["extendedInfo"] = self._details(job)
        properties |= {
            "containerName": job.machine.service_name,
            "entityFriendlyName": job.machine.name,
            "backupManagementType": "AzureIaasVM",
            "operation": job.operation,
            "status": job.status,
            "startTime": wire_times.stamp(job.started),
            "activityId": job.activity_id,
        }
        if job.ended:
            properties["endTime"] = wire_times.stamp(job.ended)
        if job.error:
            properties["errorDetails"] = [
                {
                    "errorCode": job.error.code,
                    "errorTitle": job.error.title,
                    "errorString": job.error.message,
                    "recommendations": list(job.error.recommendations),
                }
            ]
        return {
            "id": f"{vault.id}/backupJobs/{job.id}",
            "name": job.id,
            "type": "Microsoft.RecoveryServices/vaults/backupJobs",
            "properties": properties,
        }

    def _details(self, job: entities.Job) -> dict[str, t.Any]:
        bag = dict(job.property_bag)
        if job.operation != "Backup":
            return {"tasksList": [], "propertyBag": bag}
        snapshot, transfer = self._task_states(job)
        if snapshot == "Completed":
            bag["Backup Size"] = f"{backup_megabytes(job.machine)} MB"
        tasks = [
            {
                "taskId": name,
                "duration": "PT0S",
                "status": status,
                "startTime": wire_times.NOT_ENDED,
                "endTime": wire_times.NOT_ENDED,
                "taskType": "Normal",
            }
            for name, status in (("Take Snapshot", snapshot), ("Transfer data to vault", transfer))
        ]
        return {"tasksList": tasks, "propertyBag": bag, "internalPropertyBag": {"IsInstantRpJob": "True"}}

    def _task_states(self, job: entities.Job) -> tuple[str, str]:
        if job.status in ("Completed", "CompletedWithWarnings"):
            return "Completed", "Completed"
        if job.status == "InProgress":
            return ("Completed", "InProgress") if self._snapshot_taken(job) else ("InProgress", "NotStarted")
        # Failed, Cancelling and Cancelled all happen in the snapshot phase.
        return job.status, "Cancelled" if job.status == "Cancelled" else "NotStarted"


def backup_megabytes(machine: entities.Machine) -> int:
    """Return how much a backup holds: made of name and disks, since any number will do if it stays the same."""
    return (1 + len(machine.data_disks)) * (4096 + sum(machine.name.encode()) % 4096)


_NOT_CANCELLABLE = "The job isn't in a cancelable state"


def _refuse_cancel(_request: wire.Request) -> wire.Response:
    raise errors.service("UserErrorJobNotCancellable", _NOT_CANCELLABLE)
