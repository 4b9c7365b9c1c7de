# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which part of the code may import which: modules -> use cases -> Azure -> domain; the simulator nothing of these."""

from __future__ import annotations

import ast
import collections.abc
import pathlib
import sys

import pytest

PLUGINS = pathlib.Path(__file__).resolve().parents[2] / "plugins"
COLLECTION = "ansible_collections.cloudkeep.azure_backup.plugins."
FILES = sorted(PLUGINS.rglob("*.py"))

ALLOWED = {
    "modules": {"_module", "_options", "_use_cases"},
    "doc_fragments": set(),
    "_module": {"_use_cases", "_azure", "_domain", "_errors", "_text"},
    "_options": {"_domain"},
    "_use_cases": {"_use_cases", "_azure", "_domain", "_errors"},
    "_azure": {"_azure", "_domain", "_errors", "_text", "_version"},
    "_domain": {"_domain", "_errors", "_text"},
    "_errors": {"_text"},
    "_text": set(),
    "_version": set(),
    "_simulator": {"_simulator"},
    "_fleet": {"_fleet", "_domain", "_errors", "_text"},
    "_report": {"_report", "_text"},
    "_filters": set(),
    "filter": {"_filters", "_fleet", "_report"},
    "_progress": {"_progress", "_azure", "_domain", "_text"},
    "action": {"_progress"},
    "_inventory": {"_inventory", "_domain", "_errors"},
    "inventory": {"_inventory", "_options", "_use_cases", "_azure", "_errors", "_text"},
}
"""Room -> the rooms whose code it may use."""

IMPURE = {
    "ansible",
    "asyncio",
    "http",
    "logging",
    "os",
    "random",
    "requests",
    "socket",
    "ssl",
    "subprocess",
    "time",
    "urllib",
}
"""What a decision has no use for: Ansible, the network, files and other processes, clocks and chance."""


def room(path: pathlib.PurePath) -> str:
    """Return the room of a file below plugins/, such as ``_azure`` or ``_module``."""
    parts = path.with_suffix("").parts
    return parts[1] if parts[0] in ("module_utils", "plugin_utils") else parts[0]


def imported(path: pathlib.Path) -> collections.abc.Iterator[tuple[str, bool]]:
    """Yield each module that a file imports, by its absolute name, and whether that happens as the file is loaded."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = (COLLECTION + ".".join(path.relative_to(PLUGINS).parent.parts)).split(".")
    for node, early in _imports(tree, early=True):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, early
        else:
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *(node.module.split(".") if node.module else [])])
            for alias in node.names:
                yield f"{base}.{alias.name}", early


def _imports(node: ast.AST, *, early: bool) -> collections.abc.Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Walk a tree; what is in a function, guarded by try or only for the type checker is not early."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            yield child, early
            continue
        guarded = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.Try))
        guarded = guarded or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test))
        yield from _imports(child, early=early and not guarded)


def rooms_of(names: collections.abc.Iterable[str]) -> set[str]:
    """Return the rooms that the given modules are in, of those that belong to the collection."""
    own = [name.removeprefix(COLLECTION).split(".") for name in names if name.startswith(COLLECTION)]
    return {parts[1] if parts[0] in ("module_utils", "plugin_utils") else parts[0] for parts in own}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PLUGINS).as_posix())
def test_a_file_imports_only_from_the_rooms_that_it_may(path: pathlib.Path) -> None:
    own = room(path.relative_to(PLUGINS))
    assert own in ALLOWED, f"{own} is a new room: say in ALLOWED what it may import"
    assert rooms_of(name for name, _early in imported(path)) <= ALLOWED[own]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PLUGINS).as_posix())
def test_a_foreign_package_is_imported_late_or_guarded(path: pathlib.Path) -> None:
    """A bare host has none of them, nor has ansible-test when it imports each file."""
    early = {name.partition(".")[0] for name, early in imported(path) if early}
    assert early - set(sys.stdlib_module_names) - {"ansible", "ansible_collections"} == set()


@pytest.mark.parametrize(
    "path", sorted((PLUGINS / "module_utils" / "_domain").glob("*.py")), ids=lambda path: path.name
)
def test_a_decision_touches_nothing_outside(path: pathlib.Path) -> None:
    names = [name for name, _early in imported(path)]
    assert {name.partition(".")[0] for name in names} & IMPURE == set()
    calls = [ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert not [call for call in calls if call.endswith((".now", ".utcnow", ".today")) or call in ("open", "print")]


def test_the_rules_see_an_import_wherever_it_is(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "PLUGINS", tmp_path)
    file = tmp_path / "module_utils" / "_domain" / "example.py"
    file.parent.mkdir(parents=True)
    file.write_text("from .._azure import client\nfrom . import ids\nimport yaml\ndef late():\n    import azure.core\n")
    found = dict(imported(file))
    assert rooms_of(found) == {"_azure", "_domain"}
    assert found["yaml"] and not found["azure.core"]
