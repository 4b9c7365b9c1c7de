# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where each option is looked for, and which credential comes of it."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _options
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import settings
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import InvalidInput

SUBSCRIPTION = {"subscription_id": "sub"}
PRINCIPAL = {"client_id": "client", "tenant": "tenant", "secret": "the-secret-text"}


@pytest.fixture
def home(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / ".azure").mkdir()
    return tmp_path


def resolve(
    home: pathlib.Path,
    options: t.Mapping[str, t.Any] | None = None,
    environ: t.Mapping[str, str] | None = None,
    *,
    profile: str = "",
    azure_host: bool = False,
) -> settings.Settings:
    if profile:
        (home / ".azure" / "credentials").write_text(profile, encoding="utf-8")
    every_option = dict.fromkeys(_options.azure())
    return settings.resolve(
        {**every_option, **(options or {})},
        {"HOME": str(home), "PATH": str(home), **(environ or {})},
        on_azure_host=lambda: azure_host,
    )


def test_every_option_of_the_modules_is_looked_for() -> None:
    assert set(settings.VARIABLES) == set(_options.azure())


@pytest.mark.parametrize(
    ("option", "variable"), [(option, name) for option, names in settings.VARIABLES.items() for name in names]
)
def test_each_variable_is_read(home: pathlib.Path, option: str, variable: str) -> None:
    value = {
        "auth_source": "env",
        "profile": "default",
        "disable_instance_discovery": "true",
        "cert_validation_mode": "ignore",
    }.get(option, "from-the-variable")
    if option.endswith("_path"):
        value = str(home / "file")
        pathlib.Path(value).touch()
    given = {name: text for name, text in {**SUBSCRIPTION, **PRINCIPAL}.items() if name != option}
    found = resolve(home, given, {variable: value}, profile="[default]\nthumbprint = x")
    assert found.get(option) == value


def test_the_task_comes_before_the_environment_and_that_before_the_profile(home: pathlib.Path) -> None:
    found = resolve(
        home,
        {"client_id": "task"},
        {"AZURE_CLIENT_ID": "environment", "AZURE_TENANT": "environment"},
        profile="[default]\nclient_id = file\ntenant = file\nsecret = file\nsubscription_id = file",
    )
    assert [found.get(name) for name in ("client_id", "tenant", "secret", "subscription_id")] == [
        "task",
        "environment",
        "file",
        "file",
    ]


def test_options_may_come_from_different_places(home: pathlib.Path) -> None:
    found = resolve(home, PRINCIPAL, {"AZURE_SUBSCRIPTION_ID": "sub"})
    assert found.credentials == ("secret",)
    assert found.get("subscription_id") == "sub"


@pytest.mark.parametrize("source", ["task", "environment"])
def test_the_cloud_is_found_wherever_the_credentials_are(home: pathlib.Path, source: str) -> None:
    in_task = source == "task"
    found = resolve(
        home,
        {
            **SUBSCRIPTION,
            **({} if in_task else PRINCIPAL),
            **({"cloud_environment": "AzureUSGovernment"} if in_task else {}),
        },
        {
            **({"AZURE_CLIENT_ID": "c", "AZURE_SECRET": "s", "AZURE_TENANT": "t"} if in_task else {}),
            **({} if in_task else {"AZURE_CLOUD_ENVIRONMENT": "AzureUSGovernment"}),
        },
    )
    assert found.get("cloud_environment") == "AzureUSGovernment"


def test_empty_texts_are_unset(home: pathlib.Path) -> None:
    found = resolve(
        home,
        {**SUBSCRIPTION, "secret": ""},
        {"AZURE_AD_USER": "", "AZURE_PASSWORD": " ", "AZURE_SECRET": "", "AZURE_CLIENT_SECRET": "other-name"}
        | {"AZURE_CLIENT_ID": "c", "AZURE_TENANT": "", "AZURE_TENANT_ID": "t"},
    )
    assert (found.credentials, found.get("secret"), found.get("tenant")) == (("secret",), "other-name", "t")


