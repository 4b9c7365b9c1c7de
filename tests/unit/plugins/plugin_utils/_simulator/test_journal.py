# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import journal
from ansible_collections.cloudkeep.azure_backup.tests.support.front_door import SUBSCRIPTION, TENANT, FrontDoor

VAULT = f"{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/v"
LOCATION = f"{SUBSCRIPTION}/providers/Microsoft.RecoveryServices/locations/westeurope"


@pytest.mark.parametrize(
    ("method", "path", "write"),
    [
        ("GET", VAULT, False),
        ("HEAD", VAULT, False),
        ("PUT", VAULT, True),
        ("PATCH", VAULT, True),
        ("DELETE", VAULT, True),
        ("POST", f"{VAULT}/backupFabrics/Azure/refreshContainers", True),
        ("POST", f"{VAULT}/backupJobs/x/cancel", True),
        ("POST", f"{VAULT}/backupTriggerValidateOperation", True),
        ("POST", f"{VAULT}/backupValidateOperation", False),
        ("POST", f"{LOCATION}/backupStatus", False),
        ("POST", f"{LOCATION}/backupPreValidateProtection", False),
        ("POST", f"{LOCATION}/backupValidateFeatures", False),
        ("POST", f"/{TENANT}/oauth2/v2.0/token", False),
        ("POST", "/backupStatus/more", True),
    ],
)
def test_what_counts_as_a_write(method: str, path: str, write: bool) -> None:
    assert journal.is_write(method, path) is write


def test_an_entry_tells_who_asked_what_and_what_came_back() -> None:
    front_door = FrontDoor()
    token = front_door.token()
    front_door.advance(1)
    headers = {"x-ms-client-request-id": "abc"}
    front_door.send("PUT", f"{SUBSCRIPTION}/things/a?api-version=1", {"tags": {}}, token=token, headers=headers)
    status, answer = front_door.control_call("GET", "journal?since=1")
    assert answer == {
        "entries": [
            {
                "number": 2,
                "time": "2026-01-02T03:04:06Z",
                "method": "PUT",
                "path": f"{SUBSCRIPTION}/things/a",
                "query": {"api-version": "1"},
                "client_request_id": "abc",
                "write": True,
                "body": {"tags": {}},
                "principal": front_door.entra_id.client_id,
                "status": 200,
                "fault": None,
            }
        ]
    }


def test_secrets_are_not_kept() -> None:
    front_door = FrontDoor()
    token = front_door.token()
    body = {"properties": {"adminPassword": "hunter2", "list": [{"clientSecret": "hunter2"}], "keyVault": "kept"}}
    front_door.send("PUT", f"{SUBSCRIPTION}/things/a?api-version=1", body, token=token)
    text = json.dumps(front_door.control_call("GET", "journal")[1])
    for secret in ("hunter2", token, front_door.entra_id.client_secret):
        assert secret not in text
    assert "kept" in text


def test_the_journal_is_filtered_and_cleared() -> None:
    front_door = FrontDoor()
    token = front_door.token()
    for method, name in (("GET", "a"), ("PUT", "b"), ("GET", "B"), ("DELETE", "c")):
        front_door.send(method, f"{SUBSCRIPTION}/things/{name}?api-version=1", {}, token=token)

    def numbers(query: str) -> list[int]:
        return [entry["number"] for entry in front_door.control_call("GET", f"journal?{query}")[1]["entries"]]

    assert numbers("") == [1, 2, 3, 4, 5]
    assert numbers("writes=true") == [3, 5]
    assert numbers("method=get") == [2, 4]
    assert numbers("path=/things/b$") == [3, 4]
    assert numbers("since=3&method=DELETE") == [5]
    assert front_door.control_call("GET", "journal?path=(")[0] == 400
    assert front_door.control_call("GET", "journal?since=x")[0] == 400
    front_door.control_call("DELETE", "journal")
    assert numbers("") == []
    front_door.token()
    assert numbers("") == [6]


def test_the_oldest_entries_go_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "LONGEST", 3)
    front_door = FrontDoor()
    for _unused in range(5):
        front_door.token()
    assert [entry.number for entry in front_door.journal.entries()] == [3, 4, 5]


def test_statistics_count_what_is_in_flight() -> None:
    statistics = journal.Statistics()
    with statistics.request("GET"):
        with statistics.request("PUT"):
            statistics.answered(429)
        with statistics.request("GET"):
            pass
    statistics.answered(200)
    assert statistics.as_json() == {
        "requests": {"GET": 2, "PUT": 1},
        "total": 3,
        "statuses": {"200": 1, "429": 1},
        "throttled": 1,
        "peak_concurrency": 2,
    }
    statistics.reset()
    assert statistics.as_json()["total"] == 0
