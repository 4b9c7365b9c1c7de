# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An Azure in memory for the use cases: the service classes of `_azure`, without HTTP and without waiting.

Time passes only by sleeping, and what a write does becomes visible as it passes. ``behaviours`` say how the service
treats a machine, ``faults`` make single calls fail, ``calls`` and ``sent`` tell what was asked.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
import typing as t

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.progress import Progress
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import ids, models, vaults

from . import bodies
from .bodies import Body

NOW = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.timezone.utc)


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.sleeps: list[float] = []

    def now(self) -> dt.datetime:
        return NOW + dt.timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.sleeps.append(seconds)
        self.seconds += seconds


@dataclasses.dataclass
class Work:
    """A job that runs: when it can be seen, when it ends, and how."""

    id: str
    operation: str
    machine: ids.VmId
    activity_id: str
    starts: float
    shown: float
    ends: float
    errors: list[Body]
    snapshot: float
    has_job: bool = True
    readable: float = 0
    """When the job can be read by its id."""


@dataclasses.dataclass
class Behaviour:
    """How the service treats a machine; seconds."""

    lost: list[str] = dataclasses.field(default_factory=list)
    """For each write: ``acted`` or ``ignored`` loses the answer; ``ok`` does not."""
    refused: _errors.BackupError | None = None
    job_lasts: float = 30
    job_shown_after: float = 0
    job_errors: list[Body] = dataclasses.field(default_factory=list)
    shows_job: bool = True
    """Whether the lists of jobs ever show it."""
    operation_error: Body | None = None
    """The operation ends with it and there is no job."""
    item_shown_after: float = 0
    """After the end of the job."""
    snapshot_after: float = 10


class Holdings:
    """What a vault holds."""

    def __init__(self, arm_id: str) -> None:
        self.id = ids.VaultId.parse(arm_id)
        self.policies = [bodies.policy(vault_id=arm_id), bodies.policy("Gold", vault_id=arm_id)]
        self.policies.append(bodies.policy("Sql", vault_id=arm_id, backupManagementType="AzureWorkload"))
        self.protectable: list[Body] = []
        self.found_by_refresh: list[Body] = []
        self.refresh_lasts = 30.0
        self.found_after = 0.0
        """How many seconds after a refresh has ended the protectable items show what it found."""
        self.protectable_since: dict[str, float] = {}
        self.containers: list[Body] = []
        self.items: dict[str, list[tuple[float, Body | None]]] = {}
        self.work: list[Work] = []
        self.jobs: list[Body] = []
        self.details: dict[str, Body] = {}

    def hold(self, item: Body, since: float = 0.0) -> None:
        self.items.setdefault(item["properties"]["virtualMachineId"].casefold(), []).append((since, item))


class FakeAzure:
    """Stands in for AzureClient and holds the whole world; ``calls`` is what was asked of the service, in order."""

    def __init__(self) -> None:
        self.subscription_id = bodies.SUBSCRIPTION
        self.check_mode = False
        self.outage = False
        self.clock = Clock()
        self.progress = Progress(None)
        self.calls: list[tuple[str, str]] = []
        self.sent: list[tuple[str, str, t.Any]] = []
        """Every write that reached the service, with what was in it."""
        self.machines: dict[str, list[Body]] = {bodies.SUBSCRIPTION: []}
        self.vaults: dict[str, Body] = {}
        self.holdings: dict[str, Holdings] = {}
        self.behaviours: dict[str, Behaviour] = {}
        self.statuses: dict[str, Body] = {}
        self.validations: dict[str, Body] = {}
        self.faults: dict[str, list[Exception | None]] = {}
        self.lock = threading.RLock()
        self.add_vault(bodies.vault())

    def add_vault(self, body: Body) -> Holdings:
        key = body["id"].casefold()
        self.vaults[key] = body
        return self.holdings.setdefault(key, Holdings(body["id"]))

    @property
    def vault(self) -> Holdings:
        """The vault that every test has."""
        return self.holdings[bodies.VAULT.casefold()]

    def add_machine(self, name: str, group: str = "rg-web", **more: t.Any) -> Body:
        body = bodies.machine(name, group, **more)
        self.machines.setdefault(more.get("subscription", bodies.SUBSCRIPTION), []).append(body)
        return body

    def behaviour(self, name: str) -> Behaviour:
        return self.behaviours.setdefault(name.casefold(), Behaviour())

    def called(self, call: str) -> list[str]:
        """What that call was about, each time."""
        return [about for name, about in self.calls if name == call]

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [call for call in self.calls if call[0] in WRITES]

    def enter(self, call: str, about: object = "") -> None:
        with self.lock:
            self.calls.append((call, str(about)))
            if call in WRITES and self.check_mode:
                raise _errors.WriteInCheckMode(call)
            planned = self.faults.get(call)
            error = planned.pop(0) if planned else None
        if error:
            raise error


