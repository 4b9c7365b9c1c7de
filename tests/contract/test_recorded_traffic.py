# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replays traffic that was recorded at the real service, and compares the simulator's answers with it.

Compared are status codes, headers of long-running operations, and the keys and JSON types of bodies. Every difference
that is allowed is listed here. The recordings are no part of the project: without them these tests are skipped.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import wire
from ansible_collections.cloudkeep.azure_backup.tests.support.rules import BASE_URL, Cloud

RECORDED_HOST = "https://management.azure.com"
FOLLOWED_HEADERS = ("azure-asyncoperation", "location", "retry-after")

WORLD = """
new_vault_soft_delete: Disabled
subscriptions:
  - id: 00000000-0000-0000-0000-000000000000
    name: Recorded
    resource_groups:
      - name: swaggersdktestrg
        location: southeastasia
        virtual_machines:
          - {name: swaggersdktest, size: Standard_B1s, os: Windows}
          - {name: ALRIaaSVM3574, cloud_service: ALRIaaSVM3574bc15d8fb1aa44594b9b6f3bfe2f32221}
"""

# Restoring (with the jobs that follow it), mounting a recovery point, and deleting a resource group.
NOT_MODELLED = {*range(60, 88), 115}
# The service deletes vaults asynchronously today; in 2017 it did so at once.
OTHER_STATUS = {114: (200, 202)}
# Keys that newer api-versions add to the recorded ones.
ADDED_KEYS = {
    # resource groups and vaults
    "type", "tags", "privateEndpointStateForBackup", "privateEndpointStateForSiteRecovery", "backupStorageVersion",
    "securitySettings", "redundancySettings", "secureScore", "bcdrSecurityLevel", "publicNetworkAccess",
    "restoreSettings",
    # policies
    "policyType", "instantRPDetails", "instantRpRetentionRangeInDays", "timeZone",
    # protected items
    "kpisHealths", "isArchiveEnabled", "vaultId", "softDeleteRetentionPeriod",
    # jobs
    "containerName", "internalPropertyBag", "tasksList[].startTime", "tasksList[].endTime", "taskType",
    "Backup Size", "Recovery Point Expiry Time in UTC",
    # recovery points
    "osType", "zones", "recoveryPointProperties",
}  # fmt: skip
RENAMED_KEYS = {"isInstantILRSessionActive": "isInstantIlrSessionActive"}
# Tiers were numbers and are names today.
OTHER_TYPES = {"recoveryPointTierDetails[].type", "recoveryPointTierDetails[].status"}

_MADE_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<![0-9])[0-9]{14,15}(?![0-9])")


def recordings() -> pathlib.Path | None:
    """Return the folder of the recordings, if there is one."""
    beside = pathlib.Path(__file__).resolve().parents[2].parent / "shared" / "azure" / "recordings"
    folder = pathlib.Path(os.environ.get("CLOUDKEEP_RECORDINGS") or beside)
    return folder if (folder / "iaasvm_e2e_2017.yaml").is_file() else None


class Exchange(t.NamedTuple):
    """One recorded request and its answer; ``headers`` are those of long-running operations."""

    number: int
    method: str
    url: str
    sent: t.Any
    status: int
    body: t.Any
    headers: dict[str, str]


def exchanges() -> list[Exchange]:
    """Read the recorded flow."""
    import yaml

    folder = recordings()
    assert folder is not None
    # The C loader, where there is one, reads the file in a tenth of the time.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with open(folder / "iaasvm_e2e_2017.yaml", encoding="utf-8") as stream:
        recorded = yaml.load(stream, Loader=loader)["interactions"]
    found = []
    for number, one in enumerate(recorded):
        request, response = one["request"], one["response"]
        text = response["body"]["string"]
        headers = {
            name.lower(): value[0] for name, value in response["headers"].items() if name.lower() in FOLLOWED_HEADERS
        }
        found.append(
            Exchange(
                number,
                request["method"],
                request["uri"].removeprefix(RECORDED_HOST),
                json.loads(request["body"]) if request["body"] else None,
                response["status"]["code"],
                json.loads(text) if text else wire.EMPTY,
                headers,
            )
        )
    return found


class Replay:
    """Sends what was recorded, with the ids that the simulator made in place of the recorded ones."""

    def __init__(self) -> None:
        self.cloud = Cloud(text=WORLD)
        self.ids: dict[str, str] = {}

    def send(self, one: Exchange) -> wire.Response:
        """Send a recorded request, after as much time as it takes to get the recorded progress."""
        text = _MADE_ID.sub(lambda match: self.ids.get(match[0], match[0]), json.dumps(one.sent))
        # The recorded expiry lies in the past of the simulated clock.
        body = json.loads(text.replace("2017-10-21T", "2036-10-21T"))
        for _attempt in range(100):
            url = _MADE_ID.sub(lambda match: self.ids.get(match[0], match[0]), one.url)
            answer = self.cloud.send(one.method, url, body)
            if one.method != "GET" or progress(answer.status, answer.body) == progress(one.status, one.body):
                break
            self.cloud.clock.advance(0.05)
        self._learn(one, answer)
        return answer

    def _learn(self, one: Exchange, answer: wire.Response) -> None:
        ours = {name.lower(): value for name, value in answer.headers.items()}
        pairs = [(value, ours.get(name)) for name, value in one.headers.items()]
        pairs += leaf_pairs(one.body, answer.body)
        for theirs, mine in pairs:
            if isinstance(theirs, str) and isinstance(mine, str):
                found = _MADE_ID.findall(theirs), _MADE_ID.findall(mine)
                if found[0] and found[1]:
                    self.ids.setdefault(found[0][-1], found[1][-1])


