# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials, clouds and networks that can't work: what is wrong and what to check, never a secret, never a write."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import pathlib
import socket
import threading
import typing as t
from unittest import mock

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import patience
from ansible_collections.cloudkeep.azure_backup.tests.support.clear import check_failure
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import ModuleResult, run_module
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

VAULT: t.Final = {"resource_group": "rg-legacy-weu", "vault_name": "legacy-vault"}
PLANTED: t.Final = "planted-4c1d-secret"
NOBODY: t.Final = "00000000-0000-4000-8000-00000000dead"
SECRETS: t.Final = ("AZURE_SECRET", "AZURE_CLIENT_SECRET")
CREDENTIALS: t.Final = (*SECRETS, "AZURE_CLIENT_ID", "AZURE_TENANT", "AZURE_TENANT_ID")
ADDRESS: t.Final = ("AZURE_SUBSCRIPTION_ID", "AZURE_CLOUD_ENVIRONMENT")
PRINCIPAL: t.Final = {"client_id": NOBODY, "tenant": NOBODY}
CA_VARIABLES: t.Final = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


@pytest.fixture(scope="module")
def azure() -> t.Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture(autouse=True)
def quick_and_quiet(azure: RunningSimulator) -> t.Iterator[None]:
    azure.clear_faults()
    azure.forget_requests()
    with mock.patch.object(patience, "FIRST_CONTACT", 0.01):
        yield
    assert azure.writes() == []


@pytest.fixture
def home(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / ".azure").mkdir()
    (tmp_path / ".azure/credentials").write_text(
        f"[default]\ncloud_environment = AzureCloud\n[broken]\nsecret = {PLANTED}\n"
    )
    (tmp_path / "text.pem").write_text("no certificate\n")
    (tmp_path / "empty").write_text("")
    return tmp_path


def run(
    azure: RunningSimulator,
    home: pathlib.Path,
    options: t.Mapping[str, t.Any],
    *,
    without: t.Collection[str] = (),
    environ: t.Mapping[str, str] | None = None,
) -> ModuleResult:
    """Run a module with the simulator's environment, less and more variables, and a search path without az."""
    kept = {name: value for name, value in azure.env.items() if name not in without}
    variables = {**kept, "HOME": str(home), "PATH": str(home / "bin"), **(environ or {})}
    filled = {name: str(value).format(home=home, endpoint=azure.endpoint) for name, value in options.items()}
    result = run_module("vm_backup_policy_info", azure, {**VAULT, **filled}, environ=variables)
    printed = {name: value for name, value in result.items() if name != "invocation"}
    assert PLANTED not in json.dumps(printed) and azure.options["secret"] not in json.dumps(result)
    return result


Case = tuple[dict[str, str], t.Collection[str], dict[str, str], tuple[str, ...]]

