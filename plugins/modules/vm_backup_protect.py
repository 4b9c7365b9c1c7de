#!/usr/bin/python
# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_backup_protect
short_description: Protect virtual machines, stop or suspend their protection, or delete their backup data
version_added: 0.1.0
description:
  - Brings many virtual machines of a Recovery Services vault to one state of protection, in one task, from whatever state
    each of them is in, and with the fewest writes.
  - To protect machines is the third of three steps, after M(cloudkeep.azure_backup.vm_backup_discover) and
    M(cloudkeep.azure_backup.vm_backup_register), and does what is missing of them. It protects what is unprotected, changes
    the policy where another is asked for, resumes what is stopped, and leaves alone what is as asked.
  - The guide R(lifecycle, ansible_collections.cloudkeep.azure_backup.docsite.lifecycle) has the table of all states, and what
    is done to get from each to each.
  - It selects the disks that are backed up (O(disks)), and moves machines from other vaults (O(move_to_vault)).
  - What can't be done for a machine (another region, another vault, a vault that is not immutable, a soft-deleted item) is
    found before anything is written for it. It fails the task at its end, after all others are done.
  - Backup data is never deleted unless O(delete_backup_data=true).
author:
  - Cloudkeep contributors (@cloudkeep)
options:
  state:
    description:
      - V(present) protects the machines.
      - V(stopped) makes no more backups and keeps the recovery points for ever.
      - V(suspended) makes no more backups and lets the recovery points expire as the policy says. Only a vault that is
        immutable can do that.
      - V(absent) makes no more backups and deletes all recovery points, so it needs O(delete_backup_data=true). Where soft
        delete is on, the vault keeps them until RV(vms[].deleted_permanently_at).
      - To protect, O(select) chooses among the machines that exist; else among those that the vault holds, which
        includes machines that are gone from Azure. A machine that the vault does not hold is absent; stopping or suspending
        it is an error.
      - Except with V(present), an O(select) that chooses nothing, since a variable was empty, is an error. To mean all machines
        that the vault holds, say so with C(names) of V(*).
      - An entry of O(vms) may also be the ARM id of a protected item of the vault
        (C(/subscriptions/.../protectionContainers/NAME/protectedItems/NAME)), which tells apart what no name does, such as
        machines that are gone from Azure.
    type: str
    choices:
      - present
      - stopped
      - suspended
      - absent
    default: present
  delete_backup_data:
    description:
      - Whether O(state=absent) may delete all recovery points of the machines. It fails without.
    type: bool
    default: false
  policy:
    description:
      - The backup policy, by name or id.
      - When left out, a machine that has a policy keeps it, and the others get C(DefaultPolicy) (daily, kept 30 days).
      - With O(state=suspended), the policy by which the data of a machine is kept that has none, because it is stopped or
        soft-deleted. Not used with O(state=stopped) and O(state=absent).
    type: str
    aliases:
      - policy_name
      - backup_policy_id
  undelete:
    description:
      - Whether to bring back the data of a soft-deleted machine, and to go on from there to O(state). Without it such a machine
        fails. Not used with O(state=absent), for which it is absent already.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until the state is reached, which takes some minutes. It does not wait for the first backup; see
        M(cloudkeep.azure_backup.vm_backup_now) for that.
    default: true
  wait_timeout:
    default: 1800
extends_documentation_fragment:
  - cloudkeep.azure_backup.azure
  - cloudkeep.azure_backup.vault
  - cloudkeep.azure_backup.virtual_machines
  - cloudkeep.azure_backup.disks
  - cloudkeep.azure_backup.moving
  - cloudkeep.azure_backup.resource_guard
  - cloudkeep.azure_backup.waiting
  - cloudkeep.azure_backup._attributes
  - cloudkeep.azure_backup._attributes.STATE