def test_a_subscription_and_nothing_else_means_the_hosts_identity(home: pathlib.Path) -> None:
    injected = {"AZURE_SUBSCRIPTION_ID": "sub", "AZURE_AD_USER": "", "AZURE_PASSWORD": ""}
    assert resolve(home, {}, injected, azure_host=True).credentials == ("managed_identity",)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (PRINCIPAL, ("secret",)),
        ({"client_id": "c", "tenant": "t", "oidc_token": "x"}, ("oidc_token",)),
        ({"ad_user": "u", "password": "p"}, ("ad_user",)),
        ({"auth_source": "msi"}, ("managed_identity",)),
        ({"auth_source": "msi", "client_id": "c", "secret": "s"}, ("managed_identity",)),
        ({"auth_source": "cli"}, ("cli",)),
        ({"auth_source": "CLI", **PRINCIPAL}, ("cli",)),
        ({**PRINCIPAL, "ad_user": "u"}, ("secret",)),
    ],
)
def test_kind_of_credential(home: pathlib.Path, values: dict[str, str], expected: tuple[str, ...]) -> None:
    assert resolve(home, {**SUBSCRIPTION, **values}).credentials == expected


def test_what_the_task_proves_with_beats_what_the_environment_always_has(home: pathlib.Path) -> None:
    token = home / "token"
    token.touch()
    found = resolve(home, {**SUBSCRIPTION, **PRINCIPAL}, {"AZURE_FEDERATED_TOKEN_FILE": str(token)})
    assert found.credentials == ("secret",)


def test_a_certificate_needs_no_thumbprint(home: pathlib.Path) -> None:
    path = home / "certificate.pem"
    path.touch()
    found = resolve(home, {**SUBSCRIPTION, "client_id": "c", "tenant": "t", "x509_certificate_path": str(path)})
    assert found.credentials == ("x509_certificate_path",)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"client_id": "c"}, "client_id"),
        ({"client_id": "c", "tenant": "t"}, "secret"),
        ({"client_id": "c", "secret": "the-secret-text"}, "tenant"),
        ({"tenant": "t", "secret": "the-secret-text"}, "client_id"),
        ({"ad_user": "u"}, "password"),
        ({"password": "the-secret-text"}, "ad_user"),
        ({"client_id": "c", "tenant": "t", "x509_certificate_path": "/nonexistent/file"}, "/nonexistent/file"),
        ({"client_id": "c", "tenant": "t", "oidc_token_file_path": "/nonexistent/file"}, "/nonexistent/file"),
        ({}, "AZURE_CLIENT_ID"),
        ({"auth_source": "env"}, "AZURE_CLIENT_ID"),
        ({"auth_source": "credential_file"}, "default"),
        ({"profile": "other", **PRINCIPAL}, "other"),
        ({"auth_source": "magic"}, "magic"),
        ({"subscription_id": "a/../b", **PRINCIPAL}, "a/../b"),
        ({"subscription_id": "", **PRINCIPAL}, "AZURE_SUBSCRIPTION_ID"),
        ({"cert_validation_mode": "never", **PRINCIPAL}, "never"),
        ({"disable_instance_discovery": "perhaps", **PRINCIPAL}, "perhaps"),
    ],
)
def test_what_is_missing_or_wrong_is_named(home: pathlib.Path, values: dict[str, str], named: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        resolve(home, {**SUBSCRIPTION, **values})
    assert named in caught.value.message
    assert "the-secret-text" not in caught.value.message


def test_a_missing_value_says_where_it_was_looked_for(home: pathlib.Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        resolve(home, {**SUBSCRIPTION, "client_id": "c", "secret": "s"})
    for place in ("option tenant", "AZURE_TENANT", "AZURE_TENANT_ID", "profile default", str(home)):
        assert place in caught.value.message


@pytest.mark.parametrize("option", ["subscriptions", "vaults"])
def test_a_task_that_names_its_subscriptions_otherwise_needs_none_of_the_login(home: pathlib.Path, option: str) -> None:
    login = {"client_id": "c", "tenant": "t", "secret": "s"}
    assert resolve(home, {**login, option: ["x"]}).get("subscription_id") is None
    with pytest.raises(InvalidInput, match=r"^subscription_id is missing"):
        resolve(home, {**login, option: []})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("True", True),
        ("yes", True),
        ("1", True),
        ("False", False),
        ("false", False),
        ("0", False),
        ("no", False),
        ("", False),
    ],
)
def test_booleans_are_read_from_text(home: pathlib.Path, text: str, expected: bool) -> None:
    found = resolve(home, {**SUBSCRIPTION, **PRINCIPAL}, {"AZURE_DISABLE_INSTANCE_DISCOVERY": text})
    assert found.disable_instance_discovery is expected


