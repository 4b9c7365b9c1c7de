# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing in: azure-identity's real credentials with a scripted network, and the one token that all requests share."""

from __future__ import annotations

import base64
import concurrent.futures
import json
import logging
import pathlib
import threading
import types
import typing as t
import urllib.parse
from unittest import mock

import pytest
import requests

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import credentials, patience, settings
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.compute import Compute
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.secrets import Secrets
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.tokens import TokenSource
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import (
    AuthenticationFailed,
    BackupError,
    ConnectionFailed,
    InvalidInput,
)
from ansible_collections.cloudkeep.azure_backup.tests.support.scripted import (
    OPTIONS,
    FakeClock,
    Reply,
    ScriptedAzure,
    reply,
)

LOGIN = "https://login.microsoftonline.com"
SECRET = OPTIONS["secret"]
LIST = reply(200, {"value": []})


def token(text: str = "the-token", seconds: int = 3600) -> Reply:
    return reply(200, {"token_type": "Bearer", "expires_in": seconds, "access_token": text})


def refusal(number: str, text: str = "It says no.") -> Reply:
    description = f"AADSTS{number}: {text} Trace ID: 1-2-3 Correlation ID: 4-5-6 Timestamp: now"
    return reply(401, {"error": "invalid_client", "error_description": description, "error_codes": [int(number)]})


def signed_in(replies: list[Reply], **options: str) -> tuple[ScriptedAzure, t.Any]:
    azure = ScriptedAzure(replies)
    return azure, azure.client(options={**OPTIONS, "disable_instance_discovery": True, **options}, tokens=False)


def encoded(value: t.Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def form(request: requests.PreparedRequest) -> dict[str, list[str]]:
    body = request.body or ""
    return urllib.parse.parse_qs(body if isinstance(body, str) else body.decode())


def test_one_token_serves_all_services_and_requests() -> None:
    azure, client = signed_in([token(), LIST, LIST, LIST])
    for subscription in (None, None, "44444444-4444-4444-4444-444444444444"):
        list(Compute(client).virtual_machines(subscription_id=subscription))
    assert [request.headers.get("Authorization") for request in azure.requests[1:]] == ["Bearer the-token"] * 3
    assert form(azure.requests[0])["scope"] == ["https://management.azure.com/.default"]
    assert form(azure.requests[0])["client_secret"] == [SECRET]


def test_a_refused_token_is_replaced_by_another_sign_in() -> None:
    azure, client = signed_in([token("old"), reply(401, {}), token("new"), LIST])
    assert list(Compute(client).virtual_machines()) == []
    assert azure.requests[-1].headers["Authorization"] == "Bearer new"


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        ("7000215", "check secret"),
        ("7000222", "expired"),
        ("700016", "check client_id"),
        ("90002", "check tenant"),
        ("7654321", "Could not sign in with the service principal's secret"),
    ],
)
def test_a_refusal_says_what_to_check_and_no_secret(number: str, advice: str) -> None:
    _azure, client = signed_in([refusal(number, f"Not good: {SECRET}.")])
    with pytest.raises(AuthenticationFailed) as caught:
        list(Compute(client).virtual_machines())
    error = caught.value
    assert error.code == f"AADSTS{number}"
    assert advice in error.message
    assert "Trace ID" not in error.message
    assert SECRET not in json.dumps(error.as_result())
    assert error.__suppress_context__


