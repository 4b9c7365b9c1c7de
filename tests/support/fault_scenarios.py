# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks through which the faults of `fault_matrix.py` hit the calls of `fault_calls.py`."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import (
    entities,
    resource_guards,
    simulation,
)

from .bench import START, Bench

NAMES: t.Final = ("web-02", "web-03", "spare")
VAULT: t.Final = {"resource_group": "rg-backup", "vault_name": "vault-empty"}
VMS: t.Final[dict[str, t.Any]] = {**VAULT, "vms": [f"rg-web/{name}" for name in NAMES], "poll_interval": 5}
HELD: t.Final = {"resource_group": "rg-backup", "vault_name": "vault-westeurope"}
BOTH: t.Final = {**HELD, "vms": ["rg-web/held-protected", "rg-web/held-pending"], "poll_interval": 5}
ONE: t.Final = {**HELD, "vms": ["rg-web/held-protected"]}
PUT: t.Final = r"/protectedItems/[^/]+$"
_SUBSCRIPTIONS: t.Final = "/subscriptions/5d3c2b1a-0000-4000-8000-00000000000"
_GUARD: t.Final = (
    f"{_SUBSCRIPTIONS}a/resourceGroups/rg-guards/providers/Microsoft.DataProtection/resourceGuards/guard-one"
)
_ELSEWHERE: t.Final = (
    f"{_SUBSCRIPTIONS}b/resourceGroups/rg-shared/providers/Microsoft.Compute/virtualMachines/shared-01"
)

Prepare = t.Callable[[Bench, pytest.MonkeyPatch], dict[str, t.Any]]


@dataclasses.dataclass(frozen=True)
class Scenario:
    """A task, and how many things it writes, each by one request."""

    module: str
    options: dict[str, t.Any]
    writes: tuple[str, str] | None = None
    """Method and path; None for what only reads."""
    count: int = len(NAMES)
    harmless: bool = False
    """Whether a write may be sent twice."""
    prepare: Prepare | None = None
    """What is done before; returns further options."""


def _state(azure: Bench) -> simulation.Simulation:
    return azure.simulator.simulator.azure.state


def _backups(azure: Bench, _patches: pytest.MonkeyPatch) -> dict[str, t.Any]:
    """Start backups, and return their jobs."""
    started = azure.good("vm_backup_now", BOTH, wait=False)
    return {"job_id": [vm["job_id"] for vm in started["vms"]]}


def _long_backups(azure: Bench, patches: pytest.MonkeyPatch) -> dict[str, t.Any]:
    """Start backups that take hours, so that they can be cancelled all the time."""
    profile = _state(azure).profile
    slow = dataclasses.replace(profile, seconds={**profile.seconds, "backup": 36000.0})
    patches.setattr(_state(azure), "profile", slow)
    return _backups(azure, patches)


def _unseen_cancellations(azure: Bench, patches: pytest.MonkeyPatch) -> dict[str, t.Any]:
    """Let the jobs lag behind their cancellation, so that the cancellation itself is looked at."""
    options = _long_backups(azure, patches)
    azure.simulator.add_fault("stale", method="GET", path=r"/backupJobs/[^/]+$", times=4)
    return options


def _unlisted_jobs(azure: Bench, _patches: pytest.MonkeyPatch) -> dict[str, t.Any]:
    """Let the list of jobs be empty, so that the operations are asked for the jobs."""
    azure.simulator.add_fault("answer", method="GET", path=r"/backupJobs$", status=200, body={"value": []})
    return {}


def _guard(azure: Bench, _patches: pytest.MonkeyPatch) -> dict[str, t.Any]:
    """Put the vault under a Resource Guard, and return the request that it wants."""
    (vault,) = (vault for vault in _state(azure).vaults.values() if vault.name == HELD["vault_name"])
    vault.guard = entities.Guard(_GUARD, resource_guards.OPERATIONS, START)
    return {"resource_guard_operation_requests": [f"{_GUARD}/deleteProtectedItemRequests/default"]}


def _policies_later(azure: Bench, patches: pytest.MonkeyPatch) -> dict[str, t.Any]:
    """Let each write of a policy be a long-running operation."""
    patches.setattr(_state(azure), "world", dataclasses.replace(_state(azure).world, policy_answers="later"))
    return {}


