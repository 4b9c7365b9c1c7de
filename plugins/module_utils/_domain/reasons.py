# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is the matter with a machine's backup, in one sentence, and the one line that puts it right. Pure.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from . import discovery, ids, protected_items
from .coverage import Covered
from .item_states import item_stopped, kept_until
from .job_models import Job
from .models import ProtectedItem, Vault, VirtualMachine

_HEALTHY: t.Final = ("passed", "healthy", "")


@dataclasses.dataclass(frozen=True)
class Reason:
    """Why a machine's backup stands as it does."""

    code: str
    message: str
    remedy: str | None
    """One line: what to do. None when there is nothing to do."""

    def as_result(self) -> dict[str, t.Any]:
        """Return the reason as results show it."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What was seen around the machines that no vault holds."""

    vaults: t.Sequence[Vault] = ()
    """The vaults to protect machines in, the preferred ones first."""
    protectable: t.Collection[str] = ()
    """The keys of the machines that the discovery of a vault has seen and that no vault protects."""
    unread_regions: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    """The regions of vaults that can't be read, with the vault's name."""
    unread_subscriptions: t.Collection[str] = ()
    """The subscriptions, in lower case, whose vaults can't be listed."""
    unasked: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Why the service did not tell whether a vault of another subscription holds a machine, by the machine's key."""
    held: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    """The ids of the vaults that the service itself named as a machine's, by the machine's key."""


def unknown(machine: VirtualMachine, around: Surroundings) -> Reason | None:
    """Say why nobody can tell whether a vault holds the machine; None when everything was read that could hold it."""
    grant = "Let the login read it (role Backup Reader), then run this again."
    vault = around.unread_regions.get(machine.location)
    if vault:
        return Reason("unreadable", f"No vault that could be read holds it; vault {vault} can't be read.", grant)
    if machine.id.subscription_id.casefold() in around.unread_subscriptions:
        return Reason("unreadable", "The vaults of its subscription can't be read.", grant)
    if machine.id.key in around.unasked:
        return Reason("unreadable", f"The service did not tell: {around.unasked[machine.id.key]}", grant)
    return None


def unprotected(machine: VirtualMachine, around: Surroundings) -> Reason:
    """Say why no vault holds the machine, as far as that can be told, and how to change it."""
    vault = _vault_for(machine, around.vaults)
    if vault is None and not machine.id.classic:
        regions = sorted({each.location for each in around.vaults})
        others = f": the vaults that were looked at are in {', '.join(regions)}" if regions else ""
        return Reason(
            "no_vault_in_region",
            f"No vault is in its region, {machine.location}{others}.",
            f"Make a vault in {machine.location} with vm_backup_vault, then protect it with vm_backup_protect.",
        )
    evidence = discovery.Evidence(machine, protectable=machine.id.key in around.protectable)
    finding = discovery.classify(evidence, vault)
    if vault is None or finding.status == "classic":
        return Reason(finding.status, finding.reason, finding.hints[0])
    protect = f"vm_backup_protect in vault {vault.id.name} (resource group {vault.id.resource_group})"
    if finding.status == "not_eligible":
        remedy = f"Repair it (redeploy or reapply it in the portal), then protect it: {protect}."
        return Reason(finding.status, finding.reason, remedy)
    if finding.status == "not_visible":
        message = f"No vault holds it; the discovery of vault {vault.id.name} has not seen it yet."
        return Reason(finding.status, message, f"Protect it: {protect}; that makes it known to the vault, too.")
    seen = f"No vault holds it, though vault {vault.id.name} has discovered it."
    message = seen if machine.id.key in around.protectable else finding.reason
    return Reason(finding.status, message, f"Protect it: {protect}.")


def _vault_for(machine: VirtualMachine, vaults: t.Sequence[Vault]) -> Vault | None:
    """Choose a vault of the machine's region, of its own subscription if there is one."""
    near = [vault for vault in vaults if vault.location == machine.location]
    own = [vault for vault in near if ids.same(vault.id.subscription_id, machine.id.subscription_id)]
    return next(iter((*own, *near)), None)


def gone(item: ProtectedItem) -> Reason:
    """Say that the machine of an item exists no more."""
    vault = item.vault_id.name
    if item.soft_deleted:
        return Reason(
            "gone",
            f"The machine exists no more; vault {vault} keeps its deleted backup until {kept_until(item)}.",
            None,
        )
    if item_stopped(item):
        kept = f"vault {vault} still has its recovery points and makes no new ones"
        return Reason("gone", f"The machine exists no more; {kept}.", discovery.DELETED_ON_REQUEST)
    return Reason(
        "gone",
        f"The machine exists no more, or the login may not read it; vault {vault} still holds its backup.",
        "Stop its protection, which keeps the data: vm_backup_protect with state: stopped and its name in vms.",
    )


