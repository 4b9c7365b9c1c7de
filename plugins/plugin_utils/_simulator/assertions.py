# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signed assertions, with which an application proves that it holds the key of a certificate.

This file alone uses cryptography (which trustme brings along), and only when a certificate is used.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import hashlib
import typing as t

from . import tokens


class InvalidAssertion(Exception):
    """The assertion proves nothing; ``number`` is that of the AADSTS error."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number


@dataclasses.dataclass(frozen=True)
class Certificate:
    """A certificate that the application may sign with. Thumbprints are upper-case hexadecimal SHA-1 and SHA-256."""

    thumbprint: str
    thumbprint_sha256: str
    public_key: t.Any


def load_certificate(pem: str) -> Certificate:
    """Read a PEM certificate. Raises ValueError with a sentence."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise ValueError("The certificate must be PEM text that begins with -----BEGIN CERTIFICATE-----.") from error
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("Entra ID takes certificates with RSA keys only.")
    encoded = certificate.public_bytes(serialization.Encoding.DER)
    return Certificate(
        hashlib.sha1(encoded, usedforsecurity=False).hexdigest().upper(),
        hashlib.sha256(encoded).hexdigest().upper(),
        key,
    )


def check(assertion: str, certificates: t.Iterable[Certificate], *, client_id: str, audience: str, now: float) -> None:
    """Check an assertion: signed by a known certificate, about this application, for this token endpoint, in time."""
    try:
        text, unused, signature = assertion.rpartition(".")
        head, body = (tokens.json_part(part) for part in text.split("."))
        signed = tokens.from_base64url(signature)
        given = [tokens.from_base64url(head[name]).hex().upper() for name in ("x5t", "x5t#S256") if name in head]
    except (ValueError, TypeError) as error:
        raise InvalidAssertion(50027, "JWT token is invalid or malformed.") from error
    known = [item for item in certificates if {item.thumbprint, item.thumbprint_sha256} & set(given)]
    if not known:
        thumbprint = given[0] if given else ""
        raise InvalidAssertion(
            700027,
            "The certificate with identifier used to sign the client assertion is not registered on application."
            f" [Reason - The key was not found., Thumbprint of key used by client: '{thumbprint}'].",
        )
    if not _is_signed_by(known[0], str(head.get("alg")), text.encode(), signed):
        raise InvalidAssertion(700027, "Client assertion failed signature validation.")
    if body.get("iss") != client_id or body.get("sub") != client_id:
        raise InvalidAssertion(700021, "Client assertion application identifier doesn't match 'client_id' parameter.")
    if str(body.get("aud", "")).partition("/oauth2")[0].lower() != audience.partition("/oauth2")[0].lower():
        raise InvalidAssertion(700023, f"Client assertion audience claim does not match the endpoint '{audience}'.")
    if not isinstance(body.get("exp"), (int, float)) or body["exp"] <= now:
        raise InvalidAssertion(700024, "Client assertion is not within its valid time range.")


def _is_signed_by(certificate: Certificate, algorithm: str, text: bytes, signature: bytes) -> bool:
    from cryptography import exceptions
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    schemes: dict[str, t.Any] = {
        "RS256": padding.PKCS1v15(),
        "PS256": padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.AUTO),
    }
    if algorithm not in schemes:
        return False
    try:
        certificate.public_key.verify(signature, text, schemes[algorithm], hashes.SHA256())
    except exceptions.InvalidSignature:
        return False
    return True