def progress(status: int, body: t.Any) -> tuple[int, ...] | tuple[int, str]:
    """Return what tells how far something is: the status code, and a job's or operation's status."""
    if not isinstance(body, dict):
        return (status,)
    inner = body.get("properties")
    if "status" in body:
        return status, str(body["status"])
    return (status, str(inner["status"])) if isinstance(inner, dict) and "status" in inner else (status,)


def leaf_pairs(theirs: t.Any, ours: t.Any) -> list[tuple[t.Any, t.Any]]:
    """Return the values that lie at the same place of two bodies."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return [pair for key in theirs if key in ours for pair in leaf_pairs(theirs[key], ours[key])]
    if isinstance(theirs, list) and isinstance(ours, list):
        return [pair for left, right in zip(theirs, ours, strict=False) for pair in leaf_pairs(left, right)]
    return [(theirs, ours)]


def differences(theirs: t.Any, ours: t.Any, place: str = "") -> list[str]:
    """Return where the keys and types of our answer are not the recorded ones."""
    key = place.rpartition("properties.")[2]
    if isinstance(theirs, dict) and isinstance(ours, dict):
        theirs = {RENAMED_KEYS.get(name, name): value for name, value in theirs.items()}
        found = [f"{place}: no {name}" for name in sorted(set(theirs) - set(ours))]
        parent = place.rpartition(".")[2]
        added = {name for name in ours if {name, f"{parent}.{name}"} & ADDED_KEYS}
        found += [f"{place}: {name} was not recorded" for name in sorted(set(ours) - set(theirs) - added)]
        for name in sorted(set(theirs) & set(ours)):
            found += differences(theirs[name], ours[name], f"{place}.{name}".lstrip("."))
        return found
    if isinstance(theirs, list) and isinstance(ours, list):
        if not theirs or not ours:
            return []
        return [text for one in ours for text in min((differences(it, one, f"{place}[]") for it in theirs), key=len)]
    if type(theirs) is not type(ours) and key not in OTHER_TYPES:
        return [f"{place}: {type(ours).__name__} instead of {type(theirs).__name__}"]
    return []


@pytest.mark.skipif(recordings() is None, reason="the recordings are not here (set CLOUDKEEP_RECORDINGS)")
def test_the_recorded_flow_gets_answers_of_the_recorded_shape() -> None:
    replay, compared = Replay(), 0
    for one in exchanges():
        if one.number in NOT_MODELLED:
            continue
        answer = replay.send(one)
        where = f"call {one.number}: {one.method} {one.url[-80:]}"
        theirs, ours = OTHER_STATUS.get(one.number, (one.status, one.status))
        assert (one.status, answer.status) == (theirs, ours), f"{where}: {answer}"
        names = {name.lower() for name in answer.headers}
        assert not set(one.headers) - names, f"{where}: {answer.headers}"
        assert all(
            value.startswith(BASE_URL)
            for name, value in answer.headers.items()
            if name.lower() in ("location", "azure-asyncoperation")
        )
        assert (one.body is wire.EMPTY) == (answer.body is wire.EMPTY), f"{where}: {answer.body}"
        assert not differences(one.body, answer.body), where
        compared += 1
    assert compared == 116 - len(NOT_MODELLED)


@pytest.mark.skipif(recordings() is None, reason="the recordings are not here (set CLOUDKEEP_RECORDINGS)")
def test_what_is_not_modelled_is_refused_by_name() -> None:
    replay = Replay()
    for one in exchanges():
        if one.number in NOT_MODELLED and one.method != "GET":
            answer = replay.cloud.send(one.method, one.url, one.sent)
            assert (answer.status, answer.body["error"]["code"]) == (501, "NotModelled"), one.url


def test_a_difference_is_found() -> None:
    assert differences({"a": 1, "b": [{"c": "x"}]}, {"a": 1, "b": [{"c": "y"}]}) == []
    assert differences({"a": 1}, {"a": "1"}) == ["a: str instead of int"]
    assert differences({"a": {"b": 1}}, {"a": {}}) == ["a: no b"]
    assert differences({"a": 1}, {"a": 1, "x": 2}) == [": x was not recorded"]
    assert differences({"a": 1}, {"a": 1, "tags": {}}) == []
