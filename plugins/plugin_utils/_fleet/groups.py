# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which vault each virtual machine belongs to, and what every vault has to do next. Pure.

A group is what one vault is responsible for: ``location``, ``resource_group``, ``vault_name``, ``policy`` (or None),
``vms`` (ARM ids), ``refresh`` (whether the vault has to look for machines), ``spread`` (whether other vaults take
machines of its region, too), and ``error`` (or None), the reason why nothing can be done for its machines.
This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from ...module_utils._domain import ids
from ...module_utils._errors import BackupError
from .spread import Family

Machine = t.Mapping[str, t.Any]
Group = dict[str, t.Any]
Result = t.Mapping[str, t.Any]

NOT_VISIBLE: t.Final = "not_visible"
UNPROTECTED: t.Final = ("protectable", NOT_VISIBLE)
_HELD: t.Final = ("protected", "stopped", "soft_deleted")


def by_vault(
    machines: t.Sequence[Machine],
    *,
    vault_name: str,
    resource_group: str,
    vaults: t.Mapping[str, t.Mapping[str, t.Any]],
    policy: str | None,
    vaults_per_region: int = 1,
    holdings: t.Sequence[t.Mapping[str, t.Any]] = (),
) -> list[Group]:
    """Put machines that can be protected, or that their vault already holds, together by the vault that is for them.

    Machines in any other vault stay there and are in no group.

    Args:
        machines: ``vms`` of a discovery of the whole subscription.
        vault_name: a template with ``{location}``, and ``{number}`` where a region has several vaults.
        resource_group: that of the vaults.
        vaults: by region, what is otherwise: ``name``, ``resource_group``, ``policy``, ``count`` (of vaults).
        policy: the policy of all vaults.
        vaults_per_region: over how many vaults the machines of a region are spread.
        holdings: ``vaults`` of the discovery, each with ``id`` and ``vms_held``.
    """
    exceptions = {ids.normalized_location(region): named for region, named in vaults.items()}
    groups: list[Group] = []
    for location in sorted({machine["location"] for machine in machines if machine["location"]}):
        named = exceptions.get(location, {})
        family = Family(
            (named.get("resource_group") or resource_group).strip(),
            (named.get("name") or vault_name).strip().replace("{location}", location),
            int(named.get("count") or vaults_per_region),
        )
        here = [machine for machine in machines if machine["location"] == location]
        for number, members in sorted(_members(here, family, holdings).items()):
            if all(machine["status"] == "not_eligible" for machine in members):
                continue
            groups.append(
                {
                    "location": location,
                    "resource_group": family.resource_group,
                    "vault_name": family.vault_name(number),
                    "policy": (named.get("policy") or policy or "").strip() or None,
                    "error": None,
                    "vms": [machine["id"] for machine in members],
                    "refresh": any(machine["status"] in UNPROTECTED for machine in members),
                    "spread": family.count > 1,
                }
            )
    _find_clashes(groups)
    return groups


def _members(
    machines: t.Sequence[Machine], family: Family, holdings: t.Sequence[t.Mapping[str, t.Any]]
) -> dict[int, list[Machine]]:
    """Return by its number the machines of each vault: those that it holds, and those that it shall take."""
    held: dict[int, int] = {}
    for vault in holdings:
        number = family.number_of(vault["id"])
        if number:
            held[number] = int(vault["vms_held"])
    coming = family.assign([machine["id"] for machine in machines if machine["status"] in UNPROTECTED], held)
    members: dict[int, list[Machine]] = {}
    for machine in machines:
        number = None
        if machine["status"] in _HELD:
            number = family.number_of(machine["vault_id"])
        elif machine["status"] in UNPROTECTED:
            number = coming[machine["id"]]
        elif machine["status"] == "not_eligible":
            number = family.preferences(machine["id"])[0]
        if number:
            members.setdefault(number, []).append(machine)
    return members


def group_key(group: Group) -> tuple[str, str, str]:
    """Return what tells the groups of a run apart."""
    return group.get("location", ""), group.get("resource_group", "").casefold(), group["vault_name"].casefold()


def _find_clashes(groups: t.Iterable[Group]) -> None:
    """A vault serves its own region only: one vault for several regions can't be meant."""
    same: dict[tuple[str, str], list[Group]] = {}
    for group in groups:
        same.setdefault((group["resource_group"].casefold(), group["vault_name"].casefold()), []).append(group)
    for clashing in same.values():
        if len(clashing) < 2:
            continue
        regions = ", ".join(group["location"] for group in clashing)
        for group in clashing:
            group["error"] = BackupError(
                f"Vault {group['vault_name']} is named for several regions ({regions}), but a vault protects only "
                f"machines of its own region.",
                code="OneVaultForSeveralRegions",
                recommendations=[
                    "Write {location} into vm_backup_vault_name, name a vault per region in vm_backup_vaults, or "
                    "restrict vm_backup_select to the locations of one vault."
                ],
            ).as_result()


