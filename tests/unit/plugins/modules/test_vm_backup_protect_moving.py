# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moving machines to another vault with vm_backup_protect, against the simulator."""

from __future__ import annotations

import re
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench

MODULE = "vm_backup_protect"
NEW = {"resource_group": "rg-backup", "vault_name": "vault-new"}
MOVE = {**NEW, "move_to_vault": True}
SUBSCRIPTION = "/subscriptions/5d3c2b1a-0000-4000-8000-00000000000a"
REQUEST = (
    f"{SUBSCRIPTION}/resourceGroups/rg-security/providers/Microsoft.DataProtection/resourceGuards/guard"
    "/stopProtectionWithRetainDataRequests/default"
)
VAULTS = f"{SUBSCRIPTION}/resourceGroups/rg-backup/providers/Microsoft.RecoveryServices/vaults"


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    with bench("moving") as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


def vault_of(write: str) -> str:
    found = re.search(r"/vaults/([^/]+)/", write)
    return found.group(1) if found else ""


def state_in(azure: Bench, vault: str, name: str) -> str | None:
    """Return the state of a machine's item in a vault, None when it has none."""
    (held,) = [one for one in azure.simulator.simulator.azure.state.vaults.values() if one.name == vault]
    return next((item.state for item in held.items.values() if item.machine.name == name), None)


def test_a_machine_is_moved_with_its_disks(azure: Bench) -> None:
    done = azure.settle(MODULE, MOVE, vms=["rg-db/db-01"], policy="Weekly")
    vm = done.vm("db-01")
    assert (vm["action"], vm["policy_name"], vm["protection_state"]) == ("move", "Weekly", "IRPending")
    assert vm["disks"] == {"mode": "exclude", "luns": [1]}
    assert vm["item_id"].startswith(f"{VAULTS}/vault-new/")
    old = vm["moved_from"]
    assert (old["vault_name"], old["state"], old["policy_name"]) == ("old-one", "stopped", "DefaultPolicy")
    assert old["vault_id"] == f"{VAULTS}/old-one" and old["item_id"].startswith(old["vault_id"])
    assert old["job_id"] and old["job_id"] != vm["job_id"]
    before, after = (done["diff"][side][vm["id"]] for side in ("before", "after"))
    assert (before["vault_name"], before["policy_name"]) == ("old-one", "DefaultPolicy")
    assert (after["vault_name"], after["policy_name"]) == ("vault-new", "Weekly")
    assert after["old_vault"] == {"name": "old-one", "state": "stopped"}
    assert state_in(azure, "old-one", "db-01") == "ProtectionStopped"
    assert state_in(azure, "vault-new", "db-01") == "IRPending"


def test_first_it_is_stopped_there_and_then_protected_here(azure: Bench) -> None:
    azure.good(MODULE, MOVE, vms=["rg-db/db-01"])
    assert [vault_of(write) for write in azure.writes] == ["old-one", "vault-new"]


def test_the_task_can_select_other_disks_in_the_new_vault(azure: Bench) -> None:
    done = azure.settle(MODULE, MOVE, vms=["rg-db/db-01"], disks={"mode": "include", "names": ["db-01-TABLES"]})
    assert done.vm("db-01")["disks"] == {"mode": "include", "luns": [4]}


def test_many_machines_come_from_several_vaults_at_once(azure: Bench) -> None:
    names = ["rg-db/db-01", "rg-web/web-01", "rg-web/web-02", "rg-web/locked-01", "rg-web/fresh-01", "rg-db/here-01"]
    done = azure.settle(MODULE, MOVE, vms=names)
    found = {vm["name"]: (vm["action"], (vm["moved_from"] or {}).get("vault_name")) for vm in done["vms"]}
    assert found == {
        "db-01": ("move", "old-one"),
        "web-01": ("move", "old-one"),
        "web-02": ("move", "old-two"),
        "locked-01": ("move", "old-immutable"),
        "fresh-01": ("protect", None),
        "here-01": ("none", None),
    }
    assert done["summary"] == {"total": 6, "changed": 5, "failed": 0, "unchanged": 1}


