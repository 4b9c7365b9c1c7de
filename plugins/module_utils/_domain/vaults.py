# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task wants of a vault, and the writes that bring the vault there: read, change, write, pure.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import typing as t

from .._errors import BackupError, InvalidInput
from . import fields, names, times, vault_rules
from . import tags as tag_rules
from .ids import VaultId
from .models import Vault, Wire
from .vault_settings import SETTINGS, SYSTEM, Identity, Key, groups_with, values

SOFT_DELETE_DAYS: t.Final = (14, 180)

_IDENTITY_ID = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/[^/]+",
    re.IGNORECASE,
)
_IDENTITY_FORM = (
    "an ARM id /subscriptions/.../resourceGroups/.../providers/Microsoft.ManagedIdentity/userAssignedIdentities/NAME"
)
_KEY_URI = re.compile(r"https://[^/\s?#]+/keys/[A-Za-z0-9-]{1,127}(?:/[A-Za-z0-9]+)?/?", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class DeletedVault:
    """A vault that was deleted and that soft delete keeps."""

    id: str
    vault_id: str
    """The id that it had, and would have again."""
    purged_at: dt.datetime | None
    """When it goes for good."""

    @classmethod
    def from_wire(cls, body: Wire) -> DeletedVault:
        """Read an element of ``deletedVaults``."""
        properties = fields.mapping(body, "properties")
        return cls(
            fields.needed_text(body, "id"),
            fields.text(properties, "vaultId"),
            times.from_wire(properties.get("purgeAt")),
        )


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What a task asks of a vault, checked. What it does not name is None, or not there, and stays as it is."""

    location: str | None = None
    tags: t.Mapping[str, str] | None = None
    append_tags: bool = True
    settings: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    """By the names of `vault_settings.SETTINGS`."""
    confirm_lock: bool = False
    system_assigned: bool | None = None
    user_assigned: tuple[str, ...] | None = None
    append_identities: bool = True
    key_uri: str | None = None
    key_identity: str | None = None
    infrastructure_encryption: bool | None = None

    @classmethod
    def parse(cls, options: t.Mapping[str, t.Any]) -> Wanted:
        """Read a module's options; raises InvalidInput with the name of the option that can't be."""
        identity, key = options["identity"] or {}, options["customer_managed_key"] or {}
        days = options["soft_delete_days"]
        if days is not None and not SOFT_DELETE_DAYS[0] <= days <= SOFT_DELETE_DAYS[1]:
            raise InvalidInput.for_option(
                "soft_delete_days", days, "a number of days, {} to {}".format(*SOFT_DELETE_DAYS)
            )
        assigned = identity.get("user_assigned")
        if key and not _KEY_URI.fullmatch(key["key_uri"].strip()):
            allowed = "the identifier of a key, https://VAULT.vault.azure.net/keys/NAME, or with /VERSION at its end"
            raise InvalidInput.for_option("customer_managed_key.key_uri", key["key_uri"], allowed)
        return cls(
            location=names.region("location", options["location"]) if options["location"] else None,
            tags=tag_rules.as_text(options["tags"]) if options["tags"] is not None else None,
            append_tags=options["append_tags"],
            settings=_settings(options),
            confirm_lock=options["confirm_lock"],
            system_assigned=identity.get("system_assigned"),
            user_assigned=None
            if assigned is None
            else tuple(_identity_id("identity.user_assigned", one) for one in assigned),
            append_identities=identity.get("append", True),
            key_uri=key["key_uri"].strip() if key else None,
            key_identity=_key_identity(key.get("identity")),
            infrastructure_encryption=key.get("infrastructure_encryption"),
        )

    def identity(self, current: Identity) -> Identity:
        """Return the identities that the vault should have."""
        assigned = current.user_assigned
        if self.user_assigned is not None:
            wanted = {one.casefold(): one for one in self.user_assigned}
            kept = [one for one in assigned if self.append_identities or one.casefold() in wanted]
            known = {one.casefold() for one in kept}
            assigned = (*kept, *(one for key, one in wanted.items() if key not in known))
        system = current.system_assigned if self.system_assigned is None else self.system_assigned
        return Identity(system, tuple(assigned))

    def key(self, current: Key | None) -> Key | None:
        """Return the key that the vault should be encrypted with."""
        if self.key_uri is None:
            return current
        identity, double = self.key_identity, self.infrastructure_encryption
        return Key(
            self.key_uri,
            identity or (current.identity if current else SYSTEM),
            (current.infrastructure_encryption if current else False) if double is None else double,
        )


def _settings(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    wanted = {}
    for setting in SETTINGS:
        group, _dot, name = setting.option.partition(".")
        value = (options[group] or {}).get(name) if name else options[group]
        if value is not None:
            wanted[setting.option] = value
    return wanted


def _identity_id(option: str, text: str) -> str:
    found = text.strip().rstrip("/")
    if not _IDENTITY_ID.fullmatch(found):
        raise InvalidInput.for_option(option, text, _IDENTITY_FORM)
    return found


def _key_identity(text: str | None) -> str | None:
    # A survey sends an empty text for what is not filled in.
    if not text or not text.strip():
        return None
    if text.strip().casefold() == SYSTEM:
        return SYSTEM
    try:
        return _identity_id("customer_managed_key.identity", text)
    except InvalidInput:
        allowed = f"{SYSTEM}, or {_IDENTITY_FORM}"
        raise InvalidInput.for_option("customer_managed_key.identity", text, allowed) from None


@dataclasses.dataclass(frozen=True)
class Write:
    """One request: what it is for, as it follows "Could not", and what it sets."""

    doing: str
    settings: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    tags: t.Mapping[str, str] | None = None
    identity: Identity | None = None
    key: Key | None = None
    creates: bool = False
    guard_requests: tuple[str, ...] = ()
    """What a Resource Guard wants to see with it."""

    def body(self, vault: Vault) -> dict[str, t.Any]:
        """Return the request's body for a vault as it was read last."""
        properties = groups_with(vault.properties, self.settings)
        if self.key:
            properties["encryption"] = self.key.to_wire()
        if properties and self.guard_requests:
            properties["resourceGuardOperationRequests"] = list(self.guard_requests)
        body: dict[str, t.Any] = {"properties": properties} if properties or self.creates else {}
        if self.creates:
            body |= {"location": vault.location, "sku": {"name": "Standard"}}
        if self.tags is not None:
            body["tags"] = dict(self.tags)
        if self.identity:
            body["identity"] = self.identity.to_wire(Identity.of(vault))
        return body

    def applied(self, vault: Vault) -> Vault:
        """Return what a vault is after the request, as far as that can be told."""
        body = self.body(vault)
        identity = dict(vault.identity)
        if self.identity:
            known = {one.casefold(): value for one, value in (identity.get("userAssignedIdentities") or {}).items()}
            identity["type"] = body["identity"]["type"]
            identity["userAssignedIdentities"] = {
                one: known.get(one.casefold(), {}) for one in self.identity.user_assigned
            }
        return dataclasses.replace(
            vault,
            tags=body.get("tags", vault.tags),
            properties={**vault.properties, **body.get("properties", {})},
            identity=identity,
        )


@dataclasses.dataclass(frozen=True)
class VaultPlan:
    """The writes, in order, and the vault before and after them. No writes: it is as asked already."""

    before: Vault | None
    after: Vault
    """As far as that can be told: what the service decides by itself, such as new ids, is missing."""
    writes: tuple[Write, ...]
    expected: t.Mapping[str, t.Any]
    """The settings that the task names, as the service will show them."""
    warnings: tuple[str, ...] = ()
    problem: BackupError | None = None

    @property
    def changed(self) -> bool:
        """Whether applying the plan writes anything."""
        return bool(self.writes)

    def missing(self, vault: Vault) -> list[str]:
        """Return what was asked for and a vault, as it was read, does not show."""
        found = values(vault)
        texts = [
            f"{option} is {found[option]}, not {value}"
            for option, value in self.expected.items()
            if not _satisfied(found, option, value)
        ]
        if not Identity.of(self.after).same_as(Identity.of(vault)):
            texts.append("identity is not as it was asked for")
        key = Key.of(self.after)
        if key and not key.same_as(Key.of(vault)):
            texts.append("customer_managed_key is not as it was asked for")
        return texts


def plan(vault_id: VaultId, current: Vault | None, wanted: Wanted, contents: vault_rules.Contents) -> VaultPlan:
    """Plan how a vault becomes what is wanted; ``problem`` is set when it can't, and then there are no writes.

    Args:
        vault_id: the vault's id.
        current: the vault as it is, None when it has to be made.
        wanted: what the task asks for.
        contents: what the vault holds, as far as `vault_rules.depends_on_contents` asks for it.
    """
    found = current or _new(vault_id, wanted)
    change = _change(current, found, wanted)
    problem = vault_rules.problem(found, change, contents)
    writes = () if problem else tuple(_writes(found, change, wanted))
    after = found
    for write in writes:
        after = write.applied(after)
    return VaultPlan(current, after, writes, wanted.settings, vault_rules.warnings(change) if writes else (), problem)


def depends_on_contents(current: Vault, wanted: Wanted) -> bool:
    """Tell whether what is wanted of a vault is only possible while it holds nothing."""
    return vault_rules.depends_on_contents(_change(current, current, wanted))


def _change(current: Vault | None, found: Vault, wanted: Wanted) -> vault_rules.Change:
    before = values(found) if current else {}
    identity, key = Identity.of(found), Key.of(found)
    return vault_rules.Change(
        current=current,
        settings={option: value for option, value in wanted.settings.items() if not _satisfied(before, option, value)},
        before=before,
        identity_before=identity,
        identity=wanted.identity(identity),
        key_before=key,
        key=wanted.key(key),
        confirm_lock=wanted.confirm_lock,
    )


def _satisfied(found: t.Mapping[str, t.Any], option: str, value: t.Any) -> bool:
    # Always on is more than on.
    return found.get(option) == value or (
        option == "soft_delete" and (found.get(option), value) == ("always_on", "enabled")
    )


def _new(vault_id: VaultId, wanted: Wanted) -> Vault:
    return Vault(
        vault_id, wanted.location or "", tags={}, provisioning_state=None, sku="Standard", etag=None, properties={}
    )


def _writes(found: Vault, change: vault_rules.Change, wanted: Wanted) -> t.Iterator[Write]:
    """Yield the requests in an order that the service accepts.

    A vault can't be made locked, nor go from disabled to locked at once; an identity has to be on the vault before the
    key that it reads, and a creation with a user-assigned one does not end well, so they follow in requests of their
    own. The days of soft delete follow too: they are sent with the state that the new vault turned out to have.
    """
    settings = dict(change.settings)
    later: dict[str, t.Any] = {}
    locks = settings.get("immutability") == "locked"
    if locks:
        settings.pop("immutability")
        if change.before.get("immutability") != "unlocked":
            settings["immutability"] = "unlocked"
    tags = dict(found.tags)
    if wanted.tags is not None:
        tags = tag_rules.merged(found.tags, wanted.tags, keep_others=wanted.append_tags)
    identity = None if change.identity.same_as(change.identity_before) else change.identity
    if change.current is None:
        if settings.get("soft_delete") == "enabled":
            # New vaults have it on at least; to send this would ask one where it is always on to weaken it.
            settings.pop("soft_delete")
        if "soft_delete_days" in settings:
            later["soft_delete_days"] = settings.pop("soft_delete_days")
        yield Write("create the vault", settings, tags, creates=True)
        if later or identity:
            yield Write("set up the new vault", later, identity=identity)
    else:
        retagged = tags if tags != dict(found.tags) else None
        if settings or identity or retagged is not None:
            yield Write("change the vault", settings, retagged, identity)
    if change.key and not change.key.same_as(change.key_before):
        yield Write("set the vault's customer-managed key", key=change.key)
    if locks:
        yield Write("lock the vault's immutability", {"immutability": "locked"})
