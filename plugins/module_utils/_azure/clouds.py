# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Azure clouds: where Azure Resource Manager is, who signs in there, and for what the token is asked.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import re
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
    if "@" in text:
        raise InvalidInput(f"{option}: an address must not hold a user name or a password")
    try:
        parts = urllib.parse.urlsplit(text)
        # In any other letters than these, two libraries may not read the same host.
        plain = re.fullmatch(r"[\w.:\[\]-]+", parts.netloc, re.ASCII)
        usable = parts.scheme.lower() == "https" and parts.hostname and parts.port != 0 and plain
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        names = ", ".join(cloud.name for cloud in _KNOWN.values())
        form = "an https address such as https://management.local.example"
        raise InvalidInput.for_option(option, text, f"{names} or {form}" if option == "cloud_environment" else form)
    return text.rstrip("/")


def metadata_url(resource_manager: str, version: str) -> str:
    """Return where a Resource Manager describes its cloud; no token is needed there."""
    return f"{resource_manager}/metadata/endpoints?api-version={version}"


def not_a_cloud(resource_manager: str, why: str) -> InvalidInput:
    """Return the error for an address behind which something else answers."""
    return InvalidInput(
        f"cloud_environment: {resource_manager} does not describe itself as an Azure Resource Manager: "
        f"its /metadata/endpoints {why}. Use the address of the cloud's Resource Manager"
    )


def from_metadata(resource_manager: str, body: t.Any) -> Cloud:
    """Read a discovery answer in any of its forms; raises InvalidInput when it is none of them.

    The Resource Manager stays the one that was asked, whatever the answer says: only that one was named by the user.
    """
    entries = body if isinstance(body, list) else [body]
    entries = [entry for entry in entries if isinstance(entry, dict)]
    same = [entry for entry in entries if str(entry.get("resourceManager", "")).rstrip("/") == resource_manager]
    entry = (same or entries or [{}])[0]
    authentication = entry.get("authentication")
    if not isinstance(authentication, dict):
        raise not_a_cloud(resource_manager, "has no authentication section")
    login, audiences = authentication.get("loginEndpoint"), authentication.get("audiences")
    if not login or not isinstance(audiences, list) or not audiences:
        raise not_a_cloud(resource_manager, "names no login endpoint or no audience")
    return Cloud(
        name=str(entry.get("name") or resource_manager),
        resource_manager=resource_manager,
        authority=_sign_in_address(resource_manager, str(login)),
        scope=f"{str(audiences[0]).rstrip('/')}/.default",
        well_known=False,
    )


def _sign_in_address(resource_manager: str, login: str) -> str:
    try:
        return address(login)
    except InvalidInput:
        raise not_a_cloud(resource_manager, f"names the login endpoint {login!r}, which is no https address") from None
