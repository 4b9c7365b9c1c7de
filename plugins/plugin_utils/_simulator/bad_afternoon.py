# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bad afternoon: two regions, three vaults, and most of what goes wrong with backups, all in the last day.

Twenty failed jobs of five causes, three machines whose newest recovery point is too old, an agent that is not ready, a
soft-deleted item with two days left, an item whose machine is gone, and machines that nobody protects for five reasons.
``docs/docsite/rst/simulator.rst`` lists them; all hours are counted back from the simulator's start.
This file is private to the collection.
"""

from __future__ import annotations

import typing as t

AGENT: t.Final = "UserErrorGuestAgentStatusUnavailable"
LIMIT: t.Final = "UserErrorRpCollectionLimitReached"
NETWORK: t.Final = "ExtensionSnapshotFailedNoNetwork"
GONE: t.Final = "UserErrorVmNotFoundV2"
COLLISION: t.Final = "UserErrorBackupOperationInProgress"

_Body = dict[str, t.Any]


def world() -> _Body:
    """Return the world in the form of a world file."""
    return {
        "subscriptions": [
            {
                "name": "Fabrikam Production",
                "resource_groups": [
                    _group("rg-backup", "westeurope", "it-operations", [], _shared_vaults()),
                    _group("rg-shop", "westeurope", "shop-team", _shop()),
                    _group("rg-crm", "westeurope", "crm-team", _crm()),
                    _group("rg-test", "westeurope", "shop-team", _test()),
                    _group("rg-erp", "northeurope", "erp-team", _erp(), [_northern_vault()]),
                    _group("rg-data", "northeurope", "data-team", _machines("etl", 6)),
                    # No vault is in this region.
                    _group("rg-paris", "francecentral", "it-operations", _machines("paris-files", 1, os="Windows")),
                ],
            }
        ]
    }


def _shop() -> list[_Body]:
    # The last web server was made this morning, after the last discovery.
    return [*_machines("shop-web", 12), *_machines("shop-db", 3, disks=2), {"name": "shop-web-13", "new": True}]


def _crm() -> list[_Body]:
    # crm-app-09 is known to the vault, and nobody has protected it. crm-old-01 was deleted, and its item was not.
    return [*_machines("crm-app", 9), *_machines("crm-db", 2, disks=1), {"name": "crm-old-01", "deleted": True}]


def _test() -> list[_Body]:
    return [*_machines("test", 6), {"name": "test-07", "provisioning_state": "Failed"}]


def _erp() -> list[_Body]:
    machines = [*_machines("erp-app", 8, os="Windows"), *_machines("erp-sql", 4, os="Windows", disks=3)]
    machines[2]["agent_status"] = "Not Ready"
    # Its resource group's vault is in another region.
    return [*machines, {"name": "erp-standby-01", "os": "Windows", "location": "uksouth"}]


def _shared_vaults() -> list[_Body]:
    return [
        {
            "name": "vault-production",
            "discovered": True,
            "tags": {"owner": "it-operations"},
            "protected_items": [
                *(_item("rg-shop", f"shop-web-{n:02}", n) for n in range(1, 5)),
                *(_item("rg-shop", f"shop-web-{n:02}", 21, _failed(NETWORK, 5)) for n in range(5, 9)),
                *(_item("rg-shop", f"shop-web-{n:02}", n) for n in range(9, 12)),
                {"virtual_machine": "rg-shop/shop-web-12", "state": "IRPending", "recovery_points": 0},
                # Two people start a backup that is already under way.
                *(_item("rg-shop", f"shop-db-{n:02}", 6, _failed(COLLISION, 5.5, minutes=0.02)) for n in (1, 2)),
                # Too old: a backup hangs since yesterday, still taking its snapshot, so that it can be cancelled.
                _item("rg-shop", "shop-db-03", 76, _job("InProgress", 30, minutes=6000)),
                # A lock on the group of the restore points.
                *(_item("rg-crm", f"crm-app-{n:02}", 22, _failed(LIMIT, 4)) for n in range(1, 4)),
                *(_item("rg-crm", f"crm-db-{n:02}", 22, _failed(LIMIT, 3.5)) for n in (1, 2)),
                *(_item("rg-crm", f"crm-app-{n:02}", n) for n in range(4, 8)),
                {**_item("rg-crm", "crm-app-08", 400), "state": "ProtectionStopped"},
                _item("rg-crm", "crm-old-01", 23, _failed(GONE, 5, minutes=1), _failed(GONE, 2, minutes=1)),
            ],
        },
        {
            "name": "vault-test",
            "discovered": True,
            "redundancy": "LocallyRedundant",
            "protected_items": [
                *(_item("rg-test", f"test-{n:02}", 2 + n) for n in range(1, 5)),
                # Too old: it failed day after day, and today nobody has tried again.
                _item("rg-test", "test-05", 122, *(_failed(NETWORK, hours) for hours in (98, 74, 50, 26))),
                {**_item("rg-test", "test-06", 12), "soft_deleted": True, "days_left": 2},
            ],
        },
    ]


def _northern_vault() -> _Body:
    recovered = _job("Completed", 1.5)
    return {
        "name": "vault-north",
        "discovered": True,
        "tags": {"owner": "erp-team"},
        "protected_items": [
            *(_item("rg-erp", f"erp-app-{n:02}", n + 4) for n in (1, 2, 5, 6, 7, 8)),
            # Its agent is not ready, and every retry fails.
            _item("rg-erp", "erp-app-03", 22, *(_failed(AGENT, hours) for hours in (6, 4, 2))),
            _item("rg-erp", "erp-app-04", 22, _failed(AGENT, 6), _failed(AGENT, 4), recovered),
            _item("rg-erp", "erp-sql-01", 20, _job("InProgress", 0.5, minutes=180)),
            *(_item("rg-erp", f"erp-sql-{n:02}", n + 8) for n in (2, 3, 4)),
            _item("rg-data", "etl-01", 20, _job("CompletedWithWarnings", 3)),
            *(_item("rg-data", f"etl-{n:02}", 22, _failed(AGENT, 6), recovered) for n in (2, 3)),
            _item("rg-data", "etl-04", 10),
            # Too old: somebody cancels its backups.
            _item("rg-data", "etl-05", 49, *(_job("Cancelled", hours, minutes=3) for hours in (25, 7))),
            _item("rg-data", "etl-06", 11),
        ],
    }


def _group(name: str, location: str, owner: str, machines: list[_Body], vaults: t.Sequence[_Body] = ()) -> _Body:
    tags = {"owner": owner, "env": "test" if name == "rg-test" else "production"}
    return {
        "name": name,
        "location": location,
        "tags": tags,
        "virtual_machines": [{"tags": tags, **machine} for machine in machines],
        "vaults": list(vaults),
    }


def _machines(role: str, count: int, **keys: t.Any) -> list[_Body]:
    return [{"name": f"{role}-{number:02}", **keys} for number in range(1, count + 1)]


def _item(group: str, machine: str, hours_since_backup: float, *jobs: _Body) -> _Body:
    """Return an item with two weeks of backups."""
    return {
        "virtual_machine": f"{group}/{machine}",
        "recovery_points": 14,
        "hours_since_backup": hours_since_backup,
        "jobs": list(jobs),
    }


def _job(outcome: str, hours_ago: float, minutes: float = 35) -> _Body:
    return {"outcome": outcome, "hours_ago": hours_ago, "minutes": minutes}


def _failed(cause: str, hours_ago: float, minutes: float = 12) -> _Body:
    return _job(cause, hours_ago, minutes)
