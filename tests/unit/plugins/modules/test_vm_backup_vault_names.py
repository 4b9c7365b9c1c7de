# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vm_backup_vault where Azure does not let a vault be made: its name is taken, or the service is not registered."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench

MODULE = "vm_backup_vault"
NEW = {"resource_group": "rg-backup", "vault_name": "vault-new", "location": "westeurope"}
LABORATORY = "5d3c2b1a-0000-4000-8000-00000000000c"


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    with bench("keeping") as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


@pytest.fixture
def deleted(azure: Bench) -> Bench:
    """A vault of the name was deleted, and its name is taken for 14 days."""
    azure.good(MODULE, NEW)
    azure.good(MODULE, NEW, state="absent")
    return azure


@pytest.mark.parametrize("check", [True, False])
def test_the_name_of_a_deleted_vault_is_refused_with_how_to_bring_it_back(deleted: Bench, check: bool) -> None:
    result = deleted.run(MODULE, NEW, check=check)
    assert result.failed and not deleted.writes
    assert result["error"]["code"] == "VaultSoftDeleted"
    assert "keeps it until 2026-01-19" in result["msg"]
    assert "az backup deleted-vault undelete --ids /subscriptions/" in result["msg"]


def test_the_name_is_free_again_when_the_deleted_vault_is_gone(deleted: Bench) -> None:
    deleted.simulator.advance(15 * 86400)
    assert deleted.good(MODULE, NEW)["changed"]


@pytest.mark.parametrize("other", [{"vault_name": "vault-newer"}, {"resource_group": "rg-other"}])
def test_other_names_and_groups_are_free(deleted: Bench, other: dict[str, str]) -> None:
    assert deleted.good(MODULE, {**NEW, **other})["changed"]


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_cloud_that_does_not_tell_of_deleted_vaults_is_asked_to_make_it(azure: Bench, status: int) -> None:
    azure.simulator.add_fault(path="/deletedVaults$", status=status, code="Unknown", message="No.")
    azure.settle(MODULE, NEW)


def test_a_name_that_azure_refuses_all_the_same_is_explained(deleted: Bench) -> None:
    deleted.simulator.add_fault(path="/deletedVaults$", status=403, code="AuthorizationFailed", message="No.")
    result = deleted.run(MODULE, NEW)
    assert result.failed
    assert result["error"]["code"] == "CreateResourceFailedDueToInvalidCache"
    assert "deleted not long ago" in result["msg"]
    assert not result["changed"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_provider_that_is_not_registered_is_told_with_the_command(azure: Bench, state: str, check: bool) -> None:
    result = azure.run(MODULE, NEW, subscription_id=LABORATORY, state=state, check=check)
    assert result.failed and not azure.writes
    assert result["error"]["code"] == "MissingSubscriptionRegistration"
    assert "az provider register --namespace Microsoft.RecoveryServices" in result["msg"]


@pytest.mark.parametrize("check", [True, False])
def test_a_provider_that_only_the_later_requests_miss_is_told_too(azure: Bench, check: bool) -> None:
    # A vault that is not there may be a 404 while the provider is not registered either.
    azure.simulator.add_fault(
        path="/vaults/vault-new$", method="GET", status=404, code="ResourceNotFound", message="No."
    )
    result = azure.run(MODULE, NEW, subscription_id=LABORATORY, check=check)
    assert result.failed and not azure.writes
    assert result["error"]["code"] == "MissingSubscriptionRegistration"


def test_listing_the_vaults_of_such_a_subscription_tells_it_too(azure: Bench) -> None:
    result = azure.run("vm_backup_vault_info", subscription_id=LABORATORY)
    assert result.failed
    assert "az provider register" in result["msg"]
