# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import signal
import threading
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import BackupError, Defect
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases import fleet
from ansible_collections.cloudkeep.azure_backup.tests.support.signals import ctrl_c_arrives


def outcome(name: str, error: BackupError | None = None) -> dict[str, t.Any]:
    return {"name": name, "id": f"/{name}", "error": error.as_result() if error else None}


def test_the_order_is_that_of_the_work_whoever_ends_first() -> None:
    first_may_end = threading.Event()

    def apply(number: int) -> int:
        if number == 0:
            assert first_may_end.wait(30)
        if number == 3:
            first_may_end.set()
        return number * 10

    assert list(fleet.run({f"vm-{number}": number for number in range(4)}, apply).items()) == [
        ("vm-0", 0),
        ("vm-1", 10),
        ("vm-2", 20),
        ("vm-3", 30),
    ]


@pytest.mark.parametrize("size", [1, 2, 40])
def test_one_failure_stops_nobody_else(size: int) -> None:
    error = BackupError("no")

    def apply(number: int) -> int:
        if number == 0:
            raise error
        return number

    made = fleet.run({number: number for number in range(size)}, apply)
    assert made == {0: error, **{number: number for number in range(1, size)}}


@pytest.mark.parametrize("size", [1, 3])
def test_a_defect_is_told_and_what_was_made_of_the_others_is_kept(size: int) -> None:
    def apply(number: int) -> float:
        return 1 / number

    defect, *others = fleet.run({number: number for number in range(size)}, apply).values()
    assert isinstance(defect, Defect) and isinstance(defect.__cause__, ZeroDivisionError)
    assert defect.message.startswith("Unexpected ZeroDivisionError: ") and defect.code == "Defect"
    assert others == [1.0, 0.5][: size - 1]


@pytest.mark.parametrize("size", [1, 3])
def test_what_ends_the_process_ends_the_work(size: int) -> None:
    def apply(number: int) -> int:
        if number == 0:
            raise KeyboardInterrupt
        return number

    with pytest.raises(KeyboardInterrupt):
        fleet.run({number: number for number in range(size)}, apply)


def test_ctrl_c_waits_for_nobody_and_nothing_more_is_begun() -> None:
    everybody_is_here = threading.Barrier(fleet.WORKERS)
    may_end = threading.Event()
    begun: list[int] = []
    ended: list[int] = []

    def apply(number: int) -> None:
        begun.append(number)
        if everybody_is_here.wait(5) == 0:
            os.kill(os.getpid(), signal.SIGINT)
        may_end.wait(30)
        ended.append(number)

    others = set(threading.enumerate())
    with ctrl_c_arrives(), pytest.raises(KeyboardInterrupt):
        fleet.run({number: number for number in range(fleet.WORKERS * 3)}, apply)
    assert not ended
    workers = set(threading.enumerate()) - others
    # Nor does the process, when it ends.
    assert all(worker.daemon for worker in workers)
    may_end.set()
    for worker in workers:
        worker.join(10)
    assert len(ended) == len(begun) == fleet.WORKERS


def test_no_more_than_so_many_are_at_work_at_once() -> None:
    lock = threading.Lock()
    everybody_is_here = threading.Barrier(fleet.WORKERS)
    at_work = peak = 0

    def apply(number: int) -> None:
        nonlocal at_work, peak
        with lock:
            at_work += 1
            peak = max(peak, at_work)
        everybody_is_here.wait(30)  # opens only when as many as may be are there together
        with lock:
            at_work -= 1

    fleet.run({number: number for number in range(fleet.WORKERS * 3)}, apply)
    assert peak == fleet.WORKERS


def test_nothing_to_do_is_nothing() -> None:
    assert fleet.run({}, lambda piece: piece) == {}


@pytest.mark.parametrize("outcomes", [[], [outcome("a"), outcome("b")]])
def test_all_well_is_no_failure(outcomes: list[dict[str, t.Any]]) -> None:
    assert fleet.failure(outcomes, "protected") is None


