# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs protect_vms in slices, all at once with one principal, as AWX runs a sliced job template."""

from __future__ import annotations

import pathlib
import resource
import tempfile
import time
import typing as t

import project
from ansible_collections.cloudkeep.azure_backup.tests.support.awx import launch_slices

from .simulator import Simulator
from .tasks import Measurement

_MACHINE: t.Final = "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Compute/virtualMachines/{}"
_PER_GROUP: t.Final = 50
"""Machines of a resource group, in the simulator's fleets."""


def protect(azure: Simulator, machines: int, slices: int) -> Measurement:
    """Protect a fleet in slices, in a vault that all of them make at once; raises RuntimeError when a job fails.

    The result holds ``protected``, how many machines the jobs' artifacts say are protected now, and ``repeated``, how
    many writes of machines were accepted beyond the first of each.
    """
    subscription = azure.access["subscription_id"]
    hosts = {}
    for number in range(machines):
        name, group = f"vm-{number + 1:05}", f"rg-fleet-{number // _PER_GROUP + 1:04}"
        hosts[name] = {"id": _MACHINE.format(subscription, group, name)}
    answers = {
        "survey_hosts": "all",
        "survey_vault_resource_group": "rg-fleet-0001",
        "survey_create_vaults": "true",
    }
    azure.control("DELETE", "stats")
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        jobs = launch_slices(
            azure, project.COLLECTIONS, pathlib.Path(folder), "protect_vms", answers, hosts=hosts, count=slices
        )
        seconds = time.monotonic() - started
    failed = [job for job in jobs if job.status != "successful"]
    if failed:
        raise RuntimeError(f"{len(failed)} of {slices} slices failed: {failed[0].output[-4000:]}")
    counts = azure.control("GET", "stats")
    # The largest process of all, a job's or a module's.
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    writes = [
        entry["path"].casefold()
        for entry in azure.control("GET", "journal")["entries"]
        if entry["method"] == "PUT" and "/protecteditems/" in entry["path"].casefold() and entry["status"] < 400
    ]
    result = {
        "protected": sum(job.artifact["summary"]["protected"] for job in jobs),
        "repeated": len(writes) - len(set(writes)),
    }
    return Measurement(seconds, memory, counts["requests"], counts["throttled"], result)
