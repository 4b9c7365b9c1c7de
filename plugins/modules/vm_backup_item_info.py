#!/usr/bin/python
# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_backup_item_info
short_description: Show how virtual machines are protected in one or many vaults
version_added: 0.1.0
description:
  - Lists the backup items of virtual machines, of one vault, of all vaults of a resource group or a subscription, or of many
    subscriptions, and chooses among them by machine, policy, state, health and age of the last backup.
  - A machine that no vault holds has no item, so an entry of O(vms) without one is not an error; it is named in
    RV(vms_not_found) and in a warning. M(cloudkeep.azure_backup.vm_backup_discover) lists unprotected machines.
  - A vault that was found by listing and can't be read is told in RV(problems) and in a warning. A subscription or a vault that
    the task names and that can't be read fails the task, with what the others told in its result.
author:
  - Cloudkeep contributors (@cloudkeep)
options:
  policy:
    description:
      - Only items that one of the policies of these names protects. A stopped item has no policy.
    type: list
    elements: str
  state:
    description:
      - Only items in one of these states, as RV(protected_items[].state) tells them.
    type: list
    elements: str
    choices: [waiting, protected, error, stopped, suspended, soft_deleted]
  health:
    description:
      - Only items of which Azure's check of the backup came to one of these results.
    type: list
    elements: str
    choices: [Passed, ActionSuggested, ActionRequired, Invalid]
  last_backup_older_than:
    description:
      - Only items whose newest recovery point is older than this, a number with its unit, such as V(36h) or V(7d). An item that
        never had a backup counts as older.
    type: str
  details:
    description:
      - Whether to read how many recovery points each item has and how old the oldest is, which is one more request for each.
    type: bool
    default: false
  check_machines:
    description:
      - Whether to find out which machines still exist, with one listing for each subscription that they are in.
    type: bool
    default: false
extends_documentation_fragment:
  - cloudkeep.azure_backup.azure
  - cloudkeep.azure_backup.protected_machines
  - cloudkeep.azure_backup.vault_scope
  - cloudkeep.azure_backup._attributes
  - cloudkeep.azure_backup._attributes.INFO
seealso:
  - module: cloudkeep.azure_backup.vm_backup_recovery_point_info
    description: Shows the recovery points of items.
  - module: cloudkeep.azure_backup.vm_backup_discover
    description: Shows machines that no vault holds, too.
"""

EXAMPLES = r"""
- name: Which machines of the subscription had no backup for a day and a half
  cloudkeep.azure_backup.vm_backup_item_info:
    state: [protected, error]
    last_backup_older_than: 36h
  register: stale

- name: Show them with the time of their newest recovery point
  ansible.builtin.debug:
    msg: >-
      {{ stale.summary.total }} machines without a recent backup:
      {{ dict(stale.protected_items | map(attribute='name') | zip(stale.protected_items | map(attribute='last_recovery_point'))) }}

- name: Which items does Azure's check find fault with
  cloudkeep.azure_backup.vm_backup_item_info:
    health: [ActionRequired, ActionSuggested]
  register: unhealthy

- name: Show what it advises
  ansible.builtin.debug:
    msg: "Do this: {{ unhealthy.protected_items | map(attribute='health') | flatten | map(attribute='recommendations') | flatten }}"

- name: What is about to be gone for good, and when
  cloudkeep.azure_backup.vm_backup_item_info:
    resource_group: rg-backup
    vault_name: vault-westeurope
    state: [soft_deleted]

- name: One machine, with its recovery points counted, and whether it still exists
  cloudkeep.azure_backup.vm_backup_item_info:
    resource_group: rg-backup
    vault_name: vault-westeurope
    vms: [rg-web/web-01]
    details: true
    check_machines: true
