# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What needs somebody: each kind of it with how many, who, why and what to do. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from . import words

Summary = t.Mapping[str, t.Any]
"""A result of vm_backup_summary_info."""

Vm = t.Mapping[str, t.Any]

SOON_HOURS: t.Final = 7 * 24
"""A soft-deleted backup that ends within these hours is a matter of today."""

REASONS: t.Final[t.Mapping[str, str]] = {
    "protectable": "ready to be protected",
    "not_visible": "not discovered yet",
    "no_vault_in_region": "no vault in the region",
    "not_eligible": "provisioning has failed",
    "classic": "classic machine",
}
"""Why a machine is unprotected, in a few words."""


@dataclasses.dataclass(frozen=True)
class Need:
    """Something that needs somebody.

    ``urgent`` tells today from later; ``section`` is the part of the page that has the machines.
    """

    kind: str
    urgent: bool
    count: int
    title: str
    detail: str
    remedy: str
    section: str


def find(summary: Summary) -> tuple[Need, ...]:
    """Return all needs, the most urgent first."""
    found = [need for need in (look(summary) for look in _LOOKS) if need]
    return (*(need for need in found if need.urgent), *(need for need in found if not need.urgent))


def exists(vm: Vm) -> bool:
    """Whether a machine exists, as far as anybody knows."""
    return vm["exists"] is not False


def is_gone(vm: Vm) -> bool:
    """Whether a machine exists no more while its vault still tries to back it up."""
    return not exists(vm) and vm["state"] in ("protected", "waiting", "error")


def reason(vm: Vm) -> str:
    """Return why a machine is unprotected, in a few words."""
    code = (vm["reason"] or {}).get("code") or "unknown"
    return REASONS.get(code, code.replace("_", " "))


def hours_left(summary: Summary, vm: Vm) -> float | None:
    """Return how many hours a soft-deleted backup has left; None where the service does not tell."""
    end, now = words.moment(vm["deleted_permanently_at"]), words.moment(summary["generated_at"])
    return max(0.0, (end - now).total_seconds() / 3600) if end and now else None


def _problems(summary: Summary) -> Need | None:
    found = summary["problems"]
    if not found:
        return None
    first: dict[str, str] = {}
    for problem in found:
        first.setdefault(problem["vault_name"] or problem["subscription_id"] or "?", problem["error"]["message"])
    places: dict[str, list[str]] = {}
    for name, message in sorted(first.items()):
        places.setdefault(message, []).append(name)
    remedy = next((text for problem in found for text in problem["error"]["recommendations"]), "")
    title = f"{words.counted(len(first), 'place')} could not be read, so that the numbers are incomplete"
    told = [f"{words.listed(names)}: {words.sentence(message)}" for message, names in places.items()]
    detail = " ".join([*told[:3], *([f"{words.counted(len(told) - 3, 'more reason')}."] if len(told) > 3 else [])])
    return Need("problems", True, len(found), title, detail, remedy, "problems")


def _soft_deleted(*, urgent: bool) -> t.Callable[[Summary], Need | None]:
    def look(summary: Summary) -> Need | None:
        found = []
        for vm in summary["vms"]:
            if vm["state"] == "soft_deleted" and exists(vm):
                left = hours_left(summary, vm)
                if (left is not None and left <= SOON_HOURS) == urgent:
                    found.append((float("inf") if left is None else left, vm))
        if not found:
            return None
        found.sort(key=lambda entry: entry[0])
        left, first = found[0]
        one, known = len(found) == 1, left != float("inf")
        when = f"in {words.age(left)}" if one and known else "within a week" if urgent else "later on"
        title = f"{words.counted(len(found), 'deleted backup')} {'is' if one else 'are'} lost for good {when}"
        title += f", unless you bring {'it' if one else 'them'} back"
        names = words.listed([vm["name"] for _left, vm in found])
        detail = f"{names}{f', the first in {words.age(left)}' if known and not one else ''}."
        return Need("soft_deleted", urgent, len(found), title, detail, _remedy(first), "deadlines")

    return look


def _failures(summary: Summary) -> Need | None:
    causes = [(cause, [vm for vm in cause["vms"] if not vm["recovered"]]) for cause in summary["failures"]]
    causes = sorted(((cause, vms) for cause, vms in causes if vms), key=lambda entry: -len(entry[1]))
    if not causes:
        return None
    machines = {(vm["id"] or vm["name"]).casefold() for _cause, vms in causes for vm in vms}
    title = f"Jobs of {words.counted(len(machines), 'machine')} failed and none has succeeded since"
    title += f", for {len(causes)} reasons" if len(causes) > 1 else ""
    detail = _reasons([(cause["message"] or cause["code"], len(vms)) for cause, vms in causes], most=5)
    steps = causes[0][0]["recommendations"][:1]
    remedy = _partly(steps[0], len(causes[0][1]), len(machines)) if steps else ""
    return Need("failures", True, len(machines), title, detail, remedy, "failures")


