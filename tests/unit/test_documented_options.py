# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options are written down twice, for people and for Ansible; both must say the same.

ansible-test compares a module's documentation with its arguments. This compares the parts that they are put together
from, so that no fragment stands for another function's options, and the roles' documentation with their defaults.
"""

from __future__ import annotations

import importlib.util
import inspect
import pathlib
import typing as t

import pytest
import yaml

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _options

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
FRAGMENTS = sorted(path for path in (CHECKOUT / "plugins" / "doc_fragments").glob("*.py") if path.stem[0] != "_")
ROLES = sorted((CHECKOUT / "roles").glob("*/meta/argument_specs.yml"))
COMPARED = ("type", "elements", "choices", "default", "required", "aliases")


def documented(path: pathlib.Path) -> dict[str, t.Any]:
    """Return the options of a documentation fragment."""
    specification = importlib.util.spec_from_file_location(f"fragment_{path.stem}", path)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return dict(yaml.safe_load(module.ModuleDocFragment.DOCUMENTATION)["options"])


def shape(options: t.Mapping[str, t.Any], *, inner: str) -> dict[str, t.Any]:
    """Return what the two forms of options have in common; ``inner`` is their name for options in options."""
    result = {}
    for name, option in options.items():
        kept = {key: option[key] for key in COMPARED if option.get(key) not in (None, False, [])}
        kept.setdefault("type", "str")
        if option.get(inner):
            kept["options"] = shape(option[inner], inner=inner)
        result[name] = kept
    return result


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.stem)
def test_a_fragment_documents_the_function_of_its_name(path: pathlib.Path) -> None:
    function = getattr(_options, path.stem)
    options = function(**dict.fromkeys(inspect.signature(function).parameters))  # what a module decides, it documents
    assert shape(documented(path), inner="suboptions") == shape(options, inner="options")


def test_every_group_of_options_has_a_fragment() -> None:
    functions = inspect.getmembers(_options, inspect.isfunction)
    groups = {name for name, function in functions if name[0] != "_" and function.__module__ == _options.__name__}
    assert groups == {path.stem for path in FRAGMENTS}


@pytest.mark.parametrize("path", ROLES, ids=lambda path: path.parts[-3])
def test_a_role_documents_its_defaults(path: pathlib.Path) -> None:
    defaults = path.parents[1] / "defaults" / "main.yml"
    entry_points = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values()
    options: dict[str, t.Any] = {}
    for entry_point in entry_points:
        options.update(entry_point.get("options", {}))
    stated = {name: option["default"] for name, option in options.items() if "default" in option}
    actual = (yaml.safe_load(defaults.read_text(encoding="utf-8")) or {}) if defaults.exists() else {}
    public = {name: value for name, value in actual.items() if not name.startswith("__")}
    assert set(public) <= set(options), "a default without documentation"
    assert stated == {name: value for name, value in public.items() if name in stated}
    assert not [name for name in options if not name.startswith(path.parts[-3])], "an option without the role's name"