def test_each_vault_is_listed_once_however_many_machines_there_are(azure: Bench) -> None:
    names = ["rg-db/db-01", "rg-web/web-01", "rg-web/web-02", "rg-web/locked-01", "rg-web/locked-02"]
    azure.good(MODULE, MOVE, vms=names, check=True)
    listings = [line for line in azure.requests if line.endswith("/backupProtectedItems")]
    assert sorted(map(vault_of, listings)) == ["old-guarded", "old-immutable", "old-one", "old-two", "vault-new"]
    assert not [line for line in azure.requests if "backupStatus" in line]


def test_without_the_option_a_machine_stays_and_the_message_names_it(azure: Bench) -> None:
    result = azure.run(MODULE, NEW, vms=["rg-web/web-01"])
    assert result.failed and not azure.writes
    assert result["error"]["code"] == "VirtualMachineAlreadyProtected"
    assert "move_to_vault: true" in " ".join(result["error"]["recommendations"])


def test_what_waits_for_its_first_backup_can_be_moved(azure: Bench) -> None:
    done = azure.settle(MODULE, MOVE, vms=["rg-web/pending-01"])
    assert done.vm("pending-01")["moved_from"]["state"] == "stopped"


def test_a_machine_that_is_stopped_there_is_only_protected_here(azure: Bench) -> None:
    done = azure.settle(MODULE, MOVE, vms=["rg-web/stopped-01"])
    vm = done.vm("stopped-01")
    assert (vm["action"], vm["moved_from"]["state"], vm["moved_from"]["job_id"]) == ("move", "stopped", None)


@pytest.mark.parametrize("check", [True, False])
def test_what_a_stopped_machine_had_is_unknown_and_said_so(azure: Bench, check: bool) -> None:
    done = azure.good(MODULE, MOVE, vms=["rg-web/stopped-01", "rg-web/web-01"], check=check)
    (warning,) = map(str, done["warnings"])
    assert "stopped-01 (old-two)." in warning and "web-01" not in warning
    assert ("would get DefaultPolicy, and all disks" in warning) is check
    azure.reset()
    named = azure.good(MODULE, MOVE, vms=["rg-web/stopped-01"], policy="Weekly", check=check)
    assert not named.get("warnings")


def test_an_immutable_vault_can_keep_the_old_data_by_policy(azure: Bench) -> None:
    done = azure.settle(MODULE, MOVE, vms=["rg-web/locked-01"], keep_old_data="by_policy")
    vm = done.vm("locked-01")
    assert (vm["moved_from"]["state"], vm["moved_from"]["policy_name"]) == ("suspended", "DefaultPolicy")
    assert done["diff"]["after"][vm["id"]]["old_vault"] == {"name": "old-immutable", "state": "suspended"}
    assert state_in(azure, "old-immutable", "locked-01") == "BackupsSuspended"


