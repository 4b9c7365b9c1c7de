#!/usr/bin/python
# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_backup_policy
short_description: Manage backup policies for virtual machines
version_added: 0.1.0
description:
  - Creates, changes and deletes the backup policies of a vault that are for virtual machines, standard and enhanced ones.
  - Of a policy that exists, what the task leaves out stays as it is, also settings that this module has no option for.
  - All rules that are known of the service are checked before anything is written, in check mode too, and as far as the task alone
    tells before any request.
  - A change of a policy reaches every machine that has it. The diff tells how many; what keeps less than before is listed in
    RV(retention_shortened) and warned of, as the recovery points are then deleted.
notes:
  - Azure takes at most 50 additions and changes of policies per vault in 24 hours, and 200 policies per vault. A task that changes
    nothing writes nothing and does not count.
  - DefaultPolicy and EnhancedPolicy are made anew by Azure when they are deleted. O(state=absent) leaves them as they are, with a
    warning. Policies for other workloads, such as HourlyLogBackup, are refused.
  - Azure backs up at the local time of O(time_zone) in winter and summer.
author:
  - Cloudkeep contributors (@cloudkeep)
options:
  name:
    description:
      - The name of the policy, 3 to 150 letters, digits, hyphens, underscores and exclamation marks, the first a letter.
    type: str
    required: true
  state:
    description:
      - Whether the policy should exist.
      - A policy that protects machines is never deleted; the failure lists them.
    type: str
    choices:
      - present
      - absent
    default: present
  wait_timeout:
    description:
      - How many seconds to wait at most for Azure to change or delete the policy. With many machines that takes a while.
    type: int
    default: 1800
extends_documentation_fragment:
  - cloudkeep.azure_backup.azure
  - cloudkeep.azure_backup.vault
  - cloudkeep.azure_backup.resource_guard
  - cloudkeep.azure_backup.backup_policy
  - cloudkeep.azure_backup.forecast
  - cloudkeep.azure_backup._attributes
  - cloudkeep.azure_backup._attributes.STATE
requirements:
  - tzlocal, for time zones other than UTC
  - tzdata, for forecasts on hosts that have no data of time zones
seealso:
  - module: cloudkeep.azure_backup.vm_backup_policy_info
    description: Shows policies, and what they will keep.
  - module: cloudkeep.azure_backup.vm_backup_protect
    description: Protects machines with a policy.
"""

EXAMPLES = r"""
- name: The portal's example, all tiers in one policy
  cloudkeep.azure_backup.vm_backup_policy:
    resource_group: rg-backup
    vault_name: vault-westeurope
    name: long-term
    schedule:
      frequency: daily
      time: "22:30"
    time_zone: Asia/Shanghai
    retention:
      daily:
        days: 30
      weekly:
        weeks: 104
        days: [Sunday]
      monthly:
        months: 120
        weeks_of_month: [Last]
        days: [Sunday]
      yearly:
        years: 99
        months: [January]
        weeks_of_month: [First]
        days: [Sunday]

- name: Keep the daily recovery points longer; all else stays
  cloudkeep.azure_backup.vm_backup_policy:
    resource_group: rg-backup
    vault_name: vault-westeurope
    name: long-term
    retention:
      daily:
        days: 60

- name: Take the yearly tier away
  cloudkeep.azure_backup.vm_backup_policy:
    resource_group: rg-backup
    vault_name: vault-westeurope
    name: long-term
    retention:
      yearly:
        state: absent

- name: Twice a week, kept for half a year
  cloudkeep.azure_backup.vm_backup_policy:
    resource_group: rg-backup
    vault_name: vault-westeurope
    name: twice-a-week
    schedule:
      frequency: weekly
      days: [Wednesday, Sunday]
      time: "01:00"
    time_zone: Europe/Berlin
    retention:
      weekly:
        weeks: 26

- name: Every four hours from eight to eight, with the month's last day in the archive after three months
  cloudkeep.azure_backup.vm_backup_policy:
    resource_group: rg-backup
    vault_name: vault-westeurope
    name: office-hours
    policy_type: enhanced
    schedule:
      frequency: hourly
      window_start: "08:00"
      window_hours: 12
      interval_hours: 4
    time_zone: UTC
    retention:
      daily:
        days: 30
      monthly:
        months: 24
        last_day: true
    instant_restore_days: 7
    instant_restore_resource_group:
      prefix: rg-snapshots-
    archive:
      mode: after
      months: 3

