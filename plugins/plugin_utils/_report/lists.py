# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lists of machines: who needs what, and all of them. Pure. This file is private to the collection."""

from __future__ import annotations

import collections
import typing as t

from . import charts, states, words
from .markup import element
from .needs import Summary, Vm, exists, hours_left, is_gone, reason
from .sections import Section, nothing
from .tables import Cell, Column, Table

_MACHINE: t.Final = (Column("Machine", heads=True), Column("Resource group", choose=True))
_WHAT: t.Final = Column("What to do", "long")
_WHY: t.Final = (Column("Why", "long"), _WHAT)


def _several(summary: Summary) -> bool:
    return len(summary["subscriptions"]) > 1


def _columns(summary: Summary) -> tuple[Column, ...]:
    """Return the columns that say which machine it is: names come again in other subscriptions."""
    return (*_MACHINE, Column("Subscription", choose=True)) if _several(summary) else _MACHINE


def _machine(summary: Summary, vm: Vm) -> list[Cell]:
    named: list[Cell] = [vm["name"], vm["resource_group"] or "-"]
    return [*named, vm["subscription_id"]] if _several(summary) else named


def _why(vm: Vm) -> list[Cell]:
    found = vm["reason"] or {}
    return [found.get("message") or "-", found.get("remedy") or "-"]


def _state(vm: Vm) -> str:
    return vm["state"] if exists(vm) else states.GONE.name


def _age(vm: Vm) -> Cell:
    hours = vm["age_hours"]
    return ("none yet", float("1e9")) if hours is None else (words.age(hours), hours)


def _time(text: str | None) -> Cell:
    return words.time(text), text or ""


def unprotected(summary: Summary) -> Section:
    """Return the machines that nothing backs up: the reasons with their fixes, then each machine."""
    found = [vm for vm in summary["vms"] if vm["state"] == "unprotected"]
    if not found:
        text = "Every machine is in a vault." if summary["summary"]["vms"] else "There are no machines."
        return nothing("unprotected", "Unprotected machines", "Unprotected", text)
    causes = collections.Counter((reason(vm), _why(vm)[1]) for vm in found)
    fixes = [
        (
            element("span", element("strong", why), " ", str(fix), class_="fix"),
            float(count),
            "bad",
            (words.number(count),),
        )
        for (why, fix), count in causes.most_common(12)
    ]
    columns = [*_columns(summary), Column("Region", choose=True), Column("Reason", choose=True), *_WHY]
    rows = [[*_machine(summary, vm), vm["location"] or "-", reason(vm), *_why(vm)] for vm in found]
    table = Table("unprotected-table", "Unprotected machines", columns, rows)
    content = [charts.bars("Reasons, each with its fix", ("Reason and fix", "Machines"), fixes), table.html()]
    return Section(
        "unprotected", "Unprotected machines", "Unprotected", content, [table], count=words.number(len(found))
    )


def stale(summary: Summary) -> Section:
    """Return the machines whose newest backup is older than promised, the oldest first."""
    found = [vm for vm in summary["vms"] if vm["stale"] and exists(vm)]
    title = "Backups older than promised"
    if not found:
        return nothing("stale", title, "Stale", f"None is older than {words.age(float(summary['rpo_hours']))}.")
    found.sort(key=lambda vm: -(vm["age_hours"] if vm["age_hours"] is not None else float("inf")))
    columns = [
        *_columns(summary),
        Column("Vault", choose=True),
        Column("Age of the newest backup", "number"),
        Column("It was made (UTC)"),
        Column("Last try", choose=True),
        *_WHY,
    ]
    rows = [
        [
            *_machine(summary, vm),
            vm["vault_name"] or "-",
            _age(vm),
            _time(vm["last_recovery_point"]),
            vm["last_backup_status"] or "-",
            *_why(vm),
        ]
        for vm in found
    ]
    table = Table("stale-table", title, columns, rows)
    return Section("stale", title, "Stale", [table.html()], [table], count=words.number(len(found)))


