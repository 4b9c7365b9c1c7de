# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every cell of the state table, through the real SDK: all states at once in one task, once for each wish.

So each machine is also one among many of which some can't be done.
"""

from __future__ import annotations

import collections
import dataclasses
import re
import typing as t
from unittest import mock

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import transitions
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.transitions import (
    Found,
    Transition,
    Wanted,
)
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import profiles
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import ModuleResult

MODULE = "vm_backup_protect"
NAMES: t.Final[t.Mapping[Found, str]] = {"soft_deleted": "deleted"}
WISHES: t.Final[t.Mapping[Wanted, dict[str, t.Any]]] = {
    "present": {},
    "other_policy": {"policy": "EnhancedPolicy"},
    "other_disks": {"disks": {"mode": "os_only"}},
    "stopped": {"state": "stopped"},
    "suspended": {"state": "suspended", "policy": "DefaultPolicy"},
    "absent": {"state": "absent", "delete_backup_data": True},
}
ENDS: t.Final[t.Mapping[transitions.Write, set[str]]] = {
    "configure": {"waiting", "protected"},
    "undelete": {"stopped"},
    "stop": {"stopped"},
    "suspend": {"suspended"},
    "delete": {"soft_deleted"},
}


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    with bench("lifecycle") as azure:
        yield azure


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


class Cell(t.NamedTuple):
    """One machine of the world, and what the table says of it."""

    name: str
    found: Found
    exists: bool
    transition: Transition


def cells(wanted: Wanted, *, undelete: bool) -> list[Cell]:
    """Return the machines of a vault: in every state one that exists, and one that is gone from Azure."""
    made = []
    for found in transitions.FOUND:
        for exists in (True, False):
            if found == "unprotected" and not exists:
                continue
            name = f"{'' if exists else 'gone-'}{NAMES.get(found, found)}"
            cell = transitions.transition(found, wanted, undelete=undelete, exists=exists)
            made.append(Cell(name, found, exists, cell))
    return made


def target(wanted: Wanted) -> tuple[str, dict[str, str]]:
    """Return the resource group of the machines, and the vault, which must be immutable to suspend."""
    kind = "immutable" if wanted == "suspended" else "plain"
    return f"rg-{kind}", {"resource_group": "rg-backup", "vault_name": f"vault-{kind}"}


def item_id(vault: t.Mapping[str, str], group: str, name: str) -> str:
    return (
        f"/subscriptions/5d3c2b1a-0000-4000-8000-00000000000a/resourceGroups/rg-backup"
        f"/providers/Microsoft.RecoveryServices/vaults/{vault['vault_name']}/backupFabrics/Azure/protectionContainers"
        f"/IaasVMContainer;iaasvmcontainerv2;{group};{name}/protectedItems/VM;iaasvmcontainerv2;{group};{name}"
    )


def writes_by_machine(azure: Bench) -> collections.Counter[str]:
    """Count the writes of the last run by the machine that they are about."""
    return collections.Counter(path.rpartition(";")[2].lower() for path in azure.writes)


def by_machine(result: ModuleResult) -> dict[str, dict[str, t.Any]]:
    return {re.split("[;/]", vm["name"])[-1]: vm for vm in result["vms"]}


@pytest.mark.parametrize("undelete", [False, True])
@pytest.mark.parametrize("wanted", transitions.WANTED)
def test_the_state_table(azure: Bench, wanted: Wanted, undelete: bool) -> None:
    group, vault = target(wanted)
    row = cells(wanted, undelete=undelete)
    # What is gone from Azure is named by the id of its item, which no other name can tell.
    names = [f"{group}/{cell.name}" if cell.exists else item_id(vault, group, cell.name) for cell in row]
    options = {**vault, **WISHES[wanted], "vms": names, "undelete": undelete}
    predicted = azure.run(MODULE, options, check=True)
    done = azure.run(MODULE, options)
    writes = writes_by_machine(azure)
    again = azure.run(MODULE, options)
    assert not azure.writes
    assert not again["changed"]
    assert predicted["changed"] == done["changed"] == any(cell.transition.writes for cell in row)
    assert predicted["diff"] == done["diff"]
    for cell in row:
        before, after, later = (by_machine(result)[cell.name] for result in (predicted, done, again))
        _check_cell(cell, before, after, later)
        assert writes[cell.name] == len(cell.transition.writes), cell
        _check_diff(cell, after, done["diff"])


def _check_cell(
    cell: Cell, before: t.Mapping[str, t.Any], after: t.Mapping[str, t.Any], later: t.Mapping[str, t.Any]
) -> None:
    action, writes, refused = cell.transition.action, cell.transition.writes, cell.transition.refused
    for vm in (before, after):
        assert ((vm["error"] or {}).get("code"), vm["action"], vm["changed"]) == (refused, action, bool(writes)), cell
    assert ((later["error"] or {}).get("code"), later["action"], later["changed"]) == (refused, "none", False), cell
    assert bool(after["job_id"]) == bool(writes)
    assert before["job_id"] is None
    if refused:
        assert after["error"]["recommendations"], cell
        return
    ends = ENDS[writes[-1]] if writes else {cell.found}
    for vm in (before, after, later):
        assert vm["state"] in ends, cell
        assert vm["soft_deleted"] in (vm["state"] == "soft_deleted", None), cell
    assert before["state"] == after["state"] == later["state"]
    assert before["policy_name"] == after["policy_name"] == later["policy_name"], cell
    assert bool(before["policy_id"]) == bool(before["policy_name"]), cell
    assert (after["deleted_permanently_at"] is not None) == (after["state"] == "soft_deleted"), cell


def _check_diff(cell: Cell, vm: t.Mapping[str, t.Any], diff: t.Mapping[str, t.Any]) -> None:
    assert (vm["id"] in diff["before"]) == bool(cell.transition.writes)
    if cell.transition.writes:
        words = {"unprotected": "absent", "waiting": "present", "protected": "present", "error": "present"}
        assert diff["before"][vm["id"]]["state"] == words.get(cell.found, cell.found)
        assert diff["after"][vm["id"]]["state"] == words.get(vm["state"], vm["state"])
        assert diff["before"][vm["id"]] != diff["after"][vm["id"]]


@pytest.mark.parametrize("check", [True, False])
def test_a_machine_without_a_policy_is_not_suspended_unless_one_is_named(azure: Bench, check: bool) -> None:
    group, vault = target("suspended")
    names = [f"{group}/{name}" for name in ("stopped", "protected", "deleted")]
    result = azure.run(MODULE, vault, vms=names, state="suspended", undelete=True, check=check)
    codes = {name: (vm["error"] or {}).get("code") for name, vm in by_machine(result).items()}
    assert codes == {"stopped": "PolicyNeeded", "deleted": "PolicyNeeded", "protected": None}
    assert len(azure.writes) == (0 if check else 1)


@pytest.mark.parametrize("check", [True, False])
def test_a_vault_that_is_not_immutable_suspends_nobody_and_is_not_asked_to(azure: Bench, check: bool) -> None:
    group, vault = target("stopped")
    result = azure.run(MODULE, vault, select={"resource_groups": [group]}, state="suspended", check=check)
    assert result.failed and not azure.writes
    codes = {name: (vm["error"] or {}).get("code") for name, vm in by_machine(result).items()}
    assert codes["protected"] == codes["waiting"] == "VaultNotImmutable"
    assert codes["suspended"] is None
    assert "vault-plain is not immutable" in by_machine(result)["protected"]["error"]["message"]


def test_an_immutable_vault_deletes_nothing_that_was_backed_up(azure: Bench) -> None:
    group, vault = target("suspended")
    names = [f"{group}/{name}" for name in ("protected", "waiting")]
    options = {**vault, "vms": names, "state": "absent", "delete_backup_data": True}
    for check in (True, False):
        result = azure.run(MODULE, options, check=check)
        assert by_machine(result)["protected"]["error"]["code"] == "VaultImmutable"
        assert by_machine(result)["waiting"]["action"] == "delete"
    assert len(azure.writes) == 1


def test_all_that_the_vault_holds_can_be_chosen_what_is_gone_too(azure: Bench) -> None:
    group, vault = target("stopped")
    done = azure.settle(MODULE, vault, select={"resource_groups": [group]}, state="stopped", undelete=True)
    assert len(done["vms"]) == 12
    assert {vm["state"] for vm in done["vms"]} == {"stopped"}
    emptied = azure.settle(MODULE, vault, select={"names": ["*"]}, state="absent", delete_backup_data=True)
    assert {vm["state"] for vm in emptied["vms"]} == {"soft_deleted"}
    assert emptied["summary"] == {"total": 12, "changed": 12, "failed": 0, "unchanged": 0}


def test_a_deletion_says_what_soft_delete_keeps_and_until_when(azure: Bench) -> None:
    group, vault = target("absent")
    options = {**vault, "vms": [f"{group}/protected"], "state": "absent", "delete_backup_data": True}
    (predicted,) = azure.run(MODULE, options, check=True)["warnings"]
    done = azure.good(MODULE, options)
    (told,) = done["warnings"]
    until = done["vms"][0]["deleted_permanently_at"]
    assert "would keep the backup data of 1 virtual machine in vault vault-plain for 14 days" in str(predicted)
    assert f"keeps the backup data of 1 virtual machine in vault vault-plain until {until}" in str(told)
    again = azure.good(MODULE, options)
    assert "warnings" not in again
    assert again["vms"][0]["deleted_permanently_at"] == until


def test_without_soft_delete_data_is_gone_and_that_is_said(azure: Bench) -> None:
    group, vault = target("absent")
    (plain,) = (one for one in azure.simulator.simulator.azure.state.vaults.values() if one.name == "vault-plain")
    plain.soft_delete = "Disabled"
    options = {**vault, "vms": [f"{group}/protected"], "state": "absent", "delete_backup_data": True}
    predicted = azure.good(MODULE, options, check=True)
    done = azure.good(MODULE, options)
    assert predicted["diff"] == done["diff"]
    assert next(iter(done["diff"]["after"].values()))["state"] == "absent"
    assert done["vms"][0]["state"] == predicted["vms"][0]["state"] == "unprotected"
    assert "gone for good" in str(done["warnings"])
    assert not azure.good(MODULE, options)["changed"]


@pytest.mark.parametrize("check", [True, False])
def test_backup_data_is_never_deleted_unless_that_is_asked_for(azure: Bench, check: bool) -> None:
    group, vault = target("absent")
    result = azure.run(MODULE, vault, vms=[f"{group}/protected"], state="absent", check=check)
    assert result.failed and not azure.requests
    assert "delete_backup_data: true" in result["msg"]
    assert result["error"]["code"] == "InvalidInput"


def test_what_the_vault_does_not_hold_is_absent_but_can_not_be_stopped(azure: Bench) -> None:
    group, vault = target("absent")
    wished: dict[str, t.Any] = {"vms": [f"{group}/nobody", item_id(vault, group, "nobody"), f"{group}/protected"]}
    deleted = azure.good(MODULE, vault, **wished, state="absent", delete_backup_data=True)
    assert [vm["changed"] for vm in deleted["vms"]] == [True, False, False]
    stopped = azure.run(MODULE, vault, **wished, state="stopped", undelete=True)
    assert [(vm["error"] or {}).get("code") for vm in stopped["vms"]] == [None, "NotProtected", "NotProtected"]
    assert stopped["vms"][0]["state"] == "stopped"


def test_an_item_of_another_vault_is_refused_before_any_request(azure: Bench) -> None:
    group, vault = target("absent")
    other = item_id({"vault_name": "vault-immutable"}, group, "protected")
    result = azure.run(MODULE, vault, vms=[other], state="stopped")
    assert result.failed and not azure.requests
    assert "vault-plain" in result["msg"]


def test_a_machine_that_is_gone_is_told_apart_from_one_that_never_was(azure: Bench) -> None:
    group, vault = target("present")
    result = azure.run(MODULE, vault, vms=[f"{group}/gone-protected", f"{group}/nobody"])
    codes = {vm["name"]: vm["error"]["code"] for vm in result["vms"]}
    assert codes == {f"{group}/gone-protected": "VirtualMachineGone", f"{group}/nobody": "VirtualMachineNotFound"}
    assert not azure.writes


def test_without_waiting_only_what_comes_last_is_not_waited_for(azure: Bench) -> None:
    group, vault = target("suspended")
    names = [f"{group}/{name}" for name in ("stopped", "protected", "deleted")]
    options = {**vault, "vms": names, "state": "suspended", "undelete": True, "policy": "DefaultPolicy"}
    started = azure.good(MODULE, options, wait=False)
    assert len(azure.writes) == 6
    jobs = azure.good("vm_backup_job_info", vault, job_id=[vm["job_id"] for vm in started["vms"]])["jobs"]
    assert {job["operation"] for job in jobs} == {"DisableBackup"}
    azure.time.sleep(600)
    assert not azure.good(MODULE, options)["changed"]


@pytest.mark.parametrize("seed", range(2))
def test_a_hostile_service_is_brought_through_all_states(seed: int) -> None:
    """Jobs fail there at random, so a run may fail; the runs after it finish the work, and do nothing twice."""
    with bench("lifecycle", "hostile", seed=seed) as azure:
        group, vault = target("stopped")
        options: dict[str, t.Any] = {**vault, "select": {"resource_groups": [group]}, "poll_interval": 1}
        for wish in (
            {"state": "stopped", "undelete": True},
            {"state": "present", "policy": "EnhancedPolicy"},
            {"state": "absent", "delete_backup_data": True},
            {"state": "stopped", "undelete": True},
        ):
            ends = _until_done(azure, {**options, **wish})
            states = {"present": {"protected", "waiting"}, "stopped": {"stopped"}, "absent": {"soft_deleted"}}
            assert {vm["state"] for vm in ends["vms"]} <= states[str(wish["state"])], wish
            assert len(ends["vms"]) >= 7


def test_what_shows_late_is_waited_for_before_the_next_write() -> None:
    late = dataclasses.replace(profiles.Profile.named("recorded"), late=6)
    with mock.patch.object(profiles.Profile, "named", return_value=late), bench("lifecycle") as azure:
        group, vault = target("suspended")
        names = [f"{group}/{name}" for name in ("stopped", "deleted")]
        wish = {"vms": names, "state": "suspended", "undelete": True, "policy": "DefaultPolicy"}
        done = azure.good(MODULE, {**vault, **wish, "poll_interval": 2})
        assert {vm["state"] for vm in done["vms"]} == {"suspended"}
        assert len(azure.writes) == 5


def _until_done(azure: Bench, options: dict[str, t.Any]) -> ModuleResult:
    for _run in range(6):
        result = azure.run(MODULE, options)
        if not result.failed and not result["changed"]:
            assert not azure.writes
            return result
        azure.time.sleep(60)
    raise AssertionError(f"did not come to an end: {result.get('msg')}")


def test_a_machine_that_exists_can_be_protected_by_the_id_of_its_item_too(azure: Bench) -> None:
    group, vault = target("present")
    named = [item_id(vault, group, "stopped").upper(), f"{group}/stopped"]
    done = azure.settle(MODULE, vault, vms=named)
    (vm,) = done["vms"]
    assert (vm["name"], vm["action"]) == ("stopped", "resume")


def test_tags_choose_none_of_those_that_are_gone(azure: Bench) -> None:
    _group, vault = target("stopped")
    result = azure.good(MODULE, vault, select={"tags": {"env": "*"}}, state="stopped")
    assert result["vms"] == [] and "that the vault holds" in str(result["warnings"])


@pytest.mark.parametrize(
    ("name", "wish"),
    [
        ("protected", WISHES["stopped"]),
        ("protected", WISHES["absent"]),
        ("deleted", {"state": "stopped", "undelete": True}),
    ],
)
def test_what_another_task_has_begun_is_waited_for_and_not_begun_again(
    azure: Bench, name: str, wish: dict[str, t.Any]
) -> None:
    group, vault = target("stopped")
    options = {**vault, **wish, "vms": [f"{group}/{name}"]}
    (theirs,) = azure.good(MODULE, options, wait=False)["vms"]
    joined = azure.good(MODULE, options)
    (vm,) = joined["vms"]
    assert (vm["action"], vm["changed"], vm["job_id"]) == ("in_progress", False, theirs["job_id"])
    assert vm["state"] == theirs["state"]
    jobs = azure.good("vm_backup_job_info", vault, vms=[f"{group}/{name}"])["jobs"]
    assert [job["operation"] for job in jobs].count(jobs[0]["operation"]) == 1
