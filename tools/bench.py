# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make bench``: measure time, memory and requests of whole fleets against the simulator. Arguments: ``--help``."""

from __future__ import annotations

import os
import sys

import environments
import project

MODULE = f"ansible_collections.{project.FULL_NAME}.tests.benchmarks"


def main() -> None:
    project.link_collection()
    python = environments.newest().ensure(*environments.RUNTIME).python
    os.chdir(project.WORK)
    os.execve(python, [python, "-m", MODULE, *sys.argv[1:]], project.environment(python))


if __name__ == "__main__":
    main()
