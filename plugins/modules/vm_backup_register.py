#!/usr/bin/python
# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_backup_register
short_description: Make virtual machines known to a vault
version_added: 0.1.0
description:
  - Sees to it that a vault knows virtual machines, so that they can be protected. This is the second of three steps,
    between M(cloudkeep.azure_backup.vm_backup_discover) and M(cloudkeep.azure_backup.vm_backup_protect).
  - Azure has no call that registers a virtual machine. A vault knows a machine when its discovery has seen it, or when the
    machine is protected; so this module looks, has the vault look again where a machine is missing, and says what is wrong
    with those that stay missing.
author:
  - Cloudkeep contributors (@cloudkeep)
options:
  state:
    description:
      - V(present) makes the machines known to the vault.
      - V(absent) sees to it that the vault holds nothing of the machines. That deletes their backup data, so it fails for a
        machine that has any unless O(delete_backup_data=true). An entry of O(vms) may then also be the ARM id of a protected
        item of the vault, as in M(cloudkeep.azure_backup.vm_backup_protect).
    type: str
    choices:
      - present
      - absent
    default: present
  delete_backup_data:
    description:
      - Whether O(state=absent) may stop protection and delete all recovery points of the machines.
      - Where soft delete is on, the vault keeps the data until RV(vms[].deleted_permanently_at).
      - To delete those of all machines, say so with C(names) of V(*). An O(select) that chooses nothing, since a variable was
        empty, is an error then.
    type: bool
    default: false
  validate:
    description:
      - Whether to ask the service about each machine that is not protected yet whether it would accept its protection.
    type: bool
    default: false
  wait_timeout:
    description:
      - How many seconds to wait at most, for the vault to look for machines or for data to be deleted.
    type: int
    default: 1800
  poll_interval:
    description:
      - How many seconds to pause at most between two looks. The first pauses are shorter.
    type: int
    default: 15
extends_documentation_fragment:
  - cloudkeep.azure_backup.azure
  - cloudkeep.azure_backup.vault
  - cloudkeep.azure_backup.virtual_machines
  - cloudkeep.azure_backup.resource_guard
  - cloudkeep.azure_backup._attributes
  - cloudkeep.azure_backup._attributes.STATE
seealso:
  - module: cloudkeep.azure_backup.vm_backup_discover
    description: The first step.
  - module: cloudkeep.azure_backup.vm_backup_protect
    description: The third step.
"""

EXAMPLES = r"""
- name: Make two machines known to the vault
  cloudkeep.azure_backup.vm_backup_register:
    resource_group: rg-backup
    vault_name: vault-westeurope
    vms:
      - rg-web/web-01
      - rg-web/web-02

- name: Make all production machines known to the vault, and ask whether each can be protected
  cloudkeep.azure_backup.vm_backup_register:
    resource_group: rg-backup
    vault_name: vault-westeurope
    select:
      locations:
        - westeurope
      tags:
        env: prod
    validate: true

- name: Take a machine out of the vault and delete its recovery points
  cloudkeep.azure_backup.vm_backup_register:
    resource_group: rg-backup
    vault_name: vault-westeurope
    vms: rg-web/web-02
    state: absent
    delete_backup_data: true
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
    registered:
      description: Whether the vault knows the machine.
      returned: always
      type: bool
      sample: true
    registration_source:
      description:
        - How the vault knows it. V(container) means that it is protected, V(soft_deleted) that the vault keeps its
          deleted backup data, V(discovery) that it was discovered, V(on_protect) that it is in another subscription
          and becomes known when it is protected.
      returned: always
      type: str
      sample: discovery
    container_name:
      description: The name of the protection container that the machine has or will have.
      returned: always
      type: str
      sample: iaasvmcontainer;iaasvmcontainerv2;rg-web;web-01
    item_name:
      description: The name of the protected item that the machine has or will have.
      returned: always
      type: str
      sample: vm;iaasvmcontainerv2;rg-web;web-01
    protectable_item_id:
      description: The id of the protectable item, when there is one.
      returned: always
      type: str
    deleted_permanently_at:
      description: For O(state=absent), when soft-deleted data is gone for good, ISO 8601 in UTC.
      returned: always
      type: str
    action:
      description: V(discover), V(delete) or V(none).
      returned: always
      type: str
      sample: discover
    changed:
      description: Whether this machine was (or in check mode would be) changed.
      returned: always
      type: bool
      sample: true
    job_id:
      description: The id of the job that was started, for M(cloudkeep.azure_backup.vm_backup_job_info).
      returned: always
      type: str
      sample: 8e5d3bd4-0d3a-4b3e-9b1a-0f2f3b1f3a11
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
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.register import register
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.unregister import unregister


def main() -> None:
    waiting = _options.waiting(wait=True, wait_timeout=1800)
    run(
        lambda client, options: {"present": register, "absent": unregister}[options["state"]](client, options),
        argument_spec={
            **_options.azure(),
            **_options.vault(),
            **_options.virtual_machines(),
            **_options.resource_guard(),
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "delete_backup_data": {"type": "bool", "default": False},
            "validate": {"type": "bool", "default": False},
            "wait_timeout": waiting["wait_timeout"],
            "poll_interval": waiting["poll_interval"],
        },
        mutually_exclusive=[("vms", "select")],
        required_one_of=[("vms", "select")],
    )


if __name__ == "__main__":
    main()
