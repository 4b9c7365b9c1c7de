# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sum up the verdicts on a fleet: how many machines stand where, how much is covered, and who offends. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import collections
import math
import typing as t

from .._errors import BackupError
from .job_tally import Failing, Tally, error_of
from .jobs import JobKey, job_machine
from .reasons import Reason, sentence
from .verdicts import OFFENCES, STATES, Verdict, offends

SHOWN: t.Final = 10
"""How many offenders of each kind a message names."""

Offender = dict[str, t.Any]


def counts(verdicts: t.Sequence[Verdict]) -> dict[str, t.Any]:
    """Count the machines by state; those that exist no more are counted on their own."""
    existing = [verdict for verdict in verdicts if not verdict.covered.gone]
    counted = _counts(existing)
    covered = counted.pop("coverage_percent")
    return {
        **counted,
        "gone": len(verdicts) - len(existing),
        "stale": sum(verdict.has("stale") for verdict in existing),
        "unhealthy": sum(verdict.has("unhealthy") for verdict in existing),
        "coverage_percent": covered,
    }


def coverage(verdicts: t.Iterable[Verdict]) -> dict[str, list[dict[str, t.Any]]]:
    """Count the machines that exist by region, by resource group and by subscription, each sorted by name."""
    regions: dict[str, list[Verdict]] = {}
    groups: dict[tuple[str, str], list[Verdict]] = {}
    subscriptions: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.covered.gone:
            continue
        vm_id = verdict.covered.id
        subscription = vm_id.subscription_id.casefold()
        regions.setdefault(verdict.location, []).append(verdict)
        groups.setdefault((vm_id.resource_group.casefold(), subscription), []).append(verdict)
        subscriptions.setdefault(subscription, []).append(verdict)
    return {
        "by_region": [{"name": region, **_counts(each)} for region, each in sorted(regions.items())],
        "by_resource_group": [
            {
                "name": each[0].covered.id.resource_group,
                "subscription_id": each[0].covered.id.subscription_id,
                **_counts(each),
            }
            for _key, each in sorted(groups.items())
        ],
        "by_subscription": [
            {"name": each[0].covered.id.subscription_id, **_counts(each)}
            for _key, each in sorted(subscriptions.items())
        ],
    }


def _counts(existing: t.Sequence[Verdict]) -> dict[str, t.Any]:
    by_state = collections.Counter(verdict.state for verdict in existing)
    return {
        "vms": len(existing),
        **{state: by_state[state] for state in STATES},
        "stale": sum(verdict.has("stale") for verdict in existing),
        "coverage_percent": _percent(
            by_state["protected"] + by_state["waiting"],
            len(existing) - by_state["excluded"] - by_state["elsewhere"],
        ),
    }


def _percent(part: int, whole: int) -> float | None:
    """Round down, so that a hundred is a hundred."""
    return math.floor(1000 * part / whole) / 10 if whole else None


def offenders(verdicts: t.Sequence[Verdict], tally: Tally, ids: t.Mapping[JobKey, str]) -> dict[str, list[Offender]]:
    """List, for each kind of offence, the machines that are guilty of it with the reason and what to do.

    ``ids`` are the ARM ids of the machines that jobs name.
    """
    found: dict[str, list[Offender]] = {offence: [] for offence in OFFENCES}
    by_id = {verdict.covered.id.key: verdict for verdict in verdicts}
    for verdict in verdicts:
        for offence in OFFENCES:
            if offends(verdict, offence):
                found[offence].append(_offender(verdict, verdict.reasons[offence]))
    failing = [failure for failure in tally.failing.values() if not tally.recovered(failure)]
    for failure in sorted(failing, key=lambda one: (one.key[2], one.key, one.job.operation, one.last)):
        of_machine = by_id.get(ids.get(failure.key, "").casefold())
        if of_machine is None:
            group, name = job_machine(failure.job)
            found["failures"].append(
                {"id": None, "name": name, "resource_group": group, "reason": why_failed(failure).as_result()}
            )
        elif of_machine.state != "excluded":
            found["failures"].append(_offender(of_machine, why_failed(failure)))
    return found


def why_failed(failure: Failing) -> Reason:
    """Say how a machine's jobs failed, and what the service advises."""
    told = error_of(failure.job)
    often = "" if failure.count == 1 else f" {failure.count} times, last"
    code = failure.job.errors[0].title if failure.job.errors else ""
    advice = [*told["recommendations"], *([f'See "{told["topic"]}".'] if told["topic"] else [])]
    return Reason(
        code or failure.job.status,
        f"{failure.job.operation} failed{often} on {failure.last:%Y-%m-%d at %H:%M} UTC: {sentence(told['message'])}",
        advice[0] if advice else "Run it again; if it fails again, ask Microsoft support with the job's id.",
    )


def last_failures(tally: Tally) -> dict[JobKey, Reason]:
    """Return why the last backup of each machine failed, of which no later one succeeded."""
    latest: dict[JobKey, Failing] = {}
    for failure in tally.failing.values():
        if failure.job.operation == "Backup" and not tally.recovered(failure):
            known = latest.get(failure.key)
            if known is None or failure.last > known.last:
                latest[failure.key] = failure
    return {key: why_failed(failure) for key, failure in latest.items()}


def _offender(verdict: Verdict, reason: Reason) -> Offender:
    vm_id = verdict.covered.id
    return {
        "id": str(vm_id),
        "name": vm_id.name,
        "resource_group": vm_id.resource_group,
        "reason": reason.as_result(),
    }


def gate(found: t.Mapping[str, t.Sequence[Offender]], asked: t.Sequence[str]) -> BackupError | None:
    """Return what the task fails with when it asked for offences and there are some, with the first of each kind."""
    guilty = {offence: found[offence] for offence in OFFENCES if offence in asked and found[offence]}
    if not guilty:
        return None
    numbers = ", ".join(f"{len(each)} {_words(offence)}" for offence, each in guilty.items())
    told = [line for offence, each in guilty.items() for line in (f"{_words(offence)}:", *_lines(each))]
    remedies = dict.fromkeys(one["reason"]["remedy"] for each in guilty.values() for one in each)
    return BackupError(
        "\n".join([f"The backups are not as fail_if wants them: {numbers}.", *told]),
        code="NotCompliant",
        operation="check the backups",
        recommendations=[remedy for remedy in remedies if remedy][:SHOWN],
    )


def _lines(each: t.Sequence[Offender]) -> list[str]:
    """Return a line for all machines with the same cause, in the words of the first of them."""
    alike: dict[tuple[str, str | None], list[Offender]] = {}
    for one in each:
        alike.setdefault((one["reason"]["code"], one["reason"]["remedy"] or one["name"]), []).append(one)
    groups = list(alike.values())
    shown = [f"- {_names(group)}: {_why(group[0]['reason'])}" for group in groups[:SHOWN]]
    hidden = sum(map(len, groups[SHOWN:]))
    return [*shown, f"- and {hidden} more, see offenders in the result"] if hidden else shown


def _names(group: t.Sequence[Offender]) -> str:
    named = ", ".join(f"{one['resource_group']}/{one['name']}" for one in group[:SHOWN])
    return named + (f" and {len(group) - SHOWN} more" if len(group) > SHOWN else "")


def _why(reason: t.Mapping[str, t.Any]) -> str:
    return f"{reason['message']} Do: {reason['remedy']}" if reason["remedy"] else str(reason["message"])


def _words(offence: str) -> str:
    return {"soft_deleted": "soft-deleted", "failures": "failed", "gone": "of machines that are gone"}.get(
        offence, offence
    )
