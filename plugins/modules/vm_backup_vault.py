#!/usr/bin/python
# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_backup_vault
short_description: Manage Recovery Services vaults
version_added: 0.1.0
description:
  - Creates, changes and deletes Recovery Services vaults, which hold the backups of virtual machines of their own region.
  - What a task does not name stays as it is. Settings that go only one way, and settings that something in the vault has
    fixed, are found before anything is written, in check mode too; the failure says what to do instead.
  - A vault that holds anything is not deleted unless O(force) and O(delete_backup_data) say so together; the failure
    lists what holds it.
  - The resource provider C(Microsoft.RecoveryServices) has to be registered in the subscription. Where it is not, the
    failure says how to register it.
author:
  - Cloudkeep contributors (@cloudkeep)
options:
  state:
    description:
      - Whether the vault should exist.
    type: str
    choices:
      - present
      - absent
    default: present
  location:
    description:
      - The region, such as V(westeurope). Required to create a vault; for one that exists it must be the vault's.
    type: str
  tags:
    description:
      - The tags of the vault. Left out, they stay as they are.
    type: dict
  append_tags:
    description:
      - Whether O(tags) are added to the tags that the vault has. With V(false) all others are removed.
    type: bool
    default: true
  force:
    description:
      - With O(state=absent) and O(delete_backup_data=true), first stops the protection of all machines in the vault and
        deletes all their recovery points.
      - Where soft delete is on, the vault keeps the data for O(soft_delete_days) and stays as long. The task then succeeds
        with RV(vault_exists=true), warns, and tells in RV(protected_items) until when; run it again after that.
      - Items that are no virtual machines are never deleted.
    type: bool
    default: false
  delete_backup_data:
    description:
      - Must be V(true) for O(force) to delete backup data.
    type: bool
    default: false
  wait_timeout:
    description:
      - How many seconds to wait at most for the vault to be made, changed or deleted, and for backup data to be deleted.
    type: int
    default: 1800
  poll_interval:
    description:
      - How many seconds to pause at most between two looks at jobs that delete backup data. The first pauses are shorter.
    type: int
    default: 15
extends_documentation_fragment:
  - cloudkeep.azure_backup.azure
  - cloudkeep.azure_backup.vault
  - cloudkeep.azure_backup.resource_guard
  - cloudkeep.azure_backup.vault_settings
  - cloudkeep.azure_backup._attributes
  - cloudkeep.azure_backup._attributes.STATE
notes:
  - A setting that the service accepts and then does not show is a failure with the code V(SettingNotApplied).
  - Writes follow one another where Azure wants that. An identity comes before the key that it reads, and a vault is made
    immutable before it is locked. When a later one fails, the task fails with RV(ignore:changed=true), and the next run
    does what is left.
seealso:
  - module: cloudkeep.azure_backup.vm_backup_vault_info
    description: Shows vaults with their settings and usage.
  - module: cloudkeep.azure_backup.vm_backup_protect
    description: Protects machines in the vault.
  - module: cloudkeep.azure_backup.vm_backup_policy_info
    description: Lists the policies of the vault.
"""

EXAMPLES = r"""
- name: Have a vault in West Europe
  cloudkeep.azure_backup.vm_backup_vault:
    resource_group: rg-backup
    vault_name: vault-westeurope
    location: westeurope
    tags:
      owner: infra

- name: Have a vault that keeps deleted backups for a month, with restores in the paired region
  cloudkeep.azure_backup.vm_backup_vault:
    resource_group: rg-backup
    vault_name: vault-geo
    location: westeurope
    redundancy: geo
    cross_region_restore: true
    cross_subscription_restore: disabled
    soft_delete_days: 30
    immutability: unlocked
    public_network_access: false
    alerts:
      job_failures: true

- name: Lock the vault's immutability, which can never be taken back
  cloudkeep.azure_backup.vm_backup_vault:
    resource_group: rg-backup
    vault_name: vault-geo
    immutability: locked
    confirm_lock: true

- name: Have a vault that is encrypted with a key of ours
  cloudkeep.azure_backup.vm_backup_vault:
    resource_group: rg-backup
    vault_name: vault-keys
    location: westeurope
    redundancy: zone
    identity:
      user_assigned:
        - /subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/rg-keys/providers/Microsoft.ManagedIdentity/userAssignedIdentities/backup
    customer_managed_key:
      key_uri: https://keys-westeurope.vault.azure.net/keys/backup
      identity: /subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/rg-keys/providers/Microsoft.ManagedIdentity/userAssignedIdentities/backup

- name: Delete an empty vault
  cloudkeep.azure_backup.vm_backup_vault:
    resource_group: rg-backup
    vault_name: vault-old
    state: absent

