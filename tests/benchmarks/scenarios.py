# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured: each scenario against the least that Azure's limits, or Python's start, would allow.

A scenario yields one row for every run of it; ``__main__`` takes the medians.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
import typing as t

from . import model, slices, tasks
from .simulator import LATENCY_MS, simulator
from .tasks import Measurement

VAULT: t.Final = {"resource_group": "rg-fleet-0001", "vault_name": "vault-fleet"}
EVERY: t.Final = {**VAULT, "select": {"locations": ["westeurope"]}}
FLEET: t.Final = 1000
MISSING: t.Final = 37
SLICES: t.Final = 4
# Seconds that jobs of the simulator's profile "fast" take.
_CONFIGURE, _BACKUP = 0.3, 1.0
_FEW_READS = 15
_FULL_VAULTS: t.Final = 10
_HELD: t.Final = 900
"""Machines that a vault of a world with a past holds."""
_ANSWERS: t.Final = 4 * LATENCY_MS / 1000
_LEAST_MODULE: t.Final = """#!/usr/bin/python
import azure.identity
from ansible.module_utils.basic import AnsibleModule
AnsibleModule({}).exit_json()
"""
_TOKEN_MODULE: t.Final = """#!/usr/bin/python
import os, urllib.parse
import azure.identity, azure.mgmt.compute, azure.mgmt.recoveryservices, azure.mgmt.recoveryservicesbackup
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule({})
authority = urllib.parse.urlsplit(os.environ["AZURE_CLOUD_ENVIRONMENT"]).netloc
azure.identity.ClientSecretCredential(
    os.environ["AZURE_TENANT_ID"], os.environ["AZURE_CLIENT_ID"], os.environ["AZURE_CLIENT_SECRET"],
    authority=authority, disable_instance_discovery=True,
).get_token("https://management.azure.com/.default")
module.exit_json()
"""
"""For comparison: the least that a task takes, and the least of one that works with the SDK. It need not ask what the
cloud is, as ours must for the address of a simulator."""
_PROTECT: t.Final = "cloudkeep.azure_backup.vm_backup_protect"
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


def _as_computed(measured: Measurement, computed: model.Cost, *, tasks: int = 1) -> tuple[Goal, Goal]:
    """Compare with what the model says; the guide Scale is only as good as this."""
    requests = measured.total_requests - model.SIGN_IN * tasks
    return (
        Goal("requests, difference from the model", abs(requests / computed.requests - 1), 0.05),
        Goal("time, difference from the model", abs(measured.seconds / computed.seconds - 1), 0.10),
    )


def _answered_429(measured: Measurement) -> Goal:
    return Goal("answered 429", measured.throttled / measured.total_requests, 0.01)


def protect_and_back_up() -> t.Iterator[Row]:
    """A thousand machines: protected from nothing, protected again, and all backed up."""
    with simulator(f"fleet:{FLEET}") as azure:
        tasks.module(azure, "vm_backup_vault", {**VAULT, "location": "westeurope"})
        first = tasks.module(azure, "vm_backup_protect", EVERY)
        setting = model.Setting(FLEET, configure=_CONFIGURE)
        floor = model.write_seconds(FLEET) + _CONFIGURE
        yield Row(
            f"protect {FLEET}, from nothing",
            first,
            (
                Goal("time / floor", first.seconds / floor, 1.10),
                _answered_429(first),
                *_as_computed(first, model.protect(setting)),
            ),
        )
        with tasks.playbooks(azure, token=_TOKEN_MODULE) as run:
            token, task = run("token", {}), run(_PROTECT, EVERY)
        again = tasks.module(azure, "vm_backup_protect", EVERY)
        yield Row(
            f"protect {FLEET}, nothing to do",
            again,
            (
                Goal("requests", again.total_requests, _FEW_READS),
                Goal("writes", again.writes, 0),
                Goal("task / one that imports the SDK and gets a token", task / token, 2),
                _as_computed(again, model.protect_again(setting))[0],
            ),
        )
        # Until the bucket of writes is full again, as the floor has it.
        time.sleep(model.BURST / model.PER_SECOND)
        backup = tasks.module(azure, "vm_backup_now", {**EVERY, "wait": True})
        floor = model.write_seconds(FLEET) + _BACKUP
        yield Row(
            f"back up {FLEET} and wait",
            backup,
            (
                Goal("time / floor", backup.seconds / floor, 1.10),
                _answered_429(backup),
                Goal("reads", backup.requests["GET"], model.pages(FLEET) * 10),
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
            Goal("time / floor of one task", made.seconds / (model.write_seconds(FLEET) + _CONFIGURE), 1.25),
            Goal("machines not protected", FLEET - made.result["protected"], 0),
            Goal("machines protected twice", made.result["repeated"], 0),
            Goal("answered 429", made.throttled / made.total_requests, 0.01),
        ),
    )


