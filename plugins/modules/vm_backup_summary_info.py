#!/usr/bin/python
# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_backup_summary_info
short_description: Show where the backups of all virtual machines stand, and check them
version_added: 0.1.0
description:
  - Sums up one or many vaults and subscriptions - which machines are protected and which are not and why, whose newest recovery
    point is too old, what the jobs of the last hours came to, and what failed for which cause.
  - With O(fail_if) the task fails when something of that is not as it should be, and names who and what to do. The result is
    complete all the same.
  - Reads lists, a page at a time, whatever the number of machines. It starts no discovery.
  - What can't be read is told in RV(problems) and never passes for something that is not there. A machine that a vault which
    can't be read might hold is V(unknown) instead of V(unprotected). A subscription or a vault that the task names and that can't
    be read fails the task, and with O(fail_if) everything does that the check needs to read and can't.
author:
  - Cloudkeep contributors (@cloudkeep)
options:
  subscriptions:
    description:
      - The virtual machines of these subscriptions, and all their vaults, instead of the subscription of O(subscription_id).
  resource_group:
    description:
      - Only the vaults of this resource group. It may be another one than that of the virtual machines.
      - With this, O(vault_name) or O(vaults), only machines in the regions of these vaults are looked at. One that another vault
        of the same subscriptions holds is V(elsewhere), and no offence.
  select:
    description:
      - Only virtual machines that all the suboptions match, and only their jobs. A suboption that is given but empty is an error,
        except O(select.exclude).
      - A machine that exists no more has no tags, and the region of its vault.
    type: dict
    suboptions:
      resource_groups:
        description:
          - Only machines in one of these resource groups.
        type: list
        elements: str
      locations:
        description:
          - Only machines in one of these regions, such as V(westeurope).
        type: list
        elements: str
      names:
        description:
          - Only machines whose name matches one of these patterns. V(*), V(?) and V([abc]) are wildcards; letter case
            does not matter.
        type: list
        elements: str
      tags:
        description:
          - Only machines that have all these tags. The values may hold wildcards; V(*) asks for the tag with any value.
        type: dict
      exclude:
        description:
          - Leave these machines out as if they were not there. Names or patterns as in O(select.names), C(RESOURCE_GROUP/NAME)
            with wildcards, or ARM ids.
        type: list
        elements: str
  exclude:
    description:
      - Machines that need no backup, in the form of O(select.exclude). They are shown as V(excluded) whatever a vault makes of
        them, and are never an offence.
    type: list
    elements: str
  rpo_hours:
    description:
      - How old the newest recovery point of a protected machine may be, in hours. An older one, or none, is stale.
      - The default is for daily backups, which the service starts within two hours of their time. Take V(170) for weekly ones,
        and select the machines of each kind in a task of its own.
      - A machine that waits for its first backup is stale when its protection was configured longer ago than this. The service
        does not tell when that was, but its ConfigureBackup job does.
    type: int
    default: 26
  from:
    description:
      - Count the jobs that started at this time or later. ISO 8601; without a time zone it is UTC.
    type: str
  to:
    description:
      - Count the jobs that started at this time or earlier. ISO 8601; without a time zone it is UTC.
      - Without O(from), only the 30 days before it are looked at. Machines are always shown as they are now.
    type: str
  last_hours:
    description:
      - Count the jobs that started in the last so many hours. Mutually exclusive with O(from) and O(to).
      - Without O(from), O(to) and O(last_hours), the jobs of the last 24 hours are counted.
    type: int
  fail_if:
    description:
      - Fail when there is one of these. All of them are listed in RV(offenders). The message names the first ten
        causes of each kind, each with the first ten of its machines and with what to do.
      - V(unprotected) is a machine that no vault holds. V(stale) is a recovery point older than O(rpo_hours). V(failures) is a
        failed job that no later one of the same machine and operation made good; that of a backup counts no more once protection
        was stopped or the backup deleted.
      - V(stopped), V(suspended), V(soft_deleted) and V(error) are states of a machine that exists. V(unhealthy) is a machine of
        whose backup the service finds something wrong.
      - V(gone) is a backup that still tries to run though its machine exists no more.
      - It fails as well when O(select) matches no machine at all, for a misspelt name must not pass as a fleet in order. Without
        O(select), a subscription that has no machine is in order.
    type: list
    elements: str
    choices: [unprotected, stale, failures, stopped, suspended, soft_deleted, unhealthy, error, gone]
  verify_unprotected:
    description:
      - Whether to ask the service about each machine that no vault of the subscriptions holds, one request for each, as a vault
        of a subscription that is not looked into may hold it. Without this such a machine counts as unprotected.
    type: bool
    default: false