UNASKED: dict[str, Case] = {
    "nothing": ({}, CREDENTIALS, {}, ("No Azure credentials", "AZURE_CLIENT_ID", "AZURE_SECRET", "managed identity")),
    "nothing in the environment": ({"auth_source": "env"}, CREDENTIALS, {}, ("auth_source is env", "AZURE_CLIENT_ID")),
    "AWX without a secret": (
        {},
        (),
        dict.fromkeys(SECRETS, ""),
        ("client_id is set (variable AZURE_CLIENT_ID)", "AZURE_SECRET"),
    ),
    "AWX without anything": (
        {},
        CREDENTIALS,
        dict.fromkeys(("AZURE_AD_USER", "AZURE_PASSWORD"), ""),
        ("No Azure credentials were found",),
    ),
    "AWX without a subscription": (
        {},
        (),
        {"AZURE_SUBSCRIPTION_ID": ""},
        ("subscription_id is missing", "AZURE_SUBSCRIPTION_ID"),
    ),
    "a client alone": ({"client_id": NOBODY}, CREDENTIALS, {}, ("client_id is set", "secret", "x509_certificate_path")),
    "no tenant": (
        {"client_id": NOBODY, "secret": PLANTED},
        CREDENTIALS,
        {},
        ("secret is set", "tenant is missing", "AZURE_TENANT_ID"),
    ),
    "no client": ({"tenant": NOBODY, "secret": PLANTED}, CREDENTIALS, {}, ("client_id is missing", "AZURE_CLIENT_ID")),
    "a user without password": (
        {"ad_user": "me@example.org"},
        CREDENTIALS,
        {},
        ("password is missing", "AZURE_PASSWORD"),
    ),
    "a password without user": ({"password": PLANTED}, CREDENTIALS, {}, ("ad_user is missing", "AZURE_AD_USER")),
    "no certificate file": (
        {"x509_certificate_path": "/nope/a.pem"},
        SECRETS,
        {},
        ("x509_certificate_path", "'/nope/a.pem'"),
    ),
    "a folder as certificate": ({"x509_certificate_path": "{home}"}, SECRETS, {}, ("x509_certificate_path", "no file")),
    "no token file": ({"oidc_token_file_path": "/nope/token"}, SECRETS, {}, ("oidc_token_file_path", "'/nope/token'")),
    "no such profile": (
        {"profile": "production"},
        (),
        {},
        ("profile: there is no profile 'production'", ".azure/credentials"),
    ),
    "no credential file": (
        {"auth_source": "credential_file"},
        (),
        {"HOME": "/nope"},
        ("profile 'default'", "/nope/.azure"),
    ),
    "half a profile": (
        {"auth_source": "credential_file", "profile": "broken"},
        (),
        {},
        ("client_id is missing", "profile broken"),
    ),
    "a profile without proof": (
        {"auth_source": "credential_file"},
        (),
        {},
        ("no credentials were found", "profile default"),
    ),
    "a source that is none": (
        {},
        (),
        {"ANSIBLE_AZURE_AUTH_SOURCE": "magic"},
        ("auth_source: 'magic'", "credential_file"),
    ),
    "no az": ({"auth_source": "cli"}, (*CREDENTIALS, *ADDRESS), {}, ("no az command", "az login")),
    "a word that is no boolean": (
        {},
        (),
        {"AZURE_DISABLE_INSTANCE_DISCOVERY": "maybe"},
        ("disable_instance_discovery: 'maybe'",),
    ),
    "a validation that is none": (
        {},
        (),
        {"AZURE_CERT_VALIDATION_MODE": "perhaps"},
        ("cert_validation_mode: 'perhaps'", "ignore"),
    ),
    "a cloud over http": (
        {"cloud_environment": "http://127.0.0.1"},
        (),
        {},
        ("cloud_environment: 'http://127.0.0.1'", "https"),
    ),
    "a cloud that is unknown": (
        {"cloud_environment": "AzureMarsCloud"},
        (),
        {},
        ("'AzureMarsCloud'", "AzureUSGovernment"),
    ),
    "a cloud that is closed": (
        {"cloud_environment": "AzureGermanCloud"},
        (),
        {},
        ("closed in October 2021", "AzureCloud"),
    ),
    "a cloud with a query": (
        {"cloud_environment": "https://x.example/?a=1"},
        (),
        {},
        ("cloud_environment", "https address"),
    ),
    "a cloud with a password": (
        {"cloud_environment": f"https://u:{PLANTED}@x.example"},
        (),
        {},
        ("must not hold", "password"),
    ),
    "a password in a bad address": ({"cloud_environment": f"https://u:{PLANTED}@[::1"}, (), {}, ("must not hold",)),
    "a bad address": (
        {"cloud_environment": "https://[::1"},
        (),
        {},
        ("cloud_environment: 'https://[::1'", "https address"),
    ),
    "a bad port": ({"cloud_environment": "https://x.example:99999"}, (), {}, ("cloud_environment", "https address")),
    "an authority over http": (
        {"adfs_authority_url": "http://x.example"},
        (),
        {},
        ("adfs_authority_url: 'http://x.example'", "https"),
    ),
    "no file of authorities": (
        {},
        (),
        {"REQUESTS_CA_BUNDLE": "/nope/ca.pem"},
        ("REQUESTS_CA_BUNDLE", "'/nope/ca.pem'"),
    ),
}

ASKED: dict[str, Case] = {
    "a wrong secret": ({"secret": PLANTED}, (), {}, ("AADSTS7000215", "check secret")),
    "an unknown client": ({"client_id": NOBODY}, (), {}, ("AADSTS700016", NOBODY, "check client_id and tenant")),
    "an unknown tenant": ({"tenant": NOBODY}, (), {}, (NOBODY, "no such tenant", "check tenant and cloud_environment")),
    "a text as certificate": (
        {"x509_certificate_path": "{home}/text.pem"},
        SECRETS,
        {},
        ("text.pem", "certificate with its private key"),
    ),
    "an empty token file": (
        {"oidc_token_file_path": "{home}/empty"},
        SECRETS,
        {},
        ("oidc_token_file_path", "empty' is empty"),
    ),
    "a bad token": ({"oidc_token": PLANTED}, SECRETS, {}, ("federated token", "AADSTS50027")),
    "no az for the login": ({"auth_source": "cli"}, CREDENTIALS, {}, ("az login", "Install the Azure CLI")),
    "a cloud below a path": ({"cloud_environment": "{endpoint}/below"}, (), {}, ("/below",)),
    "an untrusted certificate": ({}, CA_VARIABLES, {}, ("not trusted", "REQUESTS_CA_BUNDLE", "cert_validation_mode")),
    "no certificate among the authorities": (
        {},
        (),
        {"REQUESTS_CA_BUNDLE": "{home}/text.pem"},
        ("REQUESTS_CA_BUNDLE", "no certificate"),
    ),
    "a name that cannot be resolved": (
        {"cloud_environment": "https://arm.nowhere.invalid"},
        (),
        {},
        ("arm.nowhere.invalid", "DNS"),
    ),
    "a proxy that is none": ({}, (), {"HTTPS_PROXY": "nonsense://x", "NO_PROXY": ""}, ("HTTPS_PROXY",)),
}


