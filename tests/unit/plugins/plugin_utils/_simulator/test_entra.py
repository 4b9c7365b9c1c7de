# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import tokens
from ansible_collections.cloudkeep.azure_backup.tests.support.front_door import (
    BASE_URL,
    SUBSCRIPTION,
    TENANT,
    FrontDoor,
)

TOKEN_PATH = f"/{TENANT}/oauth2/v2.0/token"
THING = f"{SUBSCRIPTION}/things/a?api-version=1"


@pytest.fixture
def front_door() -> FrontDoor:
    return FrontDoor()


def claims_of(token: str) -> dict[str, t.Any]:
    return tokens.json_part(token.split(".")[1])


def refused(front_door: FrontDoor, token: str | None = None, **more: t.Any) -> tuple[str, str]:
    outcome, answer = front_door.send("GET", THING, token=token, **more)
    assert outcome.status == 401
    assert outcome.headers["x-ms-failure-cause"] == "gateway"
    assert outcome.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")
    assert not front_door.acted
    return answer["error"]["code"], answer["error"]["message"]


def test_a_secret_gives_a_token_that_opens_the_door(front_door: FrontDoor) -> None:
    outcome, answer = front_door.send("POST", TOKEN_PATH, form=front_door.form())
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3599)
    claims = claims_of(answer["access_token"])
    assert claims["aud"] == BASE_URL
    assert claims["tid"] == TENANT
    assert claims["appid"] == front_door.entra_id.client_id
    assert claims["exp"] == int(front_door.seconds) + 3599
    assert front_door.send("GET", THING, token=answer["access_token"])[0].status == 200
    assert front_door.journal.entries()[-1].principal == front_door.entra_id.client_id


@pytest.mark.parametrize(
    ("fields", "status", "error", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": "wröng\x00"}, 401, "invalid_client", 7000215),
        ({"client_secret": ""}, 401, "invalid_client", 7000216),
        ({"client_id": "nobody"}, 400, "unauthorized_client", 700016),
        ({"grant_type": "device_code"}, 400, "unsupported_grant_type", 70003),
        ({"grant_type": ""}, 400, "unsupported_grant_type", 70003),
        ({"grant_type": "password", "username": "who@where"}, 400, "invalid_grant", 50034),
        ({"grant_type": "password", "username": "operator@simulator.invalid"}, 400, "invalid_grant", 50126),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_grant", 9002313),
        ({"client_assertion": "a.b.c"}, 400, "invalid_request", 900144),
    ],
)
def test_wrong_credentials_are_refused_as_entra_id_words_it(
    front_door: FrontDoor, fields: dict[str, str], status: int, error: str, number: int
) -> None:
    outcome, answer = front_door.send("POST", TOKEN_PATH, form=front_door.form(**fields))
    assert (outcome.status, answer["error"], answer["error_codes"]) == (status, error, [number])
    assert answer["error_description"].startswith(f"AADSTS{number}: ")


@pytest.mark.parametrize("path", ["oauth2/v2.0/token", "v2.0/.well-known/openid-configuration"])
def test_an_unknown_tenant_is_refused(front_door: FrontDoor, path: str) -> None:
    other = "99999999-9999-4999-8999-999999999999"
    method = "POST" if path.endswith("token") else "GET"
    outcome, answer = front_door.send(method, f"/{other}/{path}", form=front_door.form() if method == "POST" else None)
    assert (outcome.status, answer["error"]) == (400, "invalid_tenant")
    assert answer["error_description"].startswith(f"AADSTS90002: Tenant '{other}' not found.")


@pytest.mark.parametrize("body", [None, [], "text", {"client_id": 5, "grant_type": ["x"]}])
def test_a_token_request_that_is_no_form_is_refused(front_door: FrontDoor, body: t.Any) -> None:
    assert front_door.send("POST", TOKEN_PATH, body)[0].status == 400


def test_discovery_names_the_issuer_of_the_tenant(front_door: FrontDoor) -> None:
    unused, answer = front_door.send("GET", f"/{TENANT}/v2.0/.well-known/openid-configuration")
    assert answer["issuer"] == f"{BASE_URL}/{TENANT}/v2.0"
    assert answer["token_endpoint"] == f"{BASE_URL}{TOKEN_PATH}"
    assert answer["authorization_endpoint"].startswith(f"{BASE_URL}/{TENANT}/")
    for shared in ("common", "organizations"):
        unused, answer = front_door.send("GET", f"/{shared}/v2.0/.well-known/openid-configuration")
        assert answer["token_endpoint"] == f"{BASE_URL}/{shared}/oauth2/v2.0/token"


