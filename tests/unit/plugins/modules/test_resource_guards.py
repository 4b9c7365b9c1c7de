# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Vaults with multi-user authorization: what a Resource Guard wants, and what is said when it does not get it."""

from __future__ import annotations

import re
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench

PROTECT = "vm_backup_protect"
REGISTER = "vm_backup_register"
SUBSCRIPTION = "/subscriptions/5d3c2b1a-0000-4000-8000-00000000000a"
GUARD = f"{SUBSCRIPTION}/resourceGroups/rg-security/providers/Microsoft.DataProtection/resourceGuards/guard-one"
STOP = f"{GUARD}/stopProtectionWithRetainDataRequests/default"
DELETE = f"{GUARD}/deleteProtectedItemRequests/default"
UPDATE = f"{GUARD}/updateProtectedItemRequests/default"
STOPPED = {"state": "stopped"}
ABSENT = {"state": "absent", "delete_backup_data": True}


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    with bench("guarded") as azure:
        yield azure


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


def wish(kind: str, *names: str, **more: t.Any) -> dict[str, t.Any]:
    vms = [f"rg-{kind}/{name}" for name in names]
    return {"resource_group": "rg-backup", "vault_name": f"vault-{kind}", "vms": vms, **more}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("module", "wanted", "request_id"),
    [(PROTECT, STOPPED, STOP), (PROTECT, ABSENT, DELETE), (REGISTER, ABSENT, DELETE)],
)
def test_a_request_that_is_missing_is_found_before_any_write_and_named(
    azure: Bench, module: str, wanted: dict[str, t.Any], request_id: str, check: bool
) -> None:
    result = azure.run(module, wish("guarded", "one", "two", **wanted), check=check)
    assert result.failed and not result["changed"] and not azure.writes
    for vm in result["vms"]:
        assert (vm["action"], vm["error"]["code"]) == ("none", "ResourceGuardRequestMissing")
    assert "guard-one" in result["msg"]
    assert GUARD in " ".join(result["error"]["recommendations"])
    assert "Backup MUA Operator" in " ".join(result["error"]["recommendations"])
    # What is said to be set is what helps.
    (told,) = re.findall(r"resource_guard_operation_requests: \[([^\]]+)\]", result["msg"])
    assert told == request_id
    azure.settle(module, wish("guarded", "one", "two", **wanted, resource_guard_operation_requests=[told]))


def test_what_is_sent_is_the_request_of_the_operation_and_no_other(azure: Bench) -> None:
    both = {"resource_guard_operation_requests": [DELETE, STOP.upper(), f" {STOP}"]}
    azure.settle(PROTECT, wish("guarded", "one", **STOPPED, **both))
    azure.reset()
    azure.good(PROTECT, wish("guarded", "one", **STOPPED, **both))
    (put,) = azure.simulator.writes()
    assert put.body["properties"]["resourceGuardOperationRequests"] == [STOP.upper()]
    azure.good(PROTECT, wish("guarded", "one", **ABSENT, **both))
    unlock, delete = azure.simulator.writes()
    assert unlock.path.endswith("/backupResourceGuardProxies/VaultProxy/unlockDelete") and unlock.method == "POST"
    assert unlock.body["resourceGuardOperationRequests"] == [DELETE]
    assert unlock.body["resourceToBeDeleted"].lower() == delete.path.lower()
    assert delete.method == "DELETE"


@pytest.mark.parametrize(
    "requests", [[UPDATE], [STOP.replace("guard-one", "guard-two")], [STOP.replace("rg-sec", "x")]]
)
def test_a_request_for_something_else_does_not_help(azure: Bench, requests: list[str]) -> None:
    result = azure.run(PROTECT, wish("guarded", "one", **STOPPED, resource_guard_operation_requests=requests))
    assert result["error"]["code"] == "ResourceGuardRequestMissing" and not azure.writes


@pytest.mark.parametrize("wanted", [STOPPED, ABSENT])
def test_a_login_without_a_role_on_the_guard_is_told_whom_to_ask(azure: Bench, wanted: dict[str, t.Any]) -> None:
    requests = [request.replace("guard-one", "guard-two") for request in (STOP, DELETE)]
    result = azure.run(PROTECT, wish("denied", "one", **wanted, resource_guard_operation_requests=requests))
    assert result.failed and not result["changed"]
    assert result["error"]["http_status"] == 403
    advice = " ".join(result["error"]["recommendations"])
    assert "Backup MUA Operator" in advice and GUARD.replace("guard-one", "guard-two") in advice
    # What it has set is right already.
    assert "resource_guard_operation_requests" not in advice
    assert result["vms"][0]["state"] == "protected"


def test_another_policy_is_guarded_where_it_keeps_less_and_the_service_knows_that(azure: Bench) -> None:
    azure.settle(PROTECT, wish("guarded", "one", policy="Long"))
    refused = azure.run(PROTECT, wish("guarded", "one", policy="Short"))
    assert refused.failed
    assert f"resource_guard_operation_requests: [{UPDATE}]" in refused["msg"]
    azure.settle(PROTECT, wish("guarded", "one", policy="Short", resource_guard_operation_requests=[UPDATE]))