def test_one_failure_is_told_in_full() -> None:
    error = BackupError(
        "It is elsewhere.",
        code="Elsewhere",
        http_status=409,
        operation="protect",
        resource_id="/b",
        request_id="r",
        recommendations=["Move it."],
        retryable=True,
    )
    failure = fleet.failure([outcome("a"), outcome("b", error)], "protected")
    assert failure is not None
    assert "1 of 2 virtual machines could not be protected" in failure.message
    assert "b: It is elsewhere." in failure.message
    assert {**failure.as_result(), "message": ""} == {**error.as_result(), "message": ""}


def test_several_failures_are_summed_up() -> None:
    errors = [
        BackupError("No.", code="A", http_status=409, resource_id="/1", recommendations=["x", "y"], retryable=True),
        BackupError("Never.", code="B", resource_id="/2", recommendations=["y", "z"]),
    ]
    failure = fleet.failure([outcome("a", errors[0]), outcome("b", errors[1]), outcome("c")], "backed up")
    assert failure is not None
    assert "2 of 3 virtual machines could not be backed up" in failure.message
    assert "a: No." in failure.message
    assert "b: Never." in failure.message
    assert failure.code == "SeveralFailures"
    assert failure.recommendations == ("x", "y", "z")
    assert (failure.http_status, failure.resource_id, failure.request_id, failure.retryable) == (
        None,
        None,
        None,
        False,
    )


def test_several_failures_of_one_kind_keep_its_code() -> None:
    same = [outcome(name, BackupError("No.", code="Same", retryable=True)) for name in "abc"]
    failure = fleet.failure(same, "protected")
    assert failure is not None
    assert (failure.code, failure.retryable) == ("Same", True)


def test_a_message_names_ten_and_counts_the_others() -> None:
    failure = fleet.failure([outcome(f"vm-{number:02}", BackupError("No.")) for number in range(13)], "protected")
    assert failure is not None
    assert "vm-09" in failure.message
    assert "vm-10" not in failure.message
    assert "3 more" in failure.message


def test_a_reason_that_several_have_is_told_once() -> None:
    same = BackupError("The guard wants a request.")
    failure = fleet.failure([outcome("a", same), outcome("b", BackupError("Never.")), outcome("c", same)], "stopped")
    assert failure is not None
    assert failure.message == (
        "3 of 3 virtual machines could not be stopped: a, c: The guard wants a request. | b: Never."
    )
    many = fleet.failure([outcome(f"vm-{number}", same) for number in range(12)], "stopped")
    assert many is not None and many.message.count("wants") == 1
    assert many.message.endswith("vm-9 and 2 more, see vms in the result: The guard wants a request.")


def test_machines_whose_reasons_differ_in_their_names_only_are_told_together() -> None:
    failure = fleet.failure(
        [outcome(name, BackupError(f"web/{name} can't be: no {name}.")) for name in ("vm", "vm-2", "a")], "suspended"
    )
    assert failure is not None
    assert failure.message == (
        "3 of 3 virtual machines could not be suspended: web/vm can't be: no vm. The same goes for vm-2, a."
    )


def test_advice_stands_with_the_reason_that_it_is_for_and_what_all_are_advised_once_at_the_end() -> None:
    errors = [
        BackupError("It is deleted.", recommendations=["Undelete it.", "Look again."]),
        BackupError("It is elsewhere", recommendations=["Move it.", "Look again."]),
    ]
    failure = fleet.failure([outcome("a", errors[0]), outcome("b", errors[1])], "protected")
    assert failure is not None
    assert failure.advice == (
        "2 of 2 virtual machines could not be protected: a: It is deleted. Undelete it. | "
        "b: It is elsewhere. Move it. Look again"
    )
    alone = fleet.failure([outcome("a", errors[0])], "protected")
    assert alone is not None
    assert alone.advice.endswith("a: It is deleted. Undelete it. Look again")


def test_the_message_tells_of_what_the_machines_are_relieved() -> None:
    failure = fleet.failure([outcome("a", BackupError("No."))], "deleted", "the backup data of")
    assert failure is not None
    assert failure.message == "The backup data of 1 of 1 virtual machine could not be deleted: a: No."