- name: Stop and delete the backups in a vault, and the vault as soon as soft delete lets go of them
  cloudkeep.azure_backup.vm_backup_vault:
    resource_group: rg-backup
    vault_name: vault-westeurope
    state: absent
    force: true
    delete_backup_data: true
  register: removed

- name: Show what soft delete keeps until when
  ansible.builtin.debug:
    msg: "{{ dict(removed.protected_items | map(attribute='name') | zip(removed.protected_items | map(attribute='deleted_permanently_at'))) }}"
"""

RETURN = r"""
vault:
  description: The vault, as it is or as it was before it was deleted; none when there is none.
  returned: success
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
    tags:
      description: The tags.
      returned: always
      type: dict
      sample: {owner: infra}
    provisioning_state:
      description: The provisioning state.
      returned: always
      type: str
    properties:
      description: All other settings as the service returns them, with their names in snake case.
      returned: always
      type: dict
    principal_id:
      description: The principal of the system-assigned identity, which rights are given to; none without one.
      returned: always
      type: str
    settings:
      description:
        - The settings, in the shape of this module's options, so that they can be given to a task.
        - A value is none where the service does not tell it.
      returned: always
      type: dict
      contains:
        redundancy:
          description: How the data are stored.
          returned: always
          type: str
        cross_region_restore:
          description: Whether backups can be restored in the paired region.
          returned: always
          type: bool
        cross_subscription_restore:
          description: Whether backups can be restored to another subscription.
          returned: always
          type: str
          sample: enabled
        soft_delete:
          description: Whether deleted backup data are kept.
          returned: always
          type: str
          sample: always_on
        soft_delete_days:
          description: For how many days.
          returned: always
          type: int
        immutability:
          description: Whether recovery points are safe from being deleted before they expire.
          returned: always
          type: str
        public_network_access:
          description: Whether the vault can be reached from public networks.
          returned: always
          type: bool
        alerts:
          description: What the vault alerts of, with a switch for each suboption of O(alerts).
          returned: always
          type: dict
        identity:
          description: The managed identities, as C(system_assigned) and the list C(user_assigned) of ARM ids.
          returned: always
          type: dict
        customer_managed_key:
          description: The customer-managed key; none for a vault with keys of Azure's own.
          returned: always
          type: dict
          contains:
            key_uri:
              description: The identifier of the key.
              returned: always
              type: str
              sample: https://keys-westeurope.vault.azure.net/keys/backup
            identity:
              description: Who reads the key.
              returned: always
              type: str
              sample: system
            infrastructure_encryption:
              description: Whether the storage encrypts a second time.
              returned: always
              type: bool
vault_exists:
  description: Whether the vault exists after the task (in check mode, whether it would).
  returned: success
  type: bool
  sample: true
kept_until:
  description: When soft delete lets the last item go; none when there is none, or while that can't be told.
  returned: with O(state=absent)
  type: str
  sample: "2026-01-19T08:00:30Z"
protected_items:
  description: What the vault holds, or held before its backup data were deleted.
  returned: with O(state=absent)
  type: list
  elements: dict
  contains:
    id:
      description: The id of the protected item.
      returned: always
      type: str
    name:
      description: The name of what is backed up.
      returned: always
      type: str
      sample: web-01
    virtual_machine_id:
      description: The id of the virtual machine; none for other workloads.
      returned: always
      type: str
    backup_management_type:
      description: V(AzureIaasVM) for virtual machines.
      returned: always
      type: str
      sample: AzureIaasVM
    protection_state:
      description: The state of the protection, as the service names it.
      returned: always
      type: str
      sample: ProtectionStopped
    soft_deleted:
      description: Whether soft delete keeps it (in check mode, whether it would).
      returned: always
      type: bool
    deleted_permanently_at:
      description: Until when soft delete keeps it; none before it is deleted.
      returned: always
      type: str
      sample: "2026-01-19T08:00:30Z"
    action:
      description: V(delete) or V(none).
      returned: always
      type: str
      sample: delete
    changed:
      description: Whether its backup data were deleted.
      returned: always
      type: bool
    job_id:
      description: The job that deleted them.
      returned: always
      type: str
    error:
      description: Why they could not be deleted, with the keys of RV(error).
      returned: always
      type: dict
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
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.vault import vault


def main() -> None:
    run(
        vault,
        argument_spec={
            **_options.azure(),
            **_options.vault(),
            **_options.resource_guard(),
            **_options.vault_settings(),
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "location": {"type": "str"},
            "tags": {"type": "dict"},
            "append_tags": {"type": "bool", "default": True},
            "force": {"type": "bool", "default": False},
            "delete_backup_data": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 1800},
            "poll_interval": {"type": "int", "default": 15},
        },
    )


if __name__ == "__main__":
    main()
