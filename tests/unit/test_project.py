# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of the project that no linter knows."""

from __future__ import annotations

import pathlib
import re
import subprocess
import typing as t

import pytest
import yaml

import list_assumptions
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _version
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import sdk

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
HEADER = """\
# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""
LONGEST_FILE = 400


def files() -> list[str]:
    """Return the project's files, those included that are not committed yet, by their names below the checkout."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(listing, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout
    return sorted(name for name in found.split("\0") if name and (CHECKOUT / name).is_file())


FILES = files()
PYTHON = [name for name in FILES if name.endswith(".py")]


def read(name: str) -> str:
    return (CHECKOUT / name).read_text(encoding="utf-8")


def yaml_of(name: str) -> t.Any:
    return yaml.safe_load(read(name))


@pytest.mark.parametrize("name", PYTHON)
def test_a_python_file_begins_with_the_licence(name: str) -> None:
    text = read(name)
    if name.startswith("plugins/modules/"):
        text = text.removeprefix("#!/usr/bin/python\n")
    assert text.startswith(HEADER)


@pytest.mark.parametrize("name", PYTHON)
def test_a_python_file_is_short(name: str) -> None:
    text = read(name)
    if name.startswith("plugins/modules/"):
        text = text.rpartition('RETURN = r"""')[2].partition('"""')[2]  # documentation may be as long as it has to
    assert len(text.splitlines()) <= LONGEST_FILE


def test_there_is_no_package_file() -> None:
    assert not [name for name in FILES if name.endswith("__init__.py")]


def test_there_is_no_list_of_ignored_sanity_tests() -> None:
    assert not [name for name in FILES if name.startswith("tests/sanity/")]


def test_the_action_group_has_every_module() -> None:
    modules = sorted(pathlib.PurePath(name).stem for name in FILES if name.startswith("plugins/modules/"))
    assert yaml_of("meta/runtime.yml")["action_groups"]["all"] == modules


def test_every_module_that_can_wait_shows_progress() -> None:
    plugins = {pathlib.PurePath(name).stem: read(name) for name in FILES if name.startswith("plugins/action/")}
    modules = {pathlib.PurePath(name).stem: read(name) for name in FILES if name.startswith("plugins/modules/")}
    assert {name for name, text in modules.items() if "_options.waiting(" in text} <= plugins.keys() <= modules.keys()
    assert len({text.replace(name, "NAME") for name, text in plugins.items()}) == 1


def test_the_version_is_told_once() -> None:
    assert yaml_of("galaxy.yml")["version"] == _version.VERSION


def test_the_requirements_are_the_floors_that_the_code_checks() -> None:
    lines = [line for line in read("requirements.txt").splitlines() if line and not line.startswith("#")]
    assert dict(line.split(">=") for line in lines) == sdk.FLOORS
    pins = [line for line in read("tests/constraints/oldest.txt").splitlines() if not line.startswith("#")]
    assert dict(line.split("==") for line in pins) == sdk.FLOORS


def test_the_page_of_assumptions_is_current() -> None:
    assert list_assumptions.PAGE.read_text(encoding="utf-8") == list_assumptions.page(), "run: make assumptions"


def test_an_assumption_is_found_with_all_its_lines() -> None:
    text = "x = 1  # UNVERIFIED: the case of ids.\n\n# UNVERIFIED: that a page\n#   has 200 entries.\ny = 2\n"
    assert list_assumptions.assumptions(text) == ["the case of ids.", "that a page has 200 entries."]


def test_no_file_names_a_place_on_one_machine() -> None:
    """A path of somebody's machine works nowhere else."""
    pattern = re.compile(r"(?<![\w.}])/(?:work|root|home/\w+|Users/\w+)/[\w.]")
    found = [f"{name}: {line.strip()}" for name in FILES for line in _lines(name) if pattern.search(line)]
    assert not found


def test_nothing_is_left_for_later() -> None:
    pattern = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
    others = [name for name in FILES if name != "tests/unit/test_project.py"]
    assert not [f"{name}: {line.strip()}" for name in others for line in _lines(name) if pattern.search(line)]


def _lines(name: str) -> list[str]:
    if not name.endswith((".cfg", ".j2", ".md", ".py", ".rst", ".toml", ".txt", ".yaml", ".yml", "Makefile")):
        return []
    return read(name).splitlines()
