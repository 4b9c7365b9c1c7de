# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTML that is safe by the way it is made: whatever is not Markup is text, and is escaped. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import html
import json
import typing as t

from ...module_utils._text import clean, clean_all

_VOID: t.Final = frozenset({"meta"})


class Markup(str):
    """Text that is HTML already. Only this file makes it, and page.py of the collection's own CSS and JavaScript."""

    __slots__ = ()


Child = str | int | None | t.Iterable[t.Any]
"""What an element may hold: text, a number, Markup, nothing, or any of them in a list."""


def escape(text: object) -> Markup:
    """Return text as HTML, for the inside of an element or of a quoted attribute."""
    return text if isinstance(text, Markup) else Markup(html.escape(clean(str(text)), quote=True))


def join(*children: Child) -> Markup:
    """Return children one after the other."""
    parts: list[str] = []
    for child in children:
        if child is None:
            continue
        if isinstance(child, str | int):
            parts.append(escape(child))
        else:
            parts.append(join(*child))
    return Markup("".join(parts))


def element(name: str, /, *children: Child, **attributes: str | int | float | bool | None) -> Markup:
    """Return an element. ``class_`` and ``name_`` stand for class and name, ``aria_label`` for aria-label.

    An attribute that is True has no value; one that is None or False is left out.
    """
    given = [
        (_attribute_name(key), value) for key, value in attributes.items() if value is not None and value is not False
    ]
    shown = "".join(f" {key}" if value is True else f' {key}="{escape(value)}"' for key, value in given)
    end = "" if name in _VOID and not children else f"</{name}>"
    return Markup(f"<{name}{shown}>{join(*children)}{end}")


def data(identifier: str, value: t.Any) -> Markup:
    """Return a block of JSON that scripts read, and that no text in it can end."""
    text = json.dumps(clean_all(value), ensure_ascii=True, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(f'<script type="application/json" id="{escape(identifier)}">{text}</script>')


def _attribute_name(key: str) -> str:
    # viewBox and the like keep their capitals; no attribute of HTML or SVG that is used here has an underscore.
    return key.rstrip("_").replace("_", "-")
