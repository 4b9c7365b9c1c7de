#!/usr/bin/python
# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_backup_policy_info
short_description: Show the backup policies of a vault
version_added: 0.1.0
description:
  - Lists the backup policies of a vault that are for virtual machines, or shows one.
author:
  - Cloudkeep contributors (@cloudkeep)
options:
  name:
    description:
      - Only the policy of this name, of whatever workload it is for. When there is none, RV(policies) is empty.
    type: str
extends_documentation_fragment:
  - cloudkeep.azure_backup.azure
  - cloudkeep.azure_backup.vault
  - cloudkeep.azure_backup._attributes
  - cloudkeep.azure_backup._attributes.INFO
seealso:
  - module: cloudkeep.azure_backup.vm_backup_protect
    description: Protects machines with a policy.
"""

EXAMPLES = r"""
- name: Which policies are there
  cloudkeep.azure_backup.vm_backup_policy_info:
    resource_group: rg-backup
    vault_name: vault-westeurope
  register: found

- name: Show how many machines each protects
  ansible.builtin.debug:
    msg: "{{ dict(found.policies | map(attribute='name') | zip(found.policies | map(attribute='protected_items_count'))) }}"
"""

RETURN = r"""
policies:
  description: The policies.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id, which O(cloudkeep.azure_backup.vm_backup_protect#module:policy) takes.
      returned: always
      type: str
    name:
      description: The name.
      returned: always
      type: str
      sample: DefaultPolicy
    backup_management_type:
      description: V(AzureIaasVM) for policies for virtual machines.
      returned: always
      type: str
      sample: AzureIaasVM
    policy_type:
      description: V(V1) (standard) or V(V2) (enhanced).
      returned: always
      type: str
      sample: V1
    time_zone:
      description: The Windows name of the time zone of the schedule.
      returned: always
      type: str
      sample: UTC
    protected_items_count:
      description: How many items the policy protects.
      returned: always
      type: int
      sample: 3
    properties:
      description: Schedule, retention and all else as the service returns it, with the names in snake case.
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
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.policies import policy_info


def main() -> None:
    run(policy_info, argument_spec={**_options.azure(), **_options.vault(), "name": {"type": "str"}})


if __name__ == "__main__":
    main()
