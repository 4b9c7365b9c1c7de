# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module as Ansible always does, and shows how far it is meanwhile.

The one base of the action plugins. Where progress can't be shown it is silently absent, and the task is the same.
This file is private to the collection.
"""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible import constants as C
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

from ...module_utils._azure.progress import CHANNEL
from .channel import Channel
from .reporter import Reporter

WANTED: t.Final = "vm_backup_progress"
INTERVAL: t.Final = "vm_backup_progress_interval"
"""Variables; the environment variables are the same in capitals."""

DEFAULT_INTERVAL: t.Final = 15.0
_SHORTEST_INTERVAL: t.Final = 0.1
# Their output is for programs.
_SILENT_CALLBACKS = ("json", "jsonl")

display = Display()


class ProgressAction(NormalAction):  # type: ignore[misc]
    """The action of a module that can wait long."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the module and return its result, untouched."""
        with contextlib.ExitStack() as stack:
            if self._can_be_shown(task_vars or {}):
                self._listen(stack, task_vars or {})
            return t.cast("dict[str, t.Any]", super().run(tmp, task_vars))

    def _can_be_shown(self, task_vars: t.Mapping[str, t.Any]) -> bool:
        return (
            # The pipe is on this host, so the module has to be.
            self._connection.transport == "local"
            # The module runs on after this action has ended.
            and not self._task.async_val
            and not self._task.no_log
            and C.DEFAULT_STDOUT_CALLBACK.rpartition(".")[2] not in _SILENT_CALLBACKS
            and boolean(self._setting(task_vars, WANTED, True), strict=False)
        )

    def _listen(self, stack: contextlib.ExitStack, task_vars: t.Mapping[str, t.Any]) -> None:
        """Listen to the module until the stack is left."""
        interval = self._interval(task_vars)
        try:
            channel = Channel(C.DEFAULT_LOCAL_TMP)
            stack.callback(channel.close)
            stack.enter_context(Reporter(channel, _show, label=self._label(task_vars), interval=interval))
        except (OSError, RuntimeError):
            return  # No pipe or no thread is to be had here.
        stack.callback(setattr, self._task, "environment", self._task.environment)
        # For this run only: what the task keeps is sent to the callback plugins.
        self._task.environment = [*(self._task.environment or []), {CHANNEL: channel.path}]

    def _interval(self, task_vars: t.Mapping[str, t.Any]) -> float:
        given = self._setting(task_vars, INTERVAL, DEFAULT_INTERVAL)
        try:
            return max(float(given), _SHORTEST_INTERVAL)
        except (TypeError, ValueError):
            display.warning(f"{INTERVAL}: {given!r} is not a number of seconds, so it is {DEFAULT_INTERVAL:g}")
            return DEFAULT_INTERVAL

    def _setting(self, task_vars: t.Mapping[str, t.Any], name: str, default: t.Any) -> t.Any:
        """Read a variable or else the environment variable of the controller."""
        given = self._templar.template(task_vars[name]) if name in task_vars else os.environ.get(name.upper())
        return default if given in (None, "") else given

    def _label(self, task_vars: t.Mapping[str, t.Any]) -> str:
        """Return the module's name, with the host's where several run the task at once."""
        module = self._task.action.rpartition(".")[2]
        several = len(task_vars.get("ansible_play_batch") or ()) > 1 and not self._task.run_once
        return f"{module}: {task_vars.get('inventory_hostname', '')}" if several else module


def _show(text: str, worse: bool) -> None:
    # In a worker this is one put into the queue that all its output goes through, which any thread may do. Only
    # colours that Ansible's log file has a level for may be used.
    display.display(text, color=C.COLOR_ERROR if worse else C.COLOR_VERBOSE)
