# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a refused cancellation is found out: in the status of the result, or in the body of the operation."""

from __future__ import annotations

import typing as t
from unittest import mock

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.backup_jobs import BackupJobs, Cancellation
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.faults import Answer
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.ids import VaultId

VAULT = VaultId("sub", "rg", "vault")


def jobs(**client: t.Any) -> BackupJobs:
    return BackupJobs(t.cast(t.Any, mock.Mock(**client)), VAULT)


@pytest.mark.parametrize(
    ("headers", "url"),
    [
        ({"location": "https://a/results", "azure-asyncoperation": "https://a/status"}, "https://a/results"),
        ({"azure-asyncoperation": "https://a/status"}, "https://a/status"),
        ({}, None),
    ],
)
def test_the_place_of_the_result_is_kept(headers: dict[str, str], url: str | None) -> None:
    assert jobs(**{"call.return_value": Answer(202, headers, None)}).cancel("1") == Cancellation(url)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(202, {}, {}),
        Answer(204, {}, None),
        Answer(404, {}, {"error": {"code": "NotFound"}}),
        Answer(200, {}, {"status": "InProgress"}),
        Answer(200, {}, {"status": "Succeeded"}),
    ],
)
def test_what_is_no_refusal_is_none(answer: Answer) -> None:
    jobs(**{"get.return_value": answer}).check("1", Cancellation("https://a/results"))
    jobs(**{"get.side_effect": AssertionError}).check("1", Cancellation(None))


def test_an_operation_that_failed_is_a_refusal() -> None:
    body = {"status": "Failed", "error": {"code": "UserErrorJobNotCancellable", "message": "Too late."}}
    with pytest.raises(_errors.ServiceError, match="Could not cancel the job: Too late") as caught:
        jobs(**{"get.return_value": Answer(200, {}, body)}).check("1", Cancellation("https://a/status"))
    assert caught.value.code == "UserErrorJobNotCancellable"
    assert caught.value.resource_id == f"{VAULT}/backupJobs/1"
