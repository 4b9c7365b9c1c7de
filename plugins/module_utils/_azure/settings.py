# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds who signs in and where: each option in the task, then the environment, then the profile file.

Nothing is sent and nothing is imported here. This file is private to the collection.
"""

from __future__ import annotations

import configparser
import dataclasses
import os
import pathlib
import re
import shutil
import typing as t

from .._errors import InvalidInput

VARIABLES: t.Final[t.Mapping[str, tuple[str, ...]]] = {
    "auth_source": ("ANSIBLE_AZURE_AUTH_SOURCE",),
    "profile": ("AZURE_PROFILE",),
    "subscription_id": ("AZURE_SUBSCRIPTION_ID",),
    "client_id": ("AZURE_CLIENT_ID",),
    "secret": ("AZURE_SECRET", "AZURE_CLIENT_SECRET"),
    "tenant": ("AZURE_TENANT", "AZURE_TENANT_ID"),
    "ad_user": ("AZURE_AD_USER", "AZURE_USERNAME"),
    "password": ("AZURE_PASSWORD",),
    "x509_certificate_path": ("AZURE_X509_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PATH"),
    "thumbprint": ("AZURE_THUMBPRINT",),
    "oidc_token": ("AZURE_FEDERATED_TOKEN",),
    "oidc_token_file_path": ("AZURE_FEDERATED_TOKEN_FILE",),
    "cloud_environment": ("AZURE_CLOUD_ENVIRONMENT",),
    "adfs_authority_url": ("AZURE_ADFS_AUTHORITY_URL", "AZURE_AUTHORITY_HOST"),
    "disable_instance_discovery": ("AZURE_DISABLE_INSTANCE_DISCOVERY",),
    "cert_validation_mode": ("AZURE_CERT_VALIDATION_MODE",),
}
"""Each option's environment variables: azure.azcollection's name first, then the one that other Azure tools use."""

AUTH_SOURCES: t.Final = ("auto", "cli", "credential_file", "env", "msi")

# What proves an identity, in the order that decides between two that were found at the same place.
_PROOFS: t.Final = ("secret", "x509_certificate_path", "oidc_token", "oidc_token_file_path", "ad_user")

_IDS: t.Final = {
    "subscription_id": "the subscription's id, a GUID, not its name (az account list shows both)",
    "tenant": "the tenant's id, a GUID, or one of its domains",
    "client_id": "the application's id, a GUID, not its name",
}
"""What these options hold; they become parts of URLs, so nothing else is let through."""

_HOST_IDENTITY_VARIABLES: t.Final = ("IDENTITY_ENDPOINT", "MSI_ENDPOINT")
_AZURE_CHASSIS: t.Final = "7783-7084-3265-9085-8269-3286-77"
"""The asset tag of every Azure virtual machine's chassis: tells one without a request to a metadata address."""


@dataclasses.dataclass(frozen=True)
class Found:
    """One option's value, and where it stood."""

    value: str = dataclasses.field(repr=False)
    place: str
    rank: int


@dataclasses.dataclass(frozen=True)
class Settings:
    """Everything that is needed to make a credential and to reach a cloud."""

    credentials: tuple[str, ...]
    """Which credentials to try, in this order: a proof's option name, ``managed_identity`` or ``cli``."""
    values: t.Mapping[str, str] = dataclasses.field(repr=False)
    """The options that were found."""
    disable_instance_discovery: bool
    validate_certificates: bool
    ca_bundle: str | None
    """A file of certificate authorities, from the variables that the ``requests`` library reads."""

    def get(self, option: str) -> str | None:
        """Return an option, None when it was found nowhere."""
        return self.values.get(option)


