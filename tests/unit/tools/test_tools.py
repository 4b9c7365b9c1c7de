# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands of the Makefile, as far as a mistake in them could let a broken project pass."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

import environments
import project
import steps
import supported


def test_one_failed_step_fails_the_command_and_the_others_still_run(capfd: pytest.CaptureFixture[str]) -> None:
    ran = steps.Steps("make example")
    env = dict(os.environ)
    assert not ran.run("first", [sys.executable, "-c", "raise SystemExit(3)"], env=env)
    assert ran.run("second", [sys.executable, "-c", "print('hello')"], env=env)
    assert ran.finish() == 1
    output = capfd.readouterr().out
    assert "hello" in output
    assert "failed (exit status 3)" in output
    assert "make example: 1 of 2 steps failed" in output


def test_a_command_whose_steps_end_well_ends_well(capfd: pytest.CaptureFixture[str]) -> None:
    ran = steps.Steps("make example")
    assert ran.call("only", lambda: None)
    ran.skip("other", "not on this machine")
    assert ran.finish() == 0
    assert "skipped: not on this machine" in capfd.readouterr().out


def test_a_program_that_is_not_there_is_a_failed_step(tmp_path: pathlib.Path) -> None:
    ran = steps.Steps("make example")
    assert not ran.run("missing", [str(tmp_path / "nothing")], env={})
    assert ran.finish() == 1


def test_a_program_that_hangs_is_a_failed_step(capfd: pytest.CaptureFixture[str]) -> None:
    ran = steps.Steps("make example", longest=0.5)
    assert not ran.run("hanging", [sys.executable, "-c", "import time; time.sleep(60)"], env=dict(os.environ))
    assert ran.finish() == 1
    assert "failed (not done after 0.5 s)" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("python", "core"), [("3.10", "2.17"), ("3.11", "2.17"), ("3.13", "2.18"), ("3.14", "2.20"), ("3.99", "2.21")]
)
def test_the_oldest_core_is_one_that_supports_the_python(python: str, core: str) -> None:
    assert supported.oldest_core(python) == core


def test_this_machine_has_the_python_that_runs_the_tests() -> None:
    found = supported.interpreters()
    assert found[supported.this_python()] == sys.executable
    for version, interpreter in found.items():
        command = [interpreter, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == version


def test_the_callers_settings_do_not_reach_our_commands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.setattr(project, "HOME", tmp_path)
    for name in ("AZURE_SUBSCRIPTION_ID", "ANSIBLE_CHECK_MODE_MARKERS", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, "something")
    env = project.environment(sys.executable)
    assert "something" not in env.values()
    assert env["HOME"] == str(tmp_path)
    assert pathlib.Path(env["ANSIBLE_CONFIG"]).is_file()


def test_pip_keeps_its_settings_where_variables_do_not_reach(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.setattr(project, "HOME", tmp_path)
    monkeypatch.setenv("PIP_RETRIES", "7")
    project.prepare_home()
    settings = tmp_path / ".config" / "pip" / "pip.conf"
    assert "retries = 7\n" in settings.read_text(encoding="utf-8")
    assert settings.stat().st_mode & 0o077 == 0
    assert len(list((tmp_path / ".ansible" / "test" / "cache").glob("get_pip_*.py"))) == 3


def test_the_copy_follows_the_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    checkout, copy = tmp_path / "checkout with blank", tmp_path / "copy"
    checkout.mkdir()
    subprocess.run(["git", "init", "--quiet", str(checkout)], check=True)
    (checkout / ".gitignore").write_text("/secret\n")
    for name in ("kept", "removed", "secret"):
        (checkout / name).write_text(name)
    monkeypatch.setattr(project, "CHECKOUT", checkout)
    monkeypatch.setattr(project, "COPY", copy)
    project.copy_collection()
    (checkout / "removed").unlink()
    (checkout / "kept").write_text("changed")
    project.copy_collection()
    assert {path.name for path in copy.iterdir()} == {".git", ".gitignore", "kept"}
    assert (copy / "kept").read_text() == "changed"


def test_an_environment_is_made_again_when_its_requirements_change(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], **_options: object) -> None:
        commands.append(command)
        if "venv" in command:
            folder = pathlib.Path(command[-1])
            (folder / "bin").mkdir(parents=True)
            (folder / "bin" / "python").symlink_to(sys.executable)

    monkeypatch.setattr(environments, "WORK", tmp_path)
    monkeypatch.setattr(environments, "CHECKOUT", tmp_path)
    monkeypatch.setattr(environments.subprocess, "run", run)
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("one\n")
    environment = environments.Environment("example")
    environment.ensure(requirements)
    assert [("venv" in command, "pip" in command) for command in commands] == [(True, False), (False, True)]
    environment.ensure(requirements)
    assert len(commands) == 2
    requirements.write_text("two\n")
    environment.ensure(requirements)
    assert len(commands) == 3
