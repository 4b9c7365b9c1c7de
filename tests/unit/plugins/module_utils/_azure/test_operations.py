# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting: when to look, when to give up, and what the headers say."""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import operations
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.clock import Deadline
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.operations import Seen, wait_until
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import (
    AuthenticationFailed,
    BackupError,
    ConnectionFailed,
    OperationFailed,
    ServiceError,
    WaitTimeout,
)
from ansible_collections.cloudkeep.azure_backup.tests.support.scripted import FakeClock


def wait(clock: FakeClock, looks: list[Seen[str]], seconds: float = 1000, poll_interval: float = 10) -> str:
    seen = itertools.chain(looks, itertools.repeat(looks[-1]))
    return wait_until(
        lambda: next(seen),
        lambda value: value == "done",
        deadline=Deadline(clock, seconds),
        poll_interval=poll_interval,
        doing="do it",
    )


def test_the_first_look_is_at_once() -> None:
    clock = FakeClock()
    assert wait(clock, [Seen("done")]) == "done"
    assert clock.pauses == []


def test_pauses_grow_up_to_the_interval() -> None:
    clock = FakeClock()
    wait(clock, [Seen("busy")] * 12 + [Seen("done")])
    assert clock.pauses == sorted(clock.pauses)
    assert (clock.pauses[0], clock.pauses[-1]) == (operations.FIRST_INTERVAL, 10)


def test_the_interval_bounds_even_the_first_pause() -> None:
    clock = FakeClock()
    wait(clock, [Seen("busy"), Seen("done")], poll_interval=0.01)
    assert clock.pauses == [0.01]


def test_the_service_may_ask_for_another_pause() -> None:
    clock = FakeClock()
    wait(clock, [Seen("busy", 60.0), Seen("busy", None), Seen("done")])
    assert clock.pauses == [60, operations.FIRST_INTERVAL]


def test_the_deadline_is_kept_and_the_last_look_is_after_it() -> None:
    clock = FakeClock()
    with pytest.raises(WaitTimeout) as caught:
        wait(clock, [Seen("busy", 60.0)], seconds=90)
    assert clock.seconds == 90
    assert "busy" in caught.value.message and "90 s" in caught.value.message
    assert caught.value.retryable


def unreadable(clock: FakeClock, looks: t.Sequence[Seen[str] | BackupError], seconds: float) -> str:
    seen = iter(looks)

    def look() -> Seen[str]:
        made = next(seen)
        if isinstance(made, BackupError):
            raise made
        return made

    return wait_until(
        look, lambda value: value == "done", deadline=Deadline(clock, seconds), poll_interval=10, doing="do it"
    )


@pytest.mark.parametrize("code", operations.UNREADABLE)
def test_nonsense_is_no_answer(code: str) -> None:
    clock = FakeClock()
    assert unreadable(clock, [ServiceError("?", code=code), ServiceError("?", code=code), Seen("done")], 100) == "done"
    assert clock.pauses == [0.5, 1]


def test_nonsense_until_the_deadline_is_told() -> None:
    clock = FakeClock()
    with pytest.raises(ServiceError):
        unreadable(clock, [ServiceError("?", code="NotJson")] * 3, 1)
    assert clock.seconds == 1


def test_another_error_is_told_at_once() -> None:
    clock = FakeClock()
    with pytest.raises(ServiceError):
        unreadable(clock, [ServiceError("no", code="Conflict"), Seen("done")], 100)
    assert clock.pauses == []


@pytest.mark.parametrize(
    "error",
    [
        *(ServiceError("no", http_status=status) for status in (400, 402, 404, 409)),
        OperationFailed("it failed", retryable=True),
        WaitTimeout("too late", retryable=True),
    ],
)
def test_what_became_of_something_accepted_is_told_as_it_is(error: BackupError) -> None:
    with pytest.raises(BackupError) as caught, operations.accepted("create the vault"):
        raise error
    assert caught.value is error


@pytest.mark.parametrize(
    "error",
    [
        *(ServiceError("no", http_status=status) for status in (401, 403)),
        *(ServiceError("?", http_status=200, code=code) for code in operations.UNREADABLE),
        ServiceError("down", http_status=500, retryable=True),
        ConnectionFailed("gone", retryable=True),
        ConnectionFailed("not trusted"),
        AuthenticationFailed("no token"),
    ],
)
def test_what_can_not_be_read_of_something_accepted_goes_on(error: BackupError) -> None:
    with pytest.raises(BackupError) as caught, operations.accepted("create the vault"):
        raise error
    assert caught.value.message.startswith(
        "Azure has accepted to create the vault, and where that stands can't be read"
    )
    assert caught.value.goes_on and error.message in caught.value.message


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "60"}, 60),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"x-ms-retry-after-ms": "500"}, 0.5),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert operations.retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"location": "https://h/vaults/v/operationResults/guid?api-version=1&s=/signed/"}, "guid"),
        ({"location": "https://h/x/other", "azure-asyncoperation": "https://h/operationsStatus/op/?t=1"}, "op"),
        ({"azure-asyncoperation": "https://h/backupOperations/YWJj%3D%3D?x"}, "YWJj=="),
    ],
)
def test_operation_ids(headers: dict[str, str], expected: str | None) -> None:
    assert operations.operation_id(headers) == expected


def test_pauses_double_from_half_a_second_on() -> None:
    assert list(itertools.islice(operations.intervals(10), 7)) == [0.5, 1, 2, 4, 8, 10, 10]


def test_what_was_seen_stays_as_it_was() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Seen("busy").value = "done"  # type: ignore[misc]
