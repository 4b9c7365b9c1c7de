# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests start ends with them, also when it hangs and its children are in sessions of their own."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support import processes

HANGING = """
import os, signal, subprocess, sys, time
def tidy_up(*unused):
    open("interrupted", "w").close()
    raise SystemExit
signal.signal(signal.SIGINT, tidy_up)
child = [sys.executable, "-c", "import sys, time; time.sleep(600)"]
subprocess.Popen(child, env={**os.environ, "HOME": os.getcwd()}, start_new_session=True)
subprocess.Popen([*child, "no name"])
print("hangs", flush=True)
while True:
    time.sleep(1)
"""


def hanging(folder: pathlib.Path) -> list[str]:
    (folder / "hanging.py").write_text(HANGING, encoding="utf-8")
    return [sys.executable, str(folder / "hanging.py")]


def in_group(leader: int) -> list[str]:
    """Return the processes of a group; those that ended and that nobody has asked about do not count."""
    places = (place.read_text().rpartition(")")[2].split() for place in pathlib.Path("/proc").glob("[0-9]*/stat"))
    return [state for state, _parent, group, *_rest in places if int(group) == leader and state != "Z"]


def test_when_a_test_fails_nothing_is_left_of_what_it_has_started(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ZeroDivisionError), processes.started(hanging(tmp_path), tmp_path, env=os.environ) as program:
        assert program.stdout and program.stdout.readline() == "hangs\n"
        assert len(processes.naming(tmp_path)) == 2
        raise ZeroDivisionError
    assert program.returncode == -signal.SIGKILL
    assert processes.naming(tmp_path) == {}
    assert in_group(program.pid) == []


def test_whoever_reads_the_output_of_what_hangs_reads_its_end(tmp_path: pathlib.Path) -> None:
    with processes.started(hanging(tmp_path), tmp_path, env=os.environ, timeout=0.5) as program:
        assert program.stdout
        program.stdout.read()
        assert program.wait(10) == -signal.SIGKILL
    assert processes.naming(tmp_path) == {}


def test_what_takes_too_long_may_tidy_up_before_all_is_killed(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def communicate(program: subprocess.Popen[str], timeout: float) -> None:
        assert program.stdout and program.stdout.readline() == "hangs\n"
        raise subprocess.TimeoutExpired(program.args, timeout)

    monkeypatch.setattr(subprocess.Popen, "communicate", communicate)
    with pytest.raises(subprocess.TimeoutExpired):
        processes.run(hanging(tmp_path), tmp_path, env=os.environ)
    assert (tmp_path / "interrupted").exists()
    assert processes.naming(tmp_path) == {}


def test_what_ends_by_itself_is_left_alone(tmp_path: pathlib.Path) -> None:
    command = [sys.executable, "-c", "import os; print(os.getcwd()); raise SystemExit(3)"]
    made = processes.run(command, tmp_path, env=os.environ)
    assert (made.returncode, made.stdout, made.stderr) == (3, f"{tmp_path}\n", "")


def test_a_folder_is_not_that_of_another_test_whose_name_begins_like_it(tmp_path: pathlib.Path) -> None:
    other = tmp_path / "slice-10"
    other.mkdir()
    with processes.started(hanging(other), other, env=os.environ) as program:
        assert program.stdout and program.stdout.readline() == "hangs\n"
        assert processes.naming(tmp_path / "slice-1") == {}
        assert set(processes.naming(tmp_path)) == set(processes.naming(other)) >= {program.pid}


def test_what_does_not_end_when_asked_is_killed() -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) as program:
        assert program.stdout and program.stdout.readline()
        processes.end(program, 0.1)
    assert program.returncode == -signal.SIGKILL
