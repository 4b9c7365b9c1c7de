# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Protected items: protect, change the policy, stop, resume, delete, undelete.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from . import (
    disks,
    entities,
    errors,
    filters,
    item_bodies,
    item_lookup,
    job_errors,
    jobs,
    naming,
    operations,
    paging,
    policy_rules,
    pruning,
    resource_guards,
    retention,
    routing,
    simulation,
    wire,
)

_LIST_KEYS = ("backupManagementType", "itemType", "policyName", "containerName", "friendlyName", "fabricName")
_KINDS = ("microsoft.compute/virtualmachines", "microsoft.classiccompute/virtualmachines")


class ProtectedItems:
    """The items of all vaults."""

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
        """Return the routes of protected items."""
        table = (
            ("GET", routing.VAULT + "/backupProtectedItems", self.list),
            ("GET", routing.ITEM, self.get),
            ("PUT", routing.ITEM, self.put),
            ("DELETE", routing.ITEM, self.delete),
        )
        return [routing.route(self._state, method, template, handler) for method, template, handler in table]

    def list(self, request: wire.Request, vault: entities.Vault) -> wire.Response:
        """Answer with the items of a vault, soft-deleted ones included."""
        query = filters.Filter.parse(request.query.get("$filter"), modelled=_LIST_KEYS)
        found = (
            (item.number, item)
            for item in vault.items.values()
            if query.accepts("backupManagementType", "AzureIaasVM")
            and query.accepts("itemType", "VM")
            and query.accepts("fabricName", "Azure")
            and query.accepts("policyName", item.policy.name if item.policy else "")
            and query.accepts("containerName", item.service_name)
            and query.accepts("friendlyName", item.machine.name)
        )
        now = self._state.now()
        return paging.page(request, found, lambda item: item_bodies.body(item, now, details=False))

    def get(self, request: wire.Request, vault: entities.Vault, container: str, item: str) -> wire.Response:
        """Answer with one item."""
        filters.Filter.parse(request.query.get("$filter"), modelled=("expand",))
        found = item_lookup.find(vault, container, item)
        return wire.Response(200, item_bodies.body(found, self._state.now(), details=True))

    def put(self, request: wire.Request, vault: entities.Vault, container: str, item: str) -> wire.Response:
        """Do what the body asks for; which job it becomes depends on the item's state."""
        service = item_lookup.service_of(container, item)
        wanted = routing.properties_of(request)
        if str(wanted.get("protectedItemType", "")).casefold() not in _KINDS:
            raise errors.invalid_input("protectedItemType is not that of a virtual machine.")
        self._require_idle(vault, service)
        known = vault.items.get(service)
        state = wanted.get("protectionState")
        if wanted.get("isRehydrate"):
            return self._undelete(request, vault, service, known)
        if known and known.soft_deleted:
            # UNVERIFIED: code of protecting or stopping an item that is soft-deleted; assumed a 400 with this one.
            raise errors.invalid_protection_request("The item is in soft deleted state. Undelete it first.")
        if state == "BackupsSuspended":
            if vault.immutability == "Disabled":
                # The text misleads, but that is what a vault that is not immutable answers.
                raise errors.immutable()
            return self._stop(request, vault, known, keep_policy=True)
        if state == "ProtectionStopped":
            resource_guards.require(vault, resource_guards.STOP_ITEM, wanted)
            return self._stop(request, vault, known)
        if state not in (None, "", "Invalid", "IRPending", "Protected"):
            raise errors.not_modelled(f"the protectionState {state}")
        return self._configure(request, vault, service, known, wanted)

    def delete(self, request: wire.Request, vault: entities.Vault, container: str, item: str) -> wire.Response:
        """Delete an item's backups; with soft delete they can be brought back for some days."""
        service = item_lookup.service_of(container, item)
        self._require_idle(vault, service)
        known = vault.items.get(service)
        if not known:
            # UNVERIFIED: assumed 204 for an item that is not there, as elsewhere in Azure Resource Manager.
            return wire.Response(204)
        if known.soft_deleted:
            # UNVERIFIED: code for deleting what is soft-deleted already; assumed a 400.
            raise errors.invalid_input("The item is in soft deleted state.")
        resource_guards.require_unlocked(vault, resource_guards.DELETE_ITEM, known.id, self._state.now())
        if vault.immutability != "Disabled" and known.points:
            # UNVERIFIED: whether an item without recovery points can be deleted; assumed so.
            raise errors.immutable()
        known_item = known

        def finish(when: dt.datetime) -> None:
            def remove() -> None:
                # Recorded: the time of the deletion is that at which its job began.
                self.soft_delete(known_item, job.started) if vault.soft_delete != "Disabled" else self._forget(
                    known_item
                )

            self._state.later(when, remove)

        job = self._start(request, vault, known.machine, "DeleteBackupData", "delete", finish)
        job.property_bag["Number of Recovery Points"] = str(len(known.points))
        operation = self._operations.begin(vault.key, "delete", _work(job), job=job)
        path = request.path.rstrip("/")
        path = path[: path.lower().index("/backupfabrics/")]
        return self._operations.accepted(request, operation, path, ("backupOperations", "backupOperationResults"))

    def add(
        self, vault: entities.Vault, machine: entities.Machine, policy: entities.Policy | None, when: dt.datetime
    ) -> entities.Item:
        """Put a machine into a vault, waiting for its first backup."""
        number = self._state.number()
        item = entities.Item(number, vault, machine, self._state.digits(15), "IRPending", policy, when)
        vault.items[item.service_name] = item
        vault.storage_locked = True
        self._state.protection[machine.key] = item
        return item

    def soft_delete(self, item: entities.Item, when: dt.datetime) -> None:
        """Keep an item for the vault's days of grace, then forget it."""
        self._release(item)
        purge_at = when + dt.timedelta(days=item.vault.soft_delete_days)
        item.deleted_at, item.purge_at = when, purge_at

        def purge(_when: dt.datetime) -> None:
            # An undeleted item has no purge time any more, one that was deleted again has another.
            if item.purge_at == purge_at:
                self._forget(item)

        self._state.timeline.start(purge_at, 0, purge)

    def _release(self, item: entities.Item) -> None:
        """End the protection of an item; its recovery points stay."""
        item.state, item.policy = "ProtectionStopped", None
        self._pruning.refresh(item)

    def _forget(self, item: entities.Item) -> None:
        item.vault.items.pop(item.service_name, None)
        self._state.release(item)

    def _configure(
        self,
        request: wire.Request,
        vault: entities.Vault,
        service: str,
        known: entities.Item | None,
        wanted: t.Mapping[str, t.Any],
    ) -> wire.Response:
        machine = self._machine(vault, service, known, wanted.get("sourceResourceId"))
        policy = item_lookup.policy_of(vault, wanted.get("policyId"))
        if known and known.policy and retention.reduces(known.policy.properties, policy.properties):
            if vault.immutability != "Disabled":
                # UNVERIFIED: the code for a policy that keeps less; assumed that of all an immutable vault denies.
                raise errors.immutable()
            resource_guards.require(vault, resource_guards.UPDATE_ITEM, wanted)
        if known and known.policy and policy_rules.is_enhanced(known.policy) > policy_rules.is_enhanced(policy):
            # UNVERIFIED: the code for going back to a standard policy, which clients warn is impossible; assumed a 400.
            raise errors.invalid_protection_request("An item with an enhanced policy cannot go back to a standard one.")
        if not known:
            self._require_room(vault)
        selection = disks.Selection(wanted)

        def finish(when: dt.datetime) -> entities.JobError | None:
            error = self._protect_error(vault, machine)
            if error:
                return error

            def protect() -> None:
                item = vault.items.get(service) or self.add(vault, machine, policy, when)
                self._state.protection[machine.key] = item
                item.policy, item.state = policy, "Protected"
                self._pruning.refresh(item)
                # UNVERIFIED: state after resuming; assumed Protected if there is a recovery point, else IRPending.
                item.state = "Protected" if item.points else "IRPending"
                if not item.last_backup_time:
                    item.last_error = None
                if selection.said or self._state.world.disk_selections == "dropped":
                    item.disk_selection = selection.value

            self._state.later(when, protect)
            return None

        job = self._start(request, vault, machine, "ConfigureBackup", "configure", finish)
        vault.promised[service] = policy
        return self._accept(request, vault, service, job, "configure", lambda item: item.policy is policy)

    def _protect_error(self, vault: entities.Vault, machine: entities.Machine) -> entities.JobError | None:
        if machine.key not in self._state.machines:
            return job_errors.MACHINE_NOT_FOUND
        if self._state.held_elsewhere(machine, vault):
            return job_errors.OTHER_VAULT
        # UNVERIFIED: whether a machine that failed to provision leaves an item behind; assumed that it does not.
        if machine.provisioning_state == "Failed":
            return job_errors.PROVISIONING_FAILED
        return job_errors.INTERNAL if self._state.quirks.sabotages(machine.key) else None

    def _stop(
        self, request: wire.Request, vault: entities.Vault, known: entities.Item | None, *, keep_policy: bool = False
    ) -> wire.Response:
        """Stop the backups; with the policy kept, recovery points go on expiring."""
        if not known:
            raise errors.item_not_found()
        if keep_policy and not known.policy:
            # UNVERIFIED: suspending what has no policy by which its data could be kept; assumed a 400.
            raise errors.invalid_protection_request("The item has no policy. Resume its protection first.")
        item = known

        def finish(_when: dt.datetime) -> None:
            if keep_policy:
                item.state = "BackupsSuspended"
            else:
                self._release(item)
            if self._state.world.disk_selections == "dropped":
                item.disk_selection = None

        job = self._start(request, vault, item.machine, "DisableBackup", "stop", finish)
        return self._accept(request, vault, item.service_name, job, "stop", lambda _item: True)

    def _undelete(
        self, request: wire.Request, vault: entities.Vault, service: str, known: entities.Item | None
    ) -> wire.Response:
        if not known:
            raise errors.item_not_found()
        if not known.soft_deleted:
            # UNVERIFIED: code for undeleting what was not deleted; assumed a 400.
            raise errors.invalid_protection_request("The item is not in soft deleted state.")
        item = known

        def finish(_when: dt.datetime) -> None:
            item.deleted_at = item.purge_at = None

        job = self._start(request, vault, item.machine, "Undelete", "undelete", finish)
        job.property_bag["Undelete flag"] = "True"
        return self._accept(request, vault, service, job, "undelete", lambda found: not found.soft_deleted)

    def _start(
        self,
        request: wire.Request,
        vault: entities.Vault,
        machine: entities.Machine,
        operation: str,
        kind: str,
        finish: jobs.Finish,
    ) -> entities.Job:
        job = self._jobs.start(vault, machine, operation, kind, finish, activity_id=request.client_request_id)
        vault.configuring[machine.service_name] = _work(job)
        return job

    def _accept(
        self,
        request: wire.Request,
        vault: entities.Vault,
        service: str,
        job: entities.Job,
        kind: str,
        visible: t.Callable[[entities.Item], bool],
    ) -> wire.Response:
        def result(_request: wire.Request) -> wire.Response:
            item = vault.items.get(service)
            if not item:
                raise errors.item_not_found()
            return wire.Response(200, item_bodies.body(item, self._state.now(), details=True))

        def ready() -> bool:
            item = vault.items.get(service)
            return job.status == "Failed" or (item is not None and visible(item))

        operation = self._operations.begin(vault.key, kind, _work(job), result=result, job=job, ready=ready)
        names = ("operationsStatus", "operationResults")
        return self._operations.accepted(request, operation, request.path.rstrip("/"), names)

    def _machine(
        self, vault: entities.Vault, service: str, known: entities.Item | None, source: object
    ) -> entities.Machine:
        if known and source is None:
            return known.machine
        if not naming.parse_machine_id(source):
            # UNVERIFIED: status and text for a source that is no machine id; assumed a 400.
            raise errors.service("BMSUserErrorInvalidSourceResourceId", "The source resource id is not valid.")
        machine = self._state.machine(source)
        if not machine or machine.service_name != service:
            raise errors.invalid_protection_request()
        # UNVERIFIED: a machine whose item's name another subscription's machine has in the vault; assumed a 400.
        if known and known.machine is not machine:
            raise errors.invalid_protection_request()
        # UNVERIFIED: whether a wrong region is refused at once or fails the job; assumed at once.
        if machine.location != vault.location:
            raise errors.service(
                "UserErrorVmVaultLocationMismatch", "Virtual machine and vault are in different region"
            )
        return machine

    def _require_room(self, vault: entities.Vault) -> None:
        """Raise WireError when the vault has as many machines as it takes, those on their way into it included.

        UNVERIFIED: whether this is refused at once or fails the job, and whether stopped and soft-deleted items count;
        assumed a 400 at once, and that they do.
        """
        coming = sum(not work.ended_at and key not in vault.items for key, work in vault.configuring.items())
        if len(vault.items) + coming >= self._state.world.capacity.machines_per_vault:
            raise errors.service(
                "UserErrorProtectionQuotaExceeded", "Please create new vault and enable VM protection in new vault"
            )

    @staticmethod
    def _require_idle(vault: entities.Vault, service: str) -> None:
        under_way = vault.configuring.get(service)
        if under_way and not under_way.ended_at:
            # UNVERIFIED: status of a change while the item is being configured; assumed a 400.
            raise errors.service(
                "BMSUserErrorConflictingProtectionOperation",
                "Another configure protection operation is in progress for this item.",
            )


def _work(job: entities.Job) -> t.Any:
    return job.work
