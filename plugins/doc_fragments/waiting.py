# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This fragment is private to the collection. Its options are those of waiting() in module_utils/_options.py.

from __future__ import annotations


class ModuleDocFragment:
    """How to wait. The defaults of O(wait) and O(wait_timeout) differ between modules, so those say them."""

    DOCUMENTATION = r"""
notes:
  - While the task waits, its output shows how far it is, see
    R(the guide to progress, ansible_collections.cloudkeep.azure_backup.docsite.progress).
options:
  wait:
    description:
      - Whether to wait until what was started in Azure has ended.
    type: bool
  wait_timeout:
    description:
      - How many seconds to wait at most. When they have passed, the task fails with all that is known so far; what was
        started goes on in Azure.
    type: int
  poll_interval:
    description:
      - How many seconds to pause at most between two looks at what is running. The first pauses are shorter.
    type: int
    default: 15
"""
