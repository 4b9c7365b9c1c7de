# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Multi-user authorization: the Resource Guard of a vault, and what it asks for before data can be lost.

A guard names for each operation that it guards a request, an id below the guard. Whoever may act on that request, by a
role on the guard, sends its id along with the operation.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._errors import BackupError, InvalidInput
from . import fields, ids, vault_settings
from .models import Vault, Wire

_ITEMS: t.Final = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems"
STOP: t.Final = f"{_ITEMS}/write#stopProtectionWithRetainData"
SUSPEND: t.Final = f"{_ITEMS}/write#suspendBackupsWithRetainData"
CHANGE: t.Final = f"{_ITEMS}/write"
"""Another policy for an item, where that keeps less than the one that it has."""
DELETE: t.Final = f"{_ITEMS}/delete"
POLICY: t.Final = "Microsoft.RecoveryServices/vaults/backupPolicies/write"
SOFT_DELETE: t.Final = "Microsoft.RecoveryServices/vaults/backupconfig/write"
IMMUTABILITY: t.Final = "Microsoft.RecoveryServices/vaults/write#reduceImmutabilityState"
ENCRYPTION: t.Final = "Microsoft.RecoveryServices/vaults/write#modifyEncryptionSettings"

ALLOWED: t.Final = (
    "ids of operation requests of a Resource Guard "
    "(/subscriptions/…/providers/Microsoft.DataProtection/resourceGuards/NAME/deleteProtectedItemRequests/default)"
)
_REQUEST: t.Final = re.compile(
    r"^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.DataProtection/resourceGuards/[^/]+"
    r"/(?P<kind>[^/]+Requests)/[^/]+$",
    re.IGNORECASE,
)
_DOING: t.Final[t.Mapping[str, str]] = {
    STOP: "stopping protection",
    SUSPEND: "suspending backups",
    CHANGE: "a policy that keeps less",
    DELETE: "deleting backup data",
    POLICY: "shortening the retention of a policy",
    SOFT_DELETE: "weakening soft delete",
    IMMUTABILITY: "ending immutability",
    ENCRYPTION: "changing the encryption key",
}


@dataclasses.dataclass(frozen=True)
class GuardProxy:
    """The mapping of a vault to its guard (``backupResourceGuardProxies``)."""

    name: str
    guard_id: str
    requests: t.Mapping[str, str]
    """The id of the default request by guarded operation; operations in lower case."""

    @classmethod
    def from_wire(cls, body: Wire) -> GuardProxy:
        """Read an element of ``backupResourceGuardProxies``."""
        properties = fields.mapping(body, "properties")
        details = fields.mappings(properties, "resourceGuardOperationDetails")
        return cls(
            name=fields.needed_text(body, "name"),
            guard_id=fields.text(properties, "resourceGuardResourceId"),
            requests={
                fields.text(detail, "vaultCriticalOperation").casefold(): fields.text(detail, "defaultResourceRequest")
                for detail in details
                if detail.get("vaultCriticalOperation")
            },
        )

    def request(self, operation: str) -> str | None:
        """Return the default request of an operation; None when the guard leaves that operation free."""
        return self.requests.get(operation.casefold())


def parse_requests(texts: t.Sequence[str] | None) -> tuple[str, ...]:
    """Read the option ``resource_guard_operation_requests``; raises InvalidInput for what is no such id."""
    found: dict[str, str] = {}
    for text in texts or ():
        request = str(text).strip()
        if not _REQUEST.match(request):
            raise InvalidInput.for_option("resource_guard_operation_requests", text, ALLOWED)
        found.setdefault(request.casefold(), request)
    return tuple(found.values())


def fitting(requests: t.Iterable[str], default: str) -> tuple[str, ...]:
    """Return those requests that are for the operation of a guard's default request: of its guard, and of its kind."""
    wanted = default.rpartition("/")[0]
    return tuple(request for request in requests if ids.same(request.rpartition("/")[0], wanted))


def authorization(vault: Vault) -> bool | None:
    """Whether a guard watches the vault, None when the service does not say."""
    settings = vault.properties.get("securitySettings") or {}
    state = settings.get("multiUserAuthorization")
    return ids.same(state, "Enabled") if state and not ids.same(state, "Invalid") else None


def missing(proxy: GuardProxy, operation: str, vault_name: str, resource_id: str) -> BackupError:
    """The task lacks the request that the guard wants for an operation; nothing was sent."""
    return BackupError(
        f"Resource Guard {_name(proxy)} guards {_DOING[operation]} in vault {vault_name}, and the task brings no "
        "request for it.",
        code="ResourceGuardRequestMissing",
        operation=_DOING[operation],
        resource_id=resource_id,
        recommendations=how_to(proxy, operation),
    )


def how_to(proxy: GuardProxy | None, operation: str, *, sent: bool = False) -> list[str]:
    """Say what to ask of whom, and what to set then, unless a request was sent."""
    if proxy is None or not proxy.guard_id:
        return [
            "A Resource Guard protects the vault (in the portal: its Properties, Multi-User Authorization). Ask its "
            "owner for the role Backup MUA Operator on it, and name its operation requests in "
            "resource_guard_operation_requests."
        ]
    request = proxy.request(operation)
    wanted = f"resource_guard_operation_requests: [{request}]" if request else "resource_guard_operation_requests"
    ask = (
        f"Ask the owner of {proxy.guard_id} for the role Backup MUA Operator on it (in the portal as a rule through "
        "Privileged Identity Management, for a few hours)"
    )
    return [f"{ask}, and run this again" if sent else ask, *([] if sent else [f"Then set {wanted}"])]


def _name(proxy: GuardProxy) -> str:
    return ids.last_segment(proxy.guard_id) or proxy.name


def weakened(before: Vault | None, after: Vault) -> tuple[str, ...]:
    """Return the critical operations that a change of a vault's settings comes to."""
    if before is None:
        return ()
    old, new = vault_settings.values(before), vault_settings.values(after)
    days = (old["soft_delete_days"] or 0, new["soft_delete_days"] or 0)
    key = vault_settings.Key.of(before)
    found = {
        # UNVERIFIED: weakening soft delete through the vault itself is guarded like through its backup configuration.
        SOFT_DELETE: new["soft_delete"] == "disabled" != old["soft_delete"] or days[1] < days[0],
        IMMUTABILITY: old["immutability"] in ("unlocked", "locked") and new["immutability"] == "disabled",
        ENCRYPTION: key is not None and not key.same_as(vault_settings.Key.of(after)),
    }
    return tuple(operation for operation, is_it in found.items() if is_it)


def explained(
    error: BackupError, proxy: GuardProxy | None, operations: t.Iterable[str], requests: t.Collection[str] = ()
) -> BackupError:
    """Add to an error that is a guard's refusal what to request and where; ``requests`` are those that were sent.

    UNVERIFIED: code and status of a refusal; assumed to name the guard, or to be a 403 about the guard.
    """
    # What passes by itself is no refusal, though what was asked of the guard is named.
    if not error.retryable and "resourceguard" in f"{error.code} {error.message}".casefold().replace(" ", ""):
        advice = [text for operation in operations for text in how_to(proxy, operation, sent=bool(requests))]
        error.recommendations = tuple(dict.fromkeys((*error.recommendations, *advice)))
    return error
