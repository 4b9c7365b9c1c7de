# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for every plan, whatever the item, the vault and the goal: thousands of random ones, and no service.

A small service of its own carries the steps out, so that a plan can be made once more of what it led to.
"""

from __future__ import annotations

import os
import typing as t

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import disks, models, plans
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies

MORE: t.Final = int(os.environ.get("PROOFS_EXAMPLES", "0"))
STATES: t.Final = ("IRPending", "Protected", "ProtectionError", "ProtectionStopped", "BackupsSuspended", "deleted")
POLICIES: t.Final = tuple(models.Policy.from_wire(bodies.policy(name)) for name in ("DefaultPolicy", "Gold", "Silver"))
VM: t.Final = models.VirtualMachine.from_wire(
    bodies.machine(
        "Web-01",
        properties={"storageProfile": {"osDisk": {}, "dataDisks": [{"lun": lun, "name": f"d{lun}"} for lun in (0, 1)]}},
    )
)
_NAMES: t.Final = {policy.id.casefold(): policy.name for policy in POLICIES}
Body = dict[str, t.Any]

selections = st.sampled_from(
    [
        None,
        disks.Selection("all"),
        disks.Selection("os_only"),
        disks.Selection("include", luns=(1, 0)),
        disks.Selection("exclude", luns=(1,)),
        disks.Selection("exclude", luns=(7,)),
    ]
)
exclusions = st.sampled_from(
    [None, {}, {"diskLunList": [], "isInclusionList": True}, {"diskLunList": [1], "isInclusionList": False}]
)


@st.composite
def items(draw: st.DrawFn) -> Body | None:
    """Draw the properties of an item, None where the vault has none."""
    state = draw(st.sampled_from([None, *STATES]))
    if state is None:
        return None
    policy = draw(st.sampled_from(POLICIES))
    kept = state not in ("ProtectionStopped", "deleted")
    return {
        "protectionState": "ProtectionStopped" if state == "deleted" else state,
        "isScheduledForDeferredDelete": state == "deleted",
        "policyId": draw(st.sampled_from([policy.id, policy.id.upper()])) if kept else "",
        "policyName": policy.name if kept else "",
        "lastRecoveryPoint": draw(st.sampled_from([None, "2026-03-01T18:00:20.7654321Z"])),
        "extendedProperties": {"diskExclusionProperties": draw(exclusions)},
    }


@st.composite
def goals(draw: st.DrawFn) -> plans.Goal:
    """Draw what a task wants, as the module hands it over."""
    state = draw(st.sampled_from(["present", "stopped", "suspended", "absent"]))
    policy = draw(st.sampled_from([None, *POLICIES])) if state in ("present", "suspended") else None
    default = POLICIES[0] if state == "present" and policy is None else None
    selection = draw(selections) if state == "present" else None
    return plans.Goal(state, policy=policy, default=default, undelete=draw(st.booleans()), disks=selection)


vaults = st.builds(
    lambda immutability, soft_delete: models.Vault.from_wire(
        bodies.vault(
            properties={
                "securitySettings": {
                    "immutabilitySettings": {"state": immutability},
                    "softDeleteSettings": {"softDeleteState": soft_delete},
                }
            }
        )
    ),
    st.sampled_from(["Disabled", "Unlocked", "Locked"]),
    st.sampled_from(["Disabled", "Enabled", "AlwaysON"]),
)
many = settings(max_examples=MORE * 20 or 500, derandomize=not MORE)


def item(properties: Body | None) -> models.ProtectedItem | None:
    return models.ProtectedItem.from_wire(bodies.item("Web-01", **properties)) if properties is not None else None


def carry_out(plan: plans.Plan, vault: models.Vault, properties: Body | None) -> Body | None:
    """Do what a plan sends, as the service would; the result is the item's properties."""
    for step in plan.steps:
        sent = step.properties
        now = dict(properties or {"lastRecoveryPoint": None})
        deleted = bool(now.get("isScheduledForDeferredDelete"))
        if not sent:
            assert step.write == "delete" and properties is not None and not deleted
            if "'Disabled'" in str(vault.properties["securitySettings"]["softDeleteSettings"]):
                properties = None
                continue
            now |= {"isScheduledForDeferredDelete": True, "protectionState": "ProtectionStopped"}
            now |= {"policyId": "", "policyName": ""}
        elif sent.get("isRehydrate"):
            assert deleted, "only what is soft-deleted can be undeleted"
            now["isScheduledForDeferredDelete"] = False
        elif sent.get("protectionState"):
            assert properties is not None and not deleted, "what is not there can't be stopped"
            now["protectionState"] = sent["protectionState"]
            if sent["protectionState"] == "ProtectionStopped":
                now |= {"policyId": "", "policyName": ""}
            else:
                assert now["policyId"], "what has no policy can't be suspended"
                assert "'Disabled'" not in str(vault.properties["securitySettings"]["immutabilitySettings"])
        else:
            assert not deleted, "what is soft-deleted can't be protected"
            now |= {"policyId": sent["policyId"], "policyName": _NAMES[sent["policyId"].casefold()]}
            now["protectionState"] = "Protected" if now["lastRecoveryPoint"] else "IRPending"
            now["extendedProperties"] = sent.get("extendedProperties") or {}
        properties = now
    return properties