def deadlines(summary: Summary) -> Section:
    """Return the soft-deleted backups, the one that is lost first on top."""
    found = [(hours_left(summary, vm), vm) for vm in summary["vms"] if vm["state"] == "soft_deleted"]
    title = "Deleted backups that can still be brought back"
    if not found:
        return nothing("deadlines", title, "Deadlines", "No backup is soft-deleted.")
    found.sort(key=lambda entry: float("inf") if entry[0] is None else entry[0])
    columns = [
        *_columns(summary),
        Column("Vault", choose=True),
        Column("Lost in", "number"),
        Column("Lost for good on (UTC)"),
        Column("The machine", choose=True),
        _WHAT,
    ]
    rows: list[list[Cell]] = [
        [
            *_machine(summary, vm),
            vm["vault_name"] or "-",
            (words.age(left), 1e9 if left is None else left),
            _time(vm["deleted_permanently_at"]),
            "exists" if vm["exists"] else "no longer exists" if vm["exists"] is False else "not known",
            _why(vm)[1],
        ]
        for left, vm in found
    ]
    table = Table("deadlines-table", "Soft-deleted backups, soonest deadline first", columns, rows)
    return Section("deadlines", title, "Deadlines", [table.html()], [table], count=words.number(len(found)))


def health(summary: Summary) -> Section:
    """Return the machines of which the service says that they need something, such as an agent that does not answer."""
    found = [vm for vm in summary["vms"] if vm["unhealthy"] and exists(vm)]
    title = "Agents and health"
    if not found:
        return nothing("health", title, "Health", "The service reports no machine that needs attention.")
    columns = [*_columns(summary), Column("Vault", choose=True), Column("Problem", choose=True), *_WHY]
    rows: list[list[Cell]] = []
    for vm in found:
        entries = vm["health"] or [
            {"code": None, "title": vm["health_status"] or "-", "message": "", "recommendations": []}
        ]
        for entry in entries:
            remedy = " ".join(entry["recommendations"]) or str(_why(vm)[1])
            problem = entry["title"] or entry["message"] or str(entry["code"] or "-")
            rows.append([*_machine(summary, vm), vm["vault_name"] or "-", problem, entry["message"] or "-", remedy])
    table = Table("health-table", "Machines that the service says need attention", columns, rows)
    return Section("health", title, "Health", [table.html()], [table], count=words.number(len(found)))


def other(summary: Summary) -> Section:
    """Return the machines that are stopped, suspended, in error, unknown, or gone while their backup goes on."""
    chosen = ("error", "stopped", "suspended", "unknown")
    found = [vm for vm in summary["vms"] if vm["state"] in chosen or is_gone(vm)]
    title = "Stopped, in error, or gone"
    if not found:
        return nothing("other", title, "Stopped, error, gone", "None.")
    found.sort(key=lambda vm: (vm["state"] != "error", not is_gone(vm)))
    columns = [
        *_columns(summary),
        Column("State", "state", choose=True),
        Column("Vault", choose=True),
        *_WHY,
    ]
    rows: list[list[Cell]] = [[*_machine(summary, vm), _state(vm), vm["vault_name"] or "-", *_why(vm)] for vm in found]
    table = Table("other-table", title, columns, rows)
    return Section("other", title, "Stopped, error, gone", [table.html()], [table], count=words.number(len(found)))


def machines(summary: Summary) -> Section:
    """Return every machine."""
    found = summary["vms"]
    title = "Every machine"
    if not found:
        return nothing("machines", title, "Every machine", "There are no machines.")
    columns = [
        *_columns(summary),
        Column("Region", choose=True),
        Column("State", "state", choose=True),
        Column("Vault", choose=True),
        Column("Policy", choose=True),
        Column("Age of the newest backup", "number"),
        Column("Last try", choose=True),
    ]
    rows: list[list[Cell]] = [
        [
            *_machine(summary, vm),
            vm["location"] or "-",
            _state(vm),
            vm["vault_name"] or "-",
            vm["policy_name"] or "-",
            ("-", -1.0) if vm["age_hours"] is None else _age(vm),
            vm["last_backup_status"] or "-",
        ]
        for vm in found
    ]
    table = Table("machines-table", title, columns, rows, page=25)
    meanings = [
        element("div", element("dt", state.title), element("dd", state.meaning), class_=state.tone)
        for state in states.WORDS.values()
        if summary["summary"].get(state.name)
    ]
    words_meant = element("details", element("summary", "What the states mean"), element("dl", meanings))
    return Section(
        "machines", title, "Every machine", [table.html(), words_meant], [table], count=words.number(len(found))
    )
