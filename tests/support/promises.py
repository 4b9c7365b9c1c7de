# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation promises of a task of ``vm_backup_protect``, written from the guides and not from the code.

A mistake in the plans can't cancel out here: nothing of the modules' code is used. Sources are the guide Lifecycle (its
table in words, `Moving to another vault`, `Disks`) and the option texts.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .any_fleet import ALL, DAYS, ENHANCED, VAULTS, Disks, Held, Standing

DEFAULT: t.Final = "DefaultPolicy"
ANY: t.Final = "(any)"


@dataclasses.dataclass(frozen=True)
class Wish:
    """What a task asks for, of all of its machines."""

    vault: str
    state: str = "present"
    policy: str | None = None
    undelete: bool = False
    disks: Disks | None = None
    move: bool = False
    by_policy: bool = False

    @property
    def other(self) -> str:
        """The other vault."""
        return next(name for name in VAULTS if name != self.vault)

    def options(self) -> dict[str, t.Any]:
        """Return the module's options, those that say which machines left out."""
        made: dict[str, t.Any] = {"resource_group": "rg-backup", "vault_name": self.vault, "state": self.state}
        made |= {"undelete": self.undelete, "delete_backup_data": self.state == "absent"}
        if self.policy:
            made["policy"] = self.policy
        if self.disks:
            mode, luns = self.disks
            made["disks"] = {"mode": mode, **({"luns": list(luns)} if luns else {})}
        if self.move:
            made |= {"move_to_vault": True, "keep_old_data": "by_policy" if self.by_policy else "forever"}
        return made


@dataclasses.dataclass(frozen=True)
class Rules:
    """How a vault is set."""

    immutable: bool
    soft_delete: bool


@dataclasses.dataclass(frozen=True)
class Promise:
    """What becomes of one machine.

    ``verdict`` is ``done``, ``refused`` (an error, and all is as before), or ``either`` where the guides leave it open.
    ``tried``: the service says no, so that a run sends the write each time.
    """

    verdict: str
    here: Held | None = None
    """What this vault has of it in the end; of its recovery points only those that there were."""
    there: Held | None = None
    codes: frozenset[str] = frozenset()
    """The codes that the error may have; empty for any."""
    tried: bool = False
    configures: bool = False
    """Whether protection is configured on the way."""

    @property
    def done(self) -> bool:
        """Whether it has to work."""
        return self.verdict == "done"


def promise(machine: Standing, wish: Wish, rules: t.Mapping[str, Rules], *, name_taken: bool = False) -> Promise:
    """Say what becomes of a machine that the task names.

    ``name_taken``: the vault has an item of its group and name that is another machine's.
    """
    here, there = machine.held.get(wish.vault), machine.held.get(wish.other)
    if wish.state == "present":
        return _present(machine, wish, rules, here, there, name_taken=name_taken)
    if here is None:
        if wish.state == "absent":
            return Promise("done", None, there)
        return _refused(here, there, "NotProtected")
    made = {"stopped": _stopped, "suspended": _suspended, "absent": _absent}[wish.state](machine, wish, rules, here)
    return dataclasses.replace(made, there=there)


def _refused(here: Held | None, there: Held | None, *codes: str, tried: bool = False) -> Promise:
    return Promise("refused", here, there, frozenset(codes), tried=tried)


def _stopped(machine: Standing, wish: Wish, rules: t.Mapping[str, Rules], here: Held) -> Promise:
    if here.state == "soft_deleted" and not wish.undelete:
        return _refused(here, None, "SoftDeleted")
    return Promise("done", dataclasses.replace(here, state="stopped", policy=None))


def _suspended(machine: Standing, wish: Wish, rules: t.Mapping[str, Rules], here: Held) -> Promise:
    if here.state == "suspended":
        return Promise("done", here)
    if here.state == "soft_deleted" and not wish.undelete:
        return _refused(here, None, "SoftDeleted")
    needs_policy = here.state in ("stopped", "soft_deleted")
    reasons = {
        "VirtualMachineGone": needs_policy and not machine.exists,
        "VaultNotImmutable": not rules[wish.vault].immutable,
        "PolicyNeeded": needs_policy and wish.policy is None,
    }
    if any(reasons.values()):
        return _refused(here, None, *(code for code, holds in reasons.items() if holds))
    policy = wish.policy if needs_policy else here.policy
    return Promise("done", dataclasses.replace(here, state="suspended", policy=policy), configures=needs_policy)


