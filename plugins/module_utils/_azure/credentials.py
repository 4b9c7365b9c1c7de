# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ways to prove an identity, one small class each.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
import typing as t

from .._errors import AuthenticationFailed, InvalidInput
from .settings import Settings

if t.TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

CLI_CLIENT_ID: t.Final = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""The public application of the az command, with which a user signs in who names no application."""
ANY_TENANT: t.Final = "organizations"


class Source(t.Protocol):
    """A way to prove an identity."""

    @property
    def description(self) -> str:
        """What it is, for messages: never a secret."""

    @property
    def local(self) -> bool:
        """Whether it asks this host for a token, and not the cloud's sign-in address."""

    @property
    def advice(self) -> str:
        """What to do when it fails and Entra ID gives no reason."""

    def credential(self, **connection: t.Any) -> TokenCredential:
        """Make the credential of azure-identity; ``connection`` says how to reach the authority."""


@dataclasses.dataclass(frozen=True)
class ClientSecret:
    """A service principal with a secret."""

    tenant: str
    client_id: str
    secret: str = dataclasses.field(repr=False)
    description: str = "the service principal's secret"
    local: bool = False
    advice: str = ""

    def credential(self, **connection: t.Any) -> TokenCredential:
        """Make the credential."""
        from azure.identity import ClientSecretCredential

        return ClientSecretCredential(self.tenant, self.client_id, self.secret, **connection)


@dataclasses.dataclass(frozen=True)
class ClientCertificate:
    """A service principal with a certificate and its key in one PEM or PKCS12 file."""

    tenant: str
    client_id: str
    path: str
    description: str = "the service principal's certificate"
    local: bool = False
    advice: str = ""

    def credential(self, **connection: t.Any) -> TokenCredential:
        """Make the credential; raises InvalidInput for a file that holds no certificate with a key."""
        from azure.identity import CertificateCredential

        try:
            return CertificateCredential(self.tenant, self.client_id, os.path.expanduser(self.path), **connection)
        except (OSError, ValueError) as error:
            raise InvalidInput(
                f"x509_certificate_path: {self.path!r} cannot be read as a certificate with its private key"
            ) from error


@dataclasses.dataclass(frozen=True)
class FederatedToken:
    """A service principal that shows another issuer's token: given as text, or in a file that is read each time."""

    tenant: str
    client_id: str
    token: str | None = dataclasses.field(default=None, repr=False)
    path: str | None = None
    description: str = "the federated token"
    local: bool = False
    advice: str = ""

    def credential(self, **connection: t.Any) -> TokenCredential:
        """Make the credential."""
        from azure.identity import ClientAssertionCredential

        return ClientAssertionCredential(self.tenant, self.client_id, self._assertion, **connection)

    def _assertion(self) -> str:
        if self.token:
            return self.token
        try:
            token = pathlib.Path(os.path.expanduser(self.path or "")).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            problem = type(error).__name__
            raise AuthenticationFailed(f"oidc_token_file_path: {self.path!r} cannot be read: {problem}") from error
        if not token:
            raise AuthenticationFailed(f"oidc_token_file_path: {self.path!r} is empty")
        return token


@dataclasses.dataclass(frozen=True)
class UsernamePassword:
    """A user with a password and without a second factor."""

    tenant: str
    client_id: str
    username: str
    password: str = dataclasses.field(repr=False)
    description: str = "user name and password"
    local: bool = False
    advice: str = ""

    def credential(self, **connection: t.Any) -> TokenCredential:
        """Make the credential."""
        from azure.identity import UsernamePasswordCredential

        return UsernamePasswordCredential(
            self.client_id, self.username, self.password, tenant_id=self.tenant, **connection
        )


@dataclasses.dataclass(frozen=True)
class ManagedIdentity:
    """The identity that Azure gives the host; one of several is chosen by its client id."""

    client_id: str | None = None
    description: str = "the host's managed identity"
    local: bool = True
    advice: str = "Assign an identity to this host, check client_id, or choose another auth_source"

    def credential(self, **connection: t.Any) -> TokenCredential:
        """Make the credential; its end point is the host's, so the authority plays no part."""
        from azure.identity import ManagedIdentityCredential

        return ManagedIdentityCredential(client_id=self.client_id, transport=connection["transport"])


@dataclasses.dataclass(frozen=True)
class AzureCli:
    """The login of the az command."""

    tenant: str | None = None
    subscription_id: str | None = None
    description: str = "the az login"
    local: bool = True
    advice: str = (
        "Install the Azure CLI and run az login as the user that runs this task, or choose another auth_source"
    )

    def credential(self, **connection: t.Any) -> TokenCredential:
        """Make the credential; az itself knows its authority."""
        from azure.identity import AzureCliCredential

        # az takes one of the two; from a subscription it finds the tenant by itself.
        subscription = None if self.tenant else self.subscription_id
        return AzureCliCredential(tenant_id=self.tenant or "", subscription=subscription, process_timeout=60)


def sources(settings: Settings) -> list[Source]:
    """Return the sources that the settings name, in the order to try."""
    return [_source(kind, settings) for kind in settings.credentials]


def _source(kind: str, settings: Settings) -> Source:
    tenant, client_id = settings.get("tenant"), settings.get("client_id")
    if kind == "managed_identity":
        return ManagedIdentity(client_id)
    if kind == "cli":
        return AzureCli(tenant, settings.get("subscription_id"))
    proof = settings.values[kind]
    if kind == "ad_user":
        return UsernamePassword(tenant or ANY_TENANT, client_id or CLI_CLIENT_ID, proof, settings.values["password"])
    principal = (tenant or "", client_id or "")
    if kind == "secret":
        return ClientSecret(*principal, proof)
    if kind == "x509_certificate_path":
        return ClientCertificate(*principal, proof)
    if kind == "oidc_token":
        return FederatedToken(*principal, token=proof)
    return FederatedToken(*principal, path=proof)


@dataclasses.dataclass(frozen=True)
class CliAccount:
    """What the az command is logged in to."""

    subscription_id: str
    cloud: str
    """The cloud's name, or the address of its Resource Manager when the name is the user's own."""


def cli_account(environ: t.Mapping[str, str]) -> CliAccount:
    """Ask the az command for its subscription and cloud; raises AuthenticationFailed when it is not logged in."""
    account = _az(["account", "show"], environ)
    cloud = str(account.get("environmentName") or "AzureCloud")
    if cloud.lower() not in ("azurecloud", "azurechinacloud", "azureusgovernment"):
        endpoints = _az(["cloud", "show"], environ).get("endpoints") or {}
        cloud = str(endpoints.get("resourceManager") or cloud)
    return CliAccount(str(account.get("id") or ""), cloud)


def _az(arguments: list[str], environ: t.Mapping[str, str]) -> dict[str, t.Any]:
    command = ["az", *arguments, "--output", "json"]
    try:
        # Not AnsibleModule.run_command: this layer knows no module, and az gets the client's own environment.
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            command,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        answer = json.loads(done.stdout) if done.returncode == 0 else None
    except FileNotFoundError:
        raise AuthenticationFailed(f"There is no az command on this host. {AzureCli.advice}") from None
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise AuthenticationFailed(f"The command {' '.join(command)} failed: {type(error).__name__}") from error
    if not isinstance(answer, dict):
        said = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        raise AuthenticationFailed(f"The command {' '.join(command)} failed: {said.rstrip('.')}. Run az login first")
    return answer
