# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in a vault: one method for each call of the backup service.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import typing as t

from .._domain import fields, times
from .._domain.ids import VaultId, VmId, item_path, normalized_location, same
from .._domain.job_models import Job, OperationStatus
from .._domain.jobs import JobFilter
from .._domain.models import (
    BackupStatus,
    Container,
    Policy,
    ProtectableItem,
    ProtectedItem,
    Validation,
    counter,
)
from .._domain.progress import Standing
from .._domain.recovery_points import RecoveryPoint
from .._errors import BackupError, OperationFailed, ServiceError
from . import sdk
from .client import AzureClient, Method
from .clock import Deadline
from .faults import Answer, reader
from .operations import Seen, operation_id, retry_after, wait_until

FABRIC: t.Final = "Azure"
MACHINES: t.Final = "backupManagementType eq 'AzureIaasVM'"
"""The filter without which some lists answer 400."""


@dataclasses.dataclass(frozen=True)
class Submission:
    """A write that the service has accepted and goes on with."""

    request_id: str
    """The ``x-ms-client-request-id`` that was sent, which the job keeps as its ``activity_id``."""
    operation_id: str | None
    """For ``Backup.operation``; never a job's id. None when the service named no operation."""


class Backup:
    """The backup service for one vault. Iterators read page by page; 404 is None only where that is said."""

    def __init__(self, client: AzureClient, vault_id: VaultId) -> None:
        self.client = client
        self.vault_id = vault_id

    @property
    def _service(self) -> t.Any:
        return self.client.service("backup", self.vault_id.subscription_id)

    @property
    def _vault(self) -> tuple[str, str]:
        return self.vault_id.name, self.vault_id.resource_group

    def _item(self, body: t.Any) -> ProtectedItem:
        return ProtectedItem.from_wire(body, self.client.clock.now())

    def policies(self) -> t.Iterator[Policy]:
        """List the policies, of every workload type."""
        return map(
            reader(Policy.from_wire), self._pages(self._service.backup_policies.list, "list the backup policies")
        )

    def policy(self, name: str) -> Policy | None:
        """Read a policy; None when the vault has none of that name."""
        answer = self._find(
            self._service.protection_policies.get,
            name,
            doing=f"read the policy {name}",
            about=self.vault_id.policy_id(name),
        )
        return reader(Policy.from_wire)(answer.body) if answer else None

    def refresh(self, deadline: Deadline, poll_interval: float) -> None:
        """Let the vault look for virtual machines, and wait until it has. Raises OperationFailed, WaitTimeout.

        A discovery that is running already is waited out; then one of our own is started.
        """
        doing = "discover virtual machines"
        self.client.progress.tell(lambda: Standing("looking for virtual machines", self.vault_id.name))

        def start() -> Seen[Answer | None]:
            try:
                answer = self._call(
                    self._service.protection_containers.refresh, FABRIC, filter=MACHINES, doing=doing, resend=True
                )
            except ServiceError as error:
                if _discovery_runs(error):
                    return Seen(None)
                raise
            return Seen(answer, retry_after(answer.headers))

        accepted = wait_until(
            start,
            lambda answer: answer is not None,
            deadline=deadline,
            poll_interval=poll_interval,
            doing=doing,
            describe=lambda answer: "another discovery is in progress",
            resource_id=str(self.vault_id),
        )
        url = accepted.headers.get("location") if accepted else None
        if not url:
            return

        def look() -> Seen[Answer]:
            answer = self.client.get(url, doing=doing, resource_id=str(self.vault_id))
            return Seen(answer, retry_after(answer.headers))

        try:
            wait_until(
                look,
                lambda answer: answer.status != 202,
                deadline=deadline,
                poll_interval=poll_interval,
                doing=doing,
                describe=lambda answer: "in progress",
                resource_id=str(self.vault_id),
            )
        except ServiceError as error:
            if _discovery_runs(error) and not deadline.expired():
                self.client.clock.sleep(min(poll_interval, deadline.remaining()))
                self.refresh(deadline, poll_interval)
                return
            if error.http_status and error.http_status < 500 and error.http_status not in (403, 429):
                raise OperationFailed(**_fields(error)) from error
            raise

    def protectable_items(self) -> t.Iterator[ProtectableItem]:
        """List the machines that the last discovery has seen and that no vault protects."""
        method = self._service.backup_protectable_items.list
        return map(
            reader(ProtectableItem.from_wire), self._pages(method, "list the protectable items", filter=MACHINES)
        )

    def containers(self) -> t.Iterator[Container]:
        """List the machines' containers, soft-deleted ones included."""
        method = self._service.backup_protection_containers.list
        return map(reader(Container.from_wire), self._pages(method, "list the protection containers", filter=MACHINES))

    def protected_items(self) -> t.Iterator[ProtectedItem]:
        """List the protected machines, stopped and soft-deleted ones included."""
        method = self._service.backup_protected_items.list
        pages = self._pages(method, "list the protected items", filter=f"{MACHINES} and itemType eq 'VM'")
        return map(reader(self._item), pages)

    def all_items(self) -> t.Iterator[ProtectedItem]:
        """List whatever is backed up in the vault, of every workload type."""
        pages = self._pages(self._service.backup_protected_items.list, "list the protected items")
        return map(reader(self._item), pages)

    def item_counts(self) -> dict[str, int]:
        """Count what is backed up in the vault by its type, such as ``AzureIaasVM``."""
        pages = self._pages(
            self._service.backup_usage_summaries.list,
            "read the vault's usage",
            filter="type eq 'BackupProtectedItemCountSummary'",
        )
        return dict(map(reader(counter), pages))

    def storage_locked(self) -> bool:
        """Whether the redundancy of the vault is fixed, as far as the service tells."""
        try:
            answer = self._find(
                self._service.backup_resource_storage_configs_non_crr.get, doing="read the vault's storage settings"
            )
        except ServiceError as error:
            # UNVERIFIED: new vaults, whose redundancy belongs to the vault itself, are assumed to refuse this with 400.
            if error.http_status == 400:
                return False
            raise
        return reader(_storage_locked)(answer.body) if answer else False

    def protected_item(self, item_id: str, *, details: bool = False) -> ProtectedItem | None:
        """Read a protected item by its id, with its ``extendedInfo`` if asked; None when there is none."""
        answer = self._find(
            self._service.protected_items.get,
            FABRIC,
            *item_path(item_id),
            doing="read the protected item",
            about=item_id,
            **({"filter": "expand eq 'extendedInfo'"} if details else {}),
        )
        return reader(self._item)(answer.body) if answer else None

    def put_protected_item(self, container_name: str, item_name: str, properties: t.Mapping[str, t.Any]) -> Submission:
        """Protect a machine, or change how it is protected. Raises AnswerLost: then look before sending again."""
        return self._submit(
            sdk.put_protected_item(self._service),
            container_name,
            item_name,
            json.dumps({"properties": dict(properties)}).encode(),
            content_type=sdk.JSON,
            doing="change the protection of the virtual machine",
        )

    def delete_protected_item(self, container_name: str, item_name: str) -> Submission:
        """Stop protection and delete the recovery points. Raises AnswerLost: then look before sending again."""
        method = self._service.protected_items.delete
        return self._submit(method, container_name, item_name, doing="delete the backup of the virtual machine")

    def start_backup(self, container_name: str, item_name: str, expires_at: dt.datetime | None) -> Submission:
        """Start a backup now; without an expiry the service keeps the point as long as it sees fit.

        Raises AnswerLost: then look for the job before sending again.
        """
        properties: dict[str, t.Any] = {"objectType": "IaasVMBackupRequest"}
        if expires_at:
            properties["recoveryPointExpiryTimeInUTC"] = times.to_iso(expires_at)
        return self._submit(
            self._service.backups.trigger,
            container_name,
            item_name,
            json.dumps({"properties": properties}).encode(),
            content_type=sdk.JSON,
            doing="start the backup",
        )

    def operation(self, operation_id: str) -> OperationStatus | None:
        """Read where an operation of this vault stands; None when the vault does not know it (yet)."""
        answer = self._find(self._service.backup_operation_statuses.get, operation_id, doing="follow the operation")
        return reader(OperationStatus.from_wire)(answer.body or {}) if answer else None

    def jobs(self, wanted: JobFilter) -> t.Iterator[Job]:
        """List jobs, the newest first, without their tasks."""
        method = self._service.backup_jobs.list
        return map(reader(Job.from_wire), self._pages(method, "list the jobs", filter=wanted.to_odata()))

    def job(self, job_id: str) -> Job | None:
        """Read a job with its tasks; None when the vault does not know it (yet)."""
        answer = self._find(self._service.job_details.get, job_id, doing=f"read the job {job_id}")
        return reader(Job.from_wire)(answer.body) if answer else None

    def recovery_points(
        self,
        item_id: str,
        start: dt.datetime | None = None,
        end: dt.datetime | None = None,
        *,
        soft_deleted: bool = False,
    ) -> t.Iterator[RecoveryPoint]:
        """List an item's recovery points, within bounds if given, and if asked with those that are soft-deleted.

        Raises NotFound for an item that is not there.
        """
        bounds = {"startDate": start, "endDate": end}
        clauses = [f"{key} eq '{times.to_filter(moment)}'" for key, moment in bounds.items() if moment]
        # UNVERIFIED: how the flag for soft-deleted points is written in a filter; assumed like extendedInfo.
        clauses += ["includeSoftDeletedRP eq 'true'"] if soft_deleted else []
        pages = self._pages(
            self._service.recovery_points.list,
            "list the recovery points",
            FABRIC,
            *item_path(item_id),
            **({"filter": " and ".join(clauses)} if clauses else {}),
        )
        return map(reader(RecoveryPoint.from_wire), pages)

    def backup_status(self, location: str, vm_id: VmId) -> BackupStatus:
        """Ask whether, and in which vault of any subscription, a machine is protected. It changes nothing."""
        body = {"resourceType": "VM", "resourceId": str(vm_id)}
        answer = self._ask(vm_id, "backup_status", "get", location, body, "read the backup status")
        return reader(BackupStatus.from_wire)(answer)

    def pre_validate(self, location: str, vm_id: VmId) -> Validation:
        """Ask whether this vault could protect a machine. It changes nothing."""
        body = {"resourceType": "VM", "resourceId": str(vm_id), "vaultId": str(self.vault_id), "properties": ""}
        answer = self._ask(vm_id, "protection_intent", "validate", location, body, "validate the virtual machine")
        return reader(Validation.from_wire)(answer)

    def _ask(self, vm_id: VmId, group: str, method: str, location: str, body: t.Mapping[str, str], doing: str) -> t.Any:
        # UNVERIFIED: the subscription in the URL is assumed to be the machine's, not the vault's, where they differ.
        operations = getattr(self.client.service("backup", vm_id.subscription_id), group)
        answer = self.client.call(
            getattr(operations, method),
            normalized_location(location),
            json.dumps(body).encode(),
            content_type=sdk.JSON,
            doing=doing,
            resource_id=str(vm_id),
        )
        if answer.empty:
            # Not null, which stands for "not protected".
            message = f"Could not {doing}: Azure's answer is empty"
            raise ServiceError(message, code="UnexpectedAnswer", resource_id=str(vm_id), retryable=True)
        return answer.body

    def _pages(self, method: Method, doing: str, *arguments: str, **keywords: str) -> t.Iterator[t.Mapping[str, t.Any]]:
        return self.client.pages(
            method, *self._vault, *arguments, doing=doing, resource_id=str(self.vault_id), **keywords
        )

    def _call(self, method: Method, *arguments: t.Any, doing: str, **keywords: t.Any) -> Answer:
        return self.client.call(
            method, *self._vault, *arguments, doing=doing, resource_id=str(self.vault_id), **keywords
        )

    def _find(
        self, method: Method, *arguments: str, doing: str, about: str | None = None, **keywords: str
    ) -> Answer | None:
        about = about or str(self.vault_id)
        return self.client.find(
            method, *self._vault, *arguments, doing=doing, resource_id=about, inside_vault=True, **keywords
        )

    def _submit(
        self, method: Method, container: str, item: str, *body: bytes, doing: str, **keywords: t.Any
    ) -> Submission:
        about = f"{self.vault_id}/backupFabrics/{FABRIC}/protectionContainers/{container}/protectedItems/{item}"
        answer = self.client.call(
            method, *self._vault, FABRIC, container, item, *body, doing=doing, resource_id=about, **keywords
        )
        return Submission(answer.request_id, operation_id(answer.headers))


def _storage_locked(body: t.Mapping[str, t.Any]) -> bool:
    return same(fields.text(fields.mapping(body, "properties"), "storageTypeState"), "Locked")


def _discovery_runs(error: BackupError) -> bool:
    # UNVERIFIED: the wire form of "another discovery is running" is assumed to be this name or number as the code.
    return error.code == "410002" or error.code.casefold().endswith("discoveryinprogress")


def _fields(error: BackupError) -> dict[str, t.Any]:
    return error.as_result()
