# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The browser of the tests: one that the machine has, or Debian's, installed where that can be done."""

from __future__ import annotations

import os
import shutil
import subprocess
import typing as t

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""With these it starts without a screen, as root, and asks nothing of the network by itself."""

Run = t.Callable[..., "subprocess.CompletedProcess[str]"]


class Missing(Exception):
    """There is no browser; the message says why."""


def ensure(run: Run = subprocess.run) -> str:
    """Return the path of a browser that starts, after installing one where there is none. Raises Missing."""
    found = find(run)
    if found:
        return found
    if not shutil.which("apt-get"):
        raise Missing("there is no Chromium, and no apt-get to install it with")
    if os.geteuid():
        raise Missing("there is no Chromium, and only root may install it: apt-get install chromium")
    print("Installing Chromium with apt-get", flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", "chromium", "fonts-dejavu-core"]
    for command in (install, ["apt-get", "update", "--quiet=2"], install):
        done = run(command, env=env, check=False, capture_output=True, text=True)
        found = find(run)
        if found:
            return found
    last = (done.stderr or done.stdout or "").strip().splitlines()
    raise Missing(f"there is no Chromium, and apt-get did not install it: {last[-1] if last else 'no reason given'}")


def find(run: Run = subprocess.run) -> str | None:
    """Return the path of a browser that says its version; a name can be a stand-in that only tells where to get it."""
    for name in NAMES:
        path = shutil.which(name)
        if path and run([path, "--version"], check=False, capture_output=True, text=True).returncode == 0:
            return path
    return None
