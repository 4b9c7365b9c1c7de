# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import decoding
from ansible_collections.cloudkeep.azure_backup.tests.support.front_door import BASE_URL, SUBSCRIPTION, FrontDoor

THING = f"{SUBSCRIPTION}/things/a"


def test_every_answer_has_the_headers_of_azure_resource_manager() -> None:
    front_door = FrontDoor()
    headers = {"x-ms-client-request-id": "mine", "x-ms-correlation-request-id": "theirs"}
    outcome, unused = front_door.send("GET", f"{THING}?api-version=1", token=front_door.token(), headers=headers)
    assert outcome.headers["x-ms-client-request-id"] == "mine"
    assert outcome.headers["x-ms-correlation-request-id"] == "theirs"
    request_id = outcome.headers["x-ms-request-id"]
    assert str(uuid.UUID(request_id)) == request_id
    assert outcome.headers["x-ms-routing-request-id"] == f"WESTEUROPE:20260102T030405Z:{request_id}"
    assert re.match(r"tenantId=[^,]+,objectId=[^/]+/westeurope/", outcome.headers["x-ms-operation-identifier"])
    for name, value in (("Cache-Control", "no-cache"), ("Pragma", "no-cache"), ("Expires", "-1")):
        assert outcome.headers[name] == value


def test_errors_have_them_too_and_ids_are_made_where_the_client_sent_none() -> None:
    outcome, unused = FrontDoor().send("GET", f"{THING}?api-version=1")
    assert outcome.status == 401
    assert uuid.UUID(outcome.headers["x-ms-correlation-request-id"])
    assert "x-ms-client-request-id" not in outcome.headers


def test_the_api_version_is_needed_but_a_token_first() -> None:
    front_door = FrontDoor()
    assert front_door.send("GET", THING)[0].status == 401
    outcome, answer = front_door.send("GET", THING, token=front_door.token())
    assert (outcome.status, answer["error"]["code"]) == (400, "MissingApiVersionParameter")


def test_what_is_not_modelled_is_named() -> None:
    front_door = FrontDoor()
    outcome, answer = front_door.send("GET", "/subscriptions/x/unknown?api-version=1", token=front_door.token())
    assert outcome.status == 501
    assert "GET /subscriptions/x/unknown" in answer["error"]["message"]
    assert front_door.send("GET", "/graph/me")[0].status == 501


@pytest.mark.parametrize("target", [f"/{THING}", f"{BASE_URL}{THING}", THING.replace("/", "//")])
def test_joined_urls_are_understood(target: str) -> None:
    front_door = FrontDoor()
    assert front_door.send("GET", f"{target}?api-version=1", token=front_door.token())[0].status == 200


def test_a_line_break_in_an_id_does_not_end_the_header() -> None:
    headers = {"x-ms-client-request-id": "a\r\nSet-Cookie: b"}
    outcome, unused = FrontDoor().send("GET", THING, headers=headers)
    assert outcome.headers["x-ms-client-request-id"] == "aSet-Cookie: b"


@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "BREW"]),
    target=st.text(max_size=60),
    headers=st.dictionaries(
        st.sampled_from(["authorization", "content-type", "x-simulator-key", "x-ms-client-request-id"]), st.text()
    ),
    body=st.binary(max_size=60),
    prefix=st.sampled_from(["", "/subscriptions/", "/_sim/", "/common/oauth2/v2.0/token", "/msi/token?resource=x"]),
)
def test_whatever_arrives_is_answered(
    method: str, target: str, headers: dict[str, str], body: bytes, prefix: str
) -> None:
    front_door = FrontDoor()
    outcome = front_door.gateway.answer(decoding.decode(method, prefix + target, headers, body, BASE_URL))
    assert 400 <= outcome.status <= 501 or target.startswith(("/metadata", "/common"))
    assert outcome.status != 500
