#!/usr/bin/python
# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_backup_recovery_point_info
short_description: Show the recovery points of virtual machines
version_added: 0.1.0
description:
  - Lists the recovery points of one or many virtual machines, newest first, of a window of time, by consistency and storage
    tier, or finds the one that was the newest at a moment.
  - The recovery points of each machine are one request (one for each page of them) after the vaults were read.
  - A machine that is not backed up in the vaults that are looked into fails the task, with the recovery points of all the others
    in its result.
author:
  - Cloudkeep contributors (@cloudkeep)
options:
  from:
    description:
      - Only recovery points that were made at this time or later. ISO 8601; without a time zone it is UTC.
    type: str
  to:
    description:
      - Only recovery points that were made at this time or earlier. ISO 8601; without a time zone it is UTC.
    type: str
  last_days:
    description:
      - Only recovery points of the last so many days. Mutually exclusive with O(from) and O(to).
      - Without O(from), O(to), O(last_days) and O(newest_before), all recovery points are listed.
    type: int
  newest_before:
    description:
      - Only the newest recovery point of each machine that was made at this time or earlier - the one to go back to that moment
        with. ISO 8601; without a time zone it is UTC.
      - O(consistency) and O(tier) narrow what is looked at first, so this can find the newest application-consistent one.
      - Mutually exclusive with O(to), O(last_days) and O(limit); O(from) says how far back to look.
    type: str
  consistency:
    description:
      - Only recovery points of one of these consistencies.
    type: list
    elements: str
    choices: [application, file_system, crash]
  tier:
    description:
      - Only recovery points that are stored in one of these tiers - V(instant) is the snapshot beside the machine, V(vault) the
        vault's standard tier, V(archive) its archive.
    type: list
    elements: str
    choices: [instant, vault, archive]
  limit:
    description:
      - Only so many of the newest recovery points of each machine, after all the other options have chosen.
    type: int
  include_soft_deleted:
    description:
      - Whether to list soft-deleted recovery points, too. Those of a machine whose backup is soft-deleted as a whole are listed
        anyway.
    type: bool
    default: false
extends_documentation_fragment:
  - cloudkeep.azure_backup.azure
  - cloudkeep.azure_backup.protected_machines
  - cloudkeep.azure_backup.vault_scope
  - cloudkeep.azure_backup._attributes
  - cloudkeep.azure_backup._attributes.INFO
seealso:
  - module: cloudkeep.azure_backup.vm_backup_item_info
    description: Shows items with the number of their recovery points.
  - module: cloudkeep.azure_backup.vm_backup_now
    description: Makes recovery points.
"""

EXAMPLES = r"""
- name: The recovery points of a machine in the last week
  cloudkeep.azure_backup.vm_backup_recovery_point_info:
    resource_group: rg-backup
    vault_name: vault-westeurope
    vms: [rg-web/web-01]
    last_days: 7
  register: found

- name: Show when each was made, and until when it is kept
  ansible.builtin.debug:
    msg: "{{ dict(found.recovery_points | map(attribute='time') | zip(found.recovery_points | map(attribute='expires_at'))) }}"

- name: To which point can the web servers go back that was made before the change of last night
  cloudkeep.azure_backup.vm_backup_recovery_point_info:
    resource_group: rg-backup
    vault_name: vault-westeurope
    select:
      resource_groups: [rg-web]
    newest_before: '2026-12-01T22:00:00+01:00'
    consistency: [application, file_system]

- name: The newest recovery point of a machine that can be restored fast
  cloudkeep.azure_backup.vm_backup_recovery_point_info:
    resource_group: rg-backup
    vault_name: vault-westeurope
    vms: [rg-web/web-01]
    tier: [instant]
    limit: 1
"""

RETURN = r"""
recovery_points:
  description: The recovery points of all the machines, the newest first.
  returned: success, and when some could not be read
  type: list
  elements: dict
  contains:
    id:
      description: The ARM id of the recovery point.
      returned: always
      type: str
    name:
      description: The id of the recovery point within its item.
      returned: always
      type: str
      sample: '47685087659105'
    time:
      description: When it was made, ISO 8601 in UTC.
      returned: always
      type: str
      sample: '2026-03-01T18:02:41Z'
    age_hours:
      description: How long ago that was, in hours.
      returned: always
      type: float
      sample: 13.5
    consistency:
      description: V(application), V(file_system) or V(crash).
      returned: always
      type: str
      sample: application
    tiers:
      description: Where it is stored. A recovery point can be in two tiers at once.
      returned: always
      type: list
      elements: dict
      contains:
        name:
          description: V(instant), V(vault) or V(archive).
          returned: always
          type: str
          sample: vault
        status:
          description: V(Valid), V(Invalid), V(Disabled), V(Deleted), or V(Rehydrated) for an archived one that was brought back.
          returned: always
          type: str
          sample: Valid
        rehydrated_until:
          description: Until when it stays brought back from the archive.
          returned: always
          type: str
    restorable:
      description:
        - Whether a machine can be restored from it as it is. What is only in the archive has to be rehydrated first, and what is
          soft-deleted brought back.
        - None when the service tells no tier.
      returned: always
      type: bool
      sample: true
    expires_at:
      description: Until when it is kept, none where the service does not tell.
      returned: always
      type: str
      sample: '2026-03-31T18:02:41Z'
    rule:
      description: The rule of the policy that keeps it, where the service tells.
      returned: always
      type: str
    soft_deleted:
      description: Whether it is soft-deleted.
      returned: always
      type: bool
    vm_size:
      description: The size of the machine then.
      returned: always
      type: str
      sample: Standard_B2s
    os_type:
      description: The operating system.
      returned: always
      type: str
      sample: Linux
    encrypted:
      description: Whether the disks of the machine were encrypted with keys of its own.
      returned: always
      type: bool
    managed_disks:
      description: Whether the machine had managed disks.
      returned: always
      type: bool
    security_type:
      description: The security type of the machine, such as V(TrustedLaunch), where the service tells.
      returned: always
      type: str
    threat_status:
      description: What the scan for threats came to, where the service tells.
      returned: always
      type: str
    zones:
      description: The availability zones of the machine then.
      returned: always
      type: list
      elements: str
    disks_included:
      description: How many disks are in it, where the service tells.
      returned: always
      type: int
    disks_attached:
      description: How many disks the machine had then, where the service tells.
      returned: always
      type: int
    vm_id:
      description: The ARM id of the virtual machine.
      returned: always
      type: str
    vm_name:
      description: The name of the virtual machine.
      returned: always
      type: str
      sample: web-01
    item_id:
      description: The ARM id of the protected item.
      returned: always
      type: str
    vault_id:
      description: The ARM id of the vault.
      returned: always
      type: str
    vault_name:
      description: The vault.
      returned: always
      type: str
      sample: vault-westeurope
