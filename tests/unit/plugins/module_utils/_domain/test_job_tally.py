# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs counted as they come: in any order, split among vaults in any way, and without keeping them."""

from __future__ import annotations

import datetime as dt
import typing as t

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.ids import VaultId
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.job_models import Job
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.job_tally import Tally
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.jobs import key_of
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies

ONE, TWO = VaultId("sub", "rg", "Vault-One"), VaultId("sub", "rg", "vault-two")
START = dt.datetime(2026, 1, 5, tzinfo=dt.timezone.utc)
AGENT = "UserErrorGuestAgentStatusUnavailable"


def job(hour: int, status: str = "Completed", *, name: str = "web-01", error: str = AGENT, **properties: t.Any) -> Job:
    wire: dict[str, t.Any] = {
        "status": status,
        "startTime": f"{START + dt.timedelta(hours=hour):%Y-%m-%dT%H:%M:%S.0000000Z}",
        "duration": f"PT{hour + 1}M",
        "operation": "Backup",
        **properties,
    }
    if status == "Failed" and error:
        wire["errorDetails"] = [
            {"errorCode": 400110, "errorTitle": error, "errorString": "No\r\nanswer.", "recommendations": ["Look."]}
        ]
    return Job.from_wire(bodies.job(f"{hour:04}-{name}-{status}", name, **wire))


def tally(*jobs: Job, vault: VaultId = ONE) -> Tally:
    made = Tally()
    for one in jobs:
        made.add(one, vault)
    return made


def groups(made: Tally) -> list[dict[str, t.Any]]:
    return made.groups({})


def test_failures_of_one_cause_are_one_group_with_the_machines() -> None:
    made = tally(job(1, "Failed"), job(2, "Failed"), job(3, "Failed", name="db"), job(4, "Failed", error="Other"))
    agent, other = groups(made)
    assert (agent["code"], agent["number"], agent["count"], agent["message"]) == (AGENT, 400110, 3, "No answer.")
    assert [(vm["name"], vm["count"]) for vm in agent["vms"]] == [("db", 1), ("web-01", 2)]
    assert agent["vms"][1]["first"] == "2026-01-05T01:00:00Z" and agent["vms"][1]["last"] == "2026-01-05T02:00:00Z"
    assert agent["topic"].startswith(AGENT) and other["topic"] is None
    assert (agent["first"], agent["last"]) == ("2026-01-05T01:00:00Z", "2026-01-05T03:00:00Z")


def test_a_failure_recovers_by_a_later_success_of_the_same_machine_vault_and_operation() -> None:
    failed = job(5, "Failed")
    assert groups(tally(failed, job(6)))[0]["recovered"]
    assert groups(tally(failed, job(6, "CompletedWithWarnings")))[0]["recovered"]
    for other in (
        job(4),
        job(6, name="web-02"),
        job(6, "Cancelled"),
        job(6, "InProgress"),
        job(6, operation="Restore"),
    ):
        assert not groups(tally(failed, other))[0]["recovered"], other.name
    made = tally(failed)
    made.merge(tally(job(6), vault=TWO))
    assert not groups(made)[0]["recovered"]


def test_a_backup_that_failed_is_settled_when_somebody_made_an_end_of_backups() -> None:
    failed = job(5, "Failed")
    for end in ("DisableBackup", "DeleteBackupData"):
        assert groups(tally(failed, job(6, operation=end)))[0]["recovered"], end
        assert not groups(tally(failed, job(4, operation=end)))[0]["recovered"], end
        assert not groups(tally(job(5, "Failed", operation="Restore"), job(6, operation=end)))[0]["recovered"], end
    assert not groups(tally(failed, job(6, operation="DisableBackup"), job(7, "Failed")))[0]["recovered"]


def test_the_arm_id_is_that_of_the_vault_s_machine() -> None:
    failed = job(1, "Failed")
    (group,) = tally(failed).groups({key_of(failed, ONE): "/the/id", key_of(failed, TWO): "/another"})
    assert group["vms"][0]["id"] == "/the/id" and group["vms"][0]["vault_name"] == "Vault-One"


def test_a_failure_without_a_reason_has_all_keys() -> None:
    (group,) = groups(tally(job(1, "Failed", error="")))
    assert group["code"] == "Failed" and group["recommendations"] == [] and group["message"]


def test_the_days_of_the_window_are_all_there() -> None:
    made = tally(job(1), job(30, "Failed"), job(31, "Cancelling"), job(32, "InProgress"))
    days = made.result(START, START + dt.timedelta(days=3))["by_day"]
    assert [day["date"] for day in days] == ["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"]
    assert [day["total"] for day in days] == [1, 3, 0, 0]
    assert (days[1]["Failed"], days[1]["InProgress"], days[1]["Completed"]) == (1, 2, 0)


STATUSES = ("Completed", "Failed", "Cancelled", "InProgress", "CompletedWithWarnings")
HISTORIES = st.lists(
    st.builds(
        job,
        st.integers(0, 99),
        st.sampled_from(STATUSES),
        name=st.sampled_from(["web-01", "web-02"]),
        error=st.sampled_from([AGENT, "Other"]),
    ),
    max_size=25,
    unique_by=lambda one: one.name,
)


@given(HISTORIES, st.randoms(use_true_random=False), st.integers(0, 25))
@settings(deadline=None, max_examples=60)
def test_neither_order_nor_pages_matter(jobs: list[Job], chance: t.Any, cut: int) -> None:
    whole = tally(*jobs)
    shuffled = list(jobs)
    chance.shuffle(shuffled)
    parts = tally(*shuffled[:cut])
    parts.merge(tally(*shuffled[cut:]))
    end = START + dt.timedelta(days=5)
    assert parts.result(START, end) == whole.result(START, end)
    assert parts.groups({}) == whole.groups({})
    assert whole.total == len(jobs) == sum(whole.result(START, end)["by_status"].values())
    longest = [one["duration"] for one in whole.longest()]
    durations = sorted((one.duration_seconds or 0 for one in jobs), reverse=True)
    assert longest == durations[:10]


def test_what_is_kept_grows_with_the_machines_and_not_with_the_jobs() -> None:
    made = Tally()
    for number in range(20_000):
        status = "Failed" if number % 3 else "Completed"
        made.add(job(number % 90, status, name=f"vm-{number % 7}"), ONE)
    assert made.total == 20_000
    assert (len(made.failing), len(made.succeeded), len(made.longest())) == (7, 7, 10)
    assert len(made.by_day) == 4


def test_nothing_is_kept_when_no_longest_is_wanted() -> None:
    made = Tally(longest_kept=0)
    made.add(job(1), ONE)
    assert made.longest() == [] and made.failed() == 0