def _absent(machine: Standing, wish: Wish, rules: t.Mapping[str, Rules], here: Held) -> Promise:
    if here.state == "soft_deleted":
        return Promise("done", here)
    if rules[wish.vault].immutable and here.points:
        # What is suspended may have nothing left that the vault has to keep, so the service is asked.
        asked = here.state == "suspended"
        return _refused(here, None, *(() if asked else ("VaultImmutable",)), tried=asked)
    if not rules[wish.vault].soft_delete:
        return Promise("done", None)
    return Promise("done", dataclasses.replace(here, state="soft_deleted", policy=None))


def _present(
    machine: Standing,
    wish: Wish,
    rules: t.Mapping[str, Rules],
    here: Held | None,
    there: Held | None,
    *,
    name_taken: bool,
) -> Promise:
    if not machine.exists:
        return _refused(here, there, "VirtualMachineGone" if here else "VirtualMachineNotFound")
    if wish.disks and not set(wish.disks[1]) <= machine.luns:
        return _refused(here, there)
    if here is not None and here.state == "soft_deleted" and not wish.undelete:
        return _refused(here, there, "SoftDeleted")
    if here is None and (machine.region != "westeurope" or machine.failed or name_taken):
        return _refused(here, there)
    moves = wish.move and there is not None and (here is None or there.active)
    if there is not None and not moves:
        if there.active or (there.state == "soft_deleted" and here is None):
            # What is active here already can't be active there; a job that configures it fails.
            return _refused(here, there, tried=here is not None)
        if here is None:
            return Promise("either", here, there)
        if there.state == "soft_deleted":
            return Promise("either", here, there, tried=True)
    if moves and there is not None:
        return _moved(wish, rules, here, there)
    policy, disks = wish.policy, wish.disks
    policy = policy or (here.policy if here else None) or DEFAULT
    if here is not None and here.policy is not None:
        if here.active and policy == here.policy and disks in (None, here.disks):
            return Promise("done", here, there)
        if _denied(here.policy, policy, rules[wish.vault]):
            return _refused(here, there, tried=True)
    return Promise("done", _protected(here, policy, disks), there, configures=True)


def _denied(old: str, new: str, rules: Rules) -> bool:
    """Whether the service does not let a machine go from one policy to another."""
    if old in ENHANCED and new not in ENHANCED:
        return True
    return rules.immutable and DAYS[new] < DAYS[old]


def _protected(here: Held | None, policy: str, disks: Disks | None) -> Held:
    if disks is None:
        disks = ALL if here is None else here.disks if here.active else (ANY, ())
    if here is None:
        return Held("waiting", policy, disks, frozenset(), frozenset())
    return dataclasses.replace(here, state="protected" if here.points else "waiting", policy=policy, disks=disks)


def _moved(wish: Wish, rules: t.Mapping[str, Rules], here: Held | None, there: Held) -> Promise:
    """Protection stops there and starts here; the recovery points stay there."""
    if there.state == "soft_deleted":
        return _refused(here, there, "SoftDeleted")
    if there.active and wish.by_policy and not rules[wish.other].immutable:
        return _refused(here, there, "VaultNotImmutable")
    policy = wish.policy or there.policy or DEFAULT
    if here is not None and here.policy and _denied(here.policy, policy, rules[wish.vault]):
        return Promise("either", here, there, tried=True)
    left = there
    if there.active:
        left = dataclasses.replace(there, state="stopped", policy=None, disks=(ANY, ()))
        if wish.by_policy:
            left = dataclasses.replace(left, state="suspended", policy=there.policy)
    disks = wish.disks or (there.disks if there.active else (ANY, ()))
    return Promise("done", _protected(here, policy, disks), left, configures=True)


def kept(promised: Held | None, found: Held | None) -> bool:
    """Whether what a vault has is what was promised; more recovery points than there were are no breach."""
    if promised is None or found is None:
        return promised is found
    # What is resumed after a long time may have nothing left that its policy keeps.
    emptied = (promised.state, found.state) == ("protected", "waiting") and not promised.fresh
    return (
        (found.state == promised.state or emptied)
        and found.policy == promised.policy
        and (promised.disks[0] == ANY or found.disks == promised.disks or found.state not in _SHOW_DISKS)
        and found.points >= promised.fresh
    )


_SHOW_DISKS: t.Final = ("waiting", "protected", "error")
