# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.front_door import BASE_URL, FrontDoor


def endpoints(version: str) -> t.Any:
    outcome, answer = FrontDoor().send("GET", f"/metadata/endpoints?api-version={version}")
    assert outcome.status == 200
    return answer


@pytest.mark.parametrize("version", ["1.0", "2015-01-01"])
def test_the_oldest_shape(version: str) -> None:
    answer = endpoints(version)
    assert set(answer) == {"galleryEndpoint", "graphEndpoint", "portalEndpoint", "authentication"}
    assert answer["authentication"] == {"loginEndpoint": BASE_URL, "audiences": [f"{BASE_URL}/"]}


def test_a_list_of_clouds() -> None:
    answer = endpoints("2019-05-01")
    assert [cloud["resourceManager"] for cloud in answer] == [f"{BASE_URL}/"]


def test_one_cloud() -> None:
    answer = endpoints("2022-09-01")
    assert answer["resourceManager"] == f"{BASE_URL}/"
    assert answer["authentication"]["loginEndpoint"] == BASE_URL
    assert answer["authentication"]["audiences"][0].endswith("/")
    assert {"name", "graph", "portal", "suffixes"} <= set(answer)
    assert {"storage", "keyVaultDns"} <= set(answer["suffixes"])
    for name, value in answer.items():
        if isinstance(value, str) and "://" in value:
            assert value.startswith(BASE_URL), name


def test_the_api_version_is_needed_and_a_token_is_not() -> None:
    outcome, answer = FrontDoor().send("GET", "/metadata/endpoints")
    assert (outcome.status, answer["error"]["code"]) == (400, "MissingApiVersionParameter")
