# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which machines of a task fit into a vault, and what is said of the others."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import capacity, models, plans
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import ServiceError
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies

VAULT = models.Vault.from_wire(bodies.vault())
DEFAULT = models.Policy.from_wire(bodies.policy())
GOLD = models.Policy.from_wire(bodies.policy("Gold"))
SMALL = capacity.Limits(per_vault=5, per_policy=4)


def machine(name: str) -> models.VirtualMachine:
    return models.VirtualMachine.from_wire(bodies.machine(name))


def item(name: str, **properties: t.Any) -> models.ProtectedItem:
    return models.ProtectedItem.from_wire(bodies.item(name, **properties))


def planned(name: str, policy: models.Policy | None, held: models.ProtectedItem | None = None) -> capacity.Planned:
    goal = plans.Goal("present", policy=policy, default=DEFAULT, undelete=True)
    return machine(name), plans.plan(machine(name), VAULT, goal, item=held)


def problems(admitted: t.Sequence[capacity.Planned]) -> dict[str, str]:
    return {one.id.name: plan.problem.code for one, plan in admitted if plan.problem}


def test_those_that_fit_are_done_whatever_their_order() -> None:
    held = [item("old-1"), item("old-2", **bodies.STOPPED), item("old-3", **bodies.SOFT_DELETED)]
    names = ["new-3", "new-1", "new-2"]
    found = capacity.admitted([planned(name, GOLD) for name in names], VAULT, held, SMALL)
    assert [one.id.name for one, _plan in found] == names
    assert problems(found) == {"new-3": "VaultFull"}
    (refused,) = [plan for _machine, plan in found if plan.problem]
    assert not refused.changed and refused.before == refused.after
    message = str(refused.problem)
    for said in ("new-3", VAULT.id.name, "takes 5", "holds 3", "and 2 more are on their way", "another vault"):
        assert said in message + " ".join(refused.problem.recommendations if refused.problem else ())


def test_what_the_vault_holds_already_needs_no_room() -> None:
    held = [item(f"old-{number}") for number in range(5)] + [item("back", **bodies.SOFT_DELETED)]
    wanted = [planned("old-1", GOLD, held[1]), planned("back", GOLD, held[5]), planned("new", GOLD)]
    assert problems(capacity.admitted(wanted, VAULT, held, SMALL)) == {"new": "VaultFull"}


def test_a_policy_takes_so_many_and_no_more() -> None:
    held = [item("old-1"), item("old-2"), item("old-3")]
    wanted = [planned("old-1", DEFAULT, held[0]), planned("new-1", DEFAULT), planned("new-2", DEFAULT)]
    found = capacity.admitted(wanted, VAULT, held, SMALL)
    assert problems(found) == {"new-2": "PolicyFull"}
    assert "DefaultPolicy" in str(found[2][1].problem)
    assert problems(capacity.admitted([*wanted[:2], planned("new-2", GOLD)], VAULT, held, SMALL)) == {}


def test_by_default_the_limits_are_those_of_azure() -> None:
    held = [item(f"old-{number}", policyId=GOLD.id) for number in range(999)]
    found = capacity.admitted([planned("new-1", DEFAULT), planned("new-2", DEFAULT)], VAULT, held)
    assert problems(found) == {"new-2": "VaultFull"}


def test_a_machine_that_another_task_is_protecting_takes_its_place() -> None:
    held = [item(f"old-{number}", policyId=GOLD.id) for number in range(4)]
    busy = machine("busy"), plans.Plan(machine("busy").id, "in_progress", {}, {})
    assert problems(capacity.admitted([busy, planned("new", DEFAULT)], VAULT, held, SMALL)) == {"new": "VaultFull"}


@given(st.sets(st.integers(0, 20), max_size=8), st.lists(st.integers(0, 20), unique=True, max_size=12))
def test_a_vault_is_filled_to_its_limit_and_never_beyond(there: set[int], wanted: list[int]) -> None:
    held = {number: item(f"vm-{number:02}") for number in there}
    limits = capacity.Limits(per_vault=10)
    asked = [planned(f"vm-{number:02}", DEFAULT, held.get(number)) for number in wanted]
    found = capacity.admitted(asked, VAULT, held.values(), limits)
    new = [plan for _machine, plan in found if plan.changed]
    refused = sorted(one.id.name for one, plan in found if plan.problem)
    comers = sorted(f"vm-{number:02}" for number in set(wanted) - there)
    assert len(new) == min(len(comers), 10 - len(there))
    assert refused == comers[len(new) :]
    again = capacity.admitted(asked[::-1], VAULT, held.values(), limits)
    assert problems(again) == problems(found)


@pytest.mark.parametrize(("held", "full"), [(199, False), (200, True), (201, True)])
def test_a_vault_takes_two_hundred_policies(held: int, full: bool) -> None:
    problem = capacity.too_many_policies("gold", VAULT, held)
    assert bool(problem) is full
    assert problem is None or all(said in str(problem) for said in ("gold", VAULT.id.name, "200", str(held)))


def test_the_services_own_refusal_gets_the_remedy_once() -> None:
    error = ServiceError("Please create new vault", code="UserErrorProtectionQuotaExceeded", http_status=400)
    assert capacity.with_remedy(capacity.with_remedy(error)).recommendations == (capacity.ANOTHER_VAULT,)
    other = ServiceError("No", code="AuthorizationFailed", http_status=403)
    assert capacity.with_remedy(other).recommendations == ()
