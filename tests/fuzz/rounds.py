# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One example each: what is sent to a simulator before it is looked at."""

from __future__ import annotations

import typing as t
import urllib.parse

from hypothesis import strategies as st

from . import raw, structured
from .target import Target

MOST_CALLS: t.Final = 8


def requests(target: Target, names: structured.Names, data: st.DataObject) -> None:
    """Send some calls, one after the other, from the start on; raises Finding."""
    target.reset()
    target.sign_in()
    link: str | None = None
    for number in range(data.draw(st.integers(1, MOST_CALLS), "calls")):
        # Drawn in any case: what is drawn must not depend on what the simulator answers.
        follow = data.draw(st.integers(0, 3), "follow") == 0
        call = data.draw(structured.calls(names), f"call {number}")
        if link and follow:
            answer = target.send("GET", link, {"Authorization": f"Bearer {target.token}"}, b"")[1]
        else:
            answer = call.send(target)
        link = _place(answer.get("azure-asyncoperation") or answer.get("location")) or link
    target.control("DELETE", "faults")
    target.check()


def conversation(target: Target, data: st.DataObject) -> None:
    """Hold one conversation; raises Finding."""
    data.draw(raw.conversations()).hold(target)
    target.check()


def _place(url: str | None) -> str | None:
    """Return path and query of a URL."""
    if not url:
        return None
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(("", "", parts.path, parts.query, ""))
