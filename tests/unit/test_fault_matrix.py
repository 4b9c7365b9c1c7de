# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every cell of the table of faults, through the modules: what the user sees, what is written, what comes next."""

from __future__ import annotations

import collections
import dataclasses
import re
import typing as t
import urllib.parse
from unittest import mock

import pytest
import requests

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import paging
from ansible_collections.cloudkeep.azure_backup.tests.support import fault_matrix, network
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench
from ansible_collections.cloudkeep.azure_backup.tests.support.clear import check_failure
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import ModuleResult

NAMES: t.Final = ("web-02", "web-03", "spare")
VAULT: t.Final = {"resource_group": "rg-backup", "vault_name": "vault-empty"}
VMS: t.Final = {**VAULT, "vms": [f"rg-web/{name}" for name in NAMES], "poll_interval": 5}
HELD: t.Final = {"resource_group": "rg-backup", "vault_name": "vault-westeurope"}
BOTH: t.Final = {**HELD, "vms": ["rg-web/held-protected", "rg-web/held-pending"], "poll_interval": 5}
PUT: t.Final = r"/protectedItems/[^/]+$"


@dataclasses.dataclass(frozen=True)
class Scenario:
    """A task, and how many things it writes, each by one request."""

    module: str
    options: dict[str, t.Any]
    writes: tuple[str, str] | None = None
    """Method and path; None for what only reads."""
    count: int = len(NAMES)
    harmless: bool = False
    """Whether a write may be sent twice."""


SCENARIOS: dict[str, Scenario] = {
    "discover": Scenario("vm_backup_discover", {**VAULT, "wait_timeout": 180}),
    "register": Scenario("vm_backup_register", {**VMS, "vms": [*VMS["vms"], "rg-web/web-01"], "wait_timeout": 180}),
    "protect": Scenario("vm_backup_protect", {**VMS, "wait_timeout": 180}, writes=("PUT", PUT)),
    "stop": Scenario("vm_backup_protect", {**BOTH, "state": "stopped"}, ("PUT", PUT), 2),
    "delete": Scenario(
        "vm_backup_protect", {**BOTH, "state": "absent", "delete_backup_data": True}, ("DELETE", PUT), 2
    ),
    "now": Scenario(
        "vm_backup_now",
        {**BOTH, "wait": True, "wait_timeout": 180, "skip_if_newer_than": "1h"},
        ("POST", r"/backup$"),
        2,
    ),
    "job_info": Scenario("vm_backup_job_info", {**HELD, "wait": True, "wait_timeout": 180}),
    "vault": Scenario(
        "vm_backup_vault",
        {"resource_group": "rg-backup", "vault_name": "vault-made", "location": "westeurope"},
        writes=("PUT", r"/vaults/[^/]+$"),
        count=1,
        harmless=True,
    ),
    "policy": Scenario(
        "vm_backup_policy",
        {
            **VAULT,
            "name": "Nightly",
            "schedule": {"frequency": "daily", "time": "22:00"},
            "retention": {"daily": {"days": 14}},
        },
        writes=("PUT", r"/backupPolicies/[^/]+$"),
        count=1,
        harmless=True,
    ),
    "item_info": Scenario("vm_backup_item_info", HELD),
    "summary_info": Scenario("vm_backup_summary_info", {"resource_group": "rg-backup"}),
}
assert {name.partition(":")[0] for call in fault_matrix.CALLS.values() for name in call.modules} <= set(SCENARIOS)


@pytest.fixture(scope="module")
def running() -> t.Iterator[Bench]:
    with mock.patch.object(paging, "PAGE_SIZE", 2), bench("estate") as running:
        yield running


@pytest.fixture
def azure(running: Bench) -> Bench:
    running.reset()
    return running


class Trial:
    """One scenario, run with a fault and then without."""

    def __init__(self, azure: Bench, name: str) -> None:
        self.azure = azure
        self.scenario = SCENARIOS[name]
        self.options = dict(self.scenario.options)
        self.done: collections.Counter[str] = collections.Counter()
        if name == "job_info":
            started = azure.good("vm_backup_now", BOTH, wait=False)
            self.options["job_id"] = [vm["job_id"] for vm in started["vms"]]

    def run(self) -> ModuleResult:
        """Run the task, and count what it wrote."""
        result = self.azure.run(self.scenario.module, self.options)
        method, path = self.scenario.writes or ("", "")
        acted = [
            entry.path.casefold()
            for entry in self.azure.simulator.writes()
            if entry.method == method and re.search(path, entry.path) and entry.status and entry.status < 300
        ]
        self.done.update(acted)
        return result

    def check_next(self, before: int) -> None:
        """Run the task again, without the fault: it does what is left, and nothing of what is done."""
        if before == self.scenario.count and not self.scenario.writes:
            return
        self.azure.simulator.clear_faults()
        result = self.run()
        assert not result.failed, result["msg"]
        if self.scenario.writes:
            assert len(self.done) == self.scenario.count
            assert self.scenario.harmless or set(self.done.values()) == {1}, self.done
            assert result["changed"] is (before < self.scenario.count), "the next run did not do what was left"


def inject(azure: Bench, wire: network.Network, fault: fault_matrix.Fault, call: fault_matrix.Call, skip: int) -> None:
    if fault.rule is not None:
        azure.simulator.add_fault(**fault.rule, method=call.method, path=call.path, times=fault.times, skip=skip)
        return

    def hit(request: requests.PreparedRequest) -> bool:
        path = urllib.parse.unquote(urllib.parse.urlsplit(str(request.url)).path)
        return request.method == call.method and re.search(call.path, path, re.IGNORECASE) is not None

    answer = getattr(network, fault.network or "")
    wire.fails(answer, when=hit, times=fault.times, skip=skip, acts=fault.acts)


@pytest.mark.parametrize(("fault", "call", "module"), list(fault_matrix.cells()))
def test_a_cell(azure: Bench, fault: str, call: str, module: str) -> None:
    expected = fault_matrix.cell(fault, call, module)
    assert expected is not None
    name, _colon, skip = module.partition(":")
    trial = Trial(azure, name)
    with network.network(azure) as wire:
        inject(azure, wire, fault_matrix.FAULTS[fault], fault_matrix.CALLS[call], int(skip or 0))
        result = trial.run()
        hit = wire.failed or sum(rule["used"] for rule in azure.simulator.simulator.faults.as_json())
        assert hit, "the fault never happened"
    if expected.code is None:
        assert not result.failed, result["msg"]
    else:
        changed = expected.written == "all" if trial.scenario.writes else result["changed"]
        check_failure(result, expected.phrase, code=expected.code, changed=changed)
    if trial.scenario.writes:
        assert len(trial.done) == (trial.scenario.count if expected.written == "all" else 0), trial.done
    trial.check_next(len(trial.done))