@pytest.mark.parametrize(
    ("name", "more", "code", "said"),
    [
        ("rg-web/north-01", {}, "UserErrorVmVaultLocationMismatch", "region"),
        ("rg-web/deleted-01", {}, "SoftDeleted", "backups in vault old-two were deleted"),
        ("rg-web/web-01", {"keep_old_data": "by_policy"}, "VaultNotImmutable", "vault old-one is not immutable"),
        ("rg-web/web-01", {"move_from": ["old-two"]}, "VirtualMachineAlreadyProtected", "move_from does not name"),
        ("rg-db/db-01", {"disks": {"mode": "include", "luns": [9]}}, "DiskNotFound", "no data disk at LUN 9"),
        ("rg-web/golden-01", {}, "PolicyNotFound", "golden-01 has policy Gold in vault old-two"),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_what_cannot_be_moved_is_said_before_anything_is_touched(
    azure: Bench, name: str, more: dict[str, t.Any], code: str, said: str, check: bool
) -> None:
    result = azure.run(MODULE, MOVE, vms=[name], check=check, **more)
    assert result.failed and not result["changed"] and not azure.writes
    assert result["error"]["code"] == code
    assert said in result["error"]["message"]
    assert result["vms"][0]["moved_from"] is None


def test_a_policy_that_the_new_vault_lacks_fails_the_task_first(azure: Bench) -> None:
    result = azure.run(MODULE, MOVE, vms=["rg-web/web-01"], policy="Gold")
    assert result.failed and result["error"]["code"] == "PolicyNotFound" and not azure.writes


def test_without_a_policy_each_machine_gets_the_one_of_the_same_name(azure: Bench) -> None:
    azure.good(MODULE, {**NEW, "vault_name": "old-one"}, vms=["rg-web/pending-01"])
    weekly = {
        "schedule": {"frequency": "weekly", "time": "03:00", "days": ["Sunday"]},
        "retention": {"weekly": {"weeks": 9}},
    }
    azure.good("vm_backup_policy", {**NEW, "vault_name": "old-one"}, name="WEEKLY", **weekly)
    azure.good(MODULE, {**NEW, "vault_name": "old-one"}, vms=["rg-web/web-01"], policy="WEEKLY")
    done = azure.settle(MODULE, MOVE, vms=["rg-web/web-01", "rg-web/pending-01"])
    assert [(vm["name"], vm["policy_name"]) for vm in done["vms"]] == [
        ("web-01", "Weekly"),
        ("pending-01", "DefaultPolicy"),
    ]


def test_an_old_vault_that_cannot_be_read_cannot_be_left(azure: Bench) -> None:
    azure.simulator.add_fault(method="GET", path="/vaults/old-one/backupProtectedItems", status=403)
    result = azure.run(MODULE, MOVE, vms=["rg-web/web-01", "rg-web/web-02"])
    assert result.failed and result["changed"]
    error = result.vm("web-01")["error"]
    assert error["code"] == "AuthorizationFailed"
    assert "vaults/old-one, which can't be read, so it was not moved" in error["message"]
    assert result.vm("web-02")["action"] == "move"


@pytest.mark.parametrize("check", [True, False])
def test_a_guard_of_the_old_vault_is_asked_first(azure: Bench, check: bool) -> None:
    result = azure.run(MODULE, MOVE, vms=["rg-web/guarded-01", "rg-web/web-01"], check=check)
    assert result.failed and result["changed"]
    error = result.vm("guarded-01")["error"]
    assert error["code"] == "ResourceGuardRequestMissing"
    assert "stopping protection in vault old-guarded" in error["message"]
    assert REQUEST in " ".join(error["recommendations"])
    assert (result.vm("guarded-01")["moved_from"], result.vm("web-01")["action"]) == (None, "move")
    assert {vault_of(write) for write in azure.writes} == (set() if check else {"old-one", "vault-new"})


def test_with_its_request_a_machine_leaves_a_guarded_vault(azure: Bench) -> None:
    done = azure.settle(MODULE, MOVE, vms=["rg-web/guarded-01"], resource_guard_operation_requests=[REQUEST])
    assert done.vm("guarded-01")["moved_from"]["vault_name"] == "old-guarded"


def test_machines_come_from_a_vault_of_another_subscription(azure: Bench) -> None:
    done = azure.settle(MODULE, MOVE, vms=["rg-web/in-shared-vault"])
    assert done.vm("in-shared-vault")["moved_from"]["vault_name"] == "vault-shared"


SHARED = (
    "/subscriptions/5d3c2b1a-0000-4000-8000-00000000000b/resourceGroups/rg-shared"
    "/providers/Microsoft.RecoveryServices/vaults/vault-shared"
)


def test_a_vault_of_another_subscription_is_named_by_its_id(azure: Bench) -> None:
    done = azure.settle(MODULE, MOVE, vms=["rg-web/in-shared-vault", "rg-web/web-01"], move_from=[SHARED, "old-one"])
    assert [vm["moved_from"]["vault_name"] for vm in done["vms"]] == ["vault-shared", "old-one"]


@pytest.mark.parametrize("path", ["/vaults/vault-shared$", "/vaults/vault-shared/backupProtectedItems"])
def test_a_vault_of_another_subscription_that_cannot_be_read_is_named(azure: Bench, path: str) -> None:
    azure.simulator.add_fault(method="GET", path=path, status=403)
    result = azure.run(MODULE, MOVE, vms=["rg-web/in-shared-vault", "rg-web/web-01"])
    assert f"{SHARED.lower()}, which can't be read" in result.vm("in-shared-vault")["error"]["message"].lower()
    assert result.vm("web-01")["action"] == "move"


@pytest.mark.parametrize("more", [{}, {"move_from": ["old-one"]}, {"move_from": [f"{VAULTS}/old-one"]}])
def test_when_the_vaults_to_move_from_cannot_be_found_nothing_is_moved(azure: Bench, more: dict[str, t.Any]) -> None:
    azure.simulator.add_fault(method="GET", path="/vaults(/old-one)?$", status=403)
    result = azure.run(MODULE, MOVE, vms=["rg-web/web-01"], **more)
    assert result.failed and result["error"]["code"] == "AuthorizationFailed"
    assert not azure.writes


@pytest.mark.parametrize("source", ["OLD-one", f"{VAULTS}/old-one"])
def test_only_the_named_vaults_are_looked_into(azure: Bench, source: str) -> None:
    done = azure.settle(MODULE, MOVE, vms=["rg-web/web-01"], move_from=[source])
    assert done.vm("web-01")["moved_from"]["vault_name"] == "old-one"
    azure.reset()
    azure.good(MODULE, MOVE, vms=["rg-web/web-01"], move_from=[source], check=True)
    assert not [line for line in azure.requests if "/vaults/old-two/" in line]


def test_a_vault_to_move_from_has_to_be_there(azure: Bench) -> None:
    result = azure.run(MODULE, MOVE, vms=["rg-web/web-01"], move_from=["old-three"])
    assert result.failed and not azure.writes
    assert "move_from: there is no Recovery Services vault 'old-three'" in result["msg"]


def test_when_the_old_vault_does_not_let_go_the_machine_stays_protected_there(azure: Bench) -> None:
    azure.simulator.add_fault(
        method="PUT", path="/vaults/old-one/.*;web-01$", status=400, code="BMSUserErrorObjectBusy", message="Busy."
    )
    result = azure.run(MODULE, MOVE, vms=["rg-web/web-01", "rg-web/web-02"])
    assert result.failed and result.vm("web-02")["action"] == "move"
    vm = result.vm("web-01")
    assert "web-01 was not moved: vault old-one still protects it" in vm["error"]["message"]
    assert state_in(azure, "old-one", "web-01") == "Protected"
    assert state_in(azure, "vault-new", "web-01") is None


def test_a_half_failed_move_says_where_the_machine_is_and_the_next_run_finishes(azure: Bench) -> None:
    azure.fail_jobs_of("db-01")
    result = azure.run(MODULE, MOVE, vms=["rg-db/db-01"])
    assert result.failed and result["changed"]
    vm = result.vm("db-01")
    assert vm["changed"] and vm["item_id"] is None
    assert (vm["moved_from"]["vault_name"], vm["moved_from"]["state"]) == ("old-one", "stopped")
    message = vm["error"]["message"]
    assert "db-01 is backed up nowhere now: its protection is stopped in vault old-one" in message
    assert "There it had policy DefaultPolicy and the disks exclude LUN 1." in message
    after = result["diff"]["after"][vm["id"]]
    assert after["old_vault"] == {"name": "old-one", "state": "stopped"} and after["state"] == "absent"
    done = azure.settle(MODULE, MOVE, vms=["rg-db/db-01"], disks={"mode": "exclude", "luns": [1]})
    assert done.vm("db-01")["action"] == "move"
    assert state_in(azure, "vault-new", "db-01") == "IRPending"


def test_a_machine_can_be_moved_back(azure: Bench) -> None:
    azure.settle(MODULE, MOVE, vms=["rg-web/web-01"])
    back = {**MOVE, "vault_name": "old-one"}
    done = azure.settle(MODULE, back, vms=["rg-web/web-01"])
    vm = done.vm("web-01")
    assert (vm["action"], vm["moved_from"]["vault_name"], vm["protection_state"]) == ("move", "vault-new", "Protected")
    assert state_in(azure, "vault-new", "web-01") == "ProtectionStopped"


def test_resuming_here_is_no_move_when_the_data_elsewhere_is_only_kept(azure: Bench) -> None:
    azure.good(MODULE, MOVE, vms=["rg-web/web-01"])
    azure.good(MODULE, NEW, vms=["rg-web/web-01"], state="stopped")
    done = azure.settle(MODULE, MOVE, vms=["rg-web/web-01"])
    assert (done.vm("web-01")["action"], done.vm("web-01")["moved_from"]) == ("resume", None)


def test_without_waiting_only_the_protection_here_is_not_waited_for(azure: Bench) -> None:
    done = azure.good(MODULE, MOVE, vms=["rg-web/web-01"], wait=False)
    assert done.vm("web-01")["moved_from"]["state"] == "stopped"
    assert state_in(azure, "old-one", "web-01") == "ProtectionStopped"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"move_from": ["old-one"]}, "move_from"),
        ({"keep_old_data": "forever"}, "keep_old_data"),
        ({"move_to_vault": True, "state": "stopped"}, "move_to_vault"),
        ({"move_to_vault": True, "move_from": ["vault new"]}, "move_from"),
    ],
)
def test_options_that_make_no_sense_are_refused(azure: Bench, more: dict[str, t.Any], said: str) -> None:
    result = azure.run(MODULE, NEW, vms=["rg-web/web-01"], **more)
    assert result.failed and said in result["msg"]
    assert not azure.requests


