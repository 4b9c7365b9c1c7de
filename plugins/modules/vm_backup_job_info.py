#!/usr/bin/python
# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_backup_job_info
short_description: Show backup jobs, and wait for them
version_added: 0.1.0
description:
  - Lists the backup jobs of a vault, newest first, by status, operation, time and virtual machine, and waits for them when
    asked.
  - A job that failed is data, not a failure of the task, unless O(fail_on_failed_jobs=true).
author:
  - Cloudkeep contributors (@cloudkeep)
options:
  job_id:
    description:
      - Only these jobs, by the ids that other modules return. An empty list asks for no job.
      - The other filters then apply to them as well, but without O(from), O(to) and O(last_hours) their time does not matter.
    type: list
    elements: str
    aliases:
      - job_ids
  vms:
    description:
      - Only jobs of these virtual machines, each as ARM id, as C(RESOURCE_GROUP/NAME), or as a bare C(NAME), which may match
        machines of several resource groups.
    type: list
    elements: str
  status:
    description:
      - Only jobs with one of these statuses.
    type: list
    elements: str
    choices: [InProgress, Completed, Failed, CompletedWithWarnings, Cancelled, Cancelling]
  operation:
    description:
      - Only jobs with one of these operations.
    type: list
    elements: str
    choices:
      - Backup
      - ConfigureBackup
      - CrossRegionRestore
      - DeleteBackupData
      - DisableBackup
      - Register
      - Restore
      - Undelete
      - UnRegister
      - UpdateCustomerManagedKey
  policy:
    description:
      - Only jobs of virtual machines that are under one of these policies now, each by name or id.
      - No job tells the policy under which it ran. Jobs of a machine that has another policy since, or none, are left out.
    type: list
    elements: str
  error_code:
    description:
      - Only jobs with one of these errors, by the service's name or number of it.
    type: list
    elements: str
  longer_than:
    description:
      - Only jobs that took longer than this, or have been running for longer, such as V(90m), V(4h) or V(2d).
    type: str
  group_by_vm:
    description:
      - Whether to return in RV(vms) how often each machine was tried as well, so that a failure stands beside its retries.
    type: bool
    default: false
  from:
    description:
      - Only jobs that started at this time or later. ISO 8601; without a time zone it is UTC.
    type: str
  to:
    description:
      - Only jobs that started at this time or earlier. ISO 8601; without a time zone it is UTC.
      - Without O(from), only the 30 days before it are looked at.
    type: str
  last_hours:
    description:
      - Only jobs that started in the last so many hours. Mutually exclusive with O(from) and O(to).
      - Without O(from), O(to), O(last_hours) and O(job_id), jobs of the last 24 hours are listed; of the last 30 days when O(status)
        asks for running ones only (V(InProgress), V(Cancelling)).
    type: int
  details:
    description:
      - Whether to read the steps and properties of each job as well, which is one more request for each.
    type: bool
    default: false
  limit:
    description:
      - At most so many jobs are returned in RV(jobs), the newest. RV(summary), RV(vms), O(wait) and O(fail_on_failed_jobs) are
        about all jobs that match, whatever this is. With V(0) only these are returned.
      - A vault with a thousand machines has thirty thousand jobs a month, more than a task should return.
    type: int
  fail_on_failed_jobs:
    description:
      - Whether the task fails when a job that is listed did not succeed, and when the vault shows no job of an entry of
        O(job_id).
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until every job that is listed has ended.
      - It looks again for entries of O(job_id) that the vault does not show yet, for up to five minutes.
    default: false
  wait_timeout:
    default: 14400
extends_documentation_fragment:
  - cloudkeep.azure_backup.azure
  - cloudkeep.azure_backup.vault
  - cloudkeep.azure_backup.waiting
  - cloudkeep.azure_backup._attributes
  - cloudkeep.azure_backup._attributes.INFO
