# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.front_door import SUBSCRIPTION, FrontDoor

PREFIX = "x-ms-ratelimit-remaining-subscription"
THING = f"{SUBSCRIPTION}/things/a?api-version=1"


def count_until_refused(front_door: FrontDoor, method: str, token: str, target: str = THING) -> int:
    for number in range(1000):
        if front_door.send(method, target, {}, token=token)[0].status == 429:
            return number
    raise AssertionError("was never refused")


@pytest.mark.parametrize(("method", "capacity", "refill"), [("GET", 250, 25), ("PUT", 200, 10), ("DELETE", 200, 10)])
def test_each_kind_has_a_bucket_that_fills_again(method: str, capacity: int, refill: int) -> None:
    front_door = FrontDoor(arm_limits=True)
    token = front_door.token()
    assert count_until_refused(front_door, method, token) == capacity
    front_door.seconds += 1
    assert count_until_refused(front_door, method, token) == refill
    front_door.seconds += 3600
    token = front_door.token()
    assert count_until_refused(front_door, method, token) == capacity


def test_a_refusal_says_when_to_come_back_and_nothing_is_done() -> None:
    front_door = FrontDoor(arm_limits=True)
    token = front_door.token()
    done = count_until_refused(front_door, "PUT", token)
    outcome, answer = front_door.send("PUT", THING, {}, token=token)
    assert answer["error"]["code"] == "SubscriptionRequestsThrottled"
    assert answer["error"]["message"].startswith("Number of 'write' requests for subscription 'aaaaaaaa-")
    assert outcome.headers["Retry-After"] == "1"
    assert outcome.headers[f"{PREFIX}-writes"] == "0"
    assert len(front_door.acted) == done
    front_door.seconds += int(outcome.headers["Retry-After"])
    assert front_door.send("PUT", THING, {}, token=token)[0].status == 200


def test_kinds_subscriptions_and_principals_have_buckets_of_their_own() -> None:
    front_door = FrontDoor(arm_limits=True)
    token = front_door.token()
    count_until_refused(front_door, "PUT", token)
    other = THING.replace("000000000001", "000000000002")
    assert front_door.send("GET", THING, token=token)[0].status == 200
    assert front_door.send("PUT", other, {}, token=token)[0].status == 200
    assert front_door.send("PUT", THING.upper().replace("API-VERSION", "api-version"), {}, token=token)[0].status == 429
    user = front_door.entra_id
    person = front_door.token(grant_type="password", username=user.user_name, password=user.password)
    assert front_door.send("PUT", THING, {}, token=person)[0].status == 200


def test_what_is_left_is_shown_even_where_nothing_is_limited() -> None:
    front_door = FrontDoor()
    token = front_door.token()
    for _unused in range(300):
        outcome = front_door.send("GET", THING, token=token)[0]
    assert outcome.headers[f"{PREFIX}-reads"] == "249"
    assert outcome.headers[f"{PREFIX}-global-reads"] == "3749"


def test_reads_of_the_backup_service_show_only_its_own_count() -> None:
    front_door = FrontDoor(arm_limits=True)
    path = f"{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/v/backupJobs?api-version=1"
    outcome = front_door.send("GET", path, token=front_door.token())[0]
    # The route isn't there; the count is, on the answers that are.
    assert outcome.status == 501
    shown = {name: value for name, value in outcome.headers.items() if "ratelimit" in name}
    assert shown == {f"{PREFIX}-resource-requests": "249"}


def test_a_token_request_is_not_counted() -> None:
    front_door = FrontDoor(arm_limits=True)
    for _unused in range(300):
        front_door.token()
