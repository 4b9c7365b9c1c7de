# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Vaults and policies whose write was carried out while its answer was lost: the task that did it says so."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench
from ansible_collections.cloudkeep.azure_backup.tests.support.clear import check_failure
from ansible_collections.cloudkeep.azure_backup.tests.support.network import UNAVAILABLE, network

VAULT: t.Final = {"resource_group": "rg-backup", "vault_name": "vault-empty"}
HELD: t.Final = {"resource_group": "rg-backup", "vault_name": "vault-westeurope"}
TERMS: t.Final = {"schedule": {"frequency": "daily", "time": "22:00"}, "retention": {"daily": {"days": 14}}}
FEWER: t.Final = {**HELD, "name": "DefaultPolicy", "retention": {"daily": {"days": 20}}}


@dataclasses.dataclass(frozen=True)
class Task:
    """A task, and the request that it writes with."""

    module: str
    options: dict[str, t.Any]
    method: str
    path: str

    @property
    def write(self) -> dict[str, str]:
        """The request, as a rule of faults has it."""
        return {"method": self.method, "path": self.path}


def a_vault(method: str, **options: t.Any) -> Task:
    return Task("vm_backup_vault", {**VAULT, **options}, method, r"/vaults/[^/]+$")


def a_policy(method: str, **options: t.Any) -> Task:
    return Task("vm_backup_policy", options, method, r"/backupPolicies/[^/]+$")


MADE: t.Final = {
    "create a vault": a_vault("PUT", vault_name="vault-made", location="westeurope", tags={"owner": "infra"}),
    "change a vault": a_vault("PATCH", tags={"owner": "shop"}, redundancy="zone"),
    "create a policy": a_policy("PUT", **VAULT, name="Nightly", **TERMS),
    "change a policy": a_policy("PUT", **FEWER),
}
DELETED: t.Final = {
    "delete a vault": a_vault("DELETE", state="absent"),
    "delete a policy": a_policy("DELETE", **HELD, name="Weekly", state="absent"),
}
TASKS: t.Final = {**MADE, **DELETED}
CONFLICT: t.Final = {"status": 409, "code": "AnotherOperationInProgress"}
LOCKED: t.Final = {"status": 400, "code": "BMSUserErrorObjectLocked"}


def undisturbed(azure: Bench, task: Task) -> dict[str, t.Any]:
    """Return what the task tells when nothing goes wrong, without what differs from run to run."""
    told = told_of(azure.good(task.module, task.options))
    azure.reset()
    return told


def told_of(result: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    keys = ("changed", "diff", "vault_exists", "policy_exists", "policy_created", "retention_shortened")
    return {key: result[key] for key in keys if key in result}


@pytest.mark.parametrize("then", [CONFLICT, LOCKED, {"status": 503}])
@pytest.mark.parametrize("what", TASKS)
def test_what_was_done_without_an_answer_counts_as_done(azure: Bench, what: str, then: dict[str, t.Any]) -> None:
    task = TASKS[what]
    expected = undisturbed(azure, task)
    azure.simulator.add_fault("drop_after", **task.write, times=1)
    # What is sent again is refused for what the first request began, or gets no answer any more.
    azure.simulator.add_fault(**then, **task.write)
    assert told_of(azure.good(task.module, task.options)) == expected
    assert expected["changed"]
    azure.simulator.clear_faults()
    assert not azure.good(task.module, task.options)["changed"]


@pytest.mark.parametrize("what", MADE)
def test_what_was_not_done_is_done_once_the_way_is_free(azure: Bench, what: str) -> None:
    task = TASKS[what]
    expected = undisturbed(azure, task)
    azure.simulator.add_fault("drop_before", **task.write, times=1)
    azure.simulator.add_fault(**CONFLICT, **task.write, times=2)
    assert told_of(azure.good(task.module, task.options)) == expected


@pytest.mark.parametrize("what", TASKS)
def test_what_was_not_done_and_never_answered_stays_in_doubt(azure: Bench, what: str) -> None:
    task = TASKS[what]
    azure.simulator.add_fault(status=503, **task.write)
    check_failure(azure.run(task.module, task.options), "may or may not have carried it out", code="ServerTimeout")
    azure.simulator.clear_faults()
    assert azure.good(task.module, task.options)["changed"]


@pytest.mark.parametrize("what", TASKS)
def test_what_nobody_can_look_at_stays_in_doubt(azure: Bench, what: str) -> None:
    task = TASKS[what]
    azure.simulator.add_fault("drop_after", **task.write, times=1)
    with network(azure) as wire:
        wire.fails(UNAVAILABLE, when=lambda request: request.method == task.method, skip=1, seconds=3600)
        result = azure.run(task.module, task.options)
    check_failure(result, "may or may not have carried it out", code="ServiceUnavailable")
    azure.simulator.clear_faults()
    assert not azure.good(task.module, task.options)["changed"]


@pytest.mark.parametrize("what", TASKS)
def test_a_refusal_after_a_lost_answer_leaves_the_doubt(azure: Bench, what: str) -> None:
    task = TASKS[what]
    azure.simulator.add_fault("drop_before", **task.write, times=1)
    azure.simulator.add_fault(status=403, **task.write)
    result = azure.run(task.module, task.options)
    check_failure(result, "role", "may or may not have carried it out", code="AuthorizationFailed")
