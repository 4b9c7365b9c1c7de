# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports for the browser: written from a simulated world or from any summary, and opened in a page that is watched."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

from ansible_collections.cloudkeep.azure_backup.plugins.filter import vm_backup_summary

from .modules import run_module
from .simulator import running_simulator

WORLDS: t.Final = {"fleet": "fleet:5000:5:lived", "empty": "fleet:0", "afternoon": "bad-afternoon"}


@dataclasses.dataclass(frozen=True)
class Report:
    """A report that was written, and the summary that it was made of."""

    path: pathlib.Path
    summary: dict[str, t.Any]


class Reports:
    """The reports of the worlds, each made once."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._made: dict[str, Report] = {}

    def __call__(self, name: str) -> Report:
        if name not in self._made:
            with running_simulator(world=WORLDS[name]) as azure:
                found = dict(run_module("vm_backup_summary_info", azure, {"last_hours": 720}))
            self._made[name] = written(self._folder / f"{name}.html", found)
        return self._made[name]


def written(path: pathlib.Path, summary: dict[str, t.Any]) -> Report:
    """Write the report of a summary."""
    path.write_text(vm_backup_summary.to_html(summary), encoding="utf-8")
    return Report(path, summary)


@dataclasses.dataclass
class Opened:
    """A page in the browser, with all that it asked for and complained of."""

    page: t.Any
    requests: list[str]
    complaints: list[str]

    def text(self, selector: str) -> str:
        """Return what is shown of the first such element."""
        return t.cast("str", self.page.locator(selector).first.inner_text())

    def cells(self, table: str, column: int) -> list[str]:
        """Return the cells of a column, the first is 1, of the rows that the page has."""
        return t.cast("list[str]", self.page.locator(f"#{table} tbody tr > :nth-child({column})").all_inner_texts())

    def style(self, selector: str, name: str) -> str:
        """Return a property of the style of the first such element."""
        script = "([selector, name]) => getComputedStyle(document.querySelector(selector))[name]"
        return t.cast("str", self.page.evaluate(script, [selector, name]))

    def wait_for(self, condition: str) -> None:
        """Wait until JavaScript is true. The page's policy forbids the browser's driver to do that by itself."""
        for _look in range(100):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(f"{condition} did not come true")


class Show:
    """Opens reports in a browser; what is given are settings of the browser, such as ``color_scheme``."""

    def __init__(self, browser: t.Any) -> None:
        self._browser = browser
        self._contexts: list[t.Any] = []

    def __call__(self, made: Report, **settings: t.Any) -> Opened:
        context = self._browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **settings})
        self._contexts.append(context)
        opened = Opened(context.new_page(), [], [])

        def dismiss(dialog: t.Any) -> None:
            opened.complaints.append(dialog.message)
            dialog.dismiss()

        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.on("console", lambda message: opened.complaints.append(message.text))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.on("dialog", dismiss)
        opened.page.goto(made.path.as_uri())
        return opened

    def close(self) -> None:
        """Close all pages."""
        for context in self._contexts:
            context.close()
