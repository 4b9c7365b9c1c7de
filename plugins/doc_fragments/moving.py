# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This fragment is private to the collection. Its options are those of moving() in module_utils/_options.py.

from __future__ import annotations


class ModuleDocFragment:
    """How machines come from another vault."""

    DOCUMENTATION = r"""
options:
  move_to_vault:
    description:
      - Whether to move machines that another vault protects to O(vault_name). Without it such a machine fails.
      - Protection is stopped in the old vault, where the recovery points stay as O(keep_old_data) says, and
        configured in this one, with O(policy) and the same selection of disks unless O(disks) says otherwise.
        Recovery points are not moved; the first backup in this vault is a full one.
      - Without O(policy), a machine gets the policy of this vault that has the same name as its policy in the old
        one, and fails where there is none.
      - What speaks against moving a machine (another region, backups that are soft-deleted in the old vault, an old
        vault that can't be read) is found before anything is written for it.
      - When protection could not be configured here after it was stopped there, the machine fails with a message that
        says so, and the same task finishes the move when it is run again.
    type: bool
    default: false
  move_from:
    description:
      - The vaults from which machines may be moved, by name or id. A machine that any other vault protects fails.
      - When left out, machines are moved from any vault of the region that is in the subscription of this vault or of
        the machine.
    type: list
    elements: str
  keep_old_data:
    description:
      - How the old vault keeps the recovery points of a machine that is moved. V(forever) keeps them until somebody
        deletes them.
      - V(by_policy) lets them expire as their policy says, which the service allows for immutable vaults only.
      - Has no meaning for a machine whose protection is stopped in the old vault already.
      - When left out, they are kept for ever.
    type: str
    choices:
      - forever
      - by_policy
"""