def test_a_federated_token_is_shown_instead_of_a_secret(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-the-file\n", encoding="utf-8")
    for given, shown in (
        ({"oidc_token": "as-text"}, "as-text"),
        ({"oidc_token_file_path": str(file)}, "from-the-file"),
    ):
        azure, client = signed_in([token(), LIST], secret="", **given)
        list(Compute(client).virtual_machines())
        assert form(azure.requests[0])["client_assertion"] == [shown]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_user_signs_in_with_the_public_application() -> None:
    claims = {
        "iss": f"{LOGIN}/organizations/v2.0",
        "aud": credentials.CLI_CLIENT_ID,
        "exp": 4102444800,
        "preferred_username": "u@example.com",
    }
    realm = reply(200, {"account_type": "Managed", "domain_name": "example.com", "ver": "1.0"})
    user_token = reply(
        200,
        {
            "token_type": "Bearer",
            "expires_in": 3600,
            "access_token": "the-token",
            "client_info": encoded({"uid": "u", "utid": "t"}),
            "id_token": f"{encoded({})}.{encoded(claims)}.",
        },
    )
    azure, client = signed_in(
        [realm, user_token, LIST], secret="", client_id="", tenant="", ad_user="u@example.com", password="user-password"
    )
    list(Compute(client).virtual_machines())
    sent = form(azure.requests[1])
    assert (sent["username"], sent["client_id"]) == (["u@example.com"], [credentials.CLI_CLIENT_ID])
    assert "/organizations/" in (azure.requests[1].url or "")


def test_a_file_that_is_no_certificate_is_refused(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "certificate.pem"
    file.write_text("no certificate", encoding="utf-8")
    _azure, client = signed_in([], secret="", x509_certificate_path=str(file))
    with pytest.raises(InvalidInput, match="x509_certificate_path"):
        list(Compute(client).virtual_machines())


def test_a_cloud_of_ones_own_is_discovered_and_not_looked_up_elsewhere() -> None:
    address = "https://arm.example"
    metadata = {
        "name": "Own",
        "resourceManager": address,
        "authentication": {"loginEndpoint": LOGIN, "audiences": ["https://audience.example"]},
    }
    azure = ScriptedAzure([reply(404), reply(200, [metadata]), token(), LIST])
    client = azure.client(options={**OPTIONS, "cloud_environment": address}, tokens=False)
    list(Compute(client).virtual_machines())
    assert [request.url for request in azure.requests[:2]] == [
        f"{address}/metadata/endpoints?api-version=2022-09-01",
        f"{address}/metadata/endpoints?api-version=2019-05-01",
    ]
    assert all("Authorization" not in request.headers for request in azure.requests[:2])
    assert form(azure.requests[2])["scope"] == ["https://audience.example/.default"]
    assert (azure.requests[3].url or "").startswith(f"{address}/subscriptions/")


def test_another_authority_is_used() -> None:
    azure, client = signed_in([token(), LIST], adfs_authority_url="login.microsoftonline.us")
    list(Compute(client).virtual_machines())
    assert (azure.requests[0].url or "").startswith("https://login.microsoftonline.us/")


class Answers:
    """A credential, and the source of it, that gives what a test says."""

    description = "a test"
    local = False
    advice = ""

    def __init__(self, *answers: t.Any) -> None:
        self.answers = list(answers)
        self.made = 0

    def credential(self, **connection: t.Any) -> t.Any:
        self.made += 1
        return self

    def get_token(self, *scopes: str, **keywords: t.Any) -> t.Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def access_token(clock: FakeClock, text: str, seconds: float = 3600) -> t.Any:
    return types.SimpleNamespace(token=text, expires_on=int(clock.now().timestamp() + seconds))


def token_source(clock: FakeClock, *sources: Answers) -> TokenSource:
    secrets = Secrets()
    secrets.add("hush-hush")
    return TokenSource(
        t.cast("list[credentials.Source]", sources),
        lambda source: source.credential(),
        "scope",
        authority=LOGIN,
        clock=clock,
        secrets=secrets,
    )


def test_a_token_is_kept_until_shortly_before_its_end() -> None:
    clock = FakeClock()
    source = Answers(access_token(clock, "one"), access_token(clock, "two", 7200))
    tokens = token_source(clock, source)
    assert [tokens.token(), tokens.token()] == ["one", "one"]
    clock.sleep(3400)
    assert tokens.token() == "two"
    assert source.made == 1


def test_threads_that_meet_the_same_refusal_renew_once() -> None:
    clock = FakeClock()
    source = Answers(access_token(clock, "one"), access_token(clock, "two"))
    tokens = token_source(clock, source)
    refused = tokens.token()
    assert [tokens.renewed(refused), tokens.renewed(refused)] == ["two", "two"]
    assert source.made == 2


def test_a_renewed_token_that_is_refused_as_well_is_not_renewed_again() -> None:
    clock = FakeClock()
    source = Answers(access_token(clock, "one"), access_token(clock, "two"), access_token(clock, "three"))
    tokens = token_source(clock, source)
    assert tokens.renewed(tokens.token()) == "two"
    assert [tokens.renewed("two"), tokens.renewed("two")] == ["two", "two"]
    tokens.accepted("two")
    # It was good, and has been revoked since.
    assert tokens.renewed("two") == "three"


def test_a_service_that_refuses_every_token_costs_one_renewal_and_not_one_a_request() -> None:
    refused = reply(401, {"error": {"code": "InvalidAuthenticationToken", "message": "No."}})
    azure, client = signed_in([token("one"), refused, token("two"), *[refused] * 9])
    for _request in range(9):
        with pytest.raises(AuthenticationFailed):
            list(Compute(client).virtual_machines())
    assert sum("/oauth2/" in line for line in azure.lines) == 2


class Watched:
    """A lock that lets somebody wait until so many have come to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._come = threading.Semaphore(0)

    def __enter__(self) -> None:
        self._come.release()
        self._lock.acquire()

    def __exit__(self, *_failure: object) -> None:
        self._lock.release()

    def wait(self, number: int) -> None:
        for _one in range(number):
            assert self._come.acquire(timeout=30)


def test_threads_that_wait_for_a_sign_in_that_fails_do_not_each_try_it_again() -> None:
    from azure.core.exceptions import ServiceRequestError

    class Hanging(Answers):
        def get_token(self, *scopes: str, **keywords: t.Any) -> t.Any:
            lock.wait(5)
            return super().get_token()

    source = Hanging(ServiceRequestError("cannot connect"))
    tokens, lock = token_source(FakeClock(), source), Watched()
    tokens._lock = t.cast("threading.Lock", lock)

    def get(_number: int) -> str:
        with pytest.raises(ConnectionFailed) as caught:
            tokens.token()
        return caught.value.message

    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        assert len(set(pool.map(get, range(5)))) == 1
    assert source.made == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_sign_in_service_that_is_busy_is_asked_again_by_our_own_clock(status: int) -> None:
    azure, client = signed_in([*[reply(status, {"error": "temporarily_unavailable"})] * 4, token(), LIST])
    with mock.patch("time.sleep") as slept:
        assert list(Compute(client).virtual_machines()) == []
    assert azure.clock.seconds > 3 and not slept.called


def test_a_sign_in_service_that_stays_away_is_a_connection_problem() -> None:
    azure, client = signed_in([reply(503)] * 200)
    with pytest.raises(ConnectionFailed, match=r"login\.microsoftonline\.com answers 503"):
        list(Compute(client).virtual_machines())
    assert azure.clock.seconds == patience.BUDGET


def test_the_next_source_is_tried_and_the_one_that_works_is_kept() -> None:
    clock = FakeClock()
    bad = Answers(RuntimeError("no end point: hush-hush"))
    good = Answers(access_token(clock, "one", 100), access_token(clock, "two"))
    tokens = token_source(clock, bad, good)
    assert [tokens.token(), tokens.token()] == ["one", "two"]
    assert bad.made == 1


def test_when_no_source_works_each_says_why_without_secrets() -> None:
    tokens = token_source(FakeClock(), Answers(RuntimeError("first hush-hush")), Answers(RuntimeError("second")))
    with pytest.raises(AuthenticationFailed) as caught:
        tokens.token()
    assert "first ********" in caught.value.message and "second" in caught.value.message


def test_an_authority_that_cannot_be_reached_is_a_connection_problem() -> None:
    from azure.core.exceptions import ServiceRequestError

    tokens = token_source(FakeClock(), Answers(ServiceRequestError("cannot connect")))
    with pytest.raises(ConnectionFailed, match=r"login\.microsoftonline\.com"):
        tokens.token()


def test_no_source_shows_its_secret() -> None:
    values = dict.fromkeys(("secret", "password", "oidc_token", "ad_user"), "the-hidden-text")
    for kind in ("secret", "oidc_token", "ad_user"):
        found = settings.Settings((kind,), {**values, "ad_user": "user"}, False, True, None)
        assert "the-hidden-text" not in repr(credentials.sources(found))


def test_a_lost_token_request_is_not_a_lost_write() -> None:
    from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.backup import Backup
    from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.ids import VaultId

    def times_out(request: requests.PreparedRequest) -> requests.Response:
        raise requests.exceptions.ReadTimeout("no answer")

    azure, client = signed_in([times_out, token(), reply(202)])
    try:
        Backup(client, VaultId("s", "g", "v")).start_backup("c", "i", None)
    except BackupError as error:
        raise AssertionError(error.message) from error
    assert azure.lines[-1].startswith("POST /subscriptions/s/")


def test_many_clients_of_one_process_leave_one_handler_behind() -> None:
    kept = []
    for _client in range(3):
        _azure, client = signed_in([token(), LIST])
        list(Compute(client).virtual_machines())
        kept.append(sum(isinstance(one, logging.NullHandler) for one in logging.getLogger("msal").handlers))
    assert kept == [kept[0]] * 3
