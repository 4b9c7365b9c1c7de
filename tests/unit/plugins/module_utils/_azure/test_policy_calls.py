# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls that change policies: what is sent, and what is made of each answer that the service may give."""

from __future__ import annotations

import json
import typing as t
import urllib.parse

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import sdk
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.backup_policies import BackupPolicies
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.client import AzureClient
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.clock import Deadline
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.ids import VaultId
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.models import Policy
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import (
    OperationFailed,
    ServiceError,
    WaitTimeout,
)
from ansible_collections.cloudkeep.azure_backup.tests.support.scripted import (
    ARM,
    SUBSCRIPTION,
    ScriptedAzure,
    error_body,
    reply,
)

VAULT = VaultId(SUBSCRIPTION, "rg", "vault")
POLICY = f"{VAULT}/backupPolicies/gold"
PROPERTIES = {"backupManagementType": "AzureIaasVM", "timeZone": "UTC"}
STORED = {"id": POLICY, "name": "gold", "properties": PROPERTIES}
STATUS, RESULT = f"{ARM}{POLICY}/operations/1", f"{ARM}{POLICY}/operationResults/1"
BY_STATUS = {"Azure-AsyncOperation": STATUS, "Location": RESULT}
BY_RESULT = {"Location": RESULT}


def put(client: AzureClient) -> Policy | None:
    return BackupPolicies(client, VAULT).put("gold", PROPERTIES, Deadline(client.clock, 600))


def delete(client: AzureClient) -> None:
    BackupPolicies(client, VAULT).delete("gold", Deadline(client.clock, 600))


def lines(azure: ScriptedAzure) -> list[str]:
    paths = [urllib.parse.urlsplit(request.url or "").path for request in azure.requests]
    return [
        f"{request.method} {urllib.parse.unquote(path).replace('/Subscriptions/', '/subscriptions/')}"
        for request, path in zip(azure.requests, paths, strict=True)
    ]


def test_a_policy_is_put_as_it_is_and_read_from_the_answer() -> None:
    azure = ScriptedAzure([reply(200, STORED)])
    made = put(azure.client())
    assert made and made.name == "gold"
    (request,) = azure.requests
    assert lines(azure) == [f"PUT {POLICY}"]
    assert json.loads(t.cast("str", request.body)) == {"properties": PROPERTIES}
    assert request.headers["Content-Type"] == "application/json"
    assert f"api-version={sdk.API_VERSIONS['backup']}" in (request.url or "")


@pytest.mark.parametrize("write", [put, delete])
def test_an_accepted_write_is_followed_by_its_status(write: t.Callable[[AzureClient], t.Any]) -> None:
    running, done = ({"status": status} for status in ("InProgress", "Succeeded"))
    azure = ScriptedAzure([reply(202, headers=BY_STATUS), reply(200, running), reply(200, done)])
    assert write(azure.client()) is None
    assert [line.split()[1] for line in lines(azure)] == [POLICY, f"{POLICY}/operations/1", f"{POLICY}/operations/1"]


@pytest.mark.parametrize("write", [put, delete])
@pytest.mark.parametrize("last", [200, 204])
def test_an_accepted_write_is_followed_by_its_result(write: t.Callable[[AzureClient], t.Any], last: int) -> None:
    azure = ScriptedAzure([reply(202, headers=BY_RESULT), reply(202, {}), reply(last, {} if last == 200 else None)])
    assert write(azure.client()) is None
    assert len(azure.requests) == 3


def test_a_policy_that_is_gone_ends_its_delete() -> None:
    azure = ScriptedAzure([reply(202, headers=BY_STATUS), reply(404, error_body("ResourceNotFound"))])
    delete(azure.client())


@pytest.mark.parametrize("status", [200, 204])
def test_a_delete_may_end_at_once(status: int) -> None:
    azure = ScriptedAzure([reply(status)])
    delete(azure.client())
    assert lines(azure) == [f"DELETE {POLICY}"]


def test_an_accepted_write_that_names_no_operation_is_taken_as_done() -> None:
    azure = ScriptedAzure([reply(202)])
    assert put(azure.client()) is None


def test_an_operation_that_fails_tells_why() -> None:
    failed = {"status": "Failed", "error": {"code": "CloudInternalError", "message": "It broke."}}
    azure = ScriptedAzure([reply(202, headers=BY_STATUS), reply(200, failed)])
    with pytest.raises(OperationFailed, match="It broke") as caught:
        put(azure.client())
    assert caught.value.code == "CloudInternalError" and caught.value.resource_id == POLICY


def test_an_operation_that_is_cancelled_is_a_failure_too() -> None:
    azure = ScriptedAzure([reply(202, headers=BY_STATUS), reply(200, {"status": "Canceled"})])
    with pytest.raises(OperationFailed, match="canceled"):
        put(azure.client())


def test_an_operation_without_end_is_left_at_the_deadline() -> None:
    azure = ScriptedAzure([reply(202, headers=BY_STATUS), *[reply(200, {"status": "InProgress"})] * 100])
    with pytest.raises(WaitTimeout, match="inprogress"):
        put(azure.client())


def test_a_refusal_is_told() -> None:
    azure = ScriptedAzure([reply(400, error_body("BMSUserErrorPolicyObjectInUse"))])
    with pytest.raises(ServiceError) as caught:
        delete(azure.client())
    assert caught.value.code == "BMSUserErrorPolicyObjectInUse"


def test_the_items_of_a_policy_are_asked_for_by_its_name() -> None:
    azure = ScriptedAzure([reply(200, {"value": []})])
    client = azure.client()
    assert list(BackupPolicies(client, VAULT).items("gold")) == []
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(azure.requests[0].url or "").query))
    assert query["$filter"] == "backupManagementType eq 'AzureIaasVM' and itemType eq 'VM' and policyName eq 'gold'"
