# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated estate that several files of tests run modules against; a file that needs another makes its own."""

from __future__ import annotations

import typing as t

import pytest

if t.TYPE_CHECKING:
    from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench


@pytest.fixture(scope="module")
def running() -> t.Iterator[Bench]:
    """A simulator of a file's own."""
    # Here, as most tests of this folder need none of what it imports.
    from ansible_collections.cloudkeep.azure_backup.tests.support.bench import bench

    with bench("estate") as running:
        yield running


@pytest.fixture
def azure(running: Bench) -> Bench:
    """The simulator, as it was at first."""
    running.reset()
    return running
