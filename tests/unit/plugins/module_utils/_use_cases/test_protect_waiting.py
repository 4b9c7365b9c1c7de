# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One wait_timeout is for all that a task waits for: a discovery, the stops in old vaults, and the jobs."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.outcome import Outcome
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.protect import protect
from ansible_collections.cloudkeep.azure_backup.tests.support.fake_azure import FakeAzure

MANY: t.Final = 100
HUNG: t.Final = 10**6


def run(azure: FakeAzure, wait_timeout: int) -> Outcome:
    for number in range(MANY):
        azure.add_machine(f"vm-{number:03}")
    options: dict[str, t.Any] = {
        "resource_group": "rg-backup",
        "vault_name": "vault-one",
        "vms": None,
        "select": {},
        "state": "present",
        "policy": None,
        "undelete": False,
        "delete_backup_data": False,
        "resource_guard_operation_requests": None,
        "wait": True,
        "wait_timeout": wait_timeout,
        "poll_interval": 15,
    }
    return protect(t.cast(t.Any, azure), options)


@pytest.mark.parametrize("wait_timeout", [200, 1200])
def test_a_discovery_that_hangs_takes_nothing_from_beyond_the_wait_timeout(azure: FakeAzure, wait_timeout: int) -> None:
    azure.vault.refresh_lasts = HUNG
    for number in range(MANY):
        azure.behaviour(f"vm-{number:03}").job_lasts = HUNG
    outcome = run(azure, wait_timeout)
    assert wait_timeout <= azure.clock.seconds < wait_timeout + 30
    assert outcome.failure is not None and outcome.failure.code == "WaitTimeout"


def test_a_discovery_that_hangs_is_given_up_with_a_warning_and_the_machines_are_protected(azure: FakeAzure) -> None:
    azure.vault.refresh_lasts = HUNG
    outcome = run(azure, 1800)
    assert 300 <= azure.clock.seconds < 400
    assert outcome.failure is None and len(azure.called("put")) == MANY
    (warning,) = outcome.warnings
    assert "vault-one was given up" in warning and "100 virtual machines" in warning


def test_a_discovery_that_is_not_allowed_is_told(azure: FakeAzure) -> None:
    azure.faults["refresh"] = [_errors.ServiceError("Not allowed.", code="AuthorizationFailed", http_status=403)]
    outcome = run(azure, 1800)
    assert outcome.failure is None and len(azure.called("backup status")) == MANY
    assert "Not allowed." in outcome.warnings[0]


def test_a_discovery_that_ends_is_not_worth_a_word(azure: FakeAzure) -> None:
    assert run(azure, 1800).warnings == []
