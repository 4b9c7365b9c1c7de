# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changes the jobs of a vault. Reading them is in `backup.py`.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses

from .._domain.ids import VaultId
from .._errors import ServiceError
from . import faults
from .client import AzureClient


@dataclasses.dataclass(frozen=True)
class Cancellation:
    """A cancellation that the service has accepted, and may still refuse."""

    url: str | None
    """Where its result is to be read; None when the service named no place."""


class BackupJobs:
    """The jobs of one vault."""

    def __init__(self, client: AzureClient, vault_id: VaultId) -> None:
        self._client = client
        self._vault_id = vault_id

    def cancel(self, job_id: str) -> Cancellation:
        """Ask the service to cancel a job. Raises ServiceError when it refuses at once.

        Raises AnswerLost: then look at the job before asking again.
        """
        answer = self._client.call(
            self._client.service("backup", self._vault_id.subscription_id).job_cancellations.trigger,
            self._vault_id.name,
            self._vault_id.resource_group,
            job_id,
            doing="cancel the job",
            resource_id=self._job(job_id),
        )
        # The result tells a refusal by its HTTP status; the status of the operation only in its body.
        return Cancellation(answer.headers.get("location") or answer.headers.get("azure-asyncoperation"))

    def check(self, job_id: str, cancellation: Cancellation) -> None:
        """Look whether an accepted cancellation was refused after all; raises ServiceError if it was.

        UNVERIFIED: where a refusal stands is assumed to be the result's status, or the error of the operation.
        """
        if cancellation.url is None:
            return
        answer = self._client.get(cancellation.url, doing="cancel the job", resource_id=self._job(job_id), missing=True)
        body = answer.body if isinstance(answer.body, dict) else {}
        if str(body.get("status") or "").lower() == "failed":
            code, message = faults.code_and_message(body)
            raise ServiceError(
                f"Could not cancel the job: {message or 'the service gave no reason'}",
                code=code or None,
                operation="cancel the job",
                resource_id=self._job(job_id),
            )

    def _job(self, job_id: str) -> str:
        return f"{self._vault_id}/backupJobs/{job_id}"
