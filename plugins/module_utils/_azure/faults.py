# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns error answers and failures of the connection into errors that a person can act on.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import http
import json
import re
import ssl
import typing as t
import urllib.parse

from .. import _text as plain
from .._domain import troubleshooting
from .._errors import AuthenticationFailed, BackupError, ConnectionFailed, NotFound, ServiceError

T = t.TypeVar("T")

MAYBE_DONE: t.Final = "cloudkeep.maybe_done"
"""The key, in the context of a request, under which it is noted that Azure may have carried out the write."""
CLIENT_REQUEST_ID: t.Final = "x-ms-client-request-id"
"""The header whose value the service keeps as the ``activityId`` of the job that the request starts."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came over the wire: status, headers with lower-case names, and the JSON body (None where there was none)."""

    status: int
    headers: t.Mapping[str, str]
    body: t.Any
    request_id: str = ""
    """The ``x-ms-client-request-id`` that was sent."""
    empty: bool = False
    """Whether there was no body at all, as opposed to JSON ``null``."""
    maybe_done: bool = False
    """Whether an attempt to write may have been carried out whose answer was lost, be it this or an earlier one."""


@dataclasses.dataclass(frozen=True)
class TransportFailure:
    """A request that brought no answer."""

    error: ConnectionFailed
    sent: bool
    """Whether the service may have received it."""
    passing: bool
    """Whether the next attempt may do better."""


def lower_case(headers: t.Mapping[str, str]) -> dict[str, str]:
    """Return headers with lower-case names."""
    return {name.lower(): value for name, value in headers.items()}


def clean(text: str) -> str:
    """Put the service's message on one line, without what a terminal would obey."""
    return plain.clean(re.sub(r"\s*[\r\n]+\s*", " ", text)).strip()


def text_of(response: t.Any) -> str:
    """Return what an answer holds as text: JSON is UTF-8, and no byte that is not may keep the rest from being read.

    What the header names as the encoding is not asked: azure-core fails where the two disagree.
    """
    # Answers to the oldest packages have only the one, those to the newest are to lose that.
    content: bytes = response.content if hasattr(response, "content") else response.body()
    return content.decode("utf-8-sig", errors="replace").strip()


def code_and_message(body: t.Any) -> tuple[str, str]:
    """Read an error body of Resource Manager or of the backup service; empty texts where there is none."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        error = body if isinstance(body, dict) else {}
    return clean(str(error.get("code") or "")), clean(str(error.get("message") or ""))


def error_code(response: t.Any) -> str:
    """Return the code of an answer that is an error, as errors have it."""
    try:
        code, _message = code_and_message(json.loads(text_of(response)))
    except (ValueError, RecursionError):
        code = ""
    return code or f"Http{response.status_code}"


def reader(from_wire: t.Callable[[t.Any], T]) -> t.Callable[[t.Any], T]:
    """Wrap a model's ``from_wire``: what it cannot read becomes a ServiceError instead of a defect of ours."""

    def read(body: t.Any) -> T:
        try:
            return from_wire(body)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
            # What Python says of a wrong type tells nobody anything; a name or a value does.
            detail = f" ({error})" if isinstance(error, (KeyError, ValueError)) else ""
            raise ServiceError(
                f"Azure's answer is not what was expected{detail}",
                code="UnexpectedAnswer",
                retryable=True,
            ) from error

    return read


def parent_is_missing(answer: Answer, *, inside_vault: bool) -> bool:
    """Tell, for a 404, whether not the thing itself is missing but its vault, resource group or subscription.

    Resource Manager itself (``gateway``) knows vaults and what is above them, but nothing inside a vault.
    """
    code, _message = code_and_message(answer.body)
    if code in ("ResourceGroupNotFound", "SubscriptionNotFound"):
        return True
    # UNVERIFIED: without the header this code is assumed to be Resource Manager's, not the backup service's.
    cause = answer.headers.get("x-ms-failure-cause", "gateway")
    return inside_vault and code == "ResourceNotFound" and cause == "gateway"


def from_answer(answer: Answer, *, doing: str, resource_id: str | None = None) -> BackupError:
    """Return the error for an answer that is one."""
    code, message = code_and_message(answer.body)
    try:
        reason = http.HTTPStatus(answer.status).phrase
    except ValueError:
        reason = "error"
    described = f"{code or answer.status}: {message}" if message else f"{code or answer.status} {reason}".strip()
    kind: type[BackupError] = ServiceError
    recommendations: tuple[str, ...] = ()
    retryable = answer.status in (408, 429) or answer.status >= 500 and answer.status != 501
    if answer.status == 401:
        kind = AuthenticationFailed
        recommendations = (_unauthorized(code),)
    elif answer.status == 403:
        known = code in ("AuthorizationFailed", "LinkedAuthorizationFailed", "")
        # What a Resource Guard wants is said by whoever knows what was guarded.
        recommendations = (_role(message),) if known and "resourceguards/" not in message.lower() else ()
    elif answer.status == 404:
        kind = NotFound
        recommendations = _WHAT_IS_MISSING.get(code, ())
    elif code == "MissingSubscriptionRegistration":
        provider = (re.findall(r"'([\w.]+)'", message) or ["Microsoft.RecoveryServices"])[-1]
        recommendations = (
            "Register the resource provider, once for the subscription and with the right to do so: "
            f"az provider register --namespace {provider}",
        )
    elif answer.status == 429:
        recommendations = ("Azure limits the rate of requests: run again later, or with fewer jobs at the same time",)
    else:
        recommendations = troubleshooting.advice(code)
    advice = f". {'. '.join(recommendations)}" if recommendations else ""
    error = kind(
        f"Could not {doing}: {described.rstrip('.')}{advice}",
        code=code or (None if kind is not ServiceError else f"Http{answer.status}"),
        http_status=answer.status,
        operation=doing,
        resource_id=resource_id,
        request_id=answer.headers.get("x-ms-request-id") or answer.request_id or None,
        recommendations=recommendations,
        retryable=retryable,
    )
    return error.doubted() if answer.maybe_done else error


