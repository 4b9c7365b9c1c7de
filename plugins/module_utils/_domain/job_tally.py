# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count jobs as their pages come: by status, operation and day, the longest ones, and what failed. Pure.

What is kept grows with the machines and the days, not with the jobs.
This file is private to the collection.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import heapq
import typing as t

from . import times
from .ids import VaultId
from .job_models import Job
from .jobs import JobKey, error_code, error_result, job_machine, job_result, key_of

_DAY: t.Final = dt.timedelta(days=1)
_DAY_STATUSES: t.Final = ("Completed", "CompletedWithWarnings", "Failed", "Cancelled", "InProgress")
_ENDS_BACKUPS: t.Final = ("DisableBackup", "DeleteBackupData")
"""After one of these nobody waits for a backup any more."""


@dataclasses.dataclass
class Failing:
    """The failed jobs of one machine, of one operation, with one error."""

    key: JobKey
    vault_id: VaultId
    job: Job
    """The last of them."""
    count: int
    first: dt.datetime
    last: dt.datetime


@dataclasses.dataclass
class Tally:
    """The jobs of one vault, or of several after ``merge``."""

    longest_kept: int = 10
    total: int = 0
    by_operation: dict[str, collections.Counter[str]] = dataclasses.field(default_factory=dict)
    by_day: dict[dt.date, collections.Counter[str]] = dataclasses.field(default_factory=dict)
    failing: dict[tuple[str, str, JobKey], Failing] = dataclasses.field(default_factory=dict)
    """By error, operation and machine."""
    succeeded: dict[tuple[str, JobKey], dt.datetime] = dataclasses.field(default_factory=dict)
    """When the last job that did what it was for started, by operation and machine."""
    _longest: list[tuple[float, str, Job, VaultId]] = dataclasses.field(default_factory=list)

    def add(self, job: Job, vault_id: VaultId) -> None:
        """Count a job. The order in which jobs come does not matter."""
        self.total += 1
        self.by_operation.setdefault(job.operation, collections.Counter())[job.status] += 1
        key, started = key_of(job, vault_id), job.start_time or times.NEVER
        if job.start_time:
            status = "InProgress" if not job.ended else job.status
            self.by_day.setdefault(started.date(), collections.Counter())[status] += 1
        if job.duration_seconds is not None:
            self._keep_longest((job.duration_seconds, job.name, job, vault_id))
        if job.succeeded:
            done = (job.operation, key)
            self.succeeded[done] = max(self.succeeded.get(done, times.NEVER), started)
        elif job.status == "Failed":
            failure = Failing(key, vault_id, job, 1, started, started)
            self._add_failing((_code(job), job.operation, key), failure)

    def merge(self, other: Tally) -> None:
        """Take in what another one counted."""
        self.total += other.total
        for operation, counts in other.by_operation.items():
            self.by_operation.setdefault(operation, collections.Counter()).update(counts)
        for day, counts in other.by_day.items():
            self.by_day.setdefault(day, collections.Counter()).update(counts)
        for done, when in other.succeeded.items():
            self.succeeded[done] = max(self.succeeded.get(done, times.NEVER), when)
        for code, failure in other.failing.items():
            self._add_failing(code, dataclasses.replace(failure))
        for entry in other._longest:
            self._keep_longest(entry)

    def _keep_longest(self, entry: tuple[float, str, Job, VaultId]) -> None:
        # Two jobs of one duration are told apart by their ids, so that jobs themselves are never compared.
        if len(self._longest) < self.longest_kept:
            heapq.heappush(self._longest, entry)
        elif self._longest and entry[:2] > self._longest[0][:2]:
            heapq.heapreplace(self._longest, entry)

    def _add_failing(self, code: tuple[str, str, JobKey], failure: Failing) -> None:
        known = self.failing.setdefault(code, failure)
        if known is failure:
            return
        known.count += failure.count
        known.first = min(known.first, failure.first)
        if (failure.last, failure.job.name) > (known.last, known.job.name):
            known.last, known.job = failure.last, failure.job

    def recovered(self, failure: Failing) -> bool:
        """Whether a later job did what the failed one was for, or made an end of the backups of which it was one."""
        operation = failure.job.operation
        settling = (operation, *_ENDS_BACKUPS) if operation == "Backup" else (operation,)
        return any(self.succeeded.get((each, failure.key), times.NEVER) > failure.last for each in settling)

    def failed(self) -> int:
        """Return the number of jobs that failed."""
        return sum(counts["Failed"] for counts in self.by_operation.values())

    def longest(self) -> list[dict[str, t.Any]]:
        """Return the longest jobs as results show them, the longest first."""
        entries = sorted(self._longest, key=lambda entry: (-entry[0], entry[1]))
        return [{**job_result(job), "vault_name": vault_id.name} for _seconds, _name, job, vault_id in entries]

    def result(self, start: dt.datetime, end: dt.datetime) -> dict[str, t.Any]:
        """Return the counts as results show them; every day of the window is there, in UTC."""
        by_status: collections.Counter[str] = collections.Counter()
        for counts in self.by_operation.values():
            by_status.update(counts)
        return {
            "total": self.total,
            "by_status": dict(sorted(by_status.items())),
            "by_operation": {name: dict(sorted(counts.items())) for name, counts in sorted(self.by_operation.items())},
            "by_day": [self._day(day) for day in _days(start, end)],
            "longest": self.longest(),
        }

    def _day(self, day: dt.date) -> dict[str, t.Any]:
        counts = self.by_day.get(day, collections.Counter())
        return {
            "date": day.isoformat(),
            **{status: counts[status] for status in _DAY_STATUSES},
            "total": sum(counts.values()),
        }

    def groups(self, ids: t.Mapping[JobKey, str]) -> list[dict[str, t.Any]]:
        """Return the failures by error as results show them, the most frequent first.

        ``ids`` are the ARM ids of the machines that jobs name.
        """
        by_code: dict[str, list[Failing]] = {}
        for (code, _operation, _key), failure in self.failing.items():
            by_code.setdefault(code, []).append(failure)
        groups = [self._group(code, failures, ids) for code, failures in by_code.items()]
        return sorted(groups, key=lambda group: (-group["count"], group["code"]))

    def _group(self, code: str, failures: list[Failing], ids: t.Mapping[JobKey, str]) -> dict[str, t.Any]:
        failures.sort(key=lambda one: (one.key[2], one.key, one.job.operation))
        latest = max(failures, key=lambda one: (one.last, one.job.name))
        return {
            "code": code,
            **error_of(latest.job),
            "count": sum(one.count for one in failures),
            "vms": [
                {
                    "id": ids.get(one.key),
                    "name": job_machine(one.job)[1],
                    "resource_group": job_machine(one.job)[0],
                    "vault_id": str(one.vault_id),
                    "vault_name": one.vault_id.name,
                    "operation": one.job.operation,
                    "count": one.count,
                    "first": _told(one.first),
                    "last": _told(one.last),
                    "job_id": one.job.name,
                    "recovered": self.recovered(one),
                }
                for one in failures
            ],
            "recovered": all(self.recovered(one) for one in failures),
            "first": _told(min(one.first for one in failures)),
            "last": _told(latest.last),
        }


def error_of(job: Job) -> dict[str, t.Any]:
    """Return what a failed job tells; the same keys when it tells nothing."""
    if not job.errors:
        return {"number": None, "message": "The service gave no reason.", "recommendations": [], "topic": None}
    told = error_result(job.errors[0])
    del told["code"]
    return {**told, "message": " ".join(told["message"].split())}


def _code(job: Job) -> str:
    return (error_code(job.errors[0]) if job.errors else None) or job.status


def _told(moment: dt.datetime) -> str | None:
    return None if moment == times.NEVER else times.to_iso(moment)


def _days(start: dt.datetime, end: dt.datetime) -> t.Iterator[dt.date]:
    day = start.astimezone(dt.timezone.utc).date()
    while day <= end.astimezone(dt.timezone.utc).date():
        yield day
        day += _DAY
