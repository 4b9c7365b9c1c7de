# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done when the answer to a write got lost: look for its job first, then send it again."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.backup import Submission
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.ids import VaultId
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases import submissions
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies
from ansible_collections.cloudkeep.azure_backup.tests.support.fake_azure import FakeAzure
from ansible_collections.cloudkeep.azure_backup.tests.support.fake_backup import FakeBackup
from ansible_collections.cloudkeep.azure_backup.tests.support.sending import OPERATION, follow, send, sent, submit


@pytest.fixture
def backup(azure: FakeAzure) -> t.Any:
    return FakeBackup(azure, VaultId.parse(bodies.VAULT))


def test_a_write_whose_answer_is_lost_is_found_by_its_request_and_not_sent_again(
    azure: FakeAzure, backup: t.Any
) -> None:
    azure.behaviour("web-01").lost = ["acted"]
    azure.behaviour("web-01").job_shown_after = 3
    submission = submit(backup)
    assert len(azure.sent) == 1
    assert submission.request_id.casefold() == azure.vault.work[0].activity_id
    assert submission.operation_id is None
    assert 3 <= azure.clock.seconds < 15


def test_a_write_that_the_service_never_saw_is_sent_again_as_a_new_request(azure: FakeAzure, backup: t.Any) -> None:
    azure.behaviour("web-01").lost = ["ignored"]
    submission = submit(backup)
    assert len(azure.sent) == 2
    assert [work.activity_id for work in azure.vault.work] == [submission.request_id]
    assert len(azure.called("list jobs")) > 1


def test_a_job_that_shows_up_late_is_still_found_at_the_next_loss(azure: FakeAzure, backup: t.Any) -> None:
    azure.behaviour("web-01").lost = ["acted", "ignored"]
    azure.behaviour("web-01").job_shown_after = 35
    submission = submit(backup)
    assert len(azure.sent) == 2
    assert [work.activity_id for work in azure.vault.work] == [submission.request_id.casefold()]


def test_another_machines_job_is_not_taken_for_ones_own(azure: FakeAzure, backup: t.Any) -> None:
    submit(backup, "web-02")
    azure.behaviour("web-01").lost = ["ignored"]
    submission = submit(backup)
    assert [work.machine.name for work in azure.vault.work] == ["web-02", "web-01"]
    assert azure.vault.work[1].activity_id == submission.request_id


def test_without_any_answer_it_gives_up_and_says_so(azure: FakeAzure, backup: t.Any) -> None:
    azure.behaviour("web-01").lost = ["ignored"] * 9
    with pytest.raises(_errors.AnswerLost):
        submit(backup)
    assert len(azure.sent) == 3


def test_when_looking_is_not_possible_it_is_not_sent_again(azure: FakeAzure, backup: t.Any) -> None:
    azure.behaviour("web-01").lost = ["ignored"]
    azure.faults["list jobs"] = [_errors.ConnectionFailed("no network")]
    with pytest.raises(_errors.AnswerLost) as raised:
        submit(backup)
    assert isinstance(raised.value.__cause__, _errors.ConnectionFailed)
    assert len(azure.sent) == 1


def test_a_look_that_fails_for_a_while_is_repeated(azure: FakeAzure, backup: t.Any) -> None:
    azure.behaviour("web-01").lost = ["acted"]
    azure.faults["list jobs"] = [_errors.ConnectionFailed("blip", retryable=True)] * 3
    submit(backup)
    assert len(azure.sent) == 1


def test_many_lost_answers_share_their_looks(azure: FakeAzure, backup: t.Any) -> None:
    names = [f"vm-{number:03}" for number in range(200)]
    for number, name in enumerate(names):
        azure.behaviour(name).lost = ["acted" if number % 4 else "ignored"]
        azure.behaviour(name).job_shown_after = 4
    made = sent(backup, *names)
    assert len(made) == 200
    assert {work.machine.name for work in azure.vault.work} == set(names) and len(azure.vault.work) == 200
    assert len(azure.sent) == 200 + 50
    # One round of looks for all of them, and no second one: what was sent again was answered.
    assert len(azure.called("list jobs")) == 6
    assert azure.clock.seconds == pytest.approx(30.5)


def test_a_refusal_after_a_lost_answer_is_what_the_first_request_began(azure: FakeAzure, backup: t.Any) -> None:
    behaviour = azure.behaviour("web-01")
    behaviour.lost, behaviour.job_shown_after = ["acted"], 40
    plain = send(backup)

    def send_once() -> Submission:
        if azure.sent:
            raise _errors.ServiceError("another one runs", code=submissions._CONFLICTS[0], http_status=409)
        return plain()

    made = submissions.send_all(backup, {"web-01": send_once}, OPERATION, 15)["web-01"]
    assert isinstance(made, submissions.Followed)
    assert made.submission.request_id.casefold() == azure.vault.work[0].activity_id.casefold()


