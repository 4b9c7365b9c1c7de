# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients of Azure that this project did not write, against the simulator.

They are large, so they are not installed for ``make test``. ``make clients`` installs them; who has them says where:

* ``CLOUDKEEP_AZ``: the ``az`` executable (tried with azure-cli 2.91.0)
* ``CLOUDKEEP_AZCOLLECTION_PYTHON``: a Python with ansible-core and the requirements of azure.azcollection, and
  ``CLOUDKEEP_AZCOLLECTION_PATH``: the folder that holds its ``ansible_collections`` (tried with 3.21.0)

What isn't named is skipped.
"""

from __future__ import annotations

import os
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "clients: drives the simulator with a client that this project did not write")


@pytest.fixture(scope="session")
def named_by() -> t.Callable[[str], str]:
    """Return what an environment variable names, or skip the test."""

    def value_of(variable: str) -> str:
        value = os.environ.get(variable, "")
        if not value:
            pytest.skip(f"{variable} is not set")
        return value

    return value_of


@pytest.fixture(scope="module")
def azure() -> t.Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture(scope="module")
def environment(azure: RunningSimulator) -> dict[str, str]:
    """The caller's environment without any Azure of its own, pointed at the simulator."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "ARM_", "ANSIBLE_"))}
    # The collections of this project are no business of other clients.
    mine.pop("PYTHONPATH", None)
    return {**mine, **azure.env}