WRITES = ("put", "delete", "backup", "refresh", "vault create", "vault change", "vault delete")


class FakeCompute:
    def __init__(self, client: FakeAzure) -> None:
        self.azure = client

    def virtual_machines(
        self, resource_groups: t.Sequence[str] = (), subscription_id: str | None = None
    ) -> t.Iterator[models.VirtualMachine]:
        subscription = (subscription_id or self.azure.subscription_id).casefold()
        for group in resource_groups or [""]:
            self.azure.enter("list machines", group or subscription)
            if subscription not in self.azure.machines:
                raise _errors.NotFound("no such subscription", http_status=404)
            for body in self.azure.machines[subscription]:
                found = models.VirtualMachine.from_wire(body)
                if not group or ids.same(group, found.id.resource_group):
                    yield found

    def virtual_machines_of_regions(self, locations: t.Iterable[str]) -> t.Iterator[models.VirtualMachine]:
        wanted = set(locations)
        return (found for found in self.virtual_machines() if found.location in wanted)

    def virtual_machine(self, vm_id: ids.VmId, *, instance_view: bool = False) -> models.VirtualMachine | None:
        self.azure.enter("read machine", vm_id.name)
        listed = [
            models.VirtualMachine.from_wire(body) for body in self.azure.machines[vm_id.subscription_id.casefold()]
        ]
        if not any(ids.same(vm.id.resource_group, vm_id.resource_group) for vm in listed):
            raise _errors.NotFound("no such group", code="ResourceGroupNotFound", http_status=404)
        return next((vm for vm in listed if vm.id.key == vm_id.key), None)

    def power_states(self, subscription_id: str | None = None) -> dict[str, str]:
        self.azure.enter("power states")
        return {vm.id.key: "running" for vm in self.virtual_machines(subscription_id=subscription_id)}


class FakeVaults:
    def __init__(self, client: FakeAzure) -> None:
        self.azure = client

    def get(self, vault_id: ids.VaultId) -> models.Vault | None:
        self.azure.enter("read vault", vault_id.name)
        body = self.azure.vaults.get(vault_id.key)
        return models.Vault.from_wire(body) if body else None

    def list(self, resource_group: str | None = None) -> t.Iterator[models.Vault]:
        self.azure.enter("list vaults")
        return map(models.Vault.from_wire, list(self.azure.vaults.values()))

    def deleted(self, vault_id: ids.VaultId, location: str) -> vaults.DeletedVault | None:
        return None

    def write(self, vault: models.Vault, write: vaults.Write, deadline: object) -> models.Vault:
        self.azure.enter("vault create" if write.creates else "vault change", vault.id.name)
        sent = write.body(vault)
        if write.creates:
            self.azure.add_vault(bodies.vault(str(vault.id), location=sent["location"]))
        body = self.azure.vaults[vault.id.key]
        body["properties"] = {**body.get("properties", {}), **sent.get("properties", {})}
        body["tags"] = sent.get("tags", body.get("tags"))
        return models.Vault.from_wire(body)

    def ready(self, vault: models.Vault, deadline: object) -> models.Vault:
        return vault

    def delete(self, vault_id: ids.VaultId, deadline: object) -> None:
        self.azure.enter("vault delete", vault_id.name)
        del self.azure.vaults[vault_id.key]
