# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which backups of which vaults an operator's job is about, and why it must not begin. Pure.

What is typed is taken literally: an entry that nobody has, that two machines have, or whose data is in two vaults stops
the job before anything is done.
This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from ...module_utils._domain import ids, selection
from ...module_utils._errors import InvalidInput
from .table import counted

Item = t.Mapping[str, t.Any]
Result = t.Mapping[str, t.Any]
Plan = dict[str, t.Any]

ACTIONS: t.Final = ("back_up", "stop", "suspend", "delete")
STATE_OF: t.Final = {"stop": "stopped", "suspend": "suspended", "delete": "absent"}
"""The state of vm_backup_protect by which an action is done."""

_ALIVE: t.Final = ("waiting", "protected", "error")
_SHOWN: t.Final = 5


def plan(
    found: Result, action: str, *, vms: t.Sequence[str] = (), confirmation: str = "", check_mode: bool = False
) -> Plan:
    """Return what a job will do.

    ``vaults`` (each with ``subscription_id``, ``resource_group``, ``vault_name``, ``location``, ``vms``, ``items``),
    ``count`` of machines, ``confirm`` (what has to be typed before data is deleted, else None), and ``failures``. Where
    something is wrong with what was asked for, nothing is stopped or deleted; backups of the others are started.

    Args:
        found: the result of vm_backup_item_info with ``check_machines``.
        action: one of ACTIONS.
        vms: the entries as they were typed; empty when filters choose.
        confirmation: what was typed to confirm a deletion.
        check_mode: whether nothing will be done anyway.
    """
    if action not in ACTIONS:
        raise ValueError(f"action: {action!r} is not allowed. Allowed: {', '.join(ACTIONS)}")
    items = list(found.get("protected_items") or [])
    failures = [str(found["msg"])] if found.get("msg") else []
    unclear: set[str] = set()
    if vms:
        failures += _not_found(found, action)
        told, unclear = _ambiguous(items, vms)
        failures += told
    items = [item for item in _current(items, action) if item["id"].casefold() not in unclear]
    if not vms:
        items = [item for item in items if _is_meant(item, action)]
    failures += _in_two_vaults(items)
    losing = [item for item in items if item["state"] != "soft_deleted"] if action == "delete" else []
    confirm = f"delete {len(losing)}" if losing else None
    if confirm and not failures and not check_mode:
        # An answer such as "yes" arrives as a boolean.
        failures += _unconfirmed(losing, confirm, str(confirmation))
    if failures and action != "back_up":
        items = []
    return {
        "action": action,
        "vaults": _by_vault(items, action),
        "count": len(items),
        "confirm": confirm,
        "failures": failures,
    }


def _unconfirmed(losing: t.Sequence[Item], confirm: str, typed: str) -> list[str]:
    """The number is part of what is typed, so that nobody deletes more than was looked at."""
    if " ".join(typed.lower().split()) == confirm:
        return []
    given = f"{typed!r} was given" if typed.strip() else "nothing was given"
    about = f"the backups of {counted(len(losing), 'machine')} ({_listed(_names(losing))})"
    return [f"To delete {about}, confirm it with {confirm!r}; {given}."]


def _is_meant(item: Item, action: str) -> bool:
    """Whether a filter chooses an item for an action: not what it can't be done to, or what is so already."""
    if action == "back_up":
        return item["state"] in _ALIVE and item["exists"] is not False
    return item["state"] not in ("soft_deleted", STATE_OF[action])


def _current(items: t.Sequence[Item], action: str) -> list[Item]:
    """Leave out what other vaults still have of a machine: what is soft-deleted, and what is stopped.

    Stopped data in a second vault is data all the same when it comes to deleting.
    """
    ranks = {"soft_deleted": 0, **({} if action == "delete" else {"stopped": 1, "suspended": 1})}
    best: dict[str, int] = {}
    for item in items:
        key, rank = item["id"].casefold(), ranks.get(item["state"], 2)
        best[key] = max(best.get(key, 0), rank)
    return [item for item in items if ranks.get(item["state"], 2) == best[item["id"].casefold()]]


def _not_found(found: Result, action: str) -> list[str]:
    entries = found.get("vms_not_found") or []
    if not entries:
        return []
    hint = "Check the names, or protect them first." if action == "back_up" else "Check the names."
    unread = sorted({problem["vault_name"] or problem["subscription_id"] for problem in found.get("problems") or []})
    if unread:
        hint = f"Not everything could be read: {_listed(unread)}."
    verb = "have" if len(entries) > 1 else "has"
    return [f"{_listed(entries)} {verb} no backup in any vault that was looked into. {hint}"]


def _ambiguous(items: t.Sequence[Item], vms: t.Sequence[str]) -> tuple[list[str], set[str]]:
    """Find the names that several machines have, and the ids of these: which one is meant can't be told."""
    try:
        references = selection.parse_references(vms, item_ids=True)
    except InvalidInput as error:
        return [error.message], set()
    failures: list[str] = []
    unclear: set[str] = set()
    for reference in references:
        if reference.item_id:
            continue
        meant = {item["id"].casefold(): item["id"] for item in items if reference.means(_vm_id(item))}
        if len(meant) > 1:
            known = _listed(list(meant.values()))
            failures.append(f"{reference.text} is the name of {len(meant)} machines. Name the one by its id: {known}.")
            unclear |= set(meant)
    return failures, unclear


def _vm_id(item: Item) -> ids.VmId:
    return ids.VmId.from_service(item["id"], item["item_name"], item["subscription_id"])


def _in_two_vaults(items: t.Sequence[Item]) -> list[str]:
    places: dict[str, list[Item]] = {}
    for item in items:
        places.setdefault(item["id"].casefold(), []).append(item)
    return [
        f"{found[0]['name']} has data in several vaults: {_listed([item['vault_name'] for item in found])}. "
        "Name the vault, or the id of the item."
        for found in places.values()
        if len(found) > 1
    ]


def _by_vault(items: t.Sequence[Item], action: str) -> list[dict[str, t.Any]]:
    vaults: dict[str, dict[str, t.Any]] = {}
    for item in items:
        vault = ids.VaultId.parse(item["vault_id"])
        group = vaults.setdefault(
            vault.key,
            {
                "subscription_id": vault.subscription_id,
                "resource_group": vault.resource_group,
                "vault_name": vault.name,
                "location": item["location"],
                "vms": [],
                "items": [],
            },
        )
        # Only an item's id names a machine that is gone.
        group["vms"].append(item["id"] if action == "back_up" else item["item_id"])
        group["items"].append({key: item[key] for key in ("id", "name", "resource_group", "cloud_service", "state")})
    return list(vaults.values())


def _names(items: t.Sequence[Item]) -> list[str]:
    return [f"{item['resource_group'] or item['cloud_service']}/{item['name']}" for item in items]


def _listed(texts: t.Sequence[str]) -> str:
    shown = ", ".join(texts[:_SHOWN])
    return shown + (f" and {counted(len(texts) - _SHOWN, 'other')}" if len(texts) > _SHOWN else "")
