# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state table is whole, and no way in it is longer than it has to be."""

from __future__ import annotations

import collections
import itertools
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import transitions
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.item_states import ItemState
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.transitions import Found, Wanted, Write

ACTIVE: t.Final = ("waiting", "protected", "error")
GOALS: t.Final[t.Mapping[Wanted, tuple[str, ...]]] = {
    "present": ACTIVE,
    "stopped": ("stopped",),
    "suspended": ("suspended",),
    "absent": ("unprotected", "soft_deleted"),
}
EVERY = list(itertools.product(transitions.FOUND, transitions.WANTED, [False, True], [False, True]))


def effect(write: Write, state: str) -> str | None:
    """What the service makes of a write in a state, None where it refuses: the way it is told, and not by the table."""
    if state == "soft_deleted":
        return "stopped" if write == "undelete" else None
    if write == "configure":
        return "protected"
    if state == "unprotected" or write == "undelete":
        return None
    if write == "suspend":
        # By which policy would a stopped machine's data be kept?
        return "suspended" if state != "stopped" else None
    return {"stop": "stopped", "delete": "soft_deleted"}[write]


def shortest(found: str, goals: tuple[str, ...]) -> int | None:
    """Return how many writes it takes at least, without deleting on the way; None when there is no way."""
    reached = {found: 0}
    waiting = collections.deque([found])
    while waiting:
        state = waiting.popleft()
        for write in transitions.WRITES:
            new = effect(write, state)
            if new and new not in reached and (write != "delete" or new in goals):
                reached[new] = reached[state] + 1
                waiting.append(new)
    return min((steps for state, steps in reached.items() if state in goals), default=None)


def test_there_is_a_row_for_every_state_and_a_cell_for_every_wish() -> None:
    assert set(transitions.FOUND) == {"unprotected", *t.get_args(ItemState)} == set(transitions.TABLE)
    for row in (*transitions.TABLE.values(), transitions.UNDELETING):
        assert set(row) == set(transitions.WANTED)
    assert set(transitions.OPERATIONS) == set(transitions.WRITES)


@pytest.mark.parametrize("wanted", GOALS)
@pytest.mark.parametrize("found", transitions.FOUND)
def test_every_way_is_the_shortest(found: Found, wanted: Wanted) -> None:
    cell = transitions.transition(found, wanted, undelete=True)
    if cell.refused:
        assert (found, cell.refused) == ("unprotected", "NotProtected")
        return
    state: str | None = found
    for write in cell.writes:
        state = effect(write, t.cast(str, state))
    assert state in GOALS[wanted]
    assert len(cell.writes) == shortest(found, GOALS[wanted])


@pytest.mark.parametrize(("found", "wanted", "undelete", "exists"), EVERY)
def test_a_cell_agrees_with_itself(found: Found, wanted: Wanted, undelete: bool, exists: bool) -> None:
    cell = transitions.transition(found, wanted, undelete=undelete, exists=exists)
    assert list(cell.writes) == sorted(cell.writes, key=transitions.WRITES.index), "sent in this order"
    assert (cell.action == "none") == (not cell.writes)
    assert not (cell.refused and cell.writes)
    # Data is deleted by nothing but the wish for it, and brought back by nothing but undelete.
    assert ("delete" in cell.writes) <= (wanted == "absent")
    assert ("undelete" in cell.writes) <= undelete
    if found != "soft_deleted":
        assert cell == transitions.transition(found, wanted, undelete=not undelete, exists=exists)
    if not exists and found != "unprotected":
        assert "configure" not in cell.writes
