# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which vaults a task looks into: one, those of a resource group, of a subscription, or of many subscriptions.

What a task names must be there: a subscription or a vault that it names and that can't be read fails the task, with all
the rest in its result. A vault that was only found by listing is told as a problem, as long as another can be read.
This file is private to the collection.
"""

from __future__ import annotations

import copy
import dataclasses
import re
import typing as t

from .._azure.backup import Backup
from .._azure.client import AzureClient
from .._azure.compute import Compute
from .._azure.vaults import Vaults
from .._domain import ids, names
from .._domain.models import Vault, VirtualMachine
from .._domain.selection import Reference
from .._errors import BackupError, InvalidInput, NotFound, together
from . import contents, fleet

Made = t.TypeVar("Made")

_TOLD = 10
"""So many problems are told in texts that people read; the result holds all."""
_VAULT_ID: t.Final = (
    "the id of a vault: /subscriptions/…/resourceGroups/…/providers/Microsoft.RecoveryServices/vaults/NAME"
)


@dataclasses.dataclass(frozen=True)
class Scope:
    """What a task asks for, read from the options of the group ``vault_scope``."""

    subscriptions: tuple[str, ...] = ()
    """Ids; empty for the client's own subscription."""
    resource_group: str | None = None
    vault_name: str | None = None
    vaults: tuple[ids.VaultId, ...] = ()
    """Vaults named by their ids; then nothing is listed."""

    @classmethod
    def parse(cls, options: t.Mapping[str, t.Any]) -> Scope:
        """Read the options; raises InvalidInput before any request is sent."""
        group, name = options.get("resource_group"), options.get("vault_name")
        return cls(
            subscriptions=tuple(
                names.SUBSCRIPTION_ID.check("subscriptions", text) for text in _texts(options, "subscriptions")
            ),
            resource_group=None if group is None else names.RESOURCE_GROUP.check("resource_group", group),
            vault_name=None if name is None else names.VAULT.check("vault_name", name),
            vaults=tuple(names.vault_id("vaults", text, _VAULT_ID) for text in _texts(options, "vaults")),
        )

    def or_of_items(self, references: t.Sequence[Reference]) -> Scope:
        """Return the vaults of the items where the task names nothing but items: their ids say where they are."""
        if self != Scope() or not references or not all(reference.item_id for reference in references):
            return self
        vaults = (ids.VaultId.parse(reference.item_id) for reference in references if reference.item_id)
        return Scope(vaults=tuple({vault.key: vault for vault in vaults}.values()))


@dataclasses.dataclass(frozen=True)
class Problem:
    """A subscription or a vault that could not be read."""

    error: BackupError
    subscription_id: str
    vault: ids.VaultId | None = None
    """None when the subscription itself could not be read."""
    named: bool = False
    """Whether the task names it, so that the task fails for it."""
    what: str = "Subscription"
    """What can't be read, where it is not a vault."""

    def as_result(self) -> dict[str, t.Any]:
        """Return an element of ``problems``; every key is always there."""
        return {
            "subscription_id": self.subscription_id,
            "vault_id": str(self.vault) if self.vault else None,
            "vault_name": self.vault.name if self.vault else None,
            "error": self.error.as_result(),
        }

    @property
    def told(self) -> str:
        """What could not be read and why, in one sentence."""
        what = f"Vault {self.vault.name}" if self.vault else f"{self.what} {self.subscription_id}"
        return f"{what}: {self.error.message}"


@dataclasses.dataclass(frozen=True)
class InScope:
    """The vaults that were found, in the order of their ids."""

    subscriptions: tuple[str, ...]
    """The ids of the subscriptions that were looked into."""
    vaults: tuple[Vault, ...]
    problems: tuple[Problem, ...] = ()
    named: bool = False
    """Whether the task names the vaults themselves."""


def find(client: AzureClient, scope: Scope) -> InScope:
    """Find the vaults of a scope: one listing for each subscription, in parallel; vaults named by id are read.

    What can't be read is among the problems. Raises NotFound when no subscription has a vault of the name.
    """
    if scope.vaults:
        wanted_vaults = {vault.key: vault for vault in scope.vaults}
        made = fleet.run(wanted_vaults, lambda vault: [contents.existing_vault(client, vault)])
        problems = [
            Problem(error, wanted_vaults[key].subscription_id, wanted_vaults[key], named=True)
            for key, error in made.items()
            if isinstance(error, BackupError)
        ]
        subscriptions = {vault.subscription_id.casefold(): vault.subscription_id for vault in scope.vaults}
        return InScope(tuple(subscriptions.values()), _together(made), tuple(problems), named=True)
    wanted = {each: each for each in scope.subscriptions or (client.subscription_id,)}
    made = fleet.run(wanted, lambda each: _vaults_of(client, scope, each))
    found = _together(made)
    somewhere = any(not isinstance(each, BackupError) for each in made.values())
    problems = [
        Problem(error, each, named=True)
        for each, error in made.items()
        # A group or a vault of one name need not be in each of the subscriptions.
        if isinstance(error, BackupError) and not (somewhere and scope.resource_group and _is_missing(error))
    ]
    if scope.vault_name and not found and not problems:
        raise NotFound(
            f"There is no Recovery Services vault {scope.vault_name!r} in {_subscriptions(tuple(wanted))}.",
            code="VaultNotFound",
            http_status=404,
            operation="list the vaults",
            recommendations=["Check the name and the subscription. vm_backup_vault_info lists the vaults there are."],
        )
    return InScope(tuple(wanted), found, tuple(problems), named=scope.vault_name is not None)


