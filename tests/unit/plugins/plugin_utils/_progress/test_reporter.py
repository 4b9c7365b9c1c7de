# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pipe, and the thread that listens at it: what a module tells is shown, and nothing is left of it afterwards."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import signal
import stat
import subprocess
import sys
import threading
import time
import typing as t

import pytest

import project
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.progress import Progress
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.progress import Standing
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._progress.channel import Channel
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._progress.reporter import Reporter

STANDING = Standing("backing up", "v", total=3, running=3, slowest_name="sql-03", slowest_seconds=50)

ORPHAN: t.Final = """
import os, signal, sys, threading, time
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.progress import Progress
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.progress import Standing
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._progress.channel import Channel
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._progress.reporter import Reporter

def show(text, worse):
    os.write(1, text.encode() + b"\\n")
    shown.set()

parent = os.getpid()
if os.fork():
    signal.pause()
shown = threading.Event()
channel = Channel(sys.argv[1])
with Reporter(channel, show, label="m", interval=0.1):
    module = Progress(channel.path)
    module.tell(lambda: Standing("backing up", total=3, running=3))
    shown.wait()
    os.kill(parent, signal.SIGKILL)
    while os.getppid() == parent:
        time.sleep(0.01)
    module.tell(lambda: Standing("backing up", total=3, done=3))
channel.close()
os.write(1, b"ended")
"""
"""A process, and its child which reports and kills it."""


@pytest.fixture
def channel(tmp_path: pathlib.Path) -> t.Iterator[Channel]:
    made = Channel(str(tmp_path))
    yield made
    made.close()


