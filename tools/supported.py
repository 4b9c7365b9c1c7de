# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which ansible-core runs on which Python, and which Pythons this machine has."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

PYTHONS_OF_CORE = {
    "2.17": ("3.10", "3.11", "3.12"),
    "2.18": ("3.11", "3.12", "3.13"),
    "2.19": ("3.11", "3.12", "3.13"),
    "2.20": ("3.12", "3.13", "3.14"),
    "2.21": ("3.12", "3.13", "3.14"),
}
"""Supported ansible-core -> the Pythons that its controller supports."""

PYTHONS = sorted({python for pythons in PYTHONS_OF_CORE.values() for python in pythons})


def this_python() -> str:
    """The version of the running interpreter, as ``3.11``."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def oldest_core(python: str) -> str:
    """The oldest supported ansible-core for a Python; the newest of all for a Python that none names yet."""
    return next((core for core, pythons in PYTHONS_OF_CORE.items() if python in pythons), list(PYTHONS_OF_CORE)[-1])


def interpreters() -> dict[str, str]:
    """Python version -> an interpreter of this machine that works and can make virtual environments."""
    found: dict[str, str] = {this_python(): sys.executable}
    folders = [pathlib.Path(folder) for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if folder]
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv")) / "versions"
    folders += sorted(pyenv.glob("*/bin"), reverse=True)
    for folder in folders:
        for candidate in folder.glob("python3.*"):
            version = candidate.name.removeprefix("python")
            if version not in found and re.fullmatch(r"3\.\d+", version) and version in PYTHONS and _works(candidate):
                found[version] = str(candidate)
    return dict(sorted(found.items()))


def _works(candidate: pathlib.Path) -> bool:
    command = [str(candidate), "-c", "import ensurepip, ssl, venv"]
    try:
        return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
