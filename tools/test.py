# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make test``: every gate with the newest packages, what uses packages again with the oldest. Quick gates first."""

from __future__ import annotations

import sys

import environments
import gates
import project
import supported
from steps import Steps


def main() -> int:
    project.link_collection()
    steps = Steps("make test")
    newest, lint = environments.newest(), environments.lint()
    oldest = environments.oldest(supported.oldest_core(supported.this_python()))
    if steps.call("environment: newest", lambda: newest.ensure(*environments.RUNTIME, *environments.TESTS)):
        gates.code(steps, newest)
        gates.tests(steps, "tests, newest packages", newest)
        gates.browser(steps, newest)
    if steps.call("environment: oldest", lambda: oldest.ensure(*environments.RUNTIME, *environments.TESTS)):
        left_out = (*gates.PURE_TESTS, *gates.LONG_TESTS)
        gates.tests(steps, f"tests, oldest packages, {oldest.ansible_core}", oldest, left_out=left_out)
    if steps.call("environment: lint", lambda: lint.ensure(environments.LINT)):
        gates.documents(steps, lint)
        gates.artifact(steps, lint)
    if newest.folder.exists():
        gates.sanity(steps, "ansible-test sanity", newest, supported.this_python())
    return steps.finish()


if __name__ == "__main__":
    sys.exit(main())
