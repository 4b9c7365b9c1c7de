# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any request of any fleet in any state does what the guides promise, predicts it, and has nothing to do a second time.

A state machine of Hypothesis makes the fleets, the requests and what happens in between; what has to come of them is in
`promises.py`, what came of them is read out of the simulator. `make proofs` takes many more examples.
"""

from __future__ import annotations

import os
import re
import typing as t

import pytest
from hypothesis import HealthCheck, Phase, settings, stateful
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import world_files, worlds
from ansible_collections.cloudkeep.azure_backup.tests.support.any_fleet import (
    ALL,
    DAYS,
    HERE,
    VAULT_GROUP,
    VAULTS,
    Held,
    Standing,
    fleets,
    standings,
)
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import ModuleResult
from ansible_collections.cloudkeep.azure_backup.tests.support.promises import Promise, Rules, Wish, kept, promise

MORE: t.Final = int(os.environ.get("PROOFS_EXAMPLES", "0"))
"""How many examples `make proofs` asks for, other ones each time; 0 for a test run, which takes the same few."""
Named = tuple[dict[str, t.Any], dict[str, str]]
"""The options that name machines; and the machines, by id in lower case, with what was typed for each."""


@pytest.fixture(scope="module")
def azure() -> t.Iterator[Bench]:
    with bench("lifecycle") as running:
        yield running


@st.composite
def wishes(draw: st.DrawFn) -> Wish:
    """Draw what a task asks for."""
    state = draw(st.sampled_from(["present", "present", "present", "stopped", "suspended", "absent"]))
    policy = draw(st.sampled_from([None, None, *sorted(DAYS)]))
    wish = Wish(draw(st.sampled_from(VAULTS)), state, policy, undelete=draw(st.booleans()))
    if state != "present" or draw(st.integers(0, 3)) == 0:
        return wish
    some = [ALL, ("os_only", ()), ("include", (0,)), ("exclude", (1,)), ("exclude", (0, 1))]
    selections = [*[None] * 4, *some]
    return Wish(
        wish.vault,
        state,
        policy,
        undelete=wish.undelete,
        disks=draw(st.sampled_from(selections)),
        move=draw(st.booleans()),
        by_policy=draw(st.integers(0, 3)) == 0,
    )


def item_id(vault: str, machine: Standing) -> str:
    names = f"iaasvmcontainerv2{machine.item}"
    return (
        f"/subscriptions/{HERE}/resourceGroups/{VAULT_GROUP}/providers/Microsoft.RecoveryServices/vaults/{vault}"
        f"/backupFabrics/Azure/protectionContainers/IaasVMContainer;{names}/protectedItems/VM;{names}"
    )


class AnyFleet(stateful.RuleBasedStateMachine):
    """A fleet, and tasks that are run on it one after the other."""

    azure: Bench

    @stateful.initialize(fleet=fleets())
    def begin(self, fleet: tuple[t.Any, dict[str, t.Any]]) -> None:
        """Make the world."""
        made = world_files.world_from(fleet[1], guids=worlds.guid_source(0), origin="a random fleet")
        self.azure.simulator.simulator.azure.state.world = made
        self.azure.reset()

    # What is there.

    def read(self) -> dict[str, Standing]:
        """Return what the simulator has of each machine."""
        return self.azure.simulator.call(lambda: standings(self.azure.simulator.simulator.azure.state))

    def vault_rules(self) -> dict[str, Rules]:
        """Return how the vaults are set."""
        vaults = self.azure.simulator.simulator.azure.state.vaults.values()
        return {one.name: Rules(one.immutability != "Disabled", one.soft_delete != "Disabled") for one in vaults}

    def named(self, data: st.DataObject, wish: Wish) -> Named:
        """Draw how a task says which machines it is about."""
        there = self.read()
        if data.draw(st.integers(0, 2)) == 0:
            return self._select(data.draw(st.sampled_from(["rg-a", "rg-b"])), there, wish)
        keys = data.draw(st.lists(st.sampled_from(sorted(there)), min_size=len(there) // 2, unique=True))
        texts = []
        for key in keys:
            machine = there[key]
            forms = [machine.id, machine.id.upper().replace("/SUBSCRIPTIONS/", "/subscriptions/")]
            if wish.vault in machine.held:
                forms.append(item_id(wish.vault, machine))
            if sum(one.item == machine.item for one in there.values()) == 1 and machine.in_this_subscription:
                forms.append(f"{machine.group}/{machine.name}")
            texts.append(data.draw(st.sampled_from(forms)))
        return {"vms": texts}, dict(zip(keys, texts, strict=True))

    @staticmethod
    def _select(group: str, there: t.Mapping[str, Standing], wish: Wish) -> Named:
        """Choose a group: to protect, of the machines that exist; else, of what the vault holds."""
        keys = {
            key: key
            for key, machine in there.items()
            if machine.group == group
            and (
                machine.exists and machine.in_this_subscription
                if wish.state == "present"
                else wish.vault in machine.held
            )
        }
        return {"select": {"resource_groups": [group]}}, keys

    def promised(self, keys: t.Iterable[str], wish: Wish) -> dict[str, Promise]:
        """Say what has to become of the machines that a task names."""
        there, rules = self.read(), self.vault_rules()
        made = {}
        for key in keys:
            others = [one for one in there.values() if one.item == there[key].item and one is not there[key]]
            # Of two machines of one name, both of which a task would protect, either may be first.
            rivals = [one for one in others if one.id.lower() in keys and wish.state == "present"]
            taken = any(wish.vault in one.held for one in others)
            made[key] = promise(there[key], wish, rules, name_taken=taken)
            if rivals and not taken and made[key].done:
                made[key] = Promise("either", there[key].held.get(wish.vault), there[key].held.get(wish.other))
        return made

    # What happens.

    @stateful.rule(data=st.data(), wish=wishes())
    def task(self, data: st.DataObject, wish: Wish) -> None:
        """Run a task as check mode, for real, and again."""
        named, keys = self.named(data, wish)
        before, promised = self.read(), self.promised(keys, wish)
        options = {**wish.options(), **named}
        predicted = self.azure.run("vm_backup_protect", options, check=True)
        assert self.read() == before
        done = self.azure.run("vm_backup_protect", options)
        self.untouched(before, keys)
        after, rows = self.read(), self.rows(done, keys)
        foreseen = self.rows(predicted, keys)
        for key, expected in promised.items():
            self.judge(before[key], after[key], wish, expected, rows[key])
            if not expected.tried:
                self.compare(foreseen[key], rows[key], predicted, done, before[key].id)
        assert done.failed == any(row["error"] for row in rows.values())
        self.again(options, promised, before)

    # What is there twice is done more often.
    another_task = stateful.rule(data=st.data(), wish=wishes())(task.hypothesis_stateful_rule.function)

    @stateful.rule(data=st.data(), wish=wishes())
    def task_whose_jobs_fail(self, data: st.DataObject, wish: Wish) -> None:
        """Let the jobs that configure protection fail once: the machine says so, and the next run does the rest."""
        named, keys = self.named(data, wish)
        before, promised = self.read(), self.promised(keys, wish)
        names = {before[key].name for key in keys}
        name = data.draw(st.sampled_from(sorted(names))) if names else "nobody"
        self.azure.fail_jobs_of(name)
        options = {**wish.options(), **named}
        rows = self.rows(self.azure.run("vm_backup_protect", options), keys)
        self.untouched(before, keys)
        for key, expected in promised.items():
            if expected.done and expected.configures and before[key].name == name:
                assert rows[key]["error"], (before[key], expected, rows[key])
        self.azure.run("vm_backup_protect", options)
        vars(self.azure.simulator.simulator.azure.state.quirks).pop("sabotages")
        after = self.read()
        for key, expected in promised.items():
            if expected.done and not (wish.move and expected.configures):
                assert kept(expected.here, after[key].held.get(wish.vault)), (before[key], expected, after[key])
            self.nothing_lost(before[key], after[key], wish)
        self.again(options, promised, before)

    @stateful.rule(data=st.data(), vault=st.sampled_from(VAULTS), skip_running=st.booleans())
    def back_up(self, data: st.DataObject, vault: str, skip_running: bool) -> None:
        """Back up now: one more recovery point for each machine that is protected, and an error for each other one."""
        before = self.read()
        keys = data.draw(st.lists(st.sampled_from(sorted(before)), min_size=1, max_size=4, unique=True))
        named = {key: before[key].id for key in keys}
        options = {"resource_group": VAULT_GROUP, "vault_name": vault, "vms": list(named.values())}
        options |= {"skip_if_running": skip_running, "wait": True}
        predicted = self.azure.run("vm_backup_now", options, check=True)
        done = self.azure.run("vm_backup_now", options)
        assert predicted["changed"] == done["changed"]
        after, rows = self.read(), self.rows(done, named)
        for key in keys:
            held, row = before[key].held.get(vault), rows[key]
            points = after[key].held[vault].points if held else frozenset()
            assert not held or held.fresh <= points
            if held is None or not held.active:
                assert row["error"]["code"] == "NotProtected" and not row["changed"]
            elif before[key].exists:
                assert row["error"] is None and row["job"]["status"] == "Completed", row
                assert len(points) == len(held.points) + 1
            else:
                assert row["error"], row
        self.untouched(before, keys)

    @stateful.rule(data=st.data(), vault=st.sampled_from(VAULTS))
    def register(self, data: st.DataObject, vault: str) -> None:
        """Register: no item changes, and a second time there is nothing to do."""
        before = self.read()
        keys = data.draw(st.lists(st.sampled_from(sorted(before)), min_size=1, max_size=3, unique=True))
        options = {"resource_group": VAULT_GROUP, "vault_name": vault, "vms": [before[key].id for key in keys]}
        self.azure.run("vm_backup_register", options)
        assert self.read() == before

    @stateful.rule(hours=st.integers(1, 24 * 20))
    def time_passes(self, hours: int) -> None:
        """Let time pass, in which what was soft-deleted can go."""
        self.azure.time.sleep(3600 * hours)

    @stateful.rule(data=st.data())
    def machine_goes_or_comes(self, data: st.DataObject) -> None:
        """Delete a machine in Azure, or make one again that was deleted."""
        state = self.azure.simulator.simulator.azure.state
        machine = data.draw(st.sampled_from(sorted(state.world.machines, key=lambda one: one.key)), "machine")
        there = machine.key in state.machines
        self.azure.simulator.call(lambda: (state.delete_machine if there else state.add_machine)(machine))

    # What has to hold.

    @staticmethod
    def rows(result: ModuleResult, keys: t.Mapping[str, str]) -> dict[str, dict[str, t.Any]]:
        """Return the rows of a result by machine; each machine that was named has one, and no other has."""
        found: dict[str, dict[str, t.Any]] = {}
        for row in result.get("vms", []):
            # What could not be found is shown by what was typed.
            meant = [
                key for key, typed in keys.items() if row["id"] and row["id"].lower() == key or row["name"] == typed
            ]
            assert len(meant) == 1 and meant[0] not in found, (row, keys)
            found[meant[0]] = row
        assert set(found) == set(keys), (result.get("msg"), keys)
        return found

    def judge(
        self, before: Standing, after: Standing, wish: Wish, expected: Promise, row: t.Mapping[str, t.Any]
    ) -> None:
        """Compare what became of a machine with what was promised."""
        here, there = after.held.get(wish.vault), after.held.get(wish.other)
        told = (before, wish, expected, after, row)
        if expected.verdict == "refused" or (expected.verdict == "either" and row["error"]):
            assert row["error"] and row["error"]["message"], told
            assert not expected.codes or row["error"]["code"] in expected.codes, told
            assert after == before or expected.tried, told
        elif expected.done:
            assert row["error"] is None, told
            assert kept(expected.here, here) and kept(expected.there, there), told
        if row["error"] is None:
            shown = here.state if here else "unprotected"
            assert row["state"] == shown, told
            assert row["policy_name"] == (here.policy if here and here.policy else None), told
            asked = {"present": {"waiting", "protected", "error"}, "absent": {"unprotected", "soft_deleted"}}
            assert shown in asked.get(wish.state, {wish.state}), told
        self.nothing_lost(before, after, wish)

    @staticmethod
    def nothing_lost(before: Standing, after: Standing, wish: Wish) -> None:
        """Recovery points go only where a task deletes them in the vault that it names."""
        for vault, held in before.held.items():
            left = after.held.get(vault)
            if wish.state == "absent" and vault == wish.vault:
                continue
            assert left is not None and left.points >= held.fresh, (before, after)
            assert left.state != "soft_deleted" or held.state == "soft_deleted", (before, after)

    @staticmethod
    def compare(
        foreseen: t.Mapping[str, t.Any],
        row: t.Mapping[str, t.Any],
        predicted: ModuleResult,
        done: ModuleResult,
        machine: str,
    ) -> None:
        """Compare what check mode said of a machine with what was done."""
        # Without backups a selection of disks means nothing, and the service may forget it.
        more = ["disks"] if row["state"] in ("waiting", "protected", "error") else []
        # Nor does check mode know which recovery points a policy will not keep.
        more += ["state"] if (foreseen["state"], row["state"]) != ("protected", "waiting") else []
        for word in ("action", "changed", "policy_name", *more):
            assert foreseen[word] == row[word], (word, foreseen, row)
        assert (foreseen["error"] or {}).get("code") == (row["error"] or {}).get("code")
        for side in ("before", "after"):
            sides = [_of(result["diff"][side], machine) for result in (predicted, done)]
            assert sides[0] == sides[1], (machine, sides)

    def untouched(self, before: t.Mapping[str, Standing], keys: t.Collection[str]) -> None:
        """Nothing was written for a machine that the task does not name, and it is as it was."""
        after = self.read()
        for key, machine in after.items():
            if key not in keys:
                assert machine == before[key]
        named = {before[key].item for key in keys}
        for write in self.azure.writes:
            found = re.search(r"/protectedItems/[^;]+;iaasvmcontainerv2(;[^/]+)", write, re.IGNORECASE)
            if found:
                assert found[1].lower() in named, write

    def again(
        self, options: dict[str, t.Any], promised: t.Mapping[str, Promise], before: t.Mapping[str, Standing]
    ) -> None:
        """Run a task once more: nothing is sent, unless the service says no each time."""
        state = self.read()
        for check in (True, False):
            again = self.azure.run("vm_backup_protect", options, check=check)
            tried = {before[key].item for key, one in promised.items() if one.tried}
            sent = [write for write in self.azure.writes if not any(write.lower().endswith(item) for item in tried)]
            assert not sent, sent
            assert tried or not again["changed"]
        assert self.read() == state


def _of(side: t.Mapping[str, t.Any], machine: str) -> t.Any:
    return {key.lower(): value for key, value in side.items()}.get(machine.lower())


def test_any_fleet(azure: Bench) -> None:
    machine = type("AnyFleet", (AnyFleet,), {"azure": azure})
    stateful.run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=MORE or 40,
            stateful_step_count=12 if MORE else 6,
            derandomize=not MORE,
            suppress_health_check=list(HealthCheck),
            # To make an example that fails small takes minutes.
            phases=[Phase.generate, *([Phase.shrink] if MORE else [])],
            report_multiple_bugs=False,
            print_blob=bool(MORE),
        ),
    )


def test_the_promises_are_not_empty() -> None:
    """One example of each verdict, so that a promise that says nothing is noticed."""
    held = Held("protected", "Gold", ALL, frozenset({"1"}), frozenset({"1"}))
    machine = Standing(
        "/subscriptions/x/resourceGroups/g/v/w/virtualMachines/m",
        True,
        False,
        "westeurope",
        frozenset(),
        {"vault-one": held},
    )
    rules = {name: Rules(immutable=False, soft_delete=True) for name in VAULTS}
    stop = promise(machine, Wish("vault-one", "stopped"), rules)
    assert stop.done and stop.here is not None and stop.here.state == "stopped"
    assert promise(machine, Wish("vault-two", "stopped"), rules).codes == {"NotProtected"}
    assert not promise(machine, Wish("vault-two"), rules).done
    moved = promise(machine, Wish("vault-two", move=True), rules)
    assert moved.done and moved.there is not None and moved.there.state == "stopped"
