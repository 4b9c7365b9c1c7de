# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that no Azure should give, and refusals that it does: what is wrong, and that the token stays at home."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.clear import check_failure
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import run_module
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

VAULT: t.Final = {"resource_group": "rg-legacy-weu", "vault_name": "legacy-vault"}
PLANTED: t.Final = "planted-4c1d-secret"


@pytest.fixture(scope="module")
def running() -> t.Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def azure(running: RunningSimulator) -> RunningSimulator:
    running.reset()
    return running


LOGIN: t.Final = {"loginEndpoint": "http://login.example", "audiences": ["https://login.example"]}

FAULTS: dict[str, tuple[dict[str, t.Any], tuple[str, ...]]] = {
    "metadata that is missing": (
        {"path": "/metadata/", "status": 404},
        ("cloud_environment", "not describe itself", "404"),
    ),
    "metadata of something else": (
        {"path": "/metadata/", "status": 200, "body": {"hello": "x"}},
        ("not describe itself",),
    ),
    "metadata as a text": (
        {"path": "/metadata/", "status": 200, "body": {"authentication": "x"}},
        ("not describe itself",),
    ),
    "metadata as a list": ({"path": "/metadata/", "status": 200, "body": [1, None]}, ("not describe itself",)),
    "a sign-in over http": (
        {"path": "/metadata/", "status": 200, "body": {"authentication": LOGIN}},
        ("http://login.example", "https"),
    ),
    "a refused token": ({"path": "/vaults/", "status": 401}, ("cloud_environment", "clock")),
    "a subscription of another tenant": (
        {"path": "/vaults/", "status": 401, "code": "InvalidAuthenticationTokenTenant"},
        ("another tenant", "check tenant and subscription_id"),
    ),
    "a missing role": (
        {"path": "/vaults/", "status": 403, "message": "no action 'Microsoft.RecoveryServices/vaults/read' here"},
        ("AuthorizationFailed", "Backup Reader"),
    ),
    "a provider that is not registered": (
        {
            "path": "/vaults/",
            "status": 409,
            "code": "MissingSubscriptionRegistration",
            "message": "not registered to use namespace 'Microsoft.RecoveryServices'.",
        },
        ("az provider register --namespace Microsoft.RecoveryServices",),
    ),
    "a redirect": (
        {
            "path": "/vaults/",
            "status": 302,
            "headers": {"Location": f"https://other.example/?code={PLANTED}"},
            "body": {},
        },
        ("https://other.example", "not followed"),
    ),
    "a next page elsewhere": (
        {
            "path": "/backupPolicies",
            "status": 200,
            "body": {"value": [], "nextLink": f"https://other.example/?t={PLANTED}"},
        },
        ("https://other.example", "not sent"),
    ),
    "a list of nothings": (
        {"path": "/backupPolicies", "status": 200, "body": {"value": [None]}},
        ("expected content",),
    ),
}


@pytest.mark.parametrize(("fault", "fragments"), FAULTS.values(), ids=list(FAULTS))
def test_a_service_that_is_none(azure: RunningSimulator, fault: dict[str, t.Any], fragments: tuple[str, ...]) -> None:
    azure.add_fault(**fault)
    result = run_module("vm_backup_policy_info", azure, VAULT)
    check_failure(result, *fragments)
    assert PLANTED not in json.dumps(result) and azure.options["secret"] not in json.dumps(result)
    assert azure.writes() == []


def test_the_token_goes_nowhere_else(azure: RunningSimulator) -> None:
    """Metadata may name another Resource Manager; requests still go to the one that the user named."""
    login = {"loginEndpoint": azure.endpoint, "audiences": [azure.endpoint]}
    body = {"name": "x", "resourceManager": "https://other.example", "authentication": login}
    azure.add_fault(path="/metadata/", status=200, body=body)
    result = run_module("vm_backup_policy_info", azure, VAULT)
    assert not result.failed and result["policies"], result.get("msg")
