# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make build``: the archive that ansible-galaxy installs, in ``.work/dist``."""

from __future__ import annotations

import sys

import environments
import gates
import project
from steps import Steps


def main() -> int:
    project.link_collection()
    environment = environments.newest().ensure(*environments.RUNTIME)
    steps = Steps("make build")
    gates.build(steps, environment)
    return steps.finish()


if __name__ == "__main__":
    sys.exit(main())
