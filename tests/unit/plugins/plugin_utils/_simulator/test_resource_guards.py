# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.rules import Cloud, code

GUARD = "/subscriptions/{}/resourceGroups/rg-security/providers/Microsoft.DataProtection/resourceGuards/guard"
PREFIX = "Microsoft.RecoveryServices/vaults"
ITEMS = f"{PREFIX}/backupFabrics/protectionContainers/protectedItems"
WORLD = """\
subscriptions:
  - name: Production
    resource_groups:
      - name: rg
        location: westeurope
        virtual_machines: [{name: vm-01}, {name: vm-02}]
        vaults:
          - name: vault
            soft_delete: Enabled
            resource_guard: {access: granted}
            protected_items: [{virtual_machine: rg/vm-01}]
"""


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(text=WORLD)


@pytest.fixture
def vault(cloud: Cloud) -> str:
    return next(iter(cloud.azure.state.vaults.values())).id


def requests(cloud: Cloud, vault: str, operation: str) -> dict[str, t.Any]:
    """Return what a client sends with a guarded write, as it finds it at the vault."""
    (proxy,) = cloud.values(f"{vault}/backupResourceGuardProxies")
    details = proxy["properties"]["resourceGuardOperationDetails"]
    found = {one["vaultCriticalOperation"]: one["defaultResourceRequest"] for one in details}
    return {"resourceGuardOperationRequests": [found[operation]]}


def unlock(cloud: Cloud, vault: str, item: str | None = None, operation: str = f"{ITEMS}/delete") -> t.Any:
    body = requests(cloud, vault, operation) | ({"resourceToBeDeleted": item} if item else {})
    return cloud.send("POST", f"{vault}/backupResourceGuardProxies/VaultProxy/unlockDelete", body)


def test_a_vault_shows_its_guard(cloud: Cloud, vault: str) -> None:
    assert cloud.get(vault).body["properties"]["securitySettings"]["multiUserAuthorization"] == "Enabled"
    (proxy,) = cloud.values(f"{vault}/backupResourceGuardProxies")
    assert cloud.get(f"{vault}/backupResourceGuardProxies/VaultProxy").body == proxy
    assert proxy["properties"]["resourceGuardResourceId"] == GUARD.format(cloud.world.subscriptions[0].id)


def test_stopping_needs_the_request_of_the_guard(cloud: Cloud, vault: str) -> None:
    machine = cloud.machine("vm-01")
    refused = cloud.put_item(vault, machine, protectionState="ProtectionStopped")
    assert code(refused) == (400, "ResourceGuard")
    assert refused.body["error"]["message"] == "ResourceGuard Operation requestid is either null or empty"
    wrong = cloud.put_item(
        vault, machine, protectionState="ProtectionStopped", **requests(cloud, vault, f"{ITEMS}/delete")
    )
    assert code(wrong) == (403, "LinkedAuthorizationFailed")
    right = requests(cloud, vault, f"{ITEMS}/write#stopProtectionWithRetainData")
    assert cloud.put_item(vault, machine, protectionState="ProtectionStopped", **right).status == 202


def test_deleting_needs_an_unlock_that_ends_by_itself(cloud: Cloud, vault: str) -> None:
    item = cloud.item(vault, cloud.machine("vm-01"))
    assert code(cloud.send("DELETE", item)) == (400, "ResourceGuard")
    other = cloud.item(vault, cloud.machine("vm-02"))
    assert unlock(cloud, vault, other).status == 200
    assert cloud.send("DELETE", item).status == 400
    assert unlock(cloud, vault, item).body["unlockDeleteExpiryTime"].startswith("20")
    cloud.clock.advance(601)
    assert cloud.send("DELETE", item).status == 400
    unlock(cloud, vault, item)
    assert cloud.send("DELETE", item).status == 202


def test_unlocking_needs_the_request(cloud: Cloud, vault: str) -> None:
    url = f"{vault}/backupResourceGuardProxies/VaultProxy/unlockDelete"
    assert code(cloud.send("POST", url, {})) == (400, "ResourceGuard")


def weaker(cloud: Cloud, vault: str, days: int) -> dict[str, t.Any]:
    body = copy.deepcopy(cloud.get(f"{vault}/backupPolicies/DefaultPolicy").body["properties"])
    body["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"] = days
    return t.cast("dict[str, t.Any]", body)


def test_a_policy_may_keep_more_but_not_less_without_the_request(cloud: Cloud, vault: str) -> None:
    url = f"{vault}/backupPolicies/DefaultPolicy"
    accepted = cloud.send("PUT", url, {"properties": weaker(cloud, vault, 31)})
    assert accepted.status == 202
    cloud.settle(accepted)
    body = weaker(cloud, vault, 20)
    assert code(cloud.send("PUT", url, {"properties": body})) == (400, "ResourceGuard")
    body |= requests(cloud, vault, f"{PREFIX}/backupPolicies/write")
    cloud.settle(cloud.send("PUT", url, {"properties": body}))
    stored = cloud.get(url).body["properties"]
    assert stored["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"] == 20
    assert "resourceGuardOperationRequests" not in stored


