#!/usr/bin/python
# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_backup_vault_info
short_description: Show Recovery Services vaults with their settings and usage
version_added: 0.1.0
description:
  - Lists the Recovery Services vaults of a subscription or of a resource group, over all pages, or shows one.
  - Tells for each its settings, what it holds by type, and how many jobs are in progress and have failed in the last 24
    hours.
author:
  - Cloudkeep contributors (@cloudkeep)
options:
  resource_group:
    description:
      - Only the vaults of this resource group.
    type: str
  vault_name:
    description:
      - Only the vault of this name. When there is none, RV(vaults) is empty.
      - Without O(resource_group) it is looked for in the whole subscription.
    type: str
    aliases:
      - recovery_vault_name
  usage:
    description:
      - Whether to read what is in use of each vault, with two requests for each.
    type: bool
    default: true
extends_documentation_fragment:
  - cloudkeep.azure_backup.azure
  - cloudkeep.azure_backup._attributes
  - cloudkeep.azure_backup._attributes.INFO
seealso:
  - module: cloudkeep.azure_backup.vm_backup_vault
    description: Creates, changes and deletes vaults.
  - module: cloudkeep.azure_backup.vm_backup_job_info
    description: Lists the jobs of a vault.
"""

EXAMPLES = r"""
- name: Which vaults are there in the subscription
  cloudkeep.azure_backup.vm_backup_vault_info:
  register: found

- name: Show how many jobs of each vault failed in the last 24 hours
  ansible.builtin.debug:
    msg: "{{ dict(found.vaults | map(attribute='name') | zip(found.vaults | map(attribute='usage.jobs_failed'))) }}"

- name: Show one vault without its usage
  cloudkeep.azure_backup.vm_backup_vault_info:
    resource_group: rg-backup
    vault_name: vault-westeurope
    usage: false
"""

RETURN = r"""
vaults:
  description: The vaults, in the order of their ids.
  returned: success
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
          sample: 14
        immutability:
          description: Whether recovery points are safe from being deleted before they expire.
          returned: always
          type: str
          sample: unlocked
        public_network_access:
          description: Whether the vault can be reached from public networks.
          returned: always
          type: bool
        alerts:
          description: What the vault alerts of, with a switch for each suboption of O(cloudkeep.azure_backup.vm_backup_vault#module:alerts).
          returned: always
          type: dict
          sample: {job_failures: true, replication_issues: true, failover_issues: true, critical_operations: false}
        identity:
          description: The managed identities, as C(system_assigned) and the list C(user_assigned) of ARM ids.
          returned: always
          type: dict
          sample: {system_assigned: true, user_assigned: []}
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
    usage:
      description: What is in use of the vault; none with O(usage=false), and where it can't be read, which is a warning.
      returned: always
      type: dict
      contains:
        items_by_type:
          description: How many items are backed up, by the type of their backup.
          returned: always
          type: dict
          sample: {AzureIaasVM: 12, MAB: 0, AzureBackupServer: 0, AzureStorage: 3, AzureWorkload: 0}
        items:
          description: How many items are backed up in all.
          returned: always
          type: int
          sample: 15
        items_critical:
          description: How many of them have a critical problem; none when the service does not tell.
          returned: always
          type: int
          sample: 1
        items_warning:
          description: How many of them have a warning; none when the service does not tell.
          returned: always
          type: int
          sample: 0
        jobs_in_progress:
          description: How many jobs of the last 24 hours are in progress.
          returned: always
          type: int
          sample: 2
        jobs_failed:
          description: How many jobs of the last 24 hours have failed.
          returned: always
          type: int
          sample: 0
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
      sample: read the vault
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
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.vault_info import vault_info


def main() -> None:
    run(
        vault_info,
        argument_spec={
            **_options.azure(),
            "resource_group": {"type": "str"},
            "vault_name": {"type": "str", "aliases": ["recovery_vault_name"]},
            "usage": {"type": "bool", "default": True},
        },
    )


if __name__ == "__main__":
    main()
