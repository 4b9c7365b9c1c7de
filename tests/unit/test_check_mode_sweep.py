# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode, for every module in every state: no write is sent, and what it predicts is what a real run then does."""

from __future__ import annotations

import importlib
import typing as t

import pytest
import yaml

from ansible_collections.cloudkeep.azure_backup.tests.support import documented
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench

VAULT = {"resource_group": "rg-backup", "vault_name": "vault-westeurope"}
# Without the machine whose backup fails: no reading call tells that beforehand.
EVERY = {**VAULT, "select": {"locations": ["westeurope"], "exclude": ["deaf"]}}
ONE = {**VAULT, "vms": ["rg-web/web-02"]}
ALL_HELD = {"select": {"names": ["*"]}}

CASES: dict[str, list[dict[str, t.Any]]] = {
    "vm_backup_discover": [{}, EVERY, {**EVERY, "refresh": False, "power_state": True}, ONE],
    "vm_backup_item_info": [
        VAULT,
        {"details": True, "check_machines": True},
        {**EVERY, "state": ["protected", "waiting"], "last_backup_older_than": "1d", "policy": ["DefaultPolicy"]},
    ],
    "vm_backup_job": [
        {**VAULT, "vms": ["rg-web/web-02", "rg-web/held-protected"], "state": "cancelled"},
        {**VAULT, "job_id": [], "state": "cancelled", "wait": False},
        {**VAULT, "job_id": ["00000000-0000-4000-8000-000000000000"], "state": "cancelled"},
        {**VAULT, "vms": ["rg-web/web-02"], "operation": ["ConfigureBackup"], "state": "finished"},
    ],
    "vm_backup_job_info": [VAULT, {**VAULT, "details": True, "wait": True}, {**VAULT, "fail_on_failed_jobs": True}],
    "vm_backup_now": [EVERY, {**EVERY, "wait": True, "retain_days": 3}, {**EVERY, "skip_if_newer_than": "7d"}, ONE],
    "vm_backup_policy": [
        {**VAULT, "name": "Weekly", "state": "present", "retention": {"weekly": {"weeks": 3}}, "forecast": {"days": 9}},
        {**VAULT, "name": "DefaultPolicy", "state": "present", "policy_type": "enhanced"},
        {**VAULT, "name": "EnhancedPolicy", "state": "present", "policy_type": "standard"},
        {
            **VAULT,
            "name": "New",
            "state": "present",
            "schedule": {"time": "01:00"},
            "retention": {"daily": {"days": 9}},
        },
        {**VAULT, "name": "Weekly", "state": "absent"},
        {**VAULT, "name": "DefaultPolicy", "state": "absent"},
    ],
    "vm_backup_policy_info": [VAULT, {**VAULT, "name": "DefaultPolicy", "forecast": {"days": 30}}],
    "vm_backup_protect": [
        {**EVERY, "state": "present"},
        {**EVERY, "state": "present", "undelete": True, "policy": "EnhancedPolicy"},
        {**EVERY, "state": "present", "disks": {"mode": "os_only"}, "move_to_vault": True},
        {**EVERY, "state": "present", "disks": {"mode": "exclude", "luns": [0]}},
        {
            **EVERY,
            "state": "present",
            "move_to_vault": True,
            "move_from": ["vault-second"],
            "keep_old_data": "by_policy",
        },
        {**ONE, "state": "present", "wait": False},
        {**VAULT, **ALL_HELD, "state": "stopped"},
        {**VAULT, **ALL_HELD, "state": "stopped", "undelete": True},
        {**VAULT, **ALL_HELD, "state": "suspended", "undelete": True, "policy": "EnhancedPolicy"},
        {**VAULT, **ALL_HELD, "state": "absent", "delete_backup_data": True},
        {**ONE, "state": "absent"},
    ],
    "vm_backup_recovery_point_info": [
        {**VAULT, "select": {}, "last_days": 30, "consistency": ["application"]},
        {"vms": ["held-protected"], "newest_before": "2026-01-04", "include_soft_deleted": True},
    ],
    "vm_backup_register": [
        {**EVERY, "state": "present"},
        {**ONE, "state": "present", "validate": True},
        {**EVERY, "state": "absent"},
        {**EVERY, "state": "absent", "delete_backup_data": True},
    ],
    "vm_backup_summary_info": [
        {},
        {**VAULT, "fail_if": ["unprotected", "stale", "failures", "stopped"], "exclude": ["web-*"]},
        {"select": {"locations": ["westeurope"]}, "last_hours": 720, "verify_unprotected": True},
    ],
    "vm_backup_vault": [
        {**VAULT, "state": "present", "location": "westeurope", "tags": {"owner": "infra", "stage": "test"}},
        {**VAULT, "state": "present", "tags": {}, "append_tags": False},
        {**VAULT, "state": "absent"},
        {"resource_group": "rg-backup", "vault_name": "vault-empty", "state": "absent"},
        {**VAULT, "state": "present", "location": "westeurope", "redundancy": "zone"},
        {**VAULT, "state": "present", "location": "westeurope", "soft_delete_days": 30, "immutability": "unlocked"},
        {**VAULT, "state": "present", "immutability": "locked"},
        {**VAULT, "state": "absent", "force": True, "delete_backup_data": True},
    ],
    "vm_backup_vault_info": [{}, VAULT, {"resource_group": "rg-backup", "usage": False}],
}
SWEEP = [(module, number) for module, cases in CASES.items() for number in range(len(cases))]


