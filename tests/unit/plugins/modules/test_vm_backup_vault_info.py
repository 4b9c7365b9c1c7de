# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vm_backup_vault_info against the simulator."""

from __future__ import annotations

import typing as t
from unittest import mock

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import paging
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench

MODULE = "vm_backup_vault_info"
VAULT = {"resource_group": "rg-backup", "vault_name": "vault-westeurope"}
ALL = ["vault-empty", "vault-no-soft-delete", "vault-northeurope", "vault-second", "vault-westeurope"]


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    with bench("estate") as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, ALL),
        ({"resource_group": "rg-backup"}, ALL),
        ({"resource_group": "RG-Backup"}, ALL),
        ({"resource_group": "rg-web"}, []),
        ({"vault_name": "VAULT-Second"}, ["vault-second"]),
        ({"vault_name": "vault-nowhere"}, []),
        (VAULT, ["vault-westeurope"]),
        (VAULT | {"vault_name": "vault-nowhere"}, []),
        (VAULT | {"vault_name": "vault-second", "resource_group": "rg-web"}, []),
    ],
)
def test_vaults_are_found_by_name_group_and_subscription(
    azure: Bench, options: dict[str, t.Any], found: list[str], check: bool
) -> None:
    result = azure.good(MODULE, options, check=check)
    assert not result["changed"] and not azure.writes
    assert [vault["name"] for vault in result["vaults"]] == found


def test_the_vaults_of_another_subscription_are_those_of_that_one(azure: Bench) -> None:
    result = azure.good(MODULE, subscription_id="5d3c2b1a-0000-4000-8000-00000000000b")
    assert [vault["name"] for vault in result["vaults"]] == ["vault-shared"]


@pytest.mark.parametrize("options", [{}, {"resource_group": "rg-backup"}, {"vault_name": "vault-westeurope"}])
def test_all_pages_are_read(azure: Bench, options: dict[str, str]) -> None:
    with mock.patch.object(paging, "PAGE_SIZE", 2):
        result = azure.good(MODULE, options, usage=False)
    assert [vault["name"] for vault in result["vaults"]] == (
        [options["vault_name"]] if "vault_name" in options else ALL
    )
    assert len(azure.requests) == 3


def test_settings_are_in_the_shape_of_the_options(azure: Bench) -> None:
    for vault in azure.good(MODULE, usage=False)["vaults"]:
        options = {"resource_group": vault["resource_group"], "vault_name": vault["name"], **vault["settings"]}
        azure.settle("vm_backup_vault", options, changed=False)


def test_usage_counts_items_by_type_and_the_jobs_of_a_day(azure: Bench) -> None:
    def usage() -> dict[str, t.Any]:
        (vault,) = azure.good(MODULE, VAULT)["vaults"]
        return t.cast("dict[str, t.Any]", vault["usage"])

    before = usage()
    assert before["items_by_type"]["AzureIaasVM"] == before["items"] == 3
    assert (before["jobs_in_progress"], before["jobs_failed"]) == (0, 0)
    azure.fail_jobs_of("held-stopped")
    azure.run("vm_backup_protect", VAULT, vms=["held-stopped"])
    azure.good("vm_backup_now", VAULT, vms=["held-protected"], wait=False)
    during = usage()
    assert (during["jobs_in_progress"], during["jobs_failed"]) == (1, 1)
    azure.simulator.advance(2 * 86400)
    after = usage()
    assert (after["jobs_in_progress"], after["jobs_failed"]) == (0, 0)


def test_a_service_without_counters_of_jobs_has_its_jobs_counted(azure: Bench) -> None:
    azure.fail_jobs_of("held-stopped")
    azure.run("vm_backup_protect", VAULT, vms=["held-stopped"])
    azure.good("vm_backup_now", VAULT, vms=["held-protected"], wait=False)
    azure.simulator.add_fault(path="/usages$", status=200, body={"value": []})
    (vault,) = azure.good(MODULE, VAULT)["vaults"]
    assert (vault["usage"]["jobs_in_progress"], vault["usage"]["jobs_failed"]) == (1, 1)
    assert vault["usage"]["items_critical"] is None


def test_usage_is_left_out_on_request(azure: Bench) -> None:
    result = azure.good(MODULE, usage=False)
    assert [vault["usage"] for vault in result["vaults"]] == [None] * len(ALL)
    assert len(azure.requests) == 1


def test_a_vault_whose_usage_can_not_be_read_is_shown_with_a_warning(azure: Bench) -> None:
    azure.simulator.add_fault(
        path="/vaults/vault-second/usages$", status=403, code="AuthorizationFailed", message="No."
    )
    result = azure.good(MODULE)
    usages = {vault["name"]: vault["usage"] for vault in result["vaults"]}
    assert usages.pop("vault-second") is None
    assert all(usages.values())
    assert "vault-second" in str(result["warnings"])


def test_a_missing_resource_group_is_an_error_and_not_an_empty_list(azure: Bench) -> None:
    result = azure.run(MODULE, resource_group="rg-nowhere")
    assert result.failed
    assert result["error"]["code"] == "ResourceGroupNotFound"


@pytest.mark.parametrize("option", ["vault_name", "resource_group"])
def test_a_name_that_can_not_be_is_refused_without_a_request(azure: Bench, option: str) -> None:
    result = azure.run(MODULE, {option: "a/b"})
    assert result.failed and not azure.requests
    assert result["msg"].startswith(f"{option}:")
