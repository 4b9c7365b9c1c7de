# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates that a change must pass, each a step or a few."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

import chromium
import environments
import project
from environments import Environment
from steps import StepFailed, Steps

BROWSER_TESTS = "tests/browser"
"""They need a browser and more packages, and prove nothing about Azure's: once is enough."""
PURE_TESTS = (
    "tests/contract",
    "tests/unit/plugins/module_utils/_domain",
    "tests/unit/plugins/plugin_utils",
    "tests/unit/test_import_rules.py",
    "tests/unit/test_project.py",
    "tests/unit/tools",
)
"""What they test imports no Azure package and next to nothing of ansible-core."""
LONG_TESTS = (
    "tests/playbooks/test_slices_in_awx.py",
    "tests/playbooks/test_waiting.py",
    "tests/unit/test_any_fleet.py",
    "tests/unit/test_doubts.py",
    "tests/unit/test_fault_matrix.py",
    "tests/unit/test_killed_runs.py",
    "tests/unit/test_outages.py",
    "tests/unit/test_soak.py",
)
"""They try very much of what is above the packages; what differs between their versions is in `sdk.py`."""


def code(steps: Steps, environment: Environment) -> None:
    """Style, form and types of the Python code."""
    env = project.environment(environment.python)
    cache = str(project.WORK / "cache")
    ruff = [environment.python, "-m", "ruff"]
    steps.run("ruff check", [*ruff, "check", "--cache-dir", f"{cache}/ruff", "."], env=env)
    steps.run("ruff format", [*ruff, "format", "--check", "--cache-dir", f"{cache}/ruff", "."], env=env)
    mypy = [environment.python, "-m", "mypy", "--config-file", str(project.CHECKOUT / "pyproject.toml")]
    packages = []
    for folder in sorted({file.relative_to(project.CHECKOUT).parts[1] for file in _plugins()}):
        packages += ["--package", f"ansible_collections.{project.FULL_NAME}.plugins.{folder}"]
    steps.run("mypy", [*mypy, "--cache-dir", f"{cache}/mypy", *packages], env=env, cwd=project.COLLECTIONS)
    path = os.pathsep.join([str(project.CHECKOUT / "tools"), str(project.COLLECTIONS)])
    # A cache of its own: one that knows the same modules by other paths would mislead it.
    mypy += ["--cache-dir", f"{cache}/mypy-tools"]
    steps.run("mypy of the tools", [*mypy, "tools"], env={**env, "MYPYPATH": path})


def _plugins() -> list[pathlib.Path]:
    return list((project.CHECKOUT / "plugins").rglob("*.py"))


def tests(steps: Steps, name: str, environment: Environment, *, left_out: tuple[str, ...] = ()) -> None:
    """The tests with one set of packages, but for some; two at a time, for machines with two cores."""
    command = [environment.python, "-m", "pytest", "--numprocesses", "2", "tests"]
    command += ["-o", f"cache_dir={project.WORK / 'cache' / 'pytest'}"]
    command += [f"--ignore={path}" for path in (BROWSER_TESTS, *left_out)]
    steps.run(name, command, env=project.environment(environment.python))


def browser(steps: Steps, environment: Environment) -> None:
    """The report in a real browser, where there is one or it can be installed."""
    name = "tests in a browser"
    try:
        program = chromium.ensure()
    except chromium.Missing as missing:
        print(f"\n=== {name}\nSkipped: {missing}", flush=True)
        steps.skip(name, str(missing))
        return
    requirements = (*environments.RUNTIME, *environments.TESTS, environments.BROWSER)
    if steps.call(f"{name}: set up with {program}", lambda: environment.ensure(*requirements)):
        command = [environment.python, "-m", "pytest", "-o", f"cache_dir={project.WORK / 'cache' / 'pytest'}"]
        steps.run(name, [*command, BROWSER_TESTS], env=project.environment(environment.python))


