# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The managed identities of a vault.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from . import entities, vault_changes

_FORM = "/providers/microsoft.managedidentity/userassignedidentities/"


def changed(
    current: t.Mapping[str, t.Any] | None, given: t.Mapping[str, t.Any], tenant: str, guid: t.Callable[[], str]
) -> dict[str, t.Any] | None:
    """Return the identities that a vault has after a change, None for no identity; raises WireError 400.

    ``given`` is a body's ``identity``: a user-assigned identity is added by its ARM id, and removed by naming it with
    null. What an identity is given by Entra ID, it keeps.
    """
    kinds = {kind.strip().casefold() for kind in str(given.get("type") or "").split(",")}
    if not kinds <= {"systemassigned", "userassigned", "none"} or ("none" in kinds and len(kinds) > 1):
        raise vault_changes.invalid("identity", "type is not one of SystemAssigned, UserAssigned, both, or None.")
    old = current or {}
    body: dict[str, t.Any] = {}
    if "systemassigned" in kinds:
        body |= {"principalId": old.get("principalId") or guid(), "tenantId": tenant}
    if "userassigned" in kinds:
        wanted = vault_changes.part(given, "userAssignedIdentities", "identity")
        assigned = _assigned(old.get("userAssignedIdentities") or {}, wanted, guid)
        if not assigned:
            raise vault_changes.invalid("identity", "userAssignedIdentities names none.")
        body["userAssignedIdentities"] = assigned
    names = [name for name in ("SystemAssigned", "UserAssigned") if name.casefold() in kinds]
    return {**body, "type": ", ".join(names)} if names else None


def _assigned(
    old: t.Mapping[str, t.Any], given: t.Mapping[str, t.Any], guid: t.Callable[[], str]
) -> dict[str, dict[str, str]]:
    named = {key.casefold(): (key, value) for key, value in given.items()}
    kept = {key: dict(value) for key, value in old.items() if named.get(key.casefold(), ("", {}))[1] is not None}
    known = {key.casefold() for key in kept}
    for folded, (key, value) in named.items():
        if value is not None and folded not in known:
            if _FORM not in folded:
                raise vault_changes.invalid("identity", f"{key} is not the id of a user-assigned identity.")
            kept[key] = {"principalId": guid(), "clientId": guid()}
    return kept


def check_key(vault: entities.Vault) -> None:
    """Raise WireError 400 unless a vault with a customer-managed key has the identity that reads it.

    UNVERIFIED: code and text for a key without an identity that reads it; assumed those of a wrong setting.
    """
    if not vault.encryption:
        return
    reader = vault.encryption["kekIdentity"].get("userAssignedIdentity")
    identity = vault.identity or {}
    assigned = {key.casefold() for key in identity.get("userAssignedIdentities") or {}}
    if reader.casefold() not in assigned if reader else "principalId" not in identity:
        raise vault_changes.invalid("encryption", "The vault does not have the identity that kekIdentity names.")
