#!/usr/bin/python
# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_backup_job
short_description: Cancel backup jobs, or wait for their end
version_added: 0.1.0
description:
  - Has jobs of a vault cancelled, named by their ids or as the running jobs of virtual machines, or waits until they have ended.
  - The service cancels only backups, and those only while they take their snapshot. Any other running job that is to be cancelled
    fails the task, with the reason and after all others were dealt with.
  - A cancellation whose answer is lost is looked up before it is sent again.
author:
  - Cloudkeep contributors (@cloudkeep)
options:
  state:
    description:
      - With V(cancelled), running jobs are cancelled. One that has ended, however it did, is left alone, and one that is being
        cancelled already is waited for.
      - With V(finished), the task waits until the jobs have ended. It changes nothing, and in check mode it waits as well.
    type: str
    required: true
    choices: [cancelled, finished]
  job_id:
    description:
      - The ids of the jobs, as other modules return them. An empty list is no job. One that the vault does not know fails the task;
        with O(state=finished) it is looked for again for up to five minutes, since a job may not be shown yet.
    type: list
    elements: str
    aliases:
      - job_ids
  vms:
    description:
      - The jobs that run for these virtual machines, each as ARM id, as C(RESOURCE_GROUP/NAME), or as a bare C(NAME), which may
        match machines of several resource groups. Only an ARM id can name a machine of another subscription than the vault's.
      - A machine without a running job is not an error. One that the vault does not hold is named in RV(vms_not_found) and in a
        warning.
    type: list
    elements: str
  operation:
    description:
      - With O(vms), only jobs with one of these operations.
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
    default: [Backup]
  fail_on_failed_jobs:
    description:
      - With O(state=finished), whether the task fails when a job did not succeed.
    type: bool
    default: true
  wait:
    description:
      - Whether to wait until the jobs have ended. Without waiting, a cancellation that the service accepts and refuses afterwards
        goes unnoticed.
      - With O(state=finished) it must be V(true).
    default: true
  wait_timeout:
    default: 14400
extends_documentation_fragment:
  - cloudkeep.azure_backup.azure
  - cloudkeep.azure_backup.vault
  - cloudkeep.azure_backup.waiting
  - cloudkeep.azure_backup._attributes
attributes:
  check_mode:
    support: full
    details:
      - Predicts which jobs can be cancelled from what the service tells about them now.
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: cloudkeep.azure_backup.vm_backup_job_info
    description: Lists jobs, and waits for those that it finds.
  - module: cloudkeep.azure_backup.vm_backup_now
    description: Starts backups.
"""

EXAMPLES = r"""
- name: Start a backup
  cloudkeep.azure_backup.vm_backup_now:
    resource_group: rg-backup
    vault_name: vault-westeurope
    vms: [rg-web/web-01]
  register: started

- name: Cancel it again
  cloudkeep.azure_backup.vm_backup_job:
    resource_group: rg-backup
    vault_name: vault-westeurope
    job_id: "{{ started.vms | map(attribute='job_id') | select }}"
    state: cancelled

- name: Cancel whatever backup runs for two machines
  cloudkeep.azure_backup.vm_backup_job:
    resource_group: rg-backup
    vault_name: vault-westeurope
    vms:
      - rg-web/web-01
      - rg-web/web-02
    state: cancelled

- name: Wait until nothing is being configured for a machine any more
  cloudkeep.azure_backup.vm_backup_job:
    resource_group: rg-backup
    vault_name: vault-westeurope
    vms: [rg-web/web-02]
    operation: [ConfigureBackup, DisableBackup, Undelete]
    state: finished
"""

RETURN = r"""
jobs:
  description: The jobs that the task is about, as they were last seen.
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
      sample: Cancelled
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
      contains:
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
            - The title of the topic in the public documentation of Azure Backup that explains the error, none when
              none is known.
          returned: always
          type: str
    action:
      description:
        - What the task does with the job. V(cancel) has it cancelled, V(wait) waits for one that is running or being
          cancelled already, V(none) leaves one alone that has ended or can't be cancelled.
      returned: always
      type: str
      sample: cancel
    changed:
      description: Whether the task had the job cancelled.
      returned: always
      type: bool
    failure:
      description: Why the task could not have it cancelled, none otherwise.
      returned: always
      type: dict
      contains:
        code:
          description: The service's code, or one of the collection's.
          returned: always
          type: str
          sample: JobNotCancellable
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
          sample: cancel the job
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
jobs_not_found:
  description: The entries of O(job_id) that the vault has no job for.
  returned: success, and when the task fails because of jobs
  type: list
  elements: str
jobs_not_read:
  description:
    - With O(state=finished), the entries of O(job_id) that could not be read while others could. The task then fails at its end.
    - With O(state=cancelled), the task fails before it cancels anything.
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
vms_not_found:
  description: The entries of O(vms) that the vault holds no virtual machine for.
  returned: success, and when the task fails because of jobs
  type: list
  elements: str
summary:
  description: How many jobs there are.
  returned: success, and when the task fails because of jobs
  type: dict
  contains:
    total:
      description: All jobs that the task is about.
      returned: always
      type: int
    by_status:
      description: How many by status.
      returned: always
      type: dict
      sample: {Cancelled: 2, Completed: 1}
    cancelled:
      description: How many the task had cancelled, or would have.
      returned: always
      type: int
    refused:
      description: How many could not be cancelled.
      returned: always
      type: int
error:
  description: What went wrong; several failures are summed up.
  returned: failure
  type: dict
  contains:
    code:
      description: The service's code, or one of the collection's.
      returned: always
      type: str
      sample: JobNotCancellable
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
      sample: cancel the job
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
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.job_control import control_jobs

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
        control_jobs,
        argument_spec={
            **_options.azure(),
            **_options.vault(),
            **_options.waiting(wait=True, wait_timeout=14400),
            "state": {"type": "str", "required": True, "choices": ["cancelled", "finished"]},
            "job_id": {"type": "list", "elements": "str", "aliases": ["job_ids"]},
            "vms": _options.virtual_machines()["vms"],
            "operation": {"type": "list", "elements": "str", "choices": OPERATIONS, "default": ["Backup"]},
            "fail_on_failed_jobs": {"type": "bool", "default": True},
        },
        mutually_exclusive=[("job_id", "vms")],
        required_one_of=[("job_id", "vms")],
    )


if __name__ == "__main__":
    main()
