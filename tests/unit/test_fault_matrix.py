# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every cell of the table of faults, through the modules: what the user sees, what is written, what comes next."""

from __future__ import annotations

import collections
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
from ansible_collections.cloudkeep.azure_backup.tests.support.fault_calls import CALLS, Call
from ansible_collections.cloudkeep.azure_backup.tests.support.fault_scenarios import SCENARIOS
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import ModuleResult

assert {name.partition(":")[0] for call in CALLS.values() for name in call.modules} <= set(SCENARIOS)


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

    def __init__(self, azure: Bench, name: str, patches: pytest.MonkeyPatch) -> None:
        self.azure = azure
        self.scenario = SCENARIOS[name]
        self.options = dict(self.scenario.options)
        self.done: collections.Counter[str] = collections.Counter()
        if self.scenario.prepare:
            self.options |= self.scenario.prepare(azure, patches)

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
        self.azure.simulator.clear_faults()
        # Somebody has read what went wrong, and what was accepted before has ended.
        self.azure.time.sleep(2)
        result = self.run()
        assert not result.failed, result["msg"]
        if self.scenario.writes:
            assert len(self.done) == self.scenario.count
            assert self.scenario.harmless or set(self.done.values()) == {1}, self.done
            assert result["changed"] is (before < self.scenario.count), "the next run did not do what was left"


def inject(azure: Bench, wire: network.Network, fault: fault_matrix.Fault, call: Call, skip: int) -> None:
    if fault.rule is not None:
        azure.simulator.add_fault(**fault.rule, method=call.method, path=call.path, times=fault.times, skip=skip)
        return

    def hit(request: requests.PreparedRequest) -> bool:
        path = urllib.parse.unquote(urllib.parse.urlsplit(str(request.url)).path)
        return request.method == call.method and re.search(call.path, path, re.IGNORECASE) is not None

    answer = getattr(network, fault.network or "")
    wire.fails(answer, when=hit, times=fault.times, skip=skip, acts=fault.acts)


def run_with(azure: Bench, trial: Trial, fault: str, call: str, skip: int) -> ModuleResult:
    with network.network(azure) as wire:
        inject(azure, wire, fault_matrix.FAULTS[fault], CALLS[call], skip)
        result = trial.run()
        used = [rule["used"] for rule in azure.simulator.simulator.faults.as_json() if rule["path"] == CALLS[call].path]
        assert wire.failed or sum(used), "the fault never happened"
    return result


@pytest.mark.parametrize(("fault", "call", "module"), list(fault_matrix.cells()))
def test_a_cell(azure: Bench, monkeypatch: pytest.MonkeyPatch, fault: str, call: str, module: str) -> None:
    expected = fault_matrix.cell(fault, call, module)
    assert expected is not None
    name, _colon, skip = module.partition(":")
    trial = Trial(azure, name, monkeypatch)
    result = run_with(azure, trial, fault, call, int(skip or 0))
    if expected.code is None:
        assert not result.failed, result["msg"]
        assert expected.phrase in str(result.get("warnings"))
        assert result["changed"] or not trial.scenario.writes
    else:
        changed = expected.written == "all" if trial.scenario.writes else result["changed"]
        check_failure(result, expected.phrase, code=expected.code, changed=changed)
    if trial.scenario.writes:
        assert len(trial.done) == (trial.scenario.count if expected.written == "all" else 0), trial.done
    trial.check_next(len(trial.done))


@pytest.mark.parametrize("fault", [name for name in fault_matrix.FAULTS if fault_matrix.cell(name, "protect")])
def test_the_second_of_two_writes(azure: Bench, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """A machine is undeleted, and then protected: what is done of it is told, and the next run does the rest."""
    expected = fault_matrix.cell(fault, "protect")
    assert expected is not None
    trial = Trial(azure, "undelete_and_protect", monkeypatch)
    result = run_with(azure, trial, fault, "protect", 1)
    if expected.code is None:
        assert not result.failed, result["msg"]
    else:
        check_failure(result, expected.phrase, code=expected.code, changed=True)
        # In an outage nobody could look.
        unread = "shown as it was before" in str(result.get("warnings"))
        assert [vm["state"] for vm in result["vms"]] == ["soft_deleted" if unread else "stopped"]
    assert trial.done.total() == (2 if expected.written == "all" else 1)
    azure.simulator.clear_faults()
    again = trial.run()
    assert not again.failed, again["msg"]
    assert again["changed"] is (expected.written != "all")
    assert trial.done.total() == 2
    assert [vm["state"] for vm in again["vms"]] == ["protected"]
