# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet at a glance: states, coverage, and how old the backups are. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from . import charts, states, words
from .markup import Markup, element, join
from .needs import Summary, exists
from .sections import Section, note, nothing
from .tables import Cell, Column, Table, badge

_SIX_HOURS: t.Final = 6.0


def fleet(summary: Summary) -> Section:
    """Return how many machines are in which state."""
    counts = summary["summary"]
    rows = [
        (
            badge(name),
            float(counts[name]),
            states.tone(name),
            (words.number(counts[name]), _percent(counts[name], counts["vms"])),
        )
        for name in states.STATES
        if counts.get(name)
    ]
    gone = counts["gone"]
    if not rows and not gone:
        return nothing("fleet", "Where the machines stand", "States", "There are no machines.")
    content = []
    if rows:
        content.append(charts.bars("Machines by state", ("State", "Machines", "Share"), rows, whole=counts["vms"]))
    if gone:
        verb = "exists" if gone == 1 else "exist"
        content.append(note(f"{words.number(gone)} more no longer {verb}, but a vault still holds a backup."))
    return Section("fleet", "Where the machines stand", "States", content, wide=False)


def _percent(part: int, whole: int) -> str:
    if part and 100 * part < whole:
        return "< 1 %"
    return words.percent(words.share(part, whole))


def freshness(summary: Summary) -> Section:
    """Return how old the newest recovery points are, told apart by whether that is older than promised."""
    rpo = float(summary["rpo_hours"])
    promised = [vm for vm in summary["vms"] if exists(vm) and vm["state"] in ("protected", "waiting", "error")]
    if not promised:
        return nothing("freshness", "How fresh the backups are", "Freshness", "No machine is backed up.")
    ages = [vm["age_hours"] for vm in promised if vm["age_hours"] is not None]
    edges = _edges(rpo)
    rows: list[tuple[str | Markup, float, str, t.Sequence[str]]] = []
    for low, high in zip([0.0, *edges], [*edges, float("inf")], strict=True):
        count = sum(low < age <= high or (low == 0 and age <= 0) for age in ages)
        late = low >= rpo
        if high == float("inf"):
            label = f"More than {words.age(low)}"
        else:
            label = f"{words.age(low) if low else '0'} to {words.age(high)}"
        if count or not late:
            mark = badge_of("older than promised", "bad") if late else badge_of("as promised", "good")
            rows.append((join(label, " ", mark), float(count), "bad" if late else "good", (words.number(count),)))
    never = len(promised) - len(ages)
    if never:
        rows.append((join("None yet ", badge_of("no backup", "soon")), float(never), "soon", (words.number(never),)))
    older = sum(age > rpo for age in ages)
    kept = len(ages) - older
    text = f"Promised: a recovery point that is not older than {words.age(rpo)}."
    if ages:
        text += f" {words.counted(kept, 'machine')} {'has' if kept == 1 else 'have'} one;"
        text += f" {words.number(older)} {'has' if older == 1 else 'have'} only an older one."
    chart = charts.bars("Machines by the age of their newest recovery point", ("Age", "Machines"), rows)
    return Section("freshness", "How fresh the backups are", "Freshness", [note(text), chart], wide=False)


def badge_of(text: str, tone: str) -> Markup:
    """Return a few words with a mark."""
    return element("span", text, class_=f"state {tone}")


def _edges(rpo: float) -> list[float]:
    """Return the ends of the spans of age, the promise among them."""
    inside = [edge for edge in (_SIX_HOURS, 12.0, 24.0, 72.0) if edge < rpo - 1]
    beyond = [edge for edge in (48.0, 72.0, 168.0, 720.0) if edge > rpo]
    return [*inside, rpo, *beyond]


def coverage(summary: Summary) -> Section:
    """Return the share of protected machines by region and by resource group, the worst first."""
    regions = sorted(summary["coverage"]["by_region"], key=_worst)
    rows = [
        (
            region["name"],
            100.0 if region["coverage_percent"] is None else region["coverage_percent"],
            "good",
            (
                words.percent(region["coverage_percent"]),
                words.number(region["vms"]),
                words.number(region["unprotected"]),
            ),
        )
        for region in regions
    ]
    title = "Coverage by region"
    if not rows:
        return nothing("coverage", title, "Regions", "There are no machines.")
    text = "Protected, or waiting for the first backup; the least covered first."
    chart = charts.bars(title, ("Region", "Covered", "Machines", "Unprotected"), rows, whole=100, rest="bad")
    return Section("coverage", title, "Regions", [note(text), chart], wide=False)


def groups(summary: Summary) -> Section:
    """Return the share of protected machines of each resource group, the worst first."""
    found = sorted(summary["coverage"]["by_resource_group"], key=_worst)
    several = len(summary["subscriptions"]) > 1
    columns = [
        Column("Resource group", heads=True),
        *([Column("Subscription", choose=True)] if several else []),
        *(Column(title, "number") for title in ("Covered", "Machines", "Unprotected", "Stale")),
    ]
    rows: list[list[Cell]] = []
    for group in found:
        covered = group["coverage_percent"]
        rows.append(
            [
                group["name"],
                *([group["subscription_id"]] if several else []),
                (words.percent(covered), -1.0 if covered is None else covered),
                *((words.number(group[key]), group[key]) for key in ("vms", "unprotected", "stale")),
            ]
        )
    title = "Coverage by resource group"
    if not rows:
        return nothing("groups", title, "Resource groups", "There are no machines.")
    table = Table("groups-table", title, columns, rows, page=6)
    full = sum(group["coverage_percent"] == 100 for group in found)
    count = f"{words.number(full)} of {words.number(len(found))} in full"
    return Section("groups", title, "Resource groups", [table.html()], [table], count=count, wide=False)


def _worst(place: t.Mapping[str, t.Any]) -> tuple[float, int, str]:
    covered = place["coverage_percent"]
    return (101.0 if covered is None else covered, -place["unprotected"], place["name"])