seealso:
  - module: cloudkeep.azure_backup.vm_backup_now
    description: Starts backups.
  - module: cloudkeep.azure_backup.vm_backup_protect
    description: Starts configuration jobs.
"""

EXAMPLES = r"""
- name: Which backups failed since yesterday, and why
  cloudkeep.azure_backup.vm_backup_job_info:
    resource_group: rg-backup
    vault_name: vault-westeurope
    operation: [Backup]
    status: [Failed, CompletedWithWarnings]
    last_hours: 24
    details: true
  register: failed

- name: How often was each machine tried during the last week
  cloudkeep.azure_backup.vm_backup_job_info:
    resource_group: rg-backup
    vault_name: vault-westeurope
    operation: [Backup]
    last_hours: 168
    group_by_vm: true
  register: week

- name: Show those whose last failure no later backup made good
  ansible.builtin.debug:
    msg: "Still failing: {{ week.vms | selectattr('failures') | rejectattr('recovered') | map(attribute='vm_name') | join(' ') }}"

- name: Which backups of machines under one policy take more than four hours
  cloudkeep.azure_backup.vm_backup_job_info:
    resource_group: rg-backup
    vault_name: vault-westeurope
    policy: [DefaultPolicy]
    longer_than: 4h

- name: Count the jobs of the last week, and list none of them
  cloudkeep.azure_backup.vm_backup_job_info:
    resource_group: rg-backup
    vault_name: vault-westeurope
    last_hours: 168
    limit: 0

- name: Wait until all running backups have ended, and fail when one did not succeed
  cloudkeep.azure_backup.vm_backup_job_info:
    resource_group: rg-backup
    vault_name: vault-westeurope
    operation: [Backup]
    status: [InProgress]
    wait: true
    fail_on_failed_jobs: true
"""

RETURN = r"""
jobs:
  description: The jobs, newest first; with O(limit), the first of them.
  returned: success, and when the task fails because of jobs
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
      sample: 8e5d3bd4-0d3a-4b3e-9b1a-0f2f3b1f3a11
    operation:
      description: What the job does.
      returned: always
      type: str
      sample: Backup
    status:
      description: Where the job stands.
      returned: always
      type: str
      sample: Completed
    vm_name:
      description: The virtual machine.
      returned: always
      type: str
      sample: web-01
    resource_group:
      description: The resource group (or cloud service) of the machine, in the service's letter case.
      returned: always
      type: str
      sample: rg-web
    start_time:
      description: When the job started, ISO 8601 in UTC.
      returned: always
      type: str
      sample: '2026-03-01T18:00:12Z'
    end_time:
      description: When the job ended, none while it runs.
      returned: always
      type: str
    duration:
      description: How long the job took or has been running, in seconds.
      returned: always
      type: float
      sample: 2122.497
    activity_id:
      description: The id of the request that started the job, which ties the job to it.
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
      contains:
        code:
          description: The service's name of the error.
          returned: always
          type: str
          sample: UserErrorGuestAgentStatusUnavailable
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
            - The title of the topic in the public documentation of Azure Backup that explains the error, none when none
              is known.
          returned: always
          type: str
          sample: UserErrorGuestAgentStatusUnavailable - VM agent unable to communicate with Azure Backup
    tasks:
      description: The steps of the job.
      returned: when O(details=true)
      type: list
      elements: dict
      contains:
        name:
          description: The step.
          returned: always
          type: str
          sample: Take Snapshot
        status:
          description: Where the step stands.
          returned: always
          type: str
          sample: Completed
        duration:
          description: How long the step took, in seconds.
          returned: always
          type: float
    properties:
      description: The job's property bag as the service returns it.
      returned: when O(details=true)
      type: dict
      sample: {Backup Size: 13142 MB, VM Name: web-01}
jobs_not_found:
  description: The entries of O(job_id) that the vault has no job for.
  returned: success, and when the task fails because of jobs
  type: list
  elements: str
