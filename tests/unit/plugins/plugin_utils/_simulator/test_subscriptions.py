# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import world_files
from ansible_collections.cloudkeep.azure_backup.tests.support.rules import Cloud, code

UNKNOWN = "/subscriptions/00000000-0000-0000-0000-000000000001"


def test_subscriptions_have_what_a_login_reads() -> None:
    cloud = Cloud()
    (one,) = cloud.values("/subscriptions")
    assert one["tenantId"] == cloud.world.tenant_id
    assert (one["id"], one["state"]) == (f"/subscriptions/{one['subscriptionId']}", "Enabled")
    assert cloud.get(cloud.subscription.upper()).body == one


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("{unknown}", 404, "SubscriptionNotFound"),
        ("{own}/resourceGroups/none", 404, "ResourceGroupNotFound"),
        ("{own}/resourceGroups/none/providers/Microsoft.Compute/virtualMachines", 404, "ResourceGroupNotFound"),
        ("{own}/resourceGroups/rg-erp-neu/providers/Microsoft.Compute/virtualMachines/x", 404, "ResourceNotFound"),
        ("{own}/resourceGroups/rg-erp-neu/providers/Microsoft.RecoveryServices/vaults/x", 404, "ResourceNotFound"),
        ("{own}/somethingElse", 501, "NotModelled"),
    ],
)
def test_what_is_not_there(path: str, status: int, error: str) -> None:
    cloud = Cloud()
    assert code(cloud.get(path.format(own=cloud.subscription, unknown=UNKNOWN))) == (status, error)


def test_an_api_version_is_required_before_anything_is_looked_for() -> None:
    assert code(Cloud().get(UNKNOWN, api_version="")) == (400, "MissingApiVersionParameter")


def test_resource_groups_can_be_made_changed_and_listed() -> None:
    cloud = Cloud()
    group = f"{cloud.subscription}/resourcegroups/rg-new"
    assert cloud.send("PUT", group, {"location": "West Europe"}).status == 201
    assert cloud.send("PUT", group.upper(), {"location": "westeurope", "tags": {"a": "b"}}).status == 200
    assert cloud.get(group).body["tags"] == {"a": "b"}
    names = [one["name"] for one in cloud.values(f"{cloud.subscription}/resourceGroups")]
    assert names.count("rg-new") == 1
    assert code(cloud.send("PUT", group, {"location": "eastus"})) == (409, "InvalidResourceGroupLocation")
    assert code(cloud.send("PUT", group, {})) == (400, "LocationRequired")


def test_an_unregistered_provider_is_named_in_the_last_quotes_and_can_be_registered() -> None:
    cloud = Cloud(text=world_files.EXAMPLE)
    second = f"/subscriptions/{cloud.world.subscriptions[1].id}"
    vaults = f"{second}/providers/Microsoft.RecoveryServices/vaults"
    refused = cloud.get(vaults)
    assert code(refused) == (409, "MissingSubscriptionRegistration")
    assert refused.headers["x-ms-failure-cause"] == "gateway"
    assert refused.body["error"]["message"].split("'")[-2] == "Microsoft.RecoveryServices"
    assert refused.body["error"]["details"][0]["target"] == "Microsoft.RecoveryServices"
    assert cloud.get(f"{second}/providers/Microsoft.Compute/virtualMachines").status == 200
    provider = f"{second}/providers/Microsoft.RecoveryServices"
    assert cloud.get(provider).body["registrationState"] == "NotRegistered"
    assert cloud.send("POST", f"{provider}/register").body["registrationState"] == "Registering"
    cloud.clock.advance(1)
    assert cloud.get(provider).body["registrationState"] == "Registered"
    assert cloud.get(vaults).body == {"value": []}
