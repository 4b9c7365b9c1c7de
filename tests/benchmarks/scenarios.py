# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured: each scenario against the least that Azure's limits, or Python's start, would allow.

A scenario yields one row for every run of it; ``__main__`` takes the medians.
"""

from __future__ import annotations

import dataclasses
import math
import typing as t

from . import slices, tasks
from .simulator import simulator
from .tasks import Measurement

VAULT: t.Final = {"resource_group": "rg-fleet-0001", "vault_name": "vault-fleet"}
EVERY: t.Final = {**VAULT, "select": {"locations": ["westeurope"]}}
PAGE: t.Final = 200
"""Entries of a page of a list."""
FLEET: t.Final = 1000
MISSING: t.Final = 37
SLICES: t.Final = 4
_BURST, _PER_SECOND = 200, 10
# Seconds that jobs of the simulator's profile "fast" take.
_CONFIGURE, _BACKUP = 0.3, 1.0
_FEW_READS = 15
_TOKEN: t.Final = """
import os, urllib.parse
import azure.identity, azure.mgmt.recoveryservicesbackup
authority = urllib.parse.urlsplit(os.environ["AZURE_CLOUD_ENVIRONMENT"]).netloc
azure.identity.ClientSecretCredential(
    os.environ["AZURE_TENANT_ID"], os.environ["AZURE_CLIENT_ID"], os.environ["AZURE_CLIENT_SECRET"],
    authority=authority, disable_instance_discovery=True,
).get_token("https://management.azure.com/.default")
"""
_IMPORT: t.Final = "import azure.identity\nfrom ansible.module_utils.basic import AnsibleModule"


@dataclasses.dataclass(frozen=True)
class Goal:
    """One thing to reach: what it is, what was measured, and the limit that it must not exceed."""

    what: str
    measured: float
    limit: float


@dataclasses.dataclass(frozen=True)
class Row:
    """One run of a scenario."""

    scenario: str
    measurement: Measurement
    goals: tuple[Goal, ...]


def write_floor(writes: int) -> float:
    """Return the seconds that Azure Resource Manager needs to accept so many writes: 200 at once, then 10 a second."""
    return max(0, writes - _BURST) / _PER_SECOND


def pages(entries: int) -> int:
    """Return the requests that list so many entries."""
    return max(1, math.ceil(entries / PAGE))


def protect_and_back_up() -> t.Iterator[Row]:
    """A thousand machines: protected from nothing, protected again, and all backed up."""
    with simulator(f"fleet:{FLEET}") as azure:
        tasks.module(azure, "vm_backup_vault", {**VAULT, "location": "westeurope"})
        first = tasks.module(azure, "vm_backup_protect", EVERY)
        floor = write_floor(FLEET) + _CONFIGURE
        throttled = first.throttled / first.total_requests
        yield Row(
            f"protect {FLEET}, from nothing",
            first,
            (Goal("time / floor", first.seconds / floor, 1.10), Goal("answered 429", throttled, 0.01)),
        )
        token = tasks.script(azure, _TOKEN)
        again = tasks.module(azure, "vm_backup_protect", EVERY)
        yield Row(
            f"protect {FLEET}, nothing to do",
            again,
            (
                Goal("requests", again.total_requests, _FEW_READS),
                Goal("writes", again.writes, 0),
                Goal("time / a task that gets a token", again.seconds / token.seconds, 2),
            ),
        )
        backup = tasks.module(azure, "vm_backup_now", {**EVERY, "wait": True})
        floor = write_floor(FLEET) + _BACKUP
        yield Row(
            f"back up {FLEET} and wait",
            backup,
            (
                Goal("time / floor", backup.seconds / floor, 1.10),
                Goal("reads", backup.requests["GET"], pages(FLEET) * 10),
            ),
        )


def protect_the_missing() -> t.Iterator[Row]:
    """A few machines of a thousand are not protected. Without limits: the preparation has used them up."""
    with simulator(f"fleet:{FLEET}", arm_limits=False) as azure:
        tasks.module(azure, "vm_backup_vault", {**VAULT, "location": "westeurope"})
        missing = [f"vm-{number:05}" for number in range(1, FLEET, FLEET // MISSING)][:MISSING]
        tasks.module(azure, "vm_backup_protect", {**VAULT, "select": {**EVERY["select"], "exclude": missing}})
        rest = tasks.module(azure, "vm_backup_protect", EVERY)
        yield Row(
            f"protect {FLEET}, {MISSING} are missing",
            rest,
            (Goal("writes", rest.writes, MISSING), Goal("reads", rest.requests["GET"], _FEW_READS + 10)),
        )


def protect_in_slices() -> t.Iterator[Row]:
    """A thousand machines in four slices of a job at once, with one principal and a vault that nobody has made yet."""
    with simulator(f"fleet:{FLEET}") as azure:
        made = slices.protect(azure, FLEET, SLICES)
    yield Row(
        f"protect {FLEET} in {SLICES} slices",
        made,
        (
            Goal("time / floor of one task", made.seconds / (write_floor(FLEET) + _CONFIGURE), 1.25),
            Goal("machines not protected", FLEET - made.result["protected"], 0),
            Goal("machines protected twice", made.result["repeated"], 0),
            Goal("answered 429", made.throttled / made.total_requests, 0.01),
        ),
    )


def discover() -> t.Iterator[Row]:
    """A subscription with machines in twelve regions; ten times the machines."""
    rows = []
    for count in (1000, 10000):
        with simulator(f"fleet:{count}:12") as azure:
            made = tasks.module(azure, "vm_backup_discover", {})
        rows.append(made)
        goals = [
            Goal("requests", made.total_requests, pages(count) + 10),
            Goal("memory in MB", made.memory_mb, 200),
        ]
        if len(rows) > 1:
            goals.append(Goal("time / time for a tenth", made.seconds / rows[0].seconds, 11))
        yield Row(f"discover {count}, 12 regions", made, tuple(goals))


def one_machine() -> t.Iterator[Row]:
    """One machine that is protected already: Python's start, imports, a token and a few reads."""
    with simulator("fleet:50") as azure:
        one = {**VAULT, "vms": ["rg-fleet-0001/vm-00001"]}
        tasks.module(azure, "vm_backup_vault", {**VAULT, "location": "westeurope"})
        tasks.module(azure, "vm_backup_protect", one)
        least = tasks.script(azure, _IMPORT)
        again = tasks.module(azure, "vm_backup_protect", one)
        yield Row(
            "protect 1, nothing to do",
            again,
            (
                Goal("time / importing azure.identity", again.seconds / least.seconds, 1.5),
                Goal("requests", again.total_requests, _FEW_READS),
            ),
        )


SCENARIOS: t.Final[t.Mapping[str, t.Callable[[], t.Iterator[Row]]]] = {
    "protect": protect_and_back_up,
    "missing": protect_the_missing,
    "slices": protect_in_slices,
    "discover": discover,
    "one": one_machine,
}
