# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which virtual machines a task is about: lists that people type, and filters.

Pure: takes what Azure listed, returns what was meant, and says which entries name nothing or more than one machine.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import re
import typing as t

from .._errors import InvalidInput
from . import ids, names, tags
from .models import ProtectedItem, VirtualMachine

ALLOWED = "an ARM id (/subscriptions/…/virtualMachines/NAME), RESOURCE_GROUP/NAME, or a bare NAME"
ALLOWED_WITH_ITEMS = f"{ALLOWED}; or the id of a protected item (/subscriptions/…/protectedItems/NAME)"


@dataclasses.dataclass(frozen=True)
class Reference:
    """One entry of ``vms``: as it was typed, and what can be told from it without asking Azure."""

    text: str
    name: str
    resource_group: str | None = None
    id: ids.VmId | None = None
    subscription_id: str | None = None
    """The only subscription in which the entry is looked for; None: any."""
    item_id: str | None = None
    """The id of the protected item that the entry is; its machine is then known by group and name only."""

    @classmethod
    def parse(cls, text: str, *, item_ids: bool = False) -> Reference:
        """Read one entry; raises InvalidInput naming it. Ids of protected items are refused unless asked for."""
        text = text.strip()
        if item_ids and "/protecteditems/" in text.casefold():
            return cls._of_item(text)
        allowed = ALLOWED_WITH_ITEMS if item_ids else ALLOWED
        if text.startswith("/"):
            return cls._of_id(text, allowed)
        group, slash, name = text.rpartition("/")
        if not names.MACHINE.fits(name) or (slash and not names.RESOURCE_GROUP.fits(group)):
            raise InvalidInput.for_option("vms", text, allowed)
        return cls(text, name, group or None)

    @classmethod
    def _of_id(cls, text: str, allowed: str) -> Reference:
        try:
            vm_id = ids.VmId.parse(text)
        except ValueError:
            raise InvalidInput.for_option("vms", text, allowed) from None
        # A classic machine's group is a cloud service, whose names are narrower.
        parts = ((names.SUBSCRIPTION, vm_id.subscription_id), (names.RESOURCE_GROUP, vm_id.resource_group))
        if not names.MACHINE.fits(vm_id.name) or not all(form.fits(part) for form, part in parts):
            raise InvalidInput.for_option("vms", text, allowed)
        return cls(text, vm_id.name, vm_id.resource_group, vm_id)

    @classmethod
    def _of_item(cls, text: str) -> Reference:
        try:
            vault_id, (_container, item) = ids.VaultId.parse(text), ids.item_path(text)
        except ValueError:
            raise InvalidInput.for_option("vms", text, ALLOWED_WITH_ITEMS) from None
        machine = ids.VmId.from_service("", item, vault_id.subscription_id)
        parts = (
            (names.RESOURCE_GROUP, vault_id.resource_group),
            (names.VAULT, vault_id.name),
            (names.RESOURCE_GROUP, machine.resource_group),
            (names.MACHINE, machine.name),
        )
        if not all(form.fits(part) for form, part in parts):
            raise InvalidInput.for_option("vms", text, ALLOWED_WITH_ITEMS)
        return cls(text, machine.name, machine.resource_group, item_id=text)

    def within(self, subscription_id: str) -> Reference:
        """Return the entry as it is meant in a subscription: only an id can name a machine of another one."""
        return self if self.id or self.item_id else dataclasses.replace(self, subscription_id=subscription_id)

    @property
    def readable_id(self) -> ids.VmId | None:
        """The id under which the compute service knows the machine, if it does; None for a bare or a classic one."""
        if self.id:
            return None if self.id.classic else self.id
        if self.subscription_id and self.resource_group:
            return ids.VmId(self.subscription_id, self.resource_group, self.name)
        return None

    def means(self, vm_id: ids.VmId) -> bool:
        """Whether this entry can stand for that machine."""
        if self.id:
            return self.id.key == vm_id.key
        parts = (
            (self.name, vm_id.name),
            (self.resource_group, vm_id.resource_group),
            (self.subscription_id, vm_id.subscription_id),
        )
        return all(mine is None or ids.same(mine, its) for mine, its in parts)

    def holds(self, item: ProtectedItem, vm_id: ids.VmId) -> bool:
        """Whether this entry can stand for that item, which is about that machine."""
        return ids.same(self.item_id, item.id) if self.item_id else self.means(vm_id)


def parse_references(entries: t.Iterable[str], *, item_ids: bool = False) -> tuple[Reference, ...]:
    """Read ``vms``: entries may hold several names, parted by line ends or commas, as a survey's text area sends them.

    An entry named twice counts once. Raises InvalidInput for an entry that can't be a machine and for an empty list.
    With ``item_ids`` an entry may also be the id of a protected item.
    """
    texts = [part.strip() for entry in entries for part in re.split(r"[\n\r,]", str(entry)) if part.strip()]
    if not texts:
        allowed = ALLOWED_WITH_ITEMS if item_ids else ALLOWED
        raise InvalidInput("vms: the list is empty. Name at least one virtual machine: " + allowed)
    unique: dict[str, str] = {}
    for text in texts:
        unique.setdefault(text.casefold(), text)
    return tuple(Reference.parse(text, item_ids=item_ids) for text in unique.values())


