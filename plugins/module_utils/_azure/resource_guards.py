# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Resource Guard of a vault: one method for each call.

This file is private to the collection.
"""

from __future__ import annotations

import json
import typing as t

from .._domain.ids import VaultId
from .._domain.resource_guards import GuardProxy
from . import sdk
from .client import AzureClient
from .faults import reader


class ResourceGuards:
    """The mappings of one vault to guards."""

    def __init__(self, client: AzureClient, vault_id: VaultId) -> None:
        self._client = client
        self._vault_id = vault_id

    def proxies(self) -> list[GuardProxy]:
        """List the mappings: one, or none for a vault that no guard watches."""
        pages = self._client.pages(
            self._service.resource_guard_proxies.get,
            *self._vault,
            doing="read the Resource Guard of the vault",
            resource_id=str(self._vault_id),
        )
        return list(map(reader(GuardProxy.from_wire), pages))

    def unlock_delete(self, proxy_name: str, item_id: str, requests: t.Sequence[str]) -> None:
        """Have a guarded item released for its deletion, which has to follow soon."""
        body = {"resourceGuardOperationRequests": list(requests), "resourceToBeDeleted": item_id}
        self._client.call(
            self._service.resource_guard_proxy.unlock_delete,
            *self._vault,
            proxy_name,
            json.dumps(body).encode(),
            content_type=sdk.JSON,
            # It only opens a lock for a while, so that sending it twice does no more than once.
            resend=True,
            doing="have the Resource Guard allow the deletion",
            resource_id=item_id,
        )

    @property
    def _service(self) -> t.Any:
        return self._client.service("backup", self._vault_id.subscription_id)

    @property
    def _vault(self) -> tuple[str, str]:
        return self._vault_id.name, self._vault_id.resource_group
