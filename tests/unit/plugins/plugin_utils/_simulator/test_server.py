# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import faults, server
from ansible_collections.cloudkeep.azure_backup.tests.support.front_door import SUBSCRIPTION, FrontDoor, served


@pytest.fixture(scope="module")
def shared() -> t.Iterator[tuple[FrontDoor, int, ssl.SSLContext]]:
    front_door = FrontDoor()
    with served(front_door) as (port, context):
        yield front_door, port, context


@pytest.fixture
def front_door(shared: tuple[FrontDoor, int, ssl.SSLContext]) -> FrontDoor:
    front_door = shared[0]
    front_door.faults.clear()
    front_door.journal.clear()
    front_door.acted.clear()
    return front_door


@pytest.fixture
def client(shared: tuple[FrontDoor, int, ssl.SSLContext]) -> t.Iterator[http.client.HTTPSConnection]:
    unused, port, context = shared
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10)
    yield connection
    connection.close()


def raw(shared: tuple[FrontDoor, int, ssl.SSLContext], data: bytes) -> bytes:
    unused, port, context = shared
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(data)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
                if b"\r\n\r\n" in received:
                    return received
            return received


def bearer(front_door: FrontDoor) -> dict[str, str]:
    return {"Authorization": f"Bearer {front_door.token(scope='https://management.azure.com/.default')}"}


@pytest.mark.parametrize("path", ["/things/a;b;c", "/things/a%3Bb%3bc", "/THINGS/a%3Bb;c"])
def test_semicolons_and_letters_of_any_case_in_paths(
    front_door: FrontDoor, client: http.client.HTTPSConnection, path: str
) -> None:
    client.request("GET", f"{SUBSCRIPTION}{path}?api-version=1&$skipToken=a%3D%3D", headers=bearer(front_door))
    answer = json.load(client.getresponse())
    assert answer["name"] == "a;b;c"
    assert front_door.acted[-1].query == {"api-version": "1", "$skiptoken": "a=="}


def test_one_connection_serves_many_requests(front_door: FrontDoor, client: http.client.HTTPSConnection) -> None:
    client.connect()
    first = client.sock
    for _unused in range(3):
        client.request("GET", "/metadata/endpoints?api-version=2022-09-01")
        response = client.getresponse()
        assert response.status == 200
        response.read()
    assert client.sock is first


def test_links_lead_where_the_client_called(
    front_door: FrontDoor, shared: tuple[FrontDoor, int, ssl.SSLContext]
) -> None:
    unused, port, context = shared
    client = http.client.HTTPSConnection("localhost", port, context=context, timeout=10)
    client.request("GET", "/metadata/endpoints?api-version=2022-09-01")
    assert json.load(client.getresponse())["resourceManager"] == f"https://localhost:{port}/"
    client.request("GET", "/metadata/endpoints?api-version=2022-09-01", headers={"Host": "elsewhere.example"})
    assert json.load(client.getresponse())["resourceManager"] == f"https://127.0.0.1:{port}/"
    client.close()


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PROPFIND", "QUERY"])
def test_methods_that_azure_does_not_know_are_refused(
    front_door: FrontDoor, client: http.client.HTTPSConnection, method: str
) -> None:
    client.request(method, f"{SUBSCRIPTION}/things/a?api-version=1", headers=bearer(front_door))
    response = client.getresponse()
    assert response.status == 405
    assert json.load(response)["error"]["code"] == "HttpMethodNotAllowed"


