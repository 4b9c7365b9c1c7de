# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token goes to the cloud's Resource Manager and to nothing else. Somebody else listens, and hears nothing."""

from __future__ import annotations

import contextlib
import select
import socket
import typing as t

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import policies
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.backup import Backup
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.client import AzureClient
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.clock import Deadline
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.compute import Compute
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.vaults import Vaults
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.ids import VaultId
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import BackupError, ForeignHost
from ansible_collections.cloudkeep.azure_backup.tests.support.scripted import ScriptedAzure, reply
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator
from ansible_collections.cloudkeep.azure_backup.tests.support.vaults import creation

REDIRECTS: t.Final = (301, 302, 303, 307, 308)

# HERE is the Resource Manager's host and port, THERE somebody else's; both are of this machine.
ELSEWHERE: t.Final = (
    "https://THERE/next",
    "http://THERE/next",
    "HTTPS://THERE",
    "https://localhost:PORT/next",
    "https://HERE@THERE/next",
    "https://HERE:443@THERE/next",
    "https://user:word@THERE/next",
    "https://user@HERE/next",
    "https://@HERE/next",
    # urllib takes what follows the at sign for the host, requests what comes before the backslash.
    "https://THERE\\@HERE/next",
    "https://HERE\\@THERE/next",
    "https://THERE\\.HERE/next",
    "https://HERE.@THERE/",
    "https:\\\\THERE\\next",
    " https://THERE/next",
    "\thttps://HERE/next",
    "https://THERE\t/next",
    "https://HERE\r\n@THERE/next",
    "https:///THERE/next",
    "//THERE/next",
    "/next",
    "next",
    "ftp://HERE/next",
)
LOOK_ALIKES: t.Final = (
    "https://management.azure.com.",
    "https://management.azure.com.evil.example",
    "https://management.azure.com@evil.example",
    "https://management.azure.com:443@evil.example",
    "https://management.azure.com%2eevil.example",
    "https://management%2eazure.com",
    "https://management.azure.com%00.evil.example",
    "https://management.azure.com\uff0f.evil.example",
    "https://management\u3002azure.com",
    "https://\uff4danagement.azure.com",
    "https://m\u0430nagement.azure.com",
    "https://management.\u212azure.com",
    "https://xn--mnagement-1ze.azure.com",
    "https://management.azure.com:8443",
    "https://management.azure.com:0443.evil.example",
    "https://management.azure.com:443443",
    "http://management.azure.com",
    "http://management.azure.com:443",
    "https://\x1b[2Jmanagement.azure.com",
    "https://[management.azure.com]",
    "https://management.azure.com:\u0664\u0664\u0663",
)


