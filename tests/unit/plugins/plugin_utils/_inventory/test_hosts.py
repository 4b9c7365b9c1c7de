# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A machine's host: the one that another source has made, its groups, and what expressions can use."""

from __future__ import annotations

import typing as t

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import ids
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._inventory import hosts, names
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies

ID = bodies.vm_id("web-01", "RG-Web")
KEY = ids.VmId.parse(ID).key


def backup(**more: t.Any) -> dict[str, t.Any]:
    nothing = {"state": "unprotected", "stale": False, "policy_name": None, "vault_id": None, "health_status": None}
    return {**nothing, **more}


def test_a_host_is_known_by_its_id_in_any_letter_case() -> None:
    assert hosts.known({"a": {"id": ID.upper()}}) == {KEY: "a"}
    assert hosts.known({"a": {"azure_vm": {"id": ID}}}) == {KEY: "a"}


def test_the_first_of_two_hosts_counts() -> None:
    assert hosts.known({"a": {"id": ID}, "b": {"id": ID}}) == {KEY: "a"}


def test_other_hosts_are_nobody() -> None:
    others: dict[str, dict[str, t.Any]] = {
        "a": {},
        "b": {"id": "i-0abc"},
        "c": {"id": 7},
        "d": {"azure_vm": "x"},
        "e": {"azure_vm": {}},
        "f": {"id": f"{ID}/extensions/x"},
    }
    assert hosts.known(others) == {}


def test_a_machine_is_in_the_groups_of_what_it_has() -> None:
    told = {bodies.VAULT.casefold(): "vault_one"}
    assert hosts.groups(backup(), told) == ["unprotected"]
    held = backup(
        state="protected", stale=True, policy_name="Daily-30", vault_id=bodies.VAULT, health_status="ActionRequired"
    )
    assert hosts.groups(held, told) == [
        "protected",
        "stale",
        "policy_daily_30",
        "vault_vault_one",
        "health_action_required",
    ]


def test_expressions_can_use_the_names_of_azure_rm() -> None:
    machine = {"id": ID, "name": "web-01", "location": "westeurope", "tags": {"a": "b"}, "resource_group": "RG-Web"}
    facts = {"azure_vm": machine, "vm_backup": backup()}
    assert hosts.variables(facts) == {
        **facts,
        "id": ID,
        "name": "web-01",
        "location": "westeurope",
        "tags": {"a": "b"},
        "resource_group": "rg-web",
        "default_inventory_hostname": names.hashed("web-01", ID),
    }
