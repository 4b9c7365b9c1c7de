# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create, change and delete a backup policy: ``vm_backup_policy``.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from .._azure.backup import Backup
from .._azure.backup_policies import BackupPolicies
from .._azure.client import AzureClient
from .._azure.clock import Deadline
from .._azure.operations import UNREADABLE, accepted, intervals
from .._domain import (
    capacity,
    forecast,
    forecast_report,
    ids,
    names,
    policy_bodies,
    policy_changes,
    policy_options,
    policy_rules,
    resource_guards,
)
from .._domain.models import Policy, ProtectedItem, Vault
from .._domain.policies import HIGHEST_COUNT, Terms
from .._domain.policy_changes import PolicyPlan
from .._errors import BackupError, ServiceError
from . import attempts, contents, guards, policy_views
from .attempts import Attempt
from .outcome import Outcome
from .policy_views import Forecasts

AZURES_OWN: t.Final = ("DefaultPolicy", "EnhancedPolicy")
"""The policies for virtual machines that every vault has; the service makes them anew when they are deleted."""

_LOOKS_AFTER_A_WRITE: t.Final = 6
_ATTEMPTS: t.Final = 9


def policy(client: AzureClient, options: t.Mapping[str, t.Any]) -> Outcome:
    """Bring a policy into the state that the task asks for."""
    name = names.POLICY.check("name", options["name"])
    wanted = policy_options.read(options, policy_views.windows_name)
    policy_rules.check(wanted)
    requests = resource_guards.parse_requests(options["resource_guard_operation_requests"])
    forecasts = Forecasts(options["forecast"], client.clock.now())
    vault = contents.existing_vault(client, contents.vault_id(client, options))
    backup = Backup(client, vault.id)
    current = backup.policy(name)
    if current is not None and not current.protects_virtual_machines:
        raise _of_another_kind(current)
    deadline = Deadline(client.clock, options["wait_timeout"])
    if options["state"] == "absent":
        return _absent(backup, name, current, forecasts, deadline)
    # Another task, such as another slice of the job, may be writing the policy.
    return attempts.bring(
        client,
        current,
        lambda: backup.policy(name),
        lambda attempt: _brought(backup, vault, name, attempt, wanted, requests, forecasts, deadline),
        attempts=_ATTEMPTS,
        deadline=deadline,
    )


def _brought(
    backup: Backup,
    vault: Vault,
    name: str,
    attempt: Attempt[Policy | None],
    wanted: Terms,
    requests: tuple[str, ...],
    forecasts: Forecasts,
    deadline: Deadline,
) -> Outcome:
    """Do what is missing between the policy as it was read and as it is wanted."""
    current = attempt.current
    plan = policy_changes.plan(current, wanted)
    if plan.changed:
        attempt.check_may_write()
    full = capacity.too_many_policies(name, vault, sum(1 for _policy in backup.policies())) if current is None else None
    if full:
        raise full
    forecasts.check_time_zone(plan.after)
    weakened = [resource_guards.POLICY] if plan.shortened() else []
    guard = guards.authorized(backup.client, vault, weakened, requests, vault.id.policy_id(name))
    failure: BackupError | None = None
    if plan.changed or current is None:
        after, failure = _apply(backup, name, current, plan, guard, deadline)
    else:
        after = current
    if attempt.maybe_done:
        plan = policy_changes.plan(attempt.before, wanted)
    before_diff, after_diff = plan.diff()
    return Outcome(
        plan.changed,
        _result(forecasts.described(after), plan.shortened(), plan.reach, exists=True, created=plan.before is None),
        before=before_diff,
        after=after_diff,
        failure=failure,
        warnings=_warnings(name, plan),
    )


def _of_another_kind(current: Policy) -> BackupError:
    return BackupError(
        f"name: {current.name} is a policy for {current.backup_management_type}, not for virtual machines.",
        code="BMSUserErrorInvalidPolicyForGivenProvider",
        operation="change policy",
        resource_id=current.id,
        recommendations=["Choose another name."],
    )


def _result(
    shown: dict[str, t.Any] | None,
    shortened: list[dict[str, t.Any]],
    reach: int,
    *,
    exists: bool,
    created: bool = False,
) -> dict[str, t.Any]:
    return {
        "policy": shown,
        "policy_exists": exists,
        "policy_created": created,
        "retention_shortened": shortened,
        "protected_items_reached": reach,
    }


def _apply(
    backup: Backup,
    name: str,
    current: Policy | None,
    plan: PolicyPlan,
    guard: guards.Authorized,
    deadline: Deadline,
) -> tuple[Policy, BackupError | None]:
    """Write the policy; returns it, in check mode as it would be, and why that was not seen through to its end."""
    predicted = _predicted(backup, name, current, plan)
    if backup.client.check_mode:
        return predicted, None
    writes = BackupPolicies(backup.client, backup.vault_id)
    along = {"resourceGuardOperationRequests": list(guard.requests)} if guard.requests else {}
    try:
        written = writes.put(current.name if current else name, {**plan.properties, **along}, deadline)
        with accepted(f"write the policy {name}"):
            return written or _read_again(backup, name, plan.after) or predicted, None
    except BackupError as error:
        if error.goes_on:
            return predicted, error
        if isinstance(error, ServiceError):
            error.recommendations = (*error.recommendations, *_limit(error))
            guard.explained(error)
        raise


