# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a line of progress is due: often enough to see that a task lives, seldom enough to read the log afterwards.

This file is private to the collection.
"""

from __future__ import annotations

import math
import typing as t

from ...module_utils._domain.progress import Standing

QUIET: t.Final = 300.0
"""Seconds between two lines at most, while nothing changes."""


class Pace:
    """Decides when the next line is shown. Knows no clock: times are seconds on the caller's.

    Args:
        interval: seconds between two lines at least, while there is something new to tell.
        began: when the task began.

    A line is due ``interval`` after the last one when something changed, a third of that after it when something
    failed or another step began, and ever later, up to ``QUIET``, while nothing changes. A task that ends within a
    third of ``interval`` shows none.
    """

    def __init__(self, interval: float, began: float) -> None:
        self._interval = interval
        self._soon = interval / 3
        self._quiet = interval
        self._last_time = began
        self.shown: Standing | None = None

    def due(self, standing: Standing | None) -> float:
        """Return when a line is due that tells this, as far as is known now; infinity when there is nothing to tell."""
        if standing is None:
            return math.inf
        if self.shown is None or _step(standing) != _step(self.shown) or standing.failed > self.shown.failed:
            return self._last_time + self._soon
        return self._last_time + (self._interval if _changed(standing, self.shown) else self._quiet)

    def show(self, standing: Standing, now: float) -> None:
        """Note that a line was shown."""
        same = self.shown is not None and not _changed(standing, self.shown)
        self._quiet = max(min(self._quiet * 2, QUIET), self._interval) if same else self._interval
        self.shown, self._last_time = standing, now

    def owes(self, standing: Standing | None) -> bool:
        """Tell whether a task that ends with this has to say so: when it has shown something else before."""
        return standing is not None and self.shown is not None and _changed(standing, self.shown)


def _step(standing: Standing) -> tuple[str, ...]:
    return standing.vault, standing.doing, standing.counted


def _changed(one: Standing, other: Standing) -> bool:
    """Tell whether there is more to say than that time has passed."""

    def told(standing: Standing) -> tuple[t.Any, ...]:
        return *_step(standing), standing.total, standing.done, standing.running, standing.failed

    return told(one) != told(other)