"""

RETURN = r"""
protected_items:
  description: The items, by the name of their machine.
  returned: success, and when some could not be read
  type: list
  elements: dict
  contains:
    id:
      description: The ARM id of the virtual machine.
      returned: always
      type: str
      sample: /subscriptions/.../resourceGroups/rg-web/providers/Microsoft.Compute/virtualMachines/web-01
    name:
      description: The name of the virtual machine.
      returned: always
      type: str
      sample: web-01
    resource_group:
      description: The resource group of the virtual machine.
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
    subscription_id:
      description: The subscription of the virtual machine.
      returned: always
      type: str
    exists:
      description: Whether the virtual machine exists; none unless it was asked for, for classic ones, and where it can't be told.
      returned: always
      type: bool
      sample: true
    vault_id:
      description: The ARM id of the vault.
      returned: always
      type: str
    vault_name:
      description: The vault.
      returned: always
      type: str
      sample: vault-westeurope
    vault_resource_group:
      description: The resource group of the vault.
      returned: always
      type: str
      sample: rg-backup
    state:
      description:
        - V(waiting) for the first backup, V(protected), V(error) when protection could not be configured, V(stopped) with
          the data kept for ever, V(suspended) with the data kept as the policy says, or V(soft_deleted).
      returned: always
      type: str
      sample: protected
    item_id:
      description: The ARM id of the item, which O(vms) takes.
      returned: always
      type: str
    container_name:
      description: The service's name of the container.
      returned: always
      type: str
    item_name:
      description: The service's name of the item.
      returned: always
      type: str
    protection_state:
      description: The service's own word for the state.
      returned: always
      type: str
      sample: Protected
    policy_name:
      description: The policy, none when protection is stopped.
      returned: always
      type: str
      sample: DefaultPolicy
    policy_id:
      description: The ARM id of the policy.
      returned: always
      type: str
    policy_type:
      description: V(V1) (standard) or V(V2) (enhanced), where the service tells.
      returned: always
      type: str
      sample: V1
    health_status:
      description: What Azure's check of the backup came to.
      returned: always
      type: str
      sample: Passed
    health:
      description: What the check found, with advice.
      returned: always
      type: list
      elements: dict
      contains:
        code:
          description: The service's number of the finding.
          returned: always
          type: int
          sample: 400239
        title:
          description: The service's name of the finding.
          returned: always
          type: str
          sample: IaasVmHealthGreenDefault
        message:
          description: The service's text.
          returned: always
          type: str
        recommendations:
          description: What the service advises.
          returned: always
          type: list
          elements: str
    last_backup_status:
      description: How the last backup ended, none before the first.
      returned: always
      type: str
      sample: Completed
    last_backup_time:
      description: When the last backup ran, also one that failed.
      returned: always
      type: str
      sample: '2026-03-01T18:00:12Z'
    last_recovery_point:
      description: When the newest recovery point was made.
      returned: always
      type: str
      sample: '2026-03-01T18:00:12Z'
    age_hours:
      description: How old the newest recovery point is, in hours, none when there is none.
      returned: always
      type: float
      sample: 13.5
    disks:
      description: Which data disks are backed up. The disk of the operating system always is.
      returned: always
      type: dict
      contains:
        mode:
          description: V(all), V(include) or V(exclude) those of C(luns), or V(os_only).
          returned: always
          type: str
          sample: all
        luns:
          description: The logical unit numbers of the disks.
          returned: always
          type: list
          elements: int
    soft_deleted:
      description: Whether the backup was deleted and can still be brought back.
      returned: always
      type: bool
    deleted_permanently_at:
      description: When the data of a soft-deleted item is gone for good.
      returned: always
      type: str
    days_until_deletion:
      description: In how many days that is, none for an item that is not soft-deleted.
      returned: always
      type: float
      sample: 13.9
    recovery_points_count:
      description: How many recovery points there are; none unless O(details=true).
      returned: always
      type: int
      sample: 30
    oldest_recovery_point:
      description: When the oldest recovery point was made; none unless O(details=true).
      returned: always
      type: str
summary:
  description: How many items there are, in all, by state, by policy and by health. Items without a policy are not in C(by_policy).
  returned: success, and when some could not be read
  type: dict
  contains:
    total:
      description: All items of the result.
      returned: always
      type: int
      sample: 3
    by_state:
      description: Items by state, also states that none is in.
      returned: always
      type: dict
      sample: {waiting: 0, protected: 2, error: 0, stopped: 0, suspended: 0, soft_deleted: 1}
    by_policy:
      description: Items by the name of their policy, over all vaults.
      returned: always
      type: dict
      sample: {DefaultPolicy: 2}
    by_health:
      description: Items by health; C(Unknown) are those of which the service tells none.
      returned: always
      type: dict
      sample: {Passed: 3, ActionSuggested: 0, ActionRequired: 0, Invalid: 0}
vms_not_found:
  description: The entries of O(vms) that no vault that was looked into has an item of.
  returned: success, and when some could not be read
  type: list
  elements: str
vaults:
  description: The ARM ids of the vaults that were read.
  returned: success, and when some could not be read
  type: list
  elements: str
problems:
  description: The subscriptions, vaults and items that could not be read. What they hold is not in the result.
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
      sample: VaultNotFound
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
      sample: list the vaults
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
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.items import item_info

STATES = ["waiting", "protected", "error", "stopped", "suspended", "soft_deleted"]
HEALTH = ["Passed", "ActionSuggested", "ActionRequired", "Invalid"]


def main() -> None:
    run(
        item_info,
        argument_spec={
            **_options.azure(),
            **_options.vault_scope(),
            **_options.protected_machines(),
            "policy": {"type": "list", "elements": "str"},
            "state": {"type": "list", "elements": "str", "choices": STATES},
            "health": {"type": "list", "elements": "str", "choices": HEALTH},
            "last_backup_older_than": {"type": "str"},
            "details": {"type": "bool", "default": False},
            "check_machines": {"type": "bool", "default": False},
        },
        mutually_exclusive=[("vms", "select"), *_options.VAULT_SCOPE_EXCLUSIVE],
    )


if __name__ == "__main__":
    main()
