# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which data disks of a machine are backed up: what a task asks for, what an item has, and what is sent.

The disk of the operating system is always backed up. On the wire a selection is ``diskExclusionProperties``: a list of
LUNs, and whether it is the disks that are backed up or those that are not. An inclusion and an exclusion are never the
same, even if they mean the same disks today: a disk that is attached tomorrow is backed up with the one only.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import BackupError, InvalidInput
from . import fields
from .models import DataDisk, ProtectedItem, VirtualMachine

MOST_LUNS: t.Final = 64
"""No size of machine takes more data disks; LUNs count from 0."""

Exclusion = t.Mapping[str, t.Any]
"""``diskExclusionProperties`` as on the wire, its LUNs sorted; None in its place stands for all disks."""


@dataclasses.dataclass(frozen=True)
class Selection:
    """What a task asks for; it is about every machine of the task, each of which has its own disks."""

    mode: str
    """``include``, ``exclude``, ``os_only`` or ``all``."""
    luns: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    taken_over: bool = False
    """Whether it is that of an item in another vault: disks that the machine has lost since are no reason to fail."""

    @classmethod
    def of(cls, exclusion: Exclusion) -> Selection:
        """Ask for what an item of the same machine has."""
        shown = describe(exclusion)
        return cls(shown["mode"], tuple(shown["luns"]), taken_over=True)

    @classmethod
    def parse(cls, options: t.Mapping[str, t.Any] | None) -> Selection | None:
        """Read the option ``disks``; None for a task that leaves selections as they are.

        Raises InvalidInput that names the option, the value and what is allowed.
        """
        if options is None:
            return None
        mode, luns, names = options["mode"], options.get("luns") or (), options.get("names") or ()
        given = [name for name, values in (("luns", luns), ("names", names)) if values]
        if mode in ("os_only", "all") and given:
            raise InvalidInput.for_option(f"disks.{given[0]}", options[given[0]], f"nothing, with mode {mode!r}")
        if mode in ("include", "exclude") and not given:
            instead = "os_only" if mode == "include" else "all"
            raise InvalidInput.for_option("disks.mode", mode, f"with disks.luns or disks.names; else mode {instead!r}")
        for lun in luns:
            if not 0 <= lun < MOST_LUNS:
                raise InvalidInput.for_option("disks.luns", lun, f"LUNs from 0 to {MOST_LUNS - 1}")
        for name in names:
            if not name.strip():
                raise InvalidInput.for_option("disks.names", name, "names of data disks")
        return cls(mode, tuple(luns), tuple(name.strip() for name in names))


def wanted(selection: Selection, machine: VirtualMachine) -> Exclusion | None:
    """Return what the service is to have for this machine; None stands for all disks.

    Raises BackupError for a LUN or a name that is none of the machine's data disks.
    """
    if selection.mode == "all":
        return None
    if selection.mode == "os_only":
        return _exclusion((), inclusion=True)
    luns = {*selection.luns, *(_lun_of(machine, name) for name in selection.names)}
    if machine.data_disks is not None and not selection.taken_over:
        missing = sorted(luns - {disk.lun for disk in machine.data_disks})
        if missing:
            raise _problem(machine, f"has no data disk at LUN {', '.join(map(str, missing))}")
    return _exclusion(luns, inclusion=selection.mode == "include")


def unsupported(machine: VirtualMachine, exclusion: Exclusion | None, policy_type: str) -> BackupError | None:
    """Say why a policy can't back up a selection of this machine's disks, as Microsoft documents it; None if it can.

    What the machine does not tell (shared disks, encryption by newer versions) is left to the service.
    """
    reason = "is a classic machine" if machine.id.classic else "is encrypted with Azure Disk Encryption"
    if exclusion is None or policy_type.upper() == "V2" or not (machine.id.classic or machine.encrypted):
        return None
    advice = "Leave disks out, or set mode: all."
    return BackupError(
        f"disks: {machine.id.name} {reason}, of which a standard policy can't leave out disks.",
        code="UserErrorEncryptedVmNotSupportedWithDiskEx" if machine.encrypted else "DisksNotSelectable",
        operation="select disks",
        resource_id=str(machine.id),
        recommendations=[advice if machine.id.classic else f"Use an enhanced policy (V2). {advice}"],
    )


def current(item: ProtectedItem | None) -> Exclusion | None:
    """Return the selection of an item, None when all of its machine's disks are backed up.

    The list of a vault's items tells it, so that no item has to be read alone: it is where ``az backup item show`` has
    it from.
    """
    properties = item.properties if item else {}
    found = fields.mapping(fields.mapping(properties, "extendedProperties"), "diskExclusionProperties")
    inclusion = bool(found.get("isInclusionList"))
    luns = fields.sequence(found, "diskLunList")
    # To exclude nothing is to back up all disks, those that are attached later, too.
    return _exclusion(luns, inclusion=inclusion) if luns or inclusion else None


def same(one: Exclusion | None, other: Exclusion | None) -> bool:
    """Whether two selections are the same; order and duplicates don't matter."""
    return one == other


def extended_properties(exclusion: Exclusion | None, before: Exclusion | None) -> dict[str, t.Any]:
    """Return what has to be added to the ``properties`` of a protecting PUT, for it replaces what was there.

    ``before`` is what the item has; to have all disks again, clients send properties that hold no selection.
    """
    if exclusion is None:
        return {} if before is None else {"extendedProperties": {}}
    return {"extendedProperties": {"diskExclusionProperties": dict(exclusion)}}


def describe(exclusion: Exclusion | None) -> dict[str, t.Any]:
    """Return the form that results and diffs show: ``mode`` as in the option, and ``luns``."""
    if exclusion is None:
        return {"mode": "all", "luns": []}
    luns = list(exclusion["diskLunList"])
    if exclusion["isInclusionList"]:
        return {"mode": "include" if luns else "os_only", "luns": luns}
    return {"mode": "exclude", "luns": luns}


def as_text(exclusion: Exclusion | None) -> str:
    """Return a selection as a message says it: ``exclude LUN 0, 2``."""
    shown = describe(exclusion)
    return f"{shown['mode']} LUN {', '.join(map(str, shown['luns']))}" if shown["luns"] else str(shown["mode"])


def _exclusion(luns: t.Iterable[int], *, inclusion: bool) -> Exclusion:
    return {"diskLunList": sorted({int(lun) for lun in luns}), "isInclusionList": inclusion}


def _lun_of(machine: VirtualMachine, name: str) -> int:
    if machine.data_disks is None:
        raise _problem(machine, f"is not listed with its disks, so that {name!r} can't be looked up")
    if machine.os_disk and machine.os_disk.casefold() == name.casefold():
        raise _problem(machine, f"has {name!r} as the disk of its operating system, which is always backed up")
    found = [disk.lun for disk in machine.data_disks if disk.name.casefold() == name.casefold()]
    if not found:
        raise _problem(machine, f"has no data disk named {name!r}")
    return found[0]


def _problem(machine: VirtualMachine, what: str) -> BackupError:
    return BackupError(
        f"disks: {machine.id.name} {what}. {_inventory(machine.data_disks)}",
        code="DiskNotFound",
        operation="select disks",
        resource_id=str(machine.id),
        recommendations=["Name disks that the machine has, or give machines with other disks a task of their own."],
    )


def _inventory(data_disks: t.Sequence[DataDisk] | None) -> str:
    if data_disks is None:
        return "Give LUNs instead of names."
    shown = ", ".join(f"{disk.name} (LUN {disk.lun})" for disk in data_disks)
    return f"Its data disks: {shown or 'none'}."
