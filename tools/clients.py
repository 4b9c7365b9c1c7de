# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make clients``: drive the simulator with the az command line client and with azure.azcollection, unchanged.

Together they are more than two gigabytes, so that ``make test`` leaves them out.
"""

from __future__ import annotations

import pathlib
import sys

import environments
import project
from environments import Environment
from steps import StepFailed, Steps

AZURE_CLI = environments.TOOLS / "azure-cli.txt"


def main() -> int:
    project.link_collection()
    steps = Steps("make clients")
    newest, az = environments.newest(), Environment("az")
    # The package ansible holds azure.azcollection; pip takes the newest that the interpreter allows.
    azcollection = Environment("azcollection", ansible_core="ansible")
    ready = (
        steps.call("environment: newest", lambda: newest.ensure(*environments.RUNTIME, *environments.TESTS))
        and steps.call("environment: az", lambda: az.ensure(AZURE_CLI))
        and steps.call("environment: azure.azcollection", lambda: azcollection.ensure(_requirements(azcollection)))
    )
    if ready:
        named = {
            "CLOUDKEEP_AZ": str(az.folder / "bin" / "az"),
            "CLOUDKEEP_AZCOLLECTION_PYTHON": azcollection.python,
            "CLOUDKEEP_AZCOLLECTION_PATH": str(_requirements(azcollection).parents[3]),
        }
        command = [newest.python, "-m", "pytest", "tests/clients", *sys.argv[1:]]
        steps.run("clients", command, env={**project.environment(newest.python), **named})
    return steps.finish()


def _requirements(azcollection: Environment) -> pathlib.Path:
    """Return the requirements of azure.azcollection, which the package ansible brings along."""
    azcollection.ensure()
    found = list(
        azcollection.folder.glob("lib/python3*/site-packages/ansible_collections/azure/azcollection/requirements.txt")
    )
    if not found:
        raise StepFailed("The package ansible holds no azure.azcollection")
    return found[0]


if __name__ == "__main__":
    sys.exit(main())