def sanity(steps: Steps, name: str, environment: Environment, python: str) -> None:
    """ansible-test's sanity tests, all of them, with no ignore file."""
    copy = project.copy_collection()
    command = [str(environment.folder / "bin" / "ansible-test"), "sanity", "--color", "no", "--python", python]
    steps.run(name, command, env=project.environment(environment.python, collections=copy.parents[2]), cwd=copy)


def documents(steps: Steps, environment: Environment) -> None:
    """YAML, playbooks, roles, the documentation of the plugins and the changelog."""
    copy = project.copy_collection()
    programs = environment.folder / "bin"
    env = project.environment(environment.python, collections=copy.parents[2])
    steps.run("yamllint", [str(programs / "yamllint"), "--strict", "."], env=env, cwd=copy)
    steps.run(
        "ansible-lint",
        [str(programs / "ansible-lint"), "--offline", "--strict", "--profile", "production", "--nocolor"],
        env=env,
        cwd=copy,
    )
    docs = [str(programs / "antsibull-docs"), "lint-collection-docs", "--plugin-docs", "--skip-rstcheck", "."]
    steps.run("antsibull-docs", docs, env=env, cwd=copy)
    steps.run("antsibull-changelog", [str(programs / "antsibull-changelog"), "lint"], env=env, cwd=copy)


def build(steps: Steps, environment: Environment) -> pathlib.Path | None:
    """Build what a user installs; return the archive."""
    copy = project.copy_collection()
    env = project.environment(environment.python, collections=copy.parents[2])
    built = project.WORK / "dist"
    shutil.rmtree(built, ignore_errors=True)
    command = [environment.python, "-m", "ansible", "galaxy", "collection", "build", "--output-path", str(built)]
    return next(built.glob("*.tar.gz")) if steps.run("build", command, env=env, cwd=copy) else None


def artifact(steps: Steps, environment: Environment) -> None:
    """Build the archive, let Galaxy's importer judge it, install it and look at it as a user would."""
    archive = build(steps, environment)
    if archive is None:
        return
    env = project.environment(environment.python)
    importer = [environment.python, "-m", "galaxy_importer.main", archive.name]
    steps.run("galaxy-importer", importer, env=env, cwd=archive.parent)

    installed = project.WORK / "installed"
    shutil.rmtree(installed, ignore_errors=True)
    env = project.environment(environment.python, collections=installed)
    install = [environment.python, "-m", "ansible", "galaxy", "collection", "install", "--offline"]
    install += ["--collections-path", str(installed), str(archive)]
    if not steps.run("install", install, env=env, cwd=archive.parent):
        return
    steps.call("execution environment", lambda: _introspect(environment, installed, env))
    steps.call("playbooks by name", lambda: _playbooks(environment, installed, env))


def _introspect(environment: Environment, installed: pathlib.Path, env: dict[str, str]) -> None:
    """Check that an execution environment with the installed collection would hold what the modules need."""
    command = [str(environment.folder / "bin" / "ansible-builder"), "introspect", str(installed)]
    found = subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout
    needed = [line for line in _requirements() if line not in found]
    if needed:
        raise StepFailed(f"{found}\nNot in it: {', '.join(needed)}")
    print(f"ansible-builder would install {', '.join(_requirements())}")


def _requirements() -> list[str]:
    lines = (project.CHECKOUT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _playbooks(environment: Environment, installed: pathlib.Path, env: dict[str, str]) -> None:
    """Check that each playbook can be called by its full name from the installed collection."""
    folder = installed / "ansible_collections" / project.NAMESPACE / project.NAME / "playbooks"
    names = sorted(f"{project.FULL_NAME}.{file.stem}" for file in folder.glob("*.yml"))
    if not names:
        raise StepFailed("The artifact has no playbook.")
    command = [environment.python, "-m", "ansible", "playbook", "--syntax-check", *names]
    subprocess.run(command, env=env, check=True, cwd=installed)
