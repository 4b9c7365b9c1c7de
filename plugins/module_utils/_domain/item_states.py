# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which state the protection of a machine is, in one word: the words of results, the report and the inventory.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from . import times
from .models import ProtectedItem

ItemState = t.Literal["waiting", "protected", "error", "stopped", "suspended", "soft_deleted"]
"""What a vault makes of a machine that it holds.

``waiting`` for the first backup; ``protected``; ``error`` when protection could not be configured; ``stopped`` with its
data kept for ever; ``suspended`` with its data kept as the policy says; ``soft_deleted`` with its data kept until soft
delete ends.
"""

_WORDS: t.Final[t.Mapping[str, ItemState]] = {
    "irpending": "waiting",
    "protected": "protected",
    "protectionerror": "error",
    "protectionstopped": "stopped",
    "protectionpaused": "stopped",
    "backupssuspended": "suspended",
}


def item_state(item: ProtectedItem) -> ItemState:
    """Return the state of an item; one without a policy is stopped whatever else it says (A13, A18)."""
    if item.soft_deleted:
        return "soft_deleted"
    word = _WORDS.get(item.protection_state.casefold(), "protected")
    if not item.policy_id and word not in ("stopped", "suspended"):
        return "stopped"
    return word


def item_stopped(item: ProtectedItem) -> bool:
    """Whether the service makes no further recovery points for an item."""
    return item_state(item) in ("stopped", "suspended", "soft_deleted")


def kept_until(item: ProtectedItem) -> str:
    """Return until when soft delete keeps an item, as far as the service tells."""
    return times.to_iso(item.deleted_permanently_at) or "the end of the vault's soft delete period"
