# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import world_files
from ansible_collections.cloudkeep.azure_backup.tests.support.rules import Cloud, code


def ask(cloud: Cloud, name: str, machine: str, location: str = "westeurope", **more: object) -> dict[str, t.Any]:
    url = f"{cloud.subscription}/providers/Microsoft.RecoveryServices/locations/{location}/{name}"
    answer = cloud.send("POST", url, {"resourceType": "VM", "resourceId": machine, **more})
    assert answer.status == 200, answer
    return t.cast("dict[str, t.Any]", answer.body)


def legacy(cloud: Cloud) -> str:
    return cloud.azure.state.vaults[next(iter(cloud.azure.state.vaults))].id


def test_a_machine_that_no_vault_holds() -> None:
    cloud = Cloud()
    body = ask(cloud, "backupStatus", cloud.machine("web-02").id)
    assert body["protectionStatus"] == "NotProtected" and "vaultId" not in body
    assert body["containerName"] == "iaasvmcontainer;iaasvmcontainerv2;rg-shop-weu;web-02"
    assert body["protectedItemName"] == "vm;iaasvmcontainerv2;rg-shop-weu;web-02"


def test_old_callers_get_null_for_it() -> None:
    cloud = Cloud()
    url = f"{cloud.subscription}/providers/Microsoft.RecoveryServices/locations/westeurope/backupStatus"
    body = {"resourceType": "VM", "resourceId": cloud.machine("web-02").id}
    assert cloud.send("POST", url, body, api_version="2016-06-01").body is None


def test_a_protected_machine_names_its_vault_and_policy_wherever_it_is() -> None:
    cloud = Cloud()
    body = ask(cloud, "backupStatus", cloud.machine("billing-01").id.upper())
    assert (body["protectionStatus"], body["policyName"]) == ("Protected", "DefaultPolicy")
    assert body["vaultId"] == legacy(cloud) and body["fabricName"] == "Azure"
    deleted = ask(cloud, "backupStatus", cloud.machine("archive-01").id)
    assert (deleted["vaultId"], deleted["registrationStatus"]) == (legacy(cloud), "SoftDeleted")


def test_a_failed_backup_shows_with_the_vault() -> None:
    cloud = Cloud(text=world_files.EXAMPLE)
    vault = cloud.vault("rg-shop", "westeurope")
    cloud.back_up(cloud.protect(vault, cloud.machine("shop-new-01")))
    cloud.clock.advance(5)
    body = ask(cloud, "backupStatus", cloud.machine("shop-new-01").id)
    assert (body["protectionStatus"], body["vaultId"]) == ("ProtectionFailed", vault)
    assert body["errorCode"] == "UserErrorGuestAgentStatusUnavailable"


def test_validation_says_no_with_status_200() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-erp-neu", "northeurope")

    def check(machine: str) -> tuple[str, str]:
        body = ask(cloud, "backupPreValidateProtection", machine, "northeurope", vaultId=vault, properties="")
        assert {"recommendation", "errorMessage", "containerName", "protectedItemName"} <= set(body)
        return body["status"], body["errorCode"]

    assert check(cloud.machine("wiki-01").id) == ("Succeeded", "Success")
    assert check(cloud.machine("billing-01").id) == ("Failed", "VirtualMachineAlreadyProtected")
    assert check(cloud.machine("web-02").id) == ("Failed", "UserErrorVmVaultLocationMismatch")
    assert check(cloud.machine("wiki-01").id + "x") == ("Failed", "UserErrorVmNotFoundV2")
    cloud.protect(vault, cloud.machine("wiki-01"))
    assert check(cloud.machine("wiki-01").id) == ("Failed", "VirtualMachineAlreadyProtected")


def test_what_is_no_machine_is_refused() -> None:
    cloud = Cloud()
    url = f"{cloud.subscription}/providers/Microsoft.RecoveryServices/locations/westeurope/"
    for name in ("backupStatus", "backupPreValidateProtection"):
        for body in (None, {}, {"resourceType": "VM", "resourceId": "web-02"}, {"resourceType": "SQL"}):
            assert code(cloud.send("POST", url + name, body)) == (400, "BMSUserErrorInvalidInput")
    body = {"resourceType": "VM", "resourceId": cloud.machine("web-02").id, "vaultId": "none"}
    assert code(cloud.send("POST", f"{url}backupPreValidateProtection", body)) == (400, "BMSUserErrorInvalidInput")