extends_documentation_fragment:
  - cloudkeep.azure_backup.azure
  - cloudkeep.azure_backup.vault_scope
  - cloudkeep.azure_backup._attributes
  - cloudkeep.azure_backup._attributes.INFO
seealso:
  - module: cloudkeep.azure_backup.vm_backup_job_info
    description: Lists the jobs themselves.
  - module: cloudkeep.azure_backup.vm_backup_item_info
    description: Lists the items of vaults with more details.
  - module: cloudkeep.azure_backup.vm_backup_protect
    description: Protects what is unprotected.
"""

EXAMPLES = r"""
- name: Where do the backups of the subscription stand
  cloudkeep.azure_backup.vm_backup_summary_info:
  register: backups

- name: Show the numbers
  ansible.builtin.debug:
    msg: "{{ backups.summary }}"

- name: Is every machine backed up as it was promised
  cloudkeep.azure_backup.vm_backup_summary_info:
    exclude:
      - build-*
    fail_if: [unprotected, stale, failures, gone]
  register: verdict
  ignore_errors: true

- name: Show what is not as it should be, and what to do
  ansible.builtin.debug:
    msg: "{{ verdict.offenders }}"

- name: One vault, with the jobs of the last 30 days
  cloudkeep.azure_backup.vm_backup_summary_info:
    resource_group: rg-backup
    vault_name: vault-westeurope
    last_hours: 720
"""

RETURN = r"""
generated_at:
  description: When the summary was made, ISO 8601 in UTC.
  returned: success, and when the task fails for what it found
  type: str
  sample: '2026-03-01T18:00:12Z'
window:
  description: Of which time the jobs are.
  returned: success, and when the task fails for what it found
  type: dict
  contains:
    from:
      description: The start, ISO 8601 in UTC.
      returned: always
      type: str
    to:
      description: The end, ISO 8601 in UTC.
      returned: always
      type: str
    hours:
      description: How long that is.
      returned: always
      type: float
      sample: 24.0
rpo_hours:
  description: How old the newest recovery point of a machine may be.
  returned: success, and when the task fails for what it found
  type: int
  sample: 26
subscriptions:
  description: The ids of the subscriptions that were looked into.
  returned: success, and when the task fails for what it found
  type: list
  elements: str
complete:
  description: Whether all was read; otherwise RV(problems) tells what is missing.
  returned: success, and when the task fails for what it found
  type: bool
problems:
  description: What could not be read.
  returned: success, and when the task fails for what it found
  type: list
  elements: dict
  contains:
    affects:
      description:
        - The part of the result that is incomplete, V(vms), V(jobs) or V(usage).
      returned: always
      type: str
    subscription_id:
      description: The subscription.
      returned: always
      type: str
    vault_id:
      description: The ARM id of the vault, none when the subscription can't be read.
      returned: always
      type: str
    vault_name:
      description: The name of the vault.
      returned: always
      type: str
    error:
      description: What went wrong.
      returned: always
      type: dict
      contains: &error
        code:
          description: The service's code, or one of the collection's.
          returned: always
          type: str
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
summary:
  description:
    - How many machines there are and where they stand. The states from RV(summary.protected) to RV(summary.unknown)
      add up to RV(summary.vms); the others overlap with them.
  returned: success, and when the task fails for what it found
  type: dict
  contains:
    <<: &counts
      vms:
        description: All machines that exist.
        returned: always
        type: int
        sample: 5000
      protected:
        description: Machines that a vault backs up.
        returned: always
        type: int
      waiting:
        description: Machines that wait for their first backup.
        returned: always
        type: int
      stopped:
        description: Machines whose protection is stopped and whose data is kept for ever.
        returned: always
        type: int
      suspended:
        description: Machines whose protection is stopped and whose data is kept as the policy says.
        returned: always
        type: int
      soft_deleted:
        description: Machines whose backup was deleted and is kept until soft delete ends.
        returned: always
        type: int
      error:
        description: Machines whose protection could not be configured.
        returned: always
        type: int
      unprotected:
        description: Machines that no vault holds.
        returned: always
        type: int
      elsewhere:
        description: Machines that a vault backs up which was not asked about.
        returned: always
        type: int
      excluded:
        description: Machines that O(exclude) names.
        returned: always
        type: int
      unknown:
        description: Machines of which nobody can tell whether a vault holds them, as something could not be read.
        returned: always
        type: int
      stale:
        description: Machines whose newest recovery point is too old.
        returned: always
        type: int
      coverage_percent:
        description:
          - How many of a hundred machines are protected or wait for their first backup, rounded down to a tenth;
            excluded ones and those held elsewhere are not counted. None when there is no machine to cover.
        returned: always
        type: float
        sample: 98.7
    gone:
      description: Items whose machine exists no more; they are not among the machines.
      returned: always
      type: int
    unhealthy:
      description: Machines of whose backup the service finds something wrong.
      returned: always
      type: int
