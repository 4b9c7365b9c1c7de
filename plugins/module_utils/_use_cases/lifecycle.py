# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apply plans to many protected items: the only place that writes and deletes them.

Each kind of write goes out for all machines at once, is followed to its end where another one comes after it, and what
came of everything is read back in one listing.
This file is private to the collection.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import typing as t

from .._azure.backup import Backup, Submission
from .._azure.clock import Deadline
from .._azure.operations import intervals
from .._domain import capacity, plans, transitions
from .._domain.item_states import item_state
from .._domain.job_models import Job
from .._domain.models import ProtectedItem, VirtualMachine
from .._domain.plans import Plan
from .._domain.transitions import Write
from .._errors import AnswerLost, BackupError, WaitTimeout, told
from . import contents, submissions
from .guards import UNGUARDED, Guard

_MORE_LOOKS_FOR_THEIRS: t.Final = 3


@dataclasses.dataclass
class Planned:
    """One machine on its way through a task."""

    machine: VirtualMachine
    plan: Plan
    item: ProtectedItem | None
    """What the vault holds for it, as far as it was read."""
    error: BackupError | None
    changed: bool = False
    """Whether a write was accepted; in check mode, whether one would be sent."""
    joined: bool = False
    """Whether another task is at it at the same time, whose job is followed."""
    job_id: str | None = None
    request_id: str | None = None
    """The id of the last request that was accepted for it, which finds the job also while its id is not known."""
    instead: t.Mapping[str, t.Any] | None = None
    """Where a machine is that did not get to its plan's end, if that is not in the vault."""

    @classmethod
    def of(cls, machine: VirtualMachine, plan: Plan) -> Planned:
        """Begin with a plan."""
        return cls(machine, plan, plan.item, plan.problem)

    @property
    def key(self) -> str:
        """What tells the machines of a task apart."""
        return str(self.machine.id)

    @property
    def reached(self) -> bool:
        """Whether the machine is where the plan leads, as far as is known."""
        return self.error is None

    @property
    def action(self) -> str:
        """The word for what was done, or in check mode would be."""
        if self.joined and not self.changed:
            return "in_progress"
        return self.plan.action if self.changed or not self.plan.changed else "none"

    @property
    def after(self) -> dict[str, t.Any]:
        """What the diff shows: the plan's end, or, for a machine that did not get there, where it is."""
        return dict(self.plan.after) if self.reached else dict(self.instead or plans.shown(self.item))

    def step(self, write: Write) -> plans.Step | None:
        """Return the plan's step of a kind, None when it has none."""
        return next((step for step in self.plan.steps if step.write == write), None)

    def awaits(self, write: Write) -> bool:
        """Whether another task is doing what the plan would end with."""
        return self.plan.awaited is not None and write == "configure"


def apply(
    backup: Backup, fleet_state: t.Sequence[Planned], options: t.Mapping[str, t.Any], guard: Guard = UNGUARDED
) -> list[str]:
    """Write what the plans say, kind by kind for all machines, and read what came of it; returns warnings.

    In check mode it only predicts. ``options`` are ``wait_timeout``, ``poll_interval`` and, where there is a choice,
    ``wait``.
    """
    if backup.client.check_mode:
        for one in fleet_state:
            one.changed = one.plan.changed and one.error is None
        return []
    wait = options.get("wait", True)
    deadline = Deadline(backup.client.clock, options["wait_timeout"])
    for write in transitions.WRITES:
        todo = {one.key: one for one in fleet_state if one.error is None and (one.step(write) or one.awaits(write))}
        if todo:
            _apply_write(backup, todo, write, deadline, options, guard)
            _await_shown(backup, todo.values(), write, options)
    return _read_back(backup, fleet_state, options) if wait else []


def _apply_write(
    backup: Backup,
    todo: t.Mapping[str, Planned],
    write: Write,
    deadline: Deadline,
    options: t.Mapping[str, t.Any],
    guard: Guard,
) -> None:
    operation, poll_interval = transitions.OPERATIONS[write], options["poll_interval"]
    started = backup.client.clock.now()
    steps = {key: one.step(write) for key, one in todo.items()}
    work = {key: _send(backup, todo[key], step, guard) for key, step in steps.items() if step}
    sent = submissions.send_all(backup, work, operation, poll_interval)
    theirs = {key: one for key, one in todo.items() if key not in sent or submissions.conflicts(sent[key])}
    patience = deadline if options.get("wait", True) else Deadline(backup.client.clock, 0)
    sent |= _join(backup, theirs, operation, patience, poll_interval)
    # Without waiting, only what comes last for a machine is not waited for: what comes before it has to be over.
    waited_for = {key for key, one in todo.items() if options.get("wait", True) or one.plan.last_write != write}
    for waits in (True, False):
        submissions.follow(
            backup,
            [
                made
                for key, made in sent.items()
                if isinstance(made, submissions.Followed) and (key in waited_for) is waits
            ],
            operation=operation,
            started=started,
            deadline=deadline if waits else Deadline(backup.client.clock, submissions.JOB_ID_PATIENCE),
            poll_interval=poll_interval,
            enough=_ended if waits else _seen,
        )
    for key, made in sent.items():
        one = todo[key]
        if isinstance(made, BackupError):
            one.error = capacity.with_remedy(guard.explained(made, one.plan, one.step(write)))
            continue
        one.changed = one.changed or key not in theirs
        one.job_id = made.job_id or one.job_id
        one.request_id = one.request_id if key in theirs else made.submission.request_id
        # Without waiting, "not seen yet" is no failure; what did fail already is.
        failed = made.error if key in waited_for or made.ended else None
        one.error = capacity.with_remedy(guard.explained(failed, one.plan, one.step(write))) if failed else None


