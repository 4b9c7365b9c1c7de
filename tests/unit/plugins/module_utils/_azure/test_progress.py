# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Telling the controller how far a task is, over a pipe that may be missing, full, closed or somebody else's."""

from __future__ import annotations

import os
import pathlib
import threading
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.progress import Progress
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.progress import Standing

STANDING = Standing("backing up", "vault-weu", total=3, done=1, running=2)


@pytest.fixture
def pipe(tmp_path: pathlib.Path) -> pathlib.Path:
    os.mkfifo(tmp_path / "channel", 0o600)
    return tmp_path / "channel"


@pytest.fixture
def reader(pipe: pathlib.Path) -> t.Iterator[int]:
    descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    yield descriptor
    os.close(descriptor)


def never() -> Standing:
    raise AssertionError("nobody listens, so nothing is to be found out")


def test_what_is_told_arrives(pipe: pathlib.Path, reader: int) -> None:
    progress = Progress(str(pipe))
    progress.tell(lambda: STANDING)
    assert Standing.from_message(os.read(reader, 9999)) == STANDING


def test_without_a_listener_nothing_is_found_out(pipe: pathlib.Path) -> None:
    Progress(None).tell(never)
    Progress("").tell(never)
    Progress(str(pipe)).tell(never)
    Progress(str(pipe.parent / "missing")).tell(never)
    Progress("\0").tell(never)


def test_only_a_pipe_is_written_to(pipe: pathlib.Path, reader: int) -> None:
    file = pipe.parent / "file"
    file.write_text("kept")
    link = pipe.parent / "link"
    link.symlink_to(pipe)
    for path in (file, link, pipe.parent):
        Progress(str(path)).tell(never)
    assert file.read_text() == "kept"


def test_a_full_pipe_loses_what_is_told_and_nothing_more(pipe: pathlib.Path, reader: int) -> None:
    progress = Progress(str(pipe))
    for _time in range(3000):
        progress.tell(lambda: STANDING)
    messages = os.read(reader, 1_000_000).splitlines()
    assert len(messages) < 3000
    assert {Standing.from_message(message) for message in messages} == {STANDING}
    progress.tell(lambda: STANDING)
    assert Standing.from_message(os.read(reader, 9999)) == STANDING


def test_a_listener_that_has_gone_is_not_missed(pipe: pathlib.Path) -> None:
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    progress = Progress(str(pipe))
    os.close(reader)
    progress.tell(lambda: STANDING)
    progress.tell(never)


def test_a_defect_in_finding_out_ends_the_telling_and_not_the_task(pipe: pathlib.Path, reader: int) -> None:
    def defect() -> Standing:
        raise RuntimeError

    progress = Progress(str(pipe))
    progress.tell(defect)
    progress.tell(never)


def test_nothing_is_told_after_the_end(pipe: pathlib.Path, reader: int) -> None:
    progress = Progress(str(pipe))
    progress.close()
    progress.close()
    progress.tell(never)


def test_threads_never_mix_their_messages(pipe: pathlib.Path, reader: int) -> None:
    progress = Progress(str(pipe))
    told = [Standing(f"step {number}" * 5, total=number) for number in range(8)]
    threads = [threading.Thread(target=progress.tell, args=(lambda one=one: one,)) for one in told]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    messages = os.read(reader, 99999).splitlines()
    assert {Standing.from_message(message) for message in messages} == set(told)
