# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Results of vm_backup_summary_info made up for the tests of the report: a fleet of any size, or machine by machine.

summary = summaries.fleet(5000)
summary = summaries.summary([summaries.vm(name="web-01", state="unprotected")])
"""

from __future__ import annotations

import collections
import datetime as dt
import random
import typing as t

NOW: t.Final = dt.datetime(2026, 11, 22, 6, 0, tzinfo=dt.timezone.utc)
SUBSCRIPTION: t.Final = "5d3c2b1a-0000-4000-8000-00000000000a"
_ID: t.Final = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"
STATES: t.Final = (
    "protected",
    "waiting",
    "stopped",
    "suspended",
    "soft_deleted",
    "error",
    "unprotected",
    "elsewhere",
    "excluded",
    "unknown",
)
_HELD: t.Final = ("protected", "waiting", "stopped", "suspended", "soft_deleted", "error")
_REGIONS: t.Final = ("westeurope", "northeurope", "germanywestcentral", "swedencentral", "uksouth")
_STORAGE: t.Final = {"name": "GRSStorageUsage", "bytes": 48318382080, "limit": None}
_KINDS: t.Final = {
    "protected": 940,
    "waiting": 10,
    "stopped": 6,
    "soft_deleted": 4,
    "error": 1,
    "unprotected": 30,
    "excluded": 5,
    "gone": 4,
}
_CAUSES: t.Final = (
    ("UserErrorGuestAgentStatusUnavailable", 400110, "VM agent unable to communicate with Azure Backup"),
    ("ExtensionSnapshotFailedNoNetwork", 400111, "Snapshot failed due to no network connectivity"),
    ("UserErrorVmProvisioningStateFailed", 400112, "The VM is in failed provisioning state"),
    ("VMSnapshotDriverInTransitionalState", 400113, "VM agent is in a transitional state"),
    ("UserErrorRpCollectionLimitReached", 400114, "The restore point collection max limit has reached"),
)


def stamp(moment: dt.datetime) -> str:
    """Return a time as results have it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def vm(**values: t.Any) -> dict[str, t.Any]:
    """Return an entry of ``vms``; what is not given fits its name and state."""
    name, state = values.get("name", "web-01"), values.get("state", "protected")
    group, location = values.get("resource_group", "rg-web"), values.get("location", "westeurope")
    held = state in _HELD
    entry: dict[str, t.Any] = {
        "id": f"{_ID}/{group}/providers/Microsoft.Compute/virtualMachines/{name}",
        "name": name,
        "resource_group": group,
        "subscription_id": SUBSCRIPTION,
        "location": location,
        "state": state,
        "exists": True,
        "vault_id": None,
        "vault_name": f"vault-{location}" if held else None,
        "policy_name": "DefaultPolicy" if state in ("protected", "waiting", "error") else None,
        "item_id": None,
        "protection_state": "Protected" if held else None,
        "health_status": "Passed" if held else None,
        "unhealthy": False,
        "health": [],
        "last_backup_status": "Completed" if state == "protected" else None,
        "last_backup_time": None,
        "last_recovery_point": stamp(NOW - dt.timedelta(hours=7)) if state == "protected" else None,
        "age_hours": 7.0 if state == "protected" else None,
        "stale": False,
        "deleted_permanently_at": None,
        "reason": None if state == "protected" else reason(state),
    }
    return {**entry, **values}


def reason(code: str, message: str = "", remedy: str | None = "Protect it with vm_backup_protect.") -> dict[str, t.Any]:
    """Return a reason."""
    return {"code": code, "message": message or f"The reason is {code}.", "remedy": remedy}


def failure(
    machines: t.Sequence[t.Mapping[str, t.Any]], *, recovered: bool = False, **values: t.Any
) -> dict[str, t.Any]:
    """Return an entry of ``failures`` that befell machines once each."""
    code, number, message = _CAUSES[0]
    when = stamp(NOW - dt.timedelta(hours=4))
    rows = [
        {
            **{key: machine[key] for key in ("id", "name", "resource_group", "vault_id", "vault_name")},
            "operation": "Backup",
            "count": 1,
            "first": when,
            "last": when,
            "job_id": f"8e5d3bd4-0d3a-4b3e-9b1a-{place:012d}",
            "recovered": recovered,
        }
        for place, machine in enumerate(machines)
    ]
    return {
        "code": code,
        "number": number,
        "message": message,
        "recommendations": ["Ensure that the VM agent is installed, running and up to date."],
        "topic": f"{code} - {message}",
        "count": len(rows),
        "vms": rows,
        "recovered": recovered,
        "first": when,
        "last": when,
        **values,
    }


def summary(vms: t.Sequence[dict[str, t.Any]], **values: t.Any) -> dict[str, t.Any]:
    """Return a whole result about machines."""
    living = [entry for entry in vms if entry["exists"] is not False]
    failures = values.get("failures", [])
    failed = sum(cause["count"] for cause in failures)
    result: dict[str, t.Any] = {
        "changed": False,
        "generated_at": stamp(NOW),
        "window": {"from": stamp(NOW - dt.timedelta(days=30)), "to": stamp(NOW), "hours": 720.0},
        "rpo_hours": 26,
        "subscriptions": [SUBSCRIPTION],
        "complete": not values.get("problems"),
        "problems": [],
        "summary": {
            **_counts(living),
            "gone": len(vms) - len(living),
            "unhealthy": sum(entry["unhealthy"] for entry in living),
        },
        "coverage": {
            "by_region": _coverage(living, "location"),
            "by_resource_group": [
                {**entry, "subscription_id": SUBSCRIPTION} for entry in _coverage(living, "resource_group")
            ],
            "by_subscription": _coverage(living, "subscription_id"),
        },
        "vms": sorted(vms, key=lambda entry: str(entry["name"])),
        "jobs": jobs([(0, failed)] * bool(failed)),
        "failures": failures,
        "vaults": [],
        "offenders": {},
    }
    return {**result, **values}


