# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the backup policies of a vault: ``vm_backup_policy_info``.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from .._azure.backup import Backup
from .._azure.client import AzureClient
from .._domain import names
from . import contents
from .outcome import Outcome
from .policy_views import Forecasts


def policy_info(client: AzureClient, options: t.Mapping[str, t.Any]) -> Outcome:
    """Return one policy, or all that are for virtual machines; a name that is not there is an empty list."""
    name = names.POLICY.check("name", options["name"]) if options["name"] else None
    forecasts = Forecasts(options["forecast"], client.clock.now())
    vault = contents.existing_vault(client, contents.vault_id(client, options))
    backup = Backup(client, vault.id)
    if name:
        policy = backup.policy(name)
        found = [policy] if policy else []
    else:
        found = [policy for policy in backup.policies() if policy.protects_virtual_machines]
    return Outcome(result={"policies": [forecasts.described(policy) for policy in found]})
