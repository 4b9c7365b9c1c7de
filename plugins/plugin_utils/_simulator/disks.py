# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which data disks of a machine a protecting write selects.

The operating system's disk is always backed up. Clients take a selection back with ``extendedProperties`` that hold no
``diskExclusionProperties``.
Stopping drops a selection, too: Microsoft's page tells to set it up again when protection is resumed.
UNVERIFIED: a protecting write without ``extendedProperties``; assumed to drop the selection, as a PUT replaces what was
there. A world file can have ``disk_selections: kept`` for the other answer to both.
This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from . import errors

_MOST_LUNS: t.Final = 64


class Selection:
    """What the properties of a PUT say about disks; raises WireError 400 for what cannot be read.

    ``said`` tells whether they say anything; ``value`` is what is kept, None for all disks.
    """

    def __init__(self, properties: t.Mapping[str, t.Any]) -> None:
        extended = properties.get("extendedProperties")
        self.said = extended is not None
        self.value: dict[str, t.Any] | None = None
        if extended is None:
            return
        given = extended.get("diskExclusionProperties") if isinstance(extended, dict) else extended
        if given is not None:
            self.value = _checked(given) or None


def _checked(given: object) -> dict[str, t.Any]:
    """UNVERIFIED: how a selection that is malformed, or names a LUN twice, is refused; assumed a 400.

    UNVERIFIED: a LUN at which the machine has no disk; assumed to be taken, since disks come and go.
    """
    if isinstance(given, dict) and given.get("diskLunList") is None:
        raise errors.invalid_protection_request("Provided disk exclusion setting is invalid: no list is provided.")
    if not isinstance(given, dict) or not isinstance(given.get("isInclusionList"), bool):
        raise errors.invalid_protection_request("isInclusionList must be true or false.")
    luns = given.get("diskLunList")
    if not isinstance(luns, list) or not all(_is_lun(one) for one in luns) or len(set(luns)) < len(luns):
        raise errors.invalid_protection_request("diskLunList must be a list of different LUNs.")
    if not luns and not given["isInclusionList"]:
        return {}
    return {"diskLunList": luns, "isInclusionList": given["isInclusionList"]}


def _is_lun(one: object) -> bool:
    return isinstance(one, int) and not isinstance(one, bool) and 0 <= one < _MOST_LUNS