def jobs(days: t.Sequence[tuple[int, int]]) -> dict[str, t.Any]:
    """Return ``jobs`` of days, the last one today, each with how many were completed and how many failed."""
    by_day = []
    for place, (done, failed) in enumerate(days):
        date = NOW.date() - dt.timedelta(days=len(days) - 1 - place)
        counts = {"Completed": done, "CompletedWithWarnings": 0, "Failed": failed, "Cancelled": 0, "InProgress": 0}
        by_day.append({"date": date.isoformat(), **counts, "total": done + failed})
    by_status = {"Completed": sum(day[0] for day in days), "Failed": sum(day[1] for day in days)}
    by_status = {status: count for status, count in by_status.items() if count}
    return {
        "total": sum(by_status.values()),
        "by_status": by_status,
        "by_operation": {"Backup": by_status} if by_status else {},
        "by_day": by_day,
        "longest": [],
    }


def vault(name: str = "vault-westeurope", location: str = "westeurope", **values: t.Any) -> dict[str, t.Any]:
    """Return an entry of ``vaults``."""
    entry = {
        "id": f"{_ID}/rg-backup/providers/Microsoft.RecoveryServices/vaults/{name}",
        "name": name,
        "resource_group": "rg-backup",
        "subscription_id": SUBSCRIPTION,
        "location": location,
        "protected_items": 5,
        "soft_deleted_items": 1,
        "storage": [_STORAGE],
        "soft_delete": "enabled",
        "soft_delete_days": 14,
        "immutability": "disabled",
        "redundancy": "geo",
        "jobs": {"total": 4, "failed": 2},
        "readable": True,
    }
    return {**entry, **values}


def fleet(size: int, seed: int = 1) -> dict[str, t.Any]:
    """Return a fleet with all that can be: the same for the same size and seed."""
    chance = random.Random(seed)
    vms = [_any_vm(chance, number) for number in range(size)]
    held = [entry for entry in vms if entry["vault_name"] and entry["exists"]]
    failures = []
    for place, (code, number, message) in enumerate(_CAUSES):
        hit = chance.sample(held, min(len(held), max(1, size // (250 * (place + 1)))))
        values = {"code": code, "number": number, "message": message, "topic": f"{code} - {message}"}
        failures.append(failure(hit, recovered=place == 4, **values))
    days = [(chance.randint(size * 9 // 10, size), chance.randint(0, size // 200 + 1)) for _day in range(30)]
    vaults = [
        vault(f"vault-{region}", region, storage=[{**_STORAGE, "bytes": chance.randint(1, 90) << 40}])
        for region in _REGIONS
    ]
    return summary(vms, failures=failures, jobs=jobs(days), vaults=vaults)


def _any_vm(chance: random.Random, place: int) -> dict[str, t.Any]:
    kind = chance.choices(list(_KINDS), weights=list(_KINDS.values()))[0]
    role = chance.choice(("web", "app", "sql", "cache", "batch"))
    values: dict[str, t.Any] = {
        "name": f"{role}-{place:04d}",
        "resource_group": f"rg-{chance.choice(('shop', 'erp', 'data', 'intranet', 'lab'))}-{place % 23:02d}",
        "location": chance.choices(_REGIONS, weights=(50, 25, 12, 8, 5))[0],
        "state": "protected" if kind == "gone" else kind,
        "exists": kind != "gone",
    }
    if kind == "gone":
        values["reason"] = reason("gone", "Its virtual machine does not exist any more.", "Stop or delete its backup.")
    if kind == "soft_deleted":
        values["deleted_permanently_at"] = stamp(NOW + dt.timedelta(hours=chance.randint(20, 330)))
    if kind == "unprotected":
        why = chance.choice(("protectable", "not_visible", "no_vault_in_region", "not_eligible", "classic"))
        values["reason"] = reason(why, f"The machine is {why}.", f"Do what {why} needs.")
    if kind == "protected":
        age = round(chance.uniform(1, 23), 1) if chance.random() < 0.98 else round(chance.uniform(27, 900), 1)
        values |= {"age_hours": age, "last_recovery_point": stamp(NOW - dt.timedelta(hours=age)), "stale": age > 26}
        if age > 26:
            values |= {"last_backup_status": "Failed", "reason": reason("stale", f"Its newest is {age} hours old.")}
        elif chance.random() < 0.005:
            code, number, message = _CAUSES[0]
            entry = {"code": number, "title": code, "message": message, "recommendations": ["Start the agent."]}
            values |= {"unhealthy": True, "health": [entry], "reason": reason("unhealthy", message, "Start it.")}
    return vm(**values)


def _counts(vms: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, t.Any]:
    found = collections.Counter(entry["state"] for entry in vms)
    counts: dict[str, t.Any] = {"vms": len(vms), **{state: found[state] for state in STATES}}
    counts["stale"] = sum(entry["stale"] for entry in vms)
    whole = len(vms) - found["excluded"] - found["elsewhere"]
    covered = found["protected"] + found["waiting"]
    counts["coverage_percent"] = 1000 * covered // whole / 10 if whole else None
    return counts


def _coverage(vms: t.Sequence[t.Mapping[str, t.Any]], key: str) -> list[dict[str, t.Any]]:
    groups: dict[str, list[t.Mapping[str, t.Any]]] = {}
    for entry in vms:
        groups.setdefault(entry[key] or "", []).append(entry)
    return [{"name": name, **_counts(entries)} for name, entries in sorted(groups.items())]
