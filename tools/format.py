# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make format``: sort the imports and put the code into ruff's form."""

from __future__ import annotations

import subprocess
import sys

import environments
import project


def main() -> int:
    project.link_collection()
    python = environments.newest().ensure(*environments.RUNTIME, *environments.TESTS).python
    for command in (["check", "--select", "I", "--fix"], ["format"]):
        status = subprocess.run([python, "-m", "ruff", *command, "."], cwd=project.CHECKOUT, check=False).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
