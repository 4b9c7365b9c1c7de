# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules that every request passes, tried through the real SDK with a scripted network."""

from __future__ import annotations

import typing as t

import pytest
import requests

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import patience, threads
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.backup import Backup
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.backup_policies import BackupPolicies
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.clock import Deadline
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.compute import Compute
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.vaults import Vaults
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.ids import VaultId, VmId
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import (
    AnswerLost,
    AuthenticationFailed,
    BackupError,
    ConnectionFailed,
    ForeignHost,
    ServiceError,
    ServiceOutage,
    WriteInCheckMode,
)
from ansible_collections.cloudkeep.azure_backup.tests.support.network import NO_ANSWER, REFUSED, RESET
from ansible_collections.cloudkeep.azure_backup.tests.support.scripted import (
    ARM,
    SUBSCRIPTION,
    FakeTokens,
    ScriptedAzure,
    error_body,
    reply,
)
from ansible_collections.cloudkeep.azure_backup.tests.support.vaults import creation, retagging

VAULT = VaultId(SUBSCRIPTION, "rg", "vault")
VM = VmId(SUBSCRIPTION, "rg", "vm")
EMPTY = reply(200, {"value": []})


def start_backup(azure: ScriptedAzure) -> t.Any:
    return Backup(azure.client(), VAULT).start_backup(VM.container_name, VM.item_name, None)


def machines(azure: ScriptedAzure, **settings: t.Any) -> list[t.Any]:
    return list(Compute(azure.client(**settings)).virtual_machines())


# Retries


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_read_is_sent_again_after_a_passing_fault(status: int) -> None:
    azure = ScriptedAzure([reply(status, error_body("Passing")), EMPTY])
    assert machines(azure) == []
    assert 0.5 <= azure.clock.pauses[0] <= 1


def test_retry_after_is_honoured_and_zero_is_not() -> None:
    azure = ScriptedAzure([reply(503, headers={"Retry-After": "7"}), reply(503, headers={"Retry-After": "0"}), EMPTY])
    machines(azure)
    assert azure.clock.pauses[0] == 7
    assert 1 <= azure.clock.pauses[1] <= 2


@pytest.mark.parametrize("failure", [REFUSED, RESET, NO_ANSWER])
def test_a_read_survives_a_broken_connection(failure: t.Any) -> None:
    azure = ScriptedAzure([EMPTY, failure, failure, failure, EMPTY])
    client = azure.client()
    for _time in range(2):
        assert list(Compute(client).virtual_machines()) == []


def test_an_outage_ends_with_the_budget() -> None:
    azure = ScriptedAzure([EMPTY] + [REFUSED] * 100)
    client = azure.client()
    list(Compute(client).virtual_machines())
    with pytest.raises(ConnectionFailed) as caught:
        list(Compute(client).virtual_machines())
    assert azure.clock.seconds == patience.BUDGET
    assert "management.azure.com" in caught.value.message


def test_what_comes_after_the_budget_is_not_sent_and_what_is_answered_later_is() -> None:
    azure = ScriptedAzure([EMPTY] + [reply(503)] * 100)
    client = azure.client()
    list(Compute(client).virtual_machines())
    with pytest.raises(ServiceError):
        list(Compute(client).virtual_machines())
    asked = len(azure.requests)
    assert client.outage
    for _request in range(50):
        with pytest.raises(ServiceOutage):
            Backup(client, VAULT).start_backup("c", "i", None)
    assert len(azure.requests) == asked and azure.clock.seconds == patience.BUDGET
    azure.replies[:] = [EMPTY]
    azure.clock.sleep(patience.BETWEEN_TRIES)
    assert list(Compute(client).virtual_machines()) == []
    assert not client.outage


def test_a_host_that_never_answered_is_given_up_sooner() -> None:
    azure = ScriptedAzure([REFUSED] * 100)
    with pytest.raises(ConnectionFailed):
        machines(azure)
    assert azure.clock.seconds < 60


def test_a_long_retry_after_is_cut_to_the_budget_and_the_last_answer_is_told() -> None:
    azure = ScriptedAzure([reply(503, error_body("ServerBusy"), {"Retry-After": "86400"})] * 2)
    with pytest.raises(ServiceError) as caught:
        machines(azure)
    assert azure.clock.seconds == patience.BUDGET
    assert (caught.value.code, caught.value.retryable) == ("ServerBusy", True)


@pytest.mark.parametrize("failure", [reply(500, error_body("RestApiInternalError")), reply(503), RESET, NO_ANSWER])
def test_a_write_whose_answer_is_lost_is_sent_once_and_says_by_which_id_to_look(failure: t.Any) -> None:
    azure = ScriptedAzure([failure])
    with pytest.raises(AnswerLost) as caught:
        start_backup(azure)
    assert len(azure.requests) == 1
    assert caught.value.request_id == azure.requests[0].headers["x-ms-client-request-id"]
    assert caught.value.operation == "start the backup"


