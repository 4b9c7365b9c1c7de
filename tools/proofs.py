# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make proofs``: take many more random examples than the tests do, and kill more runs. Arguments: how many.

The examples are other ones each time. One that fails is made as small as it goes, which can take minutes.
"""

from __future__ import annotations

import subprocess
import sys

import environments
import project

TESTS = (
    "tests/unit/test_any_fleet.py",
    "tests/unit/test_killed_runs.py",
    "tests/unit/plugins/module_utils/_domain/test_plan_properties.py",
)
EXAMPLES = "300"

if __name__ == "__main__":
    python = environments.newest().ensure(*environments.RUNTIME, *environments.TESTS).python
    env = {**project.environment(python), "PROOFS_EXAMPLES": (sys.argv[1:] or [EXAMPLES])[0]}
    sys.exit(
        subprocess.run([python, "-m", "pytest", "-q", *TESTS], cwd=project.CHECKOUT, env=env, check=False).returncode
    )
