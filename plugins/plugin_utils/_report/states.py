# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The states of a machine, as the report calls them. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t


@dataclasses.dataclass(frozen=True)
class State:
    """A state: the word of the data, that of people, its tone (``good``, ``soon``, ``bad``, ``none``), its meaning."""

    name: str
    title: str
    tone: str
    meaning: str


STATES: t.Final = {
    state.name: state
    for state in (
        State("protected", "Protected", "good", "A vault backs it up, and there is a backup."),
        State("waiting", "Waiting", "soon", "A vault protects it; the first backup has not been made yet."),
        State("unprotected", "Unprotected", "bad", "No vault that was looked at holds a backup of it."),
        State("error", "In error", "bad", "The service could not set up its protection."),
        State(
            "soft_deleted", "Soft-deleted", "bad", "Its backup was deleted; the vault keeps the data until a deadline."
        ),
        State("stopped", "Stopped", "soon", "No more backups are made; the data is kept."),
        State("suspended", "Suspended", "soon", "No more backups are made; the data is kept as the policy says."),
        State("unknown", "Unknown", "soon", "Something could not be read, so nobody can say."),
        State("elsewhere", "Elsewhere", "none", "A vault holds it that this report was not asked about."),
        State("excluded", "Excluded", "none", "Left out of this report on purpose."),
    )
}

GONE: t.Final = State("gone", "Gone", "soon", "The machine no longer exists, but a vault still holds a backup.")
"""In place of the state of a machine that does not exist, which is not one of the machines that are counted."""

WORDS: t.Final = {**STATES, GONE.name: GONE}


def title(name: str) -> str:
    """Return the word for people; a state that came later is written as it is."""
    return WORDS[name].title if name in WORDS else name.replace("_", " ").capitalize()


def tone(name: str) -> str:
    """Return whether a state is ``good``, ``soon``, ``bad`` or ``none``."""
    return WORDS[name].tone if name in WORDS else "none"
