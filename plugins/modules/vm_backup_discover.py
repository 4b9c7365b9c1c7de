#!/usr/bin/python
# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_backup_discover
short_description: Find virtual machines and where their backup stands
version_added: 0.1.0
description:
  - Lists the virtual machines of a subscription and says of each whether it is protected, can be protected, or why not.
  - With a vault, it first has the vault look for machines (step 1, Discover, of the Azure portal) and answers as that
    vault sees them. Without a vault, it compares the machines with all the vaults of the subscription.
  - This is the first of three steps. The next are M(cloudkeep.azure_backup.vm_backup_register) and
    M(cloudkeep.azure_backup.vm_backup_protect).
author:
  - Cloudkeep contributors (@cloudkeep)
options:
  resource_group:
    description:
      - The resource group of the vault. Required together with O(vault_name).
    type: str
  vault_name:
    description:
      - The name of the Recovery Services vault. Leave it out to look at the whole subscription.
    type: str
    aliases:
      - recovery_vault_name
  refresh:
    description:
      - Whether to have the vault look for new machines first, which takes up to some minutes.
      - Without O(vault_name) and in check mode nothing is refreshed; RV(refreshed) says so.
    type: bool
    default: true
  power_state:
    description:
      - Whether to read the power state of each machine as well.
    type: bool
    default: false
  wait_timeout:
    description:
      - How many seconds to wait at most for the vault to look for machines.
    type: int
    default: 600
  poll_interval:
    description:
      - How many seconds to pause at most between two looks. The first pauses are shorter.
    type: int
    default: 15
notes:
  - Without O(vault_name), a machine that is protected in a vault of another subscription shows as RV(vms[].status=protectable).
extends_documentation_fragment:
  - cloudkeep.azure_backup.azure
  - cloudkeep.azure_backup.virtual_machines
  - cloudkeep.azure_backup._attributes
attributes:
  check_mode:
    support: full
    details:
      - In check mode the vault's last view is read without refreshing it.
  diff_mode:
    support: N/A
    details:
      - Nothing is changed but the vault's view of the machines.
  idempotent:
    support: full
seealso:
  - module: cloudkeep.azure_backup.vm_backup_register
    description: The second step.
  - module: cloudkeep.azure_backup.vm_backup_protect
    description: The third step.
"""

EXAMPLES = r"""
- name: Find every machine of the subscription that no vault protects
  cloudkeep.azure_backup.vm_backup_discover:
  register: discovered

- name: Show them
  ansible.builtin.debug:
    msg: "{{ discovered.vms | selectattr('status', 'eq', 'protectable') | map(attribute='id') }}"

- name: Have a vault look for the production machines
  cloudkeep.azure_backup.vm_backup_discover:
    resource_group: rg-backup
    vault_name: vault-westeurope
    select:
      tags:
        env: prod
      exclude:
        - "*-test"
  register: discovered
"""

RETURN = r"""
vault:
  description: The vault that was asked, none when the whole subscription was looked at.
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
vaults:
  description: The vaults that were looked into, all of the subscription or the one that was asked, and what each holds.
  returned: success, and when some of the machines failed
  type: list
  elements: dict
  version_added: 0.1.0
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
    location:
      description: The region.
      returned: always
      type: str
      sample: westeurope
    vms_held:
      description: How many virtual machines the vault holds, whose protection is stopped or soft-deleted included.
      returned: always
      type: int
      sample: 412
refreshed:
  description: Whether the vault was made to look for new machines.
  returned: success, and when some of the machines failed
  type: bool
  sample: true
vms:
  description: The virtual machines, in the order in which Azure lists them.
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
    os_type:
      description: V(Linux) or V(Windows).
      returned: always
      type: str
      sample: Linux
    size:
      description: The size of the machine.
      returned: always
      type: str
      sample: Standard_D2s_v5
    tags:
      description: The tags of the machine.
      returned: always
      type: dict
      sample: {env: prod}
    power_state:
      description: The power state, when O(power_state=true).
      returned: always
      type: str
      sample: running
    provisioning_state:
      description: The provisioning state of the machine.
      returned: always
      type: str
      sample: Succeeded
    status:
      description:
        - V(protected), V(stopped) (kept, but no new backups), V(protectable), V(not_visible) (the vault has not seen it
          yet), V(not_eligible), V(soft_deleted), V(protected_elsewhere), V(other_region), V(classic) or
          V(gone) (Azure shows no such machine any more, but a vault still has its recovery points).
        - A machine whose protection is just being configured is V(protectable) until its vault shows it.
      returned: always
      type: str
      sample: protectable
    reason:
      description: Why it has this status.
      returned: always
      type: str
      sample: No vault holds it.
    hints:
      description: What a person can do.
      returned: always
      type: list
      elements: str
    vault_id:
      description: The vault that holds the machine, whichever it is.
      returned: always
      type: str
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
  description: How many machines there are, in all and by status.
  returned: success, and when some of the machines failed
  type: dict
  sample: {total: 12, protected: 3, stopped: 0, protectable: 6, not_visible: 0, not_eligible: 1, soft_deleted: 1,
    protected_elsewhere: 1, other_region: 0, classic: 0, gone: 0}
hints:
  description: What to check when nothing was found.
  returned: success, and when some of the machines failed
  type: list
  elements: str
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
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.discover import discover


def main() -> None:
    waiting = _options.waiting(wait=True, wait_timeout=600)
    run(
        discover,
        argument_spec={
            **_options.azure(),
            **_options.virtual_machines(),
            "resource_group": {"type": "str"},
            "vault_name": {"type": "str", "aliases": ["recovery_vault_name"]},
            "refresh": {"type": "bool", "default": True},
            "power_state": {"type": "bool", "default": False},
            "wait_timeout": waiting["wait_timeout"],
            "poll_interval": waiting["poll_interval"],
        },
        mutually_exclusive=[("vms", "select")],
        required_together=[("resource_group", "vault_name")],
    )


if __name__ == "__main__":
    main()
