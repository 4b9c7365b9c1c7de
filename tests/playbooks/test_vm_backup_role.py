# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role on the small world: many regions and vaults in one run, a prediction that holds, and nothing done twice."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.playbooks import PlaybookRun, refusals, run_role
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

EVERYTHING: t.Final = {
    "vm_backup_select": {},
    "vm_backup_vault_resource_group": "rg-backup",
    "vm_backup_create_vaults": True,
    "vm_backup_back_up_now": "first",
}
UNPROTECTED: t.Final = {
    "rg-erp-neu/ERP-APP-01",
    "rg-erp-neu/ERP-APP-02",
    "rg-erp-neu/ERP-SQL-01",
    "rg-intranet-neu/dc-01",
    "rg-intranet-neu/wiki-01",
    "rg-shop-staging-weu/loadtest-01",
    "rg-shop-staging-weu/web-01",
    "rg-shop-weu/shop-db-01",
    "rg-shop-weu/web-01",
    "rg-shop-weu/web-02",
}


@pytest.fixture
def azure() -> t.Iterator[RunningSimulator]:
    with running_simulator(world="small", profile="fast") as running:
        yield running


def decided(run: PlaybookRun) -> dict[str, tuple[t.Any, ...]]:
    """What a run does, or predicts, with each machine that is not classic."""
    return {
        row["id"]: (row["action"], row["changed"], row["backup_action"], row["protected"], row["vault_name"])
        for row in run.result["vms"]
        if row["status"] != "classic"
    }


