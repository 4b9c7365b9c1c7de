# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the fleet's state comes to in words: one sentence, and what needs somebody, the most urgent first. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from . import words

Summary = t.Mapping[str, t.Any]
"""A result of vm_backup_summary_info."""

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


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The first screen. ``tone`` is ``good``, ``soon`` or ``bad``."""

    tone: str
    sentence: str
    call: str
    needs: tuple[Need, ...]

    def lines(self) -> list[str]:
        """Return it as text, for the output of a playbook."""
        lines = [f"{self.sentence} {self.call}"]
        for place, need in enumerate(self.needs, start=1):
            lines.append(f"{place}. {need.title}{'' if need.urgent else ' (can wait)'}")
            lines += [f"   {text}" for text in (need.detail, need.remedy and f"What to do: {need.remedy}") if text]
        return lines


def verdict(summary: Summary) -> Verdict:
    """Judge a summary."""
    found = [need for need in (look(summary) for look in _LOOKS) if need]
    needs = (*(need for need in found if need.urgent), *(need for need in found if not need.urgent))
    urgent = sum(need.urgent for need in needs)
    call = {0: "Nothing needs you today", 1: "One thing needs you today"}.get(urgent, f"{urgent} things need you today")
    if len(needs) > urgent:
        later = len(needs) - urgent
        call += f"; {words.counted(later, 'other', 'others') if urgent else words.counted(later, 'thing')} can wait"
    if not summary["summary"]["vms"] and not needs:
        call += ". If you expected machines: an identity sees only those that its roles reach"
    tone = "bad" if urgent else "soon" if needs else "good"
    return Verdict(tone, coverage(summary), f"{call}{':' if needs else '.'}", needs)


def coverage(summary: Summary) -> str:
    """Return how many machines are protected, as a sentence."""
    counts = summary["summary"]
    whole = counts["vms"] - counts["excluded"] - counts["elsewhere"]
    done, waiting = counts["protected"], counts["waiting"]
    if not whole:
        return (
            "There is no virtual machine to protect."
            if not counts["vms"]
            else "No machine is in the scope of this report."
        )
    if done == whole:
        text = "The machine is protected" if whole == 1 else f"All {words.number(whole)} machines are protected"
    else:
        verb = "is" if done == 1 else "are"
        text = f"{words.number(done)} of {words.counted(whole, 'machine')} {verb} protected"
    if waiting:
        text += f", {words.number(waiting)} {'waits' if waiting == 1 else 'wait'} for a first backup"
    return f"{text}."


def _problems(summary: Summary) -> Need | None:
    found = summary["problems"]
    if not found:
        return None
    names = sorted({problem["vault_name"] or problem["subscription_id"] or "?" for problem in found})
    errors = [problem["error"] for problem in found]
    remedy = next((text for error in errors for text in error["recommendations"]), "")
    title = f"{words.counted(len(names), 'place')} could not be read, so that the numbers are incomplete"
    detail = f"{words.listed(names)}: {words.sentence(errors[0]['message'])}"
    return Need("problems", True, len(found), title, detail, remedy, "problems")


def _soft_deleted(summary: Summary) -> Need | None:
    return _deleted(summary, urgent=True)


def _soft_deleted_later(summary: Summary) -> Need | None:
    return _deleted(summary, urgent=False)


def _deleted(summary: Summary, *, urgent: bool) -> Need | None:
    found = []
    for vm in summary["vms"]:
        left = hours_left(summary, vm)
        if vm["state"] == "soft_deleted" and vm["exists"] is not False:
            if (left is not None and left <= SOON_HOURS) == urgent:
                found.append((left if left is not None else float("inf"), vm))
    if not found:
        return None
    found.sort(key=lambda entry: entry[0])
    left, first = found[0]
    one = len(found) == 1
    title = f"{words.counted(len(found), 'deleted backup')} {'is' if one else 'are'} lost for good"
    title += f" {'within a week' if urgent else 'later on'}, unless you bring {'it' if one else 'them'} back"
    when = f", {'in' if one else 'the first in'} {words.age(left)}" if left != float("inf") else ""
    names = words.listed([vm["name"] for _left, vm in found])
    return Need("soft_deleted", urgent, len(found), title, f"{names}{when}.", _remedy(first), "deadlines")


def hours_left(summary: Summary, vm: t.Mapping[str, t.Any]) -> float | None:
    """Return how many hours a soft-deleted backup has left; None where the service does not tell."""
    end, now = words.moment(vm["deleted_permanently_at"]), words.moment(summary["generated_at"])
    return max(0.0, (end - now).total_seconds() / 3600) if end and now else None


def _failures(summary: Summary) -> Need | None:
    causes = [(cause, [vm for vm in cause["vms"] if not vm["recovered"]]) for cause in summary["failures"]]
    causes = [(cause, vms) for cause, vms in causes if vms]
    if not causes:
        return None
    machines = {(vm["id"] or vm["name"]).casefold() for _cause, vms in causes for vm in vms}
    count = len(machines)
    title = f"Jobs of {words.counted(count, 'machine')} failed and none has succeeded since"
    title += f", for {len(causes)} reasons" if len(causes) > 1 else ""
    worst, vms = max(causes, key=lambda entry: len(entry[1]))
    more = "Most often" if len(causes) > 1 else "Why"
    detail = f"{more}: {words.sentence(worst['message'] or worst['code'])} ({words.counted(len(vms), 'machine')})"
    return Need("failures", True, count, title, detail, " ".join(worst["recommendations"][:1]), "failures")


def _stale(summary: Summary) -> Need | None:
    found = [vm for vm in summary["vms"] if vm["stale"] and vm["exists"] is not False]
    if not found:
        return None
    found.sort(key=lambda vm: -(vm["age_hours"] if vm["age_hours"] is not None else float("inf")))
    one = len(found) == 1
    title = f"{words.counted(len(found), 'machine')} {'has' if one else 'have'} no backup"
    title += f" of the promised {summary['rpo_hours']} hours"
    oldest = [vm for vm in found if vm["age_hours"] is not None]
    names = words.listed([vm["name"] for vm in found])
    detail = f"{names}." + (f" The oldest is {words.age(oldest[0]['age_hours'])} old." if oldest else "")
    return Need("stale", True, len(found), title, detail, _common_remedy(found), "stale")


def _unprotected(summary: Summary) -> Need | None:
    found = [vm for vm in summary["vms"] if vm["state"] == "unprotected"]
    if not found:
        return None
    counts = collections.Counter(reason(vm) for vm in found)
    reasons = ", ".join(f"{words.number(count)} {text}" for text, count in counts.most_common())
    title = f"{words.counted(len(found), 'machine')} {'is' if len(found) == 1 else 'are'} not protected"
    return Need("unprotected", True, len(found), title, f"Why: {reasons}.", _common_remedy(found), "unprotected")


def _in_state(
    kind: str,
    one: str,
    many: str,
    chosen: t.Callable[[t.Mapping[str, t.Any]], bool],
    *,
    urgent: bool,
    section: str = "other",
) -> t.Callable[[Summary], Need | None]:
    def look(summary: Summary) -> Need | None:
        found = [vm for vm in summary["vms"] if chosen(vm)]
        if not found:
            return None
        title = f"{words.counted(len(found), 'machine')} {one if len(found) == 1 else many}"
        names = f"{words.listed([vm['name'] for vm in found])}."
        return Need(kind, urgent, len(found), title, names, _common_remedy(found), section)

    return look


def is_gone(vm: t.Mapping[str, t.Any]) -> bool:
    """Whether a machine exists no more while its vault still tries to back it up."""
    return vm["exists"] is False and vm["state"] in ("protected", "waiting", "error")


def reason(vm: t.Mapping[str, t.Any]) -> str:
    """Return why a machine is unprotected, in a few words."""
    code = (vm["reason"] or {}).get("code") or "unknown"
    return REASONS.get(code, code.replace("_", " "))


def _remedy(vm: t.Mapping[str, t.Any]) -> str:
    return (vm["reason"] or {}).get("remedy") or ""


def _common_remedy(vms: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    """Return the remedy of most of the machines."""
    counts = collections.Counter(_remedy(vm) for vm in vms if _remedy(vm))
    if not counts:
        return ""
    remedy, count = counts.most_common(1)[0]
    return remedy if count == len(vms) else f"{remedy} ({words.number(count)} of {words.number(len(vms))})"


def _lives(vm: t.Mapping[str, t.Any]) -> bool:
    return vm["exists"] is not False


_LOOKS: t.Final[tuple[t.Callable[[Summary], Need | None], ...]] = (
    _problems,
    _soft_deleted,
    _failures,
    _stale,
    _in_state(
        "error",
        "could not be configured",
        "could not be configured",
        lambda vm: _lives(vm) and vm["state"] == "error",
        urgent=True,
    ),
    _unprotected,
    _in_state(
        "unhealthy",
        "needs attention, says the service",
        "need attention, says the service",
        lambda vm: _lives(vm) and vm["unhealthy"],
        urgent=True,
        section="health",
    ),
    _in_state(
        "gone",
        "exists no more, but its backup goes on",
        "exist no more, but their backups go on",
        is_gone,
        urgent=False,
    ),
    _soft_deleted_later,
    _in_state(
        "stopped",
        "is no longer backed up; its data is kept",
        "are no longer backed up; their data is kept",
        lambda vm: _lives(vm) and vm["state"] in ("stopped", "suspended"),
        urgent=False,
    ),
)