def _predicted(backup: Backup, name: str, current: Policy | None, plan: PolicyPlan) -> Policy:
    properties = {**plan.properties, "protectedItemsCount": plan.reach}
    if current:
        return dataclasses.replace(Policy.from_wire({"id": current.id, "name": current.name, "properties": properties}))
    return Policy.from_wire({"id": backup.vault_id.policy_id(name), "name": name, "properties": properties})


def _read_again(backup: Backup, name: str, wanted: Terms) -> Policy | None:
    """Read what was written, a few times until it shows."""

    def look() -> Policy | None:
        try:
            return backup.policy(name)
        except ServiceError as error:
            # Nonsense instead of an answer tells nothing of what was written.
            if error.code in UNREADABLE:
                return None
            raise

    found = look()
    for _look, pause in zip(range(1, _LOOKS_AFTER_A_WRITE), intervals(5), strict=False):
        if found and policy_bodies.read(found.properties) == wanted:
            break
        backup.client.clock.sleep(pause)
        found = look()
    return found


def _limit(error: ServiceError) -> tuple[str, ...]:
    """Return what is known of a limit; the service's own text does not tell it."""
    if "limit" not in f"{error.code} {error.message}".casefold():
        return ()
    return (
        "A vault takes 50 additions and changes of policies in 24 hours, and holds 200 policies; run this again later",
    )


def _warnings(name: str, plan: PolicyPlan) -> list[str]:
    said = []
    if plan.becomes_enhanced:
        said.append(f"Policy {name} becomes an enhanced policy (V2). Azure can't turn it back into a standard one")
    lost = (
        f"Recovery points of {plan.reach} protected items that this no longer covers are deleted at the next cleanup"
        if plan.reach
        else "No machine has the policy, so nothing is deleted now"
    )
    for cut in plan.shortened():
        said.append(
            f"Policy {name} keeps less in its {cut['tier']} tier: {cut['after']}, before {cut['before']}. {lost}"
        )
    if policy_changes.may_be_too_many(plan.after) and _too_many(plan.after):
        said.append(
            f"Policy {name} comes to more than {HIGHEST_COUNT} recovery points of one machine, which is "
            "the most that Azure keeps; backups fail from there on. Keep less in one of its tiers"
        )
    return said


def _too_many(terms: Terms) -> bool:
    start = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    rest = forecast_report.steady(forecast.Schedule(terms, dt.timezone.utc, start))
    return rest is not None and rest.most > HIGHEST_COUNT


def _absent(backup: Backup, name: str, current: Policy | None, forecasts: Forecasts, deadline: Deadline) -> Outcome:
    if current is None:
        return Outcome(False, _result(None, [], 0, exists=False), before={}, after={})
    shown = forecasts.described(current)
    before = policy_options.definition(policy_bodies.read(current.properties))
    writes = BackupPolicies(backup.client, backup.vault_id)
    if any(ids.same(name, own) for own in AZURES_OWN):
        warning = (
            f"{current.name} is a policy that Azure itself keeps in every vault and makes anew when it is deleted. "
            "It was left as it is"
        )
        result = _result(shown, [], current.protected_items_count, exists=True)
        return Outcome(False, result, before=before, after=before, warnings=[warning])
    users = [item for item in writes.items(current.name) if ids.same(item.policy_id, current.id)]
    if users or current.protected_items_count:
        raise _in_use(current, users)
    failure = None
    if not backup.client.check_mode:
        try:
            writes.delete(current.name, deadline)
        except BackupError as error:
            if not attempts.seen_gone(backup.client, error, lambda: backup.policy(current.name), deadline):
                if not error.goes_on:
                    raise
                failure = error
    return Outcome(True, _result(shown, [], 0, exists=failure is not None), before=before, after={}, failure=failure)


def _in_use(current: Policy, users: t.Sequence[ProtectedItem]) -> BackupError:
    count = max(len(users), current.protected_items_count)
    listed = [item.told_apart for item in users[:20]]
    more = [f"and {count - len(listed)} more"] if listed and count > len(listed) else []
    who = f": {', '.join([*listed, *more])}" if listed else ""
    return BackupError(
        f"Policy {current.name} protects {count} virtual machines and was not deleted{who}",
        code="PolicyInUse",
        operation="delete policy",
        resource_id=current.id,
        recommendations=[
            "Give them another policy first (vm_backup_protect with policy), or stop their protection.",
        ],
    )
