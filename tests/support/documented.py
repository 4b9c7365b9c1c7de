# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares what a module returns with its documentation, in both directions and down to the innermost dictionary."""

from __future__ import annotations

import functools
import importlib
import pathlib
import re
import typing as t

import yaml

MODULES = "ansible_collections.cloudkeep.azure_backup.plugins.modules"
CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
# What Ansible itself adds or defines for every module.
_COMMON = {"changed", "failed", "msg", "diff", "warnings", "deprecations", "exception", "invocation"}
# Ansible refuses some arguments before the module has a say, with a message and nothing else.
_REFUSED_BY_ANSIBLE = re.compile(
    r"must be one (or more )?of|mutually exclusive|missing required|required together|one of the following is required"
    r"|Unsupported parameters|unable to convert|cannot be converted"
)
_TYPES: t.Final[t.Mapping[str, t.Any]] = {
    "str": str,
    "bool": bool,
    "int": int,
    "float": (float, int),
    "dict": dict,
    "list": list,
}


def module_names() -> list[str]:
    """Return the names of all modules of the collection."""
    return sorted(path.stem for path in (CHECKOUT / "plugins" / "modules").glob("*.py"))


@functools.cache
def returned(name: str) -> dict[str, t.Any]:
    """Return what a module's documentation says about its results."""
    return t.cast("dict[str, t.Any]", yaml.safe_load(importlib.import_module(f"{MODULES}.{name}").RETURN))


@functools.cache
def examples(name: str) -> list[dict[str, t.Any]]:
    """Return the tasks of a module's examples."""
    return t.cast("list[dict[str, t.Any]]", yaml.safe_load(importlib.import_module(f"{MODULES}.{name}").EXAMPLES))


def check_result(name: str, result: t.Mapping[str, t.Any]) -> None:
    """Raise AssertionError for a key that is not documented, one that is missing, or a value of another type."""
    if result.get("failed") and "error" not in result and _REFUSED_BY_ANSIBLE.search(result["msg"]):
        return
    found = {key: value for key, value in result.items() if key not in _COMMON}
    check(found, returned(name), where=name, failed=bool(result.get("failed")))


def check(
    found: t.Mapping[str, t.Any], documentation: t.Mapping[str, t.Any], *, where: str, failed: bool = False
) -> None:
    """Compare one dictionary; ``where`` begins the messages."""
    unknown = found.keys() - documentation.keys()
    assert not unknown, f"{where} returned {sorted(unknown)}, which is not documented"
    for key, described in documentation.items():
        place = f"{where}.{key}"
        when = str(described["returned"])
        promised = when == "always" or (when == "failure" and failed) or (when.startswith("success") and not failed)
        assert key in found or not promised, f"{place} is missing and documented as returned: {when}"
        assert key not in found or when != "failure" or failed, f"{place} is there without a failure"
        # None stands for "there is none", whatever the type.
        if found.get(key) is not None:
            _check_value(found[key], described, place)


def _check_value(value: t.Any, described: t.Mapping[str, t.Any], place: str) -> None:
    kind = described["type"]
    assert isinstance(value, _TYPES[kind]), f"{place} is {value!r} and documented as {kind}"
    assert kind == "bool" or not isinstance(value, bool), f"{place} is {value!r} and documented as {kind}"
    if kind == "dict" and "contains" in described:
        check(value, described["contains"], where=place)
    if kind == "list":
        for number, element in enumerate(value):
            inner = {"type": described["elements"], "contains": described.get("contains")}
            if inner["contains"] is None:
                del inner["contains"]
            _check_value(element, inner, f"{place}[{number}]")
