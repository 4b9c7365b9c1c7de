# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that tests start: nothing of them outlives the test, however that ends.

ansible-playbook has children, and those of ansible-core from 2.19 on are in sessions of their own, so that neither the
death of their parent nor a signal to its group reaches them. All have the test's folder in their command line or their
environment, though: by that they are found.

    made = run([sys.executable, "-m", "ansible", "playbook", ...], folder, env={..., "HOME": str(folder)})
    with started(command, folder, env=...) as program:
        for line in program.stdout: ...
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import threading
import time
import typing as t

LONGEST: t.Final = 300.0
"""Seconds that a program may take: many times what it does take, so that only one that hangs gets there."""

_PATIENCE: t.Final = 10.0
"""Seconds that a program may take to tidy up."""


def run(
    command: t.Sequence[str], folder: pathlib.Path, *, env: t.Mapping[str, str], timeout: float = LONGEST
) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder that its processes name, whatever its exit status.

    When it takes too long (subprocess.TimeoutExpired), or the test ends before it does, all its processes are ended.
    """
    with _start(command, folder, env, stderr=subprocess.PIPE) as program:
        try:
            output, errors = program.communicate(timeout=timeout)
        except BaseException:
            interrupt(program)
            with contextlib.suppress(subprocess.TimeoutExpired):
                program.wait(_PATIENCE)
            kill(program, folder)
            raise
    return subprocess.CompletedProcess(command, program.returncode, output, errors)


@contextlib.contextmanager
def started(
    command: t.Sequence[str], folder: pathlib.Path, *, env: t.Mapping[str, str], timeout: float = LONGEST
) -> t.Iterator[subprocess.Popen[str]]:
    """Run a program in a folder that its processes name, for the length of a with block.

    Its output is in ``stdout``, errors included. All its processes are killed when the block ends and when it takes too
    long, so that whoever reads what it says does not wait for ever.
    """
    with _start(command, folder, env, stderr=subprocess.STDOUT) as program:
        watch = threading.Timer(timeout, kill, (program, folder))
        watch.daemon = True
        watch.start()
        try:
            yield program
        finally:
            watch.cancel()
            kill(program, folder)


def _start(
    command: t.Sequence[str], folder: pathlib.Path, env: t.Mapping[str, str], *, stderr: int
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, env=env, cwd=folder, stdout=subprocess.PIPE, stderr=stderr, text=True, start_new_session=True
    )


def interrupt(program: subprocess.Popen[str]) -> None:
    """Do what Ctrl-C in a terminal does: it reaches all that are in the program's group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGINT)


def kill(program: subprocess.Popen[str], folder: pathlib.Path) -> None:
    """Kill a program that was started here, and all that it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)
    kill_all(folder)


def kill_all(folder: pathlib.Path) -> None:
    """Kill all processes that name a folder."""
    # One that was starting another one while we looked has not been seen to do so.
    end = time.monotonic() + _PATIENCE
    while (found := naming(folder)) and time.monotonic() < end:
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def naming(folder: pathlib.Path) -> dict[int, list[str]]:
    """Return the command lines of the processes that name a folder in theirs or in their environment, by their id."""
    name = re.compile(re.escape(os.fsencode(folder)) + rb"(?![\w.-])")
    found: dict[int, list[str]] = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        # It may be somebody else's, or have ended by now.
        with contextlib.suppress(OSError):
            place = pathlib.Path("/proc", pid)
            line = (place / "cmdline").read_bytes()
            if int(pid) != os.getpid() and (name.search(line) or name.search((place / "environ").read_bytes())):
                found[int(pid)] = os.fsdecode(line).split("\0")
    return found


def end(program: subprocess.Popen[t.Any], seconds: float = 20) -> None:
    """Ask a program to end, and kill it when it does not: what a test has to say of it is said elsewhere."""
    program.terminate()
    try:
        program.wait(seconds)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()