- name: An enhanced daily policy for machines that run no agent
  cloudkeep.azure_backup.vm_backup_policy:
    resource_group: rg-backup
    vault_name: vault-westeurope
    name: appliances
    policy_type: enhanced
    schedule:
      frequency: daily
      time: "03:00"
    retention:
      daily:
        days: 14
    snapshot_consistency: crash

- name: An enhanced weekly policy
  cloudkeep.azure_backup.vm_backup_policy:
    resource_group: rg-backup
    vault_name: vault-westeurope
    name: weekend
    policy_type: enhanced
    schedule:
      frequency: weekly
      days: [Saturday]
      time: "12:00"
    retention:
      weekly:
        weeks: 12
      yearly:
        years: 7
        months: [June, December]
        weeks_of_month: [Last]
        days: [Saturday]

- name: What a policy would keep, before it is made (run with --check)
  cloudkeep.azure_backup.vm_backup_policy:
    resource_group: rg-backup
    vault_name: vault-westeurope
    name: planned
    schedule:
      time: "20:00"
    retention:
      daily:
        days: 90
    forecast:
      start: "2026-03-01"
      dates: ["2026-04-01", "2026-07-01"]
      recovery_points: false

- name: The same policy as in another vault
  cloudkeep.azure_backup.vm_backup_policy_info:
    resource_group: rg-backup
    vault_name: vault-westeurope
    name: long-term
  register: found

- name: Make it under another name
  cloudkeep.azure_backup.vm_backup_policy:
    resource_group: rg-backup
    vault_name: vault-westeurope
    name: long-term-copy
    policy_type: "{{ found.policies[0].definition.policy_type }}"
    schedule: "{{ found.policies[0].definition.schedule }}"
    time_zone: "{{ found.policies[0].definition.time_zone }}"
    retention: "{{ found.policies[0].definition.retention }}"
    instant_restore_days: "{{ found.policies[0].definition.instant_restore_days | default(omit) }}"
    instant_restore_resource_group: "{{ found.policies[0].definition.instant_restore_resource_group | default(omit) }}"
    archive: "{{ found.policies[0].definition.archive }}"
    snapshot_consistency: "{{ found.policies[0].definition.snapshot_consistency }}"

- name: Delete a policy that protects nothing
  cloudkeep.azure_backup.vm_backup_policy:
    resource_group: rg-backup
    vault_name: vault-westeurope
    name: long-term-copy
    state: absent
"""

RETURN = r"""
policy:
  description: The policy, as it is or as it was before it was deleted; none when there is none.
  returned: success
  type: dict
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
policy_exists:
  description: Whether the policy exists after the task (in check mode, whether it would).
  returned: success
  type: bool
  sample: true
policy_created:
  description: Whether the task made the policy, which was not there before (in check mode, whether it would).
  returned: success
  type: bool
  sample: false
protected_items_reached:
  description: How many protected items have the policy, and are reached by a change of it.
  returned: success
  type: int
  sample: 12
retention_shortened:
  description: What the change keeps less than before. Recovery points that are no longer covered are deleted at the next cleanup.
  returned: success
  type: list
  elements: dict
  contains:
    tier:
      description: The tier, V(daily), V(weekly), V(monthly), V(yearly), or V(instant) for the snapshots.
      returned: always
      type: str
      sample: monthly
    before:
      description: What it kept.
      returned: always
      type: str
      sample: 60 months, First Sunday
    after:
      description: What it keeps now, V(none) for a tier that is taken away.
      returned: always
      type: str
      sample: 12 months, First Sunday
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
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.policy import policy


def main() -> None:
    run(
        policy,
        argument_spec={
            **_options.azure(),
            **_options.vault(),
            **_options.resource_guard(),
            **_options.backup_policy(),
            **_options.forecast(),
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "wait_timeout": {"type": "int", "default": 1800},
        },
    )


if __name__ == "__main__":
    main()
