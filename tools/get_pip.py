# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands in for the get-pip script that ansible-test would download to put pip into a new virtual environment.

It is called as the original is: with the packages to install, ``--no-setuptools`` and ``--no-wheel`` among the options.
"""

from __future__ import annotations

import subprocess
import sys


def main() -> int:
    # As a process of its own: it sets variables that would make pip ignore its settings.
    subprocess.run([sys.executable, "-m", "ensurepip", "--upgrade", "--default-pip"], check=True)
    arguments = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
    if all(argument.startswith("-") for argument in arguments):
        return 0
    return subprocess.run([sys.executable, "-m", "pip", "install", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