coverage:
  description: The same numbers by where the machines are.
  returned: success, and when the task fails for what it found
  type: dict
  contains:
    by_region:
      description: By region.
      returned: always
      type: list
      elements: dict
      contains:
        <<: *counts
        name:
          description: What the numbers are about.
          returned: always
          type: str
    by_resource_group:
      description: By resource group.
      returned: always
      type: list
      elements: dict
      contains:
        <<: *counts
        name:
          description: What the numbers are about.
          returned: always
          type: str
        subscription_id:
          description: The subscription.
          returned: always
          type: str
    by_subscription:
      description: By subscription.
      returned: always
      type: list
      elements: dict
      contains:
        <<: *counts
        name:
          description: What the numbers are about.
          returned: always
          type: str
vms:
  description: The machines, and items whose machine exists no more, sorted by name.
  returned: success, and when the task fails for what it found
  type: list
  elements: dict
  contains:
    id:
      description: The ARM id of the virtual machine.
      returned: always
      type: str
    name:
      description: The name.
      returned: always
      type: str
      sample: web-01
    resource_group:
      description: The resource group, the cloud service of a classic machine.
      returned: always
      type: str
      sample: rg-web
    subscription_id:
      description: The subscription.
      returned: always
      type: str
    location:
      description: The region; that of the vault for a machine that exists no more.
      returned: always
      type: str
      sample: westeurope
    state:
      description:
        - Where the machine stands, which is V(protected), V(waiting), V(stopped), V(suspended), V(soft_deleted),
          V(error), V(unprotected), V(elsewhere), V(excluded) or V(unknown), as RV(summary) counts them.
      returned: always
      type: str
      sample: protected
    exists:
      description:
        - Whether the machine exists; none when nobody can tell, as its subscription can't be read or it is a classic
          one.
      returned: always
      type: bool
    vault_id:
      description: The ARM id of the vault that holds it.
      returned: always
      type: str
    vault_name:
      description: The name of the vault.
      returned: always
      type: str
    policy_name:
      description: The policy, none when protection is stopped.
      returned: always
      type: str
      sample: DefaultPolicy
    item_id:
      description: The ARM id of the protected item.
      returned: always
      type: str
    protection_state:
      description: The state as the service calls it.
      returned: always
      type: str
      sample: Protected
    health_status:
      description: What the service's check of the backup came to.
      returned: always
      type: str
      sample: Passed
    unhealthy:
      description: Whether the service finds something wrong.
      returned: always
      type: bool
    health:
      description: What the service finds wrong.
      returned: always
      type: list
      elements: dict
      contains:
        code:
          description: The service's number.
          returned: always
          type: int
        title:
          description: The service's name of it.
          returned: always
          type: str
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
      description: How the last backup ended.
      returned: always
      type: str
      sample: Completed
    last_backup_time:
      description: When the last backup was, ISO 8601 in UTC.
      returned: always
      type: str
    last_recovery_point:
      description: When the newest recovery point was made, ISO 8601 in UTC.
      returned: always
      type: str
    age_hours:
      description: How old the newest recovery point is, none when there is none.
      returned: always
      type: float
      sample: 5.9
    stale:
      description: Whether that is older than O(rpo_hours) allows.
      returned: always
      type: bool
    deleted_permanently_at:
      description: When the data of a soft-deleted item is gone, ISO 8601 in UTC.
      returned: always
      type: str
    reason:
      description: What is the matter with its backup first of all, none when nothing is.
      returned: always
      type: dict
      contains: &reason
        code:
          description: What is the matter, in one word.
          returned: always
          type: str
          sample: no_vault_in_region
        message:
          description: What is the matter.
          returned: always
          type: str
        remedy:
          description: What to do about it, in one line; none when there is nothing to do.
          returned: always
          type: str
