# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Vaults full of machines or of policies: told before anything is sent, and by the service where it is first."""

from __future__ import annotations

import functools
import pathlib
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import capacity
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import WORLDS, Bench, bench

PROTECT = "vm_backup_protect"
NEW: dict[str, t.Any] = {"resource_group": "rg-backup", "vault_name": "vault-new"}
"""It holds three machines."""
MOVE = {**NEW, "move_to_vault": True}
COMING = ["rg-db/db-01", "rg-web/web-01", "rg-web/web-02"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Bench]:
    """The world of moving, with vaults that take five machines and six policies."""
    path = pathlib.Path(tmp_path_factory.mktemp("world"), "world.yml")
    text = (WORLDS / "moving.yml").read_text(encoding="utf-8")
    path.write_text(f"{text}\ncapacity: {{machines_per_vault: 5, policies_per_vault: 6}}\n", encoding="utf-8")
    with bench(str(path)) as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


@pytest.fixture
def five(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the modules take five for the limit, too."""
    monkeypatch.setattr(capacity, "Limits", functools.partial(capacity.Limits, per_vault=5))


@pytest.mark.usefixtures("five")
def test_those_that_fit_are_done_and_for_the_others_nothing_is_sent(azure: Bench) -> None:
    predicted = azure.run(PROTECT, MOVE, vms=COMING, check=True)
    done = azure.run(PROTECT, MOVE, vms=COMING)
    for result in (predicted, done):
        assert result.failed and result["changed"]
        assert [result.vm(name)["action"] for name in ("db-01", "web-01", "web-02")] == ["move", "move", "none"]
        error = result.vm("web-02")["error"]
        assert error["code"] == "VaultFull"
        assert "vault-new, which takes 5 virtual machines: it holds 3, and 2 more" in error["message"]
        assert "1 of 3 virtual machines could not be protected: web-02 does not fit" in result["msg"]
        assert "vm_backup_vaults_per_region" in result["msg"]
    assert predicted["diff"] == done["diff"]
    # Where it comes from it is not stopped either.
    assert not any("web-02" in write for write in azure.writes) and len(azure.writes) == 4
    again = azure.run(PROTECT, MOVE, vms=COMING)
    assert again.failed and not again["changed"] and azure.writes == []


def test_the_service_says_it_where_another_task_was_quicker(azure: Bench) -> None:
    result = azure.run(PROTECT, MOVE, vms=COMING)
    failed = [vm for vm in result["vms"] if vm["error"]]
    assert result.failed and len(failed) == 1
    assert failed[0]["error"]["code"] == "UserErrorProtectionQuotaExceeded"
    assert capacity.ANOTHER_VAULT in failed[0]["error"]["recommendations"]


@pytest.mark.parametrize("check", [True, False])
def test_a_vault_takes_so_many_policies(azure: Bench, monkeypatch: pytest.MonkeyPatch, check: bool) -> None:
    policy = {**NEW, "schedule": {"time": "22:30"}, "retention": {"daily": {"days": 30}}}
    for name in ("five", "six"):
        azure.good("vm_backup_policy", policy, name=name)
    refused = azure.run("vm_backup_policy", policy, name="seven")
    assert refused.failed and refused["error"]["code"] == "BMSUserErrorPolicyLimitReached"
    monkeypatch.setattr(capacity, "POLICIES_PER_VAULT", 6)
    full = azure.run("vm_backup_policy", policy, name="seven", check=check)
    assert full.failed and full["error"]["code"] == "VaultFullOfPolicies" and azure.writes == []
    assert "takes 6 policies and holds 6" in full["msg"]
    # One that is there can be changed all the same.
    assert azure.good("vm_backup_policy", policy, name="six", instant_restore_days=3, check=check)["changed"]
