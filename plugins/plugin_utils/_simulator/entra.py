# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entra ID: who may have a token.

One application (with a secret, certificates and a federated token), one user and one managed identity, in the tenant
of the world and in any tenant added later. Everything secret is made at the start of the run.
This file is private to the collection.
"""

from __future__ import annotations

import datetime
import json
import secrets
import typing as t
import uuid

from . import assertions, tokens, wire

APP_SERVICE_PATH: t.Final = "/msi/token"
_ASSERTION_TYPE: t.Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_SHARED_AUTHORITIES: t.Final = frozenset({"common", "organizations"})


class EntraId:
    """The token service. ``now`` gives seconds since 1970."""

    def __init__(self, tenant_id: str, now: t.Callable[[], float]) -> None:
        self.tenant_id = tenant_id
        self.client_id = str(uuid.uuid4())
        self.client_secret = _secret()
        self.federated_token = f"federated.{_secret()}.token"
        self.identity_header = _secret()
        self.user_name = "operator@simulator.invalid"
        self.password = _secret()
        self.tokens = tokens.Tokens(tenant_id, now)
        self._now = now
        self._tenants = {tenant_id.lower(): tenant_id}
        self._object_ids = {self.client_id: str(uuid.uuid4()), self.user_name: str(uuid.uuid4())}
        self._identity_client_id = str(uuid.uuid4())
        self._identity_object_id = str(uuid.uuid4())
        self._certificates: list[assertions.Certificate] = []
        self._refresh_tokens: dict[str, str] = {}

    def routes(self) -> list[wire.Route]:
        """Return the routes, none of which needs a token."""
        return [
            wire.Route("GET", "/{tenant}/v2.0/.well-known/openid-configuration", self.configuration),
            wire.Route("GET", "/{tenant}/discovery/v2.0/keys", self.signing_keys),
            wire.Route("POST", "/{tenant}/oauth2/v2.0/token", self.token),
            wire.Route("GET", "/{tenant}/userrealm/{user_name}", self.user_realm),
            wire.Route("GET", APP_SERVICE_PATH, self.managed_identity),
        ]

    def add_tenant(self, tenant_id: str) -> None:
        """Let the application and the user also sign in to a tenant that owns no subscription here."""
        self._tenants[tenant_id.lower()] = tenant_id

    def add_certificate(self, pem: str) -> str:
        """Let the application sign in with a certificate; returns its thumbprint. Raises ValueError."""
        certificate = assertions.load_certificate(pem)
        self._certificates.append(certificate)
        return certificate.thumbprint

    def configuration(self, request: wire.Request, tenant: str) -> wire.Response:
        """Answer OpenID discovery."""
        name = self._tenant(tenant)
        base = f"{request.base_url}/{name}"
        return wire.Response(
            200,
            {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "response_modes_supported": ["query", "fragment", "form_post"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                # The shared authorities name a pattern here, as the real ones do.
                "issuer": f"{request.base_url}/{'{tenantid}' if name in _SHARED_AUTHORITIES else name}/v2.0",
                "request_uri_parameter_supported": False,
                "userinfo_endpoint": f"{request.base_url}/oidc/userinfo",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
                "tenant_region_scope": "EU",
                "cloud_instance_name": request.base_url.partition("//")[2],
            },
        )

    def signing_keys(self, request: wire.Request, tenant: str) -> wire.Response:
        """Answer with no public key: the tokens are signed with a key that only the simulator knows."""
        self._tenant(tenant)
        return wire.Response(200, {"keys": []})

    def user_realm(self, request: wire.Request, tenant: str, user_name: str) -> wire.Response:
        """Tell where a user signs in: here, with a password."""
        return wire.Response(
            200,
            {
                "ver": "1.0",
                "account_type": "Managed",
                "domain_name": user_name.rpartition("@")[2],
                "cloud_instance_name": request.base_url.partition("//")[2],
                "cloud_audience_urn": "urn:federation:MicrosoftOnline",
            },
        )

    def token(self, request: wire.Request, tenant: str) -> wire.Response:
        """Answer a request for a token."""
        name = self._tenant(tenant)
        body = request.body if isinstance(request.body, dict) else {}
        form = {field: value for field, value in body.items() if isinstance(value, str)}
        grant = form.get("grant_type", "")
        grants = {
            "client_credentials": self._application,
            "password": self._user_with_password,
            "refresh_token": self._user_with_refresh_token,
        }
        if grant not in grants:
            raise self._refusal(
                400, "unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{grant}'."
            )
        user_name = grants[grant](form, request.base_url, name)
        home = self.tenant_id if name in _SHARED_AUTHORITIES else name
        client_id = form.get("client_id", self.client_id)
        who = tokens.Principal(home, client_id, self._object_ids[user_name or self.client_id], user_name)
        return wire.Response(200, self._answer(request, form, who))

    def managed_identity(self, request: wire.Request) -> wire.Response:
        """Answer in the way of App Service: the header is the proof of being on the machine."""
        if not _same(request.headers.get("x-identity-header", ""), self.identity_header):
            raise wire.WireError(401, "", "", body={"statusCode": 401, "message": "Unauthorized"}, source="gateway")
        resource = request.query.get("resource", "")
        if not resource:
            body = {"statusCode": 400, "message": "The resource parameter is required."}
            raise wire.WireError(400, "", "", body=body, source="gateway")
        who = tokens.Principal(self.tenant_id, self._identity_client_id, self._identity_object_id)
        return wire.Response(
            200,
            {
                "access_token": self.tokens.issue(who, resource, self._issuer(request, self.tenant_id)),
                "expires_on": str(int(self._now()) + self.tokens.lifetime_seconds),
                "resource": resource,
                "token_type": "Bearer",
                "client_id": self._identity_client_id,
            },
        )

    def _answer(self, request: wire.Request, form: t.Mapping[str, str], who: tokens.Principal) -> dict[str, t.Any]:
        scopes = form.get("scope", "").split()
        audience = next((scope for scope in scopes if "://" in scope), "00000003-0000-0000-c000-000000000000")
        audience = audience.removesuffix("/.default").removesuffix("/user_impersonation")
        lifetime = self.tokens.lifetime_seconds
        issuer = self._issuer(request, who.tenant_id)
        answer: dict[str, t.Any] = {
            "token_type": "Bearer",
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "access_token": self.tokens.issue(who, audience, issuer),
        }
        if who.user_name:
            refresh_token = _secret()
            self._refresh_tokens[refresh_token] = who.user_name
            now = int(self._now())
            claims = {
                "aud": who.client_id,
                "iss": f"{request.base_url}/{who.tenant_id}/v2.0",
                "iat": now,
                "nbf": now,
                "exp": now + lifetime,
                "oid": who.object_id,
                "sub": who.object_id,
                "tid": who.tenant_id,
                "preferred_username": who.user_name,
                "name": "Simulated operator",
                "ver": "2.0",
            }
            identity = {"uid": who.object_id, "utid": who.tenant_id}
            answer |= {
                "scope": " ".join(scopes),
                "refresh_token": refresh_token,
                "id_token": self.tokens.sign(claims),
                "client_info": tokens.base64url(json.dumps(identity).encode()),
            }
        return answer

    def _issuer(self, request: wire.Request, tenant_id: str) -> str:
        return f"https://sts.windows.net/{tenant_id}/"

    def _tenant(self, name: str) -> str:
        if name.lower() in _SHARED_AUTHORITIES:
            return name.lower()
        tenant_id = self._tenants.get(name.lower())
        if tenant_id is None:
            raise self._refusal(
                400,
                "invalid_tenant" if _is_guid(name) else "invalid_request",
                90002,
                f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the"
                " correct cloud. Check with your subscription administrator, this may happen if there are no active"
                " subscriptions for the tenant.",
            )
        return tenant_id

    def _application(self, form: t.Mapping[str, str], base_url: str, tenant: str) -> None:
        client_id = form.get("client_id", "")
        if client_id != self.client_id:
            raise self._refusal(
                400,
                "unauthorized_client",
                700016,
                f"Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen"
                " if the application has not been installed by the administrator of the tenant or consented to by any"
                " user in the tenant. You may have sent your authentication request to the wrong tenant.",
            )
        if form.get("client_assertion"):
            self._check_assertion(form, f"{base_url}/{tenant}/oauth2/v2.0/token")
        elif not form.get("client_secret"):
            raise self._refusal(
                401,
                "invalid_client",
                7000216,
                "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
            )
        elif not _same(form["client_secret"], self.client_secret):
            raise self._refusal(
                401,
                "invalid_client",
                7000215,
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret"
                f" value, not the client secret ID, for a secret added to app '{client_id}'.",
            )

    def _check_assertion(self, form: t.Mapping[str, str], audience: str) -> None:
        assertion = form["client_assertion"]
        if form.get("client_assertion_type") != _ASSERTION_TYPE:
            raise self._refusal(400, "invalid_request", 900144, "The 'client_assertion_type' is missing or wrong.")
        if _same(assertion, self.federated_token):
            return
        try:
            assertions.check(
                assertion, self._certificates, client_id=self.client_id, audience=audience, now=self._now()
            )
        except assertions.InvalidAssertion as error:
            raise self._refusal(401, "invalid_client", error.number, str(error)) from error

    def _user_with_password(self, form: t.Mapping[str, str], base_url: str, tenant: str) -> str:
        if form.get("username", "").lower() != self.user_name:
            name = form.get("username", "")
            raise self._refusal(
                400,
                "invalid_grant",
                50034,
                f"The user account {name} does not exist in the directory. To sign into this application, the account"
                " must be added to the directory.",
            )
        if not _same(form.get("password", ""), self.password):
            raise self._refusal(
                400, "invalid_grant", 50126, "Error validating credentials due to invalid username or password."
            )
        return self.user_name

    def _user_with_refresh_token(self, form: t.Mapping[str, str], base_url: str, tenant: str) -> str:
        user_name = self._refresh_tokens.get(form.get("refresh_token", ""))
        if user_name is None:
            raise self._refusal(400, "invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.")
        return user_name

    def _refusal(self, status: int, error: str, number: int, message: str) -> wire.WireError:
        moment = datetime.datetime.fromtimestamp(self._now(), datetime.timezone.utc)
        trace_id, correlation_id = str(uuid.uuid4()), str(uuid.uuid4())
        body = {
            "error": error,
            "error_description": f"AADSTS{number}: {message} Trace ID: {trace_id} Correlation ID: {correlation_id}"
            f" Timestamp: {moment:%Y-%m-%d %H:%M:%SZ}",
            "error_codes": [number],
            "timestamp": f"{moment:%Y-%m-%d %H:%M:%SZ}",
            "trace_id": trace_id,
            "correlation_id": correlation_id,
            "error_uri": f"https://login.microsoftonline.com/error?code={number}",
        }
        return wire.WireError(status, error, message, body=body, source="gateway")


def _secret() -> str:
    # Letters and digits only: a leading hyphen would be an option to the az CLI.
    return secrets.token_hex(24)


def _same(given: str, expected: str) -> bool:
    return secrets.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _is_guid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
