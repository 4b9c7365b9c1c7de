# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import fcntl
import pathlib
import subprocess
import sys

import pytest

import project


@pytest.fixture(scope="session")
def collections(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Build the collection and install the artifact, as a project's requirements.yml does."""
    folder = tmp_path_factory.mktemp("artifact")
    # With no other collections in sight: what is installed already would not be installed again.
    env = {**project.environment(sys.executable, collections=folder / "installed"), "HOME": str(folder)}
    galaxy = [sys.executable, "-m", "ansible", "galaxy", "collection"]
    # Tests that run at the same time share the copy.
    with (project.WORK / "copy.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        built = [*galaxy, "build", str(project.copy_collection()), "--output-path", str(folder)]
        subprocess.run(built, env=env, check=True, capture_output=True, timeout=120)
    (artifact,) = folder.glob("*.tar.gz")
    installed = [*galaxy, "install", str(artifact), "--collections-path", str(folder / "installed"), "--offline"]
    subprocess.run(installed, env=env, check=True, capture_output=True, timeout=120)
    return folder / "installed"
