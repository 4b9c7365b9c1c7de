# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import faults, gateway, wire
from ansible_collections.cloudkeep.azure_backup.tests.support.front_door import SUBSCRIPTION, FrontDoor

THING = f"{SUBSCRIPTION}/things/a?api-version=1"
ITEM = f"{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/v/backupFabrics/Azure"
ITEM += "/protectionContainers/c/protectedItems/i"


def request(method: str = "GET", path: str = "/subscriptions", **query: str) -> wire.Request:
    return wire.Request(method, path, query, {}, None, "https://127.0.0.1")


def kinds(rules: faults.Faults, count: int, **what: t.Any) -> list[str | None]:
    chosen = [rules.choose(request(**what)) for _unused in range(count)]
    return [rule.kind if rule else None for rule in chosen]


def test_the_first_rule_that_matches_wins() -> None:
    rules = faults.Faults(
        [faults.FaultRule("empty", method="PUT"), faults.FaultRule("delay"), faults.FaultRule("truncate")]
    )
    assert kinds(rules, 1) == ["delay"]
    assert kinds(rules, 1, method="PUT") == ["empty"]


def test_skip_and_times_count_the_matches_of_the_rule() -> None:
    rules = faults.Faults([faults.FaultRule("delay", path="^/x$", skip=2, times=2)])
    assert kinds(rules, 1, path="/other") == [None]
    assert kinds(rules, 6, path="/x") == [None, None, "delay", "delay", None, None]
    assert [(rule["seen"], rule["used"]) for rule in rules.as_json()] == [(6, 2)]


def test_path_and_query_are_searched_in_any_case() -> None:
    rule = faults.FaultRule("delay", path="VAULTS/[^/]+$", query="skiptoken=")
    assert rule.matches(wire.Request("GET", "/a/vaults/b/", {"$skiptoken": "x"}, {}, None, ""))
    assert not rule.matches(request(path="/a/vaults/b"))


@pytest.mark.parametrize(
    ("operation", "method", "path"),
    [
        ("token", "POST", "/tenant/oauth2/v2.0/token"),
        ("discover", "POST", "/v/backupFabrics/Azure/refreshContainers"),
        ("protect", "PUT", ITEM),
        ("unprotect", "DELETE", ITEM),
        ("backup", "POST", f"{ITEM}/backup"),
        ("poll", "GET", f"{ITEM}/operationsStatus/x"),
        ("job", "GET", "/v/backupJobs/x"),
        ("jobs", "GET", "/v/backupJobs"),
        ("create_vault", "PUT", "/providers/Microsoft.RecoveryServices/vaults/v"),
        ("change_vault", "PATCH", "/providers/Microsoft.RecoveryServices/vaults/v"),
        ("put_policy", "PUT", "/vaults/v/backupPolicies/p"),
        ("delete_policy", "DELETE", "/vaults/v/backupPolicies/p"),
        ("poll", "GET", "/vaults/v/backupPolicies/p/operations/1"),
    ],
)
def test_an_operation_stands_for_one_kind_of_call(operation: str, method: str, path: str) -> None:
    matching = [
        name for name in faults.OPERATIONS if faults.FaultRule("delay", operation=name).matches(request(method, path))
    ]
    assert matching == [operation]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "JSON object"),
        ([], "JSON object"),
        ({"kind": "explode"}, "kind is 'explode'"),
        ({"colour": "red"}, "no field 'colour'"),
        ({"kind": "answer"}, "needs a status"),
        ({"status": 99}, "status is '99'"),
        ({"status": "500"}, "status is '500'"),
        ({"kind": "delay", "delay_ms": -1}, "delay_ms is '-1'"),
        ({"kind": "delay", "times": 1.5}, "times is '1.5'"),
        ({"kind": "delay", "skip": True}, "skip is 'True'"),
        ({"kind": "delay", "skip": None}, "skip is 'None'"),
        ({"kind": "delay", "probability": 2}, "probability is '2'"),
        ({"kind": "delay", "probability": "often"}, "probability is 'often'"),
        ({"kind": "delay", "path": "("}, "path is not a regular expression"),
        ({"kind": "delay", "method": 5}, "method must be text"),
        ({"kind": "delay", "operation": "dance"}, "operation is 'dance'"),
        ({"kind": "delay", "operation": "backup", "path": "x"}, "either it or them"),
        ({"kind": ["delay"]}, "kind is"),
        ({"status": 500, "headers": {"Retry-After": 1}}, "object of texts"),
        ({"status": 500, "headers": []}, "object of texts"),
        ({"status": 500, "headers": {"Retry After": "1"}}, "'Retry After'; it must be the name of an HTTP header"),
        ({"status": 500, "headers": {"R\u00e9try": "1"}}, "the name of an HTTP header"),
        ({"status": 500, "headers": {"": "1"}}, "the name of an HTTP header"),
        ({"status": 500, "headers": {"Content-Length": "99"}}, "not of one for the length"),
        ({"status": 500, "headers": {"x-note": "a\r\nb: c"}}, "for x-note; it must be printable ASCII"),
    ],
)
def test_a_wrong_rule_is_refused_with_what_is_wrong(data: t.Any, words: str) -> None:
    with pytest.raises(ValueError, match=r".*") as caught:
        faults.FaultRule.from_json(data)
    assert words in str(caught.value)


