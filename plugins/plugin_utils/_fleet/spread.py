# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Over which of a region's vaults the machines are spread, such that slices of a job agree without a word. Pure.

Each machine has an order of preference of its own among the vaults, which follows from its id alone: a hash of the id
and the vault's number (rendezvous hashing). It goes to the first vault in its order that is not full. So what other
machines there are changes nothing, and with one more vault only the machines that prefer it to all others choose anew.
What a vault already holds is not asked: it stays.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import typing as t

from ...module_utils._domain import capacity, ids

NUMBER: t.Final = "{number}"


@dataclasses.dataclass(frozen=True)
class Family:
    """The vaults of one region: their resource group, their names with ``{number}``, and how many there are.

    One whose name has no ``{number}`` is a single vault.
    """

    resource_group: str
    name: str
    count: int = 1

    def __post_init__(self) -> None:
        """Raise ValueError for what can't be."""
        if self.count < 1:
            raise ValueError(f"a region needs one vault at least, not {self.count}")
        if self.count > 1 and NUMBER not in self.name:
            raise ValueError(
                f"the vault name {self.name!r} has no {NUMBER}, by which the {self.count} vaults of a region differ"
            )

    def vault_name(self, number: int) -> str:
        """Return the name of a vault."""
        return self.name.replace(NUMBER, str(number))

    def number_of(self, vault_id: str | None) -> int | None:
        """Return the number of a vault of the family, also one above the count; None for any other vault."""
        try:
            found = ids.VaultId.parse(vault_id or "")
        except ValueError:
            return None
        if not ids.same(found.resource_group, self.resource_group):
            return None
        if NUMBER not in self.name:
            return 1 if ids.same(found.name, self.name) else None
        pattern = re.escape(self.name).replace(re.escape(NUMBER), r"([1-9]\d*)", 1).replace(re.escape(NUMBER), r"\1")
        match = re.fullmatch(pattern, found.name, re.IGNORECASE)
        return int(match[1]) if match else None

    def preferences(self, machine_id: str) -> list[int]:
        """Return the numbers of the vaults in the order that a machine prefers them."""
        key = machine_id.casefold()
        return sorted(range(1, self.count + 1), key=lambda number: (_weight(key, number), number))

    def assign(
        self,
        machine_ids: t.Iterable[str],
        held: t.Mapping[int, int],
        limit: int = capacity.MACHINES_PER_VAULT,
    ) -> dict[str, int]:
        """Return the number of the vault of each machine that none holds yet.

        A machine for which no vault has room goes to the one it prefers, which then says that it is full.

        Args:
            machine_ids: the machines; neither their order nor the case of their letters matters.
            held: by number, how many machines a vault holds already.
            limit: how many a vault takes.
        """
        loads = {number: held.get(number, 0) for number in range(1, self.count + 1)}
        assigned: dict[str, int] = {}
        for machine_id in sorted(machine_ids, key=str.casefold):
            preferred = self.preferences(machine_id)
            number = next((one for one in preferred if loads[one] < limit), preferred[0])
            loads[number] += 1
            assigned[machine_id] = number
        return assigned


def _weight(key: str, number: int) -> bytes:
    return hashlib.blake2b(f"{number}\0{key}".encode(), digest_size=8).digest()
