# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading one mapping of a world, with errors that name the key.

This file is private to the collection.
"""

from __future__ import annotations

import re
import typing as t

from . import worlds

_GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Section:
    """One mapping of a world, whose keys are taken one by one; what is left at the end is an error.

    Raises WorldError whose message begins with the place, such as ``subscriptions[0].resource_groups[1].location``.
    """

    def __init__(self, data: object, place: str) -> None:
        if not isinstance(data, dict):
            raise worlds.WorldError(f"{place}: must be a mapping, not {data!r}")
        self._data = {str(key): value for key, value in data.items()}
        self._asked: set[str] = set()
        self.place = place

    def where(self, key: str) -> str:
        """Return the place of a key, for a message."""
        return f"{self.place}.{key}"

    def get(self, key: str, default: object = None) -> t.Any:
        """Take a value as it is; what is written as null counts as not there."""
        self._asked.add(key)
        value = self._data.get(key)
        return default if value is None else value

    def text(self, key: str, default: str | None = None) -> str:
        """Take a text; without a default it must be there."""
        value = self.get(key, default)
        if value is None or value == "":
            raise worlds.WorldError(f"{self.where(key)}: is missing")
        if not isinstance(value, str):
            raise worlds.WorldError(f"{self.where(key)}: must be a text, not {value!r}")
        return value

    def guid(self, key: str, make: t.Callable[[], str]) -> str:
        """Take a GUID, or make one."""
        value = self.text(key, make())
        if not re.fullmatch(_GUID, value, re.IGNORECASE):
            raise worlds.WorldError(f"{self.where(key)}: {value!r} is not a GUID")
        return value.lower()

    def choice(self, key: str, allowed: t.Sequence[str]) -> str:
        """Take one of the allowed texts, in any letter case; the first is the default."""
        value = self.text(key, allowed[0])
        for one in allowed:
            if one.casefold() == value.casefold():
                return one
        raise worlds.WorldError(f"{self.where(key)}: {value!r} is not allowed. Allowed: {', '.join(allowed)}")

    def count(self, key: str, default: int) -> int:
        """Take a number from 0 to 9999."""
        value = self.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 9999:
            raise worlds.WorldError(f"{self.where(key)}: must be a whole number from 0 to 9999, not {value!r}")
        return value

    def number(self, key: str, default: float | None = None) -> float | None:
        """Take a number from 0 to 9999."""
        value = self.get(key, default)
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise worlds.WorldError(f"{self.where(key)}: must be a number from 0 to 9999, not {value!r}")
        if value is not None and not 0 <= value <= 9999:
            raise worlds.WorldError(f"{self.where(key)}: must be a number from 0 to 9999, not {value!r}")
        return None if value is None else float(value)

    def flag(self, key: str) -> bool:
        """Take true or false; false is the default."""
        value = self.get(key, False)
        if not isinstance(value, bool):
            raise worlds.WorldError(f"{self.where(key)}: must be true or false, not {value!r}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Take a list of texts; numbers are taken as texts."""
        value = self.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, (str, int)) for one in value):
            raise worlds.WorldError(f"{self.where(key)}: must be a list of texts, not {value!r}")
        return tuple(str(one) for one in value)

    def mapping(self, key: str) -> dict[str, t.Any]:
        """Take a mapping."""
        value = self.get(key, {})
        if not isinstance(value, dict):
            raise worlds.WorldError(f"{self.where(key)}: must be a mapping, not {value!r}")
        return {str(name): one for name, one in value.items()}

    def tags(self) -> dict[str, str]:
        """Take the tags."""
        return {name: str(value) for name, value in self.mapping("tags").items()}

    def sections(self, key: str) -> list[Section]:
        """Take a list of mappings."""
        value = self.get(key, [])
        if not isinstance(value, list):
            raise worlds.WorldError(f"{self.where(key)}: must be a list, not {value!r}")
        return [Section(one, f"{self.where(key)}[{index}]") for index, one in enumerate(value)]

    def end(self) -> None:
        """Raise WorldError for a key that nobody asked for."""
        unknown = sorted(set(self._data) - self._asked)
        if unknown:
            known = ", ".join(sorted(self._asked))
            raise worlds.WorldError(f"{self.where(unknown[0])}: unknown key. Known keys: {known}")
