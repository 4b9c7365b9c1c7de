# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloud names, addresses, and what a Resource Manager says about itself."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import clouds
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import InvalidInput

STACK = "https://management.local.example"
ENTRY = {
    "name": "Stack",
    "resourceManager": f"{STACK}/",
    "authentication": {"loginEndpoint": "https://login.local.example/", "audiences": ["https://audience.example/1/"]},
}


@pytest.mark.parametrize(
    ("text", "name", "authority", "scope"),
    [
        ("AzureCloud", "AzureCloud", "login.microsoftonline.com", "management.azure.com"),
        ("azurecloud", "AzureCloud", "login.microsoftonline.com", "management.azure.com"),
        ("https://management.azure.com/", "AzureCloud", "login.microsoftonline.com", "management.azure.com"),
        ("AZURECHINACLOUD", "AzureChinaCloud", "login.chinacloudapi.cn", "management.chinacloudapi.cn"),
        ("AzureUSGovernment", "AzureUSGovernment", "login.microsoftonline.us", "management.core.usgovcloudapi.net"),
        (
            "https://MANAGEMENT.usgovcloudapi.net",
            "AzureUSGovernment",
            "login.microsoftonline.us",
            "management.core.usgovcloudapi.net",
        ),
    ],
)
def test_known_clouds(text: str, name: str, authority: str, scope: str) -> None:
    cloud = clouds.known(text)
    assert cloud is not None
    assert (cloud.name, cloud.authority, cloud.scope) == (name, f"https://{authority}", f"https://{scope}/.default")


def test_another_address_is_not_known() -> None:
    assert clouds.known(f"{STACK}:8443/") is None


@pytest.mark.parametrize(
    "text",
    [
        "AzureGermanCloud",
        "https://management.microsoftazure.de/",
        "AzureMoonCloud",
        "http://management.azure.com",
        "https://user:hunter2@management.local.example",
        "https://",
        "https://host:port",
        "https://host/?x=1",
        "ftp://host",
    ],
)
def test_what_is_no_cloud_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        clouds.known(text)
    assert "hunter2" not in caught.value.message


def test_the_german_cloud_is_explained() -> None:
    with pytest.raises(InvalidInput, match="closed"):
        clouds.known("azuregermancloud")


@pytest.mark.parametrize(
    "body",
    [ENTRY, [{"name": "Other", "resourceManager": "https://other.example"}, ENTRY], [ENTRY]],
    ids=["2022", "2019", "2019-one"],
)
def test_discovery(body: t.Any) -> None:
    assert clouds.from_metadata(STACK, body) == clouds.Cloud(
        "Stack", STACK, "https://login.local.example", "https://audience.example/1/.default", well_known=False
    )


def test_discovery_of_2015_does_not_repeat_the_address() -> None:
    cloud = clouds.from_metadata(STACK, {"galleryEndpoint": "x", "authentication": ENTRY["authentication"]})
    assert (cloud.resource_manager, cloud.authority) == (STACK, "https://login.local.example")


def test_the_resource_manager_stays_the_one_that_was_named() -> None:
    assert clouds.from_metadata(STACK, {**ENTRY, "resourceManager": "https://other.example"}).resource_manager == STACK


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        {},
        {"authentication": {}},
        {"authentication": {"loginEndpoint": "https://x"}},
        {"authentication": {"loginEndpoint": "http://x.example", "audiences": ["https://a"]}},
        {"authentication": "text"},
        {"authentication": {"loginEndpoint": "https://x", "audiences": "text"}},
    ],
)
def test_discovery_of_something_else(body: t.Any) -> None:
    with pytest.raises(InvalidInput):
        clouds.from_metadata(STACK, body)
