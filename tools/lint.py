# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make lint``: the gates that need no test run and no build."""

from __future__ import annotations

import sys

import environments
import gates
import project
from steps import Steps


def main() -> int:
    project.link_collection()
    steps = Steps("make lint")
    gates.code(steps, environments.newest().ensure(*environments.RUNTIME, *environments.TESTS))
    gates.documents(steps, environments.lint().ensure(environments.LINT))
    return steps.finish()


if __name__ == "__main__":
    sys.exit(main())
