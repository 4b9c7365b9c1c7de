# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks in the README and the guides name modules, roles and options that exist."""

from __future__ import annotations

import pathlib
import re
import textwrap
import typing as t

import pytest
import yaml

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
COLLECTION = "cloudkeep.azure_backup."
TEXTS = [
    CHECKOUT / "README.md",
    *sorted((CHECKOUT / "roles").glob("*/README.md")),
    *sorted((CHECKOUT / "docs" / "docsite" / "rst").glob("*.rst")),
]


def blocks(path: pathlib.Path) -> list[t.Any]:
    """Return the YAML that a text shows, parsed."""
    text = path.read_text()
    if path.suffix == ".md":
        found = re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    else:
        found = re.findall(r"^ *\.\. code-block:: yaml\n\n((?:(?: +.*)?\n)+)", text, re.MULTILINE)
    return [yaml.safe_load(textwrap.dedent(block)) for block in found]


def tasks(value: t.Any) -> t.Iterator[dict[str, t.Any]]:
    """Find the tasks in plays, blocks and lists of tasks, those of this collection and the roles they include."""
    if isinstance(value, list):
        for entry in value:
            yield from tasks(entry)
    elif isinstance(value, dict):
        if any(key.startswith(COLLECTION) for key in value) or "ansible.builtin.include_role" in value:
            yield value
        for key in ("tasks", "block", "rescue", "always", "pre_tasks", "post_tasks"):
            yield from tasks(value.get(key))


SHOWN = [(path.relative_to(CHECKOUT).as_posix(), task) for path in TEXTS for task in tasks(blocks(path))]


def options_of(module: str) -> set[str]:
    """Return what a module takes: its own options, those of its fragments, and all their aliases."""
    text = (CHECKOUT / "plugins" / "modules" / f"{module}.py").read_text()
    match = re.search(r'DOCUMENTATION = r"""\n(.*?)"""', text, re.DOTALL)
    assert match
    own = yaml.safe_load(match[1])
    names: set[str] = set()
    for options in [own.get("options") or {}, *map(fragment_options, own["extends_documentation_fragment"])]:
        names |= set(options) | {alias for option in options.values() for alias in option.get("aliases") or ()}
    return names


def fragment_options(name: str) -> dict[str, t.Any]:
    """Return the options of a documentation fragment."""
    text = (CHECKOUT / "plugins" / "doc_fragments" / f"{name.removeprefix(COLLECTION).split('.')[0]}.py").read_text()
    match = re.search(r'DOCUMENTATION = r"""\n(.*?)"""', text, re.DOTALL)
    assert match
    return t.cast("dict[str, t.Any]", yaml.safe_load(match[1])["options"])


def test_the_texts_show_playbooks() -> None:
    assert len(SHOWN) >= 10
    assert {"README.md", "docs/docsite/rst/awx.rst", "roles/vm_backup/README.md"} <= {path for path, _task in SHOWN}


@pytest.mark.parametrize(("path", "task"), SHOWN, ids=[f"{path}: {task.get('name')}" for path, task in SHOWN])
def test_what_a_text_shows_exists(path: str, task: dict[str, t.Any]) -> None:
    if "ansible.builtin.include_role" in task:
        role = task["ansible.builtin.include_role"]["name"].removeprefix(COLLECTION)
        specification = CHECKOUT / "roles" / role / "meta" / "argument_specs.yml"
        known = set(yaml.safe_load(specification.read_text())["argument_specs"]["main"]["options"])
        assert set(task.get("vars") or {}) <= known
        return
    name = next(key for key in task if key.startswith(COLLECTION))
    assert set(task[name] or {}) <= options_of(name.removeprefix(COLLECTION))
