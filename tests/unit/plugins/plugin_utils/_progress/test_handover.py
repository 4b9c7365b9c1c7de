# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A signal that ends the process waits while a line is handed over, and then does what it would have done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import typing as t

import pytest

import project
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._progress.handover import Handover
from ansible_collections.cloudkeep.azure_backup.tests.support.signals import ctrl_c_arrives

DIES: t.Final = """
import os, signal, sys, threading, time
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._progress.handover import Handover

def hand_over():
    with handover.of_a_line():
        begun.set()
        time.sleep(0.3)
        os.write(1, b"handed over")

number = int(sys.argv[1])
signal.signal(number, signal.SIG_DFL)
handover, begun = Handover(), threading.Event()
handover.watch()
threading.Thread(target=hand_over).start()
begun.wait()
os.kill(os.getpid(), number)
time.sleep(10)
"""

SIGNALS = [signal.SIGINT, signal.SIGTERM]


class Line:
    """A line that is being handed over by a thread until it is told to end, or for so many seconds."""

    def __init__(self, handover: Handover, seconds: float) -> None:
        self.going_on = False
        self.end = threading.Event()
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._hand_over, args=(handover, seconds))

    def _hand_over(self, handover: Handover, seconds: float) -> None:
        with handover.of_a_line():
            self.going_on = True
            self._begun.set()
            self.end.wait(seconds)
            self.going_on = False

    def __enter__(self) -> Line:
        self._thread.start()
        assert self._begun.wait(10)
        return self

    def __exit__(self, *_failure: object) -> None:
        self.end.set()
        self._thread.join()


@pytest.fixture(params=SIGNALS)
def number(request: pytest.FixtureRequest) -> t.Iterator[int]:
    before = signal.getsignal(request.param)
    yield request.param
    signal.signal(request.param, before)


def test_a_handler_is_called_when_the_line_is_handed_over(number: int) -> None:
    found: list[bool] = []
    signal.signal(number, lambda *_arguments: found.append(line.going_on))
    handover = Handover()
    handover.watch()
    with Line(handover, 0.2) as line:
        os.kill(os.getpid(), number)
        assert found == [False]
        os.kill(os.getpid(), number)
    assert found == [False, False]
    handover.rest()


def test_a_line_that_nobody_takes_does_not_keep_the_process(number: int) -> None:
    found: list[bool] = []
    signal.signal(number, lambda *_arguments: found.append(line.going_on))
    handover = Handover(patience=0.1)
    handover.watch()
    with Line(handover, 30) as line:
        os.kill(os.getpid(), number)
        assert found == [True]
    handover.rest()


def test_a_handler_that_raises_leaves_room_for_the_last_line(number: int) -> None:
    signal.signal(number, signal.default_int_handler)
    handover = Handover()
    handover.watch()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)
        time.sleep(5)
    with Line(handover, 0):
        pass
    handover.rest()
    assert signal.getsignal(number) is signal.default_int_handler


def test_a_signal_at_the_edge_does_what_it_did(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Just before and just after what a signal does is changed, at the beginning and at the end."""
    found: list[int] = []
    change = signal.signal

    def changed(changing: int, handler: t.Any) -> None:
        os.kill(os.getpid(), number)
        change(changing, handler)
        os.kill(os.getpid(), number)

    def handle(arrived: int, _frame: object) -> None:
        found.append(arrived)

    handover = Handover()
    # Were one of the two ignored, it would be left alone.
    with ctrl_c_arrives(), monkeypatch.context() as patched:
        change(number, handle)
        patched.setattr(signal, "signal", changed)
        handover.watch()
        handover.rest()
        assert signal.getsignal(number) is handle
    # Two signals are changed twice each.
    assert found == [number] * 8


def test_what_is_ignored_stays_ignored(number: int) -> None:
    signal.signal(number, signal.SIG_IGN)
    handover = Handover()
    handover.watch()
    assert signal.getsignal(number) is signal.SIG_IGN
    handover.rest()
    assert signal.getsignal(number) is signal.SIG_IGN


def test_another_thread_changes_no_signal(number: int) -> None:
    before = signal.getsignal(number)
    handover = Handover()
    thread = threading.Thread(target=handover.watch)
    thread.start()
    thread.join()
    assert signal.getsignal(number) is before
    handover.rest()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_process_without_handlers_dies_of_the_signal_after_the_line(number: int) -> None:
    command = [sys.executable, "-c", DIES, str(int(number))]
    environ = project.environment(sys.executable)
    made = subprocess.run(command, env=environ, capture_output=True, timeout=30, check=False)
    assert (made.returncode, made.stdout) == (-number, b"handed over"), made.stderr
