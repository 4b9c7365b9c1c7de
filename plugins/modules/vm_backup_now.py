#!/usr/bin/python
# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_backup_now
short_description: Start backups of virtual machines now
version_added: 0.1.0
description:
  - Starts a backup of each virtual machine that a vault protects, without waiting for the schedule.
  - A request whose answer is lost is looked up before it is sent again, so that no backup is started twice.
author:
  - Cloudkeep contributors (@cloudkeep)
options:
  retain_until:
    description:
      - Keep the recovery points until this date or time, ISO 8601. Without a time zone it is UTC.
      - Mutually exclusive with O(retain_days). Without both, the service keeps them 30 days.
    type: str
  retain_days:
    description:
      - Keep the recovery points this many days.
      - Mutually exclusive with O(retain_until).
    type: int
  skip_if_newer_than:
    description:
      - Start no backup of a machine whose newest recovery point is younger than this, such as V(90m), V(24h) or V(7d).
      - This makes the module idempotent.
    type: str
  skip_if_running:
    description:
      - Start no backup of a machine of which one is running. The service would accept it and fail its job at once.
      - With O(wait=true) the running one is waited for instead.
    type: bool
    default: true
  wait:
    description:
      - Whether to wait. A first backup can take hours.
    default: false
  wait_for:
    description:
      - What to wait for. V(snapshot) is when the machine itself is no longer needed, V(job) when the data is in the vault.
    type: str
    choices:
      - snapshot
      - job
    default: job
  wait_timeout:
    default: 14400
notes:
  - O(select) chooses among the machines that the vault protects.
extends_documentation_fragment:
  - cloudkeep.azure_backup.azure
  - cloudkeep.azure_backup.vault
  - cloudkeep.azure_backup.virtual_machines
  - cloudkeep.azure_backup.waiting
  - cloudkeep.azure_backup._attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: N/A
    details:
      - Starting a backup has no before and after.
  idempotent:
    support: partial
    details:
      - Each run starts a backup, unless O(skip_if_newer_than) is set.
seealso:
  - module: cloudkeep.azure_backup.vm_backup_job_info
    description: Shows and awaits the jobs.
  - module: cloudkeep.azure_backup.vm_backup_protect
    description: Protects machines first.
"""

EXAMPLES = r"""
- name: Back up two machines now and wait until the data is in the vault
  cloudkeep.azure_backup.vm_backup_now:
    resource_group: rg-backup
    vault_name: vault-westeurope
    vms:
      - rg-web/web-01
      - rg-web/web-02
    retain_days: 14
    wait: true

- name: Before a change, see to it that each web server has a recovery point of the last four hours
  cloudkeep.azure_backup.vm_backup_now:
    resource_group: rg-backup
    vault_name: vault-westeurope
    select:
      names:
        - web-*
    skip_if_newer_than: 4h
    wait: true
    wait_for: snapshot
"""

RETURN = r"""
vault:
  description: The vault.
  returned: success, and when some of the machines failed
  type: dict
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
      sample: rg-backup
    subscription_id:
      description: The subscription.
      returned: always
      type: str
    location:
      description: The region.
      returned: always
      type: str
      sample: westeurope
    sku:
      description: The vault's sku.
      returned: always
      type: str
      sample: Standard
    tags:
      description: The tags.
      returned: always
      type: dict
      sample: {owner: infra}
    provisioning_state:
      description: The provisioning state.
      returned: always
      type: str
      sample: Succeeded
    properties:
      description: All other settings as the service returns them, with their names in snake case.
      returned: always
      type: dict
vms:
  description: The virtual machines.
  returned: success, and when some of the machines failed
  type: list
  elements: dict
  contains:
    id:
      description: The ARM id of the virtual machine; none for an entry of O(vms) that names no machine.
      returned: always
      type: str
      sample: /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-web/providers/Microsoft.Compute/virtualMachines/web-01
    name:
      description: The name of the virtual machine, or the entry of O(vms) as it was given.
      returned: always
      type: str
      sample: web-01
    resource_group:
      description: The resource group; none for a classic machine.
      returned: always
      type: str
      sample: rg-web
    cloud_service:
      description: The cloud service of a classic machine, else none.
      returned: always
      type: str
    location:
      description: The region.
      returned: always
      type: str
      sample: westeurope
    item_id:
      description: The id of the protected item.
      returned: always
      type: str
    last_recovery_point:
      description: The time of the newest recovery point before this task, ISO 8601 in UTC.
      returned: always
      type: str
    action:
      description: V(start), V(skip_newer), V(skip_running), or V(none) when it can not be backed up.
      returned: always
      type: str
      sample: start
    changed:
      description: Whether this machine was (or in check mode would be) changed.
      returned: always
      type: bool
      sample: true
    job_id:
      description:
        - The id of the job that was started, for M(cloudkeep.azure_backup.vm_backup_job_info).
        - Without O(wait), none where the service has not told it within a minute; then RV(vms[].request_id) finds the job.
      returned: always
      type: str
      sample: 8e5d3bd4-0d3a-4b3e-9b1a-0f2f3b1f3a11
    request_id:
      description:
        - The id of the request that RV(vms[].job_id) was started by, none where this task started none. The job has it as
          RV(cloudkeep.azure_backup.vm_backup_job_info#module:jobs[].activity_id), possibly in another letter case.
        - It finds a job whose id the service had not told yet when the task ended.
      returned: always
      type: str
    job:
      description: The job as it was last seen, with the keys of RV(cloudkeep.azure_backup.vm_backup_job_info#module:jobs).
      returned: always
      type: dict
    error:
      description: Why this machine could not be dealt with; none when it could.
      returned: always
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
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.back_up_now import back_up_now


def main() -> None:
    run(
        back_up_now,
        argument_spec={
            **_options.azure(),
            **_options.vault(),
            **_options.virtual_machines(),
            **_options.waiting(wait=False, wait_timeout=14400),
            "retain_until": {"type": "str"},
            "retain_days": {"type": "int"},
            "skip_if_newer_than": {"type": "str"},
            "skip_if_running": {"type": "bool", "default": True},
            "wait_for": {"type": "str", "choices": ["snapshot", "job"], "default": "job"},
        },
        mutually_exclusive=[("vms", "select"), ("retain_until", "retain_days")],
        required_one_of=[("vms", "select")],
    )


if __name__ == "__main__":
    main()
