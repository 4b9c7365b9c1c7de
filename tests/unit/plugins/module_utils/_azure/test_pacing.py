# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Token buckets: no delay for few requests, never more than Azure allows for many."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.pacing import LIMITS, Bucket, Pacer
from ansible_collections.cloudkeep.azure_backup.tests.support.scripted import FakeClock

URL = "https://management.azure.com/subscriptions/S/resourceGroups/rg"


def test_a_small_fleet_never_waits() -> None:
    clock = FakeClock()
    pacer = Pacer(clock)
    for _request in range(190):
        pacer.wait("GET", URL)
        pacer.wait("PUT", URL)
        pacer.wait("DELETE", URL)
    assert clock.pauses == []


@given(st.lists(st.floats(0, 5), min_size=1, max_size=300))
def test_no_more_is_let_through_than_the_service_does(gaps: list[float]) -> None:
    clock = FakeClock()
    bucket = Bucket(clock, 20, 10)
    sent: list[float] = []
    for gap in gaps:
        clock.seconds += gap
        sent.append(clock.seconds + bucket.reserve())
    sent.sort()
    for start in range(len(sent)):
        for end in range(start, len(sent)):
            assert end - start + 1 <= 20 + (sent[end] - sent[start]) * 10 + 1e-6


def test_a_thousand_writes_take_as_long_as_they_must() -> None:
    clock = FakeClock()
    pacer = Pacer(clock)
    for _request in range(1000):
        pacer.wait("PUT", URL)
    size, rate = LIMITS["writes"]
    assert abs(clock.seconds - (1000 - size) / rate) < 1


def test_what_others_have_used_up_is_learnt_from_the_answers() -> None:
    clock = FakeClock()
    pacer = Pacer(clock)
    pacer.observe("GET", URL, {"x-ms-ratelimit-remaining-subscription-reads": "2"})
    for _request in range(4):
        pacer.wait("GET", URL)
    assert len(clock.pauses) == 2
    pacer.wait("PUT", URL)
    assert len(clock.pauses) == 2


def test_large_and_odd_counters_change_nothing() -> None:
    clock = FakeClock()
    pacer = Pacer(clock)
    headers = {
        "x-ms-ratelimit-remaining-subscription-reads": "14999",
        "x-ms-ratelimit-remaining-subscription-global-reads": "0",
        "x-ms-ratelimit-remaining-subscription-resource-requests": "many",
    }
    pacer.observe("GET", URL, headers)
    pacer.wait("GET", URL)
    assert clock.pauses == []


def test_after_a_refusal_everybody_waits_and_then_goes_on_slowly() -> None:
    clock = FakeClock()
    pacer = Pacer(clock)
    pacer.close("GET", URL, 10)
    pacer.wait("GET", URL)
    assert 10 <= clock.seconds <= 10.1
    for _request in range(24):
        pacer.wait("GET", URL)
    assert 10.9 < clock.seconds < 11.1


def test_subscriptions_have_buckets_of_their_own() -> None:
    clock = FakeClock()
    pacer = Pacer(clock)
    pacer.close("GET", URL, 10)
    pacer.wait("GET", URL.replace("/S/", "/T/"))
    assert clock.pauses == []
    pacer.wait("GET", URL.replace("/S/", "/s/"))
    assert clock.pauses != []


def test_threads_share_one_bucket() -> None:
    clock = FakeClock()
    bucket = Bucket(clock, 5, 1)
    waits: list[float] = []
    threads = [threading.Thread(target=lambda: waits.append(bucket.reserve())) for _thread in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [0, 0, 0, 0, 0, 1, 2, 3, 4, 5]
