# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.front_door import SUBSCRIPTION, FrontDoor


@pytest.mark.parametrize("key", [None, "", "wrong", "schlüssel"])
def test_every_call_needs_the_key(key: str | None) -> None:
    front_door = FrontDoor()
    headers = {} if key is None else {"X-Simulator-Key": key}
    for method, name in (("GET", "health"), ("GET", "journal"), ("POST", "shutdown"), ("POST", "reset")):
        outcome, answer = front_door.send(method, f"/_sim/{name}", headers=headers)
        assert outcome.status == 403
        assert "X-Simulator-Key" in answer["error"]["message"]
    assert not front_door.shut_down
    assert front_door.resets == 0


def test_health_tells_what_runs() -> None:
    status, answer = FrontDoor().control_call("GET", "health")
    assert (status, answer) == (200, {"status": "ok", "time": "2026-01-02T03:04:05Z", "world": "test"})


def test_control_calls_are_not_in_the_journal() -> None:
    front_door = FrontDoor()
    front_door.control_call("POST", "clock/advance", {"seconds": 1})
    assert front_door.control_call("GET", "journal")[1] == {"entries": []}
    assert front_door.control_call("GET", "nothing")[0] == 501


def test_the_clock_goes_forward() -> None:
    front_door = FrontDoor()
    assert front_door.control_call("POST", "clock/advance", {"seconds": 60.5})[0] == 200
    assert front_door.control_call("GET", "clock")[1] == {"time": "2026-01-02T03:05:05.500000Z"}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"seconds": "x"},
        {"seconds": -1},
        {"seconds": True},
        {"seconds": None},
        {"seconds": 1e99},
        {"seconds": 10**400},
    ],
)
def test_seconds_must_be_a_number_that_makes_sense(body: t.Any) -> None:
    front_door = FrontDoor()
    for name in ("clock/advance", "tokens/lifetime"):
        status, answer = front_door.control_call("POST", name, body)
        assert status == 400
        assert "seconds" in answer["error"]["message"]
    assert front_door.control_call("GET", "clock")[1] == {"time": "2026-01-02T03:04:05Z"}


def test_faults_come_and_go() -> None:
    front_door = FrontDoor()
    rules = [{"kind": "delay", "delay_ms": 1}, {"status": 500, "method": "PUT", "times": 1}]
    assert front_door.control_call("POST", "faults", rules) == (200, {"numbers": [1, 2]})
    shown = front_door.control_call("GET", "faults")[1]["faults"]
    assert [(fault["number"], fault["kind"], fault["used"]) for fault in shown] == [(1, "delay", 0), (2, "answer", 0)]
    assert front_door.control_call("DELETE", "faults?number=1")[0] == 200
    assert front_door.control_call("DELETE", "faults?number=1")[0] == 400
    assert front_door.control_call("DELETE", "faults")[0] == 200
    assert front_door.control_call("GET", "faults")[1] == {"faults": []}


def test_of_a_list_of_faults_all_or_none_are_taken() -> None:
    front_door = FrontDoor()
    status, answer = front_door.control_call("POST", "faults", [{"kind": "delay"}, {"kind": "explode"}])
    assert status == 400
    assert "drop_before" in answer["error"]["message"]
    assert front_door.control_call("GET", "faults")[1] == {"faults": []}


def test_a_reset_puts_everything_back_but_the_secrets() -> None:
    front_door = FrontDoor()
    token = front_door.token()
    front_door.control_call("POST", "faults", {"kind": "drop_before"})
    assert front_door.control_call("POST", "reset") == (200, {})
    assert front_door.resets == 1
    assert front_door.control_call("GET", "faults")[1] == {"faults": []}
    assert front_door.control_call("GET", "journal")[1] == {"entries": []}
    assert front_door.send("GET", f"{SUBSCRIPTION}/things/a?api-version=1", token=token)[0].status == 200


def test_a_body_that_is_not_json_is_refused() -> None:
    from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import decoding

    front_door = FrontDoor()
    headers = {"X-Simulator-Key": front_door.control.key}
    request = decoding.decode("POST", "/_sim/faults", headers, b"{", "https://127.0.0.1")
    assert front_door.gateway.answer(request).status == 400


@pytest.mark.parametrize("tenant_id", ["", "a b", "a/b", 5, None])
def test_a_tenant_must_have_a_name(tenant_id: t.Any) -> None:
    assert FrontDoor().control_call("POST", "tenants", {"tenant_id": tenant_id})[0] == 400


def test_shutdown_is_answered() -> None:
    front_door = FrontDoor()
    assert front_door.control_call("POST", "shutdown") == (200, {})
    assert front_door.shut_down
