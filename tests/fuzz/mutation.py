# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Strategies for JSON that is almost what a service expects: a valid body in which some places are changed."""

from __future__ import annotations

import copy
import typing as t

from hypothesis import strategies as st

ODDITIES: t.Final[tuple[t.Any, ...]] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, 1e308, float("inf"), float("nan"), "", " ", "\x00", "\ud800"),
    *("null", "0", "-1", "1e999", "/", "//", "../..", "%00", "%", "'", "''", ";", ";;;;", "VM;iaasvmcontainerv2;;"),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z", "2026-02-30T25:61:61Z", "2026-01-01T00:00:00+99:99"),
    *("/subscriptions/", "/subscriptions//resourceGroups//", "Sunday", "Years", "P1D", "UTC", "Etc/../UTC", "Z" * 5000),
    *([], {}, [[]], [None], [{}], {"": None}, {"properties": None}, [[[[[[[[]]]]]]]]),
)
"""Values that other programs have stumbled over."""

Place = tuple[t.Any, ...]


def anything() -> st.SearchStrategy[t.Any]:
    """Any JSON, the oddities often."""
    # Copied, as what is drawn may be changed further.
    leaves = st.sampled_from(ODDITIES).map(copy.deepcopy) | st.text(max_size=20) | st.integers() | st.floats()
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
        max_leaves=6,
    )


@st.composite
def mutated(draw: st.DrawFn, valid: t.Any) -> t.Any:
    """A body of which up to three places are replaced, left out, doubled or wrapped; sometimes it stays as it is."""
    body = copy.deepcopy(valid)
    for _change in range(draw(st.integers(0, 3))):
        # Hypothesis prefers the first places, so the deepest come first: those above would take them away.
        found = sorted(places(body), key=len, reverse=True)
        place = draw(st.sampled_from(found))
        if not place:
            return draw(anything())
        parent = _at(body, place[:-1])
        change = draw(st.sampled_from(("replace", "replace", "leave out", "double", "wrap")))
        if change == "replace":
            parent[place[-1]] = draw(anything())
        elif change == "leave out":
            del parent[place[-1]]
        elif change == "wrap":
            parent[place[-1]] = [parent[place[-1]]]
        elif isinstance(parent, list):
            parent.append(copy.deepcopy(parent[place[-1]]))
        else:
            parent[draw(st.text(max_size=10))] = parent[place[-1]]
    return body


def places(value: t.Any, above: Place = ()) -> list[Place]:
    """Return the ways to each part of a JSON value, the whole first."""
    found = [above]
    if isinstance(value, dict):
        for name, inner in value.items():
            found += places(inner, (*above, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            found += places(inner, (*above, number))
    return found


def _at(value: t.Any, place: Place) -> t.Any:
    for part in place:
        value = value[part]
    return value