def test_an_operation_that_the_guard_leaves_free_needs_nothing(azure: Bench) -> None:
    azure.settle(PROTECT, wish("partly", "one", **STOPPED))
    assert azure.run(PROTECT, wish("partly", "one", **ABSENT)).failed


@pytest.mark.parametrize(
    "wanted", [{}, {"policy": "DefaultPolicy"}, {"vms": ["rg-guarded/stopped"]}, {"vms": ["rg-guarded/three"]}]
)
def test_what_takes_nothing_away_does_not_look_at_the_guard(azure: Bench, wanted: dict[str, t.Any]) -> None:
    azure.good(PROTECT, {**wish("guarded", "one"), **wanted})
    assert not any("backupResourceGuardProxies" in request for request in azure.requests)


@pytest.mark.parametrize("module", [PROTECT, REGISTER])
@pytest.mark.parametrize("text", ["", "guard-one", GUARD, f"{DELETE}/more", DELETE.replace("Microsoft.", "")])
def test_what_is_no_request_is_refused_before_any_call(azure: Bench, module: str, text: str) -> None:
    result = azure.run(module, wish("guarded", "one", **ABSENT, resource_guard_operation_requests=[text]))
    assert result["error"]["code"] == "InvalidInput"
    assert "resource_guard_operation_requests" in result["msg"] and not azure.requests


VAULT: t.Final = {"resource_group": "rg-backup", "vault_name": "vault-guarded"}


@pytest.mark.parametrize(
    ("module", "before", "wanted", "kind"),
    [
        ("policy", {}, {"name": "Long", "retention": {"daily": {"days": 30}}}, "updateProtectionPolicy"),
        ("vault", {}, {"soft_delete": "disabled"}, "disableSoftDelete"),
        ("vault", {"soft_delete_days": 30}, {"soft_delete_days": 20}, "disableSoftDelete"),
        ("vault", {"immutability": "unlocked"}, {"immutability": "disabled"}, "reduceImmutabilityState"),
    ],
)
def test_what_weakens_a_vault_or_a_policy_needs_a_request_as_well(
    azure: Bench, module: str, before: dict[str, t.Any], wanted: dict[str, t.Any], kind: str
) -> None:
    module = f"vm_backup_{module}"
    if before:
        azure.settle(module, VAULT, **before)
    for check in (True, False):
        refused = azure.run(module, VAULT, **wanted, check=check)
        assert refused.failed and not azure.writes
        assert refused["error"]["code"] == "ResourceGuardRequestMissing"
    request = f"{GUARD}/{kind}Requests/default"
    assert f"resource_guard_operation_requests: [{request}]" in refused["msg"]
    done = azure.settle(module, VAULT, **wanted, resource_guard_operation_requests=[request])
    assert "guard" not in str(done.get("vault", {}).get("properties", {})).lower().replace("guarded", "")


def test_what_strengthens_a_policy_needs_none(azure: Bench) -> None:
    azure.settle("vm_backup_policy", VAULT, name="Long", retention={"daily": {"days": 200}})
    assert not any("backupResourceGuardProxies" in request for request in azure.requests)


def test_a_vault_is_not_emptied_without_the_request(azure: Bench) -> None:
    emptied = {**VAULT, "state": "absent", "force": True, "delete_backup_data": True}
    for check in (True, False):
        refused = azure.run("vm_backup_vault", emptied, check=check)
        assert refused["error"]["code"] == "ResourceGuardRequestMissing" and not azure.writes
    done = azure.good("vm_backup_vault", emptied, resource_guard_operation_requests=[DELETE])
    assert done["changed"] and {item["action"] for item in done["protected_items"]} == {"delete"}


@pytest.mark.parametrize("module", ["vm_backup_vault", "vm_backup_policy"])
def test_there_too_what_is_no_request_is_refused_before_any_call(azure: Bench, module: str) -> None:
    named = {"name": "Long"} if module == "vm_backup_policy" else {}
    result = azure.run(module, VAULT, **named, resource_guard_operation_requests=["guard-one"])
    assert result["error"]["code"] == "InvalidInput" and not azure.requests


@pytest.mark.parametrize(("status", "asks"), [(503, False), (403, True)])
def test_whom_to_ask_is_told_of_a_refusal_and_not_of_an_outage(azure: Bench, status: int, asks: bool) -> None:
    azure.simulator.add_fault(status=status, method="POST", path=r"/unlockDelete$")
    requests = {"resource_guard_operation_requests": [DELETE]}
    result = azure.run(PROTECT, wish("guarded", "one", **ABSENT, **requests))
    assert result.failed and not result["changed"]
    assert ("Backup MUA Operator" in result["msg"]) is asks