def discover() -> t.Iterator[Row]:
    """A subscription with machines in twelve regions; ten times the machines."""
    rows = []
    for count in (FLEET, 10 * FLEET):
        with simulator(f"fleet:{count}:12") as azure:
            made = tasks.module(azure, "vm_backup_discover", {})
        rows.append(made)
        goals = [
            Goal("requests", made.total_requests, model.pages(count) + 10),
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
        with tasks.playbooks(azure, least=_LEAST_MODULE) as run:
            least, task = run("least", {}), run(_PROTECT, one)
        imports = tasks.script(azure, _IMPORT)
        again = tasks.module(azure, "vm_backup_protect", one)
        yield Row(
            "protect 1, nothing to do",
            again,
            (
                Goal("task / one that imports azure.identity", task / least, 1.5),
                # Metadata, OpenID configuration, token, reads: four answers, one after the other.
                Goal(
                    "module / importing azure.identity and four answers",
                    again.seconds / (imports.seconds + _ANSWERS),
                    1.5,
                ),
                Goal("requests", again.total_requests, _FEW_READS),
            ),
        )


def jobs() -> t.Iterator[Row]:
    """A vault with fifty thousand jobs, of which a task asks for those of a week."""
    with simulator(f"fleet:{_HELD}:1:lived") as azure:
        (vault,) = tasks.module(azure, "vm_backup_vault_info", {}).result["vaults"]
        options: dict[str, t.Any] = {
            "resource_group": vault["resource_group"],
            "vault_name": vault["name"],
            "limit": 100,
        }
        # The world has a month of jobs; one more of them runs while its time is set forward.
        now = dt.datetime.fromisoformat(azure.control("POST", "clock/advance", {"seconds": 30 * 86400})["time"])
        made = {}
        for what, days in (("a day", 1), ("7 days", 7), ("all", 70)):
            window = {"from": (now - dt.timedelta(days=days)).isoformat(), "to": now.isoformat()}
            made[what] = tasks.module(azure, "vm_backup_job_info", {**options, **window})
        week, every = made["7 days"], made["all"]
        total = every.result["summary"]["total"]
        yield Row(
            f"7 days of {total} jobs",
            week,
            (
                Goal("requests", week.total_requests, model.pages(week.result["summary"]["total"]) + 5),
                Goal("memory / memory for a day", week.memory_mb / made["a day"].memory_mb, 1.1),
                Goal("memory for all / memory for a day", every.memory_mb / made["a day"].memory_mb, 1.1),
            ),
        )


def ten_thousand() -> t.Iterator[Row]:
    """Ten thousand machines in ten regions, a full vault and a task for each, one after the other: 20 minutes."""
    with simulator(f"fleet:{_FULL_VAULTS * FLEET}:{_FULL_VAULTS}") as azure:
        discovered = tasks.module(azure, "vm_backup_discover", {})
        regions = sorted({vm["location"] for vm in discovered.result["vms"]})
        vaults = {region: {**VAULT, "vault_name": f"vault-{region}"} for region in regions}
        for region, vault in vaults.items():
            tasks.module(azure, "vm_backup_vault", {**vault, "location": region})
        every = [{**vault, "select": {"locations": [region]}} for region, vault in vaults.items()]
        setting = model.Setting(_FULL_VAULTS * FLEET, _FULL_VAULTS, _FULL_VAULTS, configure=_CONFIGURE)
        for what, computed in (
            ("from nothing", model.protect(setting)),
            ("nothing to do", model.protect_again(setting)),
        ):
            made = [tasks.module(azure, "vm_backup_protect", options) for options in every]
            total = tasks.sum_up(made)
            yield Row(
                f"protect {_FULL_VAULTS * FLEET}, {what}",
                total,
                (*_as_computed(total, computed, tasks=_FULL_VAULTS), _answered_429(total)),
            )


SCENARIOS: t.Final[t.Mapping[str, t.Callable[[], t.Iterator[Row]]]] = {
    "protect": protect_and_back_up,
    "missing": protect_the_missing,
    "slices": protect_in_slices,
    "discover": discover,
    "one": one_machine,
    "jobs": jobs,
    "ten_thousand": ten_thousand,
}
LONG: t.Final = ("ten_thousand",)
"""Run only when asked for."""
