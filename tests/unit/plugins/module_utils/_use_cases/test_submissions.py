# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes are sent, and their jobs followed by one list."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.ids import VaultId
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.job_models import Job
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.jobs import JobFilter
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases import submissions
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies
from ansible_collections.cloudkeep.azure_backup.tests.support.fake_azure import FakeAzure
from ansible_collections.cloudkeep.azure_backup.tests.support.fake_backup import FakeBackup
from ansible_collections.cloudkeep.azure_backup.tests.support.sending import OPERATION, follow, sent, submit

FAILED = [{"errorCode": 400249, "errorTitle": "UserErrorX", "errorString": "No\r\nway.", "recommendations": ["Do."]}]


@pytest.fixture
def backup(azure: FakeAzure) -> t.Any:
    return FakeBackup(azure, VaultId.parse(bodies.VAULT))


def test_a_write_with_an_answer_is_sent_once(azure: FakeAzure, backup: t.Any) -> None:
    submission = submit(backup)
    assert len(azure.sent) == 1
    assert azure.vault.work[0].activity_id == submission.request_id
    assert azure.clock.seconds == 0


def test_a_refusal_is_not_sent_again(azure: FakeAzure, backup: t.Any) -> None:
    azure.behaviour("web-01").refused = _errors.ServiceError("no", http_status=400)
    with pytest.raises(_errors.ServiceError):
        submit(backup)
    assert azure.called("backup") == ["web-01"]
    assert not azure.called("list jobs")


def test_many_jobs_are_followed_by_their_list(azure: FakeAzure, backup: t.Any) -> None:
    names = [f"vm-{number:02}" for number in range(40)]
    azure.behaviour("vm-07").job_errors = FAILED
    followed = sent(backup, *names)
    follow(backup, followed)
    assert list(followed) == names
    assert all(one.ended for one in followed.values())
    assert {name for name, one in followed.items() if one.error} == {"vm-07"}
    assert len({one.job_id for one in followed.values()}) == 40
    assert not azure.called("read job")
    assert not azure.called("read operation")
    assert len(azure.called("list jobs")) < 12


def test_a_failed_job_is_told_in_the_services_words(azure: FakeAzure, backup: t.Any) -> None:
    azure.behaviour("web-01").job_errors = FAILED
    followed = sent(backup, "web-01")
    follow(backup, followed)
    error = followed["web-01"].error
    assert isinstance(error, _errors.OperationFailed)
    assert (error.code, error.recommendations) == ("UserErrorX", ("Do.",))
    assert error.message.endswith("ended as Failed: No way.")


def test_a_job_that_the_list_does_not_show_is_asked_for_by_its_operation(azure: FakeAzure, backup: t.Any) -> None:
    azure.behaviour("web-01").shows_job = False
    followed = sent(backup, "web-01")
    follow(backup, followed)
    assert followed["web-01"].ended
    assert followed["web-01"].error is None
    assert followed["web-01"].job_id == azure.vault.work[0].id
    assert set(azure.called("read operation")) == {f"op-{azure.vault.work[0].id}"}


def test_an_operation_that_fails_before_there_is_a_job(azure: FakeAzure, backup: t.Any) -> None:
    azure.behaviour("web-01").operation_error = {"code": "BMSUserErrorObjectLocked", "message": "Busy.\r\nWait."}
    followed = sent(backup, "web-01", "web-02")
    follow(backup, followed)
    error = followed["web-01"].error
    assert isinstance(error, _errors.OperationFailed)
    assert (error.code, error.message) == ("BMSUserErrorObjectLocked", "Busy. Wait.")
    assert error.request_id == followed["web-01"].submission.request_id
    assert followed["web-01"].job_id is None
    assert followed["web-02"].error is None


def test_at_the_deadline_what_was_seen_is_kept(azure: FakeAzure, backup: t.Any) -> None:
    azure.behaviour("web-01").job_lasts = 10_000
    followed = sent(backup, "web-01", "web-02")
    follow(backup, followed, seconds=60)
    one, other = followed["web-01"], followed["web-02"]
    assert isinstance(one.error, _errors.WaitTimeout)
    assert one.job_id == azure.vault.work[0].id
    assert one.job_id in one.error.message
    assert "InProgress" in one.error.message
    assert one.error.retryable
    assert not one.ended
    assert other.ended
    assert other.error is None
    assert azure.clock.seconds == pytest.approx(60)