jobs:
  description: The jobs of the window.
  returned: success, and when the task fails for what it found
  type: dict
  contains:
    total:
      description: All jobs.
      returned: always
      type: int
    by_status:
      description: How many by status.
      returned: always
      type: dict
      sample: {Completed: 13, Failed: 1}
    by_operation:
      description: How many by operation and status.
      returned: always
      type: dict
      sample: {Backup: {Completed: 13, Failed: 1}}
    by_day:
      description: How many on each day of the window, in UTC, by status.
      returned: always
      type: list
      elements: dict
      contains:
        date:
          description: The day.
          returned: always
          type: str
          sample: '2026-03-01'
        Completed:
          description: Jobs that succeeded.
          returned: always
          type: int
        CompletedWithWarnings:
          description: Jobs that succeeded with warnings.
          returned: always
          type: int
        Failed:
          description: Jobs that failed.
          returned: always
          type: int
        Cancelled:
          description: Jobs that were cancelled.
          returned: always
          type: int
        InProgress:
          description: Jobs that run, or are being cancelled.
          returned: always
          type: int
        total:
          description: All jobs that started on the day.
          returned: always
          type: int
    longest:
      description: The ten longest jobs, the longest first.
      returned: always
      type: list
      elements: dict
      contains:
        id:
          description: The ARM id of the job.
          returned: always
          type: str
        job_id:
          description: The id of the job.
          returned: always
          type: str
        operation:
          description: What the job does.
          returned: always
          type: str
        status:
          description: Where the job stands.
          returned: always
          type: str
        vm_name:
          description: The virtual machine.
          returned: always
          type: str
        resource_group:
          description: The resource group of the machine, in the service's letter case.
          returned: always
          type: str
        start_time:
          description: When the job started, ISO 8601 in UTC.
          returned: always
          type: str
        end_time:
          description: When the job ended, none while it runs.
          returned: always
          type: str
        duration:
          description: How long the job took or has been running, in seconds.
          returned: always
          type: float
        activity_id:
          description: The id of the request that started the job.
          returned: always
          type: str
        cancellable:
          description: Whether the service says that the job can be cancelled.
          returned: always
          type: bool
        error:
          description: The first error of a job that failed, none otherwise.
          returned: always
          type: dict
          contains: &job_error
            code:
              description: The service's name of the error.
              returned: always
              type: str
            number:
              description: The service's number of the error.
              returned: always
              type: int
            message:
              description: The service's text.
              returned: always
              type: str
            recommendations:
              description: What the service advises.
              returned: always
              type: list
              elements: str
            topic:
              description:
                - The title of the topic in the public documentation of Azure Backup that explains the error, none
                  when none is known.
              returned: always
              type: str
        vault_name:
          description: The vault.
          returned: always
          type: str
failures:
  description: The jobs of the window that failed, by error, the most frequent first.
  returned: success, and when the task fails for what it found
  type: list
  elements: dict
  contains:
    <<: *job_error
    count:
      description: How many jobs failed with it.
      returned: always
      type: int
    vms:
      description: Which machines it happened to, each once for each operation.
      returned: always
      type: list
      elements: dict
      contains:
        id:
          description: The ARM id of the machine, none when no item of the vault is of the job's machine.
          returned: always
          type: str
        name:
          description: The name of the machine.
          returned: always
          type: str
        resource_group:
          description: The resource group.
          returned: always
          type: str
        vault_id:
          description: The ARM id of the vault.
          returned: always
          type: str
        vault_name:
          description: The name of the vault.
          returned: always
          type: str
        operation:
          description: What the jobs were to do.
          returned: always
          type: str
          sample: Backup
        count:
          description: How many of its jobs failed with it.
          returned: always
          type: int
        first:
          description: When the first of them started, ISO 8601 in UTC.
          returned: always
          type: str
        last:
          description: When the last of them started, ISO 8601 in UTC.
          returned: always
          type: str
        job_id:
          description: The id of the last of them.
          returned: always
          type: str
        recovered:
          description:
            - Whether a later job of the same operation succeeded, or, after a backup that failed, the protection was stopped or the
              backup deleted.
          returned: always
          type: bool
    recovered:
      description: Whether that is so for all these machines.
      returned: always
      type: bool
    first:
      description: When the first of these jobs started, ISO 8601 in UTC.
      returned: always
      type: str
    last:
      description: When the last of these jobs started, ISO 8601 in UTC.
      returned: always
      type: str
