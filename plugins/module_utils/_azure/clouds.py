# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Azure clouds: where Azure Resource Manager is, who signs in there, and for what the token is asked.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t
import urllib.parse

from .._errors import InvalidInput

METADATA_VERSIONS: t.Final = ("2022-09-01", "2019-05-01", "2015-01-01")
"""The forms of the discovery answer, newest first: an object, a list of such objects, one without the address."""


@dataclasses.dataclass(frozen=True)
class Cloud:
    """One cloud. URLs have no slash at the end."""

    name: str
    resource_manager: str
    authority: str
    scope: str
    well_known: bool = True
    """Whether Entra ID's own list of authorities has this one; another must not be looked up there."""


_KNOWN: t.Final = {
    "azurecloud": Cloud(
        "AzureCloud",
        "https://management.azure.com",
        "https://login.microsoftonline.com",
        "https://management.azure.com/.default",
    ),
    "azurechinacloud": Cloud(
        "AzureChinaCloud",
        "https://management.chinacloudapi.cn",
        "https://login.chinacloudapi.cn",
        "https://management.chinacloudapi.cn/.default",
    ),
    "azureusgovernment": Cloud(
        "AzureUSGovernment",
        "https://management.usgovcloudapi.net",
        "https://login.microsoftonline.us",
        "https://management.core.usgovcloudapi.net/.default",
    ),
}
DEFAULT: t.Final = _KNOWN["azurecloud"]
_GERMAN: t.Final = ("azuregermancloud", "https://management.microsoftazure.de")


def known(text: str) -> Cloud | None:
    """Return the cloud of that name, in any letter case, or of that Resource Manager address; None for another address.

    Raises InvalidInput for what is neither a known name nor an https address.
    """
    word = text.strip().rstrip("/").lower()
    if word in _GERMAN:
        raise InvalidInput("cloud_environment: AzureGermanCloud was closed in October 2021. Use AzureCloud")
    for key, cloud in _KNOWN.items():
        if word in (key, cloud.resource_manager):
            return cloud
    address(text)
    return None


def address(text: str, option: str = "cloud_environment") -> str:
    """Check an address that was typed or discovered, and return it without a slash at the end."""
    text = text.strip()
    parts = urllib.parse.urlsplit(text)
    try:
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        port_is_valid = False
    if parts.username or parts.password:
        raise InvalidInput(f"{option}: an address must not hold a user name or a password")
    if parts.scheme.lower() != "https" or not parts.hostname or not port_is_valid or parts.query or parts.fragment:
        names = ", ".join(cloud.name for cloud in _KNOWN.values())
        allowed = f"{names} or an https address" if option == "cloud_environment" else "an https address"
        raise InvalidInput.for_option(option, text, allowed)
    return text.rstrip("/")


def metadata_url(resource_manager: str, version: str) -> str:
    """Return where a Resource Manager describes its cloud; no token is needed there."""
    return f"{resource_manager}/metadata/endpoints?api-version={version}"


def from_metadata(resource_manager: str, body: t.Any) -> Cloud:
    """Read a discovery answer in any of its forms; raises InvalidInput when it is none of them."""
    entries = body if isinstance(body, list) else [body]
    entries = [entry for entry in entries if isinstance(entry, dict)]
    same = [entry for entry in entries if str(entry.get("resourceManager", "")).rstrip("/") == resource_manager]
    entry = (same or entries or [{}])[0]
    authentication = entry.get("authentication") or {}
    audiences = authentication.get("audiences") or []
    if not authentication.get("loginEndpoint") or not audiences:
        raise InvalidInput(
            f"cloud_environment: {resource_manager} does not describe itself as an Azure Resource Manager "
            f"(its /metadata/endpoints names no login endpoint or no audience)"
        )
    return Cloud(
        name=str(entry.get("name") or resource_manager),
        resource_manager=address(str(entry.get("resourceManager") or resource_manager)),
        authority=address(str(authentication["loginEndpoint"])),
        scope=f"{str(audiences[0]).rstrip('/')}/.default",
        well_known=False,
    )