def test_an_item_may_not_get_a_policy_that_keeps_less_without_the_request(cloud: Cloud, vault: str) -> None:
    cloud.send("PUT", f"{vault}/backupPolicies/Short", {"properties": weaker(cloud, vault, 8)})
    machine, policy = cloud.machine("vm-01"), f"{vault}/backupPolicies/Short"
    assert code(cloud.put_item(vault, machine, policyId=policy)) == (400, "ResourceGuard")
    right = requests(cloud, vault, f"{ITEMS}/write")
    assert cloud.put_item(vault, machine, policyId=policy, **right).status == 202
    # A machine without an item loses nothing.
    assert cloud.put_item(vault, cloud.machine("vm-02"), policyId=policy).status == 202


def test_soft_delete_cannot_be_weakened_without_the_request_in_either_way(cloud: Cloud, vault: str) -> None:
    old = {"softDeleteFeatureState": "Disabled"}
    url = f"{vault}/backupconfig/vaultconfig"
    assert code(cloud.send("PATCH", url, {"properties": old})) == (400, "ResourceGuard")
    new = {"securitySettings": {"softDeleteSettings": {"softDeleteState": "Disabled"}}}
    assert code(cloud.send("PATCH", vault, {"properties": new})) == (400, "ResourceGuard")
    right = requests(cloud, vault, f"{PREFIX}/backupconfig/write")
    assert cloud.send("PATCH", vault, {"properties": new | right}).status == 200
    assert cloud.get(url).body["properties"]["softDeleteFeatureState"] == "Disabled"


def test_immutability_cannot_be_taken_back_without_the_request(cloud: Cloud, vault: str) -> None:
    def state(word: str) -> dict[str, t.Any]:
        return {"securitySettings": {"immutabilitySettings": {"state": word}}}

    assert cloud.send("PATCH", vault, {"properties": state("Unlocked")}).status == 200
    assert code(cloud.send("PATCH", vault, {"properties": state("Disabled")})) == (400, "ResourceGuard")
    right = requests(cloud, vault, f"{PREFIX}/write#reduceImmutabilityState")
    assert cloud.send("PATCH", vault, {"properties": state("Disabled") | right}).status == 200


def test_backups_resuming_and_undeleting_are_not_guarded(cloud: Cloud, vault: str) -> None:
    machine = cloud.machine("vm-01")
    item = cloud.item(vault, machine)
    assert cloud.back_up(item).status == 202
    unlock(cloud, vault, item)
    cloud.settle(cloud.send("DELETE", item))
    cloud.settle(cloud.put_item(vault, machine, isRehydrate=True))
    assert cloud.get(cloud.protect(vault, machine)).body["properties"]["policyName"] == "DefaultPolicy"


def test_without_a_role_on_the_guard_the_request_does_not_help() -> None:
    cloud = Cloud(text=WORLD.replace("granted", "denied"))
    vault = next(iter(cloud.azure.state.vaults.values())).id
    right = requests(cloud, vault, f"{ITEMS}/write#stopProtectionWithRetainData")
    refused = cloud.put_item(vault, cloud.machine("vm-01"), protectionState="ProtectionStopped", **right)
    assert code(refused) == (403, "LinkedAuthorizationFailed")
    assert "resourceGuards/guard/stopProtectionWithRetainDataRequests/default" in refused.body["error"]["message"]


def test_what_a_guard_leaves_out_needs_no_request() -> None:
    cloud = Cloud(text=WORLD.replace("{access: granted}", f'{{except: ["{ITEMS}/delete"]}}'))
    vault = next(iter(cloud.azure.state.vaults.values())).id
    assert cloud.send("DELETE", cloud.item(vault, cloud.machine("vm-01"))).status == 202
    with pytest.raises(ValueError, match="cannot leave out 'all'"):
        Cloud(text=WORLD.replace("{access: granted}", "{except: [all]}"))


def test_a_vault_comes_under_a_guard_and_leaves_it_once_that_is_unlocked(cloud: Cloud) -> None:
    vault = cloud.vault("rg", "westeurope", "second")
    url = f"{vault}/backupResourceGuardProxies/VaultProxy"
    assert cloud.get(url).status == 404 and cloud.values(f"{vault}/backupResourceGuardProxies") == []
    assert code(cloud.send("PUT", url, {"properties": {"resourceGuardResourceId": "guard"}}))[0] == 400
    guard = GUARD.format(cloud.world.subscriptions[0].id)
    made = cloud.send("PUT", url, {"properties": {"resourceGuardResourceId": guard}})
    assert (made.status, made.body) == (200, cloud.get(url).body)
    assert code(cloud.send("DELETE", url)) == (400, "ResourceGuard")
    assert unlock(cloud, vault, operation=f"{PREFIX}/backupResourceGuardProxies/delete").status == 200
    assert cloud.send("DELETE", url).status == 200
    assert cloud.send("DELETE", url).status == 204
    assert cloud.get(vault).body["properties"]["securitySettings"]["multiUserAuthorization"] == "Disabled"