vms:
  description: The machines that were looked into, one entry for each item that a vault has of them.
  returned: success, and when some could not be read
  type: list
  elements: dict
  contains:
    id:
      description: The ARM id, none for an entry of O(vms) that no vault has an item of.
      returned: always
      type: str
    name:
      description: The name.
      returned: always
      type: str
      sample: web-01
    resource_group:
      description: The resource group.
      returned: always
      type: str
      sample: rg-web
    cloud_service:
      description: The cloud service of a classic virtual machine, none for others.
      returned: always
      type: str
    location:
      description: The region of the vault, which is that of the virtual machine.
      returned: always
      type: str
      sample: westeurope
    item_id:
      description: The ARM id of the protected item.
      returned: always
      type: str
    vault_id:
      description: The ARM id of the vault.
      returned: always
      type: str
    vault_name:
      description: The vault.
      returned: always
      type: str
      sample: vault-westeurope
    state:
      description: V(waiting), V(protected), V(error), V(stopped), V(suspended) or V(soft_deleted).
      returned: always
      type: str
      sample: protected
    recovery_points_count:
      description: How many recovery points there are in the window, whatever their consistency and tier, without O(limit).
      returned: always
      type: int
      sample: 7
    oldest:
      description: When the oldest of them was made.
      returned: always
      type: str
    newest:
      description: When the newest of them was made.
      returned: always
      type: str
    longest_gap_hours:
      description: The longest time between two of them, in hours, none with fewer than two.
      returned: always
      type: float
      sample: 24.0
    error:
      description: Why there are no recovery points of it, none otherwise; the keys are those of RV(error).
      returned: always
      type: dict
summary:
  description: The recovery points of the result in all.
  returned: success, and when some could not be read
  type: dict
  contains:
    vms:
      description: How many machines were looked into.
      returned: always
      type: int
      sample: 2
    recovery_points_count:
      description: How many recovery points the result has.
      returned: always
      type: int
      sample: 14
    oldest:
      description: When the oldest was made.
      returned: always
      type: str
    newest:
      description: When the newest was made.
      returned: always
      type: str
problems:
  description: The subscriptions and vaults that could not be read.
  returned: success, and when some could not be read
  type: list
  elements: dict
  contains:
    subscription_id:
      description: The subscription.
      returned: always
      type: str
    vault_id:
      description: The ARM id of the vault, none when it is the subscription that can't be read.
      returned: always
      type: str
    vault_name:
      description: The vault.
      returned: always
      type: str
    error:
      description: Why it can't be read, with the same keys as the error of a failed task.
      returned: always
      type: dict
error:
  description: What went wrong; several failures are summed up.
  returned: failure
  type: dict
  contains:
    code:
      description: The service's code, or one of the collection's.
      returned: always
      type: str
      sample: ItemNotFound
    message:
      description: What went wrong.
      returned: always
      type: str
    http_status:
      description: The HTTP status of the answer, where there was one.
      returned: always
      type: int
    operation:
      description: What was being done.
      returned: always
      type: str
      sample: list the recovery points
    resource_id:
      description: What it was about.
      returned: always
      type: str
    request_id:
      description: The service's request id, for a support request.
      returned: always
      type: str
    recommendations:
      description: What to do about it.
      returned: always
      type: list
      elements: str
    retryable:
      description: Whether the same task may succeed when it is simply run again.
      returned: always
      type: bool
"""

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _options
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._module import run
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.recovery_points import (
    recovery_point_info,
)


def main() -> None:
    run(
        recovery_point_info,
        argument_spec={
            **_options.azure(),
            **_options.vault_scope(),
            **_options.protected_machines(),
            "from": {"type": "str"},
            "to": {"type": "str"},
            "last_days": {"type": "int"},
            "newest_before": {"type": "str"},
            "consistency": {"type": "list", "elements": "str", "choices": ["application", "file_system", "crash"]},
            "tier": {"type": "list", "elements": "str", "choices": ["instant", "vault", "archive"]},
            "limit": {"type": "int"},
            "include_soft_deleted": {"type": "bool", "default": False},
        },
        mutually_exclusive=[
            ("vms", "select"),
            ("last_days", "from"),
            ("last_days", "to"),
            ("newest_before", "to"),
            ("newest_before", "last_days"),
            ("newest_before", "limit"),
            *_options.VAULT_SCOPE_EXCLUSIVE,
        ],
        required_one_of=[("vms", "select")],
    )


if __name__ == "__main__":
    main()