def _stale(summary: Summary) -> Need | None:
    found = [vm for vm in summary["vms"] if vm["stale"] and exists(vm)]
    if not found:
        return None
    found.sort(key=lambda vm: -(vm["age_hours"] if vm["age_hours"] is not None else float("inf")))
    title = f"{words.counted(len(found), 'machine')} {'has' if len(found) == 1 else 'have'} no backup"
    title += f" newer than the promised {summary['rpo_hours']} hours"
    oldest = [vm for vm in found if vm["age_hours"] is not None]
    names = words.listed([vm["name"] for vm in found])
    detail = f"{names}." + (f" The oldest is {words.age(oldest[0]['age_hours'])} old." if oldest else "")
    return Need("stale", True, len(found), title, detail, _common_remedy(found), "stale")


def _unprotected(summary: Summary) -> Need | None:
    found = [vm for vm in summary["vms"] if vm["state"] == "unprotected"]
    if not found:
        return None
    counts = collections.Counter(reason(vm) for vm in found)
    title = f"{words.counted(len(found), 'machine')} {'is' if len(found) == 1 else 'are'} not protected"
    detail = _reasons(counts.most_common(), most=len(REASONS))
    return Need("unprotected", True, len(found), title, detail, _common_remedy(found), "unprotected")


def _unhealthy(summary: Summary) -> Need | None:
    found = [vm for vm in summary["vms"] if vm["unhealthy"] and exists(vm)]
    if not found:
        return None
    told = [next((entry["message"] or entry["title"] for entry in vm["health"]), "") for vm in found]
    counts = collections.Counter(text or "no details" for text in told)
    title = f"{words.counted(len(found), 'machine')} {'needs' if len(found) == 1 else 'need'} attention"
    title += ", says the service"
    return Need("unhealthy", True, len(found), title, _reasons(counts.most_common()), _common_remedy(found), "health")


def _in_state(
    kind: str, one: str, many: str, chosen: t.Callable[[Vm], bool], *, urgent: bool
) -> t.Callable[[Summary], Need | None]:
    def look(summary: Summary) -> Need | None:
        found = [vm for vm in summary["vms"] if chosen(vm)]
        if not found:
            return None
        title = f"{words.counted(len(found), 'machine')} {one if len(found) == 1 else many}"
        names = f"{words.listed([vm['name'] for vm in found])}."
        return Need(kind, urgent, len(found), title, names, _common_remedy(found), "other")

    return look


def _reasons(counts: t.Sequence[tuple[str, int]], most: int = 3) -> str:
    """Return reasons with how many machines have each, as a sentence."""
    texts = [f"{text.rstrip('.')} ({words.number(count)})" for text, count in counts[:most]]
    more = len(counts) - len(texts)
    return f"Why: {'; '.join([*texts, *([f'{more} more'] if more else [])])}."


def _remedy(vm: Vm) -> str:
    return (vm["reason"] or {}).get("remedy") or ""


def _common_remedy(vms: t.Sequence[Vm]) -> str:
    """Return the remedy of most of the machines."""
    counts = collections.Counter(_remedy(vm) for vm in vms if _remedy(vm))
    if not counts:
        return ""
    remedy, count = counts.most_common(1)[0]
    return _partly(remedy, count, len(vms))


def _partly(remedy: str, count: int, whole: int) -> str:
    return remedy if count >= whole else f"for {words.number(count)} of {words.number(whole)}: {remedy}"


_LOOKS: t.Final[tuple[t.Callable[[Summary], Need | None], ...]] = (
    _problems,
    _soft_deleted(urgent=True),
    _failures,
    _stale,
    _in_state(
        "error",
        "could not be configured",
        "could not be configured",
        lambda vm: exists(vm) and vm["state"] == "error",
        urgent=True,
    ),
    _unprotected,
    _unhealthy,
    _in_state(
        "gone",
        "exists no more, but its backup goes on",
        "exist no more, but their backups go on",
        is_gone,
        urgent=False,
    ),
    _soft_deleted(urgent=False),
    _in_state(
        "stopped",
        "is no longer backed up; its data is kept",
        "are no longer backed up; their data is kept",
        lambda vm: exists(vm) and vm["state"] in ("stopped", "suspended"),
        urgent=False,
    ),
)
