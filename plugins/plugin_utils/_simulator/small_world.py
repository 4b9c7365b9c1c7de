# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The small world of the quick start: a shop's virtual machines in two regions, with the cases that a fleet has.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

_SHOP = {"owner": "shop-team", "env": "production", "backup": "gold"}
_ERP = {"owner": "erp-team", "env": "production", "backup": "gold"}
_STAGING = {"owner": "shop-team", "env": "staging", "backup": "bronze"}
_INTRANET = {"owner": "it-operations", "env": "production", "backup": "silver"}

SMALL: t.Final[dict[str, t.Any]] = {
    "subscriptions": [
        {
            "name": "Contoso Production",
            "resource_groups": [
                # Empty: where the vaults go that whoever tries the collection makes.
                {"name": "rg-backup", "location": "westeurope", "tags": {"owner": "it-operations"}},
                {
                    "name": "rg-shop-weu",
                    "location": "westeurope",
                    "tags": {"env": "production", "owner": "shop-team"},
                    "virtual_machines": [
                        {"name": "web-01", "size": "Standard_D2s_v5", "zones": ["1"], "tags": {**_SHOP, "role": "web"}},
                        {"name": "web-02", "size": "Standard_D2s_v5", "zones": ["2"], "tags": {**_SHOP, "role": "web"}},
                        {
                            "name": "shop-db-01",
                            "size": "Standard_E4s_v5",
                            "zones": ["1"],
                            "disks": 2,
                            "tags": {**_SHOP, "role": "database"},
                        },
                    ],
                },
                {
                    "name": "rg-shop-staging-weu",
                    "location": "westeurope",
                    "tags": {"env": "staging", "owner": "shop-team"},
                    "virtual_machines": [
                        # The name is also that of a machine in rg-shop-weu.
                        {"name": "web-01", "size": "Standard_B2ms", "tags": {**_STAGING, "role": "web"}},
                        {
                            "name": "loadtest-01",
                            "size": "Standard_D4s_v5",
                            "power_state": "deallocated",
                            "tags": {**_STAGING, "role": "test"},
                        },
                        {
                            "name": "image-build-01",
                            "size": "Standard_B2ms",
                            "provisioning_state": "Failed",
                            "tags": {**_STAGING, "role": "build"},
                        },
                    ],
                },
                {
                    "name": "rg-erp-neu",
                    "location": "northeurope",
                    "tags": {"env": "production", "owner": "erp-team"},
                    "virtual_machines": [
                        {
                            "name": "ERP-APP-01",
                            "os": "Windows",
                            "size": "Standard_D4s_v5",
                            "zones": ["1"],
                            "tags": {**_ERP, "role": "application"},
                        },
                        {
                            "name": "ERP-APP-02",
                            "os": "Windows",
                            "size": "Standard_D4s_v5",
                            "zones": ["2"],
                            "tags": {**_ERP, "role": "application"},
                        },
                        {
                            "name": "ERP-SQL-01",
                            "os": "Windows",
                            "size": "Standard_E8s_v5",
                            "zones": ["1"],
                            "disks": 4,
                            "tags": {**_ERP, "role": "database"},
                        },
                    ],
                },
                {
                    "name": "rg-intranet-neu",
                    "location": "northeurope",
                    "tags": {"env": "production", "owner": "it-operations"},
                    "virtual_machines": [
                        {
                            "name": "dc-01",
                            "os": "Windows",
                            "size": "Standard_B2ms",
                            "tags": {**_INTRANET, "role": "directory"},
                        },
                        {"name": "wiki-01", "size": "Standard_B2ms", "tags": {**_INTRANET, "role": "wiki"}},
                        {
                            "name": "fax-01",
                            "os": "Windows",
                            "size": "Basic_A1",
                            "cloud_service": "contoso-fax",
                        },
                    ],
                },
                {
                    "name": "rg-legacy-weu",
                    "location": "westeurope",
                    "tags": {"env": "production", "owner": "it-operations"},
                    "virtual_machines": [
                        {
                            "name": "billing-01",
                            "os": "Windows",
                            "size": "Standard_D2s_v3",
                            "disks": 1,
                            "tags": {**_INTRANET, "role": "billing"},
                        },
                        {"name": "archive-01", "size": "Standard_D2s_v3", "tags": {**_INTRANET, "role": "archive"}},
                    ],
                    "vaults": [
                        {
                            "name": "legacy-vault",
                            "tags": {"owner": "it-operations"},
                            "protected_items": [
                                {"virtual_machine": "rg-legacy-weu/billing-01", "recovery_points": 7},
                                {
                                    "virtual_machine": "rg-legacy-weu/archive-01",
                                    "recovery_points": 2,
                                    "soft_deleted": True,
                                },
                            ],
                        }
                    ],
                },
            ],
        }
    ],
}
