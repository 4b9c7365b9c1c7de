# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each call of the services: what is sent, and what is made of the answers that are seldom seen."""

from __future__ import annotations

import datetime as dt
import json
import typing as t
import urllib.parse

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import sdk
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.backup import Backup
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.client import AzureClient
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.clock import Deadline
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.compute import Compute
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.vaults import Vaults
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.ids import VaultId, VmId
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.jobs import JobFilter
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import (
    InvalidInput,
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
from ansible_collections.cloudkeep.azure_backup.tests.support.vaults import creation, retagging

VAULT = VaultId(SUBSCRIPTION, "rg", "vault")
VM = VmId(SUBSCRIPTION, "rg", "vm")
ITEM = f"{VAULT}/backupFabrics/Azure/protectionContainers/{VM.container_name}/protectedItems/{VM.item_name}"
SUBSCRIPTION_PATH = f"/subscriptions/{SUBSCRIPTION}"
COMPUTE = f"{SUBSCRIPTION_PATH}/providers/Microsoft.Compute/virtualMachines"
IAAS = "backupManagementType eq 'AzureIaasVM'"
WHEN = "2026-11-01 01:05:00 PM"
MOMENT = dt.datetime(2026, 11, 1, 13, 5, tzinfo=dt.timezone.utc)
VAULT_BODY = {"id": str(VAULT), "location": "westeurope", "properties": {"provisioningState": "Succeeded"}}


def sent(azure: ScriptedAzure, number: int = 0) -> tuple[str, str, dict[str, str], t.Any]:
    """Return method, path, query and JSON body of a request."""
    request = azure.requests[number]
    parts = urllib.parse.urlsplit(request.url or "")
    query = dict(urllib.parse.parse_qsl(parts.query))
    assert not request.body or request.headers["Content-Type"] == "application/json"
    # The oldest package writes some paths with a capital; Azure does not mind.
    path = urllib.parse.unquote(parts.path).replace("/Subscriptions/", "/subscriptions/")
    return request.method or "", path, query, json.loads(request.body or "null")


Call = t.Callable[[AzureClient], t.Any]

READS: list[tuple[str, Call, str, dict[str, str]]] = [
    ("compute", lambda c: list(Compute(c).virtual_machines()), COMPUTE, {}),
    (
        "compute",
        lambda c: list(Compute(c).virtual_machines(["rg"])),
        f"{SUBSCRIPTION_PATH}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines",
        {},
    ),
    ("compute", lambda c: Compute(c).power_states(), COMPUTE, {"statusOnly": "true"}),
    ("compute", lambda c: Compute(c).virtual_machine(VM), str(VM), {}),
    ("compute", lambda c: Compute(c).virtual_machine(VM, instance_view=True), str(VM), {"$expand": "instanceView"}),
    ("vaults", lambda c: Vaults(c).get(VAULT), str(VAULT), {}),
    (
        "vaults",
        lambda c: list(Vaults(c).list()),
        f"{SUBSCRIPTION_PATH}/providers/Microsoft.RecoveryServices/vaults",
        {},
    ),
    (
        "vaults",
        lambda c: list(Vaults(c).list("rg")),
        f"{SUBSCRIPTION_PATH}/resourceGroups/rg/providers/Microsoft.RecoveryServices/vaults",
        {},
    ),
    ("backup", lambda c: list(Backup(c, VAULT).policies()), f"{VAULT}/backupPolicies", {}),
    ("backup", lambda c: Backup(c, VAULT).policy("p"), f"{VAULT}/backupPolicies/p", {}),
    (
        "backup",
        lambda c: list(Backup(c, VAULT).protectable_items()),
        f"{VAULT}/backupProtectableItems",
        {"$filter": IAAS},
    ),
    ("backup", lambda c: list(Backup(c, VAULT).containers()), f"{VAULT}/backupProtectionContainers", {"$filter": IAAS}),
    (
        "backup",
        lambda c: list(Backup(c, VAULT).protected_items()),
        f"{VAULT}/backupProtectedItems",
        {"$filter": f"{IAAS} and itemType eq 'VM'"},
    ),
    ("backup", lambda c: Backup(c, VAULT).protected_item(ITEM), ITEM, {}),
    ("backup", lambda c: Backup(c, VAULT).operation("op"), f"{VAULT}/backupOperations/op", {}),
    (
        "backup",
        lambda c: list(Backup(c, VAULT).jobs(JobFilter(status="Failed", start=MOMENT, end=MOMENT))),
        f"{VAULT}/backupJobs",
        {"$filter": f"{IAAS} and status eq 'Failed' and startTime eq '{WHEN}' and endTime eq '{WHEN}'"},
    ),
    ("backup", lambda c: Backup(c, VAULT).job("j"), f"{VAULT}/backupJobs/j", {}),
    ("backup", lambda c: list(Backup(c, VAULT).recovery_points(ITEM)), f"{ITEM}/recoveryPoints", {}),
    (
        "backup",
        lambda c: list(Backup(c, VAULT).recovery_points(ITEM, start=MOMENT, end=MOMENT)),
        f"{ITEM}/recoveryPoints",
        {"$filter": f"startDate eq '{WHEN}' and endDate eq '{WHEN}'"},
    ),
]


@pytest.mark.parametrize(("service", "call", "path", "query"), READS, ids=[path for _s, _c, path, _q in READS])
def test_reads(service: str, call: Call, path: str, query: dict[str, str]) -> None:
    body = {"id": ITEM if service == "backup" else str(VM), "name": "n", "value": []}
    azure = ScriptedAzure([reply(200, {**body, "id": str(VAULT)} if service == "vaults" else body)])
    call(azure.client())
    assert sent(azure) == ("GET", path, {"api-version": sdk.API_VERSIONS[service], **query}, None)


def locations(question: str) -> str:
    return f"{SUBSCRIPTION_PATH}/providers/Microsoft.RecoveryServices/locations/westeurope/{question}"


WRITES: list[tuple[Call, str, str, t.Any]] = [
    (
        lambda c: Backup(c, VAULT).put_protected_item(VM.container_name, VM.item_name, {"policyId": "p"}),
        "PUT",
        ITEM,
        {"properties": {"policyId": "p"}},
    ),
    (lambda c: Backup(c, VAULT).delete_protected_item(VM.container_name, VM.item_name), "DELETE", ITEM, None),
    (
        lambda c: Backup(c, VAULT).start_backup(VM.container_name, VM.item_name, None),
        "POST",
        f"{ITEM}/backup",
        {"properties": {"objectType": "IaasVMBackupRequest"}},
    ),
    (
        lambda c: Backup(c, VAULT).start_backup(VM.container_name, VM.item_name, MOMENT),
        "POST",
        f"{ITEM}/backup",
        {"properties": {"objectType": "IaasVMBackupRequest", "recoveryPointExpiryTimeInUTC": "2026-11-01T13:05:00Z"}},
    ),
    (
        lambda c: Backup(c, VAULT).backup_status("West Europe", VM),
        "POST",
        locations("backupStatus"),
        {"resourceType": "VM", "resourceId": str(VM)},
    ),
    (
        lambda c: Backup(c, VAULT).pre_validate("westeurope", VM),
        "POST",
        locations("backupPreValidateProtection"),
        {"resourceType": "VM", "resourceId": str(VM), "vaultId": str(VAULT), "properties": ""},
    ),
]


@pytest.mark.parametrize(("call", "method", "path", "body"), WRITES)
def test_writes_and_questions(call: Call, method: str, path: str, body: t.Any) -> None:
    url = f"{ARM}/Subscriptions/x/operationsStatus/op-1?api-version=2019-05-13-preview&s=signed"
    azure = ScriptedAzure(
        [reply(200 if "locations" in path else 202, {} if "locations" in path else None, {"Azure-AsyncOperation": url})]
    )
    result = call(azure.client())
    assert sent(azure) == (method, path, {"api-version": sdk.API_VERSIONS["backup"]}, body)
    if "locations" not in path:
        assert result.operation_id == "op-1"
        assert result.request_id == azure.requests[0].headers["x-ms-client-request-id"]


def test_a_status_of_null_is_not_protected() -> None:
    azure = ScriptedAzure([reply(200, text="null")])
    assert Backup(azure.client(), VAULT).backup_status("westeurope", VM).protection_status == "NotProtected"


def test_an_empty_answer_is_no_status() -> None:
    with pytest.raises(ServiceError, match="empty"):
        Backup(ScriptedAzure([reply(200)]).client(), VAULT).backup_status("westeurope", VM)


def test_other_groups_and_subscriptions_than_the_vaults() -> None:
    azure = ScriptedAzure([reply(200, {"value": []})] * 3)
    client = azure.client()
    list(Compute(client).virtual_machines(["one", "two"]))
    list(Compute(client).virtual_machines(subscription_id="other"))
    assert [sent(azure, number)[1] for number in range(3)] == [
        f"{SUBSCRIPTION_PATH}/resourceGroups/one/providers/Microsoft.Compute/virtualMachines",
        f"{SUBSCRIPTION_PATH}/resourceGroups/two/providers/Microsoft.Compute/virtualMachines",
        "/subscriptions/other/providers/Microsoft.Compute/virtualMachines",
    ]


def test_machines_of_regions() -> None:
    azure = ScriptedAzure([reply(200, {"value": []})] * 2)
    assert not list(Compute(azure.client()).virtual_machines_of_regions(["westeurope", "northeurope"]))
    provider = f"{SUBSCRIPTION_PATH}/providers/Microsoft.Compute/locations"
    assert [sent(azure, number)[1] for number in range(2)] == [
        f"{provider}/westeurope/virtualMachines",
        f"{provider}/northeurope/virtualMachines",
    ]


@pytest.mark.parametrize("status", [400, 404])
def test_a_region_that_is_none_holds_no_machine(status: int) -> None:
    refused = reply(status, {"error": {"code": "NoSuchRegion", "message": "No."}})
    azure = ScriptedAzure([refused, reply(200, {"value": []})])
    assert not list(Compute(azure.client()).virtual_machines_of_regions(["atlantis"]))
    assert sent(azure, 1)[1] == COMPUTE


def test_a_region_that_may_not_be_read_is_an_error() -> None:
    azure = ScriptedAzure([reply(403, {"error": {"code": "AuthorizationFailed", "message": "No."}})])
    with pytest.raises(ServiceError, match="region westeurope"):
        Compute(azure.client()).virtual_machines_of_regions(["westeurope"])


def test_a_classic_machine_is_not_asked_for() -> None:
    with pytest.raises(InvalidInput, match="classic"):
        Compute(ScriptedAzure([]).client()).virtual_machine(VmId(SUBSCRIPTION, "s", "v", "Microsoft.ClassicCompute"))


# Discovery


def refresh(azure: ScriptedAzure, seconds: float = 600) -> None:
    Backup(azure.client(), VAULT).refresh(Deadline(azure.clock, seconds), 10)


RESULTS = f"{VAULT}/backupFabrics/Azure/operationResults/op"
ACCEPTED = reply(202, headers={"Location": f"{ARM}{RESULTS}?api-version=2016-12-01", "Retry-After": "0"})


def test_a_discovery_is_followed_by_its_own_url() -> None:
    azure = ScriptedAzure([ACCEPTED, ACCEPTED, ACCEPTED, reply(204)])
    refresh(azure)
    method, path, query, body = sent(azure)
    assert (method, path, body) == ("POST", f"{VAULT}/backupFabrics/Azure/refreshContainers", None)
    assert query["$filter"] == IAAS
    assert azure.requests[3].url == f"{ARM}{RESULTS}?api-version=2016-12-01"


@pytest.mark.parametrize("code", ["410002", "DiscoveryInProgress", "BMSUserErrorDiscoveryInProgress"])
def test_a_running_discovery_is_waited_out_and_then_one_is_started(code: str) -> None:
    azure = ScriptedAzure([reply(409, error_body(code)), reply(409, error_body(code)), ACCEPTED, reply(204)])
    refresh(azure)
    assert [line.split()[0] for line in azure.lines] == ["POST", "POST", "POST", "GET"]


def test_a_discovery_that_meets_another_on_its_way_is_started_again() -> None:
    azure = ScriptedAzure([ACCEPTED, reply(400, error_body("DiscoveryInProgress")), ACCEPTED, reply(204)])
    refresh(azure)
    assert [line.split()[0] for line in azure.lines] == ["POST", "GET", "POST", "GET"]


def test_a_discovery_that_fails() -> None:
    azure = ScriptedAzure([ACCEPTED, reply(400, error_body("SomethingElse"))])
    with pytest.raises(OperationFailed) as caught:
        refresh(azure)
    assert caught.value.code == "SomethingElse"


def test_a_discovery_that_takes_too_long() -> None:
    azure = ScriptedAzure([ACCEPTED] * 100)
    with pytest.raises(WaitTimeout, match="discover virtual machines"):
        refresh(azure, seconds=60)
    assert azure.clock.seconds == 60


# Vaults

STATUS = f"{ARM}{VAULT}/operationStatus/b64?api-version=1&t=signed"


def create(azure: ScriptedAzure, seconds: float = 600) -> t.Any:
    return Vaults(azure.client()).write(*creation(VAULT, tags={"a": "b"}), Deadline(azure.clock, seconds))


def test_a_vault_that_is_there_at_once() -> None:
    azure = ScriptedAzure([reply(201, VAULT_BODY), reply(200, VAULT_BODY)])
    assert create(azure).id == VAULT
    assert sent(azure)[3] == {
        "location": "westeurope",
        "sku": {"name": "Standard"},
        "properties": {},
        "tags": {"a": "b"},
    }


def test_a_vault_that_takes_its_time() -> None:
    provisioning = {**VAULT_BODY, "properties": {"provisioningState": "Provisioning"}}
    azure = ScriptedAzure(
        [
            reply(201, provisioning, {"Azure-AsyncOperation": STATUS}),
            reply(200, {"status": "InProgress"}),
            reply(200, {"status": "Succeeded"}),
            reply(200, provisioning),
            reply(200, VAULT_BODY),
        ]
    )
    assert create(azure).provisioning_state == "Succeeded"
    assert azure.requests[1].url == STATUS


@pytest.mark.parametrize("status", ["Failed", "Canceled", "Cancelled"])
def test_a_vault_that_is_not_made(status: str) -> None:
    failed = {"status": status, "error": {"code": "QuotaExceeded", "message": "Too many vaults."}}
    azure = ScriptedAzure([reply(201, VAULT_BODY, {"Azure-AsyncOperation": STATUS}), reply(200, failed)])
    with pytest.raises(OperationFailed) as caught:
        create(azure)
    assert (caught.value.code, caught.value.resource_id) == ("QuotaExceeded", str(VAULT))
    assert "Too many vaults" in caught.value.message


def test_a_vault_whose_state_is_failed() -> None:
    failed = {**VAULT_BODY, "properties": {"provisioningState": "Failed"}}
    with pytest.raises(OperationFailed, match="Failed"):
        create(ScriptedAzure([reply(201, failed), reply(200, failed)]))


def test_waiting_for_a_vault_ends() -> None:
    azure = ScriptedAzure(
        [reply(201, VAULT_BODY, {"Azure-AsyncOperation": STATUS}), *[reply(200, {"status": "InProgress"})] * 99]
    )
    with pytest.raises(WaitTimeout, match="create the vault"):
        create(azure, seconds=30)


def test_tags_are_replaced_alone() -> None:
    azure = ScriptedAzure([reply(200, VAULT_BODY), reply(200, VAULT_BODY)])
    Vaults(azure.client()).write(*retagging(VAULT, {"x": "y"}), Deadline(azure.clock, 60))
    assert (sent(azure)[0], sent(azure)[3]) == ("PATCH", {"tags": {"x": "y"}})


@pytest.mark.parametrize("last", [reply(200, {"status": "Succeeded"}), reply(404, error_body("ResourceNotFound"))])
def test_a_vault_is_deleted_when_its_operation_says_so_or_is_gone_with_it(last: t.Any) -> None:
    headers = {"Azure-AsyncOperation": STATUS, "Retry-After": "60", "Location": f"{ARM}{VAULT}/operationResults/b64"}
    azure = ScriptedAzure([reply(202, headers=headers), reply(200, {"status": "InProgress"}), last])
    Vaults(azure.client()).delete(VAULT, Deadline(azure.clock, 600))
    assert azure.clock.pauses[0] == 60


@pytest.mark.parametrize("answer", [reply(200), reply(204)])
def test_a_vault_that_is_gone_at_once(answer: t.Any) -> None:
    azure = ScriptedAzure([answer])
    Vaults(azure.client()).delete(VAULT, Deadline(azure.clock, 60))
    assert sent(azure)[:2] == ("DELETE", str(VAULT))


def test_a_vault_that_only_names_a_result() -> None:
    headers = {"Location": f"{ARM}{VAULT}/operationResults/b64"}
    azure = ScriptedAzure([reply(202, headers=headers), reply(202, headers=headers), reply(204)])
    Vaults(azure.client()).delete(VAULT, Deadline(azure.clock, 600))
    assert len(azure.requests) == 3


def test_a_vault_with_something_in_it_stays() -> None:
    azure = ScriptedAzure([reply(400, error_body("ServiceResourceNotEmptyWithContainerDetails"))])
    with pytest.raises(ServiceError) as caught:
        Vaults(azure.client()).delete(VAULT, Deadline(azure.clock, 60))
    assert caught.value.code == "ServiceResourceNotEmptyWithContainerDetails"