@pytest.fixture(scope="module")
def small() -> t.Iterator[Bench]:
    with bench("small") as running:
        yield running


@pytest.fixture(scope="module")
def estate() -> t.Iterator[Bench]:
    with bench("estate") as running:
        yield running


@pytest.fixture
def nothing(small: Bench) -> Bench:
    """The world of the quick start: the vault is not there yet."""
    small.reset()
    return small


@pytest.fixture
def mixed(estate: Bench) -> Bench:
    """A vault with items in all states, before its first discovery."""
    estate.reset()
    return estate


@pytest.fixture
def protected(mixed: Bench) -> Bench:
    """The same after everything that can be protected is."""
    mixed.run("vm_backup_protect", EVERY)
    return mixed


def options_of(module: str) -> dict[str, t.Any]:
    text = importlib.import_module(f"{documented.MODULES}.{module}").DOCUMENTATION
    return t.cast("dict[str, t.Any]", yaml.safe_load(text)["options"])


def test_the_sweep_covers_every_module_in_every_state() -> None:
    assert sorted(CASES) == documented.module_names()
    for module, cases in CASES.items():
        option = options_of(module).get("state", {})
        if option.get("type") == "list":
            continue  # A filter, not what is wanted.
        assert set(option.get("choices", ())) == {case["state"] for case in cases if "state" in case}, module


@pytest.mark.parametrize("situation", ["nothing", "mixed", "protected"])
@pytest.mark.parametrize(("module", "number"), SWEEP)
def test_check_mode_writes_nothing_and_is_right(
    module: str, number: int, situation: str, request: pytest.FixtureRequest
) -> None:
    azure: Bench = request.getfixturevalue(situation)
    options = CASES[module][number]
    # The bench itself fails for a write in check mode.
    predicted = azure.run(module, options, check=True)
    assert not azure.writes
    done = azure.run(module, options)
    for key in ("changed", "diff", "msg", "failed"):
        assert predicted.get(key) == done.get(key), key
    assert predicted.keys() == done.keys()
    machines = {vm["id"]: vm for vm in done.get("vms", [])}
    for vm in predicted.get("vms", []):
        for key in ("action", "changed", "error"):
            assert vm.get(key) == machines[vm["id"]].get(key), (vm["name"], key)
    # Only a discovery tells of classic machines, and check mode runs none.
    classic = [vm for vm in machines.values() if vm["id"] and "ClassicCompute" in vm["id"]]
    assert len(predicted.get("vms", [])) == len(machines) - len(classic)
    if not done["changed"]:
        # Discovery changes a vault's view of the machines and nothing of theirs.
        assert [line for line in azure.writes if "refreshContainers" not in line] == []


def test_the_journal_notices_a_write(mixed: Bench) -> None:
    mixed.good("vm_backup_protect", ONE)
    assert [line.split()[0] for line in mixed.writes] == ["PUT"]


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ({"policies": [], "more": 1}, "more"),
        ({}, "policies is missing"),
        ({"policies": [{"id": "x"}]}, "is missing"),
        ({"policies": {}}, "documented as list"),
        ({"policies": [], "error": {}}, "without a failure"),
        ({"failed": True, "msg": "Something else."}, "error is missing"),
    ],
)
def test_the_comparison_with_the_documentation_notices_a_difference(result: dict[str, t.Any], told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        documented.check_result("vm_backup_policy_info", result)
