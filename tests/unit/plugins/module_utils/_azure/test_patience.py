# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.patience import (
    BETWEEN_TRIES,
    BUDGET,
    FIRST_CONTACT,
    Patience,
)
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import ServiceOutage
from ansible_collections.cloudkeep.azure_backup.tests.support.scripted import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def patience(clock: FakeClock) -> Patience:
    """Return the patience of a client that has been answered."""
    made = Patience(clock)
    made.answered(0, again=False)
    return made


def test_an_outage_has_one_budget_however_many_requests_meet_it(clock: FakeClock, patience: Patience) -> None:
    clock.sleep(1000)
    assert patience.left(1000, 1000, "it is down") == BUDGET
    clock.sleep(400)
    # This one has failed for no time at all, and still has no more than what is left of the outage.
    assert patience.left(1400, 1400, "it is down") == BUDGET - 400
    clock.sleep(BUDGET - 400)
    assert patience.exhausted
    assert patience.left(clock.seconds, clock.seconds, "it is down") <= 0


def test_an_outage_begins_when_the_first_request_without_an_answer_was_sent(
    clock: FakeClock, patience: Patience
) -> None:
    clock.sleep(120)
    assert patience.left(20, 20, "no answer for 100 s") == BUDGET - 100


def test_an_answer_to_another_request_meanwhile_makes_the_outage_younger(clock: FakeClock, patience: Patience) -> None:
    clock.sleep(60)
    patience.answered(clock.seconds, again=False)
    clock.sleep(60)
    assert patience.left(0, 60, "no answer for 120 s") == BUDGET - 60


def test_an_answer_to_what_was_sent_before_does_not_end_an_outage(clock: FakeClock, patience: Patience) -> None:
    clock.sleep(10)
    patience.left(10, 10, "it is down")
    clock.sleep(100)
    patience.answered(5, again=False)
    assert patience.left(110, 110, "it is down") == BUDGET - 100


def test_after_its_budget_one_request_at_a_time_is_still_tried(clock: FakeClock, patience: Patience) -> None:
    patience.left(0, 0, "The service answered 503")
    clock.sleep(BUDGET)
    patience.check()
    for _request in range(3):
        with pytest.raises(ServiceOutage, match=r"nothing for 7 minutes.* not sent .*answered 503") as caught:
            patience.check()
    assert caught.value.retryable and caught.value.recommendations
    clock.sleep(BETWEEN_TRIES)
    patience.check()
    with pytest.raises(ServiceOutage):
        patience.check()


def test_an_answer_ends_the_outage(clock: FakeClock, patience: Patience) -> None:
    patience.left(0, 0, "it is down")
    clock.sleep(BUDGET)
    assert patience.exhausted
    patience.answered(clock.seconds, again=True)
    assert not patience.exhausted
    patience.check()
    assert patience.left(clock.seconds, clock.seconds, "it is down again") == BUDGET


def test_a_request_that_fails_on_its_own_has_the_same_budget_and_the_next_such_one_less(
    clock: FakeClock, patience: Patience
) -> None:
    clock.sleep(BUDGET - 1)
    patience.answered(clock.seconds, again=False)
    assert patience.left(clock.seconds, 0, "it alone fails") == 1
    clock.sleep(1)
    assert patience.left(clock.seconds, 0, "it alone fails") == 0
    assert not patience.exhausted
    began = clock.seconds
    patience.answered(clock.seconds, again=False)
    assert patience.left(began, began, "another one fails") == FIRST_CONTACT
    # Repeating has helped: it is worth it again.
    patience.answered(clock.seconds, again=True)
    assert patience.left(began, began, "a third one fails") == BUDGET


def test_a_host_that_has_never_answered_is_given_up_soon(clock: FakeClock) -> None:
    assert Patience(clock).left(0, 0, "no connection") == FIRST_CONTACT