def to_discover(results: t.Iterable[Result]) -> list[Group]:
    """From the results of creating vaults: the groups whose vault is there, or whose creation was not asked for."""
    return [dict(result["item"]) for result in results if failure(result, "vault") is None]


def to_register(results: t.Iterable[Result]) -> list[Group]:
    """From the results of discovery: the groups with machines that their vault does not know, reduced to those.

    A machine that the vault's discovery has seen is registered by that; where it saw all, a task is saved.
    """
    return _reduced(results, lambda machine: machine["status"] == NOT_VISIBLE)


def to_ensure(results: t.Iterable[Result], *, policy: str) -> list[Group]:
    """From the results of discovery: the groups whose vault is there and whose machines get the policy of that name."""
    name = policy.strip()
    return [
        dict(result["item"])
        for result in results
        if name and "vms" in result and ids.same(result["item"]["policy"] or "", name)
    ]


def to_protect(
    results: t.Iterable[Result], *, undelete: bool, policies: t.Sequence[Result] = (), check_mode: bool = False
) -> list[Group]:
    """From the results of discovery: the groups with machines that their vault protects or can protect.

    ``policies`` are the results of ensuring the policy: where that failed, nothing is done; where check mode tells that
    it would only now be made, the group has it as ``new_policy``, and no policy that the vault could be asked for.
    """
    wanted = {*UNPROTECTED, "protected", "stopped", *(["soft_deleted"] if undelete else [])}
    ensured = {group_key(result["item"]): result for result in policies}
    groups = []
    for group in _reduced(results, lambda machine: machine["status"] in wanted):
        result = ensured.get(group_key(group))
        if result is None:
            groups.append(group)
        elif failure(result, "policy") is None:
            new = check_mode and result.get("policy_created")
            groups.append({**group, "policy": None, "new_policy": group["policy"]} if new else group)
    return groups


def to_back_up(results: t.Iterable[Result], *, when: str) -> list[Group]:
    """From the results of protection: the groups with machines to back up now.

    In check mode a machine that would only now be protected has nothing yet that could be backed up.
    """

    def wanted(machine: Machine) -> bool:
        there = not machine["error"] and machine["item_id"] and ids.same(machine["protection_state"] or "", "IRPending")
        protected = not machine["error"] and machine["item_id"] and is_protected(machine)
        return bool({"never": False, "first": there, "always": protected}[when])

    return _reduced(results, wanted)


def is_protected(machine: Machine) -> bool:
    """Whether a result of protection shows a machine under a policy, so that it can be backed up."""
    return bool(machine["policy_name"]) and not machine["soft_deleted"]


def to_await(results: t.Iterable[Result]) -> list[Group]:
    """From the results of starting backups: the groups with jobs to wait for.

    Each has ``job_ids``, and ``unknown_jobs``: the machines whose backup was started by a request of which no job is
    known (yet). To wait for such a group tells that they were to be waited for.
    """
    groups = []
    for result in results:
        machines = [machine for machine in result.get("vms", ()) if not machine["error"]]
        job_ids = [machine["job_id"] for machine in machines if machine["job_id"]]
        unknown = [machine for machine in machines if machine.get("request_id") and not machine["job_id"]]
        if job_ids or unknown:
            told = [{"id": machine["id"], "request_id": machine["request_id"]} for machine in unknown]
            groups.append({**result["item"], "job_ids": job_ids, "unknown_jobs": told})
    return groups


def _reduced(results: t.Iterable[Result], wanted: t.Callable[[Machine], bool]) -> list[Group]:
    groups = []
    for result in results:
        own = {vm_id.casefold() for vm_id in result["item"]["vms"]} if result["item"].get("spread") else None
        chosen = [
            machine["id"]
            for machine in result.get("vms", ())
            # Each vault of a region sees all that is unprotected there; some of it is for the others.
            if machine["id"] and wanted(machine) and (own is None or machine["id"].casefold() in own)
        ]
        if chosen:
            groups.append({**result["item"], "vms": chosen})
    return groups


def shortfall(result: Result, key: str) -> dict[str, t.Any] | None:
    """Return what went wrong although a module had something to give under ``key``, such as a wait that took too long.

    The steps after it go on, since what they build on is there or on its way; but it has to be told.
    """
    return dict(result["error"]) if key in result and result.get("error") else None


def failure(result: Result, key: str) -> dict[str, t.Any] | None:
    """Return why a module had nothing to give under ``key``, None when it had or when its task was skipped.

    What went wrong all the same is told by ``shortfall``.
    """
    if key in result or result.get("skipped"):
        return None
    if result.get("error"):
        return dict(result["error"])
    return BackupError(str(result.get("msg") or "The module ended without a result."), code="ModuleFailed").as_result()
