# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connections of a process to Azure: kept open, over TLS that is verified, following no redirect.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from . import sdk
from .settings import Settings

CONNECT_TIMEOUT: t.Final = 15
READ_TIMEOUT: t.Final = 120
"""Seconds; Resource Manager itself gives up on a resource provider after about 60."""
KEPT: t.Final = 32
"""Connections that are kept open: one for each thread, so that none is made anew for a request."""


class Connections:
    """A session of the library requests, and the ``transport`` by which azure-core uses it."""

    def __init__(self, settings: Settings) -> None:
        transport = sdk.load("azure-core", "azure.core.pipeline.transport")
        import requests
        import requests.adapters

        session: t.Any = requests.Session()
        session.mount("https://", requests.adapters.HTTPAdapter(pool_connections=4, pool_maxsize=KEPT, max_retries=0))
        # Without this a line for the host in ~/.netrc would replace the token.
        session.auth = _unchanged
        # No redirect is followed, whoever asks: requests doesn't even read where it would lead.
        session.get_redirect_target = _nowhere
        self._session = session
        verify: bool | str = settings.ca_bundle or True
        if not settings.validate_certificates:
            import urllib3

            verify = False
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self.transport = transport.RequestsTransport(
            session=session,
            session_owner=False,
            connection_verify=verify,
            connection_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
        )

    def close(self) -> None:
        """Close what is open."""
        self._session.close()


def _unchanged(request: t.Any) -> t.Any:
    return request


def _nowhere(response: t.Any) -> None:
    return None
