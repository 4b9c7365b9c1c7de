# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made of text that comes from anywhere before a person sees it. The one place for it, and pure.

Names, tags and messages are data. In a terminal or a log a control character could clear the screen, colour what is not
coloured or begin a line that nobody wrote; the marks for the direction of writing could show a name backwards.
This file is private to the collection.
"""

from __future__ import annotations

import re
import typing as t

_SPACES: t.Final = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
# Control characters, the marks that turn the direction of writing around, halves of surrogate pairs and non-characters:
# none of them has a place in a name, and each could make a page, a terminal or a spreadsheet show something else.
_UNPRINTABLE: t.Final = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


def clean(text: str) -> str:
    """Return text on one line, with what can't be printed shown as U+FFFD."""
    return _UNPRINTABLE.sub("\ufffd", _SPACES.sub(" ", text))


def clean_lines(text: str) -> str:
    """Like ``clean``, for text of ours that has lines."""
    return "\n".join(map(clean, text.split("\n")))


def clean_all(value: t.Any) -> t.Any:
    """Clean every text in a value of JSON, the keys included."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, t.Mapping):
        return {clean(str(key)): clean_all(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean_all(inner) for inner in value]
    return value