@pytest.mark.parametrize("refusal", [reply(429, error_body("TooManyRequests")), REFUSED])
def test_a_write_that_was_not_carried_out_is_sent_again_with_the_same_id(refusal: t.Any) -> None:
    accepted = reply(202, headers={"Location": f"{ARM}{VAULT}/backupOperationResults/op-1?api-version=x"})
    azure = ScriptedAzure([refusal, accepted])
    submission = start_backup(azure)
    sent = {request.headers["x-ms-client-request-id"] for request in azure.requests}
    assert sent == {submission.request_id}
    assert submission.operation_id == "op-1"
    assert azure.requests[0].body == azure.requests[1].body != b""


def test_each_request_has_an_id_of_its_own() -> None:
    azure = ScriptedAzure([reply(202), reply(202)])
    backup = Backup(azure.client(), VAULT)
    ids = {backup.start_backup("c", "i", None).request_id for _time in range(2)}
    assert len(ids) == 2


def test_what_is_harmless_twice_is_sent_again() -> None:
    azure = ScriptedAzure([reply(500), reply(202, headers={"Location": f"{ARM}/x"}), reply(204)])
    client = azure.client()
    Backup(client, VAULT).refresh(Deadline(client.clock, 60), 5)
    assert [line.split()[0] for line in azure.lines] == ["POST", "POST", "GET"]


REFUSAL = reply(409, error_body("AnotherOperationInProgress"))
NONSENSE = reply(200, text="<html>")


@pytest.mark.parametrize(
    ("replies", "maybe_done"),
    [
        ([REFUSAL], False),
        ([REFUSED, reply(429), REFUSAL], False),
        ([RESET, REFUSAL], True),
        ([NO_ANSWER, REFUSED, REFUSAL], True),
        ([reply(503), reply(429), REFUSAL], True),
        ([NONSENSE, REFUSAL], True),
        ([NONSENSE] * 3, True),
        ([reply(500), *[reply(401, error_body("InvalidAuthenticationToken"))] * 2], True),
        ([reply(503)] * 99, True),
        ([RESET] * 99, True),
        ([reply(500), *[REFUSED] * 99], True),
        ([reply(429), *[REFUSED] * 99], False),
    ],
)
def test_a_write_that_was_sent_again_says_whether_it_may_have_been_carried_out(
    replies: list[t.Any], maybe_done: bool
) -> None:
    azure = ScriptedAzure(replies)
    client = azure.client()
    with pytest.raises(BackupError) as caught:
        Vaults(client).write(*creation(VAULT), Deadline(client.clock, 60))
    assert caught.value.maybe_done is maybe_done
    assert caught.value.message.count("may or may not have carried") == maybe_done
    assert caught.value.operation == "create the vault"


@pytest.mark.parametrize("replies", [[reply(500), reply(404, error_body("ResourceGroupNotFound"))], [RESET] * 99])
def test_what_only_reads_has_done_nothing(replies: list[t.Any]) -> None:
    with pytest.raises(BackupError) as caught:
        Vaults(ScriptedAzure(replies).client()).get(VAULT)
    assert not caught.value.maybe_done


def test_a_deletion_that_was_sent_twice_finds_nothing_left() -> None:
    gone = reply(404, error_body("ResourceNotFound"))
    azure = ScriptedAzure([RESET, gone, reply(503), gone])
    client = azure.client()
    Vaults(client).delete(VAULT, Deadline(client.clock, 60))
    BackupPolicies(client, VAULT).delete("Nightly", Deadline(client.clock, 60))
    assert [line.split()[0] for line in azure.lines] == ["DELETE"] * 4


def test_what_is_not_modelled_is_an_answer() -> None:
    azure = ScriptedAzure([reply(501, error_body("NotModelled"))])
    with pytest.raises(ServiceError) as caught:
        start_backup(azure)
    assert caught.value.code == "NotModelled"


# Tokens


def test_a_refused_token_is_renewed_once() -> None:
    azure = ScriptedAzure([reply(401, error_body("ExpiredAuthenticationToken")), reply(202)])
    start_backup(azure)
    assert [request.headers["Authorization"] for request in azure.requests] == ["Bearer token-1", "Bearer token-2"]


def test_a_token_that_is_refused_again_is_an_error() -> None:
    azure = ScriptedAzure([reply(401, error_body("InvalidAuthenticationToken"))] * 2)
    with pytest.raises(AuthenticationFailed) as caught:
        start_backup(azure)
    assert "token-" not in caught.value.message