def answer_of(front_door: FrontDoor, rule: faults.FaultRule, method: str = "GET") -> gateway.Outcome:
    token = front_door.token()
    front_door.faults.add(rule)
    return front_door.send(method, THING, {}, token=token)[0]


def test_an_answer_comes_without_anything_being_done() -> None:
    front_door = FrontDoor()
    rule = faults.FaultRule(status=429, headers={"Retry-After": "7"})
    outcome = answer_of(front_door, rule, "PUT")
    assert (outcome.status, outcome.headers["Retry-After"]) == (429, "7")
    assert json.loads(outcome.content)["error"]["code"] == "TooManyRequests"
    assert outcome.headers["x-ms-request-id"]
    assert not front_door.acted
    assert (front_door.journal.entries()[-1].status, front_door.journal.entries()[-1].fault) == (429, "answer")


def test_an_answer_can_be_spelled_out() -> None:
    outcome = answer_of(FrontDoor(), faults.FaultRule(status=409, code="Busy", message="Later"))
    assert (
        json.loads(outcome.content)["error"] | {"code": "Busy", "message": "Later"}
        == json.loads(outcome.content)["error"]
    )
    outcome = answer_of(FrontDoor(), faults.FaultRule(status=404, body={}))
    assert (outcome.status, outcome.content) == (404, b"{}")


@pytest.mark.parametrize(
    ("kind", "acted", "delivery"),
    [
        ("drop_before", 0, gateway.Delivery.NOTHING),
        ("drop_after", 1, gateway.Delivery.NOTHING),
        ("truncate", 1, gateway.Delivery.HALF),
        ("not_json", 1, gateway.Delivery.WHOLE),
        ("empty", 1, gateway.Delivery.WHOLE),
        ("wrong_content_type", 1, gateway.Delivery.WHOLE),
        ("delay", 1, gateway.Delivery.WHOLE),
        ("expire_token", 0, gateway.Delivery.WHOLE),
    ],
)
def test_what_each_kind_does(kind: str, acted: int, delivery: gateway.Delivery) -> None:
    front_door = FrontDoor()
    outcome = answer_of(front_door, faults.FaultRule(kind, delay_ms=250), "PUT")
    assert len(front_door.acted) == acted
    assert outcome.delivery is delivery
    assert outcome.delay == 0.25
    assert front_door.journal.entries()[-1].fault == kind
    json_type = "application/json; charset=utf-8"
    if kind == "not_json":
        assert outcome.headers["Content-Type"] == json_type
        assert outcome.content.startswith(b"<html>")
    if kind == "empty":
        assert (outcome.status, outcome.content) == (200, b"")
    if kind == "wrong_content_type":
        assert outcome.headers["Content-Type"] == "text/html"
        assert json.loads(outcome.content)["name"] == "a"
    if kind == "expire_token":
        assert (outcome.status, json.loads(outcome.content)["error"]["code"]) == (401, "ExpiredAuthenticationToken")


@given(st.integers(0, 2**31 - 1))
def test_hostile_rules_let_a_patient_client_through(seed: int) -> None:
    hostile = faults.Faults(faults.hostile_rules(seed), seed=seed)
    hit = kinds(hostile, 300)
    text = "".join("." if kind is None else "x" for kind in hit)
    assert "xxx" not in text
    assert set(kinds(hostile, 50, path="/tenant/oauth2/v2.0/token")) == {None}


def test_hostile_rules_repeat_with_their_seed_and_hit_a_few_per_cent() -> None:
    runs = [kinds(faults.Faults(faults.hostile_rules(seed), seed=seed), 2000) for seed in (7, 7, 8)]
    assert runs[0] == runs[1] != runs[2]
    share = sum(kind is not None for kind in runs[0]) / 2000
    assert 0.02 < share < 0.12
    assert {"answer", "drop_before", "drop_after"} <= set(runs[0])


def test_a_reset_brings_back_the_standing_rules_and_the_same_chances() -> None:
    rules = faults.Faults([faults.FaultRule("delay", probability=0.5)], seed=3)
    first = kinds(rules, 40)
    rules.clear()
    rules.add(faults.FaultRule("empty"))
    assert kinds(rules, 2) == ["empty", "empty"]
    rules.reset()
    assert kinds(rules, 40) == first
    assert {None, "delay"} == set(first)
