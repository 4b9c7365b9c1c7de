# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a use case hands to the module wrapper.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import BackupError


@dataclasses.dataclass
class Outcome:
    """What a use case came to."""

    changed: bool = False
    result: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    """The module's own return values, the same keys in check mode."""
    before: t.Any = None
    after: t.Any = None
    """The two sides of the diff; both None where the module has none."""
    failure: BackupError | None = None
    """Set when the task failed although much of it may be done; the result is returned with it."""
    warnings: list[str] = dataclasses.field(default_factory=list)