def test_a_token_of_the_wrong_tenant_is_not_renewed() -> None:
    azure = ScriptedAzure([reply(401, error_body("InvalidAuthenticationTokenTenant"))])
    with pytest.raises(AuthenticationFailed, match="check tenant"):
        machines(azure)


# Hosts


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/page",
        "http://management.azure.com/page",
        "https://management.azure.com.evil.example/",
        "https://management.azure.com:8443/page",
        "https://management.azure.com@evil.example/?secret=1",
        "//evil.example/page",
    ],
)
def test_the_token_goes_to_no_other_host(url: str) -> None:
    azure = ScriptedAzure([reply(200, {"value": [], "nextLink": url})])
    with pytest.raises(ForeignHost) as caught:
        machines(azure)
    assert len(azure.requests) == 1
    assert "secret" not in caught.value.message


def test_an_operation_elsewhere_is_not_followed() -> None:
    azure = ScriptedAzure([reply(202, headers={"Location": "https://evil.example/operationResults/x"})])
    client = azure.client()
    with pytest.raises(ForeignHost, match=r"evil\.example"):
        Backup(client, VAULT).refresh(Deadline(client.clock, 60), 5)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    azure = ScriptedAzure([reply(status, headers={"Location": "https://evil.example/x"})])
    with pytest.raises(ForeignHost, match=r"evil\.example"):
        machines(azure)
    assert len(azure.requests) == 1


def test_the_host_may_be_written_in_any_case_and_with_its_port() -> None:
    azure = ScriptedAzure([reply(200, {"value": [], "nextLink": "https://Management.Azure.com:443/next"}), EMPTY])
    assert machines(azure) == []


# Check mode


def test_check_mode_sends_no_write() -> None:
    azure = ScriptedAzure([])
    client = azure.client(check_mode=True)
    backup, vaults, deadline = Backup(client, VAULT), Vaults(client), Deadline(client.clock, 60)
    writes: list[t.Callable[[], object]] = [
        lambda: backup.refresh(deadline, 1),
        lambda: backup.put_protected_item("c", "i", {}),
        lambda: backup.delete_protected_item("c", "i"),
        lambda: backup.start_backup("c", "i", None),
        lambda: vaults.write(*creation(VAULT), deadline),
        lambda: vaults.write(*retagging(VAULT, {}), deadline),
        lambda: vaults.delete(VAULT, deadline),
    ]
    for write in writes:
        with pytest.raises(WriteInCheckMode):
            write()
    assert azure.requests == []


def test_check_mode_reads_and_asks() -> None:
    azure = ScriptedAzure(
        [EMPTY, reply(200, {"protectionStatus": "NotProtected"}), reply(200, {"status": "Succeeded"})]
    )
    client = azure.client(check_mode=True)
    list(Compute(client).virtual_machines())
    assert Backup(client, VAULT).backup_status("westeurope", VM).protection_status == "NotProtected"
    assert Backup(client, VAULT).pre_validate("westeurope", VM).succeeded


# Other headers


def test_what_is_sent_says_who_sends_it() -> None:
    azure = ScriptedAzure([EMPTY])
    machines(azure)
    assert azure.requests[0].headers["User-Agent"].startswith("cloudkeep.azure_backup/")


def test_no_provider_is_registered_silently() -> None:
    message = "The subscription is not registered to use namespace 'Microsoft.RecoveryServices'. See https://aka.ms/x."
    azure = ScriptedAzure([reply(409, error_body("MissingSubscriptionRegistration", message))])
    with pytest.raises(ServiceError, match="az provider register --namespace Microsoft.RecoveryServices"):
        list(Vaults(azure.client()).list())
    assert len(azure.requests) == 1


# The end of a task


@pytest.mark.parametrize("last", [reply(429), reply(503), REFUSED])
def test_what_a_closed_client_has_to_repeat_is_not_sent(last: t.Any) -> None:
    def close(request: requests.PreparedRequest) -> requests.Response:
        client.close()
        return t.cast("requests.Response", last(request))

    azure = ScriptedAzure([EMPTY, close, EMPTY])
    client = azure.client()
    list(Compute(client).virtual_machines())
    with pytest.raises(threads.Stopped):
        list(Compute(client).virtual_machines())
    with pytest.raises(threads.Stopped):
        Backup(client, VAULT).start_backup("c", "i", None)
    assert len(azure.requests) == 2


def test_what_waits_for_a_token_when_the_client_is_closed_is_not_sent() -> None:
    class Slow(FakeTokens):
        def token(self) -> str:
            client.close()
            return super().token()

    azure = ScriptedAzure([EMPTY])
    client = azure.client(tokens=Slow())
    with pytest.raises(threads.Stopped):
        Backup(client, VAULT).start_backup("c", "i", None)
    assert azure.requests == []