def resolve(
    options: t.Mapping[str, t.Any], environ: t.Mapping[str, str], *, on_azure_host: t.Callable[[], bool] | None = None
) -> Settings:
    """Read the settings; raises InvalidInput when they contradict themselves or are not enough to sign in.

    Args:
        options: the module's parameters; None and the empty string are unset.
        environ: the environment variables; the empty string is unset.
        on_azure_host: tells whether this host is an Azure virtual machine; asked only when nothing else is configured.
    """
    lookup = _Lookup(options, environ)
    credentials = _credentials(lookup, environ, on_azure_host or _is_azure_machine)
    values = {option: found.value for option, found in lookup.found.items()}
    _check(lookup, credentials, elsewhere=bool(options.get("subscriptions") or options.get("vaults")))
    ca_variable = "REQUESTS_CA_BUNDLE" if environ.get("REQUESTS_CA_BUNDLE") else "CURL_CA_BUNDLE"
    ca_bundle = environ.get(ca_variable) or None
    if ca_bundle and not os.path.exists(ca_bundle):
        raise InvalidInput(f"The environment variable {ca_variable} names {ca_bundle!r}, which does not exist")
    return Settings(
        credentials=credentials,
        values=values,
        disable_instance_discovery=_boolean("disable_instance_discovery", values.get("disable_instance_discovery")),
        validate_certificates=_choice("cert_validation_mode", values, ("validate", "ignore"), "validate") == "validate",
        ca_bundle=ca_bundle,
    )


class _Lookup:
    """Looks options up and remembers where, for the messages."""

    def __init__(self, options: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> None:
        self.environ = environ
        task = {name: _text(options.get(name)) for name in VARIABLES if _text(options.get(name))}
        variables = {
            name: (environ[variable].strip(), variable)
            for name, names in VARIABLES.items()
            for variable in reversed(names)
            if environ.get(variable, "").strip()
        }
        source = task.get("auth_source") or variables.get("auth_source", ("auto", ""))[0]
        self.auth_source = _choice("auth_source", {"auth_source": source}, AUTH_SOURCES, "auto")
        if self.auth_source == "credential_file":
            # Which profile is still the environment's to say.
            variables = {name: variable for name, variable in variables.items() if name == "profile"}
        named = task.get("profile") or variables.get("profile", ("", ""))[0]
        self.profile = named or "default"
        self.file = pathlib.Path(environ.get("HOME") or os.path.expanduser("~"), ".azure", "credentials")
        self.reads_file = self.auth_source in ("auto", "credential_file")
        required = bool(named) or self.auth_source == "credential_file"
        profile = self._read_file(required=required) if self.reads_file else {}
        # A profile that the task names is part of the task, so it comes before the environment.
        file_rank = 1 if task.get("profile") else 3
        self.found: dict[str, Found] = {}
        for name in VARIABLES:
            candidates = [
                Found(task[name], f"option {name}", 0) if name in task else None,
                Found(variables[name][0], f"variable {variables[name][1]}", 2) if name in variables else None,
                Found(profile[name], f"{name} in profile {self.profile}", file_rank) if name in profile else None,
            ]
            best = min((found for found in candidates if found), key=lambda found: found.rank, default=None)
            if best:
                self.found[name] = best

    def _read_file(self, *, required: bool) -> dict[str, str]:
        parser = configparser.RawConfigParser()
        try:
            text = self.file.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            text = ""
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"The credential file {self.file} cannot be read: {type(error).__name__}") from error
        try:
            parser.read_string(text)
        except configparser.Error as error:
            # The parser's own text would quote the line, which may hold a secret.
            raise InvalidInput(f"The credential file {self.file} is not a valid ini file") from error
        if parser.has_section(self.profile):
            return {name: value.strip() for name, value in parser.items(self.profile) if value and value.strip()}
        if required:
            raise InvalidInput(f"profile: there is no profile {self.profile!r} in {self.file}")
        return {}

    def where(self, option: str) -> str:
        """Say where an option was looked for."""
        places = [f"option {option}"]
        if self.auth_source != "credential_file":
            places.append(f"environment {' or '.join(VARIABLES[option])}")
        if self.reads_file:
            places.append(f"profile {self.profile} of {self.file}")
        return ", ".join(places)


