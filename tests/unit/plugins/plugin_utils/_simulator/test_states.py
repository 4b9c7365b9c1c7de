# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ansible_collections.cloudkeep.azure_backup.tests.support.rules import VMS_ONLY, Cloud

NAMES = ("web-02", "shop-db-01", "loadtest-01")


class Life(RuleBasedStateMachine):
    """The life of a few machines in a vault, against what each call is known to do."""

    def __init__(self) -> None:
        super().__init__()
        self.cloud = Cloud()
        self.vault = self.cloud.vault("rg-shop-weu", "westeurope")
        self.cloud.refresh(self.vault)
        self.states: dict[str, str] = {}
        self.policies: dict[str, str] = {}
        self.points: dict[str, int] = {}
        self.jobs = 0

    names = st.sampled_from(NAMES)

    def _item(self, name: str) -> str:
        return self.cloud.item(self.vault, self.cloud.machine(name))

    def _put(self, name: str, allowed: bool, **properties: t.Any) -> bool:
        answer = self.cloud.put_item(self.vault, self.cloud.machine(name), **properties)
        assert (answer.status == 202) == allowed, answer
        if allowed:
            self.jobs += 1
            assert self.cloud.settle(answer).body["status"] == "Succeeded"
        return allowed

    @rule(name=names, policy=st.sampled_from(["DefaultPolicy", "EnhancedPolicy"]))
    def protect(self, name: str, policy: str) -> None:
        active = self.states.get(name) in ("IRPending", "Protected")
        back = active and self.policies[name] == "EnhancedPolicy" != policy
        allowed = self.states.get(name) != "deleted" and not back
        if self._put(name, allowed, policyId=f"{self.vault}/backupPolicies/{policy}"):
            self.states[name] = "Protected" if self.points.get(name) else "IRPending"
            self.policies[name] = policy

    @rule(name=names)
    def stop(self, name: str) -> None:
        allowed = self.states.get(name) not in (None, "deleted")
        if self._put(name, allowed, protectionState="ProtectionStopped", policyId=""):
            self.states[name] = "ProtectionStopped"

    @rule(name=names)
    def undelete(self, name: str) -> None:
        if self._put(name, self.states.get(name) == "deleted", isRehydrate=True):
            self.states[name] = "ProtectionStopped"

    @rule(name=names)
    def delete(self, name: str) -> None:
        answer = self.cloud.send("DELETE", self._item(name))
        state = self.states.get(name)
        assert answer.status == {None: 204, "deleted": 400}.get(state, 202)
        if answer.status == 202:
            self.jobs += 1
            self.cloud.settle(answer)
            self.states[name] = "deleted"

    @rule(name=names, times=st.integers(1, 3))
    def back_up(self, name: str, times: int) -> None:
        allowed = self.states.get(name) in ("IRPending", "Protected")
        for _time in range(times):
            # Kept for longer than any run of this test goes on.
            answer = self.cloud.back_up(self._item(name), recoveryPointExpiryTimeInUTC="2099-01-01T00:00:00Z")
            assert (answer.status == 202) == allowed
            self.jobs += allowed
        self.cloud.clock.advance(2)
        if allowed:
            self.states[name] = "Protected"
            self.points[name] = self.points.get(name, 0) + 1

    @precondition(lambda self: "deleted" in self.states.values())
    @rule()
    def wait_until_purged(self) -> None:
        for name in [name for name, state in self.states.items() if state != "deleted"]:
            self.stop(name)
        self.cloud.clock.advance(15 * 86400)
        for name in [name for name, state in self.states.items() if state == "deleted"]:
            del self.states[name]
            self.points.pop(name, None)

    @invariant()
    def the_lists_agree(self) -> None:
        items = self.cloud.values(f"{self.vault}/backupProtectedItems")
        found = {}
        for item in items:
            properties = item["properties"]
            deleted = properties.get("isScheduledForDeferredDelete")
            found[properties["friendlyName"]] = "deleted" if deleted else properties["protectionState"]
            assert bool(properties["policyId"]) == (found[properties["friendlyName"]] in ("IRPending", "Protected"))
        assert found == self.states
        containers = self.cloud.values(f"{self.vault}/backupProtectionContainers", VMS_ONLY)
        assert {one["properties"]["friendlyName"] for one in containers} == set(self.states)
        listed = self.cloud.values(f"{self.vault}/backupProtectableItems", VMS_ONLY)
        free = {one["properties"]["friendlyName"] for one in listed} & set(NAMES)
        assert free == set(NAMES) - set(self.states)
        for name in self.states:
            points = self.cloud.values(f"{self._item(name)}/recoveryPoints", "includeSoftDeletedRP eq 'true'")
            assert len(points) == self.points.get(name, 0)

    @invariant()
    def every_accepted_call_has_one_job(self) -> None:
        jobs = self.cloud.values(f"{self.vault}/backupJobs")
        assert len(jobs) == self.jobs
        assert {job["properties"]["status"] for job in jobs} <= {"Completed", "Failed"}


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
