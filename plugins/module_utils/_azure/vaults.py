# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recovery Services vaults themselves; what is in them is in `backup.py`.

This file is private to the collection.
"""

from __future__ import annotations

import json
import typing as t

from .._domain.ids import VaultId, same
from .._domain.models import Vault, counter
from .._domain.progress import Standing
from .._domain.vaults import DeletedVault, Write
from .._errors import NotFound, OperationFailed, ServiceError
from . import faults
from .client import AzureClient
from .clock import Deadline
from .faults import Answer, reader
from .operations import Seen, accepted, retry_after, wait_until
from .sdk import JSON

POLL_INTERVAL: t.Final = 10.0
"""Seconds between two looks at a vault's operation; they end within a minute."""

DELETED_VAULTS_API_VERSION: t.Final = "2025-08-01"
"""The first api-version that has deleted vaults; the oldest package has no method for them."""

_ENDED: t.Final = ("succeeded", "failed", "canceled", "cancelled")


class Vaults:
    """The vaults of the client's subscription."""

    def __init__(self, client: AzureClient) -> None:
        self._client = client

    def get(self, vault_id: VaultId) -> Vault | None:
        """Read a vault; None when its group has no such vault. Raises NotFound for a missing group or subscription."""
        answer = self._client.find(
            self._operations(vault_id).get,
            vault_id.resource_group,
            vault_id.name,
            doing="read the vault",
            resource_id=str(vault_id),
        )
        return reader(Vault.from_wire)(answer.body) if answer else None

    def list(self, resource_group: str | None = None, subscription_id: str | None = None) -> t.Iterator[Vault]:
        """List the vaults of a subscription, by default the client's, or of one group of it."""
        operations = self._client.service("vaults", subscription_id).vaults
        if resource_group:
            pages = self._client.pages(operations.list_by_resource_group, resource_group, doing="list the vaults")
        else:
            pages = self._client.pages(operations.list_by_subscription_id, doing="list the vaults")
        return map(reader(Vault.from_wire), pages)

    def deleted(self, vault_id: VaultId, location: str) -> DeletedVault | None:
        """Find the deleted vault that still has this id; None also where the cloud can't tell or nobody may ask."""
        url = (
            f"{self._client.cloud.resource_manager}/subscriptions/{vault_id.subscription_id}/providers/"
            f"Microsoft.RecoveryServices/locations/{location}/deletedVaults?api-version={DELETED_VAULTS_API_VERSION}"
        )
        try:
            found = list(self._client.pages_at(url, doing="list the deleted vaults", resource_id=str(vault_id)))
        except ServiceError as error:
            # A cloud without deleted vaults does not know the route, a region that does not exist neither.
            if error.http_status in (400, 403, 404):
                return None
            raise
        vaults = [reader(DeletedVault.from_wire)(body) for body in found]
        return next((vault for vault in vaults if same(vault.vault_id, str(vault_id))), None)

    def usages(self, vault_id: VaultId) -> dict[str, int]:
        """Read the vault's counters by their names; those of jobs are of the last 24 hours (A1)."""
        return dict(map(reader(counter), self.counters(vault_id)))

    def counters(self, vault_id: VaultId) -> t.Iterator[t.Mapping[str, t.Any]]:
        """List the vault's counters as the service returns them, with their units and limits."""
        return self._client.pages(
            self._client.service("vaults", vault_id.subscription_id).usages.list_by_vaults,
            vault_id.resource_group,
            vault_id.name,
            doing="read the vault's usage",
            resource_id=str(vault_id),
        )

    def write(self, vault: Vault, write: Write, deadline: Deadline) -> Vault:
        """Create or change a vault, and wait for that.

        Args:
            vault: the vault as it was read last, or what is to be made.
            write: what to set.
            deadline: when to stop waiting.

        Raises OperationFailed, WaitTimeout.
        """
        operations = self._operations(vault.id)
        method = operations.begin_create_or_update if write.creates else operations.begin_update
        return self._write(method, vault.id, write.body(vault), write.doing, deadline)

    def ready(self, vault: Vault, deadline: Deadline) -> Vault:
        """Wait for a vault that another task is still making or changing; any other is returned as it is.

        Raises OperationFailed, WaitTimeout.
        """
        return vault if _rests(vault) else self._settled(vault.id, "wait for the vault", deadline)

    def delete(self, vault_id: VaultId, deadline: Deadline) -> None:
        """Delete a vault and wait until it is gone. Raises ServiceError when there is still something in it."""
        try:
            answer = self._client.call(
                self._operations(vault_id).begin_delete,
                vault_id.resource_group,
                vault_id.name,
                doing="delete the vault",
                resource_id=str(vault_id),
                resend=True,
            )
        except NotFound:
            # It was there just now: its deletion was sent twice, or somebody else was faster.
            return
        with accepted("delete the vault"):
            self._wait(answer, vault_id, "delete the vault", deadline)

    def _operations(self, vault_id: VaultId) -> t.Any:
        return self._client.service("vaults", vault_id.subscription_id).vaults

    def _write(
        self, method: t.Any, vault_id: VaultId, body: t.Mapping[str, t.Any], doing: str, deadline: Deadline
    ) -> Vault:
        answer = self._client.call(
            method,
            vault_id.resource_group,
            vault_id.name,
            json.dumps(body).encode(),
            content_type=JSON,
            doing=doing,
            resource_id=str(vault_id),
            # The same vault put twice is one vault.
            resend=True,
        )
        with accepted(doing):
            self._wait(answer, vault_id, doing, deadline)
            return self._settled(vault_id, doing, deadline)

    def _settled(self, vault_id: VaultId, doing: str, deadline: Deadline) -> Vault:
        vault = wait_until(
            # A vault that was just made may not be shown yet.
            lambda: Seen(self.get(vault_id)),
            lambda seen: seen is not None and _rests(seen),
            deadline=deadline,
            poll_interval=POLL_INTERVAL,
            doing=doing,
            describe=lambda seen: str(seen.provisioning_state) if seen else "not shown yet",
            resource_id=str(vault_id),
        )
        if vault is None:
            raise AssertionError("the wait ends with a vault only")
        if (vault.provisioning_state or "Succeeded").lower() != "succeeded":
            raise OperationFailed(
                f"Could not {doing}: its provisioning state is {vault.provisioning_state}",
                operation=doing,
                resource_id=str(vault_id),
            )
        return vault

    def _wait(self, begun: Answer, vault_id: VaultId, doing: str, deadline: Deadline) -> None:
        """Follow an accepted operation to its end, through whichever of the two URLs the service gives."""
        url = begun.headers.get("azure-asyncoperation")
        by_status = bool(url)
        if not url and begun.status == 202:
            url = begun.headers.get("location")
        if not url:
            return
        self._client.progress.tell(lambda: Standing(f"waiting for Azure to {doing}", vault_id.name))

        def look() -> Seen[Answer]:
            # When a vault is gone, so is what was below it: 404 is the end of a delete.
            answer = self._client.get(url, doing=doing, resource_id=str(vault_id), missing=True)
            return Seen(answer, retry_after(answer.headers))

        def done(answer: Answer) -> bool:
            return answer.status == 404 or (_status(answer) in _ENDED if by_status else answer.status != 202)

        pause = retry_after(begun.headers)
        if pause:
            self._client.clock.sleep(min(pause, deadline.remaining()))
        last = wait_until(
            look,
            done,
            deadline=deadline,
            poll_interval=POLL_INTERVAL,
            doing=doing,
            describe=_status,
            resource_id=str(vault_id),
        )
        if by_status and last.status != 404 and _status(last) != "succeeded":
            code, message = faults.code_and_message(last.body)
            raise OperationFailed(
                f"Could not {doing}: {message or _status(last)}",
                code=code or None,
                operation=doing,
                resource_id=str(vault_id),
            )


def _rests(vault: Vault) -> bool:
    return (vault.provisioning_state or "Succeeded").lower() in _ENDED


def _status(answer: Answer) -> str:
    body = answer.body if isinstance(answer.body, dict) else {}
    return str(body.get("status") or "InProgress").lower()
