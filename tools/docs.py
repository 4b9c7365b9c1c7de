# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make docs``: the documentation as a site in ``.work/docs``, without the network."""

from __future__ import annotations

import shutil
import sys

import environments
import project
from steps import Steps

OFFLINE = """
# References into the documentation of other projects would need the network.
intersphinx_mapping = {}
suppress_warnings = ["ref.ref"]
"""


def main() -> int:
    project.link_collection()
    environment = environments.lint().ensure(environments.LINT, environments.DOCS)
    copy = project.copy_collection()
    env = project.environment(environment.python, collections=copy.parents[2])
    site = project.WORK / "docs"
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True)
    start = [str(environment.folder / "bin" / "antsibull-docs"), "sphinx-init", "--use-current", "--squash-hierarchy"]
    start += ["--lenient", "--dest-dir", str(site), project.FULL_NAME]
    steps = Steps("make docs")
    if steps.run("prepare", start, env=env, cwd=copy):
        with (site / "conf.py").open("a", encoding="utf-8") as settings:
            settings.write(OFFLINE)
        steps.run("build", [str(site / "build.sh")], env=env, cwd=site)
    status = steps.finish()
    print(f"Open {site / 'build' / 'html' / 'index.html'}")
    return status


if __name__ == "__main__":
    sys.exit(main())
