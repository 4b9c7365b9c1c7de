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
  - Creates, tags and deletes Recovery Services vaults, which hold the backups of virtual machines of their own region.
  - A vault that holds anything is never deleted; the failure lists what holds it.
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
  wait_timeout:
    description:
      - How many seconds to wait at most for the vault to be made or deleted.
    type: int
    default: 600
extends_documentation_fragment:
  - cloudkeep.azure_backup.azure
  - cloudkeep.azure_backup.vault
  - cloudkeep.azure_backup._attributes
  - cloudkeep.azure_backup._attributes.STATE
seealso:
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

- name: Delete an empty vault
  cloudkeep.azure_backup.vm_backup_vault:
    resource_group: rg-backup
    vault_name: vault-old
    state: absent
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
vault_exists:
  description: Whether the vault exists after the task (in check mode, whether it would).
  returned: success
  type: bool
  sample: true
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
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "location": {"type": "str"},
            "tags": {"type": "dict"},
            "append_tags": {"type": "bool", "default": True},
            "wait_timeout": {"type": "int", "default": 600},
        },
    )


if __name__ == "__main__":
    main()
