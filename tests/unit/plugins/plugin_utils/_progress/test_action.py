# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugins: when they listen, what they leave behind, and that the guide says so."""

from __future__ import annotations

import os
import pathlib
import threading
import types
import typing as t

import pytest
from ansible import constants as C
from ansible.plugins.action.normal import ActionModule as NormalAction

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.progress import CHANNEL, Progress
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.progress import Standing
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._progress import action as action_module
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._progress.action import (
    DEFAULT_INTERVAL,
    INTERVAL,
    WANTED,
    ProgressAction,
)
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._progress.line import line

GUIDE = pathlib.Path(__file__).resolve().parents[5] / "docs" / "docsite" / "rst" / "progress.rst"

Run = t.Callable[..., dict[str, t.Any]]


class Ran(t.NamedTuple):
    """What the module found as it ran."""

    environment: t.Any
    channel: str | None
    threads: list[str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> t.Callable[..., Ran]:
    """Return what runs a task with keywords, variables and a connection, and tells what its module found."""
    monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(tmp_path))
    for name in (WANTED, INTERVAL):
        monkeypatch.delenv(name.upper(), raising=False)

    def run_task(transport: str = "local", variables: dict[str, t.Any] | None = None, **keywords: t.Any) -> Ran:
        given = {"action": "cloudkeep.azure_backup.vm_backup_now", "async_val": 0, "no_log": False, "environment": []}
        task = types.SimpleNamespace(**{**given, "run_once": False, **keywords})
        found: list[Ran] = []

        def module(self: NormalAction, tmp: object = None, task_vars: object = None) -> dict[str, t.Any]:
            merged = {name: value for one in task.environment or [] for name, value in one.items()}
            names = [thread.name for thread in threading.enumerate() if thread.name == "progress"]
            found.append(Ran(task.environment, merged.get(CHANNEL), names))
            if keywords.get("tells"):
                keywords["tells"](merged[CHANNEL])
            return {"changed": True}

        monkeypatch.setattr(NormalAction, "run", module)
        made = ProgressAction.__new__(ProgressAction)
        made._task = task
        made._connection = types.SimpleNamespace(transport=transport)
        made._templar = types.SimpleNamespace(template=lambda value: value)
        kept = task.environment
        assert made.run(task_vars=variables or {}) == {"changed": True}
        assert task.environment is kept
        assert list(tmp_path.iterdir()) == []
        assert "progress" not in {thread.name for thread in threading.enumerate()}
        return found[0]

    return run_task


def test_a_module_learns_where_somebody_listens(run: t.Callable[..., Ran]) -> None:
    ran = run(environment=[{"HTTPS_PROXY": "proxy"}])
    assert ran.environment == [{"HTTPS_PROXY": "proxy"}, {CHANNEL: ran.channel}]
    assert ran.channel and ran.threads == ["progress"]


@pytest.mark.parametrize("environment", [None, []])
def test_a_task_needs_no_environment_of_its_own(run: t.Callable[..., Ran], environment: list[object] | None) -> None:
    assert run(environment=environment).channel


@pytest.mark.parametrize(
    "keywords",
    [
        {"transport": "ssh"},
        {"async_val": 60},
        {"no_log": True},
        {"variables": {WANTED: False}},
        {"variables": {WANTED: "no"}},
    ],
)
def test_nobody_listens_where_it_can_or_must_not_be_shown(
    run: t.Callable[..., Ran], keywords: dict[str, t.Any]
) -> None:
    ran = run(**keywords)
    assert (ran.channel, ran.threads, ran.environment) == (None, [], [])


@pytest.mark.parametrize("callback", ["json", "ansible.posix.json", "ansible.posix.jsonl"])
def test_output_for_programs_stays_theirs(
    run: t.Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, callback: str
) -> None:
    monkeypatch.setattr(C, "DEFAULT_STDOUT_CALLBACK", callback)
    assert run().channel is None