class Listener:
    """Somebody else on this machine, who waits for a token."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    def heard(self) -> bool:
        """Whether anybody has come."""
        return bool(select.select([self._socket], [], [], 0.02)[0])

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()


@pytest.fixture(scope="module")
def azure() -> t.Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def listener(azure: RunningSimulator) -> t.Iterator[Listener]:
    azure.clear_faults()
    with contextlib.closing(Listener()) as listening:
        yield listening
    azure.clear_faults()


@contextlib.contextmanager
def client_of(azure: RunningSimulator) -> t.Iterator[AzureClient]:
    client = AzureClient(azure.options, check_mode=False, environ=azure.env)
    yield client
    client.close()


def url(form: str, azure: RunningSimulator, listener: Listener) -> str:
    there = f"127.0.0.1:{listener.port}"
    here = azure.endpoint.removeprefix("https://")
    return form.replace("THERE", there).replace("HERE", here).replace("PORT", str(listener.port))


def test_the_listener_would_hear() -> None:
    with contextlib.closing(Listener()) as listening:
        with contextlib.suppress(requests.RequestException):
            requests.get(f"http://127.0.0.1:{listening.port}/next", timeout=0.2)
        assert listening.heard()


@pytest.mark.parametrize("form", ELSEWHERE)
def test_a_page_elsewhere_is_not_read(azure: RunningSimulator, listener: Listener, form: str) -> None:
    body = {"value": [], "nextLink": url(form, azure, listener)}
    azure.add_fault(path="/virtualMachines$", status=200, body=body, times=1)
    azure.forget_requests()
    with client_of(azure) as client, pytest.raises(ForeignHost) as caught:
        list(Compute(client).virtual_machines())
    assert not listener.heard()
    assert len(azure.requests(path="/virtualMachines|/next")) == 1
    message = caught.value.message
    assert message.isprintable() and "was not sent" in message and "user:word" not in message
    if "@" not in form and "://THERE" in form:
        assert f"127.0.0.1:{listener.port}" in message


@pytest.mark.parametrize("header", ["Location", "Azure-AsyncOperation"])
@pytest.mark.parametrize(
    "form", ["https://THERE/o", "http://THERE/o", "https://HERE@THERE/o", "https://THERE\\@HERE/o"]
)
def test_an_operation_elsewhere_is_not_followed(
    azure: RunningSimulator, listener: Listener, header: str, form: str
) -> None:
    headers = {header: url(form, azure, listener)}
    vault = VaultId(azure.options["subscription_id"], "rg-backup", "vault")
    azure.add_fault(operation="create_vault", status=202, headers=headers)
    azure.add_fault(operation="discover", status=202, headers=headers)
    with client_of(azure) as client:
        with pytest.raises(ForeignHost):
            Vaults(client).write(*creation(vault), Deadline(client.clock, 60))
        azure.add_fault(path="/refreshContainers$", status=202, headers=headers)
        if header == "Location":
            with pytest.raises(ForeignHost):
                Backup(client, vault).refresh(Deadline(client.clock, 60), 5)
    assert not listener.heard()


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize(
    "path",
    ["/virtualMachines$", "/oauth2/v2.0/token$", "/openid-configuration$", "/metadata/endpoints$"],
    ids=["a call", "the token", "the sign-in's description", "the cloud's description"],
)
def test_no_redirect_is_followed(azure: RunningSimulator, listener: Listener, path: str, status: int) -> None:
    target = f"http://127.0.0.1:{listener.port}/?access_token=mine"
    azure.add_fault(path=path, status=status, headers={"Location": target}, body={})
    with client_of(azure) as client, pytest.raises(BackupError) as caught:
        list(Compute(client).virtual_machines())
    assert not listener.heard()
    assert "access_token" not in caught.value.message


@pytest.mark.parametrize("target", ["https://[", "//evil.example:x/", "https://user:word@evil.example", "", "next"])
def test_a_redirect_of_any_form_is_told(target: str) -> None:
    azure = ScriptedAzure([reply(307, headers={"Location": target})])
    with pytest.raises(ForeignHost, match="Redirects are not followed") as caught:
        list(Compute(azure.client()).virtual_machines())
    assert "word" not in caught.value.message
    assert ("evil.example" in caught.value.message) is ("evil.example" in target)


@pytest.mark.parametrize("look_alike", LOOK_ALIKES)
def test_a_host_that_looks_like_the_right_one_is_another(look_alike: str) -> None:
    azure = ScriptedAzure([reply(200, {"value": [], "nextLink": f"{look_alike}/next?$skiptoken=secret"})])
    with pytest.raises(ForeignHost) as caught:
        list(Compute(azure.client()).virtual_machines())
    assert len(azure.requests) == 1
    message = caught.value.message
    assert message.isascii() and message.isprintable() and "secret" not in message
    assert message.startswith("A URL points to http")


@given(
    st.lists(
        st.sampled_from(
            ("https://", "http://", "management.azure.com", "evil.example", "/", "\\", "@", ":", "443", "?", "#", ".")
        )
        | st.text(max_size=3),
        max_size=8,
    ).map("".join)
)
def test_what_is_let_through_goes_where_it_seems_to(text: str) -> None:
    if policies._origin(text) == ("https", "management.azure.com", 443):
        prepared = requests.Request("GET", text).prepare()
        assert (prepared.url or "").lower().startswith("https://management.azure.com")
        adapter = requests.Session().get_adapter(prepared.url or "")
        assert isinstance(adapter, requests.adapters.HTTPAdapter)
        host, _pool = adapter.build_connection_pool_key_attributes(prepared, True)
        assert (host["scheme"], host["host"], host["port"] or 443) == ("https", "management.azure.com", 443)


@pytest.mark.parametrize("resource_manager", ["https://m\u00e4nagement.example", "http://management.example:0x1"])
def test_to_an_address_that_cannot_be_told_apart_nothing_is_sent(resource_manager: str) -> None:
    guard = policies.HostGuard(resource_manager)
    request = t.cast("t.Any", type("Run", (), {"http_request": requests.Request("GET", resource_manager)}))
    with pytest.raises(ForeignHost, match="was not sent"):
        guard.send(request)
