# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What went wrong and with whom: failures by cause, what could not be read, the longest jobs; and the vaults. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from . import charts, words
from .markup import Markup, element, join
from .needs import Summary
from .sections import Section, note, nothing
from .tables import Cell, Column, Table

_STORAGE: t.Final[t.Mapping[str, str]] = {
    "GRSStorageUsage": "geo-redundant",
    "LRSStorageUsage": "locally redundant",
    "ZRSStorageUsage": "zone-redundant",
    "RAGRSStorageUsage": "geo-redundant, readable",
}


def failures(summary: Summary) -> Section:
    """Return the failed jobs by cause: those that nothing made good yet first."""
    found = sorted(summary["failures"], key=lambda cause: (cause["recovered"], -_open(cause)))
    title = "Failures by cause"
    if not found:
        return nothing("failures", title, "Failures", "No job failed.")
    tables: list[Table] = []
    parts = [_cause(place, cause, tables) for place, cause in enumerate(found)]
    jobs = sum(cause["count"] for cause in found)
    count = f"{words.counted(jobs, 'job')}, {words.counted(len(found), 'cause')}"
    return Section("failures", title, "Failures", parts, tables, count=count)


def _open(cause: t.Mapping[str, t.Any]) -> int:
    return sum(not vm["recovered"] for vm in cause["vms"])


def _cause(place: int, cause: t.Mapping[str, t.Any], tables: list[Table]) -> Markup:
    left = _open(cause)
    machines = len(cause["vms"])
    if left:
        state = element(
            "span", f"{words.number(left)} of {words.counted(machines, 'machine')} still failing", class_="state bad"
        )
    else:
        state = element("span", "settled since", class_="state good")
    steps = [element("li", words.sentence(step)) for step in cause["recommendations"]]
    times = f"{words.counted(cause['count'], 'job')}, {words.time(cause['first'])} to {words.time(cause['last'])} UTC"
    number = f" ({cause['number']})" if cause["number"] else ""
    facts = [
        element("p", element("code", cause["code"]), number, ". ", times, ".", class_="note"),
        element("p", element("strong", "What to do")) if steps else None,
        element("ul", steps) if steps else None,
        element("p", "Microsoft's troubleshooting topic: ", element("q", cause["topic"])) if cause["topic"] else None,
    ]
    columns = [
        Column("Machine", heads=True),
        Column("Resource group"),
        Column("Vault", choose=True),
        Column("Operation", choose=True),
        Column("Failed jobs", "number"),
        Column("Last (UTC)"),
        Column("Since then", choose=True),
        Column("Last job"),
    ]
    rows: list[list[Cell]] = [
        [
            vm["name"],
            vm["resource_group"] or "-",
            vm["vault_name"] or "-",
            vm["operation"],
            (words.number(vm["count"]), vm["count"]),
            (words.time(vm["last"]), vm["last"] or ""),
            "settled" if vm["recovered"] else "still failing",
            vm["job_id"] or "-",
        ]
        for vm in sorted(cause["vms"], key=lambda vm: vm["recovered"])
    ]
    name = f"Machines of the cause {cause['code']}"
    table = Table(f"failure-{place}-table", name, columns, rows, page=10)
    tables.append(table)
    heading = element("h3", words.sentence(cause["message"] or cause["code"]), " ", state)
    who = element(
        "details",
        element("summary", words.counted(machines, "machine")),
        table.html(),
        open=bool(left) and machines <= 10,
    )
    return element("article", heading, *facts, who, class_="cause bad" if left else "cause")


def problems(summary: Summary) -> Section | None:
    """Return what could not be read, None where all was."""
    found = summary["problems"]
    if not found:
        return None
    items = []
    for problem in found:
        place = problem["vault_name"] or problem["subscription_id"] or "-"
        error = problem["error"]
        steps = " ".join(error["recommendations"])
        what = {"vms": "its machines are unknown", "jobs": "its jobs are missing", "usage": "its storage is unknown"}
        items.append(
            element(
                "li",
                element("strong", place),
                f": {what.get(problem['affects'], problem['affects'])}. ",
                f"{words.sentence(error['message'])} {steps} ",
                element("code", error["code"]) if error["code"] else None,
            )
        )
    content = [note("What is missing here is missing from every number of this report."), element("ul", items)]
    return Section("problems", "What could not be read", "Not readable", content, count=words.number(len(items)))