class Screen:
    """What was shown; ``wait`` returns when there are so many lines."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, bool]] = []
        self.changed = threading.Condition()

    def __call__(self, text: str, worse: bool) -> None:
        with self.changed:
            self.lines.append((text, worse))
            self.changed.notify_all()

    def wait(self, number: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.lines) >= number, timeout=30)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> t.Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def test_only_the_user_can_open_the_pipe(channel: Channel) -> None:
    status = os.stat(channel.path)
    assert stat.S_ISFIFO(status.st_mode)
    assert stat.S_IMODE(status.st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(channel.path)).st_mode) == 0o700


def test_nothing_is_left_of_a_channel(tmp_path: pathlib.Path) -> None:
    descriptors = set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()
    for _time in range(3):
        Channel(str(tmp_path)).close()
    assert list(tmp_path.iterdir()) == []
    if descriptors:
        assert set(os.listdir("/proc/self/fd")) == descriptors


def test_nothing_is_left_of_a_channel_that_could_not_be_made(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError

    with monkeypatch.context() as patched, pytest.raises(OSError):
        patched.setattr(os, "mkfifo", refuse)
        Channel(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_messages_are_put_together_again(channel: Channel) -> None:
    writer = os.open(channel.path, os.O_WRONLY | os.O_NONBLOCK)
    os.write(writer, b"one\ntw")
    assert channel.messages(1) == [b"one"]
    os.write(writer, b"o\n\n")
    os.close(writer)
    assert channel.messages(1) == [b"two"]
    assert channel.messages(0) == []


def test_somebody_who_waits_can_be_woken_even_when_the_pipe_is_full(channel: Channel) -> None:
    for _time in range(70_000):
        channel.wake()
    assert channel.messages(None) == []


def report(channel: Channel, screen: Screen, interval: float = 0.03) -> Reporter:
    """Return a reporter that shows each line at once."""
    return Reporter(channel, screen, label="vm_backup_now", interval=interval)


def test_what_a_module_tells_is_shown_while_it_runs(channel: Channel) -> None:
    screen, clock = Screen(), Clock()
    with Reporter(channel, screen, label="vm_backup_now", interval=15, clock=clock):
        module = Progress(channel.path)
        clock.seconds = 5
        module.tell(lambda: STANDING)
        screen.wait(1)
        clock.seconds = 10
        module.tell(lambda: dataclasses.replace(STANDING, running=2, failed=1))
        screen.wait(2)
        module.tell(lambda: dataclasses.replace(STANDING, running=0, done=2, failed=1))
        module.close()
    assert screen.lines == [
        ("[vm_backup_now] v, backing up: 0 of 3 done, 3 running · slowest sql-03 for 50 s · 5 s elapsed", False),
        (
            "[vm_backup_now] v, backing up: 0 of 3 done, 2 running, 1 failed · slowest sql-03 for 50 s · 10 s elapsed",
            True,
        ),
        ("[vm_backup_now] v, backing up: 2 of 3 done, 1 failed · 10 s elapsed", False),
    ]


def test_what_a_module_tells_last_is_shown_although_it_has_ended(channel: Channel) -> None:
    screen, clock = Screen(), Clock()
    with Reporter(channel, screen, label="m", interval=15, clock=clock):
        module = Progress(channel.path)
        clock.seconds = 5
        module.tell(lambda: STANDING)
        screen.wait(1)
        module.tell(lambda: dataclasses.replace(STANDING, running=0, done=3))
    assert len(screen.lines) == 2
    assert "3 of 3 done" in screen.lines[-1][0]


def test_time_goes_on_between_two_messages(channel: Channel) -> None:
    times = iter(float(number) for number in range(0, 1000, 10))
    screen = Screen()
    with Reporter(channel, screen, label="m", interval=15, clock=lambda: next(times)):
        Progress(channel.path).tell(lambda: STANDING)
        screen.wait(1)
    assert "sql-03 for 1 min" in screen.lines[0][0]


def test_a_module_that_tells_nothing_shows_nothing_and_is_not_held_up(channel: Channel) -> None:
    screen = Screen()
    started = time.monotonic()
    with report(channel, screen, interval=100):
        pass
    assert screen.lines == []
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError, SystemExit])
def test_the_thread_ends_however_the_run_ends(channel: Channel, failure: type[BaseException]) -> None:
    with pytest.raises(failure), report(channel, Screen()):
        Progress(channel.path).tell(lambda: STANDING)
        raise failure


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_signals_are_given_back_whatever_comes_between(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    wake = channel.wake

    def interrupted() -> None:
        wake()
        raise KeyboardInterrupt

    before = signal.getsignal(number)
    monkeypatch.setattr(channel, "wake", interrupted)
    reporter = report(channel, Screen())
    with pytest.raises(KeyboardInterrupt), reporter:
        assert signal.getsignal(number) != before
    assert signal.getsignal(number) == before
    reporter._thread.join(10)


def test_the_thread_ends_although_somebody_goes_on_telling(channel: Channel) -> None:
    orphan = Progress(channel.path)
    ended = threading.Event()

    def tell() -> None:
        while not ended.is_set():
            orphan.tell(lambda: STANDING)

    noise = threading.Thread(target=tell)
    noise.start()
    try:
        screen = Screen()
        with report(channel, screen):
            screen.wait(1)
    finally:
        ended.set()
        noise.join()


def test_the_thread_takes_no_signal_from_the_main_thread(channel: Channel) -> None:
    """Whichever thread a signal reaches: the main thread, which waits for the module, has to wake up from it."""
    taken: list[set[int]] = []
    lines = threading.Event()

    def show(_text: str, _worse: bool) -> None:
        taken.append(signal.valid_signals() - signal.pthread_sigmask(signal.SIG_BLOCK, ()))
        lines.set()

    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with Reporter(channel, show, label="m", interval=0.03):
        assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
        Progress(channel.path).tell(lambda: STANDING)
        assert lines.wait(30)
    # Nobody can block these two.
    assert taken[0] - {signal.SIGKILL, signal.SIGSTOP} == set()


def test_a_process_whose_parent_was_killed_shows_nothing_more_and_ends(tmp_path: pathlib.Path) -> None:
    command = [sys.executable, "-c", ORPHAN, str(tmp_path)]
    environ = project.environment(sys.executable)
    # It is read until the last of the two has ended.
    made = subprocess.run(command, env=environ, capture_output=True, timeout=60, check=False)
    assert made.returncode == -signal.SIGKILL and made.stderr == b""
    assert b"0 of 3 done" in made.stdout and b"3 of 3 done" not in made.stdout
    assert made.stdout.endswith(b"ended")


def test_what_is_no_message_is_passed_over(channel: Channel) -> None:
    screen = Screen()
    with report(channel, screen):
        writer = os.open(channel.path, os.O_WRONLY | os.O_NONBLOCK)
        os.write(writer, b"\xff\n{}\n" + STANDING.to_message() + b'{"doing": ')
        os.close(writer)
        screen.wait(1)
    assert "backing up" in screen.lines[0][0]
