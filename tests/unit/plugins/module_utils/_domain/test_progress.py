# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counting what runs, and the message in which the module tells it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import select

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import progress
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.job_models import Job, JobError
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.progress import Standing
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import BackupError

NOW = dt.datetime(2026, 3, 2, 3, 0, tzinfo=dt.timezone.utc)

texts = st.text() | st.text(st.characters(categories=["Cc", "Cs"]), min_size=50)
counts = st.integers(0, 10**8)
standings = st.builds(
    Standing,
    doing=texts,
    vault=texts,
    total=counts,
    done=counts,
    counted=texts,
    running=counts,
    failed=counts,
    failed_name=texts,
    failed_reason=texts,
    slowest_name=texts,
    slowest_seconds=st.floats(0, 1e8),
)


def job(name: str = "web-01", status: str = "InProgress", **more: object) -> Job:
    made = Job(
        id=f"/jobs/{name}",
        name=f"guid of {name}",
        operation="Backup",
        status=status,
        entity_friendly_name=name,
        container_name="",
        activity_id="",
        start_time=NOW - dt.timedelta(minutes=5),
        end_time=None,
        duration_seconds=None,
        cancellable=False,
        errors=(),
        tasks=(),
        property_bag={},
    )
    return dataclasses.replace(made, **more)  # type: ignore[arg-type]


def test_jobs_are_counted_by_how_they_ended() -> None:
    jobs = [
        job("a"),
        job("b", "Completed"),
        job("c", "CompletedWithWarnings"),
        job("d", "Failed"),
        job("e", "Cancelling"),
    ]
    told = progress.of_jobs("vault-weu", jobs, NOW)
    assert (told.total, told.done, told.running, told.failed) == (5, 2, 2, 1)
    assert (told.vault, told.doing) == ("vault-weu", "backing up")
    assert (told.failed_name, told.failed_reason) == ("d", "Failed")


def test_no_job_is_nothing_to_count() -> None:
    assert progress.of_jobs("vault-weu", [], NOW) == Standing("waiting for jobs", "vault-weu")


def test_a_job_that_is_cancelled_has_done_what_was_asked() -> None:
    jobs = [job("a", "Cancelled"), job("b", "Cancelling"), job("c", "Failed")]
    told = progress.of_jobs("v", jobs, NOW, cancelling=True)
    assert (told.doing, told.done, told.running, told.failed) == ("cancelling jobs", 2, 1, 0)


def test_jobs_of_several_kinds_are_just_jobs() -> None:
    jobs = [job(), job(operation="Restore")]
    assert progress.of_jobs("vault-weu", jobs, NOW).doing == "waiting for jobs"


def test_an_operation_without_words_goes_by_the_service_s_name() -> None:
    assert progress.of_jobs("v", [job(operation="CrossRegionRestore")], NOW).doing == "CrossRegionRestore"


def test_the_slowest_is_the_one_that_has_been_running_longest() -> None:
    jobs = [
        job("short", duration_seconds=60.0),
        job("sql-03", duration_seconds=1260.0),
        job("by our clock"),
        job("ended", "Completed", duration_seconds=9000.0),
    ]
    told = progress.of_jobs("v", jobs, NOW)
    assert (told.slowest_name, told.slowest_seconds) == ("sql-03", 1260)


@pytest.mark.parametrize(
    ("start", "seconds"), [(NOW - dt.timedelta(minutes=5), 300), (NOW + dt.timedelta(minutes=5), 0), (None, 0)]
)
def test_without_the_service_s_count_the_clock_tells(start: dt.datetime | None, seconds: float) -> None:
    assert progress.of_jobs("v", [job(start_time=start)], NOW).slowest_seconds == seconds


def test_a_failure_is_told_in_the_service_s_words_and_the_last_one_counts() -> None:
    errors = (JobError(400001, "Agent", "VM agent unable to communicate", ("Restart it",)), JobError(1, "B", "B", ()))
    jobs = [job("first", "Failed"), job("web-17", "Failed", errors=errors)]
    told = progress.of_jobs("v", jobs, NOW)
    assert (told.failed, told.failed_name, told.failed_reason) == (2, "web-17", "VM agent unable to communicate")


def test_work_whose_job_is_not_known_counts_as_well() -> None:
    pieces = [(None, False, None), (None, True, BackupError("It was refused")), (None, True, None)]
    told = progress.of("v", "protecting", pieces, NOW)
    assert (told.total, told.done, told.running, told.failed) == (3, 1, 1, 1)
    assert (told.failed_name, told.failed_reason, told.slowest_name) == ("", "It was refused", "")


def test_an_error_of_a_job_that_still_runs_is_told_as_it_is() -> None:
    pieces = [(job("web-01"), False, BackupError("wait_timeout passed"))]
    assert progress.of("v", "backing up", pieces, NOW).failed_reason == "wait_timeout passed"


@given(standings)
def test_a_message_is_one_line_that_a_pipe_takes_in_one_piece(told: Standing) -> None:
    message = told.to_message()
    assert message.endswith(b"\n") and message.count(b"\n") == 1
    assert len(message) <= select.PIPE_BUF


@given(standings)
def test_a_message_says_the_same_to_who_reads_it(told: Standing) -> None:
    cut = {
        name: value[: progress.LONGEST_REASON if name == "failed_reason" else progress.LONGEST_NAME]
        .encode(errors="replace")
        .decode()
        if isinstance(value, str)
        else value
        for name, value in dataclasses.asdict(told).items()
    }
    assert Standing.from_message(told.to_message()) == Standing(**cut)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"{}",
        b"[]",
        b"7",
        b"\xff\xfe",
        b'{"doing": "x"',
        b'{"doing": 7}',
        b'{"doing": "x", "total": "7"}',
        b'{"doing": "x", "total": -1}',
        b'{"doing": "x", "slowest_seconds": NaN}',
        b'{"doing": "x", "slowest_seconds": 1e999}',
        b'{"doing": "x", "total": 1' + b"0" * 400 + b"}",
        b'{"doing": "x", "colour": "red"}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_message_is_passed_over(message: bytes) -> None:
    assert Standing.from_message(message) is None