def test_a_refusal_after_a_lost_answer_stays_one_when_nothing_was_begun(azure: FakeAzure, backup: t.Any) -> None:
    refusal = _errors.ServiceError("another one runs", code=submissions._CONFLICTS[0], http_status=409)
    answers = iter([_errors.AnswerLost("500", request_id="one"), refusal])

    def refused() -> Submission:
        raise next(answers)

    assert submissions.send_all(backup, {"web-01": refused}, OPERATION, 15) == {"web-01": refusal}


@pytest.mark.parametrize(
    "trouble",
    [
        _errors.ConnectionFailed("No connection to Azure", retryable=True),
        _errors.ServiceOutage("not sent any more", retryable=True, recommendations=["Wait."]),
        _errors.AuthenticationFailed("expired"),
        _errors.ServiceError("too many", http_status=429, retryable=True),
        _errors.ServiceError("no right any more", http_status=403),
    ],
)
def test_what_ends_a_second_request_tells_nothing_of_the_first(
    azure: FakeAzure, backup: t.Any, trouble: _errors.BackupError
) -> None:
    # The first one has acted, and the list does not show it.
    azure.behaviour("web-01").lost, azure.behaviour("web-01").shows_job = ["acted"], False
    plain = send(backup)

    def send_once() -> Submission:
        if azure.sent:
            raise trouble
        return plain()

    made = submissions.send_all(backup, {"web-01": send_once}, OPERATION, 15)["web-01"]
    assert isinstance(made, _errors.AnswerLost)
    assert made.message.endswith(f"could not be sent again: {trouble.message}")
    assert (made.__cause__, made.recommendations) == (trouble, trouble.recommendations)


def test_a_job_that_shows_up_after_a_second_request_failed_is_found(azure: FakeAzure, backup: t.Any) -> None:
    azure.behaviour("web-01").lost, azure.behaviour("web-01").job_shown_after = ["acted"], 40
    plain = send(backup)

    def send_once() -> Submission:
        if azure.sent:
            raise _errors.ConnectionFailed("No connection to Azure", retryable=True)
        return plain()

    made = submissions.send_all(backup, {"web-01": send_once}, OPERATION, 15)["web-01"]
    assert isinstance(made, submissions.Followed)
    assert made.job_id == azure.vault.work[0].id


def test_a_job_that_was_found_is_known_also_when_it_can_not_be_read_again(azure: FakeAzure, backup: t.Any) -> None:
    azure.behaviour("web-01").lost = ["acted"]
    followed = sent(backup, "web-01")
    azure.faults["list jobs"] = [_errors.AuthenticationFailed("expired")]
    follow(backup, followed)
    one = followed["web-01"]
    assert one.job_id == azure.vault.work[0].id
    assert one.error and one.error.message.startswith(f"Azure goes on with it, but job {one.job_id} could not be read")


def test_an_outage_that_outlasts_its_budget_ends_the_looks_and_the_waiting(azure: FakeAzure, backup: t.Any) -> None:
    followed = sent(backup, "web-01", "web-02")
    azure.faults["list jobs"] = [_errors.ServiceOutage("nothing for 7 minutes", retryable=True)] * 99
    azure.behaviour("web-03").lost = ["acted"]
    azure.outage = True
    with pytest.raises(_errors.AnswerLost, match="jobs that would tell could not be read: nothing for 7 minutes"):
        submit(backup, "web-03")
    follow(backup, followed, seconds=3600)
    assert azure.clock.seconds < 2
    for one in followed.values():
        assert isinstance(one.error, _errors.ServiceOutage)
        assert one.error.request_id == one.submission.request_id and "goes on" in one.error.message


def test_a_defect_while_looking_for_a_lost_answer_loses_no_other(azure: FakeAzure, backup: t.Any) -> None:
    azure.behaviour("web-01").lost = ["acted"]
    azure.faults["list jobs"] = [AttributeError("no such thing")]
    made = submissions.send_all(backup, {name: send(backup, name) for name in ("web-01", "web-02")}, OPERATION, 15)
    lost, other = made["web-01"], made["web-02"]
    assert isinstance(lost, _errors.AnswerLost) and isinstance(lost.__cause__, _errors.Defect)
    assert isinstance(other, submissions.Followed)
    assert len(azure.sent) == 2