def test_from_nothing_to_a_protected_fleet_and_no_further(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    predicted = run_role(azure, tmp_path, EVERYTHING, check=True)
    assert predicted.status == 0, predicted.output
    assert azure.writes() == []

    first = run_role(azure, tmp_path, EVERYTHING)
    assert first.status == 0, first.output
    assert decided(predicted) == decided(first)
    assert [set(row) for row in predicted.result["vms"]] == [set(first.result["vms"][0])] * len(predicted.result["vms"])
    assert predicted.result["summary"]["changed"] == first.result["summary"]["changed"] == len(UNPROTECTED)

    done = [row for row in first.result["vms"] if row["changed"]]
    assert {f"{row['resource_group']}/{row['name']}" for row in done} == UNPROTECTED
    for row in done:
        assert row["status"] == "protected" and row["protection_state"] == "Protected" and row["error"] is None
        assert row["policy_name"] == "DefaultPolicy" and row["backup_status"] == "Completed"
        assert row["vault_name"] == f"vault-{row['location']}"
    assert len({row["job_id"] for row in done} | {row["backup_job_id"] for row in done}) == 2 * len(done)
    assert {vault["name"]: vault["changed"] for vault in first.result["vaults"]} == {
        "vault-northeurope": True,
        "vault-westeurope": True,
    }
    statuses = {row["name"]: (row["status"], row["needs_attention"]) for row in first.result["vms"]}
    assert statuses["billing-01"] == ("protected", False)
    assert first.row("billing-01")["vault_name"] == "legacy-vault"
    assert statuses["archive-01"] == ("soft_deleted", True)
    assert statuses["image-build-01"] == ("not_eligible", True)
    assert statuses["fax-01"] == ("classic", True)

    azure.forget_requests()
    second = run_role(azure, tmp_path, EVERYTHING)
    assert second.status == 0, second.output
    assert second.changed == 0 and second.result["changed"] is False
    assert azure.writes() == []
    assert {row["id"]: row["protection_state"] for row in second.result["vms"]} == {
        row["id"]: row["protection_state"] for row in first.result["vms"]
    }


def test_a_list_typed_into_a_text_area_with_what_cannot_be_protected(
    azure: RunningSimulator, tmp_path: pathlib.Path
) -> None:
    variables = {
        **EVERYTHING,
        "vm_backup_vms": "rg-shop-weu/web-02\nWEB-01, wiki-01\r\nnobody-knows-me\nimage-build-01\n\n",
        "vm_backup_back_up_now": "never",
        "vm_backup_require_all": True,
    }
    run = run_role(azure, tmp_path, variables)
    assert run.status != 0
    assert run.row("web-02")["action"] == run.row("wiki-01")["action"] == "protect"
    assert run.result["summary"]["protected"] == 2
    assert "rg-shop-weu/providers" in run.row("WEB-01")["error"]["message"]
    assert "rg-shop-staging-weu/providers" in run.row("WEB-01")["error"]["message"]
    assert run.row("nobody-knows-me")["error"]["code"] == "VirtualMachineNotFound"
    failures = " ".join(run.result["failures"])
    assert "nobody-knows-me" in failures and "WEB-01" in failures and "image-build-01: not protected." in failures
    assert len(run.result["failures"]) == 3


def test_one_region_that_fails_does_not_stop_another(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    variables = {
        "vm_backup_select": {"tags": "env=production", "exclude": "rg-intranet-neu/*, shop-db-*"},
        "vm_backup_vault_resource_group": "rg-backup",
        "vm_backup_vaults": {"West Europe": {"name": "legacy-vault", "resource_group": "rg-legacy-weu"}},
    }
    run = run_role(azure, tmp_path, variables)
    assert run.status != 0
    assert run.row("web-01")["vault_name"] == run.row("web-02")["vault_name"] == "legacy-vault"
    assert run.row("web-01")["protected"] and run.row("web-02")["protected"]
    assert run.row("web-01")["resource_group"] == "rg-shop-weu"
    assert run.row("archive-01")["status"] == "soft_deleted" and not run.row("archive-01")["error"]
    for name in ("ERP-APP-01", "ERP-APP-02", "ERP-SQL-01"):
        assert run.row(name)["error"]["code"] == "VaultNotFound"
    assert "vm_backup_create_vaults" in run.output
    assert {row["name"] for row in run.result["vms"]} == {
        "web-01",
        "web-02",
        "archive-01",
        "billing-01",
        "ERP-APP-01",
        "ERP-APP-02",
        "ERP-SQL-01",
    }
    assert len(run.result["failures"]) == 1 and run.result["failures"][0].startswith("ERP-APP-01, ERP-APP-02")


def test_a_policy_that_is_defined_is_made_in_every_regions_vault(
    azure: RunningSimulator, tmp_path: pathlib.Path
) -> None:
    variables = {
        **EVERYTHING,
        "vm_backup_back_up_now": "never",
        "vm_backup_policy": "gold",
        "vm_backup_policy_definition": {
            "schedule": {"time": "22:30"},
            "time_zone": "Europe/Berlin",
            "retention": {"daily": {"days": 30}},
        },
    }
    first = run_role(azure, tmp_path, variables)
    assert first.status == 0, first.output
    assert [vault["policy_changed"] for vault in first.result["vaults"]] == [True, True]
    assert {row["policy_name"] for row in first.result["vms"] if row["changed"]} == {"gold"}

    azure.forget_requests()
    second = run_role(azure, tmp_path, variables)
    assert second.status == 0 and second.changed == 0 and azure.writes() == []

    variables["vm_backup_policy"] = "platinum"
    predicted = run_role(azure, tmp_path, variables, check=True)
    assert predicted.status == 0 and azure.writes() == []
    changed = run_role(azure, tmp_path, variables)
    assert changed.status == 0, changed.output
    assert decided(predicted) == decided(changed)
    assert {row["action"] for row in changed.result["vms"] if row["changed"]} == {"change_policy"}
    assert {row["policy_name"] for row in predicted.result["vms"] if row["changed"]} == {"platinum"}

    variables["vm_backup_policy_definition"] = {"retention": {"daily": {"days": 6}}}
    refused = run_role(azure, tmp_path, variables)
    assert refused.status != 0
    assert "retention.daily.days: 6 is not allowed" in " ".join(refused.result["failures"])


def test_what_was_deleted_comes_back_when_asked(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    variables = {
        "vm_backup_vms": ["archive-01", "billing-01"],
        "vm_backup_vault_resource_group": "rg-legacy-weu",
        "vm_backup_vault_name": "legacy-vault",
        "vm_backup_undelete": True,
        "vm_backup_require_all": True,
    }
    predicted = run_role(azure, tmp_path, variables, check=True)
    assert azure.writes() == []
    run = run_role(azure, tmp_path, variables)
    assert predicted.status == run.status == 0, predicted.output + run.output
    assert decided(predicted) == decided(run)
    assert run.row("archive-01")["action"] == "undelete" and run.row("archive-01")["status"] == "protected"
    assert run.row("billing-01")["action"] == "none"
    again = run_role(azure, tmp_path, variables)
    assert again.changed == 0, again.output


def test_an_unfriendly_service_is_worn_down(tmp_path: pathlib.Path) -> None:
    with running_simulator(world="small", profile="hostile", seed=7) as azure:
        for _attempt in range(5):
            run = run_role(azure, tmp_path, {**EVERYTHING, "vm_backup_require_all": False})
            if run.status == 0:
                break
        assert run.status == 0, run.output
        # This profile writes ids in any letter case.
        protected = {f"{row['resource_group']}/{row['name']}".lower() for row in run.result["vms"] if row["protected"]}
        assert protected == {name.lower() for name in (*UNPROTECTED, "rg-legacy-weu/billing-01")}


def test_what_makes_no_sense_is_refused_before_anything_is_written(
    azure: RunningSimulator, tmp_path: pathlib.Path
) -> None:
    vaults = {"vm_backup_vault_resource_group": "rg-backup", "vm_backup_create_vaults": True}
    cases: list[tuple[dict[str, t.Any], str]] = [
        (vaults, "vm_backup_vms or vm_backup_select"),
        ({**vaults, "vm_backup_vms": " \n"}, "vm_backup_vms or vm_backup_select"),
        ({**vaults, "vm_backup_vms": []}, "the list is empty"),
        ({**vaults, "vm_backup_vms": "web 01"}, "'web 01' is not allowed"),
        ({**vaults, "vm_backup_select": {}, "vm_backup_vault_resource_group": " "}, "vm_backup_vault_resource_group"),
        ({"vm_backup_select": {}}, "vm_backup_vault_resource_group"),
        ({**vaults, "vm_backup_select": {"label": "x"}}, "label"),
        ({**vaults, "vm_backup_select": {"tags": "=x"}}, "NAME=VALUE"),
        ({**vaults, "vm_backup_select": {}, "vm_backup_back_up_now": "often"}, "never, first, always"),
        ({**vaults, "vm_backup_select": {}, "vm_backup_vault_name": "everything"}, "several regions"),
    ]
    messages = refusals(azure, tmp_path, [variables for variables, _said in cases])
    for (variables, said), message in zip(cases, messages, strict=True):
        assert said in message and "Traceback" not in message, f"{variables}: {message}"
    assert azure.writes() == []
