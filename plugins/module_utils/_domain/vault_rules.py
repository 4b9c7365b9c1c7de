# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of a vault that go only one way or are fixed: found before a write, each with what to do instead.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import BackupError
from .models import Vault
from .vault_settings import Identity, Key

_ANOTHER_VAULT: t.Final = "Create another vault with the setting that you need, and protect the machines there"

_SECURE_BY_DEFAULT: t.Final = (
    "Soft delete is part of Azure Backup's secure by default and can't be switched off or weakened: leave soft_delete "
    "out.",
)
_IMMUTABLE: t.Final = (
    "The vault is immutable: what would delete recovery points, or make them expire earlier, is refused. Set "
    "immutability: disabled first if the vault is not locked.",
)
ADVICE: t.Final[t.Mapping[str, tuple[str, ...]]] = {
    "bmsusererrordisablingsoftdeletestatenotallowed": _SECURE_BY_DEFAULT,
    "bmsusererrorsoftdeletestatenotsettoalwayson": _SECURE_BY_DEFAULT,
    "bmsusererrorsoftdeletestatealwayson": _SECURE_BY_DEFAULT,
    "usererroroperationdeniedonimmutableitem": _IMMUTABLE,
    "createresourcefailedduetoinvalidcache": (
        "A vault of this name was deleted not long ago, and Azure keeps its name: choose another vault_name, or run "
        "this again later.",
    ),
}
"""What to do about errors of the service (D2) that speak of a vault's settings, by their code in lower case."""


@dataclasses.dataclass(frozen=True)
class Contents:
    """What a vault holds, as far as settings depend on it."""

    storage_locked: bool = False
    """Whether the service says that the redundancy is fixed."""
    held: int = 0
    """How many items there are, soft-deleted ones included."""


@dataclasses.dataclass(frozen=True)
class Change:
    """What would change in a vault."""

    current: Vault | None
    """None for a vault that has to be made."""
    settings: t.Mapping[str, t.Any]
    """The settings that would change, with their new values."""
    before: t.Mapping[str, t.Any]
    """All settings as they are; empty for a vault that has to be made."""
    identity_before: Identity
    identity: Identity
    key_before: Key | None
    key: Key | None
    confirm_lock: bool = False

    def after(self, option: str) -> t.Any:
        """Return a setting as it would be."""
        return self.settings.get(option, self.before.get(option))


class _Finding(t.NamedTuple):
    """Why a setting can't be had, and what to do instead."""

    option: str
    reason: str
    instead: str


def depends_on_contents(change: Change) -> bool:
    """Tell whether a change of an existing vault is only possible while the vault holds nothing."""
    return "redundancy" in change.settings or bool(change.key and not change.key_before)


def problem(vault: Vault, change: Change, contents: Contents) -> BackupError | None:
    """Return one error for all that can't be, or None."""
    found = [*_one_way(change), *_combinations(change), *_identities(change)]
    if change.current is not None:
        found += _fixed_by_contents(change, contents)
    if not found:
        return None
    name = vault.id.name
    return BackupError(
        " ".join(f"{finding.option}: {_of(name, finding.reason)}." for finding in found),
        code="SettingNotPossible",
        operation="change the vault" if change.current else "create the vault",
        resource_id=str(vault.id),
        recommendations=list(dict.fromkeys(f"{finding.instead}." for finding in found)),
    )


def _of(vault: str, text: str) -> str:
    return text.replace("{vault}", vault)