def _await_shown(backup: Backup, done: t.Iterable[Planned], write: Write, options: t.Mapping[str, t.Any]) -> None:
    """Look until the items show a write that others come after: they may lag behind its job, and refuse the next."""
    going_on = [one for one in done if one.error is None and one.plan.last_write not in (None, write)]
    if not going_on:
        return
    with contextlib.suppress(BackupError):  # The next write tells.
        contents.items_after_write(
            backup,
            lambda items: all(one.plan.shows(write, items.get(one.machine.id.key)) for one in going_on),
            options["poll_interval"],
        )


def _ended(job: Job) -> bool:
    return job.ended


def _seen(_job: Job) -> bool:
    return True


def _send(backup: Backup, one: Planned, step: plans.Step, guard: Guard) -> t.Callable[[], Submission]:
    container, item = one.plan.container_name, one.plan.item_name
    if step.write != "delete":
        properties = {**step.properties, **guard.properties(step, one.plan)}
        return lambda: backup.put_protected_item(container, item, properties)
    item_id = one.plan.item.id if one.plan.item else ""

    def delete() -> Submission:
        guard.unlock(backup, item_id)
        return backup.delete_protected_item(container, item)

    return delete


def _join(
    backup: Backup, theirs: t.Mapping[str, Planned], operation: str, deadline: Deadline, poll_interval: float
) -> dict[str, submissions.Followed]:
    """Find the jobs of other tasks that are at these machines right now, to wait for them as for our own.

    Where only `backupStatus` tells of another task, its job may have begun a moment ago: the list of jobs can lag, so
    that it is looked for again.
    """
    for one in theirs.values():
        one.joined = True
    wanted = {key: one.machine.id for key, one in theirs.items()}
    awaited = {key for key, one in theirs.items() if one.plan.awaited is not None}
    found: dict[str, submissions.Followed] = {}
    try:
        found = submissions.running(backup, operation, wanted)
        for pause in itertools.islice(intervals(poll_interval), _MORE_LOOKS_FOR_THEIRS):
            if awaited <= set(found) or deadline.expired():
                break
            backup.client.clock.sleep(min(pause, deadline.remaining()))
            found |= submissions.running(backup, operation, wanted)
    except BackupError:
        # What is written already must not be lost for this: the refusals stay, and the items tell the rest.
        return found
    return found


def _read_back(backup: Backup, fleet_state: t.Sequence[Planned], options: t.Mapping[str, t.Any]) -> list[str]:
    """Read what the machines look like now, for the result; returns a warning when that is not possible."""
    touched = [one for one in fleet_state if one.changed or one.joined or one.plan.changed and one.error]
    expected = [one for one in touched if one.error is None or isinstance(one.error, AnswerLost)]

    def shown(items: t.Mapping[str, ProtectedItem]) -> bool:
        return all(one.plan.done(items.get(one.machine.id.key)) for one in expected)

    try:
        items = contents.items_after_write(backup, shown, options["poll_interval"]) if touched else {}
    except Exception as error:
        trouble = told(error)
        for one in touched:
            # Of what others did nothing else tells.
            one.error = one.error or (_unread(one.machine, trouble) if one.joined else None)
        return [f"The machines could not be read again, so their state is shown as it was before: {trouble.message}"]
    for one in touched:
        found = items.get(one.machine.id.key)
        # Only a deletion leaves nothing; else a list that lags must not hide what was there.
        one.item = found if found or one.plan.last_write == "delete" else one.item
        if one.plan.done(one.item) and _is_settled(one):
            # Whoever did it, and whatever was said meanwhile; what was answered to nobody was most likely our doing.
            one.changed = one.changed or isinstance(one.error, AnswerLost)
            one.error = None
        elif one.joined:
            one.error = one.error or (_overtaken(one.machine, one.item) if found or one.plan.changed else _vain(one))
    return []


def _is_settled(one: Planned) -> bool:
    """Whether an item that shows what was wanted makes good an error; a job that failed to configure may leave much."""
    return one.joined or not one.changed or one.plan.last_write == "delete" or isinstance(one.error, WaitTimeout)


def _unread(machine: VirtualMachine, trouble: BackupError) -> BackupError:
    return trouble.reworded(
        f"Another task was at the protection of {machine.id.name}, and what came of it could not be read: "
        f"{trouble.message}"
    )


def _vain(one: Planned) -> BackupError:
    """Say of a machine that another task seemed to protect that nothing came of it.

    UNVERIFIED: how long `backupStatus` names a vault after a job failed there or the backup was deleted; assumed some
    minutes.
    """
    return BackupError(
        f"Azure says that another task protects {one.machine.id.name}, but the vault does not show it, and no job that "
        "would protect it runs.",
        code="NotProtectedByOtherTask",
        operation="protect virtual machine",
        resource_id=str(one.machine.id),
        recommendations=["Run this task again in a few minutes: Azure goes on to say so after a job that has failed."],
        retryable=True,
    )


def _overtaken(machine: VirtualMachine, item: ProtectedItem | None) -> BackupError:
    state = item_state(item).replace("_", "-") if item else "unprotected"
    where = f"under policy {item.policy_name}" if item and item.policy_name else state
    return BackupError(
        f"Another task changed the protection of {machine.id.name} at the same time and left it {where}.",
        code="ChangedByAnotherTask",
        operation="protect virtual machine",
        resource_id=str(machine.id),
        recommendations=["Run this task again, and see to it that no two tasks want different things of one machine."],
        retryable=True,
    )
