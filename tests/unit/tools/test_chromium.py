# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The browser of the tests is found, installed where that can be done, or missing with a reason in one line."""

from __future__ import annotations

import os
import pathlib
import subprocess
import typing as t

import pytest

import chromium


class Machine:
    """A machine whose programs are files in a folder; apt-get adds a browser on its second install, or never."""

    def __init__(self, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.commands: list[list[str]] = []
        self.installs = True
        monkeypatch.setenv("PATH", str(folder))

    def add(self, name: str) -> str:
        path = self.folder / name
        path.write_text("#!/bin/sh\n", encoding="utf-8")
        path.chmod(0o755)
        return str(path)

    def __call__(self, command: list[str], **_settings: t.Any) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        if command[0] == "apt-get":
            if self.installs and sum("install" in each for each in self.commands) == 2:
                self.add("chromium")
            return subprocess.CompletedProcess(
                command, 100, "", "Reading lists\nE: Unable to locate package chromium\n"
            )
        return subprocess.CompletedProcess(command, 127 if command[0].endswith("chromium-browser") else 0, "", "")


@pytest.fixture
def machine(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return Machine(tmp_path, monkeypatch)


def test_a_browser_that_is_there_is_taken(machine: Machine) -> None:
    machine.add("chromium-browser")
    path = machine.add("google-chrome")
    assert chromium.ensure(machine) == path
    assert not [command for command in machine.commands if command[0] == "apt-get"]


def test_it_is_installed_where_that_can_be_done(machine: Machine) -> None:
    machine.add("apt-get")
    assert chromium.ensure(machine) == str(machine.folder / "chromium")
    assert [command[1] for command in machine.commands if command[0] == "apt-get"] == ["install", "update", "install"]


def test_what_apt_says_is_the_reason(machine: Machine) -> None:
    machine.add("apt-get")
    machine.installs = False
    with pytest.raises(chromium.Missing, match="did not install it: E: Unable to locate package chromium$"):
        chromium.ensure(machine)


def test_only_root_installs(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.add("apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(chromium.Missing, match="only root may install it: apt-get install chromium$"):
        chromium.ensure(machine)
    assert machine.commands == []


def test_a_machine_without_apt(machine: Machine) -> None:
    with pytest.raises(chromium.Missing, match="no apt-get"):
        chromium.ensure(machine)
