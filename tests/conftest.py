# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets pytest run without `make`: the collection is importable under its full name, whatever the checkout's path is.

Hypothesis takes the same examples in every run and no offence at a slow machine.
"""

from __future__ import annotations

import pathlib
import sys

import hypothesis

CHECKOUT = pathlib.Path(__file__).resolve().parents[1]

# As this file is loaded, before the conftest.py of a folder below that needs it.
sys.path.insert(0, str(CHECKOUT / "tools"))
import project  # noqa: E402

project.link_collection()
if str(project.COLLECTIONS) not in sys.path:
    sys.path.insert(0, str(project.COLLECTIONS))


def pytest_configure() -> None:
    """Take the project's settings of Hypothesis."""
    hypothesis.settings.register_profile("project", deadline=None, derandomize=True, database=None)
    hypothesis.settings.load_profile("project")
