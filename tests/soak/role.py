# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the role's own tasks in this process: no workers, so that what a run leaves behind stays where it is measured.

It knows what the tasks of ``vm_backup`` use and no more; anything else is refused by name. Modules run as
`tests/support/modules.py` runs them, templates are Ansible's (ansible-core 2.19 or newer).
"""

from __future__ import annotations

import pathlib
import typing as t

from ansible_collections.cloudkeep.azure_backup.plugins.filter import vm_backup

from ..support.modules import run_module

NAME: t.Final = "cloudkeep.azure_backup."
_FOLDER: t.Final = pathlib.Path(__file__).resolve().parents[2] / "roles" / "vm_backup"
_WORDS: t.Final = frozenset({"name", "loop", "loop_control", "register", "when", "failed_when"})

Variables = dict[str, t.Any]


class RoleFailed(Exception):
    """The role failed, as with Ansible; the message is that of its task."""


class Role:
    """The role, read once; ``run`` runs it. ``environ`` points the modules at an Azure."""

    def __init__(self, environ: t.Mapping[str, str]) -> None:
        from ansible.parsing.dataloader import DataLoader

        self._environ = environ
        self._loader = DataLoader()
        self._variables = {**self._read("defaults"), **self._read("vars")}
        self._tasks = self._read("tasks")

    def _read(self, part: str) -> t.Any:
        file = pathlib.Path(_FOLDER, part, "main.yml")
        return self._loader.load_from_file(str(file), cache="none", trusted_as_template=True) or {}

    def run(self, given: t.Mapping[str, t.Any]) -> tuple[Variables, str | None]:
        """Run all tasks; returns the variables that are set then, and why the role failed, None when it did not."""
        variables = {**self._variables, **given, "ansible_check_mode": False}
        try:
            for task in self._tasks:
                self._task(task, variables)
        except RoleFailed as failed:
            return variables, str(failed)
        return variables, None

    def _task(self, task: t.Mapping[str, t.Any], variables: Variables) -> None:
        (action,) = task.keys() - _WORDS
        if "loop" not in task:
            result = self._once(task, action, variables)
            self._judge(task, result, variables)
            return
        results = []
        for item in self._template(task["loop"], variables):
            result = {**self._once(task, action, {**variables, "item": item}), "item": item}
            results.append(result)
            self._judge(task, result, {**variables, "item": item})
        variables[task["register"]] = {
            "results": results,
            "changed": any(result.get("changed") for result in results),
            "skipped": all(result.get("skipped") for result in results),
        }

    def _judge(self, task: t.Mapping[str, t.Any], result: dict[str, t.Any], variables: Variables) -> None:
        """Register a result and raise RoleFailed for one that fails the task."""
        name = task.get("register")
        if name:
            variables[name] = result
        failed = bool(result.get("failed"))
        if "failed_when" in task and not result.get("skipped"):
            failed = self._holds(task["failed_when"], variables)
            result["failed"] = failed
        if failed:
            raise RoleFailed(f"{task['name']}: {result.get('msg')}")

    def _once(self, task: t.Mapping[str, t.Any], action: str, variables: Variables) -> dict[str, t.Any]:
        if "when" in task and not self._holds(task["when"], variables):
            return {"skipped": True, "changed": False}
        if action == "ansible.builtin.assert":
            if self._holds(task[action]["that"], variables):
                return {"changed": False}
            return {"failed": True, "msg": self._template(task[action]["fail_msg"], variables)}
        arguments = self._template(task[action], variables)
        if action.startswith(NAME):
            return dict(run_module(action.removeprefix(NAME), None, arguments, environ=self._environ))
        if action == "ansible.builtin.set_fact":
            variables |= arguments
        elif action == "ansible.builtin.fail":
            return {"failed": True, "msg": arguments["msg"]}
        elif action != "ansible.builtin.debug":
            raise NotImplementedError(f"{task['name']}: this runner has no {action}")
        return {"changed": False}

    def _holds(self, conditions: t.Any, variables: Variables) -> bool:
        templar = self._templar(variables)
        several = conditions if isinstance(conditions, list) else [conditions]
        return all(templar.evaluate_conditional(condition) for condition in several)

    def _template(self, value: t.Any, variables: Variables) -> t.Any:
        return self._templar(variables).template(value)

    def _templar(self, variables: Variables) -> t.Any:
        from ansible.template import Templar

        templar = Templar(loader=self._loader, variables=variables)
        # Ansible's loader finds plugins of a collection only where Python did not find the collection before.
        for name, function in vm_backup.FilterModule().filters().items():
            templar._engine.environment.filters[f"{NAME}{name}"] = function
        return templar