def longest(summary: Summary) -> Section:
    """Return the jobs that took longest."""
    found = summary["jobs"]["longest"]
    title = "The longest jobs"
    if not found:
        return nothing("longest", title, "Longest jobs", "There was no job.")
    rows: list[tuple[str | Markup, float, str, t.Sequence[str]]] = [
        (
            join(
                job["vm_name"] or "-",
                " ",
                element("span", f"{job['operation']}, {words.time(job['start_time'])}", class_="note"),
            ),
            float(job["duration"] or 0),
            {"Failed": "bad", "Completed": "good"}.get(job["status"], "soon"),
            (words.age((job["duration"] or 0) / 3600), job["status"]),
        )
        for job in found
    ]
    return Section("longest", title, "Longest jobs", [charts.bars(title, ("Machine", "Took", "Ended"), rows)])


def vaults(summary: Summary) -> Section:
    """Return the vaults: what they hold, their storage where the service tells, and how they are set up."""
    found = summary["vaults"]
    title = "Vaults and storage"
    if not found:
        return nothing("vaults", title, "Vaults", "There is no vault.")
    ordered = sorted(found, key=lambda vault: -_bytes(vault))
    content: list[Markup] = []
    stored = [vault for vault in ordered if vault["storage"]]
    if stored:
        rows: list[tuple[str | Markup, float, str, t.Sequence[str]]] = [
            (vault["name"], _bytes(vault), "none", (words.size(_bytes(vault)), _kinds(vault))) for vault in stored[:15]
        ]
        content.append(charts.bars("Storage by vault", ("Vault", "Storage", "Kind"), rows))
        if len(stored) > len(rows):
            content.append(note(f"These are the {len(rows)} largest; the next table has all."))
    else:
        content.append(note("The service does not tell how much storage the vaults use."))
    columns = [
        Column("Vault", heads=True),
        Column("Resource group"),
        Column("Region", choose=True),
        Column("Machines", "number"),
        Column("Soft-deleted", "number"),
        Column("Storage", "number"),
        Column("Failed jobs", "number"),
        Column("Redundancy", choose=True),
        Column("Soft delete"),
        Column("Immutability", choose=True),
    ]
    cells: list[list[Cell]] = [
        [
            vault["name"],
            vault["resource_group"],
            vault["location"] or "-",
            (words.number(vault["protected_items"]), vault["protected_items"])
            if vault["readable"]
            else ("not readable", -1.0),
            (words.number(vault["soft_deleted_items"]), vault["soft_deleted_items"]),
            (words.size(_bytes(vault)), _bytes(vault)) if vault["storage"] else ("-", -1.0),
            (
                f"{words.number(vault['jobs']['failed'])} of {words.number(vault['jobs']['total'])}",
                vault["jobs"]["failed"],
            ),
            vault["redundancy"] or "-",
            _soft_delete(vault),
            vault["immutability"] or "-",
        ]
        for vault in ordered
    ]
    table = Table("vaults-table", "Vaults", columns, cells, page=15)
    content.append(table.html())
    return Section("vaults", title, "Vaults", content, [table], count=words.number(len(found)))


def _bytes(vault: t.Mapping[str, t.Any]) -> float:
    return float(sum(entry["bytes"] or 0 for entry in vault["storage"]))


def _kinds(vault: t.Mapping[str, t.Any]) -> str:
    return ", ".join(_STORAGE.get(entry["name"], entry["name"]) for entry in vault["storage"] if entry["bytes"]) or "-"


def _soft_delete(vault: t.Mapping[str, t.Any]) -> str:
    state = vault["soft_delete"] or "-"
    days = vault["soft_delete_days"]
    return f"{state}, {words.counted(days, 'day')}" if days else state
