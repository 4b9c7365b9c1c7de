# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create a vault and change its settings: ``vm_backup_vault``.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

from .._azure.backup import Backup
from .._azure.client import AzureClient
from .._azure.clock import Deadline
from .._azure.operations import intervals
from .._azure.vaults import Vaults
from .._domain import ids, resource_guards, results, times, vaults
from .._domain.models import Vault
from .._domain.vault_rules import ADVICE, Contents
from .._errors import BackupError, InvalidInput, OperationFailed
from . import attempts, contents, guards, vault_removal
from .attempts import Attempt
from .outcome import Outcome

_LOOKS_AFTER_A_WRITE: t.Final = 6
_ATTEMPTS: t.Final = 6
_LONGEST_PAUSE: t.Final = 15.0


def vault(client: AzureClient, options: t.Mapping[str, t.Any]) -> Outcome:
    """Bring the vault into the state that the task asks for."""
    wanted = vaults.Wanted.parse(options)
    requests = resource_guards.parse_requests(options["resource_guard_operation_requests"])
    vault_id = contents.vault_id(client, options)
    current = Vaults(client).get(vault_id)
    deadline = Deadline(client.clock, options["wait_timeout"])
    if options["state"] == "absent":
        return vault_removal.remove(client, current, options, requests, deadline)
    # Another task, such as another slice of the job, may be making or changing the vault.
    return attempts.bring(
        client,
        current,
        lambda: Vaults(client).get(vault_id),
        lambda attempt: _brought(client, vault_id, attempt, wanted, requests, deadline),
        attempts=_ATTEMPTS,
        deadline=deadline,
    )


def _brought(
    client: AzureClient,
    vault_id: ids.VaultId,
    attempt: Attempt[Vault | None],
    wanted: vaults.Wanted,
    requests: tuple[str, ...],
    deadline: Deadline,
) -> Outcome:
    """Do what is missing between the vault as it was read and as it is wanted."""
    current = attempt.current
    if current is None:
        attempt.check_may_write()
        _check_creation(client, vault_id, wanted)
    elif wanted.location not in (None, current.location):
        raise _elsewhere(current, str(wanted.location))
    elif not client.check_mode:
        current = Vaults(client).ready(current, deadline)
    plan = vaults.plan(vault_id, current, wanted, _contents(client, current, wanted))
    if plan.problem:
        raise plan.problem
    if plan.changed:
        attempt.check_may_write()
    weakened = resource_guards.weakened(plan.before, plan.after)
    guard = guards.authorized(client, plan.before or plan.after, weakened, requests, str(vault_id))
    outcome = _outcome(client, plan, guard, deadline)
    if attempt.maybe_done:
        whole = vaults.plan(vault_id, attempt.before, wanted, Contents())
        outcome.changed, outcome.before, outcome.warnings = True, _state(whole.before), list(whole.warnings)
        outcome.after = outcome.after if outcome.failure else _state(whole.after)
    return outcome


def _check_creation(client: AzureClient, vault_id: ids.VaultId, wanted: vaults.Wanted) -> None:
    """Raise for what can't be made: a vault without a region, or one whose name a deleted vault still has."""
    if not wanted.location:
        raise InvalidInput(
            f"location: is missing. Vault {vault_id.name!r} is not yet in resource group {vault_id.resource_group!r}. "
            "To create it, name a region such as westeurope."
        )
    deleted = Vaults(client).deleted(vault_id, wanted.location)
    if deleted:
        # UNVERIFIED: a vault can't be made while a deleted one of its group and name is kept; assumed so.
        until = times.to_iso(deleted.purged_at) or "the end of its soft delete period"
        raise BackupError(
            f"A vault {vault_id.name} of resource group {vault_id.resource_group} was deleted, and soft delete keeps "
            f"it until {until}; until then its name is taken.",
            code="VaultSoftDeleted",
            operation="create the vault",
            resource_id=deleted.id,
            recommendations=[
                f"Bring it back with az backup deleted-vault undelete --ids {deleted.id}, and run this again.",
                "Or choose another vault_name, or wait until then.",
            ],
        )


def _elsewhere(current: Vault, location: str) -> BackupError:
    return BackupError(
        f"location: vault {current.id.name} is in {current.location}; a vault can't be moved to {location}.",
        code="VaultInAnotherRegion",
        operation="update vault",
        resource_id=str(current.id),
        recommendations=["Leave location out to use the vault as it is, or choose another vault_name."],
    )


def _contents(client: AzureClient, current: Vault | None, wanted: vaults.Wanted) -> Contents:
    """Read what the vault holds, when something depends on that."""
    if current is None or not vaults.depends_on_contents(current, wanted):
        return Contents()
    backup = Backup(client, current.id)
    held = sum(1 for _item in backup.all_items())
    return Contents(storage_locked=held > 0 or backup.storage_locked(), held=held)


def _state(found: Vault | None) -> dict[str, t.Any]:
    return results.vault_state(found) if found else {}


def _outcome(client: AzureClient, plan: vaults.VaultPlan, guard: guards.Authorized, deadline: Deadline) -> Outcome:
    before = _state(plan.before)
    after = results.vault_state(plan.after)
    made, written, failure = plan.after, 0, None
    if not client.check_mode:
        try:
            made = plan.before or plan.after
            for write in plan.writes:
                guarded = dataclasses.replace(write, guard_requests=guard.requests)
                made = Vaults(client).write(made, guarded, deadline)
                written += 1
            if plan.changed:
                made = _shown(client, plan, made, deadline)
        except BackupError as error:
            error.recommendations = (*error.recommendations, *ADVICE.get(error.code.casefold(), ()))
            error = guard.explained(error)
            late = error.goes_on
            if not written and not late:
                raise
            # A part is done, or Azure goes on with it: the result has to say so, and the next run does the rest.
            failure = error
            after = after if late else results.vault_state(made)
    return Outcome(
        plan.changed,
        {"vault": results.vault_with_settings(made), "vault_exists": True},
        before=before,
        after=after,
        failure=failure,
        warnings=list(plan.warnings),
    )


def _shown(client: AzureClient, plan: vaults.VaultPlan, made: Vault, deadline: Deadline) -> Vault:
    """Read the vault until it shows what was asked for: reads lag behind writes, and a service may ignore a setting."""
    for pause in itertools.islice(intervals(_LONGEST_PAUSE), _LOOKS_AFTER_A_WRITE):
        if not plan.missing(made):
            return made
        client.clock.sleep(min(pause, max(deadline.remaining(), 0)))
        made = Vaults(client).get(made.id) or made
    missing = plan.missing(made)
    if not missing:
        return made
    raise OperationFailed(
        f"Azure has accepted the change, but the vault does not show it: {', '.join(missing)}",
        code="SettingNotApplied",
        operation="change the vault",
        resource_id=str(made.id),
        recommendations=["Run this again in some minutes. If it stays so, the region does not support the setting."],
        retryable=True,
    )