seealso:
  - module: cloudkeep.azure_backup.vm_backup_register
    description: The step before.
  - module: cloudkeep.azure_backup.vm_backup_now
    description: Starts the first backup without waiting for the schedule.
  - module: cloudkeep.azure_backup.vm_backup_policy_info
    description: Lists the policies of a vault.
"""

EXAMPLES = r"""
- name: Protect two machines with the default policy
  cloudkeep.azure_backup.vm_backup_protect:
    resource_group: rg-backup
    vault_name: vault-westeurope
    vms:
      - rg-web/web-01
      - rg-web/web-02
  register: protected

- name: Protect every production machine of the region
  cloudkeep.azure_backup.vm_backup_protect:
    resource_group: rg-backup
    vault_name: vault-westeurope
    policy: DefaultPolicy
    select:
      locations:
        - westeurope
      tags:
        env: prod

- name: Bring back what was deleted by mistake
  cloudkeep.azure_backup.vm_backup_protect:
    resource_group: rg-backup
    vault_name: vault-westeurope
    vms: rg-web/web-03
    undelete: true

- name: Stop the backups of a machine and keep what there is
  cloudkeep.azure_backup.vm_backup_protect:
    resource_group: rg-backup
    vault_name: vault-westeurope
    vms: rg-web/web-01
    state: stopped

- name: Take it up again, under another policy
  cloudkeep.azure_backup.vm_backup_protect:
    resource_group: rg-backup
    vault_name: vault-westeurope
    vms: rg-web/web-01
    policy: EnhancedPolicy

- name: Delete the backups of a machine
  cloudkeep.azure_backup.vm_backup_protect:
    resource_group: rg-backup
    vault_name: vault-westeurope
    vms: rg-web/web-02
    state: absent
    delete_backup_data: true
  register: deleted

- name: Tell until when they can be brought back
  ansible.builtin.debug:
    msg: "{{ deleted.vms | map(attribute='deleted_permanently_at') | list }}"

- name: Bring them back, but make no new ones
  cloudkeep.azure_backup.vm_backup_protect:
    resource_group: rg-backup
    vault_name: vault-westeurope
    vms: rg-web/web-02
    state: stopped
    undelete: true

- name: Back up the system of a database server and the disk of its tables only
  cloudkeep.azure_backup.vm_backup_protect:
    resource_group: rg-backup
    vault_name: vault-westeurope
    vms: rg-db/db-01
    disks:
      mode: include
      names:
        - db-01-data-0

- name: Back up all of its disks again
  cloudkeep.azure_backup.vm_backup_protect:
    resource_group: rg-backup
    vault_name: vault-westeurope
    vms: rg-db/db-01
    disks:
      mode: all

- name: Bring the database servers of an old vault into this one
  cloudkeep.azure_backup.vm_backup_protect:
    resource_group: rg-backup
    vault_name: vault-westeurope
    select:
      resource_groups:
        - rg-db
    move_to_vault: true
    move_from:
      - vault-legacy
  register: moved