def test_a_job_that_is_only_named_by_its_operation_is_kept_at_the_deadline(
    azure: FakeAzure, backup: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    azure.behaviour("web-01").shows_job = False
    monkeypatch.setattr(backup, "job", lambda job_id: None)
    followed = sent(backup, "web-01")
    follow(backup, followed, seconds=30)
    one = followed["web-01"]
    assert one.job_id == azure.vault.work[0].id
    assert isinstance(one.error, _errors.WaitTimeout)
    assert one.job_id in one.error.message


def test_far_enough_can_be_before_the_end(azure: FakeAzure, backup: t.Any) -> None:
    azure.behaviour("web-01").job_lasts = 10_000
    azure.behaviour("web-01").job_shown_after = 2
    followed = sent(backup, "web-01")
    follow(backup, followed, enough=lambda job: True)
    assert followed["web-01"].ended
    assert followed["web-01"].job_id
    assert azure.clock.seconds < 10


def test_a_read_that_fails_for_a_while_does_no_harm(azure: FakeAzure, backup: t.Any) -> None:
    followed = sent(backup, "web-01")
    azure.faults["list jobs"] = [_errors.ConnectionFailed("blip", retryable=True), None, None]
    follow(backup, followed)
    assert followed["web-01"].ended
    assert followed["web-01"].error is None


def test_reads_that_fail_for_good_are_the_error_of_each_write_and_nothing_is_raised(
    azure: FakeAzure, backup: t.Any
) -> None:
    followed = sent(backup, "web-01", "web-02")
    azure.faults["list jobs"] = [_errors.AuthenticationFailed("expired")]
    follow(backup, followed)
    assert [type(one.error) for one in followed.values()] == [_errors.AuthenticationFailed] * 2


def test_a_read_that_fails_at_the_deadline_is_told_instead_of_it(azure: FakeAzure, backup: t.Any) -> None:
    followed = sent(backup, "web-01")
    azure.faults["list jobs"] = [_errors.ConnectionFailed("down", retryable=True)] * 99
    follow(backup, followed, seconds=60)
    assert isinstance(followed["web-01"].error, _errors.ConnectionFailed)
    assert azure.clock.seconds == pytest.approx(60)


def test_a_defect_while_following_is_the_error_of_each_write_and_nothing_is_raised(
    azure: FakeAzure, backup: t.Any
) -> None:
    followed = sent(backup, "web-01", "web-02")
    azure.faults["list jobs"] = [AttributeError("no such thing")]
    follow(backup, followed)
    for one in followed.values():
        assert isinstance(one.error, _errors.Defect)
        assert "Azure goes on with it" in one.error.message and "AttributeError: no such thing" in one.error.message


def test_a_defect_in_the_question_is_told_at_the_deadline(azure: FakeAzure, backup: t.Any) -> None:
    def enough(job: Job) -> bool:
        raise AttributeError("no such thing")

    azure.behaviour("web-01").job_lasts = 10_000
    followed = sent(backup, "web-01")
    follow(backup, followed, seconds=60, enough=enough)
    error = followed["web-01"].error
    assert isinstance(error, _errors.WaitTimeout)
    assert "was InProgress, and asking for it failed (Unexpected AttributeError: no such thing" in error.message
    assert followed["web-01"].job_id == azure.vault.work[0].id


def test_a_question_that_fails_is_asked_again(azure: FakeAzure, backup: t.Any) -> None:
    answers: list[t.Any] = [_errors.ConnectionFailed("blip"), False, True]

    def enough(job: Job) -> bool:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return bool(answer)

    azure.behaviour("web-01").job_lasts = 10_000
    followed = sent(backup, "web-01")
    follow(backup, followed, enough=enough)
    assert followed["web-01"].ended
    assert not answers


def test_the_job_list_is_asked_from_before_the_first_write(azure: FakeAzure, backup: t.Any) -> None:
    follow(backup, sent(backup, "web-01"))
    assert set(azure.called("list jobs")) == {
        "backupManagementType eq 'AzureIaasVM' and operation eq 'Backup'"
        " and startTime eq '2026-03-02 11:00:00 AM' and endTime eq '2026-04-01 11:00:00 AM'"
    }


def test_nothing_to_follow_asks_nothing(azure: FakeAzure, backup: t.Any) -> None:
    follow(backup, {})
    assert not azure.calls


@pytest.mark.parametrize("activity_id", ["", "one-request-for-both"])
def test_jobs_of_others_are_told_apart_by_their_own_ids(azure: FakeAzure, backup: t.Any, activity_id: str) -> None:
    started = {"activityId": activity_id, "startTime": "2026-03-02T11:30:00Z"}
    failed = {"status": "Failed", "errorDetails": FAILED}
    azure.vault.jobs = [bodies.job("job-1", **started), bodies.job("job-2", "web-02", **started, **failed)]
    followed = {job.name: submissions.Followed.of(job) for job in backup.jobs(JobFilter(operation=OPERATION))}
    # A machine of the same name in another subscription has the same job, as jobs do not name those.
    followed["again"] = submissions.Followed.of(t.cast(Job, followed["job-2"].job))
    follow(backup, followed)
    assert all(one.ended for one in followed.values())
    assert [one.job_id for one in followed.values()] == ["job-1", "job-2", "job-2"]
    assert [bool(one.error) for one in followed.values()] == [False, True, True]
