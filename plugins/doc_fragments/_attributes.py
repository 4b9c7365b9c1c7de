# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This documentation fragment is private to the collection.

from __future__ import annotations


class ModuleDocFragment:
    """What every module says of itself."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changes that it would make, without making them.
  diff_mode:
    description: Returns what changed (or would change in C(check_mode)) when run in diff mode.
  idempotent:
    description: A second run with the same options changes nothing when the first did what was asked.
  action_group:
    description: Use C(group/cloudkeep.azure_backup.all) in C(module_defaults) to set defaults for all modules at once.
    support: full
    membership:
      - cloudkeep.azure_backup.all
requirements:
  - python >= 3.10
  - azure-identity
  - azure-mgmt-recoveryservicesbackup
  - azure-mgmt-compute
  - azure-mgmt-recoveryservices
"""

    # For modules that only read.
    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module only reads.
  diff_mode:
    support: N/A
    details:
      - This module only reads.
  idempotent:
    support: full
    details:
      - This module only reads.
"""

    # For modules that bring something into a state.
    STATE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - The connection refuses writes in check mode, whatever the module does.
  diff_mode:
    support: full
  idempotent:
    support: full
"""
