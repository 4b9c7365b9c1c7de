# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which errors the public documentation explains, and that whoever meets them is told where."""

from __future__ import annotations

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import faults
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import jobs, troubleshooting
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.job_models import Job

AGENT = "UserErrorGuestAgentStatusUnavailable - VM agent unable to communicate with Azure Backup"


@pytest.mark.parametrize(
    "code",
    [
        "UserErrorBackupOperationInProgress",
        "SystemBackupOperationInProgress",
        400249,
        "UserErrorGuestAgentStatusUnavailable",
        "GuestAgentSnapshotTaskStatusError",
        "UserErrorVmProvisioningStateFailed",
        "UserErrorVmNotInDesirableState",
        "UserErrorVmNotFoundV2",
        "UserErrorBcmDatasourceNotPresent",
        "UserErrorRpCollectionLimitReached",
        "UserErrorRequestDisallowedByPolicy",
        "UserErrorInstantRpNotFound",
        "ExtensionSnapshotFailedNoNetwork",
        "extensionstuckindeletionstate",
    ],
)
def test_a_code_of_the_documentation_has_its_topic(code: str | int) -> None:
    title = troubleshooting.topic(code)
    assert title
    assert troubleshooting.advice(code) == (f'See "{title}" in the Azure Backup documentation.',)


@pytest.mark.parametrize("code", ["CloudInternalError", "", None, 4711])
def test_a_code_that_no_topic_explains_has_none(code: str | int | None) -> None:
    assert troubleshooting.topic(code) is None
    assert troubleshooting.advice(code) == ()


def failed(code: int | None, title: str) -> Job:
    error = {"errorCode": code, "errorTitle": title, "errorString": "No.", "recommendations": ["Install the agent."]}
    properties = {"status": "Failed", "operation": "Backup", "entityFriendlyName": "web-01", "errorDetails": [error]}
    return Job.from_wire({"id": "/jobs/1", "name": "1", "properties": properties})


def test_a_failed_job_tells_the_topic_after_the_service_s_own_advice() -> None:
    job = failed(400110, "UserErrorGuestAgentStatusUnavailable")
    advice = ("Install the agent.", f'See "{AGENT}" in the Azure Backup documentation.')
    assert jobs.job_failure(job).recommendations == advice
    error = jobs.job_result(job)["error"]
    assert error["topic"] == AGENT
    assert error["recommendations"] == ["Install the agent."]


def test_a_failed_job_without_a_name_is_known_by_its_number() -> None:
    assert jobs.job_result(failed(400249, ""))["error"]["topic"].startswith("UserErrorBackupOperationInProgress")
    assert jobs.job_result(failed(1, ""))["error"]["topic"] is None


def test_a_refusal_tells_the_topic() -> None:
    body = {"error": {"code": "UserErrorOperationDeniedOnImmutableItem", "message": "No."}}
    error = faults.from_answer(faults.Answer(400, {}, body), doing="delete the backup")
    assert error.recommendations == ('See "Immutable vault for Azure Backup" in the Azure Backup documentation.',)
