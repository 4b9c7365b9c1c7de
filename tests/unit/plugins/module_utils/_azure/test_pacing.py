# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Token buckets: no delay for few requests, never more than Azure allows for many."""

from __future__ import annotations

import math
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import pacing
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.pacing import (
    FIRST_HORIZON,
    LONGEST_NAP,
    Bucket,
    Pacer,
)
from ansible_collections.cloudkeep.azure_backup.tests.support.scripted import FakeClock

URL = "https://management.azure.com/subscriptions/S/resourceGroups/rg"


WRITES = "x-ms-ratelimit-remaining-subscription-writes"


def answered(pacer: Pacer, headers: dict[str, str], *methods: str) -> None:
    """Let a request of each kind be answered."""
    for method in methods or ("GET", "PUT", "DELETE"):
        pacer.wait(method, URL)
        pacer.observe(method, URL, headers)


def spent(pacer: Pacer, clock: FakeClock, method: str, number: int) -> float:
    """Let so many requests through and return the seconds that took."""
    began = clock.seconds
    for _request in range(number):
        pacer.wait(method, URL)
    return clock.seconds - began


def test_where_the_service_tells_nothing_a_small_fleet_never_waits() -> None:
    clock = FakeClock()
    pacer = Pacer(clock)
    answered(pacer, {})
    for _request in range(189):
        answered(pacer, {})
    assert clock.pauses == []


def test_a_small_fleet_hardly_waits() -> None:
    clock = FakeClock()
    pacer = Pacer(clock)
    for number in range(50):
        answered(pacer, {WRITES: str(199 - number)}, "PUT")
    assert clock.seconds < 1


@given(st.lists(st.floats(0, 5), min_size=1, max_size=300))
def test_no_more_is_let_through_than_the_service_does(gaps: list[float]) -> None:
    clock = FakeClock()
    bucket = Bucket(clock, 20, 10, 1)
    sent: list[float] = []
    for gap in gaps:
        clock.seconds += gap
        while (seconds := bucket.take()) > 0:
            clock.sleep(seconds)
        bucket.observe(math.inf)
        sent.append(clock.seconds)
    for start in range(len(sent)):
        for end in range(start, len(sent)):
            assert end - start + 1 <= 20 + (sent[end] - sent[start]) * 10 + 1e-3


def test_until_an_answer_has_told_what_is_left_requests_go_one_by_one() -> None:
    clock = FakeClock()
    pacer = Pacer(clock)
    assert spent(pacer, clock, "PUT", 1) == 0
    assert spent(pacer, clock, "PUT", 1) >= 1
    pacer.observe("PUT", URL, {WRITES: "198"})
    assert spent(pacer, clock, "PUT", 10) < 1


def test_what_others_have_used_up_is_learnt_from_the_answers() -> None:
    clock = FakeClock()
    pacer = Pacer(clock)
    answered(pacer, {WRITES: "198"}, "PUT")
    assert spent(pacer, clock, "PUT", 4) < 1
    pacer.observe("PUT", URL, {WRITES: "2"})
    assert spent(pacer, clock, "PUT", 4) > 3
    assert spent(pacer, clock, "GET", 1) == 0


def test_what_was_known_is_forgotten_after_a_while() -> None:
    clock = FakeClock()
    pacer = Pacer(clock)
    answered(pacer, {WRITES: "199"}, "PUT")
    clock.sleep(60)
    assert spent(pacer, clock, "PUT", 1) == 0
    assert spent(pacer, clock, "PUT", 1) >= 1


def test_large_and_odd_counters_change_nothing() -> None:
    clock = FakeClock()
    pacer = Pacer(clock)
    headers = {
        "x-ms-ratelimit-remaining-subscription-reads": "14999",
        "x-ms-ratelimit-remaining-subscription-global-reads": "0",
        "x-ms-ratelimit-remaining-subscription-resource-requests": "many",
    }
    answered(pacer, headers, "GET")
    assert spent(pacer, clock, "GET", 100) < 0.1


def test_after_a_refusal_everybody_waits_and_then_goes_on_slowly() -> None:
    clock = FakeClock()
    pacer = Pacer(clock)
    answered(pacer, {WRITES: "150"}, "PUT")
    pacer.close("PUT", URL, 10)
    # A refusal doubles the distance to the request before; up to one and a half times that, by chance.
    longest = FIRST_HORIZON * 2 * 1.5
    assert 10 <= spent(pacer, clock, "PUT", 1) <= longest + LONGEST_NAP
    assert spent(pacer, clock, "PUT", 3) > 5


def test_refusals_make_a_process_slower_and_success_makes_it_faster() -> None:
    clock = FakeClock()
    pacer = Pacer(clock)

    def pace() -> float:
        answered(pacer, {WRITES: "100"}, "PUT")
        return spent(pacer, clock, "PUT", 30)

    usual = pace()
    pacer.close("PUT", URL, 1)
    slower = pace()
    pacer.close("PUT", URL, 1)
    # A second thread that is refused at the same moment says nothing new.
    pacer.close("PUT", URL, 1)
    slowest = pace()
    assert usual * 1.4 < slower and slower * 1.4 < slowest < usual * 8
    for _request in range(200):
        answered(pacer, {WRITES: "100"}, "PUT")
    clock.sleep(60)
    assert pace() < usual * 1.6


def test_subscriptions_have_buckets_of_their_own() -> None:
    clock = FakeClock()
    pacer = Pacer(clock)
    pacer.close("GET", URL, 10)
    pacer.wait("GET", URL.replace("/S/", "/T/"))
    assert clock.pauses == []
    pacer.wait("GET", URL.replace("/S/", "/s/"))
    assert clock.pauses != []


def test_threads_take_their_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    pacer = Pacer(clock)
    pacer.close("PUT", URL, 5)
    passed: list[float] = []
    take = pacing.Bucket.take

    def taken(bucket: pacing.Bucket) -> float:
        """Note the time where it is the thread's turn: after that the next one moves the clock on."""
        seconds = take(bucket)
        if seconds == 0:
            passed.append(clock.seconds)
        return seconds

    monkeypatch.setattr(pacing.Bucket, "take", taken)
    threads = [threading.Thread(target=pacer.wait, args=("PUT", URL)) for _thread in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 10 and passed[0] >= 5
    assert all(later - earlier > 0.5 for earlier, later in zip(passed, passed[1:], strict=False))


def test_the_first_reads_do_not_wait_for_each_other() -> None:
    clock = FakeClock()
    pacer = Pacer(clock)
    for _read in range(20):
        pacer.wait("GET", URL)
    assert clock.pauses == []
