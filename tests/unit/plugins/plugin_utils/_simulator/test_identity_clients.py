# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sources of credentials, through the client that everybody uses: azure-identity.

A user with a password is not among them: MSAL asks for the user's realm at the authority's host without its port, so
that this source reaches a simulator on port 443 only. ``test_entra.py`` plays that part.
"""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

identity = pytest.importorskip("azure.identity")


@pytest.fixture(scope="module")
def azure() -> t.Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def connection(azure: RunningSimulator) -> dict[str, t.Any]:
    return {
        "authority": azure.endpoint,
        "disable_instance_discovery": True,
        "connection_verify": azure.access["ca_file"],
    }


def subscriptions_with(azure: RunningSimulator, credential: t.Any) -> int:
    """Ask for the subscriptions with the token that a credential gives; returns the status."""
    import requests

    token = credential.get_token(f"{azure.endpoint}/.default").token
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{azure.endpoint}/subscriptions?api-version=2022-12-01"
    return requests.get(url, headers=headers, verify=azure.access["ca_file"], timeout=10).status_code


def test_secret(azure: RunningSimulator, connection: dict[str, t.Any]) -> None:
    access = azure.access
    ids = (access["tenant_id"], access["client_id"])
    assert (
        subscriptions_with(azure, identity.ClientSecretCredential(*ids, access["client_secret"], **connection)) == 200
    )
    from azure.core.exceptions import ClientAuthenticationError

    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        identity.ClientSecretCredential(*ids, "wrong-secret", **connection).get_token(f"{azure.endpoint}/.default")


def test_certificate(azure: RunningSimulator, connection: dict[str, t.Any], tmp_path: pathlib.Path) -> None:
    import trustme

    certificate = trustme.CA(key_type=trustme.KeyType.RSA).issue_cert("application", key_type=trustme.KeyType.RSA)
    path = tmp_path / "application.pem"
    path.write_bytes(certificate.private_key_pem.bytes() + certificate.cert_chain_pems[0].bytes())
    azure.call(lambda: azure.simulator.entra_id.add_certificate(certificate.cert_chain_pems[0].bytes().decode()))
    ids = (azure.access["tenant_id"], azure.access["client_id"])
    assert subscriptions_with(azure, identity.CertificateCredential(*ids, str(path), **connection)) == 200


def test_federated_token(azure: RunningSimulator, connection: dict[str, t.Any]) -> None:
    credential = identity.ClientAssertionCredential(
        azure.access["tenant_id"],
        azure.access["client_id"],
        lambda: azure.access["federated_token"],
        **connection,
    )
    assert subscriptions_with(azure, credential) == 200


def test_managed_identity(
    azure: RunningSimulator, connection: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in azure.access["managed_identity"].items():
        monkeypatch.setenv(name, value)
    credential = identity.ManagedIdentityCredential(connection_verify=connection["connection_verify"])
    assert subscriptions_with(azure, credential) == 200
