# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make quickstart``: the quickstart playbook against a simulated Azure. ansible-playbook gets the arguments."""

from __future__ import annotations

import subprocess
import sys
import time

import environments
import project

SHORT = {"ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false"}


def main() -> int:
    started = time.monotonic()
    project.link_collection()
    python = environments.newest().ensure(*environments.RUNTIME).python
    ready = time.monotonic()
    command = [python, "-m", "ansible", "playbook", f"{project.FULL_NAME}.quickstart", *sys.argv[1:]]
    env = {**project.environment(python), **SHORT}
    try:
        status = subprocess.run(command, env=env, cwd=project.CHECKOUT, check=False).returncode
    except KeyboardInterrupt:
        print("make quickstart: interrupted. Its simulated Azure ends by itself in an hour; the next run begins anew.")
        return 130
    ended = time.monotonic()
    words = "ended well" if status == 0 else f"failed with exit status {status}"
    print(f"make quickstart: {words}, {ended - ready:.0f} s (and {ready - started:.0f} s to set up)")
    return status


if __name__ == "__main__":
    sys.exit(main())