@many
@given(items(), goals(), vaults)
def test_a_plan_leads_to_where_it_says_and_leaves_nothing_to_do(
    properties: Body | None, goal: plans.Goal, vault: models.Vault
) -> None:
    plan = plans.plan(VM, vault, goal, item=item(properties))
    assert plan.before == plans.shown(item(properties))
    assert plan.changed == bool(plan.steps) == (plan.action != "none") == (plan.before != plan.after)
    if plan.problem is not None:
        assert not plan.steps and plan.problem.message and plan.after == plan.before
        return
    left = carry_out(plan, vault, properties)
    assert plans.shown(item(left)) == plan.after
    assert not plan.steps or plan.done(item(left))
    again = plans.plan(VM, vault, goal, item=item(left))
    assert not again.steps and again.problem is None, (plan, again)
    assert again.before == again.after == plan.after


@many
@given(items(), goals(), vaults)
def test_what_comes_of_a_plan_is_what_was_asked_for(
    properties: Body | None, goal: plans.Goal, vault: models.Vault
) -> None:
    plan = plans.plan(VM, vault, goal, item=item(properties))
    if plan.problem is not None:
        return
    state, policy = plan.after["state"], plan.after["policy_name"]
    assert state == goal.state or (goal.state == "absent" and state == "soft_deleted")
    if goal.state == "present":
        had = (properties or {}).get("policyName") or ""
        assert policy == (goal.policy.name if goal.policy else had or POLICIES[0].name)
        if goal.disks is not None:
            assert plan.after["disks"]["mode"] == goal.disks.mode
            assert plan.after["disks"]["luns"] == sorted(goal.disks.luns)


@many
@given(items(), goals(), vaults)
def test_no_plan_deletes_but_the_one_that_is_asked_to(
    properties: Body | None, goal: plans.Goal, vault: models.Vault
) -> None:
    writes = [step.write for step in plans.plan(VM, vault, goal, item=item(properties)).steps]
    assert ("delete" in writes) <= (goal.state == "absent")
    assert goal.state != "absent" or set(writes) <= {"delete"}
    assert ("undelete" in writes) <= goal.undelete
    assert len(writes) == len(set(writes)) <= 3
    if "delete" in writes and properties is not None and properties["lastRecoveryPoint"]:
        immutable = "'Disabled'" not in str(vault.properties["securitySettings"]["immutabilitySettings"])
        # Whether the last recovery point of what is suspended has expired only the service knows.
        assert not immutable or properties["protectionState"] == "BackupsSuspended"


@many
@given(items(), goals(), vaults)
def test_a_machine_that_is_gone_is_never_configured(
    properties: Body | None, goal: plans.Goal, vault: models.Vault
) -> None:
    plan = plans.plan(VM, vault, goal, item=item(properties), exists=False)
    if properties is not None:
        assert "configure" not in [step.write for step in plan.steps]
        assert goal.state != "present" or plan.problem is not None