_WHAT_IS_MISSING: t.Final[t.Mapping[str, tuple[str, ...]]] = {
    "ResourceGroupNotFound": ("Check the resource group's name and subscription_id",),
    "SubscriptionNotFound": (
        "Check subscription_id (a GUID, not a name), and that the login has a role in that subscription",
    ),
}


def _unauthorized(code: str) -> str:
    if code == "InvalidAuthenticationTokenTenant":
        return "The credentials belong to another tenant than the subscription: check tenant and subscription_id"
    return "Check that the credentials are of this cloud (cloud_environment) and that this host's clock is right"


def _role(message: str) -> str:
    action = (re.findall(r"action '([^']+)'", message) or [""])[0].lower()
    if action.startswith("microsoft.compute/"):
        return "Assign the role Reader on the virtual machines, their resource group or the subscription"
    if action.endswith(("/vaults/write", "/vaults/delete")):
        return "Assign the role Backup Contributor or Contributor on the vault's resource group"
    if action.endswith("/read") or "/locations/" in action:
        return "Assign the role Backup Reader (Reader alone is not enough) on the vault and on the virtual machines"
    if "backuppolicies" in action or "/delete" in action:
        return "Assign the role Backup Contributor on the vault"
    return "Assign the role Backup Operator or Backup Contributor on the vault, Virtual Machine Contributor on machines"


def from_transport(error: BaseException, url: str) -> TransportFailure | None:
    """Explain an exception of azure-core or of the library below it; None for one that is not about the connection."""
    from azure.core import exceptions as core

    if isinstance(error, ConnectionFailed):
        # The token could not be fetched, so the request itself never left.
        return TransportFailure(error, sent=False, passing=error.retryable)
    # azure-core gives an answer that breaks off in the middle a class of errors that did come.
    cut_off = (
        isinstance(error, core.HttpResponseError) and type(error.inner_exception).__name__ == "ChunkedEncodingError"
    )
    if not cut_off and not isinstance(error, (core.ServiceRequestError, core.ServiceResponseError)):
        return None
    host = _host(url)
    causes = _causes(error)
    names = {type(cause).__name__ for cause in causes}
    text = " ".join(str(cause) for cause in causes)
    if "SSLCertVerificationError" in names:
        return _failure(
            f"The certificate of {host} is not trusted. If it is of an authority of your own, name that one's file in "
            "the environment variable REQUESTS_CA_BUNDLE; in a test, set cert_validation_mode to ignore",
            passing=False,
        )
    if names & {"InvalidURL", "InvalidSchema", "InvalidProxyURL"}:
        return _failure(
            f"HTTPS_PROXY names no proxy that can be used on the way to {host}: http://HOST:PORT", passing=False
        )
    by_proxy = "ProxyError" in names
    if by_proxy and (names & _UNCONNECTED or "Tunnel connection failed" in text):
        return _failure(f"The proxy refuses or fails to connect to {host}: check HTTPS_PROXY and NO_PROXY")
    if names & _UNRESOLVED:
        return _failure(f"The name {host} cannot be resolved: check cloud_environment, DNS and HTTPS_PROXY")
    if names & _UNCONNECTED:
        return _failure(
            f"No connection to {host}: it refuses or does not answer. "
            "Check cloud_environment, the network and HTTPS_PROXY"
        )
    if "WRONG_VERSION_NUMBER" in text:
        return _failure(f"{host} does not speak TLS: check cloud_environment and HTTPS_PROXY", passing=False)
    if "NO_CERTIFICATE_OR_CRL_FOUND" in text:
        return _failure("The file in the environment variable REQUESTS_CA_BUNDLE holds no certificate", passing=False)
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            # It may have come in the middle of an exchange, so the request may have arrived.
            return _failure(f"The secure connection to {host} failed: {clean(str(cause))}", sent=True)
    # A tunnel that breaks after the request has gone through it is blamed on the proxy, too.
    way = " through the proxy (HTTPS_PROXY)" if by_proxy else ""
    return _failure(f"The connection to {host}{way} broke before the whole answer came", sent=True)


_UNRESOLVED: t.Final = frozenset({"NameResolutionError", "gaierror"})
_UNCONNECTED: t.Final = _UNRESOLVED | {
    "NewConnectionError",
    "ConnectTimeoutError",
    "ConnectTimeout",
    "ServiceRequestTimeoutError",
}
"""The names of the errors of a connection that was never made, so that nothing went through it."""


def _failure(message: str, *, sent: bool = False, passing: bool = True) -> TransportFailure:
    return TransportFailure(ConnectionFailed(message, retryable=passing), sent, passing)


def _host(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return parts.netloc.rpartition("@")[2]


def _causes(error: BaseException) -> list[BaseException]:
    """List an exception and what is inside it: causes, azure-core's and urllib3's own fields, arguments."""
    found: list[BaseException] = []
    waiting: list[t.Any] = [error]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and cause not in found:
            found.append(cause)
            inner = (getattr(cause, name, None) for name in ("__cause__", "__context__", "inner_exception", "reason"))
            waiting += [*inner, *cause.args]
    return found