def test_head_is_a_read_without_a_body(front_door: FrontDoor, client: http.client.HTTPSConnection) -> None:
    client.request("HEAD", f"{SUBSCRIPTION}/things/a?api-version=1", headers=bearer(front_door))
    response = client.getresponse()
    assert (response.status, response.read()) == (200, b"")


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe\x00", b"[" * 200_000, b'{"a":}'])
def test_a_body_that_is_not_json_is_an_error_in_the_shape_of_azure(
    front_door: FrontDoor, client: http.client.HTTPSConnection, body: bytes
) -> None:
    client.request("PUT", f"{SUBSCRIPTION}/things/a?api-version=1", body=body, headers=bearer(front_door))
    response = client.getresponse()
    error = json.load(response)["error"]
    assert (response.status, error["code"]) == (400, "InvalidRequestContent")
    assert not front_door.acted


def test_a_body_that_is_too_large_is_refused(front_door: FrontDoor, client: http.client.HTTPSConnection) -> None:
    body = b" " * (server.LARGEST_BODY + 1)
    client.request("PUT", f"{SUBSCRIPTION}/things/a?api-version=1", body=body, headers=bearer(front_door))
    response = client.getresponse()
    assert (response.status, json.load(response)["error"]["code"]) == (413, "RequestContentTooLarge")
    assert not front_door.acted


@pytest.mark.parametrize(
    "data",
    [
        b"GET\r\n\r\n",
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -4\r\n\r\n",
        b"GET /%ff%fe%00?%zz=%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: " + b"x" * 20_000 + b"\r\n\r\n",
    ],
)
def test_garbage_shows_no_traceback_and_the_server_lives_on(
    front_door: FrontDoor,
    shared: tuple[FrontDoor, int, ssl.SSLContext],
    client: http.client.HTTPSConnection,
    data: bytes,
) -> None:
    assert b"Traceback" not in raw(shared, data)
    client.request("GET", "/metadata/endpoints?api-version=2022-09-01")
    assert client.getresponse().status == 200


def test_a_mistake_in_the_rules_is_a_plain_500(
    front_door: FrontDoor, client: http.client.HTTPSConnection, caplog: pytest.LogCaptureFixture
) -> None:
    client.request("POST", f"{SUBSCRIPTION}/things/a/crash?api-version=1", headers=bearer(front_door))
    response = client.getresponse()
    text = response.read().decode()
    assert (response.status, json.loads(text)["error"]["code"]) == (500, "InternalServerError")
    assert "mistake in the rules" not in text
    assert "mistake in the rules" in caplog.text


def test_a_client_that_leaves_before_its_answers_is_no_news(
    shared: tuple[FrontDoor, int, ssl.SSLContext],
    client: http.client.HTTPSConnection,
    caplog: pytest.LogCaptureFixture,
) -> None:
    unused, port, context = shared
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(
                b"GET /metadata/endpoints?api-version=2022-09-01 HTTP/1.1\r\nHost: localhost\r\n\r\n" * 500
            )
            connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(OSError):
                while connection.recv(65536):
                    pass
    client.request("GET", "/metadata/endpoints?api-version=2022-09-01")
    assert client.getresponse().status == 200
    assert not caplog.messages


@pytest.mark.parametrize(("kind", "acted"), [("drop_before", 0), ("drop_after", 1)])
def test_a_dropped_connection_gives_no_answer(
    front_door: FrontDoor, client: http.client.HTTPSConnection, kind: str, acted: int
) -> None:
    headers = bearer(front_door)
    front_door.faults.add(faults.FaultRule(kind=kind, method="PUT"))
    client.request("PUT", f"{SUBSCRIPTION}/things/a?api-version=1", body=b"{}", headers=headers)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError, ssl.SSLError)):
        client.getresponse()
    assert len(front_door.acted) == acted


def test_a_truncated_answer_ends_too_early(front_door: FrontDoor, client: http.client.HTTPSConnection) -> None:
    headers = bearer(front_door)
    front_door.faults.add(faults.FaultRule(kind="truncate", method="GET"))
    client.request("GET", f"{SUBSCRIPTION}/things/a?api-version=1", headers=headers)
    response = client.getresponse()
    assert response.status == 200
    with pytest.raises((http.client.IncompleteRead, ssl.SSLError, ConnectionError)):
        response.read()


def test_every_answer_is_json_that_no_cache_keeps(front_door: FrontDoor, client: http.client.HTTPSConnection) -> None:
    client.request("GET", "/metadata/endpoints?api-version=2022-09-01")
    response = client.getresponse()
    response.read()
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["Strict-Transport-Security"].startswith("max-age=")
    assert response.headers["Date"]


def test_an_empty_answer_has_no_content_type(front_door: FrontDoor, client: http.client.HTTPSConnection) -> None:
    client.request("DELETE", f"{SUBSCRIPTION}/things/a?api-version=1", headers=bearer(front_door))
    response = client.getresponse()
    assert (response.status, response.read()) == (202, b"")
    assert response.headers["Content-Type"] is None
    assert response.headers["Content-Length"] == "0"


def test_a_client_that_does_not_trust_the_authority_gets_nowhere(
    front_door: FrontDoor, shared: tuple[FrontDoor, int, ssl.SSLContext]
) -> None:
    client = http.client.HTTPSConnection("127.0.0.1", shared[1], timeout=10)
    with pytest.raises(ssl.SSLCertVerificationError):
        client.request("GET", "/metadata/endpoints?api-version=2022-09-01")


def test_latency_is_added_to_each_answer() -> None:
    import time

    with served(FrontDoor(), latency=0.03) as (port, context):
        client = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10)
        client.connect()
        before = time.monotonic()
        client.request("GET", "/metadata/endpoints?api-version=1.0")
        client.getresponse().read()
        assert time.monotonic() - before >= 0.03
        client.close()


def test_it_listens_on_this_machine_alone(shared: tuple[FrontDoor, int, ssl.SSLContext]) -> None:
    assert server.HOST == "127.0.0.1"
    with socket.socket() as other, pytest.raises(OSError):
        other.settimeout(2)
        other.connect(("127.0.0.2", shared[1]))
