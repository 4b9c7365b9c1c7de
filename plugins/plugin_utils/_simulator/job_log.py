# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The jobs of a vault: those that it had behind it when the simulator started, and those since.

This file is private to the collection.
"""

from __future__ import annotations

import bisect
import datetime as dt
import typing as t

if t.TYPE_CHECKING:
    from . import entities, past_jobs

# UNVERIFIED: for how long a vault lists its jobs; assumed half a year.
KEPT: t.Final = dt.timedelta(days=183)


class JobLog:
    """The jobs of a vault in the order in which they started. A job's ``index`` is its place."""

    def __init__(self) -> None:
        self._past: past_jobs.PastJobs | None = None
        self._forgotten = 0
        self._jobs: list[entities.Job] = []
        self._by_id: dict[str, entities.Job] = {}

    @property
    def _offset(self) -> int:
        return (len(self._past) if self._past else 0) + self._forgotten

    def __len__(self) -> int:
        return self._offset + len(self._jobs)

    def add(self, job: entities.Job) -> None:
        """Put a job at the end, and forget those that ended long before."""
        self._forget_before(job.started - KEPT)
        job.index = len(self)
        self._jobs.append(job)
        self._by_id[job.id] = job

    def _forget_before(self, oldest: dt.datetime) -> None:
        kept = next((at for at, job in enumerate(self._jobs) if not job.ended or job.ended > oldest), len(self._jobs))
        for job in self._jobs[:kept]:
            del self._by_id[job.id]
        del self._jobs[:kept]
        self._forgotten += kept

    def begin(self, past: past_jobs.PastJobs | None = None) -> None:
        """Put the jobs so far into the order of their start, behind what lies before all of them."""
        self._past = past
        self._jobs.sort(key=lambda job: job.started)
        for index, job in enumerate(self._jobs, self._offset):
            job.index = index

    def find(self, job_id: str) -> entities.Job | None:
        """Return the job with that id, in any letter case, or None."""
        job = self._by_id.get(job_id.lower())
        return job or (self._past.find(job_id.lower()) if self._past else None)

    def newest_first(
        self,
        *,
        earliest: dt.datetime | None = None,
        latest: dt.datetime | None = None,
        below: int | None = None,
        status: str | None = None,
        operation: str | None = None,
    ) -> t.Iterator[entities.Job]:
        """Return the jobs that started in a window and pass a filter; ``below`` is the index before which to begin."""
        recent = bisect.bisect_right(self._jobs, latest, key=lambda job: job.started) if latest else len(self._jobs)
        if below is not None:
            recent = min(recent, below - self._offset)
        for index in range(recent - 1, -1, -1):
            job = self._jobs[index]
            if earliest and job.started < earliest:
                return
            if _same(status, job.status) and _same(operation, job.operation):
                yield job
        if self._past:
            past = self._past.before(latest) if latest else len(self._past)
            past = past if below is None else min(past, below)
            for index in range(past - 1, -1, -1):
                if earliest and self._past.started(index) < earliest:
                    return
                if self._past.matches(index, status, operation):
                    yield self._past.job(index)


def _same(wanted: str | None, value: str) -> bool:
    return wanted is None or wanted.casefold() == value.casefold()
