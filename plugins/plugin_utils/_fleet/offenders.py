# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who does not have the backups that were promised, by reason, as lines that a person reads. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from ...module_utils._text import clean
from .table import paragraph

Offenders = t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]]

_TITLES: t.Final = {
    "unprotected": "Unprotected",
    "stale": "Newest backup too old",
    "failures": "Jobs that failed, and none since has succeeded",
    "error": "Protection could not be configured",
    "unhealthy": "The service finds something wrong",
    "gone": "The machine is gone, its backup goes on",
    "soft_deleted": "Backup deleted",
    "stopped": "Protection stopped",
    "suspended": "Protection suspended",
}
_SHOWN: t.Final = 20
"""So many machines of one reason are named; all of them are in the result."""


def lines(offenders: Offenders, kinds: t.Sequence[str], subscriptions: bool = False) -> list[str]:
    """Return the machines of some kinds of offences: a paragraph for each reason, with what to do about it.

    With ``subscriptions`` those of one subscription are together, with its id: names come again in others.
    """
    shown: list[str] = []
    for kind in (kind for kind in _TITLES if kind in kinds and offenders.get(kind)):
        found = offenders[kind]
        shown += ["", f"{_TITLES[kind]} ({len(found)})"]
        about: dict[tuple[str, str, str], list[str]] = {}
        for one in found:
            reason = one["reason"]
            where = _subscription(one) if subscriptions else ""
            about.setdefault((reason["message"], reason["remedy"] or "", where), []).append(
                f"{one['resource_group']}/{one['name']}"
            )
        for (message, remedy, where), names in about.items():
            more = [f"and {len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
            shown += paragraph(", ".join([*names[:_SHOWN], *more]), indent=2)
            shown += [clean(f"    Subscription {where}")] if where else []
            shown += paragraph(message, indent=4)
            shown += paragraph(f"What to do: {remedy}", indent=4) if remedy else []
    return shown[1:]


def _subscription(offender: t.Mapping[str, t.Any]) -> str:
    """Return the subscription of the machine's id; nothing for one that only a job names."""
    parts = (offender["id"] or "").split("/")
    return parts[2] if len(parts) > 2 else ""
