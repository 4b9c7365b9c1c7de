# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One token for all requests and threads of a process.

This file is private to the collection.
"""

from __future__ import annotations

import copy
import re
import threading
import typing as t
import urllib.parse

from .._errors import AuthenticationFailed, BackupError, ConnectionFailed
from . import faults
from .clock import Clock
from .credentials import Source
from .secrets import Secrets

if t.TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential

MARGIN: t.Final = 300
"""Seconds before its end at which a token is replaced."""

_ADVICE: t.Final = {
    "7000215": "The secret is wrong: check secret (the value is needed, not the secret's id)",
    "7000222": "The secret has expired: make a new one for this application and set secret",
    "700016": "The tenant has no such application: check client_id and tenant",
    "7000112": "The application is disabled in its tenant",
    "90002": "There is no such tenant: check tenant and cloud_environment",
    "900023": "The tenant is not a valid id or domain: check tenant",
    "700027": "The certificate does not belong to the application: check x509_certificate_path and client_id",
    "70021": "The application has no federated credential for this token's issuer and subject",
    "700211": "The application has no federated credential for this token's issuer",
    "700213": "The application has no federated credential for this token's subject",
    "700024": "The federated token has expired or is not yet valid",
    "50126": "The user name or the password is wrong: check ad_user and password",
    "50034": "The tenant has no such user: check ad_user and tenant",
    "50076": "The user must use a second factor: use a service principal or a managed identity",
    "50079": "The user must set up a second factor: use a service principal or a managed identity",
    "50055": "The user's password has expired",
    "50057": "The user's account is disabled",
    "500011": "The tenant does not know this cloud's Resource Manager: check cloud_environment",
    "53003": "A conditional access rule of the tenant forbids this sign-in",
}
"""What to check for the codes (AADSTS…) with which Entra ID refuses."""

# What azure-identity puts before the reason.
_PREFIX: t.Final = re.compile(r"^(?:Authentication failed: |Microsoft Entra ID error '\(\w+\) )+")


class TokenSource:
    """Gets a token from the first source that gives one, keeps it until it ends, and replaces it on demand.

    Args:
        sources: where to try, in this order.
        build: makes a source's azure-identity credential.
        scope: what the token is for.
        authority: the sign-in address, for messages.
        secrets: what must never show in a message; takes note of each token.
    """

    def __init__(
        self,
        sources: t.Sequence[Source],
        build: t.Callable[[Source], TokenCredential],
        scope: str,
        *,
        authority: str,
        clock: Clock,
        secrets: Secrets,
    ) -> None:
        self._sources = list(sources)
        self._build = build
        self._scope = scope
        self._authority = authority
        self._clock = clock
        self._secrets = secrets
        self._lock = threading.Lock()
        self._credential: TokenCredential | None = None
        self._current: AccessToken | None = None
        self._unproven = ""
        self._failure: BackupError | None = None
        self._failures = 0

    def token(self) -> str:
        """Return a token that is good for some minutes. Raises AuthenticationFailed or ConnectionFailed."""
        failures = self._failures
        with self._lock:
            if not self._current or self._current.expires_on - self._clock.now().timestamp() < MARGIN:
                self._current = self._get(failures)
            return self._current.token

    def renewed(self, refused: str) -> str:
        """Return another token than the refused one; threads that meet the same refusal share it.

        Returns the refused one itself when it is the renewed one, and has never been accepted: one more would be
        refused as well.
        """
        failures = self._failures
        with self._lock:
            if refused == self._unproven:
                return refused
            if not self._current or self._current.token == refused:
                # The credential would hand out the refused token from its cache, so it is made anew.
                self._credential = None
                self._current = self._get(failures)
                self._unproven = self._current.token
            return self._current.token

    def accepted(self, token: str) -> None:
        """Note that the service has taken a token: when it is refused later, a new one will help."""
        if token == self._unproven:
            self._unproven = ""

    def _get(self, failures: int) -> AccessToken:
        """Fetch a token; whoever waited while others failed to (there were ``failures`` before) shares their error."""
        if self._failure and self._failures != failures:
            raise copy.copy(self._failure)
        try:
            return self._fetch()
        except BackupError as error:
            self._failure = copy.copy(error)
            self._failures += 1
            raise

    def _fetch(self) -> AccessToken:
        if self._credential:
            return self._ask(self._credential, self._sources[0])
        problems: list[BackupError] = []
        for source in self._sources:
            try:
                credential = self._build(source)
                token = self._ask(credential, source)
            except BackupError as error:
                problems.append(error)
                continue
            self._sources = [source]
            self._credential = credential
            return token
        if len(problems) == 1:
            raise problems[0]
        raise AuthenticationFailed("; ".join(problem.message for problem in problems))

    def _ask(self, credential: TokenCredential, source: Source) -> AccessToken:
        try:
            token = credential.get_token(self._scope)
        except Exception as error:
            failure = faults.from_transport(error, self._authority)
            cause = error.__cause__ or error.__context__
            if failure is None and cause is not None and type(error).__name__ == "ClientAuthenticationError":
                failure = faults.from_transport(cause, self._authority)
            if failure and not source.local:
                raise failure.error from None
            # The exception below may quote the request; its text is used, it is not chained.
            text = "it does not answer" if failure else str(getattr(error, "message", None) or error)
            raise _refused(self._secrets.hidden(text or type(error).__name__), source) from None
        self._secrets.add(token.token)
        return token


class SignInTransport:
    """The way to the sign-in service. What it refuses for now is an error that the client's own policy repeats.

    The Azure packages would sleep by themselves, without our clock and budget, and then call it a refused sign-in.
    """

    def __init__(self, transport: t.Any) -> None:
        self._transport = transport

    def send(self, request: t.Any, **keywords: t.Any) -> t.Any:
        """Send a request; raises ConnectionFailed for 429 and 5xx."""
        response = self._transport.send(request, **keywords)
        if response.status_code == 429 or response.status_code >= 500:
            host = urllib.parse.urlsplit(request.url).netloc
            raise ConnectionFailed(
                f"The sign-in service {host} answers {response.status_code}",
                http_status=response.status_code,
                retryable=True,
            )
        return response

    def open(self) -> None:
        """Do nothing: the client opens the connections."""

    def close(self) -> None:
        """Do nothing: the client closes the connections."""

    def sleep(self, seconds: float) -> None:
        """Wait as the packages ask for it."""
        self._transport.sleep(seconds)

    def __enter__(self) -> SignInTransport:
        return self

    def __exit__(self, *details: object) -> None:
        pass


def _refused(text: str, source: Source) -> AuthenticationFailed:
    found = re.search(r"AADSTS(\d+)", text)
    advice = _ADVICE.get(found.group(1), "") if found else source.advice
    if "Unable to get authority configuration" in text:
        # So msal tells that the sign-in service knows no such tenant.
        advice = _ADVICE["90002"]
    text = re.split(r"\s*Trace ID:|\s*To mitigate this issue|\s*Authority would typically", text)[0]
    text = faults.clean(_PREFIX.sub("", text)).rstrip(".")
    if text.count("'") % 2:
        text = text.removesuffix("'")
    if "Expecting value" in text:
        text = "the sign-in address does not answer in JSON: a proxy or another server may stand in between"
    if text in ("", "None"):
        # A redirect, which is not followed, ends here too.
        text = "the sign-in address gives neither a token nor a reason: another server may stand in between"
    code = f"AADSTS{found.group(1)}" if found else None
    problem = f"Could not sign in with {source.description}: {text}"
    return AuthenticationFailed(
        f"{problem}. {advice}" if advice else problem,
        code=code,
        operation="get a token",
        recommendations=(advice,) if advice else (),
    )
