# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of every module's documentation run as they stand there, one after the other like a play."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support import documented
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench
from ansible_collections.cloudkeep.azure_backup.tests.support.render import rendered

PREFIX = "cloudkeep.azure_backup."
KEYWORDS = {"name", "register", "loop", "vars", "when", "ignore_errors"}


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    with bench("examples") as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


def action_of(task: dict[str, t.Any]) -> tuple[str, dict[str, t.Any]]:
    (action,) = task.keys() - KEYWORDS
    return action, task[action] or {}


@pytest.mark.parametrize("module", documented.module_names())
def test_the_examples_of_a_module_run(azure: Bench, module: str) -> None:
    variables: dict[str, t.Any] = {}
    actions = []
    for task in documented.examples(module):
        action, options = action_of(task)
        options = rendered(options, variables)
        actions.append(action)
        if action == "ansible.builtin.debug":
            assert options["msg"]
            continue
        result = azure.run(action.removeprefix(PREFIX), options)
        assert not result.failed or task.get("ignore_errors"), f"{task['name']}: {result['msg']}"
        if "register" in task:
            variables[task["register"]] = dict(result)
    assert PREFIX + module in actions


@pytest.mark.parametrize("module", documented.module_names())
def test_the_tasks_of_examples_have_names_and_full_action_names(module: str) -> None:
    for task in documented.examples(module):
        assert task["name"][0].isupper()
        action, _options = action_of(task)
        assert action == "ansible.builtin.debug" or action.startswith(PREFIX + "vm_backup_")
