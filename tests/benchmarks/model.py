# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a fleet costs in requests and time, computed: the guide Scale shows it, and ``make bench`` compares.

It knows Azure's limits and which lists a task reads; it knows nothing of the collection's code.
"""

from __future__ import annotations

import dataclasses
import math
import typing as t

PAGE: t.Final = 200
"""Entries of a page of a list."""
BURST: t.Final = 200
PER_SECOND: t.Final = 10
"""Writes that Azure Resource Manager takes at once, and then each second, from a principal in a subscription."""
GLOBAL_FACTOR: t.Final = 15
"""A subscription takes so many times as much from all principals together."""
VAULT_HOLDS: t.Final = 1000
"""Machines of a vault."""
START: t.Final = 1.0
"""Seconds in which Python starts, the packages are imported and a token is there."""
SIGN_IN: t.Final = 3
"""Requests: the cloud's metadata (for an address that is not a well-known cloud), OpenID configuration, token."""


@dataclasses.dataclass(frozen=True)
class Setting:
    """How many machines, and who works at them at the same time. The machines are spread evenly."""

    machines: int
    vaults: int = 1
    regions: int = 1
    """Regions of each subscription; a task lists the machines of the region that its vault is in."""
    subscriptions: int = 1
    principals: int = 1
    """Logins that share the work of each subscription."""
    answer: float = 0.1
    """Seconds from a request to its answer."""
    configure: float = 30
    """Seconds that a job takes which configures protection."""

    def __post_init__(self) -> None:
        if self.machines > self.vaults * VAULT_HOLDS:
            raise ValueError(f"{self.machines} machines need more than {self.vaults} vaults")

    @property
    def held(self) -> float:
        """Machines of each vault."""
        return self.machines / self.vaults

    @property
    def listed(self) -> int:
        """Pages that list the machines of a region."""
        return pages(self.machines / (self.subscriptions * self.regions))

    @property
    def tasks(self) -> int:
        """One for each vault."""
        return self.vaults

    @property
    def in_a_row(self) -> int:
        """Tasks that a login runs one after the other."""
        return math.ceil(self.tasks / (self.subscriptions * self.principals))


@dataclasses.dataclass(frozen=True)
class Cost:
    """What all tasks together take."""

    reads: int
    writes: int
    seconds: float

    @property
    def requests(self) -> int:
        """Requests of all kinds, without those that sign in."""
        return self.reads + self.writes


def pages(entries: float) -> int:
    """Return the requests that list so many entries."""
    return max(1, math.ceil(entries / PAGE))


def write_seconds(writes: float) -> float:
    """Return the seconds in which Azure Resource Manager takes so many writes from one principal."""
    return max(0.0, (writes - BURST) / PER_SECOND)


def protect(setting: Setting) -> Cost:
    """Protect machines that no discovery has seen, in a task for each vault, and wait for the jobs."""
    held, listed = setting.held, setting.listed
    # Vault, default policy, one look at an empty vault, two polls of the discovery; then lists: the protectable
    # machines, the jobs (the last time only what is left of them), and the vault's items as the result shows them.
    lists = pages(held) + (pages(held) + 1) + pages(held)
    reads = 2 + 1 + listed + 1 + 2 + lists
    writes = math.ceil(held) + 1
    waits = START + (listed + 1 + 2 + lists) * setting.answer + setting.configure
    per_login = setting.machines / (setting.subscriptions * setting.principals) + setting.in_a_row
    return Cost(reads * setting.tasks, writes * setting.tasks, write_seconds(per_login) + waits * setting.in_a_row)


def protect_again(setting: Setting) -> Cost:
    """Run the same task when there is nothing to do."""
    held, listed = setting.held, setting.listed
    # The vault, the machines and the vault's items are read at the same time.
    seconds = START + max(listed, pages(held)) * setting.answer
    return Cost((1 + listed + pages(held)) * setting.tasks, 0, seconds * setting.in_a_row)


def back_up(setting: Setting, *, lasts: float, polls: int) -> Cost:
    """Start a backup of every machine and wait, with so many looks at the list of jobs; each backup lasts so long."""
    held = setting.held
    # The vault's items, and the running backups once before.
    reads = 1 + pages(held) + 1 + pages(held) * polls
    per_login = setting.machines / (setting.subscriptions * setting.principals)
    waits = START + (pages(held) + 1) * setting.answer
    return Cost(
        reads * setting.tasks,
        setting.machines,
        write_seconds(per_login) + waits * setting.in_a_row + lasts,
    )


def discover(setting: Setting) -> Cost:
    """List the machines of a subscription and what its vaults hold of them."""
    machines, vaults = setting.machines / setting.subscriptions, setting.vaults / setting.subscriptions
    each = pages(machines) + 1 + pages(setting.held) * math.ceil(vaults)
    return Cost(each * setting.subscriptions, 0, START + pages(machines) * setting.answer)
