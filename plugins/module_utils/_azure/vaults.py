# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recovery Services vaults themselves; what is in them is in `backup.py`.

This file is private to the collection.
"""

from __future__ import annotations

import json
import typing as t

from .._domain.ids import VaultId
from .._domain.models import Vault
from .._errors import OperationFailed
from . import faults
from .client import AzureClient
from .clock import Deadline
from .faults import Answer, reader
from .operations import Seen, retry_after, wait_until
from .sdk import JSON

POLL_INTERVAL: t.Final = 10.0
"""Seconds between two looks at a vault's operation; they end within a minute."""

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

    def list(self, resource_group: str | None = None) -> t.Iterator[Vault]:
        """List the vaults of the subscription, or of one group."""
        operations = self._client.service("vaults").vaults
        if resource_group:
            pages = self._client.pages(operations.list_by_resource_group, resource_group, doing="list the vaults")
        else:
            pages = self._client.pages(operations.list_by_subscription_id, doing="list the vaults")
        return map(reader(Vault.from_wire), pages)

    def create(self, vault_id: VaultId, *, location: str, tags: t.Mapping[str, str], deadline: Deadline) -> Vault:
        """Create a vault, or set its tags when it is there, and wait for it. Raises OperationFailed, WaitTimeout."""
        body = {"location": location, "sku": {"name": "Standard"}, "properties": {}, "tags": dict(tags)}
        return self._write(
            self._operations(vault_id).begin_create_or_update, vault_id, body, "create the vault", deadline
        )

    def update_tags(self, vault_id: VaultId, tags: t.Mapping[str, str], deadline: Deadline) -> Vault:
        """Replace a vault's tags and wait for it. Raises OperationFailed, WaitTimeout."""
        body = {"tags": dict(tags)}
        return self._write(self._operations(vault_id).begin_update, vault_id, body, "change the vault's tags", deadline)

    def ready(self, vault: Vault, deadline: Deadline) -> Vault:
        """Wait for a vault that another task is still making or changing; any other is returned as it is.

        Raises OperationFailed, WaitTimeout.
        """
        return vault if _rests(vault) else self._settled(vault.id, "wait for the vault", deadline)

    def delete(self, vault_id: VaultId, deadline: Deadline) -> None:
        """Delete a vault and wait until it is gone. Raises ServiceError when there is still something in it."""
        answer = self._client.call(
            self._operations(vault_id).begin_delete,
            vault_id.resource_group,
            vault_id.name,
            doing="delete the vault",
            resource_id=str(vault_id),
            resend=True,
        )
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

    def _wait(self, accepted: Answer, vault_id: VaultId, doing: str, deadline: Deadline) -> None:
        """Follow an accepted operation to its end, through whichever of the two URLs the service gives."""
        url = accepted.headers.get("azure-asyncoperation")
        by_status = bool(url)
        if not url and accepted.status == 202:
            url = accepted.headers.get("location")
        if not url:
            return

        def look() -> Seen[Answer]:
            # When a vault is gone, so is what was below it: 404 is the end of a delete.
            answer = self._client.get(url, doing=doing, resource_id=str(vault_id), missing=True)
            return Seen(answer, retry_after(answer.headers))

        def done(answer: Answer) -> bool:
            return answer.status == 404 or (_status(answer) in _ENDED if by_status else answer.status != 202)

        pause = retry_after(accepted.headers)
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
