# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state table of protection: from any state to any wanted one, which writes it takes, and what is refused.

This is the only place that says so: plans follow it, the tests run every cell of it, and the guide "lifecycle" prints
it. Facts A13, A18 and G are where it comes from.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

Found = t.Literal["unprotected", "waiting", "protected", "error", "stopped", "suspended", "soft_deleted"]
"""The state of a machine in the vault: the words of `item_states.py`, and ``unprotected`` for one that is not in it."""

Wanted = t.Literal["present", "other_policy", "other_disks", "stopped", "suspended", "absent"]
"""What the task asks for. ``other_policy`` and ``other_disks`` are ``present`` with another policy, or another
selection of disks, than the machine has."""

Write = t.Literal["undelete", "configure", "stop", "suspend", "delete"]
"""What is sent for one machine; ``WRITES`` has them in the order in which they are sent."""

FOUND: t.Final[tuple[Found, ...]] = t.get_args(Found)
WANTED: t.Final[tuple[Wanted, ...]] = t.get_args(Wanted)
WRITES: t.Final[tuple[Write, ...]] = t.get_args(Write)

OPERATIONS: t.Final[t.Mapping[Write, str]] = {
    "undelete": "Undelete",
    "configure": "ConfigureBackup",
    "stop": "DisableBackup",
    # UNVERIFIED: the operation of the job of a suspension; assumed that of a stop, which is the same call.
    "suspend": "DisableBackup",
    "delete": "DeleteBackupData",
}
"""As which operation the job list shows each write."""

Refusal = t.Literal["SoftDeleted", "NotProtected", "VirtualMachineGone"]


@dataclasses.dataclass(frozen=True)
class Transition:
    """One cell: what is done, or why nothing can be."""

    action: str = "none"
    """The word for it in results; ``none`` when nothing is to do."""
    writes: tuple[Write, ...] = ()
    refused: Refusal | None = None
    unless: t.Literal["policy"] | None = None
    """``policy``: refused with ``PolicyNeeded`` unless the task names a policy or the machine has one."""


NOTHING: t.Final = Transition()
PROTECT: t.Final = Transition("protect", ("configure",))
CHANGE_POLICY: t.Final = Transition("change_policy", ("configure",))
CHANGE_DISKS: t.Final = Transition("change_disks", ("configure",))
RESUME: t.Final = Transition("resume", ("configure",))
STOP: t.Final = Transition("stop", ("stop",))
SUSPEND: t.Final = Transition("suspend", ("suspend",))
# UNVERIFIED: a stopped item has no policy by which its data could be kept; assumed that it needs one first.
RESUME_AND_SUSPEND: t.Final = Transition("suspend", ("configure", "suspend"), unless="policy")
UNDELETE: t.Final = Transition("undelete", ("undelete",))
UNDELETE_AND_RESUME: t.Final = Transition("undelete", ("undelete", "configure"))
UNDELETE_AND_SUSPEND: t.Final = Transition("undelete", ("undelete", "configure", "suspend"), unless="policy")
DELETE: t.Final = Transition("delete", ("delete",))
NOT_PROTECTED: t.Final = Transition(refused="NotProtected")
SOFT_DELETED: t.Final = Transition(refused="SoftDeleted")
GONE: t.Final = Transition(refused="VirtualMachineGone")

_ACTIVE: t.Final[t.Mapping[Wanted, Transition]] = {
    "present": NOTHING,
    "other_policy": CHANGE_POLICY,
    "other_disks": CHANGE_DISKS,
    "stopped": STOP,
    "suspended": SUSPEND,
    "absent": DELETE,
}

_PRESENT: t.Final[tuple[Wanted, ...]] = ("present", "other_policy", "other_disks")


def _present(transition: Transition) -> dict[Wanted, Transition]:
    return dict.fromkeys(_PRESENT, transition)


TABLE: t.Final[t.Mapping[Found, t.Mapping[Wanted, Transition]]] = {
    "unprotected": {
        **_present(PROTECT),
        "stopped": NOT_PROTECTED,
        "suspended": NOT_PROTECTED,
        "absent": NOTHING,
    },
    "waiting": _ACTIVE,
    "protected": _ACTIVE,
    # UNVERIFIED: an item in error keeps its policy and needs no write to go on; assumed so.
    "error": _ACTIVE,
    "stopped": {
        **_present(RESUME),
        "stopped": NOTHING,
        "suspended": RESUME_AND_SUSPEND,
        "absent": DELETE,
    },
    "suspended": {
        **_present(RESUME),
        # UNVERIFIED: data that is kept by policy can be kept for ever from now on with one write; assumed so.
        "stopped": STOP,
        "suspended": NOTHING,
        "absent": DELETE,
    },
    "soft_deleted": {
        **_present(SOFT_DELETED),
        "stopped": SOFT_DELETED,
        "suspended": SOFT_DELETED,
        "absent": NOTHING,
    },
}
"""What is done without ``undelete``, for each state and each wish."""

UNDELETING: t.Final[t.Mapping[Wanted, Transition]] = {
    **_present(UNDELETE_AND_RESUME),
    # What is undeleted is stopped (A18), so that nothing is left to do.
    "stopped": UNDELETE,
    "suspended": UNDELETE_AND_SUSPEND,
    "absent": NOTHING,
}
"""What is done with ``undelete: true`` for a machine that is ``soft_deleted``; all other rows stay as they are."""


def transition(found: Found, wanted: Wanted, *, undelete: bool = False, exists: bool = True) -> Transition:
    """Return the cell for a machine; ``exists`` is False for one that is gone from Azure while its item remains.

    Backups can't be configured for a machine that is gone, so whatever needs that is refused.
    """
    cell = UNDELETING[wanted] if found == "soft_deleted" and undelete else TABLE[found][wanted]
    if not exists and found != "unprotected" and (wanted in _PRESENT or "configure" in cell.writes):
        return GONE
    return cell
