# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OData filters, as far as the backup service reads them: ``key eq 'value'`` joined by ``and``.

This file is private to the collection.
"""

from __future__ import annotations

import datetime as dt
import re
import typing as t

from . import errors, wire_times

_CLAUSE = re.compile(r"\s*(\w+)\s+eq\s+'((?:[^']|'')*)'\s*", re.IGNORECASE)
_AND = re.compile(r"and\s", re.IGNORECASE)


class Filter:
    """The clauses of a ``$filter``. Keys count in any letter case; an empty value is as good as no clause."""

    def __init__(self, clauses: t.Mapping[str, str]) -> None:
        self._clauses = {key.lower(): value for key, value in clauses.items() if value != ""}

    @classmethod
    def parse(cls, text: str | None, *, modelled: t.Iterable[str], required: bool = False) -> Filter:
        """Read a filter.

        Raises WireError: 400 for a malformed or a missing but required one, 501 that names a key not in ``modelled``.
        """
        text = (text or "").strip()
        if not text:
            if required:
                raise errors.invalid_input()
            return cls({})
        known = {key.lower() for key in modelled}
        clauses: dict[str, str] = {}
        position = 0
        while True:
            match = _CLAUSE.match(text, position)
            if not match:
                raise errors.invalid_input(f"The filter cannot be read from: {text[position:]}")
            key = match.group(1)
            if key.lower() not in known:
                raise errors.not_modelled(f"the filter field {key}")
            clauses[key] = match.group(2).replace("''", "'")
            position = match.end()
            if position == len(text):
                return cls(clauses)
            joint = _AND.match(text, position)
            if not joint:
                raise errors.invalid_input(f"The filter cannot be read from: {text[position:]}")
            position = joint.end()

    def get(self, key: str) -> str | None:
        """Return a clause's value, or None when the filter says nothing about the key."""
        return self._clauses.get(key.lower())

    def accepts(self, key: str, value: str | None) -> bool:
        """Say whether a value passes, without regard to case."""
        wanted = self.get(key)
        return wanted is None or wanted.casefold() == (value or "").casefold()

    def moment(self, key: str) -> dt.datetime | None:
        """Return a clause's time; raises WireError 400 when it is not in the service's form."""
        text = self.get(key)
        if text is None:
            return None
        try:
            return wire_times.parse_filter_time(text)
        except ValueError as error:
            raise errors.invalid_input(str(error)) from error