def test_a_user_signs_in_with_a_password_and_renews(front_door: FrontDoor) -> None:
    user = front_door.entra_id
    outcome, realm = front_door.send("GET", f"/common/userrealm/{user.user_name}?api-version=1.0")
    assert realm["account_type"] == "Managed"
    form = front_door.form(grant_type="password", username=user.user_name, password=user.password)
    outcome, answer = front_door.send("POST", "/organizations/oauth2/v2.0/token", form=form)
    claims = claims_of(answer["access_token"])
    assert (claims["upn"], claims["tid"]) == (user.user_name, TENANT)
    assert claims_of(answer["id_token"])["preferred_username"] == user.user_name
    renewal = front_door.form(grant_type="refresh_token", refresh_token=answer["refresh_token"])
    outcome, renewed = front_door.send("POST", TOKEN_PATH, form=renewal)
    assert front_door.send("GET", THING, token=renewed["access_token"])[0].status == 200


def test_a_federated_token_is_as_good_as_a_secret(front_door: FrontDoor) -> None:
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    token = front_door.token(
        client_secret="", client_assertion=front_door.entra_id.federated_token, client_assertion_type=kind
    )
    assert front_door.send("GET", THING, token=token)[0].status == 200


def test_a_managed_identity_needs_the_header(front_door: FrontDoor) -> None:
    path = f"/msi/token?api-version=2019-08-01&resource={BASE_URL}"
    assert front_door.send("GET", path)[0].status == 401
    assert front_door.send("GET", path, headers={"X-IDENTITY-HEADER": "wrong"})[0].status == 401
    header = {"X-IDENTITY-HEADER": front_door.entra_id.identity_header}
    assert front_door.send("GET", "/msi/token?api-version=2019-08-01", headers=header)[0].status == 400
    outcome, answer = front_door.send("GET", path, headers=header)
    assert int(answer["expires_on"]) == int(front_door.seconds) + 3599
    assert front_door.send("GET", THING, token=answer["access_token"])[0].status == 200


def test_a_missing_token(front_door: FrontDoor) -> None:
    code, message = refused(front_door)
    assert (code, message) == (
        "AuthenticationFailed",
        "Authentication failed. The 'Authorization' header is missing.",
    )
    assert refused(front_door, headers={"Authorization": "Basic eDp5"})[0] == "AuthenticationFailedInvalidHeader"


@pytest.mark.parametrize("token", ["x", "a.b.c", "..", "ä.ö.ü", "e30.e30.e30"])
def test_a_token_of_somebody_else(front_door: FrontDoor, token: str) -> None:
    assert refused(front_door, token) == ("InvalidAuthenticationToken", "The access token is invalid.")


def test_a_changed_token(front_door: FrontDoor) -> None:
    head, body, signature = front_door.token().split(".")
    claims = {**claims_of(f"{head}.{body}.{signature}"), "appid": "somebody"}
    forged = tokens.base64url(json.dumps(claims).encode())
    assert refused(front_door, f"{head}.{forged}.{signature}")[0] == "InvalidAuthenticationToken"


def test_a_token_ends_with_its_lifetime(front_door: FrontDoor) -> None:
    front_door.seconds = datetime.datetime(2023, 3, 19, 7, 55, 47, tzinfo=datetime.timezone.utc).timestamp()
    token = front_door.token()
    front_door.seconds += 3610
    assert refused(front_door, token) == (
        "ExpiredAuthenticationToken",
        "The access token expiry UTC time '3/19/2023 8:55:46 AM' is earlier than current UTC time"
        " '3/19/2023 8:55:57 AM'.",
    )


def test_tokens_can_be_expired_and_new_ones_are_good(front_door: FrontDoor) -> None:
    token = front_door.token()
    assert front_door.control_call("POST", "tokens/expire") == (200, {})
    assert refused(front_door, token)[0] == "ExpiredAuthenticationToken"
    assert front_door.send("GET", THING, token=front_door.token())[0].status == 200


def test_the_lifetime_of_tokens_can_be_set(front_door: FrontDoor) -> None:
    assert front_door.control_call("POST", "tokens/lifetime", {"seconds": 5}) == (200, {"seconds": 5})
    outcome, answer = front_door.send("POST", TOKEN_PATH, form=front_door.form())
    assert answer["expires_in"] == 5
    front_door.seconds += 5
    assert refused(front_door, answer["access_token"])[0] == "ExpiredAuthenticationToken"


def test_a_token_of_another_tenant(front_door: FrontDoor) -> None:
    other = "99999999-9999-4999-8999-999999999999"
    front_door.control_call("POST", "tenants", {"tenant_id": other})
    outcome, answer = front_door.send("POST", f"/{other}/oauth2/v2.0/token", form=front_door.form())
    code, message = refused(front_door, answer["access_token"])
    assert code == "InvalidAuthenticationTokenTenant"
    assert f"'https://sts.windows.net/{other}/'" in message
    assert f"'https://sts.windows.net/{TENANT}/'" in message


@pytest.mark.parametrize("scope", ["https://graph.microsoft.com/.default", "https://127.0.0.1:1/.default", ""])
def test_a_token_for_something_else(front_door: FrontDoor, scope: str) -> None:
    assert refused(front_door, front_door.token(scope=scope))[0] == "InvalidAuthenticationTokenAudience"


