# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What answers are taken for: pages, errors, what is absent and what is nonsense."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.backup import Backup
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.compute import Compute
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.vaults import Vaults
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.ids import VaultId, VmId
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import (
    AuthenticationFailed,
    BackupError,
    NotFound,
    ServiceError,
)
from ansible_collections.cloudkeep.azure_backup.tests.support.scripted import (
    ARM,
    SUBSCRIPTION,
    ScriptedAzure,
    error_body,
    reply,
)

VAULT = VaultId(SUBSCRIPTION, "rg", "vault")
VM = VmId(SUBSCRIPTION, "rg", "vm")
EMPTY = reply(200, {"value": []})


def machines(azure: ScriptedAzure, **settings: t.Any) -> list[t.Any]:
    return list(Compute(azure.client(**settings)).virtual_machines())


# Bodies


def test_pages_follow_the_services_own_url() -> None:
    vm = {"id": str(VM), "location": "West Europe", "properties": {"anything": [1, {"odd": None}]}}
    other = {**vm, "id": f"{VM}-2"}
    following = f"{ARM}/subscriptions/{SUBSCRIPTION}/next?api-version=2030-01-01&$skipToken=abc%3D%3D"
    azure = ScriptedAzure(
        [reply(200, {"value": [vm], "nextLink": following}), reply(200, {"value": [other], "nextLink": ""})]
    )
    assert [machine.location for machine in machines(azure)] == ["westeurope"] * 2
    assert azure.requests[1].url == following


def test_a_page_that_names_itself_is_no_end_of_the_list() -> None:
    page = reply(200, {"value": [], "nextLink": f"{ARM}/same"})
    azure = ScriptedAzure([page, page])
    with pytest.raises(ServiceError, match="expected content") as caught:
        machines(azure)
    assert caught.value.retryable


@pytest.mark.parametrize("link", [["x"], 5, 0, {}, {"href": "x"}, False])
def test_a_next_page_that_is_no_address_is_no_end_of_the_list(link: t.Any) -> None:
    with pytest.raises(ServiceError, match="expected content") as caught:
        machines(ScriptedAzure([reply(200, {"value": [], "nextLink": link})]))
    assert caught.value.code == "UnreadableAnswer" and caught.value.retryable


@pytest.mark.parametrize("link", [None, ""])
def test_the_last_page_may_name_no_next_one_in_words(link: t.Any) -> None:
    assert machines(ScriptedAzure([reply(200, {"value": [], "nextLink": link})])) == []


def test_an_entry_that_moves_to_the_next_page_is_there_once() -> None:
    def vm(name: str) -> dict[str, t.Any]:
        return {"id": str(VmId(SUBSCRIPTION, "rg", name)), "location": "westeurope"}

    first = reply(200, {"value": [vm("a"), vm("b")], "nextLink": f"{ARM}/next"})
    azure = ScriptedAzure([first, reply(200, {"value": [vm("B"), vm("c")]})])
    assert [machine.id.name for machine in machines(azure)] == ["a", "b", "c"]


@pytest.mark.parametrize("body", [{"value": None}, {}])
def test_a_list_without_elements(body: t.Any) -> None:
    assert machines(ScriptedAzure([reply(200, body)])) == []


@pytest.mark.parametrize("body", [None, [], "text", {"value": "text"}, {"value": [None]}])
def test_a_page_that_cannot_be_read_is_not_an_empty_one(body: t.Any) -> None:
    with pytest.raises(ServiceError, match="expected content") as caught:
        machines(ScriptedAzure([reply(200, body)]))
    assert caught.value.retryable


CHARSETS = ["application/json", *(f"text/html; charset={name}" for name in ("utf-8", "us-ascii", "utf-16", "base64"))]


@pytest.mark.parametrize("kind", CHARSETS)
@pytest.mark.parametrize("status", [200, 400, 401, 403, 503])
def test_bytes_that_the_header_does_not_allow_for_are_no_defect(status: int, kind: str) -> None:
    page = reply(status, text="<html>Accès refusé</html>".encode("latin-1"), headers={"Content-Type": kind})
    azure = ScriptedAzure([page] * (2 if status == 401 else 1))
    backup = Backup(azure.client(), VAULT)
    with pytest.raises(BackupError) as caught:
        backup.start_backup(VM.container_name, VM.item_name, None)
    assert caught.value.code == {
        200: "NotJson",
        401: "AuthenticationFailed",
        503: "AnswerLost",
    }.get(status, f"Http{status}")


