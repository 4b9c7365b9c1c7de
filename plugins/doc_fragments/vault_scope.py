# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This fragment is private to the collection. Its options are those of vault_scope() in module_utils/_options.py.

from __future__ import annotations


class ModuleDocFragment:
    """Which vaults of which subscriptions."""

    DOCUMENTATION = r"""
options:
  subscriptions:
    description:
      - The ids of the subscriptions whose vaults are looked into, instead of the one of O(subscription_id).
      - One entry may hold several ids, parted by commas or line ends, as the text area of a survey sends them.
      - A subscription that can't be read fails the task, with what the others told in its result.
    type: list
    elements: str
  resource_group:
    description:
      - Only the vaults of this resource group. It may be another one than that of the virtual machines.
    type: str
  vault_name:
    description:
      - Only the vault of this name. Without O(resource_group) it is looked for in the whole subscription.
    type: str
    aliases:
      - recovery_vault_name
  vaults:
    description:
      - The ids of the vaults to look into, of whatever subscriptions. Then nothing else is needed to find them.
      - Mutually exclusive with O(subscriptions), O(resource_group) and O(vault_name).
    type: list
    elements: str
"""
