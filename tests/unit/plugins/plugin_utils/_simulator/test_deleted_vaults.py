# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.rules import Cloud, code

WORLD = """
deleted_vaults: kept
subscriptions:
  - name: One
    resource_groups:
      - {name: rg, location: westeurope}
      - {name: rg-other, location: westeurope}
"""


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(text=WORLD)


def url(cloud: Cloud, location: str = "westeurope") -> str:
    return f"{cloud.subscription}/providers/Microsoft.RecoveryServices/locations/{location}/deletedVaults"


def deleted(cloud: Cloud, name: str = "test-vault") -> str:
    """Make a vault, delete it, and return its id."""
    vault = cloud.vault("rg", "westeurope", name)
    cloud.settle(cloud.send("DELETE", vault))
    assert cloud.get(vault).status == 404
    return vault


def test_a_deleted_vault_is_kept_for_its_days(cloud: Cloud) -> None:
    vault = deleted(cloud)
    (found,) = cloud.values(url(cloud, "West Europe"))
    assert found["id"] == f"{url(cloud)}/{found['name']}"
    assert found["properties"] == {
        "vaultId": vault,
        "vaultDeletionTime": "2026-01-05T08:00:02.0000000Z",
        "purgeAt": "2026-01-19T08:00:02.0000000Z",
    }
    assert cloud.get(found["id"]).body == found
    assert cloud.values(url(cloud, "northeurope")) == []
    cloud.clock.advance(14 * 86400)
    assert cloud.values(url(cloud)) == []
    assert code(cloud.get(found["id"])) == (404, "ResourceNotFound")


def test_its_name_is_taken_until_then(cloud: Cloud) -> None:
    vault = deleted(cloud)
    body = {"location": "westeurope", "sku": {"name": "Standard"}}
    assert code(cloud.send("PUT", vault.upper(), body)) == (400, "CreateResourceFailedDueToInvalidCache")
    cloud.vault("rg-other", "westeurope")
    cloud.clock.advance(14 * 86400)
    assert cloud.vault("rg", "westeurope") == vault


def test_it_is_brought_back_as_it_was(cloud: Cloud) -> None:
    vault = cloud.vault("rg", "westeurope")
    cloud.send("PATCH", vault, {"tags": {"a": "b"}})
    before = cloud.get(vault).body
    cloud.settle(cloud.send("DELETE", vault))
    (found,) = cloud.values(url(cloud))
    group = vault.partition("/providers/")[0]
    answer = cloud.send("POST", f"{found['id']}/undelete", {"properties": {"recoveryResourceGroupId": group}})
    assert answer.status == 202
    assert cloud.settle(answer).body["status"] == "Succeeded"
    assert cloud.get(vault).body == before
    assert cloud.values(url(cloud)) == []
    elsewhere = {"properties": {"recoveryResourceGroupId": f"{group}-other"}}
    deleted(cloud, "second-vault")
    (found,) = cloud.values(url(cloud))
    assert code(cloud.send("POST", f"{found['id']}/undelete", elsewhere)) == (501, "NotModelled")


def test_other_worlds_keep_nothing() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope")
    cloud.settle(cloud.send("DELETE", vault))
    assert cloud.values(url(cloud, "northeurope")) == []
    assert cloud.vault("rg-erp-neu", "northeurope") == vault