def test_a_variable_counts_before_the_environment(run: t.Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VM_BACKUP_PROGRESS", "false")
    assert run().channel is None
    assert run(variables={WANTED: True}).channel
    monkeypatch.setenv("VM_BACKUP_PROGRESS", "")
    assert run().channel


@pytest.mark.parametrize(
    ("patched", "name"), [(os, "mkfifo"), (threading.Thread, "start")], ids=["no pipe", "no thread"]
)
def test_without_a_pipe_or_a_thread_the_task_is_the_same(
    run: t.Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, patched: object, name: str
) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError if name == "mkfifo" else RuntimeError

    monkeypatch.setattr(patched, name, refuse)
    assert run().environment == []


class Shown:
    """What Ansible's display got: texts and colours, and warnings."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self._changed = threading.Condition()

    def display(self, text: str, color: str) -> None:
        with self._changed:
            self.lines.append((text, color))
            self._changed.notify_all()

    def warning(self, text: str) -> None:
        self.display(text, "warning")

    def tell(self, *told: Standing) -> t.Callable[[str], None]:
        """Return what a module does that tells where it stands, each time after the time before was shown."""

        def tells(channel: str) -> None:
            module = Progress(channel)
            for standing in told:
                module.tell(lambda standing=standing: standing)
                text = line("", standing, 0).removeprefix("[]").rpartition(" · ")[0]
                with self._changed:
                    assert self._changed.wait_for(lambda text=text: any(text in one for one, _worse in self.lines), 30)

        return tells


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    screen = Shown()
    monkeypatch.setattr(action_module, "display", screen)
    return screen


@pytest.mark.parametrize(
    ("keywords", "label"),
    [
        ({}, "vm_backup_now"),
        ({"variables": {"ansible_play_batch": ["web-01"], "inventory_hostname": "web-01"}}, "vm_backup_now"),
        ({"variables": {"ansible_play_batch": ["a", "b"], "inventory_hostname": "a"}}, "vm_backup_now: a"),
        (
            {"variables": {"ansible_play_batch": ["a", "b"], "inventory_hostname": "a"}, "run_once": True},
            "vm_backup_now",
        ),
    ],
)
def test_a_line_says_which_task_of_which_host_it_is_of(
    run: t.Callable[..., Ran], shown: Shown, keywords: dict[str, t.Any], label: str
) -> None:
    variables = {**keywords.get("variables", {}), INTERVAL: 0.1}
    run(**{**keywords, "variables": variables, "tells": shown.tell(Standing("backing up", "v", total=2, running=2))})
    text, colour = shown.lines[0]
    assert text.rpartition(" · ")[0] == f"[{label}] v, backing up: 0 of 2 done, 2 running"
    assert text.endswith(" s elapsed") and colour == C.COLOR_VERBOSE


def test_only_a_new_failure_has_the_colour_of_errors(run: t.Callable[..., Ran], shown: Shown) -> None:
    failed = Standing("backing up", "v", total=2, running=1, failed=1)
    later = Standing("protecting", "v", total=2, failed=1)
    told = shown.tell(Standing("backing up", "v", total=2, running=2), failed, later)
    run(variables={INTERVAL: 0.1}, tells=told)
    assert [colour for text, colour in shown.lines if "1 failed" in text][:2] == [C.COLOR_ERROR, C.COLOR_VERBOSE]


@pytest.mark.parametrize("interval", ["often", [], {}])
def test_an_interval_that_is_none_is_told(run: t.Callable[..., Ran], shown: Shown, interval: object) -> None:
    assert run(variables={INTERVAL: interval}).channel
    ((text, kind),) = shown.lines
    assert kind == "warning" and text.startswith(INTERVAL)


def test_the_colours_are_those_that_a_log_file_has_a_level_for() -> None:
    from ansible.utils import display

    assert {C.COLOR_VERBOSE, C.COLOR_ERROR} <= display.color_to_log_level.keys()


def test_the_guide_names_the_settings_as_they_are() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for name in (WANTED, INTERVAL):
        assert f"``{name}``" in text and f"``{name.upper()}``" in text
    assert f"``{DEFAULT_INTERVAL:g}``" in text
    assert f"``{CHANNEL}``" in text