def read(
    client: AzureClient, scope: InScope, look: t.Callable[[Backup, Vault], Made]
) -> tuple[dict[str, Made], tuple[Problem, ...]]:
    """Look into each vault, in parallel.

    Returns what was made of each vault by ``VaultId.key``, and the problems of those that can't be read.
    """
    vaults = {vault.id.key: vault for vault in scope.vaults}
    looked = fleet.run(vaults, lambda vault: look(Backup(client, vault.id), vault))
    made: dict[str, Made] = {}
    problems = []
    for key, value in looked.items():
        if isinstance(value, BackupError):
            problems.append(Problem(value, vaults[key].id.subscription_id, vaults[key].id, named=scope.named))
        else:
            made[key] = value
    return made, tuple(problems)


def machines(
    client: AzureClient, subscriptions: t.Iterable[str], *, named: bool = False
) -> tuple[dict[str, list[VirtualMachine]], tuple[Problem, ...]]:
    """List the machines of subscriptions, in parallel.

    Returns the machines by the subscription's id in lower case, and the problems of the subscriptions that can't be
    read, whose machines nobody can say anything about.
    """
    wanted = {each.casefold(): each for each in subscriptions}
    listed = fleet.run(wanted, lambda each: list(Compute(client).virtual_machines(subscription_id=each)))
    made: dict[str, list[VirtualMachine]] = {}
    problems = []
    for key, value in listed.items():
        if isinstance(value, BackupError):
            problems.append(Problem(value, wanted[key], named=named, what="The virtual machines of subscription"))
        else:
            # A list that changes while its pages are read can name a machine twice.
            made[key] = list({machine.id.key: machine for machine in value}.values())
    return made, tuple(problems)


def failure(problems: t.Sequence[Problem], *, anything_read: bool) -> BackupError | None:
    """Return what the task fails with: what it names and can't be read, or all when nothing at all could be read."""
    fatal = [problem for problem in problems if problem.named or not anything_read]
    if len(fatal) < 2:
        return _naming(fatal[0]) if fatal else None
    shown = [problem.told for problem in fatal[:_TOLD]]
    if len(fatal) > len(shown):
        shown.append(f"and {len(fatal) - len(shown)} more, see problems in the result")
    return together(" | ".join(shown), [problem.error for problem in fatal])


def warnings(problems: t.Sequence[Problem]) -> list[str]:
    """Return a warning for each problem that does not fail the task by being named, the first few of many."""
    told = [problem.told for problem in problems if not problem.named]
    return told if len(told) <= _TOLD else [*told[:_TOLD], f"{len(told) - _TOLD} more problems: see problems."]


def _naming(problem: Problem) -> BackupError:
    """Return the error with a message that names what can't be read, as the service's own text need not."""
    if (problem.vault.name if problem.vault else problem.subscription_id) in problem.error.message:
        return problem.error
    error = copy.copy(problem.error)
    error.message = problem.told
    return error


def _vaults_of(client: AzureClient, scope: Scope, subscription_id: str) -> list[Vault]:
    if scope.resource_group and scope.vault_name:
        wanted = ids.VaultId(subscription_id, scope.resource_group, scope.vault_name)
        return [contents.existing_vault(client, wanted)]
    listed = Vaults(client).list(scope.resource_group, subscription_id)
    return [vault for vault in listed if scope.vault_name is None or ids.same(vault.id.name, scope.vault_name)]


def _together(made: t.Mapping[str, list[Vault] | BackupError]) -> tuple[Vault, ...]:
    """A list that changes while its pages are read can name a vault twice."""
    vaults = {vault.id.key: vault for one in made.values() if not isinstance(one, BackupError) for vault in one}
    return tuple(vault for _key, vault in sorted(vaults.items()))


def _is_missing(error: BackupError) -> bool:
    return isinstance(error, NotFound) and error.code in ("VaultNotFound", "ResourceGroupNotFound")


def _subscriptions(wanted: t.Sequence[str]) -> str:
    return f"subscription {wanted[0]}" if len(wanted) == 1 else f"any of the {len(wanted)} subscriptions"


def _texts(options: t.Mapping[str, t.Any], option: str) -> tuple[str, ...]:
    """Read a list whose entries may hold several texts, as the text area of a survey sends them, each once.

    Raises InvalidInput for an empty list: a variable that turned out empty must not mean everything.
    """
    if options.get(option) is None:
        return ()
    texts = [part.strip() for entry in options[option] for part in re.split(r"[\n\r,]", str(entry)) if part.strip()]
    if not texts:
        raise InvalidInput(
            f"{option}: the list is empty. Leave it out to look into the subscription of subscription_id."
        )
    unique: dict[str, str] = {}
    for text in texts:
        unique.setdefault(text.casefold(), text)
    return tuple(unique.values())
