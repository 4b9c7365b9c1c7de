# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fields of the service's JSON objects, by their types: what every ``from_wire`` reads them with.

A field that is null is as good as left out. One of another type than it should have raises ValueError, which makes
the whole answer one that can't be read: to guess would be worse. Only what is for people to read is taken as it comes.
This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from .._text import clean

Body = t.Mapping[str, t.Any]


def text(body: Body, name: str, default: str = "") -> str:
    """Read a text."""
    return optional_text(body, name) or default


def optional_text(body: Body, name: str) -> str | None:
    """Read a text of which it matters whether it is there."""
    value = body.get(name)
    if value is None or isinstance(value, str):
        return value
    raise _wrong(name, "a text")


def needed_text(body: Body, name: str) -> str:
    """Read a text that nothing can be done without, such as an id."""
    value = body.get(name)
    if isinstance(value, str):
        return value
    raise _wrong(name, "a text")


def message(body: Body, name: str) -> str:
    """Read a text that is written for people: on one line, without what a terminal would obey."""
    value = body.get(name)
    return "" if value is None else for_people(str(value))


def messages(body: Body, name: str) -> tuple[str, ...]:
    """Read a list of such texts."""
    value = body.get(name)
    found = value if isinstance(value, list) else [value]
    return tuple(for_people(str(each)) for each in found if each is not None)


def for_people(words: str) -> str:
    """Put the service's words on one line, without what a terminal would obey."""
    return " ".join(clean(words).split())


def mapping(body: Body, name: str) -> Body:
    """Read an object; an empty one where there is none."""
    value = body.get(name)
    if value is None:
        return {}
    if isinstance(value, t.Mapping):
        return value
    raise _wrong(name, "an object")


def mappings(body: Body, name: str) -> list[Body]:
    """Read a list of objects; an empty one where there is none."""
    found = sequence(body, name)
    if all(isinstance(each, t.Mapping) for each in found):
        return found
    raise _wrong(name, "a list of objects")


def sequence(body: Body, name: str) -> list[t.Any]:
    """Read a list, without the nulls in it; an empty one where there is none."""
    value = body.get(name)
    if value is None:
        return []
    if isinstance(value, list):
        return [each for each in value if each is not None]
    raise _wrong(name, "a list")


def _wrong(name: str, wanted: str) -> ValueError:
    return ValueError(f"{name} is not {wanted}")
