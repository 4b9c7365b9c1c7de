# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service that quotes what it was sent, links that are signed, a defect that shows all: none of it comes out."""

from __future__ import annotations

import datetime as dt
import io
import json
import logging
import pathlib
import typing as t
from unittest import mock

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.compute import Compute
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.secrets import HIDDEN, Secrets
from ansible_collections.cloudkeep.azure_backup.tests.support import leaks
from ansible_collections.cloudkeep.azure_backup.tests.support.leaks import MARK, hurried
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import ModuleResult, run_module
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

VAULT: t.Final = {"resource_group": "rg-backup", "vault_name": "vault-secret"}
SIGNED: t.Final = f"t={MARK}t&c={MARK}c&s={MARK}s&h={MARK}h"
REFUSALS: t.Final = (400, 401, 403, 404, 409, 412, 429, 500, 501)


@pytest.fixture(scope="module")
def azure() -> t.Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def secrets(azure: RunningSimulator) -> t.Iterator[leaks.Secrets]:
    azure.reset()
    with leaks.watched(azure) as watched, hurried():
        yield watched


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A certificate with its key, neither of which the simulator knows."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "planted")])
    now = dt.datetime.now(dt.timezone.utc)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + dt.timedelta(1))
    ).sign(key, hashes.SHA256())
    path = tmp_path_factory.mktemp("certificate") / "principal.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.fixture
def log() -> t.Iterator[io.StringIO]:
    """What Ansible's log file would hold: its handler is the root's, its level INFO. caplog hears more than that."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.setLevel(level)
    root.removeHandler(handler)


def everything(result: ModuleResult, captured: tuple[str, str], log: io.StringIO) -> str:
    return json.dumps(result) + "".join(captured) + log.getvalue()


@pytest.mark.parametrize("status", REFUSALS)
def test_a_refusal_that_quotes_the_request(
    azure: RunningSimulator,
    secrets: leaks.Secrets,
    status: int,
    log: io.StringIO,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with leaks.echoing(azure, "/virtualMachines", status):
        result = run_module("vm_backup_discover", azure, azure.options)
    assert result.failed and f"authorization': 'Bearer {HIDDEN}" in json.dumps(result), result["msg"]
    assert secrets.issued and not secrets.within(everything(result, capfd.readouterr(), log))


SIGN_INS: t.Final[dict[str, dict[str, str]]] = {
    "secret": {"secret": f"{MARK}s&cret/+"},
    "token": {"oidc_token": f"{MARK}token"},
    "token file": {"oidc_token_file_path": "TOKEN"},
    "certificate": {"x509_certificate_path": "CERTIFICATE"},
}


@pytest.mark.parametrize("options", SIGN_INS.values(), ids=list(SIGN_INS))
@pytest.mark.parametrize("place", ["task", "environment", "profile"])
def test_a_refused_sign_in_that_quotes_the_form(
    azure: RunningSimulator,
    secrets: leaks.Secrets,
    certificate: pathlib.Path,
    tmp_path: pathlib.Path,
    options: dict[str, str],
    place: str,
    log: io.StringIO,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "token").write_text(f"{MARK}token-file\n")
    files = {"TOKEN": str(tmp_path / "token"), "CERTIFICATE": str(certificate)}
    proof = {name: files.get(value, value) for name, value in options.items()}
    given: dict[str, str] = {name: value for name, value in azure.options.items() if name != "secret"}
    environ = {**azure.env, "HOME": str(tmp_path), "AZURE_SECRET": "", "AZURE_CLIENT_SECRET": ""}
    if place == "task":
        given |= proof
    elif place == "environment":
        environ |= {f"AZURE_{VARIABLES.get(name, name.upper())}": value for name, value in proof.items()}
    else:
        (tmp_path / ".azure").mkdir()
        lines = [f"{name} = {value}" for name, value in {**given, **proof}.items()]
        (tmp_path / ".azure/credentials").write_text("\n".join(["[default]", *lines]))
        given = {}
    with leaks.echoing(azure, "/oauth2/v2.0/token", 401):
        result = run_module("vm_backup_discover", azure, given, environ=environ)
    assert result.failed and result["error"]["code"] == "AADSTS7000215", result
    assert HIDDEN in result["error"]["message"]
    assert not secrets.within(everything(result, capfd.readouterr(), log))
    assert "eyJ" not in json.dumps(result)


VARIABLES: t.Final = {
    "x509_certificate_path": "X509_CERTIFICATE_PATH",
    "oidc_token": "FEDERATED_TOKEN",
    "oidc_token_file_path": "FEDERATED_TOKEN_FILE",
}


@pytest.mark.parametrize("fault", [{"status": 404}, {"status": 400}, {"kind": "drop_before"}, {"kind": "not_json"}])
def test_signed_links_stay_inside(
    azure: RunningSimulator,
    secrets: leaks.Secrets,
    fault: dict[str, t.Any],
    log: io.StringIO,
    capfd: pytest.CaptureFixture[str],
) -> None:
    link = f"{azure.endpoint}/subscriptions/x/operations/y?api-version=1&{SIGNED}"
    headers = {"Location": link, "Azure-AsyncOperation": link}
    azure.add_fault(operation="create_vault", status=202, headers=headers)
    azure.add_fault(path="/operations/y$", **fault)
    options = {**azure.options, **VAULT, "location": "westeurope", "poll_interval": 1, "wait_timeout": 5000}
    result = run_module("vm_backup_vault", azure, options)
    assert result.failed and azure.requests(path="/operations/y$")
    assert not secrets.within(everything(result, capfd.readouterr(), log))


@pytest.mark.parametrize("place", ["task", "environment"])
def test_a_defect_that_shows_all_that_it_has(azure: RunningSimulator, secrets: leaks.Secrets, place: str) -> None:
    def defective(self: Compute, *unused: t.Any) -> t.Any:
        client = t.cast("t.Any", self)._client
        client.cloud.name  # noqa: B018  signed in with all that is known
        raise KeyError(f"{dict(client._settings.values)} {client._tokens.token()} {dict(client._environ)}")

    options = dict(azure.options)
    environ = {
        **azure.env,
        "HTTPS_PROXY": f"http://u:{MARK}proxy@127.0.0.1:9",
        "NO_PROXY": "127.0.0.1",
        "IDENTITY_HEADER": f"{MARK}header",
        "AZURE_PASSWORD": f"{MARK}password",
    }
    if place == "environment":
        del options["secret"]
    with mock.patch.object(Compute, "virtual_machines", defective):
        result = run_module("vm_backup_discover", azure, options, environ=environ)
    assert result["error"]["code"] == "Defect" and "KeyError" in result["msg"] and "****" in result["msg"]
    assert secrets.issued and not secrets.within(json.dumps(result))


def test_what_is_hidden() -> None:
    secrets = Secrets()
    secrets.learn(
        {"secret": " in the task ", "cloud_environment": "https://me:in%20the%20url@host/path"},
        {"AZURE_PASSWORD": "in a variable", "https_proxy": "me:of-the-proxy@host:1", "AZURE_SECRET": "short"},
    )
    secrets.learn_from({"oidc_token": "in the profile"})
    for text in ("in the task", "in the url", "in%20the%20url", "in a variable", "in+a+variable", "of-the-proxy"):
        assert secrets.hidden(f"it is {text}.") == f"it is {HIDDEN}."
    assert secrets.hidden("in the profile, short, me") == f"{HIDDEN}, short, me"
    assert secrets.hidden("got eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln here") == f"got {HIDDEN} here"
    assert repr(secrets).startswith("Secrets(")
