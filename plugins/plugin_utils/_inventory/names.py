# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of hosts and groups: each host's its own, each group's a valid one. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import collections
import hashlib
import re
import typing as t

from ...module_utils._domain import ids
from ...module_utils._errors import InvalidInput

_DIGITS: t.Final = (4, 8, 40)


def hashed(name: str, arm_id: str, digits: int = 4) -> str:
    """Return the host name that azure.azcollection.azure_rm makes of a machine: its name and a part of its id's hash.

    UNVERIFIED: that the service writes an id with the same letter case in each of its lists, as the hash needs.
    """
    return f"{name}_{hashlib.sha1(arm_id.encode(), usedforsecurity=False).hexdigest()[:digits]}"


def of_hosts(wanted: t.Mapping[str, str], taken: t.Container[str] = ()) -> tuple[dict[str, str], list[str]]:
    """Return a host name for each machine, and the wanted names that could not be given.

    Two machines never become one host: where a name is wanted twice, or taken, each gets the hash of its id as well.

    Args:
        wanted: the wanted name by the machine's id.
        taken: names of hosts that are other machines.
    """
    given = _alone(wanted, taken)
    clashing = sorted({name for arm_id, name in wanted.items() if arm_id not in given})
    for digits in _DIGITS:
        rest = {arm_id: hashed(name, arm_id, digits) for arm_id, name in wanted.items() if arm_id not in given}
        used = set(given.values())
        given |= {arm_id: name for arm_id, name in _alone(rest, taken).items() if name not in used}
    return given, clashing


def _alone(wanted: t.Mapping[str, str], taken: t.Container[str]) -> dict[str, str]:
    counts = collections.Counter(wanted.values())
    return {arm_id: name for arm_id, name in wanted.items() if counts[name] == 1 and name not in taken}


def of_vaults(vault_ids: t.Iterable[str]) -> dict[str, str]:
    """Return by ``VaultId.key`` what tells a vault apart from the others in a group's name.

    That is its name; where that is not enough, with its resource group before it, and then with its subscription.
    """
    vaults = {vault.key: vault for vault in map(ids.VaultId.parse, sorted(vault_ids))}
    told: dict[str, str] = {}
    for parts in (1, 2, 3):
        rest = {
            key: of_group("_".join((vault.subscription_id, vault.resource_group, vault.name)[-parts:]))
            for key, vault in vaults.items()
            if key not in told
        }
        # Names that differ in no letter that a group can have end up in one group all the same.
        told |= rest if parts == 3 else _alone(rest, set(told.values()))
    return told


def prefix(text: str) -> str:
    """Return what the names of groups begin with; raises InvalidInput when no name of a group can."""
    if text and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise InvalidInput.for_option("group_prefix", text, "letters, digits and underscores, no digit at the start")
    return text


def of_group(text: str) -> str:
    """Return a text as a part of a group's name: ``Daily-30 days`` becomes ``daily_30_days``."""
    return re.sub(r"\W+", "_", text).strip("_").lower()


def of_word(word: str) -> str:
    """Return a word of the service as a part of a group's name: ``ActionRequired`` becomes ``action_required``."""
    return of_group(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word))
