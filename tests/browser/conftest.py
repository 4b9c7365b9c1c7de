# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opens reports in a real browser. Without one, or without the package that drives it, these tests are skipped."""

from __future__ import annotations

import typing as t

import pytest

# The collection and the tools can be imported only after tests/conftest.py was called: hence inside the functions.


@pytest.fixture(scope="session")
def browser() -> t.Iterator[t.Any]:
    """Start the browser."""
    import chromium

    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed; make test installs it")
    program = chromium.find()
    if program is None:
        pytest.skip(
            "there is no Chromium on this machine; make test installs it where root runs it and apt-get is there"
        )
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=list(chromium.SWITCHES))
        yield started
        started.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory, browser: t.Any) -> t.Any:
    """Make the reports of worlds, each once."""
    from ansible_collections.cloudkeep.azure_backup.tests.support import reports

    return reports.Reports(tmp_path_factory.mktemp("reports"))


@pytest.fixture
def show(browser: t.Any) -> t.Iterator[t.Any]:
    """Open reports in the browser."""
    from ansible_collections.cloudkeep.azure_backup.tests.support import reports

    opener = reports.Show(browser)
    yield opener
    opener.close()
