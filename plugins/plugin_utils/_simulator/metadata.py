# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cloud's description of itself: ``/metadata/endpoints``, which needs no token.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from . import wire

CLOUD_NAME: t.Final = "CloudkeepSimulator"


class Metadata:
    """Tells a client where Entra ID and Azure Resource Manager are: both here."""

    def __init__(self, tenant_id: str) -> None:
        self._tenant_id = tenant_id

    def routes(self) -> list[wire.Route]:
        """Return the routes."""
        return [wire.Route("GET", "/metadata/endpoints", self.endpoints)]

    def endpoints(self, request: wire.Request) -> wire.Response:
        """Answer in the shape of the caller's api-version; the three shapes have little in common."""
        version = request.api_version
        if not version:
            raise wire.WireError(
                400,
                "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.",
                source="gateway",
            )
        if version in ("1.0", "2015-01-01"):
            return wire.Response(200, self._oldest(request.base_url))
        cloud = self._cloud(request.base_url)
        return wire.Response(200, [cloud] if version < "2022" else cloud)

    def _authentication(self, base_url: str) -> dict[str, t.Any]:
        # Clients make a scope of the first audience by adding ".default" to it: hence the slash at its end.
        return {
            "loginEndpoint": base_url,
            "audiences": [f"{base_url}/"],
            "tenant": "common",
            "identityProvider": "AAD",
        }

    def _oldest(self, base_url: str) -> dict[str, t.Any]:
        authentication = self._authentication(base_url)
        return {
            "galleryEndpoint": f"{base_url}/gallery",
            "graphEndpoint": f"{base_url}/graph",
            "portalEndpoint": f"{base_url}/portal",
            "authentication": {name: authentication[name] for name in ("loginEndpoint", "audiences")},
        }

    def _cloud(self, base_url: str) -> dict[str, t.Any]:
        # The domains below belong to nobody (RFC 6761): nothing that a client derives from them leaves the machine.
        return {
            "name": CLOUD_NAME,
            "portal": f"{base_url}/portal",
            "authentication": self._authentication(base_url),
            "media": f"{base_url}/media",
            "graphAudience": f"{base_url}/graph",
            "graph": f"{base_url}/graph",
            "microsoftGraphResourceId": f"{base_url}/graph",
            "activeDirectoryDataLake": f"{base_url}/datalake",
            "batch": f"{base_url}/batch",
            "resourceManager": f"{base_url}/",
            "vmImageAliasDoc": f"{base_url}/aliases.json",
            "sqlManagement": f"{base_url}/sql",
            "gallery": f"{base_url}/gallery",
            "suffixes": {
                "storage": "storage.invalid",
                "keyVaultDns": "vault.invalid",
                "sqlServerHostname": "database.invalid",
                "acrLoginServer": "registry.invalid",
                "azureDataLakeStoreFileSystem": "datalakestore.invalid",
                "azureDataLakeAnalyticsCatalogAndJob": "datalakeanalytics.invalid",
                "mysqlServerEndpoint": "mysql.invalid",
                "mariadbServerEndpoint": "mariadb.invalid",
                "postgresqlServerEndpoint": "postgres.invalid",
            },
        }