@pytest.mark.parametrize("kind", CHARSETS)
def test_json_is_utf_8_whatever_the_header_says(kind: str) -> None:
    vm = {"id": str(VM), "location": "westeurope", "tags": {"owner": "Zoë", "bad": "?"}}
    text = json.dumps({"value": [vm]}, ensure_ascii=False).encode().replace(b"?", b"\xe8")
    for begin in (b"", b"\xef\xbb\xbf"):
        (found,) = machines(ScriptedAzure([reply(200, text=begin + text, headers={"Content-Type": kind})]))
        assert found.tags == {"owner": "Zoë", "bad": "\ufffd"}


@pytest.mark.parametrize(("status", "code"), [(200, "NotJson"), (400, "Http400"), (503, "AnswerLost")])
def test_json_that_is_nested_too_deep_to_be_read_is_no_defect(status: int, code: str) -> None:
    azure = ScriptedAzure([reply(status, text="[" * 200_000)])
    with pytest.raises(BackupError) as caught:
        Backup(azure.client(), VAULT).start_backup(VM.container_name, VM.item_name, None)
    assert caught.value.code == code


def test_an_answer_that_is_not_json_is_told() -> None:
    azure = ScriptedAzure([reply(200, text="<html>Login</html>", headers={"Content-Type": "text/html"})])
    with pytest.raises(ServiceError, match="text/html"):
        machines(azure)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (reply(404, {}), "NotFound"),
        (reply(404, text="<html>"), "NotFound"),
        (reply(404, error_body("ResourceGroupNotFound")), "ResourceGroupNotFound"),
        (
            reply(403, error_body("AuthorizationFailed", "no action 'Microsoft.Compute/virtualMachines/read'")),
            "AuthorizationFailed",
        ),
        (reply(409, error_body("Conflict")), "Conflict"),
        (reply(418, {"code": "Teapot", "message": "I am"}), "Teapot"),
        (reply(400, text=""), "Http400"),
    ],
)
def test_error_answers(answer: t.Any, code: str) -> None:
    azure = ScriptedAzure([answer])
    with pytest.raises(ServiceError) as caught:
        machines(azure)
    error = caught.value
    assert error.code == code
    assert "\r" not in error.message and "\n" not in error.message
    assert error.message.startswith("Could not list the virtual machines: ")
    assert error.operation == "list the virtual machines"


def test_403_says_which_role_helps() -> None:
    message = "The client 'x' does not have authorization to perform action 'Microsoft.Compute/virtualMachines/read'"
    with pytest.raises(ServiceError, match="role Reader"):
        machines(ScriptedAzure([reply(403, error_body("AuthorizationFailed", message))]))


# What absent means


@pytest.mark.parametrize(
    ("answer", "absent"),
    [
        (reply(404, {}), True),
        (reply(404, error_body("BMSUserErrorDataSourceObjectNotFound"), {"x-ms-failure-cause": "service"}), True),
        (reply(404, error_body("ResourceNotFound"), {"x-ms-failure-cause": "service"}), True),
        (reply(404, error_body("ResourceNotFound"), {"x-ms-failure-cause": "gateway"}), False),
        (reply(404, error_body("ResourceNotFound")), False),
        (reply(404, error_body("ResourceGroupNotFound"), {"x-ms-failure-cause": "gateway"}), False),
        (reply(404, error_body("SubscriptionNotFound"), {"x-ms-failure-cause": "gateway"}), False),
    ],
)
def test_a_missing_vault_is_not_a_missing_item(answer: t.Any, absent: bool) -> None:
    item = f"{VAULT}/backupFabrics/Azure/protectionContainers/{VM.container_name}/protectedItems/{VM.item_name}"
    for read in ("policy", "job", "operation", "protected_item"):
        backup = Backup(ScriptedAzure([answer]).client(), VAULT)
        if absent:
            assert getattr(backup, read)(item) is None
        else:
            with pytest.raises(NotFound):
                getattr(backup, read)(item)


@pytest.mark.parametrize("answer", [reply(404, text="<html>Not here</html>"), reply(404, ["x"])])
def test_a_404_that_is_not_the_services_is_not_absent(answer: t.Any) -> None:
    with pytest.raises(ServiceError, match="expected content"):
        Vaults(ScriptedAzure([answer]).client()).get(VAULT)


@pytest.mark.parametrize("status", [400, 401, 403, 409])
def test_nothing_but_404_is_absent(status: int) -> None:
    azure = ScriptedAzure([reply(status, error_body("Refused"))] * 2)
    with pytest.raises((ServiceError, AuthenticationFailed)):
        Vaults(azure.client()).get(VAULT)


def test_a_missing_vault_and_a_missing_group() -> None:
    gateway = {"x-ms-failure-cause": "gateway"}
    missing = ScriptedAzure([reply(404, error_body("ResourceNotFound"), gateway)])
    assert Vaults(missing.client()).get(VAULT) is None
    no_group = ScriptedAzure([reply(404, error_body("ResourceGroupNotFound"), gateway)])
    with pytest.raises(NotFound):
        Vaults(no_group.client()).get(VAULT)
