# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page: one file with its style and its script in it, that asks nothing of anybody. Pure but for reading these two.

This file is private to the collection.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import pathlib
import typing as t

from . import causes, days, glance, lists, states, words
from .markup import Markup, data, element, join
from .needs import Need, Summary, exists
from .sections import Section, together
from .verdict import Verdict, verdict

_FOLDER: t.Final = pathlib.Path(__file__).parent


@functools.cache
def _asset(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def page(summary: Summary, title: str) -> str:
    """Return the report as one HTML document, the same for the same summary and title."""
    judged = verdict(summary)
    sections = _sections(summary)
    told = [section for section in sections if not section.quiet]
    quiet = [section for section in sections if section.quiet]
    body = join(
        element("a", "Skip to the report", href="#verdict", class_="skip"),
        _header(summary, title),
        _navigation(told) if told else None,
        element(
            "main",
            _first_screen(summary, judged),
            [section.html() for section in told],
            together(quiet) if quiet else None,
            id="report",
        ),
        _footer(summary),
        [table.data() for section in sections for table in section.tables],
        data("report-data", {"states": {state.name: [state.title, state.tone] for state in states.WORDS.values()}}),
        element("script", Markup(_asset("page.js"))),
    )
    head = join(
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy()),
        element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name_="referrer", content="no-referrer"),
        element("meta", name_="color-scheme", content="light dark"),
        element("title", f"{title}: {judged.sentence}"),
        element("style", Markup(_asset("page.css"))),
    )
    return f"<!doctype html>\n{element('html', element('head', head), element('body', body), lang='en')}\n"


def _policy() -> str:
    """Forbid everything but this very style and this very script: no request leaves, and no text becomes a script."""
    style, script = (_hash(_asset(name)) for name in ("page.css", "page.js"))
    return f"default-src 'none'; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _sections(summary: Summary) -> list[Section]:
    problems = causes.problems(summary)
    return [
        *([problems] if problems else []),
        glance.fleet(summary),
        glance.freshness(summary),
        glance.coverage(summary),
        glance.groups(summary),
        days.jobs(summary),
        lists.deadlines(summary),
        causes.failures(summary),
        lists.stale(summary),
        lists.unprotected(summary),
        lists.health(summary),
        lists.other(summary),
        causes.vaults(summary),
        causes.longest(summary),
        lists.machines(summary),
    ]


def _header(summary: Summary, title: str) -> Markup:
    many = words.counted(len(summary["subscriptions"]), "subscription")
    made = f"As of {words.time(summary['generated_at'])} UTC"
    toggle = element("button", "Dark", type="button", id="theme", aria_pressed="false", hidden=True)
    return element("header", element("h1", title), element("p", f"{made}, {many}", class_="note"), toggle)


def _navigation(sections: t.Sequence[Section]) -> Markup:
    links = [element("li", element("a", section.short, href=f"#{section.identifier}")) for section in sections]
    return element("nav", element("ul", links), aria_label="Parts of the report")


def _first_screen(summary: Summary, judged: Verdict) -> Markup:
    return element(
        "section",
        element("h2", "The verdict", id="verdict-title", class_="unseen"),
        element("p", judged.sentence, class_="sentence"),
        element("p", judged.call, class_="call"),
        element("ol", [_need(need) for need in judged.needs]) if judged.needs else None,
        _figures(summary),
        id="verdict",
        class_=judged.tone,
        aria_labelledby="verdict-title",
        tabindex=-1,
    )


def _need(need: Need) -> Markup:
    mark = element("span", "today" if need.urgent else "can wait", class_=f"state {'bad' if need.urgent else 'soon'}")
    return element(
        "li",
        element("p", element("a", need.title, href=f"#{need.section}"), " ", mark, class_="title"),
        element("p", need.detail) if need.detail else None,
        element("p", element("strong", "What to do: "), need.remedy) if need.remedy else None,
    )


def _figures(summary: Summary) -> Markup:
    counts = summary["summary"]
    jobs = summary["jobs"]["by_status"]
    failed, total = jobs.get("Failed", 0), summary["jobs"]["total"]
    fresh = sum(
        vm["age_hours"] is not None and vm["age_hours"] <= summary["rpo_hours"]
        for vm in summary["vms"]
        if exists(vm) and vm["state"] == "protected"
    )
    hours = summary["window"]["hours"]
    figures = [
        ("Covered", words.percent(counts["coverage_percent"]), "of the machines", "coverage"),
        ("Fresh", words.percent(words.share(fresh, counts["protected"])), "of the protected machines", "freshness"),
        ("Failed jobs", words.number(failed), f"of {words.number(total)} in {words.age(hours)}", "failures"),
        ("Unprotected", words.number(counts["unprotected"]), "machines", "unprotected"),
        ("Soft-deleted", words.number(counts["soft_deleted"]), "backups", "deadlines"),
    ]
    shown = [
        element(
            "li", element("a", element("b", value), element("span", name), element("small", text), href=f"#{section}")
        )
        for name, value, text, section in figures
    ]
    return element("ul", shown, class_="figures", aria_label="Key figures")


def _footer(summary: Summary) -> Markup:
    subscriptions = ", ".join(summary["subscriptions"]) or "none"
    return element(
        "footer",
        element("p", f"Subscriptions: {subscriptions}."),
        element(
            "p",
            "Made by the role report of the Ansible collection cloudkeep.azure_backup. The service was asked at ",
            element("time", f"{words.time(summary['generated_at'])} UTC", datetime=summary["generated_at"]),
            ". This file is complete in itself and sends nothing anywhere.",
        ),
    )
