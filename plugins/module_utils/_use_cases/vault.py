# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create, tag and delete a vault: ``vm_backup_vault``.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._azure.backup import Backup
from .._azure.client import AzureClient
from .._azure.clock import Deadline
from .._azure.vaults import Vaults
from .._domain import ids, names, results, times
from .._domain import tags as tag_rules
from .._domain.models import ProtectedItem, Vault
from .._errors import BackupError, InvalidInput, WaitTimeout
from . import contents
from .outcome import Outcome


def vault(client: AzureClient, options: t.Mapping[str, t.Any]) -> Outcome:
    """Bring the vault into the state that the task asks for."""
    tags = tag_rules.as_text(options["tags"]) if options["tags"] is not None else None
    location = names.region("location", options["location"]) if options["location"] else None
    wanted = contents.vault_id(client, options)
    current = Vaults(client).get(wanted)
    deadline = Deadline(client.clock, options["wait_timeout"])
    if options["state"] == "absent":
        return _absent(client, current, deadline)
    if current is None:
        return _create(client, wanted, location, tags or {}, deadline)
    if location not in (None, current.location):
        raise _elsewhere(current, str(location))
    if not client.check_mode:
        current = Vaults(client).ready(current, deadline)
    return _update(client, current, tags, deadline, keep_others=options["append_tags"])


def _create(
    client: AzureClient, wanted: ids.VaultId, location: str | None, tags: dict[str, str], deadline: Deadline
) -> Outcome:
    if not location:
        raise InvalidInput(
            f"location: is missing. Vault {wanted.name!r} is not yet in resource group {wanted.resource_group!r}. "
            "To create it, name a region such as westeurope."
        )
    made = Vault(wanted, location, tags, provisioning_state=None, sku=None, etag=None, properties={})
    late: WaitTimeout | None = None
    if not client.check_mode:
        try:
            made = Vaults(client).create(wanted, location=location, tags=tags, deadline=deadline)
        except WaitTimeout as error:
            late = error
    after = {"location": location, "tags": tags}
    return Outcome(True, {"vault": results.vault(made), "vault_exists": True}, before={}, after=after, failure=late)


def _elsewhere(current: Vault, location: str) -> BackupError:
    return BackupError(
        f"location: vault {current.id.name} is in {current.location}; a vault can't be moved to {location}.",
        code="VaultInAnotherRegion",
        operation="update vault",
        resource_id=str(current.id),
        recommendations=["Leave location out to use the vault as it is, or choose another vault_name."],
    )


def _update(
    client: AzureClient, current: Vault, tags: dict[str, str] | None, deadline: Deadline, *, keep_others: bool
) -> Outcome:
    wanted = dict(current.tags)
    if tags is not None:
        wanted = tag_rules.merged(current.tags, tags, keep_others=keep_others)
    before = {"location": current.location, "tags": dict(current.tags)}
    changed = wanted != dict(current.tags)
    updated = current
    if changed and not client.check_mode:
        updated = Vaults(client).update_tags(current.id, wanted, deadline)
    elif changed:
        updated = dataclasses.replace(current, tags=wanted)
    return Outcome(
        changed,
        {"vault": results.vault(updated), "vault_exists": True},
        before=before,
        after={**before, "tags": wanted},
    )


def _absent(client: AzureClient, current: Vault | None, deadline: Deadline) -> Outcome:
    if current is None:
        return Outcome(False, {"vault": None, "vault_exists": False}, before={}, after={})
    held = list(Backup(client, current.id).protected_items())
    if held:
        raise _holds(current, held)
    if not client.check_mode:
        Vaults(client).delete(current.id, deadline)
    before = {"location": current.location, "tags": dict(current.tags)}
    return Outcome(True, {"vault": results.vault(current), "vault_exists": False}, before=before, after={})


def _holds(current: Vault, held: t.Sequence[ProtectedItem]) -> BackupError:
    """A vault with backup data is never deleted; say what holds it."""
    listed = [_describe(item) for item in held[:20]]
    more = [f"and {len(held) - len(listed)} more"] if len(held) > len(listed) else []
    return BackupError(
        f"Vault {current.id.name} holds {len(held)} protected or soft-deleted virtual machines and was not deleted: "
        + "; ".join(listed + more),
        code="VaultNotEmpty",
        operation="delete vault",
        resource_id=str(current.id),
        recommendations=[
            "Delete their backup data first (vm_backup_register with state: absent and delete_backup_data: true).",
            "Soft-deleted items go by themselves at the time given; the vault can be deleted after the last of them.",
        ],
    )


def _describe(item: ProtectedItem) -> str:
    if item.soft_deleted:
        return f"{item.friendly_name} (soft-deleted until {times.to_iso(item.deleted_permanently_at)})"
    return f"{item.friendly_name} ({item.protection_state})"
