# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vm_backup_vault against a service that breaks off, answers late and refuses at random."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench

MODULE = "vm_backup_vault"
GROUP = {"resource_group": "rg-backup"}
NEW: t.Final[dict[str, t.Any]] = {
    **GROUP,
    "vault_name": "vault-new",
    "location": "westeurope",
    "tags": {"owner": "infra"},
    "redundancy": "geo",
    "cross_region_restore": True,
    "soft_delete_days": 30,
    "immutability": "locked",
    "confirm_lock": True,
    "identity": {"system_assigned": True},
    "customer_managed_key": {"key_uri": "https://keys.vault.azure.net/keys/backup"},
    "alerts": {"job_failures": False},
}
REMOVE: t.Final = {**GROUP, "state": "absent", "force": True, "delete_backup_data": True, "poll_interval": 1}
RUNS = 4

BROKEN_FOR_A_WHILE: dict[str, dict[str, t.Any]] = {
    "500": {"status": 500, "times": 2},
    "429": {"status": 429, "headers": {"Retry-After": "2"}, "times": 3},
    "dropped before": {"kind": "drop_before", "times": 2},
    "dropped after": {"kind": "drop_after", "times": 2},
    "an expired token": {"kind": "expire_token", "times": 1},
}


def until_done(azure: Bench, options: dict[str, t.Any]) -> t.Any:
    """Run until nothing changes any more and return the result of the last run that changed something."""
    last = None
    for _run in range(RUNS):
        result = azure.run(MODULE, options)
        if not result.failed and not result["changed"]:
            assert not azure.writes
            return last
        last = result
    raise AssertionError(f"it did not come to an end in {RUNS} runs: {last and last.get('msg')}")


@pytest.mark.parametrize("seed", range(4))
def test_a_hostile_service_is_brought_to_the_end(seed: int) -> None:
    with bench("estate", "hostile", seed=seed) as azure:
        created = until_done(azure, NEW)
        settings = created["vault"]["settings"]
        assert (settings["soft_delete_days"], settings["immutability"]) == (30, "locked")
        assert settings["customer_managed_key"]["identity"] == "system"
        kept = until_done(azure, {**REMOVE, "vault_name": "vault-westeurope"})
        assert all(item["soft_deleted"] for item in kept["protected_items"])
        assert kept["kept_until"]
        gone = until_done(azure, {**REMOVE, "vault_name": "vault-no-soft-delete"})
        assert gone["vault_exists"] is False
        names = [vault["name"] for vault in azure.good("vm_backup_vault_info")["vaults"]]
        assert "vault-new" in names and "vault-no-soft-delete" not in names


@pytest.mark.parametrize("method", ["PUT", "PATCH", "GET"])
@pytest.mark.parametrize("fault", BROKEN_FOR_A_WHILE.values(), ids=list(BROKEN_FOR_A_WHILE))
def test_what_breaks_for_a_while_is_done_all_the_same(method: str, fault: dict[str, t.Any]) -> None:
    with bench("estate") as azure:
        azure.simulator.add_fault(method=method, path="/vaults/vault-new$", **fault)
        created = until_done(azure, NEW)
        assert created["vault"]["settings"]["immutability"] == "locked"
        assert created["vault"]["tags"] == {"owner": "infra"}