vaults:
  description: The vaults that were asked about, sorted by name.
  returned: success, and when the task fails for what it found
  type: list
  elements: dict
  contains:
    id:
      description: The ARM id.
      returned: always
      type: str
    name:
      description: The name.
      returned: always
      type: str
      sample: vault-westeurope
    resource_group:
      description: The resource group.
      returned: always
      type: str
    subscription_id:
      description: The subscription.
      returned: always
      type: str
    location:
      description: The region.
      returned: always
      type: str
    protected_items:
      description: How many virtual machines it holds, without soft-deleted ones.
      returned: always
      type: int
    soft_deleted_items:
      description: How many soft-deleted ones it keeps.
      returned: always
      type: int
    storage:
      description: How much it stores, where the service tells; counters of nothing are left out.
      returned: always
      type: list
      elements: dict
      contains:
        name:
          description: The service's name of the counter.
          returned: always
          type: str
          sample: GRSStorageUsage
        bytes:
          description: How many bytes.
          returned: always
          type: int
        limit:
          description: The most bytes, none without a limit.
          returned: always
          type: int
    soft_delete:
      description: Soft delete, as in M(cloudkeep.azure_backup.vm_backup_vault).
      returned: always
      type: str
      sample: always_on
    soft_delete_days:
      description: How many days soft delete keeps data.
      returned: always
      type: int
    immutability:
      description: Immutability, as in M(cloudkeep.azure_backup.vm_backup_vault).
      returned: always
      type: str
      sample: disabled
    redundancy:
      description: Redundancy, as in M(cloudkeep.azure_backup.vm_backup_vault).
      returned: always
      type: str
      sample: geo
    jobs:
      description: Its jobs of the window.
      returned: always
      type: dict
      contains:
        total:
          description: All jobs.
          returned: always
          type: int
        failed:
          description: Jobs that failed.
          returned: always
          type: int
    readable:
      description: Whether what it holds could be read.
      returned: always
      type: bool
offenders:
  description: The machines that are not as they should be, whatever O(fail_if) asks for.
  returned: success, and when the task fails for what it found
  type: dict
  contains:
    unprotected:
      description: Machines that no vault holds.
      returned: always
      type: list
      elements: dict
      contains: &offender
        id:
          description: The ARM id of the machine, none when no item of the vault is of the job's machine.
          returned: always
          type: str
        name:
          description: The name of the machine.
          returned: always
          type: str
        resource_group:
          description: The resource group.
          returned: always
          type: str
        reason:
          description: What is the matter.
          returned: always
          type: dict
          contains: *reason
    stale:
      description: Machines whose newest recovery point is too old.
      returned: always
      type: list
      elements: dict
      contains: *offender
    failures:
      description: Machines with a failed job of which no later one of the same operation succeeded.
      returned: always
      type: list
      elements: dict
      contains: *offender
    stopped:
      description: Machines whose protection is stopped.
      returned: always
      type: list
      elements: dict
      contains: *offender
    suspended:
      description: Machines whose protection is suspended.
      returned: always
      type: list
      elements: dict
      contains: *offender
    soft_deleted:
      description: Machines whose backup was deleted.
      returned: always
      type: list
      elements: dict
      contains: *offender
    unhealthy:
      description: Machines of whose backup the service finds something wrong.
      returned: always
      type: list
      elements: dict
      contains: *offender
    error:
      description: Machines whose protection could not be configured.
      returned: always
      type: list
      elements: dict
      contains: *offender
    gone:
      description: Machines that exist no more and of which a vault still tries to make backups.
      returned: always
      type: list
      elements: dict
      contains: *offender
error:
  description: What went wrong; V(NotCompliant) is the code when O(fail_if) found something.
  returned: failure
  type: dict
  contains: *error
"""

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _options
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._module import run
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.summary import summary_info

OFFENCES = ["unprotected", "stale", "failures", "stopped", "suspended", "soft_deleted", "unhealthy", "error", "gone"]


def main() -> None:
    run(
        summary_info,
        argument_spec={
            **_options.azure(),
            **_options.vault_scope(),
            "select": _options.virtual_machines()["select"],
            "exclude": {"type": "list", "elements": "str"},
            "rpo_hours": {"type": "int", "default": 26},
            "from": {"type": "str"},
            "to": {"type": "str"},
            "last_hours": {"type": "int"},
            "fail_if": {"type": "list", "elements": "str", "choices": OFFENCES},
            "verify_unprotected": {"type": "bool", "default": False},
        },
        mutually_exclusive=[*_options.VAULT_SCOPE_EXCLUSIVE, ("last_hours", "from"), ("last_hours", "to")],
    )


if __name__ == "__main__":
    main()
