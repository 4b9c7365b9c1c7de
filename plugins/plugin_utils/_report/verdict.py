# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the fleet's state comes to in words: one sentence, and what needs somebody. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ...module_utils._text import clean
from . import needs, words


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The first screen. ``tone`` is ``good``, ``soon`` or ``bad``."""

    tone: str
    sentence: str
    call: str
    needs: tuple[needs.Need, ...]

    def as_result(self) -> dict[str, t.Any]:
        """Return ``tone``, ``sentence``, ``call`` and ``needs``, for programs; the page's own sections are no part."""
        found = dataclasses.asdict(self)
        for need in found["needs"]:
            del need["section"]
        return {**found, "needs": list(found["needs"])}

    def lines(self) -> list[str]:
        """Return it as text, for the output of a playbook."""
        lines = [f"{self.sentence} {self.call}"]
        for place, need in enumerate(self.needs, start=1):
            lines.append(f"{place}. {need.title}{'' if need.urgent else ' (can wait)'}")
            lines += [f"   {text}" for text in (need.detail, need.remedy and f"What to do: {need.remedy}") if text]
        return [clean(line) for line in lines]


def verdict(summary: needs.Summary) -> Verdict:
    """Judge a summary."""
    found = needs.find(summary)
    urgent = sum(need.urgent for need in found)
    later = len(found) - urgent
    call = {0: "Nothing needs you today", 1: "One thing needs you today"}.get(urgent, f"{urgent} things need you today")
    if later:
        call += f"; {words.counted(later, 'other', 'others') if urgent else words.counted(later, 'thing')} can wait"
    if not summary["summary"]["vms"] and not found:
        call += ". If you expected machines: an identity sees only those that its roles reach"
    tone = "bad" if urgent else "soon" if found else "good"
    return Verdict(tone, coverage(summary), f"{call}{':' if found else '.'}", found)


def coverage(summary: needs.Summary) -> str:
    """Return how many machines are protected, as a sentence."""
    counts = summary["summary"]
    whole = counts["vms"] - counts["excluded"] - counts["elsewhere"]
    done, waiting = counts["protected"], counts["waiting"]
    if not counts["vms"] and summary["problems"]:
        return "No machine could be read."
    if not whole:
        nothing = "There is no virtual machine to protect."
        return "No machine is in the scope of this report." if counts["vms"] else nothing
    if done == whole:
        text = "The machine is protected" if whole == 1 else f"All {words.number(whole)} machines are protected"
    elif not done:
        text = "The machine is not protected" if whole == 1 else f"None of {words.number(whole)} machines is protected"
    else:
        verb = "is" if done == 1 else "are"
        text = f"{words.number(done)} of {words.counted(whole, 'machine')} {verb} protected"
    if waiting:
        text += f", {words.number(waiting)} {'waits' if waiting == 1 else 'wait'} for a first backup"
    return f"{text}."
