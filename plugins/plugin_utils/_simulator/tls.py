# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate authority for one run. The only file that uses trustme.

This file is private to the collection.
"""

from __future__ import annotations

import os
import pathlib
import ssl
import typing as t

NAMES: t.Final = ("127.0.0.1", "localhost", "::1")


class CertificateAuthority:
    """Makes the server's certificate and the files that clients trust it by."""

    def __init__(self) -> None:
        import trustme

        self._authority = trustme.CA()

    def server_context(self) -> ssl.SSLContext:
        """Return the TLS context of a server on this machine."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._authority.issue_cert(*NAMES).configure_cert(context)
        return context

    def write(self, alone: pathlib.Path, bundle: pathlib.Path) -> None:
        """Write two files: the authority alone, and a bundle with the system's roots, too.

        A client that is pointed at the bundle can still reach everything else that it could reach before.
        """
        authority = self._authority.cert_pem.bytes()
        alone.write_bytes(authority)
        bundle.write_bytes(authority + _system_roots())


def _system_roots() -> bytes:
    """Return the roots that Python's clients trust on this machine; none where it has none."""
    paths = [ssl.get_default_verify_paths().cafile]
    try:
        import certifi

        paths.insert(0, certifi.where())
    except ImportError:
        pass
    for path in paths:
        if path and os.path.exists(path):
            return pathlib.Path(path).read_bytes()
    return b""
