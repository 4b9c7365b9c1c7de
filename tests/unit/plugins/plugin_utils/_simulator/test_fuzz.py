# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small part of what ``make fuzz`` sends, the same in every run; and what it has found, kept."""

from __future__ import annotations

import logging
import re
import typing as t

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import world_files
from ansible_collections.cloudkeep.azure_backup.tests.fuzz import examples, mutation, rounds, structured
from ansible_collections.cloudkeep.azure_backup.tests.fuzz.target import Finding, Target
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

_FEW = settings(max_examples=40, suppress_health_check=list(HealthCheck))


class Fuzzed(t.NamedTuple):
    """A simulator that is fuzzed."""

    azure: RunningSimulator
    target: Target
    names: structured.Names


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Fuzzed]:
    world = tmp_path_factory.mktemp("world") / "world.yml"
    world.write_text(world_files.EXAMPLE)
    complaints: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            complaints.append(logging.Formatter().format(record))

    def told() -> str:
        text = "\n".join(complaints)
        complaints.clear()
        return text

    listener = Listener()
    loggers = [logging.getLogger(name) for name in ("cloudkeep.simulator", "asyncio")]
    with running_simulator(world=str(world)) as azure:
        for logger in loggers:
            logger.addHandler(listener)
        target = Target(azure.access, told)
        yield Fuzzed(azure, target, structured.Names(target, str(world)))
        target.close()
        for logger in loggers:
            logger.removeHandler(listener)


@_FEW
@given(st.data())
def test_requests(fuzzed: Fuzzed, data: st.DataObject) -> None:
    rounds.requests(fuzzed.target, fuzzed.names, data)


@_FEW
@given(st.data())
def test_conversations(fuzzed: Fuzzed, data: st.DataObject) -> None:
    rounds.conversation(fuzzed.target, data)


def test_the_examples_are_for_every_route_that_takes_a_body(fuzzed: Fuzzed) -> None:
    without = {"/cancel", "/refreshContainers", "/reset", "/expire", "/shutdown"}
    routes = [*fuzzed.names.azure, *fuzzed.names.control]
    lacking = [
        route.template
        for route in routes
        if route.method in ("PUT", "PATCH", "POST")
        and not route.template.endswith(tuple(without))
        and not examples.bodies(route.method, route.template, fuzzed.names.subscription)
    ]
    assert lacking == []


def test_valid_examples_are_taken(fuzzed: Fuzzed) -> None:
    """Otherwise everything would end at the first check, and nothing behind it would be fuzzed."""
    fuzzed.target.reset()
    group = examples.GROUP.replace("SUBSCRIPTION", fuzzed.names.subscription)
    headers = {"Authorization": f"Bearer {fuzzed.target.sign_in()}"}
    version = (("api-version", "2025-02-01"),)
    vaults = f"{group}/providers/Microsoft.RecoveryServices/vaults"
    statuses = []
    for method, template, path in (
        ("PUT", "resourceGroups/{name}", f"{fuzzed.names.subscription}/resourceGroups/new-1"),
        ("PUT", "vaults/{name}", f"{vaults}/new-1"),
        ("PUT", "backupPolicies/{name}", f"{vaults}/vault-shop/backupPolicies/new-1"),
        ("PUT", "protectedItems/{item}", examples.ITEM.replace("SUBSCRIPTION", fuzzed.names.subscription)),
    ):
        for body in examples.bodies(method, template, fuzzed.names.subscription):
            structured.Call(method, path, version, headers, body).send(fuzzed.target)
        entries = fuzzed.azure.requests(method=method, path=f"^{re.escape(path)}$")
        statuses.append({entry.status for entry in entries})
    assert [max({200, 201, 202} & found) for found in statuses] == [201, 201, 200, 202], statuses


def test_a_mistake_would_be_found(fuzzed: Fuzzed, monkeypatch: pytest.MonkeyPatch) -> None:
    fuzzed.target.reset()
    monkeypatch.setattr(fuzzed.azure.simulator.statistics, "answered", None)
    with pytest.raises(Finding):
        fuzzed.target.send("GET", "/metadata/endpoints?api-version=2022-09-01", {}, b"")
        fuzzed.target.check()
    monkeypatch.undo()
    fuzzed.target.reset()


@given(st.data())
def test_a_changed_body_leaves_the_valid_one_alone(data: st.DataObject) -> None:
    valid = {"a": [{"b": 1}], "c": {}}
    data.draw(mutation.mutated(valid))
    assert valid == {"a": [{"b": 1}], "c": {}}
    assert mutation.places(valid)[0] == () and ("a", 0, "b") in mutation.places(valid)


# What was found


GROUP: t.Final = "/resourceGroups/rg-shop"
VAULT: t.Final = f"{GROUP}/providers/Microsoft.RecoveryServices/vaults/vault-shop"
MACHINE: t.Final = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/shop-web-01"


@pytest.mark.parametrize("body", [{"location": True}, {"location": ["x"]}, {"location": "westeurope", "tags": [1]}])
@pytest.mark.parametrize("path", [GROUP, VAULT])
def test_a_location_or_tags_of_another_kind(fuzzed: Fuzzed, path: str, body: dict[str, t.Any]) -> None:
    fuzzed.target.reset()
    headers = {"Authorization": f"Bearer {fuzzed.target.sign_in()}"}
    call = structured.Call("PUT", f"{fuzzed.names.subscription}{path}", (("api-version", "2025-02-01"),), headers, body)
    call.send(fuzzed.target)
    assert fuzzed.azure.requests(method="PUT")[-1].status == 400


def test_a_header_that_is_not_ascii(fuzzed: Fuzzed) -> None:
    headers = {"X-Identity-Header": "caf\u00e9", "X-Simulator-Key": "caf\u00e9"}
    for path, status in (("/msi/token?resource=x", 401), ("/_sim/health", 403)):
        assert fuzzed.target.send("GET", path, headers, b"")[0] == status
    fuzzed.target.check()


def test_a_link_is_always_one(fuzzed: Fuzzed) -> None:
    fuzzed.target.reset()
    headers = {"Authorization": f"Bearer {fuzzed.target.sign_in()}"}
    call = structured.Call("DELETE", f"{fuzzed.names.subscription}{MACHINE}", (("api-version", "\u00e9 \n"),), headers)
    answer = call.send(fuzzed.target)
    links = [value for name, value in answer.items() if name in ("location", "azure-asyncoperation")]
    assert links and all(link.isascii() and " " not in link for link in links), answer
