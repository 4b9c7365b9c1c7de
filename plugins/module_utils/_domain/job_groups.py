# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose among jobs by how they ended and how long they took, and put those of one machine together. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from .._errors import InvalidInput
from . import times
from .job_models import Job
from .jobs import job_machine

_LONGEST: t.Final = 5


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which jobs are asked for by their error and how long they took."""

    error_codes: tuple[str, ...] = ()
    """Names or numbers, in lower case."""
    longer_than: dt.timedelta | None = None

    @classmethod
    def parse(cls, options: t.Mapping[str, t.Any]) -> Wanted:
        """Read a module's options; raises InvalidInput."""
        codes, text = options["error_code"], options["longer_than"]
        if codes is not None and not [code for code in codes if str(code).strip()]:
            raise InvalidInput("error_code: the list is empty. Leave it out to see jobs whatever their error is.")
        longer_than = times.span(text) if text is not None else None
        if text is not None and longer_than is None:
            raise InvalidInput.for_option("longer_than", text, "a number with its unit: 90m, 4h or 2d")
        return cls(tuple(str(code).strip().casefold() for code in codes or ()), longer_than)

    def matches(self, job: Job) -> bool:
        """Whether the job is asked for. One that runs has taken the time since its start."""
        if self.error_codes and not any(
            error.title.casefold() in self.error_codes or str(error.code) in self.error_codes for error in job.errors
        ):
            return False
        return self.longer_than is None or (job.duration_seconds or 0) > self.longer_than.total_seconds()


def by_machine(jobs: t.Iterable[Job]) -> list[dict[str, t.Any]]:
    """Put the jobs of one machine and one operation together, as results show them: a failure and its retries.

    The order of the jobs does not matter; the result is sorted by machine and operation.
    """
    together: dict[tuple[str, str, str], list[Job]] = {}
    for job in jobs:
        group, name = job_machine(job)
        together.setdefault((name.casefold(), group.casefold(), job.operation), []).append(job)
    return [_attempts(sorted(each, key=_order)) for _key, each in sorted(together.items())]


def _order(job: Job) -> tuple[str, str]:
    return times.to_iso(job.start_time) or "", job.name


def _attempts(jobs: t.Sequence[Job]) -> dict[str, t.Any]:
    group, name = job_machine(jobs[-1])
    failed = [job for job in jobs if job.status == "Failed"]
    last_error = failed[-1].errors[0] if failed and failed[-1].errors else None
    return {
        "vm_name": name,
        "resource_group": group,
        "operation": jobs[-1].operation,
        "attempts": len(jobs),
        "failures": len(failed),
        "first_failed": times.to_iso(failed[0].start_time) if failed else None,
        "last_error": (last_error.title or str(last_error.code)) if last_error else None,
        "last_status": jobs[-1].status,
        "last_start": times.to_iso(jobs[-1].start_time),
        "last_job_id": jobs[-1].name,
        "recovered": bool(failed) and any(job.succeeded for job in jobs[jobs.index(failed[-1]) :]),
    }


class Summary:
    """Counts jobs, in all and by status, and knows the longest, while they are read: it keeps none but those."""

    def __init__(self) -> None:
        self._by_status: dict[str, int] = {}
        self._longest: list[Job] = []

    def add(self, job: Job) -> None:
        """Count a job."""
        self._by_status[job.status] = self._by_status.get(job.status, 0) + 1
        if job.duration_seconds is not None:
            ordered = sorted([*self._longest, job], key=lambda one: (-(one.duration_seconds or 0), one.name))
            self._longest = ordered[:_LONGEST]

    def as_result(self) -> dict[str, t.Any]:
        """Return ``total``, ``by_status`` and ``longest``, the longest first."""
        return {
            "total": sum(self._by_status.values()),
            "by_status": self._by_status,
            "longest": [
                {
                    "job_id": job.name,
                    "operation": job.operation,
                    "status": job.status,
                    "vm_name": job_machine(job)[1],
                    "resource_group": job_machine(job)[0],
                    "duration": job.duration_seconds,
                }
                for job in self._longest
            ],
        }
