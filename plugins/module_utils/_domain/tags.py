# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tags: their names have no letter case in Azure, their values have.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t


def as_text(tags: t.Mapping[t.Any, t.Any]) -> dict[str, str]:
    """Return tags that a person typed as Azure has them: texts. YAML's ``true`` is ``"true"``, its null is ``""``."""
    return {str(name): _text(value) for name, value in tags.items()}


def _text(value: t.Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def merged(current: t.Mapping[str, str], wanted: t.Mapping[str, str], *, keep_others: bool) -> dict[str, str]:
    """Return the tags that a resource should have.

    A tag that is there keeps the spelling of its name; ``keep_others`` tells whether tags that are not wanted stay.
    """
    spelling = {name.casefold(): name for name in current}
    renamed = {spelling.get(name.casefold(), name): value for name, value in wanted.items()}
    return {**current, **renamed} if keep_others else renamed
