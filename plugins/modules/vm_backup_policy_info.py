#!/usr/bin/python
# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_backup_policy_info
short_description: Show the backup policies of a vault
version_added: 0.1.0
description:
  - Lists the backup policies of a vault that are for virtual machines, or shows one.
  - Tells, where O(forecast) asks for it, which recovery points each policy will keep.
author:
  - Cloudkeep contributors (@cloudkeep)
options:
  name:
    description:
      - Only the policy of this name, of whatever workload it is for. When there is none, RV(policies) is empty.
    type: str
extends_documentation_fragment:
  - cloudkeep.azure_backup.azure
  - cloudkeep.azure_backup.vault
  - cloudkeep.azure_backup.forecast
  - cloudkeep.azure_backup._attributes
  - cloudkeep.azure_backup._attributes.INFO
seealso:
  - module: cloudkeep.azure_backup.vm_backup_policy
    description: Creates, changes and deletes policies.
  - module: cloudkeep.azure_backup.vm_backup_protect
    description: Protects machines with a policy.
"""

EXAMPLES = r"""
- name: Which policies are there
  cloudkeep.azure_backup.vm_backup_policy_info:
    resource_group: rg-backup
    vault_name: vault-westeurope
  register: found

- name: Show how many machines each protects
  ansible.builtin.debug:
    msg: "{{ dict(found.policies | map(attribute='name') | zip(found.policies | map(attribute='protected_items_count'))) }}"

- name: What will the default policy have kept of a machine that gets it now, in a year
  cloudkeep.azure_backup.vm_backup_policy_info:
    resource_group: rg-backup
    vault_name: vault-westeurope
    name: DefaultPolicy
    forecast:
      days: 365
  register: default

- name: Show how many recovery points, and the oldest
  ansible.builtin.debug:
    msg: >-
      {{ default.policies[0].forecast.dates[0].recovery_points_count }} recovery points,
      the oldest of {{ default.policies[0].forecast.dates[0].oldest }}
"""

RETURN = r"""
policies:
  description: The policies.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id, which O(cloudkeep.azure_backup.vm_backup_protect#module:policy) takes.
      returned: always
      type: str
    name:
      description: The name.
      returned: always
      type: str
      sample: DefaultPolicy
    backup_management_type:
      description: V(AzureIaasVM) for policies for virtual machines.
      returned: always
      type: str
      sample: AzureIaasVM
    policy_type:
      description: V(V1) (standard) or V(V2) (enhanced).
      returned: always
      type: str
      sample: V1
    time_zone:
      description: The Windows name of the time zone of the schedule.
      returned: always
      type: str
      sample: UTC
    protected_items_count:
      description: How many items the policy protects.
      returned: always
      type: int
      sample: 3
    properties:
      description: Schedule, retention and all else as the service returns it, with the names in snake case.
      returned: always
      type: dict
    definition:
      description:
        - The policy as options of M(cloudkeep.azure_backup.vm_backup_policy), with which that module changes nothing. Options that
          do not apply are left out.
        - None for a policy that is not for virtual machines.
      returned: always
      type: dict
      sample:
        policy_type: standard
        schedule: {frequency: daily, time: "22:30"}
        time_zone: China Standard Time
        retention: {daily: {days: 30}}
        instant_restore_days: 2
    forecast:
      description: What the policy will keep of a machine; none unless O(forecast) asks for it.
      returned: always
      type: dict
      contains:
        start:
          description: When the machine gets the policy.
          returned: always
          type: str
          sample: '2026-01-01T00:00:00Z'
        dates:
          description: How it stands at each date that was asked for, and last so many days after the start.
          returned: always
          type: list
          elements: dict
          contains:
            date:
              description: The date.
              returned: always
              type: str
              sample: '2026-03-01T00:00:00Z'
            recovery_points_count:
              description: How many recovery points exist then.
              returned: always
              type: int
              sample: 34
            by_tier:
              description: How many each of C(daily), C(weekly), C(monthly) and C(yearly) keeps then; one can be kept by several.
              returned: always
              type: dict
              sample: {daily: 30, weekly: 8, monthly: 2, yearly: 1}
            snapshots_only:
              description: How many are snapshots of an hourly schedule that never go to the vault.
              returned: always
              type: int
              sample: 0
            by_store:
              description: How many are in each of C(instant), C(vault) and C(archive) then; one can be in two.
              returned: always
              type: dict
              sample: {instant: 2, vault: 34, archive: 0}
            oldest:
              description: When the oldest of them was made.
              returned: always
              type: str
              sample: '2026-01-04T22:30:00Z'
            recovery_points:
              description: Each recovery point that exists then, the oldest first; empty unless asked for.
              returned: always
              type: list
              elements: dict
              contains:
                created_at:
                  description: When the schedule makes it.
                  returned: always
                  type: str
                  sample: '2026-01-04T22:30:00Z'
                expires_at:
                  description: Until when it is kept.
                  returned: always
                  type: str
                  sample: '2125-01-04T22:30:00Z'
                tiers:
                  description: The tiers of the retention that it is of; none for a snapshot of an hourly schedule.
                  returned: always
                  type: list
                  elements: str
                  sample: [daily, weekly, monthly]
                stores:
                  description: Where it is stored then, of V(instant), V(vault) and V(archive).
                  returned: always
                  type: list
                  elements: str
                  sample: [instant, vault]
        steady_state:
          description: Where the policy comes to rest, as many recovery points going as coming.
          returned: always
          type: dict
          contains:
            reached_at:
              description: When that is, the same as C(date).
              returned: always
              type: str
              sample: '2126-01-06T22:30:00Z'
            recovery_points_most:
              description: The most that exist at once in the year after; calendars are uneven.
              returned: always
              type: int
              sample: 324
            date:
              description: The date.
              returned: always
              type: str
              sample: '2026-03-01T00:00:00Z'
            recovery_points_count:
              description: How many recovery points exist then.
              returned: always
              type: int
              sample: 34
            by_tier:
              description: How many each of C(daily), C(weekly), C(monthly) and C(yearly) keeps then; one can be kept by several.
              returned: always
              type: dict
              sample: {daily: 30, weekly: 8, monthly: 2, yearly: 1}
            snapshots_only:
              description: How many are snapshots of an hourly schedule that never go to the vault.
              returned: always
              type: int
              sample: 0
            by_store:
              description: How many are in each of C(instant), C(vault) and C(archive) then; one can be in two.
              returned: always
              type: dict
              sample: {instant: 2, vault: 34, archive: 0}
            oldest:
              description: When the oldest of them was made.
              returned: always
              type: str
              sample: '2026-01-04T22:30:00Z'
            recovery_points:
              description: Always empty.
              returned: always
              type: list
              elements: dict
        limit:
          description: The most recovery points that Azure keeps of one machine.
          returned: always
          type: int
          sample: 9999
        within_limit:
          description: Whether the policy never comes to more.
          returned: always
          type: bool
          sample: true
error:
  description: What went wrong, with the same keys as each machine's error; several failures are summed up.
  returned: failure
  type: dict
  contains:
    code:
      description: The service's code, or one of the collection's.
      returned: always
      type: str
      sample: UserErrorVmVaultLocationMismatch
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
      sample: protect virtual machine
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
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.policies import policy_info


def main() -> None:
    run(
        policy_info,
        argument_spec={**_options.azure(), **_options.vault(), **_options.forecast(), "name": {"type": "str"}},
    )


if __name__ == "__main__":
    main()
