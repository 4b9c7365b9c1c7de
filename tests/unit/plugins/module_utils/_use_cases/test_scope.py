# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which vaults are looked into, and what becomes of those that can't be read."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.client import AzureClient
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.ids import VaultId
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import BackupError, InvalidInput, NotFound
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases import scope
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, ModuleClock, bench

HERE, SHARED = "5d3c2b1a-0000-4000-8000-00000000000a", "5d3c2b1a-0000-4000-8000-00000000000b"
NOWHERE = "5d3c2b1a-0000-4000-8000-00000000000f"


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Bench]:
    with bench("looking") as running:
        yield running


@pytest.fixture
def azure(shared: Bench) -> Bench:
    shared.reset()
    return shared


@pytest.fixture
def client(azure: Bench) -> t.Iterator[AzureClient]:
    running = azure.simulator
    made = AzureClient(running.options, check_mode=True, environ=running.env, clock=ModuleClock(azure.time))
    yield made
    made.close()


def find(client: AzureClient, **options: t.Any) -> scope.InScope:
    return scope.find(client, scope.Scope.parse(options))


def problem(code: str = "AuthorizationFailed", *, vault: str | None = None, named: bool = False) -> scope.Problem:
    error = BackupError("No.", code=code, recommendations=["Ask."], retryable=code == "Later")
    return scope.Problem(error, HERE, VaultId(HERE, "rg", vault) if vault else None, named=named)


def test_one_listing_finds_the_vaults_of_a_subscription(client: AzureClient, azure: Bench) -> None:
    found = find(client)
    assert [vault.id.name for vault in found.vaults] == ["vault-empty", "vault-west", "vault-north"]
    assert (found.subscriptions, found.problems, found.named) == ((HERE,), (), False)
    assert len(azure.requests) == 1


def test_each_subscription_is_listed_once_however_often_it_is_named(client: AzureClient, azure: Bench) -> None:
    found = find(client, subscriptions=[f"{HERE}, {SHARED}", HERE.upper()])
    assert found.subscriptions == (HERE, SHARED)
    assert len(found.vaults) == 4 and len(azure.requests) == 2


def test_a_group_or_a_vault_need_not_be_in_each_subscription(client: AzureClient) -> None:
    found = find(client, subscriptions=[HERE, SHARED], resource_group="rg-shared")
    assert ([vault.id.name for vault in found.vaults], found.problems) == (["vault-shared"], ())
    found = find(client, subscriptions=[HERE, SHARED], resource_group="rg-backup", vault_name="vault-west")
    assert ([vault.id.name for vault in found.vaults], found.problems) == (["vault-west"], ())
    # A group that is there and has no vault is an answer.
    found = find(client, subscriptions=[HERE, SHARED], resource_group="rg-staging")
    assert (found.vaults, found.problems) == ((), ())


def test_a_subscription_that_is_not_there_is_a_problem_that_the_task_named(client: AzureClient) -> None:
    found = find(client, subscriptions=[HERE, NOWHERE], resource_group="rg-backup")
    assert len(found.vaults) == 2
    (missing,) = found.problems
    assert missing.named and missing.vault is None and missing.subscription_id == NOWHERE
    assert missing.told.startswith(f"Subscription {NOWHERE}: ")


def test_a_name_that_no_subscription_has_is_an_error(client: AzureClient) -> None:
    with pytest.raises(NotFound, match=r"any of the 2 subscriptions"):
        find(client, subscriptions=[HERE, SHARED], vault_name="vault-none")


def test_vaults_named_by_their_ids_are_read_and_nothing_is_listed(client: AzureClient, azure: Bench) -> None:
    ids = [str(VaultId(SHARED, "rg-shared", "vault-shared")), str(VaultId(HERE, "rg-backup", "vault-none"))]
    found = find(client, vaults=ids)
    assert [vault.id.name for vault in found.vaults] == ["vault-shared"] and found.named
    assert [(one.vault.name if one.vault else None, one.error.code) for one in found.problems] == [
        ("vault-none", "VaultNotFound")
    ]
    assert found.subscriptions == (SHARED, HERE) and len(azure.requests) == 2


def test_one_vault_that_fails_does_not_stop_the_others(client: AzureClient) -> None:
    def look(_backup: t.Any, vault: t.Any) -> str:
        if vault.id.name == "vault-west":
            raise BackupError("No.")
        return str(vault.id.name)

    made, problems = scope.read(client, find(client), look)
    assert list(made.values()) == ["vault-empty", "vault-north"]
    assert [(one.vault.name if one.vault else None, one.named) for one in problems] == [("vault-west", False)]


def test_machines_are_listed_by_subscription(client: AzureClient, azure: Bench) -> None:
    made, problems = scope.machines(client, [HERE.upper(), HERE, NOWHERE])
    assert len(made[HERE]) == 13 and list(made) == [HERE]
    (missing,) = problems
    assert "virtual machines" in missing.told and NOWHERE in missing.told and not missing.named


def test_only_what_the_task_names_is_fatal_unless_nothing_was_read() -> None:
    listed, named = problem(vault="v1"), problem("Gone", vault="v2", named=True)
    assert scope.failure([], anything_read=False) is None
    assert scope.failure([listed], anything_read=True) is None
    assert scope.failure([listed, named], anything_read=True) is not None
    failed = scope.failure([listed], anything_read=False)
    assert failed and failed.message == "Vault v1: No." and failed.code == "AuthorizationFailed"
    # The error itself is told elsewhere as it came.
    assert listed.error.message == "No."
    assert scope.warnings([listed, named]) == ["Vault v1: No."]


def test_several_failures_are_summed_up_with_what_to_do() -> None:
    failed = scope.failure([problem("Later", vault=f"v{n}", named=True) for n in range(12)], anything_read=True)
    assert failed and failed.code == "Later" and failed.retryable
    assert failed.recommendations == ("Ask.",)
    assert "v0" in failed.message and "and 2 more" in failed.message
    mixed = scope.failure([problem("Later", named=True), problem(named=True)], anything_read=True)
    assert mixed and mixed.code == "SeveralFailures" and not mixed.retryable


def test_many_warnings_are_cut_off() -> None:
    told = scope.warnings([problem(vault=f"v{n}") for n in range(30)])
    assert len(told) == 11 and told[-1].startswith("20 more problems")


@pytest.mark.parametrize(
    "options",
    [
        {"subscriptions": [" "]},
        {"subscriptions": ["Production"]},
        {"subscriptions": [f"/subscriptions/{HERE}"]},
        {"vaults": ["vault-west"]},
        {"vaults": [f"/subscriptions/{HERE}/resourceGroups/rg/providers/Microsoft.RecoveryServices/vaults/../x"]},
        {"vaults": [f"/subscriptions/{HERE}/resourceGroups/rg/providers/Microsoft.RecoveryServices/vaults/v1/usages"]},
        {"resource_group": "..", "vault_name": "vault-west"},
        {"vault_name": "1"},
    ],
)
def test_what_can_not_be_is_refused(options: dict[str, t.Any]) -> None:
    with pytest.raises(InvalidInput, match=f"^{next(iter(options))}: "):
        scope.Scope.parse(options)