def _one_way(change: Change) -> t.Iterator[_Finding]:
    before, wanted = change.before, change.settings
    if wanted.get("cross_region_restore") is False and before.get("cross_region_restore"):
        yield _Finding(
            "cross_region_restore",
            "vault {vault} has it on, and Azure has no way to switch it off",
            f"Leave cross_region_restore out. {_ANOTHER_VAULT}",
        )
    if "cross_subscription_restore" in wanted and before.get("cross_subscription_restore") == "permanently_disabled":
        yield _Finding(
            "cross_subscription_restore",
            "vault {vault} has it permanently_disabled, which can't be taken back",
            f"Leave cross_subscription_restore out. {_ANOTHER_VAULT}",
        )
    if wanted.get("soft_delete") == "disabled" and change.current is None:
        yield _Finding(
            "soft_delete",
            "a new vault has soft delete always on (secure by default), it can't be made without",
            "Leave soft_delete out; soft_delete_days says how long deleted data are kept, 14 days at least",
        )
    elif "soft_delete" in wanted and before.get("soft_delete") == "always_on":
        yield _Finding(
            "soft_delete",
            "vault {vault} has it always on (secure by default), which can't be switched off",
            "Leave soft_delete out; soft_delete_days says how long deleted data are kept, 14 days at least",
        )
    if "immutability" in wanted and before.get("immutability") == "locked":
        yield _Finding(
            "immutability",
            "vault {vault} is locked, which nobody can take back, Microsoft's support included",
            f"Leave immutability out. {_ANOTHER_VAULT}; the locked vault can go when its recovery points have expired",
        )
    elif wanted.get("immutability") == "locked" and not change.confirm_lock:
        yield _Finding(
            "immutability",
            "locking vault {vault} can never be taken back: no recovery point can be deleted before it expires, and no "
            "retention be made shorter",
            "Set confirm_lock: true if that is meant. With immutability: unlocked the same is protected, but it can "
            "still be switched off",
        )


def _combinations(change: Change) -> t.Iterator[_Finding]:
    redundancy = change.after("redundancy") or "geo"
    touched = {"redundancy", "cross_region_restore"} & change.settings.keys()
    if touched and change.after("cross_region_restore") and redundancy != "geo":
        if "redundancy" in change.settings and change.before.get("cross_region_restore"):
            yield _Finding(
                "redundancy",
                f"it can't become {redundancy}, as vault {{vault}} has cross-region restore on, which needs geo and "
                "can't be switched off",
                f"Leave redundancy out. {_ANOTHER_VAULT}",
            )
        else:
            yield _Finding(
                "cross_region_restore",
                f"it needs the redundancy geo, and that of vault {{vault}} would be {redundancy}",
                "Set redundancy: geo as well, or leave cross_region_restore out",
            )


def _identities(change: Change) -> t.Iterator[_Finding]:
    key, before = change.key, change.key_before
    if key is None:
        return
    whose = "system-assigned identity" if key.identity == "system" else f"identity {key.identity}"
    if not change.identity.has(key.identity):
        if before and change.identity_before.has(key.identity):
            yield _Finding(
                "identity",
                f"the {whose} reads the customer-managed key of vault {{vault}}; without it the backups can't be read",
                "Keep it, or set customer_managed_key.identity to another identity of the vault in the same task",
            )
        else:
            yield _Finding(
                "customer_managed_key.identity",
                f"vault {{vault}} has no {whose} that could read the key",
                "Set identity.system_assigned: true, or name the identity in identity.user_assigned, and let it get, "
                "list, wrap and unwrap keys in the key vault",
            )
    if before and key.infrastructure_encryption != before.infrastructure_encryption:
        yield _Finding(
            "customer_managed_key.infrastructure_encryption",
            "it is fixed from the first customer-managed key of vault {vault} on",
            f"Leave it out. {_ANOTHER_VAULT}",
        )


def _fixed_by_contents(change: Change, contents: Contents) -> t.Iterator[_Finding]:
    if "redundancy" in change.settings and (contents.storage_locked or contents.held):
        yield _Finding(
            "redundancy",
            f"it is {change.before.get('redundancy')} and fixed, because something was registered in vault {{vault}}",
            f"Leave redundancy out. {_ANOTHER_VAULT}",
        )
    if change.key and not change.key_before and contents.held:
        yield _Finding(
            "customer_managed_key",
            f"vault {{vault}} holds {contents.held} items, and the first key has to be set while it is empty",
            f"Leave customer_managed_key out. {_ANOTHER_VAULT}",
        )


def warnings(change: Change) -> tuple[str, ...]:
    """Return a sentence for each change that can never be taken back."""
    told = {
        ("cross_region_restore", True): "Cross-region restore can't be switched off again.",
        ("cross_subscription_restore", "permanently_disabled"): (
            "Cross-subscription restore is switched off for good and can't be switched on again."
        ),
        ("soft_delete", "always_on"): "Soft delete that is always on can't be switched off again.",
        ("immutability", "locked"): "The immutability of the vault is locked for good: nobody can unlock it.",
    }
    found = [told[change_] for change_ in change.settings.items() if change_ in told]
    if change.key and not change.key_before:
        found.append("A vault with a customer-managed key can't go back to a key of Azure's own.")
    return tuple(found)
