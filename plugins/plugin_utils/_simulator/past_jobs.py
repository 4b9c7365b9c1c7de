# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The jobs that a vault has behind it, as columns of numbers: a job is made when somebody looks at it.

A month of daily backups of thousands of machines is hundreds of thousands of jobs, of which a client reads a few pages.
This file is private to the collection.
"""

from __future__ import annotations

import array
import bisect
import datetime as dt
import hashlib
import typing as t
import uuid

from . import entities

_EPOCH: t.Final = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
_ODD: t.Final = 0x9E3779B1
"""Odd, so that multiplying by it modulo 2**32 can be undone: ids look random, and tell the job's place."""
_UNDONE: t.Final = pow(_ODD, -1, 2**32)


class Outcome(t.NamedTuple):
    """How a job ended."""

    status: str
    error: entities.JobError | None = None


class PastJob(t.NamedTuple):
    """One job of the past; ``started`` is in seconds since 1970, ``machine`` is a number of the vault's machines."""

    started: float
    machine: int
    operation: str
    outcome: Outcome
    seconds: float


class PastJobs:
    """Jobs that have ended, in the order of their start. ``salt`` makes their ids this vault's own."""

    def __init__(self, machines: t.Sequence[entities.Machine], jobs: t.Iterable[PastJob], salt: str) -> None:
        self._machines = tuple(machines)
        self._salt = salt.encode()
        self._shift = int.from_bytes(hashlib.blake2b(self._salt, digest_size=4).digest(), "big")
        ordered = sorted(jobs, key=lambda job: (job.started, job.machine))
        self.operations = _Codes(job.operation for job in ordered)
        self.outcomes = _Codes(job.outcome for job in ordered)
        self._started = array.array("d", (job.started for job in ordered))
        self._machine = array.array("H", (job.machine for job in ordered))
        self._by_machine: dict[int, array.array[int]] | None = None
        self._seconds = array.array("f", (job.seconds for job in ordered))

    def __len__(self) -> int:
        return len(self._started)

    def before(self, moment: dt.datetime) -> int:
        """Return how many of them started up to a moment."""
        return bisect.bisect_right(self._started, (moment - _EPOCH).total_seconds())

    def started(self, index: int) -> dt.datetime:
        """Return when a job started."""
        return _EPOCH + dt.timedelta(seconds=self._started[index])

    def matches(self, index: int, status: str | None, operation: str | None) -> bool:
        """Say whether a job passes a filter, without making it; None lets everything pass."""
        return (operation is None or self.operations[index].casefold() == operation.casefold()) and (
            status is None or self.outcomes[index].status.casefold() == status.casefold()
        )

    def backups_of(self, number: int) -> t.Iterator[tuple[dt.datetime, Outcome]]:
        """Return the times and outcomes of one machine's backups, oldest first."""
        if self._by_machine is None:
            self._by_machine = {}
            for index, machine in enumerate(self._machine):
                self._by_machine.setdefault(machine, array.array("I")).append(index)
        for index in self._by_machine.get(number, ()):
            if self.operations[index] == "Backup":
                yield self.started(index), self.outcomes[index]

    def job(self, index: int) -> entities.Job:
        """Make a job."""
        machine = self._machines[self._machine[index]]
        started, outcome = self.started(index), self.outcomes[index]
        operation = self.operations[index]
        return entities.Job(
            id=self._id(index),
            index=index,
            operation=operation,
            machine=machine,
            started=started,
            activity_id=str(uuid.UUID(bytes=self._digest(index, b"activity", 16), version=4)),
            visible_from=started,
            status=outcome.status,
            ended=started + dt.timedelta(seconds=round(self._seconds[index], 3)),
            error=outcome.error,
            property_bag={"VM Name": machine.name} if operation in ("Backup", "DeleteBackupData") else {},
        )

    def find(self, job_id: str) -> entities.Job | None:
        """Return the job with that id, in lower case, or None."""
        try:
            head = int(job_id[:8], 16)
        except ValueError:
            return None
        index = ((head - self._shift) * _UNDONE) % 2**32
        return self.job(index) if index < len(self) and self._id(index) == job_id else None

    def _id(self, index: int) -> str:
        head = (index * _ODD + self._shift) % 2**32
        return str(uuid.UUID(bytes=head.to_bytes(4, "big") + self._digest(index, b"job", 12), version=4))

    def _digest(self, index: int, purpose: bytes, size: int) -> bytes:
        return hashlib.blake2b(b"%d %s" % (index, purpose), key=self._salt[:64], digest_size=size).digest()


Value = t.TypeVar("Value", bound=t.Hashable)


class _Codes(t.Generic[Value]):
    """A column of values of which there are few different ones."""

    def __init__(self, values: t.Iterable[Value]) -> None:
        numbers: dict[Value, int] = {}
        self._numbers = array.array("B", (numbers.setdefault(value, len(numbers)) for value in values))
        self._values = tuple(numbers)

    def __getitem__(self, index: int) -> Value:
        return self._values[self._numbers[index]]
