# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backup policies of a vault: what changes them, and who has them. Reading them is in `backup.py`.

This file is private to the collection.
"""

from __future__ import annotations

import contextlib
import json
import typing as t

from .._domain.ids import VaultId
from .._domain.models import Policy, ProtectedItem
from .._errors import NotFound, OperationFailed
from . import faults
from .backup import MACHINES
from .client import AzureClient
from .clock import Deadline
from .faults import Answer, reader
from .operations import Seen, accepted, retry_after, wait_until
from .sdk import JSON

POLL_INTERVAL: t.Final = 10.0
"""Seconds between two looks at a policy's operation, unless the service asks for more."""

_ENDED: t.Final = ("succeeded", "failed", "canceled", "cancelled")


class BackupPolicies:
    """The policies of one vault."""

    def __init__(self, client: AzureClient, vault_id: VaultId) -> None:
        self._client = client
        self._vault_id = vault_id

    def put(self, name: str, properties: t.Mapping[str, t.Any], deadline: Deadline) -> Policy | None:
        """Create or replace a policy, and wait for it.

        Returns the policy as the service answers; None where it answers with an operation (202), which it does when
        the policy has items: then read it again. Raises OperationFailed, WaitTimeout.
        """
        answer = self._send(
            self._operations.create_or_update,
            name,
            json.dumps({"properties": dict(properties)}).encode(),
            content_type=JSON,
            doing=f"write the policy {name}",
            deadline=deadline,
        )
        # It is written, so an answer that can't be read is no error.
        told = answer.status == 200 and isinstance(answer.body, dict) and answer.body
        return reader(Policy.from_wire)(answer.body) if told else None

    def delete(self, name: str, deadline: Deadline) -> None:
        """Delete a policy, and wait for it. Raises OperationFailed, WaitTimeout, ServiceError when it is in use."""
        # It was there just now: its deletion was sent twice, or somebody else was faster.
        with contextlib.suppress(NotFound):
            self._send(self._operations.begin_delete, name, doing=f"delete the policy {name}", deadline=deadline)

    def items(self, name: str) -> t.Iterator[ProtectedItem]:
        """List the machines that a policy protects."""
        pages = self._client.pages(
            self._service.backup_protected_items.list,
            *self._vault,
            doing="list the protected items",
            resource_id=str(self._vault_id),
            filter=f"{MACHINES} and itemType eq 'VM' and policyName eq '{name}'",
        )
        return map(reader(lambda body: ProtectedItem.from_wire(body, self._client.clock.now())), pages)

    @property
    def _service(self) -> t.Any:
        return self._client.service("backup", self._vault_id.subscription_id)

    @property
    def _operations(self) -> t.Any:
        return self._service.protection_policies

    @property
    def _vault(self) -> tuple[str, str]:
        return self._vault_id.name, self._vault_id.resource_group

    def _send(
        self, method: t.Any, name: str, *body: bytes, doing: str, deadline: Deadline, **keywords: t.Any
    ) -> Answer:
        about = self._vault_id.policy_id(name)
        # The same policy put or deleted twice is one.
        answer = self._client.call(
            method, *self._vault, name, *body, doing=doing, resource_id=about, resend=True, **keywords
        )
        with accepted(doing):
            self._wait(answer, about, doing, deadline)
        return answer

    def _wait(self, answer: Answer, about: str, doing: str, deadline: Deadline) -> None:
        """Follow an accepted operation to its end, through whichever of the two URLs the service gives."""
        if answer.status != 202:
            return
        by_status = "azure-asyncoperation" in answer.headers
        url = answer.headers.get("azure-asyncoperation") or answer.headers.get("location")
        if not url:
            return

        def look() -> Seen[Answer]:
            # When a policy is gone, so may be what was below it: 404 is the end of a delete.
            answer = self._client.get(url, doing=doing, resource_id=about, missing=True)
            return Seen(answer, retry_after(answer.headers))

        last = wait_until(
            look,
            lambda answer: answer.status == 404 or _state(answer, by_status=by_status) in _ENDED,
            deadline=deadline,
            poll_interval=POLL_INTERVAL,
            doing=doing,
            describe=lambda answer: _state(answer, by_status=by_status),
            resource_id=about,
        )
        if last.status != 404 and _state(last, by_status=by_status) != "succeeded":
            code, message = faults.code_and_message(last.body)
            raise OperationFailed(
                f"Could not {doing}: {message or _state(last, by_status=by_status)}",
                code=code or None,
                operation=doing,
                resource_id=about,
            )


def _state(answer: Answer, *, by_status: bool) -> str:
    """Return where an operation stands: its URL tells in the body, the result's URL by the HTTP status."""
    if not by_status:
        return "inprogress" if answer.status == 202 else "succeeded"
    body = answer.body if isinstance(answer.body, dict) else {}
    return str(body.get("status") or "InProgress").lower()