def test_an_option_that_is_false_beats_a_variable_that_is_true(home: pathlib.Path) -> None:
    found = resolve(
        home,
        {**SUBSCRIPTION, **PRINCIPAL, "disable_instance_discovery": False},
        {"AZURE_DISABLE_INSTANCE_DISCOVERY": "true"},
    )
    assert found.disable_instance_discovery is False


def test_a_profile_that_the_task_names_comes_before_the_environment(home: pathlib.Path) -> None:
    text = "[prod]\nclient_id = prod\ntenant = t\nsecret = s\nsubscription_id = prod"
    found = resolve(home, {"profile": "prod"}, {"AZURE_CLIENT_ID": "env", "AZURE_SUBSCRIPTION_ID": "env"}, profile=text)
    assert (found.get("client_id"), found.get("subscription_id")) == ("prod", "prod")


def test_the_file_alone(home: pathlib.Path) -> None:
    text = "[p]\nclient_id = file\ntenant = t\nsecret = 100%sure\nsubscription_id = s"
    environ = {"ANSIBLE_AZURE_AUTH_SOURCE": "credential_file", "AZURE_PROFILE": "p", "AZURE_CLIENT_ID": "env"}
    found = resolve(home, {}, environ, profile=text)
    assert (found.get("client_id"), found.get("secret")) == ("file", "100%sure")


def test_the_environment_alone(home: pathlib.Path) -> None:
    text = "[default]\nclient_id = file\ntenant = t\nsecret = s\nsubscription_id = s"
    with pytest.raises(InvalidInput):
        resolve(home, {"auth_source": "env"}, {}, profile=text)


def test_a_broken_file_shows_nothing_of_itself(home: pathlib.Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        resolve(home, {**SUBSCRIPTION, **PRINCIPAL}, profile="my-password-in-a-line")
    assert "my-password" not in caught.value.message


@pytest.mark.parametrize("variable", ["IDENTITY_ENDPOINT", "MSI_ENDPOINT"])
def test_a_host_with_an_identity_is_used_when_nothing_else_is_configured(home: pathlib.Path, variable: str) -> None:
    environ = {variable: "http://localhost:1"}
    assert resolve(home, SUBSCRIPTION, environ).credentials == ("managed_identity",)
    assert resolve(home, {**SUBSCRIPTION, "client_id": "which"}, environ).credentials == ("managed_identity",)
    assert resolve(home, {**SUBSCRIPTION, **PRINCIPAL}, environ).credentials == ("secret",)


def test_then_the_az_login_which_knows_its_subscription(home: pathlib.Path) -> None:
    (home / "az").write_text("#!/bin/sh\n")
    (home / "az").chmod(0o755)
    assert resolve(home, {}).credentials == ("cli",)
    assert resolve(home, {}, azure_host=True).credentials == ("managed_identity", "cli")


def test_nothing_secret_is_in_a_repr(home: pathlib.Path) -> None:
    assert "the-secret-text" not in repr(resolve(home, {**SUBSCRIPTION, **PRINCIPAL}))


def test_the_ca_bundle_is_the_one_that_requests_would_use(home: pathlib.Path) -> None:
    bundle = home / "ca.pem"
    bundle.touch()
    given = {**SUBSCRIPTION, **PRINCIPAL}
    assert resolve(home, given, {"REQUESTS_CA_BUNDLE": str(bundle), "CURL_CA_BUNDLE": "/x"}).ca_bundle == str(bundle)
    assert resolve(home, given, {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": str(bundle)}).ca_bundle == str(bundle)
    assert resolve(home, given, {"REQUESTS_CA_BUNDLE": ""}).ca_bundle is None
    with pytest.raises(InvalidInput, match=r"REQUESTS_CA_BUNDLE.*/nonexistent/ca\.pem"):
        resolve(home, given, {"REQUESTS_CA_BUNDLE": "/nonexistent/ca.pem"})