def test_a_stop_that_takes_too_long_is_told_as_such_and_the_next_run_goes_on(azure: Bench) -> None:
    result = azure.run(MODULE, MOVE, vms=["rg-web/web-01"], wait_timeout=0)
    assert result.failed and result["changed"]
    vm = result.vm("web-01")
    assert "web-01 was not moved yet: its protection is still being stopped in vault old-one" in vm["error"]["message"]
    assert vm["error"]["retryable"] and state_in(azure, "vault-new", "web-01") is None
    azure.time.sleep(60)
    azure.settle(MODULE, MOVE, vms=["rg-web/web-01"])


def test_the_old_data_can_be_deleted_afterwards_and_the_machine_stays_here(azure: Bench) -> None:
    azure.good(MODULE, MOVE, vms=["rg-web/web-01"])
    old = {**NEW, "vault_name": "old-one", "state": "absent", "delete_backup_data": True}
    azure.settle(MODULE, old, vms=["rg-web/web-01"])
    azure.settle(MODULE, MOVE, vms=["rg-web/web-01"], changed=False)


@pytest.mark.parametrize("vault", ["old-one", "vault-new"])
@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_a_lost_answer_neither_stops_nor_protects_twice(azure: Bench, vault: str, kind: str) -> None:
    azure.simulator.add_fault(kind=kind, method="PUT", path=f"/vaults/{vault}/", times=1)
    done = azure.good(MODULE, MOVE, vms=["rg-web/web-01"])
    assert done.vm("web-01")["action"] == "move"
    accepted = [line for line in azure.simulator.writes() if line.status == 202]
    assert sorted(vault_of(line.path) for line in accepted) == ["old-one", "vault-new"]
    azure.settle(MODULE, MOVE, vms=["rg-web/web-01"], changed=False)