def test_ten_reasons_are_told_and_the_machines_of_the_others_counted() -> None:
    failure = fleet.failure([outcome(f"vm-{number}", BackupError(f"No {number * 'x'}.")) for number in range(13)], "x")
    assert failure is not None
    assert failure.message.endswith(" | and 3 more, see vms in the result")


def test_jobs_that_failed_for_one_reason_are_told_together_whatever_their_ids() -> None:
    failed = [
        outcome(name, BackupError(f"Job {number * 8}-0000-4000-8000-00000000000a (Backup of {name}) failed: full."))
        for name, number in (("a", "1"), ("b", "2"), ("a", "3"), ("b", "4"))
    ]
    assert fleet.reasons(failed) == [
        "Job 11111111-0000-4000-8000-00000000000a (Backup of a) failed: full. The same goes for b."
    ]


def test_a_job_is_told_with_its_own_machine() -> None:
    failed = [
        outcome(name, BackupError(f"job {number * 8}-0000-4000-8000-00000000000a still runs."))
        for name, number in (("vm-1", "1"), ("vm-2", "2"))
    ]
    assert fleet.reasons(failed) == [
        "vm-1: job 11111111-0000-4000-8000-00000000000a still runs. The same goes for vm-2."
    ]


def test_one_piece_of_work_needs_no_thread_and_two_are_done_at_once() -> None:
    here = threading.get_ident()
    assert fleet.run({1: None}, lambda work: threading.get_ident()) == {1: here}
    both = threading.Barrier(2, timeout=30)
    assert set(fleet.run({1: None, 2: None}, lambda work: both.wait())) == {1, 2}


def test_sixteen_requests_in_flight_are_enough_for_what_a_login_may_write() -> None:
    """At 10 writes a second, an answer may take 1.6 s before the number of requests in flight is what limits."""
    assert fleet.WORKERS == 16


def test_what_is_of_one_failure_only_is_told_of_one_failure_only() -> None:
    errors = [
        BackupError("No.", code="A", operation="first", resource_id="/x", request_id="1", http_status=400),
        BackupError("Never.", code="B", operation="second", resource_id="/y", request_id="2", http_status=404),
    ]
    (one, several) = (fleet.failure([outcome("a", error) for error in some], "x") for some in (errors[:1], errors))
    assert one is not None and several is not None
    assert (one.code, one.http_status, one.operation, one.resource_id, one.request_id) == ("A", 400, "first", "/x", "1")
    assert (several.code, several.operation) == ("SeveralFailures", "first")
    assert (several.http_status, several.resource_id, several.request_id) == (None, None, None)


def test_a_message_that_names_its_only_machine_is_told_as_it_is() -> None:
    assert fleet.reasons([outcome("web", BackupError("web can't be."))]) == ["web can't be."]


def test_the_order_of_names_does_not_make_messages_the_same() -> None:
    failed = [outcome(name, BackupError(f"{name} can't be.")) for name in ("vm-2", "vm-1")]
    assert fleet.reasons(failed) == ["vm-2 can't be. The same goes for vm-1."]


def test_two_machines_of_one_name_are_told_once() -> None:
    failed = [
        outcome("a", BackupError(f"Job {number * 8}-0000-4000-8000-00000000000a of a failed.")) for number in "12"
    ]
    assert fleet.reasons(failed) == ["Job 11111111-0000-4000-8000-00000000000a of a failed."]


@pytest.mark.parametrize(("machines", "more"), [(10, ""), (11, " and 1 more"), (25, " and 15 more")])
def test_ten_names_are_told_and_the_others_counted(machines: int, more: str) -> None:
    same = BackupError("No.")
    (told,) = fleet.reasons([outcome(f"vm-{number}", same) for number in range(machines)])
    assert (
        told
        == f"{', '.join(f'vm-{number}' for number in range(10))}{more}{', see vms in the result' * bool(more)}: No."
    )


@pytest.mark.parametrize(
    ("machines", "words"), [(0, "0 virtual machines"), (1, "1 virtual machine"), (2, "2 virtual machines")]
)
def test_machines_are_counted_in_words(machines: int, words: str) -> None:
    assert fleet.count(machines) == words
