# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which vault each machine belongs to, and what comes next for each vault."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._fleet import groups

SUBSCRIPTION = "/subscriptions/aaaaaaaa-0000-4000-8000-000000000001"


def vm_id(name: str) -> str:
    return f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/{name}"


def vault_id(name: str, group: str = "rg-backup") -> str:
    return f"{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.RecoveryServices/vaults/{name}"


def machine(name: str, status: str | None = "protectable", **more: t.Any) -> dict[str, t.Any]:
    """One of ``vms`` as a module returns it, as far as the groups look at it."""
    return {
        "id": vm_id(name),
        "name": name,
        "location": "westeurope",
        "status": status,
        "vault_id": None,
        "item_id": "item",
        "policy_name": "DefaultPolicy",
        "protection_state": "IRPending",
        "soft_deleted": False,
        "job_id": None,
        "error": None,
        **more,
    }


def grouped(*machines: dict[str, t.Any], **more: t.Any) -> list[dict[str, t.Any]]:
    options = {"vault_name": "vault-{location}", "resource_group": "rg-backup", "vaults": {}, "policy": "", **more}
    return groups.by_vault(machines, **options)


def names(group: dict[str, t.Any]) -> list[str]:
    return [one.rpartition("/")[2] for one in group["vms"]]


def test_each_region_has_a_vault_of_its_own() -> None:
    found = grouped(machine("a"), machine("b", location="northeurope"), machine("c"))
    assert [(group["vault_name"], names(group)) for group in found] == [
        ("vault-northeurope", ["b"]),
        ("vault-westeurope", ["a", "c"]),
    ]
    assert all(group["refresh"] and group["error"] is None and group["policy"] is None for group in found)


def test_a_map_overrides_name_group_and_policy_whatever_form_the_region_has() -> None:
    (group,) = grouped(
        machine("a"),
        policy="silver",
        vaults={"West Europe": {"name": " v1 ", "resource_group": "rg-1", "policy": "gold"}},
    )
    assert (group["vault_name"], group["resource_group"], group["policy"]) == ("v1", "rg-1", "gold")
    (group,) = grouped(machine("a"), policy="silver", vaults={"westeurope": {}})
    assert (group["vault_name"], group["resource_group"], group["policy"]) == (
        "vault-westeurope",
        "rg-backup",
        "silver",
    )


def test_a_machine_stays_in_the_vault_that_holds_it() -> None:
    here, there = vault_id("VAULT-westeurope", "RG-Backup"), vault_id("legacy")
    (group,) = grouped(
        machine("mine", "protected", vault_id=here),
        machine("theirs", "protected", vault_id=there),
        machine("deleted-there", "soft_deleted", vault_id=there),
        machine("stopped-here", "stopped", vault_id=here),
    )
    assert names(group) == ["mine", "stopped-here"]
    assert group["refresh"] is False


@pytest.mark.parametrize("status", ["not_eligible", "protected"])
def test_no_vault_is_needed_for_what_no_vault_could_protect(status: str) -> None:
    assert grouped(machine("a", status, vault_id=vault_id("legacy"))) == []


def test_an_entry_that_names_no_machine_is_in_no_group() -> None:
    assert grouped(machine("nobody", None, id=None, location=None)) == []


def test_one_vault_can_not_serve_two_regions() -> None:
    found = grouped(machine("a"), machine("b", location="northeurope"), vault_name="Everything")
    assert {group["error"]["code"] for group in found} == {"OneVaultForSeveralRegions"}
    assert "northeurope, westeurope" in found[0]["error"]["message"]


def seen(*machines: dict[str, t.Any], **more: t.Any) -> list[dict[str, t.Any]]:
    return [{"item": {"vault_name": "v", "vms": ["old"]}, "vms": list(machines), **more}]


