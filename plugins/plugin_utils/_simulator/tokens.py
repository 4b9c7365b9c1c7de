# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access tokens: made by Entra ID, checked by Azure Resource Manager.

Tokens live in real time and not in simulated time, because a client goes by its own clock when it renews one.
This file is private to the collection.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
import hashlib
import hmac
import json
import secrets
import typing as t

from . import wire

LIFETIME_SECONDS: t.Final = 3599
"""What Entra ID gives by default, as ``expires_in`` shows it."""

# Clients that know nothing of metadata discovery ask for the audience of a known cloud.
_PUBLIC_AUDIENCES: t.Final = frozenset(
    {
        "https://management.azure.com",
        "https://management.core.windows.net",
        "https://management.chinacloudapi.cn",
        "https://management.core.chinacloudapi.cn",
        "https://management.usgovcloudapi.net",
        "https://management.core.usgovcloudapi.net",
    }
)


@dataclasses.dataclass(frozen=True)
class Principal:
    """Who a token speaks for."""

    tenant_id: str
    client_id: str
    object_id: str
    user_name: str | None = None


def base64url(data: bytes) -> str:
    """Encode as the parts of a JSON web token are."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Decode a part of a JSON web token. Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def json_part(text: str) -> dict[str, t.Any]:
    """Decode a part of a JSON web token that holds a JSON object. Raises ValueError."""
    value = json.loads(from_base64url(text))
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


class Tokens:
    """Signs tokens with a key of this run, and knows them again. ``now`` gives seconds since 1970."""

    def __init__(self, tenant_id: str, now: t.Callable[[], float]) -> None:
        self.lifetime_seconds = LIFETIME_SECONDS
        self._tenant_id = tenant_id
        self._now = now
        self._key = secrets.token_bytes(32)
        self._expired_through = 0
        self._issued = 0

    def issue(self, principal: Principal, audience: str, issuer: str) -> str:
        """Return a signed token of three parts."""
        self._issued += 1
        now = int(self._now())
        claims: dict[str, t.Any] = {
            "aud": audience,
            "iss": issuer,
            "iat": now,
            "nbf": now,
            "exp": now + self.lifetime_seconds,
            "appid": principal.client_id,
            "oid": principal.object_id,
            "sub": principal.object_id,
            "tid": principal.tenant_id,
            "idtyp": "user" if principal.user_name else "app",
            "ver": "1.0",
            "uti": str(self._issued),
        }
        if principal.user_name:
            claims |= {"upn": principal.user_name, "unique_name": principal.user_name}
        return self.sign(claims)

    def sign(self, claims: t.Mapping[str, t.Any]) -> str:
        """Return the claims as a signed JSON web token."""
        parts = [{"typ": "JWT", "alg": "HS256"}, dict(claims)]
        text = ".".join(base64url(json.dumps(part).encode()) for part in parts)
        return f"{text}.{self._signature(text)}"

    def expire(self) -> None:
        """Expire every token given out so far."""
        self._expired_through = self._issued

    def authenticate(self, request: wire.Request) -> Principal:
        """Return who sends a request to Azure Resource Manager. Raises WireError 401 as the service words it."""
        header = request.headers.get("authorization", "")
        scheme, unused, token = header.partition(" ")
        if not header:
            raise self._refusal(
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.",
                "The authentication failed because of missing 'Authorization' header.",
            )
        if scheme.lower() != "bearer" or not token.strip():
            # UNVERIFIED: the wording of a 401 for another scheme than Bearer.
            raise self._refusal(
                "AuthenticationFailedInvalidHeader",
                "Authentication failed. The 'Authorization' header is provided in an invalid format.",
                "The authentication failed because of invalid 'Authorization' header.",
            )
        claims = self._claims(token.strip())
        if claims["tid"] != self._tenant_id:
            issuer, expected = (f"https://sts.windows.net/{tenant}/" for tenant in (claims["tid"], self._tenant_id))
            raise self._refusal(
                "InvalidAuthenticationTokenTenant",
                f"The access token is from the wrong issuer '{issuer}'. It must match the tenant '{expected}'"
                " associated with this subscription. Please use the authority (URL)"
                f" 'https://login.windows.net/{self._tenant_id}' to get the token. Note, if the subscription is"
                " transferred to another tenant there is no impact to the services, but information about new tenant"
                " could take time to propagate (up to an hour). If you just transferred your subscription and see this"
                " error message, please try back later.",
            )
        self._check_audience(str(claims["aud"]), request.base_url)
        return Principal(claims["tid"], claims["appid"], claims["oid"], claims.get("upn"))

    def _claims(self, token: str) -> dict[str, t.Any]:
        text, unused, signature = token.rpartition(".")
        try:
            # Compared as bytes: what a client sends need not be ASCII.
            genuine = hmac.compare_digest(self._signature(text).encode(), signature.encode("utf-8", "replace"))
            claims = json_part(text.partition(".")[2]) if genuine else None
        except ValueError:
            claims = None
        if claims is None:
            raise self._refusal("InvalidAuthenticationToken", "The access token is invalid.")
        now = self._now()
        expired = int(claims["uti"]) <= self._expired_through
        if expired or claims["exp"] <= now:
            expiry = min(claims["exp"], now - 1)
            raise self._refusal(
                "ExpiredAuthenticationToken",
                f"The access token expiry UTC time '{_time(expiry)}' is earlier than current UTC time '{_time(now)}'.",
            )
        return claims

    def _check_audience(self, audience: str, base_url: str) -> None:
        allowed = {base_url, *_PUBLIC_AUDIENCES}
        if _loopback(audience) not in {_loopback(url) for url in allowed}:
            # UNVERIFIED: the wording of a 401 for a token that was made for something else.
            raise self._refusal(
                "InvalidAuthenticationTokenAudience",
                f"The access token has been obtained for wrong audience or resource '{audience}'. It should exactly"
                f" match with one of the allowed audiences '{base_url}/'.",
            )

    def _signature(self, text: str) -> str:
        return base64url(hmac.digest(self._key, text.encode("utf-8", "replace"), hashlib.sha256))

    def _refusal(self, code: str, message: str, description: str | None = None) -> wire.WireError:
        challenge = (
            f'Bearer authorization_uri="https://login.windows.net/{self._tenant_id}", error="invalid_token",'
            f' error_description="{description or message}"'
        )
        return wire.WireError(401, code, message, source="gateway", headers={"WWW-Authenticate": challenge})


def _loopback(url: str) -> str:
    """Make the names of this machine one, so that a token got from ``localhost`` is good at ``127.0.0.1``."""
    return url.rstrip("/").lower().replace("//localhost:", "//127.0.0.1:").replace("//[::1]:", "//127.0.0.1:")


def _time(seconds: float) -> str:
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    hour = moment.hour % 12 or 12
    return f"{moment.month}/{moment.day}/{moment.year} {hour}:{moment:%M:%S} {'AM' if moment.hour < 12 else 'PM'}"