def _credentials(lookup: _Lookup, environ: t.Mapping[str, str], on_azure_host: t.Callable[[], bool]) -> tuple[str, ...]:
    if lookup.auth_source == "msi":
        return ("managed_identity",)
    if lookup.auth_source == "cli":
        return ("cli",)
    proofs = [name for name in _PROOFS if name in lookup.found]
    if proofs:
        # The place decides first: a secret in the task beats a token file that the environment always has.
        return (min(proofs, key=lambda name: lookup.found[name].rank),)
    if "password" in lookup.found:
        raise _missing(lookup, "password", "ad_user")
    host_has_identity = any(environ.get(name) for name in _HOST_IDENTITY_VARIABLES)
    if "client_id" in lookup.found:
        if "tenant" not in lookup.found and (host_has_identity or on_azure_host()):
            return ("managed_identity",)
        raise InvalidInput(
            f"client_id is set ({lookup.found['client_id'].place}) but nothing proves that identity. "
            f"Give secret, x509_certificate_path, oidc_token or oidc_token_file_path; "
            f"secret was looked for in: {lookup.where('secret')}. For a managed identity set auth_source to msi"
        )
    if lookup.auth_source != "auto":
        raise InvalidInput(
            f"auth_source is {lookup.auth_source}, but no credentials were found. "
            f"client_id was looked for in: {lookup.where('client_id')}; secret in: {lookup.where('secret')}"
        )
    ambient = ["managed_identity"] if host_has_identity or on_azure_host() else []
    if shutil.which("az", path=environ.get("PATH")):
        ambient.append("cli")
    if not ambient:
        raise InvalidInput(
            f"No Azure credentials were found. client_id was looked for in: {lookup.where('client_id')}; "
            f"secret in: {lookup.where('secret')}. This host has no managed identity and no az command"
        )
    return tuple(ambient)


def _check(lookup: _Lookup, credentials: tuple[str, ...], *, elsewhere: bool) -> None:
    """Raise InvalidInput for what is missing; ``elsewhere`` tells that the task names its subscriptions otherwise."""
    found = lookup.found
    proof = credentials[0]
    required = {"ad_user": ("password",), "managed_identity": (), "cli": ()}.get(proof, ("client_id", "tenant"))
    for option in required:
        if option not in found:
            raise _missing(lookup, proof, option)
    for option in ("x509_certificate_path", "oidc_token_file_path"):
        if proof == option and not os.path.isfile(os.path.expanduser(found[option].value)):
            raise InvalidInput(f"{option}: there is no file {found[option].value!r} ({found[option].place})")
    if "subscription_id" not in found and "cli" not in credentials and not elsewhere:
        raise InvalidInput(f"subscription_id is missing. It was looked for in: {lookup.where('subscription_id')}")
    for option, allowed in _IDS.items():
        if option in found and not re.fullmatch(r"[\w-]+(\.[\w-]+)*", found[option].value):
            raise InvalidInput(
                f"{option}: {found[option].value!r} ({found[option].place}) is not allowed. Allowed: {allowed}"
            )


def _missing(lookup: _Lookup, given: str, missing: str) -> InvalidInput:
    return InvalidInput(
        f"{given} is set ({lookup.found[given].place}) but {missing} is missing. "
        f"It was looked for in: {lookup.where(missing)}"
    )


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _boolean(option: str, text: str | None) -> bool:
    word = (text or "false").lower()
    if word in ("true", "yes", "on", "1", "y", "t"):
        return True
    if word in ("false", "no", "off", "0", "n", "f"):
        return False
    raise InvalidInput.for_option(option, text, "true or false")


def _choice(option: str, values: t.Mapping[str, str], allowed: tuple[str, ...], default: str) -> str:
    value = values.get(option) or default
    if value.lower() not in allowed:
        raise InvalidInput.for_option(option, value, ", ".join(allowed))
    return value.lower()


def _is_azure_machine() -> bool:
    try:
        tag = pathlib.Path("/sys/class/dmi/id/chassis_asset_tag").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return tag.strip() == _AZURE_CHASSIS