def test_only_vaults_that_are_there_or_may_be_are_asked() -> None:
    item = {"vault_name": "v"}
    results: list[dict[str, t.Any]] = [
        {"item": item, "vault": {}, "changed": True},
        {"item": {"vault_name": "skipped"}, "skipped": True, "changed": False},
        {"item": {"vault_name": "failed"}, "error": {"code": "AuthorizationFailed"}, "msg": "no"},
        {"item": {"vault_name": "crashed"}, "msg": "MODULE FAILURE"},
    ]
    assert [group["vault_name"] for group in groups.to_discover(results)] == ["v", "skipped"]


def test_each_step_gets_its_machines() -> None:
    statuses = [*groups.UNPROTECTED, "protected", "stopped", "soft_deleted", "not_eligible", "classic", "other_region"]
    results = seen(*(machine(status, status) for status in statuses))
    assert [names(group) for group in groups.to_register(results)] == [[groups.NOT_VISIBLE]]
    kept = [*groups.UNPROTECTED, "protected", "stopped"]
    assert [names(group) for group in groups.to_protect(results, undelete=False)] == [kept]
    assert [names(group) for group in groups.to_protect(results, undelete=True)] == [[*kept, "soft_deleted"]]
    assert groups.to_register(seen(machine("a", "protected"), machine("b", "protectable"))) == []


@pytest.mark.parametrize(("when", "chosen"), [("never", []), ("first", ["new"]), ("always", ["new", "old"])])
def test_backups_are_for_what_is_protected(when: str, chosen: list[str]) -> None:
    results = seen(
        machine("new"),
        machine("old", protection_state="Protected"),
        machine("predicted", item_id=None),
        machine("failed", error={"code": "X"}),
        machine("gone", soft_deleted=True, protection_state="ProtectionStopped"),
    )
    assert [name for group in groups.to_back_up(results, when=when) for name in names(group)] == chosen


def test_waiting_is_for_jobs_that_run() -> None:
    results = seen(machine("a", job_id="1"), machine("b"), machine("c", job_id="2", error={"code": "X"}))
    assert [group["job_ids"] for group in groups.to_await(results)] == [["1"]]
    assert groups.to_await([{"item": {}, "msg": "failed"}]) == []


def test_a_backup_whose_job_is_not_known_is_not_forgotten() -> None:
    started = [machine("a", job_id="1", request_id="r1"), machine("b", request_id="r2"), machine("c", request_id=None)]
    (group,) = groups.to_await(seen(*started))
    assert group["job_ids"] == ["1"]
    assert group["unknown_jobs"] == [{"id": started[1]["id"], "request_id": "r2"}]


def test_a_policy_is_ensured_where_its_vault_is_there_and_has_no_other() -> None:
    here, missing, other = ({**grouped(machine("a"), policy=name)[0]} for name in ("gold", "gold", "silver"))
    seen = [{"item": here, "vms": []}, {"item": missing, "msg": "no vault"}, {"item": other, "vms": []}]
    assert groups.to_ensure(seen, policy=" gold ") == [here]
    # A region that names the policy in other letters means the same one.
    assert groups.to_ensure(seen, policy="GOLD") == [here]
    assert groups.to_ensure([{"item": {**here, "policy": None}, "vms": []}], policy="gold") == []
    assert groups.to_ensure(seen, policy="") == []


@pytest.mark.parametrize(
    ("result", "check_mode", "expected"),
    [
        ({"policy": {}, "policy_created": True}, False, [("gold", None)]),
        ({"policy": {}, "policy_created": False}, True, [("gold", None)]),
        ({"policy": {}, "policy_created": True}, True, [(None, "gold")]),
        ({"msg": "refused"}, False, []),
    ],
)
def test_machines_are_protected_with_a_policy_that_was_ensured(
    result: dict[str, t.Any], check_mode: bool, expected: list[tuple[str | None, str | None]]
) -> None:
    (group,) = grouped(machine("a"), policy="gold")
    seen = [{"item": group, "vms": [machine("a")]}]
    policies = [{"item": group, **result}]
    found = groups.to_protect(seen, undelete=False, policies=policies, check_mode=check_mode)
    assert [(one["policy"], one.get("new_policy")) for one in found] == expected
