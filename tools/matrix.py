# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make matrix``: the tests and the sanity tests with each supported ansible-core on each Python of this machine.

Arguments choose versions of ansible-core, of Python, or both: ``2.17 3.12``.
"""

from __future__ import annotations

import functools
import sys

import environments
import gates
import project
import supported
from steps import Steps

SETS = ("newest", "oldest")


def main() -> int:
    project.link_collection()
    steps = Steps("make matrix")
    chosen = set(sys.argv[1:])
    cores = [core for core in supported.PYTHONS_OF_CORE if core in chosen] or list(supported.PYTHONS_OF_CORE)
    pythons = [python for python in supported.PYTHONS if python in chosen] or supported.PYTHONS
    interpreters = supported.interpreters()
    for core in cores:
        for python in pythons:
            if python not in supported.PYTHONS_OF_CORE[core]:
                steps.skip(f"core {core}, Python {python}", "ansible-core does not support this Python")
            elif python not in interpreters:
                steps.skip(f"core {core}, Python {python}", "not on this machine")
            else:
                _combination(steps, core, python, interpreters[python])
    return steps.finish()


def _combination(steps: Steps, core: str, python: str, interpreter: str) -> None:
    for packages in SETS:
        name = f"core {core}, Python {python}, {packages} packages"
        environment = environments.combination(core, python, packages, interpreter)
        requirements = (*environments.RUNTIME, *environments.TESTS)
        if not steps.call(f"{name}: set up", functools.partial(environment.ensure, *requirements)):
            continue
        gates.tests(steps, f"{name}: tests", environment)
        if packages == SETS[0]:
            gates.sanity(steps, f"core {core}, Python {python}: sanity", environment, python)


if __name__ == "__main__":
    sys.exit(main())
