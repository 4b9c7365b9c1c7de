# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backup service for one vault of the Azure in memory; see `fake_azure.py`."""

from __future__ import annotations

import datetime as dt
import typing as t
import uuid

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.backup import Submission
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.clock import Deadline
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import ids, job_models, models
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.jobs import JobFilter

from . import bodies
from .bodies import Body
from .fake_azure import NOW, Behaviour, FakeAzure, Holdings, Work

UNFINISHED = "0001-01-01T00:00:00"


class FakeBackup:
    def __init__(self, client: FakeAzure, vault_id: ids.VaultId) -> None:
        self.client = client
        self.vault_id = vault_id

    @property
    def holdings(self) -> Holdings:
        if self.vault_id.key not in self.client.holdings:
            raise _errors.NotFound("no such vault", code="ResourceNotFound", http_status=404)
        return self.client.holdings[self.vault_id.key]

    # reads

    def policies(self) -> t.Iterator[models.Policy]:
        self.client.enter("list policies")
        return map(models.Policy.from_wire, self.holdings.policies)

    def policy(self, name: str) -> models.Policy | None:
        self.client.enter("read policy", name)
        found = [body for body in self.holdings.policies if ids.same(body["name"], name)]
        return models.Policy.from_wire(found[0]) if found else None

    def protectable_items(self) -> t.Iterator[models.ProtectableItem]:
        self.client.enter("list protectable")
        now, since = self.client.clock.seconds, self.holdings.protectable_since
        shown = [body for body in self.holdings.protectable if since.get(body["name"], 0) <= now]
        return map(models.ProtectableItem.from_wire, shown)

    def containers(self) -> t.Iterator[models.Container]:
        self.client.enter("list containers")
        return map(models.Container.from_wire, self.holdings.containers)

    def protected_items(self) -> t.Iterator[models.ProtectedItem]:
        self.client.enter("list items", self.vault_id.name)
        for history in self.holdings.items.values():
            seen = [body for since, body in history if since <= self.client.clock.seconds]
            if seen and seen[-1]:
                yield models.ProtectedItem.from_wire(seen[-1])

    def all_items(self) -> t.Iterator[models.ProtectedItem]:
        return self.protected_items()

    def backup_status(self, location: str, vm_id: ids.VmId) -> models.BackupStatus:
        self.client.enter("backup status", vm_id.name)
        return models.BackupStatus.from_wire(self.client.statuses.get(vm_id.name))

    def pre_validate(self, location: str, vm_id: ids.VmId) -> models.Validation:
        self.client.enter("validate", vm_id.name)
        return models.Validation.from_wire(self.client.validations.get(vm_id.name, {"status": "Succeeded"}))

    def jobs(self, wanted: JobFilter) -> t.Iterator[job_models.Job]:
        self.client.enter("list jobs", wanted.to_odata())
        now = self.client.clock.seconds
        shown = [work for work in self.holdings.work if work.has_job and work.shown <= now]
        listed = [*map(self._body, shown), *self.holdings.jobs]
        for job in map(job_models.Job.from_wire, listed):
            if (
                wanted.operation in (None, job.operation)
                and wanted.status in (None, job.status)
                and (wanted.start is None or job.start_time is None or job.start_time >= wanted.start)
                and (wanted.end is None or job.start_time is None or job.start_time <= wanted.end)
            ):
                yield job

    def job(self, job_id: str) -> job_models.Job | None:
        self.client.enter("read job", job_id)
        bodies_by_id = {body["name"]: body for body in self.holdings.jobs} | self.holdings.details
        now = self.client.clock.seconds
        known = [work for work in self.holdings.work if work.has_job and work.readable <= now]
        bodies_by_id |= {work.id: self._body(work, tasks=True) for work in known}
        body = bodies_by_id.get(job_id)
        return job_models.Job.from_wire(body) if body else None

    def operation(self, operation_id: str) -> job_models.OperationStatus | None:
        self.client.enter("read operation", operation_id)
        work = next(work for work in self.holdings.work if f"op-{work.id}" == operation_id)
        behaviour = self.client.behaviour(work.machine.name)
        if self.client.clock.seconds < work.starts + 2:
            return job_models.OperationStatus.from_wire({"id": operation_id, "status": "InProgress"})
        if behaviour.operation_error:
            body = {"id": operation_id, "status": "Failed", "error": behaviour.operation_error}
        else:
            body = {"id": operation_id, "status": "Succeeded", "properties": {"jobId": work.id}}
        return job_models.OperationStatus.from_wire(body)

    # writes

    def refresh(self, deadline: Deadline, poll_interval: float) -> None:
        self.client.enter("refresh")
        lasts = self.holdings.refresh_lasts
        self.client.clock.sleep(min(lasts, deadline.remaining()))
        if deadline.expired():
            raise _errors.WaitTimeout("wait_timeout passed; discovery.", retryable=True)
        since = self.client.clock.seconds + self.holdings.found_after
        self.holdings.protectable += self.holdings.found_by_refresh
        self.holdings.protectable_since.update((body["name"], since) for body in self.holdings.found_by_refresh)

    def put_protected_item(self, container: str, item: str, properties: t.Mapping[str, t.Any]) -> Submission:
        machine = ids.VmId.parse(properties["sourceResourceId"])
        operation, state = _put(properties)
        new = bodies.item(machine.name, machine.resource_group, str(self.vault_id), **state)
        new["properties"]["virtualMachineId"] = str(machine)
        return self._write("put", operation, machine, new, dict(properties))

    def delete_protected_item(self, container: str, item: str) -> Submission:
        _kind, _version, group, name = item.split(";")
        machine = ids.VmId(self.vault_id.subscription_id, group, name)
        new = bodies.item(name, group, str(self.vault_id), **bodies.SOFT_DELETED)
        return self._write("delete", "DeleteBackupData", machine, new)

    def start_backup(self, container: str, item: str, expires_at: dt.datetime | None) -> Submission:
        _kind, _version, group, name = item.split(";")
        return self._write("backup", "Backup", ids.VmId(self.vault_id.subscription_id, group, name), None, expires_at)

    def _write(
        self, call: str, operation: str, machine: ids.VmId, new: Body | None, detail: object = None
    ) -> Submission:
        self.client.enter(call, machine.name)
        with self.client.lock:
            behaviour = self.client.behaviour(machine.name)
            if behaviour.refused:
                raise behaviour.refused
            request_id = str(uuid.uuid4())
            fate = behaviour.lost.pop(0) if behaviour.lost else "ok"
            work = self._start(operation, machine, request_id, behaviour, new) if fate != "ignored" else None
            self.client.sent.append((call, machine.name, detail))
        if fate != "ok" or work is None:
            raise _errors.AnswerLost("The connection broke", request_id=request_id)
        return Submission(request_id, f"op-{work.id}")

    def _start(
        self, operation: str, machine: ids.VmId, activity_id: str, behaviour: Behaviour, new: Body | None
    ) -> Work:
        now = self.client.clock.seconds
        work = Work(
            id=str(uuid.uuid4()),
            operation=operation,
            machine=machine,
            activity_id=activity_id,
            starts=now,
            shown=now + behaviour.job_shown_after if behaviour.shows_job else float("inf"),
            ends=now + behaviour.job_lasts,
            errors=behaviour.job_errors,
            snapshot=now + behaviour.snapshot_after,
            has_job=behaviour.operation_error is None,
        )
        self.holdings.work.append(work)
        if new is not None and work.has_job and not work.errors:
            self.holdings.hold(new, since=work.ends + behaviour.item_shown_after)
        return work

    def _body(self, work: Work, tasks: bool = False) -> Body:
        now = self.client.clock.seconds
        ended = now >= work.ends
        start = NOW + dt.timedelta(seconds=work.starts)
        snapshot = "Completed" if now >= work.snapshot else "InProgress"
        extended: Body = {"tasksList": [{"taskId": "Take Snapshot", "duration": "PT0S", "status": snapshot}]}
        return bodies.job(
            work.id,
            work.machine.name,
            work.machine.resource_group,
            str(self.vault_id),
            operation=work.operation,
            status=("Failed" if work.errors else "Completed") if ended else "InProgress",
            # The service may write the id in another letter case than it was sent in.
            activityId=work.activity_id.upper(),
            startTime=f"{start:%Y-%m-%dT%H:%M:%S}.0000000Z",
            endTime=f"{NOW + dt.timedelta(seconds=work.ends):%Y-%m-%dT%H:%M:%S}Z" if ended else UNFINISHED,
            errorDetails=work.errors if ended else [],
            **({"extendedInfo": extended} if tasks else {}),
        )


def _put(properties: t.Mapping[str, t.Any]) -> tuple[str, Body]:
    """Return what a PUT of a protected item does, and what the item then has."""
    if properties.get("protectionState"):
        suspended = {"protectionState": "BackupsSuspended"}
        stopped = suspended if properties["protectionState"] == "BackupsSuspended" else dict(bodies.STOPPED)
        return ("Undelete" if properties.get("isRehydrate") else "DisableBackup"), stopped
    policy_id = properties["policyId"]
    return "ConfigureBackup", {
        "protectionState": "IRPending",
        "policyId": policy_id,
        "policyName": ids.last_segment(policy_id),
    }