def of_state(item: ProtectedItem, state: str) -> Reason | None:
    """Say what the state of an item means; None for one that is simply protected."""
    vault = item.vault_id.name
    if state == "soft_deleted":
        return Reason(
            state,
            f"Its backup was deleted; vault {vault} keeps the data until {kept_until(item)}.",
            "Bring it back before then: vm_backup_protect with undelete: true.",
        )
    if state in ("stopped", "suspended"):
        kept = "for ever" if state == "stopped" else "as long as its policy says"
        return Reason(
            state,
            f"Its protection is {state}: vault {vault} keeps its recovery points {kept} and makes no new ones.",
            "Resume it: vm_backup_protect with state: present.",
        )
    if state == "error":
        advice = health(item)
        return Reason(
            state,
            f"Its protection could not be configured in vault {vault} ({item.protection_state}).",
            _first_advice(advice) or "Look at its ConfigureBackup job with vm_backup_job_info, then protect it again.",
        )
    if state == "waiting":
        return Reason(
            state,
            f"It waits for its first backup, under policy {item.policy_name}.",
            "The schedule makes the first backup; vm_backup_now makes it at once.",
        )
    return None


def stale(covered: Covered, age: float | None, rpo_hours: int, cause: Reason | None) -> Reason:
    """Say that the newest recovery point is older than was promised, and why if a job told."""
    promised = f"promised is one every {rpo_hours} hours"
    if covered.state == "waiting":
        message = f"It has waited for its first backup for more than {rpo_hours} hours."
    elif age is None:
        message = f"It has no recovery point; {promised}."
    else:
        message = f"Its newest recovery point is {age:.1f} hours old; {promised}."
    cause = cause or _last_backup(covered.item)
    if cause:
        return Reason("stale", f"{message} {cause.message}", cause.remedy)
    return Reason(
        "stale",
        message,
        "Look for its jobs with vm_backup_job_info and at the schedule of its policy, then run vm_backup_now.",
    )


def running(job: Job) -> Reason:
    """Say that a machine has no new recovery point because its backup has not come to an end."""
    return Reason(
        "running",
        f"A backup of it has been running since {_when(job.start_time)}.",
        f"If job {job.name} hangs, cancel it with vm_backup_job, which the service allows only during the snapshot.",
    )


def cancelled(job: Job) -> Reason:
    """Say that a machine has no new recovery point because its backup was cancelled."""
    message = f"Its backup of {_when(job.start_time)} was cancelled."
    return Reason("cancelled", message, "Back it up again: vm_backup_now.")


def _last_backup(item: ProtectedItem | None) -> Reason | None:
    """What an item tells of its last backup, where no job was found that tells more."""
    if item is None or (item.last_backup_status or "").casefold() in ("", "completed", "completedwithwarnings"):
        return None
    message = f"Its last backup, of {_when(item.last_backup_time)}, ended as {item.last_backup_status}."
    return Reason("last_backup", message, "Look for its job with vm_backup_job_info, then run vm_backup_now.")


def _when(moment: dt.datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "an unknown time"


def sentence(text: str) -> str:
    """Return a text of the service as one sentence in one line."""
    text = " ".join(text.split())
    return text if text.endswith((".", "!", "?")) else f"{text}."


def unhealthy(item: ProtectedItem) -> Reason:
    """Say what the service finds wrong with a machine before its next backup."""
    details = health(item)
    told = next((each["message"] for each in details if each["message"]), f"its health is {item.health_status}")
    remedy = _first_advice(details) or "See the machine's backup pre-check in the portal."
    return Reason("unhealthy", f"The service finds: {sentence(told)}", remedy)


def is_healthy(item: ProtectedItem) -> bool:
    """Whether the service has nothing to say about a machine before its next backup."""
    return (item.health_status or "").casefold() in _HEALTHY


def health(item: ProtectedItem) -> list[dict[str, t.Any]]:
    """Return what the service finds wrong with a machine; nothing for a healthy one."""
    return [] if is_healthy(item) else protected_items.health(item)


def _first_advice(details: t.Sequence[t.Mapping[str, t.Any]]) -> str | None:
    return next((text for detail in details for text in detail["recommendations"]), None)
