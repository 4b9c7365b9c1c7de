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
import supported
from environments import Environment
from steps import StepFailed, Steps

AZURE_CLI = environments.TOOLS / "azure-cli.txt"
ANSIBLE = "ansible==14.5.0"
"""Holds azure.azcollection 3.21.0."""
PYTHONS_OF_ANSIBLE = ("3.12", "3.13", "3.14")


def main() -> int:
    project.link_collection()
    steps = Steps("make clients")
    newest = environments.newest()
    if steps.call("environment: newest", lambda: newest.ensure(*environments.RUNTIME, *environments.TESTS)):
        named = {**_az(steps), **_azcollection(steps)}
        command = [newest.python, "-m", "pytest", "tests/clients", *sys.argv[1:]]
        steps.run("clients", command, env={**project.environment(newest.python), **named})
    return steps.finish()


def _az(steps: Steps) -> dict[str, str]:
    """Install az; return the variables by which the tests find it."""
    az = Environment("az")
    ready = steps.call("environment: az", lambda: az.ensure(AZURE_CLI))
    return {"CLOUDKEEP_AZ": str(az.folder / "bin" / "az")} if ready else {}


def _azcollection(steps: Steps) -> dict[str, str]:
    """Install azure.azcollection with what it requires; return the variables by which the tests find it."""
    name = "environment: azure.azcollection"
    found = supported.interpreters()
    usable = [found[version] for version in PYTHONS_OF_ANSIBLE if version in found]
    if not usable:
        steps.skip(name, f"{ANSIBLE} needs Python {PYTHONS_OF_ANSIBLE[0]} or newer")
        return {}
    environment = Environment("azcollection", ansible_core=ANSIBLE, interpreter=usable[0])
    if not steps.call(name, lambda: environment.ensure(_requirements(environment))):
        return {}
    return {
        "CLOUDKEEP_AZCOLLECTION_PYTHON": environment.python,
        "CLOUDKEEP_AZCOLLECTION_PATH": str(_requirements(environment).parents[3]),
    }


def _requirements(environment: Environment) -> pathlib.Path:
    """Return the requirements of azure.azcollection, which the package ansible brings along."""
    environment.ensure()
    path = "lib/python3*/site-packages/ansible_collections/azure/azcollection/requirements.txt"
    found = list(environment.folder.glob(path))
    if not found:
        raise StepFailed(f"{ANSIBLE} holds no azure.azcollection")
    return found[0]


if __name__ == "__main__":
    sys.exit(main())