@pytest.mark.parametrize(
    "scope",
    [
        f"{BASE_URL}//.default",
        "https://localhost:8443/.default",
        "https://management.azure.com/.default",
        "https://management.core.windows.net//.default openid profile",
    ],
)
def test_the_audiences_that_clients_ask_for(front_door: FrontDoor, scope: str) -> None:
    assert front_door.send("GET", THING, token=front_door.token(scope=scope))[0].status == 200


def test_secrets_differ_from_run_to_run() -> None:
    one, other = FrontDoor().entra_id, FrontDoor().entra_id
    for name in ("client_id", "client_secret", "federated_token", "identity_header", "password"):
        assert getattr(one, name) != getattr(other, name)


class Signer:
    """An application with a certificate of its own."""

    def __init__(self) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "application")])
        start = datetime.datetime(2023, 1, 1)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(start)
            .not_valid_after(start + datetime.timedelta(days=3650))
            .sign(self.key, hashes.SHA256())
        )
        self.pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
        self.der = certificate.public_bytes(serialization.Encoding.DER)

    def assertion(
        self, claims: dict[str, t.Any], *, algorithm: str = "PS256", head: dict[str, str] | None = None
    ) -> str:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        thumbprint = base64.urlsafe_b64encode(hashlib.sha256(self.der).digest()).rstrip(b"=").decode()
        parts: list[dict[str, t.Any]] = [{"alg": algorithm, **(head or {"x5t#S256": thumbprint})}, claims]
        text = ".".join(tokens.base64url(json.dumps(part).encode()) for part in parts)
        scheme: t.Any = padding.PKCS1v15()
        if algorithm == "PS256":
            scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
        return f"{text}.{tokens.base64url(self.key.sign(text.encode(), scheme, hashes.SHA256()))}"


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


def sign_in(front_door: FrontDoor, assertion: str) -> tuple[int, t.Any]:
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    form = front_door.form(client_secret="", client_assertion=assertion, client_assertion_type=kind)
    outcome, answer = front_door.send("POST", TOKEN_PATH, form=form)
    return outcome.status, answer.get("error_codes", [0])[0]


def good_claims(front_door: FrontDoor) -> dict[str, t.Any]:
    client_id = front_door.entra_id.client_id
    return {"iss": client_id, "sub": client_id, "aud": f"{BASE_URL}{TOKEN_PATH}", "exp": front_door.seconds + 60}


@pytest.mark.parametrize("algorithm", ["PS256", "RS256"])
def test_a_registered_certificate_is_as_good_as_a_secret(front_door: FrontDoor, signer: Signer, algorithm: str) -> None:
    status, answer = front_door.control_call("POST", "certificates", {"certificate": signer.pem})
    assert answer["thumbprint"] == hashlib.sha1(signer.der).hexdigest().upper()
    assertion = signer.assertion(good_claims(front_door), algorithm=algorithm)
    assert sign_in(front_door, assertion) == (200, 0)


def test_an_unknown_certificate_is_refused(front_door: FrontDoor, signer: Signer) -> None:
    assert sign_in(front_door, signer.assertion(good_claims(front_door))) == (401, 700027)


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({"iss": "somebody"}, 700021),
        ({"aud": "https://elsewhere.example/oauth2/v2.0/token"}, 700023),
        ({"exp": 5}, 700024),
        ({"exp": "soon"}, 700024),
    ],
)
def test_a_signed_assertion_about_something_else_is_refused(
    front_door: FrontDoor, signer: Signer, change: dict[str, t.Any], number: int
) -> None:
    front_door.entra_id.add_certificate(signer.pem)
    assertion = signer.assertion({**good_claims(front_door), **change})
    assert sign_in(front_door, assertion) == (401, number)


def test_an_assertion_with_a_wrong_signature_is_refused(front_door: FrontDoor, signer: Signer) -> None:
    front_door.entra_id.add_certificate(signer.pem)
    head, body, signature = signer.assertion(good_claims(front_door)).split(".")
    changed = tokens.base64url(json.dumps({**good_claims(front_door), "jti": "x"}).encode())
    assert sign_in(front_door, f"{head}.{changed}.{signature}") == (401, 700027)


@pytest.mark.parametrize("assertion", ["x", "..", "a.b.c", "e30.e30.!!", "W10.e30.e30", "é.é.é"])
def test_garbage_for_an_assertion_is_refused(front_door: FrontDoor, signer: Signer, assertion: str) -> None:
    front_door.entra_id.add_certificate(signer.pem)
    status, number = sign_in(front_door, assertion)
    assert status == 401
    assert number in (50027, 700027)


@pytest.mark.parametrize("pem", ["", "x", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----", 5, None])
def test_garbage_for_a_certificate_is_refused(front_door: FrontDoor, pem: t.Any) -> None:
    status, answer = front_door.control_call("POST", "certificates", {"certificate": pem})
    assert status == 400
    assert "ertificate" in answer["error"]["message"]