jobs_not_read:
  description:
    - The entries of O(job_id), and the jobs with O(details) or O(wait), that could not be read while others could. The task
      then fails, with all that is known of the others.
  returned: success, and when the task fails because of jobs
  type: list
  elements: dict
  contains:
    job_id:
      description: The id of the job.
      returned: always
      type: str
    error:
      description: Why it could not be read, with the keys of RV(error).
      returned: always
      type: dict
vms:
  description: The machines with the jobs that each had, by operation; sorted by name.
  returned: when O(group_by_vm=true)
  type: list
  elements: dict
  contains:
    vm_name:
      description: The virtual machine.
      returned: always
      type: str
      sample: web-01
    resource_group:
      description: The resource group (or cloud service) of the machine, in the service's letter case.
      returned: always
      type: str
      sample: rg-web
    operation:
      description: What the jobs do.
      returned: always
      type: str
      sample: Backup
    attempts:
      description: How many of the jobs that are listed are of this machine and operation.
      returned: always
      type: int
    failures:
      description: How many of them failed.
      returned: always
      type: int
    first_failed:
      description: When the first that failed started, ISO 8601 in UTC; none when none failed.
      returned: always
      type: str
    last_error:
      description: The service's name of the last failure's error.
      returned: always
      type: str
      sample: UserErrorGuestAgentStatusUnavailable
    last_status:
      description: Where the last of the jobs stands.
      returned: always
      type: str
      sample: Completed
    last_start:
      description: When the last of the jobs started, ISO 8601 in UTC.
      returned: always
      type: str
    last_job_id:
      description: The id of the last of the jobs.
      returned: always
      type: str
    recovered:
      description: Whether one of the jobs succeeded after the last failure.
      returned: always
      type: bool
summary:
  description: How many jobs there are, in all and by status, and which took longest.
  returned: success, and when the task fails because of jobs
  type: dict
  contains:
    total:
      description: All jobs.
      returned: always
      type: int
      sample: 14
    by_status:
      description: How many by status.
      returned: always
      type: dict
      sample: {Completed: 13, Failed: 1}
    longest:
      description: The five that took longest or have been running longest, the longest first.
      returned: always
      type: list
      elements: dict
      contains:
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
          description: The resource group (or cloud service) of the machine, in the service's letter case.
          returned: always
          type: str
        duration:
          description: How long the job took or has been running, in seconds.
          returned: always
          type: float
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
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.jobs import job_info

STATUSES = ["InProgress", "Completed", "Failed", "CompletedWithWarnings", "Cancelled", "Cancelling"]
OPERATIONS = [
    "Backup",
    "ConfigureBackup",
    "CrossRegionRestore",
    "DeleteBackupData",
    "DisableBackup",
    "Register",
    "Restore",
    "Undelete",
    "UnRegister",
    "UpdateCustomerManagedKey",
]


def main() -> None:
    run(
        job_info,
        argument_spec={
            **_options.azure(),
            **_options.vault(),
            **_options.waiting(wait=False, wait_timeout=14400),
            "job_id": {"type": "list", "elements": "str", "aliases": ["job_ids"]},
            "vms": _options.virtual_machines()["vms"],
            "status": {"type": "list", "elements": "str", "choices": STATUSES},
            "operation": {"type": "list", "elements": "str", "choices": OPERATIONS},
            "policy": {"type": "list", "elements": "str"},
            "error_code": {"type": "list", "elements": "str"},
            "longer_than": {"type": "str"},
            "group_by_vm": {"type": "bool", "default": False},
            "from": {"type": "str"},
            "to": {"type": "str"},
            "last_hours": {"type": "int"},
            "details": {"type": "bool", "default": False},
            "limit": {"type": "int"},
            "fail_on_failed_jobs": {"type": "bool", "default": False},
        },
        mutually_exclusive=[("last_hours", "from"), ("last_hours", "to")],
    )


if __name__ == "__main__":
    main()
