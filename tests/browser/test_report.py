# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report in a real browser: complete in itself, usable by keyboard, light, dark, printed, narrow."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support import hostile_text, summaries
from ansible_collections.cloudkeep.azure_backup.tests.support.reports import Reports, Show, written

RULES: t.Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


@pytest.mark.parametrize("world", ["fleet", "empty", "afternoon"])
def test_a_report_asks_for_nothing_and_complains_of_nothing(world: str, report: Reports, show: Show) -> None:
    opened = show(report(world))
    opened.page.wait_for_selector("html[data-ready]")
    assert opened.requests == [report(world).path.as_uri()]
    assert opened.complaints == []


# In the dark only the colours differ.
@pytest.mark.parametrize(
    ("world", "scheme", "rules"),
    [
        ("fleet", "light", RULES),
        ("empty", "light", RULES),
        ("afternoon", "light", RULES),
        ("afternoon", "dark", ["color-contrast"]),
        ("empty", "dark", ["color-contrast"]),
    ],
)
def test_a_report_is_accessible(world: str, scheme: str, rules: list[str], report: Reports, show: Show) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    opened = show(report(world), color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    if world != "fleet":
        opened.page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
    found = axe.run(opened.page, options={"runOnly": rules}).response
    told = [(rule["id"], rule["help"], [node["html"][:200] for node in rule["nodes"]]) for rule in found["violations"]]
    assert told == [] and len(found["passes"]) >= min(len(rules), 5)


def test_five_thousand_machines_open_without_delay(
    report: Reports, show: Show, record_property: t.Callable[[str, object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    made = report("fleet")
    opened = show(made)
    opened.page.wait_for_selector("html[data-ready]")
    ready = int(opened.page.evaluate("document.documentElement.dataset.ready"))
    script = """() => {
      const find = document.querySelector("#machines input");
      const started = performance.now();
      find.value = "sql 01";
      find.dispatchEvent(new Event("input"));
      document.querySelector("#machines th:nth-child(8) button").click();
      document.body.offsetHeight;
      return Math.round(performance.now() - started);
    }"""
    searched = opened.page.evaluate(script)
    size = made.path.stat().st_size // 1000
    record_property("interactive_ms", ready)
    with capsys.disabled():
        print(f"\n5,000 machines, {size} kB: usable after {ready} ms; found and sorted in {searched} ms")
    assert opened.text("#machines .count") == "5,010"
    assert len(opened.cells("machines-table", 1)) <= 25


def test_the_first_screen_says_it_in_words(report: Reports, show: Show) -> None:
    opened = show(report("fleet"))
    counts = report("fleet").summary["summary"]
    assert opened.text(".sentence").startswith(f"{counts['protected']:,} of {counts['vms']:,} machines are protected")
    first = opened.page.locator("#verdict li a").first
    assert first.bounding_box()["y"] < 900
    for link in opened.page.locator("#verdict a").all():
        assert opened.page.locator(link.get_attribute("href")).count() == 1


def test_an_empty_subscription(report: Reports, show: Show) -> None:
    opened = show(report("empty"))
    assert opened.text(".sentence") == "There is no virtual machine to protect."
    assert opened.page.locator("table").count() == 0
    assert "No job failed." in opened.text("#nothing")


def test_a_bad_afternoon_is_all_there(report: Reports, show: Show) -> None:
    opened = show(report("afternoon"))
    needs = {link.get_attribute("href") for link in opened.page.locator("#verdict li a").all()}
    assert {"#deadlines", "#failures", "#stale", "#unprotected", "#health", "#other"} <= needs
    assert len(opened.cells("stale-table", 1)) == 3
    assert opened.page.locator("#failures article").count() == 5
    assert opened.page.locator("#failures article ul li").count() >= 5
    assert opened.cells("deadlines-table", 4)[0] in ("47 h", "2 d")
    assert any("Agent" in problem for problem in opened.cells("health-table", 4))
    assert "Gone" in opened.text("#other-table")
    for row in opened.page.locator("#unprotected-table tbody tr").all():
        assert len(row.locator("td").last.inner_text()) > 10


def test_sorting_by_keyboard(report: Reports, show: Show) -> None:
    opened = show(report("fleet"))
    button = opened.page.get_by_role("region", name="Backups older than promised").get_by_role("button", name="Machine")
    button.focus()
    assert opened.style("#stale-table th button", "outlineStyle") == "none" or button.evaluate(
        "e => e.matches(':focus')"
    )
    opened.page.keyboard.press("Enter")
    names = opened.cells("stale-table", 1)
    assert names == sorted(names) and len(names) == 10
    head = opened.page.locator("#stale-table th").first
    assert head.get_attribute("aria-sort") == "ascending"
    opened.page.keyboard.press("Space")
    assert head.get_attribute("aria-sort") == "descending"
    assert opened.cells("stale-table", 1)[0] > names[-1]
    assert "by Machine, the largest first" in opened.text("#stale [role=status]")
    assert opened.page.locator("#stale-table th[aria-sort]").count() == 1


def test_a_column_of_numbers_is_sorted_as_numbers(report: Reports, show: Show) -> None:
    opened = show(report("fleet"))
    opened.page.locator("#groups-table th", has_text="Machines").get_by_role("button").click()
    counts = [int(text.replace(",", "")) for text in opened.cells("groups-table", 3)]
    whole = sorted((group["vms"] for group in report("fleet").summary["coverage"]["by_resource_group"]), reverse=True)
    assert counts == whole[: len(counts)]


def test_finding_by_keyboard(report: Reports, show: Show) -> None:
    opened = show(report("fleet"))
    search = opened.page.get_by_role("search", name="Find in: Every machine")
    search.get_by_label("Find").focus()
    opened.page.keyboard.type("SQL unprotected")
    vms = report("fleet").summary["vms"]
    wanted = [vm["name"] for vm in vms if "sql" in vm["name"] and vm["state"] == "unprotected"]
    assert opened.cells("machines-table", 1) == wanted[:25]
    assert f"{len(wanted)} rows found among 5,010" in opened.text("#machines [role=status]")
    search.get_by_label("Find").fill("no such machine")
    assert opened.cells("machines-table", 1) == []
    assert opened.text("#machines [role=status]") == "None found among 5,010"


def test_choosing_among_values_and_turning_pages(report: Reports, show: Show) -> None:
    opened = show(report("fleet"))
    region = opened.page.get_by_role("search", name="Find in: Every machine").get_by_label("Region")
    label = next(text for text in region.locator("option").all_inner_texts() if text.startswith("westeurope ("))
    region.select_option(label=label)
    count = sum(vm["location"] == "westeurope" for vm in report("fleet").summary["vms"])
    assert label == f"westeurope ({count:,})"
    assert set(opened.cells("machines-table", 3)) == {"westeurope"}
    assert opened.text("#machines [role=status]").startswith(f"1 to 25 of {count:,} rows")
    before = opened.cells("machines-table", 1)
    turn = opened.page.get_by_role("button", name="Next rows: Every machine")
    turn.press("Enter")
    assert opened.text("#machines [role=status]").startswith("26 to 50 of")
    assert not set(before) & set(opened.cells("machines-table", 1))
    back = opened.page.get_by_role("button", name="Previous rows: Every machine")
    back.press("Enter")
    assert opened.cells("machines-table", 1) == before and back.is_disabled()


def test_names_are_copied_as_a_survey_takes_them(report: Reports, show: Show) -> None:
    opened = show(report("afternoon"))
    search = opened.page.get_by_role("search", name="Find in: Machines that the service says need attention")
    search.get_by_role("button", name="Copy the names").click()
    opened.page.locator("#health [role=status]", has_text="copied").wait_for()
    opened.page.evaluate("document.body.append(Object.assign(document.createElement('textarea'), {id: 'pasted'}))")
    opened.page.locator("#pasted").focus()
    opened.page.keyboard.press("Control+V")
    names = opened.page.locator("#pasted").input_value().splitlines()
    vms = [vm for vm in report("afternoon").summary["vms"] if vm["unhealthy"] and vm["exists"]]
    assert names == [f"{vm['resource_group']}/{vm['name']}" for vm in vms]


def test_the_script_writes_rows_as_the_page_came(report: Reports, show: Show) -> None:
    opened = show(report("fleet"))
    still = show(report("fleet"), java_script_enabled=False)
    tables = [table.get_attribute("id") for table in still.page.locator(".list table").all()]
    assert len(tables) > 5
    for table in tables:
        before = still.page.locator(f"#{table} tbody").inner_html()
        script = "id => { dispatchEvent(new Event('beforeprint')); dispatchEvent(new Event('afterprint')); }"
        opened.page.evaluate(script, table)
        assert opened.page.locator(f"#{table} tbody").inner_html() == before, table


def test_without_javascript_the_page_is_there(report: Reports, show: Show) -> None:
    opened = show(report("fleet"), java_script_enabled=False)
    assert opened.complaints == [] or all("script" in text.lower() for text in opened.complaints)
    assert opened.page.locator("#verdict li").count() >= 5
    assert len(opened.cells("unprotected-table", 1)) == 10
    assert "These are the first 10 of" in opened.text("#unprotected .rest")
    assert not opened.page.locator("#theme").is_visible()


def test_light_and_dark(report: Reports, show: Show) -> None:
    light, dark = (show(report("afternoon"), color_scheme=scheme) for scheme in ("light", "dark"))
    colours = {opened.style("body", "backgroundColor") for opened in (light, dark)}
    assert len(colours) == 2
    button = light.page.get_by_role("button", name="Dark")
    assert button.get_attribute("aria-pressed") == "false"
    button.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    assert light.style("body", "backgroundColor") == dark.style("body", "backgroundColor")
    button.press("Enter")
    assert light.style("body", "backgroundColor") != dark.style("body", "backgroundColor")


def test_printing(report: Reports, show: Show) -> None:
    opened = show(report("afternoon"), color_scheme="dark")
    paper = opened.page.pdf(format="A4")
    assert paper.startswith(b"%PDF") and len(paper) > 20_000
    opened.page.emulate_media(media="print")
    for selector in ("nav", "#theme", ".controls", "#machines table"):
        assert not opened.page.locator(selector).first.is_visible(), selector
    assert opened.page.locator("#verdict").is_visible()
    assert opened.style("#verdict", "color") in ("rgb(26, 31, 41)", "color(srgb 0.101961 0.121569 0.160784)")


def test_a_print_has_more_rows_than_the_screen(report: Reports, show: Show) -> None:
    opened = show(report("fleet"))
    opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert len(opened.cells("unprotected-table", 1)) == 40
    assert opened.text("#unprotected [role=status]").startswith("The first 40 of ")
    assert opened.page.locator("#failures details:not([open])").count() == 0
    opened.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert len(opened.cells("unprotected-table", 1)) == 10
    assert opened.page.locator("#failures details:not([open])").count() > 0


@pytest.mark.parametrize("world", ["fleet", "empty", "afternoon"])
def test_a_narrow_screen_scrolls_down_only(world: str, report: Reports, show: Show) -> None:
    opened = show(report(world), viewport={"width": 360, "height": 780})
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_motion_is_left_out_for_those_who_ask(report: Reports, show: Show) -> None:
    assert show(report("empty"), reduced_motion="reduce").style("html", "scrollBehavior") == "auto"
    assert show(report("empty")).style("html", "scrollBehavior") == "smooth"


def test_a_table_that_scrolls_can_be_scrolled_by_keyboard(report: Reports, show: Show) -> None:
    narrow = show(report("afternoon"), viewport={"width": 600, "height": 780})
    scrolls = narrow.page.locator("#stale .scroll")
    assert scrolls.get_attribute("tabindex") == "0"
    scrolls.focus()
    narrow.page.keyboard.press("ArrowRight")
    narrow.wait_for("document.querySelector('#stale .scroll').scrollLeft > 0")
    wide = show(report("afternoon"), viewport={"width": 1700, "height": 780})
    assert wide.page.locator("#groups .scroll").get_attribute("tabindex") is None


def test_the_skip_link_is_the_first_stop(report: Reports, show: Show) -> None:
    opened = show(report("afternoon"))
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.textContent") == "Skip to the report"
    opened.page.keyboard.press("Enter")
    assert opened.page.evaluate("document.activeElement.id") == "verdict"


def test_hostile_names_are_shown_and_do_nothing(show: Show, tmp_path: pathlib.Path) -> None:
    names = [text for text in hostile_text.ATTACKS if text.isprintable() and text == text.strip()]
    vms = [
        summaries.vm(
            name=text,
            resource_group=text,
            location=text,
            state="unprotected",
            reason=summaries.reason(text, text, text),
        )
        for text in names
    ]
    made = written(
        tmp_path / "hostile.html",
        summaries.summary(vms, failures=[summaries.failure(vms, code="<b>", message=names[0])]),
    )
    opened = show(made)
    opened.page.wait_for_selector("html[data-ready]")
    opened.page.locator("#machines th button").first.click()
    opened.page.locator("#unprotected input").fill("script")
    for place in range(opened.page.locator("#machines select").count()):
        opened.page.locator("#machines select").nth(place).select_option(index=1)
    opened.page.locator("#machines select").first.select_option(index=0)
    assert opened.requests == [made.path.as_uri()] and opened.complaints == []
    assert opened.page.locator("img, iframe, svg[onload], [onmouseover]").count() == 0
    assert opened.page.evaluate("document.scripts.length") == 2 + opened.page.locator(".list").count()
    still = show(made, java_script_enabled=False)
    assert set(still.cells("machines-table", 1)) == set(names[:25]) or len(names) > 25


def test_a_script_that_came_in_anyhow_would_not_run(report: Reports, show: Show) -> None:
    opened = show(report("empty"))
    script = """() => {
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.body.append(script);
      document.body.append(Object.assign(new Image(), { src: "https://evil.example/x.png" }));
      return window.ran === undefined;
    }"""
    assert opened.page.evaluate(script)
    opened.page.wait_for_timeout(50)
    assert len([text for text in opened.complaints if "Content Security Policy" in text]) == 2