@dataclasses.dataclass(frozen=True)
class Filter:
    """``select``: every given part must match; an empty filter matches every machine."""

    resource_groups: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    tags: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    exclude: tuple[str, ...] = ()

    @classmethod
    def parse(cls, options: t.Mapping[str, t.Any]) -> Filter:
        """Read the suboptions of ``select``; raises InvalidInput for one that could never match.

        An empty list would match nothing if taken at its word, and everything if ignored, so it is refused: a variable
        that turned out empty must not choose a whole subscription. Only ``exclude`` may be empty.
        """
        for option in ("resource_groups", "locations", "names", "tags"):
            if options.get(option) is not None and not options[option]:
                raise InvalidInput(f"select.{option}: is empty. Leave it out to choose machines whatever theirs is.")
        return cls(
            resource_groups=tuple(
                names.RESOURCE_GROUP.check("select.resource_groups", group)
                for group in _texts(options, "resource_groups")
            ),
            locations=tuple(names.region("select.locations", place) for place in _texts(options, "locations")),
            names=_texts(options, "names"),
            tags=tags.as_text(options.get("tags") or {}),
            exclude=_texts(options, "exclude"),
        )

    def matches(self, machine: VirtualMachine) -> bool:
        """Whether the machine is selected. A classic machine has no tags and no known region."""
        vm_id = machine.id
        if self.resource_groups and not any(ids.same(group, vm_id.resource_group) for group in self.resource_groups):
            return False
        if self.locations and machine.location and machine.location not in self.locations:
            return False
        if self.names and not any(_like(vm_id.name, pattern) for pattern in self.names):
            return False
        if any(self._excludes(pattern, vm_id) for pattern in self.exclude):
            return False
        return all(_has_tag(machine.tags, name, value) for name, value in self.tags.items())

    @staticmethod
    def _excludes(pattern: str, vm_id: ids.VmId) -> bool:
        if pattern.startswith("/"):
            return _like(str(vm_id), pattern)
        return _like(f"{vm_id.resource_group}/{vm_id.name}" if "/" in pattern else vm_id.name, pattern)


def _texts(options: t.Mapping[str, t.Any], option: str) -> tuple[str, ...]:
    """Read a list of names, each once: a resource group that is named twice must not be listed twice."""
    unique: dict[str, str] = {}
    for value in options.get(option) or ():
        text = str(value).strip()
        if not text:
            raise InvalidInput.for_option(f"select.{option}", value, "a name that is not empty")
        unique.setdefault(text.casefold(), text)
    return tuple(unique.values())


def _like(text: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(text.casefold(), pattern.casefold())


def _has_tag(tags: t.Mapping[str, str], name: str, value: str) -> bool:
    """Tag names have no case in Azure, tag values have; a value may hold wildcards."""
    return any(ids.same(name, key) and fnmatch.fnmatchcase(found, value) for key, found in tags.items())


@dataclasses.dataclass(frozen=True)
class Resolution:
    """What a list of references turned out to mean."""

    machines: tuple[VirtualMachine, ...]
    missing: tuple[Reference, ...]
    ambiguous: tuple[tuple[Reference, tuple[ids.VmId, ...]], ...]


def resolve(references: t.Iterable[Reference], machines: t.Iterable[VirtualMachine]) -> Resolution:
    """Find each reference among the machines; one machine named twice in different ways counts once."""
    by_name: dict[str, list[VirtualMachine]] = {}
    for machine in machines:
        by_name.setdefault(machine.id.name.casefold(), []).append(machine)
    found: dict[str, VirtualMachine] = {}
    missing: list[Reference] = []
    ambiguous: list[tuple[Reference, tuple[ids.VmId, ...]]] = []
    for reference in references:
        candidates = [vm for vm in by_name.get(reference.name.casefold(), ()) if reference.means(vm.id)]
        if len(candidates) == 1:
            found.setdefault(candidates[0].id.key, candidates[0])
        elif candidates:
            ambiguous.append((reference, tuple(vm.id for vm in candidates)))
        else:
            missing.append(reference)
    return Resolution(tuple(found.values()), tuple(missing), tuple(ambiguous))


def ambiguity_message(reference: Reference, candidates: t.Iterable[ids.VmId]) -> str:
    """Tell which machines share the name, so that the user can copy the right id."""
    listed = ", ".join(str(vm_id) for vm_id in candidates)
    return f"vms: {reference.text!r} names more than one virtual machine. Use one of these ids: {listed}"