- name: Tell where the old recovery points are
  ansible.builtin.debug:
    msg: "{{ moved.vms | selectattr('moved_from') | map(attribute='moved_from.item_id') | list }}"
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
    state:
      description:
        - In one word, what the vault makes of the machine. V(unprotected), V(waiting) (for the first backup), V(protected),
          V(error), V(stopped), V(suspended) or V(soft_deleted). None for an entry of O(vms) that names no machine, which
          is V(unprotected) where only the vault is looked at.
        - In check mode, and without O(wait), what it will be.
      returned: always
      type: str
      sample: protected
    item_id:
      description: The id of the protected item, none while there is none.
      returned: always
      type: str
    container_name:
      description: The name of the protection container.
      returned: always
      type: str
      sample: IaasVMContainer;iaasvmcontainerv2;rg-web;web-01
    item_name:
      description: The name of the protected item.
      returned: always
      type: str
      sample: VM;iaasvmcontainerv2;rg-web;web-01
    protection_state:
      description: V(IRPending) until the first backup, then V(Protected); V(ProtectionStopped), V(ProtectionError) and others.
      returned: always
      type: str
      sample: Protected
    policy_name:
      description: The name of the policy, none when protection is stopped.
      returned: always
      type: str
      sample: DefaultPolicy
    policy_id:
      description: The id of the policy.
      returned: always
      type: str
    health_status:
      description: What the service says of the backup's health.
      returned: always
      type: str
      sample: Passed
    last_backup_status:
      description: How the last backup ended.
      returned: always
      type: str
      sample: Completed
    last_backup_time:
      description: When the last backup ran, ISO 8601 in UTC.
      returned: always
      type: str
      sample: '2026-03-01T18:00:12Z'
    last_recovery_point:
      description: The time of the newest recovery point, ISO 8601 in UTC.
      returned: always
      type: str
      sample: '2026-03-01T18:00:12Z'
    soft_deleted:
      description: Whether the backup data was deleted and is kept by soft delete only.
      returned: always
      type: bool
      sample: false
    deleted_permanently_at:
      description: When soft-deleted data is gone for good, ISO 8601 in UTC.
      returned: always
      type: str
    disks:
      description:
        - Which data disks are backed up; none while there is no protected item.
        - In check mode, and without O(wait), what will be.
      returned: always
      type: dict
      contains:
        mode:
          description: V(all), V(include), V(exclude) or V(os_only), as in O(disks.mode).
          returned: always
          type: str
          sample: exclude
        luns:
          description: The LUNs that are included or excluded, in order.
          returned: always
          type: list
          elements: int
          sample: [1]
    moved_from:
      description: What the old vault has of a machine that O(move_to_vault) moves; none for any other machine.
      returned: always
      type: dict
      contains:
        vault_id:
          description: The ARM id of the old vault.
          returned: always
          type: str
        vault_name:
          description: The name of the old vault.
          returned: always
          type: str
          sample: vault-old
        item_id:
          description: The id of the protected item there, which keeps the old recovery points.
          returned: always
          type: str
        state:
          description:
            - V(stopped) or V(suspended); for a machine that could not be moved, the state in which it still is there.
          returned: always
          type: str
          sample: stopped
        policy_name:
          description: The policy that the machine had there; none when its protection was stopped before.
          returned: always
          type: str
          sample: DefaultPolicy
        job_id:
          description: The id of the job that stopped protection there; none when it was stopped before.
          returned: always
          type: str
    action:
      description:
        - V(protect), V(change_policy), V(change_disks), V(resume), V(undelete), V(move), V(stop), V(suspend), V(delete),
          V(none), or V(in_progress) when another run is at it. That is waited for, and an error if it comes to something else than
          this task wants; without O(wait) nobody knows yet.
      returned: always
      type: str
      sample: protect
    changed:
      description: Whether this machine was (or in check mode would be) changed.
      returned: always
      type: bool
      sample: true
    job_id:
      description:
        - The id of the last job that was started, for M(cloudkeep.azure_backup.vm_backup_job_info).
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
summary:
  description: How many machines there are, and what became of them.
  returned: success, and when some of the machines failed
  type: dict
  sample: {total: 800, changed: 37, failed: 1, unchanged: 762}
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
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.protect import protect


def main() -> None:
    run(
        protect,
        argument_spec={
            **_options.azure(),
            **_options.vault(),
            **_options.virtual_machines(),
            **_options.disks(),
            **_options.moving(),
            **_options.resource_guard(),
            **_options.waiting(wait=True, wait_timeout=1800),
            "state": {
                "type": "str",
                "choices": ["present", "stopped", "suspended", "absent"],
                "default": "present",
            },
            "policy": {"type": "str", "aliases": ["policy_name", "backup_policy_id"]},
            "undelete": {"type": "bool", "default": False},
            "delete_backup_data": {"type": "bool", "default": False},
        },
        mutually_exclusive=[("vms", "select")],
        required_one_of=[("vms", "select")],
    )


if __name__ == "__main__":
    main()