_DELETE: t.Final = {"state": "absent", "delete_backup_data": True}
_UNDELETED: t.Final = {**HELD, "vms": ["rg-web/held-deleted"], "undelete": True, "poll_interval": 5}
_NOW: t.Final = {**BOTH, "wait": True, "wait_timeout": 180, "skip_if_newer_than": "1h"}
_CANCELLED: t.Final = {**HELD, "state": "cancelled", "poll_interval": 5, "wait_timeout": 180}
_VAULT_MADE: t.Final = {"resource_group": "rg-backup", "vault_name": "vault-made", "location": "westeurope"}
_NIGHTLY: t.Final = {"schedule": {"frequency": "daily", "time": "22:00"}, "retention": {"daily": {"days": 14}}}
_A_VAULT: t.Final = r"/vaults/[^/]+$"
_A_POLICY: t.Final = r"/backupPolicies/[^/]+$"


def _cancel(prepare: Prepare) -> Scenario:
    return Scenario("vm_backup_job", _CANCELLED, ("POST", r"/cancel$"), 2, prepare=prepare)


def _vault(options: dict[str, t.Any], method: str) -> Scenario:
    return Scenario("vm_backup_vault", {**options, "wait_timeout": 180}, (method, _A_VAULT), 1, harmless=True)


def _policy(options: dict[str, t.Any], method: str, prepare: Prepare | None = None) -> Scenario:
    options = {**options, "wait_timeout": 180}
    return Scenario("vm_backup_policy", options, (method, _A_POLICY), 1, harmless=True, prepare=prepare)


SCENARIOS: t.Final[t.Mapping[str, Scenario]] = {
    "discover": Scenario("vm_backup_discover", {**VAULT, "wait_timeout": 180}),
    "register": Scenario("vm_backup_register", {**VMS, "vms": [*VMS["vms"], "rg-web/web-01"], "wait_timeout": 180}),
    "register_known": Scenario("vm_backup_register", ONE),
    "register_validate": Scenario("vm_backup_register", {**VAULT, "vms": [_ELSEWHERE], "validate": True}),
    "protect": Scenario("vm_backup_protect", {**VMS, "wait_timeout": 180}, writes=("PUT", PUT)),
    "stop": Scenario("vm_backup_protect", {**BOTH, "state": "stopped"}, ("PUT", PUT), 2),
    "undelete": Scenario("vm_backup_protect", {**_UNDELETED, "state": "stopped"}, ("PUT", PUT), 1),
    # Both are requests to one path.
    "undelete_and_protect": Scenario("vm_backup_protect", _UNDELETED, ("PUT", PUT), 1),
    "delete": Scenario("vm_backup_protect", {**BOTH, **_DELETE}, ("DELETE", PUT), 2),
    "delete_guarded": Scenario(
        "vm_backup_protect", {**ONE, **_DELETE, "poll_interval": 5}, ("DELETE", PUT), 1, prepare=_guard
    ),
    "now": Scenario("vm_backup_now", _NOW, ("POST", r"/backup$"), 2),
    "now_unlisted": Scenario("vm_backup_now", _NOW, ("POST", r"/backup$"), 2, prepare=_unlisted_jobs),
    "job_info": Scenario("vm_backup_job_info", {**HELD, "wait": True, "wait_timeout": 180}, prepare=_backups),
    "cancel": _cancel(_long_backups),
    "cancel_unseen": _cancel(_unseen_cancellations),
    "vault": _vault(_VAULT_MADE, "PUT"),
    "vault_change": _vault({**VAULT, "redundancy": "zone"}, "PATCH"),
    "vault_absent": _vault({**VAULT, "state": "absent"}, "DELETE"),
    "policy": _policy({**VAULT, "name": "Nightly", **_NIGHTLY}, "PUT"),
    "policy_change": _policy({**HELD, "name": "DefaultPolicy", "retention": {"daily": {"days": 45}}}, "PUT"),
    "policy_absent": _policy({**HELD, "name": "Weekly", "state": "absent"}, "DELETE", _policies_later),
    "item_info": Scenario("vm_backup_item_info", HELD),
    "item_info_details": Scenario("vm_backup_item_info", {**ONE, "details": True}),
    "recovery_point_info": Scenario("vm_backup_recovery_point_info", ONE),
    "policy_info": Scenario("vm_backup_policy_info", HELD),
    "vault_info": Scenario("vm_backup_vault_info", {**HELD, "usage": True}),
    "summary_info": Scenario("vm_backup_summary_info", {"resource_group": "rg-backup"}),
}