@pytest.mark.parametrize("case", UNASKED.values(), ids=list(UNASKED))
def test_what_the_settings_show_needs_no_request(azure: RunningSimulator, home: pathlib.Path, case: Case) -> None:
    options, without, environ, fragments = case
    check_failure(run(azure, home, options, without=without, environ=environ), *fragments)
    assert azure.requests() == []


@pytest.mark.parametrize("case", ASKED.values(), ids=list(ASKED))
def test_a_refusal_says_what_to_check(azure: RunningSimulator, home: pathlib.Path, case: Case) -> None:
    options, without, environ, fragments = case
    filled = {name: value.format(home=home) for name, value in environ.items()}
    check_failure(run(azure, home, options, without=without, environ=filled), *fragments)


def test_empty_texts_are_unset(azure: RunningSimulator, home: pathlib.Path) -> None:
    """As AWX and surveys send them: an empty option or variable hides nothing that stands elsewhere."""
    names = ("profile", "subscription_id", "client_id", "secret", "tenant", "ad_user", "password", "thumbprint")
    files = ("x509_certificate_path", "oidc_token", "oidc_token_file_path", "cloud_environment", "adfs_authority_url")
    unused = ("AZURE_AD_USER", "AZURE_PASSWORD", "AZURE_PROFILE", "AZURE_FEDERATED_TOKEN", "AZURE_CERT_VALIDATION_MODE")
    options = dict.fromkeys((*names, *files), "")
    result = run(azure, home, {**options, "name": ""}, environ=dict.fromkeys(unused, ""))
    assert not result.failed, result["msg"]
    assert result["policies"]


@contextlib.contextmanager
def listening(handler: type[http.server.BaseHTTPRequestHandler]) -> t.Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            # It would else go on for as long as the tests do, and at a closed socket without a pause.
            server.shutdown()
            thread.join(10)


class Refusing(http.server.BaseHTTPRequestHandler):
    """A proxy that lets nobody through."""

    def do_CONNECT(self) -> None:
        self.send_error(403)

    def log_message(self, *arguments: t.Any) -> None:
        pass


@pytest.fixture
def closed_port() -> t.Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_no_network(azure: RunningSimulator, home: pathlib.Path, closed_port: int) -> None:
    result = run(azure, home, {"cloud_environment": f"https://127.0.0.1:{closed_port}"})
    check_failure(result, f"127.0.0.1:{closed_port}", "cloud_environment", "HTTPS_PROXY", code="ConnectionFailed")
    assert result["error"]["retryable"]


def test_no_way_to_the_sign_in_address(azure: RunningSimulator, home: pathlib.Path, closed_port: int) -> None:
    result = run(azure, home, {"adfs_authority_url": f"https://127.0.0.1:{closed_port}"})
    check_failure(result, f"No connection to 127.0.0.1:{closed_port}", code="ConnectionFailed")


def test_a_managed_identity_that_does_not_answer(azure: RunningSimulator, home: pathlib.Path, closed_port: int) -> None:
    environ = {"IDENTITY_ENDPOINT": f"http://127.0.0.1:{closed_port}/", "IDENTITY_HEADER": PLANTED}
    with mock.patch("time.sleep"):
        result = run(azure, home, {"auth_source": "msi"}, without=CREDENTIALS, environ=environ)
    check_failure(result, "managed identity", "does not answer", "auth_source", code="AuthenticationFailed")


def test_a_proxy_that_is_not_there(azure: RunningSimulator, home: pathlib.Path, closed_port: int) -> None:
    environ = {"HTTPS_PROXY": f"http://user:{PLANTED}@127.0.0.1:{closed_port}", "NO_PROXY": "", "no_proxy": ""}
    check_failure(run(azure, home, {}, environ=environ), "proxy", "HTTPS_PROXY", code="ConnectionFailed")


def test_a_proxy_that_refuses(azure: RunningSimulator, home: pathlib.Path) -> None:
    with listening(Refusing) as port:
        environ = {"HTTPS_PROXY": f"http://127.0.0.1:{port}", "NO_PROXY": "", "no_proxy": ""}
        check_failure(run(azure, home, {}, environ=environ), "proxy", "NO_PROXY", code="ConnectionFailed")


def test_a_server_without_tls(azure: RunningSimulator, home: pathlib.Path) -> None:
    with listening(Refusing) as port:
        result = run(azure, home, {"cloud_environment": f"https://127.0.0.1:{port}"})
        check_failure(result, f"127.0.0.1:{port} does not speak TLS", "cloud_environment", code="ConnectionFailed")


def test_an_az_that_nobody_has_signed_in_to(azure: RunningSimulator, home: pathlib.Path) -> None:
    (home / "bin").mkdir()
    az = home / "bin/az"
    az.write_text("#!/bin/sh\necho 'ERROR: Please run az login to setup account.' >&2\nexit 1\n")
    az.chmod(0o755)
    environ = {"PATH": f"{home}/bin{os.pathsep}/bin{os.pathsep}/usr/bin"}
    for without in (CREDENTIALS, (*CREDENTIALS, *ADDRESS)):
        result = run(azure, home, {"auth_source": "cli"}, without=without, environ=environ)
        check_failure(result, "az login", code="AuthenticationFailed")
