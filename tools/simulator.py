# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make simulator``: a simulated Azure in the foreground. Arguments are those of the simulator (``--help``)."""

from __future__ import annotations

import os
import sys

import environments
import project

MODULE = f"ansible_collections.{project.FULL_NAME}.plugins.plugin_utils._simulator"


def main() -> None:
    project.link_collection()
    python = environments.newest().ensure(*environments.RUNTIME).python
    os.chdir(project.CHECKOUT)
    os.execve(python, [python, "-m", MODULE, *sys.argv[1:]], project.environment(python))


if __name__ == "__main__":
    main()
