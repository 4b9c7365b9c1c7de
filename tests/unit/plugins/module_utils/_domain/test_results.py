# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import ids, models, results
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import BackupError
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies


def test_machines_classic_ones_and_unknown_ones_have_the_same_keys() -> None:
    usual = results.machine(models.VirtualMachine.from_wire(bodies.machine("Web-01", "RG-Web")))
    classic_id = ids.VmId.parse(bodies.vm_id("old", "svc", provider="Microsoft.ClassicCompute"))
    classic = results.machine(models.VirtualMachine(classic_id, location=""))
    unknown = results.unknown_machine("rg/typo")
    assert usual == {
        "id": bodies.vm_id("Web-01", "RG-Web"),
        "name": "Web-01",
        "resource_group": "RG-Web",
        "cloud_service": None,
        "location": "westeurope",
    }
    assert (classic["resource_group"], classic["cloud_service"], classic["location"]) == (None, "svc", None)
    assert (unknown["id"], unknown["name"]) == (None, "rg/typo")
    assert list(usual) == list(classic) == list(unknown)


def test_an_item_and_no_item_have_the_same_keys() -> None:
    held = results.item(models.ProtectedItem.from_wire(bodies.item()))
    assert held["container_name"] == "IaasVMContainer;iaasvmcontainerv2;rg-web;web-01"
    assert held["item_name"] == "VM;iaasvmcontainerv2;rg-web;web-01"
    assert held["last_backup_time"] == "2026-03-01T18:00:12Z"
    assert held["last_recovery_point"] == "2026-03-01T18:00:20Z"
    assert held["deleted_permanently_at"] is None
    none = results.item(None)
    assert list(held) == list(none)
    assert set(none.values()) == {None}


def test_an_item_without_a_policy_has_none_of_it() -> None:
    stopped = results.item(models.ProtectedItem.from_wire(bodies.item(**bodies.SOFT_DELETED)))
    assert (stopped["policy_id"], stopped["policy_name"]) == (None, None)
    assert (stopped["soft_deleted"], stopped["deleted_permanently_at"]) == (True, "2026-03-15T09:00:00Z")


def test_a_vault() -> None:
    vault = results.vault(models.Vault.from_wire(bodies.vault(tags={"costCenter": "Ab"})))
    assert vault["id"] == bodies.VAULT
    assert (vault["name"], vault["resource_group"], vault["location"]) == ("vault-one", "rg-backup", "westeurope")
    # Tag names are the user's, so they keep their spelling; the service's settings get snake case.
    assert vault["tags"] == {"costCenter": "Ab"}
    assert vault["properties"]["security_settings"]["soft_delete_settings"] == {
        "soft_delete_retention_period_in_days": 14
    }


def test_a_policy() -> None:
    policy = results.policy(models.Policy.from_wire(bodies.policy(protectedItemsCount=3)))
    assert (policy["name"], policy["policy_type"], policy["time_zone"]) == ("DefaultPolicy", "V1", "UTC")
    assert policy["protected_items_count"] == 3
    schedule = policy["properties"]["schedule_policy"]
    assert schedule["schedule_run_times"] == ["2017-10-19T17:00:00Z"]
    assert policy["properties"]["retention_policy"]["daily_schedule"]["retention_duration"]["count"] == 30


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("timeZone", "time_zone"),
        ("instantRPDetails", "instant_rp_details"),
        ("instantRpRetentionRangeInDays", "instant_rp_retention_range_in_days"),
        ("ArchivedRP", "archived_rp"),
        ("deferredDeleteTimeInUTC", "deferred_delete_time_in_utc"),
        ("isManagedVirtualMachine", "is_managed_virtual_machine"),
        ("backupStorageVersion", "backup_storage_version"),
        ("id", "id"),
        ("already_snake", "already_snake"),
    ],
)
def test_the_services_names_in_snake_case(name: str, snake: str) -> None:
    assert results.snake_case({name: [{name: 1}, "keep Me"]}) == {snake: [{snake: 1}, "keep Me"]}


json_values: st.SearchStrategy[t.Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.from_regex(r"[a-z]{2}[A-Z][a-z]{2}", fullmatch=True), inner)
    ),
    max_leaves=8,
)


@given(json_values)
def test_snake_case_keeps_everything_but_the_names(value: t.Any) -> None:
    made = json.dumps(results.snake_case(value))
    assert not re.search(r'"[a-z]{2}[A-Z][a-z]{2}":', made)
    assert len(made) >= len(json.dumps(value))
    assert results.snake_case(results.snake_case(value)) == results.snake_case(value)


def test_a_problem_or_none() -> None:
    assert results.problem(None) is None
    error = BackupError("no", code="C", recommendations=["do"])
    assert results.problem(error) == error.as_result()
