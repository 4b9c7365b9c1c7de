# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which virtual machines the role works on: what people and surveys type, as the modules take it. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import re
import typing as t

_LISTS: t.Final = ("resource_groups", "locations", "names", "exclude")
_SEPARATORS: t.Final = re.compile(r"[\n\r,]")


def texts(value: t.Any) -> list[str]:
    """Return what was typed as a list: a list, or one string with an entry per line or between commas.

    Blank entries are left out; None is an empty list.
    """
    entries = value if isinstance(value, (list, tuple)) else [] if value is None else [value]
    return [part.strip() for entry in entries for part in _SEPARATORS.split(str(entry)) if part.strip()]


def is_blank(value: t.Any) -> bool:
    """Whether an answer was left empty: None, or a string of nothing but space. An empty list was made on purpose."""
    return value is None or (isinstance(value, str) and not value.strip())


def selection(select: t.Mapping[str, t.Any] | None) -> dict[str, t.Any]:
    """Return ``select`` as the modules take it: blank suboptions are left out, so that they restrict nothing.

    Tags may come as a dictionary or as text, ``NAME=VALUE`` per line or between commas; a name alone takes any value.
    Raises ValueError for a suboption that there isn't.
    """
    given = {option: value for option, value in (select or {}).items() if not is_blank(value)}
    unknown = sorted(set(given) - {*_LISTS, "tags"})
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: no such suboption. There are: {', '.join([*_LISTS, 'tags'])}")
    chosen: dict[str, t.Any] = {option: texts(given[option]) for option in _LISTS if option in given}
    wanted_tags = tags(given.get("tags"))
    return {**chosen, **({"tags": wanted_tags} if wanted_tags else {})}


def tags(value: t.Any) -> dict[str, str]:
    """Read tags from a dictionary or from text; raises ValueError for text without a name."""
    if isinstance(value, t.Mapping):
        return {str(name): str(wanted) for name, wanted in value.items()}
    read = {}
    for text in texts(value):
        name, _equals, wanted = (part.strip() for part in text.partition("="))
        if not name:
            raise ValueError(f"tags: {text!r} has no name before the equals sign. Write NAME=VALUE.")
        read[name] = wanted or "*"
    return read
